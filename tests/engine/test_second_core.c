/* SPDX-License-Identifier: MIT
 *
 * Flash that is not all ours: the pages of CPU2 on WB and WL, the data area of the H5; and a second core that
 * runs when a load comes.
 */
#include "tests/engine/family_bench.h"

struct part {
	struct row row;
	uint32_t kept;			/* the first address that belongs to somebody else */
	const char *field;
};

static const struct part parts[] = {
	{ { "STM32WB55RG", "FSD=0 SFSA=0xC8", false }, 0x080C8000, "SFSA" },
	{ { "STM32WB15CC", "FSD=0 SFSA=0x60", false }, 0x08030000, "SFSA" },
	{ { "STM32WL55JC", "FSD=0 SFSA=0x40", false }, 0x08020000, "SFSA" },
	{ { "STM32H563ZI", "EDATA1_EN=1 EDATA1_STRT=3", false }, 0x080F8000, "EDATA1_STRT" },
	{ { "STM32H563ZI", "EDATA2_EN=1 EDATA2_STRT=0", false }, 0x081FE000, "EDATA2_STRT" },
	{ { "STM32H563ZI", "SWAP_BANK=1 EDATA1_EN=1 EDATA1_STRT=3", false }, 0x081F8000, "EDATA1_STRT" },
};

static const struct part *part_of(const struct bench *b)
{
	return (const struct part *)(const void *)b->row;	/* row comes first in it */
}

static void what_is_kept_is_never_written(void **state)
{
	struct bench *b = *state;
	const struct part *part = part_of(b);

	start(b);
	plan_new(b);
	assert_int_equal(flash_plan_write(b->plan, part->kept, "abcd", 4, &b->why), E_PROTECTED);
	print_message("%s\n", b->why.text);
	assert_non_null(strstr(b->why.text, part->field));
	assert_int_equal(flash_plan_write(b->plan, part->kept - 4, "abcdefgh", 8, &b->why), E_PROTECTED);
	assert_int_equal(flash_plan_write(b->plan, part->kept - 4, "abcd", 4, &b->why), 0);
}

/* A bank at once would be quicker, but it would take all of it. */
static void erasing_everything_leaves_it(void **state)
{
	struct bench *b = *state;

	start(b);
	for (size_t i = 0; i < b->board.chip.bank_count; i++) {
		poke_old(b, b->board.chip.banks[i].base);
		poke_old(b, bank_end(b, i) - 1);
	}
	if (flash_erase_all(b->core, &b->options, &b->report, &b->why))
		fail_msg("%s", b->why.text);
	for (size_t i = 0; i < b->board.chip.bank_count; i++)
		memset(b->image[i], b->chip.erased, b->board.chip.banks[i].size);
	assert_flash(b);
}

/* The reset that begins a load stops it. */
static void a_running_second_core_is_stopped(void **state)
{
	enum { PWR_CR4 = 0x5800040C, C2BOOT = 1 << 15 };
	struct bench *b = *state;
	struct flash_device device;
	uint32_t cr4 = 0;

	if (strncmp(b->row->part, "STM32W", 6) != 0)
		return;
	start(b);
	machine_write(b->machine, PWR_CR4, 4, C2BOOT);
	machine_read(b->machine, PWR_CR4, 4, &cr4);
	assert_int_equal(cr4 & C2BOOT, C2BOOT);
	assert_int_equal(flash_device_open(&device, b->core, 0, &b->why), 0);
	assert_int_equal(device.controller->check(&device, NULL, 0, &b->why), E_PROTECTED);
	assert_non_null(strstr(b->why.text, "the second core"));
	poke_old(b, b->board.chip.banks[0].base);
	plan_new(b);
	plan_section(b, b->board.chip.banks[0].base, 3000);
	commit_well(b);
	assert_flash(b);
}

static const struct {
	const char *name;
	CMUnitTestFunction function;
} scenes[] = {
	{ "kept", what_is_kept_is_never_written }, { "erase", erasing_everything_leaves_it },
	{ "running", a_running_second_core_is_stopped },
};

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(parts) * ARRAY_SIZE(scenes)];
	static char names[ARRAY_SIZE(tests)][80];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		for (size_t s = 0; s < ARRAY_SIZE(scenes); s++) {
			snprintf(names[count], sizeof names[count], "%s %s: %s", parts[i].row.part,
				 parts[i].row.option, scenes[s].name);
			tests[count] = (struct CMUnitTest){ names[count], scenes[s].function, set_up, tear_down,
							    (void *)&parts[i].row };
			count++;
		}
	cmocka_set_test_filter(getenv("TEST"));
	return _cmocka_run_group_tests("second_core", tests, count, NULL, NULL);
}
