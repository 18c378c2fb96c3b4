/* SPDX-License-Identifier: MIT
 *
 * What no host should send, or ask for: the virtual firmware answers as real ones do, and says so on the
 * virtual log channel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/log.h"
#include "probe/virtual/guesses.h"
#include "tests/unit/bench.h"

enum { READ_32 = 0x07, WRITE_32 = 0x08, READ_8 = 0x0C, RAM = FAKE_RAM };

struct listener {
	char said[8192];
};

static void hear(void *context, enum log_channel channel, const char *line)
{
	struct listener *listener = context;
	size_t used = strlen(listener->said);

	if (channel == LOG_VIRTUAL)
		snprintf(listener->said + used, sizeof(listener->said) - used, "%s\n", line);
}

static void listen(struct listener *listener)
{
	listener->said[0] = '\0';
	assert_int_equal(log_enable("virtual", NULL), 0);
	log_to(hear, listener);
}

static void assert_said(const struct listener *listener, const char *words)
{
	if (!strstr(listener->said, words))
		fail_msg("'%s' is not in: %s", words, listener->said);
}

static void start(struct bench *b, struct listener *listener, const char *firmware)
{
	bench_enter(b, firmware);
	listen(listener);
}

static void a_short_command_block_is_padded(void **state)
{
	struct listener heard;
	uint8_t reply[2];
	struct bench b;
	size_t got;

	(void)state;
	start(&b, &heard, "V2J37S7");
	assert_int_equal(firmware_out(virtual_link_firmware(b.link), "\xF5", 1), 0);
	assert_int_equal(firmware_in(virtual_link_firmware(b.link), reply, sizeof(reply), UINT64_MAX,
				     &got), 0);
	assert_int_equal(got, 2);
	assert_int_equal(reply[0], 2);
	assert_said(&heard, "other than 16 bytes");
	bench_close(&b);
}

static void unknown_commands_are_told(void **state)
{
	struct listener heard;
	struct bench b;

	(void)state;
	start(&b, &heard, "V2J37S7");
	bench_expect(&b, "F2 7F", "42 00");
	bench_silent(&b, "E0");
	bench_expect(&b, "F2 61 00", "42 00");	/* V3 only */
	assert_said(&heard, "7f");
	assert_said(&heard, "e0 00");
	assert_said(&heard, "f2 61");
	assert_said(&heard, "unknown to this firmware");
	bench_close(&b);
}

static void a_read_longer_than_the_reply_gets_a_short_packet(void **state)
{
	struct listener heard;
	uint8_t reply[64];
	struct bench b;
	size_t got;

	(void)state;
	start(&b, &heard, "V2J37S7");
	assert_int_equal(bench_ask(&b, "F5", reply, sizeof(reply), &got), 0);
	assert_int_equal(got, 2);
	assert_said(&heard, "shorter than what the host asks for");
	bench_close(&b);
}

static void a_read_shorter_than_the_reply_babbles(void **state)
{
	struct listener heard;
	uint8_t reply[64];
	struct bench b;
	size_t got;

	(void)state;
	start(&b, &heard, "V2J37S7");
	assert_int_equal(bench_ask(&b, "F2 36 00 ED 00 E0", reply, 4, &got), E_USB);
	assert_said(&heard, "babble");
	bench_expect(&b, "F5", "02 00");	/* the packet is lost, nothing else */
	bench_close(&b);
}

/* GET_BOARD_IDENTIFIERS with a buffer of 64 bytes (pyOCD issue 1322). */
static void whole_packets_that_are_not_fetched_come_before_the_next_reply(void **state)
{
	struct listener heard;
	uint8_t reply[64];
	struct bench b;
	size_t got;

	(void)state;
	start(&b, &heard, "V2J37S7");
	assert_int_equal(bench_ask(&b, "F2 56", reply, sizeof(reply), &got), 0);
	assert_int_equal(got, 64);
	assert_int_not_equal(bench_ask(&b, "F5", reply, 2, &got), 0);
	assert_said(&heard, "babble");
	bench_close(&b);
}

