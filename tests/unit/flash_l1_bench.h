/* SPDX-License-Identifier: MIT
 *
 * The ground of the tests of the virtual flash controller of L1: chips, registers, small steps.
 */
#ifndef TESTS_UNIT_FLASH_L1_BENCH_H
#define TESTS_UNIT_FLASH_L1_BENCH_H

#include "tests/unit/fake_soc.h"
#include "tests/unit/specs.h"

#include "probe/bytes.h"
#include "probe/virtual/chips/chips.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { FLASH = 0x08000000, EEPROM = 0x08080000, OPTIONS = 0x1FF80000 };

enum { PECR = 0x04, PEKEYR = 0x0C, PRGKEYR = 0x10, OPTKEYR = 0x14, SR = 0x18, OBR = 0x1C,
       WRPR1 = 0x20, WRPR2 = 0x80 };

enum { PELOCK = 1, PRGLOCK = 2, OPTLOCK = 4, PROG = 8, DATA = 0x10, FIX = 0x100, ERASE = 0x200,
       FPRG = 0x400, EOPIE = 0x10000, ERRIE = 0x20000, OBL_LAUNCH = 0x40000, NZDISABLE = 0x400000 };

enum { BSY = 1, EOP = 2, HV_OFF = 4, READY = 8, IDLE = HV_OFF | READY, WRPERR = 0x100,
       PGAERR = 0x200, SIZERR = 0x400, OPTVERR = 0x800, RDERR = 0x2000, NOTZEROERR = 0x10000, FWWERR = 0x20000,
       WRONG_KEY = 0x12345678 };
#define PEKEY1 0x89ABCDEFu
#define PEKEY2 0x02030405u
#define PRGKEY1 0x8C9DAEBFu
#define PRGKEY2 0x13141516u
#define OPTKEY1 0xFBEAD9C8u
#define OPTKEY2 0x24252627u

#define MS 1000000ull
#define PROGRAM_NS 3280000ull

static inline struct fake_soc *new_chip(void (*fill)(struct virtual_spec *spec),
				 int (*build)(struct soc *soc, struct why *why))
{
	struct virtual_spec spec;

	fill(&spec);
	return fake_soc_with(&spec, build);
}

static inline int setup_l0(void **state)
{
	*state = new_chip(spec_l053, chip_l0_build);
	return 0;
}

static inline int setup_l0_dual(void **state)
{
	*state = new_chip(spec_l073, chip_l0_build);
	return 0;
}

static inline int setup_l1(void **state)
{
	*state = new_chip(spec_l152, chip_l1_build);
	return 0;
}

static inline int setup_l1_dual(void **state)
{
	*state = new_chip(spec_l152e, chip_l1_build);
	return 0;
}

static inline int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

/* --- small words ------------------------------------------------------------------------------ */

static inline void put(struct fake_soc *f, uint32_t reg, uint32_t value)
{
	fake_soc_write(f, f->spec.flash_registers + reg, value);
}

static inline uint32_t get(struct fake_soc *f, uint32_t reg)
{
	return fake_soc_read(f, f->spec.flash_registers + reg);
}

static inline enum bus_result try_put(struct fake_soc *f, uint32_t reg, uint32_t value)
{
	return fake_soc_try_write(f, f->spec.flash_registers + reg, 4, value);
}

static inline void unlock(struct fake_soc *f)
{
	put(f, PEKEYR, PEKEY1);
	put(f, PEKEYR, PEKEY2);
	put(f, PRGKEYR, PRGKEY1);
	put(f, PRGKEYR, PRGKEY2);
}

static inline void unlock_options(struct fake_soc *f)
{
	put(f, PEKEYR, PEKEY1);
	put(f, PEKEYR, PEKEY2);
	put(f, OPTKEYR, OPTKEY1);
	put(f, OPTKEYR, OPTKEY2);
}

static inline void program(struct fake_soc *f, uint32_t address, uint32_t word)
{
	fake_soc_write(f, address, word);
	fake_soc_advance(f, PROGRAM_NS);
}

static inline void erase_page(struct fake_soc *f, uint32_t address)
{
	put(f, PECR, ERASE | PROG);
	fake_soc_write(f, address, 0);
	fake_soc_advance(f, PROGRAM_NS);
	put(f, PECR, 0);
}

static inline void write_option(struct fake_soc *f, uint32_t offset, uint32_t value)
{
	fake_soc_write(f, OPTIONS + offset, value | ~value << 16);
	fake_soc_advance(f, 1000 * MS);
}

static inline void reload(struct fake_soc *f)
{
	f->soc.reset_causes = SOC_RESET_OPTIONS;
	fake_soc_reset(f);
	f->soc.reset_causes = 0;
}

static inline uint32_t half_page(const struct fake_soc *f)
{
	return f->spec.banks[0].runs[0].size / 2;
}

/* What SR says beside READY and HV_OFF; cleared. */
static inline uint32_t said(struct fake_soc *f)
{
	uint32_t sr = get(f, SR);

	put(f, SR, sr);
	return sr & ~(uint32_t)IDLE;
}

#define ON(test, chip) cmocka_unit_test_setup_teardown(test, setup_##chip, teardown)
#define ON_BOTH(test) ON(test, l0), ON(test, l1)

#endif
