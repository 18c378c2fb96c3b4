/* SPDX-License-Identifier: MIT
 *
 * Does a chip file make sense as a whole? Everything libconfig and the key tables can't see: numbers
 * that were cut, ends past 2^32, overlaps, sizes that don't add up, names used twice.
 */
#include "targets/chip_source.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probe/bytes.h"

int chip_source_error(const struct chip_source *source, unsigned line, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return explain(source->why, E_CONFIG, "%s:%u: %s", source->file, line, text);
}

unsigned chip_source_line(const struct chip_source *source, const void *row)
{
	for (size_t i = 0; i < source->count; i++) {
		if (source->rows[i].row == row)
			return source->rows[i].line;
	}
	return 1;
}

/* A number token: its end, and whether it fits into 32 bits. */
static const char *scan_number(const char *p, bool *fits)
{
	bool hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
	uint64_t value = 0;

	*fits = true;
	for (p += hex ? 2 : 0; hex ? isxdigit((unsigned char)*p) : isdigit((unsigned char)*p); p++) {
		unsigned digit = isdigit((unsigned char)*p) ? (unsigned)(*p - '0') :
				 (unsigned)(tolower((unsigned char)*p) - 'a' + 10);

		value = value * (hex ? 16 : 10) + digit;
		if (value > UINT32_MAX) {
			*fits = false;
			value = UINT32_MAX;
		}
	}
	return p;
}

/* The end of a comment or quoted text that starts at p, or p when none does. */
static const char *skip_dead_text(const char *p)
{
	const char *end;

	if (*p == '#' || (p[0] == '/' && p[1] == '/'))
		return p + strcspn(p, "\n");
	if (p[0] == '/' && p[1] == '*') {
		end = strstr(p + 2, "*/");
		return end ? end + 2 : p + strlen(p);
	}
	if (*p != '"')
		return p;
	for (p++; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
	}
	return *p ? p + 1 : p;
}

static unsigned count_lines(const char *from, const char *to)
{
	unsigned lines = 0;

	for (; from < to; from++)
		lines += *from == '\n';
	return lines;
}

int chip_check_text(const struct chip_source *source, const char *text, size_t length)
{
	const char *p = text;
	unsigned line = 1;

	if (strlen(text) != length)
		return chip_source_error(source, 1 + count_lines(text, text + strlen(text)),
					 "the file has a zero byte in it");
	while (*p) {
		const char *start = p;
		bool fits = true;

		p = skip_dead_text(p);
		if (p != start) {
			line += count_lines(start, p);
			continue;
		}
		if (*p == '@')
			return chip_source_error(source, line, "@include is not allowed");
		if (isdigit((unsigned char)*p))
			p = scan_number(p, &fits);
		else if (isalpha((unsigned char)*p))
			p += strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789_-*");
		else
			line += *p++ == '\n';
		if (!fits)
			return chip_source_error(source, line, "a number is above 32 bits");
	}
	return 0;
}

/* One stretch of the address map, for the overlap check. */
struct stretch {
	const char *name;
	uint32_t base;
	uint64_t size;
	unsigned line;
};

enum { STRETCHES = CHIP_REGIONS + CHIP_ALIASES + CHIP_BANKS + 2 };

static size_t list_stretches(const struct chip *chip, const struct chip_source *source,
			     struct stretch *out)
{
	size_t n = 0;

	for (size_t i = 0; i < chip->region_count; i++) {
		const struct chip_region *r = &chip->regions[i];

		out[n++] = (struct stretch){ r->name, r->base, r->size, chip_source_line(source, r) };
	}
	for (size_t i = 0; i < chip->bank_count; i++) {
		const struct chip_bank *b = &chip->banks[i];

		out[n++] = (struct stretch){ "flash", b->base, b->size, chip_source_line(source, b) };
	}
	for (size_t i = 0; i < chip->alias_count; i++) {
		const struct chip_alias *a = &chip->aliases[i];

		out[n++] = (struct stretch){ "alias", a->base, a->size, chip_source_line(source, a) };
	}
	if (chip->otp_size)
		out[n++] = (struct stretch){ "otp", chip->otp_base, chip->otp_size, 1 };
	return n;
}

