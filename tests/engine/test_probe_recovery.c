/* SPDX-License-Identifier: MIT
 *
 * A probe that gets out of step, hangs, or is pulled out and put back in the middle of a session. Each fault needs
 * another rung of the recovery ladder; whatever it takes, no wrong byte is ever read, and the session goes on.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/virtual/firmware/personality.h"
#include "probe/virtual/link_virtual.h"

/* A slow core: seconds of time-outs pass while it runs. */
#define PART "STM32L152RE"

/* What leads out of it: draining; clearing the halt; a reset of the device; opening it anew. */
static const char *const faults[] = { "lost", "late 3500", "late 900", "short 1", "babble", "timeout", "stall", "wedged",
				      "gone 300" };

static struct firmware *firmware_of(struct harness *h)
{
	return virtual_link_firmware(h->link);
}

/* At the n-th command from now on. */
static void schedule(struct harness *h, const char *fault, unsigned n)
{
	struct why why = { "" };
	char text[40];

	snprintf(text, sizeof(text), "command %u %s", n, fault);
	if (faults_parse(firmware_faults(firmware_of(h)), text, &why))
		fail_msg("%s", why.text);
}

static struct harness *at_reset(const char *firmware)
{
	struct harness *h = harness_init(PART);

	snprintf(h->spec.firmware, sizeof(h->spec.firmware), "%s", firmware);
	harness_start(h);
	harness_poke(h, PROGRAM_BASE, program_loop, sizeof(program_loop));
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	h->clients[0].console_length = 0;
	h->clients[0].console[0] = '\0';
	return h;
}

static void expect(const char *fault, const char *text, const char *words)
{
	if (!text || !strstr(text, words))
		fail_msg("'%s': no '%s' in: %s", fault, words, text ? text : "nothing");
}

/* Answered, or refused; never with other bytes. */
static void assert_reads_right(struct harness *h, const char *fault)
{
	static const char right[] = "00000220090000080020" "4ff0";
	const char *answer = harness_ask(h, 0, "m8000000,c");

	if (answer[0] != 'E' && strncmp(answer, "0000022009000008", 16))
		fail_msg("'%s': 12 bytes of flash are %s, not %s", fault, answer, right);
}

static void a_halted_session_goes_on(const char *fault, unsigned n)
{
	struct harness *h = at_reset("V2J37S7");
	uint32_t r0;

	schedule(h, fault, n);
	for (unsigned i = 0; i < 3; i++) {
		harness_monitor(h, "cache off");
		assert_reads_right(h, fault);
	}
	schedule(h, "timeout", 1000000);
	assert_memory_equal(harness_ask(h, 0, "m8000000,8"), "0000022009000008", 16);
	if (harness_register(h, 15) != LOOP_RESET)
		fail_msg("'%s' at %u: the core is at 0x%08x", fault, n, harness_register(h, 15));
	assert_string_equal(harness_ask(h, 0, "Z1,8000018,2"), "OK");
	expect(fault, harness_continue(h, 1000), "hwbreak");
	r0 = harness_register(h, 0);
	assert_int_equal(r0, 1);
	harness_free(h);
}

static void a_running_session_goes_on(const char *fault, unsigned n)
{
	struct harness *h = at_reset("V2J37S7");

	assert_null(harness_continue(h, 20));
	schedule(h, fault, n);
	assert_null(harness_wait(h, 0, 100));
	schedule(h, "timeout", 1000000);
	harness_break(h, 0);
	expect(fault, h->clients[0].answer, "T02");
	if (strstr(h->clients[0].console, "reset"))
		fail_msg("'%s' at %u: it was no reset: %s", fault, n, h->clients[0].console);
	assert_string_equal(harness_ask(h, 0, "Z1,8000018,2"), "OK");
	expect(fault, harness_continue(h, 1000), "hwbreak");
	assert_int_equal(harness_register(h, 15), LOOP_FUNC);
	harness_free(h);
}

static void sessions_go_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		for (unsigned n = 1; n < (getenv("FULL") ? 12 : 3); n++) {
			a_halted_session_goes_on(faults[i], n);
			a_running_session_goes_on(faults[i], n);
		}
}

