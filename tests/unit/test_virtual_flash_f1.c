/* SPDX-License-Identifier: MIT
 *
 * The virtual FPEC of F0, F1 and F3: each rule of RM0091 section 3.2 and PM0075 is broken once, and
 * must be noticed.
 */
#include "tests/unit/fake_soc.h"
#include "tests/unit/specs.h"

#include "probe/bytes.h"
#include "probe/virtual/chips/chips.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { FLASH = 0x08000000, ACR = 0x40022000, KEYR = 0x40022004, OPTKEYR = 0x40022008,
       SR = 0x4002200C, CR = 0x40022010, AR = 0x40022014, OBR = 0x4002201C, WRPR = 0x40022020,
       BANK2 = 0x40, OPTIONS = 0x1FFFF800 };

enum { KEY1 = 0x45670123, WRONG_KEY = 0x12345678, PG = 1, PER = 2, MER = 4, OPTPG = 0x10,
       OPTER = 0x20, STRT = 0x40, LOCK = 0x80, OPTWRE = 0x200, ERRIE = 0x400, EOPIE = 0x1000,
       OBL_LAUNCH = 0x2000 };
#define KEY2 0xCDEF89ABu

enum { BSY = 1, PGERR = 4, WRPRTERR = 0x10, EOP = 0x20 };

#define MS 1000000ull
#define US 1000ull
#define PROGRAM_NS (52500ull)

static struct fake_soc *new_chip(void (*fill)(struct virtual_spec *spec))
{
	struct virtual_spec spec;

	fill(&spec);
	return fake_soc_with(&spec, chip_f1_build);
}

static int setup(void **state)
{
	*state = new_chip(spec_f103);
	return 0;
}

static int setup_f0(void **state)
{
	*state = new_chip(spec_f072);
	return 0;
}

static int setup_f3(void **state)
{
	*state = new_chip(spec_f303);
	return 0;
}

static int setup_xl(void **state)
{
	*state = new_chip(spec_f103xl);
	return 0;
}

static int teardown(void **state)
{
	fake_soc_free(*state);
	return 0;
}

static void unlock(struct fake_soc *f)
{
	fake_soc_write(f, KEYR, KEY1);
	fake_soc_write(f, KEYR, KEY2);
}

static void unlock_options(struct fake_soc *f)
{
	unlock(f);
	fake_soc_write(f, OPTKEYR, KEY1);
	fake_soc_write(f, OPTKEYR, KEY2);
}

static void put_half(struct fake_soc *f, uint32_t address, uint32_t value)
{
	assert_int_equal(fake_soc_try_write(f, address, 2, value), BUS_OK);
	fake_soc_advance(f, 54 * US);
}

static uint32_t get_half(struct fake_soc *f, uint32_t address)
{
	uint32_t value;

	assert_int_equal(fake_soc_try_read(f, address, 2, &value), BUS_OK);
	return value;
}

static void program(struct fake_soc *f, uint32_t address, uint32_t value)
{
	fake_soc_write(f, CR, PG);
	put_half(f, address, value);
}

static void erase_page(struct fake_soc *f, uint32_t address)
{
	fake_soc_write(f, CR, PER);
	fake_soc_write(f, AR, address);
	fake_soc_write(f, CR, PER | STRT);
	fake_soc_advance(f, 30 * MS);
}

static void erase_options(struct fake_soc *f)
{
	fake_soc_write(f, CR, OPTER | OPTWRE);
	fake_soc_write(f, CR, OPTER | OPTWRE | STRT);
	fake_soc_advance(f, 30 * MS);
}

static void program_option(struct fake_soc *f, uint32_t offset, uint32_t value)
{
	fake_soc_write(f, CR, OPTPG | OPTWRE);
	put_half(f, OPTIONS + offset, value);
	fake_soc_advance(f, 60 * MS);
}

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

/* --- option bytes ----------------------------------------------------------------------------- */

static void factory_options_are_loaded(void **state)
{
	assert_int_equal(fake_soc_read(*state, OPTIONS), 0x00FF5AA5);
	assert_int_equal(fake_soc_read(*state, OBR), 0x03FFFFFC);
	assert_int_equal(fake_soc_read(*state, WRPR), 0xFFFFFFFF);
}

static void factory_options_of_f0_are_loaded(void **state)
{
	assert_int_equal(fake_soc_read(*state, OPTIONS), 0x00FF55AA);
	assert_int_equal(fake_soc_read(*state, OBR), 0xFFFFFF00);
}

static void option_bytes_need_their_own_keys(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	erase_options(f);		/* OPTER does not stick */
	assert_int_equal(fake_soc_read(f, OPTIONS), 0x00FF5AA5);
	program_option(f, 4, 0);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
	fake_soc_write(f, OPTKEYR, KEY1);
	fake_soc_write(f, OPTKEYR, KEY2);
	assert_int_equal(fake_soc_read(f, CR), OPTWRE);
	fake_soc_write(f, CR, PG);	/* OPTWRE written as 0 closes */
	assert_int_equal(fake_soc_read(f, CR), PG);
}

