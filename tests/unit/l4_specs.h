/* SPDX-License-Identifier: MIT
 *
 * Virtual chips with flash of whole units, as their chip files give them, and what tests do to them.
 */
#ifndef TESTS_UNIT_L4_SPECS_H
#define TESTS_UNIT_L4_SPECS_H

#include "tests/unit/fake_soc.h"

enum { FLASH = 0x08000000, OTP = 0x1FFF7000, REGISTERS = 0x40022000, ACR = REGISTERS,
       KEYR = REGISTERS + 0x08, OPTKEYR = REGISTERS + 0x0C, SR = REGISTERS + 0x10,
       CR = REGISTERS + 0x14, OPTR = REGISTERS + 0x20, PCROP1A = REGISTERS + 0x24,
       PCROP1A_END = REGISTERS + 0x28, WRP1A = REGISTERS + 0x2C, WRP2A = REGISTERS + 0x4C };

enum { KEY1 = 0x45670123, OPTKEY1 = 0x08192A3B, OPTKEY2 = 0x4C5D6E7F };
#define KEY2 0xCDEF89ABu

enum { PG = 1 << 0, PER = 1 << 1, MER1 = 1 << 2, PNB = 3, BKER = 1 << 11, MER2 = 1 << 15,
       STRT = 1 << 16, OPTSTRT = 1 << 17, FSTPG = 1 << 18, EOPIE = 1 << 24, ERRIE = 1 << 25,
       OBL_LAUNCH = 1 << 27, OPTLOCK = 1 << 30 };
#define LOCK 0x80000000u
#define LOCKS (LOCK | OPTLOCK)

enum { EOP = 1 << 0, OPERR = 1 << 1, PROGERR = 1 << 3, WRPERR = 1 << 4, PGAERR = 1 << 5,
       SIZERR = 1 << 6, PGSERR = 1 << 7, MISERR = 1 << 8, FASTERR = 1 << 9, RDERR = 1 << 14,
       OPTVERR = 1 << 15, BSY = 1 << 16, CFGBSY = 1 << 18, ERRORS = 0xC3FA };

#define MS 1000000ull
#define US 1000ull

/* 1 MiB in two banks of 2 KiB pages; 512 KiB of it in one. */
struct fake_soc *l476_new(void);
/* 128 KiB, one bank. */
struct fake_soc *g071_new(void);
/* 512 KiB, two banks that nSWAP_BANK exchanges, DUAL_BANK makes one. */
struct fake_soc *g0b1_new(void);
/* 128 KiB: with DBANK two banks with a hole between, else one of 4 KiB pages. */
struct fake_soc *g474_new(void);
struct fake_soc *c031_new(void);
/* One bank, PEMPTY. */
struct fake_soc *l433_new(void);
/* Controller at 0x58004000. */
struct fake_soc *wb55_new(void);
/* 2 MiB in two banks of 8 KiB pages, quad words. */
struct fake_soc *u585_new(void);
/* The same with its secure side. */
struct fake_soc *u585_secure_new(void);
/* 512 KiB, double words. */
struct fake_soc *l552_new(void);

/* On whatever controller the chip has; it must not fault. */
void l4_unlock(struct fake_soc *f);
void l4_unlock_options(struct fake_soc *f);
void l4_erase_page(struct fake_soc *f, uint32_t cr);	/* PER, page and bank bits; waits */
/* A unit, with PG set before and the time for it after; returns SR. */
uint32_t l4_program(struct fake_soc *f, uint32_t address, uint32_t low, uint32_t high);
/* Option words into force: OPTSTRT, its time, OBL_LAUNCH, the reset. */
void l4_set_option(struct fake_soc *f, uint32_t address, uint32_t value);
void l4_launch(struct fake_soc *f);

#endif
