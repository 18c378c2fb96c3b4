/* SPDX-License-Identifier: MIT
 *
 * How the flash of each kind of chip lies in banks: by size and option bytes. And every chip file: do its
 * parts lead to it, does what the virtual board gets add up?
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
	struct virtual_spec spec;
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

static void find(struct fixture *f, const char *part)
{
	if (chip_find_part(&f->chip, f->library, part, &f->why))
		fail_msg("%s: %s", part, f->why.text);
}

/* "DBANK=1 DB1M=0". */
static void set_options(struct fixture *f, const char *options)
{
	char name[24];
	int value, used;

	for (; options && sscanf(options, " %23[^=]=%i%n", name, &value, &used) == 2; options += used) {
		if (chip_set_option(&f->chip, name, (uint32_t)value))
			fail_msg("%s has no option %s for %d", f->chip.name, name, value);
	}
}

struct bank {
	uint32_t base, kib;
	unsigned sectors;
	uint32_t last;			/* bytes of the last sector */
};

static const struct {
	const char *part, *options;
	struct bank banks[2];
} layouts[] = {
	/* One bank, one kind of page. */
	{ "STM32F103C8", NULL, { { 0x08000000, 64, 64, 1024 } } },
	{ "STM32F103ZE", NULL, { { 0x08000000, 512, 256, 2048 } } },
	{ "STM32F030F4", NULL, { { 0x08000000, 16, 16, 1024 } } },
	{ "STM32G431KB", NULL, { { 0x08000000, 128, 64, 2048 } } },
	{ "STM32L011F3", NULL, { { 0x08000000, 8, 64, 128 } } },
	{ "STM32L152RB", NULL, { { 0x08000000, 128, 512, 256 } } },
	{ "STM32WB55RE", NULL, { { 0x08000000, 512, 128, 4096 } } },
	{ "STM32WB15CC", NULL, { { 0x08000000, 320, 160, 2048 } } },
	{ "STM32H735IG", NULL, { { 0x08000000, 1024, 8, 131072 } } },
	{ "STM32H7S7L8", NULL, { { 0x08000000, 64, 8, 8192 } } },
	/* Sectors of several sizes. */
	{ "STM32F205RB", NULL, { { 0x08000000, 128, 5, 65536 } } },
	{ "STM32F410R8", NULL, { { 0x08000000, 64, 4, 16384 } } },
	{ "STM32F413ZH", NULL, { { 0x08000000, 1536, 16, 131072 } } },
	{ "STM32F746ZG", NULL, { { 0x08000000, 1024, 8, 262144 } } },
	{ "STM32F750V8", NULL, { { 0x08000000, 64, 2, 32768 } } },
	{ "STM32F730R8", NULL, { { 0x08000000, 64, 4, 16384 } } },
	{ "STM32F722RC", NULL, { { 0x08000000, 256, 6, 131072 } } },
	/* The second bank is what the first has no room for. */
	{ "STM32F103RF", NULL, { { 0x08000000, 512, 256, 2048 }, { 0x08080000, 256, 128, 2048 } } },
	{ "STM32F103RG", NULL, { { 0x08000000, 512, 256, 2048 }, { 0x08080000, 512, 256, 2048 } } },
	/* F4: DB1M. */
	{ "STM32F429ZE", NULL, { { 0x08000000, 512, 8, 131072 } } },
	{ "STM32F429ZG", "DB1M=0", { { 0x08000000, 1024, 12, 131072 } } },
	{ "STM32F429ZG", "DB1M=1", { { 0x08000000, 512, 8, 131072 }, { 0x08080000, 512, 8, 131072 } } },
	{ "STM32F429ZI", "DB1M=0", { { 0x08000000, 1024, 12, 131072 }, { 0x08100000, 1024, 12, 131072 } } },
	{ "STM32F469NG", "DB1M=1", { { 0x08000000, 512, 8, 131072 }, { 0x08080000, 512, 8, 131072 } } },
	/* F7: nDBANK. */
	{ "STM32F767ZI", "nDBANK=1", { { 0x08000000, 2048, 12, 262144 } } },
	{ "STM32F767ZG", "nDBANK=1", { { 0x08000000, 1024, 8, 262144 } } },
	{ "STM32F767ZI", "nDBANK=0", { { 0x08000000, 1024, 12, 131072 }, { 0x08100000, 1024, 12, 131072 } } },
	{ "STM32F767ZG", "nDBANK=0", { { 0x08000000, 512, 8, 131072 }, { 0x08080000, 512, 8, 131072 } } },
	/* L0, L1: by size alone. */
	{ "STM32L073R8", NULL, { { 0x08000000, 64, 512, 128 } } },
	{ "STM32L073RZ", NULL, { { 0x08000000, 96, 768, 128 }, { 0x08018000, 96, 768, 128 } } },
	{ "STM32L073RB", NULL, { { 0x08000000, 64, 512, 128 }, { 0x08010000, 64, 512, 128 } } },
	{ "STM32L151QC", NULL, { { 0x08000000, 256, 1024, 256 } } },
	{ "STM32L151QD", NULL, { { 0x08000000, 192, 768, 256 }, { 0x08030000, 192, 768, 256 } } },
	{ "STM32L151QE", NULL, { { 0x08000000, 256, 1024, 256 }, { 0x08040000, 256, 1024, 256 } } },
	{ "STM32L151VDT6X", NULL, { { 0x08000000, 192, 768, 256 }, { 0x08040000, 192, 768, 256 } } },
	/* G0, G4. */
	{ "STM32G0B1RE", "DUAL_BANK=1", { { 0x08000000, 256, 128, 2048 }, { 0x08040000, 256, 128, 2048 } } },
	{ "STM32G0B1RC", "DUAL_BANK=1", { { 0x08000000, 128, 64, 2048 }, { 0x08020000, 128, 64, 2048 } } },
	{ "STM32G0B1RE", "DUAL_BANK=0", { { 0x08000000, 512, 256, 2048 } } },
	{ "STM32G474RE", "DBANK=1", { { 0x08000000, 256, 128, 2048 }, { 0x08040000, 256, 128, 2048 } } },
	{ "STM32G474RB", "DBANK=1", { { 0x08000000, 64, 32, 2048 }, { 0x08040000, 64, 32, 2048 } } },
	{ "STM32G474RE", "DBANK=0", { { 0x08000000, 512, 128, 4096 } } },
	/* L4, L4+. */
	{ "STM32L476RG", "DUALBANK=0", { { 0x08000000, 512, 256, 2048 }, { 0x08080000, 512, 256, 2048 } } },
	{ "STM32L476RE", "DUALBANK=1", { { 0x08000000, 256, 128, 2048 }, { 0x08040000, 256, 128, 2048 } } },
	{ "STM32L476RC", "DUALBANK=1", { { 0x08000000, 128, 64, 2048 }, { 0x08020000, 128, 64, 2048 } } },
	{ "STM32L476RC", "DUALBANK=0", { { 0x08000000, 256, 128, 2048 } } },
	{ "STM32L4R5ZI", "DBANK=1", { { 0x08000000, 1024, 256, 4096 }, { 0x08100000, 1024, 256, 4096 } } },
	{ "STM32L4R5ZI", "DBANK=0", { { 0x08000000, 2048, 256, 8192 } } },
	{ "STM32L4R5ZG", "DB1M=1 DBANK=0", { { 0x08000000, 512, 128, 4096 }, { 0x08080000, 512, 128, 4096 } } },
	{ "STM32L4R5ZG", "DB1M=0", { { 0x08000000, 1024, 128, 8192 } } },
	{ "STM32L4P5CG", "DBANK=0", { { 0x08000000, 1024, 128, 8192 } } },
	{ "STM32L4P5CE", "DB1M=1", { { 0x08000000, 256, 64, 4096 }, { 0x08040000, 256, 64, 4096 } } },
	/* L5, U5, U3, WBA, H5. */
	{ "STM32L552ZE", "DBANK=1", { { 0x08000000, 256, 128, 2048 }, { 0x08040000, 256, 128, 2048 } } },
	{ "STM32L552ZE", "DBANK=0", { { 0x08000000, 512, 128, 4096 } } },
	{ "STM32L552ZC", "DB256K=1 DBANK=1", { { 0x08000000, 128, 64, 2048 }, { 0x08020000, 128, 64, 2048 } } },
	{ "STM32L552ZC", "DB256K=1 DBANK=0", { { 0x08000000, 128, 32, 4096 }, { 0x08020000, 128, 32, 4096 } } },
	{ "STM32L552ZC", "DB256K=0 DBANK=1", { { 0x08000000, 256, 128, 2048 } } },
	{ "STM32L552ZC", "DB256K=0 DBANK=0", { { 0x08000000, 256, 64, 4096 } } },
	{ "STM32U535CE", "DUALBANK=0", { { 0x08000000, 256, 32, 8192 }, { 0x08040000, 256, 32, 8192 } } },
	{ "STM32U535CB", "DUALBANK=1", { { 0x08000000, 64, 8, 8192 }, { 0x08010000, 64, 8, 8192 } } },
	{ "STM32U575ZI", "DUALBANK=0", { { 0x08000000, 1024, 128, 8192 }, { 0x08100000, 1024, 128, 8192 } } },
	{ "STM32U575ZG", "DUALBANK=1", { { 0x08000000, 512, 64, 8192 }, { 0x08080000, 512, 64, 8192 } } },
	{ "STM32U575ZG", "DUALBANK=0", { { 0x08000000, 1024, 128, 8192 } } },
	{ "STM32U5F9NI", "DUALBANK=1", { { 0x08000000, 1024, 128, 8192 }, { 0x08100000, 1024, 128, 8192 } } },
	{ "STM32U5G9NJ", NULL, { { 0x08000000, 2048, 256, 8192 }, { 0x08200000, 2048, 256, 8192 } } },
	{ "STM32U385RG", NULL, { { 0x08000000, 512, 128, 4096 }, { 0x08080000, 512, 128, 4096 } } },
	{ "STM32WBA55CG", NULL, { { 0x08000000, 1024, 128, 8192 } } },
	{ "STM32WBA65RI", NULL, { { 0x08000000, 1024, 128, 8192 }, { 0x08100000, 1024, 128, 8192 } } },
	{ "STM32H503RB", NULL, { { 0x08000000, 64, 8, 8192 }, { 0x08010000, 64, 8, 8192 } } },
	{ "STM32H563ZG", NULL, { { 0x08000000, 512, 64, 8192 }, { 0x08080000, 512, 64, 8192 } } },
	{ "STM32H5F5JK", NULL, { { 0x08000000, 1536, 192, 8192 }, { 0x08180000, 1536, 192, 8192 } } },
	/* H7: the second bank stays where it is. */
	{ "STM32H743ZI", NULL, { { 0x08000000, 1024, 8, 131072 }, { 0x08100000, 1024, 8, 131072 } } },
	{ "STM32H743ZG", NULL, { { 0x08000000, 512, 4, 131072 }, { 0x08100000, 512, 4, 131072 } } },
	{ "STM32H750VB", NULL, { { 0x08000000, 128, 1, 131072 } } },
	{ "STM32H7A3ZG", NULL, { { 0x08000000, 512, 64, 8192 }, { 0x08100000, 512, 64, 8192 } } },
	{ "STM32H7B0VB", NULL, { { 0x08000000, 128, 16, 8192 } } },
	/* What belongs to somebody else. */
	{ "STM32WB55RG", "SFSA=0xC0 FSD=0", { { 0x08000000, 768, 192, 4096 } } },
	{ "STM32WB55RG", "SFSA=0xC0 FSD=1", { { 0x08000000, 1024, 256, 4096 } } },
	{ "STM32WL55JC", "SFSA=0x40 FSD=0", { { 0x08000000, 128, 64, 2048 } } },
	{ "STM32H573ZI", "EDATA2_EN=1 EDATA2_STRT=7",
	  { { 0x08000000, 1024, 128, 8192 }, { 0x08100000, 960, 120, 8192 } } },
};

