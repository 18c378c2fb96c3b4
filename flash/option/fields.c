/* SPDX-License-Identifier: MIT
 *
 * Names and values of option fields, as people write them.
 */
#include "flash/option/option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flash/option/areas.h"
#include "probe/bytes.h"

enum { NAME_LENGTH = 24, OFFERED = 4 };

uint32_t option_field_value(const struct chip_option_field *field, const uint32_t *words)
{
	return words[field->word] >> field->low & UINT32_MAX >> (31 - (field->high - field->low));
}

static const struct chip_value *listed(const struct chip_option_field *field, uint32_t value)
{
	for (size_t i = 0; i < field->value_count; i++)
		if (field->values[i].value == value)
			return &field->values[i];
	return NULL;
}

const struct chip_value *option_value_named(const struct chip_option_field *field, uint32_t value)
{
	const struct chip_value *named = listed(field, value);

	return named || !field->has_other ? named : listed(field, field->other);
}

/* How many letters have to be changed, left out or put in (Levenshtein). */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[NAME_LENGTH + 1];
	size_t width = strnlen(b, NAME_LENGTH);

	for (size_t i = 0; i <= width; i++)
		row[i] = (unsigned)i;
	for (size_t j = 0; a[j] && j < NAME_LENGTH; j++) {
		unsigned corner = row[0];

		row[0] = (unsigned)j + 1;
		for (size_t i = 0; i < width; i++) {
			bool same = !strncasecmp(&a[j], &b[i], 1);
			unsigned replaced = corner + !same;

			corner = row[i + 1];
			row[i + 1] = min_u32(replaced, min_u32(row[i], corner) + 1);
		}
	}
	return row[width];
}

static unsigned likeness(const char *name, const char *other)
{
	bool begins = !strncasecmp(name, other, min_u32((uint32_t)strlen(name), 3));

	return begins ? distance(name, other) / 2 : distance(name, other);
}

/* Fields, and behind them areas. */
static const char *name_at(const struct chip *chip, size_t i)
{
	return i < chip->option_field_count ? chip->option_fields[i].name :
	       option_area_name(chip, i - chip->option_field_count);
}

static void offer_names(const struct chip *chip, const char *name, struct why *why)
{
	bool offered[CHIP_OPTION_FIELDS + CHIP_OPTION_AREAS] = { false };
	const char *candidate;

	for (unsigned n = 0; n < OFFERED; n++) {
		size_t best = SIZE_MAX;

		for (size_t i = 0; (candidate = name_at(chip, i)); i++)
			if (!offered[i] && (best == SIZE_MAX || likeness(name, candidate) < likeness(name, name_at(chip, best))))
				best = i;
		if (best == SIZE_MAX)
			return;
		offered[best] = true;
		explain_more(why, "%s%s", n ? ", " : " Near: ", name_at(chip, best));
	}
}

const struct chip_option_field *option_find(const struct chip *chip, const char *name, struct why *why)
{
	for (size_t i = 0; i < chip->option_field_count; i++)
		if (!strcasecmp(chip->option_fields[i].name, name))
			return &chip->option_fields[i];
	explain(why, E_ARGUMENT, "%s has no option '%.30s'.", chip->name, name);
	offer_names(chip, name, why);
	return NULL;
}

/* ---- sectors ---- */

void option_sectors_text(const struct chip *chip, const struct chip_option_field *field, const uint32_t *words,
			 char *text, size_t size)
{
	struct area_ranges ranges = { .count = 0 };
	bool any = false;

	for (size_t i = 0; i < chip->option_area_count; i++) {
		const struct chip_option_area *area = &chip->option_areas[i];

		if (area->bits != field - chip->option_fields || !area_counts(chip, area, words))
			continue;
		any = true;
		area_add_protected(chip, area, words, &ranges);
	}
	text[0] = '\0';
	if (any)
		area_ranges_text(chip, &ranges, text, size);
}

const char *option_area_name(const struct chip *chip, size_t i)
{
	for (size_t row = 0; row < chip->option_area_count; row++) {
		const char *name = chip->option_areas[row].name;
		bool told = false;

		for (size_t before = 0; before < row && !told; before++)
			told = !strcmp(chip->option_areas[before].name, name);
		if (!told && i-- == 0)
			return name;
	}
	return NULL;
}

void option_area_text(const struct chip *chip, const char *name, const uint32_t *words, char *text, size_t size)
{
	struct area_ranges ranges = { .count = 0 };
	bool any = false;

	for (size_t i = 0; i < chip->option_area_count; i++)
		any |= !strcasecmp(chip->option_areas[i].name, name) &&
		       area_counts(chip, &chip->option_areas[i], words);
	area_set_protected(chip, name, words, &ranges);
	text[0] = '\0';
	if (any)
		area_ranges_text(chip, &ranges, text, size);
}

/* ---- values ---- */

static int refuse_value(const struct chip_option_field *field, const char *text, uint32_t most,
			struct why *why)
{
	explain(why, E_ARGUMENT, "'%.40s' is no value of %s: a number up to 0x%x", text, field->name, most);
	for (size_t i = 0; i < field->value_count; i++)
		explain_more(why, ", %s (0x%x)", field->values[i].name, field->values[i].value);
	explain_more(why, ".");
	return E_ARGUMENT;
}

int option_value_parse(const struct chip_option_field *field, const char *text, uint32_t *value, struct why *why)
{
	uint32_t most = UINT32_MAX >> (31 - (field->high - field->low));
	unsigned long long number;
	char *end;

	for (size_t i = 0; i < field->value_count; i++)
		if (!strcasecmp(field->values[i].name, text)) {
			*value = field->values[i].value;
			return OK;
		}
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || number > most)
		return refuse_value(field, text, most, why);
	*value = (uint32_t)number;
	return OK;
}
