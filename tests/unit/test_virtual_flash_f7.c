/* SPDX-License-Identifier: MIT
 *
 * What the virtual flash of F2, F42x and F7 does that an F407's does not: two banks, an alias on the
 * ITCM, boot addresses, other times (RM0090 and RM0410 section 3).
 */
#include "tests/unit/fake_soc.h"
#include "tests/unit/h7_specs.h"

#include "probe/virtual/chips/chips.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { FLASH = 0x08000000, BANK2 = 0x08100000, HALF = 0x08080000, ITCM_ALIAS = 0x00200000,
       KEYR = 0x40023C04, OPTKEYR = 0x40023C08, SR = 0x40023C0C, CR = 0x40023C10,
       OPTCR = 0x40023C14, OPTCR1 = 0x40023C18 };

enum { PG = 1, SER = 2, MER = 4, X8 = 0, X16 = 1 << 8, X32 = 2 << 8, MER2 = 1 << 15,
       STRT = 1 << 16, ERRIE = 1 << 25 };

enum { WRPERR = 0x10, PGSERR = 0x80, BSY = 1 << 16 };

enum { OPTSTRT = 2, DB1M = 1 << 30, NDBANK = 1 << 29 };

#define MS 1000000ull
#define US 1000ull

#define SETUP(part) \
	static int setup_##part(void **state) \
	{ \
		struct virtual_spec spec; \
		spec_##part(&spec); \
		*state = fake_soc_with(&spec, chip_f4_build); \
		return 0; \
	}

SETUP(f205)
SETUP(f429)
SETUP(f429i)
SETUP(f746)
SETUP(f722)
SETUP(f767)

static int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

static void unlock(struct fake_soc *f)
{
	fake_soc_write(f, KEYR, 0x45670123);
	fake_soc_write(f, KEYR, 0xCDEF89AB);
}

static void change_option(struct fake_soc *f, uint32_t address, uint32_t value)
{
	fake_soc_write(f, OPTKEYR, 0x08192A3B);
	fake_soc_write(f, OPTKEYR, 0x4C5D6E7F);
	if (address != OPTCR)
		fake_soc_write(f, address, value);
	else
		fake_soc_write(f, OPTCR, value & ~3u);
	fake_soc_write(f, OPTCR, (fake_soc_read(f, OPTCR) & ~3u) | OPTSTRT);
	fake_soc_advance(f, 20000 * MS);
	fake_soc_write(f, OPTCR, fake_soc_read(f, OPTCR) | 1);
}

static void program_word(struct fake_soc *f, uint32_t address, uint32_t value)
{
	fake_soc_write(f, CR, PG | X32);
	fake_soc_write(f, address, value);
	fake_soc_advance(f, 16 * US);
}

static void start_erase(struct fake_soc *f, uint32_t snb)
{
	fake_soc_write(f, CR, SER | snb << 3 | X32);
	fake_soc_write(f, CR, SER | snb << 3 | X32 | STRT);
}

/* How long the operation in work takes, to the millisecond. */
static unsigned busy_ms(struct fake_soc *f)
{
	unsigned ms = 0;

	while (fake_soc_read(f, SR) & BSY && ms < 100000) {
		fake_soc_advance(f, MS);
		ms++;
	}
	return ms;
}

static unsigned erase_ms(struct fake_soc *f, uint32_t cr)
{
	fake_soc_write(f, CR, cr);
	fake_soc_write(f, CR, cr | STRT);
	return busy_ms(f);
}

/* --- F2 --------------------------------------------------------------------------------------- */

static void f2_has_no_error_interrupt(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, ERRIE | STRT);
	assert_int_equal(fake_soc_read(f, CR), 0);
	assert_int_equal(fake_soc_read(f, SR), PGSERR);
}

static void f2_programs_and_erases_like_f4(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, FLASH + 0x4000, 0x12345678);
	assert_int_equal(fake_soc_read(f, FLASH + 0x4000), 0x12345678);
	start_erase(f, 1);
	assert_int_equal(busy_ms(f), 250);
	assert_int_equal(fake_soc_read(f, FLASH + 0x4000), 0xFFFFFFFF);
}

