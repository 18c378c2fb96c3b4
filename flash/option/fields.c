/* SPDX-License-Identifier: MIT
 *
 * Names and values of option fields, as people write them.
 */
#include "flash/option/option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

static void offer_names(const struct chip *chip, const char *name, struct why *why)
{
	bool offered[CHIP_OPTION_FIELDS] = { false };

	for (unsigned n = 0; n < OFFERED; n++) {
		size_t best = chip->option_field_count;

		for (size_t i = 0; i < chip->option_field_count; i++)
			if (!offered[i] && (best == chip->option_field_count ||
					    likeness(name, chip->option_fields[i].name) <
					    likeness(name, chip->option_fields[best].name)))
				best = i;
		if (best == chip->option_field_count)
			return;
		offered[best] = true;
		explain_more(why, "%s%s", n ? ", " : " Near: ", chip->option_fields[best].name);
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

/* ---- lists of sectors ---- */

static bool is_protected(const struct option_kind *kind, const struct chip_option_field *field,
			 uint32_t value, int bit)
{
	return (value >> bit & 1) == (kind->one_protects(field) ? 1u : 0u);
}

static bool bit_of(const struct chip *chip, const struct chip_option_field *field,
		   const struct chip_sector *sector, int *bit)
{
	const struct option_kind *kind = option_kind_find(chip->controller);

	*bit = kind && kind->protection_bit ? kind->protection_bit(chip, field, sector) : -1;
	return *bit >= 0 && *bit <= field->high - field->low;
}

void option_sectors_text(const struct chip *chip, const struct chip_option_field *field, uint32_t value,
			 char *text, size_t size)
{
	const struct option_kind *kind = option_kind_find(chip->controller);
	struct chip_sector sector;
	size_t used = 0;
	int bit;

	text[0] = '\0';
	for (unsigned i = 0, first = 0; chip_sector_number(chip, i, &sector); i++) {
		struct chip_sector next;
		bool goes_on;

		if (!bit_of(chip, field, &sector, &bit) || !is_protected(kind, field, value, bit)) {
			first = i + 1;
			continue;
		}
		goes_on = chip_sector_number(chip, i + 1, &next) && bit_of(chip, field, &next, &bit) &&
			  is_protected(kind, field, value, bit);
		if (goes_on || used >= size)
			continue;
		used += (size_t)snprintf(text + used, size - used, first < i ? "%s%u-%u" : "%s%u",
					 used ? "," : "", first, i);
		first = i + 1;
	}
}

struct stretch {
	const struct chip *chip;
	const struct chip_option_field *field;
	uint32_t mask;			/* bits of the sectors so far */
};

static int add_sectors(struct stretch *stretch, unsigned long first, unsigned long last, struct why *why)
{
	struct chip_sector sector;
	int bit;

	for (unsigned long i = first; i <= last; i++) {
		if (!chip_sector_number(stretch->chip, (unsigned)min_u32((uint32_t)i, 100000), &sector))
			return explain(why, E_ARGUMENT, "There is no sector %lu.", i);
		if (!bit_of(stretch->chip, stretch->field, &sector, &bit))
			return explain(why, E_ARGUMENT, "%s says nothing of sector %lu.",
				       stretch->field->name, i);
		stretch->mask |= 1u << bit;
	}
	return first > last ? explain(why, E_ARGUMENT, "%lu to %lu is no list of sectors.", first, last) : OK;
}

static int parse_list(struct stretch *stretch, const char *text, struct why *why)
{
	int err = OK;

	if (!strcasecmp(text, "none"))
		return OK;
	do {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (end != text && *end == '-')
			last = strtoul(text = end + 1, &end, 10);
		if (end == text || (*end && *end != ','))
			return explain(why, E_ARGUMENT, "'%.40s' is no list of sectors like 0-3,7.", text);
		err = add_sectors(stretch, first, last, why);
		text = *end ? end + 1 : NULL;
	} while (!err && text);
	return err;
}

static int parse_range(struct stretch *stretch, const char *text, struct why *why)
{
	char *end;
	unsigned long from = strtoul(text, &end, 0), to;
	struct chip_sector first, last;

	if (*end != '-')
		return explain(why, E_ARGUMENT, "'%.40s' is no range like 0x08000000-0x0800ffff.", text);
	to = strtoul(end + 1, &end, 0);
	if (*end || from > to || to > UINT32_MAX || !chip_sector_at(stretch->chip, (uint32_t)from, &first) ||
	    !chip_sector_at(stretch->chip, (uint32_t)to, &last))
		return explain(why, E_ARGUMENT, "'%.40s' is not from flash to flash.", text);
	if (first.base != from || last.base + (last.size - 1) != to)
		return explain(why, E_ARGUMENT, "Sectors are protected whole: here 0x%08x to 0x%08x.",
			       first.base, last.base + (last.size - 1));
	return add_sectors(stretch, first.index, last.index, why);
}

/* Exactly these sectors are protected; bits that stand for none keep what they have in `value`. */
static int parse_sectors(struct stretch *stretch, const char *text, uint32_t *value, struct why *why)
{
	const struct option_kind *kind = option_kind_find(stretch->chip->controller);
	bool is_range = !strncasecmp(text, "range:", 6);
	struct chip_sector sector;
	uint32_t all = 0;
	int bit, err;

	for (unsigned i = 0; chip_sector_number(stretch->chip, i, &sector); i++)
		if (bit_of(stretch->chip, stretch->field, &sector, &bit))
			all |= 1u << bit;
	if (!all)
		return explain(why, E_ARGUMENT, "%s is not about sectors.", stretch->field->name);
	err = is_range ? parse_range(stretch, text + 6, why) : parse_list(stretch, text + 8, why);
	if (!err)
		*value = (*value & ~all) |
			 (kind->one_protects(stretch->field) ? stretch->mask : all & ~stretch->mask);
	return err;
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

int option_value_parse(const struct chip *chip, const struct chip_option_field *field, const char *text,
		       uint32_t *value, struct why *why)
{
	struct stretch stretch = { .chip = chip, .field = field };
	uint32_t most = UINT32_MAX >> (31 - (field->high - field->low));
	unsigned long long number;
	char *end;

	for (size_t i = 0; i < field->value_count; i++)
		if (!strcasecmp(field->values[i].name, text)) {
			*value = field->values[i].value;
			return OK;
		}
	if (!strncasecmp(text, "sectors:", 8) || !strncasecmp(text, "range:", 6))
		return parse_sectors(&stretch, text, value, why);
	errno = 0;
	number = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || number > most)
		return refuse_value(field, text, most, why);
	*value = (uint32_t)number;
	return OK;
}
