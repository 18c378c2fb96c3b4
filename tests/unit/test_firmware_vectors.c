/* SPDX-License-Identifier: MIT
 *
 * What a real ST-LINK/V2 (V2J16S0) on an STM32L1 answered, byte for byte, against the virtual one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/bench.h"

static void answers_as_recorded_before_enter(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "V2J16S0");
	bench_expect(&b, "F1 80", "24 00 83 04 48 37");
	bench_expect(&b, "F5", "00 01");
	bench_expect(&b, "F3 07", "");
	bench_expect(&b, "F7", "9a 06 00 00 07 08 00 00");
	bench_expect(&b, "F2 30 A3", "80 00");
	bench_expect(&b, "F5", "02 00");
	bench_expect(&b, "F2 21", "");
	bench_close(&b);
}

static void answers_as_recorded_while_halting(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J16S0");
	bench_expect(&b, "F2 35 08 20 04 E0 00 10 00 00", "80 00");
	bench_expect(&b, "F2 35 F0 ED 00 E0 03 00 5F A0", "80 00");
	bench_expect(&b, "F2 36 F0 ED 00 E0", "80 00 00 00 03 00 03 03");
	bench_expect(&b, "F2 36 F0 ED 00 E0", "80 00 00 00 03 00 03 00");
	bench_expect(&b, "F2 35 0C ED 00 E0 04 00 FA 05", "80 00");
	bench_expect(&b, "F2 36 0C ED 00 E0", "80 00 00 00 00 00 05 FA");
	bench_expect(&b, "F2 36 F0 ED 00 E0", "80 00 00 00 03 00 03 02");
	bench_expect(&b, "F2 36 F0 ED 00 E0", "80 00 00 00 03 00 03 00");
	bench_expect(&b, "F2 34 10 00 00 00 01", "80 00");
	bench_close(&b);
}

static void answers_as_recorded_for_memory(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J16S0");
	bench_expect(&b, "F2 07 00 ED 00 E0 04 00", "30 C2 2F 41");
	bench_expect(&b, "F2 3E", "80 00 00 00 00 00 00 00 00 00 00 00");
	bench_expect(&b, "F2 07 00 20 04 E0 04 00", "16 64 18 10");
	bench_send(&b, "F2 08 00 30 00 40 04 00", "\xAA\xAA\x00\x00", 4);
	bench_expect(&b, "F2 3E", "80 00 00 00 00 00 00 00 00 00 00 00");
	bench_close(&b);
}

/* What came on the trace end point. */
static void expect_trace(struct bench *b, const void *bytes, size_t length)
{
	uint8_t came[64];

	assert_int_equal(link_trace_read(b->link, came, sizeof(came), 1), length);
	assert_memory_equal(came, bytes, length);
}

static void answers_as_recorded_for_trace(void **state)
{
	enum { BAUD = 2000000 };
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J16S0");
	bench_expect(&b, "F2 41", "80 00");
	bench_expect(&b, "F2 40 00 10 80 84 1E 00", "80 00");
	bench_expect(&b, "F2 42", "00 00");
	fake_machine_trace(b.machine, "\x01\x38", 2, BAUD);
	bench_expect(&b, "F2 42", "02 00");
	expect_trace(&b, "\x01\x38", 2);
	fake_machine_trace(b.machine, "\0\0\0\0\0\x80", 6, BAUD);
	bench_expect(&b, "F2 42", "06 00");
	expect_trace(&b, "\0\0\0\0\0\x80", 6);
	bench_expect(&b, "F2 42", "00 00");
	bench_expect(&b, "F2 41", "80 00");
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_as_recorded_before_enter),
		cmocka_unit_test(answers_as_recorded_while_halting),
		cmocka_unit_test(answers_as_recorded_for_memory),
		cmocka_unit_test(answers_as_recorded_for_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
