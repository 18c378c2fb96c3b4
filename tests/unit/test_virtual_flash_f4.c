/* SPDX-License-Identifier: MIT
 *
 * The virtual F4 flash controller: each rule of RM0090 section 3 is broken once, and must be
 * noticed.
 */
#include "tests/unit/fake_soc.h"

#include "probe/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { FLASH = 0x08000000, ACR = 0x40023C00, KEYR = 0x40023C04, SR = 0x40023C0C, CR = 0x40023C10 };

enum { KEY1 = 0x45670123, WRONG_KEY = 0x12345678, PG = 1, SER = 2, MER = 4, X8 = 0, X16 = 1 << 8,
       X32 = 2 << 8, X64 = 3 << 8, STRT = 1 << 16, EOPIE = 1 << 24, ERRIE = 1 << 25 };
#define KEY2 0xCDEF89ABu
#define LOCK 0x80000000u

enum { EOP = 1, OPERR = 2, WRPERR = 0x10, PGPERR = 0x40, PGSERR = 0x80, BSY = 1 << 16 };

enum { DCEN = 1 << 10, DCRST = 1 << 12 };

#define MS 1000000ull
#define US 1000ull

static int setup(void **state)
{
	*state = fake_soc_new();
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

static void erase_sector(struct fake_soc *f, uint32_t number)
{
	fake_soc_write(f, CR, SER | number << 3 | X32);
	fake_soc_write(f, CR, SER | number << 3 | X32 | STRT);
}

static void program_word(struct fake_soc *f, uint32_t address, uint32_t value)
{
	fake_soc_write(f, CR, PG | X32);
	fake_soc_write(f, address, value);
	fake_soc_advance(f, 16 * US);
}

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
	unlock(f);
	assert_int_equal(fake_soc_read(f, CR), 0);
}

static void wrong_key_faults_and_locks_until_reset(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_try_write(f, KEYR, 4, WRONG_KEY), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(f, KEYR, 4, KEY1), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(f, KEYR, 4, KEY2), BUS_FAULT);
	assert_int_equal(fake_soc_read(f, CR), LOCK);
	fake_soc_reset(f);
	unlock(f);
	assert_int_equal(fake_soc_read(f, CR), 0);
}

static void wrong_order_faults(void **state)
{
	assert_int_equal(fake_soc_try_write(*state, KEYR, 4, KEY2), BUS_FAULT);
	assert_int_equal(fake_soc_try_write(*state, KEYR, 4, KEY1), BUS_FAULT);
}

static void keys_while_unlocked_fault_and_lock(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	assert_int_equal(fake_soc_try_write(f, KEYR, 4, KEY1), BUS_FAULT);
	assert_int_equal(fake_soc_read(f, CR), LOCK);
	assert_int_equal(fake_soc_try_write(f, KEYR, 4, KEY1), BUS_FAULT);
}

static void cr_is_ignored_while_locked(void **state)
{
	fake_soc_write(*state, CR, PG | X32);
	assert_int_equal(fake_soc_read(*state, CR), LOCK);
}

static void programs_a_word_in_16_us(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, PG | X32);
	fake_soc_write(f, FLASH + 0x100, 0x11223344);
	assert_int_equal(fake_soc_read(f, SR), BSY);
	fake_soc_advance(f, 15999);
	assert_int_equal(fake_soc_read(f, SR), BSY);
	fake_soc_advance(f, 1);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(fake_soc_read(f, FLASH + 0x100), 0x11223344);
	assert_int_equal(fake_soc_read(f, 0x100), 0x11223344);	/* alias */
	assert_int_equal(f->soc.flash_busy_ns, 16 * US);
}

static void write_without_pg_is_pgserr(void **state)
{
	struct fake_soc *f = *state;

	fake_soc_write(f, FLASH, 0);
	assert_int_equal(fake_soc_read(f, SR), PGSERR);
	fake_soc_write(f, SR, PGSERR);
	assert_int_equal(fake_soc_read(f, SR), 0);
	unlock(f);
	fake_soc_write(f, CR, SER | X32);
	fake_soc_write(f, FLASH, 0);
	assert_int_equal(fake_soc_read(f, SR), PGSERR);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
}

