/* SPDX-License-Identifier: MIT
 *
 * The TCP ports of RTT's channels: opened and closed while the server runs, as clients ask for it. Lives on
 * the loop's thread.
 */
#ifndef SERVER_RTT_PORTS_H
#define SERVER_RTT_PORTS_H

#include <ev.h>

#include "server/trace/rtt.h"

struct rtt_ports;

/* received gets what was typed for a channel; less than all = no more until rtt_ports_resume(). bind: as of
 * listener_open; kept. NULL when out of memory. */
struct rtt_ports *rtt_ports_new(struct ev_loop *loop, const char *bind,
				size_t (*received)(void *context, unsigned channel, const uint8_t *data,
						   size_t length),
				void *context);
/* NULL is allowed. */
void rtt_ports_free(struct rtt_ports *ports);

/* The channel's port from now on; 0 = none. An error, with the reason, when it can't be opened. */
int rtt_ports_set(struct rtt_ports *ports, unsigned channel, unsigned port, struct why *why);
void rtt_ports_send(struct rtt_ports *ports, unsigned channel, const void *data, size_t length);
void rtt_ports_resume(struct rtt_ports *ports);

#endif
