/* SPDX-License-Identifier: MIT
 *
 * The virtual flash controllers of L5, U5 and their kin without TrustZone: quad words, bursts,
 * swapped banks, option bytes that refuse.
 */
#include "tests/unit/l4_specs.h"

#include "probe/bytes.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { NSKEYR = REGISTERS + 0x08, NSSR = REGISTERS + 0x20, SECCR = REGISTERS + 0x2C,
       NSCR = REGISTERS + 0x28, U5_OPTR = REGISTERS + 0x40, BOOTADD0 = REGISTERS + 0x44,
       U5_WRP1A = REGISTERS + 0x58, OEM1KEYR1 = REGISTERS + 0x70, OEM1KEYR2 = REGISTERS + 0x74 };

enum { BWR = 1 << 14, WDW = 1 << 17, OEM1LOCK = 1 << 18, OPTWERR = 1 << 13, BANK2 = FLASH + 0x100000,
       U5_OTP = 0x0BFA0000, FACTORY = 0x1FEFF8AA, SWAP_BANK = 1 << 20 };
#define TZEN 0x80000000u

static int setup(void **state)
{
	*state = u585_new();
	return 0;
}

static int setup_l5(void **state)
{
	*state = l552_new();
	return 0;
}

static int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

static uint32_t program_quad(struct fake_soc *f, uint32_t address, uint32_t value)
{
	fake_soc_write(f, NSCR, PG);
	for (uint32_t i = 0; i < 4; i++)
		fake_soc_write(f, address + 4 * i, value + (value == 0xFFFFFFFF || !value ? 0 : i));
	fake_soc_advance(f, 118 * US);
	return fake_soc_read(f, NSSR);
}

static void clear_errors(struct fake_soc *f)
{
	fake_soc_write(f, NSSR, 0x20FA);
	assert_int_equal(fake_soc_read(f, NSSR), 0);
}

static void keys_open_once(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, NSCR), LOCKS);
	l4_unlock(f);
	assert_int_equal(fake_soc_read(f, NSCR), OPTLOCK);
	assert_int_equal(fake_soc_try_write(f, NSKEYR, 4, KEY1), BUS_FAULT);
	assert_int_equal(fake_soc_read(f, NSCR), LOCKS);
}

static void programs_a_quad_word(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, NSCR, PG);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(fake_soc_read(f, NSSR), i ? WDW : 0);
		fake_soc_write(f, FLASH + 32 + 4 * i, i);
	}
	assert_int_equal(fake_soc_read(f, NSSR), BSY);
	fake_soc_advance(f, 118 * US);
	assert_int_equal(fake_soc_read(f, NSSR), 0);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(fake_soc_read(f, FLASH + 32 + 4 * i), i);
}

static void quad_words_are_aligned(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, NSCR, PG);
	fake_soc_write(f, FLASH + 8, 0);
	assert_int_equal(fake_soc_read(f, NSSR), PGAERR);
	clear_errors(f);
	fake_soc_write(f, FLASH, 0);
	fake_soc_write(f, FLASH + 16, 0);
	assert_int_equal(fake_soc_read(f, NSSR), PGAERR);
}

static void quad_words_are_programmed_once(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	assert_int_equal(program_quad(f, FLASH, 1), 0);
	assert_int_equal(program_quad(f, FLASH, 1), PROGERR);
	clear_errors(f);
	assert_int_equal(program_quad(f, FLASH, 0), 0);
	assert_int_equal(program_quad(f, FLASH + 16, 0xFFFFFFFF), 0);
	assert_int_equal(program_quad(f, FLASH + 16, 0), PROGERR);
}

static void l5_programs_double_words(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	assert_int_equal(l4_program(f, FLASH + 8, 1, 2), 0);
	assert_int_equal(fake_soc_read(f, FLASH + 12), 2);
	assert_int_equal(l4_program(f, FLASH + 8, 1, 3), PROGERR);
	fake_soc_write(f, NSCR, PG | BWR);	/* there is no burst */
	assert_int_equal(fake_soc_read(f, NSCR), PG | OPTLOCK);
}

static void burst_takes_eight_quad_words(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, NSCR, PG | BWR);
	for (uint32_t i = 0; i < 32; i++)
		fake_soc_write(f, FLASH + 128 + 4 * i, i);
	assert_int_equal(fake_soc_read(f, NSSR), BSY);
	fake_soc_advance(f, 380 * US);
	for (uint32_t i = 0; i < 32; i++)
		assert_int_equal(fake_soc_read(f, FLASH + 128 + 4 * i), i);
	fake_soc_write(f, FLASH + 64, 0);	/* 128 bytes, aligned */
	assert_int_equal(fake_soc_read(f, NSSR), PGAERR);
}

static void pages_and_banks_erase(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	program_quad(f, BANK2 + 0x2000, 1);
	program_quad(f, FLASH + 0x2000, 2);
	fake_soc_write(f, NSCR, PER | BKER | 1 << PNB);
	fake_soc_write(f, NSCR, PER | BKER | 1 << PNB | STRT);
	fake_soc_advance(f, 1499999);
	assert_int_equal(fake_soc_read(f, NSSR), BSY);
	fake_soc_advance(f, 1);
	assert_int_equal(fake_soc_read(f, NSSR), 0);
	assert_int_equal(fake_soc_read(f, BANK2 + 0x2000), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, FLASH + 0x2000), 2);
	fake_soc_write(f, NSCR, MER1);
	fake_soc_write(f, NSCR, MER1 | STRT);
	fake_soc_advance(f, 191 * MS);		/* page after page */
	assert_int_equal(fake_soc_read(f, NSSR), BSY);
	fake_soc_advance(f, 2 * MS);
	assert_int_equal(fake_soc_read(f, FLASH + 0x2000), 0xFFFFFFFF);
}

