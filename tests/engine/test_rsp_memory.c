/* SPDX-License-Identifier: MIT
 *
 * Memory and registers through the protocol: m x M X, g G p P, qCRC.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include "flash/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
	struct harness *h = harness_new("STM32F407VG");

	harness_poke(h, PROGRAM_BASE, program_loop, sizeof(program_loop));
	harness_boot(h);
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	harness_free(*state);
	return 0;
}

static void starts_with(const char *text, const char *start)
{
	if (strncmp(text, start, strlen(start)))
		fail_msg("'%.60s' does not start with '%s'", text, start);
}

static void reads_flash_and_its_alias(void **state)
{
	struct harness *h = *state;

	assert_string_equal(harness_ask(h, 0, "m8000000,8"), "0000022009000008");
	assert_string_equal(harness_ask(h, 0, "m0,4"), "00000220");
	assert_string_equal(harness_ask(h, 0, "m8000001,1"), "00");
	assert_string_equal(harness_ask(h, 0, "m8000000,0"), "");
}

static void writes_and_reads_ram_at_any_alignment(void **state)
{
	struct harness *h = *state;

	for (unsigned offset = 0; offset < 8; offset++) {
		char write[80], read[40];

		snprintf(write, sizeof(write), "M%x,7:01020304050607", 0x20000100 + offset);
		snprintf(read, sizeof(read), "m%x,7", 0x20000100 + offset);
		assert_string_equal(harness_ask(h, 0, write), "OK");
		assert_string_equal(harness_ask(h, 0, read), "01020304050607");
	}
}

static void binary_writes_take_any_byte(void **state)
{
	struct harness *h = *state;
	char packet[300] = "X20000200,100:";
	size_t head = strlen(packet);

	for (unsigned i = 0; i < 256; i++)
		packet[head + i] = (char)i;
	harness_send(h, 0, packet, head + 256);
	assert_string_equal(h->clients[0].answer, "OK");
	harness_ask(h, 0, "x20000200,100");
	assert_int_equal(h->clients[0].answer_length, 257);
	assert_int_equal(h->clients[0].answer[0], 'b');
	assert_memory_equal(h->clients[0].answer + 1, packet + head, 256);
}

static void empty_binary_packets_are_probes(void **state)
{
	struct harness *h = *state;

	assert_string_equal(harness_ask(h, 0, "X0,0:"), "OK");
	assert_string_equal(harness_ask(h, 0, "x0,0"), "b");
}

static void lengths_that_do_not_fit_are_refused(void **state)
{
	static const char *const bad[] = {
		"M20000000,4:010203", "M20000000,2:010203", "X20000000,4:abc", "X20000000,2:abc",
		"M20000000,4", "m20000000", "m,4", "m20000000,", "M20000000,ffffffff:00",
		"m20000000,123456789",
	};
	struct harness *h = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		starts_with(harness_ask(h, 0, bad[i]), "E");
}

static void long_reads_are_answered_short(void **state)
{
	struct harness *h = *state;
	size_t length = strlen(harness_ask(h, 0, "m20000000,ffff"));

	assert_true(length > 8000 && length < PACKET_SIZE - 4);
}

static void read_across_the_end_of_ram_is_short_not_an_error(void **state)
{
	struct harness *h = *state;

	assert_int_equal(strlen(harness_ask(h, 0, "m2001fff0,40")), 32);
	starts_with(harness_ask(h, 0, "m20020000,4"), "E");
}

static void flash_is_not_written_by_memory_packets(void **state)
{
	struct harness *h = *state;

	starts_with(harness_ask(h, 0, "M8000000,4:00000000"), "E");
	assert_string_equal(harness_ask(h, 0, "m8000000,4"), "00000220");
}

static void all_registers_have_the_size_of_the_description(void **state)
{
	struct harness *h = *state;
	/* 17 words, msp and psp, four bytes, 16 doubles, fpscr */
	size_t digits = 2 * (17 * 4 + 2 * 4 + 4 + 16 * 8 + 4);

	assert_int_equal(strlen(harness_ask(h, 0, "g")), digits);
}

