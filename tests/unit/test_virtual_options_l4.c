/* SPDX-License-Identifier: MIT
 *
 * Option bytes of the virtual L4, G0 and their kin: when they are stored and loaded, what they
 * protect, how the banks lie, where the chip boots.
 */
#include "tests/unit/l4_specs.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { BANK2 = FLASH + 0x80000, SECR = REGISTERS + 0x80, EMPTY = 1 << 16, DBG_SWEN = 1 << 18,
       PEMPTY = 1 << 17, IWDG_SW = 1 << 16, BFB2 = 1 << 20, DBANK = 1 << 22 };
#define ROM_WORD	0xB0B0B0B0u
#define L4_OPTR		0xFFEFF8AAu
#define G0_OPTR		0xFFFFFEAAu

static int setup(void **state)
{
	*state = l476_new();
	return 0;
}

static int setup_g0(void **state)
{
	*state = g071_new();
	return 0;
}

static int setup_g0b1(void **state)
{
	*state = g0b1_new();
	return 0;
}

static int setup_g474(void **state)
{
	*state = g474_new();
	return 0;
}

static int setup_l433(void **state)
{
	*state = l433_new();
	return 0;
}

static int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

static uint32_t status(struct fake_soc *f)
{
	return fake_soc_read(f, SR) & ~(uint32_t)OPTVERR;
}

static bool can_read(struct fake_soc *f, uint32_t address)
{
	uint32_t value;

	return fake_soc_try_read(f, address, 4, &value) == BUS_OK;
}

/* --- storing and loading ------------------------------------------------------------------------ */

static void options_need_their_keys(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	fake_soc_write(f, WRP1A, 0x00020001);
	assert_int_equal(fake_soc_read(f, WRP1A), 0x000000FF);
	fake_soc_write(f, CR, OPTSTRT);
	assert_int_equal(status(f), 0);
	fake_soc_write(f, CR, OBL_LAUNCH);
	assert_int_equal(f->resets, 0);
}

static void options_count_after_they_are_loaded(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock_options(f);
	fake_soc_write(f, WRP1A, 0x00020001);
	fake_soc_write(f, CR, OPTSTRT);
	assert_int_equal(status(f), BSY);
	fake_soc_advance(f, 23 * MS);
	assert_int_equal(status(f), 0);
	assert_int_equal(fake_soc_read(f, 0x1FFF7818), 0x00020001);	/* option memory */
	assert_int_equal(fake_soc_read(f, 0x1FFF781C), 0xFFFDFFFE);
	l4_erase_page(f, 1 << PNB);
	assert_int_equal(status(f), 0);					/* not yet */
	fake_soc_reset(f);
	l4_unlock(f);
	l4_erase_page(f, 1 << PNB);
	assert_int_equal(status(f), 0);					/* a reset is not enough */
	l4_unlock_options(f);
	l4_launch(f);
	assert_int_equal(fake_soc_read(f, WRP1A), 0x00020001);
	l4_unlock(f);
	l4_erase_page(f, 1 << PNB);
	assert_int_equal(status(f), WRPERR);
}

static void what_was_not_stored_is_forgotten(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock_options(f);
	fake_soc_write(f, WRP1A, 0x00020001);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, WRP1A), 0x000000FF);
}

static void power_on_loads_too(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock_options(f);
	fake_soc_write(f, WRP1A, 0x00020001);
	fake_soc_write(f, CR, OPTSTRT);
	fake_soc_advance(f, 23 * MS);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_read(f, WRP1A), 0x00020001);
}

static void change_cut_short_protects(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock_options(f);
	fake_soc_write(f, WRP1A, 0x00020001);
	fake_soc_write(f, CR, OPTSTRT);
	fake_soc_advance(f, 10 * MS);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_read(f, OPTR) & 0xFF, 0xFF);
	assert_false(can_read(f, FLASH));
}

/* --- protection --------------------------------------------------------------------------------- */

