/* SPDX-License-Identifier: MIT
 *
 * tether-virtual, the program with the virtual probe in it.
 */
#ifndef SERVER_VIRTUAL_PROGRAM_H
#define SERVER_VIRTUAL_PROGRAM_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "probe/error.h"

/* Beside this program, or where PATH has it. */
void virtual_program_find(char *path, size_t size);
/* Starts it with these arguments (the first is its name, NULL ends them), input as its stdin. *output is what it
 * says on stdout and stderr, to be closed. E_SYSTEM when it is not there. */
int virtual_program_start(char *const argv[], FILE *input, pid_t *pid, int *output, struct why *why);

#endif
