/* SPDX-License-Identifier: MIT
 *
 * The virtual flash controller: what kin of the L4 have beside it: CFGBSY, fast rows, OTP, the second core. Each rule is broken once,
 * and must be noticed.
 */
#include "tests/unit/flash_l4_bench.h"

/* --- CFGBSY (G0) ------------------------------------------------------------------------------ */

static void cr_faults_in_the_middle_of_a_unit(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, CR, PG);
	fake_soc_write(f, FLASH, 1);
	assert_int_equal(status(f), CFGBSY);
	assert_int_equal(fake_soc_try_write(f, CR, 4, 0), BUS_FAULT);
	fake_soc_write(f, FLASH + 4, 1);
	assert_int_equal(status(f), BSY | CFGBSY);
	assert_int_equal(fake_soc_try_write(f, CR, 4, 0), BUS_FAULT);
	fake_soc_advance(f, 85 * US);
	assert_int_equal(status(f), 0);
	fake_soc_write(f, CR, 0);
}

static void word_while_locked_leaves_cfgbsy_until_its_other_half(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, FLASH, 1);
	assert_int_equal(status(f), PGSERR | CFGBSY);
	assert_int_equal(fake_soc_try_write(f, CR, 4, 0), BUS_FAULT);
	fake_soc_write(f, FLASH + 4, 1);
	assert_int_equal(status(f), PGSERR);
	fake_soc_write(f, CR, 0);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void second_bank_has_its_own_busy_bit(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, CR, PER | 1 << 13);
	fake_soc_write(f, CR, PER | 1 << 13 | STRT);
	assert_int_equal(status(f), 1 << 17 | CFGBSY);
	fake_soc_advance(f, 22 * MS);
	l4_erase_page(f, 127 << PNB);
	assert_int_equal(status(f), 0);
}

/* --- fast rows -------------------------------------------------------------------------------- */

static void mass_erase(struct fake_soc *f)
{
	fake_soc_write(f, CR, MER1);
	fake_soc_write(f, CR, MER1 | STRT);
	fake_soc_advance(f, 23 * MS);
}

static void fast_clock(struct fake_soc *f)
{
	fake_soc_write(f, 0x40021000, 0x163);		/* HSI16 beside MSI */
	fake_soc_advance(f, 10 * US);
	fake_soc_write(f, 0x40021008, 1);
	assert_int_equal(f->soc.hclk_hz, 16000000);
}

static void fast_row_is_quicker(void **state)
{
	struct fake_soc *f = *state;

	fast_clock(f);
	l4_unlock(f);
	mass_erase(f);
	f->soc.flash_busy_ns = 0;
	fake_soc_write(f, CR, FSTPG);
	for (uint32_t i = 0; i < 64; i++)
		write_as_core(f, FLASH + 256 + 4 * i, i);
	fake_soc_advance(f, 60 * US);
	assert_int_equal(status(f), 0);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(fake_soc_read(f, FLASH + 256 + 4 * i), i);
	assert_int_equal(f->soc.flash_busy_ns, 32 * 59700);
}

