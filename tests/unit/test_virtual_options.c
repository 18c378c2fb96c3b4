/* SPDX-License-Identifier: MIT
 *
 * Option bytes of the virtual F4: lock, start, write protection, read protection levels.
 */
#include "tests/unit/fake_soc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
	FLASH = 0x08000000,
	KEYR = 0x40023C04,
	OPTKEYR = 0x40023C08,
	SR = 0x40023C0C,
	CR = 0x40023C10,
	OPTCR = 0x40023C14,
	MIRROR = 0x1FFFC000,
	OTP = 0x1FFF7800,
	BACKUP = 0x40024000
};

enum { FACTORY = 0x0FFFAAEC, LEVEL1 = 0x0FFF55EC, LEVEL2 = 0x0FFFCCEC, OPTLOCK = 1, OPTSTRT = 2 };

enum { PG = 1, SER = 2, MER = 4, X32 = 2 << 8, STRT = 1 << 16, WRPERR = 0x10, BSY = 1 << 16 };

#define MS 1000000ull

static int setup(void **state)
{
	*state = fake_soc_new();
	return 0;
}

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

static void unlock_options(struct fake_soc *f)
{
	fake_soc_write(f, OPTKEYR, 0x08192A3B);
	fake_soc_write(f, OPTKEYR, 0x4C5D6E7F);
}

/* As a driver would: value, then start, then wait. */
static void change(struct fake_soc *f, uint32_t value)
{
	unlock_options(f);
	fake_soc_write(f, OPTCR, value);
	fake_soc_write(f, OPTCR, value | OPTSTRT);
	fake_soc_advance(f, 20000 * MS);
	fake_soc_write(f, OPTCR, fake_soc_read(f, OPTCR) | OPTLOCK);
}

static void program_word(struct fake_soc *f, uint32_t address, uint32_t value)
{
	fake_soc_write(f, CR, PG | X32);
	fake_soc_write(f, address, value);
	fake_soc_advance(f, MS);
}

static void factory_values_in_register_and_memory(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, OPTCR), FACTORY | OPTLOCK);
	assert_int_equal(fake_soc_read(f, MIRROR) & 0xFFFF, 0xAAEC);
	assert_int_equal(fake_soc_read(f, MIRROR + 8) & 0xFFF, 0xFFF);
}

static void register_is_ignored_while_locked(void **state)
{
	fake_soc_write(*state, OPTCR, 0);
	assert_int_equal(fake_soc_read(*state, OPTCR), FACTORY | OPTLOCK);
}

static void wrong_key_faults_until_reset(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, OPTKEYR, 0x08192A3B);
	assert_int_equal(fake_soc_try_write(f, OPTKEYR, 4, 0x4C5D6E70), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(f, OPTKEYR, 4, 0x08192A3B), BUS_FAULT);
	fake_soc_reset(f);
	unlock_options(f);
	assert_int_equal(fake_soc_read(f, OPTCR), FACTORY);
}

static void value_without_start_is_lost_at_reset(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	fake_soc_write(f, OPTCR, FACTORY & ~0x80u);
	assert_int_equal(fake_soc_read(f, OPTCR), FACTORY & ~0x80u);
	assert_int_equal(fake_soc_read(f, MIRROR) & 0xFFFF, 0xAAEC);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, OPTCR), FACTORY | OPTLOCK);
}

static void start_takes_time_and_keeps_the_value(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	fake_soc_write(f, OPTCR, FACTORY & ~0x80u);
	fake_soc_write(f, OPTCR, (FACTORY & ~0x80u) | OPTSTRT);
	assert_int_equal(fake_soc_read(f, SR), BSY);
	assert_int_equal(fake_soc_try_write(f, OPTCR, 4, 0), BUS_STALL);
	fake_soc_advance(f, 1000 * MS);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(fake_soc_read(f, OPTCR), FACTORY & ~0x80u);
	assert_int_equal(fake_soc_read(f, MIRROR) & 0xFFFF, 0xAA6C);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_read(f, OPTCR), (FACTORY & ~0x80u) | OPTLOCK);
}

static void level_byte_can_be_written_alone(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	assert_int_equal(fake_soc_try_write(f, OPTCR + 1, 1, 0x55), BUS_OK);
	assert_int_equal(fake_soc_read(f, OPTCR), LEVEL1);
}

