/* SPDX-License-Identifier: MIT
 *
 * Run control through the protocol: connect, continue, step, breakpoints, watchpoints, Ctrl-C, restart,
 * kill, detach, and what programs do by themselves.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PC = 15 };

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

/* Connected, and halted at the reset vector with this program. */
static struct harness *at_reset(void **state, const void *program, size_t length)
{
	struct harness *h = *state;

	if (program)
		harness_poke(h, PROGRAM_BASE, program, length);
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	return h;
}

static void starts_with(const char *text, const char *start)
{
	if (strncmp(text, start, strlen(start)))
		fail_msg("'%.60s' does not start with '%s'", text, start);
}

static void contains(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%.200s' does not contain '%s'", text, part);
}

static void stop_reply_carries_the_registers(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);
	const char *stop = harness_ask(h, 0, "?");

	starts_with(stop, "T05thread:1;");
	contains(stop, "f:08000008;");
	contains(stop, "d:00000220;");
	contains(stop, "19:00000001;");
	contains(stop, "1a:00000220;");
}

static void steps_one_instruction(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);

	starts_with(harness_ask(h, 0, "vCont;s:1;c"), "T05");
	assert_int_equal(harness_register(h, PC), LOOP_RESET + 2);
	starts_with(harness_ask(h, 0, "s"), "T05");
	assert_int_equal(harness_register(h, PC), LOOP_TOP);
}

static void stops_at_a_breakpoint(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);
	const char *stop;

	assert_string_equal(harness_ask(h, 0, "Z1,8000018,2"), "OK");
	stop = harness_continue(h, 100);
	assert_non_null(stop);
	starts_with(stop, "T05");
	contains(stop, "hwbreak:;");
	contains(stop, "f:18000008;");
	stop = harness_continue(h, 100);	/* from the breakpoint on, and round again */
	assert_non_null(stop);
	assert_int_equal(harness_register(h, 0), 2);
}

static void software_breakpoints_in_flash_become_units(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);
	uint16_t code;

	assert_string_equal(harness_ask(h, 0, "Z0,8000018,2"), "OK");
	assert_non_null(harness_continue(h, 100));
	assert_int_equal(harness_register(h, PC), LOOP_FUNC);
	harness_peek(h, LOOP_FUNC, &code, sizeof(code));
	assert_int_equal(code, 0x1cc2);
}

static void watchpoint_tells_the_address(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);
	const char *stop;

	assert_string_equal(harness_ask(h, 0, "Z2,20000000,4"), "OK");
	stop = harness_continue(h, 100);
	assert_non_null(stop);
	contains(stop, "watch:20000000;");
}

static void stop_is_noticed_quickly(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);
	uint64_t before;

	harness_ask(h, 0, "Z1,8000018,2");
	before = engine_now_us(h->engine);
	assert_non_null(harness_continue(h, 100));
	assert_true(engine_now_us(h->engine) - before < 10000);
}

static void ctrl_c_stops_with_sigint(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);

	assert_null(harness_continue(h, 20));
	harness_break(h, 0);
	starts_with(h->clients[0].answer, "T02");
	assert_false(atomic_load(&h->flags.interrupt[0]));
}

static void ctrl_c_while_halted_is_swallowed(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);
	unsigned answers = h->clients[0].answers;

	harness_break(h, 0);
	assert_int_equal(h->clients[0].answers, answers);
	starts_with(harness_ask(h, 0, "?"), "T05");
}

/* GDB steps through a line by itself: a Ctrl-C that crosses one of those stops is for the line. */
static void ctrl_c_that_crosses_a_stop_ends_the_next_resume(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);
	unsigned answers;

	starts_with(harness_ask(h, 0, "vCont;s:1;c"), "T05");
	answers = h->clients[0].answers;
	harness_break(h, 0);
	assert_int_equal(h->clients[0].answers, answers);
	starts_with(harness_ask(h, 0, "vCont;c"), "T02");
	assert_null(harness_continue(h, 20));		/* once */
	harness_break(h, 0);
	starts_with(h->clients[0].answer, "T02");
}

/* Long after the stop that it crossed it is nobody's. */
static void ctrl_c_of_long_ago_is_forgotten(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);

	starts_with(harness_ask(h, 0, "vCont;s:1;c"), "T05");
	harness_break(h, 0);
	harness_run_ms(h, 400);
	harness_break(h, 0);
	assert_null(harness_continue(h, 20));
}

static void range_step_ends_outside_of_the_range(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);

	harness_ask(h, 0, "vCont;s:1;c");
	starts_with(harness_ask(h, 0, "vCont;r800000a,8000018:1;c"), "T05");
	assert_int_equal(harness_register(h, PC), LOOP_FUNC);
}

static void range_step_over_an_endless_loop_hears_ctrl_c(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);

	harness_send(h, 0, "vCont;r8000000,8000100:1", 24);
	assert_int_equal(h->clients[0].resumed, 1);
	assert_null(harness_wait(h, 0, 50));
	harness_break(h, 0);
	starts_with(h->clients[0].answer, "T02");
}

static void restart_goes_to_the_reset_vector(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);

	assert_null(harness_continue(h, 5));
	harness_break(h, 0);
	starts_with(harness_ask(h, 0, "vRun;"), "T05");
	assert_int_equal(harness_register(h, PC), LOOP_RESET);
	harness_ask(h, 0, "s");
	harness_send(h, 0, "R00", 3);
	assert_int_equal(h->clients[0].no_answer, 1);
	assert_int_equal(harness_register(h, PC), LOOP_RESET);
}

