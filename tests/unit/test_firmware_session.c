/* SPDX-License-Identifier: MIT
 *
 * Modes, pins, versions, speeds, core registers and access ports of the virtual firmware.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "tests/unit/bench.h"

static void versions_are_spelled_as_hosts_read_them(void **state)
{
	static const struct {
		const char *firmware, *f1, *fb;
	} rows[] = {
		{ "V2J28S7", "27 07 83 04 48 37", NULL },
		{ "V2J37S7", "29 47 83 04 48 37", NULL },
		{ "V2J45M31", "2B 5F 83 04 4B 37", NULL },
		{ "V3J7M3", "30 00 83 04 4E 37", "03 01 07 03 04 00 00 00 83 04 4E 37" },
		{ "V3PWR", "40 00 83 04 57 37", "04 00 05 00 01 05 00 00 83 04 57 37" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bench b;

		bench_open(&b, rows[i].firmware);
		bench_expect(&b, "F1", rows[i].f1);
		if (rows[i].fb)
			bench_expect(&b, "FB", rows[i].fb);
		bench_close(&b);
	}
}

static void dfu_mode_has_to_be_left_first(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "V2J37S7");
	bench_expect(&b, "F5", "00 01");
	bench_silent(&b, "F7");
	bench_expect(&b, "F2 30 A3", "08 00");
	bench_expect(&b, "F2 3C 00", "08 00");
	bench_expect(&b, "F3 07", "");
	bench_expect(&b, "F5", "01 00");
	bench_expect(&b, "F7", "9a 06 00 00 07 08 00 00");
	bench_expect(&b, "F2 30 A3", "80 00");
	bench_expect(&b, "F5", "02 00");
	bench_close(&b);
}

static void leaving_debug_mode_releases_everything(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	bench_expect(&b, "F2 3C 00", "80 00");
	assert_false(machine_nrst(b.machine));
	bench_expect(&b, "F2 21", "");
	assert_true(machine_nrst(b.machine));
	bench_expect(&b, "F5", "01 00");
	bench_expect(&b, "F2 36 00 ED 00 E0", "08 00 00 00 00 00 00 00");
	bench_close(&b);
}

static void the_reset_pin_works_before_enter(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "V2J45M31");
	bench_expect(&b, "F2 3C 00", "80 00");
	assert_false(machine_nrst(b.machine));
	bench_expect(&b, "F2 30 A3", "80 00");
	assert_false(machine_nrst(b.machine));
	bench_expect(&b, "F2 3C 01", "80 00");
	assert_int_equal(fake_machine_resets(b.machine), 1);
	bench_expect(&b, "F2 3C 02", "80 00");
	assert_int_equal(fake_machine_resets(b.machine), 2);
	assert_true(machine_nrst(b.machine));
	bench_expect(&b, "F2 3C 03", "08 00");
	bench_close(&b);
}

static void only_v3_keeps_the_reset_pin_over_a_second_enter(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	bench_expect(&b, "F2 3C 00", "80 00");
	bench_expect(&b, "F2 30 A3", "80 00");
	assert_true(machine_nrst(b.machine));
	bench_close(&b);
	bench_enter(&b, "V3J7M3");
	bench_expect(&b, "F2 3C 00", "80 00");
	bench_expect(&b, "F2 30 A3", "80 00");
	assert_false(machine_nrst(b.machine));
	bench_close(&b);
}

static void enter_says_09_when_nothing_answers(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "V2J45M31");
	fake_machine_set_dead(b.machine, true);
	bench_expect(&b, "F2 30 A3", "09 00");
	bench_expect(&b, "F5", "01 00");
	fake_machine_set_dead(b.machine, false);
	bench_expect(&b, "F2 30 A3", "80 00");
	bench_expect(&b, "F2 30 A4", "04 00");		/* no JTAG on this board */
	bench_expect(&b, "F2 31", "80 00 00 00 77 14 A0 2B 00 00 00 00");
	bench_expect(&b, "F2 22", "77 14 A0 2B");
	bench_close(&b);
}

