/* SPDX-License-Identifier: MIT
 *
 * Fast rows and bursts: a bank that is loaded anew is programmed quicker than unit by unit, on every
 * controller that has them; where they are not allowed it works all the same.
 */
#include "tests/engine/family_bench.h"

static const struct row parts[] = {
	{ "STM32G031K4", NULL, false },
	{ "STM32G431C6", NULL, false },
	{ "STM32C011F6", NULL, false },
	{ "STM32U031C6", NULL, false },
	{ "STM32L412C8", NULL, false },
	{ "STM32L4P5CE", NULL, false },		/* rows of 64 double words */
	{ "STM32WB15CC", NULL, false },
	{ "STM32WLE5J8", NULL, false },
	{ "STM32U535CB", NULL, false },		/* bursts */
	{ "STM32U375CE", NULL, false },
	{ "STM32WBA52CE", NULL, false },
};

static uint64_t load_anew_us(struct bench *b)
{
	uint32_t base = b->board.chip.banks[0].base, size = min_u32(b->board.chip.banks[0].size, 64 * 1024);

	for (uint32_t at = 0; at < size; at += sector_at(b, base + at).size)
		poke_old(b, base + at);
	plan_new(b);
	fill_random(b, base, size);
	if (flash_plan_write(b->plan, base, image_at(b, base), size, &b->why))
		fail_msg("%s", b->why.text);
	commit_well(b);
	assert_flash(b);
	return b->report.write_us;
}

/* What programming alone takes without rows. */
static uint64_t unit_by_unit_us(struct bench *b)
{
	struct flash_device device;
	uint32_t size = min_u32(b->board.chip.banks[0].size, 64 * 1024);

	assert_int_equal(flash_device_open(&device, b->core, 0, &b->why), 0);
	device.row_bytes = 0;
	return device.controller->program_time(&device, b->board.chip.banks[0].base, size).typical_us;
}

static void rows_are_quicker(void **state)
{
	struct bench *b = *state;
	uint64_t us;

	snprintf(b->spec.firmware, sizeof b->spec.firmware, "V3J7M3");	/* the wire is no limit */
	start(b);
	us = load_anew_us(b);
	print_message("%s: %u ms, programming unit by unit %u ms\n", b->row->part, (unsigned)(us / 1000),
		      (unsigned)(unit_by_unit_us(b) / 1000));
	assert_true(us < unit_by_unit_us(b));
}

/* Without a reset at the end the clock stays as it is: too slow for rows on chips that start at 4 MHz. */
static void works_at_the_clock_after_reset(void **state)
{
	struct bench *b = *state;

	start(b);
	b->options.reset_after = false;
	load_anew_us(b);
}

int main(void)
{
	static struct CMUnitTest tests[2 * ARRAY_SIZE(parts)];
	static char names[ARRAY_SIZE(tests)][64];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		snprintf(names[count], sizeof names[count], "%s: rows", parts[i].part);
		tests[count] = (struct CMUnitTest){ names[count], rows_are_quicker, set_up, tear_down,
						    (void *)&parts[i] };
		count++;
		snprintf(names[count], sizeof names[count], "%s: no reset after", parts[i].part);
		tests[count] = (struct CMUnitTest){ names[count], works_at_the_clock_after_reset, set_up,
						    tear_down, (void *)&parts[i] };
		count++;
	}
	return _cmocka_run_group_tests("flash_rows", tests, count, NULL, NULL);
}
