/* SPDX-License-Identifier: MIT
 *
 * From option words to the flash that they protect.
 */
#include "flash/option/areas.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "flash/option/option.h"
#include "probe/bytes.h"

/* ---- ranges ---- */

void area_ranges_add(struct area_ranges *ranges, uint32_t from, uint32_t to)
{
	struct area_range *list = ranges->list;
	size_t i = 0, joined = 0;

	while (i < ranges->count && list[i].to < from)
		i++;
	for (; i + joined < ranges->count && list[i + joined].from <= to; joined++) {
		from = min_u32(from, list[i + joined].from);
		to = max_u32(to, list[i + joined].to);
	}
	if (!joined && ranges->count == AREA_RANGES) {
		ranges->unclear = true;
		return;
	}
	memmove(&list[i + 1], &list[i + joined], (ranges->count - i - joined) * sizeof(*list));
	list[i] = (struct area_range){ from, to };
	ranges->count += 1 - joined;
}

bool area_ranges_hold(const struct area_ranges *a, const struct area_ranges *b)
{
	for (size_t i = 0; i < b->count; i++) {
		bool held = false;

		for (size_t j = 0; j < a->count && !held; j++)
			held = a->list[j].from <= b->list[i].from && b->list[i].to <= a->list[j].to;
		if (!held)
			return false;
	}
	return true;
}

bool area_ranges_equal(const struct area_ranges *a, const struct area_ranges *b)
{
	return area_ranges_hold(a, b) && area_ranges_hold(b, a);
}

/* ---- rows ---- */

bool area_counts(const struct chip *chip, const struct chip_option_area *area, const uint32_t *words)
{
	if (!chip->bank_count ||
	    (area->when.mask && (words[area->when.word] & area->when.mask) != area->when.value))
		return false;
	return area->bank < 2 || chip->bank_count == 2 || area->shared;
}

static const struct chip_bank *bank_of(const struct chip *chip, const struct chip_option_area *area)
{
	if (!area->bank || chip->bank_count < 2)
		return &chip->banks[0];
	return chip->banks[0].physical == area->bank - 1 ? &chip->banks[0] : &chip->banks[1];
}

struct area_range area_domain(const struct chip *chip, const struct chip_option_area *area)
{
	const struct chip_bank *bank = bank_of(chip, area), *end = bank;

	if (!area->bank && chip->bank_count)
		end = &chip->banks[chip->bank_count - 1];
	return (struct area_range){ bank->base, end->base + end->size };
}

unsigned area_bit_count(const struct chip *chip, const struct chip_option_area *area)
{
	const struct chip_option_field *field = &chip->option_fields[area->bits];

	return area->count ? area->count : (unsigned)field->high - field->low + 1 - area->first_bit;
}

/* Sectors of a row are counted in its bank, or over all of flash. */
static bool sectors_range(const struct chip *chip, const struct chip_option_area *area, uint32_t first,
			  uint32_t count, struct area_range *range)
{
	struct area_range domain = area_domain(chip, area);
	struct chip_sector sector;
	uint32_t number = 0;
	bool found = false;

	for (unsigned i = 0; chip_sector_number(chip, i, &sector); i++) {
		if (sector.base < domain.from || sector.base >= domain.to)
			continue;
		if (number >= first && number - first < count) {
			range->from = found ? range->from : sector.base;
			range->to = sector.base + sector.size;
			found = true;
		}
		number++;
	}
	return found;
}

uint32_t area_unit_size(const struct chip *chip, const struct chip_option_area *area)
{
	uint32_t unit = area->unit ? area->unit : bank_of(chip, area)->runs[0].size;

	return area->wide && chip->bank_count < 2 ? 2 * unit : unit;
}

bool area_unit(const struct chip *chip, const struct chip_option_area *area, uint32_t i, struct area_range *unit)
{
	struct area_range domain = area_domain(chip, area);
	bool is_rest = area->rest && i + 1 == area_bit_count(chip, area);
	uint64_t from, size = area_unit_size(chip, area);

	if (area->sectors)
		return sectors_range(chip, area, (area->skip + i) * area->sectors,
				     is_rest ? UINT32_MAX : area->sectors, unit);
	from = domain.from + (area->skip + i) * size;
	if (from >= domain.to)
		return false;
	unit->from = (uint32_t)from;
	unit->to = is_rest ? domain.to : (uint32_t)(from + size < domain.to ? from + size : domain.to);
	return true;
}

/* ---- what is protected ---- */

static uint32_t value_of(const struct chip *chip, uint8_t field, const uint32_t *words)
{
	return option_field_value(&chip->option_fields[field], words);
}

