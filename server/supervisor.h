/* SPDX-License-Identifier: MIT
 *
 * Started by systemd, or by who does as it does: sockets that are open already (sd_listen_fds(3)) and
 * a line to say how things are (sd_notify(3)). Both are a few lines on plain sockets, so libsystemd is
 * not needed.
 */
#ifndef SERVER_SUPERVISOR_H
#define SERVER_SUPERVISOR_H

#include <stdbool.h>

#include "server/net/listener.h"

/* Takes over the sockets of that name (LISTEN_FDNAMES); sockets without a name of ours are for "gdb".
 * False when there are none. */
bool supervisor_listen(struct listener *listener, const char *name);

/* Tells the supervisor, if there is one: "READY=1", "STATUS=...", "STOPPING=1", by lines. */
void supervisor_notify(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
