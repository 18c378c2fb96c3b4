/* SPDX-License-Identifier: MIT
 *
 * What the virtual flash controllers of H5 and H7R/S do otherwise than the H7's: one set of registers,
 * life-cycle states, EDATA, OTP by half-words (RM0481 section 7, RM0477 section 5).
 */
#include "tests/unit/fake_soc.h"
#include "tests/unit/h7_specs.h"

#include "probe/virtual/chips/chips.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { FLASH = 0x08000000, BANK2 = 0x08100000, OTP = 0x08FFF000, EDATA = 0x09000000,
       H5 = 0x40022000, RS = 0x52002000, SECTOR = 8 << 10 };

enum { KEYR = 0x04, OPTKEYR = 0x0C, OPTCR = 0x1C, SR = 0x20, CR = 0x28, CCR = 0x30,
       OPTSR_CUR = 0x50, OPTSR_PRG = 0x54, OTPBLR_PRG = 0x94, WRP1_PRG = 0xEC, EDATA1_PRG = 0xF4,
       ECCDETR = 0x104, WRP2_PRG = 0x1EC };

enum { LOCK = 1, PG = 2, SER = 4, BER = 8, FW = 1 << 4, START = 1 << 5, MER = 1 << 15 };
#define BKSEL	(1u << 31)
#define SWAP	(1u << 31)

enum { BSY = 1, WBNE = 2, DBNE = 8, EOP = 1 << 16, WRPERR = 1 << 17, PGSERR = 1 << 18,
       STRBERR = 1 << 19, INCERR_H5 = 1 << 20, INCERR = 1 << 21, OPTCHANGEERR = 1 << 23,
       ERRORS = 0x00FE0000 };

enum { OPTSTART = 2, OPTSR = 0x2D30EDD8 };

#define MS 1000000ull
#define US 1000ull

static int setup_h5(void **state)
{
	struct virtual_spec spec;

	spec_h563(&spec);
	*state = fake_soc_with(&spec, chip_h5_build);
	return 0;
}

static int setup_rs(void **state)
{
	struct virtual_spec spec;

	spec_h7s7(&spec);
	*state = fake_soc_with(&spec, chip_h7_build);
	return 0;
}

static int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

static uint32_t get(struct fake_soc *f, uint32_t offset)
{
	return fake_soc_read(f, H5 + offset);
}

static void put(struct fake_soc *f, uint32_t offset, uint32_t value)
{
	fake_soc_write(f, H5 + offset, value);
}

static void unlock(struct fake_soc *f)
{
	put(f, KEYR, 0x45670123);
	put(f, KEYR, 0xCDEF89AB);
}

static void change_option(struct fake_soc *f, uint32_t offset, uint32_t value)
{
	put(f, OPTKEYR, 0x08192A3B);
	put(f, OPTKEYR, 0x4C5D6E7F);
	put(f, offset, value);
	put(f, OPTCR, OPTSTART);
	fake_soc_advance(f, 10 * MS);
	put(f, OPTCR, 1);
}

static void program(struct fake_soc *f, uint32_t address, uint32_t first)
{
	put(f, CR, PG);
	for (uint32_t i = 0; i < 4; i++)
		fake_soc_write(f, address + 4 * i, first + i);
	fake_soc_advance(f, 34 * US);
	put(f, CR, 0);
}

static void erase(struct fake_soc *f, uint32_t sector, uint32_t bank)
{
	put(f, CR, SER | sector << 6 | bank);
	put(f, CR, SER | sector << 6 | bank | START);
	fake_soc_advance(f, 2 * MS);
}

static void put_half(struct fake_soc *f, uint32_t address, uint32_t value)
{
	assert_int_equal(fake_soc_try_write(f, address, 2, value), BUS_OK);
	fake_soc_advance(f, 34 * US);
}

static enum bus_result get_half(struct fake_soc *f, uint32_t address, uint32_t *value)
{
	return fake_soc_try_read(f, address, 2, value);
}

/* --- H5: flash -------------------------------------------------------------------------------- */

static void programs_quad_words(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	put(f, CR, PG);
	for (uint32_t i = 0; i < 3; i++)
		fake_soc_write(f, FLASH + 4 * i, i);
	assert_int_equal(get(f, SR), WBNE);
	fake_soc_write(f, FLASH + 12, 3);
	assert_int_equal(get(f, SR), BSY);
	for (uint32_t i = 4; i < 8; i++)
		fake_soc_write(f, FLASH + 4 * i, i);
	assert_int_equal(get(f, SR), BSY | DBNE);
	fake_soc_advance(f, 68 * US);
	assert_int_equal(get(f, SR), EOP);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(fake_soc_read(f, FLASH + 4 * i), i);
}