static void protected_sector_refuses_erase_and_program(void **state)
{
	struct fake_soc *f = *state;

	change(f, FACTORY & ~(1u << 17));	/* sector 1 */
	unlock(f);
	program_word(f, FLASH + 0x4000, 0);
	assert_int_equal(fake_soc_read(f, SR), WRPERR);
	assert_int_equal(fake_soc_read(f, FLASH + 0x4000), 0xFFFFFFFF);
	fake_soc_write(f, SR, WRPERR);
	fake_soc_write(f, CR, SER | 1 << 3 | X32 | STRT);
	assert_int_equal(fake_soc_read(f, SR), WRPERR);
	fake_soc_write(f, SR, WRPERR);
	fake_soc_write(f, CR, MER | X32 | STRT);
	assert_int_equal(fake_soc_read(f, SR), WRPERR);
	fake_soc_write(f, SR, WRPERR);
	program_word(f, FLASH, 0x55);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(fake_soc_read(f, FLASH), 0x55);
}

static void level1_waits_for_power_then_hides_flash_otp_and_backup(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	program_word(f, FLASH, 0x1234);
	change(f, LEVEL1);
	assert_int_equal(fake_soc_read(f, FLASH), 0x1234);	/* debugger attached: not yet */
	fake_soc_power_cycle(f);
	assert_int_equal(bus_read(&f->bus, FLASH, 4, &value, BUS_CPU), BUS_OK);	/* none attached */
	assert_int_equal(value, 0x1234);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_read(f, OTP, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_read(f, BACKUP, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(f, FLASH, 4, 0), BUS_FAULT);
	assert_int_equal(bus_read(&f->bus, FLASH, 4, &value, BUS_CPU), BUS_FAULT); /* now it is */
	assert_int_equal(fake_soc_try_read(f, 0x1FFF7A10, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_read(f, OPTCR), LEVEL1 | OPTLOCK);
}

static void back_to_level0_erases_flash_and_backup_but_not_otp(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, FLASH + 0x80000, 0x1234);
	program_word(f, OTP, 0x5678);
	change(f, LEVEL1);
	fake_soc_power_cycle(f);
	change(f, FACTORY);
	assert_int_equal(fake_soc_read(f, FLASH + 0x80000), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, OTP), 0x5678);
	assert_int_equal(fake_soc_read(f, BACKUP), 0);
	assert_int_equal(fake_soc_read(f, OPTCR), FACTORY | OPTLOCK);
}

static void level2_closes_swd_at_power_on_for_ever(void **state)
{
	struct fake_soc *f = *state;

	change(f, LEVEL2);
	assert_false(f->soc.swd_disabled);
	fake_soc_power_cycle(f);
	assert_true(f->soc.swd_disabled);
	unlock_options(f);	/* by the firmware */
	fake_soc_write(f, OPTCR, FACTORY | OPTSTRT);
	fake_soc_advance(f, 20000 * MS);
	fake_soc_power_cycle(f);
	assert_true(f->soc.swd_disabled);
}

static void power_loss_in_a_change_leaves_level1(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	fake_soc_write(f, OPTCR, FACTORY | OPTSTRT);
	fake_soc_advance(f, 10 * MS);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_read(f, OPTCR) >> 8 & 0xFF, 0xFF);
}

static void brownout_level_follows_the_option(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(f->soc.brownout_mv, 1700);
	change(f, FACTORY & ~0xCu);
	fake_soc_reset(f);
	assert_int_equal(f->soc.brownout_mv, 2700);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(factory_values_in_register_and_memory),
		T(register_is_ignored_while_locked),
		T(wrong_key_faults_until_reset),
		T(value_without_start_is_lost_at_reset),
		T(start_takes_time_and_keeps_the_value),
		T(level_byte_can_be_written_alone),
		T(protected_sector_refuses_erase_and_program),
		T(level1_waits_for_power_then_hides_flash_otp_and_backup),
		T(back_to_level0_erases_flash_and_backup_but_not_otp),
		T(level2_closes_swd_at_power_on_for_ever),
		T(power_loss_in_a_change_leaves_level1),
		T(brownout_level_follows_the_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
