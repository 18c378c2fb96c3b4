/* SPDX-License-Identifier: MIT
 *
 * The virtual flash controllers of H7 and H7A3: each rule of RM0433 and RM0455 section 4 is broken
 * once, and must be noticed.
 */
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
	static int setup_##part(void **state) \
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

static int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

static uint32_t get(struct fake_soc *f, uint32_t offset)
{
	return fake_soc_read(f, REGS + offset);
}

static void put(struct fake_soc *f, uint32_t offset, uint32_t value)
{
	fake_soc_write(f, REGS + offset, value);
}

static uint32_t errors(struct fake_soc *f, uint32_t set)
{
	return get(f, set + SR) & ERRORS;
}

static void unlock(struct fake_soc *f, uint32_t set)
{
	put(f, set + KEYR, 0x45670123);
	put(f, set + KEYR, 0xCDEF89AB);
}

static void unlock_options(struct fake_soc *f)
{
	put(f, OPTKEYR, 0x08192A3B);
	put(f, OPTKEYR, 0x4C5D6E7F);
}

static void change_option(struct fake_soc *f, uint32_t offset, uint32_t value)
{
	unlock_options(f);
	put(f, offset, value);
	put(f, OPTCR, OPTSTART);
	fake_soc_advance(f, 6000 * MS);
	put(f, OPTCR, 1);
}

/* Fills a flash word with first, first + 1...; does not wait for it. */
static void write_words(struct fake_soc *f, uint32_t address, uint32_t first, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		fake_soc_write(f, address + 4 * i, first + i);
}

static void program(struct fake_soc *f, uint32_t set, uint32_t address, uint32_t first)
{
	put(f, set + CR, PG | X64);
	write_words(f, address, first, 8);
	fake_soc_advance(f, 100 * US);
	put(f, set + CR, X64);
}

static void start_erase(struct fake_soc *f, uint32_t set, uint32_t sector)
{
	put(f, set + CR, SER | X64 | sector << 8);
	put(f, set + CR, SER | X64 | sector << 8 | START);
}

/* --- locks ------------------------------------------------------------------------------------ */

static void each_bank_has_a_lock_of_its_own(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(get(f, CR), LOCK);
	assert_int_equal(get(f, SET2 + CR), LOCK);
	unlock(f, SET2);
	assert_int_equal(get(f, CR), LOCK);
	assert_int_equal(get(f, SET2 + CR), 0);
	put(f, CR, PG);
	assert_int_equal(get(f, CR), LOCK);
	put(f, SET2 + CR, LOCK);
	assert_int_equal(get(f, SET2 + CR), LOCK);
}

static void wrong_key_jams_one_bank_until_reset(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_try_write(f, REGS + KEYR, 4, 0x12345678), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(f, REGS + KEYR, 4, 0x45670123), BUS_FAULT);
	unlock(f, SET2);
	assert_int_equal(get(f, SET2 + CR), 0);
	fake_soc_reset(f);
	unlock(f, 0);
	assert_int_equal(get(f, CR), 0);
}

static void keys_while_open_jam(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	assert_int_equal(fake_soc_try_write(f, REGS + KEYR, 4, 0x45670123), BUS_FAULT);
	assert_int_equal(get(f, CR), LOCK);
}

/* --- programming ------------------------------------------------------------------------------ */

static void programs_a_flash_word_when_it_is_complete(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG | X64);
	write_words(f, FLASH + 32, 10, 7);
	assert_int_equal(get(f, SR), WBNE);
	assert_int_equal(fake_soc_read(f, FLASH + 32), 0xFFFFFFFF);
	fake_soc_write(f, FLASH + 60, 17);
	assert_int_equal(get(f, SR), BSY | QW);
	fake_soc_advance(f, 100 * US - 1);
	assert_int_equal(get(f, SR), BSY | QW);
	fake_soc_advance(f, 1);
	assert_int_equal(get(f, SR), EOP);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(fake_soc_read(f, FLASH + 32 + 4 * i), 10 + i);
	put(f, CCR, EOP);
	assert_int_equal(get(f, SR), 0);
}

static void psize_sets_the_time(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG);
	write_words(f, FLASH, 1, 8);
	fake_soc_advance(f, 289 * US);
	assert_int_equal(get(f, SR), BSY | QW);
	fake_soc_advance(f, US);
	assert_int_equal(get(f, SR), EOP);
}