static int check_map(const struct chip *chip, const struct chip_source *source)
{
	struct stretch map[STRETCHES];
	size_t n = list_stretches(chip, source, map);

	for (size_t i = 0; i < n; i++) {
		const struct stretch *a = &map[i];

		if (!a->size)
			return chip_source_error(source, a->line, "%s has no size", a->name);
		if (a->base + a->size > (uint64_t)UINT32_MAX + 1)
			return chip_source_error(source, a->line, "%s ends past 2^32", a->name);
		for (size_t j = 0; j < i; j++) {
			const struct stretch *b = &map[j];

			if (a->base < b->base + b->size && b->base < a->base + a->size)
				return chip_source_error(source, a->line, "%s at 0x%08x overlaps %s",
							 a->name, a->base, b->name);
		}
	}
	return 0;
}

static bool banks_overlap(const struct chip_bank *a, const struct chip_bank *b)
{
	return a->base < (uint64_t)b->base + b->size && b->base < (uint64_t)a->base + a->size;
}

static int check_layout_size(const struct chip_layout *layout, uint32_t kib,
			     const struct chip_source *source)
{
	unsigned line = chip_source_line(source, layout);
	struct chip_bank banks[CHIP_BANKS];

	if (!chip_layout_fits(layout, kib))
		return chip_source_error(source, line, "%u KiB can't be laid out in these banks", kib);
	chip_layout_banks(layout, kib, banks);
	for (size_t i = 0; i < layout->bank_count; i++) {
		if (banks[i].base + (uint64_t)banks[i].size > (uint64_t)UINT32_MAX + 1)
			return chip_source_error(source, line, "flash ends past 2^32");
	}
	if (layout->bank_count == 2 && banks_overlap(&banks[0], &banks[1]))
		return chip_source_error(source, line, "the banks overlap with %u KiB", kib);
	return 0;
}

static int check_layout(const struct chip_layout *layout, const struct chip_source *source)
{
	uint32_t room = 0;
	int err = 0;

	for (size_t i = 0; i < layout->bank_count; i++) {
		if (!layout->banks[i].run_count)
			return chip_source_error(source, chip_source_line(source, &layout->banks[i]),
						 "a bank needs sectors or pages");
		room += layout->banks[i].size / 1024;
	}
	if (layout->split != CHIP_IN_ORDER && layout->bank_count != 2)
		return chip_source_error(source, chip_source_line(source, layout),
					 "halves need two banks");
	for (size_t i = 0; !err && i < layout->size_count; i++)
		err = check_layout_size(layout, layout->sizes_kib[i], source);
	return err || layout->size_count ? err : check_layout_size(layout, room, source);
}

static int check_layouts(const struct chip *chip, const struct chip_source *source)
{
	bool only_one = chip->only_layout.bank_count > 0;
	int err = 0;

	for (size_t i = 0; !err && i < chip->layout_count; i++)
		err = check_layout(only_one ? &chip->only_layout : &chip->layouts[i], source);
	if (!err && chip->layout_count && !chip->bank_count)
		return chip_source_error(source, 1, "no layout holds for %u KiB and the factory's option bytes",
					 chip->flash_kib_max);
	for (size_t i = 0; !err && i < chip->reserved_count; i++) {
		const struct chip_reserved *reserved = &chip->reserved[i];

		if (reserved->bank >= CHIP_BANKS || !reserved->count.mask || !reserved->unit)
			err = chip_source_error(source, chip_source_line(source, reserved),
						"reserved: a bank of 0 or 1, and first or last");
	}
	return err;
}

/* Whether banks that follow each other hold the alias. */
static bool alias_is_inside(const struct chip *chip, const struct chip_alias *alias)
{
	uint64_t at = alias->of, end = at + alias->size;

	for (size_t i = 0; i < chip->bank_count; i++) {
		const struct chip_bank *bank = &chip->banks[i];

		if (at >= bank->base && at < (uint64_t)bank->base + bank->size)
			at = (uint64_t)bank->base + bank->size;
	}
	return at >= end;
}

