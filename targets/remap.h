/* SPDX-License-Identifier: MIT
 *
 * Which bank stands first in this moment, on chips where firmware and boot ROM may change that (L4 and G4: FB_MODE,
 * set by the ROM with BFB2; F42x, F46x: UFB_MODE; F76x: SWP_FB).
 */
#ifndef TARGETS_REMAP_H
#define TARGETS_REMAP_H

#include "probe/error.h"
#include "targets/core.h"

/* Reads the chip's remap bit, if it has one, and lays out its banks by it. On a halted core the clock of the register
 * is lent to it; a running one that has it off is left alone, and nothing is learnt. Errors of the probe. */
int remap_read(struct core *core, struct why *why);

#endif
