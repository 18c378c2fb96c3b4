/* SPDX-License-Identifier: MIT
 *
 * Loading flash where something is in the way: watchdogs, low and unknown supplies, other probes, little
 * RAM, protection, interruptions, loaders that die, controllers that complain.
 */
#include "tests/engine/flash_bench.h"

#include <stdio.h>
#include <unistd.h>

/* ---- boards ---- */

static void keeps_a_hardware_watchdog_fed(void **state)
{
	struct bench *b = *state = describe("STM32F407VG");

	b->spec.options[0].factory &= ~(uint32_t)OPTCR_WDG_SW;
	start(b);
	for (uint32_t round = 0; round < 2; round++) {	/* the second with an erase of 1 s */
		plan_new(b);
		expect_erased(b, 0x20000);
		plan_random(b, 0x20000 + round, 0x1FF00);
		commit_well(b);
		assert_flash(b);
		assert_left_well(b);
	}
	assert_int_equal(b->report.erased_sectors, 1);
}

/* The virtual watchdog is real: without its address the loader can't feed it. */
static void would_be_bitten_without_feeding(void **state)
{
	struct bench *b = *state = describe("STM32F407VG");

	b->spec.options[0].factory &= ~(uint32_t)OPTCR_WDG_SW;
	start(b);
	b->board->chip.watchdog_address = 0;
	b->board->unfinished.base = FLASH + 0x20000;	/* so that it is erased: 1 s */
	b->board->unfinished.size = 0x20000;
	plan_new(b);
	plan_random(b, 0x20000, 0x1000);
	assert_int_equal(commit(b), E_LOADER);
	assert_non_null(strstr(b->why.text, "the chip was reset meanwhile"));
}

static void adapts_to_the_supply(void **state)
{
	static const struct { uint32_t mv; unsigned bits; } rows[] = {
		{ 1900, 8 }, { 2400, 16 }, { 3000, 32 }, { 0, 8 },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		machine_set_supply_mv(b->machine, rows[i].mv ? rows[i].mv : 3300);
		b->options.supply_mv = rows[i].mv ? 0 : 100;	/* 100 mV can't be: as good as unknown */
		plan_new(b);
		expect_erased(b, 0x4000);
		expect_erased(b, 0x8000);
		plan_random(b, 0x4001, 0x5003);
		commit_well(b);
		assert_int_equal(b->report.parallel_bits, rows[i].bits);
		assert_flash(b);
	}
}

/* A link whose board loses volts after some exchanges. */
static struct {
	const struct link_ops *inner;
	struct machine *machine;
	unsigned left;
} sagging;

static int sag(struct link *link, struct link_exchange *x)
{
	if (sagging.left && --sagging.left == 0)
		machine_set_supply_mv(sagging.machine, 2400);
	return sagging.inner->exchange(link, x);
}

static void stops_when_the_supply_falls(void **state)
{
	struct bench *b = *state;
	struct link_ops ops = *b->link->ops;

	sagging.inner = b->link->ops;
	sagging.machine = b->machine;
	sagging.left = 10;		/* the voltage is asked first, then the chip is reset */
	ops.exchange = sag;
	b->link->ops = &ops;
	poke_random(b, 0, 0x1000);
	plan_new(b);
	assert_int_equal(flash_plan_erase(b->plan, FLASH, 0x4000, &b->why), 0);
	assert_int_equal(commit(b), E_POWER);
	assert_non_null(strstr(b->why.text, "the supply fell from 33"));
	assert_flash(b);
	assert_left_well(b);
	commit_well(b);			/* now that it is known */
	expect_erased(b, 0);
	assert_flash(b);
	assert_int_equal(b->report.parallel_bits, 16);
	b->link->ops = sagging.inner;
}

static void works_without_a_loader(void **state)
{
	static const uint32_t supplies_mv[] = { 3300, 2400, 1900 };
	struct bench *b = *state;

	b->options.no_loader = true;
	for (size_t i = 0; i < ARRAY_SIZE(supplies_mv); i++) {
		machine_set_supply_mv(b->machine, supplies_mv[i]);
		plan_new(b);
		expect_erased(b, 0);
		plan_random(b, 0, 1001);
		plan_random(b, 0x3FF1, 15);
		commit_well(b);
		assert_flash(b);
		assert_left_well(b);
		assert_false(b->report.used_loader);
	}
	show(b, "without a loader");
}