/* --- two banks of the F4 ---------------------------------------------------------------------- */

static void sector_numbers_of_bank_2_start_at_16(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, FLASH, 1);
	program_word(f, BANK2, 2);
	start_erase(f, 16);
	assert_int_equal(busy_ms(f), 250);
	assert_int_equal(fake_soc_read(f, FLASH), 1);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
}

static void sector_numbers_between_the_banks_do_nothing(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, BANK2, 2);
	start_erase(f, 12);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(fake_soc_read(f, BANK2), 2);
}

static void a_bank_is_read_while_the_other_is_erased(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	start_erase(f, 16);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_try_read(f, BANK2, 4, &value), BUS_STALL);
	busy_ms(f);
	start_erase(f, 0);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_STALL);
	assert_int_equal(fake_soc_try_read(f, BANK2, 4, &value), BUS_OK);
}

static void each_mass_erase_bit_takes_its_bank(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, FLASH, 1);
	program_word(f, BANK2, 2);
	assert_int_equal(erase_ms(f, MER2 | X32), 8000);
	assert_int_equal(fake_soc_read(f, FLASH), 1);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
	program_word(f, BANK2, 2);
	assert_int_equal(erase_ms(f, MER | X32), 8000);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, BANK2), 2);
}

static void both_banks_at_once_take_as_long_as_one(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, FLASH, 1);
	program_word(f, BANK2, 2);
	assert_int_equal(erase_ms(f, MER | MER2 | X32), 8000);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
}

static void optcr1_protects_bank_2(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	change_option(f, OPTCR1, 0x0FFE0000);
	assert_int_equal(fake_soc_read(f, 0x1FFEC008) & 0xFFFF, 0x0FFE);
	assert_int_equal(fake_soc_read(f, 0x1FFFC008) & 0xFFFF, 0x0FFF);
	start_erase(f, 16);
	assert_int_equal(fake_soc_read(f, SR), WRPERR);
	fake_soc_write(f, SR, WRPERR);
	assert_int_equal(erase_ms(f, MER2 | X32), 0);
	assert_int_equal(fake_soc_read(f, SR), WRPERR);
	fake_soc_write(f, SR, WRPERR);
	assert_int_equal(erase_ms(f, MER | X32), 8000);
	start_erase(f, 0);
	assert_int_equal(busy_ms(f), 250);
	assert_int_equal(fake_soc_read(f, SR), 0);
}

static void db1m_makes_two_banks_of_one(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, HALF, 5);
	start_erase(f, 16);		/* one bank: there is no such sector */
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(fake_soc_read(f, HALF), 5);
	assert_int_equal(erase_ms(f, MER2 | X32), 0);
	assert_int_equal(fake_soc_read(f, SR), PGSERR);
	fake_soc_write(f, SR, PGSERR);
	change_option(f, OPTCR, 0x0FFFAAED | DB1M);
	assert_int_equal(fake_soc_read(f, OPTCR) & DB1M, DB1M);
	start_erase(f, 16);
	assert_int_equal(busy_ms(f), 250);
	assert_int_equal(fake_soc_read(f, HALF), 0xFFFFFFFF);
	start_erase(f, 11);		/* of one bank only */
	assert_int_equal(fake_soc_read(f, SR), 0);
}

/* --- F7 --------------------------------------------------------------------------------------- */

static void itcm_alias_reads_and_does_not_program(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, FLASH + 8, 0xCAFE);
	assert_int_equal(fake_soc_read(f, ITCM_ALIAS + 8), 0xCAFE);
	fake_soc_write(f, CR, PG | X32);
	assert_int_equal(fake_soc_try_write(f, ITCM_ALIAS + 12, 4, 1), BUS_FAULT);
	fake_soc_write(f, 0, 0x12345678);	/* ITCM RAM */
	assert_int_equal(fake_soc_read(f, 0), 0x12345678);
}

static void f7_boots_where_boot_add0_says(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(f->soc.boot_address, ITCM_ALIAS);
	change_option(f, OPTCR1, 0x00402000);
	fake_soc_reset(f);
	assert_int_equal(f->soc.boot_address, FLASH);
}

