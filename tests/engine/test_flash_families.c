/* SPDX-License-Identifier: MIT
 *
 * Loading flash on every family: one image of all shapes on each part of a table, in each bank mode,
 * compared byte by byte with what is in the virtual chip; the same image again, one byte changed,
 * without a loader, everything erased. To add a part: a row. PART=STM32F1* runs only
 * those, SCENE=much* only those tests. What loads cost: tests/bench/families.c.
 */
#include "tests/engine/family_bench.h"

#include <fnmatch.h>

static const struct row rows[] = {
	{ "STM32F030F4", NULL, true },		/* 4 KiB of RAM */
	{ "STM32F051C8", NULL, false },
	{ "STM32F091RC", NULL, false },
	{ "STM32F100RB", NULL, false },
	{ "STM32F103C8", NULL, true },
	{ "STM32F103ZE", NULL, false },
	{ "STM32F103ZG", NULL, false },
	{ "STM32F107VC", NULL, false },
	{ "STM32F303CC", NULL, true },
	{ "STM32F373CC", NULL, false },
	{ "STM32F207VG", NULL, true },
	{ "STM32F407VG", NULL, true },
	{ "STM32F410CB", NULL, false },
	{ "STM32F413VH", NULL, false },
	{ "STM32F429VI", NULL, false },
	{ "STM32F429VG", NULL, false },
	{ "STM32F429VG", "DB1M=1", false },
	{ "STM32F469NI", NULL, false },
	{ "STM32F722RE", NULL, false },
	{ "STM32F746VG", NULL, true },
	{ "STM32F767VI", NULL, false },
	{ "STM32F767VI", "nDBANK=0", true },
	{ "STM32G030F6", NULL, false },
	{ "STM32G071RB", NULL, true },
	{ "STM32G0B1RE", NULL, false },
	{ "STM32G431RB", NULL, false },
	{ "STM32G474RE", NULL, false },
	{ "STM32G474RE", "DBANK=0", false },
	{ "STM32G491RE", NULL, false },
	{ "STM32C011F6", NULL, false },
	{ "STM32C031C6", NULL, true },
	{ "STM32C071RB", NULL, false },
	{ "STM32C092RC", NULL, false },
	{ "STM32U031C8", NULL, false },
	{ "STM32U083RC", NULL, true },
	{ "STM32L412CB", NULL, false },
	{ "STM32L432KC", NULL, false },
	{ "STM32L476RG", NULL, true },
	{ "STM32L476RC", NULL, false },
	{ "STM32L496ZG", NULL, false },
	{ "STM32L4R5ZI", NULL, false },
	{ "STM32L4R5ZI", "DBANK=0", false },
	{ "STM32L4P5CE", NULL, false },
	{ "STM32L011F4", NULL, true },
	{ "STM32L031K6", NULL, false },
	{ "STM32L053R8", NULL, false },
	{ "STM32L073RZ", NULL, false },
	{ "STM32L151CB", NULL, true },
	{ "STM32L152RB-A", NULL, false },
	{ "STM32L151RC", NULL, false },
	{ "STM32L151RD", NULL, false },
	{ "STM32L152RE", NULL, false },
	{ "STM32WB55RG", NULL, false },
	{ "STM32WB15CC", NULL, false },
	{ "STM32WLE5JC", NULL, false },
	{ "STM32L552ZE", NULL, true },
	{ "STM32L552ZE", "DBANK=0", false },
	{ "STM32L552ZE", "TZEN=1 SECWM1_PSTRT=0 SECWM1_PEND=63 SECWM2_PSTRT=0 SECWM2_PEND=127", false },
	{ "STM32U575ZI", "TZEN=1 SECWM1_PSTRT=0 SECWM1_PEND=9", true },
	{ "STM32WBA55CG", "TZEN=1 SECWM_PSTRT=0 SECWM_PEND=127", false },
	{ "STM32U535CE", NULL, false },
	{ "STM32U575ZI", NULL, true },
	{ "STM32U595ZJ", NULL, false },
	{ "STM32G0B1RE", "DUAL_BANK=0", false },
	{ "STM32G0B1RE", "nSWAP_BANK=0", false },
	{ "STM32G474CB", NULL, false },		/* a hole between the banks */
	{ "STM32L552ZC", NULL, false },
	{ "STM32L552ZE", "SWAP_BANK=1", false },
	{ "STM32U575ZI", "SWAP_BANK=1", false },
	{ "STM32U385RG", "SWAP_BANK=1", false },
	{ "STM32WBA65RI", "SWAP_BANK=1", false },
	{ "STM32H563ZI", "SWAP_BANK=1", false },
	{ "STM32H503CB", "SWAP_BANK=1", false },
	{ "STM32U385RG", NULL, false },
	{ "STM32U3C5RI", NULL, false },
	{ "STM32WL55JC", NULL, true },
	{ "STM32WBA55CG", NULL, true },
	{ "STM32WBA65RI", NULL, false },
	{ "STM32WBA25CE", NULL, false },
	{ "STM32H743ZI", NULL, true },
	{ "STM32H743ZG", NULL, false },		/* 1 MiB: a hole between the banks */
	{ "STM32H750VB", NULL, false },		/* one sector */
	{ "STM32H723ZG", NULL, false },
	{ "STM32H745ZI", NULL, false },		/* two cores */
	{ "STM32H7A3ZI", NULL, true },
	{ "STM32H7B0VB", NULL, false },
	{ "STM32H7S3L8", NULL, true },
	{ "STM32H563ZI", NULL, true },
	{ "STM32H503CB", NULL, false },
	{ "STM32H523CE", NULL, false },
};