static void expect_bank(const struct chip *chip, unsigned number, const struct bank *bank,
			unsigned index, const char *what)
{
	struct chip_sector first, last;

	if (!chip_sector_number(chip, index, &first) ||
	    !chip_sector_number(chip, index + bank->sectors - 1, &last))
		fail_msg("%s: bank %u has no %u sectors", what, number, bank->sectors);
	if (first.base != bank->base || first.bank != number || first.number != 0)
		fail_msg("%s: bank %u begins at 0x%08x", what, number, first.base);
	if (last.bank != number || last.size != bank->last || last.number != bank->sectors - 1 ||
	    last.base + last.size != bank->base + bank->kib * 1024)
		fail_msg("%s: bank %u ends with %u bytes at 0x%08x", what, number, last.size, last.base);
	assert_int_equal(chip->banks[number].size, bank->kib * 1024);
}

static void banks_follow_size_and_option_bytes(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		const struct bank *banks = layouts[i].banks;
		size_t count = banks[1].kib ? 2 : 1;
		struct chip_sector sector;
		char what[64];

		snprintf(what, sizeof(what), "%s %s", layouts[i].part,
			 layouts[i].options ? layouts[i].options : "");
		find(f, layouts[i].part);
		set_options(f, layouts[i].options);
		if (f->chip.bank_count != count)
			fail_msg("%s: %zu banks", what, f->chip.bank_count);
		expect_bank(&f->chip, 0, &banks[0], 0, what);
		if (count == 2)
			expect_bank(&f->chip, 1, &banks[1], banks[0].sectors, what);
		assert_false(chip_sector_number(&f->chip, banks[0].sectors + banks[1].sectors, &sector));
	}
}

