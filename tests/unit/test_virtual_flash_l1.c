/* SPDX-License-Identifier: MIT
 *
 * The virtual NVM of L0 and L1: each rule of RM0377 section 3 and RM0038 section 3 is broken once,
 * and must be noticed.
 */
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

static struct fake_soc *new_chip(void (*fill)(struct virtual_spec *spec),
				 int (*build)(struct soc *soc, struct why *why))
{
	struct virtual_spec spec;

	fill(&spec);
	return fake_soc_with(&spec, build);
}

static int setup_l0(void **state)
{
	*state = new_chip(spec_l053, chip_l0_build);
	return 0;
}

static int setup_l0_dual(void **state)
{
	*state = new_chip(spec_l073, chip_l0_build);
	return 0;
}

static int setup_l1(void **state)
{
	*state = new_chip(spec_l152, chip_l1_build);
	return 0;
}

static int setup_l1_dual(void **state)
{
	*state = new_chip(spec_l152e, chip_l1_build);
	return 0;
}

static int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

/* --- small words ------------------------------------------------------------------------------ */

static void put(struct fake_soc *f, uint32_t reg, uint32_t value)
{
	fake_soc_write(f, f->spec.flash_registers + reg, value);
}

static uint32_t get(struct fake_soc *f, uint32_t reg)
{
	return fake_soc_read(f, f->spec.flash_registers + reg);
}

static enum bus_result try_put(struct fake_soc *f, uint32_t reg, uint32_t value)
{
	return fake_soc_try_write(f, f->spec.flash_registers + reg, 4, value);
}

static void unlock(struct fake_soc *f)
{
	put(f, PEKEYR, PEKEY1);
	put(f, PEKEYR, PEKEY2);
	put(f, PRGKEYR, PRGKEY1);
	put(f, PRGKEYR, PRGKEY2);
}

static void unlock_options(struct fake_soc *f)
{
	put(f, PEKEYR, PEKEY1);
	put(f, PEKEYR, PEKEY2);
	put(f, OPTKEYR, OPTKEY1);
	put(f, OPTKEYR, OPTKEY2);
}

static void program(struct fake_soc *f, uint32_t address, uint32_t word)
{
	fake_soc_write(f, address, word);
	fake_soc_advance(f, PROGRAM_NS);
}

static void erase_page(struct fake_soc *f, uint32_t address)
{
	put(f, PECR, ERASE | PROG);
	fake_soc_write(f, address, 0);
	fake_soc_advance(f, PROGRAM_NS);
	put(f, PECR, 0);
}

static void write_option(struct fake_soc *f, uint32_t offset, uint32_t value)
{
	fake_soc_write(f, OPTIONS + offset, value | ~value << 16);
	fake_soc_advance(f, 1000 * MS);
}

static void reload(struct fake_soc *f)
{
	f->soc.reset_causes = SOC_RESET_OPTIONS;
	fake_soc_reset(f);
	f->soc.reset_causes = 0;
}

static uint32_t half_page(const struct fake_soc *f)
{
	return f->spec.banks[0].runs[0].size / 2;
}

/* What SR says beside READY and HV_OFF; cleared. */
static uint32_t said(struct fake_soc *f)
{
	uint32_t sr = get(f, SR);

	put(f, SR, sr);
	return sr & ~(uint32_t)IDLE;
}

/* --- locks ------------------------------------------------------------------------------------ */

static void three_locks_open_one_after_the_other(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(get(f, PECR), PELOCK | PRGLOCK | OPTLOCK);
	put(f, PEKEYR, PEKEY1);
	assert_int_equal(get(f, PECR), PELOCK | PRGLOCK | OPTLOCK);
	put(f, PEKEYR, PEKEY2);
	assert_int_equal(get(f, PECR), PRGLOCK | OPTLOCK);
	put(f, PRGKEYR, PRGKEY1);
	put(f, PRGKEYR, PRGKEY2);
	assert_int_equal(get(f, PECR), OPTLOCK);
	put(f, OPTKEYR, OPTKEY1);
	put(f, OPTKEYR, OPTKEY2);
	assert_int_equal(get(f, PECR), 0);
	put(f, PECR, PELOCK | ERASE);
	assert_int_equal(get(f, PECR), PELOCK | PRGLOCK | OPTLOCK);
}

