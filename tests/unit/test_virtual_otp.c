/* SPDX-License-Identifier: MIT
 *
 * OTP of the virtual F4: no way back, and lock bytes that close their block.
 */
#include "tests/unit/fake_soc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { OTP = 0x1FFF7800, LOCKS = 0x1FFF7A00, KEYR = 0x40023C04, SR = 0x40023C0C, CR = 0x40023C10 };

enum { PG = 1, SER = 2, MER = 4, X8 = 0, X32 = 2 << 8, STRT = 1 << 16 };

enum { WRPERR = 0x10, PGPERR = 0x40, PGSERR = 0x80 };

#define MS 1000000ull

static int setup(void **state)
{
	struct fake_soc *f = fake_soc_new();

	*state = f;
	fake_soc_write(f, KEYR, 0x45670123);
	fake_soc_write(f, KEYR, 0xCDEF89AB);
	return 0;
}

static int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

static uint32_t write_sr(struct fake_soc *f, uint32_t cr, uint32_t address, unsigned width,
			 uint32_t value)
{
	uint32_t sr;

	fake_soc_write(f, CR, cr);
	assert_int_equal(fake_soc_try_write(f, address, width, value), BUS_OK);
	fake_soc_advance(f, MS);
	sr = fake_soc_read(f, SR);
	fake_soc_write(f, SR, 0xF3);
	return sr;
}

static void is_blank_and_takes_any_width(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, OTP), 0xFFFFFFFF);
	assert_int_equal(write_sr(f, PG | X32, OTP, 4, 0x12345678), 0);
	assert_int_equal(fake_soc_read(f, OTP), 0x12345678);
	assert_int_equal(write_sr(f, PG | X8, OTP + 7, 1, 0xAB), 0);
	assert_int_equal(fake_soc_read(f, OTP + 4), 0xABFFFFFF);
}

static void second_write_ands(void **state)
{
	struct fake_soc *f = *state;

	write_sr(f, PG | X32, OTP, 4, 0xFFFF0F0F);
	assert_int_equal(write_sr(f, PG | X32, OTP, 4, 0x0000FFFF), 0);
	assert_int_equal(fake_soc_read(f, OTP), 0x00000F0F);
}

static void needs_pg_and_the_right_width(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(write_sr(f, X32, OTP, 4, 0), PGSERR);
	assert_int_equal(write_sr(f, PG | X8, OTP, 4, 0), PGPERR);
	assert_int_equal(fake_soc_read(f, OTP), 0xFFFFFFFF);
}

static void no_erase_reaches_it(void **state)
{
	struct fake_soc *f = *state;

	write_sr(f, PG | X32, OTP, 4, 0);
	fake_soc_write(f, CR, MER | X32 | STRT);
	fake_soc_advance(f, 8000 * MS);
	assert_int_equal(fake_soc_read(f, OTP), 0);
}

static void lock_byte_closes_its_block_only(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(write_sr(f, PG | X8, LOCKS + 1, 1, 0x00), 0);
	assert_int_equal(write_sr(f, PG | X32, OTP + 32, 4, 0), WRPERR);
	assert_int_equal(write_sr(f, PG | X32, OTP + 63 - 3, 4, 0), WRPERR);
	assert_int_equal(fake_soc_read(f, OTP + 32), 0xFFFFFFFF);
	assert_int_equal(write_sr(f, PG | X32, OTP + 28, 4, 0), 0);
	assert_int_equal(write_sr(f, PG | X32, OTP + 64, 4, 0), 0);
}

static void half_written_lock_byte_does_not_lock(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(write_sr(f, PG | X8, LOCKS, 1, 0x5A), 0);
	assert_int_equal(write_sr(f, PG | X32, OTP, 4, 0), 0);
}

static void lock_by_word_fails_unless_hearsay_is_left_out(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(write_sr(f, PG | X32, LOCKS, 4, 0), PGPERR);
	assert_int_equal(fake_soc_read(f, LOCKS), 0xFFFFFFFF);
	f->spec.no_hearsay = true;
	assert_int_equal(write_sr(f, PG | X32, LOCKS, 4, 0xFFFFFF00), 0);
	assert_int_equal(fake_soc_read(f, LOCKS), 0xFFFFFF00);
}

static void identification_beside_it_is_read_only(void **state)
{
	struct fake_soc *f = *state;
	uint32_t uid = fake_soc_read(f, 0x1FFF7A10);

	assert_int_equal(write_sr(f, PG | X32, 0x1FFF7A10, 4, 0), WRPERR);
	assert_int_equal(fake_soc_read(f, 0x1FFF7A10), uid);
}

static void survives_a_power_cycle(void **state)
{
	struct fake_soc *f = *state;

	write_sr(f, PG | X32, OTP, 4, 0xCAFE);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_read(f, OTP), 0xCAFE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(is_blank_and_takes_any_width),
		T(second_write_ands),
		T(needs_pg_and_the_right_width),
		T(no_erase_reaches_it),
		T(lock_byte_closes_its_block_only),
		T(half_written_lock_byte_does_not_lock),
		T(lock_by_word_fails_unless_hearsay_is_left_out),
		T(identification_beside_it_is_read_only),
		T(survives_a_power_cycle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
