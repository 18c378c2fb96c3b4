/* SPDX-License-Identifier: MIT
 *
 * How the flash of a size lies in banks: that depends on option bytes (DBANK, DB1M, nDBANK, SWAP_BANK),
 * and some of it may belong to somebody else.
 */
#include "targets/chip.h"

#include <string.h>
#include <strings.h>

#include "probe/bytes.h"

bool chip_holds(const struct chip *chip, const struct chip_condition *condition)
{
	return condition->mask &&
	       (chip->option_words[condition->word].now & condition->mask) == condition->value;
}

bool chip_is_secure(const struct chip *chip)
{
	return chip->secure && chip_holds(chip, &chip->trustzone);
}

int chip_set_secure(struct chip *chip)
{
	if (!chip->flash_secure_pages || chip->alias_count == CHIP_ALIASES)
		return E_CHIP;
	chip->aliases[chip->alias_count++] = (struct chip_alias){
		chip->layouts[0].banks[0].base, chip_flash_size(chip), chip->flash_secure };
	chip->secure = true;
	return chip_set_flash_size(chip, chip->flash_kib);
}

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

/* Divides size among the banks; false when it does not go. */
static bool share_out(const struct chip_layout *layout, uint32_t size, uint32_t shares[CHIP_BANKS])
{
	uint32_t left = size;

	for (size_t i = 0; i < layout->bank_count; i++) {
		const struct chip_bank *bank = &layout->banks[i];

		shares[i] = layout->split == CHIP_IN_ORDER ? min_u32(left, bank_room(bank)) : size / 2;
		if (shares[i] > bank_room(bank) || !sector_ends_at(bank, shares[i]))
			return false;
		left -= min_u32(left, shares[i]);
	}
	return left == 0;
}

static bool is_for_size(const struct chip_layout *layout, uint32_t kib)
{
	for (size_t i = 0; i < layout->size_count; i++) {
		if (layout->sizes_kib[i] == kib)
			return true;
	}
	return layout->size_count == 0;
}

static bool is_in_force(const struct chip *chip, const struct chip_layout *layout)
{
	for (size_t i = 0; i < layout->when_count; i++) {
		if (!chip_holds(chip, &layout->when[i]))
			return false;
	}
	return true;
}

bool chip_layout_fits(const struct chip_layout *layout, uint32_t kib)
{
	uint32_t shares[CHIP_BANKS];

	return kib && kib <= UINT32_MAX / 1024 && is_for_size(layout, kib) &&
	       share_out(layout, kib * 1024, shares);
}

void chip_layout_banks(const struct chip_layout *layout, uint32_t kib, struct chip_bank *banks)
{
	uint32_t shares[CHIP_BANKS];

	share_out(layout, kib * 1024, shares);
	memcpy(banks, layout->banks, sizeof(layout->banks));
	for (size_t i = 0; i < layout->bank_count; i++) {
		banks[i].size = shares[i];
		banks[i].physical = (uint8_t)i;
		if (i && layout->split == CHIP_CONTIGUOUS)
			banks[i].base = banks[0].base + shares[0];
	}
}

/* With swapped banks it is not proven which area stands where: none is known then. */
static void show_data_area(struct chip *chip, const struct chip_reserved *reserved, uint32_t sectors, uint32_t first)
{
	struct chip_region *region = &chip->regions[chip->region_count];

	if (!reserved->data_sector || chip->swapped || chip->region_count == CHIP_REGIONS)
		return;
	*region = (struct chip_region){
		.name = "edata", .kind = CHIP_EEPROM, .ecc = true, .size = sectors * reserved->data_sector,
		.base = reserved->data_end - sectors * reserved->data_sector,
		.sector = reserved->data_sector, .sector_bank = reserved->bank, .sector_first = first,
	};
	chip->region_count++;
}

static void hide_data_areas(struct chip *chip)
{
	while (chip->region_count && chip->regions[chip->region_count - 1].sector)
		chip->region_count--;
}

/* What CPU2 or the data area has taken from the end. */
static void trim(struct chip *chip, const struct chip_reserved *reserved)
{
	struct chip_bank *bank = &chip->banks[chip->swapped ? 1 - reserved->bank : reserved->bank];
	uint32_t mask = reserved->count.mask, value, ours;

	if (!chip_holds(chip, &reserved->when) || reserved->bank >= chip->bank_count)
		return;
	value = (chip->option_words[reserved->count.word].now & mask) / (mask & -mask);
	ours = value * reserved->unit;
	if (reserved->from_end)
		ours = bank->size - min_u32(bank->size, ours + reserved->unit);
	if (ours >= bank->size)
		return;
	show_data_area(chip, reserved, (bank->size - ours) / reserved->unit, ours / reserved->unit);
	bank->size = ours;
	bank->shared = true;
}