static void finds_every_sector_by_its_address(void **state)
{
	struct fixture *f = *state;
	struct chip_sector one, same;

	find(f, "STM32H743ZG");
	for (unsigned i = 0; chip_sector_number(&f->chip, i, &one); i++) {
		assert_true(chip_sector_at(&f->chip, one.base, &same));
		assert_memory_equal(&one, &same, sizeof(one));
		assert_true(chip_sector_at(&f->chip, one.base + one.size - 1, &same));
		assert_memory_equal(&one, &same, sizeof(one));
	}
	assert_false(chip_sector_at(&f->chip, 0x08080000, &one));	/* the hole */
	assert_false(chip_sector_at(&f->chip, 0x080FFFFF, &one));
}

static void swapped_banks_keep_their_names(void **state)
{
	static const struct { const char *part, *option; } rows[] = {
		{ "STM32G0B1RE", "nSWAP_BANK=0" }, { "STM32L552ZE", "SWAP_BANK=1" },
		{ "STM32U575ZI", "SWAP_BANK=1" }, { "STM32H563ZI", "SWAP_BANK=1" },
		{ "STM32H743ZI", "SWAP_BANK_OPT=1" }, { "STM32WBA65RI", "SWAP_BANK=1" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		find(f, rows[i].part);
		assert_false(f->chip.swapped);
		assert_int_equal(f->chip.banks[0].physical, 0);
		assert_int_equal(f->chip.banks[1].physical, 1);
		set_options(f, rows[i].option);
		assert_true(f->chip.swapped);
		assert_int_equal(f->chip.banks[0].physical, 1);
		assert_int_equal(f->chip.banks[1].physical, 0);
		assert_int_equal(f->chip.banks[0].base, 0x08000000);
	}
}

static void a_bank_that_others_use_is_not_erased_as_a_whole(void **state)
{
	struct fixture *f = *state;

	find(f, "STM32WB55RG");
	assert_false(f->chip.banks[0].shared);
	set_options(f, "SFSA=0xC0 FSD=0");
	assert_true(f->chip.banks[0].shared);
	set_options(f, "SFSA=0");		/* all of it is CPU2's */
	assert_int_equal(chip_flash_size(&f->chip), 0);
}

static void each_bank_of_h7_has_its_registers(void **state)
{
	struct fixture *f = *state;

	find(f, "STM32H743ZG");
	assert_int_equal(f->chip.banks[0].registers, 0x52002000);
	assert_int_equal(f->chip.banks[1].registers, 0x52002100);
	find(f, "STM32F103RG");
	assert_int_equal(f->chip.banks[1].registers, 0x40022040);
}

/* What the size register means; 0 = nonsense. */
static void reads_sizes_of_all_kinds(void **state)
{
	static const struct { const char *part; uint32_t value, kib; } rows[] = {
		{ "STM32F103C8", 64, 64 }, { "STM32F103C8", 0, 0 }, { "STM32F103C8", 0xFFFF, 0 },
		{ "STM32F103C8", 27520, 0 }, { "STM32L151CBT6A", 0x5A80, 128 },
		{ "STM32L151CB", 0x5A80, 0 }, { "STM32L151QD", 0, 384 }, { "STM32L151QD", 1, 256 },
		{ "STM32L151QD", 384, 384 }, { "STM32L151QD", 2, 0 }, { "STM32H743ZI", 2048, 2048 },
		{ "STM32H743ZI", 128, 128 }, { "STM32H743ZI", 512, 0 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		find(f, rows[i].part);
		if (chip_meant_size(&f->chip, rows[i].value) != rows[i].kib)
			fail_msg("%s: 0x%x is taken for %u KiB", rows[i].part, rows[i].value,
				 chip_meant_size(&f->chip, rows[i].value));
	}
}

static const struct chip_region *region(const struct chip *chip, const char *name)
{
	for (size_t i = 0; i < chip->region_count; i++) {
		if (!strcmp(chip->regions[i].name, name))
			return &chip->regions[i];
	}
	return NULL;
}

static void parts_differ_in_ram_and_eeprom(void **state)
{
	static const struct { const char *part, *region; uint32_t size; } rows[] = {
		{ "STM32F103C8", "sram", 20480 }, { "STM32F101C8", "sram", 10240 },
		{ "STM32F303VC", "ccm", 8192 }, { "STM32F302VC", "ccm", 0 },
		{ "STM32F205RC", "sram1", 81920 }, { "STM32F205RC", "sram2", 16384 },
		{ "STM32WLE5J8", "sram1", 0 }, { "STM32WLE5J8", "sram2", 20480 },
		{ "STM32WLE5JB", "sram1", 16384 }, { "STM32WBA50KG", "sram2", 49152 },
		{ "STM32L010F4", "eeprom", 128 }, { "STM32L011F4", "eeprom", 512 },
		{ "STM32L151QC", "eeprom", 8192 }, { "STM32L151QD", "eeprom", 12288 },
		{ "STM32H742ZI", "axi", 393216 }, { "STM32H742ZI", "sram3", 0 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct chip_region *found;

		find(f, rows[i].part);
		found = region(&f->chip, rows[i].region);
		if ((found ? found->size : 0) != rows[i].size)
			fail_msg("%s: %s has %u bytes", rows[i].part, rows[i].region, found ? found->size : 0);
	}
}

/* "STM32L151xBxxA" as somebody would type it. */
static void spell_out(char *name, size_t size, const char *pattern, size_t length)
{
	static const char letters[] = "RT6";
	size_t next = 0;

	snprintf(name, size, "%.*s", (int)length, pattern);
	for (char *p = name; *p; p++) {
		if (*p == 'x' && next < sizeof(letters) - 1)
			*p = letters[next++];
	}
}

static void every_part_leads_to_its_file(void **state)
{
	struct fixture *f = *state;
	unsigned parts = 0;

	for (size_t i = 0; i < chip_library_count(f->library); i++) {
		const struct chip_index *row = chip_library_row(f->library, i);
		const char *list = row->parts;

		for (size_t length; (length = strcspn(list, ",")); list += length + (list[length] == ',')) {
			char name[32];

			spell_out(name, sizeof(name), list, length);
			find(f, name);
			if (strcmp(f->chip.file, row->file))
				fail_msg("%s of %s leads to %s", name, row->file, f->chip.file);
			assert_int_equal(chip_flash_size(&f->chip) > 0, !row->known_only);
			parts++;
		}
	}
	assert_true(parts > 300);
}

static uint32_t bytes_in(const struct virtual_bank *banks, size_t count)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		assert_true(banks[i].registers && banks[i].run_count && banks[i].size);
		sum += banks[i].size;
	}
	return sum;
}

/* Something of each chip that can be programmed is there for the virtual board, in every mode. */
static void every_chip_can_be_made_virtual(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < chip_library_count(f->library); i++) {
		find(f, chip_library_row(f->library, i)->file);
		if (f->chip.known_only[0])
			continue;
		chip_virtual_spec(&f->chip, f->chip.file, &f->spec);
		assert_string_not_equal(f->spec.controller, "");
		assert_int_equal(bytes_in(f->spec.banks, f->spec.bank_count), chip_flash_size(&f->chip));
		assert_true(f->spec.mode_count > 0 && f->spec.option_count > 0);
		for (size_t m = 0; m < f->spec.mode_count; m++)
			assert_int_equal(bytes_in(f->spec.modes[m].banks, f->spec.modes[m].bank_count),
					 f->chip.flash_kib * 1024);
		assert_true(f->spec.dbgmcu_count > 0 && f->spec.idcode && f->spec.hsi_hz);
		if (f->chip.size_address)
			assert_int_equal(chip_meant_size(&f->chip, f->spec.size_value), f->chip.flash_kib);
	}
}

