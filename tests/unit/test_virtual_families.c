/* SPDX-License-Identifier: MIT
 *
 * What surrounds the core of F0, F1, F3, L0 and L1: clocks, gates, reset flags, debug unit, watchdog
 * and the peripherals that F4 has otherwise.
 */
#include "tests/unit/fake_soc.h"
#include "tests/unit/specs.h"

#include "probe/bytes.h"
#include "probe/virtual/chips/chips.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MS 1000000ull
#define MHZ 1000000u

enum { RCC = 0x40021000, RCC_L1 = 0x40023800, IWDG = 0x40003000, USART1 = 0x40013800 };

enum { CR_HSEON = 1 << 16, CR_PLLON = 1 << 24, CR_PLLRDY = 1 << 25, SW_HSI48 = 3 };

static struct fake_soc *new_chip(void (*fill)(struct virtual_spec *spec),
				 int (*build)(struct soc *soc, struct why *why))
{
	struct virtual_spec spec;

	fill(&spec);
	return fake_soc_with(&spec, build);
}

#define SETUP(name, spec, build) \
	static int setup_##name(void **state) \
	{ \
		*state = new_chip(spec, build); \
		return 0; \
	}

SETUP(f0, spec_f072, chip_f1_build)
SETUP(f1, spec_f103, chip_f1_build)
SETUP(f3, spec_f303, chip_f1_build)
SETUP(l0, spec_l053, chip_l0_build)
SETUP(l1, spec_l152, chip_l1_build)

static int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

/* --- clocks ----------------------------------------------------------------------------------- */

static void f1_starts_on_hsi_and_goes_to_72_mhz(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(f->core_hz, 8 * MHZ);
	assert_int_equal(fake_soc_read(f, RCC), 0x83);
	fake_soc_write(f, RCC + 4, 7 << 18 | 1 << 16 | 4 << 8);	/* HSE * 9, APB1 / 2 */
	fake_soc_write(f, RCC, 0x81 | CR_HSEON | CR_PLLON);
	fake_soc_write(f, RCC + 4, 7 << 18 | 1 << 16 | 4 << 8 | 2);
	assert_int_equal(fake_soc_read(f, RCC) & CR_PLLRDY, 0);
	assert_int_equal(fake_soc_read(f, RCC + 4) & 0xC, 0);	/* SWS: not yet */
	fake_soc_advance(f, 1 * MS);
	assert_int_equal(fake_soc_read(f, RCC) & CR_PLLRDY, CR_PLLRDY);
	assert_int_equal(fake_soc_read(f, RCC + 4) & 0xC, 8);
	assert_int_equal(f->core_hz, 72 * MHZ);
	assert_int_equal(f->soc.apb_hz[0], 36 * MHZ);
	assert_int_equal(f->soc.timer_hz[0], 72 * MHZ);
	assert_int_equal(f->soc.apb_hz[1], 72 * MHZ);
}

static void running_oscillator_stays_on(void **state)
{
	fake_soc_write(*state, RCC, 0);
	assert_int_equal(fake_soc_read(*state, RCC) & 3, 3);
}

static void pll_bits_are_locked_while_it_is_on(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, RCC, 0x81 | CR_PLLON);
	fake_soc_write(f, RCC + 4, 7 << 18 | 8 << 4);
	assert_int_equal(fake_soc_read(f, RCC + 4), 8 << 4);
	fake_soc_write(f, RCC, 0x81);
	fake_soc_write(f, RCC + 4, 7 << 18);
	assert_int_equal(fake_soc_read(f, RCC + 4), 7 << 18);
}

static void f0_runs_on_hsi48(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, RCC + 0x34, 1 << 16);
	fake_soc_advance(f, 1 * MS);
	fake_soc_write(f, RCC + 4, SW_HSI48);
	assert_int_equal(fake_soc_read(f, RCC + 4) & 0xC, 0xC);
	assert_int_equal(f->core_hz, 48 * MHZ);
}

static void f3_divides_hse_before_the_pll(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, RCC + 0x2C, 1);			/* HSE / 2 */
	fake_soc_write(f, RCC + 4, 7 << 18 | 1 << 16);		/* * 9 */
	fake_soc_write(f, RCC, 0x81 | CR_HSEON | CR_PLLON);
	fake_soc_advance(f, 3 * MS);
	fake_soc_write(f, RCC + 4, 7 << 18 | 1 << 16 | 2);
	assert_int_equal(f->core_hz, 36 * MHZ);
}