static void option_keys_are_ignored_while_the_flash_is_locked(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, OPTKEYR, KEY1);
	fake_soc_write(f, OPTKEYR, KEY2);
	unlock(f);
	assert_int_equal(fake_soc_read(f, CR), 0);
}

static void option_write_makes_its_complement(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0x00A5);
	program_option(f, 4, 0x1212);
	assert_int_equal(get_half(f, OPTIONS), 0x5AA5);
	assert_int_equal(get_half(f, OPTIONS + 4), 0xED12);
	assert_int_equal(get_half(f, OPTIONS + 2), 0xFFFF);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, OBR) >> 10 & 0xFF, 0x12);
	assert_int_equal(fake_soc_read(f, OBR) & 1, 0);
}

static void option_write_to_a_programmed_byte_is_wrprterr(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	program_option(f, 4, 0);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
	assert_int_equal(get_half(f, OPTIONS + 4), 0x00FF);
}

static void options_take_half_words_only(void **state)
{
	unlock_options(*state);
	fake_soc_write(*state, CR, OPTPG | OPTWRE);
	assert_int_equal(fake_soc_try_write(*state, OPTIONS, 4, 0), BUS_FAULT);
}

static void erased_rdp_is_level_1_after_the_next_load(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock_options(f);
	erase_options(f);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	fake_soc_reset(f);		/* a debugger is there: not yet */
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(f, FLASH, 2, 0), BUS_FAULT);
	assert_int_equal(fake_soc_read(f, OBR) & 2, 2);
	unlock(f);
	erase_page(f, FLASH);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
}

static void core_still_reads_a_protected_f1(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock_options(f);
	erase_options(f);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
	assert_int_equal(bus_read(&f->bus, FLASH, 4, &value, BUS_CPU), BUS_OK);
}

static void core_does_not_read_a_protected_f0(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock_options(f);
	erase_options(f);
	fake_soc_reset(f);		/* loads at once */
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_FAULT);
	assert_int_equal(bus_read(&f->bus, FLASH, 4, &value, BUS_CPU), BUS_FAULT);
	assert_int_equal(fake_soc_read(f, OBR) & 6, 2);
}

static void lifting_protection_erases_the_flash(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	program(f, FLASH, 0);
	unlock_options(f);
	erase_options(f);
	fake_soc_power_cycle(f);
	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0xA5);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void rdp_written_back_before_a_load_erases_nothing(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	program(f, FLASH, 0);
	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0xA5);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFF0000);
}

static void broken_complement_sets_opterr(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	fake_soc_write(f, CR, OPTER | OPTWRE);
	fake_soc_write(f, CR, OPTER | OPTWRE | STRT);
	fake_soc_advance(f, 10 * MS);
	fake_soc_power_cycle(f);
	assert_int_equal(fake_soc_read(f, OBR) & 3, 3);	/* and level 1 */
}

static void write_protection_covers_4_kib(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0xA5);
	program_option(f, 8, 0xFD);	/* the second 4 KiB */
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, WRPR), 0xFFFFFFFD);
	unlock(f);
	program(f, FLASH + 0xFFE, 1);
	assert_int_equal(fake_soc_read(f, SR), EOP);
	fake_soc_write(f, SR, EOP);
	program(f, FLASH + 0x1000, 1);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
	fake_soc_write(f, SR, WRPRTERR);
	erase_page(f, FLASH + 0x1C00);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
	fake_soc_write(f, SR, WRPRTERR);
	program(f, FLASH + 0x2000, 1);
	assert_int_equal(fake_soc_read(f, SR), EOP);
	fake_soc_write(f, CR, MER);
	fake_soc_write(f, CR, MER | STRT);
	assert_int_equal(fake_soc_read(f, SR) & WRPRTERR, WRPRTERR);
}

static void last_protection_bit_covers_the_rest(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0xAA);
	program_option(f, 14, 0x7F);
	fake_soc_reset(f);
	unlock(f);
	program(f, FLASH + 0x1EFFE, 1);
	assert_int_equal(fake_soc_read(f, SR), EOP);
	fake_soc_write(f, SR, EOP);
	program(f, FLASH + 0x20000, 1);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
	fake_soc_write(f, SR, WRPRTERR);
	program(f, FLASH + 0x3FFFE, 1);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
}

static void hardware_watchdog_is_an_option(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0xA5);
	program_option(f, 2, 0xFE);
	fake_soc_reset(f);
	fake_soc_advance(f, 500 * MS);
	assert_int_equal(f->resets, SOC_RESET_IWDG);
}

