/* SPDX-License-Identifier: MIT
 *
 * SWO reception byte by byte: the recorded start, what is fetched, and what the probe can't be asked
 * meanwhile.
 */
#include "tests/unit/scripted_probe.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ENTER { "f2 30 a3", NULL, "80 00", 0 }
#define EXIT { "f2 21", NULL, NULL, 0 }
#define STOP { "f2 41", NULL, "80 00", 0 }
#define START { "f2 40 00 10 80 84 1e 00", NULL, "80 00", 0 }	/* as recorded: 4096, 2 MHz */
#define COUNT(bytes) { "f2 42", NULL, bytes, 0 }
enum { BAUD = 2000000 };

static struct probe *open_traced(struct fake_link *fake, const struct fake_step *steps)
{
	struct probe *probe = open_probe(fake, steps);

	assert_int_equal(probe_enter_swd(probe, NULL), OK);
	assert_int_equal(probe_trace_start(probe, BAUD), OK);
	return probe;
}

static void fetches_what_is_counted(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J16), ENTER, STOP, START, COUNT("00 00"), COUNT("02 00"), STOP, EXIT, END,
	};
	uint8_t bytes[PROBE_TRACE_RING];
	struct fake_link fake;
	struct probe *probe = open_traced(&fake, steps);
	uint32_t got;
	bool lost;

	(void)state;
	assert_int_equal(probe_trace_read(probe, bytes, &got, &lost), OK);
	assert_int_equal(got, 0);
	fake.trace = "01 38";
	assert_int_equal(probe_trace_read(probe, bytes, &got, &lost), OK);
	assert_int_equal(got, 2);
	assert_false(lost);
	assert_memory_equal(bytes, "\x01\x38", 2);
	assert_int_equal(probe_trace_stop(probe), OK);
	assert_int_equal(probe_trace_read(probe, bytes, &got, &lost), OK);	/* asks nothing */
	close_probe(&fake, probe);
}

static void a_full_ring_has_lost_something(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J16), ENTER, STOP, START, COUNT("00 10"), COUNT("f0 ff"), STOP, START, STOP, EXIT,
		END,
	};
	uint8_t bytes[PROBE_TRACE_RING];
	struct fake_link fake;
	struct probe *probe = open_traced(&fake, steps);
	uint32_t got;
	bool lost;

	(void)state;
	fake.trace = "01 38";
	assert_int_equal(probe_trace_read(probe, bytes, &got, &lost), OK);
	assert_true(lost);
	/* A count that no ring can hold: old firmware has lost its way. */
	assert_int_equal(probe_trace_read(probe, bytes, &got, &lost), OK);
	assert_true(lost);
	assert_int_equal(got, 0);
	close_probe(&fake, probe);
}

static void nothing_on_the_end_point_is_no_error(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J16), ENTER, STOP, START, COUNT("02 00"), COUNT("02 00"), STOP, EXIT,
		END,
	};
	uint8_t bytes[PROBE_TRACE_RING];
	struct fake_link fake;
	struct probe *probe = open_traced(&fake, steps);
	uint32_t got;
	bool lost;

	(void)state;
	fake.trace_err = E_TIMEOUT;
	assert_int_equal(probe_trace_read(probe, bytes, &got, &lost), OK);
	assert_int_equal(got, 0);
	fake.trace_err = E_GONE;
	assert_int_equal(probe_trace_read(probe, bytes, &got, &lost), E_GONE);
	close_probe(&fake, probe);
}

static void it_stops_for_enter_and_speed(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J37), ENTER, STOP, START,
		STOP, ENTER, START,
		STOP, { "f2 43 01 00", NULL, "80 00", 0 }, START,
		STOP, EXIT, END,
	};
	struct fake_link fake;
	struct probe *probe = open_traced(&fake, steps);
	uint32_t khz;

	(void)state;
	assert_int_equal(probe_enter_swd(probe, NULL), OK);
	assert_int_equal(probe_set_speed(probe, 1800, &khz), OK);
	close_probe(&fake, probe);
}

static void knows_what_the_probe_can_receive(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J16), ENTER, STOP, { "f2 40 00 10 80 84 1e 00", NULL, "20 00", 0 }, EXIT, END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);

	(void)state;
	assert_int_equal(probe_enter_swd(probe, NULL), OK);
	assert_int_equal(probe_trace_start(probe, BAUD + 1), E_ARGUMENT);
	assert_int_equal(probe_trace_start(probe, 0), E_ARGUMENT);
	assert_int_equal(probe_trace_start(probe, BAUD), E_FIRMWARE);	/* SWV_NOT_AVAILABLE */
	assert_int_equal(probe_trace_stop(probe), OK);
	close_probe(&fake, probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fetches_what_is_counted),
		cmocka_unit_test(a_full_ring_has_lost_something),
		cmocka_unit_test(nothing_on_the_end_point_is_no_error),
		cmocka_unit_test(it_stops_for_enter_and_speed),
		cmocka_unit_test(knows_what_the_probe_can_receive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
