/* SPDX-License-Identifier: MIT
 *
 * Chip files: the one that is built in, what it means, and one sentence for each way to get one wrong.
 */
#include "targets/chip.h"
#include "probe/virtual/spec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"

struct fixture {
	struct chip chip;
	struct chip_library *library;
	struct why why;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	return chip_library_open(&f->library, NULL, &f->why);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	chip_library_close(f->library);
	free(f);
	return 0;
}

/* The index made at build time by another program says the same as the reader. */
static void every_built_in_file_is_what_its_index_says(void **state)
{
	struct fixture *f = *state;

	assert_true(chip_library_count(f->library) > 0);
	for (size_t i = 0; i < chip_library_count(f->library); i++) {
		const struct chip_index *row = chip_library_row(f->library, i);
		const char *part = row->parts;

		assert_int_equal(chip_parse(&f->chip, row->file, row->text, row->length, &f->why), 0);
		assert_string_equal(f->chip.name, row->name);
		assert_int_equal(f->chip.cpuid, row->cpuid);
		assert_int_equal(f->chip.dpidr, row->dpidr);
		assert_int_equal(f->chip.id_count, row->id_count);
		assert_memory_equal(f->chip.ids, row->ids, sizeof(row->ids));
		for (size_t j = 0; j < f->chip.part_count; j++) {
			size_t length = strlen(f->chip.parts[j].name);

			assert_memory_equal(part, f->chip.parts[j].name, length);
			if (!row->known_only)
				assert_int_equal(chip_set_flash_size(&f->chip, f->chip.parts[j].flash_kib), 0);
			part += length + 1;
		}
	}
}

static void finds_a_part_by_name(void **state)
{
	static const struct { const char *name; uint32_t flash_kib; } rows[] = {
		{ "STM32F407VG", 1024 }, { "stm32f407vgt6", 1024 }, { "F405RG", 1024 },
		{ "STM32F407ZE", 512 }, { "stm32f405", 1024 }, { "stm32f405.cfg", 1024 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(chip_find_part(&f->chip, f->library, rows[i].name, &f->why), 0);
		assert_int_equal(chip_flash_size(&f->chip), rows[i].flash_kib * 1024);
		assert_string_equal(f->chip.file, "stm32f405.cfg");
	}
}

static void names_the_nearest_parts(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chip_find_part(&f->chip, f->library, "STM32F406VG", &f->why), E_CHIP);
	assert_non_null(strstr(f->why.text, "'STM32F406VG'"));
	assert_non_null(strstr(f->why.text, "STM32F405xG"));
}

static void finds_a_chip_by_id(void **state)
{
	struct fixture *f = *state;

	const struct chip_id place = { .address = 0xE0042000 };

	assert_int_equal(chip_find_id(&f->chip, f->library, &place, 0x10076413, 0x410FC241, &f->why), 0);
	assert_string_equal(f->chip.family, "F4");
	/* Revision A says it is an F2, but has an M4. */
	assert_int_equal(chip_find_id(&f->chip, f->library, &place, 0x20006411, 0x410FC241, &f->why), 0);
	assert_int_equal(chip_find_id(&f->chip, f->library, &place, 0x20006411, 0x412FC230, &f->why), 0);
	assert_string_equal(f->chip.family, "F2");
	/* That id with an M7 is nobody's. */
	assert_int_equal(chip_find_id(&f->chip, f->library, &place, 0x20006411, 0x411FC270, &f->why),
			 E_CHIP);
	assert_non_null(strstr(f->why.text, "0x20006411"));
}

static void knows_the_sectors(void **state)
{
	static const struct { uint32_t address, base, kib; unsigned index; } rows[] = {
		{ 0x08000000, 0x08000000, 16, 0 }, { 0x0800FFFF, 0x0800C000, 16, 3 },
		{ 0x08010000, 0x08010000, 64, 4 }, { 0x08020000, 0x08020000, 128, 5 },
		{ 0x080FFFFF, 0x080E0000, 128, 11 },
	};
	struct fixture *f = *state;
	struct chip_sector sector;

	assert_int_equal(chip_find_part(&f->chip, f->library, "STM32F407VG", &f->why), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(chip_sector_at(&f->chip, rows[i].address, &sector));
		assert_int_equal(sector.base, rows[i].base);
		assert_int_equal(sector.size, rows[i].kib * 1024);
		assert_int_equal(sector.index, rows[i].index);
	}
	assert_false(chip_sector_at(&f->chip, 0x08100000, &sector));
	assert_false(chip_sector_at(&f->chip, 0x07FFFFFF, &sector));
	assert_false(chip_sector_number(&f->chip, 12, &sector));
}