static void l_starts_on_msi_and_goes_to_32_mhz(void **state)
{
	struct fake_soc *f = *state;
	bool is_l0 = f->spec.core == VIRTUAL_M0PLUS;
	uint32_t rcc = is_l0 ? RCC : RCC_L1, cfgr = rcc + (is_l0 ? 0x0C : 0x08);

	assert_int_equal(f->core_hz, 2097152);
	fake_soc_write(f, rcc + 4, 6 << 13);
	assert_int_equal(f->core_hz, 4194304);
	fake_soc_write(f, cfgr, 2 << 22 | 2 << 18);	/* HSI16 * 6 / 3 */
	fake_soc_write(f, rcc, 0x101 | CR_PLLON);
	fake_soc_advance(f, 1 * MS);
	fake_soc_write(f, cfgr, 2 << 22 | 2 << 18 | 3);
	assert_int_equal(fake_soc_read(f, cfgr) & 0xC, 0xC);
	assert_int_equal(f->core_hz, 32 * MHZ);
}

static void gates_and_resets_reach_their_peripheral(void **state)
{
	struct fake_soc *f = *state;
	enum { GPIOA = 0x40010800, CRL = 0, PORT_A = 1 << 2 };

	fake_soc_write(f, GPIOA + CRL, 0x11111111);
	assert_int_equal(fake_soc_read(f, GPIOA + CRL), 0);	/* no clock */
	fake_soc_write(f, RCC + 0x18, PORT_A);
	assert_int_equal(fake_soc_read(f, GPIOA + CRL), 0x44444444);
	fake_soc_write(f, GPIOA + CRL, 0x11111111);
	fake_soc_write(f, RCC + 0x0C, PORT_A);
	fake_soc_write(f, RCC + 0x0C, 0);
	assert_int_equal(fake_soc_read(f, GPIOA + CRL), 0x44444444);
}

static void reset_flags_tell_and_are_cleared(void **state)
{
	static const struct { enum soc_reset cause; uint32_t flag; } rows[] = {
		{ SOC_RESET_SOFTWARE, 1u << 28 }, { SOC_RESET_IWDG, 1u << 29 },
		{ SOC_RESET_WWDG, 1u << 30 }, { SOC_RESET_PIN, 1u << 26 },
	};
	struct fake_soc *f = *state;
	enum virtual_core core = f->spec.core;
	bool is_l1 = f->spec.flash_registers == 0x40023C00;
	uint32_t csr = core == VIRTUAL_M0PLUS ? RCC + 0x50 : is_l1 ? RCC_L1 + 0x34 : RCC + 0x24;
	uint32_t rmvf = core == VIRTUAL_M0PLUS ? 1 << 23 : 1 << 24;

	assert_int_equal(fake_soc_read(f, csr) >> 25, 6);	/* power and pin */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_soc_write(f, csr, rmvf);
		assert_int_equal(fake_soc_read(f, csr), 0);
		f->soc.reset_causes = (uint32_t)rows[i].cause;
		fake_soc_reset(f);
		assert_int_equal(fake_soc_read(f, csr), rows[i].flag | 1u << 26);
		fake_soc_write(f, csr, 0);			/* read-only but for RMVF */
		assert_int_equal(fake_soc_read(f, csr), rows[i].flag | 1u << 26);
	}
}

/* --- debug unit and watchdog ------------------------------------------------------------------ */

static void dbgmcu_needs_its_clock(void **state)
{
	struct fake_soc *f = *state;
	uint32_t enable = f->spec.core == VIRTUAL_M0PLUS ? RCC + 0x34 : RCC + 0x18;

	assert_int_equal(fake_soc_read(f, 0x40015800), f->spec.idcode);
	fake_soc_write(f, 0x40015804, 6);
	assert_int_equal(fake_soc_read(f, 0x40015804), 0);
	fake_soc_write(f, enable, 1 << 22);
	fake_soc_write(f, 0x40015804, 6);
	fake_soc_write(f, 0x40015808, 0x1800);
	assert_int_equal(fake_soc_read(f, 0x40015804), 6);
	assert_int_equal(f->soc.debug_modes, 6);
	fake_soc_reset(f);		/* outlives a reset, its clock does not */
	assert_int_equal(fake_soc_read(f, 0x40015808), 0x1800);
}

