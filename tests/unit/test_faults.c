/* SPDX-License-Identifier: MIT
 *
 * The fault schedule: its text, and what each rule does to a host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/bench.h"

enum { RAM = FAKE_RAM, READ_32 = 0x07, WRITE_32 = 0x08 };

/* A probe in debug mode with that schedule; commands count from here. */
static void open_with(struct bench *b, const char *schedule)
{
	struct why why = { "" };

	bench_enter(b, "V2J37S7");
	if (faults_parse(firmware_faults(virtual_link_firmware(b->link)), schedule, &why))
		fail_msg("%s", why.text);
}

static int ask_mode(struct bench *b)
{
	uint8_t reply[2];
	size_t got;

	return bench_ask(b, "F5", reply, sizeof(reply), &got);
}

static void the_text_is_read_or_refused_with_its_line(void **state)
{
	static const struct {
		const char *text;
		int result;
		size_t count;
	} rows[] = {
		{ "", 0, 0 },
		{ "# nothing\n\n  \t\n", 0, 0 },
		{ "command 3 late 500 # half a second\r\naccess 1 wait\naccess 2 wait 50\n", 0, 3 },
		{ "always nrst-unwired", 0, 1 },
		{ "command 3 gone\ncommand 4 gone 100\ncommand 5 short 2\nflash 1 stuck", 0, 4 },
		{ "always pins-taken 5", 0, 1 },
		{ "always pins-taken", E_CONFIG, 0 },
		{ "always 5 asleep", E_CONFIG, 0 },
		{ "command 3 short", E_CONFIG, 0 },
		{ "flash stuck", E_CONFIG, 0 },
		{ "command 0 stall", E_CONFIG, 0 },
		{ "command 3", E_CONFIG, 0 },
		{ "command x stall", E_CONFIG, 0 },
		{ "command 3 late", E_CONFIG, 0 },
		{ "command 3 late -1", E_CONFIG, 0 },
		{ "command 3 late 99999999999999999999", E_CONFIG, 0 },
		{ "command 3 stall 5", E_CONFIG, 0 },
		{ "command 3 wait", E_CONFIG, 0 },
		{ "access 1 wait 5 6", E_CONFIG, 0 },
		{ "explode 3", E_CONFIG, 0 },
		{ "command 1 stall\nnonsense", E_CONFIG, 0 },
	};
	struct faults faults;
	struct why why;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (faults_parse(&faults, rows[i].text, &why) != rows[i].result)
			fail_msg("\"%s\" is not judged right", rows[i].text);
		assert_int_equal(faults.count, rows[i].count);
	}
	assert_non_null(strstr(why.text, "line 2"));
	assert_int_equal(faults_load(&faults, "/nowhere/at/all", &why), E_SYSTEM);
}

static void the_example_has_every_kind(void **state)
{
	struct faults faults;
	struct why why;

	(void)state;
	if (faults_load(&faults, "tests/data/faults-all.txt", &why))
		fail_msg("%s", why.text);
	for (unsigned kind = FAULT_NONE + 1; kind < FAULT_KINDS; kind++)
		if (!faults_has(&faults, (enum fault_kind)kind))
			fail_msg("the example lacks kind %u", kind);
}

static void a_schedule_that_is_too_long_is_refused(void **state)
{
	char text[(FAULT_RULES_MAX + 1) * 16] = "";
	struct faults faults;
	struct why why;

	(void)state;
	for (unsigned i = 0; i < FAULT_RULES_MAX; i++)
		strcat(text, "command 1 lost\n");
	assert_int_equal(faults_parse(&faults, text, &why), 0);
	strcat(text, "command 1 lost\n");
	assert_int_equal(faults_parse(&faults, text, &why), E_CONFIG);
}

static void a_timed_out_command_is_not_done(void **state)
{
	struct link_exchange x = { .command = { 0xF2, WRITE_32, 0, 0, 0, 0x20, 4 },
				   .out = "\1\2\3\4", .out_length = 4, .timeout_ms = 1000 };
	struct bench b;

	(void)state;
	open_with(&b, "command 2 timeout\ncommand 3 timeout");
	assert_int_equal(ask_mode(&b), 0);
	bench_silent(&b, "F2 32");
	assert_int_equal(fake_machine_resets(b.machine), 0);
	assert_int_equal(link_do(b.link, &x), E_TIMEOUT);	/* its payload is not taken */
	bench_expect(&b, "F2 36 00 00 00 20", "80 00 00 00 00 00 00 00");
	bench_close(&b);
}

/* Nothing but a look at the memory tells. */
static void a_dropped_command_looks_done(void **state)
{
	struct bench b;

	(void)state;
	open_with(&b, "command 1 dropped\ncommand 3 dropped");
	bench_write(&b, WRITE_32, RAM, 4, "\1\2\3\4");
	assert_int_equal(bench_status(&b, NULL), 0x80);
	bench_silent(&b, "F2 32");
	bench_expect(&b, "F2 36 00 00 00 20", "80 00 00 00 00 00 00 00");
	bench_close(&b);
}

