/* SPDX-License-Identifier: MIT
 *
 * Semihosting calls one by one: registers and a parameter block in, console text and r0 out. Programs with
 * wild pointers get an error; the session goes on.
 */
#include "tests/engine/semihosting_rig.h"

static int set_up(void **state)
{
	struct harness *h = harness_init("STM32F407VG");

	semihosting_start(h);
	harness_monitor(h, "semihosting enable");
	harness_poke(h, TEXT, "some text\n", 11);
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	harness_free(*state);
	return 0;
}

static void writes_text(void **state)
{
	struct harness *h = *state;
	const uint32_t block[] = { 1, TEXT, 9 };
	uint32_t result;

	harness_poke(h, BLOCK, block, sizeof(block));
	assert_null(call(h, 0x05, BLOCK, &result));
	assert_string_equal(h->clients[0].console, "some text");
	assert_int_equal(result, 0);
	assert_null(call(h, 0x04, TEXT, &result));
	assert_string_equal(h->clients[0].console, "some text\n");
	assert_null(call(h, 0x03, TEXT, &result));
	assert_string_equal(h->clients[0].console, "s");
}

static void opens_the_console_and_nothing_else(void **state)
{
	struct harness *h = *state;
	const uint32_t console[] = { TEXT, 4, 3 }, file[] = { TEXT + 4, 0, 5 };
	uint32_t result;

	harness_poke(h, TEXT, ":tt\0/etc/passwd", 15);
	harness_poke(h, BLOCK, console, sizeof(console));
	assert_null(call(h, 0x01, BLOCK, &result));
	assert_int_equal(result, 3);	/* behind those that are always there */
	harness_poke(h, BLOCK, file, sizeof(file));
	assert_null(call(h, 0x01, BLOCK, &result));
	assert_int_equal(result, 0xFFFFFFFF);
}

static void wild_pointers_are_the_programs_mistake(void **state)
{
	static const uint32_t numbers[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x09, 0x15, 0x20 };
	const uint32_t block[] = { 1, NOWHERE, 100000 };
	struct harness *h = *state;
	uint32_t result;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		assert_null(call(h, numbers[i], NOWHERE, &result));
		assert_int_equal(result, 0xFFFFFFFF);
	}
	harness_poke(h, BLOCK, block, sizeof(block));
	assert_null(call(h, 0x05, BLOCK, &result));
	assert_int_equal(result, 0xFFFFFFFF);
}

static void unknown_calls_fail(void **state)
{
	uint32_t result;

	assert_null(call(*state, 0x7777, 0, &result));
	assert_int_equal(result, 0xFFFFFFFF);
}

/* A text without an end is cut; the server does not read on for ever. */
static void text_without_an_end_is_cut(void **state)
{
	static uint8_t ones[0x1F000];
	struct harness *h = *state;
	uint32_t result;

	memset(ones, 'x', sizeof(ones));
	harness_poke(h, 0x20000400, ones, sizeof(ones) - 0x400);
	assert_null(call(h, 0x04, 0x20000400, &result));
	assert_true(h->clients[0].console_length > 1000);
}

static void exit_gives_its_status(void **state)
{
	struct harness *h = *state;
	const uint32_t block[] = { 0x20026, 3 };
	uint32_t result;

	harness_poke(h, BLOCK, block, sizeof(block));
	assert_string_equal(call(h, 0x20, BLOCK, &result), "W03");
	assert_string_equal(harness_ask(h, 0, "?"), "W03");
	assert_memory_equal(harness_ask(h, 0, "vRun;"), "T05", 3);
	assert_string_equal(call(h, 0x18, 0x20023, &result), "W01");
}

static void step_over_a_call_serves_it(void **state)
{
	struct harness *h = *state;

	set_register(h, 0, 0x04);
	set_register(h, 1, TEXT);
	assert_memory_equal(harness_ask(h, 0, "vCont;s:1"), "T05", 3);
	assert_int_equal(harness_register(h, 15), 0x0800000a);
	assert_non_null(strstr(h->clients[0].console, "some text"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(writes_text),
		TEST(opens_the_console_and_nothing_else),
		TEST(wild_pointers_are_the_programs_mistake),
		TEST(unknown_calls_fail),
		TEST(text_without_an_end_is_cut),
		TEST(exit_gives_its_status),
		TEST(step_over_a_call_serves_it),
	};

	return cmocka_run_group_tests_name("semihosting", tests, NULL, NULL);
}
