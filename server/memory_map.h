/* SPDX-License-Identifier: MIT
 *
 * The address space of a chip as debuggers are told of it: 0 to 4 GiB, without gaps and overlaps. Pure.
 */
#ifndef SERVER_MEMORY_MAP_H
#define SERVER_MEMORY_MAP_H

#include <stdbool.h>

#include "targets/chip.h"

enum memory_kind {
	MEMORY_RAM,		/* and peripherals, and whatever nothing is known of */
	MEMORY_ROM,		/* read-only: system memory, flash at its other address */
	MEMORY_ONCE,		/* OTP: a client's write is answered with the command for it */
	MEMORY_FLASH,		/* written by a load, in blocks */
};

struct memory_range {
	uint64_t start, end;
	enum memory_kind kind;
	uint32_t block;		/* of MEMORY_FLASH, bytes */
	bool executable;
	const char *name;	/* "sram", borrowed from the chip; NULL where nothing is known */
};

enum {
	MEMORY_AREAS = 6,	/* of the architecture */
	MEMORY_KNOWN_MAX = CHIP_BANKS * CHIP_SECTOR_RUNS + CHIP_ALIASES + CHIP_REGIONS + 1,
	MEMORY_RANGES_MAX = 2 * MEMORY_KNOWN_MAX + MEMORY_AREAS,
};

struct memory_map {
	struct memory_range ranges[MEMORY_RANGES_MAX];	/* ascending */
	size_t count;
};

void memory_map_make(struct memory_map *map, const struct chip *chip);
/* The range that an address is in; there is always one. */
const struct memory_range *memory_map_at(const struct memory_map *map, uint32_t address);
/* By the architecture it is memory (RAM, flash, ...) as a whole: no peripherals, whose reads have effects. */
bool memory_map_is_plain(uint32_t address, uint32_t length);

#endif
