/* SPDX-License-Identifier: MIT
 *
 * The flash controllers there are, one file each.
 */
#ifndef FLASH_DRIVERS_H
#define FLASH_DRIVERS_H

#include "flash/controller.h"

/* The row of a driver whose functions have the usual names, with the loader of loaders/CODE.h; and of one that can
 * erase banks. */
#define FLASH_DRIVER(code)							\
	.loader = loader_##code, .loader_size = sizeof loader_##code,		\
	.open = open_device, .check = check, .unlock = unlock, .lock = lock,	\
	.erase_operation = erase_operation, .program_operation = program_operation, \
	.erase_time = erase_time, .program_time = program_time,			\
	.erase = erase, .program = program, .status_text = status_text
#define FLASH_DRIVER_OF_BANKS(code)						\
	FLASH_DRIVER(code),							\
	.bank_erase_operation = bank_erase_operation, .bank_erase_time = bank_erase_time

extern const struct flash_controller flash_controller_f1;
extern const struct flash_controller flash_controller_f4;
/* l1.c, with a loader for each. */
extern const struct flash_controller flash_controller_l0;
extern const struct flash_controller flash_controller_l1;
/* h7.c, with a loader for each. */
extern const struct flash_controller flash_controller_h7;
extern const struct flash_controller flash_controller_h7a3;
extern const struct flash_controller flash_controller_h7rs;
extern const struct flash_controller flash_controller_h5;
/* l4.c, with a loader for each. */
extern const struct flash_controller flash_controller_l4;
extern const struct flash_controller flash_controller_l4plus;
extern const struct flash_controller flash_controller_g0;
extern const struct flash_controller flash_controller_wb;
extern const struct flash_controller flash_controller_l5;
extern const struct flash_controller flash_controller_u5;

#endif
