/* SPDX-License-Identifier: MIT
 *
 * The target description and the memory map: complete, without gaps and overlaps, for any chip.
 */
#include "server/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The register table reads and writes through the core; this test needs its rows only. */
struct core;
int core_read_register(struct core *core, unsigned reg, uint32_t *value);
int core_write_register(struct core *core, unsigned reg, uint32_t value);

int core_read_register(struct core *core, unsigned reg, uint32_t *value)
{
	(void)core;
	(void)reg;
	(void)value;
	return -1;
}

int core_write_register(struct core *core, unsigned reg, uint32_t value)
{
	(void)core;
	(void)reg;
	(void)value;
	return -1;
}

static char data[XML_SIZE];

static const char *target(bool mainline, bool fpu)
{
	struct buffer out;

	buffer_init(&out, data, sizeof(data));
	xml_target(&out, mainline, fpu);
	assert_false(out.cut);
	return buffer_text(&out);
}

static void describes_registers_by_ability(void **state)
{
	const char *m4 = target(true, true);

	(void)state;
	assert_non_null(strstr(m4, "<reg name=\"xpsr\" bitsize=\"32\" regnum=\"25\""));
	assert_non_null(strstr(m4, "name=\"msp\""));
	assert_non_null(strstr(m4, "name=\"psp\""));
	assert_non_null(strstr(m4, "org.gnu.gdb.arm.vfp"));
	assert_non_null(strstr(m4, "name=\"d15\""));
	assert_null(strstr(m4, "name=\"d16\""));
	assert_null(strstr(target(true, false), "vfp"));
	assert_null(strstr(target(false, false), "basepri"));
	assert_non_null(strstr(target(false, false), "primask"));
}

/* Reads the map as GDB does; fails on gaps and overlaps. */
static unsigned check_map(const struct chip *chip, char *types, size_t size)
{
	struct buffer out;
	uint64_t at = 0;
	unsigned count = 0;
	const char *row;

	buffer_init(&out, data, sizeof(data));
	xml_memory_map(&out, chip);
	assert_false(out.cut);
	types[0] = '\0';
	for (row = strstr(buffer_text(&out), "<memory type"); row; row = strstr(row + 1, "<memory type")) {
		unsigned long long start, length;
		char type[8];

		assert_int_equal(sscanf(row, "<memory type=\"%7[a-z]\" start=\"%llx\" length=\"%llx\"",
					type, &start, &length), 3);
		assert_int_equal(start, at);
		assert_true(length > 0);
		assert_int_equal(!strcmp(type, "flash"),
				 !strncmp(strchr(row, '>') + 1, "<property name=\"blocksize\">", 27));
		at = start + length;
		count++;
		strncat(types, type, size - strlen(types) - 1);
		strncat(types, " ", size - strlen(types) - 1);
	}
	assert_int_equal(at, UINT64_C(1) << 32);
	return count;
}

static struct chip *like_f407(void)
{
	struct chip *chip = calloc(1, sizeof(*chip));

	assert_non_null(chip);
	chip->banks[0] = (struct chip_bank){ .base = 0x08000000, .size = 1024 * 1024,
		.runs = { { 4, 0x4000 }, { 1, 0x10000 }, { 7, 0x20000 } }, .run_count = 3 };
	chip->bank_count = 1;
	chip->aliases[0] = (struct chip_alias){ 0, 1024 * 1024, 0x08000000 };
	chip->alias_count = 1;
	chip->regions[0] = (struct chip_region){ .name = "sram", .kind = CHIP_RAM, .base = 0x20000000,
						  .size = 0x20000, .loader = true };
	chip->regions[1] = (struct chip_region){ .name = "system", .kind = CHIP_ROM,
						  .base = 0x1FFF0000, .size = 0x7800 };
	chip->region_count = 2;
	chip->otp_base = 0x1FFF7800;
	chip->otp_size = 512;
	return chip;
}

static void maps_all_of_the_address_space(void **state)
{
	struct chip *chip = like_f407();
	char types[200];

	(void)state;
	assert_int_equal(check_map(chip, types, sizeof(types)), 9);
	assert_string_equal(types, "rom ram flash flash flash ram rom ram ram ");
	free(chip);
}

static void data_eeprom_is_what_a_load_writes(void **state)
{
	struct chip *chip = like_f407();
	char types[200];

	(void)state;
	chip->regions[2] = (struct chip_region){ .name = "eeprom", .kind = CHIP_EEPROM,
						  .base = 0x08100000, .size = 0x800 };
	chip->region_count = 3;
	check_map(chip, types, sizeof(types));
	assert_string_equal(types, "rom ram flash flash flash flash ram rom ram ram ");
	assert_non_null(strstr(data, "start=\"0x8100000\" length=\"0x800\"><property name=\"blocksize\">0x4<"));
	free(chip);
}

static void trims_sectors_to_the_bank(void **state)
{
	struct chip *chip = like_f407();
	char types[200];

	(void)state;
	chip->banks[0].size = 0x20000;
	check_map(chip, types, sizeof(types));
	assert_string_equal(types, "rom ram flash flash ram rom ram ram ");
	assert_null(strstr(data, ">0x20000<"));
	free(chip);
}

static void overlapping_facts_do_not_overlap_in_the_map(void **state)
{
	struct chip *chip = like_f407();
	char types[200];

	(void)state;
	chip->regions[1].size = 0x10000;	/* contains the OTP area and ends at 0x20000000 */
	check_map(chip, types, sizeof(types));
	assert_string_equal(types, "rom ram flash flash flash ram rom ram ");
	free(chip);
}

static void maps_a_chip_without_facts(void **state)
{
	struct chip *chip = calloc(1, sizeof(*chip));
	char types[200];

	(void)state;
	assert_int_equal(check_map(chip, types, sizeof(types)), 1);
	assert_string_equal(types, "ram ");
	free(chip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describes_registers_by_ability),
		cmocka_unit_test(maps_all_of_the_address_space),
		cmocka_unit_test(data_eeprom_is_what_a_load_writes),
		cmocka_unit_test(trims_sectors_to_the_bank),
		cmocka_unit_test(overlapping_facts_do_not_overlap_in_the_map),
		cmocka_unit_test(maps_a_chip_without_facts),
	};

	return cmocka_run_group_tests_name("xml", tests, NULL, NULL);
}
