/* SPDX-License-Identifier: MIT
 *
 * The virtual flash controller: option bytes of the H7 and what they protect, its banks, and the H7A3. Each rule is broken once,
 * and must be noticed.
 */
#include "tests/unit/flash_h7_bench.h"

/* --- options ---------------------------------------------------------------------------------- */

static void options_are_read_in_one_register_and_written_in_another(void **state)
{
	struct fake_soc *f = *state;

	put(f, OPTSR_PRG, 0x1BC6AAF4);		/* locked: ignored */
	assert_int_equal(get(f, OPTSR_PRG), 0x1BC6AAF0);
	unlock_options(f);
	put(f, OPTSR_PRG, 0x1BC6AAF4);
	put(f, OPTSR_CUR, 0);
	assert_int_equal(get(f, OPTSR_CUR), 0x1BC6AAF0);
	put(f, OPTCR, OPTSTART);
	assert_int_equal(get(f, OPTSR_CUR), 0x1BC6AAF0 | OPT_BUSY);
	fake_soc_advance(f, 10 * MS);
	assert_int_equal(get(f, OPTSR_CUR), 0x1BC6AAF4);
	fake_soc_power_cycle(f);
	assert_int_equal(get(f, OPTSR_CUR), 0x1BC6AAF4);
}

static void wanted_values_without_optstart_are_forgotten(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	put(f, OPTSR_PRG, 0x1BC6AAF4);
	fake_soc_reset(f);
	assert_int_equal(get(f, OPTSR_PRG), 0x1BC6AAF0);
}

static void protected_sector_refuses_erase_and_program(void **state)
{
	struct fake_soc *f = *state;

	change_option(f, WPSN_PRG, 0xFD);
	unlock(f, 0);
	start_erase(f, 0, 1);
	assert_int_equal(get(f, SR), WRPERR);
	put(f, CCR, WRPERR);
	program(f, 0, FLASH + 0x20000, 1);
	assert_int_equal(get(f, SR) & WRPERR, WRPERR);
	put(f, CCR, ERRORS);
	put(f, CR, BER | X64 | START);
	assert_int_equal(get(f, SR), WRPERR);
	put(f, CCR, WRPERR);
	unlock(f, SET2);
	start_erase(f, SET2, 1);
	assert_int_equal(get(f, SET2 + SR), BSY | QW);
}

static void level_1_hides_the_flash_and_level_0_erases_it(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f, SET2);
	program(f, SET2, BANK2, 1);
	change_option(f, OPTSR_PRG, 0x1BC6BBF0);
	assert_int_equal(fake_soc_try_read(f, BANK2, 4, &value), BUS_FAULT);
	assert_int_equal(get(f, SET2 + SR) & RDPERR, RDPERR);
	change_option(f, OPTSR_PRG, 0x1BC6AAF0);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
}

static void level_2_closes_the_port_at_the_next_reset(void **state)
{
	struct fake_soc *f = *state;

	change_option(f, OPTSR_PRG, 0x1BC6CCF0);
	fake_soc_reset(f);
	assert_true(f->soc.swd_disabled);
	change_option(f, OPTSR_PRG, 0x1BC6AAF0);
	assert_int_equal(get(f, OPTSR_CUR), 0x1BC6CCF0 | OPTCHANGEERR);
	put(f, OPTCCR, OPTCHANGEERR);
	assert_int_equal(get(f, OPTSR_CUR), 0x1BC6CCF0);
}

static void pcrop_area_is_not_read(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	change_option(f, PRAR_PRG, 4 | 5 << 16);	/* 256-byte units */
	assert_int_equal(fake_soc_try_read(f, FLASH + 0x3FC, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_try_read(f, FLASH + 0x400, 4, &value), BUS_FAULT);
	assert_int_equal(errors(f, 0), RDPERR);
	assert_int_equal(fake_soc_try_read(f, FLASH + 0x600, 4, &value), BUS_OK);
}

static void boot_address_and_watchdog_are_options(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(f->soc.boot_address, FLASH);
	assert_false(f->soc.hardware_watchdog);
	change_option(f, BOOT_PRG, 0x1FF00810);
	change_option(f, OPTSR_PRG, 0x1BC6AAE0);
	fake_soc_reset(f);
	assert_int_equal(f->soc.boot_address, BANK2);
	assert_true(f->soc.hardware_watchdog);
}

/* --- banks ------------------------------------------------------------------------------------ */

static void there_is_a_hole_between_small_banks(void **state)
{
	uint32_t value;

	assert_int_equal(fake_soc_try_read(*state, 0x08080000, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_read(*state, BANK2, 4, &value), BUS_OK);
}

static void banks_swap_at_reset(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	program(f, 0, FLASH, 1);
	change_option(f, OPTSR_PRG, 0x1BC6AAF0 | 1u << 31);
	assert_int_equal(fake_soc_read(f, FLASH), 1);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, BANK2), 1);
	assert_int_equal(get(f, OPTCR), 1u << 31 | 1);
}