static void one_more_word_waits_in_the_queue(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG | X64);
	write_words(f, FLASH, 1, 8);
	write_words(f, FLASH + 32, 9, 8);
	assert_int_equal(fake_soc_try_write(f, FLASH + 64, 4, 17), BUS_STALL);
	fake_soc_advance(f, 100 * US);
	assert_int_equal(get(f, SR), BSY | QW | EOP);
	fake_soc_advance(f, 100 * US);
	assert_int_equal(get(f, SR), EOP);
	assert_int_equal(fake_soc_read(f, FLASH + 60), 16);
}

static void fw_programs_an_incomplete_word(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG | X64);
	write_words(f, FLASH, 5, 2);
	put(f, CR, PG | X64 | FW);
	assert_int_equal(get(f, CR), PG | X64);
	fake_soc_advance(f, 100 * US);
	assert_int_equal(get(f, SR), EOP);
	assert_int_equal(fake_soc_read(f, FLASH + 4), 6);
	assert_int_equal(fake_soc_read(f, FLASH + 8), 0xFFFFFFFF);
}

static void write_without_pg_is_pgserr(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	fake_soc_write(f, FLASH, 1);
	assert_int_equal(get(f, SR), PGSERR);
}

static void pg_of_one_bank_is_not_that_of_the_other(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	unlock(f, SET2);
	put(f, CR, PG | X64);
	fake_soc_write(f, BANK2, 1);
	assert_int_equal(get(f, SR), 0);
	assert_int_equal(get(f, SET2 + SR), PGSERR);
}

static void narrow_writes_are_strberr(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG | X64);
	assert_int_equal(fake_soc_try_write(f, FLASH, 2, 1), BUS_OK);
	assert_int_equal(get(f, SR), STRBERR);
	put(f, CCR, STRBERR);
	assert_int_equal(fake_soc_try_write(f, FLASH, 1, 1), BUS_OK);
	assert_int_equal(get(f, SR), STRBERR);
}

static void the_same_word_twice_is_strberr(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG | X64);
	write_words(f, FLASH, 1, 2);
	fake_soc_write(f, FLASH + 4, 1);
	assert_int_equal(get(f, SR), STRBERR);	/* and the buffer is empty */
}

static void another_flash_word_before_the_end_is_incerr(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG | X64);
	write_words(f, FLASH, 1, 3);
	fake_soc_write(f, FLASH + 32, 1);
	assert_int_equal(get(f, SR), INCERR);
	put(f, CCR, INCERR);
	write_words(f, FLASH, 1, 8);
	fake_soc_advance(f, 100 * US);
	assert_int_equal(errors(f, 0), 0);
}

static void words_out_of_order_are_incerr(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG | X64);
	fake_soc_write(f, FLASH + 4, 1);
	fake_soc_write(f, FLASH, 1);
	assert_int_equal(get(f, SR), INCERR);
}

static void a_pending_error_blocks_what_follows(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	fake_soc_write(f, FLASH, 1);
	put(f, CR, PG | X64);
	write_words(f, FLASH, 1, 8);
	assert_int_equal(get(f, SR), PGSERR);
	start_erase(f, 0, 0);
	assert_int_equal(get(f, SR), PGSERR);
	put(f, CCR, PGSERR);
	program(f, 0, FLASH, 1);
	assert_int_equal(get(f, SR), EOP);
}

/* --- ECC -------------------------------------------------------------------------------------- */

static void second_program_of_a_word_breaks_its_ecc(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f, 0);
	program(f, 0, FLASH + 64, 0x11111111);
	program(f, 0, FLASH + 64, 0xEEEE0000);
	assert_int_equal(errors(f, 0), 0);	/* nobody tells */
	assert_int_equal(fake_soc_try_read(f, FLASH + 64, 4, &value), BUS_FAULT);
	assert_int_equal(errors(f, 0), DBECCERR);
	assert_int_equal(get(f, ECC_FA), 2);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	put(f, CCR, DBECCERR | EOP);
	start_erase(f, 0, 0);
	fake_soc_advance(f, 1000 * MS);
	assert_int_equal(fake_soc_read(f, FLASH + 64), 0xFFFFFFFF);
	assert_int_equal(errors(f, 0), 0);
}

