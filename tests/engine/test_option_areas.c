/* SPDX-License-Identifier: MIT
 *
 * WRP, PCROP, secure and hidden areas as sectors and addresses: what is asked for is what the fields say afterwards,
 * what they can't say is refused before anything is written, and the flash driver, which reads the registers by
 * itself, sees the same sectors protected. A family is a row.
 */
#include "tests/engine/option_bench.h"

#include <stdlib.h>

#include "server/engine_state.h"

static uint32_t field_of(struct harness *h, const char *name)
{
	const struct chip *chip = &h->engine->board.chip;

	for (size_t i = 0; i < chip->option_field_count; i++) {
		const struct chip_option_field *field = &chip->option_fields[i];
		uint32_t word = bench_word(h, chip->option_words[field->word].address);

		if (!strcmp(field->name, name))
			return word >> field->low & UINT32_MAX >> (31 - (field->high - field->low));
	}
	fail_msg("%s: no field %s", chip->name, name);
	return 0;
}

static void power_cycle(struct harness *h)
{
	machine_set_power(h->machine, false);
	machine_set_power(h->machine, true);
	machine_advance(h->machine, 10000000);
	says(h, "connect", "connected");
	harness_monitor(h, "halt");
}

/* ---- write protection ---- */

struct row {
	const char *part, *set, *shown;
	const char *field;			/* and what it is afterwards */
	uint32_t value;
	uint32_t inside, outside;		/* addresses that the flash driver must refuse, and may erase */
};

static const struct row rows[] = {
	{ "STM32F030F4", "WRP=sectors:4-7", "sectors 4-7 (0x08001000-0x08001fff)", "WRP0", 0xFD, 0x08001000, 0x08002000 },
	{ "STM32F103C8", "WRP=0x08003000-0x08003fff", "sectors 12-15 (", "WRP0", 0xF7, 0x08003C00, 0x08004000 },
	{ "STM32F103ZG", "WRP=sectors:62-511", "sectors 62-511 (0x0801f000-0x080fffff)", "WRP3", 0x7F, 0x080FF800, 0x0801E800 },
	{ "STM32F303CC", "WRP=sectors:2-3", "sectors 2-3 (", "WRP0", 0xFD, 0x08001000, 0x08002000 },
	{ "STM32F205VG", "WRP=sectors:11", "sectors 11 (", "nWRP", 0x7FF, 0x080E0000, 0x080C0000 },
	{ "STM32F407VG", "WRP=sectors:0-3", "sectors 0-3 (0x08000000-0x0800ffff)", "nWRP", 0xFF0, 0x0800C000, 0x08010000 },
	{ "STM32F429VI", "WRP=sectors:11-12", "sectors 11-12 (", "nWRP2", 0xFFE, 0x08100000, 0x08104000 },
	{ "STM32F722RE", "WRP=sectors:7", "sectors 7 (", "nWRP", 0x7F, 0x08060000, 0x08040000 },
	{ "STM32F767VI", "WRP=sectors:2", "sectors 2 (", "nWRP", 0xFFB, 0x08010000, 0x08008000 },
	{ "STM32L053C8", "WRP=0x08001000-0x08001fff", "sectors 32-63 (", "WRP0", 0x0002, 0x08001F80, 0x08002000 },
	{ "STM32L073RZ", "WRP=0x08010000-0x08010fff", "sectors 512-543 (", "WRP16", 0x0001, 0x08010000, 0x0800FF80 },
	{ "STM32L151CB", "WRP=0x0801f000-0x0801ffff", "sectors 496-511 (", "WRP16", 0x8000, 0x0801FF00, 0x0801EF00 },
	{ "STM32L476RG", "WRP=sectors:0-3,256", "sectors 0-3,256 (", "WRP2A_END", 0, 0x08080000, 0x08080800 },
	{ "STM32L433RC", "WRP=sectors:5-9", "sectors 5-9 (", "WRP1A_STRT", 5, 0x08004800, 0x08005000 },
	{ "STM32L4R5ZI", "WRP=sectors:1,3,256-300", "sectors 1,3,256-300 (", "WRP1B_STRT", 3, 0x08001800, 0x08002000 },
	{ "STM32G071RB", "WRP=0x08000000-0x080007ff", "sectors 0 (", "WRP1A_END", 0, 0x08000000, 0x08000800 },
	{ "STM32G0B1RE", "WRP=sectors:128", "sectors 128 (", "WRP2A_STRT", 0, 0x08040000, 0x0803F800 },
	{ "STM32G431RB", "WRP=sectors:60-63", "sectors 60-63 (", "WRP1A_STRT", 60, 0x0801F800, 0x0801D800 },
	{ "STM32G474RE", "WRP=sectors:127-128", "sectors 127-128 (", "WRP2A_STRT", 0, 0x08040000, 0x08040800 },
	{ "STM32C031C6", "WRP=all", "sectors 0-15 (", "WRP1A_END", 15, 0x08007800, 0 },
	{ "STM32U083RC", "WRP=sectors:2-3", "sectors 2-3 (", "WRP1A_STRT", 2, 0x08001000, 0x08002000 },
	{ "STM32L552ZE", "WRP=sectors:0,128", "sectors 0,128 (", "WRP2A_PSTRT", 0, 0x08040000, 0x08040800 },
	{ "STM32U575ZI", "WRP=sectors:255", "sectors 255 (", "WRP2A_PSTRT", 127, 0x081FE000, 0x081FC000 },
	{ "STM32U385RG", "WRP=sectors:1-2", "sectors 1-2 (", "WRP1A_PSTRT", 1, 0x08002000, 0x08003000 },
	{ "STM32WBA55CG", "WRP=sectors:127", "sectors 127 (", "WRPA_PSTRT", 127, 0x080FE000, 0x080FC000 },
	{ "STM32WB55RG", "WRP=sectors:0-1,9", "sectors 0-1,9 (", "WRP1B_END", 9, 0x08009000, 0x08008000 },
	{ "STM32WL55JC", "WRP=sectors:127", "sectors 127 (", "WRP1A_STRT", 127, 0x0803F800, 0x0803F000 },
	{ "STM32H743VI", "WRP=sectors:1,8", "sectors 1,8 (", "WRPSN2", 0xFE, 0x08100000, 0x08120000 },
	{ "STM32H735IG", "WRP=sectors:7", "sectors 7 (", "WRPSN1", 0x7F, 0x080E0000, 0x080C0000 },
	{ "STM32H7B3ZI", "WRP=sectors:0-3,252-255", "sectors 0-3,252-255 (", "WRPSN2", 0x7FFFFFFF, 0x081FE000, 0x081F6000 },
	{ "STM32H503CB", "WRP=sectors:1,15", "sectors 1,15 (", "WRPSG2", 0x7F, 0x08002000, 0x08004000 },
	{ "STM32H563ZI", "WRP=sectors:124-127", "sectors 124-127 (", "WRPSG1", 0x7FFFFFFF, 0x080FE000, 0x080F6000 },
	{ "STM32H7S7L8", "WRP=sectors:6", "sectors 6 (", "WRPS", 0xBF, 0x0800C000, 0x0800E000 },
};

