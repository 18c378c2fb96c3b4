/* SPDX-License-Identifier: MIT
 *
 * Data EEPROM of L0 and L1 as part of a load: only what differs is written, what was not sent stays, the
 * controller ends locked.
 */
#include "tests/engine/family_bench.h"

enum { EEPROM = 0x08080000, KEPT = 64 /* bytes that each scene looks at */ };
enum { PECR = 0x04, LOCKS = 7 };

static const uint8_t old[KEPT] = "what an application has collected here over many years";

static void begin(struct bench *b)
{
	start(b);
	machine_poke(b->machine, EEPROM, old, sizeof old);
	plan_new(b);
}

static void write_text(struct bench *b, uint32_t address, const char *text)
{
	if (flash_plan_write(b->plan, address, text, (uint32_t)strlen(text), &b->why))
		fail_msg("%s", b->why.text);
}

static void assert_holds(struct bench *b, uint32_t address, const void *expected, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++) {
		uint32_t value = 0;

		assert_int_equal(machine_read(b->machine, address + i, 1, &value), BUS_OK);
		if (value != ((const uint8_t *)expected)[i])
			fail_msg("0x%08X holds %02X, should be %02X", address + i, value,
				 ((const uint8_t *)expected)[i]);
	}
}

static void assert_locked(struct bench *b)
{
	uint32_t pecr = 0;

	assert_int_equal(machine_read(b->machine, b->board.chip.flash_registers + PECR, 4, &pecr), BUS_OK);
	assert_int_equal(pecr & LOCKS, LOCKS);
}

/* Odd places, two writes into one word, a word in parts; what is in between stays. */
static void writes_what_was_sent_and_keeps_the_rest(void **state)
{
	struct bench *b = *state;
	uint8_t expected[KEPT];

	b->options.reset_after = false;		/* a reset would lock */
	begin(b);
	memcpy(expected, old, sizeof old);
	memcpy(expected + 3, "ABCDEFG", 7);
	memcpy(expected + 20, "x", 1);
	memcpy(expected + 22, "y", 1);
	memcpy(expected + 60, "\0\0\0\0", 4);
	write_text(b, EEPROM + 3, "ABCDEFG");
	write_text(b, EEPROM + 20, "x");
	write_text(b, EEPROM + 22, "y");
	assert_int_equal(flash_plan_write(b->plan, EEPROM + 60, "\0\0\0\0", 4, &b->why), 0);
	assert_int_equal(flash_plan_erase(b->plan, EEPROM, KEPT, &b->why), 0);
	assert_false(flash_plan_empty(b->plan));
	commit_well(b);
	assert_holds(b, EEPROM, expected, KEPT);
	assert_locked(b);
	assert_flash(b);
	assert_int_equal(b->report.bytes, 13);
	assert_int_equal(b->report.eeprom_bytes, 9);
	assert_int_equal(b->report.skipped_bytes, 4);	/* they were 0 before */
	assert_int_equal(b->report.erased_sectors, 0);
	assert_true(b->report.verified);
}

static void writes_flash_and_eeprom_in_one_go(void **state)
{
	struct bench *b = *state;

	begin(b);
	plan_section(b, b->board.chip.banks[0].base, 1000);
	write_text(b, EEPROM + 8, "settings");
	commit_well(b);
	assert_flash(b);
	assert_holds(b, EEPROM, old, 8);
	assert_holds(b, EEPROM + 8, "settings", 8);
	assert_int_equal(b->report.bytes, 1008);
	assert_true(b->report.used_loader);
}

static void writes_nothing_where_nothing_differs(void **state)
{
	struct bench *b = *state;

	begin(b);
	write_text(b, EEPROM, (const char *)old);
	commit_well(b);
	assert_holds(b, EEPROM, old, KEPT);
	assert_int_equal(b->report.eeprom_bytes, 0);
	assert_int_equal(b->report.skipped_bytes, b->report.bytes);
	assert_int_equal(b->report.write_us, 0);
}

static void takes_all_of_it(void **state)
{
	struct bench *b = *state;
	const struct chip_region *region;
	uint8_t *image;

	begin(b);
	region = chip_region_at(&b->board.chip, EEPROM);
	assert_non_null(region);
	image = malloc(region->size);
	for (uint32_t i = 0; i < region->size; i++)
		image[i] = (uint8_t)draw(b, 256);
	assert_int_equal(flash_plan_write(b->plan, EEPROM, image, region->size, &b->why), 0);
	commit_well(b);
	assert_holds(b, EEPROM, image, region->size);
	free(image);
}