static void speeds_of_v2_are_divisors(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	bench_expect(&b, "F2 43 00 00", "80 00");
	bench_expect(&b, "F2 43 1E 03", "80 00");
	bench_expect(&b, "F2 61 00 00 A0 0F 00 00", "42 00");
	bench_close(&b);
}

static void speeds_of_v3_come_from_its_list(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V3J7M3");
	bench_expect(&b, "F2 61 00 00 A0 0F 00 00", "80 00 00 00 E4 0C 00 00");	/* 4000: 3300 */
	bench_expect(&b, "F2 61 00 00 04 00 00 00", "08 00 00 00 00 00 00 00");
	bench_expect(&b, "F2 62 00", "80 00 00 00 E4 0C 00 00 07 00 00 00 C0 5D 00 00 40 1F 00 00 "
		     "E4 0C 00 00 E8 03 00 00 C8 00 00 00 32 00 00 00 05 00 00 00 "
		     "00 00 00 00 00 00 00 00 00 00 00 00");
	bench_expect(&b, "F2 63 01", "40 00 00 00 01 00 00 00");
	bench_close(&b);
}

static void trace_has_to_stop_before_enter_and_speed(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	bench_expect(&b, "F2 40 00 10 80 84 1E 00", "80 00");
	bench_expect(&b, "F2 30 A3", "08 00");
	bench_expect(&b, "F2 43 01 00", "08 00");
	bench_expect(&b, "F2 41", "80 00");
	bench_expect(&b, "F2 30 A3", "80 00");
	bench_expect(&b, "F2 40 00 10 00 36 6E 01", "08 00");	/* 24 MHz is for V3 */
	bench_close(&b);
}

static void core_registers_go_through_the_debug_registers(void **state)
{
	uint8_t reply[88];
	size_t got;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	bench_expect(&b, "F2 02", "80 00");
	bench_expect(&b, "F2 34 05 78 56 34 12", "80 00");
	bench_expect(&b, "F2 33 05", "80 00 00 00 78 56 34 12");
	bench_expect(&b, "F2 34 10 00 02 00 01", "0D 00");	/* a bit that does not stick */
	bench_expect(&b, "F2 33 10", "80 00 00 00 00 00 00 01");
	bench_expect(&b, "F2 34 14 01 00 00 02", "80 00");
	assert_int_equal(bench_ask(&b, "F2 3A", reply, sizeof(reply), &got), 0);
	assert_int_equal(got, 88);
	assert_true(get_u32(reply) == 0x80);
	assert_true(get_u32(reply + 4 + 4 * 5) == 0x12345678);
	assert_true(get_u32(reply + 4 + 4 * 20) == 0x02000001);
	bench_close(&b);
}

static void run_control_of_the_old_commands(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	bench_expect(&b, "F2 02", "80 00");
	bench_expect(&b, "F2 01", "81 00");
	bench_expect(&b, "F2 09", "80 00");
	bench_expect(&b, "F2 01", "80 00");
	bench_expect(&b, "F2 32", "80 00");
	assert_int_equal(fake_machine_resets(b.machine), 1);
	bench_close(&b);
}

static void access_ports_have_to_be_opened(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	bench_expect(&b, "F2 4B 00 00", "80 00");
	bench_expect(&b, "F2 4B 01 00", "1D 00");		/* there is none */
	bench_expect(&b, "F2 4B 09 00", "1D 00");
	bench_expect(&b, "F2 36 00 ED 00 E0 01", "1D 00 00 00 00 00 00 00");
	bench_expect(&b, "F2 4C 00", "80 00");
	bench_expect(&b, "F2 4C 00", "1D 00");
	bench_close(&b);
	bench_enter(&b, "V2J28S7");
	bench_expect(&b, "F2 4B 00 00", "80 00");
	bench_expect(&b, "F2 4C 00", "1D 00");			/* J28 always says so */
	bench_close(&b);
}

