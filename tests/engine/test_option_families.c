/* SPDX-License-Identifier: MIT
 *
 * Option bytes of every kind of controller that is served: a named bit changes, the others don't, read protection
 * goes on and comes off again with the flash. A part is a row.
 */
#include "tests/engine/option_bench.h"

#include <stdlib.h>

#include "server/engine_state.h"

struct row {
	const char *part, *set;		/* a field, its new value */
	const char *about;		/* in the plan of it */
};

static const struct row rows[] = {
	{ "STM32F030F4", "nRST_STOP=reset", "-> 0x0 reset" },
	{ "STM32F072RB", "WRP0=sectors:0-3", "(sectors 0-3)" },
	{ "STM32F103C8", "Data0=0x5a WRP1=sectors:32-35", "(sectors 32-35)" },
	{ "STM32F103ZG", "nRST_STDBY=reset", "-> 0x0 reset" },
	{ "STM32F303CC", "nRST_STDBY=reset", "-> 0x0 reset" },
	{ "STM32L053C8", "nRST_STOP=reset", "-> 0x0 reset" },
	{ "STM32L151CB", "nRST_STOP=reset", "-> 0x0 reset" },
	{ "STM32L151ZD", "nRST_STDBY=reset", "-> 0x0 reset" },
	{ "STM32F205VG", "nRST_STOP=reset", "0x1 stop -> 0x0 reset" },
	{ "STM32F407VG", "nRST_STDBY=reset", "-> 0x0 reset" },
	{ "STM32F429VI", "DB1M=dual", "0x1 dual" },
	{ "STM32F722RE", "IWDG_STOP=frozen", "-> 0x0 frozen" },
	{ "STM32F767VI", "nDBANK=dual", "load the firmware again" },
	{ "STM32L476RG", "nRST_STOP=reset", "-> 0x0 reset" },
	{ "STM32L476RG", "WRP1A_STRT=3 WRP1A_END=5", "0xff -> 0x3" },
	{ "STM32L433RC", "WWDG_SW=hardware", "has to feed it" },
	{ "STM32L4R5ZI", "nRST_SHDW=reset", "-> 0x0 reset" },
	{ "STM32G071RB", "nBOOT_SEL=pin", "-> 0x0 pin" },
	{ "STM32G071RB", "NRST_MODE=gpio", "a probe can't reset the chip by it" },
	{ "STM32G0B1RE", "IWDG_STOP=frozen", "-> 0x0 frozen" },
	{ "STM32G431RB", "nRST_STOP=reset", "-> 0x0 reset" },
	{ "STM32G431RB", "IWDG_SW=hardware", "the watchdog runs from reset on: firmware has to feed it" },
	{ "STM32G474RE", "DBANK=0", "load the firmware again" },
	{ "STM32C031C6", "nRST_STOP=reset", "-> 0x0 reset" },
	{ "STM32U083RC", "nRST_STOP=reset", "-> 0x0 reset" },
	{ "STM32L552ZE", "nRST_STOP=reset", "-> 0x0 reset" },
	{ "STM32U575ZI", "nRST_STOP=reset", "-> 0x0 reset" },
	{ "STM32U385RG", "nRST_SHDW=reset", "-> 0x0 reset" },
	{ "STM32WB55RG", "nRST_STOP=reset", "-> 0x0 reset" },
	{ "STM32WB15CC", "nRST_STDBY=reset", "-> 0x0 reset" },
	{ "STM32WL55JC", "nRST_STOP=reset", "-> 0x0 reset" },
	{ "STM32WBA55CG", "nRST_STOP=reset", "-> 0x0 reset" },
	{ "STM32H743VI", "NRST_STOP_D1=reset", "-> 0x0 reset" },
	{ "STM32H743VI", "SWAP_BANK_OPT=bank2", "change places" },
	{ "STM32H735IG", "FZ_IWDG_STOP=0", "-> 0x0" },
	{ "STM32H7B3ZI", "SWAP_BANK_OPT=1", "change places" },
	{ "STM32H503CB", "NRST_STOP=0", "-> 0x0" },
	{ "STM32H563ZI", "NRST_STDBY=0", "-> 0x0" },
	{ "STM32H573ZI", "SWAP_BANK=1", "change places" },
	{ "STM32H7S7L8", "IWDG_FZ_STOP=0 WRPS=0xfe", "-> 0x0" },
};

