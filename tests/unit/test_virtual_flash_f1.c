/* SPDX-License-Identifier: MIT
 *
 * The virtual flash controller: locks, programming and erasing of F0 and F1. Each rule is broken once,
 * and must be noticed.
 */
#include "tests/unit/flash_f1_bench.h"

/* --- locks ------------------------------------------------------------------------------------ */

static void is_locked_after_reset_and_opens_with_both_keys(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, CR), LOCK);
	fake_soc_write(f, KEYR, KEY1);
	assert_int_equal(fake_soc_read(f, CR), LOCK);
	fake_soc_write(f, KEYR, KEY2);
	assert_int_equal(fake_soc_read(f, CR), 0);
	fake_soc_write(f, CR, LOCK);
	assert_int_equal(fake_soc_read(f, CR), LOCK);
}

static void wrong_key_faults_and_locks_until_reset(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_try_write(f, KEYR, 4, WRONG_KEY), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(f, KEYR, 4, KEY1), BUS_FAULT);
	assert_int_equal(fake_soc_read(f, CR), LOCK);
	fake_soc_reset(f);
	unlock(f);
	assert_int_equal(fake_soc_read(f, CR), 0);
}

static void keys_while_open_do_no_harm(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	unlock(f);
	assert_int_equal(fake_soc_read(f, CR), 0);
}

static void cr_is_ignored_while_locked(void **state)
{
	fake_soc_write(*state, CR, PG);
	assert_int_equal(fake_soc_read(*state, CR), LOCK);
}

static void registers_take_words_only(void **state)
{
	assert_int_equal(fake_soc_try_write(*state, CR, 2, PG), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(*state, CR, 1, PG), BUS_FAULT);
}

/* --- programming ------------------------------------------------------------------------------ */

static void programs_a_half_word_in_its_time(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, PG);
	assert_int_equal(fake_soc_try_write(f, FLASH + 2, 2, 0x1234), BUS_OK);
	fake_soc_advance(f, PROGRAM_NS - 1);
	assert_int_equal(fake_soc_read(f, SR), BSY);
	fake_soc_advance(f, 1);
	assert_int_equal(fake_soc_read(f, SR), EOP);
	assert_int_equal(fake_soc_read(f, FLASH), 0x1234FFFF);
	assert_int_equal(fake_soc_read(f, 0), 0x1234FFFF);
	fake_soc_write(f, SR, EOP);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(f->soc.flash_busy_ns, PROGRAM_NS);
}

static void other_widths_are_bus_errors(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, PG);
	assert_int_equal(fake_soc_try_write(f, FLASH, 4, 0), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(f, FLASH, 1, 0), BUS_FAULT);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void write_without_pg_is_pgerr(void **state)
{
	struct fake_soc *f = *state;

	put_half(f, FLASH, 0);
	assert_int_equal(fake_soc_read(f, SR), PGERR);
	fake_soc_write(f, SR, PGERR);
	unlock(f);
	fake_soc_write(f, CR, PG | PER);
	put_half(f, FLASH, 0);
	assert_int_equal(fake_soc_read(f, SR), PGERR);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void only_blank_half_words_and_zero_are_programmed(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH, 0xFFF0);
	fake_soc_write(f, SR, EOP);
	program(f, FLASH, 0x0FF0);	/* only clears bits, and is refused all the same */
	assert_int_equal(fake_soc_read(f, SR), PGERR);
	assert_int_equal(get_half(f, FLASH), 0xFFF0);
	fake_soc_write(f, SR, PGERR);
	program(f, FLASH, 0);
	assert_int_equal(fake_soc_read(f, SR), EOP);
	assert_int_equal(get_half(f, FLASH), 0);
}

static void accesses_wait_while_busy(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	fake_soc_write(f, CR, PG);
	assert_int_equal(fake_soc_try_write(f, FLASH, 2, 1), BUS_OK);
	assert_int_equal(fake_soc_try_write(f, FLASH + 2, 2, 2), BUS_STALL);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_STALL);
	assert_int_equal(bus_write(&f->bus, FLASH + 2, 2, 2, BUS_CPU), BUS_OK);
	assert_int_equal(f->stalled_ns, PROGRAM_NS);
	fake_soc_advance(f, PROGRAM_NS);
	assert_int_equal(fake_soc_read(f, FLASH), 0x00020001);
}

