/* SPDX-License-Identifier: MIT
 *
 * Reaching a target that may be asleep, running wild or held: a ladder of ways, tried in order. What each
 * saw, and what that means, is in board->climb.
 */
#ifndef TARGETS_CONNECT_H
#define TARGETS_CONNECT_H

#include "targets/board.h"

/* Brings up SWD, examines core 0 and takes hold of the board (board_take_hold), by the ways that
 * options.connect allows. A chip that was silent, and could be caught by a reset only, is let run for at most
 * 50 ms to see why; it stands at its reset vector afterwards, as before. Fills board->climb. On failure why
 * has the cause, what was seen, and the next step. E_CHIP for a chip that is known and refused. */
int connect_target(struct board *board, struct why *why);

/* Once the chip is known: SWD that was slowed down for a chip that is not this one speeds up again. */
void connect_settle(struct board *board);

/* The chip was reset while it was being connected to, and not by us. */
void connect_notice_reset(struct board *board);
/* Adds to the board's notes what was odd on the way, if something was. */
void connect_note(struct board *board);

/* Whether err may be gone when the same is tried again: lost on USB, on SWD, or a busy bus. */
bool connect_is_hiccup(int err);
/* Whether the mode promises that connecting writes nothing to the target. */
bool connect_writes_nothing(const struct board *board);

#endif
