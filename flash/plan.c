/* SPDX-License-Identifier: MIT
 *
 * Collecting what a client wants in flash. Pieces are kept as they came (no image of the whole chip:
 * memory stays close to what is written), and no byte of the target is touched.
 */
#include "flash/plan.h"

#include <stdlib.h>
#include <string.h>

#include "probe/bytes.h"

static size_t count_sectors(const struct chip *chip)
{
	struct chip_sector sector;
	size_t count = 0;

	while (chip_sector_number(chip, (unsigned)count, &sector))
		count++;
	return count;
}

int flash_plan_new(struct flash_plan **out, struct core *core)
{
	struct flash_plan *plan = calloc(1, sizeof *plan);

	*out = NULL;
	if (!plan)
		return E_MEMORY;
	plan->core = core;
	plan->chip = &core->board->chip;
	plan->sector_count = count_sectors(plan->chip);
	plan->sectors = calloc(plan->sector_count + 1, 1);
	if (!plan->sectors) {
		free(plan);
		return E_MEMORY;
	}
	*out = plan;
	return 0;
}

void flash_plan_free(struct flash_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->piece_count; i++)
		free(plan->pieces[i].data);
	free(plan->pieces);
	free(plan->sectors);
	free(plan);
}

bool flash_plan_empty(const struct flash_plan *plan)
{
	for (size_t i = 0; i < plan->sector_count; i++)
		if (plan->sectors[i])
			return false;
	return !plan->eeprom;
}

static bool within(uint32_t address, uint32_t base, uint32_t size)
{
	return address - base < size;
}

/* Says why address can't be in a plan; areas that look like flash but are not get a hint. */
static int refuse(const struct chip *chip, uint32_t address, struct why *why)
{
	const struct chip_region *region = chip_region_at(chip, address);
	const struct chip_option_field *owner = chip_reserved_by(chip, address);

	if (owner)
		return explain(why, E_PROTECTED, "0x%08X is kept by %s in the option bytes (%s): a load never "
			       "writes it", address, owner->name, owner->about);
	if (within(address, chip->otp_base, chip->otp_size) ||
	    (chip->otp_block && within(address, chip->otp_locks, chip->otp_size / chip->otp_block)))
		return explain(why, E_RANGE, "0x%08X is one-time programmable memory: a load never "
			       "writes it", address);
	for (size_t i = 0; i < chip->option_word_count; i++)
		if (address / 4 == chip->option_words[i].address / 4 ||
		    address / 4 == chip->option_words[i].mirror / 4)
			return explain(why, E_RANGE, "0x%08X is an option byte (%s): a load never "
				       "writes it", address, chip->option_words[i].name);
	if (region)
		return explain(why, E_RANGE, "0x%08X is not flash but %s", address, region->name);
	return explain(why, E_RANGE, "0x%08X is outside of flash (%u KiB at 0x%08X)", address,
		       chip_flash_size(chip) / 1024, chip->bank_count ? chip->banks[0].base : 0);
}

/* A sector of flash, or all of the data EEPROM, which has none. */
struct place {
	uint64_t end;
	uint8_t *sector;		/* its bits in the plan; NULL = EEPROM */
};

static bool find_place(const struct flash_plan *plan, uint64_t address, struct place *place)
{
	const struct chip_region *region;
	struct chip_sector sector;

	if (address > UINT32_MAX)
		return false;
	if (chip_sector_at(plan->chip, (uint32_t)address, &sector)) {
		*place = (struct place){ (uint64_t)sector.base + sector.size,
					 &plan->sectors[sector.index] };
		return true;
	}
	region = chip_region_at(plan->chip, (uint32_t)address);
	if (!region || region->kind != CHIP_EEPROM)
		return false;
	*place = (struct place){ (uint64_t)region->base + region->size, NULL };
	return true;
}

/* Sets bits on all sectors of a range; the whole range has to be flash or data EEPROM. An erase of
 * EEPROM leaves no trace: it takes new bytes as it is, and keeps the others. */
static int mark(struct flash_plan *plan, uint32_t address, uint32_t length, uint8_t bits,
		struct why *why)
{
	uint64_t position = address, end = (uint64_t)address + length;
	struct place place;

