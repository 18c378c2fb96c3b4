/* SPDX-License-Identifier: MIT
 *
 * Boards that other tools do not reach, or do not explain: what the user reads, and that the step it
 * recommends works. Among them the cases that users have reported (half-copied F030, protected L151, H725
 * under its watchdog, F103 in WFI, G031 without SWD pins).
 */
#include "tests/engine/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/virtual/link_virtual.h"
#include "targets/board.h"

enum { FLASH = 0x08000000, RAM = 0x20000000, COUNTER = 0x20000000, CODE = 0x08000008, PC = 15 };
/* A USB time-out alone is 3 s, and the probe is reset after it. */
enum { LIMIT_US = 3000000, WEDGED_LIMIT_US = 8000000 };

/* Counts at 0x20000000, for ever, on any Cortex-M: movs r0, #0; movs r1, #0x20; lsls r1, r1, #24;
 * loop: adds r0, #1; str r0, [r1]; b loop */
static const uint32_t counting[] = { 0x20000400, CODE | 1, 0x21202000, 0x30010609, 0xE7FC6008 };

struct board_case {
	const char *part, *mishaps, *firmware;	/* firmware NULL = the usual probe */
	const char *cause, *st;			/* words that the user reads */
	uint32_t sector;			/* bytes that the cure erases */
	enum cure { LOAD, POWER, WIRES, NRST } cure;
};

static struct harness *start(const struct board_case *row)
{
	struct harness *h = harness_init(row->part);

	snprintf(h->spec.mishaps, sizeof(h->spec.mishaps), "%s", row->mishaps);
	if (row->firmware)
		snprintf(h->spec.firmware, sizeof(h->spec.firmware), "%s", row->firmware);
	harness_start(h);
	return h;
}

static void says(struct harness *h, const char *command, const char *words)
{
	const char *text = harness_monitor(h, command);

	if (!strstr(text, words))
		fail_msg("%s,%s: '%s' is not in the answer to '%s': %s", h->spec.chip, h->spec.mishaps, words,
			 command, text);
}

/* Asks as GDB does when it connects; returns the stop reply. */
static const char *attach(struct harness *h)
{
	const char *stop;

	harness_ask(h, 0, "qSupported:swbreak+;hwbreak+");
	stop = harness_ask(h, 0, "?");
	if (engine_board(h->engine)->climb.us > LIMIT_US)
		fail_msg("%s,%s: %u us", h->spec.chip, h->spec.mishaps, engine_board(h->engine)->climb.us);
	return stop;
}

/* Cause and ST's name in one answer, which empties the notes. */
static void explains(struct harness *h, const struct board_case *row)
{
	const char *text = harness_monitor(h, "version");

	if (!strstr(text, row->cause) || !strstr(text, row->st) || strstr(text, "unknown chip id 0"))
		fail_msg("%s,%s: '%s' (%s) is not in: %s", row->part, row->mishaps, row->cause, row->st, text);
}

static void load(struct harness *h, uint32_t sector)
{
	char packet[64 + sizeof(counting)];
	int head = snprintf(packet, sizeof(packet), "vFlashErase:%x,%x", FLASH, sector);

	assert_string_equal(harness_ask(h, 0, packet), "OK");
	head = snprintf(packet, sizeof(packet), "vFlashWrite:%x:", FLASH);
	memcpy(packet + head, counting, sizeof(counting));
	harness_send(h, 0, packet, (size_t)head + sizeof(counting));
	if (strcmp(harness_ask(h, 0, "vFlashDone"), "OK"))
		fail_msg("%s,%s: load: %s", h->spec.chip, h->spec.mishaps, harness_monitor(h, "version"));
}

/* New firmware runs, and stays in reach of the debugger. */
static void runs_well(struct harness *h)
{
	uint32_t before, after;

	harness_monitor(h, "reset run");
	harness_run_ms(h, 20);
	harness_peek(h, COUNTER, &before, 4);
	harness_run_ms(h, 20);
	harness_peek(h, COUNTER, &after, 4);
	assert_true(after > before);
	harness_monitor(h, "halt");
	assert_in_range(harness_register(h, PC), CODE, CODE + 12);
}

