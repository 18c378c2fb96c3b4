/* SPDX-License-Identifier: MIT
 *
 * Reaching a target that may be asleep, running wild or held: a ladder of ways, tried in order.
 */
#ifndef TARGETS_CONNECT_H
#define TARGETS_CONNECT_H

#include "targets/board.h"

/* Brings up SWD and examines core 0 by the way options.connect allows; *reached says which way it
 * was. On failure why has the cause and the next step. */
int connect_target(struct board *board, enum connect_mode *reached, struct why *why);

/* Once the chip is known: SWD that was slowed down for a chip that is not this one speeds up again. */
void connect_settle(struct board *board);

/* Whether err may be gone when the same is tried again: lost on USB, on SWD, or a busy bus. */
bool connect_is_hiccup(int err);

#endif
