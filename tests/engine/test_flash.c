/* SPDX-License-Identifier: MIT
 *
 * Loading flash on the virtual STM32F407VG, from the plan to the bytes in the chip: images of all
 * shapes, what is left out, checksums, and what it costs.
 */
#include "tests/engine/flash_bench.h"

#include "flash/checksum.h"

/* ---- images ---- */

static void loads_sections_with_gaps(void **state)
{
	struct bench *b = *state;

	plan_new(b);
	plan_random(b, 0, 392);
	plan_random(b, 392 + 8, 5001);
	plan_random(b, 0x3FFF, 3);			/* over the edge of a sector */
	plan_random(b, 0xC123, 0x9001);			/* 16 KiB and 64 KiB sectors */
	plan_random(b, 0xFFFFC, 4);			/* the last word */
	commit_well(b);
	assert_flash(b);
	assert_left_well(b);
	assert_true(b->report.used_loader);
	assert_int_equal(b->report.parallel_bits, 32);
	assert_int_equal(b->report.bytes, 392 + 5001 + 3 + 0x9001 + 4);
	show(b, "sections");
}

static void loads_random_images(void **state)
{
	struct bench *b = *state;

	for (int round = 0; round < 3; round++) {
		uint32_t at = draw(b, 100);

		plan_new(b);
		assert_int_equal(flash_plan_erase(b->plan, FLASH, 0x20000, &b->why), 0);
		memset(b->image, 0xFF, 0x20000);
		while (at < 0x20000 - 20000) {
			uint32_t length = 1 + draw(b, draw(b, 4) ? 300 : 20000);

			plan_random(b, at, length);
			at += length + draw(b, 2000);
		}
		commit_well(b);
		assert_flash(b);
	}
}

static void erases_what_a_write_touches(void **state)
{
	struct bench *b = *state;

	poke_random(b, 0, 0x8000);
	plan_new(b);
	expect_erased(b, 0x4000);
	plan_random(b, 0x4000, 1);		/* no erase was asked for */
	commit_well(b);
	assert_flash(b);
	assert_int_equal(b->report.erased_sectors, 1);
}

static void erases_without_writing(void **state)
{
	struct bench *b = *state;

	poke_random(b, 0, 0xC000);
	plan_new(b);
	assert_int_equal(flash_plan_erase(b->plan, FLASH + 0x4000, 0x4000, &b->why), 0);
	expect_erased(b, 0x4000);
	commit_well(b);
	assert_flash(b);
	assert_int_equal(b->report.erased_sectors, 1);
	commit_well(b);
	assert_int_equal(b->report.erased_sectors, 0);
	assert_int_equal(b->report.skipped_sectors, 1);
}

static void erases_what_is_not_blank(void **state)
{
	struct bench *b = *state;

	poke_random(b, 0x1000, 0x5000);
	poke_random(b, 0xC000, 0x5000);
	memset(b->image, 0xFF, FLASH_SIZE);
	assert_int_equal(flash_erase_all(b->core, &b->options, &b->report, &b->why), 0);
	assert_flash(b);
	assert_int_equal(b->report.erased_sectors, 4);
	assert_int_equal(b->report.skipped_sectors, 8);
}

static void erases_everything_at_once(void **state)
{
	struct bench *b = *state = describe("STM32F407VE");

	start(b);
	for (uint32_t at = 0; at < 512 * KIB; at += 16 * KIB)
		poke_random(b, at, 16);
	assert_int_equal(flash_erase_all(b->core, &b->options, &b->report, &b->why), 0);
	memset(b->image, 0xFF, FLASH_SIZE);
	assert_flash(b);
	assert_left_well(b);
	assert_true(b->report.write_us < 4100000);	/* 4 s, not 4.55 */
}

static void preserves_what_was_not_sent(void **state)
{
	struct bench *b = *state;

	poke_random(b, 0x100, 0x3F00);
	b->options.preserve = true;
	plan_new(b);
	assert_int_equal(flash_plan_erase(b->plan, FLASH, 0x4000, &b->why), 0);
	plan_random(b, 0x1001, 17);
	commit_well(b);
	assert_flash(b);
}

/* GDB writes sections that live in RAM first. */
static void keeps_sections_in_ram(void **state)
{
	static const uint32_t places[] = { RAM, RAM + 0x1F000 };
	uint8_t text[] = "a function that runs from RAM", found[sizeof text];
	struct bench *b = *state;

	assert_int_equal(board_reset(b->board, RESET_AUTO, true, &b->why), 0);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		assert_int_equal(memory_write(b->core, places[i], text, sizeof text, NULL), 0);
	poke_random(b, 0, 256 * KIB);		/* enough to fill the loader's queue */
	plan_new(b);
	plan_random(b, 0, 256 * KIB);
	commit_well(b);
	assert_flash(b);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		assert_int_equal(probe_read(b->probe, b->core->port, places[i], found, sizeof found,
					    PROBE_ANY, NULL), 0);
		assert_memory_equal(found, text, sizeof text);
	}
}