static void inner_keys_do_nothing_before_pelock_is_open(void **state)
{
	struct fake_soc *f = *state;

	put(f, PRGKEYR, PRGKEY1);
	put(f, PRGKEYR, PRGKEY2);
	put(f, PEKEYR, PEKEY1);
	put(f, PEKEYR, PEKEY2);
	assert_int_equal(get(f, PECR), PRGLOCK | OPTLOCK);
}

static void wrong_keys_fault_and_lock_until_reset(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(try_put(f, PEKEYR, WRONG_KEY), BUS_FAULT);
	assert_int_equal(try_put(f, PEKEYR, PEKEY1), BUS_FAULT);
	assert_int_equal(get(f, PECR), PELOCK | PRGLOCK | OPTLOCK);
	fake_soc_reset(f);
	put(f, PEKEYR, PEKEY1);
	put(f, PEKEYR, PEKEY2);
	assert_int_equal(try_put(f, PRGKEYR, PRGKEY2), BUS_FAULT);
	assert_int_equal(try_put(f, PRGKEYR, PRGKEY1), BUS_FAULT);
	assert_int_equal(get(f, PECR), PRGLOCK | OPTLOCK);
}

static void keys_while_open_fault(void **state)
{
	unlock(*state);
	assert_int_equal(try_put(*state, PEKEYR, PEKEY1), BUS_FAULT);
}

static void pecr_is_ignored_while_locked(void **state)
{
	put(*state, PECR, ERASE | PROG);
	assert_int_equal(get(*state, PECR), PELOCK | PRGLOCK | OPTLOCK);
}

static void writes_while_locked_are_wrperr(void **state)
{
	struct fake_soc *f = *state;

	program(f, FLASH, 1);
	assert_int_equal(said(f), WRPERR);
	program(f, EEPROM, 1);
	assert_int_equal(said(f), WRPERR);
	write_option(f, 8, 1);
	assert_int_equal(said(f), WRPERR);
	put(f, PEKEYR, PEKEY1);
	put(f, PEKEYR, PEKEY2);
	program(f, FLASH, 1);		/* PRGLOCK is still set */
	assert_int_equal(said(f), WRPERR);
	write_option(f, 8, 1);		/* and OPTLOCK */
	assert_int_equal(said(f), WRPERR);
	assert_int_equal(fake_soc_read(f, FLASH), 0);
	assert_int_equal(fake_soc_read(f, EEPROM), 0);
	assert_int_equal(fake_soc_read(f, OPTIONS + 8), 0xFFFF0000);
}

/* --- words ------------------------------------------------------------------------------------ */

static void blank_flash_reads_zero(void **state)
{
	assert_int_equal(fake_soc_read(*state, FLASH), 0);
	assert_int_equal(fake_soc_read(*state, 0), 0);
}

static void programs_a_word_in_its_time(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, FLASH + 4, 0x12345678);
	assert_int_equal(get(f, SR), READY | BSY);
	fake_soc_advance(f, PROGRAM_NS - 1);
	assert_int_equal(get(f, SR), READY | BSY);
	fake_soc_advance(f, 1);
	assert_int_equal(get(f, SR), IDLE | EOP);
	assert_int_equal(fake_soc_read(f, FLASH + 4), 0x12345678);
	assert_int_equal(fake_soc_read(f, 4), 0x12345678);
	assert_int_equal(f->soc.flash_busy_ns, PROGRAM_NS);
}