/* What belongs to CPU2 is still flash; the modes are those of this size. */
static void the_virtual_board_gets_the_modes(void **state)
{
	struct fixture *f = *state;

	find(f, "STM32F429ZG");
	assert_int_equal(chip_set_option(&f->chip, "db1m", 1), 0);
	chip_virtual_spec(&f->chip, "STM32F429ZG", &f->spec);
	assert_int_equal(f->spec.mode_count, 2);
	assert_int_equal(f->spec.modes[0].condition_count, 1);
	assert_int_equal(f->spec.modes[0].conditions[0].mask, 1u << 30);
	assert_int_equal(f->spec.modes[1].condition_count, 0);
	assert_int_equal(f->spec.bank_count, 2);
	assert_int_equal(f->spec.options[0].factory, 0x4FFFAAED);

	find(f, "STM32WB55RG");
	set_options(f, "SFSA=0xC0 FSD=0");
	chip_virtual_spec(&f->chip, "STM32WB55RG", &f->spec);
	assert_int_equal(f->spec.banks[0].size, 1024 * 1024);
	assert_true(f->spec.has_second);

	find(f, "STM32L151CBT6A");
	chip_virtual_spec(&f->chip, "STM32L151CBT6A", &f->spec);
	assert_int_equal(f->spec.size_value, 0xA580);	/* the upper byte is junk */
	assert_true(f->spec.uid_split);
}