static const struct board_case reached[] = {
	{ "STM32F103C8", "sleeping", NULL, "core sleeps", "DEV_TARGET_CMD_ERR", 0x400, LOAD },
	{ "STM32F303CC", "sleeping", NULL, "core sleeps", "unknown chip id", 0x800, LOAD },
	{ "STM32L151RB", "sleeping", NULL, "core sleeps", "unknown chip id", 0x1000, LOAD },
	{ "STM32L151RB", "sleeping+nrst-unwired", NULL, "core sleeps", "unknown chip id", 0x1000, LOAD },
	{ "STM32F407VG", "asleep", NULL, "into Stop or Standby mode", "DEV_TARGET_CMD_ERR", 0x4000, LOAD },
	{ "STM32G031K8", "pins-taken:2", NULL, "uses the SWD pins", "No STM32 target found", 0x800, LOAD },
	{ "STM32G031K8", "pins-taken:2", "V3J7M3", "uses the SWD pins", "DEV_NO_DEVICE", 0x800, LOAD },
	{ "STM32F407VG", "pins-taken:20", "V2J16S0", "uses the SWD pins", "DEV_NO_DEVICE", 0x4000, LOAD },
	{ "STM32H725ZG", "watchdog:3+reset-cuts-swd+halt-lost", NULL, "A watchdog resets the chip",
	  "DEV_TARGET_NOT_HALTED", 0x20000, LOAD },
	{ "STM32F103C8", "reset-loop:1", NULL, "reset again and again", "DEV_TARGET_NOT_HALTED", 0x400, LOAD },
	{ "STM32F103C8", "reset-loop:1+reset-cuts-swd", "V3J15M7", "reset again and again",
	  "DEV_TARGET_NOT_HALTED", 0x400, LOAD },
	{ "STM32F103C8", "slow-clock", "V3J7M3", "too slow for the SWD speed", "DEV_TARGET_CMD_ERR", 0x400,
	  LOAD },
	{ "STM32F407VG", "long-wires:1000", NULL, "SWD works at a low speed only", "DEV_TARGET_CMD_ERR", 0x4000,
	  LOAD },
	{ "STM32F407VG", "long-wires:4000", "V3J15M7", "SWD works at a low speed only", "DEV_TARGET_CMD_ERR",
	  0x4000, LOAD },
	{ "STM32F103C8", "long-wires:200", NULL, "SWD works at a low speed only", "DEV_TARGET_CMD_ERR", 0x400, LOAD },
	{ "STM32F030C8", "half-copied", NULL, "the program is not complete", "", 0x400, LOAD },
	{ "STM32F407VG", "lock-up", NULL, "locked up", "", 0x4000, LOAD },
	{ "STM32F407VG", "vtref-unwired", NULL, "", "", 0x4000, LOAD },
	{ "STM32H725ZG", "halt-lost", NULL, "", "", 0x20000, LOAD },
};

static void boards_that_hide_are_reached_and_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reached); i++) {
		struct harness *h = start(&reached[i]);
		const char *stop = attach(h);

		if (strncmp(stop, "T05", 3) && strncmp(stop, "T0", 2))
			fail_msg("%s,%s: %s: %s", reached[i].part, reached[i].mishaps, stop,
				 harness_monitor(h, "version"));
		explains(h, &reached[i]);
		load(h, reached[i].sector);
		runs_well(h);
		harness_free(h);
	}
}

static const struct board_case unreached[] = {
	{ "STM32F407VG", "no-power", NULL, "no supply voltage", "DEV_NO_DEVICE", 0x4000, POWER },
	{ "STM32F103C8", "swd-unwired", NULL, "nothing answers on SWD", "DEV_TARGET_CMD_ERR", 0x400, WIRES },
	{ "STM32F103C8", "held-in-reset", NULL, "holds the chip in reset", "DEV_TARGET_HELD_UNDER_RESET", 0x400,
	  WIRES },
	{ "STM32F030C8", "held-in-reset", "V3J7M3", "holds the chip in reset", "DEV_TARGET_HELD_UNDER_RESET",
	  0x400, WIRES },
	{ "STM32F407VG", "no-debug-power", NULL, "power-up request", "DEV_TARGET_CMD_ERR", 0x4000, WIRES },
	{ "STM32F103C8", "sleeping+nrst-unwired", NULL, "the chip's bus does not", "unknown chip id", 0x400,
	  NRST },
	{ "STM32F407VG", "pins-taken:2+nrst-unwired", NULL, "connect NRST", "No STM32 target found", 0x4000,
	  NRST },
	{ "STM32G031K8", "asleep+nrst-unwired", "V3J15M7", "connect NRST", "DEV_NO_DEVICE", 0x800, NRST },
};

static void cure(struct harness *h, enum cure cure)
{
	if (cure == POWER)
		machine_set_power(h->machine, true);
	if (cure == NRST)
		firmware_faults(virtual_link_firmware(h->link))->count = 0;
	machine_set_mishaps(h->machine, &(struct machine_mishaps){ 0 });
	machine_advance(h->machine, 20000000);
}

static void boards_out_of_reach_are_explained_and_cured(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unreached); i++) {
		struct harness *h = start(&unreached[i]);

		assert_string_equal(attach(h), "W00");
		explains(h, &unreached[i]);
		cure(h, unreached[i].cure);
		says(h, "connect", "connected to");
		load(h, unreached[i].sector);
		runs_well(h);
		harness_free(h);
	}
}

