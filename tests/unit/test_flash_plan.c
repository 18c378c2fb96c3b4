/* SPDX-License-Identifier: MIT
 *
 * The plan: which sectors are touched, what stands where, and what is refused with which words.
 */
#include "flash/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "targets/board.h"

struct bench {
	struct board board;
	struct flash_plan *plan;
	struct why why;
};

/* Sectors of an F407: 4 x 16, 64, 7 x 128 KiB. */
static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	struct chip *chip = &b->board.chip;

	b->board.cores[0].board = &b->board;
	chip->erased = 0xFF;
	chip->bank_count = 1;
	chip->banks[0] = (struct chip_bank){
		.base = 0x08000000, .size = 0x100000, .run_count = 3,
		.runs = { { 4, 0x4000 }, { 1, 0x10000 }, { 7, 0x20000 } },
	};
	chip->alias_count = 1;
	chip->aliases[0] = (struct chip_alias){ 0, 0x100000, 0x08000000 };
	chip->otp_base = 0x1FFF7800;
	chip->otp_size = 512;
	chip->otp_block = 32;
	chip->otp_locks = 0x1FFF7A00;
	chip->option_word_count = 1;
	strcpy(chip->option_words[0].name, "OPTCR");
	chip->option_words[0].address = 0x40023C14;
	chip->option_words[0].mirror = 0x1FFFC000;
	chip->region_count = 1;
	strcpy(chip->regions[0].name, "sram");
	chip->regions[0].base = 0x20000000;
	chip->regions[0].size = 0x20000;
	assert_int_equal(flash_plan_new(&b->plan, &b->board.cores[0]), 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	flash_plan_free(b->plan);
	free(b);
	return 0;
}

static int write_text(struct bench *b, uint32_t address, const char *text)
{
	return flash_plan_write(b->plan, address, text, (uint32_t)strlen(text), &b->why);
}

static void assert_bytes(struct bench *b, uint32_t address, const char *expected)
{
	uint8_t data[64];
	uint32_t length = (uint32_t)strlen(expected);

	flash_plan_compose(b->plan, address, data, length);
	for (uint32_t i = 0; i < length; i++)
		assert_int_equal(data[i], expected[i] == '.' ? 0xFF : (uint8_t)expected[i]);
}

static void a_new_plan_is_empty(void **state)
{
	struct bench *b = *state;

	assert_int_equal(b->plan->sector_count, 12);
	assert_true(flash_plan_empty(b->plan));
	assert_int_equal(flash_plan_write(b->plan, 0x08000000, "", 0, &b->why), 0);
	assert_true(flash_plan_empty(b->plan));
}

static void an_erase_takes_every_sector_it_touches(void **state)
{
	struct bench *b = *state;

	/* as GDB sends it: 16, 64 and 128 KiB sectors in one packet */
	assert_int_equal(flash_plan_erase(b->plan, 0x0800C000, 0x34000, &b->why), 0);
	for (unsigned i = 0; i < 12; i++)
		assert_int_equal(b->plan->sectors[i], i >= 3 && i <= 5 ? PLAN_ERASE : 0);
}

static void what_a_write_touches_is_part_of_the_plan(void **state)
{
	struct bench *b = *state;

	/* GDB leaves a sector out of its erases when only its first byte is written */
	assert_int_equal(flash_plan_erase(b->plan, 0x08000000, 0x4000, &b->why), 0);
	assert_int_equal(write_text(b, 0x08003FFE, "abc"), 0);
	assert_int_equal(b->plan->sectors[0], PLAN_ERASE | PLAN_WRITE);
	assert_int_equal(b->plan->sectors[1], PLAN_WRITE);
	assert_false(flash_plan_empty(b->plan));
}

static void bytes_come_back_with_erased_gaps(void **state)
{
	struct bench *b = *state;

	assert_int_equal(write_text(b, 0x08000010, "later"), 0);
	assert_int_equal(write_text(b, 0x08000000, "first"), 0);
	assert_int_equal(write_text(b, 0x08000005, "next"), 0);
	assert_int_equal(write_text(b, 0x080FFFFC, "last"), 0);
	assert_bytes(b, 0x08000000, "firstnext.......later...");
	assert_bytes(b, 0x08000003, "stne");
	assert_bytes(b, 0x080FFFFA, "..last");
	assert_int_equal(b->plan->written, 18);
	assert_int_equal(b->plan->sectors[11], PLAN_WRITE);
}

static void holes_are_found_in_order(void **state)
{
	struct bench *b = *state;
	uint32_t at = 0x08000000, length;

	write_text(b, 0x08000004, "ab");
	write_text(b, 0x08000008, "cd");
	assert_true(flash_plan_hole(b->plan, &at, 0x08000010, &length));
	assert_int_equal(at, 0x08000000);
	assert_int_equal(length, 4);
	at += length;
	assert_true(flash_plan_hole(b->plan, &at, 0x08000010, &length));
	assert_int_equal(at, 0x08000006);
	assert_int_equal(length, 2);
	at += length;
	assert_true(flash_plan_hole(b->plan, &at, 0x08000010, &length));
	assert_int_equal(at, 0x0800000A);
	assert_int_equal(length, 6);
	at += length;
	assert_false(flash_plan_hole(b->plan, &at, 0x08000010, &length));
	assert_int_equal(flash_plan_covered(b->plan, 0x08000000, 16), 4);
	assert_int_equal(flash_plan_covered(b->plan, 0x08000005, 4), 2);
}