static void start_watchdog(struct fake_soc *f)
{
	fake_soc_write(f, IWDG, 0xCCCC);
}

static void f1_freezes_the_watchdog_by_dbgmcu_cr(void **state)
{
	struct fake_soc *f = *state;

	start_watchdog(f);
	fake_soc_write(f, 0xE0042004, 1 << 8);
	fake_soc_halt(f, true);
	fake_soc_advance(f, 2000 * MS);
	assert_int_equal(f->resets, 0);
	fake_soc_halt(f, false);
	fake_soc_advance(f, 2000 * MS);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

static void watchdog_runs_on_the_familys_lsi(void **state)
{
	struct fake_soc *f = *state;
	uint64_t ns = 4096ull * 4 * (1000000000u / f->soc.lsi_hz);

	start_watchdog(f);
	fake_soc_advance(f, ns - 1);
	assert_int_equal(f->resets, 0);
	fake_soc_advance(f, 1);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

static void windowed_watchdog_bites_early_refreshers(void **state)
{
	struct fake_soc *f = *state;

	start_watchdog(f);
	fake_soc_write(f, IWDG, 0x5555);
	fake_soc_write(f, IWDG + 16, 0x100);
	assert_int_equal(fake_soc_read(f, IWDG + 12), 4);	/* WVU: under way */
	fake_soc_advance(f, 390 * MS);				/* 410 ms in all */
	fake_soc_write(f, IWDG, 0xAAAA);
	assert_int_equal(f->resets, 0);
	fake_soc_advance(f, 300 * MS);
	fake_soc_write(f, IWDG, 0xAAAA);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

static void plain_watchdog_has_no_window(void **state)
{
	struct fake_soc *f = *state;

	start_watchdog(f);
	fake_soc_write(f, IWDG, 0x5555);
	fake_soc_write(f, IWDG + 16, 0x100);
	fake_soc_advance(f, 10 * MS);
	fake_soc_write(f, IWDG, 0xAAAA);
	assert_int_equal(f->resets, 0);
	assert_int_equal(fake_soc_read(f, IWDG + 16), 0);
}

/* --- peripherals ------------------------------------------------------------------------------ */

static void newer_usart_sends(void **state)
{
	enum { CR1 = 0x00, BRR = 0x0C, ISR = 0x1C, ICR = 0x20, TDR = 0x28, TC = 1 << 6,
	       TXE = 1 << 7, TEACK = 1 << 21, UE_TE = 9 };
	struct fake_soc *f = *state;

	fake_soc_write(f, RCC + 0x18, 1 << 14);
	fake_soc_write(f, USART1 + BRR, 69);
	assert_int_equal(fake_soc_read(f, USART1 + ISR), TC | TXE);
	fake_soc_write(f, USART1 + CR1, UE_TE);
	assert_int_equal(fake_soc_read(f, USART1 + ISR), TEACK | TC | TXE);
	fake_soc_write(f, USART1 + TDR, 'o');
	fake_soc_write(f, USART1 + TDR, 'k');
	assert_int_equal(fake_soc_read(f, USART1 + ISR), TEACK);
	fake_soc_advance(f, 1 * MS);
	assert_int_equal(fake_soc_read(f, USART1 + ISR), TEACK | TC | TXE);
	fake_soc_write(f, USART1 + ICR, TC);
	assert_int_equal(fake_soc_read(f, USART1 + ISR), TEACK | TXE);
	assert_string_equal(f->soc.output.bytes, "ok");
}

static void f1_ports_drive_and_read(void **state)
{
	enum { GPIOB = 0x40010C00, CRL = 0, IDR = 8, ODR = 12, BSRR = 16, BRR = 20 };
	struct fake_soc *f = *state;

	fake_soc_write(f, RCC + 0x18, 1 << 3);
	fake_soc_write(f, GPIOB + BSRR, 0x7);
	assert_int_equal(fake_soc_read(f, GPIOB + IDR), 0);		/* floating inputs */
	fake_soc_write(f, GPIOB + CRL, 0x44444482);			/* output, pull, input */
	assert_int_equal(fake_soc_read(f, GPIOB + IDR), 3);
	fake_soc_write(f, GPIOB + BRR, 1);
	assert_int_equal(fake_soc_read(f, GPIOB + IDR), 2);
	assert_int_equal(fake_soc_read(f, GPIOB + ODR), 6);
}

static void f1_firmware_can_take_the_swd_pins(void **state)
{
	enum { AFIO_MAPR = 0x40010004, JTAG_OFF = 2 << 24, ALL_OFF = 4 << 24 };
	struct fake_soc *f = *state;

	fake_soc_write(f, RCC + 0x18, 1);
	fake_soc_write(f, AFIO_MAPR, JTAG_OFF);
	assert_false(f->soc.swd_pins_taken);
	fake_soc_write(f, AFIO_MAPR, ALL_OFF);
	assert_true(f->soc.swd_pins_taken);
	fake_soc_reset(f);
	assert_false(f->soc.swd_pins_taken);
}

static void syscfg_shows_system_memory_at_0(void **state)
{
	struct fake_soc *f = *state;
	bool is_l1 = f->spec.flash_registers == 0x40023C00;
	uint32_t enable = f->spec.core == VIRTUAL_M0PLUS ? RCC + 0x34 : is_l1 ? RCC_L1 + 0x20
							 : RCC + 0x18;

	for (size_t i = 0; i < f->spec.region_count; i++)
		if (f->spec.regions[i].kind == VIRTUAL_ROM)
			f->regions[i][0] = 0x5A;
	fake_soc_write(f, enable, 1);
	fake_soc_write(f, 0x40010000, 1);
	assert_int_equal(fake_soc_read(f, 0) & 0xFF, 0x5A);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, 0) & 0xFF, f->spec.erased);
}

static void reserved_addresses_answer_and_holes_fault(void **state)
{
	uint32_t value;

	assert_int_equal(fake_soc_try_read(*state, 0x40007C00, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_try_read(*state, 0x60000000, 4, &value), BUS_FAULT);
}

#define ON(test, chip) cmocka_unit_test_setup_teardown(test, setup_##chip, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(f1_starts_on_hsi_and_goes_to_72_mhz, f1),
		ON(running_oscillator_stays_on, f1),
		ON(pll_bits_are_locked_while_it_is_on, f1),
		ON(f0_runs_on_hsi48, f0),
		ON(f3_divides_hse_before_the_pll, f3),
		ON(l_starts_on_msi_and_goes_to_32_mhz, l0),
		ON(l_starts_on_msi_and_goes_to_32_mhz, l1),
		ON(gates_and_resets_reach_their_peripheral, f1),
		ON(reset_flags_tell_and_are_cleared, f0),
		ON(reset_flags_tell_and_are_cleared, f1),
		ON(reset_flags_tell_and_are_cleared, f3),
		ON(reset_flags_tell_and_are_cleared, l0),
		ON(reset_flags_tell_and_are_cleared, l1),
		ON(dbgmcu_needs_its_clock, f0),
		ON(dbgmcu_needs_its_clock, l0),
		ON(f1_freezes_the_watchdog_by_dbgmcu_cr, f1),
		ON(watchdog_runs_on_the_familys_lsi, f1),
		ON(watchdog_runs_on_the_familys_lsi, l1),
		ON(windowed_watchdog_bites_early_refreshers, f0),
		ON(plain_watchdog_has_no_window, f1),
		ON(newer_usart_sends, f0),
		ON(newer_usart_sends, f3),
		ON(f1_ports_drive_and_read, f1),
		ON(f1_firmware_can_take_the_swd_pins, f1),
		ON(syscfg_shows_system_memory_at_0, f0),
		ON(syscfg_shows_system_memory_at_0, f3),
		ON(syscfg_shows_system_memory_at_0, l0),
		ON(syscfg_shows_system_memory_at_0, l1),
		ON(reserved_addresses_answer_and_holes_fault, f1),
		ON(reserved_addresses_answer_and_holes_fault, l0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
