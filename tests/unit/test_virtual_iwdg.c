/* SPDX-License-Identifier: MIT
 *
 * Watchdogs of the virtual chip: keys, times, windows, and that only a halted core freezes them
 *.
 */
#include "tests/unit/fake_soc.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { KR = 0x40003000, PR = 0x40003004, RLR = 0x40003008, SR = 0x4000300C };

enum { WWDG_CR = 0x40002C00, WWDG_CFR = 0x40002C04, WWDG_SR = 0x40002C08, APB1ENR = 0x40023840,
       RCC_CSR = 0x40023874 };

enum { UNLOCK = 0x5555, RELOAD = 0xAAAA, START = 0xCCCC };

#define APB1_FZ 0xE0042008u

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

static void resets_after_512_ms_by_default(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, KR, START);
	fake_soc_advance(f, 512 * MS - 1);
	assert_int_equal(f->resets, 0);
	fake_soc_advance(f, 1);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

static void reload_starts_the_count_anew(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, KR, START);
	for (int i = 0; i < 10; i++) {
		fake_soc_advance(f, 400 * MS);
		fake_soc_write(f, KR, RELOAD);
	}
	assert_int_equal(f->resets, 0);
	fake_soc_advance(f, 512 * MS);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

static void wrong_key_does_not_reload(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, KR, START);
	fake_soc_advance(f, 400 * MS);
	fake_soc_write(f, KR, 0xAAAB);
	fake_soc_advance(f, 112 * MS);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

static void registers_need_the_key(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, RLR, 100);
	fake_soc_advance(f, MS);
	assert_int_equal(fake_soc_read(f, RLR), 0xFFF);
	fake_soc_write(f, KR, UNLOCK);
	fake_soc_write(f, KR, RELOAD);	/* any other key locks again */
	fake_soc_write(f, RLR, 100);
	fake_soc_advance(f, MS);
	assert_int_equal(fake_soc_read(f, RLR), 0xFFF);
}

static void new_values_take_five_cycles_to_arrive(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, KR, UNLOCK);
	fake_soc_write(f, PR, 6);
	assert_int_equal(fake_soc_read(f, SR), 1);
	fake_soc_write(f, RLR, 31);
	assert_int_equal(fake_soc_read(f, SR), 3);
	fake_soc_write(f, RLR, 7);	/* too early */
	fake_soc_advance(f, 5 * 31250);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(fake_soc_read(f, PR), 6);
	assert_int_equal(fake_soc_read(f, RLR), 31);
	fake_soc_write(f, KR, START);	/* 32 * 256 cycles of 32 kHz */
	fake_soc_advance(f, 256 * MS - 1);
	assert_int_equal(f->resets, 0);
	fake_soc_advance(f, 1);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

static void counts_while_halted_without_the_freeze_bit(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, KR, START);
	fake_soc_halt(f, true);
	fake_soc_advance(f, 512 * MS);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

static void freeze_bit_stops_it_only_while_halted(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, KR, START);
	fake_soc_advance(f, 300 * MS);
	fake_soc_halt(f, true);
	fake_soc_advance(f, 100 * MS);
	fake_soc_write(f, APB1_FZ, 1 << 12);
	fake_soc_advance(f, 10000 * MS);
	assert_int_equal(f->resets, 0);
	fake_soc_halt(f, false);
	fake_soc_advance(f, 112 * MS - 1);	/* the rest of 512 */
	assert_int_equal(f->resets, 0);
	fake_soc_advance(f, 1);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

static void hardware_option_starts_it_at_reset(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, 0x40023C08, 0x08192A3B);	/* OPTKEYR */
	fake_soc_write(f, 0x40023C08, 0x4C5D6E7F);
	fake_soc_write(f, 0x40023C14, 0x0FFFAACC);
	fake_soc_write(f, 0x40023C14, 0x0FFFAACE);
	fake_soc_advance(f, 1000 * MS);
	assert_int_equal(f->resets, 0);
	fake_soc_reset(f);
	fake_soc_advance(f, 512 * MS);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

static void reset_flags_name_the_cause_until_they_are_cleared(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, RCC_CSR), 0x0E000000);
	fake_soc_write(f, RCC_CSR, 1 << 24);
	assert_int_equal(fake_soc_read(f, RCC_CSR), 0);
	f->soc.reset_causes = SOC_RESET_IWDG;
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, RCC_CSR), 0x24000000);
}

static void start_wwdg(struct fake_soc *f, uint32_t window)
{
	fake_soc_write(f, APB1ENR, 1 << 11);
	fake_soc_write(f, WWDG_CFR, window);
	fake_soc_write(f, WWDG_CR, 0xFF);
}

static void window_watchdog_counts_down_on_apb1(void **state)
{
	struct fake_soc *f = *state;

	start_wwdg(f, 0x27F);			/* early wake-up interrupt */
	fake_soc_advance(f, 256000);		/* a tick: 4096 / 16 MHz */
	assert_int_equal(fake_soc_read(f, WWDG_CR), 0xFE);
	fake_soc_advance(f, 62 * 256000);
	assert_int_equal(fake_soc_read(f, WWDG_SR), 1);
	assert_true(f->irqs[0]);
	assert_int_equal(f->resets, 0);
	fake_soc_advance(f, 256000);
	assert_int_equal(f->resets, SOC_RESET_WWDG);
}

static void window_watchdog_refuses_early_refresh(void **state)
{
	struct fake_soc *f = *state;

	start_wwdg(f, 0x60);
	fake_soc_write(f, WWDG_CR, 0x7F);
	assert_int_equal(f->resets, SOC_RESET_WWDG);
}

static void window_watchdog_freezes_while_halted(void **state)
{
	struct fake_soc *f = *state;

	start_wwdg(f, 0x7F);
	fake_soc_write(f, APB1_FZ, 1 << 11);
	fake_soc_advance(f, 10 * 256000);
	fake_soc_halt(f, true);
	fake_soc_advance(f, 1000 * MS);
	assert_int_equal(fake_soc_read(f, WWDG_CR), 0xFF - 10);
	fake_soc_halt(f, false);
	fake_soc_advance(f, 53 * 256000);
	assert_int_equal(f->resets, 0);
	fake_soc_advance(f, 256000);
	assert_int_equal(f->resets, SOC_RESET_WWDG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(resets_after_512_ms_by_default),
		T(reload_starts_the_count_anew),
		T(wrong_key_does_not_reload),
		T(registers_need_the_key),
		T(new_values_take_five_cycles_to_arrive),
		T(counts_while_halted_without_the_freeze_bit),
		T(freeze_bit_stops_it_only_while_halted),
		T(hardware_option_starts_it_at_reset),
		T(reset_flags_name_the_cause_until_they_are_cleared),
		T(window_watchdog_counts_down_on_apb1),
		T(window_watchdog_refuses_early_refresh),
		T(window_watchdog_freezes_while_halted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
