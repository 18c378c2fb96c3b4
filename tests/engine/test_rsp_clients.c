/* SPDX-License-Identifier: MIT
 *
 * Several clients, and clients that leave: who controls, who observes, what the core does afterwards
 *.
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

static void starts_with(const char *text, const char *start)
{
	if (strncmp(text, start, strlen(start)))
		fail_msg("'%.60s' does not start with '%s'", text, start);
}

static bool core_runs(struct harness *h)
{
	uint32_t before, after;

	harness_peek(h, LOOP_COUNTER, &before, sizeof(before));
	machine_advance(h->machine, 5000000);
	harness_peek(h, LOOP_COUNTER, &after, sizeof(after));
	return before != after;
}

static void second_client_observes(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_connect_gdb(h, 1);
	assert_int_equal(strlen(harness_ask(h, 1, "m8000000,4")), 8);
	assert_string_equal(harness_ask(h, 1, "M20000400,4:01020304"), "OK");
	starts_with(harness_ask(h, 1, "s"), "E");
	starts_with(harness_ask(h, 1, "vCont;c"), "E.Another client");
	starts_with(harness_ask(h, 1, "Z1,8000018,2"), "E.Another client");
	starts_with(harness_ask(h, 1, "vRun;"), "E.Another client");
	starts_with(harness_ask(h, 1, "P0=00000000"), "E");
}

static void observer_hears_no_stop_that_it_did_not_ask_for(void **state)
{
	struct harness *h = *state;
	unsigned answers;

	harness_connect_gdb(h, 0);
	harness_connect_gdb(h, 1);
	harness_monitor(h, "reset halt");
	harness_ask(h, 0, "Z1,8000018,2");
	answers = h->clients[1].answers;
	assert_non_null(harness_continue(h, 100));
	assert_int_equal(h->clients[1].answers, answers);
	assert_int_equal(h->clients[1].console_length, 0);
}

/* Its `continue` does nothing while the core runs, its Ctrl-C halts. */
static void observers_continue_waits_and_its_ctrl_c_halts(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	assert_null(harness_continue(h, 5));
	starts_with(harness_ask(h, 1, "?"), "T05");
	assert_true(core_runs(h));
	starts_with(harness_ask(h, 1, "vCont;s:1"), "E.Another client");
	harness_send(h, 1, "vCont;c", 7);
	assert_int_equal(h->clients[1].resumed, 1);
	harness_break(h, 1);
	starts_with(h->clients[1].answer, "T02");
	starts_with(h->clients[0].answer, "T02");
	assert_false(core_runs(h));
}

static void ctrl_c_of_one_who_does_not_wait_is_swallowed(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_connect_gdb(h, 1);
	assert_null(harness_continue(h, 5));
	harness_break(h, 1);
	assert_true(core_runs(h));
}

/* A script that was there before the debugger must not keep it from debugging. */
static void who_only_reads_does_not_control(void **state)
{
	struct harness *h = *state;

	harness_ask(h, 0, "qSupported");
	assert_int_equal(strlen(harness_ask(h, 0, "m8000000,4")), 8);
	assert_true(core_runs(h));
	harness_connect_gdb(h, 1);
	assert_false(core_runs(h));
	starts_with(harness_ask(h, 0, "vCont;s:1"), "E.Another client");
	starts_with(harness_ask(h, 1, "vCont;s:1"), "T05");
	assert_string_equal(harness_ask(h, 1, "D"), "OK");
	harness_close(h, 1);
	harness_close(h, 0);
	assert_true(core_runs(h));
}

/* GDB 13 aborts when it loads where there is no thread. */
static void who_comes_after_a_kill_finds_a_target(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	assert_string_equal(harness_ask(h, 0, "vKill;a410"), "OK");
	starts_with(harness_ask(h, 0, "?"), "W00");
	harness_close(h, 0);
	starts_with(harness_ask(h, 1, "?"), "T05");
	assert_string_equal(harness_ask(h, 1, "qfThreadInfo"), "m1");
}

static void detach_frees_the_control_for_others(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_connect_gdb(h, 1);
	assert_string_equal(harness_ask(h, 0, "D"), "OK");
	assert_true(core_runs(h));
	assert_int_equal(strlen(harness_ask(h, 1, "m8000000,4")), 8);
	starts_with(harness_ask(h, 1, "?"), "T05");
	assert_false(core_runs(h));
}

static bool is_debugged(struct harness *h)
{
	uint32_t dhcsr;

	assert_int_equal(machine_read(h->machine, 0xE000EDF0, 4, &dhcsr), BUS_OK);
	return dhcsr & 1;	/* C_DEBUGEN */
}

/* Nothing of us stays in the chip when the last one is gone; a client may attach again. */
static void last_one_takes_the_hands_off(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_connect_gdb(h, 1);
	harness_ask(h, 0, "D");
	assert_true(is_debugged(h));
	harness_ask(h, 1, "D");
	assert_false(is_debugged(h));
	assert_true(core_runs(h));
	assert_string_equal(harness_ask(h, 0, "?"), "W00");
	starts_with(harness_ask(h, 0, "vAttach;1"), "T05");
	assert_true(is_debugged(h));
	harness_close(h, 1);
	assert_true(is_debugged(h));
	harness_close(h, 0);
	assert_true(is_debugged(h));		/* the grace */
	harness_event(h, EVENT_GRACE_OVER, 0);
	assert_false(is_debugged(h));
}