	for (; position < end; position = place.end)
		if (!find_place(plan, position, &place))
			return refuse(plan->chip, (uint32_t)position, why);
	for (position = address; position < end; position = place.end) {
		if (!find_place(plan, position, &place))
			break;
		if (place.sector)
			*place.sector |= bits;
		else if (bits & PLAN_WRITE)
			plan->eeprom = true;
	}
	return 0;
}

/* Aliases of flash (address 0 on most chips) mean the flash behind them. */
static uint32_t real_address(const struct chip *chip, uint32_t address)
{
	uint32_t real;

	return chip_flash_address(chip, address, &real) ? real : address;
}

int flash_plan_erase(struct flash_plan *plan, uint32_t address, uint32_t length, struct why *why)
{
	return mark(plan, real_address(plan->chip, address), length, PLAN_ERASE, why);
}

/* The index of the first piece that ends after address. */
static size_t find_piece(const struct flash_plan *plan, uint32_t address)
{
	size_t low = 0, high = plan->piece_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct plan_piece *piece = &plan->pieces[middle];

		if (piece->address + (piece->length - 1) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int make_room(struct flash_plan *plan)
{
	size_t room = plan->piece_room ? plan->piece_room * 2 : 16;
	struct plan_piece *pieces;

	if (plan->piece_count < plan->piece_room)
		return 0;
	pieces = realloc(plan->pieces, room * sizeof *pieces);
	if (!pieces)
		return E_MEMORY;
	plan->pieces = pieces;
	plan->piece_room = room;
	return 0;
}

static int insert_piece(struct flash_plan *plan, size_t at, uint32_t address, const void *data,
			uint32_t length)
{
	uint8_t *copy = make_room(plan) ? NULL : malloc(length);

	if (!copy)
		return E_MEMORY;
	memcpy(copy, data, length);
	memmove(&plan->pieces[at + 1], &plan->pieces[at],
		(plan->piece_count - at) * sizeof *plan->pieces);
	plan->pieces[at] = (struct plan_piece){ address, length, copy };
	plan->piece_count++;
	plan->written += length;
	return 0;
}

int flash_plan_write(struct flash_plan *plan, uint32_t address, const void *data, uint32_t length,
		     struct why *why)
{
	size_t at;
	int err;

	if (!length)
		return 0;
	address = real_address(plan->chip, address);
	at = find_piece(plan, address);
	if (at < plan->piece_count && plan->pieces[at].address < (uint64_t)address + length)
		return explain(why, E_ARGUMENT, "two writes overlap at 0x%08X",
			       max_u32(address, plan->pieces[at].address));
	err = mark(plan, address, length, PLAN_WRITE, why);
	if (err)
		return err;
	if (insert_piece(plan, at, address, data, length))
		return explain(why, E_MEMORY, "no memory for %u bytes at 0x%08X", length, address);
	return 0;
}

void flash_plan_overlay(const struct flash_plan *plan, uint32_t address, uint8_t *data,
			uint32_t length)
{
	uint64_t end = (uint64_t)address + length;

	for (size_t i = find_piece(plan, address); i < plan->piece_count; i++) {
		const struct plan_piece *piece = &plan->pieces[i];
		uint32_t from = max_u32(piece->address, address);
		uint64_t to = (uint64_t)piece->address + piece->length;

		if (piece->address >= end)
			break;
		memcpy(data + (from - address), piece->data + (from - piece->address),
		       (size_t)((to < end ? to : end) - from));
	}
}

void flash_plan_compose(const struct flash_plan *plan, uint32_t address, uint8_t *data,
			uint32_t length)
{
	memset(data, plan->chip->erased, length);
	flash_plan_overlay(plan, address, data, length);
}

bool flash_plan_hole(const struct flash_plan *plan, uint32_t *address, uint32_t end,
		     uint32_t *length)
{
	size_t i = find_piece(plan, *address);

	for (; i < plan->piece_count && plan->pieces[i].address <= *address; i++)
		*address = plan->pieces[i].address + plan->pieces[i].length;
	if (*address >= end)
		return false;
	*length = (i < plan->piece_count ? min_u32(plan->pieces[i].address, end) : end) - *address;
	return true;
}

uint32_t flash_plan_covered(const struct flash_plan *plan, uint32_t address, uint32_t length)
{
	uint32_t end = address + length, hole = 0, at = address, holes = 0;

	while (flash_plan_hole(plan, &at, end, &hole)) {
		holes += hole;
		at += hole;
	}
	return length - holes;
}