static void options_that_are_not_there_are_refused(void **state)
{
	struct fixture *f = *state;

	find(f, "STM32F429ZG");
	assert_int_equal(chip_set_option(&f->chip, "DBANK", 1), E_ARGUMENT);
	assert_int_equal(chip_set_option(&f->chip, "DB1M", 2), E_ARGUMENT);
}

/* A file with this in its flash group (line 13), or at its end. */
static int parse_with(struct fixture *f, const char *flash, const char *end)
{
	char text[2000];
	int length = snprintf(text, sizeof(text),
		"name = \"X\";\nfamily = \"X\";\ncore = \"cortex-m4\";\nreset_clock_hz = 1;\n"
		"ids = ( { register = 0; mask = 0xFFF; value = 1; } );\n"
		"memory = ( { name = \"sram\"; kind = \"ram\"; base = 0x20000000; size_kib = 4; } );\n"
		"options = {\n  words = ( { name = \"OPTR\"; address = 0x20; factory = 0; } );\n"
		"  fields = ( { name = \"DB\"; in = \"OPTR\"; bits = [21, 21]; },\n"
		"    { name = \"SFSA\"; in = \"OPTR\"; bits = [7, 0]; } );\n};\n"
		"flash = { controller = \"x\"; registers = 0; erased = 0xFF;\n%s };\n%s\n", flash, end);

	f->why.text[0] = 0;
	return chip_parse(&f->chip, "x.cfg", text, (size_t)length, &f->why);
}

