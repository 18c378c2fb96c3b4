/* SPDX-License-Identifier: MIT
 *
 * The flash controllers there are, one file each.
 */
#ifndef FLASH_DRIVERS_H
#define FLASH_DRIVERS_H

#include "flash/controller.h"

extern const struct flash_controller flash_controller_f1;
extern const struct flash_controller flash_controller_f4;
/* One driver with four loaders: l4.c. */
extern const struct flash_controller flash_controller_l4;
extern const struct flash_controller flash_controller_g0;
extern const struct flash_controller flash_controller_l5;
extern const struct flash_controller flash_controller_u5;

#endif
