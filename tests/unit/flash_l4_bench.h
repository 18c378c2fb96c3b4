/* SPDX-License-Identifier: MIT
 *
 * The ground of the tests of the virtual flash controller of L4: chips, registers, small steps.
 */
#ifndef TESTS_UNIT_FLASH_L4_BENCH_H
#define TESTS_UNIT_FLASH_L4_BENCH_H

#include "tests/unit/l4_specs.h"

#include "probe/bytes.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BANK2 = FLASH + 0x80000, WRONG_KEY = 0x12345678 };

static inline int setup(void **state)
{
	*state = l476_new();
	return 0;
}

static inline int setup_g0(void **state)
{
	*state = g071_new();
	return 0;
}

static inline int setup_g0b1(void **state)
{
	*state = g0b1_new();
	return 0;
}

static inline int setup_c0(void **state)
{
	*state = c031_new();
	return 0;
}

static inline int setup_wb(void **state)
{
	*state = wb55_new();
	return 0;
}

static inline int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

static inline uint32_t status(struct fake_soc *f)
{
	return fake_soc_read(f, SR) & ~(uint32_t)OPTVERR;
}

static inline void write_as_core(struct fake_soc *f, uint32_t address, uint32_t value)
{
	assert_int_equal(bus_write(&f->bus, address, 4, value, BUS_CPU), BUS_OK);
}

#define L4_TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
#define G0_TEST(name)	cmocka_unit_test_setup_teardown(name, setup_g0, teardown)
#define WB_TEST(name)	cmocka_unit_test_setup_teardown(name, setup_wb, teardown)

#endif
