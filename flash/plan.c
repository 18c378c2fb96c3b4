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
	return true;
}

static bool within(uint32_t address, uint32_t base, uint32_t size)
{
	return address - base < size;
}

/* Says why address can't be in a plan; areas that look like flash but are not get a hint. */
static int refuse(const struct chip *chip, uint32_t address, struct why *why)
{
	const struct chip_region *region = chip_region_at(chip, address);

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

/* Sets bits on all sectors of a range; the whole range has to be flash. */
static int mark(struct flash_plan *plan, uint32_t address, uint32_t length, uint8_t bits,
		struct why *why)
{
	uint64_t position = address, end = (uint64_t)address + length;
	struct chip_sector sector;

	for (; position < end; position = (uint64_t)sector.base + sector.size)
		if (position > UINT32_MAX ||
		    !chip_sector_at(plan->chip, (uint32_t)position, &sector))
			return refuse(plan->chip, (uint32_t)position, why);
	for (position = address; position < end; position = (uint64_t)sector.base + sector.size)
		if (chip_sector_at(plan->chip, (uint32_t)position, &sector))
			plan->sectors[sector.index] |= bits;
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

void flash_plan_compose(const struct flash_plan *plan, uint32_t address, uint8_t *data,
			uint32_t length)
{
	uint64_t end = (uint64_t)address + length;

	memset(data, plan->chip->erased, length);
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