static void a_reply_of_whole_packets_does_not_end_for_a_greedy_host(void **state)
{
	uint8_t bytes[129];
	struct listener heard;
	struct link_exchange x = { .command = { 0xF2, READ_32, 0, 0, 0, 0x20, 128 }, .in = bytes,
				   .in_length = sizeof(bytes), .timeout_ms = 100 };
	struct bench b;

	(void)state;
	start(&b, &heard, "V2J37S7");
	assert_int_equal(link_do(b.link, &x), E_TIMEOUT);
	assert_int_equal(x.in_got, 128);
	assert_said(&heard, "no short packet ends the reply");
	bench_close(&b);
}

static void a_payload_of_the_wrong_length_writes_nothing(void **state)
{
	static const uint8_t bytes[12] = { 1, 2, 3, 4 };
	struct listener heard;
	struct bench b;

	(void)state;
	start(&b, &heard, "V2J37S7");
	bench_send(&b, "F2 08 00 00 00 20 08 00", bytes, 4);
	assert_said(&heard, "payload cut short");
	assert_int_equal(bench_status(&b, NULL), 0x08);
	bench_send(&b, "F2 08 00 00 00 20 08 00", bytes, 12);
	assert_said(&heard, "more payload than announced");
	assert_int_equal(bench_status(&b, NULL), 0x80);
	bench_expect(&b, "F2 36 08 00 00 20", "80 00 00 00 00 00 00 00");
	bench_close(&b);
}

static void byte_reads_over_the_limit_bring_nothing(void **state)
{
	struct listener heard;
	uint8_t bytes[128];
	struct bench b;

	(void)state;
	start(&b, &heard, "V2J37S7");
	assert_int_equal(bench_read(&b, READ_8, RAM, 65, bytes), E_TIMEOUT);
	assert_int_equal(bench_status(&b, NULL), 0x08);
	assert_said(&heard, "length out of limits");
	bench_close(&b);
}

static void byte_writes_over_the_limit_write_nothing(void **state)
{
	static const uint8_t bytes[128] = { 1, 2, 3 };
	struct listener heard;
	struct bench b;

	(void)state;
	start(&b, &heard, "V2J37S7");
	bench_send(&b, "F2 0D 00 00 00 20 41 00", bytes, 65);
	assert_int_equal(bench_status(&b, NULL), 0x08);
	assert_said(&heard, "length out of limits");
	bench_expect(&b, "F2 36 00 00 00 20", "80 00 00 00 00 00 00 00");
	bench_close(&b);
	start(&b, &heard, "V3J3M2");		/* 64 before J6 */
	bench_send(&b, "F2 0D 00 00 00 20 41 00", bytes, 65);
	assert_said(&heard, "length out of limits");
	bench_close(&b);
	start(&b, &heard, "V3J7M3");
	bench_send(&b, "F2 0D 00 00 00 20 41 00", bytes, 65);
	assert_int_equal(bench_status(&b, NULL), 0x80);
	bench_close(&b);
}

static void unaligned_words_are_told(void **state)
{
	struct listener heard;
	uint8_t bytes[8];
	struct bench b;

	(void)state;
	start(&b, &heard, "V2J37S7");
	assert_int_equal(bench_read(&b, READ_32, RAM + 2, 8, bytes), 0);
	assert_int_equal(bench_status(&b, NULL), 0x0A);
	assert_said(&heard, "not aligned");
	listen(&heard);
	bench_send(&b, "F2 08 02 00 00 20 04 00", "\1\2\3\4", 4);
	assert_int_equal(bench_status(&b, NULL), 0x0A);
	assert_said(&heard, "not aligned");
	bench_close(&b);
}

static void select_is_the_firmwares(void **state)
{
	struct listener heard;
	struct bench b;

	(void)state;
	start(&b, &heard, "V2J37S7");
	assert_int_equal(bench_dap_write(&b, 0xFFFF, 8, 0x000000F3), 0x80);
	assert_said(&heard, "belongs to the firmware");
	bench_close(&b);
}

static void closing_a_port_of_j28_says_1d(void **state)
{
	struct listener heard;
	struct bench b;

	(void)state;
	start(&b, &heard, "V2J28S7");
	bench_expect(&b, "F2 4B 00", "80 00");
	bench_expect(&b, "F2 4C 00", "1D 00");
	assert_said(&heard, "closed, but this version says 1D");
	bench_close(&b);
}

/* --- guesses, the other way round --- */

