/* SPDX-License-Identifier: MIT
 *
 * The ground of the tests of the virtual flash controller of F1: chips, registers, small steps.
 */
#ifndef TESTS_UNIT_FLASH_F1_BENCH_H
#define TESTS_UNIT_FLASH_F1_BENCH_H

#include "tests/unit/fake_soc.h"
#include "tests/unit/specs.h"

#include "probe/bytes.h"
#include "probe/virtual/chips/chips.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { FLASH = 0x08000000, ACR = 0x40022000, KEYR = 0x40022004, OPTKEYR = 0x40022008,
       SR = 0x4002200C, CR = 0x40022010, AR = 0x40022014, OBR = 0x4002201C, WRPR = 0x40022020,
       BANK2 = 0x40, OPTIONS = 0x1FFFF800 };

enum { KEY1 = 0x45670123, WRONG_KEY = 0x12345678, PG = 1, PER = 2, MER = 4, OPTPG = 0x10,
       OPTER = 0x20, STRT = 0x40, LOCK = 0x80, OPTWRE = 0x200, ERRIE = 0x400, EOPIE = 0x1000,
       OBL_LAUNCH = 0x2000 };
#define KEY2 0xCDEF89ABu

enum { BSY = 1, PGERR = 4, WRPRTERR = 0x10, EOP = 0x20 };

#define MS 1000000ull
#define US 1000ull
#define PROGRAM_NS (52500ull)

static inline struct fake_soc *new_chip(void (*fill)(struct virtual_spec *spec))
{
	struct virtual_spec spec;

	fill(&spec);
	return fake_soc_with(&spec, chip_f1_build);
}

static inline int setup(void **state)
{
	*state = new_chip(spec_f103);
	return 0;
}

static inline int setup_f0(void **state)
{
	*state = new_chip(spec_f072);
	return 0;
}

static inline int setup_f3(void **state)
{
	*state = new_chip(spec_f303);
	return 0;
}

static inline int setup_xl(void **state)
{
	*state = new_chip(spec_f103xl);
	return 0;
}

static inline int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

static inline void unlock(struct fake_soc *f)
{
	fake_soc_write(f, KEYR, KEY1);
	fake_soc_write(f, KEYR, KEY2);
}

static inline void unlock_options(struct fake_soc *f)
{
	unlock(f);
	fake_soc_write(f, OPTKEYR, KEY1);
	fake_soc_write(f, OPTKEYR, KEY2);
}

static inline void put_half(struct fake_soc *f, uint32_t address, uint32_t value)
{
	assert_int_equal(fake_soc_try_write(f, address, 2, value), BUS_OK);
	fake_soc_advance(f, 54 * US);
}

static inline uint32_t get_half(struct fake_soc *f, uint32_t address)
{
	uint32_t value;

	assert_int_equal(fake_soc_try_read(f, address, 2, &value), BUS_OK);
	return value;
}

static inline void program(struct fake_soc *f, uint32_t address, uint32_t value)
{
	fake_soc_write(f, CR, PG);
	put_half(f, address, value);
}

static inline void erase_page(struct fake_soc *f, uint32_t address)
{
	fake_soc_write(f, CR, PER);
	fake_soc_write(f, AR, address);
	fake_soc_write(f, CR, PER | STRT);
	fake_soc_advance(f, 30 * MS);
}

static inline void erase_options(struct fake_soc *f)
{
	fake_soc_write(f, CR, OPTER | OPTWRE);
	fake_soc_write(f, CR, OPTER | OPTWRE | STRT);
	fake_soc_advance(f, 30 * MS);
}

static inline void program_option(struct fake_soc *f, uint32_t offset, uint32_t value)
{
	fake_soc_write(f, CR, OPTPG | OPTWRE);
	put_half(f, OPTIONS + offset, value);
	fake_soc_advance(f, 60 * MS);
}

#define ON(test, chip) cmocka_unit_test_setup_teardown(test, setup##chip, teardown)

#endif