static void launch_resets_and_loads_on_f0_only(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, OBL_LAUNCH);
	assert_int_equal(f->resets, f->spec.core == VIRTUAL_M3 ? 0 : SOC_RESET_OPTIONS);
}

static void level_2_closes_the_debug_port(void **state)
{
	struct fake_soc *f = *state;

	unlock_options(f);
	erase_options(f);
	program_option(f, 0, 0xCC);
	assert_false(f->soc.swd_disabled);
	fake_soc_reset(f);
	assert_true(f->soc.swd_disabled);
	assert_int_equal(fake_soc_read(f, OBR) & 6, 6);
	unlock_options(f);
	erase_options(f);
	assert_int_equal(fake_soc_read(f, SR), WRPRTERR);
}

/* --- the second bank -------------------------------------------------------------------------- */

static void each_bank_has_its_own_lock_and_bits(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	fake_soc_write(f, CR, PG);
	put_half(f, FLASH + 0x80000, 1);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(fake_soc_read(f, SR + BANK2), PGERR);
	fake_soc_write(f, SR + BANK2, PGERR);
	fake_soc_write(f, KEYR + BANK2, KEY1);
	fake_soc_write(f, KEYR + BANK2, KEY2);
	fake_soc_write(f, CR + BANK2, PER);
	fake_soc_write(f, AR + BANK2, FLASH + 0x80000);
	fake_soc_write(f, CR + BANK2, PER | STRT);
	assert_int_equal(fake_soc_read(f, SR + BANK2), BSY);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
	assert_int_equal(fake_soc_try_read(f, FLASH + 0x80000, 4, &value), BUS_STALL);
	put_half(f, FLASH, 7);		/* both at work */
	assert_int_equal(get_half(f, FLASH), 7);
	assert_int_equal(fake_soc_read(f, SR + BANK2), BSY);
}

static void bank_registers_do_not_reach_the_other_bank(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, KEYR + BANK2, KEY1);
	fake_soc_write(f, KEYR + BANK2, KEY2);
	fake_soc_write(f, CR + BANK2, PG);
	put_half(f, FLASH + 0x80000, 1);
	fake_soc_write(f, CR, PER);
	fake_soc_write(f, AR, FLASH + 0x80000);
	fake_soc_write(f, CR, PER | STRT);
	fake_soc_advance(f, 30 * MS);
	assert_int_equal(get_half(f, FLASH + 0x80000), 1);
	fake_soc_write(f, CR, MER);
	fake_soc_write(f, CR, MER | STRT);
	fake_soc_advance(f, 30 * MS);
	assert_int_equal(get_half(f, FLASH + 0x80000), 1);
}

static void parts_with_one_bank_have_one_set_of_registers(void **state)
{
	fake_soc_write(*state, KEYR + BANK2, WRONG_KEY);	/* nothing there to be wrong for */
	assert_int_equal(fake_soc_read(*state, CR + BANK2), 0);
}

static void identity_is_where_the_spec_says(void **state)
{
	struct fake_soc *f = *state;
	uint32_t size;

	assert_int_equal(fake_soc_try_read(f, f->spec.size_address, 2, &size), BUS_OK);
	assert_int_equal(size, f->spec.size_value);
	assert_int_equal(fake_soc_read(f, f->spec.uid_address + 4), 0x08070605);
}

#define ON(test, chip) cmocka_unit_test_setup_teardown(test, setup##chip, teardown)

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
		ON(factory_options_are_loaded, ),
		ON(factory_options_of_f0_are_loaded, _f0),
		ON(factory_options_of_f0_are_loaded, _f3),
		ON(option_bytes_need_their_own_keys, ),
		ON(option_keys_are_ignored_while_the_flash_is_locked, ),
		ON(option_write_makes_its_complement, ),
		ON(option_write_to_a_programmed_byte_is_wrprterr, ),
		ON(options_take_half_words_only, ),
		ON(erased_rdp_is_level_1_after_the_next_load, ),
		ON(core_still_reads_a_protected_f1, ),
		ON(core_does_not_read_a_protected_f0, _f0),
		ON(lifting_protection_erases_the_flash, ),
		ON(rdp_written_back_before_a_load_erases_nothing, ),
		ON(broken_complement_sets_opterr, ),
		ON(write_protection_covers_4_kib, ),
		ON(last_protection_bit_covers_the_rest, _f3),
		ON(hardware_watchdog_is_an_option, ),
		ON(launch_resets_and_loads_on_f0_only, ),
		ON(launch_resets_and_loads_on_f0_only, _f0),
		ON(level_2_closes_the_debug_port, _f0),
		ON(each_bank_has_its_own_lock_and_bits, _xl),
		ON(bank_registers_do_not_reach_the_other_bank, _xl),
		ON(parts_with_one_bank_have_one_set_of_registers, ),
		ON(identity_is_where_the_spec_says, ),
		ON(identity_is_where_the_spec_says, _f0),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
