/* SPDX-License-Identifier: MIT
 *
 * The ten rules that matter most to clients, as far as they concern the engine (4 to 10; acknowledging,
 * repeating and keeping alive are the loop's, see tests/unit/test_client.c), and the answers that
 * clients depend on.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

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

/* Rule 2: announced; the loop answers it. */
static void rule_2_no_ack_mode_is_announced(void **state)
{
	const char *answer = harness_ask(*state, 0, "qSupported:multiprocess+;xmlRegisters=i386");

	assert_non_null(strstr(answer, "QStartNoAckMode+"));
	assert_non_null(strstr(answer, "PacketSize=4000"));
	assert_non_null(strstr(answer, "qXfer:memory-map:read+"));
	assert_null(strstr(answer, "multiprocess"));
	assert_null(strstr(answer, "swbreak"));
	assert_null(strstr(answer, "error-message"));
}

static void features_are_answered_to_those_who_offer_them(void **state)
{
	const char *answer = harness_ask(*state, 0, "qSupported:swbreak+;hwbreak+;error-message+;x-");

	assert_non_null(strstr(answer, ";swbreak+"));
	assert_non_null(strstr(answer, ";hwbreak+"));
	assert_non_null(strstr(answer, ";error-message+"));
}

/* Rule 4: while the program runs the loop is told that no keep-alive is needed. */
static void rule_4_waiting_for_a_stop_is_told(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_send(h, 0, "c", 1);
	assert_int_equal(h->clients[0].resumed, 1);
	assert_int_equal(h->clients[0].answer_length > 0, 1);
}

/* Rule 5: a note waits until an O packet is legal. */
static void rule_5_text_waits_until_it_may_be_sent(void **state)
{
	struct harness *h = *state;
	struct harness_client *c = &h->clients[0];

	harness_connect_gdb(h, 0);
	harness_ask(h, 0, "vFlashErase:08000000,00004000");
	harness_ask(h, 0, "vFlashWrite:20000000:abcd");
	starts_with(c->answer, "E.");
	harness_ask(h, 0, "m8000000,4");
	harness_ask(h, 0, "g");
	assert_int_equal(c->console_length, 0);
	assert_non_null(strstr(harness_monitor(h, "version"), "Load failed"));
}

/* Rule 6: monitor commands may last, and their output comes while they work. */
static void rule_6_monitor_output_is_streamed(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	assert_non_null(strstr(harness_monitor(h, "help"), "reset [halt|run|init]"));
	assert_string_equal(h->clients[0].answer, "OK");
}

/* Rule 7: after `?` the core is halted, and the answer is a stop. */
static void rule_7_question_mark_halts(void **state)
{
	struct harness *h = *state;

	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_RUNNING);
	starts_with(harness_ask(h, 0, "?"), "T05");
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
}

static void whole_document(struct harness *h, const char *annex, char *out, size_t size)
{
	size_t length = 0;

	for (;;) {
		char packet[100];
		const char *answer;

		snprintf(packet, sizeof(packet), "qXfer:%s:%zx,100", annex, length);
		answer = harness_ask(h, 0, packet);
		assert_true(length + strlen(answer) < size);
		strcpy(out + length, answer + 1);
		length += strlen(answer + 1);
		if (answer[0] == 'l')
			return;
		assert_int_equal(answer[0], 'm');
	}
}

/* Rule 8: the map covers everything, in any pieces. */
static void rule_8_memory_map_covers_everything(void **state)
{
	struct harness *h = *state;
	char *map = malloc(65536);
	uint64_t at = 0;

	harness_connect_gdb(h, 0);
	whole_document(h, "memory-map:read:", map, 65536);
	for (char *row = strstr(map, "start="); row; row = strstr(row + 1, "start=")) {
		unsigned long long start, length;

		assert_int_equal(sscanf(row, "start=\"%llx\" length=\"%llx\"", &start, &length), 2);
		assert_int_equal(start, at);
		at += length;
	}
	assert_int_equal(at, UINT64_C(1) << 32);
	free(map);
}

static void target_description_has_what_gdb_needs(void **state)
{
	struct harness *h = *state;
	char *xml = malloc(65536);

	harness_connect_gdb(h, 0);
	whole_document(h, "features:read:target.xml", xml, 65536);
	assert_non_null(strstr(xml, "org.gnu.gdb.arm.m-profile"));
	assert_non_null(strstr(xml, "org.gnu.gdb.arm.m-system"));
	assert_non_null(strstr(xml, "org.gnu.gdb.arm.vfp"));
	assert_non_null(strstr(xml, "</target>"));
	free(xml);
	starts_with(harness_ask(h, 0, "qXfer:features:read:other.xml:0,100"), "E");
	assert_string_equal(harness_ask(h, 0, "qXfer:threads:read::0,100"), "");
}