static void observer_that_leaves_changes_nothing(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_connect_gdb(h, 1);
	harness_ask(h, 1, "D");
	harness_close(h, 1);
	assert_int_equal(h->grace_started, 0);
	assert_false(core_runs(h));
}

/* A socket that closes without D keeps the state, until the grace is over. */
static void lost_client_keeps_the_core_for_the_grace(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_close(h, 0);
	assert_int_equal(h->grace_started, 1);
	assert_false(core_runs(h));
	harness_event(h, EVENT_GRACE_OVER, 0);
	assert_true(core_runs(h));
}

static void client_that_comes_back_finds_what_it_left(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	harness_ask(h, 0, "s");
	harness_close(h, 0);
	starts_with(harness_ask(h, 0, "?"), "T05");
	assert_int_equal(h->grace_stopped, 1);
	assert_int_equal(harness_register(h, 15), LOOP_RESET + 2);
	harness_event(h, EVENT_GRACE_OVER, 0);		/* too late: it was stopped */
	assert_false(core_runs(h));
}

static void lost_clients_breakpoints_leave_the_units(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_ask(h, 0, "Z1,8000018,2");
	assert_non_null(harness_continue(h, 100));
	harness_close(h, 0);
	harness_event(h, EVENT_GRACE_OVER, 0);
	assert_true(core_runs(h));
}

static void on_exit_decides(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_monitor(h, "on-exit halt");
	assert_string_equal(harness_ask(h, 0, "D"), "OK");
	assert_false(core_runs(h));
	harness_ask(h, 1, "?");
	h->options.on_exit = ON_EXIT_RUN;
	harness_send(h, 1, "qRcmd,6f6e2d657869742072756e", 28);	/* on-exit run */
	harness_send(h, 1, "k", 1);
	assert_true(core_runs(h));
}

/* `monitor reset`, then leaving: the program runs. */
static void reset_then_quit_ends_running(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset");
	assert_false(core_runs(h));
	harness_ask(h, 0, "D");
	assert_true(core_runs(h));
}

static void quit_applies_on_exit_and_ends(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_ask(h, 0, "Z1,8000018,2");
	engine_flags_quit(&h->flags);
	harness_event(h, EVENT_QUIT, 0);
	assert_true(h->exited);
	assert_int_equal(h->exit_status, 0);
	assert_true(core_runs(h));
}

static void quit_without_a_target_just_ends(void **state)
{
	struct harness *h = *state;

	harness_event(h, EVENT_QUIT, 0);
	assert_true(h->exited);
}

/* While one loads, others read RAM, and are told why they can't do more. */
static void load_belongs_to_one_client(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_connect_gdb(h, 1);
	harness_ask(h, 1, "qSupported:error-message+");
	assert_string_equal(harness_ask(h, 0, "vFlashErase:08004000,00004000"), "OK");
	assert_int_equal(strlen(harness_ask(h, 1, "m20000000,4")), 8);
	starts_with(harness_ask(h, 1, "M20000000,4:00000000"), "E.Another client is loading");
	starts_with(harness_ask(h, 1, "vFlashErase:08004000,00004000"), "E.Another client");
	assert_string_equal(harness_ask(h, 0, "vFlashDone"), "OK");
	assert_string_equal(harness_ask(h, 1, "M20000000,4:00000000"), "OK");
}

struct watcher {
	struct harness *h;
	unsigned served;
	char ram[40], flash[40], write[40], go_on[40];
};

/* What a second GDB asks while the first one's load is in work. */
static void ask_meanwhile(void *context)
{
	struct watcher *w = context;

	if (w->served++)
		return;
	snprintf(w->ram, sizeof(w->ram), "%s", harness_ask(w->h, 1, "m2001f000,4"));
	snprintf(w->flash, sizeof(w->flash), "%s", harness_ask(w->h, 1, "m8000000,4"));
	snprintf(w->write, sizeof(w->write), "%s", harness_ask(w->h, 1, "M2001f000,4:00000000"));
	snprintf(w->go_on, sizeof(w->go_on), "%s", harness_ask(w->h, 1, "vCont;c"));
	starts_with(harness_ask(w->h, 2, "qSupported:"), "PacketSize");
	starts_with(harness_ask(w->h, 2, "?"), "T05");
	starts_with(harness_ask(w->h, 2, "g"), "0000");	/* GDB leaves without registers */
	starts_with(harness_ask(w->h, 2, "p19"), "00000001");
}