/* Aliases show flash; the OTP area is made of blocks, each with a lock byte. */
static int check_parents(const struct chip *chip, const struct chip_source *source)
{
	for (size_t i = 0; i < chip->alias_count; i++) {
		if (!alias_is_inside(chip, &chip->aliases[i]))
			return chip_source_error(source, chip_source_line(source, &chip->aliases[i]),
						 "the alias shows more than the flash holds");
	}
	if (chip->otp_block && chip->otp_size % chip->otp_block)
		return chip_source_error(source, 1, "otp: size is not a multiple of block");
	return 0;
}

static bool some_layout_fits(const struct chip *chip, uint32_t kib)
{
	for (size_t i = 0; i < chip->layout_count; i++) {
		if (chip_layout_fits(&chip->layouts[i], kib))
			return true;
	}
	return !chip->layout_count;
}

static int check_parts(const struct chip *chip, const struct chip_source *source)
{
	for (size_t i = 0; i < chip->part_count; i++) {
		const struct chip_part *part = &chip->parts[i];
		unsigned line = chip_source_line(source, part);

		if (part->flash_kib > chip->flash_kib_max)
			return chip_source_error(source, line,
						 "%s has %u KiB of flash, but the banks end at %u",
						 part->name, part->flash_kib, chip->flash_kib_max);
		if (!some_layout_fits(chip, part->flash_kib))
			return chip_source_error(source, line, "%s: no layout has %u KiB", part->name,
						 part->flash_kib);
		if (part->ram_kib * (uint64_t)1024 > chip->regions[0].size)
			return chip_source_error(source, line, "%s has more RAM than %s", part->name,
						 chip->regions[0].name);
		for (size_t j = 0; j < i; j++) {
			if (!strcasecmp(chip->parts[j].name, part->name))
				return chip_source_error(source, line, "part %s is listed twice",
							 part->name);
		}
	}
	return 0;
}

static int check_value(const struct chip_option_field *field, const char *what, uint32_t value,
		       const struct chip_source *source)
{
	unsigned width = (unsigned)field->high - field->low + 1;

	if (width == 32 || value >> width == 0)
		return 0;
	return chip_source_error(source, chip_source_line(source, field),
				 "%s: %s 0x%x does not fit into %u bits", field->name, what, value,
				 width);
}

static int check_field(const struct chip_option_field *field, const struct chip_source *source)
{
	int err = 0;

	for (size_t i = 0; !err && i < field->value_count; i++) {
		err = check_value(field, field->values[i].name, field->values[i].value, source);
		for (size_t j = 0; !err && j < i; j++) {
			if (field->values[i].value == field->values[j].value ||
			    !strcasecmp(field->values[i].name, field->values[j].name))
				err = chip_source_error(source, chip_source_line(source, field),
							"%s: '%s' and '%s' are the same",
							field->name, field->values[j].name,
							field->values[i].name);
		}
	}
	if (!err && field->has_other)
		err = check_value(field, "other", field->other, source);
	if (!err && field->dangerous)
		err = check_value(field, "forever", field->forever, source);
	if (!err && field->erases)
		err = check_value(field, "erases_to", field->erases_to, source);
	return err;
}

static uint32_t field_mask(const struct chip_option_field *field)
{
	return (UINT32_MAX >> (31 - (field->high - field->low))) << field->low;
}

static int check_options(const struct chip *chip, const struct chip_source *source)
{
	for (size_t i = 0; i < chip->option_field_count; i++) {
		const struct chip_option_field *field = &chip->option_fields[i];
		unsigned line = chip_source_line(source, field);
		int err = check_field(field, source);

		if (err)
			return err;
		for (size_t j = 0; j < i; j++) {
			const struct chip_option_field *other = &chip->option_fields[j];

			if (!strcasecmp(field->name, other->name))
				return chip_source_error(source, line, "two fields are called %s",
							 field->name);
			if (field->word == other->word && (field_mask(field) & field_mask(other)))
				return chip_source_error(source, line, "%s shares bits with %s",
							 field->name, other->name);
		}
	}
	for (size_t i = 0; i < chip->option_word_count; i++) {
		if (chip->option_words[i].address % 4)
			return chip_source_error(source,
						 chip_source_line(source, &chip->option_words[i]),
						 "%s is not at a word address",
						 chip->option_words[i].name);
	}
	return 0;
}

