/* SPDX-License-Identifier: MIT
 *
 * The virtual flash controller: option words of L0 and L1, what they protect, and the second bank. Each rule is broken once,
 * and must be noticed.
 */
#include "tests/unit/flash_l1_bench.h"

/* --- option words ----------------------------------------------------------------------------- */

static void factory_options_are_loaded(void **state)
{
	struct fake_soc *f = *state;
	uint32_t user = fake_soc_read(f, OPTIONS + 4) & 0xFFFF;

	assert_int_equal(get(f, OBR), 0xAA | user << 16);
	assert_int_equal(get(f, WRPR1), 0);
	assert_int_equal(fake_soc_read(f, OPTIONS), 0xFF5500AA);
}

static void option_word_counts_from_the_next_load(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	fake_soc_write(f, OPTIONS + 8, 0xFFFE0001);
	fake_soc_advance(f, 2 * PROGRAM_NS - 1);
	assert_int_equal(get(f, SR) & BSY, BSY);
	fake_soc_advance(f, 1);
	assert_int_equal(fake_soc_read(f, OPTIONS + 8), 0xFFFE0001);
	assert_int_equal(get(f, WRPR1), 0);
	fake_soc_reset(f);
	assert_int_equal(get(f, WRPR1), 0);	/* a plain reset does not load */
	reload(f);
	assert_int_equal(get(f, WRPR1), 1);
}

static void options_take_words_only(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	assert_int_equal(fake_soc_try_write(f, OPTIONS + 8, 2, 1), BUS_OK);
	assert_int_equal(said(f), SIZERR);
}

static void factory_area_is_not_writable(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	program(f, f->spec.uid_address, 0);
	assert_int_equal(said(f), WRPERR);
	assert_int_equal(fake_soc_read(f, f->spec.uid_address), 0x04030201);
}

static void launch_needs_optlock_open(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	put(f, PECR, OBL_LAUNCH);
	assert_int_equal(f->resets, 0);
	put(f, OPTKEYR, OPTKEY1);
	put(f, OPTKEYR, OPTKEY2);
	put(f, PECR, OBL_LAUNCH);
	assert_int_equal(f->resets, SOC_RESET_OPTIONS);
}

static void broken_complement_is_optverr_and_level_1(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock_options(f);
	program(f, OPTIONS, 0xFF5400AA);
	fake_soc_advance(f, PROGRAM_NS);
	reload(f);
	assert_int_equal(get(f, SR) & OPTVERR, OPTVERR);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
}

static void level_1_keeps_debuggers_out(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock_options(f);
	write_option(f, 0, 0xBB);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	reload(f);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_read(f, EEPROM, 4, &value), BUS_FAULT);
	assert_int_equal(bus_read(&f->bus, FLASH, 4, &value, BUS_CPU), BUS_FAULT);
	unlock(f);
	program(f, FLASH, 1);
	assert_int_equal(said(f), WRPERR);
	assert_int_equal(get(f, OBR) & 0xFF, 0xBB);
}

static void going_back_to_level_0_erases_all(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH, 1);
	program(f, EEPROM, 1);
	put(f, OPTKEYR, OPTKEY1);
	put(f, OPTKEYR, OPTKEY2);
	write_option(f, 0, 0xBB);
	reload(f);
	unlock_options(f);
	write_option(f, 0, 0xAA);
	reload(f);
	assert_int_equal(fake_soc_read(f, FLASH), 0);
	assert_int_equal(fake_soc_read(f, EEPROM), 0);
	assert_int_equal(get(f, OBR) & 0xFF, 0xAA);
}

static void level_2_closes_the_debug_port(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	write_option(f, 0, 0xCC);
	assert_false(f->soc.swd_disabled);
	reload(f);
	assert_true(f->soc.swd_disabled);
	unlock_options(f);
	write_option(f, 0, 0xAA);
	assert_int_equal(said(f), WRPERR);
}

static void write_protection_covers_4_kib(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	write_option(f, 8, 2);
	reload(f);
	unlock(f);
	program(f, FLASH + 0xFFC, 1);
	assert_int_equal(said(f), EOP);
	program(f, FLASH + 0x1000, 1);
	assert_int_equal(said(f), WRPERR);
	erase_page(f, FLASH + 0x1F80);
	assert_int_equal(said(f), WRPERR);
	program(f, FLASH + 0x2000, 1);
	assert_int_equal(said(f), EOP);
}

