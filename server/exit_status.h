/* SPDX-License-Identifier: MIT
 *
 * What the program's exit status says to scripts and IDEs.
 */
#ifndef SERVER_EXIT_STATUS_H
#define SERVER_EXIT_STATUS_H

enum exit_status {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_PROBE = 3,
	EXIT_MANY_PROBES = 4,
	EXIT_NO_TARGET = 5,
	EXIT_PORT_IN_USE = 6,
	EXIT_NO_PERMISSION = 7,
};

/* The status that belongs to an error (0 or enum error). */
enum exit_status exit_status_of(int err);
/* The same for an attempt to reach the target, where whatever goes wrong means EXIT_NO_TARGET. */
enum exit_status exit_status_of_connect(int err);

#endif
