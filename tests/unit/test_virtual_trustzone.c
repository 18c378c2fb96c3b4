/* SPDX-License-Identifier: MIT
 *
 * The secure side of the virtual U5: registers, watermarks and bits of pages, aliases, and who is let in.
 */
#include "tests/unit/l4_specs.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { NSSR = REGISTERS + 0x20, NSCR = REGISTERS + 0x28, SECKEYR = 0x5002200C, SECSR = 0x50022024,
       SECCR = 0x5002202C, U5_OPTR = REGISTERS + 0x40, SECWM1R1 = REGISTERS + 0x50, SECBB1R1 = 0x50022080,
       SECURE = 0x0C000000, PAGE = 8192 };
enum { FACTORY = 0x1FEFF8AA, NO_PAGES = 0x0000007F };
#define TZEN 0x80000000u

static int setup(void **state)
{
	struct fake_soc *f = u585_secure_new();

	l4_set_option(f, U5_OPTR, FACTORY | TZEN);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

static void unlock_secure(struct fake_soc *f)
{
	fake_soc_write(f, SECKEYR, KEY1);
	fake_soc_write(f, SECKEYR, KEY2);
}

static uint32_t erase_by(struct fake_soc *f, uint32_t cr, uint32_t sr, unsigned page)
{
	fake_soc_write(f, cr, PER | page << PNB);
	fake_soc_write(f, cr, PER | page << PNB | STRT);
	fake_soc_advance(f, 2 * MS);
	return fake_soc_read(f, sr);
}

static uint32_t program_secure(struct fake_soc *f, uint32_t address)
{
	fake_soc_write(f, SECCR, PG);
	for (uint32_t i = 0; i < 4; i++)
		fake_soc_write(f, address + 4 * i, i);
	fake_soc_advance(f, 118 * US);
	return fake_soc_read(f, SECSR);
}

static enum bus_result look(struct fake_soc *f, uint32_t address)
{
	uint32_t value;

	return fake_soc_try_read(f, address, 4, &value);
}

static void tzen_makes_all_pages_secure(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, SECWM1R1) & 0xFF, 0);
	assert_int_equal(fake_soc_read(f, SECWM1R1) >> 16, 0xFF);
	assert_int_equal(f->soc.boot_address, SECURE);
	assert_true(f->soc.trustzone && f->soc.secure_debug);
	l4_unlock(f);
	assert_int_equal(erase_by(f, NSCR, NSSR, 0), WRPERR);
	unlock_secure(f);
	assert_int_equal(erase_by(f, SECCR, SECSR, 0), 0);
	assert_int_equal(program_secure(f, SECURE), 0);
	assert_int_equal(fake_soc_read(f, SECURE + 4), 1);
	assert_int_equal(fake_soc_read(f, FLASH + 4), 1);
	assert_int_equal(fake_soc_read(f, NSSR), WRPERR);
}

static void each_side_has_its_lock(void **state)
{
	struct fake_soc *f = *state;

	unlock_secure(f);
	assert_int_equal(fake_soc_read(f, SECCR), OPTLOCK);
	assert_int_equal(fake_soc_read(f, NSCR), LOCKS);
}

static void bits_make_pages_secure_until_reset(void **state)
{
	struct fake_soc *f = *state;

	l4_set_option(f, SECWM1R1, NO_PAGES);
	assert_int_equal(look(f, SECURE), BUS_FAULT);
	unlock_secure(f);
	assert_int_equal(erase_by(f, SECCR, SECSR, 0), WRPERR);
	fake_soc_write(f, SECSR, WRPERR);
	fake_soc_write(f, SECBB1R1, 2);
	assert_int_equal(look(f, SECURE), BUS_FAULT);
	assert_int_equal(look(f, SECURE + PAGE), BUS_OK);
	assert_int_equal(erase_by(f, SECCR, SECSR, 1), 0);
	assert_int_equal(program_secure(f, SECURE + PAGE), 0);
	assert_int_equal(program_secure(f, SECURE), WRPERR | PGSERR);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, SECBB1R1), 0);
	assert_int_equal(look(f, SECURE + PAGE), BUS_FAULT);
}

static void a_mass_erase_wants_its_side_alone(void **state)
{
	struct fake_soc *f = *state;

	l4_set_option(f, SECWM1R1, 0x00090000);
	unlock_secure(f);
	fake_soc_write(f, SECCR, MER1);
	fake_soc_write(f, SECCR, MER1 | STRT);
	assert_int_equal(fake_soc_read(f, SECSR), WRPERR);
}

static void without_secure_debug_all_is_shut(void **state)
{
	struct fake_soc *f = *state;

	l4_set_option(f, U5_OPTR, (FACTORY & ~0xFF) | 0x55 | TZEN);
	assert_false(f->soc.secure_debug);
	assert_int_equal(look(f, SECURE), BUS_FAULT);
	assert_int_equal(look(f, SECCR), BUS_FAULT);
	assert_int_equal(fake_soc_read(f, REGISTERS + 0x2C), 0);
	assert_int_equal(fake_soc_read(f, NSCR), LOCKS);
}

static void without_tzen_there_are_no_aliases(void **state)
{
	struct fake_soc *f = *state;

	l4_set_option(f, U5_OPTR, (FACTORY & ~0xFF) | 0x55 | TZEN);
	l4_unlock_options(f);
	fake_soc_write(f, U5_OPTR, FACTORY);
	fake_soc_write(f, NSCR, OPTSTRT);
	fake_soc_advance(f, 4000 * MS);
	l4_launch(f);
	assert_false(f->soc.trustzone);
	assert_int_equal(look(f, SECURE), BUS_FAULT);
	assert_int_equal(look(f, SECCR), BUS_FAULT);
	assert_int_equal(look(f, 0x30000000), BUS_FAULT);
}

#define SECURE_TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SECURE_TEST(tzen_makes_all_pages_secure),
		SECURE_TEST(each_side_has_its_lock),
		SECURE_TEST(bits_make_pages_secure_until_reset),
		SECURE_TEST(a_mass_erase_wants_its_side_alone),
		SECURE_TEST(without_secure_debug_all_is_shut),
		SECURE_TEST(without_tzen_there_are_no_aliases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