/* Bit 28 of an address says secure, but for flash (RM0438 2.3, RM0456 2.3). */
static void move_to_secure(struct chip *chip)
{
	uint32_t distance = chip->flash_secure - chip->layouts[0].banks[0].base;

	for (size_t i = 0; i < chip->bank_count && chip_is_secure(chip); i++)
		chip->banks[i].base += distance;
}

static void lay_out(struct chip *chip, const struct chip_layout *layout, uint32_t kib)
{
	chip_layout_banks(layout, kib, chip->banks);
	chip->bank_count = layout->bank_count;
	chip->flash_kib = kib;
	chip->swapped = chip->bank_count == 2 && (chip->remapped || chip_holds(chip, &chip->swap));
	if (chip->swapped) {
		chip->banks[0].physical = 1;
		chip->banks[1].physical = 0;
	}
	hide_data_areas(chip);
	for (size_t i = 0; i < chip->reserved_count; i++)
		trim(chip, &chip->reserved[i]);
	move_to_secure(chip);
}

int chip_set_flash_size(struct chip *chip, uint32_t kib)
{
	for (size_t i = 0; i < chip->layout_count; i++) {
		const struct chip_layout *layout = &chip->layouts[i];

		if (!is_in_force(chip, layout) || !chip_layout_fits(layout, kib))
			continue;
		chip->layout = i;
		lay_out(chip, layout, kib);
		return 0;
	}
	return E_ARGUMENT;
}

uint32_t chip_meant_size(const struct chip *chip, uint32_t size_register)
{
	uint32_t value = size_register & chip->size_mask;

	for (size_t i = 0; i < chip->size_code_count; i++) {
		if (chip->size_codes[i].code == value)
			return chip->size_codes[i].kib;
	}
	for (size_t i = 0; i < chip->layout_count; i++) {
		if (chip_layout_fits(&chip->layouts[i], value))
			return value;
	}
	return 0;
}

void chip_set_option_word(struct chip *chip, size_t word, uint32_t value)
{
	chip->option_words[word].now = value;
	chip_set_flash_size(chip, chip->flash_kib);
}

void chip_set_remapped(struct chip *chip, bool remapped)
{
	chip->remapped = remapped;
	chip_set_flash_size(chip, chip->flash_kib);
}

int chip_set_option(struct chip *chip, const char *name, uint32_t value)
{
	for (size_t i = 0; i < chip->option_field_count; i++) {
		const struct chip_option_field *field = &chip->option_fields[i];
		uint32_t mask = UINT32_MAX >> (31 - (field->high - field->low));

		if (strcasecmp(field->name, name))
			continue;
		if (value & ~mask)
			return E_ARGUMENT;
		chip_set_option_word(chip, field->word,
				     (chip->option_words[field->word].now & ~(mask << field->low)) |
				     value << field->low);
		return 0;
	}
	return E_ARGUMENT;
}

static bool is_about(const struct chip_condition *condition, size_t word)
{
	return condition->mask && condition->word == word;
}

bool chip_word_matters(const struct chip *chip, size_t word)
{
	bool matters = is_about(&chip->swap, word) || is_about(&chip->trustzone, word);

	for (size_t i = 0; i < chip->layout_count; i++) {
		for (size_t j = 0; j < chip->layouts[i].when_count; j++)
			matters |= is_about(&chip->layouts[i].when[j], word);
	}
	for (size_t i = 0; i < chip->reserved_count; i++)
		matters |= is_about(&chip->reserved[i].when, word) ||
			   is_about(&chip->reserved[i].count, word);
	return matters;
}

bool chip_field_matters(const struct chip *chip, const struct chip_option_field *field)
{
	uint32_t mask = (uint32_t)((2ull << field->high) - (1ull << field->low));

	for (size_t l = 0; l < chip->layout_count; l++)
		for (size_t i = 0; i < chip->layouts[l].when_count; i++)
			if (is_for_size(&chip->layouts[l], chip->flash_kib) &&
			    is_about(&chip->layouts[l].when[i], field->word) &&
			    chip->layouts[l].when[i].mask & mask)
				return true;
	return is_about(&chip->swap, field->word) && chip->swap.mask & mask;
}

const struct chip_option_field *chip_reserved_by(const struct chip *chip, uint32_t address)
{
	struct chip_bank whole[CHIP_BANKS];

	chip_layout_banks(&chip->layouts[chip->layout], chip->flash_kib, whole);
	for (size_t i = 0; i < chip->reserved_count; i++) {
		const struct chip_reserved *reserved = &chip->reserved[i];
		size_t bank = chip->swapped ? 1 - reserved->bank : reserved->bank;

		if (bank >= chip->bank_count || !chip->banks[bank].shared ||
		    address - whole[bank].base >= whole[bank].size)
			continue;
		for (size_t f = 0; f < chip->option_field_count; f++)
			if (chip->option_fields[f].word == reserved->count.word &&
			    reserved->count.mask >> chip->option_fields[f].low & 1)
				return &chip->option_fields[f];
	}
	return NULL;
}
