/* SPDX-License-Identifier: MIT
 *
 * Bytes for whoever wants them, as they are: to all clients of a TCP port, or to one descriptor. What
 * comes while nobody listens is kept for the first who does, up to a limit. Lives on the loop's thread.
 */
#ifndef SERVER_STREAM_H
#define SERVER_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include <ev.h>

#include "server/net/listener.h"

enum { STREAM_CLIENTS = 4, STREAM_BACKLOG = 16 * 1024 };

struct stream;

struct stream_events {
	const char *name;	/* for the log */
	/* What a client sent. Returns how much it took; with less than all there is no more until
	 * stream_resume(). NULL = it is ignored. */
	size_t (*received)(void *context, const uint8_t *data, size_t length);
	/* How many clients there are now; NULL = nobody wants to know. */
	void (*changed)(void *context, unsigned count);
};

/* listener is borrowed until stream_free, events and context are kept. NULL when out of memory. */
struct stream *stream_new(struct ev_loop *loop, const struct listener *listener,
			  const struct stream_events *events, void *context);
/* To a descriptor, which is duplicated; nothing is read. */
struct stream *stream_new_to(struct ev_loop *loop, int fd);
/* NULL is allowed. */
void stream_free(struct stream *stream);

void stream_resume(struct stream *stream);

/* A client that leaves too much unread is closed. NULL is allowed: nobody wants it. */
void stream_send(struct stream *stream, const void *data, size_t length);

#endif
