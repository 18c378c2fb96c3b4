/* SPDX-License-Identifier: MIT
 *
 * Banks that firmware or the boot ROM has exchanged (SYSCFG's FB_MODE): what is loaded to an address has to stand
 * at that address, and the sectors that are erased for it have to be those behind it, whichever bank that is.
 */
#include "tests/engine/family_bench.h"

#include "flash/survey.h"

static const struct row by_rom[] = {		/* with BFB2 it looks for a stack pointer in bank 2 */
	{ "STM32L476RG", "BFB2=1", false },
	{ "STM32L476RC", "BFB2=1", false },
	{ "STM32L4R5ZI", "BFB2=1", false },
	{ "STM32L4P5CE", "BFB2=1", false },
	{ "STM32G474RE", "BFB2=1", false },
};
static const struct row by_firmware[] = { { "STM32L496ZG", NULL, false }, { "STM32G474RE", NULL, false } };
static const struct row with_wrp = { "STM32L476RG", "BFB2=1 WRP2A_STRT=1 WRP2A_END=1", false };

enum { RCC_APB2ENR = 0x40021060, MEMRMP = 0x40010000, FB_MODE = 1 << 8, SIZE = 9000, VECTORS = 8 };

static const uint8_t vectors[VECTORS] = { 0x00, 0x10, 0x00, 0x20, 0x01, 0x01, 0x00, 0x08 };

/* Makes bank 2 one that boots; the next reset exchanges them. */
static void boot_second(struct bench *b)
{
	start(b);
	machine_poke(b->machine, b->board.chip.banks[1].base, vectors, VECTORS);
	assert_int_equal(board_reset(&b->board, RESET_AUTO, true, &b->why), 0);
}

/* Old contents around and under what is to be loaded to the beginning of both banks; both boot before and after. */
static void plan_both(struct bench *b)
{
	plan_new(b);
	for (size_t i = 0; i < 2; i++) {
		uint32_t base = b->board.chip.banks[i].base, at;

		for (at = base; at < base + SIZE; at += sector_at(b, at).size)
			poke_old(b, at);
		poke_old(b, at);
		machine_poke(b->machine, base, vectors, VECTORS);
		fill_random(b, base, SIZE);
		memcpy(image_at(b, base), vectors, VECTORS);
		memset(image_at(b, base + SIZE), b->chip.erased, at - base - SIZE);
		assert_int_equal(flash_plan_write(b->plan, base, image_at(b, base), SIZE, &b->why), 0);
	}
}

static void exchanged_by_the_boot_rom(void **state)
{
	struct bench *b = *state;

	boot_second(b);
	plan_both(b);
	commit_well(b);
	assert_flash(b);
	assert_true(b->board.chip.swapped);
	assert_int_equal(b->board.chip.banks[0].physical, 1);
	commit_well(b);
	assert_int_equal(b->report.erased_sectors, 0);
}

static void exchanged_by_firmware_until_the_reset(void **state)
{
	struct flash_survey_row *rows;
	struct bench *b = *state;
	size_t count;

	start(b);
	plan_both(b);
	assert_int_equal(core_halt(b->core, 100), 0);
	assert_int_equal(machine_write(b->machine, RCC_APB2ENR, 4, 1), BUS_OK);
	assert_int_equal(machine_write(b->machine, MEMRMP, 4, FB_MODE), BUS_OK);
	assert_int_equal(machine_write(b->machine, RCC_APB2ENR, 4, 0), BUS_OK);
	assert_int_equal(flash_survey(b->core, &b->options, &rows, &count, &b->why), 0);
	free(rows);
	assert_true(b->board.chip.swapped);
	commit_well(b);			/* its reset puts them in order */
	assert_flash(b);
	assert_false(b->board.chip.swapped);
}

static void protection_goes_with_the_bank(void **state)
{
	struct bench *b = *state;
	uint8_t byte = 0;
	uint32_t base;

	boot_second(b);
	base = b->board.chip.banks[0].base;
	plan_new(b);
	assert_int_equal(flash_plan_write(b->plan, base + sector_at(b, base).size, &byte, 1, &b->why), 0);
	assert_int_equal(flash_commit(b->plan, &b->options, &b->report, NULL, NULL, &b->why), E_PROTECTED);
	assert_non_null(strstr(b->why.text, "sector 1 of bank 2 at 0x08000800 is write-protected"));
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(by_rom) + ARRAY_SIZE(by_firmware) + 1];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(by_rom); i++)
		tests[count++] = (struct CMUnitTest){ by_rom[i].part, exchanged_by_the_boot_rom, set_up, tear_down,
						      (void *)&by_rom[i] };
	for (size_t i = 0; i < ARRAY_SIZE(by_firmware); i++)
		tests[count++] = (struct CMUnitTest){ by_firmware[i].part, exchanged_by_firmware_until_the_reset,
						      set_up, tear_down, (void *)&by_firmware[i] };
	tests[count++] = (struct CMUnitTest){ "protection", protection_goes_with_the_bank, set_up, tear_down,
					      (void *)&with_wrp };
	cmocka_set_test_filter(getenv("TEST"));
	return _cmocka_run_group_tests("flash_remap", tests, count, NULL, NULL);
}