static struct harness *start(const char *part)
{
	struct harness *h = bench_new(part);
	const struct board *board = &h->engine->board;

	if (!board->attached)
		fail_msg("%s: not reached", part);
	return h;
}

static void read_words(struct harness *h, uint32_t *words)
{
	const struct chip *chip = &h->engine->board.chip;

	for (size_t i = 0; i < chip->option_word_count; i++)
		words[i] = bench_word(h, chip->option_words[i].address);
}

/* Bits of the fields that a command names. */
static void named_bits(struct harness *h, const char *set, uint32_t *masks)
{
	const struct chip *chip = &h->engine->board.chip;
	char text[100], *rest = text, *word;

	snprintf(text, sizeof(text), "%s", set);
	while ((word = strsep(&rest, " "))) {
		word[strcspn(word, "=")] = '\0';
		for (size_t i = 0; i < chip->option_field_count; i++) {
			const struct chip_option_field *field = &chip->option_fields[i];

			if (!strcmp(field->name, word))
				masks[field->word] |= UINT32_MAX >> (31 - (field->high - field->low)) << field->low;
		}
	}
}

/* What the factory has set comes back; where that is not confirmed, only with the token. */
static void defaults_come_back(struct harness *h, const struct row *row, const uint32_t *factory)
{
	const struct chip *chip = &h->engine->board.chip;
	uint32_t now[CHIP_OPTION_WORDS];
	bool unverified = false;

	says(h, "connect", "connected");
	harness_monitor(h, "halt");
	for (size_t i = 0; i < chip->option_word_count; i++)
		unverified |= chip->option_words[i].unverified;
	if (strstr(harness_monitor(h, "option defaults"), "Not all of this is confirmed") && unverified)
		confirmed(h, "option defaults");
	if (!strstr(h->clients[0].console, "Written, loaded and read back"))
		fail_msg("%s: option defaults: %s", row->part, h->clients[0].console);
	says(h, "option diff", "There is no difference");
	read_words(h, now);
	for (size_t i = 0; i < chip->option_word_count; i++)
		if ((now[i] ^ factory[i]) & chip->option_words[i].writable)
			fail_msg("%s: option defaults: word %zu is 0x%08x", row->part, i, now[i]);
}

/* The list of all fields has columns, and fits a terminal. */
static void can_be_read(struct harness *h, const char *part)
{
	const char *text;
	size_t column;

	says(h, "option", " 0x");		/* behind what there was to say about the core */
	text = harness_monitor(h, "option");
	column = (size_t)(strstr(text, "0x") - text);
	for (size_t length; *text; text += length + 1) {
		length = strcspn(text, "\n");
		if (length > 100 || text[column - 1] != ' ' || text[column] == ' ')
			fail_msg("%s: option: %.*s", part, (int)length, text);
	}
}

static void a_named_bit_changes_and_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct harness *h = start(rows[i].part);
		uint32_t before[CHIP_OPTION_WORDS], now[CHIP_OPTION_WORDS], masks[CHIP_OPTION_WORDS] = { 0 };
		size_t words = h->engine->board.chip.option_word_count;
		bool changed = false;
		char command[100];

		can_be_read(h, rows[i].part);
		read_words(h, before);
		named_bits(h, rows[i].set, masks);
		snprintf(command, sizeof(command), "option set %s", rows[i].set);
		says(h, command, rows[i].about);
		if (!strstr(h->clients[0].console, "Written, loaded and read back"))
			fail_msg("%s: %s: %s", rows[i].part, command, h->clients[0].console);
		machine_set_power(h->machine, false);
		machine_set_power(h->machine, true);
		machine_advance(h->machine, 10000000);
		read_words(h, now);
		for (size_t w = 0; w < words; w++) {
			changed |= before[w] != now[w];
			if ((before[w] ^ now[w]) & ~masks[w] & h->engine->board.chip.option_words[w].writable)
				fail_msg("%s: %s: word %zu was 0x%08x, is 0x%08x", rows[i].part, command, w,
					 before[w], now[w]);
		}
		if (!changed)
			fail_msg("%s: %s changed nothing", rows[i].part, command);
		defaults_come_back(h, &rows[i], before);
		harness_free(h);
	}
}

static bool is_new_part(size_t i)
{
	return !i || strcmp(rows[i].part, rows[i - 1].part);
}

