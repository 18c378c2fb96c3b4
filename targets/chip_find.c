/* SPDX-License-Identifier: MIT
 *
 * Choosing a chip: by the name somebody typed, or by the id register that was read.
 */
#include "targets/chip.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "probe/bytes.h"

enum { NAME_ROOM = 24, NEAREST = 4 };

static bool agrees(char pattern, char letter)
{
	return pattern == 'x' ? isalnum((unsigned char)letter) :
	       toupper((unsigned char)pattern) == toupper((unsigned char)letter);
}

/* How many characters of name agree with the pattern (x = any letter or digit). */
static size_t agreeing(const char *pattern, const char *name)
{
	size_t n = 0;

	while (pattern[n] && name[n] && agrees(pattern[n], name[n]))
		n++;
	return n;
}

/* The longer a pattern that fits, and the fewer x in it, the more it says. */
static size_t weight(const char *pattern)
{
	size_t sum = 0;

	for (; *pattern; pattern++)
		sum += *pattern == 'x' ? 1 : 2;
	return sum;
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

/* The weight of the best pattern that fits; 0 when none does. STM32L151CBT6A is also an STM32L151CB. */
static size_t best_match(const struct chip_index *row, const char *part)
{
	const char *list = row->parts;
	char pattern[NAME_ROOM];
	size_t best = 0;

	while (next_part(&list, pattern)) {
		if (matches(pattern, part) && weight(pattern) > best)
			best = weight(pattern);
	}
	return best;
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

/* The beginning counts most, then letters that agree behind the first that doesn't. */
static size_t likeness(const char *pattern, const char *name)
{
	size_t begin = agreeing(pattern, name), sum = begin * NAME_ROOM;

	if (begin < 6)		/* "STM32" alone is none */
		return 0;
	for (size_t i = begin; pattern[i] && name[i]; i++)
		sum += agrees(pattern[i], name[i]);
	return sum;
}

static void offer(struct nearest *nearest, const char *pattern)
{
	size_t agree = likeness(pattern, nearest->name), i = NEAREST;

	while (i > 0 && agree > nearest->agree[i - 1])
		i--;
	if (i == NEAREST || !agree)
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

static void drop_region(struct chip *chip, size_t i)
{
	memmove(&chip->regions[i], &chip->regions[i + 1],
		(chip->region_count - i - 1) * sizeof(chip->regions[0]));
	chip->region_count--;
}

static void set_eeprom(struct chip *chip, uint32_t size)
{
	for (size_t i = 0; i < chip->region_count; i++) {
		if (chip->regions[i].kind == CHIP_EEPROM && size < chip->regions[i].size)
			chip->regions[i].size = size;
	}
}

static int set_part(struct chip *chip, const struct chip_part *part)
{
	if (part->ram_kib)
		chip->regions[0].size = part->ram_kib * 1024;
	if (part->eeprom)
		set_eeprom(chip, part->eeprom);
	if (part->has_ram2) {
		chip->regions[1].size = part->ram2_kib * 1024;
		if (!part->ram2_kib)
			drop_region(chip, 1);
	}
	if (part->cores)
		chip->core_count = part->cores;
	return part->flash_kib ? chip_set_flash_size(chip, part->flash_kib) : 0;
}

static int apply_part(struct chip *chip, const char *name)
{
	const struct chip_part *best = NULL;

	for (size_t i = 0; i < chip->part_count; i++) {
		const struct chip_part *part = &chip->parts[i];

		if (matches(part->name, name) && (!best || weight(part->name) > weight(best->name)))
			best = part;
	}
	return best ? set_part(chip, best) : 0;
}

static int parse_row(struct chip *chip, const struct chip_index *row, struct why *why)
{
	return chip_parse(chip, row->file, row->text, row->length, why);
}

static const struct chip_index *find_part_row(const struct chip_library *library, const char *name)
{
	const struct chip_index *found = NULL;
	size_t heaviest = 0;

	for (size_t i = 0; i < chip_library_count(library); i++) {
		const struct chip_index *row = chip_library_row(library, i);
		size_t match = best_match(row, name);

		if (names_file(row, name))
			return row;
		if (match > heaviest) {
			found = row;
			heaviest = match;
		}
	}
	return found;
}

int chip_find_part(struct chip *chip, const struct chip_library *library, const char *part,
		   struct why *why)
{
	const struct chip_index *row;
	char name[64];
	int err;

	normalise(part, name, sizeof(name));
	row = find_part_row(library, name);
	if (!row)
		return unknown_part(library, part, name, why);
	err = parse_row(chip, row, why);
	return err ? err : apply_part(chip, name);
}

static bool same_cpu(uint32_t part, uint32_t cpuid)
{
	return part == (cpuid >> 4 & 0xFFF);
}

static bool id_matches(const struct chip_id *id, const struct chip_id *place, uint32_t idcode,
		       uint32_t cpuid)
{
	return id->address == place->address && id->ap == place->ap &&
	       (idcode & id->mask) == id->value &&
	       (!id->cpuid_part || same_cpu(id->cpuid_part, cpuid));
}

/* A known id with another CPU is a clone, or another family with the same number. */
static bool cpu_fits(const struct chip_index *row, uint32_t cpuid)
{
	return !row->cpuid || same_cpu(row->cpuid >> 4 & 0xFFF, cpuid);
}

/* A row that also names the CPU wins over one that doesn't (F4 revision A has the F2's id). */
static const struct chip_index *find_row(const struct chip_library *library,
					 const struct chip_id *place, uint32_t idcode,
					 uint32_t cpuid)
{
	const struct chip_index *found = NULL;

	for (size_t i = 0; i < chip_library_count(library); i++) {
		const struct chip_index *row = chip_library_row(library, i);

		for (size_t j = 0; j < row->id_count; j++) {
			if (!id_matches(&row->ids[j], place, idcode, cpuid) ||
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

int chip_find_id(struct chip *chip, const struct chip_library *library, const struct chip_id *place,
		 uint32_t idcode, uint32_t cpuid, struct why *why)
{
	const struct chip_index *row = find_row(library, place, idcode, cpuid);

	if (!row)
		return explain(why, E_CHIP,
			       "no chip file has the id 0x%03x (0x%08x read at 0x%08x, CPUID 0x%08x)",
			       idcode & 0xFFF, idcode, place->address, cpuid);
	return parse_row(chip, row, why);
}

const char *chip_revision_name(const struct chip *chip, uint32_t idcode)
{
	for (size_t i = 0; i < chip->revision_count; i++) {
		if (chip->revisions[i].id == idcode >> 16)
			return chip->revisions[i].name;
	}
	return "";
}

/* What the architecture says of any Cortex-M (DDI 0403E B3.1). */
void chip_make_unknown(struct chip *chip, uint32_t cpuid)
{
	static const struct { uint32_t part; enum chip_core core; const char *name; } cores[] = {
		{ 0xC20, CHIP_M0, "Cortex-M0" }, { 0xC60, CHIP_M0PLUS, "Cortex-M0+" },
		{ 0xC23, CHIP_M3, "Cortex-M3" }, { 0xC24, CHIP_M4, "Cortex-M4" },
		{ 0xC27, CHIP_M7, "Cortex-M7" }, { 0xD21, CHIP_M33, "Cortex-M33" },
	};
	const char *name = "Cortex-M";

	memset(chip, 0, sizeof(*chip));
	chip->core = CHIP_OTHER_CORE;
	chip->core_count = 1;
	chip->cpuid = cpuid;
	for (size_t i = 0; i < ARRAY_SIZE(cores); i++) {
		if (same_cpu(cores[i].part, cpuid)) {
			chip->core = cores[i].core;
			name = cores[i].name;
		}
	}
	snprintf(chip->name, sizeof(chip->name), "unknown chip with a %s", name);
	chip->regions[0] = (struct chip_region){ .name = "code", .kind = CHIP_ROM, .size = 0x20000000 };
	chip->regions[1] = (struct chip_region){ .name = "sram", .kind = CHIP_RAM, .base = 0x20000000,
						 .size = 0x20000000 };
	chip->region_count = 2;
}
