/* SPDX-License-Identifier: MIT
 *
 * Which chip is this? Reads nothing but id registers, size and CPUID; writes nothing.
 */
#ifndef TARGETS_DETECT_H
#define TARGETS_DETECT_H

#include "targets/board.h"

/* Fills board->chip, idcode, the flash size and its banks by what the core at board->cores[0] shows, or
 * by options.chip. A chip that is not known, or a copy of one, becomes a chip without flash, with a note
 *. E_CHIP for a chip that is known and refused, E_WIRE and its like when the target was lost. */
int detect_chip(struct board *board, struct why *why);

/* When no Cortex-M answers on any port: E_CHIP, and why names the chip if its id is found. */
int detect_without_core(struct board *board, struct why *why);

#endif
