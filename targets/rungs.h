/* SPDX-License-Identifier: MIT
 *
 * The ways to get hold of a target's core, for the ladder in connect.c. Each returns 0 with core 0
 * examined, or an error with what it saw in why.
 */
#ifndef TARGETS_RUNGS_H
#define TARGETS_RUNGS_H

#include "targets/board.h"

/* Enters SWD and looks. */
int rung_plain(struct board *board, struct why *why);
/* Leaves debug mode first: the probe releases and takes the pins anew. */
int rung_enter_again(struct board *board, struct why *why);
/* Aborts what hangs in the debug port, clears its errors, powers it down and up. */
int rung_clear_errors(struct board *board, struct why *why);
/* Asks again and again to halt, for a core that is there at moments only. It is halted then. */
int rung_halt(struct board *board, struct why *why);
/* The same right behind a pulse on NRST. */
int rung_pulse(struct board *board, struct why *why);
/* NRST is low before SWD starts: firmware that takes the pins away never gets to run. The core stands at
 * its reset vector then. */
int rung_under_reset(struct board *board, struct why *why);

#endif