static void turn(struct bench *b, const char *firmware, const char *guess)
{
	struct virtual_spec spec = fake_machine_spec(firmware);
	struct why why = { "" };

	assert_int_equal(guess_turn(&spec, guess), 0);
	if (virtual_link_open(&b->link, &spec, &why))
		fail_msg("%s", why.text);
	b->machine = virtual_link_machine(b->link);
}

static void enter(struct bench *b)
{
	bench_expect(b, "F3 07", "");
	bench_expect(b, "F2 30 A3", "80 00");
}

static void every_guess_has_another_answer(void **state)
{
	uint8_t bytes[132] = { 0 };
	struct bench b;
	size_t got;

	(void)state;
	turn(&b, "V2J37S7", "dfu");
	bench_expect(&b, "F2 30 A3", "80 00");
	bench_close(&b);
	turn(&b, "V2J45M31", "mode");
	bench_expect(&b, "F2 36 00 ED 00 E0", "01 00 00 00 00 00 00 00");
	bench_close(&b);
	turn(&b, "V2J37S7", "unaligned");
	enter(&b);
	bench_write(&b, WRITE_32, RAM, 8, "\1\2\3\4\5\6\7\10");
	assert_int_equal(bench_read(&b, READ_32, RAM + 4, 6, bytes), 0);
	assert_int_equal(bench_status(&b, NULL), 0x0A);
	assert_memory_equal(bytes, "\5\6\7\10", 4);
	bench_close(&b);
	turn(&b, "V2J37S7", "long-bytes");
	enter(&b);
	assert_int_equal(bench_read(&b, READ_8, RAM, 65, bytes), 0);
	assert_int_equal(bench_status(&b, NULL), 0x08);
	bench_close(&b);
	turn(&b, "V2J37S7", "unknown");
	enter(&b);
	bench_silent(&b, "F2 7F");
	bench_close(&b);
	turn(&b, "V2J37S7", "fpscr");
	enter(&b);
	assert_int_equal(bench_ask(&b, "F2 3D", bytes, 132, &got), 0);
	assert_int_equal(got, 132);
	bench_close(&b);
	turn(&b, "V2J37S7", "all-registers");
	enter(&b);
	assert_int_equal(bench_ask(&b, "F2 3A 01", bytes, 88, &got), 0);
	assert_int_equal(bytes[0], 0x80);
	bench_close(&b);
	turn(&b, "V3PWR", "pwr-version");
	bench_expect(&b, "F1", "30 00 83 04 57 37");
	bench_close(&b);
}

static void a_guess_has_a_name_and_two_answers(void **state)
{
	struct virtual_spec spec = { .turned_guesses = 0 };

	(void)state;
	for (unsigned i = 0; i < GUESSES; i++) {
		assert_non_null(guess_at(i)->usual);
		assert_non_null(guess_at(i)->otherwise);
		assert_false(guess_is_turned(&spec, (enum guess)i));
		assert_int_equal(guess_turn(&spec, guess_at(i)->name), 0);
		assert_true(guess_is_turned(&spec, (enum guess)i));
	}
	assert_null(guess_at(GUESSES));
	assert_true(spec.no_hearsay);
	assert_int_equal(guess_turn(&spec, "nonsense"), E_ARGUMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_command_block_is_padded),
		cmocka_unit_test(unknown_commands_are_told),
		cmocka_unit_test(a_read_longer_than_the_reply_gets_a_short_packet),
		cmocka_unit_test(a_read_shorter_than_the_reply_babbles),
		cmocka_unit_test(whole_packets_that_are_not_fetched_come_before_the_next_reply),
		cmocka_unit_test(a_reply_of_whole_packets_does_not_end_for_a_greedy_host),
		cmocka_unit_test(a_payload_of_the_wrong_length_writes_nothing),
		cmocka_unit_test(byte_reads_over_the_limit_bring_nothing),
		cmocka_unit_test(byte_writes_over_the_limit_write_nothing),
		cmocka_unit_test(unaligned_words_are_told),
		cmocka_unit_test(select_is_the_firmwares),
		cmocka_unit_test(closing_a_port_of_j28_says_1d),
		cmocka_unit_test(every_guess_has_another_answer),
		cmocka_unit_test(a_guess_has_a_name_and_two_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
