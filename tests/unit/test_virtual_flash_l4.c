/* SPDX-License-Identifier: MIT
 *
 * The virtual flash controller: keys, programming and erasing of L4, G0 and their kin. Each rule is broken once,
 * and must be noticed.
 */
#include "tests/unit/flash_l4_bench.h"

/* --- keys ------------------------------------------------------------------------------------- */

static void is_locked_after_reset_and_opens_with_both_keys(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, CR), LOCKS);
	fake_soc_write(f, KEYR, KEY1);
	assert_int_equal(fake_soc_read(f, CR), LOCKS);
	fake_soc_write(f, KEYR, KEY2);
	assert_int_equal(fake_soc_read(f, CR), OPTLOCK);
	fake_soc_write(f, CR, LOCK);
	assert_int_equal(fake_soc_read(f, CR), LOCKS);
}

static void wrong_key_faults_and_locks_until_reset(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_try_write(f, KEYR, 4, WRONG_KEY), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(f, KEYR, 4, KEY1), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(f, KEYR, 4, KEY2), BUS_FAULT);
	assert_int_equal(fake_soc_read(f, CR), LOCKS);
	fake_soc_reset(f);
	l4_unlock(f);
	assert_int_equal(fake_soc_read(f, CR), OPTLOCK);
}

static void keys_while_unlocked_fault_and_lock(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	assert_int_equal(fake_soc_try_write(f, KEYR, 4, KEY1), BUS_FAULT);
	assert_int_equal(fake_soc_read(f, CR), LOCKS);
	assert_int_equal(fake_soc_try_write(f, KEYR, 4, KEY1), BUS_FAULT);
}

static void option_keys_before_the_others_jam(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_try_write(f, OPTKEYR, 4, OPTKEY1), BUS_FAULT);
	l4_unlock(f);
	assert_int_equal(fake_soc_try_write(f, OPTKEYR, 4, OPTKEY1), BUS_FAULT);
	assert_true(fake_soc_read(f, CR) & OPTLOCK);
}

static void cr_is_ignored_while_locked(void **state)
{
	fake_soc_write(*state, CR, PG);
	assert_int_equal(fake_soc_read(*state, CR), LOCKS);
}

/* --- programming ------------------------------------------------------------------------------ */

static void programs_a_double_word_in_82_us(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, CR, PG);
	fake_soc_write(f, FLASH + 0x100, 0x11223344);
	fake_soc_advance(f, 1 * MS);
	assert_int_equal(status(f), 0);
	assert_int_equal(fake_soc_read(f, FLASH + 0x100), 0xFFFFFFFF);
	fake_soc_write(f, FLASH + 0x104, 0x55667788);
	fake_soc_advance(f, 81699);
	assert_int_equal(status(f), BSY);
	fake_soc_advance(f, 1);
	assert_int_equal(status(f), 0);
	assert_int_equal(fake_soc_read(f, FLASH + 0x100), 0x11223344);
	assert_int_equal(fake_soc_read(f, FLASH + 0x104), 0x55667788);
	assert_int_equal(fake_soc_read(f, 0x104), 0x55667788);	/* alias */
	assert_int_equal(f->soc.flash_busy_ns, 81700);
}

static void write_without_pg_is_pgserr(void **state)
{
	static const uint32_t rows[] = { 0, PER, MER1, PG | PER, PG | FSTPG };
	struct fake_soc *f = *state;

	l4_unlock(f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_soc_write(f, CR, rows[i]);
		fake_soc_write(f, FLASH, 0);
		assert_int_equal(status(f), PGSERR);
		fake_soc_write(f, SR, PGSERR);
		assert_int_equal(status(f), 0);
	}
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void only_words_program(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, CR, PG);
	for (unsigned width = 1; width <= 2; width++) {
		assert_int_equal(fake_soc_try_write(f, FLASH, width, 0), BUS_OK);
		assert_int_equal(status(f), SIZERR);
		fake_soc_write(f, SR, SIZERR);
	}
	fake_soc_write(f, FLASH, 1);	/* a byte in the middle spoils the unit */
	assert_int_equal(fake_soc_try_write(f, FLASH + 4, 1, 0), BUS_OK);
	assert_int_equal(status(f), SIZERR);
	fake_soc_write(f, SR, SIZERR);
	assert_int_equal(l4_program(f, FLASH, 2, 3), 0);
}

