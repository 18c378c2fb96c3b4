/* SPDX-License-Identifier: MIT
 *
 * Clocks, pins, USART, timers and CRC unit of the virtual chip, as firmware relies on them.
 */
#include "tests/unit/fake_soc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { RCC_CR = 0x40023800, PLLCFGR = 0x40023804, CFGR = 0x40023808, AHB1RSTR = 0x40023810,
       AHB1ENR = 0x40023830, APB1ENR = 0x40023840 };

enum {
	GPIOA = 0x40020000,
	GPIOB = 0x40020400,
	MODER = 0,
	PUPDR = 12,
	IDR = 16,
	ODR = 20,
	BSRR = 24
};

enum { USART2 = 0x40004400, SR = 0, DR = 4, BRR = 8, CR1 = 12, TXE = 0x80, TC = 0x40 };

enum { TIM3 = 0x40000400, DIER = 12, TIM_SR = 16, EGR = 20, CNT = 36, PSC = 40, ARR = 44 };

enum { CRC = 0x40023000 };

#define US 1000ull
#define MS 1000000ull

static int setup(void **state)
{
	struct fake_soc *f = fake_soc_new();

	*state = f;
	fake_soc_write(f, AHB1ENR, 0x1FF | 1 << 12);
	fake_soc_write(f, APB1ENR, 1 << 17 | 1 << 1);
	return 0;
}

static int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

static void starts_on_hsi(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, RCC_CR), 0x83);
	assert_int_equal(f->core_hz, 16000000);
	assert_int_equal(fake_soc_read(f, PLLCFGR), 0x24003010);
}

static void pll_reaches_168_mhz_after_its_start_up_times(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, RCC_CR, 0x83 | 1 << 16);
	assert_int_equal(fake_soc_read(f, RCC_CR) >> 17 & 1, 0);
	fake_soc_advance(f, 2 * MS);
	assert_int_equal(fake_soc_read(f, RCC_CR) >> 17 & 1, 1);
	fake_soc_write(f, PLLCFGR, 0x07405408);		/* 8 / 8 * 336 / 2 */
	fake_soc_write(f, RCC_CR, 0x83 | 1 << 16 | 1 << 24);
	fake_soc_write(f, CFGR, 0x9402);		/* PLL, APB1 / 4, APB2 / 2 */
	assert_int_equal(fake_soc_read(f, CFGR) & 0xC, 0);	/* not yet */
	assert_int_equal(f->core_hz, 16000000);
	fake_soc_advance(f, 200 * US);
	assert_int_equal(fake_soc_read(f, CFGR) & 0xC, 8);
	assert_int_equal(f->core_hz, 168000000);
	assert_int_equal(f->soc.apb_hz[0], 42000000);
	assert_int_equal(f->soc.timer_hz[0], 84000000);
	fake_soc_write(f, RCC_CR, 0);			/* in use: stays on */
	assert_int_equal(fake_soc_read(f, RCC_CR) & 0x03030000, 0x03030000);
	fake_soc_reset(f);
	assert_int_equal(f->core_hz, 16000000);
}

static void ahb_prescaler_slows_the_core(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, CFGR, 8 << 4);
	assert_int_equal(f->core_hz, 8000000);
	fake_soc_write(f, CFGR, 15 << 4);
	assert_int_equal(f->core_hz, 31250);
}

static void pll_settings_are_fixed_while_it_runs(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, RCC_CR, 0x83 | 1 << 24);
	fake_soc_write(f, PLLCFGR, 0);
	assert_int_equal(fake_soc_read(f, PLLCFGR), 0x24003010);
}

static void clock_control_resets_peripherals(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, GPIOB + ODR, 0xFFFF);
	fake_soc_write(f, AHB1RSTR, 1 << 1);
	fake_soc_write(f, AHB1RSTR, 0);
	assert_int_equal(fake_soc_read(f, GPIOB + ODR), 0);
	assert_int_equal(fake_soc_read(f, GPIOB + MODER), 0x280);
}

static void pins_follow_outputs_and_pulls(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, GPIOB + MODER, 0x5);		/* 0 and 1 are outputs */
	fake_soc_write(f, GPIOB + PUPDR, 1 << 4);	/* 2 is pulled up */
	fake_soc_write(f, GPIOB + BSRR, 0x00020001);
	assert_int_equal(fake_soc_read(f, GPIOB + ODR), 1);
	assert_int_equal(fake_soc_read(f, GPIOB + IDR), 5);
	fake_soc_write(f, GPIOB + BSRR, 0x00010001);	/* set wins */
	assert_int_equal(fake_soc_read(f, GPIOB + ODR), 1);
	assert_int_equal(fake_soc_try_write(f, GPIOB + BSRR + 2, 2, 1), BUS_OK);
	assert_int_equal(fake_soc_read(f, GPIOB + ODR), 0);
}

