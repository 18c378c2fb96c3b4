/* SPDX-License-Identifier: MIT
 *
 * Which chip is this? Reads nothing but id registers, size and CPUID; writes nothing.
 */
#ifndef TARGETS_DETECT_H
#define TARGETS_DETECT_H

#include "targets/board.h"

/* Fills board->chip, idcode and the flash size by what the core at board->cores[0] shows, or by
 * options.chip. E_CHIP with what was read, E_WIRE and its like when the target was lost. */
int detect_chip(struct board *board, struct why *why);

#endif
