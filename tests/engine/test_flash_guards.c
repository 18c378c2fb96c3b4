/* SPDX-License-Identifier: MIT
 *
 * Flash that must not be written, on every kind of controller: write-protected sectors, areas closed
 * to reading, read protection. A load into them is refused by name and changes nothing; a load beside
 * them never erases them. To add a part: a row.
 */
#include "tests/engine/family_bench.h"

struct guard {
	struct row row;
	uint32_t address;		/* a protected sector; 0 = the whole chip, and it can't be read */
	const char *words;		/* of the refusal */
};

static const struct guard guards[] = {
	{ { "STM32F051C8", "WRP0=0xFE", false }, 0x08000000, "write-protected" },
	{ { "STM32F103C8", "WRP1=0x7F", false }, 0x0800F000, "write-protected" },
	{ { "STM32F103ZG", "WRP3=0x7F", false }, 0x080FF800, "write-protected" },
	{ { "STM32F303CC", "WRP2=0xFB", false }, 0x08012800, "write-protected" },
	{ { "STM32F207VG", "nWRP=0xFFD", false }, 0x08004000, "write-protected" },
	{ { "STM32F407VG", "nWRP=0x7FF", false }, 0x080E0000, "write-protected" },
	{ { "STM32F429VI", "nWRP2=0x7FF", false }, 0x081E0000, "write-protected" },
	{ { "STM32F429VI", "nWRP=0x004 SPRMOD=1 nWRP2=0", false }, 0x08008000, "PCROP" },
	{ { "STM32F746VG", "nWRP=0x7F", false }, 0x080C0000, "write-protected" },
	{ { "STM32F767VI", "nWRP=0xBFF", false }, 0x08180000, "write-protected" },
	{ { "STM32F767VI", "nDBANK=0 nWRP=0xFBF", false }, 0x08104000, "write-protected" },
	{ { "STM32F722RE", "PCROP0=0x02", false }, 0x08004000, "PCROP" },
	{ { "STM32L053C6", "WRP0=0x0002", false }, 0x08001000, "write-protected" },
	{ { "STM32L053C6", "WPRMOD=1 WRP0=0xFFFD", false }, 0x08001000, "PCROP" },
	{ { "STM32L073RZ", "WRP32=0x8000", false }, 0x0802F000, "write-protected" },
	{ { "STM32L151CB", "WRP0=0x0004", false }, 0x08002000, "write-protected" },
	{ { "STM32L152RE", "WRP112=0x8000", false }, 0x0807F000, "write-protected" },
	{ { "STM32L476RG", "WRP1A_STRT=3 WRP1A_END=5", false }, 0x08002000, "write-protected" },
	{ { "STM32L476RG", "WRP2B_STRT=255 WRP2B_END=255", false }, 0x080FF800, "write-protected" },
	{ { "STM32L476RG", "PCROP1_STRT=1024 PCROP1_END=1279", false }, 0x08002000, "PCROP" },
	{ { "STM32L433RC", "WRP1B_STRT=127 WRP1B_END=127", false }, 0x0803F800, "write-protected" },
	{ { "STM32L4R5ZI", "WRP2A_STRT=1 WRP2A_END=1", false }, 0x08101000, "write-protected" },
	{ { "STM32G071RB", "WRP1A_STRT=4 WRP1A_END=4", false }, 0x08002000, "write-protected" },
	{ { "STM32G071RB", "PCROP1A_STRT=16 PCROP1A_END=19", false }, 0x08002000, "PCROP" },
	{ { "STM32G0B1RE", "WRP2A_STRT=1 WRP2A_END=1", false }, 0x08040800, "write-protected" },
	{ { "STM32G431RB", "WRP1A_STRT=4 WRP1A_END=4", false }, 0x08002000, "write-protected" },
	{ { "STM32G474RE", "WRP2A_STRT=127 WRP2A_END=127", false }, 0x0807F800, "write-protected" },
	{ { "STM32C031C6", "WRP1B_STRT=15 WRP1B_END=15", false }, 0x08007800, "write-protected" },
	{ { "STM32U083RC", "WRP1A_STRT=4 WRP1A_END=4", false }, 0x08002000, "write-protected" },
	{ { "STM32WB55RG", "WRP1A_STRT=4 WRP1A_END=4", false }, 0x08004000, "write-protected" },
	{ { "STM32WB55RG", "PCROP1A_STRT=8 PCROP1A_END=9", false }, 0x08004000, "PCROP" },
	{ { "STM32WLE5JC", "WRP1A_STRT=4 WRP1A_END=4", false }, 0x08002000, "write-protected" },
	{ { "STM32L552ZE", "WRP2A_PSTRT=1 WRP2A_PEND=1", false }, 0x08040800, "write-protected" },
	{ { "STM32U575ZI", "WRP1A_PSTRT=4 WRP1A_PEND=4", false }, 0x08008000, "write-protected" },
	{ { "STM32U575ZI", "SWAP_BANK=1 WRP1A_PSTRT=4 WRP1A_PEND=4", false }, 0x08108000, "write-protected" },
	{ { "STM32U385RG", "WRP2B_PSTRT=4 WRP2B_PEND=4", false }, 0x08084000, "write-protected" },
	{ { "STM32WBA55CG", "WRPA_PSTRT=4 WRPA_PEND=4", false }, 0x08008000, "write-protected" },
	{ { "STM32H743ZI", "WRPSN2=0x7F", false }, 0x081E0000, "write-protected" },
	{ { "STM32H743ZI", "PROT_AREA_START1=512 PROT_AREA_END1=1023", false }, 0x08020000, "PCROP" },
	{ { "STM32H723ZG", "WRPSN1=0xFD", false }, 0x08020000, "write-protected" },
	{ { "STM32H7A3ZI", "WRPSN1=0xFFFFFFFD", false }, 0x08008000, "write-protected" },
	{ { "STM32H7S3L8", "WRPS=0xFD", false }, 0x08002000, "write-protected" },
	{ { "STM32H563ZI", "WRPSG2=0xFFFFFFFD", false }, 0x08108000, "write-protected" },
	{ { "STM32H503CB", "WRPSG1=0xFD", false }, 0x08002000, "write-protected" },
	{ { "STM32F103C8", "RDP=0", false }, 0, "read-protected" },
	{ { "STM32L053C6", "RDP=0xBB", false }, 0, "read-protected" },
	{ { "STM32L151CB", "RDP=0xBB", false }, 0, "read-protected" },
	{ { "STM32L476RG", "RDP=0xBB", false }, 0, "read-protected" },
	{ { "STM32G071RB", "RDP=0xBB", false }, 0, "read-protected" },
	{ { "STM32C031C6", "RDP=0xBB", false }, 0, "read-protected" },
	{ { "STM32WB55RG", "RDP=0xBB", false }, 0, "read-protected" },
	{ { "STM32L552ZE", "RDP=0xBB", false }, 0, "read-protected" },
	{ { "STM32U575ZI", "RDP=0xBB", false }, 0, "read-protected" },
	{ { "STM32H743ZI", "RDP=0xBB", false }, 0, "read-protected" },
	{ { "STM32H7A3ZI", "RDP=0xBB", false }, 0, "read-protected" },
	{ { "STM32F303CC", "RDP=0xBB", false }, 0, "read-protected" },
	{ { "STM32F407VG", "RDP=0xBB", false }, 0, "read-protected" },
	{ { "STM32F767VI", "RDP=0xBB", false }, 0, "read-protected" },
};