static void a_core_on_port_1_needs_new_firmware(void **state)
{
	struct virtual_spec spec = fake_machine_spec("V2J37S7");
	struct bench b;
	struct why why;

	(void)state;
	spec.ap = 1;
	assert_int_equal(virtual_link_open(&b.link, &spec, &why), 0);
	bench_expect(&b, "F3 07", "");
	bench_expect(&b, "F2 30 A3", "80 00");
	bench_expect(&b, "F2 36 00 ED 00 E0 00", "80 00 00 00 00 00 00 00");
	bench_expect(&b, "F2 36 00 ED 00 E0 01", "1D 00 00 00 00 00 00 00");
	bench_expect(&b, "F2 4B 01 00", "80 00");
	bench_expect(&b, "F2 36 00 ED 00 E0 01", "80 00 00 00 30 C2 2F 41");
	bench_expect(&b, "F2 30 A3", "80 00");			/* a second ENTER keeps it open */
	bench_expect(&b, "F2 36 00 ED 00 E0 01", "80 00 00 00 30 C2 2F 41");
	bench_close(&b);
}

static void power_is_switched_where_the_board_can(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J45M31");
	bench_expect(&b, "FD 00", "80 00");
	bench_expect(&b, "F7", "9a 06 00 00 00 00 00 00");
	bench_expect(&b, "F2 30 A3", "09 00");
	bench_expect(&b, "FD 01", "80 00");
	bench_expect(&b, "F2 30 A3", "80 00");
	bench_close(&b);
	bench_enter(&b, "V2J37S7");
	bench_expect(&b, "FD 00", "06 00");
	assert_int_not_equal(machine_supply_mv(b.machine), 0);
	bench_close(&b);
}

static void board_identifiers_are_128_bytes(void **state)
{
	uint8_t reply[128];
	size_t got;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J45M31");
	assert_int_equal(bench_ask(&b, "F2 56", reply, sizeof(reply), &got), 0);
	assert_int_equal(got, 128);
	assert_memory_equal(reply, "\x80\x00" "0735", 6);
	/* Reading less leaves the rest, and the next command gets it. */
	assert_int_equal(bench_ask(&b, "F2 56", reply, 64, &got), 0);
	assert_int_equal(bench_ask(&b, "F5", reply, 64, &got), 0);
	assert_int_equal(got, 64);
	bench_close(&b);
}

static void identity_names_model_and_chip(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, "V3J15M7");
	assert_int_equal(b.link->identity.vendor, 0x0483);
	assert_int_equal(b.link->identity.product, 0x374E);
	assert_string_equal(b.link->identity.path, "virtual:STM32L152RB");
	assert_int_equal(strlen(b.link->identity.serial), 24);
	assert_int_equal(strspn(b.link->identity.serial, "0123456789ABCDEF"), 24);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_spelled_as_hosts_read_them),
		cmocka_unit_test(dfu_mode_has_to_be_left_first),
		cmocka_unit_test(leaving_debug_mode_releases_everything),
		cmocka_unit_test(the_reset_pin_works_before_enter),
		cmocka_unit_test(only_v3_keeps_the_reset_pin_over_a_second_enter),
		cmocka_unit_test(enter_says_09_when_nothing_answers),
		cmocka_unit_test(speeds_of_v2_are_divisors),
		cmocka_unit_test(speeds_of_v3_come_from_its_list),
		cmocka_unit_test(trace_has_to_stop_before_enter_and_speed),
		cmocka_unit_test(core_registers_go_through_the_debug_registers),
		cmocka_unit_test(run_control_of_the_old_commands),
		cmocka_unit_test(access_ports_have_to_be_opened),
		cmocka_unit_test(a_core_on_port_1_needs_new_firmware),
		cmocka_unit_test(power_is_switched_where_the_board_can),
		cmocka_unit_test(board_identifiers_are_128_bytes),
		cmocka_unit_test(identity_names_model_and_chip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
