/* SPDX-License-Identifier: MIT
 *
 * The time model against what was published and measured.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "tests/unit/bench.h"

enum { RAM = FAKE_RAM, READ_32 = 0x07, WRITE_32 = 0x08 };

/* Within percent of the wanted. */
static void about(double is, double wanted, double percent)
{
	if (is < wanted * (1 - percent / 100) || is > wanted * (1 + percent / 100))
		fail_msg("%.2f is not within %.0f %% of %.2f", is, percent, wanted);
}

static double us_of(struct bench *b, void (*work)(struct bench *b))
{
	uint64_t before = machine_now_ns(b->machine);

	work(b);
	return (double)(machine_now_ns(b->machine) - before) / 1000;
}

static void dump_4_kib(struct bench *b)
{
	static uint8_t data[4096];

	assert_int_equal(bench_read(b, READ_32, RAM, sizeof(data), data), 0);
	assert_int_equal(bench_status(b, NULL), 0x80);
}

static void dump_6_kib(struct bench *b)
{
	static uint8_t data[6144];

	assert_int_equal(bench_read(b, READ_32, RAM, sizeof(data), data), 0);
}

static void dump_4092(struct bench *b)
{
	static uint8_t data[4092];

	assert_int_equal(bench_read(b, READ_32, RAM, sizeof(data), data), 0);
}

static void write_480(struct bench *b)
{
	static uint8_t data[480];

	bench_write(b, WRITE_32, RAM, sizeof(data), data);
}

static void read_debug_register(struct bench *b)
{
	bench_expect(b, "F2 36 00 ED 00 E0", "80 00 00 00 30 C2 2F 41");
}

static void read_core_register(struct bench *b)
{
	bench_expect(b, "F2 33 00", "80 00 00 00 00 00 00 00");
}

static void blocks_take_as_long_as_published(void **state)
{
	static const struct {
		const char *speed;
		double us_per_word;
	} rows[] = {
		{ "F2 43 00 00", 25.1 },	/* predicted */
		{ "F2 43 01 00", 37.1 },	/* 105.35 KiB/s at 1800 kHz */
		{ "F2 43 03 00", 60.4 },	/* 64.6 KiB/s at 950 kHz */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bench b;

		bench_enter(&b, "V2J37S7");
		bench_expect(&b, rows[i].speed, "80 00");
		about(us_of(&b, dump_4_kib) / 1024, rows[i].us_per_word, 2);
		bench_close(&b);
	}
}

static void v3_is_bound_by_its_clock(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V3J7M3");
	bench_expect(&b, "F2 61 00 00 C0 5D 00 00", "80 00 00 00 C0 5D 00 00");
	about(us_of(&b, dump_6_kib) / 1536, 4.5, 2);
	bench_close(&b);
}

static void old_firmware_is_as_slow_as_measured(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J16S0");
	about(us_of(&b, dump_4092), 80400, 2);
	about(us_of(&b, write_480), 9800, 10);
	bench_close(&b);
}

static void single_registers_take_as_long_as_measured(void **state)
{
	struct bench b;
	const struct meter *meter;
	uint64_t before;

	(void)state;
	bench_enter(&b, "V2J16S0");
	meter = firmware_meter(virtual_link_firmware(b.link));
	read_debug_register(&b);
	before = meter->swd_ns;
	read_debug_register(&b);
	about((double)(meter->swd_ns - before) / 1000, 110, 5);
	read_core_register(&b);
	before = meter->swd_ns;
	read_core_register(&b);
	about((double)(meter->swd_ns - before) / 1000, 256 + 36, 15);
	bench_close(&b);
}

static void time_is_accounted_for_to_the_last_nanosecond(void **state)
{
	struct link_times times;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	dump_4_kib(&b);
	link_wait_us(b.link, 1234);
	bench_silent(&b, "E0");
	assert_true(link_times(b.link, &times));
	assert_true(times.usb_ns + times.swd_ns + times.wait_ns == times.total_ns);
	assert_true(times.total_ns == machine_now_ns(b.machine));
	assert_true(link_now_us(b.link) == times.total_ns / 1000);
	bench_close(&b);
}

static void a_time_out_takes_exactly_its_time(void **state)
{
	struct link_exchange x = { .command = { 0xE0 }, .in_length = 2, .timeout_ms = 250 };
	uint8_t reply[2];
	uint64_t before;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	x.in = reply;
	before = link_now_us(b.link);
	assert_int_equal(link_do(b.link, &x), E_TIMEOUT);
	assert_int_equal(link_now_us(b.link) - before, 250000);
	bench_close(&b);
}

/* A host whose deadline is shorter than the work gets a time-out, and the reply with its next
 * command. */
static void a_deadline_shorter_than_the_work_desynchronises(void **state)
{
	struct link_exchange x = { .command = { 0xF2, READ_32, 0, 0, 0, 0x20, 0, 0x10 },
				   .in_length = 4096, .timeout_ms = 10 };
	uint8_t data[4096], reply[64];
	size_t got;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	x.in = data;
	assert_int_equal(link_do(b.link, &x), E_TIMEOUT);
	assert_int_equal(bench_ask(&b, "F5", reply, 64, &got), 0);
	assert_int_equal(got, 64);
	assert_int_equal(link_recover(b.link, LINK_DRAIN), 0);
	bench_expect(&b, "F5", "02 00");
	bench_close(&b);
}

static void paced_time_does_not_run_ahead(void **state)
{
	struct virtual_spec spec = fake_machine_spec("V2J45M31");
	struct link *link;
	struct why why;
	uint64_t start_us;

	(void)state;
	spec.paced = true;
	assert_int_equal(virtual_link_open(&link, &spec, &why), 0);
	start_us = link_now_us(link);
	link_wait_us(link, 20000);
	assert_in_range(link_now_us(link) - start_us, 20000, 120000);
	link_close(link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_take_as_long_as_published),
		cmocka_unit_test(v3_is_bound_by_its_clock),
		cmocka_unit_test(old_firmware_is_as_slow_as_measured),
		cmocka_unit_test(single_registers_take_as_long_as_measured),
		cmocka_unit_test(time_is_accounted_for_to_the_last_nanosecond),
		cmocka_unit_test(a_time_out_takes_exactly_its_time),
		cmocka_unit_test(a_deadline_shorter_than_the_work_desynchronises),
		cmocka_unit_test(paced_time_does_not_run_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