static void erases(struct harness *h, const struct row *row, uint32_t address, bool refused)
{
	struct chip_sector sector;
	const char *text;
	char line[80];

	if (!address)
		return;
	if (!chip_sector_at(&h->engine->board.chip, address, &sector))
		fail_msg("%s: 0x%08x is not in flash", row->part, address);
	snprintf(line, sizeof(line), "flash erase 0x%08x %u", sector.base, sector.size);
	text = harness_monitor(h, line);
	if (refused != (strstr(text, "rotected") != NULL))
		fail_msg("%s: %s: %s", row->part, line, text);
}

static void sectors_are_protected_and_freed_on_every_family(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct harness *h = bench_new(row->part);
		char line[100];

		snprintf(line, sizeof(line), "option set %s", row->set);
		if (!strstr(harness_monitor(h, line), "Written, loaded and read back"))
			fail_msg("%s: %s: %s", row->part, line, h->clients[0].console);
		if (!strstr(h->clients[0].console, row->shown) || !strstr(h->clients[0].console, "none -> sectors"))
			fail_msg("%s: %s: %s", row->part, line, h->clients[0].console);
		says(h, "option get WRP", row->shown);
		says(h, "option", row->shown);
		if (field_of(h, row->field) != row->value)
			fail_msg("%s: %s is 0x%x", row->part, row->field, field_of(h, row->field));
		erases(h, row, row->inside, true);
		erases(h, row, row->outside, false);
		says(h, line, "like that already");
		says(h, "option set WRP=none", "read back");
		says(h, "option get WRP", " none\n");
		erases(h, row, row->inside, false);
		harness_free(h);
	}
}

/* ---- what is for more than the moment ---- */