/* Breakpoints that were in the chip when the cable was pulled still stop it; also those that its power took. */
static void breakpoints_outlive_the_cable(void **state)
{
	static const bool powered[] = { true, false };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(powered); i++) {
		struct harness *h = at_reset("V2J37S7");
		const char *stop;

		assert_string_equal(harness_ask(h, 0, "Z1,8000018,2"), "OK");
		expect("start", harness_continue(h, 1000), "hwbreak");
		assert_string_equal(harness_ask(h, 0, "z1,8000018,2"), "OK");
		assert_string_equal(harness_ask(h, 0, "Z1,8000008,2"), "OK");	/* reset handler: not yet */
		assert_null(harness_continue(h, 20));
		schedule(h, "gone 300", 1);
		if (!powered[i]) {
			machine_set_power(h->machine, false);
			machine_set_power(h->machine, true);
		}
		stop = harness_wait(h, 0, 2000);
		expect("gone", h->clients[0].console, "unplugged for a moment");
		if (powered[i]) {
			assert_null(stop);
			assert_null(strstr(h->clients[0].console, "reset"));
			harness_boot(h);
			stop = harness_wait(h, 0, 1000);
			expect("breakpoint", stop, "hwbreak");
		} else {	/* it ran past the handler before anybody could set breakpoints again */
			expect("gone", h->clients[0].console, "The chip was reset or lost its power meanwhile (power-on)");
			harness_boot(h);
			expect("breakpoint", harness_wait(h, 0, 1000), "hwbreak");
		}
		harness_free(h);
	}
}

/* Nothing but a hand helps; the next step is named, and works. */
static void a_hung_probe_is_explained(void **state)
{
	struct harness *h = at_reset("V2J37S7");

	(void)state;
	assert_null(harness_continue(h, 20));
	schedule(h, "hung", 1);
	assert_string_equal(harness_wait(h, 0, 30000), "W00");
	expect("hung", h->clients[0].console, "unplug it and plug it in again, then `attach 1` in GDB, or `monitor connect`");
	firmware_replug(firmware_of(h));
	expect("replugged", harness_monitor(h, "connect"), "connected to");
	assert_memory_equal(harness_ask(h, 0, "vRun;"), "T05", 3);
	assert_int_equal(harness_register(h, 15), LOOP_RESET);
	harness_free(h);
}

/* With what was being done, what happened, and what to do. */
static void a_load_that_loses_the_supply_says_so(void **state)
{
	struct harness *h = at_reset("V2J37S7");
	const char *said;

	(void)state;
	schedule(h, "power-off", 8);
	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00000100"), "OK");
	assert_string_equal(harness_ask(h, 0, "vFlashWrite:8000000:abcdefghabcdefgh"), "OK");
	assert_int_equal(harness_ask(h, 0, "vFlashDone")[0], 'E');
	said = harness_monitor(h, "version");
	expect("power-off", said, "Load failed: ");
	expect("power-off", said, "the target has no supply voltage");
	expect("power-off", said, "Next: switch the board on");
	harness_free(h);
}

/* It was pulled out, and when it came back somebody was quicker. */
static struct {
	const struct link_ops *ops;
	bool taken;
} thief;

static int exchange_or_not(struct link *link, struct link_exchange *x)
{
	return thief.taken ? E_GONE : thief.ops->exchange(link, x);
}

static int recover_or_not(struct link *link, enum link_recovery step)
{
	if (!thief.taken)
		return thief.ops->recover(link, step);
	return step == LINK_RESET ? E_PROBE_BUSY : E_GONE;
}

static void a_probe_that_another_program_took_is_named(void **state)
{
	struct harness *h = at_reset("V2J37S7");
	struct link_ops ops = *h->link->ops;

	(void)state;
	assert_null(harness_continue(h, 20));
	thief.ops = h->link->ops;
	thief.taken = true;
	ops.exchange = exchange_or_not;
	ops.recover = recover_or_not;
	h->link->ops = &ops;
	assert_string_equal(harness_wait(h, 0, 5000), "W00");
	expect("taken", h->clients[0].console, "Another program has taken the probe");
	expect("taken", harness_monitor(h, "connect"), "Another program has taken the probe");
	thief.taken = false;
	expect("given back", harness_monitor(h, "connect"), "connected to");
	h->link->ops = thief.ops;
	harness_free(h);
}

/* From whatever mode a probe has at power-up: mass storage, DFU. */
static void every_firmware_is_brought_into_debug_mode(void **state)
{
	const struct personality *p;

	(void)state;
	for (unsigned i = 0; (p = personality_at(i)); i++) {
		struct harness *h = at_reset(p->name);

		assert_memory_equal(harness_ask(h, 0, "m8000000,8"), "0000022009000008", 16);
		firmware_replug(firmware_of(h));	/* back in that mode, behind everybody's back */
		harness_monitor(h, "cache off");
		assert_reads_right(h, p->name);
		harness_monitor(h, "reset halt");
		if (harness_register(h, 15) != LOOP_RESET)
			fail_msg("%s: after its replug at 0x%08x", p->name, harness_register(h, 15));
		harness_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_go_on),
		cmocka_unit_test(breakpoints_outlive_the_cable),
		cmocka_unit_test(a_hung_probe_is_explained),
		cmocka_unit_test(a_load_that_loses_the_supply_says_so),
		cmocka_unit_test(a_probe_that_another_program_took_is_named),
		cmocka_unit_test(every_firmware_is_brought_into_debug_mode),
	};

	return cmocka_run_group_tests_name("probe recovery", tests, NULL, NULL);
}