/* Rule 9: LLDB sets Z0,a,2 and removes z0,a,4. */
static void rule_9_breakpoints_are_removed_by_type_and_address(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	assert_string_equal(harness_ask(h, 0, "Z0,8000018,2"), "OK");
	assert_string_equal(harness_ask(h, 0, "Z0,8000018,2"), "OK");
	assert_string_equal(harness_ask(h, 0, "z0,8000018,4"), "OK");
	assert_string_equal(harness_ask(h, 0, "z0,8000018,4"), "OK");
	assert_null(harness_continue(h, 10));
}

/* Rule 10: text errors only where the client takes them. */
static void rule_10_text_errors_go_to_those_who_take_them(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	starts_with(harness_ask(h, 0, "m40,"), "E");
	assert_int_equal(strlen(h->clients[0].answer), 3);
	harness_ask(h, 0, "qSupported:error-message+");
	starts_with(harness_ask(h, 0, "m40,"), "E.");
}

static void unknown_packets_are_answered_empty(void **state)
{
	static const char *const packets[] = {
		"vMustReplyEmpty", "vUnknown", "qUnknown", "QUnknown:1", "jThreadsInfo", "qTStatus",
		"qOffsets", "vFile:open:6a", "qGetTLSAddr:1,2,3", "_M1,rwx", "vCtrlC", "qHostInfo",
		"QThreadSuffixSupported", "qProcessInfo", "b", "y", "\xff\xfe", "",
		"qSearch:memory:0;1;2", "QPassSignals:e", "qP0", "Zx", "qfProcessInfo",
	};
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		const char *answer = harness_ask(h, 0, packets[i]);

		if (answer[0] && packets[i][0] != 'Z')
			fail_msg("'%s' is answered '%s'", packets[i], answer);
	}
}

static void thread_stubs_are_answered(void **state)
{
	static const struct {
		const char *packet, *answer;
	} rows[] = {
		{ "qC", "QC1" }, { "qAttached", "1" }, { "qfThreadInfo", "m1" }, { "qsThreadInfo", "l" },
		{ "Hg0", "OK" }, { "Hc-1", "OK" }, { "Hg1", "OK" }, { "T1", "OK" }, { "!", "OK" },
		{ "qSymbol::", "OK" }, { "vCont?", "vCont;c;C;s;S;t;r" },
	};
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(harness_ask(h, 0, rows[i].packet), rows[i].answer);
}

/* Nothing answers; the server says why and lives on. */
static void unreachable_target_is_no_error_for_question_mark(void **state)
{
	struct harness *h = *state;

	machine_set_power(h->machine, false);
	harness_ask(h, 0, "qSupported:");
	assert_string_equal(harness_ask(h, 0, "?"), "W00");
	assert_string_equal(harness_ask(h, 0, "qC"), "");
	assert_string_equal(harness_ask(h, 0, "qfThreadInfo"), "l");
	starts_with(harness_ask(h, 0, "m8000000,4"), "E");
	starts_with(harness_ask(h, 0, "vAttach;1"), "E.");
	assert_true(strlen(harness_monitor(h, "version")) > strlen("tether 0.1.0\n"));
	machine_set_power(h->machine, true);
	starts_with(harness_ask(h, 0, "vAttach;1"), "T05");
	assert_string_equal(harness_ask(h, 0, "qC"), "QC1");
}

/* Random bytes never hurt: each packet gets exactly one answer. */
static void random_packets_are_survived(void **state)
{
	static const char starts[] = "mMXxgGpPZzqQvHTcsCS?!RkD";
	static const char bytes[] = "0123456789abcdef,;:=-p.\0\377}qZ";
	struct harness *h = *state;
	char packet[64];

	harness_connect_gdb(h, 0);
	srand(1);
	for (unsigned i = 0; i < 3000; i++) {
		size_t length = 1 + (unsigned)rand() % (sizeof(packet) - 1);

		packet[0] = starts[(unsigned)rand() % (sizeof(starts) - 1)];
		for (size_t j = 1; j < length; j++)
			packet[j] = bytes[(unsigned)rand() % (sizeof(bytes) - 1)];
		harness_send(h, 0, packet, length);
		harness_break(h, 0);
	}
	harness_ask(h, 0, "qSupported:");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rule_2_no_ack_mode_is_announced),
		TEST(features_are_answered_to_those_who_offer_them),
		TEST(rule_4_waiting_for_a_stop_is_told),
		TEST(rule_5_text_waits_until_it_may_be_sent),
		TEST(rule_6_monitor_output_is_streamed),
		TEST(rule_7_question_mark_halts),
		TEST(rule_8_memory_map_covers_everything),
		TEST(target_description_has_what_gdb_needs),
		TEST(rule_9_breakpoints_are_removed_by_type_and_address),
		TEST(rule_10_text_errors_go_to_those_who_take_them),
		TEST(unknown_packets_are_answered_empty),
		TEST(thread_stubs_are_answered),
		TEST(unreachable_target_is_no_error_for_question_mark),
		TEST(random_packets_are_survived),
	};

	return cmocka_run_group_tests_name("rsp_rules", tests, NULL, NULL);
}