static void width_must_be_psize(void **state)
{
	static const struct { uint32_t psize; unsigned width; uint32_t error; } rows[] = {
		{ X8, 1, 0 }, { X8, 2, PGPERR }, { X8, 4, PGPERR },
		{ X16, 1, PGPERR }, { X16, 2, 0 }, { X16, 4, PGPERR },
		{ X32, 1, PGPERR }, { X32, 2, PGPERR }, { X32, 4, 0 },
		{ X64, 4, PGPERR },
	};
	struct fake_soc *f = *state;

	unlock(f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fake_soc_write(f, CR, PG | rows[i].psize);
		assert_int_equal(fake_soc_try_write(f, FLASH + 4 * i, rows[i].width, 0), BUS_OK);
		fake_soc_advance(f, 16 * US);
		assert_int_equal(fake_soc_read(f, SR), rows[i].error);
		assert_int_equal(fake_soc_read(f, FLASH + 4 * i) != 0xFFFFFFFF, rows[i].error == 0);
		fake_soc_write(f, SR, 0xF3);
	}
}

static void cells_only_go_from_1_to_0(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, FLASH, 0xFFFF0F0F);
	program_word(f, FLASH, 0x0FFFFFFF);
	assert_int_equal(fake_soc_read(f, SR), 0);	/* silicon says nothing either */
	assert_int_equal(fake_soc_read(f, FLASH), 0x0FFF0F0F);
}

static void debug_accesses_wait_while_busy(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	erase_sector(f, 11);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_STALL);
	assert_int_equal(fake_soc_try_write(f, FLASH, 4, 0), BUS_STALL);
	assert_int_equal(fake_soc_try_write(f, CR, 4, PG), BUS_STALL);
	assert_int_equal(fake_soc_try_read(f, 0x1FFF7800, 4, &value), BUS_STALL);
	assert_int_equal(fake_soc_read(f, SR), BSY);
	fake_soc_advance(f, 1000 * MS);
	assert_int_equal(fake_soc_try_read(f, FLASH, 4, &value), BUS_OK);
}

static void core_accesses_are_stalled_to_the_end(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	fake_soc_write(f, CR, PG | X32);
	for (uint32_t i = 0; i < 4; i++)	/* no polling: the bus does the waiting */
		assert_int_equal(bus_write(&f->bus, FLASH + 4 * i, 4, i, BUS_CPU), BUS_OK);
	assert_int_equal(f->stalled_ns, 3 * 16 * US);
	assert_int_equal(bus_read(&f->bus, FLASH + 12, 4, &value, BUS_CPU), BUS_OK);
	assert_int_equal(value, 3);
	assert_int_equal(f->stalled_ns, 4 * 16 * US);
	assert_int_equal(f->soc.flash_busy_ns, 4 * 16 * US);
}

static void polling_by_the_core_is_thinned_out_but_sees_the_end_in_time(void **state)
{
	struct fake_soc *f = *state;
	uint64_t start = f->clock.now_ns;
	uint32_t value = BSY;

	unlock(f);
	erase_sector(f, 0);
	assert_int_equal(bus_read(&f->bus, SR, 4, &value, BUS_CPU), BUS_OK);
	assert_int_equal(f->stalled_ns, 20 * US);
	while (value & BSY) {
		fake_soc_advance(f, 100);	/* the loop around it */
		assert_int_equal(bus_read(&f->bus, SR, 4, &value, BUS_CPU), BUS_OK);
	}
	assert_in_range(f->clock.now_ns - start, 250 * MS, 250 * MS + 100);
}

static void sector_erase_takes_its_time_and_leaves_neighbours(void **state)
{
	static const struct { uint32_t number, base, ms; } rows[] = {
		{ 3, 0x0C000, 250 },
		{ 4, 0x10000, 550 },
		{ 5, 0x20000, 1000 },
		{ 11, 0xE0000, 1000 },
	};
	struct fake_soc *f = *state;

	unlock(f);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t base = FLASH + rows[i].base;

		program_word(f, base - 4, 0);
		program_word(f, base, 0);
		erase_sector(f, rows[i].number);
		assert_int_equal(fake_soc_read(f, CR) & STRT, STRT);
		fake_soc_advance(f, rows[i].ms * MS - 1);
		assert_int_equal(fake_soc_read(f, SR), BSY);
		fake_soc_advance(f, 1);
		assert_int_equal(fake_soc_read(f, SR), 0);
		assert_int_equal(fake_soc_read(f, CR) & STRT, 0);
		assert_int_equal(fake_soc_read(f, base), 0xFFFFFFFF);
		assert_int_equal(fake_soc_read(f, base - 4), 0);
	}
}