/* H5 has its core behind access port 1. */
static void a_probe_that_is_too_old_is_named(void **state)
{
	struct board_case row = { "STM32H563ZI", "", "V2J16S0", "firmware is too old", "OLD_FIRMWARE", 0, LOAD };
	struct harness *h = start(&row);

	(void)state;
	assert_string_equal(attach(h), "W00");
	explains(h, &row);
	harness_free(h);
}

/* Each command is lost, from the seventh on. */
static void a_wedged_probe_is_named_and_comes_back(void **state)
{
	struct board_case row = { "STM32F407VG", "", NULL, "does not answer as it should", "DEV_USB_COMM_ERR",
				  0x4000, NRST };
	struct harness *h = start(&row);
	struct faults *faults = firmware_faults(virtual_link_firmware(h->link));

	(void)state;
	for (size_t i = 0; i < FAULT_RULES_MAX; i++)
		faults->rules[faults->count++] = (struct fault_rule){ FAULT_AT_COMMAND, FAULT_DROPPED, 7 + i, 0 };
	harness_ask(h, 0, "qSupported:swbreak+;hwbreak+");
	assert_string_equal(harness_ask(h, 0, "?"), "W00");
	assert_true(engine_board(h->engine)->climb.us < WEDGED_LIMIT_US);
	explains(h, &row);
	faults->count = 0;
	says(h, "connect", "connected to");
	load(h, row.sector);
	runs_well(h);
	harness_free(h);
}

/* A product state that closes the core's access port: nothing but ST's debug authentication opens it. */
static void a_closed_product_state_is_named(void **state)
{
	struct harness *h = harness_init("STM32H563ZI");

	(void)state;
	for (size_t i = 0; i < h->spec.option_count; i++)
		if (!strcmp(h->spec.options[i].name, "OPTSR"))
			h->spec.options[i].factory = (h->spec.options[i].factory & ~0xFF00u) | 0x7200;
	harness_start(h);
	assert_string_equal(attach(h), "W00");
	says(h, "version", "a closed product state");
	harness_free(h);
}

/* What follows `confirm` in a plan. */
static void confirm(struct harness *h, const char *command, const char *words)
{
	const char *text = harness_monitor(h, command), *at = strstr(text, "`confirm ");
	char again[100];

	if (!at)
		fail_msg("no token in: %s", text);
	snprintf(again, sizeof(again), "%s confirm %.*s", command,
		 (int)strcspn(at + strlen("`confirm "), "`"), at + strlen("`confirm "));
	says(h, again, words);
}

/* "flash: 0 KiB" elsewhere. */
static void a_protected_l1_without_its_size_is_named_and_opened(void **state)
{
	struct harness *h = harness_init("STM32L151RB");

	(void)state;
	snprintf(h->spec.mishaps, sizeof(h->spec.mishaps), "no-size");
	h->spec.options[0].factory = 0x00FF0000;	/* RDP level 1 and its complement */
	harness_start(h);
	attach(h);
	says(h, "version", "Read protection is set");
	says(h, "flash info", "128 KiB");
	confirm(h, "protect off", "blank");
	load(h, 0x1000);
	runs_well(h);
	harness_free(h);
}

static void copies_and_unknown_chips_are_named(void **state)
{
	static const struct board_case rows[] = {
		{ "STM32F103C8", "clone", NULL, "its copy GD32F1x0", "DEV_UNKNOWN_MCU_TARGET", 0, LOAD },
		{ "STM32F407VG", "unknown-chip", NULL, "a chip that is not known", "DEV_UNKNOWN_MCU_TARGET", 0,
		  LOAD },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct harness *h = start(&rows[i]);

		assert_memory_equal(attach(h), "T", 1);
		explains(h, &rows[i]);
		harness_free(h);
	}
}

static void a_wrong_name_is_told(void **state)
{
	struct harness *h = harness_init("STM32F407VG");

	(void)state;
	h->options.board.chip = "STM32F429ZI";
	harness_start(h);
	attach(h);
	says(h, "version", "is another chip's");
	harness_free(h);
}

/* Power goes while it is debugged, and comes back. */
static void a_power_cut_is_told_and_survived(void **state)
{
	struct harness *h = harness_new("STM32F407VG");

	(void)state;
	harness_poke(h, FLASH, counting, sizeof(counting));
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	harness_send(h, 0, "vCont;c", 7);
	machine_set_power(h->machine, false);
	harness_wait(h, 0, 5000);
	if (!strstr(h->clients[0].console, "went silent"))
		fail_msg("no word of silence in: %s", h->clients[0].console);
	harness_break(h, 0);
	says(h, "connect", "no supply voltage");
	machine_set_power(h->machine, true);
	machine_advance(h->machine, 20000000);
	says(h, "connect", "connected to");
	runs_well(h);
	harness_free(h);
}