static void registers_are_written_and_read_back(void **state)
{
	static const struct {
		const char *write, *read, *value;
	} rows[] = {
		{ "P0=78563412", "p0", "78563412" },
		{ "Pc=01020304", "pc", "01020304" },
		{ "Pf=19000008", "pf", "18000008" },		/* LLDB sends bit 0 */
		{ "P19=00000041", "p19", "00000041" },		/* GDB's load sends this */
		{ "P1c=01", "p1c", "01" },			/* primask */
		{ "P1d=40", "p1d", "40" },			/* basepri */
		{ "P20=0102030405060708", "p20", "0102030405060708" },	/* d0 */
	};
	struct harness *h = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(harness_ask(h, 0, rows[i].write), "OK");
		assert_string_equal(harness_ask(h, 0, rows[i].read), rows[i].value);
	}
	assert_string_equal(harness_ask(h, 0, "p1c"), "01");
}

static void written_registers_reach_the_core(void **state)
{
	struct harness *h = *state;

	harness_ask(h, 0, "Pf=18000008");	/* func: r2 = r0 + 3 */
	harness_ask(h, 0, "P0=05000000");
	starts_with(harness_ask(h, 0, "s"), "T05");
	assert_int_equal(harness_register(h, 2), 8);
}

static void group_write_keeps_what_it_leaves_out(void **state)
{
	struct harness *h = *state;

	harness_ask(h, 0, "P1=11111111");
	assert_string_equal(harness_ask(h, 0, "G78563412xxxxxxxx99000000"), "OK");
	assert_string_equal(harness_ask(h, 0, "p0"), "78563412");
	assert_string_equal(harness_ask(h, 0, "p1"), "11111111");
	assert_string_equal(harness_ask(h, 0, "p2"), "99000000");
}

static void unknown_registers_are_errors(void **state)
{
	struct harness *h = *state;

	starts_with(harness_ask(h, 0, "p10"), "E");
	starts_with(harness_ask(h, 0, "pff"), "E");
	starts_with(harness_ask(h, 0, "P10=00000000"), "E");
	starts_with(harness_ask(h, 0, "P0=00"), "E");
}

static void checksum_is_gdbs(void **state)
{
	struct harness *h = *state;
	char expected[16];

	snprintf(expected, sizeof(expected), "C%08x",
		 crc32_gdb(0xFFFFFFFF, program_loop, sizeof(program_loop)));
	assert_string_equal(harness_ask(h, 0, "qCRC:8000000,1c"), expected);
}

static void reading_a_peripheral_uses_its_width(void **state)
{
	struct harness *h = *state;

	/* DBGMCU_IDCODE; an unimplemented address is an error and nothing else is read. */
	assert_int_equal(strlen(harness_ask(h, 0, "me0042000,4")), 8);
	starts_with(harness_ask(h, 0, "m50000000,4") + 0, "");
}

static void memory_is_read_while_it_runs(void **state)
{
	struct harness *h = *state;
	const char *answer;

	assert_null(harness_continue(h, 20));
	harness_connect_gdb(h, 1);
	answer = harness_ask(h, 1, "m20000000,4");
	assert_int_equal(strlen(answer), 8);
	assert_string_not_equal(answer, "00000000");
	assert_int_equal(strlen(harness_ask(h, 1, "g")), strlen(harness_ask(h, 1, "g")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_flash_and_its_alias),
		TEST(writes_and_reads_ram_at_any_alignment),
		TEST(binary_writes_take_any_byte),
		TEST(empty_binary_packets_are_probes),
		TEST(lengths_that_do_not_fit_are_refused),
		TEST(long_reads_are_answered_short),
		TEST(read_across_the_end_of_ram_is_short_not_an_error),
		TEST(flash_is_not_written_by_memory_packets),
		TEST(all_registers_have_the_size_of_the_description),
		TEST(registers_are_written_and_read_back),
		TEST(written_registers_reach_the_core),
		TEST(group_write_keeps_what_it_leaves_out),
		TEST(unknown_registers_are_errors),
		TEST(checksum_is_gdbs),
		TEST(reading_a_peripheral_uses_its_width),
		TEST(memory_is_read_while_it_runs),
	};

	return cmocka_run_group_tests_name("rsp_memory", tests, NULL, NULL);
}