static void power_cycle(struct harness *h)
{
	machine_set_power(h->machine, false);
	machine_set_power(h->machine, true);
	machine_advance(h->machine, 10000000);
	says(h, "connect", "connected");
	harness_monitor(h, "halt");
}

static bool has_levels(struct harness *h)
{
	return strstr(harness_monitor(h, "option get RDP"), "level1");
}

static bool has_level2(struct harness *h)
{
	return strstr(harness_monitor(h, "option get RDP"), "level2");
}

static void protection_goes_on_and_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct harness *h;
		uint8_t byte;

		if (!is_new_part(i))
			continue;
		h = start(rows[i].part);
		if (!has_levels(h)) {
			harness_free(h);
			continue;
		}
		says(h, "option set RDP=level1", "Read protection is in force");
		power_cycle(h);
		says(h, "mdw 0x08000000", "Read protection is set (RDP level1)");
		says(h, "protect", "`protect off` ends it");
		harness_peek(h, h->engine->board.chip.banks[0].base, &byte, 1);
		says(h, "protect off", "all of flash");
		if (!strstr(confirmed(h, "protect off"), "All of flash is blank"))
			fail_msg("%s: %s", rows[i].part, h->clients[0].console);
		says(h, "protect", "can read and write everything");
		harness_free(h);
	}
}

static void level2_closes_the_port_for_those_who_insist(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct harness *h;
		const char *text;

		if (!is_new_part(i))
			continue;
		h = start(rows[i].part);
		if (!has_level2(h)) {
			harness_free(h);
			continue;
		}
		says(h, "option set RDP=level2", "Nobody can ever undo this");
		says(h, "option get RDP", "0xaa");
		text = confirmed(h, "option set RDP=level2");
		if (!strstr(text, "closed for ever") && !strstr(text, "from the next power-on"))
			fail_msg("%s: %s", rows[i].part, text);
		machine_set_power(h->machine, false);
		machine_set_power(h->machine, true);
		if (machine_swd(h->machine) == MACHINE_SWD_OK)
			fail_msg("%s: the debug port is open", rows[i].part);
		harness_free(h);
	}
}

/* ---- GDB's memory map ---- */