static void narrow_writes_are_sizerr(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	assert_int_equal(fake_soc_try_write(f, FLASH, 2, 1), BUS_OK);
	assert_int_equal(said(f), SIZERR);
	assert_int_equal(fake_soc_try_write(f, FLASH, 1, 1), BUS_OK);
	assert_int_equal(said(f), SIZERR);
	put(f, PECR, ERASE | PROG);
	assert_int_equal(fake_soc_try_write(f, FLASH, 2, 0), BUS_OK);
	assert_int_equal(said(f), SIZERR);
	assert_int_equal(fake_soc_read(f, FLASH), 0);
}

static void l0_refuses_words_that_are_not_erased(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH, 0x0F);
	said(f);
	program(f, FLASH, 0xFF);
	assert_int_equal(said(f), NOTZEROERR);
	assert_int_equal(fake_soc_read(f, FLASH), 0x0F);
	put(f, PECR, NZDISABLE);
	program(f, FLASH, 0xFF);
	assert_int_equal(said(f), EOP);
}

static void l1_adds_ones_to_what_is_there(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH, 0x0F);
	program(f, FLASH, 0xF0);
	assert_int_equal(said(f), EOP);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFF);
}

static void accesses_wait_while_busy(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	fake_soc_write(f, FLASH, 1);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_STALL);
	assert_int_equal(fake_soc_try_write(f, FLASH + 4, 4, 1), BUS_STALL);
	assert_int_equal(fake_soc_try_read(f, EEPROM, 4, &value), BUS_STALL);
	assert_int_equal(try_put(f, PECR, PELOCK), BUS_STALL);
	assert_int_equal(bus_write(&f->bus, FLASH + 4, 4, 2, BUS_CPU), BUS_OK);
	assert_int_equal(f->stalled_ns, PROGRAM_NS);
	fake_soc_advance(f, PROGRAM_NS);
	assert_int_equal(fake_soc_read(f, FLASH + 4), 2);
}

/* --- erasing ---------------------------------------------------------------------------------- */

static void page_erase_leaves_neighbours(void **state)
{
	struct fake_soc *f = *state;
	uint32_t page = f->spec.banks[0].runs[0].size;

	unlock(f);
	for (uint32_t i = 1; i < 4; i++) {
		program(f, FLASH + i * page - 4, i);
		program(f, FLASH + i * page, i);
	}
	erase_page(f, FLASH + page + 8);
	assert_int_equal(fake_soc_read(f, FLASH + page - 4), 1);
	assert_int_equal(fake_soc_read(f, FLASH + page), 0);
	assert_int_equal(fake_soc_read(f, FLASH + 2 * page - 4), 0);
	assert_int_equal(fake_soc_read(f, FLASH + 2 * page), 2);
}

static void erase_bit_alone_is_no_erase(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH, 7);
	said(f);
	put(f, PECR, ERASE);
	program(f, FLASH, 0);
	assert_int_equal(said(f), SIZERR);
	assert_int_equal(fake_soc_read(f, FLASH), 7);
}

static void reset_in_an_erase_leaves_garbage(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	put(f, PECR, ERASE | PROG);
	fake_soc_write(f, FLASH, 0);
	fake_soc_advance(f, 1 * MS);
	fake_soc_reset(f);
	assert_int_not_equal(fake_soc_read(f, FLASH), 0);
}

static void nearly_done_erase_looks_blank_until_power_on(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	put(f, PECR, ERASE | PROG);
	fake_soc_write(f, FLASH, 0);
	fake_soc_advance(f, 3 * MS);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, FLASH), 0);
	fake_soc_power_cycle(f);
	assert_int_not_equal(fake_soc_read(f, FLASH), 0);
}

/* --- half pages ------------------------------------------------------------------------------- */

static void write_half_page(struct fake_soc *f, uint32_t address, uint32_t words)
{
	put(f, PECR, FPRG);
	put(f, PECR, FPRG | PROG);
	for (uint32_t i = 0; i < words; i++)
		fake_soc_write(f, address + 4 * i, 0x100 + i);
}