static void can_leave_out_the_reset_at_the_end(void **state)
{
	struct bench *b = *state;
	uint32_t sp, pc, r3;

	b->options.reset_after = false;
	plan_new(b);
	plan_random(b, 0, 0x2000);
	assert_int_equal(board_reset(b->board, RESET_AUTO, true, &b->why), 0);
	assert_int_equal(core_write_register(b->core, REG_R0 + 3, 0x12345678), 0);
	commit_well(b);
	assert_flash(b);
	assert_int_equal(core_read_register(b->core, REG_R0 + 3, &r3), 0);
	assert_int_equal(core_read_register(b->core, REG_SP, &sp), 0);
	assert_int_equal(core_read_register(b->core, REG_PC, &pc), 0);
	assert_int_equal(sp, 0xFFFFFFFC);	/* of the table that was there */
	assert_int_equal(pc, 0xFFFFFFFE);
}

/* ---- what is not done ---- */

static void leaves_out_what_is_there(void **state)
{
	struct bench *b = *state;
	const uint64_t whole_us = 6650000;	/* all of it erased and programmed */

	poke_random(b, 0, 512 * KIB);
	plan_new(b);
	assert_int_equal(flash_plan_write(b->plan, FLASH, b->image, 512 * KIB, &b->why), 0);
	commit_well(b);
	show(b, "same image again");
	assert_int_equal(b->report.erased_sectors, 0);
	assert_int_equal(b->report.skipped_bytes, 512 * KIB);
	assert_true(b->report.total_us < whole_us / 20);
	assert_left_well(b);

	plan_new(b);		/* one byte differs, in the fourth sector */
	b->image[0xC100] ^= 0x55;
	for (uint32_t at = 0; at < 512 * KIB; at += 16 * KIB)
		assert_int_equal(flash_plan_write(b->plan, FLASH + at, b->image + at, 16 * KIB, &b->why), 0);
	commit_well(b);
	show(b, "one byte changed");
	assert_flash(b);
	assert_int_equal(b->report.erased_sectors, 1);
	assert_true(b->report.total_us < 250000 + 4096 * 17 + whole_us / 20);
}

static void does_not_erase_blank_sectors(void **state)
{
	struct bench *b = *state;

	plan_new(b);
	plan_random(b, 0x20000, 0x1000);
	commit_well(b);
	assert_int_equal(b->report.erased_sectors, 0);
	assert_flash(b);
	assert_true(b->report.total_us < 300000);
}

static void does_not_trust_an_unfinished_sector(void **state)
{
	struct bench *b = *state;

	b->board->unfinished.base = FLASH + 0x20000;
	b->board->unfinished.size = 0x20000;
	plan_new(b);
	plan_random(b, 0x20000, 0x1000);
	commit_well(b);
	assert_int_equal(b->report.erased_sectors, 1);
	assert_int_equal(b->board->unfinished.size, 0);
	assert_flash(b);
}

/* ---- checksums ---- */

static void a_checksum_leaves_no_trace(void **state)
{
	static uint8_t before[0x4000];
	struct bench *b = *state;
	uint32_t crc, registers[PROBE_CORE_REGISTERS], now;

	poke_random(b, 0, 0x20000);
	assert_int_equal(board_reset(b->board, RESET_AUTO, true, &b->why), 0);
	for (uint32_t i = 0; i < sizeof before; i += 4)
		machine_write(b->machine, RAM + i, 4, i * 0x9E3779B9u);
	memcpy(before, bus_memory_at(machine_bus(b->machine), RAM)->bytes, sizeof before);
	for (unsigned reg = 0; reg <= REG_PSP; reg++)
		assert_int_equal(core_read_register(b->core, reg, &registers[reg]), 0);
	assert_int_equal(checksum_target(b->core, FLASH, 0x20000, &crc, &b->why), 0);
	assert_int_equal(crc, crc32_gdb(0xFFFFFFFF, b->image, 0x20000));
	assert_int_equal(checksum_target(b->core, FLASH + 1, 0x1FFFE, &crc, &b->why), 0);
	assert_int_equal(crc, crc32_gdb(0xFFFFFFFF, b->image + 1, 0x1FFFE));
	for (unsigned reg = 0; reg <= REG_PSP; reg++) {
		assert_int_equal(core_read_register(b->core, reg, &now), 0);
		assert_int_equal(now, registers[reg]);
	}
	assert_memory_equal(bus_memory_at(machine_bus(b->machine), RAM)->bytes, before, sizeof before);
	assert_int_equal(b->core->stop, STOP_RESET_CATCH);
	/* over the routine's own RAM, and small: by reading */
	assert_int_equal(checksum_target(b->core, RAM, sizeof before, &crc, &b->why), 0);
	assert_int_equal(crc, crc32_gdb(0xFFFFFFFF, before, sizeof before));
	/* over the end of the flash: an error with an address, nothing broken */
	assert_int_equal(checksum_target(b->core, FLASH + 0xF0000, 0x40000, &crc, &b->why), E_FAULT);
	assert_non_null(strstr(b->why.text, "0x081"));
	assert_memory_equal(bus_memory_at(machine_bus(b->machine), RAM)->bytes, before, sizeof before);
}