static void write_protected_pages_stay(void **state)
{
	struct fake_soc *f = *state;

	l4_set_option(f, WRP2A, 0x00020001);
	l4_unlock(f);
	assert_int_equal(l4_program(f, FLASH + 0x800, 1, 1), 0);
	assert_int_equal(l4_program(f, BANK2 + 0x7F8, 1, 1), 0);
	assert_int_equal(l4_program(f, BANK2 + 0x800, 1, 1), WRPERR);
	fake_soc_write(f, SR, ERRORS);
	assert_int_equal(l4_program(f, BANK2 + 0x17F8, 1, 1), WRPERR);
	fake_soc_write(f, SR, ERRORS);
	assert_int_equal(l4_program(f, BANK2 + 0x1800, 1, 1), 0);
	fake_soc_write(f, CR, MER2);
	fake_soc_write(f, CR, MER2 | STRT);
	assert_int_equal(status(f), WRPERR);
	fake_soc_write(f, SR, ERRORS);
	fake_soc_write(f, CR, MER1);
	fake_soc_write(f, CR, MER1 | STRT);
	assert_int_equal(status(f), BSY);
}

static void pcrop_is_neither_read_nor_written_and_only_grows(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock_options(f);
	fake_soc_write(f, PCROP1A, 4);		/* units of 512 bytes */
	fake_soc_write(f, PCROP1A_END, 5);
	fake_soc_write(f, CR, OPTSTRT);
	fake_soc_advance(f, 23 * MS);
	l4_launch(f);
	assert_true(can_read(f, FLASH + 0x7FC));
	assert_false(can_read(f, FLASH + 0x800));
	assert_true(fake_soc_read(f, SR) & RDERR);
	fake_soc_write(f, SR, ERRORS);
	assert_true(can_read(f, FLASH + 0xC00));
	l4_unlock(f);
	assert_int_equal(l4_program(f, FLASH + 0x800, 1, 1), WRPERR);
	fake_soc_write(f, SR, ERRORS);
	l4_erase_page(f, 1 << PNB);
	assert_int_equal(status(f), WRPERR);
	fake_soc_write(f, SR, ERRORS);
	fake_soc_write(f, CR, LOCK);
	l4_set_option(f, PCROP1A, 0x1FF);
	assert_int_equal(fake_soc_read(f, PCROP1A), 4);
}

static void level_1_shuts_a_debugger_out_until_power_on(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	l4_unlock(f);
	l4_program(f, FLASH, 1, 2);
	fake_soc_write(f, CR, LOCK);
	l4_set_option(f, OPTR, (L4_OPTR & ~0xFFu) | 0xBB);
	assert_false(can_read(f, FLASH));
	assert_int_equal(bus_read(&f->bus, FLASH, 4, &value, BUS_CPU), BUS_FAULT);
	l4_unlock(f);
	fake_soc_write(f, CR, PER);
	fake_soc_write(f, CR, PER | STRT);
	assert_int_equal(status(f), WRPERR);
	fake_soc_power_cycle(f);
	assert_int_equal(bus_read(&f->bus, FLASH, 4, &value, BUS_CPU), BUS_OK);
	assert_int_equal(value, 1);
	assert_false(can_read(f, FLASH));
}

static void lifting_level_1_erases_all_but_otp(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	l4_program(f, FLASH, 1, 2);
	l4_program(f, BANK2, 3, 4);
	l4_program(f, OTP, 5, 6);
	fake_soc_write(f, CR, LOCK);
	l4_set_option(f, OPTR, (L4_OPTR & ~0xFFu) | 0xBB);
	l4_set_option(f, OPTR, L4_OPTR);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, BANK2), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, OTP), 5);
}

static void level_2_ends_debugging(void **state)
{
	struct fake_soc *f = *state;

	assert_false(f->soc.swd_disabled);
	l4_set_option(f, OPTR, (L4_OPTR & ~0xFFu) | 0xCC);
	assert_true(f->soc.swd_disabled);
	fake_soc_power_cycle(f);
	assert_true(f->soc.swd_disabled);
}

static void sec_prot_hides_until_reset(void **state)
{
	struct fake_soc *f = *state;

	l4_set_option(f, SECR, 2);		/* pages */
	assert_true(can_read(f, FLASH));
	l4_unlock(f);
	fake_soc_write(f, CR, 1 << 28);
	assert_false(can_read(f, FLASH + 0xFFC));
	assert_true(can_read(f, FLASH + 0x1000));
	fake_soc_write(f, CR, 0);
	assert_false(can_read(f, FLASH));
	fake_soc_reset(f);
	assert_true(can_read(f, FLASH));
}

