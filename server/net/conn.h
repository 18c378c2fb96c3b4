/* SPDX-License-Identifier: MIT
 *
 * Bytes to and from one client: a socket, or a pair of descriptors (--stdio). Never blocks. What it
 * is told and what it tells happens on the loop's thread.
 */
#ifndef SERVER_CONN_H
#define SERVER_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ev.h>

/* The struct that a watcher is a member of. */
#define owner(watcher, type, member) ((type *)((char *)(watcher) - offsetof(type, member)))

enum { CONN_INPUT_SIZE = 4096, CONN_OUTPUT_MAX = 4 << 20 };

struct conn_events {
	/* Bytes came. Returns how many were used; fewer than length = no more until
	 * conn_resume(). */
	size_t (*received)(void *context, const uint8_t *data, size_t length);
	/* It is over; reason is for people. Called once, last, and only from the loop (never from
	 * within a call to conn_*), so the conn may be cleared and freed here. */
	void (*closed)(void *context, const char *reason);
};

struct conn {
	struct ev_loop *loop;
	int in_fd, out_fd;
	int in_flags, out_flags;	/* as they were: a terminal is shared with the shell */
	ev_io reader, writer;
	const struct conn_events *events;
	void *context;
	bool paused;			/* received() did not use everything */
	bool finishing;			/* close once the output is out */
	const char *broken;		/* why it has to be closed, or NULL */
	uint8_t input[CONN_INPUT_SIZE];
	size_t input_start, input_end;
	uint8_t *output;
	size_t output_start, output_end, output_size;
};

/* Takes over the descriptors (the same one twice is fine) and starts to read; in_fd -1 = only writes. loop, events and
 * context are kept until conn_clear. */
void conn_init(struct conn *conn, struct ev_loop *loop, int in_fd, int out_fd,
	       const struct conn_events *events, void *context);
/* Stops and closes without a word to closed(). Twice is fine; nothing is sent any more. */
void conn_clear(struct conn *conn);

/* Sends as much as goes now and the rest later. A client that leaves more than CONN_OUTPUT_MAX
 * unread is closed. */
void conn_send(struct conn *conn, const void *data, size_t length);
/* True while bytes wait to be sent. */
bool conn_is_sending(const struct conn *conn);

/* received() is ready for more. */
void conn_resume(struct conn *conn);
/* Reads no more, closes when everything is sent. */
void conn_finish(struct conn *conn);

#endif