static unsigned count(const char *text, const char *part)
{
	unsigned n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

static void expect_map(struct harness *h, const char *part, unsigned stretches, unsigned block)
{
	const char *map = harness_ask(h, 0, "qXfer:memory-map:read::0,fff");
	char size[60];

	snprintf(size, sizeof(size), "<property name=\"blocksize\">0x%x</property>", block);
	if (count(map, "type=\"flash\"") != stretches || count(map, size) == 0)
		fail_msg("%s: not %u stretches, one of blocks of 0x%x: %s", part, stretches, block, map);
}

/* Bank modes and sizes of sectors: what GDB is told after the change is the new mode's. */
static void a_bank_mode_changes_the_map(void **state)
{
	static const struct {
		const char *part, *set;
		unsigned before, block_before, after, block_after;
	} modes[] = {
		{ "STM32F429VG", "DB1M=dual", 3, 0x4000, 6, 0x4000 },
		{ "STM32F767VI", "nDBANK=dual", 3, 0x8000, 6, 0x4000 },
		{ "STM32L476RE", "DUALBANK=0", 2, 0x800, 1, 0x800 },
		{ "STM32L4R5ZI", "DBANK=0", 2, 0x1000, 1, 0x2000 },
		{ "STM32G0B1RE", "DUAL_BANK=0", 2, 0x800, 1, 0x800 },
		{ "STM32G474RE", "DBANK=0", 2, 0x800, 1, 0x1000 },
		{ "STM32L552ZE", "DBANK=0", 2, 0x800, 1, 0x1000 },
		{ "STM32U575ZG", "DUALBANK=0", 2, 0x2000, 1, 0x2000 },
		{ "STM32U356RC", "DUALBANK=0", 2, 0x1000, 1, 0x1000 },
		{ "STM32WBA65RG", "DUAL_BANK=0", 2, 0x2000, 1, 0x2000 },
		{ "STM32H573ZI", "EDATA1_EN=on EDATA1_STRT=3", 2, 0x2000, 3, 4 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct harness *h = start(modes[i].part);
		char command[60];

		expect_map(h, modes[i].part, modes[i].before, modes[i].block_before);
		snprintf(command, sizeof(command), "option set %s", modes[i].set);
		says(h, command, "memory map has changed");
		expect_map(h, modes[i].part, modes[i].after, modes[i].block_after);
		harness_free(h);
	}
}

static void a_slip_has_no_consequences(void **state)
{
	static const struct {
		const char *part, *command, *answer;
	} slips[] = {
		{ "STM32U575ZI", "option set TZEN=on", "not changed from here: TrustZone" },
		{ "STM32U575ZI", "option set RDP=level0.5", "TrustZone only" },
		{ "STM32U575ZI", "option set UNLOCK_1A=locked", "Nothing was done" },
		{ "STM32U575ZI", "option set BOOT_LOCK=yes", "Nothing was done" },
		{ "STM32G071RB", "option set BOOT_LOCK=yes", "Nothing was done" },
		{ "STM32G071RB", "option set PCROP1A_STRT=0 PCROP1A_END=1", "Nothing was done" },
		{ "STM32G071RB", "option set SEC_SIZE=4", "Nothing was done" },
		{ "STM32L476RG", "option set PCROP_RDP=erased", "Nothing was done" },
		{ "STM32H573ZI", "option set PRODUCT_STATE=0x17", "debug authentication" },
		{ "STM32H573ZI", "option set TZEN=0xb4", "not changed from here: TrustZone" },
		{ "STM32H573ZI", "option set NSEPOCH=1", "Nobody can ever undo this" },
		{ "STM32H573ZI", "option set NSBOOT_LOCK=0xb4", "Nobody can ever undo this" },
		{ "STM32H573ZI", "option set OTPBL=1", "Nobody can ever undo this" },
		{ "STM32H573ZI", "protect", "PRODUCT_STATE" },
		{ "STM32H573ZI", "protect", "back only by debug authentication" },
		{ "STM32H7B3ZI", "option set OTPBL=1", "Nobody can ever undo this" },
		{ "STM32L053C8", "option set WPRMOD=pcrop", "mean the opposite" },
		{ "STM32L053C8", "option set WPRMOD=pcrop PCROP=sectors:0-31", "Nothing was done" },
		{ "STM32L151CB", "option set SPRMOD=pcrop", "no option 'SPRMOD'" },
		{ "STM32F767VI", "option set nDBOOT=0", "needs two banks" },
		{ "STM32F767VI", "option set nDBANK=dual WRP=sectors:0", "in a command of its own" },
		{ "STM32G474RE", "option set BFB2=1 DBANK=0", "needs two banks" },
		{ "STM32G0B1RE", "option set nSWAP_BANK=0 DUAL_BANK=0", "need two banks" },
		{ "STM32G071RB", "option set NRST_MODE=0", "reserved" },
		{ "STM32G071RB", "option set RDP=level1 BOOT_LOCK=yes", "Nobody can ever undo this" },
		{ "STM32WB55RG", "option set SFSA=0x10", "belongs to the second core" },
		{ "STM32WB55RG", "option set C2OPT=sram SBRV=0", "belongs to the second core" },
		{ "STM32WL55JC", "option set C2BOOT_LOCK=1", "belongs to the second core" },
		{ "STM32H7S7L8", "option set NVSTATE=closed", "debug authentication" },
		{ "STM32H7S7L8", "option set EPOCH=1", "Nobody can ever undo this" },
		{ "STM32U575ZI", "option set SECWM1_PSTRT=0", "not changed from here: TrustZone" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(slips); i++) {
		struct harness *h = start(slips[i].part);
		uint32_t before[CHIP_OPTION_WORDS], now[CHIP_OPTION_WORDS];
		size_t size = h->engine->board.chip.option_word_count * sizeof(*now);

		read_words(h, before);
		says(h, slips[i].command, slips[i].answer);
		read_words(h, now);
		assert_memory_equal(before, now, size);
		harness_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_named_bit_changes_and_stays),
		cmocka_unit_test(protection_goes_on_and_off),
		cmocka_unit_test(level2_closes_the_port_for_those_who_insist),
		cmocka_unit_test(a_bank_mode_changes_the_map),
		cmocka_unit_test(a_slip_has_no_consequences),
	};

	return cmocka_run_group_tests_name("option_families", tests, NULL, NULL);
}
