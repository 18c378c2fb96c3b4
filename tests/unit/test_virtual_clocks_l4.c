/* SPDX-License-Identifier: MIT
 *
 * Clock controllers of the virtual L4, G0 and their kin: what runs after reset, ready bits that come
 * in time, the switch to the PLL, clock gates, what a system reset puts back.
 */
#include "tests/unit/l4_specs.h"

#include "probe/bytes.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* How start-up code gets to full speed: the PLL from the internal oscillator. */
static const struct row {
	struct fake_soc *(*make)(void);
	uint32_t rcc, reset_hz, pll_hz;
	struct { uint32_t offset, value; } setup[2];	/* of the PLL */
	uint32_t cr, pll_ready;				/* with the PLL on */
	uint32_t cfgr, sw, sws;
	uint32_t gate, gpio;				/* of port A: offset of its ENR, address */
} rows[] = {
	{ l476_new, 0x40021000, 4000000, 80000000, { { 0x0C, 1 | 40 << 8 | 1 << 24 } },
	  0x01000063, 1 << 25, 0x08, 3, 3 << 2, 0x4C, 0x48000000 },
	{ g474_new, 0x40021000, 16000000, 64000000, { { 0x0C, 2 | 8 << 8 | 1 << 24 } },
	  0x01000500, 1 << 25, 0x08, 3, 3 << 2, 0x4C, 0x48000000 },
	{ g071_new, 0x40021000, 16000000, 64000000, { { 0x0C, 2 | 8 << 8 | 1 << 28 | 1 << 29 } },
	  0x01000500, 1 << 25, 0x08, 2, 2 << 3, 0x34, 0x50000000 },
	{ wb55_new, 0x58000000, 4000000, 64000000, { { 0x0C, 1 | 32 << 8 | 1 << 28 | 1 << 29 } },
	  0x01000061, 1 << 25, 0x08, 3, 3 << 2, 0x4C, 0x48000000 },
	{ l552_new, 0x40021000, 4000000, 110000000, { { 0x0C, 1 | 55 << 8 | 1 << 24 } },
	  0x01000063, 1 << 25, 0x08, 3, 3 << 2, 0x4C, 0x42020000 },
	{ u585_new, 0x46020C00, 4000000, 160000000, { { 0x28, 1 | 1 << 18 }, { 0x34, 79 | 1 << 24 } },
	  0x01000035, 1 << 25, 0x1C, 3, 3 << 2, 0x8C, 0x42020000 },
};

static void starts_at_the_reset_clock(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fake_soc *f = rows[i].make();

		assert_int_equal(f->core_hz, rows[i].reset_hz);
		fake_soc_free(f);
	}
}

static void switches_to_the_pll_when_it_is_ready(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct fake_soc *f = row->make();

		for (size_t k = 0; k < 2 && row->setup[k].value; k++)
			fake_soc_write(f, row->rcc + row->setup[k].offset, row->setup[k].value);
		fake_soc_write(f, row->rcc, row->cr);
		fake_soc_write(f, row->rcc + row->cfgr, row->sw);
		assert_false(fake_soc_read(f, row->rcc) & row->pll_ready);
		assert_int_equal(f->core_hz, row->reset_hz);
		fake_soc_advance(f, 1 * MS);
		assert_true(fake_soc_read(f, row->rcc) & row->pll_ready);
		assert_int_equal(fake_soc_read(f, row->rcc + row->cfgr) & (row->sw | row->sws),
				 row->sw | row->sws);
		assert_int_equal(f->core_hz, row->pll_hz);
		fake_soc_reset(f);
		assert_int_equal(f->core_hz, row->reset_hz);
		fake_soc_free(f);
	}
}

static void ports_need_their_clock(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct fake_soc *f = row->make();

		assert_int_equal(fake_soc_read(f, row->gpio), 0);
		fake_soc_write(f, row->rcc + row->gate, 1);
		assert_int_not_equal(fake_soc_read(f, row->gpio), 0);
		fake_soc_free(f);
	}
}

static void running_oscillator_of_the_system_stays_on(void **state)
{
	struct fake_soc *f = l476_new();

	(void)state;
	fake_soc_write(f, 0x40021000, 0);
	assert_int_equal(fake_soc_read(f, 0x40021000) & 3, 3);
	fake_soc_free(f);
}

static void msi_range_counts_when_it_is_selected(void **state)
{
	struct fake_soc *l4 = l476_new(), *wb = wb55_new();

	(void)state;
	fake_soc_write(l4, 0x40021000, 0xB3);
	assert_int_equal(l4->core_hz, 4000000);
	fake_soc_write(l4, 0x40021000, 0xBB);		/* MSIRGSEL */
	assert_int_equal(l4->core_hz, 48000000);
	fake_soc_write(wb, 0x58000000, 0xB1);		/* WB knows no such bit */
	assert_int_equal(wb->core_hz, 48000000);
	fake_soc_free(l4);
	fake_soc_free(wb);
}

static void c0_divides_its_48_mhz(void **state)
{
	struct fake_soc *f = c031_new();

	(void)state;
	assert_int_equal(f->core_hz, 12000000);
	fake_soc_write(f, 0x40021000, 0x540);		/* HSIDIV = 1 */
	assert_int_equal(f->core_hz, 48000000);
	fake_soc_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_at_the_reset_clock),
		cmocka_unit_test(switches_to_the_pll_when_it_is_ready),
		cmocka_unit_test(ports_need_their_clock),
		cmocka_unit_test(running_oscillator_of_the_system_stays_on),
		cmocka_unit_test(msi_range_counts_when_it_is_selected),
		cmocka_unit_test(c0_divides_its_48_mhz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