/* Words of which only one bit differs from the first program's ECC are corrected. */
static void one_wrong_bit_is_corrected_and_told(void **state)
{
	struct fake_soc *f = *state;
	const uint32_t first[8] = { 1, 0, 0, 0, 0, 0, 0, 0 }, second[8] = { 3, 0, 0, 0, 0, 0, 0, 0 };
	uint32_t value;

	unlock(f, 0);
	put(f, CR, PG | X64);
	for (unsigned i = 0; i < 8; i++)
		fake_soc_write(f, FLASH + 4 * i, first[i]);
	fake_soc_advance(f, 100 * US);
	for (unsigned i = 0; i < 8; i++)
		fake_soc_write(f, FLASH + 4 * i, second[i]);
	fake_soc_advance(f, 100 * US);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	assert_int_equal(errors(f, 0), SNECCERR);
	assert_int_equal(value, 1);
}

static void the_same_contents_twice_do_no_harm(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	program(f, 0, FLASH, 7);
	program(f, 0, FLASH, 7);
	assert_int_equal(fake_soc_read(f, FLASH + 4), 8);
	assert_int_equal(errors(f, 0), 0);
}

/* It reads blank, but a word programmed to all ones has its ECC. */
static void all_ones_are_a_false_blank(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f, 0);
	put(f, CR, PG | X64);
	for (unsigned i = 0; i < 8; i++)
		fake_soc_write(f, FLASH + 4 * i, 0xFFFFFFFF);
	fake_soc_advance(f, 100 * US);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	program(f, 0, FLASH, 0x12345678);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
}

/* --- erasing ---------------------------------------------------------------------------------- */

static void sector_erase_leaves_neighbours_and_the_other_bank(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	unlock(f, SET2);
	program(f, 0, FLASH, 1);
	program(f, 0, FLASH + 0x20000, 2);
	program(f, SET2, BANK2 + 0x20000, 3);
	start_erase(f, 0, 1);
	assert_int_equal(get(f, SR), BSY | QW | EOP);
	assert_int_equal(get(f, SET2 + SR), EOP);
	fake_soc_advance(f, 1000 * MS);
	assert_int_equal(get(f, SR), EOP);
	assert_int_equal(get(f, CR), SER | X64 | 1 << 8);
	assert_int_equal(fake_soc_read(f, FLASH), 1);
	assert_int_equal(fake_soc_read(f, FLASH + 0x20000), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, BANK2 + 0x20000), 3);
}

static void banks_work_side_by_side(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f, 0);
	unlock(f, SET2);
	start_erase(f, 0, 0);
	start_erase(f, SET2, 0);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_STALL);
	assert_int_equal(fake_soc_try_read(f, BANK2, 4, &value), BUS_STALL);
	fake_soc_advance(f, 1000 * MS);
	assert_int_equal(get(f, SR), EOP);
	assert_int_equal(get(f, SET2 + SR), EOP);
}

static void a_bank_is_read_while_the_other_works(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f, 0);
	start_erase(f, 0, 0);
	assert_int_equal(fake_soc_try_read(f, BANK2, 4, &value), BUS_OK);
}

static void bank_erase_wins_over_sector_erase(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	program(f, 0, FLASH + 0x60000, 1);
	put(f, CR, SER | BER | X64);
	put(f, CR, SER | BER | X64 | START);
	fake_soc_advance(f, 2499 * MS);
	assert_int_equal(get(f, SR) & BSY, BSY);
	fake_soc_advance(f, MS);
	assert_int_equal(fake_soc_read(f, FLASH + 0x60000), 0xFFFFFFFF);
}

static void start_without_a_kind_is_pgserr(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, X64 | START);
	assert_int_equal(get(f, SR), PGSERR);
	put(f, CCR, PGSERR);
	put(f, CR, X64 | SER | PG);
	put(f, CR, X64 | SER | PG | START);
	assert_int_equal(get(f, SR), PGSERR);
}

static void start_with_words_in_the_buffer_is_pgserr(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG | X64);
	fake_soc_write(f, FLASH, 1);
	start_erase(f, 0, 1);
	assert_int_equal(get(f, SR), PGSERR | WBNE);
}

static void sectors_that_are_not_there_are_not_erased(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	start_erase(f, 0, 4);
	assert_int_equal(get(f, SR), 0);
}