static void add_bits(const struct chip *chip, const struct chip_option_area *area, const uint32_t *words,
		     struct area_ranges *ranges)
{
	uint32_t value = value_of(chip, area->bits, words) >> area->first_bit;
	struct area_range unit;

	for (unsigned i = 0; i < area_bit_count(chip, area); i++)
		if ((value >> i & 1) == area->protects && area_unit(chip, area, i, &unit))
			area_ranges_add(ranges, unit.from, unit.to);
}

static void add_units(const struct chip *chip, const struct chip_option_area *area, uint32_t first, uint32_t last,
		      struct area_ranges *ranges)
{
	struct area_range domain = area_domain(chip, area);
	uint64_t size = area_unit_size(chip, area), from = domain.from + first * size;
	uint64_t to = domain.from + (last + (uint64_t)1) * size;

	if (from < domain.to)
		area_ranges_add(ranges, (uint32_t)from, to < domain.to ? (uint32_t)to : domain.to);
}

/* Nothing is protected in a chip that comes from the factory, whatever its encoding is. */
static bool is_factory(const struct chip *chip, uint8_t field, uint32_t value)
{
	uint32_t factory[CHIP_OPTION_WORDS];

	for (size_t i = 0; i < chip->option_word_count; i++)
		factory[i] = chip->option_words[i].factory;
	return value_of(chip, field, factory) == value;
}

void area_add_protected(const struct chip *chip, const struct chip_option_area *area, const uint32_t *words,
			struct area_ranges *ranges)
{
	uint32_t first, last;

	if (!area_counts(chip, area, words))
		return;
	if (area->bits != CHIP_NO_FIELD) {
		add_bits(chip, area, words, ranges);
	} else if (area->size != CHIP_NO_FIELD) {
		last = value_of(chip, area->size, words);
		if (last)
			add_units(chip, area, 0, last - 1, ranges);
	} else if (area->enable == CHIP_NO_FIELD || value_of(chip, area->enable, words) != area->off) {
		first = area->first == CHIP_NO_FIELD ? 0 : value_of(chip, area->first, words);
		last = value_of(chip, area->last, words);
		if (area->pairs && first == last)
			ranges->unclear |= !is_factory(chip, area->first, first) || !is_factory(chip, area->last, last);
		else if (first <= last)
			add_units(chip, area, first, last, ranges);
	}
}

void area_set_protected(const struct chip *chip, const char *name, const uint32_t *words,
			struct area_ranges *ranges)
{
	for (size_t i = 0; i < chip->option_area_count; i++)
		if (!strcasecmp(chip->option_areas[i].name, name))
			area_add_protected(chip, &chip->option_areas[i], words, ranges);
}

/* ---- words ---- */

static size_t put(char *text, size_t size, size_t used, const char *format, const char *comma, uint32_t a,
		  uint32_t b)
{
	int length = used < size ? snprintf(text + used, size - used, format, comma, a, b) : 0;

	return used + (size_t)length;
}

static bool are_sectors(const struct chip *chip, const struct area_ranges *ranges)
{
	struct chip_sector first, last;

	for (size_t i = 0; i < ranges->count; i++) {
		const struct area_range *range = &ranges->list[i];

		if (!chip_sector_at(chip, range->from, &first) || !chip_sector_at(chip, range->to - 1, &last) ||
		    first.base != range->from || last.base + last.size != range->to)
			return false;
	}
	return true;
}

static size_t put_sectors(const struct chip *chip, const struct area_ranges *ranges, char *text, size_t size)
{
	size_t used = put(text, size, 0, "sectors %s", "", 0, 0);
	struct chip_sector first, last;

	for (size_t i = 0; i < ranges->count; i++) {
		chip_sector_at(chip, ranges->list[i].from, &first);
		chip_sector_at(chip, ranges->list[i].to - 1, &last);
		used = put(text, size, used, first.index < last.index ? "%s%u-%u" : "%s%u", i ? "," : "", first.index,
			   last.index);
	}
	return put(text, size, used, "%s", " (", 0, 0);
}

void area_ranges_text(const struct chip *chip, const struct area_ranges *ranges, char *text, size_t size)
{
	bool sectors = are_sectors(chip, ranges);
	size_t used;

	if (ranges->unclear || !ranges->count) {
		snprintf(text, size, ranges->unclear ? "first = last: not known what that means here" : "none");
		return;
	}
	used = sectors ? put_sectors(chip, ranges, text, size) : 0;
	for (size_t i = 0; i < ranges->count; i++)
		used = put(text, size, used, "%s0x%08x-0x%08x", i ? "," : "", ranges->list[i].from,
			   ranges->list[i].to - 1);
	if (sectors)
		put(text, size, used, "%s", ")", 0, 0);
}