static void overlapping_writes_are_refused(void **state)
{
	struct bench *b = *state;

	assert_int_equal(write_text(b, 0x08000100, "abcd"), 0);
	assert_int_equal(write_text(b, 0x080000FE, "xyz"), E_ARGUMENT);
	assert_string_equal(b->why.text, "two writes overlap at 0x08000100");
	assert_int_equal(write_text(b, 0x08000103, "x"), E_ARGUMENT);
	assert_int_equal(write_text(b, 0x080000FC, "wxyz"), 0);
	assert_int_equal(write_text(b, 0x08000104, "e"), 0);
	assert_bytes(b, 0x080000FC, "wxyzabcde.");
}

static void the_alias_at_0_means_flash(void **state)
{
	struct bench *b = *state;

	assert_int_equal(flash_plan_erase(b->plan, 0, 0x4000, &b->why), 0);
	assert_int_equal(write_text(b, 0x100, "boot"), 0);
	assert_bytes(b, 0x08000100, "boot");
	assert_int_equal(b->plan->sectors[0], PLAN_ERASE | PLAN_WRITE);
}

static void what_is_not_flash_is_refused_with_a_reason(void **state)
{
	static const struct { uint32_t address; const char *words; } rows[] = {
		{ 0x1FFF7800, "one-time programmable" },
		{ 0x1FFF7A0F, "one-time programmable" },
		{ 0x1FFFC001, "option byte (OPTCR)" },
		{ 0x40023C14, "option byte (OPTCR)" },
		{ 0x20000000, "not flash but sram" },
		{ 0x08100000, "outside of flash (1024 KiB at 0x08000000)" },
		{ 0x07FFFFFF, "outside of flash" },
		{ 0x080FFFFF, "0x08100000 is outside" },	/* runs over the end */
		{ 0xFFFFFFFF, "outside of flash" },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(write_text(b, rows[i].address, "ab"), E_RANGE);
		assert_non_null(strstr(b->why.text, rows[i].words));
	}
	assert_int_equal(flash_plan_erase(b->plan, 0x080E0000, 0x40000, &b->why), E_RANGE);
	assert_true(flash_plan_empty(b->plan));
}

/* It lies in the same plan, but has no sectors: an erase of it is nothing to do. */
static void data_eeprom_is_part_of_the_plan(void **state)
{
	struct bench *b = *state;
	uint8_t data[4] = "....";

	b->board.chip.regions[0] = (struct chip_region){ .name = "eeprom", .kind = CHIP_EEPROM,
							 .base = 0x08100000, .size = 64 };
	assert_int_equal(flash_plan_erase(b->plan, 0x08100000, 64, &b->why), 0);
	assert_true(flash_plan_empty(b->plan));
	assert_int_equal(write_text(b, 0x08100001, "ab"), 0);
	assert_false(flash_plan_empty(b->plan));
	assert_int_equal(flash_plan_covered(b->plan, 0x08100000, 64), 2);
	flash_plan_overlay(b->plan, 0x08100000, data, 4);
	assert_memory_equal(data, ".ab.", 4);
	assert_int_equal(write_text(b, 0x0810003F, "ab"), E_RANGE);
	for (size_t i = 0; i < b->plan->sector_count; i++)
		assert_int_equal(b->plan->sectors[i], 0);
	assert_int_equal(flash_plan_erase(b->plan, 0x080E0000, 0x20004, &b->why), 0);
	assert_int_equal(b->plan->sectors[b->plan->sector_count - 1], PLAN_ERASE);
}

/* Random pieces against a plain image. */
static void is_the_same_as_a_plain_image(void **state)
{
	struct bench *b = *state;
	uint8_t *image = malloc(0x100000), *data = malloc(0x100000);
	bool *taken = calloc(0x100000, sizeof *taken);
	unsigned seed = 1;

	memset(image, 0xFF, 0x100000);
	for (int n = 0; n < 300; n++) {
		uint32_t at = (uint32_t)(seed = seed * 1103515245 + 12345) % 0xFF000;
		uint32_t length = 1 + (uint32_t)(seed = seed * 1103515245 + 12345) % 4000;
		bool overlap = false;

		for (uint32_t i = 0; i < length; i++)
			overlap |= taken[at + i];
		memset(data, n + 1, length);
		assert_int_equal(flash_plan_write(b->plan, 0x08000000 + at, data, length, &b->why),
				 overlap ? E_ARGUMENT : 0);
		if (!overlap)
			memset(image + at, n + 1, length), memset(taken + at, true, length);
	}
	flash_plan_compose(b->plan, 0x08000000, data, 0x100000);
	assert_memory_equal(data, image, 0x100000);
	free(image);
	free(data);
	free(taken);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_new_plan_is_empty),
		TEST(an_erase_takes_every_sector_it_touches),
		TEST(what_a_write_touches_is_part_of_the_plan),
		TEST(bytes_come_back_with_erased_gaps),
		TEST(holes_are_found_in_order),
		TEST(overlapping_writes_are_refused),
		TEST(the_alias_at_0_means_flash),
		TEST(what_is_not_flash_is_refused_with_a_reason),
		TEST(data_eeprom_is_part_of_the_plan),
		TEST(is_the_same_as_a_plain_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