static const struct {
	const char *part, *set, *shown, *field;
	uint32_t value;
	const char *less;		/* can't be had */
} lasting[] = {
	{ "STM32L476RG", "PCROP=0x08010000-0x0801000f", "0x08010000-0x0801000f", "PCROP1_STRT", 0x2000, "PCROP=none" },
	{ "STM32L4R5ZI", "PCROP=0x08100000-0x0810001f", "0x08100000-0x0810001f", "PCROP2_END", 3, "PCROP=none" },
	{ "STM32G071RB", "PCROP=0x08010000-0x080101ff", "0x08010000-0x080101ff", "PCROP1A_END", 0x80,
	  "PCROP=0x08010200-0x080103ff" },
	{ "STM32G474RE", "PCROP=0x08040000-0x08040fff", "sectors 128-129", "PCROP2_END", 0x1FF, "PCROP=sectors:128" },
	{ "STM32WB55RG", "PCROP=sectors:16", "sectors 16", "PCROP1A_STRT", 32, "PCROP=none" },
	{ "STM32WL55JC", "PCROP=0x08010000-0x080103ff", "0x08010000-0x080103ff", "PCROP1A_STRT", 64, "PCROP=none" },
	{ "STM32F722RE", "PCROP=sectors:6", "sectors 6", "PCROP0", 0x40, "PCROP=sectors:5" },
	{ "STM32H743VI", "PCROP=0x08020000-0x080201ff", "0x08020000-0x080201ff", "PROT_AREA_END1", 0x201, "PCROP=none" },
	{ "STM32F429VI", "SPRMOD=pcrop PCROP=sectors:8,23", "sectors 8,23", "nWRP2", 0x800, "PCROP=sectors:8" },
	{ "STM32L053C8", "WPRMOD=pcrop PCROP=0x08008000-0x08008fff", "sectors 256-287", "WRP0", 0xFEFF, "PCROP=none" },
	{ "STM32L151CC", "SPRMOD=pcrop PCROP=0x08021000-0x08021fff", "sectors 528-543", "WRP32", 0xFFFD, "PCROP=none" },
	{ "STM32C031C6", "SEC=0x08000000-0x08000fff", "sectors 0-1", "SEC_SIZE", 2, NULL },
	{ "STM32G0B1RE", "SEC=sectors:0,128", "sectors 0,128", "SEC_SIZE2", 1, NULL },
	{ "STM32U083RC", "HDP=sectors:0-2", "sectors 0-2", "HDP1_PEND", 2, NULL },
	{ "STM32H563ZI", "HDP=sectors:4-5", "sectors 4-5", "HDP1_END", 5, NULL },
	{ "STM32H7S7L8", "HDP=0x08000000-0x080001ff", "0x08000000-0x080001ff", "HDP_AREA_END", 1, NULL },
};

static void what_lasts_takes_a_token_and_only_grows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lasting); i++) {
		struct harness *h = bench_new(lasting[i].part);
		uint32_t before;
		char line[100];

		before = field_of(h, lasting[i].field);
		snprintf(line, sizeof(line), "option set %s", lasting[i].set);
		says(h, line, "Nothing was done");
		assert_int_equal(field_of(h, lasting[i].field), before);
		if (!strstr(confirmed(h, line), "Written, loaded and read back"))
			fail_msg("%s: %s: %s", lasting[i].part, line, h->clients[0].console);
		if (!strstr(h->clients[0].console, lasting[i].shown))
			fail_msg("%s: %s: %s", lasting[i].part, line, h->clients[0].console);
		if (field_of(h, lasting[i].field) != lasting[i].value)
			fail_msg("%s: %s is 0x%x", lasting[i].part, lasting[i].field, field_of(h, lasting[i].field));
		says(h, "option", lasting[i].shown);
		snprintf(line, sizeof(line), "option set %s", lasting[i].less ? lasting[i].less : "");
		if (lasting[i].less)
			says(h, line, "PCROP can't be taken away");
		harness_free(h);
	}
}

/* The bits that meant write protection mean PCROP, and back; both ways are for those who know. */
static void pcrop_mode_turns_the_bits_round(void **state)
{
	struct harness *h = bench_new("STM32F429VI");

	(void)state;
	says(h, "option set WRP=sectors:2", "read back");
	says(h, "option set SPRMOD=pcrop", "mean the opposite");
	says(h, "option set SPRMOD=pcrop PCROP=none", "the other way round");
	confirmed(h, "option set SPRMOD=pcrop PCROP=sectors:3");
	says(h, "option get PCROP", "sectors 3 (0x0800c000-0x0800ffff)");
	says(h, "option set WRP=sectors:1", "as the option bytes are");
	says(h, "option set SPRMOD=write WRP=none", "only together with read protection");
	says(h, "option set RDP=level1", "Read protection is in force");
	power_cycle(h);
	says(h, "option set RDP=level0 SPRMOD=write", "mean the opposite");
	if (!strstr(confirmed(h, "option set RDP=level0 SPRMOD=write WRP=none"), "All of flash is blank"))
		fail_msg("%s", h->clients[0].console);
	says(h, "option get WRP", "none");
	harness_free(h);
}