static void incerr_is_another_bit_than_on_the_h7(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	put(f, CR, PG);
	fake_soc_write(f, FLASH, 1);
	fake_soc_write(f, FLASH + 16, 1);
	assert_int_equal(get(f, SR), INCERR_H5);
	put(f, CCR, INCERR_H5);
	assert_int_equal(get(f, SR), 0);
}

static void bksel_chooses_the_bank(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH + 3 * SECTOR, 1);
	program(f, BANK2 + 3 * SECTOR, 2);
	erase(f, 3, BKSEL);
	assert_int_equal(fake_soc_read(f, FLASH + 3 * SECTOR), 1);
	assert_int_equal(fake_soc_read(f, BANK2 + 3 * SECTOR), 0xFFFFFFFF);
	put(f, CR, BER);
	put(f, CR, BER | START);
	fake_soc_advance(f, 255 * MS);
	assert_int_equal(get(f, SR) & BSY, BSY);
	fake_soc_advance(f, MS);
	assert_int_equal(fake_soc_read(f, FLASH + 3 * SECTOR), 0xFFFFFFFF);
}

static void bksel_means_the_bank_on_the_die(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH, 1);
	change_option(f, OPTSR_PRG, OPTSR | SWAP);
	assert_int_equal(get(f, OPTSR_CUR), OPTSR);	/* until reset */
	fake_soc_reset(f);
	assert_int_equal(get(f, OPTSR_CUR), OPTSR | SWAP);
	assert_int_equal(fake_soc_read(f, BANK2), 1);
	unlock(f);
	erase(f, 0, BKSEL);
	assert_int_equal(fake_soc_read(f, BANK2), 1);
	erase(f, 0, 0);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
}

static void mer_erases_both_banks(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH, 1);
	program(f, BANK2, 2);
	put(f, CR, MER);
	put(f, CR, MER | START);
	fake_soc_advance(f, 512 * MS);
	assert_int_equal(get(f, SR), EOP);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
}

static void four_sectors_to_a_protection_bit_of_each_bank(void **state)
{
	struct fake_soc *f = *state;

	change_option(f, WRP2_PRG, 0xFFFFFFFE);
	unlock(f);
	erase(f, 3, 0);
	assert_int_equal(get(f, SR) & ERRORS, 0);
	erase(f, 4, BKSEL);
	assert_int_equal(get(f, SR) & ERRORS, 0);
	erase(f, 3, BKSEL);
	assert_int_equal(get(f, SR) & ERRORS, WRPERR);
	put(f, CCR, ERRORS);
	put(f, CR, MER);
	put(f, CR, MER | START);
	assert_int_equal(get(f, SR) & ERRORS, WRPERR);
}

static void double_programming_shows_in_eccdetr(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	program(f, BANK2 + 32, 0x12345678);
	program(f, BANK2 + 32, 0x87654321);
	assert_int_equal(fake_soc_try_read(f, BANK2 + 32, 4, &value), BUS_FAULT);
	assert_int_equal(get(f, ECCDETR), 1u << 31 | 1 << 22 | 2);
	put(f, ECCDETR, 1u << 31);
	assert_int_equal(get(f, ECCDETR) >> 31, 0);
}

/* --- H5: life cycle, EDATA, OTP --------------------------------------------------------------- */

static void the_product_state_only_goes_forward(void **state)
{
	struct fake_soc *f = *state;

	change_option(f, OPTSR_PRG, (OPTSR & ~0xFF00u) | 0x1700);
	assert_int_equal(get(f, SR), 0);
	fake_soc_reset(f);
	assert_int_equal(get(f, OPTSR_CUR) >> 8 & 0xFF, 0x17);
	assert_false(f->soc.core_port_closed);
	change_option(f, OPTSR_PRG, OPTSR);
	assert_int_equal(get(f, SR), OPTCHANGEERR);
	put(f, CCR, OPTCHANGEERR);
	assert_int_equal(get(f, SR), 0);
	change_option(f, OPTSR_PRG, (OPTSR & ~0xFF00u) | 0x9A00);	/* by authentication only */
	assert_int_equal(get(f, SR), OPTCHANGEERR);
}

static void closed_states_close_the_cores_port(void **state)
{
	struct fake_soc *f = *state;

	change_option(f, OPTSR_PRG, (OPTSR & ~0xFF00u) | 0x7200);
	assert_false(f->soc.core_port_closed);
	fake_soc_reset(f);
	assert_true(f->soc.core_port_closed);
	assert_false(f->soc.swd_disabled);
}