static void works_with_every_probe(void **state)
{
	static const char *const firmwares[] = { "V2J28S7", "V2J45M31", "V3J3M2", "V3J15M7", "V3PWR" };

	for (size_t i = 0; i < ARRAY_SIZE(firmwares); i++) {
		struct bench *b = describe("STM32F407VG");

		strcpy(b->spec.firmware, firmwares[i]);
		start(b);
		for (int round = 0; round < 2; round++) {
			plan_new(b);
			expect_erased(b, 0x4000);
			plan_random(b, 0x4001, 0x3FF0);
			commit_well(b);
			assert_flash(b);
		}
		show(b, firmwares[i]);
		*state = b;
		tear_down(state);
	}
	*state = NULL;
}

static void falls_back_when_there_is_no_ram_for_it(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < b->board->chip.region_count; i++)
		b->board->chip.regions[i].loader = false;
	plan_new(b);
	plan_random(b, 0, 600);
	commit_well(b);
	assert_false(b->report.used_loader);
	assert_flash(b);
}

static void works_with_little_ram(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < b->board->chip.region_count; i++)
		b->board->chip.regions[i].size = min_u32(b->board->chip.regions[i].size, 4 * KIB);
	plan_new(b);
	plan_random(b, 1, 0x8000);
	commit_well(b);
	assert_true(b->report.used_loader);
	assert_flash(b);
}

/* ---- what goes wrong ---- */

static void refuses_protected_sectors_untouched(void **state)
{
	struct bench *b = *state = describe("STM32F407VG");

	b->spec.options[0].factory &= ~(1u << (16 + 2));	/* nWRP2 */
	start(b);
	plan_new(b);
	plan_random(b, 0, 0xC000);
	assert_int_equal(commit(b), E_PROTECTED);
	assert_non_null(strstr(b->why.text, "sector 2 at 0x08008000 is write-protected"));
	memset(b->image, 0xFF, FLASH_SIZE);
	assert_flash(b);
	assert_left_well(b);
	assert_int_equal(b->board->unfinished.size, 0);
}

static void trip_interrupt(struct bench *b)
{
	atomic_store(&b->interrupt, true);
}

static void stops_when_interrupted(void **state)
{
	struct bench *b = *state;
	uint64_t start_us;

	plan_new(b);
	plan_random(b, 0, 0x20000);
	b->trip_at = 0x8000;
	b->trip = trip_interrupt;
	start_us = link_now_us(b->link);
	assert_int_equal(commit(b), E_INTERRUPTED);
	assert_true(link_now_us(b->link) - start_us < 2000000);
	assert_non_null(strstr(b->why.text, "flash from 0x08000000 to 0x0801FFFF is unfinished"));
	atomic_store(&b->interrupt, false);
	assert_left_well(b);
	assert_int_equal(b->board->unfinished.base, FLASH);
	commit_well(b);			/* and again, to the end */
	assert_int_equal(b->board->unfinished.size, 0);
	assert_flash(b);
}

static void trip_code(struct bench *b)
{
	for (uint32_t at = 0; at < 0x100; at += 4)
		machine_write(b->machine, RAM + at, 4, 0xDE00DE00);	/* UDF */
}

static void trip_deaf(struct bench *b)
{
	for (uint32_t at = 0; at < 0x100; at += 4)
		machine_write(b->machine, RAM + at, 4, 0xE7FEE7FE);	/* b . */
}

/* Somebody presses the button: what is in flash by now must not run. */
static void trip_reset(struct bench *b)
{
	machine_set_nrst(b->machine, false);
	machine_advance(b->machine, 1000000);
	machine_set_nrst(b->machine, true);
	machine_advance(b->machine, 1000000);
	assert_int_equal(cpu_state(machine_cpu(b->machine)), CPU_HALTED);
}

static void trip_lock(struct bench *b)
{
	machine_write(b->machine, 0x40023C04, 4, 0);	/* a wrong key */
}

static void trip_psize(struct bench *b)
{
	while (machine_write(b->machine, 0x40023C10, 4, 0x101) != BUS_OK)	/* PG, 16 bits */
		machine_advance(b->machine, 500);
}

static void says_how_a_loader_died(void **state)
{
	static const struct {
		void (*trip)(struct bench *b);
		int err;
		const char *words;
	} rows[] = {
		{ trip_code, E_LOADER, "undefined instruction; CFSR 0x00010000" },
		{ trip_deaf, E_LOADER, "gives no sign of life" },
		{ trip_reset, E_LOADER, "the chip was reset meanwhile" },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t start_us = link_now_us(b->link);
		int err;

		plan_new(b);
		memset(b->image, 0xFF, FLASH_SIZE);
		plan_random(b, 0, 0x20000);
		b->trip_at = 0x6000;
		b->trip = rows[i].trip;
		err = commit(b);
		print_message("%s\n", b->why.text);
		assert_int_equal(err, rows[i].err);
		assert_non_null(strstr(b->why.text, rows[i].words));
		assert_true(link_now_us(b->link) - start_us < 6000000);
		assert_left_well(b);
	}
	commit_well(b);
	assert_flash(b);
}

