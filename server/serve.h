/* SPDX-License-Identifier: MIT
 *
 * `tether serve`: probe, port, ready lines, and then clients until the end.
 */
#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

#include "server/exit_status.h"
#include "server/options.h"
#include "server/rig.h"

/* Serves until a signal or, with --once and --stdio, the end of the session. What went wrong is on
 * stderr by then. */
enum exit_status serve(const struct options *options, const struct virtual_opener *virtual_opener);

#endif
