/* SPDX-License-Identifier: MIT
 *
 * Which command exists since which firmware: written down here a second time, from what users and
 * other tools found out, and asked of every personality.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/virtual/firmware/state.h"
#include "tests/unit/bench.h"

enum { NO = 99 };

static const struct {
	uint8_t code, v2, v3;
} since[] = {
	{ 0x20, 0, 0 }, { 0x30, 0, 0 }, { 0x22, 0, 0 }, { 0x31, 0, 0 }, { 0x01, 0, 0 }, { 0x02, 0, 0 },
	{ 0x03, 0, 0 }, { 0x32, 0, 0 }, { 0x09, 0, 0 }, { 0x0A, 0, 0 }, { 0x3C, 13, 0 },
	{ 0x04, 0, 0 }, { 0x3A, 0, 0 }, { 0x3D, 15, 0 }, { 0x05, 0, 0 }, { 0x33, 0, 0 }, { 0x06, 0, 0 }, { 0x34, 0, 0 },
	{ 0x0F, 0, 0 }, { 0x35, 0, 0 }, { 0x36, 0, 0 },
	{ 0x07, 0, 0 }, { 0x0C, 0, 0 }, { 0x08, 0, 0 }, { 0x0D, 0, 0 }, { 0x3B, 0, 0 }, { 0x3E, 15, 0 },
	{ 0x40, 13, 0 }, { 0x41, 13, 0 }, { 0x42, 13, 0 },
	{ 0x43, 22, NO }, { 0x44, 24, NO }, { 0x61, NO, 0 }, { 0x62, NO, 0 }, { 0x63, NO, 0 },
	{ 0x45, 24, 0 }, { 0x46, 24, 0 },
	{ 0x47, 26, 0 }, { 0x48, 26, 0 }, { 0x50, 26, 0 },
	{ 0x49, 28, 0 }, { 0x4A, 28, 0 }, { 0x4B, 28, 0 }, { 0x4C, 28, 0 },
	{ 0x51, 32, 2 }, { 0x52, 32, 2 }, { 0x53, 32, 2 }, { 0x54, 32, 2 },
	{ 0x55, 35, 5 }, { 0x56, 36, 6 },
	{ 0x10, NO, NO }, { 0x37, NO, NO }, { 0x0B, NO, NO }, { 0x38, NO, NO }, { 0x0E, NO, NO },
	{ 0x39, NO, NO },
	{ 0x7F, NO, NO }, { 0x00, NO, NO }, { 0xFF, NO, NO },
};

static const struct {
	const char *name;
	unsigned major, jtag;
} versions[] = {
	{ "V2J16S0", 2, 16 }, { "V2J28S7", 2, 28 }, { "V2J37S7", 2, 37 }, { "V2J45M31", 2, 45 },
	{ "V3J3M2", 3, 3 }, { "V3J7M3", 3, 7 }, { "V3J15M7", 3, 15 }, { "V3PWR", 3, 98 },
};

static bool is_known(const char *firmware, uint8_t code)
{
	struct bench b;
	uint8_t reply[136] = { 0 };
	char command[16];
	size_t got;

	bench_enter(&b, firmware);
	snprintf(command, sizeof(command), "F2 %02X", code);
	bench_ask(&b, command, reply, sizeof(reply), &got);
	bench_close(&b);
	return !(got == 2 && reply[0] == 0x42);
}

static void every_command_begins_with_its_version(void **state)
{
	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
		for (size_t c = 0; c < ARRAY_SIZE(since); c++) {
			unsigned first = versions[v].major == 2 ? since[c].v2 : since[c].v3;
			bool wanted = first != NO && versions[v].jtag >= first;

			if (is_known(versions[v].name, since[c].code) != wanted)
				fail_msg("%s, command %02x: should be %s", versions[v].name,
					 since[c].code, wanted ? "known" : "unknown");
		}
}

/* A command that is added to the table has to be added here too. */
static void no_command_is_forgotten(void **state)
{
	const struct command *command;

	(void)state;
	for (size_t i = 0; (command = firmware_command_at(i)); i++) {
		bool found = command->code >> 8 != 0xF2 || command->code == 0xF221; /* EXIT is silent */

		for (size_t c = 0; c < ARRAY_SIZE(since); c++)
			found |= since[c].code == (command->code & 0xFF);
		if (!found)
			fail_msg("%04x %s is not in the list", command->code, command->name);
	}
}

static bool answers(const char *firmware, const char *command)
{
	struct bench b;
	uint8_t reply[64];
	size_t got;
	int err;

	bench_enter(&b, firmware);
	err = bench_ask(&b, command, reply, sizeof(reply), &got);
	bench_close(&b);
	return !err;
}

/* Outside of F2 an unknown command gets no answer at all. */
static void top_level_commands_begin_with_their_version(void **state)
{
	static const struct {
		const char *command;
		uint8_t v2, v3;
	} rows[] = {
		{ "F1 80", 0, 0 }, { "F5", 0, 0 }, { "F7", 13, 0 }, { "F8", 28, 0 }, { "F9 00", 28, 0 },
		{ "FA", 28, 0 }, { "FB", NO, 0 }, { "FD 01", 34, 4 }, { "E0", NO, NO }, { "F3 01", NO, NO },
		{ "F4 01", NO, NO }, { "FC 00", NO, NO },
	};

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
		for (size_t c = 0; c < ARRAY_SIZE(rows); c++) {
			unsigned first = versions[v].major == 2 ? rows[c].v2 : rows[c].v3;
			bool wanted = first != NO && versions[v].jtag >= first;

			if (answers(versions[v].name, rows[c].command) != wanted)
				fail_msg("%s, %s: should %s", versions[v].name, rows[c].command,
					 wanted ? "answer" : "be silent");
		}
}

static void no_personality_is_forgotten(void **state)
{
	unsigned count = 0;

	(void)state;
	while (personality_at(count))
		count++;
	assert_int_equal(count, ARRAY_SIZE(versions));
	assert_string_equal(personality_at(0)->name, "V2J37S7");
	assert_null(personality_find("V2J99S9"));
}

static void an_unknown_firmware_is_refused_with_the_list(void **state)
{
	struct virtual_spec spec = fake_machine_spec("V9");
	struct link *link;
	struct why why;

	(void)state;
	assert_int_equal(virtual_link_open(&link, &spec, &why), E_CONFIG);
	assert_non_null(strstr(why.text, "V2J37S7"));
	assert_non_null(strstr(why.text, "V3PWR"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_begins_with_its_version),
		cmocka_unit_test(no_command_is_forgotten),
		cmocka_unit_test(top_level_commands_begin_with_their_version),
		cmocka_unit_test(no_personality_is_forgotten),
		cmocka_unit_test(an_unknown_firmware_is_refused_with_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