static void narrow_parallelism_erases_slowly(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, SER | 5 << 3 | X8 | STRT);
	fake_soc_advance(f, 1999 * MS);
	assert_int_equal(fake_soc_read(f, SR), BSY);
	fake_soc_advance(f, 1 * MS);
	assert_int_equal(fake_soc_read(f, SR), 0);
}

static void mass_erase_takes_8_s(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, FLASH, 0);
	program_word(f, FLASH + 0xFFFFC, 0);
	fake_soc_write(f, CR, MER | X32 | STRT);
	fake_soc_advance(f, 7999 * MS);
	assert_int_equal(fake_soc_read(f, SR), BSY);
	fake_soc_advance(f, 1 * MS);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	assert_int_equal(fake_soc_read(f, FLASH + 0xFFFFC), 0xFFFFFFFF);
}

static void missing_sector_is_silently_not_erased(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, FLASH + 0xE0000, 0);
	erase_sector(f, 12);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(fake_soc_read(f, FLASH + 0xE0000), 0);
}

static void start_without_a_job_is_pgserr(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, X32 | STRT);
	assert_int_equal(fake_soc_read(f, SR), PGSERR);
	assert_int_equal(fake_soc_read(f, CR) & STRT, 0);
}

static void eop_and_operr_need_their_enables(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, CR, PG | X32 | EOPIE | ERRIE);
	fake_soc_write(f, FLASH, 0);
	fake_soc_advance(f, 16 * US);
	assert_int_equal(fake_soc_read(f, SR), EOP);
	assert_true(f->irqs[4]);
	fake_soc_write(f, SR, EOP);
	assert_false(f->irqs[4]);
	assert_int_equal(fake_soc_try_write(f, FLASH, 1, 0), BUS_OK);
	assert_int_equal(fake_soc_read(f, SR), PGPERR | OPERR);
	assert_true(f->irqs[4]);
}

static void low_supply_spoils_wide_programming(void **state)
{
	struct fake_soc *f = *state;

	f->soc.supply_mv = 2500;
	unlock(f);
	program_word(f, FLASH, 0);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_not_equal(fake_soc_read(f, FLASH), 0);
	fake_soc_write(f, CR, PG | X16);
	assert_int_equal(fake_soc_try_write(f, FLASH + 4, 2, 0), BUS_OK);
	fake_soc_advance(f, 16 * US);
	assert_int_equal(fake_soc_read(f, FLASH + 4), 0xFFFF0000);
}

static void low_supply_spoils_wide_erasing(void **state)
{
	struct fake_soc *f = *state;
	uint32_t sum = 0xFFFFFFFF;

	f->soc.supply_mv = 2500;
	unlock(f);
	erase_sector(f, 0);
	fake_soc_advance(f, 250 * MS);
	for (uint32_t at = 0; at < 0x4000; at += 4)
		sum &= fake_soc_read(f, FLASH + at);
	assert_int_not_equal(sum, 0xFFFFFFFF);
}

static void erase_leaves_stale_lines_in_the_data_cache(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	program_word(f, FLASH + 0x40, 0x1234);
	fake_soc_write(f, ACR, DCEN);
	assert_int_equal(fake_soc_read(f, FLASH + 0x40), 0x1234);
	erase_sector(f, 0);
	fake_soc_advance(f, 250 * MS);
	assert_int_equal(fake_soc_read(f, FLASH + 0x40), 0x1234);	/* stale */
	assert_int_equal(fake_soc_read(f, FLASH + 0x60), 0xFFFFFFFF);
	fake_soc_write(f, ACR, DCEN | DCRST);	/* not while it is on */
	assert_int_equal(fake_soc_read(f, FLASH + 0x40), 0x1234);
	fake_soc_write(f, ACR, 0);
	assert_int_equal(fake_soc_read(f, FLASH + 0x40), 0xFFFFFFFF);
	fake_soc_write(f, ACR, DCEN);		/* and back: still in there */
	assert_int_equal(fake_soc_read(f, FLASH + 0x40), 0x1234);
	fake_soc_write(f, ACR, 0);
	fake_soc_write(f, ACR, DCRST);
	fake_soc_write(f, ACR, DCEN);
	assert_int_equal(fake_soc_read(f, FLASH + 0x40), 0xFFFFFFFF);
}

