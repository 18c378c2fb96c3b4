/* SPDX-License-Identifier: MIT
 *
 * Questions to a chip's address map: sectors, regions, aliases, the size of the flash.
 */
#include "targets/chip.h"

#include <stddef.h>

#include "probe/bytes.h"

uint32_t chip_flash_size(const struct chip *chip)
{
	uint32_t size = 0;

	for (size_t i = 0; i < chip->bank_count; i++)
		size += chip->banks[i].size;
	return size;
}

/* Sectors of one size in a row, as far as the bank reaches. */
struct row {
	unsigned bank;
	size_t run;
	uint32_t base, count, size;
	unsigned number, index;		/* of the first of them, in the bank and in the chip */
};

static void measure(const struct chip *chip, struct row *row)
{
	const struct chip_bank *bank = &chip->banks[row->bank];
	const struct chip_sectors *run = &bank->runs[row->run];

	row->size = run->size;
	row->count = min_u32(run->count, (bank->base + bank->size - row->base) / run->size);
}

/* Begins with the first row, or goes on to the next; false past the end. */
static bool next_row(const struct chip *chip, struct row *row)
{
	if (row->size) {
		row->base += row->count * row->size;
		row->number += row->count;
		row->index += row->count;
		row->run++;
	}
	while (row->bank < chip->bank_count) {
		if (!row->run && !row->number)
			row->base = chip->banks[row->bank].base;
		if (row->run < chip->banks[row->bank].run_count) {
			measure(chip, row);
			if (row->count)
				return true;
		}
		row->bank++;
		row->run = 0;
		row->number = 0;
	}
	return false;
}

static void pick(const struct row *row, uint32_t i, struct chip_sector *out)
{
	*out = (struct chip_sector){ row->base + i * row->size, row->size, row->bank, row->number + i,
				     row->index + i };
}

bool chip_sector_number(const struct chip *chip, unsigned index, struct chip_sector *out)
{
	struct row row = { 0 };

	while (next_row(chip, &row)) {
		if (index - row.index < row.count) {
			pick(&row, index - row.index, out);
			return true;
		}
	}
	return false;
}

bool chip_sector_at(const struct chip *chip, uint32_t address, struct chip_sector *out)
{
	struct row row = { 0 };

	while (next_row(chip, &row)) {
		if (address - row.base < row.count * row.size) {
			pick(&row, (address - row.base) / row.size, out);
			return true;
		}
	}
	return false;
}

const struct chip_region *chip_region_at(const struct chip *chip, uint32_t address)
{
	for (size_t i = 0; i < chip->region_count; i++) {
		if (address - chip->regions[i].base < chip->regions[i].size)
			return &chip->regions[i];
	}
	return NULL;
}

static bool in_bank(const struct chip *chip, uint32_t address)
{
	for (size_t i = 0; i < chip->bank_count; i++) {
		if (address - chip->banks[i].base < chip->banks[i].size)
			return true;
	}
	return false;
}

bool chip_flash_address(const struct chip *chip, uint32_t address, uint32_t *real)
{
	*real = address;
	for (size_t i = 0; i < chip->alias_count && !in_bank(chip, *real); i++) {
		const struct chip_alias *alias = &chip->aliases[i];

		if (address - alias->base < alias->size)
			*real = alias->of + (address - alias->base);
	}
	return in_bank(chip, *real);
}