static void edata_takes_the_last_sectors_of_a_bank(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	assert_int_equal(fake_soc_try_read(f, EDATA, 2, &value), BUS_FAULT);
	change_option(f, EDATA1_PRG, 1 << 15 | 1);	/* two sectors */
	assert_int_equal(fake_soc_try_read(f, FLASH + 126 * SECTOR, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_read(f, FLASH + 126 * SECTOR - 4, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_try_read(f, EDATA + 5 * 0x1800, 2, &value), BUS_FAULT);
	assert_int_equal(get_half(f, EDATA + 6 * 0x1800, &value), BUS_FAULT);	/* never written */
	assert_int_equal(get(f, ECCDETR) >> 31, 1);
	unlock(f);
	put(f, CR, PG);
	put_half(f, EDATA + 6 * 0x1800, 0x1234);
	put_half(f, EDATA + 7 * 0x1800, 0x5678);
	assert_int_equal(get_half(f, EDATA + 6 * 0x1800, &value), BUS_OK);
	assert_int_equal(value, 0x1234);
	fake_soc_write(f, EDATA + 6 * 0x1800 + 4, 1);
	assert_int_equal(get(f, SR) & ERRORS, STRBERR);
	put(f, CCR, ERRORS);
	erase(f, 126, 0);
	assert_int_equal(get_half(f, EDATA + 6 * 0x1800, &value), BUS_FAULT);
	assert_int_equal(get_half(f, EDATA + 7 * 0x1800, &value), BUS_OK);
	assert_int_equal(value, 0x5678);
}

static void virgin_otp_faults_and_is_written_by_half_words(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	assert_int_equal(get_half(f, OTP + 6, &value), BUS_FAULT);
	assert_int_equal(get(f, ECCDETR), 1u << 31 | 1 << 24 | 6);
	unlock(f);
	put(f, CR, PG);
	put_half(f, OTP + 6, 0xABCD);
	assert_int_equal(get_half(f, OTP + 6, &value), BUS_OK);
	assert_int_equal(value, 0xABCD);
	fake_soc_write(f, OTP + 8, 1);
	assert_int_equal(get(f, SR) & ERRORS, STRBERR);
	put(f, CCR, ERRORS);
	put_half(f, OTP + 6, 0x1234);	/* no error, but the half-word is lost */
	assert_int_equal(get(f, SR) & ERRORS, 0);
	assert_int_equal(get_half(f, OTP + 6, &value), BUS_FAULT);
}

static void otp_blocks_are_locked_for_ever(void **state)
{
	struct fake_soc *f = *state;

	change_option(f, OTPBLR_PRG, 1u << 31);
	unlock(f);
	put(f, CR, PG);
	put_half(f, OTP + 31 * 64, 0);
	assert_int_equal(get(f, SR) & ERRORS, WRPERR);
	put(f, CCR, ERRORS);
	put_half(f, OTP + 30 * 64, 0);
	assert_int_equal(get(f, SR) & ERRORS, 0);
	change_option(f, OTPBLR_PRG, 0);
	assert_int_equal(get(f, SR) & ERRORS, OPTCHANGEERR);
}

static void option_lock_jams_on_a_wrong_key(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_try_write(f, H5 + OPTKEYR, 4, 1), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(f, H5 + OPTKEYR, 4, 0x08192A3B), BUS_FAULT);
	put(f, WRP1_PRG, 0);
	assert_int_equal(get(f, WRP1_PRG), 0xFFFFFFFF);
}

/* --- H7R/S ------------------------------------------------------------------------------------ */

enum { RS_CR = RS + 0x10, RS_SR = RS + 0x14, RS_ISR = RS + 0x24, RS_ICR = RS + 0x28,
       RS_OPTKEYR = RS + 0x100, RS_OPTCR = RS + 0x104, RS_OPTISR = RS + 0x108,
       RS_OPTICR = RS + 0x10C, RS_NVSR = RS + 0x200, RS_NVSRP = RS + 0x204, RS_WRPSR = RS + 0x218,
       RS_WRPSRP = RS + 0x21C };

enum { PG_OPT = 2, QW = 4, OPTERRF = 1 << 30, RS_PG_OTP = 1 << 16 };

static void unlock_rs(struct fake_soc *f)
{
	fake_soc_write(f, RS + KEYR, 0x45670123);
	fake_soc_write(f, RS + KEYR, 0xCDEF89AB);
}

static void unlock_rs_options(struct fake_soc *f)
{
	fake_soc_write(f, RS_OPTKEYR, 0x08192A3B);
	fake_soc_write(f, RS_OPTKEYR, 0x4C5D6E7F);
}

static void flags_are_in_a_register_of_their_own(void **state)
{
	struct fake_soc *f = *state;

	unlock_rs(f);
	fake_soc_write(f, RS_CR, PG);
	for (uint32_t i = 0; i < 4; i++)
		fake_soc_write(f, FLASH + 4 * i, i);
	assert_int_equal(fake_soc_read(f, RS_SR), BSY | QW);
	fake_soc_advance(f, 16 * US);
	assert_int_equal(fake_soc_read(f, RS_SR), 0);
	assert_int_equal(fake_soc_read(f, RS_ISR), EOP);
	fake_soc_write(f, RS_ICR, EOP);
	fake_soc_write(f, RS_CR, 0);
	fake_soc_write(f, FLASH + 16, 1);
	assert_int_equal(fake_soc_read(f, RS_ISR), PGSERR);
}

static void option_words_are_programmed_one_by_one(void **state)
{
	struct fake_soc *f = *state;

	unlock_rs_options(f);
	fake_soc_write(f, RS_WRPSRP, 0xFE);	/* without PG_OPT */
	assert_int_equal(fake_soc_read(f, RS_OPTISR), OPTERRF);
	fake_soc_write(f, RS_OPTICR, OPTERRF);
	fake_soc_write(f, RS_OPTCR, PG_OPT);
	fake_soc_write(f, RS_WRPSRP, 0xFE);
	assert_int_equal(fake_soc_read(f, RS_SR), BSY);
	fake_soc_advance(f, 2 * MS);
	assert_int_equal(fake_soc_read(f, RS_OPTISR), 0);
	assert_int_equal(fake_soc_read(f, RS_WRPSR), 0xFE);
	unlock_rs(f);
	fake_soc_write(f, RS_CR, SER);
	fake_soc_write(f, RS_CR, SER | START);
	assert_int_equal(fake_soc_read(f, RS_ISR), WRPERR);
}

static void closing_it_closes_the_cores_port_and_is_for_ever(void **state)
{
	struct fake_soc *f = *state;

	unlock_rs_options(f);
	fake_soc_write(f, RS_OPTCR, PG_OPT);
	fake_soc_write(f, RS_NVSRP, 0x51);
	fake_soc_advance(f, 2 * MS);
	assert_int_equal(fake_soc_read(f, RS_NVSR), 0xB4);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, RS_NVSR), 0x51);
	assert_true(f->soc.core_port_closed);
	unlock_rs_options(f);
	fake_soc_write(f, RS_OPTCR, PG_OPT);
	fake_soc_write(f, RS_NVSRP, 0xB4);
	assert_int_equal(fake_soc_read(f, RS_OPTISR), OPTERRF);
}