/* --- connect modes ---------------------------------------------------------------------------- */

/* Commands that write memory or core registers; J28 has no batches that could hide them. */
static bool has_written(const struct harness *h)
{
	static const uint8_t writes[] = { 0x08, 0x0D, 0x34, 0x35, 0x48, 0x32, 0x02, 0x09, 0x0A, 0x3C };

	for (uint64_t i = 0; i < h->link->exchanges; i++) {
		const struct link_record *record = link_record(h->link, i);

		if (record && record->command[0] == 0xF2 &&
		    memchr(writes, record->command[1], sizeof(writes)))
			return true;
	}
	return false;
}

static struct harness *start_counting(enum connect_mode mode)
{
	struct harness *h = harness_init("STM32F407VG");

	snprintf(h->spec.firmware, sizeof(h->spec.firmware), "V2J28S7");
	h->options.board.connect = mode;
	harness_start(h);
	harness_poke(h, FLASH, counting, sizeof(counting));
	harness_boot(h);
	return h;
}

static uint32_t count(struct harness *h)
{
	uint32_t value;

	harness_peek(h, COUNTER, &value, 4);
	return value;
}

static void a_hot_plug_writes_nothing_until_gdb_attaches(void **state)
{
	struct harness *h = start_counting(CONNECT_HOT_PLUG);
	uint32_t before, value;

	(void)state;
	harness_ask(h, 0, "qSupported:swbreak+;hwbreak+");	/* this connects */
	assert_true(engine_board(h->engine)->attached);
	assert_false(has_written(h));
	assert_memory_equal(harness_ask(h, 0, "?"), "T05", 3);
	before = count(h);
	harness_run_ms(h, 5);
	assert_int_equal(count(h), before);
	machine_read(h->machine, 0xE0042008, 4, &value);
	assert_int_equal(value & 0x1800, 0x1800);	/* both watchdogs stand still */
	says(h, "version", "Attaching has halted the core (hot-plug)");
	assert_null(harness_continue(h, 5));
	assert_non_null(strstr(h->clients[0].console, "The core runs again; attaching had halted it for "));
	harness_break(h, 0);
	assert_string_equal(harness_ask(h, 0, "D"), "OK");
	harness_run_ms(h, 5);
	assert_true(count(h) > before);
	machine_read(h->machine, 0xE0042008, 4, &value);
	assert_int_equal(value & 0x1800, 0);
	harness_free(h);
}

static void an_observer_never_halts_but_by_ctrl_c(void **state)
{
	struct harness *h = start_counting(CONNECT_OBSERVE);
	uint32_t before;

	(void)state;
	harness_ask(h, 0, "qSupported:swbreak+;hwbreak+");
	assert_memory_equal(harness_ask(h, 0, "?"), "T05", 3);
	harness_ask(h, 0, "g");
	harness_ask(h, 0, "m20000000,4");
	says(h, "version", "The core runs on");
	before = count(h);
	harness_run_ms(h, 5);
	assert_true(count(h) > before);
	assert_false(has_written(h));
	assert_string_equal(harness_ask(h, 0, "M20000100,4:01020304"), "OK");
	harness_send(h, 0, "vCont;c", 7);
	harness_break(h, 0);
	assert_memory_equal(h->clients[0].answer, "T02", 3);
	before = count(h);
	harness_run_ms(h, 5);
	assert_int_equal(count(h), before);
	harness_free(h);
}

static void normal_mode_neither_resets_nor_halts(void **state)
{
	struct board_case row = { "STM32F407VG", "asleep", NULL, "nothing answers", "DEV_", 0, LOAD };
	struct harness *h = start(&row);

	(void)state;
	engine_board(h->engine)->options.connect = CONNECT_NORMAL;
	assert_string_equal(attach(h), "W00");
	explains(h, &row);
	says(h, "connect under-reset", "under reset");
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(boards_that_hide_are_reached_and_explained),
		cmocka_unit_test(boards_out_of_reach_are_explained_and_cured),
		cmocka_unit_test(a_probe_that_is_too_old_is_named),
		cmocka_unit_test(a_wedged_probe_is_named_and_comes_back),
		cmocka_unit_test(a_closed_product_state_is_named),
		cmocka_unit_test(a_protected_l1_without_its_size_is_named_and_opened),
		cmocka_unit_test(copies_and_unknown_chips_are_named),
		cmocka_unit_test(a_wrong_name_is_told),
		cmocka_unit_test(a_power_cut_is_told_and_survived),
		cmocka_unit_test(a_hot_plug_writes_nothing_until_gdb_attaches),
		cmocka_unit_test(an_observer_never_halts_but_by_ctrl_c),
		cmocka_unit_test(normal_mode_neither_resets_nor_halts),
	};

	return cmocka_run_group_tests_name("bad_boards", tests, NULL, NULL);
}