static void boot_addresses_protect_no_sector(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	change_option(f, OPTCR1, 0);
	start_erase(f, 0);
	assert_int_equal(busy_ms(f), 200);
	assert_int_equal(fake_soc_read(f, SR), 0);
}

static void f7_times_depend_on_the_sector(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	assert_int_equal(erase_ms(f, SER | X8), 400);
	assert_int_equal(erase_ms(f, SER | 4 << 3 | X32), 500);
	assert_int_equal(erase_ms(f, SER | 7 << 3 | X16), 1500);
	assert_int_equal(erase_ms(f, MER | X32), 4000);
}

static void f72x_times_are_others(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	assert_int_equal(erase_ms(f, SER | X32), 208);
	assert_int_equal(erase_ms(f, SER | 4 << 3 | X32), 505);
	assert_int_equal(erase_ms(f, SER | 7 << 3 | X32), 927);
	assert_int_equal(erase_ms(f, MER | X32), 3503);
}

static void f7_otp_is_two_pages_long(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, 0x1FF0F3FC, 0x11223344);
	assert_int_equal(fake_soc_read(f, 0x1FF0F3FC), 0x11223344);
	fake_soc_write(f, CR, PG | X8);
	assert_int_equal(fake_soc_try_write(f, 0x1FF0F40F, 1, 0), BUS_OK);
	fake_soc_advance(f, 16 * US);
	program_word(f, 0x1FF0F3F8, 0x55667788);
	assert_int_equal(fake_soc_read(f, SR), WRPERR);
	assert_int_equal(fake_soc_read(f, 0x1FF0F420), 0x04030201);
}

static void ndbank_0_makes_two_banks(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, FLASH + 0x4000, 3);
	program_word(f, BANK2, 4);
	start_erase(f, 16);
	assert_int_equal(fake_soc_read(f, BANK2), 4);
	change_option(f, OPTCR, 0xFFFFAAFD & ~(uint32_t)NDBANK);
	start_erase(f, 16);
	assert_int_equal(busy_ms(f), 200);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
	start_erase(f, 1);		/* 16 KiB now */
	busy_ms(f);
	assert_int_equal(fake_soc_read(f, FLASH + 0x4000), 0xFFFFFFFF);
}

static void in_two_banks_a_bit_protects_a_pair(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	change_option(f, OPTCR, (0xFFFFAAFD & ~(uint32_t)NDBANK) & ~(1u << 17 | 1u << 22));
	for (uint32_t snb = 0; snb < 20; snb++) {
		bool protected = snb == 2 || snb == 3 || snb == 16 || snb == 17;

		if (snb >= 12 && snb < 16)
			continue;
		start_erase(f, snb);
		assert_int_equal(fake_soc_read(f, SR) & WRPERR, protected ? WRPERR : 0);
		busy_ms(f);
		fake_soc_write(f, SR, WRPERR);
	}
}

#define ON(test, part) cmocka_unit_test_setup_teardown(test, setup_##part, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(f2_has_no_error_interrupt, f205),
		ON(f2_programs_and_erases_like_f4, f205),
		ON(sector_numbers_of_bank_2_start_at_16, f429i),
		ON(sector_numbers_between_the_banks_do_nothing, f429i),
		ON(a_bank_is_read_while_the_other_is_erased, f429i),
		ON(each_mass_erase_bit_takes_its_bank, f429i),
		ON(both_banks_at_once_take_as_long_as_one, f429i),
		ON(optcr1_protects_bank_2, f429i),
		ON(db1m_makes_two_banks_of_one, f429),
		ON(itcm_alias_reads_and_does_not_program, f746),
		ON(f7_boots_where_boot_add0_says, f746),
		ON(boot_addresses_protect_no_sector, f746),
		ON(f7_times_depend_on_the_sector, f746),
		ON(f72x_times_are_others, f722),
		ON(f7_otp_is_two_pages_long, f746),
		ON(ndbank_0_makes_two_banks, f767),
		ON(in_two_banks_a_bit_protects_a_pair, f767),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