static void trims_the_flash_to_whole_sectors(void **state)
{
	struct fixture *f = *state;
	struct chip_sector sector;

	assert_int_equal(chip_find_part(&f->chip, f->library, "STM32F407VG", &f->why), 0);
	assert_int_equal(chip_set_flash_size(&f->chip, 512), 0);
	assert_false(chip_sector_at(&f->chip, 0x08080000, &sector));
	assert_true(chip_sector_number(&f->chip, 7, &sector));
	assert_false(chip_sector_number(&f->chip, 8, &sector));
	assert_int_equal(chip_set_flash_size(&f->chip, 1024), 0);
	assert_int_equal(chip_flash_size(&f->chip), 1024 * 1024);
	assert_int_equal(chip_set_flash_size(&f->chip, 0), E_ARGUMENT);
	assert_int_equal(chip_set_flash_size(&f->chip, 500), E_ARGUMENT);
	assert_int_equal(chip_set_flash_size(&f->chip, 0xFFFF), E_ARGUMENT);
}

static void knows_regions_and_aliases(void **state)
{
	struct fixture *f = *state;
	uint32_t real = 0;

	assert_int_equal(chip_find_part(&f->chip, f->library, "STM32F407VG", &f->why), 0);
	assert_string_equal(chip_region_at(&f->chip, 0x2001FFFF)->name, "sram");
	assert_string_equal(chip_region_at(&f->chip, 0x10000000)->name, "ccm");
	assert_null(chip_region_at(&f->chip, 0x20020000));
	assert_true(chip_flash_address(&f->chip, 0x00000100, &real));
	assert_int_equal(real, 0x08000100);
	assert_false(chip_flash_address(&f->chip, 0x20000000, &real));
}

static void knows_the_option_bytes(void **state)
{
	struct fixture *f = *state;
	const struct chip_option_field *rdp;

	assert_int_equal(chip_find_part(&f->chip, f->library, "STM32F407VG", &f->why), 0);
	rdp = &f->chip.option_fields[0];
	assert_string_equal(rdp->name, "RDP");
	assert_true(rdp->dangerous && rdp->forever == 0xCC);
	assert_true(rdp->erases && rdp->erases_to == 0xAA && rdp->has_other);
	assert_int_equal(f->chip.option_words[0].writable, 0x0FFFFFEC);
}

static void hands_the_geometry_to_the_virtual_board(void **state)
{
	struct virtual_spec spec;
	struct fixture *f = *state;

	assert_int_equal(chip_find_part(&f->chip, f->library, "stm32f407ve", &f->why), 0);
	chip_virtual_spec(&f->chip, "stm32f407ve", &spec);
	assert_string_equal(spec.chip, "STM32F407VE");
	assert_int_equal(spec.banks[0].size, 512 * 1024);
	assert_int_equal(spec.idcode, 0x10076413);
	assert_int_equal(spec.options[0].factory, 0x0FFFAAED);
	assert_int_equal(spec.hsi_hz, 16000000);
}

