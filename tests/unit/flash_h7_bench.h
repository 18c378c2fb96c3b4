/* SPDX-License-Identifier: MIT
 *
 * The ground of the tests of the virtual flash controller of H7: chips, registers, small steps.
 */
#ifndef TESTS_UNIT_FLASH_H7_BENCH_H
#define TESTS_UNIT_FLASH_H7_BENCH_H

#include "tests/unit/fake_soc.h"
#include "tests/unit/h7_specs.h"

#include "probe/virtual/chips/chips.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { FLASH = 0x08000000, BANK2 = 0x08100000, REGS = 0x52002000, SET2 = 0x100 };

enum { KEYR = 0x04, OPTKEYR = 0x08, CR = 0x0C, SR = 0x10, CCR = 0x14, OPTCR = 0x18,
       OPTSR_CUR = 0x1C, OPTSR_PRG = 0x20, OPTCCR = 0x24, PRAR_PRG = 0x2C, WPSN_CUR = 0x38,
       WPSN_PRG = 0x3C, BOOT_PRG = 0x44, ECC_FA = 0x60, OTPBL_PRG = 0x6C };

enum { LOCK = 1, PG = 2, SER = 4, BER = 8, X64 = 3 << 4, FW = 1 << 6, START = 1 << 7,
       START_A3 = 1 << 5, EOPIE = 1 << 16 };

enum { BSY = 1, WBNE = 2, QW = 4, EOP = 1 << 16, WRPERR = 1 << 17, PGSERR = 1 << 18,
       STRBERR = 1 << 19, INCERR = 1 << 21, RDPERR = 1 << 23, SNECCERR = 1 << 25,
       DBECCERR = 1 << 26, ERRORS = 0x1FEE0000 };

enum { OPTSTART = 2, OPT_MER = 1 << 4, PG_OTP = 1 << 5, OPT_BUSY = 1, OPTCHANGEERR = 1 << 30 };

#define MS 1000000ull
#define US 1000ull

#define SETUP(part) \
	static inline int setup_##part(void **state) \
	{ \
		struct virtual_spec spec; \
		spec_##part(&spec); \
		*state = fake_soc_with(&spec, chip_h7_build); \
		return 0; \
	}

SETUP(h743)
SETUP(h743_swap)
SETUP(h743_keep)
SETUP(h7a3)

static inline int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

static inline uint32_t get(struct fake_soc *f, uint32_t offset)
{
	return fake_soc_read(f, REGS + offset);
}

static inline void put(struct fake_soc *f, uint32_t offset, uint32_t value)
{
	fake_soc_write(f, REGS + offset, value);
}

static inline uint32_t errors(struct fake_soc *f, uint32_t set)
{
	return get(f, set + SR) & ERRORS;
}

static inline void unlock(struct fake_soc *f, uint32_t set)
{
	put(f, set + KEYR, 0x45670123);
	put(f, set + KEYR, 0xCDEF89AB);
}

static inline void unlock_options(struct fake_soc *f)
{
	put(f, OPTKEYR, 0x08192A3B);
	put(f, OPTKEYR, 0x4C5D6E7F);
}

static inline void change_option(struct fake_soc *f, uint32_t offset, uint32_t value)
{
	unlock_options(f);
	put(f, offset, value);
	put(f, OPTCR, OPTSTART);
	fake_soc_advance(f, 6000 * MS);
	put(f, OPTCR, 1);
}

/* Fills a flash word with first, first + 1...; does not wait for it. */
static inline void write_words(struct fake_soc *f, uint32_t address, uint32_t first, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		fake_soc_write(f, address + 4 * i, first + i);
}

static inline void program(struct fake_soc *f, uint32_t set, uint32_t address, uint32_t first)
{
	put(f, set + CR, PG | X64);
	write_words(f, address, first, 8);
	fake_soc_advance(f, 100 * US);
	put(f, set + CR, X64);
}

static inline void start_erase(struct fake_soc *f, uint32_t set, uint32_t sector)
{
	put(f, set + CR, SER | X64 | sector << 8);
	put(f, set + CR, SER | X64 | sector << 8 | START);
}

#define ON(test, part) cmocka_unit_test_setup_teardown(test, setup_##part, teardown)
#define T(test) ON(test, h743)

#endif