/* One way of saying what is protected, within what the fields can hold. */
static int check_area(const struct chip *chip, const struct chip_option_area *area,
		      const struct chip_source *source)
{
	const struct chip_option_field *bits = area->bits == CHIP_NO_FIELD ? NULL : &chip->option_fields[area->bits];
	bool range = area->last != CHIP_NO_FIELD, size = area->size != CHIP_NO_FIELD;
	unsigned line = chip_source_line(source, area), width = bits ? (unsigned)bits->high - bits->low + 1 : 0;

	if ((bits != NULL) + range + size != 1 || (area->first != CHIP_NO_FIELD && !range))
		return chip_source_error(source, line, "%s: either bits, or last (and first), or size", area->name);
	if (area->bank > CHIP_BANKS || area->protects > 1 || (area->unit && area->sectors))
		return chip_source_error(source, line, "%s: bank 0 to 2, protects 0 or 1, unit or sectors", area->name);
	if (area->first_bit >= 32 || area->count > 32 ||
	    (bits && (area->first_bit >= width || area->first_bit + area->count > width)))
		return chip_source_error(source, line, "%s: more bits than %s has", area->name, bits ? bits->name : "it");
	if (area->unit > 1024 * 1024 || area->sectors > 1024 || area->skip > 4096)
		return chip_source_error(source, line, "%s: a unit that no flash has", area->name);
	return 0;
}

static int check_areas(const struct chip *chip, const struct chip_source *source)
{
	int err = 0;

	for (size_t i = 0; !err && i < chip->option_area_count; i++)
		err = check_area(chip, &chip->option_areas[i], source);
	return err;
}

static int check_ids(const struct chip *chip, const struct chip_source *source)
{
	for (size_t i = 0; i < chip->id_count; i++) {
		const struct chip_id *id = &chip->ids[i];

		if (id->address % 4 || (id->value & ~id->mask) || !id->value)
			return chip_source_error(source, chip_source_line(source, id),
						 "an id needs a word address and a value within its mask");
	}
	return 0;
}

static int check_fast_clock(const struct chip *chip, const struct chip_source *source)
{
	if (chip->fast_clock_count && chip->fast_clock_hz <= chip->reset_clock_hz)
		return chip_source_error(source, 1, "fast_clock: %u Hz is not faster than after reset",
					 chip->fast_clock_hz);
	for (size_t i = 0; i < chip->fast_clock_count; i++) {
		const struct chip_clock_step *step = &chip->fast_clock[i];

		if (step->address % 4 || !step->mask || step->value & ~step->mask)
			return chip_source_error(source, chip_source_line(source, step),
						 "a step needs a word address and a value within its mask");
	}
	return 0;
}

/* A chip that is only named needs no more than its ids. */
static int check_completeness(const struct chip *chip, const struct chip_source *source)
{
	if (chip->known_only[0])
		return 0;
	if (!chip->id_count)
		return chip_source_error(source, 1, "'ids' is missing");
	if (!chip->region_count)
		return chip_source_error(source, 1, "'memory' is missing");
	if (!chip->reset_clock_hz)
		return chip_source_error(source, 1, "'reset_clock_hz' is missing");
	for (size_t i = 0; i < chip->region_count; i++) {
		const struct chip_region *region = &chip->regions[i];

		if (region->loader_size > region->size)
			return chip_source_error(source, chip_source_line(source, region),
						 "%s: loader_kib is more than it has", region->name);
	}
	return 0;
}

int chip_check(const struct chip *chip, const struct chip_source *source)
{
	static int (*const checks[])(const struct chip *, const struct chip_source *) = {
		check_completeness, check_ids, check_layouts, check_map, check_parents, check_parts,
		check_options, check_areas, check_fast_clock,
	};
	int err = 0;

	for (size_t i = 0; !err && i < ARRAY_SIZE(checks); i++)
		err = checks[i](chip, source);
	return err;
}
