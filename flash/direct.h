/* SPDX-License-Identifier: MIT
 *
 * Erasing and programming through the debug port, one operation after the other: slow, but it needs
 * neither RAM nor a running core. The way of the loader (loader.h) for when there is none.
 */
#ifndef FLASH_DIRECT_H
#define FLASH_DIRECT_H

#include "flash/controller.h"

/* The controller is unlocked. E_FLASH, E_TIMEOUT with place and cause. */
int direct_erase(const struct flash_device *device, const struct flash_operation *operation,
		 struct flash_duration duration, struct why *why);
/* Whole units. */
int direct_program(const struct flash_device *device, const struct flash_piece *piece, struct why *why);

#endif