/* ---- what can't be said ---- */

static void what_fields_can_not_say_is_refused(void **state)
{
	static const struct {
		const char *part, *set, *answer;
	} wrong[] = {
		{ "STM32L476RG", "WRP=sectors:0,2,4", "There are 2 WRP areas for 0x08000000" },
		{ "STM32L476RG", "WRP=0x08000000-0x080003ff", "WRP counts 2048 bytes: 0x08000000 to 0x080007ff would do" },
		{ "STM32L476RG", "WRP=0x08000400-0x08000fff", "0x08000000 to 0x08000fff would do" },
		{ "STM32L476RG", "PCROP=0x08000000-0x08000007", "protects 16 bytes at least" },
		{ "STM32L476RG", "WRP=sectors:512", "no sector 512: they are 0 to 511" },
		{ "STM32L476RG", "WRP=sectors:5-4", "no list of sectors" },
		{ "STM32L476RG", "WRP=0x08000000", "no value of WRP" },
		{ "STM32L476RG", "WRP=0x20000000-0x200003ff", "no range of this chip's flash" },
		{ "STM32L476RG", "WRP=0x08000000-0x080007ff,", "no range" },
		{ "STM32L476RG", "WRP=0x08000000-0x180007ff0", "no range of this chip's flash" },
		{ "STM32L476RG", "WRP=sectors:0 WRP=none", "two values" },
		{ "STM32L476RG", "WRP=sectors:0 WRP1A_STRT=3", "two values" },
		{ "STM32L476RG", "SEC=sectors:0", "no option 'SEC'" },
		{ "STM32L476RG", "RDP=none", "no value of RDP" },
		{ "STM32L476RG", "RDP=sectors:0", "not about sectors" },
		{ "STM32G071RB", "SEC=sectors:1-2", "begins where the bank does" },
		{ "STM32F103C8", "WRP=sectors:0", "Sectors 0 to 3 are protected together: 0x08000000 to 0x08000fff" },
		{ "STM32F413VH", "WRP=sectors:15", "Sectors 14 to 15 are protected together" },
		{ "STM32H563ZI", "WRP=sectors:1-4", "Sectors 0 to 3 are protected together" },
		{ "STM32H743VI", "PCROP=0x08000000-0x080000ff", "protects 512 bytes at least" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct harness *h = bench_new(wrong[i].part);
		const struct chip *chip = &h->engine->board.chip;
		char line[100];

		snprintf(line, sizeof(line), "option set %s", wrong[i].set);
		says(h, line, wrong[i].answer);
		for (size_t w = 0; w < chip->option_word_count; w++)
			if ((bench_word(h, chip->option_words[w].address) ^ chip->option_words[w].factory) &
			    chip->option_words[w].writable)
				fail_msg("%s: %s: %s has changed", wrong[i].part, line, chip->option_words[w].name);
		harness_free(h);
	}
}

/* A locked area of a U5 stays as it is until the flash is erased. */
static void a_locked_area_is_refused(void **state)
{
	struct harness *h = bench_new("STM32U575ZI");

	(void)state;
	says(h, "option set WRP=sectors:0-1", "read back");
	confirmed(h, "option set UNLOCK_1A=locked");
	says(h, "option set WRP=none", "UNLOCK_1A is locked");
	says(h, "option set UNLOCK_1A=open", "UNLOCK_1A is locked");
	says(h, "option get WRP", "sectors 0-1");
	says(h, "option set WRP1B_PSTRT=4 WRP1B_PEND=5", "read back");
	says(h, "option get WRP", "sectors 0-1,4-5");
	harness_free(h);
}

/* With the banks in each other's place sectors go with the bank that they are in. */
static void swapped_banks_keep_their_protection(void **state)
{
	struct harness *h = bench_new("STM32L552ZE");

	(void)state;
	says(h, "option set WRP=sectors:0", "read back");
	says(h, "option set SWAP_BANK=1", "change places");
	says(h, "option get WRP", "sectors 128 (0x08040000-0x080407ff)");
	says(h, "option set SWAP_BANK=0 WRP=none", "in a command of its own");
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sectors_are_protected_and_freed_on_every_family),
		cmocka_unit_test(what_lasts_takes_a_token_and_only_grows),
		cmocka_unit_test(pcrop_mode_turns_the_bits_round),
		cmocka_unit_test(what_fields_can_not_say_is_refused),
		cmocka_unit_test(a_locked_area_is_refused),
		cmocka_unit_test(swapped_banks_keep_their_protection),
	};

	return cmocka_run_group_tests_name("option_areas", tests, NULL, NULL);
}