static void a_lost_reply_was_done(void **state)
{
	struct bench b;

	(void)state;
	open_with(&b, "command 1 lost");
	bench_silent(&b, "F2 32");
	assert_int_equal(fake_machine_resets(b.machine), 1);
	assert_int_equal(ask_mode(&b), 0);
	bench_close(&b);
}

static void a_late_reply_comes_to_the_wrong_command(void **state)
{
	struct bench b;

	(void)state;
	open_with(&b, "command 1 late 1100");	/* the host gives up after 1000 ms */
	bench_silent(&b, "F2 36 00 ED 00 E0");
	bench_expect(&b, "F5", "");
	link_wait_us(b.link, 200000);
	bench_expect(&b, "F5", "80 00 00 00 30 C2 2F 41");
	assert_int_equal(link_recover(b.link, LINK_DRAIN), 0);
	bench_expect(&b, "F5", "02 00");
	bench_close(&b);
}

static void draining_too_early_does_not_help(void **state)
{
	struct bench b;

	(void)state;
	open_with(&b, "command 1 late 1100");
	bench_silent(&b, "F2 01");
	assert_int_equal(link_recover(b.link, LINK_DRAIN), 0);
	link_wait_us(b.link, 200000);
	bench_expect(&b, "F5", "80 00");	/* not the mode, but the answer to 01 */
	bench_close(&b);
}

static void a_stalled_endpoint_stays_so_until_cleared(void **state)
{
	struct bench b;

	(void)state;
	open_with(&b, "command 1 stall");
	assert_int_equal(ask_mode(&b), E_USB);
	assert_int_equal(ask_mode(&b), E_USB);
	assert_int_equal(link_recover(b.link, LINK_CLEAR_HALT), 0);
	assert_int_equal(ask_mode(&b), 0);
	bench_close(&b);
}

static void an_unplugged_probe_stays_away(void **state)
{
	struct bench b;

	(void)state;
	open_with(&b, "command 2 gone");
	assert_int_equal(ask_mode(&b), 0);
	assert_int_equal(ask_mode(&b), E_GONE);
	assert_int_equal(link_recover(b.link, LINK_RESET), E_GONE);
	assert_int_equal(ask_mode(&b), E_GONE);
	bench_close(&b);
}

static void a_probe_that_is_plugged_in_again_is_as_new(void **state)
{
	struct bench b;

	(void)state;
	open_with(&b, "command 2 gone 300");
	bench_expect(&b, "F5", "02 00");
	assert_int_equal(ask_mode(&b), E_GONE);
	assert_int_equal(link_recover(b.link, LINK_RESET), E_GONE);
	link_wait_us(b.link, 290000);
	assert_int_equal(link_recover(b.link, LINK_RESET), E_GONE);
	link_wait_us(b.link, 20000);
	assert_int_equal(ask_mode(&b), E_GONE);	/* it is another device until it is opened again */
	assert_int_equal(link_recover(b.link, LINK_RESET), 0);
	bench_expect(&b, "F5", "00 01");
	bench_expect(&b, "F3 07", "");
	bench_expect(&b, "F2 30 A3", "80 00");
	bench_close(&b);
}

static void a_reply_can_be_short_once(void **state)
{
	uint8_t reply[8];
	struct bench b;
	size_t got;

	(void)state;
	open_with(&b, "command 1 short 3");
	assert_int_equal(bench_ask(&b, "F2 36 00 ED 00 E0", reply, sizeof(reply), &got), 0);
	assert_int_equal(got, 3);
	bench_expect(&b, "F2 36 00 ED 00 E0", "80 00 00 00 30 C2 2F 41");
	bench_close(&b);
}

static void a_payload_can_be_cut_once(void **state)
{
	struct bench b;

	(void)state;
	open_with(&b, "command 1 cut 4");
	bench_send(&b, "F2 08 00 00 00 20 08 00", "\1\2\3\4\5\6\7\10", 8);
	assert_int_equal(bench_status(&b, NULL), 0x08);
	bench_expect(&b, "F2 36 00 00 00 20", "80 00 00 00 00 00 00 00");
	bench_send(&b, "F2 08 00 00 00 20 08 00", "\1\2\3\4\5\6\7\10", 8);
	assert_int_equal(bench_status(&b, NULL), 0x80);
	bench_close(&b);
}

static void a_reply_can_be_too_long_once(void **state)
{
	uint8_t reply[8];
	struct bench b;
	size_t got;

	(void)state;
	open_with(&b, "command 1 babble");
	assert_int_equal(bench_ask(&b, "F2 36 00 ED 00 E0", reply, sizeof(reply), &got), E_USB);
	assert_int_equal(link_recover(b.link, LINK_DRAIN), 0);
	bench_expect(&b, "F2 36 00 ED 00 E0", "80 00 00 00 30 C2 2F 41");
	bench_close(&b);
}

static void power_can_go_and_come(void **state)
{
	struct bench b;

	(void)state;
	open_with(&b, "command 1 power-off\ncommand 3 power-on");
	bench_expect(&b, "F2 36 00 ED 00 E0", "12 00 00 00 00 00 00 00");
	bench_expect(&b, "F2 30 A3", "09 00");
	bench_expect(&b, "F2 30 A3", "80 00");
	bench_close(&b);
}

