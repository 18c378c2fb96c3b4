/* SPDX-License-Identifier: MIT
 *
 * `tether run`: monitor commands without GDB.
 */
#ifndef SERVER_RUN_H
#define SERVER_RUN_H

#include "server/exit_status.h"
#include "server/options.h"
#include "server/rig.h"

/* Runs options->arguments one after the other and stops at the first that fails: EXIT_OK only if
 * all succeed. Output goes to stdout, errors to stderr; with --json one object a line on stdout. */
enum exit_status run(const struct options *options, const struct virtual_opener *virtual_opener);

#endif
