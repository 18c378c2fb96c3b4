/* SPDX-License-Identifier: MIT
 *
 * A USB command that gets lost, stalls or is answered late, at every place of a session: the client is
 * answered each time, and afterwards everything works.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/tether-faults-XXXXXX";

static void write_schedule(unsigned at, const char *fault)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "command %u %s\n", at, fault);
	fclose(file);
}

static struct harness *start_with_fault(unsigned at, const char *fault)
{
	struct harness *h = harness_init("STM32F407VG");

	write_schedule(at, fault);
	snprintf(h->spec.faults, sizeof(h->spec.faults), "%s", path);
	harness_start(h);
	harness_poke(h, PROGRAM_BASE, program_loop, sizeof(program_loop));
	harness_boot(h);
	return h;
}

/* What a client does in a minute; returns how many exchanges that took. */
static uint64_t live(struct harness *h)
{
	const char *stop;

	harness_ask(h, 0, "qSupported:swbreak+;hwbreak+");
	assert_int_not_equal(harness_ask(h, 0, "?")[0], 'E');
	harness_ask(h, 0, "g");
	harness_ask(h, 0, "m8000000,40");
	harness_ask(h, 0, "m20000000,40");
	harness_ask(h, 0, "M20000100,4:01020304");
	harness_ask(h, 0, "vCont;s:1");
	harness_ask(h, 0, "Z1,8000018,2");
	stop = harness_continue(h, 3000);
	if (!stop) {
		harness_break(h, 0);
		stop = h->clients[0].answer;
	}
	assert_true(stop[0] == 'T' || stop[0] == 'W' || stop[0] == 'E');
	return harness_exchanges(h);
}

/* Whatever happened before: a restart leads back to normal. */
static void works_again(struct harness *h, unsigned at, const char *fault)
{
	const char *stop = harness_ask(h, 0, "vRun;");

	if (strncmp(stop, "T05", 3))
		fail_msg("after '%u %s' vRun is answered '%s': %s", at, fault, stop,
			 harness_monitor(h, "version"));
	assert_int_equal(harness_register(h, 15), LOOP_RESET);
	assert_string_equal(harness_ask(h, 0, "m8000000,8"), "0000022009000008");
	assert_string_equal(harness_ask(h, 0, "M20000100,4:05060708"), "OK");
	assert_string_equal(harness_ask(h, 0, "m20000100,4"), "05060708");
	harness_ask(h, 0, "Z1,8000018,2");
	stop = harness_continue(h, 1000);
	assert_non_null(stop);
	assert_int_equal(harness_register(h, 15), LOOP_FUNC);
}

static void sweep(const char *fault)
{
	struct harness *h = start_with_fault(1000000, fault);
	unsigned step = getenv("FULL") ? 1 : 4;	/* make check-all: every place */
	uint64_t last = live(h);

	harness_free(h);
	for (unsigned at = 8; at <= last; at += step) {	/* the first ones open the probe */
		h = start_with_fault(at, fault);
		live(h);
		works_again(h, at, fault);
		harness_free(h);
	}
}

static void lost_commands(void **state) { (void)state; sweep("timeout"); }
static void lost_replies(void **state) { (void)state; sweep("lost"); }
static void late_replies(void **state) { (void)state; sweep("late 3000"); }
static void stalls(void **state) { (void)state; sweep("stall"); }

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	return fd < 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lost_commands),
		cmocka_unit_test(lost_replies),
		cmocka_unit_test(late_replies),
		cmocka_unit_test(stalls),
	};

	return cmocka_run_group_tests_name("rsp_faults", tests, make_file, remove_file);
}
