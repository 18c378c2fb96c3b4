/* SPDX-License-Identifier: MIT
 *
 * The sockets that wait for clients: one port on both loopbacks, or on one address of the user's
 * choice.
 */
#ifndef SERVER_LISTENER_H
#define SERVER_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/error.h"

enum { LISTENER_SOCKETS = 4 };

struct listener {
	int fds[LISTENER_SOCKETS];
	size_t count;
	unsigned port;
};

/* Binds and listens; clients wait in the kernel until they are accepted. address: NULL = 127.0.0.1
 * and ::1 (where there is IPv6). port 0 picks one that is free on all. E_SYSTEM with the next step
 * in why; *in_use tells that the port is taken. */
int listener_open(struct listener *listener, const char *address, unsigned port, bool *in_use,
		  struct why *why);
/* Takes over a socket that listens already, if there is room for it. */
void listener_adopt(struct listener *listener, int fd);
void listener_close(struct listener *listener);

/* Accepts one client: its socket, without Nagle's delay, closed on exec, broken when its host is gone;
 * -1 with errno. name: where it comes from, for the log. */
int listener_accept(int fd, char *name, size_t name_size);

#endif
