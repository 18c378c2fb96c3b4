/* SPDX-License-Identifier: MIT
 *
 * RTT: the test is the firmware, which fills its buffers behind everybody's back while the core runs.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include "server/engine_state.h"

#include "probe/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
	RAM = 0x20000000, BLOCK = 0x20000404, NAME = 0x20000500, UP = 0x20000600, UP_SIZE = 32,
	DOWN = 0x20000700, DOWN_SIZE = 16, UP_ROW = BLOCK + 24, UP_1_ROW = UP_ROW + 24, DOWN_ROW = UP_1_ROW + 24,
};

static void poke_word(struct harness *h, uint32_t address, uint32_t value)
{
	uint8_t raw[4];

	put_u32(raw, value);
	harness_poke(h, address, raw, 4);
}

static uint32_t peek_word(struct harness *h, uint32_t address)
{
	uint8_t raw[4];

	harness_peek(h, address, raw, 4);
	return get_u32(raw);
}

static void poke_row(struct harness *h, uint32_t row, uint32_t name, uint32_t data, uint32_t size)
{
	poke_word(h, row, name);
	poke_word(h, row + 4, data);
	poke_word(h, row + 8, size);
	for (uint32_t i = 12; i < 24; i += 4)
		poke_word(h, row + i, 0);
}

/* As SEGGER_RTT_Init does it: the id comes last. */
static void firmware_starts(struct harness *h)
{
	harness_poke(h, NAME, "Terminal", 9);
	poke_word(h, BLOCK + 16, 2);
	poke_word(h, BLOCK + 20, 1);
	poke_row(h, UP_ROW, NAME, UP, UP_SIZE);
	poke_row(h, UP_1_ROW, 0, 0, 0);
	poke_row(h, DOWN_ROW, NAME, DOWN, DOWN_SIZE);
	harness_poke(h, BLOCK, "SEGGER RTT\0\0\0\0\0", 16);
}

static void firmware_prints(struct harness *h, const char *text)
{
	uint32_t write = peek_word(h, UP_ROW + 12);

	for (; *text; text++) {
		harness_poke(h, UP + write, text, 1);
		write = (write + 1) % UP_SIZE;
	}
	poke_word(h, UP_ROW + 12, write);
}

static int set_up(void **state)
{
	struct harness *h = harness_new("STM32F407VG");

	harness_poke(h, PROGRAM_BASE, program_loop, sizeof(program_loop));
	harness_boot(h);
	harness_connect_gdb(h, 0);
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	harness_free(*state);
	return 0;
}

static void go(struct harness *h)
{
	harness_send(h, 0, "vCont;c", 7);
	harness_run_ms(h, 5);
}

static void sends_what_firmware_prints(void **state)
{
	struct harness *h = *state;

	firmware_starts(h);
	harness_monitor(h, "rtt setup 0x20000400 256 \"SEGGER RTT\"");
	assert_string_equal(harness_monitor(h, "rtt start"), "");
	harness_monitor(h, "rtt server start 50002 0");
	assert_int_equal(h->rtt_port[0], 50002);
	go(h);
	firmware_prints(h, "hello ");
	harness_run_ms(h, 30);
	assert_string_equal(h->rtt, "hello ");
	assert_int_equal(peek_word(h, UP_ROW + 16), 6);
	for (unsigned i = 0; i < 10; i++) {	/* round the end of the buffer */
		firmware_prints(h, "0123456789");
		harness_run_ms(h, 40);
	}
	assert_int_equal(h->rtt_length, 106);
	assert_memory_equal(h->rtt + 96, "0123456789", 10);
	harness_break(h, 0);
	assert_non_null(strstr(harness_monitor(h, "rtt"), "channel 0  port 50002"));
	harness_monitor(h, "rtt server stop 50002");
	assert_int_equal(h->rtt_port[0], 0);
}

static void what_was_printed_before_a_stop_comes_before_it(void **state)
{
	struct harness *h = *state;

	firmware_starts(h);
	harness_monitor(h, "rtt start");
	harness_monitor(h, "rtt polling_interval 5000");
	harness_monitor(h, "rtt server start 50002 0");
	go(h);
	firmware_prints(h, "last words");
	harness_break(h, 0);
	assert_string_equal(h->rtt, "last words");
}

static void finds_it_anywhere_in_ram_and_later(void **state)
{
	struct harness *h = *state;

	assert_non_null(strstr(harness_monitor(h, "rtt start"), "No RTT control block"));
	harness_monitor(h, "rtt server start 50002 0");
	go(h);
	harness_run_ms(h, 200);
	firmware_starts(h);
	firmware_prints(h, "here");
	for (unsigned i = 0; i < 100 && !h->rtt_length; i++)
		harness_run_ms(h, 100);
	assert_string_equal(h->rtt, "here");
}

static void looks_again_after_a_reset(void **state)
{
	struct harness *h = *state;

	firmware_starts(h);
	harness_monitor(h, "rtt setup 0x20000400 512");
	harness_monitor(h, "rtt start");
	harness_monitor(h, "rtt server start 50002 0");
	assert_int_equal(h->engine->rtt.block, BLOCK);
	harness_poke(h, BLOCK, "gone", 4);
	harness_monitor(h, "reset halt");
	assert_int_equal(h->engine->rtt.block, 0);
	go(h);
	harness_run_ms(h, 50);
	assert_int_equal(h->engine->rtt.block, 0);
	firmware_starts(h);
	firmware_prints(h, "anew");
	harness_run_ms(h, 100);
	assert_string_equal(h->rtt, "anew");
}