static void programs_a_half_page_in_the_time_of_a_word(void **state)
{
	struct fake_soc *f = *state;
	uint32_t size = half_page(f);

	unlock(f);
	write_half_page(f, FLASH + size, size / 4 - 1);
	assert_int_equal(get(f, SR), IDLE);
	fake_soc_write(f, FLASH + 2 * size - 4, 0x1FF);
	assert_int_equal(get(f, SR), READY | BSY);
	fake_soc_advance(f, PROGRAM_NS);
	assert_int_equal(said(f), EOP);
	assert_int_equal(fake_soc_read(f, FLASH + size), 0x100);
	assert_int_equal(fake_soc_read(f, FLASH + 2 * size - 8), 0x100 + size / 4 - 2);
	assert_int_equal(fake_soc_read(f, FLASH + 2 * size - 4), 0x1FF);
	assert_int_equal(fake_soc_read(f, FLASH + size - 4), 0);
}

static void half_page_begins_at_its_begin(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	write_half_page(f, FLASH + 4, 1);
	assert_int_equal(said(f), PGAERR);
}

static void half_page_is_written_in_order(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	write_half_page(f, FLASH, 4);
	fake_soc_write(f, FLASH + 0x14, 5);
	assert_int_equal(said(f), PGAERR);
	write_half_page(f, FLASH + half_page(f), half_page(f) / 4);
	fake_soc_advance(f, PROGRAM_NS);
	assert_int_equal(said(f), EOP);
	assert_int_equal(fake_soc_read(f, FLASH + half_page(f) + 0x14), 0x105);
}

static void read_in_between_ends_a_half_page(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	write_half_page(f, FLASH, 4);
	assert_int_equal(bus_read(&f->bus, FLASH, 4, &value, BUS_CPU), BUS_OK);
	assert_int_equal(said(f), f->spec.core == VIRTUAL_M3 ? SIZERR : FWWERR);
	assert_int_equal(fake_soc_read(f, FLASH + 0x10), 0);
}

static void half_page_left_incomplete_leaves_what_came(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	write_half_page(f, FLASH, 4);
	put(f, PECR, 0);
	assert_int_equal(said(f), 0);
	assert_int_equal(fake_soc_read(f, FLASH + 0xC), 0x103);
	assert_int_equal(fake_soc_read(f, FLASH + 0x10), 0);
}

static void l0_refuses_half_pages_that_are_not_erased(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH + 0x20, 1);
	said(f);
	write_half_page(f, FLASH, 16);
	assert_int_equal(said(f), NOTZEROERR);
	assert_int_equal(fake_soc_read(f, FLASH), 0);
}

/* --- EEPROM ----------------------------------------------------------------------------------- */

static void eeprom_takes_all_widths(void **state)
{
	struct fake_soc *f = *state;

	put(f, PEKEYR, PEKEY1);
	put(f, PEKEYR, PEKEY2);
	assert_int_equal(fake_soc_try_write(f, EEPROM + 1, 1, 0x12), BUS_OK);
	fake_soc_advance(f, PROGRAM_NS);
	assert_int_equal(fake_soc_try_write(f, EEPROM + 2, 2, 0x3456), BUS_OK);
	fake_soc_advance(f, PROGRAM_NS);
	assert_int_equal(said(f), EOP);
	assert_int_equal(fake_soc_read(f, EEPROM), 0x34561200);
	program(f, EEPROM + 4, 0x789ABCDE);
	assert_int_equal(fake_soc_read(f, EEPROM + 4), 0x789ABCDE);
}

static void eeprom_erases_first_where_it_must(void **state)
{
	struct fake_soc *f = *state;

	put(f, PEKEYR, PEKEY1);
	put(f, PEKEYR, PEKEY2);
	program(f, EEPROM, 0x0F);
	fake_soc_write(f, EEPROM, 0xF0);
	fake_soc_advance(f, 2 * PROGRAM_NS - 1);
	assert_int_equal(get(f, SR) & BSY, BSY);
	fake_soc_advance(f, 1);
	assert_int_equal(fake_soc_read(f, EEPROM), 0xF0);
	put(f, PECR, FIX);
	fake_soc_write(f, EEPROM + 4, 1);
	fake_soc_advance(f, 2 * PROGRAM_NS - 1);
	assert_int_equal(get(f, SR) & BSY, BSY);
}