static void words_come_in_order_and_aligned(void **state)
{
	static const struct { uint32_t first, second; } rows[] = {
		{ 4, 8 }, { 0, 8 }, { 0, 0 }, { 8, 4 }, { 0, 12 },
	};
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, CR, PG);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_soc_write(f, FLASH + rows[i].first, 0);
		if (!status(f))
			fake_soc_write(f, FLASH + rows[i].second, 0);
		assert_int_equal(status(f), PGAERR);
		fake_soc_write(f, SR, ERRORS);
	}
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void what_is_not_erased_takes_zeros_only(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	assert_int_equal(l4_program(f, FLASH, 0xFFFFFFFF, 0xFFFFFFFE), 0);
	assert_int_equal(l4_program(f, FLASH, 0xFFFFFFFF, 0xFFFFFFFC), PROGERR);
	fake_soc_write(f, SR, ERRORS);
	assert_int_equal(l4_program(f, FLASH, 0, 1), PROGERR);
	fake_soc_write(f, SR, ERRORS);
	assert_int_equal(fake_soc_read(f, FLASH + 4), 0xFFFFFFFE);
	assert_int_equal(l4_program(f, FLASH, 0, 0), 0);
	assert_int_equal(fake_soc_read(f, FLASH + 4), 0);
}

static void unit_programmed_to_ff_is_spent(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	assert_int_equal(l4_program(f, FLASH + 8, 0xFFFFFFFF, 0xFFFFFFFF), 0);
	assert_int_equal(l4_program(f, FLASH + 8, 1, 2), PROGERR);
	fake_soc_write(f, SR, ERRORS);
	assert_int_equal(l4_program(f, FLASH + 8, 0, 0), PROGERR);
	fake_soc_power_cycle(f);
	l4_unlock(f);
	assert_int_equal(l4_program(f, FLASH + 8, 1, 2), PROGERR);
	fake_soc_write(f, SR, ERRORS);
	l4_erase_page(f, 0);
	assert_int_equal(l4_program(f, FLASH + 8, 1, 2), 0);
}

static void without_ecc_nothing_is_spent(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	assert_int_equal(l4_program(f, FLASH + 8, 0xFFFFFFFF, 0xFFFFFFFF), 0);
	assert_int_equal(l4_program(f, FLASH + 8, 1, 2), 0);
	assert_int_equal(fake_soc_read(f, FLASH + 8), 1);
}

static void pending_errors_keep_the_next_from_starting(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, CR, PG);
	fake_soc_try_write(f, FLASH, 1, 0);
	assert_int_equal(l4_program(f, FLASH, 1, 2), SIZERR | PGSERR);
	fake_soc_write(f, SR, SIZERR);
	fake_soc_write(f, CR, PER);
	fake_soc_write(f, CR, PER | STRT);
	assert_int_equal(status(f), PGSERR);
	fake_soc_write(f, SR, PGSERR);
	assert_int_equal(l4_program(f, FLASH, 1, 2), 0);
}

static void optverr_is_there_after_reset_and_harmless(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, SR), OPTVERR);
	l4_unlock(f);
	assert_int_equal(l4_program(f, FLASH, 1, 2), 0);
	fake_soc_write(f, SR, OPTVERR);
	assert_int_equal(fake_soc_read(f, SR), 0);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, SR), OPTVERR);
}

static void eop_and_operr_need_their_enables(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, CR, PG | EOPIE | ERRIE);
	fake_soc_write(f, FLASH, 1);
	fake_soc_write(f, FLASH + 4, 1);
	fake_soc_advance(f, 100 * US);
	assert_int_equal(status(f), EOP);
	assert_true(f->irqs[4]);
	fake_soc_write(f, SR, EOP);
	assert_false(f->irqs[4]);
	fake_soc_try_write(f, FLASH, 1, 0);
	assert_int_equal(status(f), SIZERR | OPERR);
	assert_true(f->irqs[4]);
}

/* --- erasing ---------------------------------------------------------------------------------- */

static void erases_the_page_of_the_bank(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	l4_program(f, FLASH + 0x1000, 1, 1);
	l4_program(f, BANK2 + 0x1000, 2, 2);
	fake_soc_write(f, CR, PER | 2 << PNB | BKER);
	fake_soc_write(f, CR, PER | 2 << PNB | BKER | STRT);
	assert_int_equal(status(f), BSY);
	assert_true(fake_soc_read(f, CR) & STRT);
	fake_soc_advance(f, 22020000);
	assert_int_equal(status(f), 0);
	assert_false(fake_soc_read(f, CR) & STRT);
	assert_int_equal(fake_soc_read(f, BANK2 + 0x1000), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, FLASH + 0x1000), 1);
}