static void registers_go_with_the_address_when_swapped(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	program(f, 0, FLASH, 1);
	assert_int_equal(fake_soc_read(f, FLASH), 1);
	assert_int_equal(errors(f, 0) | errors(f, SET2), 0);
	start_erase(f, 0, 0);
	fake_soc_advance(f, 1000 * MS);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void or_they_stay_with_the_bank(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG | X64);
	fake_soc_write(f, FLASH, 1);
	assert_int_equal(errors(f, SET2), PGSERR);
	program(f, 0, BANK2, 1);
	assert_int_equal(fake_soc_read(f, BANK2), 1);
	start_erase(f, 0, 0);
	fake_soc_advance(f, 1000 * MS);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
}

/* --- H7A3 ------------------------------------------------------------------------------------- */

static void h7a3_programs_16_bytes(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG);
	write_words(f, FLASH, 1, 4);
	fake_soc_advance(f, 20 * US);
	assert_int_equal(get(f, SR), EOP);
	assert_int_equal(fake_soc_read(f, FLASH + 12), 4);
}

static void h7a3_erases_8_kib(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, SET2);
	put(f, SET2 + CR, PG);
	write_words(f, BANK2 + 127 * 0x2000, 1, 4);
	fake_soc_advance(f, 20 * US);
	put(f, SET2 + CR, SER | 127 << 6);
	put(f, SET2 + CR, SER | 127 << 6 | START_A3);
	fake_soc_advance(f, 2 * MS);
	assert_int_equal(get(f, SET2 + SR), EOP);
	assert_int_equal(fake_soc_read(f, BANK2 + 127 * 0x2000), 0xFFFFFFFF);
}

static void h7a3_protects_four_sectors_to_a_bit(void **state)
{
	struct fake_soc *f = *state;

	change_option(f, WPSN_PRG, 0xFFFFFFFD);
	unlock(f, 0);
	for (uint32_t sector = 3; sector < 9; sector++) {
		put(f, CR, SER | sector << 6);
		put(f, CR, SER | sector << 6 | START_A3);
		assert_int_equal(errors(f, 0), sector >= 4 && sector < 8 ? WRPERR : 0);
		fake_soc_advance(f, 2 * MS);
		put(f, CCR, ERRORS);
	}
}

enum { OTP = 0x08FFF000 };

static void put_otp(struct fake_soc *f, uint32_t offset, uint32_t value)
{
	assert_int_equal(fake_soc_try_write(f, OTP + offset, 2, value), BUS_OK);
	fake_soc_advance(f, 20 * US);
}

static void h7a3_otp_needs_pg_otp_and_half_words(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f, 0);
	put(f, CR, PG);
	put_otp(f, 2, 0x1234);
	assert_int_equal(errors(f, 0), PGSERR);
	put(f, CCR, PGSERR);
	unlock_options(f);
	put(f, OPTCR, PG_OTP);
	put_otp(f, 2, 0x1234);
	assert_int_equal(errors(f, 0), 0);
	assert_int_equal(fake_soc_try_read(f, OTP + 2, 2, &value), BUS_OK);
	assert_int_equal(value, 0x1234);
	fake_soc_write(f, OTP, 0x12345678);
	assert_int_equal(errors(f, 0), STRBERR);
}

static void otp_locks_are_for_ever(void **state)
{
	struct fake_soc *f = *state;

	change_option(f, OTPBL_PRG, 2);
	change_option(f, OTPBL_PRG, 0);
	assert_int_equal(get(f, OPTSR_CUR) & OPTCHANGEERR, OPTCHANGEERR);
	assert_int_equal(get(f, OTPBL_PRG - 4), 2);
	unlock(f, 0);
	put(f, CR, PG);
	unlock_options(f);
	put(f, OPTCR, PG_OTP);
	put_otp(f, 64, 0x1234);
	assert_int_equal(errors(f, 0), WRPERR);
	put(f, CCR, WRPERR);
	put_otp(f, 128, 0x1234);
	assert_int_equal(errors(f, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(options_are_read_in_one_register_and_written_in_another),
		T(wanted_values_without_optstart_are_forgotten),
		T(protected_sector_refuses_erase_and_program),
		T(level_1_hides_the_flash_and_level_0_erases_it),
		T(level_2_closes_the_port_at_the_next_reset),
		T(pcrop_area_is_not_read),
		T(boot_address_and_watchdog_are_options),
		T(there_is_a_hole_between_small_banks),
		T(banks_swap_at_reset),
		ON(registers_go_with_the_address_when_swapped, h743_swap),
		ON(or_they_stay_with_the_bank, h743_keep),
		ON(h7a3_programs_16_bytes, h7a3),
		ON(h7a3_erases_8_kib, h7a3),
		ON(h7a3_protects_four_sectors_to_a_bit, h7a3),
		ON(h7a3_otp_needs_pg_otp_and_half_words, h7a3),
		ON(otp_locks_are_for_ever, h7a3),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