static void swd_pins_can_be_taken(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, GPIOA + MODER, 0xA0000000);	/* PA13 becomes an input */
	assert_true(f->soc.swd_pins_taken);
	fake_soc_write(f, GPIOA + MODER, 0xA8000000);
	assert_false(f->soc.swd_pins_taken);
	fake_soc_write(f, GPIOA + 0x24, 1 << 24);	/* another function on PA14 */
	assert_true(f->soc.swd_pins_taken);
	fake_soc_reset(f);
	assert_false(f->soc.swd_pins_taken);
}

static void usart_needs_time_for_each_byte(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, USART2 + DR, 'x');		/* off: lost */
	fake_soc_write(f, USART2 + BRR, 1600);		/* 10 kBd: 1 ms a byte */
	fake_soc_write(f, USART2 + CR1, 0x2008);
	assert_int_equal(fake_soc_read(f, USART2 + SR), TXE | TC);
	fake_soc_write(f, USART2 + DR, 'a');
	assert_int_equal(fake_soc_read(f, USART2 + SR), TXE);
	fake_soc_write(f, USART2 + DR, 'b');
	assert_int_equal(fake_soc_read(f, USART2 + SR), 0);
	fake_soc_write(f, USART2 + DR, 'c');		/* too early: b is lost */
	fake_soc_advance(f, MS);
	assert_int_equal(fake_soc_read(f, USART2 + SR), TXE);
	fake_soc_advance(f, MS);
	assert_int_equal(fake_soc_read(f, USART2 + SR), TXE | TC);
	assert_int_equal(f->soc.output.length, 2);
	assert_memory_equal(f->soc.output.bytes, "ac", 2);
}

static void usart_interrupts_when_empty(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, USART2 + BRR, 1600);
	fake_soc_write(f, USART2 + CR1, 0x2088);
	assert_true(f->irqs[38]);
	fake_soc_write(f, USART2 + DR, 'a');
	fake_soc_write(f, USART2 + DR, 'b');
	assert_false(f->irqs[38]);
	fake_soc_advance(f, MS);
	assert_true(f->irqs[38]);
}

static void timer_counts_and_interrupts(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, TIM3 + PSC, 15);		/* 1 MHz */
	fake_soc_write(f, TIM3 + ARR, 999);
	fake_soc_write(f, TIM3 + EGR, 1);
	fake_soc_write(f, TIM3 + TIM_SR, 0);
	fake_soc_write(f, TIM3 + DIER, 1);
	fake_soc_write(f, TIM3, 1);
	fake_soc_advance(f, 500 * US);
	assert_int_equal(fake_soc_read(f, TIM3 + CNT), 500);
	assert_false(f->irqs[29]);
	fake_soc_advance(f, 500 * US);
	assert_true(f->irqs[29]);
	assert_int_equal(fake_soc_read(f, TIM3 + CNT), 0);
	fake_soc_write(f, TIM3 + TIM_SR, 0);
	assert_false(f->irqs[29]);
	fake_soc_advance(f, 250 * MS);
	assert_int_equal(fake_soc_read(f, TIM3 + CNT), 0);
	assert_true(f->irqs[29]);
}

static void timer_freezes_with_the_core(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, TIM3 + ARR, 0xFFFF);
	fake_soc_write(f, TIM3, 1);
	fake_soc_advance(f, 10 * US);
	fake_soc_halt(f, true);
	fake_soc_advance(f, 10 * US);
	assert_int_equal(fake_soc_read(f, TIM3 + CNT), 320);
	fake_soc_write(f, 0xE0042008, 1 << 1);
	fake_soc_advance(f, 10 * US);
	assert_int_equal(fake_soc_read(f, TIM3 + CNT), 320);
	fake_soc_halt(f, false);
	fake_soc_advance(f, 10 * US);
	assert_int_equal(fake_soc_read(f, TIM3 + CNT), 480);
}

static void apb_copies_narrow_writes_into_all_lanes(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_try_write(f, TIM3 + PSC, 1, 0x12), BUS_OK);
	assert_int_equal(fake_soc_read(f, TIM3 + PSC) & 0xFFFF, 0x1212);
}

/* The published check value of this unit: one word 0 after reset. */
static void crc_unit_computes_the_ethernet_polynomial(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, CRC + 8, 1);
	assert_int_equal(fake_soc_read(f, CRC), 0xFFFFFFFF);
	fake_soc_write(f, CRC, 0);
	assert_int_equal(fake_soc_read(f, CRC), 0xC704DD7B);
	fake_soc_write(f, CRC + 8, 1);
	fake_soc_write(f, CRC, 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, CRC), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(starts_on_hsi),
		T(pll_reaches_168_mhz_after_its_start_up_times),
		T(ahb_prescaler_slows_the_core),
		T(pll_settings_are_fixed_while_it_runs),
		T(clock_control_resets_peripherals),
		T(pins_follow_outputs_and_pulls),
		T(swd_pins_can_be_taken),
		T(usart_needs_time_for_each_byte),
		T(usart_interrupts_when_empty),
		T(timer_counts_and_interrupts),
		T(timer_freezes_with_the_core),
		T(apb_copies_narrow_writes_into_all_lanes),
		T(crc_unit_computes_the_ethernet_polynomial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