static void rs_otp_needs_its_bit_and_takes_words(void **state)
{
	struct fake_soc *f = *state;

	unlock_rs(f);
	fake_soc_write(f, RS_CR, PG);
	fake_soc_write(f, OTP, 0x12345678);
	assert_int_equal(fake_soc_read(f, RS_ISR), PGSERR);
	fake_soc_write(f, RS_ICR, PGSERR);
	fake_soc_write(f, RS_CR, PG | RS_PG_OTP);
	fake_soc_write(f, OTP, 0x12345678);
	fake_soc_advance(f, 16 * US);
	assert_int_equal(fake_soc_read(f, RS_ISR), EOP);
	assert_int_equal(fake_soc_read(f, OTP), 0x12345678);
}

#define ON(test, part) cmocka_unit_test_setup_teardown(test, setup_##part, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(programs_quad_words, h5),
		ON(incerr_is_another_bit_than_on_the_h7, h5),
		ON(bksel_chooses_the_bank, h5),
		ON(bksel_means_the_bank_on_the_die, h5),
		ON(mer_erases_both_banks, h5),
		ON(four_sectors_to_a_protection_bit_of_each_bank, h5),
		ON(double_programming_shows_in_eccdetr, h5),
		ON(the_product_state_only_goes_forward, h5),
		ON(closed_states_close_the_cores_port, h5),
		ON(edata_takes_the_last_sectors_of_a_bank, h5),
		ON(virgin_otp_faults_and_is_written_by_half_words, h5),
		ON(otp_blocks_are_locked_for_ever, h5),
		ON(option_lock_jams_on_a_wrong_key, h5),
		ON(flags_are_in_a_register_of_their_own, rs),
		ON(option_words_are_programmed_one_by_one, rs),
		ON(closing_it_closes_the_cores_port_and_is_for_ever, rs),
		ON(rs_otp_needs_its_bit_and_takes_words, rs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