static void eeprom_word_is_erased(void **state)
{
	struct fake_soc *f = *state;

	put(f, PEKEYR, PEKEY1);
	put(f, PEKEYR, PEKEY2);
	program(f, EEPROM, 1);
	program(f, EEPROM + 4, 1);
	put(f, PECR, ERASE | DATA);
	program(f, EEPROM, 0);
	assert_int_equal(fake_soc_read(f, EEPROM), 0);
	assert_int_equal(fake_soc_read(f, EEPROM + 4), 1);
}

static void eeprom_ends_where_it_ends(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	assert_int_equal(fake_soc_try_read(f, EEPROM + 0x7FC, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_try_read(f, EEPROM + 0x800, 4, &value), BUS_FAULT);
}

/* --- option words ----------------------------------------------------------------------------- */

static void factory_options_are_loaded(void **state)
{
	struct fake_soc *f = *state;
	uint32_t user = fake_soc_read(f, OPTIONS + 4) & 0xFFFF;

	assert_int_equal(get(f, OBR), 0xAA | user << 16);
	assert_int_equal(get(f, WRPR1), 0);
	assert_int_equal(fake_soc_read(f, OPTIONS), 0xFF5500AA);
}

static void option_word_counts_from_the_next_load(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	fake_soc_write(f, OPTIONS + 8, 0xFFFE0001);
	fake_soc_advance(f, 2 * PROGRAM_NS - 1);
	assert_int_equal(get(f, SR) & BSY, BSY);
	fake_soc_advance(f, 1);
	assert_int_equal(fake_soc_read(f, OPTIONS + 8), 0xFFFE0001);
	assert_int_equal(get(f, WRPR1), 0);
	fake_soc_reset(f);
	assert_int_equal(get(f, WRPR1), 0);	/* a plain reset does not load */
	reload(f);
	assert_int_equal(get(f, WRPR1), 1);
}

static void options_take_words_only(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	assert_int_equal(fake_soc_try_write(f, OPTIONS + 8, 2, 1), BUS_OK);
	assert_int_equal(said(f), SIZERR);
}

static void factory_area_is_not_writable(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	program(f, f->spec.uid_address, 0);
	assert_int_equal(said(f), WRPERR);
	assert_int_equal(fake_soc_read(f, f->spec.uid_address), 0x04030201);
}

static void launch_needs_optlock_open(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	put(f, PECR, OBL_LAUNCH);
	assert_int_equal(f->resets, 0);
	put(f, OPTKEYR, OPTKEY1);
	put(f, OPTKEYR, OPTKEY2);
	put(f, PECR, OBL_LAUNCH);
	assert_int_equal(f->resets, SOC_RESET_OPTIONS);
}

static void broken_complement_is_optverr_and_level_1(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock_options(f);
	program(f, OPTIONS, 0xFF5400AA);
	fake_soc_advance(f, PROGRAM_NS);
	reload(f);
	assert_int_equal(get(f, SR) & OPTVERR, OPTVERR);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
}

static void level_1_keeps_debuggers_out(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock_options(f);
	write_option(f, 0, 0xBB);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	reload(f);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_read(f, EEPROM, 4, &value), BUS_FAULT);
	assert_int_equal(bus_read(&f->bus, FLASH, 4, &value, BUS_CPU), BUS_FAULT);
	unlock(f);
	program(f, FLASH, 1);
	assert_int_equal(said(f), WRPERR);
	assert_int_equal(get(f, OBR) & 0xFF, 0xBB);
}