static void pcrop_hides_sectors_from_readers(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	program(f, FLASH, 1);
	put(f, OPTKEYR, OPTKEY1);
	put(f, OPTKEYR, OPTKEY2);
	write_option(f, 8, 0xFFFD);		/* a 0 protects now: the second sector */
	write_option(f, 0, 0x1AA);
	reload(f);
	assert_int_equal(fake_soc_read(f, FLASH), 1);
	assert_int_equal(fake_soc_try_read(f, FLASH + 0x1000, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_read(f, 0x1000, 4, &value), BUS_FAULT);
	assert_int_equal(said(f), RDERR);
	assert_int_equal(bus_read(&f->bus, FLASH + 0x1000, 4, &value, BUS_CPU), BUS_FAULT);
	said(f);
	unlock(f);
	program(f, FLASH + 0x1000, 1);
	assert_int_equal(said(f), WRPERR);
	erase_page(f, FLASH + 0x1000);
	assert_int_equal(said(f), WRPERR);
	program(f, FLASH + 0x2000, 1);
	assert_int_equal(said(f), EOP);
}

static void pcrop_goes_only_with_the_flash(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	write_option(f, 0, 0x1AA);
	reload(f);
	unlock_options(f);
	said(f);
	write_option(f, 0, 0xAA);
	assert_int_equal(said(f), WRPERR);
	write_option(f, 8, 1);
	assert_int_equal(said(f), WRPERR);
	write_option(f, 0, 0x1BB);
	reload(f);
	unlock_options(f);
	write_option(f, 0, 0xAA);
	reload(f);
	assert_int_equal(said(f), 0);
	assert_int_equal(fake_soc_read(f, FLASH), 0);
}

static void hardware_watchdog_is_an_option(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	write_option(f, 4, 0x60);
	reload(f);
	fake_soc_advance(f, 600 * MS);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

/* --- two banks -------------------------------------------------------------------------------- */

static void one_bank_is_read_while_the_other_is_written(void **state)
{
	struct fake_soc *f = *state;
	uint32_t second = f->spec.banks[1].base, value;

	unlock(f);
	fake_soc_write(f, second, 0x55);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_try_read(f, second, 4, &value), BUS_STALL);
	fake_soc_advance(f, PROGRAM_NS);
	assert_int_equal(fake_soc_read(f, second), 0x55);
	assert_int_equal(fake_soc_read(f, second - FLASH), 0x55);	/* alias */
}

static void protection_words_go_on_in_the_second_bank(void **state)
{
	struct fake_soc *f = *state;
	uint32_t sector = 32 * 4096;

	unlock_options(f);
	write_option(f, 0x10, 1);
	reload(f);
	assert_int_equal(get(f, WRPR2), 1);
	unlock(f);
	program(f, FLASH + sector - 4, 1);
	assert_int_equal(said(f), EOP);
	program(f, FLASH + sector, 1);
	assert_int_equal(said(f), WRPERR);
}

static void last_protection_words_are_apart(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	write_option(f, 0x84, 0x8000);
	reload(f);
	assert_int_equal(get(f, WRPR2 + 8), 0x80000000);
	unlock(f);
	program(f, FLASH + 0x7FFFC, 1);
	assert_int_equal(said(f), WRPERR);
}

static void identity_is_split(void **state)
{
	struct fake_soc *f = *state;
	uint32_t size;

	assert_int_equal(fake_soc_try_read(f, f->spec.size_address, 2, &size), BUS_OK);
	assert_int_equal(size, f->spec.size_value);
	assert_int_equal(fake_soc_read(f, f->spec.uid_address), 0x04030201);
	assert_int_equal(fake_soc_read(f, f->spec.uid_address + 4), 0x08070605);
	assert_int_equal(fake_soc_read(f, f->spec.uid_address + 0x14), 0x0C0B0A09);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(factory_options_are_loaded),
		ON_BOTH(option_word_counts_from_the_next_load),
		ON(options_take_words_only, l0),
		ON_BOTH(factory_area_is_not_writable),
		ON_BOTH(launch_needs_optlock_open),
		ON_BOTH(broken_complement_is_optverr_and_level_1),
		ON_BOTH(level_1_keeps_debuggers_out),
		ON_BOTH(going_back_to_level_0_erases_all),
		ON(level_2_closes_the_debug_port, l1),
		ON_BOTH(write_protection_covers_4_kib),
		ON_BOTH(pcrop_hides_sectors_from_readers),
		ON_BOTH(pcrop_goes_only_with_the_flash),
		ON_BOTH(hardware_watchdog_is_an_option),
		ON(one_bank_is_read_while_the_other_is_written, l0_dual),
		ON(one_bank_is_read_while_the_other_is_written, l1_dual),
		ON(protection_words_go_on_in_the_second_bank, l0_dual),
		ON(last_protection_words_are_apart, l1_dual),
		ON_BOTH(identity_is_split),
		ON(identity_is_split, l1_dual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