static void an_access_can_wait_for_ever(void **state)
{
	uint8_t in[16];
	uint32_t fault;
	struct bench b;

	(void)state;
	open_with(&b, "access 3 wait");
	bench_read(&b, READ_32, RAM, 16, in);
	assert_int_equal(bench_status(&b, &fault), 0x10);
	assert_true(fault == RAM + 8);
	bench_read(&b, READ_32, RAM, 16, in);
	assert_int_equal(bench_status(&b, &fault), 0x80);
	bench_close(&b);
}

static void a_short_wait_is_retried_by_the_probe(void **state)
{
	uint8_t in[16];
	struct bench b;

	(void)state;
	open_with(&b, "access 2 wait 100\naccess 4 wait 100");
	bench_read(&b, READ_32, RAM, 16, in);
	assert_int_equal(bench_status(&b, NULL), 0x80);
	bench_close(&b);
}

static void an_access_can_fail(void **state)
{
	uint8_t in[16];
	uint32_t fault;
	struct bench b;

	(void)state;
	open_with(&b, "access 4 fault");
	bench_read(&b, READ_32, RAM, 16, in);
	assert_int_equal(bench_status(&b, &fault), 0x11);
	assert_true(fault == RAM + 12);
	bench_close(&b);
}

static void a_reset_pin_can_lead_nowhere(void **state)
{
	struct bench b;

	(void)state;
	open_with(&b, "always nrst-unwired");
	bench_expect(&b, "F2 3C 00", "80 00");
	assert_true(machine_nrst(b.machine));
	bench_expect(&b, "F2 3C 02", "80 00");
	assert_int_equal(fake_machine_resets(b.machine), 0);
	bench_close(&b);
}

static void replies_can_have_junk_where_nobody_should_look(void **state)
{
	struct bench b;

	(void)state;
	open_with(&b, "always junk");
	bench_expect(&b, "F2 36 00 ED 00 E0", "80 00 A5 5A 30 C2 2F 41");
	bench_expect(&b, "F2 32", "80 00");
	bench_expect(&b, "F5", "02 00");
	bench_close(&b);
}

static void a_usb_reset_forgets_half_a_command(void **state)
{
	uint8_t block[16] = { 0xF2, 0x08, 0, 0, 0, 0x20, 128, 0 };
	struct bench b;

	(void)state;
	open_with(&b, "");
	assert_int_equal(firmware_out(virtual_link_firmware(b.link), block, sizeof(block)), 0);
	assert_int_equal(link_recover(b.link, LINK_RESET), 0);
	bench_expect(&b, "F5", "01 00");
	bench_close(&b);
}

static void a_schedule_comes_from_a_file(void **state)
{
	struct virtual_spec spec = fake_machine_spec("V2J45M31");
	FILE *file = fopen("/tmp/tether-faults-test", "w");
	struct why why;
	struct bench b;

	(void)state;
	assert_non_null(file);
	fputs("command 1 gone\n", file);
	fclose(file);
	snprintf(spec.faults, sizeof(spec.faults), "/tmp/tether-faults-test");
	assert_int_equal(virtual_link_open(&b.link, &spec, &why), 0);
	assert_int_equal(ask_mode(&b), E_GONE);
	bench_close(&b);
	snprintf(spec.faults, sizeof(spec.faults), "/nowhere/at/all");
	assert_int_equal(virtual_link_open(&b.link, &spec, &why), E_SYSTEM);
	remove("/tmp/tether-faults-test");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_is_read_or_refused_with_its_line),
		cmocka_unit_test(the_example_has_every_kind),
		cmocka_unit_test(a_schedule_that_is_too_long_is_refused),
		cmocka_unit_test(a_timed_out_command_is_not_done),
		cmocka_unit_test(a_dropped_command_looks_done),
		cmocka_unit_test(a_lost_reply_was_done),
		cmocka_unit_test(a_late_reply_comes_to_the_wrong_command),
		cmocka_unit_test(draining_too_early_does_not_help),
		cmocka_unit_test(a_stalled_endpoint_stays_so_until_cleared),
		cmocka_unit_test(an_unplugged_probe_stays_away),
		cmocka_unit_test(a_probe_that_is_plugged_in_again_is_as_new),
		cmocka_unit_test(a_reply_can_be_short_once),
		cmocka_unit_test(a_payload_can_be_cut_once),
		cmocka_unit_test(a_reply_can_be_too_long_once),
		cmocka_unit_test(power_can_go_and_come),
		cmocka_unit_test(an_access_can_wait_for_ever),
		cmocka_unit_test(a_short_wait_is_retried_by_the_probe),
		cmocka_unit_test(an_access_can_fail),
		cmocka_unit_test(a_reset_pin_can_lead_nowhere),
		cmocka_unit_test(replies_can_have_junk_where_nobody_should_look),
		cmocka_unit_test(a_usb_reset_forgets_half_a_command),
		cmocka_unit_test(a_schedule_comes_from_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