static void mass_erase_takes_both_banks_when_both_are_open(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	program(f, 0, FLASH, 1);
	unlock(f, SET2);
	program(f, SET2, BANK2, 2);
	put(f, OPTCR, OPT_MER);		/* locked: ignored */
	assert_int_equal(get(f, SR), EOP);
	unlock_options(f);
	put(f, OPTCR, OPT_MER);
	fake_soc_advance(f, 2500 * MS);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
}

static void reset_in_an_erase_leaves_words_with_a_bad_ecc(void **state)
{
	struct fake_soc *f = *state;
	unsigned faults = 0;
	uint32_t value;

	unlock(f, 0);
	start_erase(f, 0, 0);
	fake_soc_advance(f, 100 * MS);
	fake_soc_reset(f);
	for (uint32_t at = 0; at < 0x20000; at += 32)
		faults += fake_soc_try_read(f, FLASH + at, 4, &value) == BUS_FAULT;
	assert_int_equal(faults, 0x20000 / 64);
	unlock(f, 0);
	start_erase(f, 0, 0);
	fake_soc_advance(f, 1000 * MS);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void nearly_done_erase_looks_blank_until_power_on(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f, 0);
	program(f, 0, FLASH, 1);
	start_erase(f, 0, 0);
	fake_soc_advance(f, 900 * MS);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
}

static void interrupt_follows_its_enable(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG | X64 | EOPIE);
	write_words(f, FLASH, 1, 8);
	assert_false(f->irqs[4]);
	fake_soc_advance(f, 100 * US);
	assert_true(f->irqs[4]);
	put(f, CCR, EOP);
	assert_false(f->irqs[4]);
}

/* --- options ---------------------------------------------------------------------------------- */

static void options_are_read_in_one_register_and_written_in_another(void **state)
{
	struct fake_soc *f = *state;

	put(f, OPTSR_PRG, 0x1BC6AAF4);		/* locked: ignored */
	assert_int_equal(get(f, OPTSR_PRG), 0x1BC6AAF0);
	unlock_options(f);
	put(f, OPTSR_PRG, 0x1BC6AAF4);
	put(f, OPTSR_CUR, 0);
	assert_int_equal(get(f, OPTSR_CUR), 0x1BC6AAF0);
	put(f, OPTCR, OPTSTART);
	assert_int_equal(get(f, OPTSR_CUR), 0x1BC6AAF0 | OPT_BUSY);
	fake_soc_advance(f, 10 * MS);
	assert_int_equal(get(f, OPTSR_CUR), 0x1BC6AAF4);
	fake_soc_power_cycle(f);
	assert_int_equal(get(f, OPTSR_CUR), 0x1BC6AAF4);
}

static void wanted_values_without_optstart_are_forgotten(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	put(f, OPTSR_PRG, 0x1BC6AAF4);
	fake_soc_reset(f);
	assert_int_equal(get(f, OPTSR_PRG), 0x1BC6AAF0);
}

static void protected_sector_refuses_erase_and_program(void **state)
{
	struct fake_soc *f = *state;

	change_option(f, WPSN_PRG, 0xFD);
	unlock(f, 0);
	start_erase(f, 0, 1);
	assert_int_equal(get(f, SR), WRPERR);
	put(f, CCR, WRPERR);
	program(f, 0, FLASH + 0x20000, 1);
	assert_int_equal(get(f, SR) & WRPERR, WRPERR);
	put(f, CCR, ERRORS);
	put(f, CR, BER | X64 | START);
	assert_int_equal(get(f, SR), WRPERR);
	put(f, CCR, WRPERR);
	unlock(f, SET2);
	start_erase(f, SET2, 1);
	assert_int_equal(get(f, SET2 + SR), BSY | QW);
}

static void level_1_hides_the_flash_and_level_0_erases_it(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f, SET2);
	program(f, SET2, BANK2, 1);
	change_option(f, OPTSR_PRG, 0x1BC6BBF0);
	assert_int_equal(fake_soc_try_read(f, BANK2, 4, &value), BUS_FAULT);
	assert_int_equal(get(f, SET2 + SR) & RDPERR, RDPERR);
	change_option(f, OPTSR_PRG, 0x1BC6AAF0);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
}

