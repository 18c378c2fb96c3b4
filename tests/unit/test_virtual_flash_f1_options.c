/* SPDX-License-Identifier: MIT
 *
 * The virtual flash controller: option bytes of F0 and F1, what they protect, and the second bank. Each rule is broken once,
 * and must be noticed.
 */
#include "tests/unit/flash_f1_bench.h"

/* --- option bytes ----------------------------------------------------------------------------- */

static void factory_options_are_loaded(void **state)
{
	assert_int_equal(fake_soc_read(*state, OPTIONS), 0x00FF5AA5);
	assert_int_equal(fake_soc_read(*state, OBR), 0x03FFFFFC);
	assert_int_equal(fake_soc_read(*state, WRPR), 0xFFFFFFFF);
}

static void factory_options_of_f0_are_loaded(void **state)
{
	assert_int_equal(fake_soc_read(*state, OPTIONS), 0x00FF55AA);
	assert_int_equal(fake_soc_read(*state, OBR), 0xFFFFFF00);
}

static void option_bytes_need_their_own_keys(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	erase_options(f);		/* OPTER does not stick */
	assert_int_equal(fake_soc_read(f, OPTIONS), 0x00FF5AA5);
	program_option(f, 4, 0);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
	fake_soc_write(f, OPTKEYR, KEY1);
	fake_soc_write(f, OPTKEYR, KEY2);
	assert_int_equal(fake_soc_read(f, CR), OPTWRE);
	fake_soc_write(f, CR, PG);	/* OPTWRE written as 0 closes */
	assert_int_equal(fake_soc_read(f, CR), PG);
}

static void option_keys_are_ignored_while_the_flash_is_locked(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, OPTKEYR, KEY1);
	fake_soc_write(f, OPTKEYR, KEY2);
	unlock(f);
	assert_int_equal(fake_soc_read(f, CR), 0);
}

static void option_write_makes_its_complement(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0x00A5);
	program_option(f, 4, 0x1212);
	assert_int_equal(get_half(f, OPTIONS), 0x5AA5);
	assert_int_equal(get_half(f, OPTIONS + 4), 0xED12);
	assert_int_equal(get_half(f, OPTIONS + 2), 0xFFFF);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, OBR) >> 10 & 0xFF, 0x12);
	assert_int_equal(fake_soc_read(f, OBR) & 1, 0);
}

static void option_write_to_a_programmed_byte_is_wrprterr(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	program_option(f, 4, 0);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
	assert_int_equal(get_half(f, OPTIONS + 4), 0x00FF);
}

static void options_take_half_words_only(void **state)
{
	unlock_options(*state);
	fake_soc_write(*state, CR, OPTPG | OPTWRE);
	assert_int_equal(fake_soc_try_write(*state, OPTIONS, 4, 0), BUS_FAULT);
}

static void erased_rdp_is_level_1_after_the_next_load(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock_options(f);
	erase_options(f);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	fake_soc_reset(f);		/* a debugger is there: not yet */
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(f, FLASH, 2, 0), BUS_FAULT);
	assert_int_equal(fake_soc_read(f, OBR) & 2, 2);
	unlock(f);
	erase_page(f, FLASH);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
}

static void core_still_reads_a_protected_f1(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock_options(f);
	erase_options(f);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
	assert_int_equal(bus_read(&f->bus, FLASH, 4, &value, BUS_CPU), BUS_OK);
}

static void core_does_not_read_a_protected_f0(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock_options(f);
	erase_options(f);
	fake_soc_reset(f);		/* loads at once */
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
	assert_int_equal(bus_read(&f->bus, FLASH, 4, &value, BUS_CPU), BUS_FAULT);
	assert_int_equal(fake_soc_read(f, OBR) & 6, 2);
}

static void lifting_protection_erases_the_flash(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	program(f, FLASH, 0);
	unlock_options(f);
	erase_options(f);
	fake_soc_power_cycle(f);
	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0xA5);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void rdp_written_back_before_a_load_erases_nothing(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	program(f, FLASH, 0);
	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0xA5);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFF0000);
}

static void broken_complement_sets_opterr(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	fake_soc_write(f, CR, OPTER | OPTWRE);
	fake_soc_write(f, CR, OPTER | OPTWRE | STRT);
	fake_soc_advance(f, 10 * MS);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_read(f, OBR) & 3, 3);	/* and level 1 */
}

static void write_protection_covers_4_kib(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0xA5);
	program_option(f, 8, 0xFD);	/* the second 4 KiB */
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, WRPR), 0xFFFFFFFD);
	unlock(f);
	program(f, FLASH + 0xFFE, 1);
	assert_int_equal(fake_soc_read(f, SR), EOP);
	fake_soc_write(f, SR, EOP);
	program(f, FLASH + 0x1000, 1);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
	fake_soc_write(f, SR, WRPRTERR);
	erase_page(f, FLASH + 0x1C00);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
	fake_soc_write(f, SR, WRPRTERR);
	program(f, FLASH + 0x2000, 1);
	assert_int_equal(fake_soc_read(f, SR), EOP);
	fake_soc_write(f, CR, MER);
	fake_soc_write(f, CR, MER | STRT);
	assert_int_equal(fake_soc_read(f, SR) & WRPRTERR, WRPRTERR);
}