#define BANK(base) "{ base = " base "; sectors = ( [16, 4] ); }"
#define BOTH "banks = ( " BANK("0x08000000") ", " BANK("0x08010000") " );"
#define ONE "banks = ( " BANK("0x08000000") " );"

static void complains_about_layouts(void **state)
{
	static const struct { const char *flash, *end, *message; } rows[] = {
		{ "layouts = ( { when = \"DBANK=1\"; " ONE " } );", "",
		  "x.cfg:13: no option field is called 'DBANK'" },
		{ "layouts = ( { when = \"DB\"; " ONE " } );", "", "x.cfg:13: 'DB' is not like NAME=VALUE" },
		{ "layouts = ( { when = \"DB=2\"; " ONE " } );", "", "x.cfg:13: 'DB=2': the value does not fit" },
		{ "layouts = ( { when = \"DB=1, DB=1, DB=1\"; " ONE " } );", "",
		  "x.cfg:13: more than 2 conditions" },
		{ "layouts = ( { when = \"DB=1\"; " ONE " } );", "",
		  "x.cfg:1: no layout holds for 64 KiB and the factory's option bytes" },
		{ "layouts = ( { split = \"halves\"; " ONE " } );", "", "x.cfg:13: halves need two banks" },
		{ "layouts = ( { split = \"thirds\"; " BOTH " } );", "", "x.cfg:13: unknown split 'thirds'" },
		{ "layouts = ( { kib = [66]; " ONE " } );", "", "x.cfg:13: 66 KiB can't be laid out in these banks" },
		{ "layouts = ( { kib = [62]; " ONE " } );", "", "x.cfg:13: 62 KiB can't be laid out in these banks" },
		{ "layouts = ( { kib = [64, \"x\"]; " ONE " } );", "", "x.cfg:13: mismatched element type in array" },
		{ "layouts = ( { banks = ( " BANK("0x08000000") ", " BANK("0x08008000") " ); } );", "",
		  "x.cfg:13: the banks overlap with 128 KiB" },
		{ "banks = ( { base = 0x08000000; } );", "", "x.cfg:13: a bank needs sectors or pages" },
		{ ONE " layouts = ( { " ONE " } );", "", "x.cfg:1: flash: either banks or layouts" },
		{ ONE " swap = \"SWAP=1\";", "", "x.cfg:13: no option field is called 'SWAP'" },
		{ ONE " reserved = ( { bank = 2; when = \"DB=1\"; first = \"SFSA\"; unit_kib = 4; } );", "",
		  "x.cfg:13: reserved: a bank of 0 or 1, and first or last" },
		{ ONE " reserved = ( { bank = 0; when = \"DB=1\"; unit_kib = 4; } );", "",
		  "x.cfg:13: reserved: a bank of 0 or 1, and first or last" },
		{ ONE " size_kib_at = 4; size_codes = ( [1] );", "", "x.cfg:13: expected two numbers in brackets" },
		{ ONE, "parts = ( { name = \"X1\"; flash_kib = 62; } );", "x.cfg:14: X1: no layout has 62 KiB" },
		{ ONE, "parts = ( { name = \"X1\"; } );", "x.cfg:14: X1: no layout has 0 KiB" },
		{ ONE, "trustzone = \"TZEN=1\";", "x.cfg:14: no option field is called 'TZEN'" },
		{ ONE, "ap = 256;", "x.cfg:14: 'ap' is above 255" },
	};
	struct fixture *f = *state;

	if (parse_with(f, "layouts = ( { kib = [64]; when = \"DB=1\"; split = \"contiguous\"; " BOTH " }, { "
		       ONE " } );", ""))
		fail_msg("%s", f->why.text);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (parse_with(f, rows[i].flash, rows[i].end) != E_CONFIG || strcmp(f->why.text, rows[i].message))
			fail_msg("'%s' instead of '%s'", f->why.text, rows[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(banks_follow_size_and_option_bytes),
		cmocka_unit_test(finds_every_sector_by_its_address),
		cmocka_unit_test(swapped_banks_keep_their_names),
		cmocka_unit_test(a_bank_that_others_use_is_not_erased_as_a_whole),
		cmocka_unit_test(each_bank_of_h7_has_its_registers),
		cmocka_unit_test(reads_sizes_of_all_kinds),
		cmocka_unit_test(parts_differ_in_ram_and_eeprom),
		cmocka_unit_test(every_part_leads_to_its_file),
		cmocka_unit_test(every_chip_can_be_made_virtual),
		cmocka_unit_test(the_virtual_board_gets_the_modes),
		cmocka_unit_test(options_that_are_not_there_are_refused),
		cmocka_unit_test(complains_about_layouts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
