/* SPDX-License-Identifier: MIT
 *
 * What only LLDB asks for (tests/e2e/test_lldb.py has the real one).
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
	struct harness *h = harness_new("STM32F407VG");

	harness_poke(h, PROGRAM_BASE, program_loop, sizeof(program_loop));
	harness_boot(h);
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	harness_free(*state);
	return 0;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%.200s' has no '%s'", text, part);
}

/* "flash" and so on: names are hex there. */
static void names_memory_regions(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	assert_string_equal(harness_ask(h, 0, "qMemoryRegionInfo:8000004"),
			    "start:8000000;size:10000;permissions:rx;name:666c617368;");
	assert_string_equal(harness_ask(h, 0, "qMemoryRegionInfo:20000100"),
			    "start:20000000;size:20000;permissions:rwx;name:7372616d;");
	has(harness_ask(h, 0, "qMemoryRegionInfo:fffffffe"), "start:e0000000;size:20000000;permissions:rw;");
	has(harness_ask(h, 0, "qMemoryRegionInfo:10000000"), "permissions:rw;");	/* CCM */
	assert_string_equal(harness_ask(h, 0, "qMemoryRegionInfo:"), "E04");
}

/* It takes register numbers of two digits only, and asks for threads unless they are told. */
static void stops_have_all_that_it_asks_for(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	has(harness_ask(h, 0, "?"), ";00:");
	has(harness_ask(h, 0, "?"), ";0f:");
	assert_null(strstr(harness_ask(h, 0, "?"), "threads:"));
	assert_string_equal(harness_ask(h, 0, "QListThreadsInStopReply"), "OK");
	has(harness_ask(h, 0, "?"), "threads:1;");
	has(harness_ask(h, 0, "vCont;s:1"), "threads:1;");
}

/* E.text would not be an error to it: it would go on to write BKPTs by itself. */
static void errors_have_text_in_its_own_form(void **state)
{
	static const char z[] = "Z1,8000018,2", text[] = "Another client";
	struct harness *h = *state;
	char hex[2 * sizeof(text)] = "";

	for (size_t i = 0; text[i]; i++)
		snprintf(hex + 2 * i, 3, "%02x", text[i]);
	harness_connect_gdb(h, 0);
	harness_connect_gdb(h, 1);
	has(harness_ask(h, 1, z), "E.Another client");
	assert_string_equal(harness_ask(h, 1, "QEnableErrorStrings"), "OK");
	has(harness_ask(h, 1, z) + 3, ";");
	has(harness_ask(h, 1, z), hex);
	assert_int_equal(h->clients[1].answer[0], 'E');
}

static void counts_watchpoints(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	assert_string_equal(harness_ask(h, 0, "qWatchpointSupportInfo:"), "num:4;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_memory_regions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stops_have_all_that_it_asks_for, set_up, tear_down),
		cmocka_unit_test_setup_teardown(errors_have_text_in_its_own_form, set_up, tear_down),
		cmocka_unit_test_setup_teardown(counts_watchpoints, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("rsp_lldb", tests, NULL, NULL);
}
