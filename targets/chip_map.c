/* SPDX-License-Identifier: MIT
 *
 * Questions to a chip's address map: sectors, regions, aliases, the size of the flash.
 */
#include "targets/chip.h"

#include <stddef.h>

#include "probe/bytes.h"

static uint32_t bank_room(const struct chip_bank *bank)
{
	uint32_t room = 0;

	for (size_t i = 0; i < bank->run_count; i++)
		room += bank->runs[i].count * bank->runs[i].size;
	return room;
}

/* True when a sector of the bank ends at size (or size is 0). */
static bool sector_ends_at(const struct chip_bank *bank, uint32_t size)
{
	uint32_t end = 0;

	for (size_t i = 0; i < bank->run_count; i++) {
		uint32_t run = bank->runs[i].count * bank->runs[i].size;

		if (size - end <= run)
			return (size - end) % bank->runs[i].size == 0;
		end += run;
	}
	return false;
}

int chip_set_flash_size(struct chip *chip, uint32_t kib)
{
	uint32_t left = kib * 1024;

	if (!kib || kib > chip->flash_kib_max)
		return E_ARGUMENT;
	for (size_t i = 0; i < chip->bank_count; i++) {
		uint32_t size = min_u32(left, bank_room(&chip->banks[i]));

		if (!sector_ends_at(&chip->banks[i], size))
			return E_ARGUMENT;
		left -= size;
	}
	left = kib * 1024;
	for (size_t i = 0; i < chip->bank_count; i++) {
		chip->banks[i].size = min_u32(left, bank_room(&chip->banks[i]));
		left -= chip->banks[i].size;
	}
	return 0;
}

uint32_t chip_flash_size(const struct chip *chip)
{
	uint32_t size = 0;

	for (size_t i = 0; i < chip->bank_count; i++)
		size += chip->banks[i].size;
	return size;
}

bool chip_sector_number(const struct chip *chip, unsigned index, struct chip_sector *out)
{
	unsigned left = index;

	for (unsigned b = 0; b < chip->bank_count; b++) {
		const struct chip_bank *bank = &chip->banks[b];
		uint32_t offset = 0;
		unsigned number = 0;

		for (size_t r = 0; r < bank->run_count && offset < bank->size; r++) {
			const struct chip_sectors *run = &bank->runs[r];
			uint32_t count = min_u32(run->count, (bank->size - offset) / run->size);

			if (left < count) {
				*out = (struct chip_sector){ bank->base + offset + left * run->size,
							     run->size, b, number + left, index };
				return true;
			}
			left -= count;
			number += count;
			offset += count * run->size;
		}
	}
	return false;
}

bool chip_sector_at(const struct chip *chip, uint32_t address, struct chip_sector *out)
{
	for (unsigned i = 0; chip_sector_number(chip, i, out); i++) {
		if (address - out->base < out->size)
			return true;
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