static void type(struct harness *h, unsigned channel, const char *text)
{
	engine_handle(h->engine, &(struct event){ .kind = EVENT_RTT, .client = channel, .length = strlen(text),
						  .data = (const uint8_t *)text });
}

static void passes_on_what_is_typed(void **state)
{
	struct harness *h = *state;
	char data[DOWN_SIZE];

	firmware_starts(h);
	harness_monitor(h, "rtt start");
	go(h);
	type(h, 0, "0123456789abcdefghij");
	harness_run_ms(h, 50);
	harness_peek(h, DOWN, data, DOWN_SIZE);
	assert_memory_equal(data, "0123456789abcde", 15);	/* one stays free */
	assert_int_equal(peek_word(h, DOWN_ROW + 12), 15);
	poke_word(h, DOWN_ROW + 16, 15);			/* the firmware has read them */
	harness_run_ms(h, 50);
	harness_peek(h, DOWN, data, DOWN_SIZE);
	assert_memory_equal(data, "ghij", 4);
	assert_int_equal(data[15], 'f');
	assert_int_equal(peek_word(h, DOWN_ROW + 12), 4);
	type(h, 7, "nobody reads that");
	type(h, 1000, "there is no such channel");
	for (unsigned i = 0; i < 100; i++)
		type(h, 0, "much more than fits, again and again");
	harness_run_ms(h, 50);
}

static void lists_channels(void **state)
{
	struct harness *h = *state;

	firmware_starts(h);
	assert_string_equal(harness_monitor(h, "rtt channels"), "up   0  Terminal, 32 bytes\ndown 0  Terminal, 16 bytes\n");
}

/* Two exchanges look, and with it off there are none. */
static void costs_little(void **state)
{
	struct harness *h = *state;
	uint64_t off, on, before;

	firmware_starts(h);
	harness_monitor(h, "rtt setup 0x20000400 256");
	harness_monitor(h, "rtt server start 50002 0");
	go(h);
	harness_run_ms(h, 100);
	before = harness_exchanges(h);
	harness_run_ms(h, 250);
	off = harness_exchanges(h) - before;
	harness_break(h, 0);
	harness_monitor(h, "rtt start");
	go(h);
	harness_run_ms(h, 100);
	before = harness_exchanges(h);
	harness_run_ms(h, 250);
	on = harness_exchanges(h) - before;
	printf("250 ms of running: %llu exchanges, with RTT %llu\n", (unsigned long long)off, (unsigned long long)on);
	assert_true(on <= off + 2 * 28);
}

/* A control block that another program's bytes, or a bug, made up: nothing outside of memory is touched. */
static void nonsense_is_left_alone(void **state)
{
	static const uint32_t values[] = {
		0, 1, 31, 32, 33, 0xFFFFFFFF, 0x80000000, 0x100000, 0x40023C00, 0xE000ED00, RAM, 0x2001FFF0, UP,
	};
	struct harness *h = *state;
	unsigned seed = 1, rounds = getenv("FULL") ? 3000 : 60;

	firmware_starts(h);
	harness_monitor(h, "rtt start");
	harness_monitor(h, "rtt server start 50002 0");
	harness_monitor(h, "rtt server start 50003 1");
	go(h);
	for (unsigned i = 0; i < rounds; i++) {
		for (uint32_t row = UP_ROW; row <= DOWN_ROW; row += 24)
			for (uint32_t word = 0; word < 24; word += 4)
				poke_word(h, row + word,
					  values[(seed = seed * 1103515245 + 12345) / 65536 % ARRAY_SIZE(values)]);
		type(h, 0, "x");
		h->rtt_length = 0;
		harness_run_ms(h, 12);
	}
	harness_poke(h, PROGRAM_BASE, program_loop, sizeof(program_loop));
	firmware_starts(h);
	h->rtt_length = 0;
	firmware_prints(h, "fine again");
	harness_run_ms(h, 50);
	assert_string_equal(h->rtt, "fine again");
}

static void refuses_what_makes_no_sense(void **state)
{
	static const char *const lines[] = {
		"rtt setup", "rtt setup 0x20000000", "rtt setup 0x20000000 8", "rtt setup 0xFFFFFFF0 0x100",
		"rtt server start 0 0", "rtt server start 70000 0", "rtt server start 9090 16", "rtt server start x 0",
		"rtt polling_interval 0", "rtt polling_interval 99999",
	};
	struct harness *h = *state;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (strlen(harness_monitor(h, lines[i])) < 10)
			fail_msg("'%s' is taken", lines[i]);
	assert_int_equal(h->rtt_port[0], 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sends_what_firmware_prints),
		TEST(what_was_printed_before_a_stop_comes_before_it),
		TEST(finds_it_anywhere_in_ram_and_later),
		TEST(looks_again_after_a_reset),
		TEST(passes_on_what_is_typed),
		TEST(lists_channels),
		TEST(costs_little),
		TEST(nonsense_is_left_alone),
		TEST(refuses_what_makes_no_sense),
	};

	return cmocka_run_group_tests_name("rtt", tests, NULL, NULL);
}
