/* SPDX-License-Identifier: MIT
 *
 * The virtual flash controller: locks, programming, erasing and data EEPROM of L0 and L1. Each rule is broken once,
 * and must be noticed.
 */
#include "tests/unit/flash_l1_bench.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