static void hardware_watchdog_runs_by_option(void **state)
{
	struct fake_soc *f = *state;

	assert_false(f->soc.hardware_watchdog);
	l4_set_option(f, OPTR, L4_OPTR & ~(uint32_t)IWDG_SW);
	fake_soc_advance(f, 600 * MS);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

/* --- banks -------------------------------------------------------------------------------------- */

static void banks_change_places(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	l4_program(f, FLASH, 1, 1);
	l4_program(f, FLASH + 0x40000, 2, 2);
	fake_soc_write(f, CR, LOCK);
	l4_set_option(f, OPTR, G0_OPTR & ~(1u << 20));
	assert_int_equal(fake_soc_read(f, FLASH), 2);
	assert_int_equal(fake_soc_read(f, FLASH + 0x40000), 1);
	l4_unlock(f);
	l4_erase_page(f, 1 << 13);		/* page 0 of bank 2, which is first now */
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, FLASH + 0x40000), 1);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_read(f, FLASH + 0x40000), 1);
	soc_power_all(&f->soc, false);		/* as the image file keeps it */
	assert_int_equal(f->soc.areas[0].bytes[0], 1);
}

static void one_bank_numbers_its_pages_through(void **state)
{
	struct fake_soc *f = *state;

	l4_set_option(f, OPTR, G0_OPTR & ~(1u << 21));
	l4_unlock(f);
	l4_program(f, FLASH + 0x40000, 2, 2);
	l4_erase_page(f, 128 << PNB);
	assert_int_equal(fake_soc_read(f, FLASH + 0x40000), 0xFFFFFFFF);
}

static void banks_with_a_hole_become_one_without(void **state)
{
	struct fake_soc *f = *state;

	assert_false(can_read(f, FLASH + 0x10000));
	l4_unlock(f);
	assert_int_equal(l4_program(f, FLASH + 0x4FFF8, 3, 4), 0);
	assert_int_equal(fake_soc_read(f, FLASH + 0x4FFF8), 3);
	l4_erase_page(f, BKER | 31 << PNB);
	assert_int_equal(fake_soc_read(f, FLASH + 0x4FFF8), 0xFFFFFFFF);
	fake_soc_write(f, CR, LOCK);
	l4_set_option(f, OPTR, L4_OPTR & ~(uint32_t)DBANK);
	assert_true(can_read(f, FLASH + 0x1FFFC));
	assert_false(can_read(f, FLASH + 0x40000));
	l4_unlock(f);
	assert_int_equal(l4_program(f, FLASH + 0x1FFF8, 5, 6), 0);
	l4_erase_page(f, 31 << PNB);		/* 4 KiB now */
	assert_int_equal(fake_soc_read(f, FLASH + 0x1FFF8), 0xFFFFFFFF);
	assert_int_equal(fake_soc_try_write(f, FLASH + 0x40000, 4, 0), BUS_FAULT);
}

/* --- where the chip boots ----------------------------------------------------------------------- */

static void blank_chip_boots_its_rom_until_empty_is_cleared(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, ACR), 0x600 | DBG_SWEN | EMPTY);
	assert_int_equal(fake_soc_read(f, 0), ROM_WORD);
	l4_unlock(f);
	l4_program(f, FLASH, 0x20001000, 0x08000101);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, 0), ROM_WORD);	/* still */
	fake_soc_write(f, ACR, 0x600 | DBG_SWEN);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, 0), 0x20001000);
	assert_false(fake_soc_read(f, ACR) & EMPTY);
}

static void power_on_looks_again_whether_the_chip_is_blank(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	l4_program(f, FLASH, 0x20001000, 0x08000101);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_read(f, 0), 0x20001000);
}

static void pempty_toggles(void **state)
{
	struct fake_soc *f = *state;

	assert_true(fake_soc_read(f, SR) & PEMPTY);
	assert_int_equal(fake_soc_read(f, 0), ROM_WORD);
	fake_soc_write(f, SR, PEMPTY);
	assert_false(fake_soc_read(f, SR) & PEMPTY);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, 0), 0xFFFFFFFF);
}

static void nboot0_boots_the_rom(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, ACR, 0x600 | DBG_SWEN);
	l4_set_option(f, OPTR, G0_OPTR & ~(1u << 26));
	fake_soc_write(f, ACR, 0x600 | DBG_SWEN);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, 0), ROM_WORD);
	l4_set_option(f, SECR, 1 << 16);	/* BOOT_LOCK */
	assert_int_equal(fake_soc_read(f, 0), 0xFFFFFFFF);
}