/* On chips with 512 KiB of flash EEPROM begins where flash ends, and GDB joins what it erases. */
static void goes_over_the_end_of_flash_into_eeprom(void **state)
{
	struct bench *b = *state;
	struct chip_sector last;

	begin(b);
	if (bank_end(b, b->board.chip.bank_count - 1) != EEPROM)
		return;
	last = sector_at(b, EEPROM - 1);
	memcpy(image_at(b, EEPROM - 4), "over", 4);
	assert_int_equal(flash_plan_erase(b->plan, last.base, last.size + 8, &b->why), 0);
	write_text(b, EEPROM - 4, "over the");
	commit_well(b);
	assert_flash(b);
	assert_holds(b, EEPROM, " the", 4);
	assert_holds(b, EEPROM + 4, old + 4, KEPT - 4);
}

static void ends_where_it_ends(void **state)
{
	struct bench *b = *state;
	const struct chip_region *region;

	begin(b);
	region = chip_region_at(&b->board.chip, EEPROM);
	assert_int_equal(flash_plan_write(b->plan, EEPROM + region->size - 1, "ab", 2, &b->why), E_RANGE);
	assert_non_null(strstr(b->why.text, "outside of flash"));
	assert_int_equal(flash_plan_erase(b->plan, EEPROM, KEPT, &b->why), 0);
	assert_true(flash_plan_empty(b->plan));		/* there is nothing to do about it */
}

/* ---- trouble ---- */

static void interrupt(void *context, uint32_t done, uint32_t total)
{
	struct bench *b = context;

	(void)done, (void)total;
	b->interrupt = true;
}

static void can_be_interrupted(void **state)
{
	struct bench *b = *state;
	uint8_t expected[KEPT];

	begin(b);
	plan_section(b, b->board.chip.banks[0].base, 100);
	memset(image_at(b, b->board.chip.banks[0].base), b->chip.erased, 100);
	write_text(b, EEPROM, "one two ");
	assert_int_equal(flash_commit(b->plan, &b->options, &b->report, interrupt, b, &b->why), E_INTERRUPTED);
	memcpy(expected, old, sizeof old);
	memcpy(expected, "one ", 4);
	assert_holds(b, EEPROM, expected, KEPT);
	assert_locked(b);
	assert_flash(b);			/* its turn had not come */
	b->interrupt = false;
	commit_well(b);
	assert_holds(b, EEPROM, "one two ", 8);
}

/* The third word never ends. */
static void says_which_word_was_not_written(void **state)
{
	struct bench *b = *state;

	begin(b);
	machine_set_mishaps(b->machine, &(struct machine_mishaps){ .flash_stuck = 3 });
	write_text(b, EEPROM + 16, "four words long.");
	assert_int_equal(flash_commit(b->plan, &b->options, &b->report, NULL, NULL, &b->why), E_TIMEOUT);
	assert_non_null(strstr(b->why.text, "data EEPROM at 0x08080018"));
	assert_holds(b, EEPROM, old, 16);
	assert_holds(b, EEPROM + 16, "four wor", 8);
	assert_holds(b, EEPROM + 28, old + 28, KEPT - 28);
	assert_locked(b);
	assert_int_equal(b->board.unfinished.size, 0);
}

static void refuses_a_chip_that_is_read_protected(void **state)
{
	struct bench *b = *state;

	set_option(b, "RDP", 0);
	chip_virtual_spec(&b->chip, b->row->part, &b->spec);
	start(b);
	plan_new(b);
	write_text(b, EEPROM, "secret");
	assert_int_equal(flash_commit(b->plan, &b->options, &b->report, NULL, NULL, &b->why), E_PROTECTED);
	assert_non_null(strstr(b->why.text, "read-protected"));
}

static const struct row rows[] = {
	{ "STM32L053R8", NULL, false },
	{ "STM32L152RE", NULL, false },
	{ "STM32L151CB", NULL, false },
};

static const struct {
	const char *name;
	CMUnitTestFunction function;
} scenes[] = {
	{ "keeps the rest", writes_what_was_sent_and_keeps_the_rest },
	{ "with flash", writes_flash_and_eeprom_in_one_go },
	{ "nothing differs", writes_nothing_where_nothing_differs },
	{ "all", takes_all_of_it },
	{ "over the end of flash", goes_over_the_end_of_flash_into_eeprom },
	{ "its end", ends_where_it_ends },
	{ "interrupted", can_be_interrupted },
	{ "stuck", says_which_word_was_not_written },
	{ "read protection", refuses_a_chip_that_is_read_protected },
};

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(rows) * ARRAY_SIZE(scenes)];
	static char names[ARRAY_SIZE(tests)][64];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (size_t s = 0; s < ARRAY_SIZE(scenes); s++, count++) {
			snprintf(names[count], sizeof names[count], "%s: %s", rows[i].part, scenes[s].name);
			tests[count] = (struct CMUnitTest){ names[count], scenes[s].function, set_up,
							    tear_down, (void *)&rows[i] };
		}
	return _cmocka_run_group_tests("eeprom", tests, count, NULL, NULL);
}