/* The CRC unit is believed when it is right, not when the chip's description says so. */
static void a_checksum_does_without_the_crc_unit(void **state)
{
	struct bench *b = *state;
	struct checksum_range range = { FLASH, 0x20000, 0 };
	const struct { uint32_t unit, enable; } wrong[] = {
		{ 0, 0 },
		{ b->board->chip.crc_unit, 0x40023844 },		/* its clock stays off */
		{ RAM + 0x1F000, b->board->chip.crc_enable },		/* memory, not a unit */
		{ 0x40050000, b->board->chip.crc_enable },		/* nothing there */
	};

	poke_random(b, 0, 0x20000);
	assert_int_equal(board_reset(b->board, RESET_AUTO, true, &b->why), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		b->board->chip.crc_unit = wrong[i].unit;
		b->board->chip.crc_enable = wrong[i].enable;
		range.crc = 0;
		assert_int_equal(checksum_ranges(b->core, &range, 1, true, &b->why), 0);
		assert_int_equal(range.crc, crc32_gdb(0xFFFFFFFF, b->image, 0x20000));
	}
}

/* ---- cost ---- */

static void assert_within(struct bench *b, const char *what, double limit_s)
{
	double took_s = (double)b->report.total_us / 1e6;

	show(b, what);
	print_message("limit %.2f s, ratio %.3f\n", limit_s, took_s / limit_s);
	assert_flash(b);
	assert_true(took_s <= 1.15 * limit_s);
}

/* At 3.3 V: sector erases 4.55 s, 131072 words of 16 us. */
static void is_within_the_limit(void **state)
{
	struct bench *b = *state;

	poke_random(b, 0, 512 * KIB);		/* so that everything has to be erased */
	plan_new(b);
	plan_random(b, 0, 512 * KIB);
	commit_well(b);
	assert_within(b, "512 KiB", 4.55 + 131072 * 16e-6);
	assert_true(b->report.exchanges <= 450);
}

/* Nothing to erase: the transfer is the limit, 25.1 us a word. */
static void is_within_the_limit_on_a_blank_chip(void **state)
{
	struct bench *b = *state;

	plan_new(b);
	plan_random(b, 0, 512 * KIB);
	commit_well(b);
	assert_within(b, "512 KiB, blank", 131072 * 25.1e-6);
}

/* Half of it blank: what is erased and what is not take turns, so that the wire is never idle. */
static void hides_the_transfer_where_it_can(void **state)
{
	struct bench *b = *state;

	poke_random(b, 0x20000, 256 * KIB);
	plan_new(b);
	plan_random(b, 0x20000, 512 * KIB);
	commit_well(b);
	assert_within(b, "512 KiB, half blank", 2.0 + 131072 * 16e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(loads_sections_with_gaps),
		TEST(loads_random_images),
		TEST(erases_what_a_write_touches),
		TEST(erases_without_writing),
		TEST(erases_what_is_not_blank),
		TEST_SPECIAL(erases_everything_at_once),
		TEST(preserves_what_was_not_sent),
		TEST(keeps_sections_in_ram),
		TEST(can_leave_out_the_reset_at_the_end),
		TEST(leaves_out_what_is_there),
		TEST(does_not_erase_blank_sectors),
		TEST(does_not_trust_an_unfinished_sector),
		TEST(a_checksum_leaves_no_trace),
		TEST(a_checksum_does_without_the_crc_unit),
		TEST(is_within_the_limit),
		TEST(is_within_the_limit_on_a_blank_chip),
		TEST(hides_the_transfer_where_it_can),
	};

	cmocka_set_test_filter(getenv("TEST"));		/* TEST='loads_*' */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