static void level_2_closes_the_port_at_the_next_reset(void **state)
{
	struct fake_soc *f = *state;

	change_option(f, OPTSR_PRG, 0x1BC6CCF0);
	fake_soc_reset(f);
	assert_true(f->soc.swd_disabled);
	change_option(f, OPTSR_PRG, 0x1BC6AAF0);
	assert_int_equal(get(f, OPTSR_CUR), 0x1BC6CCF0 | OPTCHANGEERR);
	put(f, OPTCCR, OPTCHANGEERR);
	assert_int_equal(get(f, OPTSR_CUR), 0x1BC6CCF0);
}

static void pcrop_area_is_not_read(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	change_option(f, PRAR_PRG, 4 | 5 << 16);	/* 256-byte units */
	assert_int_equal(fake_soc_try_read(f, FLASH + 0x3FC, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_try_read(f, FLASH + 0x400, 4, &value), BUS_FAULT);
	assert_int_equal(errors(f, 0), RDPERR);
	assert_int_equal(fake_soc_try_read(f, FLASH + 0x600, 4, &value), BUS_OK);
}

static void boot_address_and_watchdog_are_options(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(f->soc.boot_address, FLASH);
	assert_false(f->soc.hardware_watchdog);
	change_option(f, BOOT_PRG, 0x1FF00810);
	change_option(f, OPTSR_PRG, 0x1BC6AAE0);
	fake_soc_reset(f);
	assert_int_equal(f->soc.boot_address, BANK2);
	assert_true(f->soc.hardware_watchdog);
}

/* --- banks ------------------------------------------------------------------------------------ */

static void there_is_a_hole_between_small_banks(void **state)
{
	uint32_t value;

	assert_int_equal(fake_soc_try_read(*state, 0x08080000, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_read(*state, BANK2, 4, &value), BUS_OK);
}

static void banks_swap_at_reset(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	program(f, 0, FLASH, 1);
	change_option(f, OPTSR_PRG, 0x1BC6AAF0 | 1u << 31);
	assert_int_equal(fake_soc_read(f, FLASH), 1);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, BANK2), 1);
	assert_int_equal(get(f, OPTCR), 1u << 31 | 1);
}

static void registers_go_with_the_address_when_swapped(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	program(f, 0, FLASH, 1);
	assert_int_equal(fake_soc_read(f, FLASH), 1);
	assert_int_equal(errors(f, 0) | errors(f, SET2), 0);
	start_erase(f, 0, 0);
	fake_soc_advance(f, 1000 * MS);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void or_they_stay_with_the_bank(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG | X64);
	fake_soc_write(f, FLASH, 1);
	assert_int_equal(errors(f, SET2), PGSERR);
	program(f, 0, BANK2, 1);
	assert_int_equal(fake_soc_read(f, BANK2), 1);
	start_erase(f, 0, 0);
	fake_soc_advance(f, 1000 * MS);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
}

/* --- H7A3 ------------------------------------------------------------------------------------- */

static void h7a3_programs_16_bytes(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, 0);
	put(f, CR, PG);
	write_words(f, FLASH, 1, 4);
	fake_soc_advance(f, 20 * US);
	assert_int_equal(get(f, SR), EOP);
	assert_int_equal(fake_soc_read(f, FLASH + 12), 4);
}

static void h7a3_erases_8_kib(void **state)
{
	struct fake_soc *f = *state;

	unlock(f, SET2);
	put(f, SET2 + CR, PG);
	write_words(f, BANK2 + 127 * 0x2000, 1, 4);
	fake_soc_advance(f, 20 * US);
	put(f, SET2 + CR, SER | 127 << 6);
	put(f, SET2 + CR, SER | 127 << 6 | START_A3);
	fake_soc_advance(f, 2 * MS);
	assert_int_equal(get(f, SET2 + SR), EOP);
	assert_int_equal(fake_soc_read(f, BANK2 + 127 * 0x2000), 0xFFFFFFFF);
}

static void h7a3_protects_four_sectors_to_a_bit(void **state)
{
	struct fake_soc *f = *state;

	change_option(f, WPSN_PRG, 0xFFFFFFFD);
	unlock(f, 0);
	for (uint32_t sector = 3; sector < 9; sector++) {
		put(f, CR, SER | sector << 6);
		put(f, CR, SER | sector << 6 | START_A3);
		assert_int_equal(errors(f, 0), sector >= 4 && sector < 8 ? WRPERR : 0);
		fake_soc_advance(f, 2 * MS);
		put(f, CCR, ERRORS);
	}
}

enum { OTP = 0x08FFF000 };