static void last_protection_bit_covers_the_rest(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0xAA);
	program_option(f, 14, 0x7F);
	fake_soc_reset(f);
	unlock(f);
	program(f, FLASH + 0x1EFFE, 1);
	assert_int_equal(fake_soc_read(f, SR), EOP);
	fake_soc_write(f, SR, EOP);
	program(f, FLASH + 0x20000, 1);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
	fake_soc_write(f, SR, WRPRTERR);
	program(f, FLASH + 0x3FFFE, 1);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
}

static void hardware_watchdog_is_an_option(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0xA5);
	program_option(f, 2, 0xFE);
	fake_soc_reset(f);
	fake_soc_advance(f, 500 * MS);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

static void launch_resets_and_loads_on_f0_only(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, OBL_LAUNCH);
	assert_int_equal(f->resets, f->spec.core == VIRTUAL_M3 ? 0 : SOC_RESET_OPTIONS);
}

static void level_2_closes_the_debug_port(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0xCC);
	assert_false(f->soc.swd_disabled);
	fake_soc_reset(f);
	assert_true(f->soc.swd_disabled);
	assert_int_equal(fake_soc_read(f, OBR) & 6, 6);
	unlock_options(f);
	erase_options(f);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
}

/* --- the second bank -------------------------------------------------------------------------- */

static void each_bank_has_its_own_lock_and_bits(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	fake_soc_write(f, CR, PG);
	put_half(f, FLASH + 0x80000, 1);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(fake_soc_read(f, SR + BANK2), PGERR);
	fake_soc_write(f, SR + BANK2, PGERR);
	fake_soc_write(f, KEYR + BANK2, KEY1);
	fake_soc_write(f, KEYR + BANK2, KEY2);
	fake_soc_write(f, CR + BANK2, PER);
	fake_soc_write(f, AR + BANK2, FLASH + 0x80000);
	fake_soc_write(f, CR + BANK2, PER | STRT);
	assert_int_equal(fake_soc_read(f, SR + BANK2), BSY);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_try_read(f, FLASH + 0x80000, 4, &value), BUS_STALL);
	put_half(f, FLASH, 7);		/* both at work */
	assert_int_equal(get_half(f, FLASH), 7);
	assert_int_equal(fake_soc_read(f, SR + BANK2), BSY);
}

static void bank_registers_do_not_reach_the_other_bank(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, KEYR + BANK2, KEY1);
	fake_soc_write(f, KEYR + BANK2, KEY2);
	fake_soc_write(f, CR + BANK2, PG);
	put_half(f, FLASH + 0x80000, 1);
	fake_soc_write(f, CR, PER);
	fake_soc_write(f, AR, FLASH + 0x80000);
	fake_soc_write(f, CR, PER | STRT);
	fake_soc_advance(f, 30 * MS);
	assert_int_equal(get_half(f, FLASH + 0x80000), 1);
	fake_soc_write(f, CR, MER);
	fake_soc_write(f, CR, MER | STRT);
	fake_soc_advance(f, 30 * MS);
	assert_int_equal(get_half(f, FLASH + 0x80000), 1);
}

static void parts_with_one_bank_have_one_set_of_registers(void **state)
{
	fake_soc_write(*state, KEYR + BANK2, WRONG_KEY);	/* nothing there to be wrong for */
	assert_int_equal(fake_soc_read(*state, CR + BANK2), 0);
}

static void identity_is_where_the_spec_says(void **state)
{
	struct fake_soc *f = *state;
	uint32_t size;

	assert_int_equal(fake_soc_try_read(f, f->spec.size_address, 2, &size), BUS_OK);
	assert_int_equal(size, f->spec.size_value);
	assert_int_equal(fake_soc_read(f, f->spec.uid_address + 4), 0x08070605);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(factory_options_are_loaded, ),
		ON(factory_options_of_f0_are_loaded, _f0),
		ON(factory_options_of_f0_are_loaded, _f3),
		ON(option_bytes_need_their_own_keys, ),
		ON(option_keys_are_ignored_while_the_flash_is_locked, ),
		ON(option_write_makes_its_complement, ),
		ON(option_write_to_a_programmed_byte_is_wrprterr, ),
		ON(options_take_half_words_only, ),
		ON(erased_rdp_is_level_1_after_the_next_load, ),
		ON(core_still_reads_a_protected_f1, ),
		ON(core_does_not_read_a_protected_f0, _f0),
		ON(lifting_protection_erases_the_flash, ),
		ON(rdp_written_back_before_a_load_erases_nothing, ),
		ON(broken_complement_sets_opterr, ),
		ON(write_protection_covers_4_kib, ),
		ON(last_protection_bit_covers_the_rest, _f3),
		ON(hardware_watchdog_is_an_option, ),
		ON(launch_resets_and_loads_on_f0_only, ),
		ON(launch_resets_and_loads_on_f0_only, _f0),
		ON(level_2_closes_the_debug_port, _f0),
		ON(each_bank_has_its_own_lock_and_bits, _xl),
		ON(bank_registers_do_not_reach_the_other_bank, _xl),
		ON(parts_with_one_bank_have_one_set_of_registers, ),
		ON(identity_is_where_the_spec_says, ),
		ON(identity_is_where_the_spec_says, _f0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