/* --- erasing ---------------------------------------------------------------------------------- */

static void page_erase_leaves_neighbours(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH + 0x3FE, 0);
	program(f, FLASH + 0x400, 0);
	program(f, FLASH + 0x7FE, 0);
	program(f, FLASH + 0x800, 0);
	fake_soc_write(f, CR, PER);
	fake_soc_write(f, AR, FLASH + 0x5A4);
	fake_soc_write(f, CR, PER | STRT);
	assert_int_equal(fake_soc_read(f, CR), PER | STRT);
	fake_soc_advance(f, 30 * MS - 1);
	assert_int_equal(fake_soc_read(f, SR) & BSY, BSY);
	fake_soc_advance(f, 1);
	assert_int_equal(fake_soc_read(f, SR), EOP);
	assert_int_equal(fake_soc_read(f, CR), PER);
	assert_int_equal(get_half(f, FLASH + 0x3FE), 0);
	assert_int_equal(get_half(f, FLASH + 0x400), 0xFFFF);
	assert_int_equal(get_half(f, FLASH + 0x7FE), 0xFFFF);
	assert_int_equal(get_half(f, FLASH + 0x800), 0);
}

static void page_erase_outside_does_nothing(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH, 0);
	fake_soc_write(f, SR, EOP);
	fake_soc_write(f, CR, PER);
	fake_soc_write(f, AR, FLASH + 0x20000);
	fake_soc_write(f, CR, PER | STRT);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(get_half(f, FLASH), 0);
}

static void start_without_a_kind_does_nothing(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, STRT);
	fake_soc_write(f, CR, STRT | PER | MER);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(fake_soc_read(f, CR) & STRT, 0);
}

static void mass_erase_spares_the_option_bytes(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program(f, FLASH, 0);
	program(f, FLASH + 0x1FFFE, 0);
	fake_soc_write(f, CR, MER);
	fake_soc_write(f, CR, MER | STRT);
	fake_soc_advance(f, 30 * MS);
	assert_int_equal(get_half(f, FLASH), 0xFFFF);
	assert_int_equal(get_half(f, FLASH + 0x1FFFE), 0xFFFF);
	assert_int_equal(get_half(f, OPTIONS), 0x5AA5);
}

static void reset_in_an_erase_leaves_garbage(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, PER);
	fake_soc_write(f, AR, FLASH);
	fake_soc_write(f, CR, PER | STRT);
	fake_soc_advance(f, 10 * MS);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, CR), LOCK);
	assert_int_not_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	assert_int_equal(f->soc.flash_busy_ns, 10 * MS);
}

static void nearly_done_erase_looks_blank_until_power_on(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, PER);
	fake_soc_write(f, AR, FLASH);
	fake_soc_write(f, CR, PER | STRT);
	fake_soc_advance(f, 25 * MS);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	fake_soc_power_cycle(f);
	assert_int_not_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void interrupts_follow_their_enables(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, PG | EOPIE | ERRIE);
	put_half(f, FLASH, 1);
	assert_true(f->irqs[4]);
	fake_soc_write(f, SR, EOP);
	assert_false(f->irqs[4]);
	put_half(f, FLASH, 2);
	assert_int_equal(fake_soc_read(f, SR), PGERR);
	assert_true(f->irqs[4]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(is_locked_after_reset_and_opens_with_both_keys, ),
		ON(wrong_key_faults_and_locks_until_reset, ),
		ON(keys_while_open_do_no_harm, ),
		ON(cr_is_ignored_while_locked, ),
		ON(registers_take_words_only, ),
		ON(programs_a_half_word_in_its_time, ),
		ON(other_widths_are_bus_errors, ),
		ON(write_without_pg_is_pgerr, ),
		ON(only_blank_half_words_and_zero_are_programmed, ),
		ON(accesses_wait_while_busy, ),
		ON(page_erase_leaves_neighbours, ),
		ON(page_erase_outside_does_nothing, ),
		ON(start_without_a_kind_does_nothing, ),
		ON(mass_erase_spares_the_option_bytes, ),
		ON(reset_in_an_erase_leaves_garbage, ),
		ON(nearly_done_erase_looks_blank_until_power_on, ),
		ON(interrupts_follow_their_enables, ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
