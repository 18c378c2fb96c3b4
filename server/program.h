/* SPDX-License-Identifier: MIT
 *
 * A program on semihosting, run to its end without GDB: `tether run --semihosting`.
 */
#ifndef SERVER_PROGRAM_H
#define SERVER_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "server/exit_status.h"

struct engine;
struct output;
struct why;

struct program {
	void (*print)(void *context, const char *text, size_t length);	/* gets what it prints */
	void *context;
	char stop[8];		/* how the answer to `c` begins; "" = it runs */
};

/* The engine's outputs. context = the program; see engine_new. */
void program_output(void *context, const struct output *output);
/* True when the command line asks for it; the monitor command is for GDB's sessions. */
bool program_is_served(const struct engine *engine);
/* Lets the core run until the program ends by SYS_EXIT; stdin is its input. Returns its status; EXIT_FAILED
 * when it stops otherwise, or not at all within timeout_s (0 = no limit) or until a signal. Why has the
 * sentence unless it is EXIT_OK. */
enum exit_status program_run(struct program *program, struct engine *engine, unsigned timeout_s, struct why *why);

#endif
