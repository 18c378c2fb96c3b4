/* SPDX-License-Identifier: MIT
 *
 * The virtual flash controller: locks, programming, ECC and erasing of the H7. Each rule is broken once,
 * and must be noticed.
 */
#include "tests/unit/flash_h7_bench.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
