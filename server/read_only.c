/* SPDX-License-Identifier: MIT
 *
 * What a write to memory may not touch, with a hint how it is changed instead.
 */
#include "server/read_only.h"

#include "targets/chip.h"

/* Option bytes in memory are 16 bytes side by side: the words, and complements between or behind them. */
enum { OPTION_AREA = 16, PERIPHERALS = 0x40000000 };

static bool overlaps(uint32_t address, uint32_t length, uint32_t base, uint32_t size)
{
	return size && (address - base < size || base - address < length);
}

static int refuse_otp(const struct chip *chip, struct why *why)
{
	return explain(why, E_RANGE, "0x%08x to 0x%08x is one-time programmable: a write there can't be undone, so "
		       "it takes a command of its own (`monitor help otp`).", chip->otp_base,
		       chip->otp_base + (chip->otp_size - 1));
}

/* Where option bytes are memory; their registers are left to who knows them. */
static bool is_option(const struct chip_option_word *word, uint32_t address, uint32_t length)
{
	uint32_t places[] = { word->address, word->mirror };

	for (unsigned i = 0; i < 2; i++)
		if (places[i] && places[i] < PERIPHERALS &&
		    overlaps(address, length, places[i] & ~(OPTION_AREA - 1u), OPTION_AREA))
			return true;
	return false;
}

int read_only_check(const struct chip *chip, uint32_t address, uint32_t length, struct why *why)
{
	uint32_t locks = chip->otp_locks && chip->otp_block ? chip->otp_size / chip->otp_block : 0;

	if (overlaps(address, length, chip->otp_base, chip->otp_size) ||
	    overlaps(address, length, chip->otp_locks, locks))
		return refuse_otp(chip, why);
	for (size_t i = 0; i < chip->option_word_count; i++)
		if (is_option(&chip->option_words[i], address, length))
			return explain(why, E_RANGE, "0x%08x is among the option bytes (%s): they take a command of "
				       "their own (`monitor help option`).", address,
				       chip->option_words[i].name);
	return OK;
}

int read_only_explain(const struct chip *chip, uint32_t address, struct why *why)
{
	const struct chip_region *region = chip_region_at(chip, address);
	uint32_t real;

	if (chip_flash_address(chip, address, &real))
		return explain(why, E_RANGE, "0x%08x is flash: GDB's `load` or `monitor flash write` writes it.",
			       address);
	if (region && region->kind == CHIP_EEPROM)
		return explain(why, E_RANGE, "0x%08x is data EEPROM: GDB's `load` or `monitor "
			       "flash write` writes it.", address);
	return explain(why, E_RANGE, "0x%08x is read-only%s%s.", address, region ? ": " : "",
		       region ? region->name : "");
}

int read_only_failed(const struct chip *chip, int err, uint32_t address, struct why *why)
{
	uint32_t real;

	if (!chip->bank_count || !chip->region_count || address >= PERIPHERALS || chip_region_at(chip, address) ||
	    chip_flash_address(chip, address, &real))
		return explain(why, err, "0x%08x can't be written: %s.", address, error_text(err));
	return explain(why, err, "0x%08x can't be written: no memory is there. Flash is %u KiB at 0x%08x, RAM %u KiB at "
		       "0x%08x: was this built for another chip?", address, chip_flash_size(chip) / 1024,
		       chip->banks[0].base, chip->regions[0].size / 1024, chip->regions[0].base);
}