static void programming_refreshes_the_data_cache(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	fake_soc_write(f, ACR, DCEN);
	assert_int_equal(fake_soc_read(f, FLASH), 0xFFFFFFFF);
	program_word(f, FLASH, 0xCAFE);
	assert_int_equal(fake_soc_read(f, FLASH), 0xCAFE);
}

static void reset_in_an_erase_leaves_garbage(void **state)
{
	struct fake_soc *f = *state;
	unsigned blank = 0, kept = 0;

	unlock(f);
	program_word(f, FLASH + 0x10, 0);
	erase_sector(f, 0);
	fake_soc_advance(f, 100 * MS);
	fake_soc_reset(f);
	assert_int_equal(fake_soc_read(f, SR), 0);
	assert_int_equal(f->soc.flash_busy_ns, 100 * MS + 16 * US);
	for (unsigned i = 0; i < 32; i++)
		*(fake_soc_read(f, FLASH + 0x10) >> i & 1 ? &blank : &kept) += 1;
	assert_true(blank > 4 && kept > 4);
}

static void nearly_done_erase_looks_blank_until_power_on(void **state)
{
	struct fake_soc *f = *state;

	unlock(f);
	for (int again = 0; again < 2; again++) {
		program_word(f, FLASH + 0x10, 0);
		erase_sector(f, 0);
		fake_soc_advance(f, 200 * MS);
		fake_soc_reset(f);
		assert_int_equal(fake_soc_read(f, FLASH + 0x10), 0xFFFFFFFF);
		unlock(f);
		if (again) {	/* erasing it anew heals it */
			erase_sector(f, 0);
			fake_soc_advance(f, 250 * MS);
		}
		fake_soc_power_cycle(f);
		assert_int_equal(fake_soc_read(f, FLASH + 0x10) == 0xFFFFFFFF, again);
		unlock(f);
		erase_sector(f, 0);
		fake_soc_advance(f, 250 * MS);
	}
}

static void power_loss_in_programming_leaves_some_bits(void **state)
{
	struct fake_soc *f = *state;
	uint32_t value;

	unlock(f);
	fake_soc_write(f, CR, PG | X32);
	fake_soc_write(f, FLASH, 0);
	fake_soc_power_cycle(f);
	value = fake_soc_read(f, FLASH);
	assert_int_not_equal(value, 0);
	assert_int_not_equal(value, 0xFFFFFFFF);
}

static void id_page_tells_size_and_uid(void **state)
{
	struct fake_soc *f = *state;

	assert_int_equal(fake_soc_read(f, 0x1FFF7A20) >> 16, 1024);
	assert_int_equal(fake_soc_read(f, 0x1FFF7A10), 0x04030201);
	assert_int_equal(fake_soc_read(f, 0x1FFF7A18), 0x0C0B0A09);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(is_locked_after_reset_and_opens_with_both_keys),
		T(wrong_key_faults_and_locks_until_reset),
		T(wrong_order_faults),
		T(keys_while_unlocked_fault_and_lock),
		T(cr_is_ignored_while_locked),
		T(programs_a_word_in_16_us),
		T(write_without_pg_is_pgserr),
		T(width_must_be_psize),
		T(cells_only_go_from_1_to_0),
		T(debug_accesses_wait_while_busy),
		T(core_accesses_are_stalled_to_the_end),
		T(polling_by_the_core_is_thinned_out_but_sees_the_end_in_time),
		T(sector_erase_takes_its_time_and_leaves_neighbours),
		T(narrow_parallelism_erases_slowly),
		T(mass_erase_takes_8_s),
		T(missing_sector_is_silently_not_erased),
		T(start_without_a_job_is_pgserr),
		T(eop_and_operr_need_their_enables),
		T(low_supply_spoils_wide_programming),
		T(low_supply_spoils_wide_erasing),
		T(erase_leaves_stale_lines_in_the_data_cache),
		T(programming_refreshes_the_data_cache),
		T(reset_in_an_erase_leaves_garbage),
		T(nearly_done_erase_looks_blank_until_power_on),
		T(power_loss_in_programming_leaves_some_bits),
		T(id_page_tells_size_and_uid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