static void bker_means_the_bank_on_the_die(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	program_quad(f, FLASH, 1);
	program_quad(f, BANK2, 0x11);
	fake_soc_write(f, NSCR, LOCK);
	l4_set_option(f, U5_OPTR, FACTORY | SWAP_BANK);
	assert_int_equal(fake_soc_read(f, FLASH), 0x11);
	l4_unlock(f);
	l4_erase_page(f, 0);
	assert_int_equal(fake_soc_read(f, FLASH), 0x11);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
}

static void secure_registers_are_not_there(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, REGISTERS + 0x0C, KEY1);
	fake_soc_write(f, REGISTERS + 0x0C, KEY2);
	fake_soc_write(f, SECCR, PG);
	assert_int_equal(fake_soc_read(f, SECCR), 0);
}

static void boot_address_comes_from_options(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(f->soc.boot_address, FLASH);
	l4_set_option(f, BOOTADD0, 0x0810007F);
	assert_int_equal(f->soc.boot_address, BANK2);
	l4_set_option(f, U5_OPTR, FACTORY & ~(3 << 26));
	assert_int_equal(f->soc.boot_address, 0x0BF90000);
}

static void tzen_changes_at_its_level_only(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock_options(f);
	fake_soc_write(f, U5_OPTR, (FACTORY & ~0xFF) | 0xBB | TZEN);
	fake_soc_write(f, NSCR, OPTSTRT);
	assert_int_equal(fake_soc_read(f, NSSR), OPTWERR);
	clear_errors(f);
	l4_set_option(f, U5_OPTR, FACTORY | TZEN);
	l4_unlock_options(f);
	fake_soc_write(f, U5_OPTR, FACTORY);
	fake_soc_write(f, NSCR, OPTSTRT);
	assert_int_equal(fake_soc_read(f, NSSR), OPTWERR);
}

static void locked_write_protection_stays(void **state)
{
	struct fake_soc *f = *state;

	l4_set_option(f, U5_WRP1A, 0x80010001);
	l4_set_option(f, U5_WRP1A, 0x00020001);	/* UNLOCK = 0 */
	l4_set_option(f, U5_WRP1A, 0x800000FF);
	assert_int_equal(fake_soc_read(f, U5_WRP1A), 0x00020001);
	l4_unlock(f);
	assert_int_equal(program_quad(f, FLASH + 0x4000, 1), WRPERR | PGSERR);
}

static void protection_that_the_spec_does_not_list_is_off(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, REGISTERS + 0x5C), 0xFF00FFFF);	/* WRP1BR */
	assert_int_equal(fake_soc_read(f, REGISTERS + 0x6C), 0xFF00FFFF);
	l4_unlock(f);
	assert_int_equal(program_quad(f, FLASH, 1), 0);
}

static void oem_key_guards_the_way_back(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock_options(f);
	fake_soc_write(f, OEM1KEYR1, 0x11111111);
	fake_soc_write(f, OEM1KEYR2, 0x22222222);
	fake_soc_write(f, U5_OPTR, (FACTORY & ~0xFF) | 0xBB);
	fake_soc_write(f, NSCR, OPTSTRT);
	fake_soc_advance(f, 6 * MS);
	l4_launch(f);
	assert_int_equal(fake_soc_read(f, NSSR), OEM1LOCK);
	assert_int_equal(fake_soc_read(f, OEM1KEYR1), 0);
	l4_unlock_options(f);
	fake_soc_write(f, U5_OPTR, FACTORY);
	fake_soc_write(f, NSCR, OPTSTRT);
	assert_int_equal(fake_soc_read(f, NSSR), OEM1LOCK | OPTWERR);
}

static void otp_takes_each_quad_word_once(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	assert_int_equal(program_quad(f, U5_OTP, 1), 0);
	assert_int_equal(program_quad(f, U5_OTP, 0), PROGERR);
	clear_errors(f);
	assert_int_equal(program_quad(f, U5_OTP + 512, 1) & WRPERR, WRPERR);
}

#define U5_TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		U5_TEST(keys_open_once),
		U5_TEST(programs_a_quad_word),
		U5_TEST(quad_words_are_aligned),
		U5_TEST(quad_words_are_programmed_once),
		cmocka_unit_test_setup_teardown(l5_programs_double_words, setup_l5, teardown),
		U5_TEST(burst_takes_eight_quad_words),
		U5_TEST(pages_and_banks_erase),
		U5_TEST(bker_means_the_bank_on_the_die),
		U5_TEST(secure_registers_are_not_there),
		U5_TEST(boot_address_comes_from_options),
		U5_TEST(tzen_changes_at_its_level_only),
		U5_TEST(locked_write_protection_stays),
		U5_TEST(protection_that_the_spec_does_not_list_is_off),
		U5_TEST(oem_key_guards_the_way_back),
		U5_TEST(otp_takes_each_quad_word_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
