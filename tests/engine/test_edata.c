/* SPDX-License-Identifier: MIT
 *
 * The H5's data flash (EDATA) as part of a load: it is there when option bytes give sectors to it; what was not sent
 * stays; sectors are erased only when something written has to change; with swapped banks it is refused.
 */
#include "tests/engine/family_bench.h"

#include "server/memory_map.h"

enum { BANK1_END = 0x0900C000, BANK2_END = 0x09018000, SECTOR = 0x1800 };
enum { NSCR = 0x40022028, LOCK = 1, ECCDETR = 0x40022104 };

static const struct row rows[] = {
	{ "STM32H563ZI", "EDATA1_EN=1 EDATA1_STRT=1 EDATA2_EN=1 EDATA2_STRT=0", false },
	{ "STM32H523CE", "EDATA1_EN=1 EDATA1_STRT=1 EDATA2_EN=1 EDATA2_STRT=0", false },
};
static const struct row off = { "STM32H563ZI", NULL, false };
static const struct row swapped = { "STM32H563ZI", "SWAP_BANK=1 EDATA1_EN=1", false };

static void send(struct bench *b, uint32_t address, const void *data, uint32_t length)
{
	if (flash_plan_write(b->plan, address, data, length, &b->why))
		fail_msg("%s", b->why.text);
}

static void assert_holds(struct bench *b, uint32_t address, const void *expected, uint32_t length)
{
	for (uint32_t i = 0; i < length; i += 2) {
		uint32_t value = 0;

		assert_int_equal(machine_read(b->machine, address + i, 2, &value), BUS_OK);
		assert_int_equal(value, get_u16((const uint8_t *)expected + i));
	}
}

static void assert_virgin(struct bench *b, uint32_t address)
{
	uint32_t value;

	assert_int_equal(machine_read(b->machine, address, 2, &value), BUS_FAULT);
}

static void assert_locked(struct bench *b)
{
	uint32_t cr = 0;

	assert_int_equal(machine_read(b->machine, NSCR, 4, &cr), BUS_OK);
	assert_int_equal(cr & LOCK, LOCK);
}

static void takes_what_is_sent_with_flash_and_alone(void **state)
{
	uint8_t first[3000], last[SECTOR];
	struct bench *b = *state;
	uint32_t base = BANK1_END - 2 * SECTOR;

	start(b);
	for (size_t i = 0; i < sizeof last; i++)
		last[i] = (uint8_t)(7 * i + i / 256);
	memcpy(first, last + 1000, sizeof first);
	plan_new(b);
	plan_section(b, b->board.chip.banks[0].base, 5000);
	send(b, base, first, sizeof first);
	send(b, BANK1_END - 2, "xy", 2);
	send(b, BANK2_END - SECTOR, last, sizeof last);
	commit_well(b);
	assert_flash(b);
	assert_holds(b, base, first, sizeof first);
	assert_virgin(b, base + sizeof first);
	assert_virgin(b, BANK1_END - 4);
	assert_holds(b, BANK1_END - 2, "xy", 2);
	assert_holds(b, BANK2_END - SECTOR, last, sizeof last);
	assert_locked(b);
	assert_int_equal(b->report.eeprom_bytes, sizeof first + 2 + sizeof last);

	commit_well(b);			/* the same again */
	assert_int_equal(b->report.eeprom_bytes, 0);
	assert_int_equal(b->report.skipped_bytes, b->report.bytes);
	assert_int_equal(b->report.erased_sectors, 0);
}

static void erases_only_what_has_to_change(void **state)
{
	uint32_t base = BANK1_END - 2 * SECTOR, ecc = 0;
	struct bench *b = *state;

	b->options.reset_after = false;		/* a reset would lock, and clear ECCDETR */
	start(b);
	plan_new(b);
	send(b, base + 100, "ABCDEFGH", 8);
	send(b, BANK2_END - 8, "neighbor", 8);
	commit_well(b);
	assert_int_equal(b->report.erased_sectors, 0);
	plan_new(b);
	send(b, base + 200, "virgin", 6);		/* beside it: no erase */
	commit_well(b);
	assert_int_equal(b->report.erased_sectors, 0);
	plan_new(b);
	send(b, base + 103, "x", 1);			/* in the middle of a half-word */
	commit_well(b);
	assert_int_equal(b->report.erased_sectors, 1);
	assert_int_equal(b->report.eeprom_bytes, 1);
	assert_int_equal(machine_read(b->machine, ECCDETR, 4, &ecc), BUS_OK);
	assert_int_equal(ecc >> 31, 0);
	assert_holds(b, base + 100, "ABCxEFGH", 8);
	assert_holds(b, base + 200, "virgin", 6);
	assert_virgin(b, base + 206);
	assert_holds(b, BANK2_END - 8, "neighbor", 8);
	assert_locked(b);
}

static void gdb_may_load_it(void **state)
{
	struct bench *b = *state;
	struct memory_map map;

	start(b);
	memory_map_make(&map, &b->board.chip);
	assert_int_equal(memory_map_at(&map, BANK1_END - 2 * SECTOR)->kind, MEMORY_FLASH);
	assert_int_equal(memory_map_at(&map, BANK1_END - 1)->end, BANK1_END);
	assert_int_equal(memory_map_at(&map, BANK2_END - SECTOR)->kind, MEMORY_FLASH);
	assert_int_not_equal(memory_map_at(&map, BANK1_END - 2 * SECTOR - 1)->kind, MEMORY_FLASH);
	assert_int_not_equal(memory_map_at(&map, BANK2_END - SECTOR - 1)->kind, MEMORY_FLASH);
}

static void refuses(struct bench *b, uint32_t address)
{
	start(b);
	plan_new(b);
	assert_int_equal(flash_plan_write(b->plan, address, "xy", 2, &b->why), E_RANGE);
}

static void is_not_there_before_the_options_say_so(void **state)
{
	refuses(*state, BANK1_END - SECTOR);
}

static void has_no_more_than_they_say(void **state)
{
	refuses(*state, BANK1_END - 2 * SECTOR - 2);
}

static void is_refused_with_swapped_banks(void **state)
{
	refuses(*state, BANK1_END - SECTOR);
}

#define ON(row, function) { #function, function, set_up, tear_down, (void *)&(row) }

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(rows[0], takes_what_is_sent_with_flash_and_alone),
		ON(rows[1], takes_what_is_sent_with_flash_and_alone),
		ON(rows[0], erases_only_what_has_to_change),
		ON(rows[0], gdb_may_load_it),
		ON(rows[0], has_no_more_than_they_say),
		ON(off, is_not_there_before_the_options_say_so),
		ON(swapped, is_refused_with_swapped_banks),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("edata", tests, NULL, NULL);
}