static void says_what_the_controller_complains_about(void **state)
{
	struct bench *b = *state;

	plan_new(b);
	plan_random(b, 0, 0x20000);
	b->trip_at = 0x6000;
	b->trip = trip_psize;
	assert_int_equal(commit(b), E_FLASH);
	print_message("%s\n", b->why.text);
	assert_non_null(strstr(b->why.text, "programming at 0x080"));
	assert_non_null(strstr(b->why.text, "(PGPERR)"));
	assert_left_well(b);
	commit_well(b);
	assert_flash(b);
}

/* A controller that was locked under our feet does nothing and says nothing. */
static void never_claims_success_unverified(void **state)
{
	struct bench *b = *state;
	int err;

	poke_random(b, 0, 0x20000);
	plan_new(b);
	plan_random(b, 0, 0x20000);
	b->trip_at = 0x6000;
	b->trip = trip_lock;
	err = commit(b);
	print_message("%s\n", b->why.text);
	assert_true(err == E_VERIFY || err == E_FLASH);
	assert_left_well(b);
	commit_well(b);
	assert_flash(b);
}

/* How many commands the way to a load takes. */
static unsigned count_attach(void)
{
	struct bench *b = describe("STM32F407VG");
	void *state = b;
	unsigned count;

	start(b);
	count = (unsigned)b->link->exchanges;
	tear_down(&state);
	return count;
}

static struct bench *start_with_fault(const char *kind, unsigned at)
{
	struct bench *b = describe("STM32F407VG");
	char path[] = "/tmp/tether-faults-XXXXXX";
	int file = mkstemp(path);

	assert_true(dprintf(file, "command %u %s\n", at, kind) > 0);
	close(file);
	strcpy(b->spec.faults, path);
	start(b);
	unlink(path);
	poke_random(b, 0, 3000);
	plan_new(b);
	plan_random(b, 0, 3000);
	return b;
}

/* A load of one sector with something wrong at the n-th command of all. True when the load was over
 * before that. */
static bool survives(const char *kind, unsigned at)
{
	struct bench *b = start_with_fault(kind, at);
	int err = commit(b);
	bool over = at > b->link->exchanges;
	void *state = b;

	if (err) {
		assert_true(strlen(b->why.text) > 10);
		assert_true(b->report.total_us < 15000000);
		if (!b->board->attached || commit(b))
			assert_int_equal(board_attach(b->board, &b->why), 0);
		commit_well(b);
	}
	assert_flash(b);
	if (!over)
		assert_left_well(b);
	tear_down(&state);
	return over;
}

static void ends_well_whatever_gets_lost(void **state)
{
	static const char *const kinds[] = { "timeout", "lost", "stall", "late 3000" };
	unsigned first = count_attach() + 1;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		for (unsigned at = first + 2 * i; !survives(kinds[i], at); at += 8)
			;
}

static void ends_at_once_when_probe_or_power_is_gone(void **state)
{
	static const char *const kinds[] = { "gone", "power-off" };

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct bench *b = *state = start_with_fault(kinds[i], count_attach() + 40);

		assert_int_not_equal(commit(b), 0);
		print_message("%s: %s\n", kinds[i], b->why.text);
		assert_true(strlen(b->why.text) > 10);
		assert_true(b->report.total_us < 10000000);
		tear_down(state);
	}
	*state = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_SPECIAL(keeps_a_hardware_watchdog_fed),
		TEST_SPECIAL(would_be_bitten_without_feeding),
		TEST(adapts_to_the_supply),
		TEST(stops_when_the_supply_falls),
		TEST(works_without_a_loader),
		cmocka_unit_test(works_with_every_probe),
		TEST(falls_back_when_there_is_no_ram_for_it),
		TEST(works_with_little_ram),
		TEST_SPECIAL(refuses_protected_sectors_untouched),
		TEST(stops_when_interrupted),
		TEST(says_how_a_loader_died),
		TEST(says_what_the_controller_complains_about),
		TEST(never_claims_success_unverified),
		cmocka_unit_test(ends_well_whatever_gets_lost),
		cmocka_unit_test(ends_at_once_when_probe_or_power_is_gone),
	};

	cmocka_set_test_filter(getenv("TEST"));		/* TEST='loads_*' */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