static void killed_means_no_threads_until_run(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);

	assert_string_equal(harness_ask(h, 0, "vKill;a410"), "OK");
	assert_string_equal(harness_ask(h, 0, "?"), "W00");
	assert_string_equal(harness_ask(h, 0, "qfThreadInfo"), "l");
	assert_string_equal(harness_ask(h, 0, "c"), "W00");
	starts_with(harness_ask(h, 0, "vRun;"), "T05");
	assert_string_equal(harness_ask(h, 0, "qfThreadInfo"), "m1");
}

static void detach_lets_the_program_run_without_breakpoints(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);
	uint32_t before, after;

	harness_ask(h, 0, "Z1,8000018,2");
	assert_string_equal(harness_ask(h, 0, "D"), "OK");
	harness_peek(h, LOOP_COUNTER, &before, sizeof(before));
	harness_run_ms(h, 10);
	harness_peek(h, LOOP_COUNTER, &after, sizeof(after));
	assert_true(after > before + 10);
	assert_int_equal(h->grace_started, 0);
}

static void kill_ends_the_session_not_the_server(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);

	harness_send(h, 0, "k", 1);
	assert_int_equal(h->clients[0].no_answer, 1);
	assert_int_equal(h->clients[0].closed, 1);
	assert_false(h->exited);
	harness_close(h, 0);
	harness_connect_gdb(h, 1);
}

static void semihosting_prints_and_exits(void **state)
{
	struct harness *h = at_reset(state, program_hello, sizeof(program_hello));
	const char *stop;

	harness_monitor(h, "semihosting enable");
	stop = harness_continue(h, 100);
	assert_non_null(stop);
	assert_string_equal(stop, "W00");
	contains(h->clients[0].console, "hello\n");
	assert_string_equal(harness_ask(h, 0, "?"), "W00");
}

static void semihosting_off_names_the_command(void **state)
{
	struct harness *h = at_reset(state, program_hello, sizeof(program_hello));
	const char *stop = harness_continue(h, 100);

	assert_non_null(stop);
	starts_with(stop, "T05");
	contains(h->clients[0].console, "monitor semihosting enable");
	assert_int_equal(harness_register(h, PC), HELLO_BKPT);
}

static void fault_is_told_as_a_signal_with_its_story(void **state)
{
	struct harness *h = at_reset(state, program_fault, sizeof(program_fault));
	const char *stop = harness_continue(h, 100);

	assert_non_null(stop);
	assert_string_not_equal(stop, "");
	assert_true(!strncmp(stop, "T0b", 3) || !strncmp(stop, "T0a", 3) || !strncmp(stop, "T07", 3));
	contains(h->clients[0].console, "monitor fault");
	contains(harness_monitor(h, "fault"), "0xdeadbeec");
}

static void signals_to_deliver_are_ignored(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);

	starts_with(harness_ask(h, 0, "S0b"), "T05");
	starts_with(harness_ask(h, 0, "vCont;S0b:1"), "T05");
	harness_ask(h, 0, "Z1,8000018,2");
	harness_send(h, 0, "C0b", 3);
	assert_non_null(harness_wait(h, 0, 100));
}

static void malformed_vcont_is_an_error_and_nothing_runs(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);
	static const char *const bad[] = { "vCont;", "vCont;x", "vCont;r1", "vCont;c:", "vCont;c;",
					   "vCont;cq" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		starts_with(harness_ask(h, 0, bad[i]), "E.");
	assert_int_equal(harness_register(h, PC), LOOP_RESET);
}

static void resume_by_monitor_then_continue_waits(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);

	harness_monitor(h, "resume");
	assert_null(harness_continue(h, 10));
	harness_break(h, 0);
	starts_with(h->clients[0].answer, "T02");
}

static void stepi_is_cheap(void **state)
{
	struct harness *h = at_reset(state, NULL, 0);
	uint64_t before;

	harness_ask(h, 0, "vCont;s:1;c");
	before = harness_exchanges(h);
	harness_ask(h, 0, "vCont;s:1;c");
	print_message("stepi: %llu exchanges\n", (unsigned long long)(harness_exchanges(h) - before));
	assert_true(harness_exchanges(h) - before <= 15);
}

static void attach_is_cheap(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	print_message("attach and halt: %llu exchanges\n",
		      (unsigned long long)harness_exchanges(h));
	assert_true(harness_exchanges(h) <= 40);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(stop_reply_carries_the_registers),
		TEST(steps_one_instruction),
		TEST(stops_at_a_breakpoint),
		TEST(software_breakpoints_in_flash_become_units),
		TEST(watchpoint_tells_the_address),
		TEST(stop_is_noticed_quickly),
		TEST(ctrl_c_stops_with_sigint),
		TEST(ctrl_c_while_halted_is_swallowed),
		TEST(ctrl_c_that_crosses_a_stop_ends_the_next_resume),
		TEST(ctrl_c_of_long_ago_is_forgotten),
		TEST(range_step_ends_outside_of_the_range),
		TEST(range_step_over_an_endless_loop_hears_ctrl_c),
		TEST(restart_goes_to_the_reset_vector),
		TEST(killed_means_no_threads_until_run),
		TEST(detach_lets_the_program_run_without_breakpoints),
		TEST(kill_ends_the_session_not_the_server),
		TEST(semihosting_prints_and_exits),
		TEST(semihosting_off_names_the_command),
		TEST(fault_is_told_as_a_signal_with_its_story),
		TEST(signals_to_deliver_are_ignored),
		TEST(malformed_vcont_is_an_error_and_nothing_runs),
		TEST(resume_by_monitor_then_continue_waits),
		TEST(stepi_is_cheap),
		TEST(attach_is_cheap),
	};

	return cmocka_run_group_tests_name("rsp_run", tests, NULL, NULL);
}