static void going_back_to_level_0_erases_all(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH, 1);
	program(f, EEPROM, 1);
	put(f, OPTKEYR, OPTKEY1);
	put(f, OPTKEYR, OPTKEY2);
	write_option(f, 0, 0xBB);
	reload(f);
	unlock_options(f);
	write_option(f, 0, 0xAA);
	reload(f);
	assert_int_equal(fake_soc_read(f, FLASH), 0);
	assert_int_equal(fake_soc_read(f, EEPROM), 0);
	assert_int_equal(get(f, OBR) & 0xFF, 0xAA);
}

static void level_2_closes_the_debug_port(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	write_option(f, 0, 0xCC);
	assert_false(f->soc.swd_disabled);
	reload(f);
	assert_true(f->soc.swd_disabled);
	unlock_options(f);
	write_option(f, 0, 0xAA);
	assert_int_equal(said(f), WRPERR);
}

static void write_protection_covers_4_kib(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	write_option(f, 8, 2);
	reload(f);
	unlock(f);
	program(f, FLASH + 0xFFC, 1);
	assert_int_equal(said(f), EOP);
	program(f, FLASH + 0x1000, 1);
	assert_int_equal(said(f), WRPERR);
	erase_page(f, FLASH + 0x1F80);
	assert_int_equal(said(f), WRPERR);
	program(f, FLASH + 0x2000, 1);
	assert_int_equal(said(f), EOP);
}

