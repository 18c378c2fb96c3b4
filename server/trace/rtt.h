/* SPDX-License-Identifier: MIT
 *
 * RTT (SEGGER's Real Time Transfer): buffers in the target's RAM that firmware fills, read while it runs
 * and sent to TCP ports; what comes from there goes into its buffers. Engine thread only.
 */
#ifndef SERVER_RTT_H
#define SERVER_RTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"

struct engine;
struct session;

enum { RTT_CHANNELS = 16, RTT_ID_SIZE = 16, RTT_INPUT = 1024, RTT_NAME = 32 };

struct rtt {
	bool on;
	char id[RTT_ID_SIZE + 1];	/* what the control block begins with */
	uint32_t search_base, search_size;
	uint32_t searched;		/* bytes of that, since it was begun */
	uint32_t block;			/* address of the control block; 0 = not found yet */
	unsigned up_count, down_count;	/* buffers that it has */
	uint32_t period_us;
	unsigned ports[RTT_CHANNELS];	/* of the channel; 0 = none */
	char input[RTT_CHANNELS][RTT_INPUT];
	size_t input_length[RTT_CHANNELS];
	uint32_t bad;			/* a bit for each channel whose buffer makes no sense: told once */
	uint64_t bytes_up, bytes_down;
};

void rtt_init(struct rtt *rtt);
/* Where to look, and for what (NULL = "SEGGER RTT"). */
void rtt_set_up(struct engine *engine, uint32_t base, uint32_t size, const char *id);
void rtt_turn(struct engine *engine, bool on);
/* The chip was reset: the control block may lie elsewhere, or not be there yet. */
void rtt_was_reset(struct engine *engine);
/* Looks for the control block, all at once. E_ARGUMENT when it is not there (yet). */
int rtt_find(struct engine *engine, struct why *why);
/* Fetches what there is, now: before a stop is told. */
void rtt_flush(struct engine *engine);
/* The channel's port could not be opened: the reason is a note. */
void rtt_lose_port(struct engine *engine, unsigned channel, const void *reason, size_t length);
/* Bytes for the firmware. */
void rtt_input(struct engine *engine, unsigned channel, const void *data, size_t length);

struct rtt_buffer {		/* as the firmware describes it */
	uint32_t name, data, size, write, read, flags;
	char text[RTT_NAME];	/* the name */
};
/* The i-th of those to the host (up), or from it. */
int rtt_describe(struct engine *engine, bool up, unsigned i, struct rtt_buffer *buffer);

/* The rows of jobs.c. */
bool rtt_wants_poll(const struct session *session);
uint32_t rtt_period_us(const struct session *session);
void rtt_poll(struct session *session);

#endif
