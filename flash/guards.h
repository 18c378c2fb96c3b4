/* SPDX-License-Identifier: MIT
 *
 * What keeps a debugger from writing flash, as far as the chip's description says it: read protection, and the
 * areas of the option bytes. For drivers of controllers whose option words are registers.
 */
#ifndef FLASH_GUARDS_H
#define FLASH_GUARDS_H

#include "flash/controller.h"

/* Asks the chip anew. secure = areas named SEC are closed to debuggers, always. E_PROTECTED names read protection
 * or the first of the sectors (ordered by address, maybe none) that an area touches. */
int guards_check(const struct flash_device *device, bool secure, const struct chip_sector *sectors, size_t count,
		 struct why *why);

#endif