static void start_watchdog_by_option(struct bench *b)
{
	static const char *const names[] = { "WDG_SW", "IWDG_SW", "IWDG1_SW", "IWDG_HW" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (size_t f = 0; f < b->chip.option_field_count; f++)
			if (!strcmp(b->chip.option_fields[f].name, names[i])) {
				set_option(b, names[i], !strcmp(names[i], "IWDG_HW"));
				chip_virtual_spec(&b->chip, b->row->part, &b->spec);
				return;
			}
	fail_msg("%s has no option for its watchdog", b->row->part);
}

/* Old contents here and there; then sections: the vector table, one of odd length behind it, one over
 * an edge of sectors, both sides of every bank's end, the last bytes of all. */
static void plan_sections(struct bench *b)
{
	const struct chip *chip = &b->board.chip;
	uint32_t base = chip->banks[0].base, second, last = sector_at(b, bank_end(b, 0) - 1).base;

	second = base + sector_at(b, base).size;
	while (second < base + 1100)		/* behind the others, where sectors are small */
		second += sector_at(b, base).size;
	poke_old(b, base);
	poke_old(b, bank_end(b, 0) - 1);
	poke_old(b, bank_end(b, chip->bank_count - 1) - 1);
	if (last != base)
		poke_old(b, last - 1);		/* nobody touches this one */
	plan_new(b);
	plan_section(b, base, 392);
	plan_section(b, base + 400, 601);
	if (last != base)
		plan_section(b, second - 3, 1000);
	for (size_t i = 0; i < chip->bank_count; i++) {
		if (i)
			plan_section(b, chip->banks[i].base, 777);
		plan_section(b, bank_end(b, i) - 257, 257);
	}
}

/* ---- tests ---- */

static void loads_what_it_should_and_nothing_else(void **state)
{
	struct bench *b = *state;
	uint32_t bytes;

	start(b);
	plan_sections(b);
	commit_well(b);
	show(b, "sections");
	assert_flash(b);
	assert_true(b->report.used_loader);
	assert_true(b->report.erased_sectors >= 1);
	bytes = b->report.bytes;

	commit_well(b);
	show(b, "again");
	assert_int_equal(b->report.erased_sectors, 0);
	assert_int_equal(b->report.skipped_bytes, bytes);
	assert_flash(b);
}

static void erases_only_the_sector_that_changed(void **state)
{
	struct bench *b = *state;
	uint32_t base, size;

	start(b);
	base = b->board.chip.banks[0].base;
	size = min_u32(b->board.chip.banks[0].size, 8 * sector_at(b, base).size);
	for (uint32_t at = 0; at < size; at += sector_at(b, base + at).size)
		poke_old(b, base + at);
	*image_at(b, base + size - 5) ^= 0x55;
	plan_new(b);
	assert_int_equal(flash_plan_write(b->plan, base, image_at(b, base), size, &b->why), 0);
	commit_well(b);
	show(b, "one byte");
	assert_int_equal(b->report.erased_sectors, 1);
	assert_flash(b);
}

static void loads_without_a_loader(void **state)
{
	struct bench *b = *state;

	start(b);
	b->options.no_loader = true;
	for (size_t i = 0; i < b->board.chip.bank_count; i++)
		poke_old(b, b->board.chip.banks[i].base);
	plan_new(b);
	for (size_t i = 0; i < b->board.chip.bank_count; i++)
		plan_section(b, b->board.chip.banks[i].base + 2, 333);
	commit_well(b);
	assert_false(b->report.used_loader);
	assert_flash(b);
}

static void erases_everything(void **state)
{
	struct bench *b = *state;

	start(b);
	for (size_t i = 0; i < b->board.chip.bank_count; i++) {
		poke_old(b, b->board.chip.banks[i].base);
		poke_old(b, bank_end(b, i) - 1);
	}
	if (flash_erase_all(b->core, &b->options, &b->report, &b->why))
		fail_msg("%s", b->why.text);
	show(b, "erase");
	for (size_t i = 0; i < b->board.chip.bank_count; i++)
		memset(b->image[i], b->chip.erased, b->board.chip.banks[i].size);
	assert_flash(b);
}

/* Many sectors with something old in them and the rest of the chip blank: however it is done. */
static void plan_much(struct bench *b)
{
	uint32_t base = b->board.chip.banks[0].base, at = base;

	for (unsigned i = 0; i < 24 && at < bank_end(b, 0); i++, at += sector_at(b, at).size) {
		if (at - base > 96 * 1024)
			break;
		poke_old(b, at);
	}
	plan_new(b);
	plan_section(b, base, at - base - 100);
}

static void writes_much_into_a_chip_that_is_blank_elsewhere(void **state)
{
	struct bench *b = *state;

	start(b);
	plan_much(b);
	commit_well(b);
	show(b, "much");
	assert_flash(b);
}

/* Something is in the last sector of the bank: it must outlive everything. */
static void writes_much_and_leaves_alone_what_is_elsewhere(void **state)
{
	struct bench *b = *state;

	start(b);
	poke_old(b, bank_end(b, 0) - 1);
	plan_much(b);
	commit_well(b);
	assert_flash(b);
}

/* It runs while the loader does. */
static void loads_under_a_watchdog(void **state)
{
	struct bench *b = *state;

	if (!b->row->watched)
		return;
	start_watchdog_by_option(b);
	start(b);
	plan_sections(b);
	commit_well(b);
	assert_flash(b);
	assert_true(b->report.used_loader);
}

/* The n-th operation from here on does not end: it is begun again, or said; and then it works. */
static void gets_over_an_operation_that_does_not_end(struct bench *b, uint32_t n)
{
	int err;

	start(b);
	plan_sections(b);
	machine_set_mishaps(b->machine, &(struct machine_mishaps){ .flash_stuck = n });
	err = flash_commit(b->plan, &b->options, &b->report, NULL, NULL, &b->why);
	print_message("%s: %s\n", b->row->part, err ? b->why.text : "begun again");
	if (err && !strstr(b->why.text, "busy") && !strstr(b->why.text, "stuck"))
		fail_msg("no cause in: %s", b->why.text);
	commit_well(b);
	assert_flash(b);
}

static void gets_over_an_erase_that_is_stuck(void **state)
{
	gets_over_an_operation_that_does_not_end(*state, 1);
}

static void gets_over_a_program_that_is_stuck(void **state)
{
	gets_over_an_operation_that_does_not_end(*state, 40);
}

static const struct {
	const char *name;
	CMUnitTestFunction function;
	bool every;			/* on every part; else with FULL=1, or where watched is set */
} scenes[] = {
	{ "loads", loads_what_it_should_and_nothing_else, false },	/* on all of them: test_flash_every_chip.c */
	{ "one byte", erases_only_the_sector_that_changed, false },
	{ "no loader", loads_without_a_loader, false },
	{ "erase", erases_everything, true },
	{ "much", writes_much_into_a_chip_that_is_blank_elsewhere, true },
	{ "much, not all", writes_much_and_leaves_alone_what_is_elsewhere, false },
	{ "watchdog", loads_under_a_watchdog, false },
	{ "stuck erase", gets_over_an_erase_that_is_stuck, false },
	{ "stuck program", gets_over_a_program_that_is_stuck, false },
};

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(rows) * ARRAY_SIZE(scenes)];
	static char names[ARRAY_SIZE(tests)][64];
	const char *wanted = getenv("PART"), *scene = getenv("SCENE");
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (wanted && fnmatch(wanted, rows[i].part, 0))
			continue;
		for (size_t s = 0; s < ARRAY_SIZE(scenes); s++) {
			if (!scenes[s].every && !rows[i].watched && !wanted && !getenv("FULL"))
				continue;
			if (scene && fnmatch(scene, scenes[s].name, 0))
				continue;
			snprintf(names[count], sizeof names[count], "%s %s: %s", rows[i].part,
				 rows[i].option ? rows[i].option : "", scenes[s].name);
			tests[count] = (struct CMUnitTest){ names[count], scenes[s].function, set_up,
							    tear_down, (void *)&rows[i] };
			count++;
		}
	}
	return _cmocka_run_group_tests("flash_families", tests, count, NULL, NULL);
}