static const struct guard *guard_of(const struct bench *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(guards); i++)
		if (&guards[i].row == b->row)
			return &guards[i];
	return NULL;
}

/* Something is in the sector, but that can't be asked for from outside when reading is closed. */
static void fill_guarded(struct bench *b, const struct guard *guard)
{
	if (guard->address)
		poke_old(b, guard->address);
}

static void refuses_to_touch_what_is_protected(void **state)
{
	struct bench *b = *state;
	const struct guard *guard = guard_of(b);
	uint32_t address = guard->address ? guard->address : 0x08000000;
	char place[16];
	int err;

	start(b);
	fill_guarded(b, guard);
	plan_new(b);
	assert_int_equal(flash_plan_write(b->plan, address, "new contents", 12, &b->why), 0);
	err = flash_commit(b->plan, &b->options, &b->report, NULL, NULL, &b->why);
	print_message("%s %s: %s\n", guard->row.part, guard->row.option, b->why.text);
	assert_int_equal(err, E_PROTECTED);
	assert_non_null(strstr(b->why.text, guard->words));
	assert_int_equal(b->board.unfinished.size, 0);
	if (!guard->address)
		return;
	snprintf(place, sizeof place, "0x%08X", sector_at(b, address).base);
	assert_non_null(strstr(b->why.text, place));
	if (!strstr(guard->words, "PCROP"))
		assert_flash(b);
}

static bool is_protected(struct bench *b, const struct flash_device *device, struct chip_sector sector)
{
	return device->controller->check(device, &sector, 1, &b->why) != 0;
}

/* All sectors that may be erased are: a bank at once would be quicker. */
static void erases_no_bank_with_a_protected_sector(void **state)
{
	struct bench *b = *state;
	const struct guard *guard = guard_of(b);
	struct flash_device device;
	struct chip_sector sector;
	unsigned left_out = 0;

	if (!guard->address || strstr(guard->words, "PCROP"))
		return;
	start(b);
	assert_int_equal(flash_device_open(&device, b->core, 0, &b->why), 0);
	plan_new(b);
	poke_old(b, guard->address);
	for (unsigned i = 0; chip_sector_number(&b->board.chip, i, &sector); i++) {
		if (is_protected(b, &device, sector)) {
			left_out++;
			continue;
		}
		assert_int_equal(flash_plan_erase(b->plan, sector.base, sector.size, &b->why), 0);
		machine_poke(b->machine, sector.base, "old", 4);
	}
	assert_true(left_out > 0);
	commit_well(b);
	assert_flash(b);
}

static const struct {
	const char *name;
	CMUnitTestFunction function;
} scenes[] = {
	{ "refused", refuses_to_touch_what_is_protected },
	{ "left alone", erases_no_bank_with_a_protected_sector },
};

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(guards) * ARRAY_SIZE(scenes)];
	static char names[ARRAY_SIZE(tests)][80];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(guards); i++)
		for (size_t s = 0; s < ARRAY_SIZE(scenes); s++) {
			snprintf(names[count], sizeof names[count], "%s %s: %s", guards[i].row.part,
				 guards[i].row.option, scenes[s].name);
			tests[count] = (struct CMUnitTest){ names[count], scenes[s].function, set_up,
							    tear_down, (void *)&guards[i].row };
			count++;
		}
	cmocka_set_test_filter(getenv("TEST"));
	return _cmocka_run_group_tests("flash_guards", tests, count, NULL, NULL);
}
