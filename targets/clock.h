/* SPDX-License-Identifier: MIT
 *
 * The core's clock while we work: chips that come out of reset slowly are made quicker by their own
 * oscillators, within what the supply and the core voltage after reset allow.
 */
#ifndef TARGETS_CLOCK_H
#define TARGETS_CLOCK_H

#include <stdbool.h>

#include "targets/board.h"

/* Takes the steps of the chip file. The core has to be halted, right after a reset; the next reset takes them
 * back. What does not work leaves the chip at a clock that it can stand, and is no error. */
void clock_raise(struct core *core);

/* What the core runs at, as far as it is known: raised, else as after a reset. Never 0. */
uint32_t clock_hz(const struct board *board);

#endif