static void bank_erases_take_their_bank(void **state)
{
	static const struct { uint32_t cr; bool first, second; } rows[] = {
		{ MER1, true, false }, { MER2, false, true }, { MER1 | MER2, true, true },
	};
	struct fake_soc *f = *state;

	l4_unlock(f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_soc_write(f, CR, MER1 | MER2);
		fake_soc_write(f, CR, MER1 | MER2 | STRT);
		fake_soc_advance(f, 23 * MS);
		l4_program(f, FLASH, 1, 1);
		l4_program(f, BANK2, 1, 1);
		fake_soc_write(f, CR, rows[i].cr);
		fake_soc_write(f, CR, rows[i].cr | STRT);
		fake_soc_advance(f, 23 * MS);
		assert_int_equal(fake_soc_read(f, FLASH) == 0xFFFFFFFF, rows[i].first);
		assert_int_equal(fake_soc_read(f, BANK2) == 0xFFFFFFFF, rows[i].second);
	}
}

static void start_needs_one_kind_of_operation(void **state)
{
	static const uint32_t rows[] = { 0, PG, PER | MER1, PER | PG, MER1 | PG, PER | FSTPG };
	struct fake_soc *f = *state;

	l4_unlock(f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_soc_write(f, CR, rows[i]);
		fake_soc_write(f, CR, rows[i] | STRT);
		assert_int_equal(status(f), PGSERR);
		fake_soc_write(f, SR, PGSERR);
	}
}

static void page_that_is_not_there_is_not_erased(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	for (uint32_t at = 0; at < 0x20000; at += 0x800)
		l4_program(f, FLASH + at, 1, 1);
	l4_erase_page(f, 64 << PNB);
	assert_int_equal(status(f), 0);
	for (uint32_t at = 0; at < 0x20000; at += 0x800)
		assert_int_equal(fake_soc_read(f, FLASH + at), 1);
}

static void other_bank_is_read_meanwhile(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	l4_unlock(f);
	fake_soc_write(f, CR, PER);
	fake_soc_write(f, CR, PER | STRT);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_STALL);
	assert_int_equal(fake_soc_try_read(f, BANK2, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_try_write(f, BANK2, 4, 0), BUS_STALL);
	assert_int_equal(fake_soc_try_write(f, CR, 4, PG), BUS_STALL);
	assert_int_equal(fake_soc_try_read(f, OTP, 4, &value), BUS_STALL);
	fake_soc_advance(f, 23 * MS);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
}

static void core_waits_between_its_units(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, CR, PG);
	for (uint32_t i = 0; i < 8; i++)	/* no polling: the bus does the waiting */
		write_as_core(f, FLASH + 4 * i, i);
	assert_int_equal(f->stalled_ns, 3 * 81700);
	fake_soc_advance(f, 82 * US);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(fake_soc_read(f, FLASH + 4 * i), i);
}

static void reset_in_the_middle_spoils(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, CR, PG);
	fake_soc_write(f, FLASH, 0x12345678);
	fake_soc_write(f, FLASH + 4, 0);
	fake_soc_advance(f, 40 * US);
	fake_soc_reset(f);
	assert_int_not_equal(fake_soc_read(f, FLASH + 4), 0);
	l4_unlock(f);
	assert_int_equal(l4_program(f, FLASH, 0, 0), PROGERR);
}

static void erase_cut_short_near_its_end_looks_done(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	l4_program(f, BANK2, 1, 1);
	fake_soc_write(f, CR, PER | BKER);
	fake_soc_write(f, CR, PER | BKER | STRT);
	fake_soc_advance(f, 20 * MS);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
	fake_soc_power_cycle(f);
	assert_int_not_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
	l4_unlock(f);
	l4_erase_page(f, BKER);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		L4_TEST(is_locked_after_reset_and_opens_with_both_keys),
		L4_TEST(wrong_key_faults_and_locks_until_reset),
		L4_TEST(keys_while_unlocked_fault_and_lock),
		L4_TEST(option_keys_before_the_others_jam),
		L4_TEST(cr_is_ignored_while_locked),
		L4_TEST(programs_a_double_word_in_82_us),
		L4_TEST(write_without_pg_is_pgserr),
		L4_TEST(only_words_program),
		L4_TEST(words_come_in_order_and_aligned),
		L4_TEST(what_is_not_erased_takes_zeros_only),
		L4_TEST(unit_programmed_to_ff_is_spent),
		cmocka_unit_test_setup_teardown(without_ecc_nothing_is_spent, setup_c0, teardown),
		L4_TEST(pending_errors_keep_the_next_from_starting),
		L4_TEST(optverr_is_there_after_reset_and_harmless),
		L4_TEST(eop_and_operr_need_their_enables),
		L4_TEST(erases_the_page_of_the_bank),
		L4_TEST(bank_erases_take_their_bank),
		L4_TEST(start_needs_one_kind_of_operation),
		G0_TEST(page_that_is_not_there_is_not_erased),
		L4_TEST(other_bank_is_read_meanwhile),
		L4_TEST(core_waits_between_its_units),
		L4_TEST(reset_in_the_middle_spoils),
		L4_TEST(erase_cut_short_near_its_end_looks_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
