/* SPDX-License-Identifier: MIT
 *
 * What a kind of flash controller has to know: one table of functions per kind, one file each. The
 * order of erase, program and verify, and everything about GDB, is not here but in writer.c.
 *
 * An operation on the flash is a control word that a loader (or direct.c) writes to the controller:
 * drivers make these words, they do not carry them out.
 */
#ifndef FLASH_CONTROLLER_H
#define FLASH_CONTROLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "targets/board.h"

struct flash_controller;

/* The flash of a chip as one job sees it. */
struct flash_device {
	struct core *core;			/* whose port reaches the registers; borrowed */
	struct board *board;			/* of that core */
	const struct flash_controller *controller;
	uint32_t registers;			/* base address */
	uint32_t supply_mv;			/* 0 = unknown */
	unsigned parallel_bits;			/* chosen for this job */
};

struct flash_duration {
	uint32_t typical_us, maximum_us;	/* from the data sheets; maximum is a deadline */
};

struct flash_controller {
	const char *name;		/* as chip files spell it */
	const uint8_t *loader;		/* code for RAM; see its source for the registers */
	size_t loader_size;
	bool loader_needs_v7m;

	/* How many bits one write may program at this supply; must be right for 0 = unknown (R28). */
	unsigned (*parallel_bits)(uint32_t supply_mv);

	/* Looks at read and write protection of these sectors. E_PROTECTED names the first one. */
	int (*check)(const struct flash_device *device, const struct chip_sector *sectors,
		     size_t count, struct why *why);
	/* Waits for the end of what is under way, clears old error flags, unlocks. E_LOCKED. */
	int (*unlock)(const struct flash_device *device, struct why *why);
	/* Waits for the end of what is under way, ends program mode, locks. */
	int (*lock)(const struct flash_device *device, struct why *why);

	/* Control words, without the start bit. */
	uint32_t (*erase_word)(const struct flash_device *device, const struct chip_sector *sector);
	uint32_t (*mass_erase_word)(const struct flash_device *device);
	uint32_t (*program_word)(const struct flash_device *device);

	struct flash_duration (*erase_time)(const struct flash_device *device, uint32_t size);
	struct flash_duration (*mass_erase_time)(const struct flash_device *device);
	/* Of length bytes, a multiple of the parallelism. */
	struct flash_duration (*program_time)(const struct flash_device *device, uint32_t length);

	/* The same operations through the debug port, one at a time. E_FLASH with the status. */
	int (*erase)(const struct flash_device *device, uint32_t erase_word, uint64_t timeout_us,
		     uint32_t *status);
	/* *done = how many bytes were programmed before an error. */
	int (*program)(const struct flash_device *device, uint32_t address, const uint8_t *data,
		       uint32_t length, uint32_t *done, uint32_t *status);

	/* The error flags of a status in words: "the sector is write-protected (WRPERR)". */
	void (*status_text)(uint32_t status, char *text, size_t size);
};

extern const struct flash_controller flash_controller_f4;

/* NULL when no driver has that name. */
const struct flash_controller *flash_controller_find(const char *name);

/* Prepares the device of a core's chip: driver, registers, supply (0 = ask the probe), parallelism.
 * E_CHIP when the chip has no flash that can be written. */
int flash_device_open(struct flash_device *device, struct core *core, uint32_t supply_mv,
		      struct why *why);
/* What may be believed of a measured supply; 0 = nothing (R28). */
uint32_t flash_plausible_supply(uint32_t supply_mv);

#endif