static void pcrop_hides_sectors_from_readers(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	program(f, FLASH, 1);
	put(f, OPTKEYR, OPTKEY1);
	put(f, OPTKEYR, OPTKEY2);
	write_option(f, 8, 0xFFFD);		/* a 0 protects now: the second sector */
	write_option(f, 0, 0x1AA);
	reload(f);
	assert_int_equal(fake_soc_read(f, FLASH), 1);
	assert_int_equal(fake_soc_try_read(f, FLASH + 0x1000, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_read(f, 0x1000, 4, &value), BUS_FAULT);
	assert_int_equal(said(f), RDERR);
	assert_int_equal(bus_read(&f->bus, FLASH + 0x1000, 4, &value, BUS_CPU), BUS_FAULT);
	said(f);
	unlock(f);
	program(f, FLASH + 0x1000, 1);
	assert_int_equal(said(f), WRPERR);
	erase_page(f, FLASH + 0x1000);
	assert_int_equal(said(f), WRPERR);
	program(f, FLASH + 0x2000, 1);
	assert_int_equal(said(f), EOP);
}

static void pcrop_goes_only_with_the_flash(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	write_option(f, 0, 0x1AA);
	reload(f);
	unlock_options(f);
	said(f);
	write_option(f, 0, 0xAA);
	assert_int_equal(said(f), WRPERR);
	write_option(f, 8, 1);
	assert_int_equal(said(f), WRPERR);
	write_option(f, 0, 0x1BB);
	reload(f);
	unlock_options(f);
	write_option(f, 0, 0xAA);
	reload(f);
	assert_int_equal(said(f), 0);
	assert_int_equal(fake_soc_read(f, FLASH), 0);
}

static void hardware_watchdog_is_an_option(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	write_option(f, 4, 0x60);
	reload(f);
	fake_soc_advance(f, 600 * MS);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

/* --- two banks -------------------------------------------------------------------------------- */

static void one_bank_is_read_while_the_other_is_written(void **state)
{
	struct fake_soc *f = *state;
	uint32_t second = f->spec.banks[1].base, value;

	unlock(f);
	fake_soc_write(f, second, 0x55);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_try_read(f, second, 4, &value), BUS_STALL);
	fake_soc_advance(f, PROGRAM_NS);
	assert_int_equal(fake_soc_read(f, second), 0x55);
	assert_int_equal(fake_soc_read(f, second - FLASH), 0x55);	/* alias */
}

static void protection_words_go_on_in_the_second_bank(void **state)
{
	struct fake_soc *f = *state;
	uint32_t sector = 32 * 4096;

	unlock_options(f);
	write_option(f, 0x10, 1);
	reload(f);
	assert_int_equal(get(f, WRPR2), 1);
	unlock(f);
	program(f, FLASH + sector - 4, 1);
	assert_int_equal(said(f), EOP);
	program(f, FLASH + sector, 1);
	assert_int_equal(said(f), WRPERR);
}

static void last_protection_words_are_apart(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	write_option(f, 0x84, 0x8000);
	reload(f);
	assert_int_equal(get(f, WRPR2 + 8), 0x80000000);
	unlock(f);
	program(f, FLASH + 0x7FFFC, 1);
	assert_int_equal(said(f), WRPERR);
}

static void identity_is_split(void **state)
{
	struct fake_soc *f = *state;
	uint32_t size;

	assert_int_equal(fake_soc_try_read(f, f->spec.size_address, 2, &size), BUS_OK);
	assert_int_equal(size, f->spec.size_value);
	assert_int_equal(fake_soc_read(f, f->spec.uid_address), 0x04030201);
	assert_int_equal(fake_soc_read(f, f->spec.uid_address + 4), 0x08070605);
	assert_int_equal(fake_soc_read(f, f->spec.uid_address + 0x14), 0x0C0B0A09);
}

#define ON(test, chip) cmocka_unit_test_setup_teardown(test, setup_##chip, teardown)
#define ON_BOTH(test) ON(test, l0), ON(test, l1)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_BOTH(three_locks_open_one_after_the_other),
		ON_BOTH(inner_keys_do_nothing_before_pelock_is_open),
		ON_BOTH(wrong_keys_fault_and_lock_until_reset),
		ON(keys_while_open_fault, l0),
		ON_BOTH(pecr_is_ignored_while_locked),
		ON_BOTH(writes_while_locked_are_wrperr),
		ON_BOTH(blank_flash_reads_zero),
		ON_BOTH(programs_a_word_in_its_time),
		ON_BOTH(narrow_writes_are_sizerr),
		ON(l0_refuses_words_that_are_not_erased, l0),
		ON(l1_adds_ones_to_what_is_there, l1),
		ON_BOTH(accesses_wait_while_busy),
		ON_BOTH(page_erase_leaves_neighbours),
		ON(erase_bit_alone_is_no_erase, l0),
		ON_BOTH(reset_in_an_erase_leaves_garbage),
		ON(nearly_done_erase_looks_blank_until_power_on, l1),
		ON_BOTH(programs_a_half_page_in_the_time_of_a_word),
		ON_BOTH(half_page_begins_at_its_begin),
		ON_BOTH(half_page_is_written_in_order),
		ON_BOTH(read_in_between_ends_a_half_page),
		ON_BOTH(half_page_left_incomplete_leaves_what_came),
		ON(l0_refuses_half_pages_that_are_not_erased, l0),
		ON_BOTH(eeprom_takes_all_widths),
		ON_BOTH(eeprom_erases_first_where_it_must),
		ON(eeprom_word_is_erased, l0),
		ON(eeprom_ends_where_it_ends, l0),
		ON_BOTH(factory_options_are_loaded),
		ON_BOTH(option_word_counts_from_the_next_load),
		ON(options_take_words_only, l0),
		ON_BOTH(factory_area_is_not_writable),
		ON_BOTH(launch_needs_optlock_open),
		ON_BOTH(broken_complement_is_optverr_and_level_1),
		ON_BOTH(level_1_keeps_debuggers_out),
		ON_BOTH(going_back_to_level_0_erases_all),
		ON(level_2_closes_the_debug_port, l1),
		ON_BOTH(write_protection_covers_4_kib),
		ON_BOTH(pcrop_hides_sectors_from_readers),
		ON_BOTH(pcrop_goes_only_with_the_flash),
		ON_BOTH(hardware_watchdog_is_an_option),
		ON(one_bank_is_read_while_the_other_is_written, l0_dual),
		ON(one_bank_is_read_while_the_other_is_written, l1_dual),
		ON(protection_words_go_on_in_the_second_bank, l0_dual),
		ON(last_protection_words_are_apart, l1_dual),
		ON_BOTH(identity_is_split),
		ON(identity_is_split, l1_dual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