/* Each tests/data/broken-*.cfg, and the sentence it must cause. */
static void complains_with_file_and_line(void **state)
{
	static const struct { const char *file, *message; } rows[] = {
		{ "broken-syntax.cfg", "broken-syntax.cfg:3: syntax error" },
		{ "broken-unknown.cfg", "broken-unknown.cfg:14: unknown key 'blocksize'" },
		{ "broken-missing.cfg", "broken-missing.cfg:1: 'family' is missing" },
		{ "broken-type.cfg", "broken-type.cfg:4: 'cpuid' must be a number of at most 32 bits" },
		{ "broken-negative.cfg", "broken-negative.cfg:9: 'base' must not be negative" },
		{ "broken-wide.cfg", "broken-wide.cfg:4: a number is above 32 bits" },
		{ "broken-overlap.cfg",
		  "broken-overlap.cfg:10: ccm at 0x20001000 overlaps sram" },
		{ "broken-end.cfg", "broken-end.cfg:9: sram ends past 2^32" },
		{ "broken-alias.cfg",
		  "broken-alias.cfg:11: the alias shows more than the flash holds" },
		{ "broken-part.cfg",
		  "broken-part.cfg:8: STM32X1 has 65 KiB of flash, but the banks end at 64" },
		{ "broken-word.cfg", "broken-word.cfg:16: no option word is called 'OPTR'" },
		{ "broken-bits.cfg", "broken-bits.cfg:18: WDG shares bits with RDP" },
		{ "broken-value.cfg",
		  "broken-value.cfg:16: RDP: level2 0x1cc does not fit into 8 bits" },
		{ "broken-role.cfg", "broken-role.cfg:16: unknown role 'guard'" },
		{ "broken-area.cfg", "broken-area.cfg:18: WRP: either bits, or last (and first), or size" },
		{ "broken-area-field.cfg", "broken-area-field.cfg:18: no option field is called 'WRP0'" },
		{ "broken-area-bits.cfg", "broken-area-bits.cfg:18: WRP: more bits than nWRP has" },
		{ "broken-rule.cfg", "broken-rule.cfg:18: 'WDG=2': the value does not fit" },
		{ "broken-twice.cfg", "broken-twice.cfg:5: duplicate setting name" },
		{ "broken-include.cfg", "broken-include.cfg:2: @include is not allowed" },
		{ "broken-core.cfg", "broken-core.cfg:3: unknown core 'cortex-m9'" },
		{ "broken-clock.cfg",
		  "broken-clock.cfg:20: a step needs a word address and a value within its mask" },
		{ "broken-slow.cfg",
		  "broken-slow.cfg:1: fast_clock: 4000000 Hz is not faster than after reset" },
		{ "broken-long.cfg", "broken-long.cfg:2: 'family' is longer than 11 characters" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char path[200], text[4096];
		FILE *file;
		size_t length;

		snprintf(path, sizeof(path), "tests/data/%s", rows[i].file);
		file = fopen(path, "r");
		assert_non_null(file);
		length = fread(text, 1, sizeof(text), file);
		fclose(file);
		assert_int_equal(chip_parse(&f->chip, rows[i].file, text, length, &f->why),
				 E_CONFIG);
		assert_string_equal(f->why.text, rows[i].message);
	}
}

static void a_folder_comes_before_the_built_in_files(void **state)
{
	struct fixture *f = *state;
	struct chip_library *library;

	assert_int_equal(chip_library_open(&library, "tests/data/chips", &f->why), 0);
	assert_string_equal(chip_library_row(library, 0)->file, "small.cfg");
	assert_int_equal(chip_library_count(library), chip_library_count(f->library) + 1);
	assert_int_equal(chip_find_part(&f->chip, library, "STM32X1", &f->why), 0);
	chip_library_close(library);
	assert_int_equal(chip_library_open(&library, "tests/data", &f->why), E_CONFIG);
	assert_non_null(strstr(f->why.text, "broken-alias.cfg:11:"));
	assert_int_equal(chip_library_open(&library, "/nonexistent", &f->why), E_SYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_built_in_file_is_what_its_index_says),
		cmocka_unit_test(finds_a_part_by_name),
		cmocka_unit_test(names_the_nearest_parts),
		cmocka_unit_test(finds_a_chip_by_id),
		cmocka_unit_test(knows_the_sectors),
		cmocka_unit_test(trims_the_flash_to_whole_sectors),
		cmocka_unit_test(knows_regions_and_aliases),
		cmocka_unit_test(knows_the_option_bytes),
		cmocka_unit_test(hands_the_geometry_to_the_virtual_board),
		cmocka_unit_test(complains_with_file_and_line),
		cmocka_unit_test(a_folder_comes_before_the_built_in_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
