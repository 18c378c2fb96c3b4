/* SPDX-License-Identifier: MIT
 *
 * Choosing a chip: by the name somebody typed, or by the id register that was read.
 */
#include "targets/chip.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NAME_ROOM = 24, NEAREST = 4 };

/* How many characters of name agree with the pattern (x = any letter or digit). */
static size_t agreeing(const char *pattern, const char *name)
{
	size_t n = 0;

	while (pattern[n] && name[n] &&
	       (pattern[n] == 'x' ? isalnum((unsigned char)name[n]) :
		toupper((unsigned char)pattern[n]) == toupper((unsigned char)name[n])))
		n++;
	return n;
}

/* The rest of an order code (package, temperature) doesn't matter: STM32F407VGT6. */
static bool matches(const char *pattern, const char *name)
{
	return agreeing(pattern, name) == strlen(pattern);
}

/* Takes the next name of a comma list; false at its end. */
static bool next_part(const char **list, char out[NAME_ROOM])
{
	size_t length = strcspn(*list, ",");

	if (!length)
		return false;
	snprintf(out, NAME_ROOM, "%.*s", (int)length, *list);
	*list += length + ((*list)[length] == ',');
	return true;
}

static bool row_has_part(const struct chip_index *row, const char *part)
{
	const char *list = row->parts;
	char pattern[NAME_ROOM];

	while (next_part(&list, pattern)) {
		if (matches(pattern, part))
			return true;
	}
	return false;
}

/* "STM32F407VG" from "f407vg"; chip files may also be named: "stm32f405" or "stm32f405.cfg". */
static void normalise(const char *name, char *out, size_t size)
{
	bool prefixed = !strncasecmp(name, "STM32", 5) || strlen(name) < 4;

	snprintf(out, size, "%s%s", prefixed ? "" : "STM32", name);
}

static bool names_file(const struct chip_index *row, const char *name)
{
	size_t stem = strcspn(row->file, ".");

	return !strncasecmp(row->file, name, stem) &&
	       (!name[stem] || !strcasecmp(name + stem, ".cfg"));
}

/* Collects the patterns that begin most like the name. */
struct nearest {
	const char *name;
	char names[NEAREST][NAME_ROOM];
	size_t agree[NEAREST];
};

static void offer(struct nearest *nearest, const char *pattern)
{
	size_t agree = agreeing(pattern, nearest->name), i = NEAREST;

	while (i > 0 && agree > nearest->agree[i - 1])
		i--;
	if (i == NEAREST || agree < 6)		/* "STM32" alone is no likeness */
		return;
	for (size_t j = NEAREST - 1; j > i; j--) {
		nearest->agree[j] = nearest->agree[j - 1];
		memcpy(nearest->names[j], nearest->names[j - 1], NAME_ROOM);
	}
	nearest->agree[i] = agree;
	snprintf(nearest->names[i], NAME_ROOM, "%s", pattern);
}

static int unknown_part(const struct chip_library *library, const char *part, const char *name,
			struct why *why)
{
	struct nearest nearest = { .name = name };
	char pattern[NAME_ROOM];

	for (size_t i = 0; i < chip_library_count(library); i++) {
		const char *list = chip_library_row(library, i)->parts;

		while (next_part(&list, pattern))
			offer(&nearest, pattern);
	}
	explain(why, E_CHIP, "no chip is called '%s'", part);
	for (size_t i = 0; i < NEAREST && nearest.agree[i]; i++)
		explain_more(why, "%s%s", i ? ", " : "; the nearest names are ", nearest.names[i]);
	explain_more(why, "; 'tether chips' lists all");
	return E_CHIP;
}

static int apply_part(struct chip *chip, const char *name)
{
	for (size_t i = 0; i < chip->part_count; i++) {
		const struct chip_part *part = &chip->parts[i];

		if (!matches(part->name, name))
			continue;
		if (part->ram_kib)
			chip->regions[0].size = part->ram_kib * 1024;
		return chip_set_flash_size(chip, part->flash_kib);
	}
	return 0;
}

static int parse_row(struct chip *chip, const struct chip_index *row, struct why *why)
{
	return chip_parse(chip, row->file, row->text, row->length, why);
}

int chip_find_part(struct chip *chip, const struct chip_library *library, const char *part,
		   struct why *why)
{
	char name[64];

	normalise(part, name, sizeof(name));
	for (size_t i = 0; i < chip_library_count(library); i++) {
		const struct chip_index *row = chip_library_row(library, i);
		int err;

		if (!row_has_part(row, name) && !names_file(row, name))
			continue;
		err = parse_row(chip, row, why);
		return err ? err : apply_part(chip, name);
	}
	return unknown_part(library, part, name, why);
}

static bool id_matches(const struct chip_id *id, uint32_t address, uint32_t idcode, uint32_t cpuid)
{
	return id->address == address && (idcode & id->mask) == id->value &&
	       (!id->cpuid_part || id->cpuid_part == (cpuid >> 4 & 0xFFF));
}

/* A known id with another CPU is a clone, or another family with the same number. */
static bool cpu_fits(const struct chip_index *row, uint32_t cpuid)
{
	return !row->cpuid || (row->cpuid >> 4 & 0xFFF) == (cpuid >> 4 & 0xFFF);
}

/* A row that also names the CPU wins over one that doesn't (F4 revision A has the F2's id). */
static const struct chip_index *find_row(const struct chip_library *library, uint32_t address,
					 uint32_t idcode, uint32_t cpuid)
{
	const struct chip_index *found = NULL;

	for (size_t i = 0; i < chip_library_count(library); i++) {
		const struct chip_index *row = chip_library_row(library, i);

		for (size_t j = 0; j < row->id_count; j++) {
			if (!id_matches(&row->ids[j], address, idcode, cpuid) ||
			    !cpu_fits(row, cpuid))
				continue;
			if (row->ids[j].cpuid_part)
				return row;
			if (!found)
				found = row;
		}
	}
	return found;
}

int chip_find_id(struct chip *chip, const struct chip_library *library, uint32_t address,
		 uint32_t idcode, uint32_t cpuid, struct why *why)
{
	const struct chip_index *row = find_row(library, address, idcode, cpuid);

	if (!row)
		return explain(why, E_CHIP,
			       "no chip file has the id 0x%03x (0x%08x read at 0x%08x, CPUID 0x%08x)",
			       idcode & 0xFFF, idcode, address, cpuid);
	return parse_row(chip, row, why);
}