/* Between the blocks of a load RAM is read for others; the load is not disturbed. */
static void others_read_ram_while_a_load_is_in_work(void **state)
{
	struct harness *h = *state;
	struct watcher w = { .h = h };
	char packet[4096 + 40];
	uint8_t back[16];

	harness_connect_gdb(h, 0);
	harness_connect_gdb(h, 1);
	engine_on_load(h->engine, ask_meanwhile, &w);
	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00008000"), "OK");
	for (uint32_t at = 0; at < 0x8000; at += 4096) {
		int head = snprintf(packet, sizeof(packet), "vFlashWrite:%x:", PROGRAM_BASE + at);

		memset(packet + head, 0x5a, 4096);
		harness_send(h, 0, packet, (size_t)head + 4096);
	}
	assert_string_equal(harness_ask(h, 0, "vFlashDone"), "OK");
	assert_true(w.served > 0);
	assert_int_equal(strlen(w.ram), 8);
	starts_with(w.flash, "E");
	starts_with(w.write, "E");
	starts_with(w.go_on, "E.Another client's load of 32768 bytes");
	harness_peek(h, PROGRAM_BASE + 0x7ff0, back, sizeof(back));
	for (size_t i = 0; i < sizeof(back); i++)
		assert_int_equal(back[i], 0x5a);
	starts_with(harness_ask(h, 1, "m8007ff0,4"), "5a5a5a5a");
}

/* A reset from outside is told in one line. */
static void reset_from_outside_is_told(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	assert_null(harness_continue(h, 20));
	harness_boot(h);
	harness_run_ms(h, 20);
	assert_non_null(strstr(h->clients[0].console, "The chip was reset"));
	h->clients[0].console_length = 0;
	harness_boot(h);
	harness_run_ms(h, 20);
	assert_null(strstr(h->clients[0].console, "The chip was reset (pin), and"));
}

/* What GDB believes (halted) becomes true again. */
static void reset_while_halted_halts_again(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	harness_boot(h);
	assert_true(core_runs(h));
	harness_run_ms(h, 600);
	assert_false(core_runs(h));
	assert_non_null(strstr(harness_monitor(h, "version"), "reset from outside"));
	starts_with(harness_ask(h, 0, "vCont;s:1"), "T05");
}

/* GDB goes on waiting, and knows why; Ctrl-C ends that. */
static void target_that_loses_power_is_waited_for(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 0);
	assert_null(harness_continue(h, 20));
	machine_set_power(h->machine, false);
	assert_null(harness_wait(h, 0, 1000));
	assert_non_null(strstr(h->clients[0].console, "went silent"));
	assert_non_null(strstr(h->clients[0].console, "no supply voltage"));
	harness_break(h, 0);
	assert_string_equal(h->clients[0].answer, "W00");
	machine_set_power(h->machine, true);
	starts_with(harness_ask(h, 0, "vRun;"), "T05");
}

/* Power comes back, and with it the session and its breakpoints; the reset is told. */
static void a_session_outlives_a_power_cut(void **state)
{
	struct harness *h = *state;
	const char *stop;

	harness_poke(h, PROGRAM_BASE, program_loop, sizeof(program_loop));
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	assert_null(harness_continue(h, 20));
	machine_set_power(h->machine, false);
	assert_null(harness_wait(h, 0, 3000));
	h->clients[0].console_length = 0;
	machine_set_power(h->machine, true);
	assert_null(harness_wait(h, 0, 1000));
	assert_non_null(strstr(h->clients[0].console, "answers again"));
	assert_non_null(strstr(h->clients[0].console, "reset or lost its power meanwhile (power-on)"));
	harness_break(h, 0);
	assert_string_equal(harness_ask(h, 0, "Z1,8000018,2"), "OK");
	assert_non_null(harness_continue(h, 20));
	assert_null(harness_continue(h, 0));
	machine_set_power(h->machine, false);
	harness_run_ms(h, 500);
	machine_set_power(h->machine, true);
	stop = harness_wait(h, 0, 1000);
	assert_non_null(stop);
	assert_non_null(strstr(stop, "hwbreak"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(second_client_observes),
		TEST(observer_hears_no_stop_that_it_did_not_ask_for),
		TEST(observers_continue_waits_and_its_ctrl_c_halts),
		TEST(ctrl_c_of_one_who_does_not_wait_is_swallowed),
		TEST(who_only_reads_does_not_control),
		TEST(who_comes_after_a_kill_finds_a_target),
		TEST(detach_frees_the_control_for_others),
		TEST(last_one_takes_the_hands_off),
		TEST(observer_that_leaves_changes_nothing),
		TEST(lost_client_keeps_the_core_for_the_grace),
		TEST(client_that_comes_back_finds_what_it_left),
		TEST(lost_clients_breakpoints_leave_the_units),
		TEST(on_exit_decides),
		TEST(reset_then_quit_ends_running),
		TEST(quit_applies_on_exit_and_ends),
		TEST(quit_without_a_target_just_ends),
		TEST(load_belongs_to_one_client),
		TEST(others_read_ram_while_a_load_is_in_work),
		TEST(reset_from_outside_is_told),
		TEST(reset_while_halted_halts_again),
		TEST(target_that_loses_power_is_waited_for),
		TEST(a_session_outlives_a_power_cut),
	};

	return cmocka_run_group_tests_name("rsp_clients", tests, NULL, NULL);
}