static void put_otp(struct fake_soc *f, uint32_t offset, uint32_t value)
{
	assert_int_equal(fake_soc_try_write(f, OTP + offset, 2, value), BUS_OK);
	fake_soc_advance(f, 20 * US);
}

static void h7a3_otp_needs_pg_otp_and_half_words(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f, 0);
	put(f, CR, PG);
	put_otp(f, 2, 0x1234);
	assert_int_equal(errors(f, 0), PGSERR);
	put(f, CCR, PGSERR);
	unlock_options(f);
	put(f, OPTCR, PG_OTP);
	put_otp(f, 2, 0x1234);
	assert_int_equal(errors(f, 0), 0);
	assert_int_equal(fake_soc_try_read(f, OTP + 2, 2, &value), BUS_OK);
	assert_int_equal(value, 0x1234);
	fake_soc_write(f, OTP, 0x12345678);
	assert_int_equal(errors(f, 0), STRBERR);
}

static void otp_locks_are_for_ever(void **state)
{
	struct fake_soc *f = *state;

	change_option(f, OTPBL_PRG, 2);
	change_option(f, OTPBL_PRG, 0);
	assert_int_equal(get(f, OPTSR_CUR) & OPTCHANGEERR, OPTCHANGEERR);
	assert_int_equal(get(f, OTPBL_PRG - 4), 2);
	unlock(f, 0);
	put(f, CR, PG);
	unlock_options(f);
	put(f, OPTCR, PG_OTP);
	put_otp(f, 64, 0x1234);
	assert_int_equal(errors(f, 0), WRPERR);
	put(f, CCR, WRPERR);
	put_otp(f, 128, 0x1234);
	assert_int_equal(errors(f, 0), 0);
}

#define ON(test, part) cmocka_unit_test_setup_teardown(test, setup_##part, teardown)
#define T(test) ON(test, h743)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_bank_has_a_lock_of_its_own),
		T(wrong_key_jams_one_bank_until_reset),
		T(keys_while_open_jam),
		T(programs_a_flash_word_when_it_is_complete),
		T(psize_sets_the_time),
		T(one_more_word_waits_in_the_queue),
		T(fw_programs_an_incomplete_word),
		T(write_without_pg_is_pgserr),
		T(pg_of_one_bank_is_not_that_of_the_other),
		T(narrow_writes_are_strberr),
		T(the_same_word_twice_is_strberr),
		T(another_flash_word_before_the_end_is_incerr),
		T(words_out_of_order_are_incerr),
		T(a_pending_error_blocks_what_follows),
		T(second_program_of_a_word_breaks_its_ecc),
		T(one_wrong_bit_is_corrected_and_told),
		T(the_same_contents_twice_do_no_harm),
		T(all_ones_are_a_false_blank),
		T(sector_erase_leaves_neighbours_and_the_other_bank),
		T(banks_work_side_by_side),
		T(a_bank_is_read_while_the_other_works),
		T(bank_erase_wins_over_sector_erase),
		T(start_without_a_kind_is_pgserr),
		T(start_with_words_in_the_buffer_is_pgserr),
		T(sectors_that_are_not_there_are_not_erased),
		T(mass_erase_takes_both_banks_when_both_are_open),
		T(reset_in_an_erase_leaves_words_with_a_bad_ecc),
		T(nearly_done_erase_looks_blank_until_power_on),
		T(interrupt_follows_its_enable),
		T(options_are_read_in_one_register_and_written_in_another),
		T(wanted_values_without_optstart_are_forgotten),
		T(protected_sector_refuses_erase_and_program),
		T(level_1_hides_the_flash_and_level_0_erases_it),
		T(level_2_closes_the_port_at_the_next_reset),
		T(pcrop_area_is_not_read),
		T(boot_address_and_watchdog_are_options),
		T(there_is_a_hole_between_small_banks),
		T(banks_swap_at_reset),
		ON(registers_go_with_the_address_when_swapped, h743_swap),
		ON(or_they_stay_with_the_bank, h743_keep),
		ON(h7a3_programs_16_bytes, h7a3),
		ON(h7a3_erases_8_kib, h7a3),
		ON(h7a3_protects_four_sectors_to_a_bit, h7a3),
		ON(h7a3_otp_needs_pg_otp_and_half_words, h7a3),
		ON(otp_locks_are_for_ever, h7a3),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
