/* SPDX-License-Identifier: MIT
 *
 * The inside of a plan, for those who carry it out: which sectors, and what is to stand in them.
 */
#ifndef FLASH_PLAN_H
#define FLASH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flash/flash.h"

struct plan_piece {		/* bytes as they came, sorted by address, never overlapping */
	uint32_t address, length;
	uint8_t *data;
};

enum {				/* why a sector is in the plan; 0 = it is not */
	PLAN_ERASE = 1 << 0,	/* asked for */
	PLAN_WRITE = 1 << 1,	/* bytes are written into it */
};

struct flash_plan {
	struct core *core;
	const struct chip *chip;
	struct plan_piece *pieces;
	size_t piece_count, piece_room;
	uint8_t *sectors;	/* a row of PLAN_ bits for each sector of the chip */
	size_t sector_count;
	bool eeprom;		/* some pieces lie in data EEPROM */
	uint32_t written;	/* bytes in all pieces */
};

/* Puts what the pieces have of [address, address + length) over data; other bytes stay. */
void flash_plan_overlay(const struct flash_plan *plan, uint32_t address, uint8_t *data,
			uint32_t length);
/* What length bytes at address will be: the pieces, and the erased value elsewhere. */
void flash_plan_compose(const struct flash_plan *plan, uint32_t address, uint8_t *data,
			uint32_t length);
/* How many bytes of [address, address + length) are in pieces. */
uint32_t flash_plan_covered(const struct flash_plan *plan, uint32_t address, uint32_t length);
/* The first hole (bytes in no piece) at or after *address and below end; false when there is none. */
bool flash_plan_hole(const struct flash_plan *plan, uint32_t *address, uint32_t end,
		     uint32_t *length);

#endif