static void bfb2_boots_the_second_bank_if_it_can(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock(f);
	l4_program(f, FLASH, 0x20001000, 0x08000101);
	fake_soc_write(f, CR, LOCK);
	l4_set_option(f, OPTR, L4_OPTR | BFB2);
	assert_int_equal(fake_soc_read(f, 0), 0x20001000);	/* nothing there to boot */
	l4_unlock(f);
	l4_program(f, BANK2, 0x20000800, 0x08000201);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, 0), 0x20000800);
	assert_int_equal(fake_soc_read(f, FLASH), 0x20000800);
	assert_int_equal(fake_soc_read(f, BANK2), 0x20001000);
}

static void cleared_dbg_swen_ends_debugging_until_reset(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, ACR, 0x600);
	assert_true(f->soc.swd_disabled);
	fake_soc_reset(f);
	assert_false(f->soc.swd_disabled);
}

/* --- the chip around ---------------------------------------------------------------------------- */

static void dbgmcu_of_g0_needs_its_clock(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, 0x40015800), 0x10076415);
	fake_soc_write(f, 0x40015808, 1 << 12);
	assert_int_equal(fake_soc_read(f, 0x40015808), 0);
	fake_soc_write(f, 0x4002103C, 1 << 27);
	fake_soc_write(f, 0x40015808, 1 << 12);
	assert_int_equal(fake_soc_read(f, 0x40015808), 1 << 12);
}

static void reset_flags_tell_of_loading_options(void **state)
{
	struct fake_soc *f = *state;

	l4_unlock_options(f);
	fake_soc_write(f, 0x40021094, 1 << 23);
	assert_int_equal(fake_soc_read(f, 0x40021094) >> 24, 0);
	fake_soc_write(f, CR, OBL_LAUNCH);
	f->soc.reset_causes = f->resets;
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, 0x40021094) >> 24, 0x06);
}

#define L4_TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
#define G0_TEST(name)	cmocka_unit_test_setup_teardown(name, setup_g0, teardown)

/* With security enabled only the second core itself, through FUS, sets what is its own. */
static void the_second_cores_options_are_read_only(void **state)
{
	struct fake_soc *f = wb55_new();
	const uint32_t base = 0x58004000;

	(void)state;
	fake_soc_write(f, base + 0x08, 0x45670123);
	fake_soc_write(f, base + 0x08, 0xCDEF89AB);
	fake_soc_write(f, base + 0x0C, 0x08192A3B);
	fake_soc_write(f, base + 0x0C, 0x4C5D6E7F);
	fake_soc_write(f, base + 0x80, 0x00000010);
	assert_int_equal(fake_soc_read(f, base + 0x80), 0xF0);
	fake_soc_write(f, base + 0x20, 0x3DFFE1AA);	/* nRST_STOP: everybody's */
	assert_int_equal(fake_soc_read(f, base + 0x20), 0x3DFFE1AA);
	fake_soc_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		L4_TEST(options_need_their_keys),
		cmocka_unit_test(the_second_cores_options_are_read_only),
		L4_TEST(options_count_after_they_are_loaded),
		L4_TEST(what_was_not_stored_is_forgotten),
		L4_TEST(power_on_loads_too),
		L4_TEST(change_cut_short_protects),
		L4_TEST(write_protected_pages_stay),
		G0_TEST(pcrop_is_neither_read_nor_written_and_only_grows),
		L4_TEST(level_1_shuts_a_debugger_out_until_power_on),
		L4_TEST(lifting_level_1_erases_all_but_otp),
		L4_TEST(level_2_ends_debugging),
		G0_TEST(sec_prot_hides_until_reset),
		L4_TEST(hardware_watchdog_runs_by_option),
		cmocka_unit_test_setup_teardown(banks_change_places, setup_g0b1, teardown),
		cmocka_unit_test_setup_teardown(one_bank_numbers_its_pages_through, setup_g0b1,
						teardown),
		cmocka_unit_test_setup_teardown(banks_with_a_hole_become_one_without, setup_g474,
						teardown),
		G0_TEST(blank_chip_boots_its_rom_until_empty_is_cleared),
		G0_TEST(power_on_looks_again_whether_the_chip_is_blank),
		cmocka_unit_test_setup_teardown(pempty_toggles, setup_l433, teardown),
		G0_TEST(nboot0_boots_the_rom),
		L4_TEST(bfb2_boots_the_second_bank_if_it_can),
		G0_TEST(cleared_dbg_swen_ends_debugging_until_reset),
		G0_TEST(dbgmcu_of_g0_needs_its_clock),
		L4_TEST(reset_flags_tell_of_loading_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