static void fast_row_needs_a_fast_clock_and_an_erased_bank(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	mass_erase(f);
	fake_soc_write(f, CR, FSTPG);
	write_as_core(f, FLASH, 1);
	assert_int_equal(status(f), MISERR | FASTERR);	/* 4 MHz */
	fake_soc_write(f, SR, ERRORS);
	fast_clock(f);
	l4_erase_page(f, 0);
	fake_soc_write(f, CR, FSTPG);
	write_as_core(f, FLASH, 1);
	assert_int_equal(status(f), PGSERR | FASTERR);	/* a page is not enough */
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void fast_row_breaks_on_delay_and_disorder(void **state)
{
	struct fake_soc *f = *state;

	fast_clock(f);
	l4_unlock(f);
	mass_erase(f);
	fake_soc_write(f, CR, FSTPG);
	write_as_core(f, FLASH + 8, 1);
	assert_int_equal(status(f), PGAERR | FASTERR);	/* not at the start of a row */
	fake_soc_write(f, SR, ERRORS);
	write_as_core(f, FLASH, 1);
	fake_soc_advance(f, 21 * US);
	write_as_core(f, FLASH + 4, 1);
	assert_int_equal(status(f), MISERR | FASTERR);
	fake_soc_write(f, SR, ERRORS);
	write_as_core(f, FLASH, 1);
	write_as_core(f, FLASH + 8, 1);
	assert_int_equal(status(f), PGAERR | FASTERR);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void g0_takes_fast_rows_in_an_erased_page(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	l4_program(f, FLASH + 256 + 8, 1, 1);
	fake_soc_write(f, CR, FSTPG);
	write_as_core(f, FLASH + 256, 1);
	assert_int_equal(status(f), PGSERR | FASTERR);
	fake_soc_write(f, SR, ERRORS);
	fake_soc_write(f, CR, 0);
	l4_erase_page(f, 0);
	fake_soc_write(f, CR, FSTPG);
	for (uint32_t i = 0; i < 64; i++)
		write_as_core(f, FLASH + 256 + 4 * i, i);
	fake_soc_advance(f, 60 * US);
	assert_int_equal(status(f), 0);
	assert_int_equal(fake_soc_read(f, FLASH + 256 + 252), 63);
}

static void g0_takes_no_fast_row_in_a_page_erased_before_another(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	l4_erase_page(f, 0);
	l4_erase_page(f, 1 << PNB);
	fake_soc_write(f, CR, FSTPG);
	write_as_core(f, FLASH, 1);
	assert_int_equal(status(f), PGSERR | PGAERR | FASTERR);
	fake_soc_write(f, SR, ERRORS);
	mass_erase(f);
	fake_soc_write(f, CR, FSTPG);
	write_as_core(f, FLASH, 1);
	assert_int_equal(status(f) & ERRORS, 0);
}

/* --- OTP -------------------------------------------------------------------------------------- */

static void otp_takes_each_unit_once(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	assert_int_equal(l4_program(f, OTP + 8, 0xFFFFFFFF, 0x7FFFFFFF), 0);
	assert_int_equal(l4_program(f, OTP + 8, 0, 0), PROGERR);
	fake_soc_write(f, SR, ERRORS);
	mass_erase(f);
	assert_int_equal(fake_soc_read(f, OTP + 12), 0x7FFFFFFF);
	fake_soc_write(f, CR, FSTPG);
	fake_soc_write(f, OTP + 256, 0);
	assert_int_equal(status(f), PGSERR);
	fake_soc_write(f, SR, ERRORS);
	fake_soc_write(f, OTP + 16, 0);		/* without PG */
	assert_int_equal(status(f), PGSERR);
}

/* --- WB: suspended operations, the second core's pages, semaphores ------------------------------ */

enum { WB = 0x58004000, WB_SR = WB + 0x10, WB_CR = WB + 0x14, PES = 1 << 15, PESD = 1 << 19,
       HSEM_R2 = 0x58001408, HSEM_RLR2 = 0x58001488 };

static void pes_keeps_operations_waiting(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, WB, 0x600 | PES);
	fake_soc_write(f, WB_CR, PER);
	fake_soc_write(f, WB_CR, PER | STRT);
	fake_soc_advance(f, 100 * MS);
	assert_int_equal(fake_soc_read(f, WB_SR) & (BSY | PESD), BSY | PESD);
	fake_soc_write(f, WB, 0x600);
	assert_int_equal(fake_soc_read(f, WB_SR) & (BSY | PESD), BSY);
	fake_soc_advance(f, 23 * MS);
	assert_int_equal(fake_soc_read(f, WB_SR) & (BSY | PESD), 0);
}

static void pages_of_the_second_core_are_out_of_reach(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	l4_unlock(f);
	assert_int_equal(fake_soc_try_read(f, FLASH + 0xEFFFC, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_try_read(f, FLASH + 0xF0000, 4, &value), BUS_FAULT);
	l4_erase_page(f, 0xEF << PNB);
	assert_int_equal(fake_soc_read(f, WB_SR) & WRPERR, 0);
	l4_erase_page(f, 0xF0 << PNB);
	assert_int_equal(fake_soc_read(f, WB_SR) & WRPERR, WRPERR);
}

static void semaphore_is_taken_and_freed(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, HSEM_R2, 0x80000400);
	assert_int_equal(fake_soc_read(f, HSEM_R2), 0x80000400);
	fake_soc_write(f, HSEM_R2, 0x00000401);		/* another process */
	assert_int_equal(fake_soc_read(f, HSEM_R2), 0x80000400);
	fake_soc_write(f, HSEM_R2, 0x00000400);
	assert_int_equal(fake_soc_read(f, HSEM_R2), 0);
	assert_int_equal(fake_soc_read(f, HSEM_RLR2), 0x80000400);
	assert_int_equal(fake_soc_read(f, HSEM_R2), 0x80000400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		G0_TEST(cr_faults_in_the_middle_of_a_unit),
		G0_TEST(word_while_locked_leaves_cfgbsy_until_its_other_half),
		cmocka_unit_test_setup_teardown(second_bank_has_its_own_busy_bit, setup_g0b1,
						teardown),
		L4_TEST(fast_row_is_quicker),
		L4_TEST(fast_row_needs_a_fast_clock_and_an_erased_bank),
		L4_TEST(fast_row_breaks_on_delay_and_disorder),
		G0_TEST(g0_takes_fast_rows_in_an_erased_page),
		G0_TEST(g0_takes_no_fast_row_in_a_page_erased_before_another),
		L4_TEST(otp_takes_each_unit_once),
		WB_TEST(pes_keeps_operations_waiting),
		WB_TEST(pages_of_the_second_core_are_out_of_reach),
		WB_TEST(semaphore_is_taken_and_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
