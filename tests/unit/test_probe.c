/* SPDX-License-Identifier: MIT
 *
 * The probe's commands byte by byte, with the recorded vectors of a V2J16 where there are any, and
 * what each firmware is spared.
 */
#include "tests/unit/scripted_probe.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct probe_port ap0;

static void opens_a_recorded_v2_in_dfu_mode(void **state)
{
	static const struct fake_step steps[] = {
		{ "f1", NULL, V2J16, 0 },
		{ "f5", NULL, "00 01", 0 },
		{ "f3 07", NULL, NULL, 0 },
		{ "f5", NULL, "01 00", 0 },
		{ "f7", NULL, "9b 06 00 00 02 08 00 00", 0 },
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	uint32_t mv;

	(void)state;
	assert_true(fake.now_us >= 9000);
	assert_string_equal(probe_version(probe)->text, "V2J16S0");
	assert_string_equal(probe_version(probe)->model, "ST-LINK/V2");
	assert_int_equal(probe_voltage_mv(probe, &mv), OK);
	assert_int_equal(mv, 2909);
	close_probe(&fake, probe);
}

static void opens_a_v3_left_in_debug_mode(void **state)
{
	static const struct fake_step steps[] = {
		{ "f1", NULL, V3, 0 },
		{ "f5", NULL, "02 00", 0 },
		{ "fb", NULL, V3J7, 0 },
		{ "f2 21", NULL, NULL, 0 },
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);

	(void)state;
	assert_string_equal(probe_version(probe)->text, "V3J7M3");
	assert_int_equal(probe_abilities(probe)->mem8_max, 512);
	close_probe(&fake, probe);
}

static void leaves_swim(void **state)
{
	static const struct fake_step steps[] = {
		{ "f1", NULL, V2J37, 0 },
		{ "f5", NULL, "03 00", 0 },
		{ "f4 01", NULL, NULL, 0 },	/* gets lost */
		{ "f5", NULL, "03 00", 0 },
		{ "f4 01", NULL, NULL, 0 },
		{ "f5", NULL, "01 00", 0 },
		END,
	};
	struct fake_link fake;

	(void)state;
	close_probe(&fake, open_probe(&fake, steps));
}

static void refuses_what_it_can_not_use(void **state)
{
	static const struct fake_step v1[] = {
		{ "f1", NULL, "12 c0 83 04 44 37", 0 }, { "f5", NULL, "01 00", 0 }, END };
	static const struct fake_step swim_only[] = {
		{ "f1", NULL, "25 87 83 04 4b 37", 0 }, { "f5", NULL, "01 00", 0 }, END };
	static const struct fake_step bootloader[] = {
		{ "f1", NULL, V2J37, 0 }, { "f5", NULL, "04 00", 0 }, END };

	(void)state;
	open_fails(v1, E_FIRMWARE, "V1");
	open_fails(swim_only, E_FIRMWARE, "V2M22S7");
	open_fails(bootloader, E_FIRMWARE, "unplug");
}

static void speaks_the_recorded_bytes(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J16),
		{ "f2 30 a3", NULL, "80 00", 0 },
		{ "f2 31", NULL, "80 00 00 00 77 14 a0 2b 00 00 00 00", 0 },
		{ "f2 35 08 20 04 e0 00 10 00 00", NULL, "80 00", 0 },
		{ "f2 35 f0 ed 00 e0 03 00 5f a0", NULL, "80 00", 0 },
		{ "f2 36 f0 ed 00 e0", NULL, "80 00 00 00 03 00 03 03", 0 },
		{ "f2 36 f0 ed 00 e0", NULL, "80 00 04 00 03 00 03 00", 0 },
		{ "f2 3c 00", NULL, "80 00", 0 },
		{ "f2 3c 01", NULL, "80 00", 0 },
		{ "f2 3c 02", NULL, "80 00", 0 },
		{ "f2 21", NULL, NULL, 0 },
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	uint32_t value = 0;

	(void)state;
	assert_int_equal(probe_enter_swd(probe, &value), OK);
	assert_int_equal(value, 0x2BA01477);
	assert_int_equal(probe_open_ap(probe, 0), OK);	/* J16 needs no command for it */
	assert_int_equal(probe_write_u32(probe, ap0, 0xE0042008, 0x1000), OK);
	assert_int_equal(probe_write_u32(probe, ap0, 0xE000EDF0, 0xA05F0003), OK);
	assert_int_equal(probe_read_u32(probe, ap0, 0xE000EDF0, &value), OK);
	assert_int_equal(value, 0x03030003);
	assert_int_equal(probe_read_u32(probe, ap0, 0xE000EDF0, &value), OK);
	assert_int_equal(value, 0x00030003);
	assert_int_equal(probe_reset_pin(probe, PROBE_PIN_LOW), OK);
	assert_int_equal(probe_reset_pin(probe, PROBE_PIN_HIGH), OK);
	assert_int_equal(probe_reset_pin(probe, PROBE_PIN_PULSE), OK);
	close_probe(&fake, probe);	/* leaves debug mode */
}

static void reads_memory_in_the_recorded_way(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J16),
		{ "f2 07 00 ed 00 e0 08 00", NULL, "30 c2 2f 41 01 02 03 04", 0 },
		{ "f2 3e", NULL, "80 00 00 00 00 00 00 00 00 00 00 00", 0 },
		{ "f2 0c 01 00 00 20 01 00", NULL, "55 66", 0 },
		{ "f2 3e", NULL, "80 00 00 00 00 00 00 00 00 00 00 00", 0 },
		{ "f2 08 00 30 00 40 08 00", "aa aa 00 00 01 02 03 04", NULL, 0 },
		{ "f2 3e", NULL, "80 00 00 00 00 00 00 00 00 00 00 00", 0 },
		END,
	};
	static const uint8_t written[] = { 0xAA, 0xAA, 0, 0, 1, 2, 3, 4 };
	static const uint8_t expected[] = { 0x30, 0xC2, 0x2F, 0x41, 1, 2, 3, 4 };
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	uint8_t bytes[8] = { 0 };

	(void)state;
	assert_int_equal(probe_read(probe, ap0, 0xE000ED00, bytes, 8, PROBE_32, NULL), OK);
	assert_memory_equal(bytes, expected, 8);
	bytes[1] = 0x99;
	assert_int_equal(probe_read(probe, ap0, 0x20000001, bytes, 1, PROBE_8, NULL), OK);
	assert_int_equal(bytes[0], 0x55);
	assert_int_equal(bytes[1], 0x99);
	assert_int_equal(probe_write(probe, ap0, 0x40003000, written, 8, PROBE_32, NULL), OK);
	close_probe(&fake, probe);
}

static void passes_port_and_csw(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J37),
		{ "f2 4b 01", NULL, "80 00", 0 },
		{ "f2 36 00 00 00 20 01", NULL, "80 00 00 00 44 33 22 11", 0 },
		{ "f2 35 00 00 00 20 78 56 34 12 01", NULL, "80 00", 0 },
		{ "f2 07 00 00 00 20 04 00 01 00 00 4b", NULL, "01 02 03 04", 0 },
		{ "f2 3e", NULL, "80 00 00 00 00 00 00 00 00 00 00 00", 0 },
		{ "f2 45 ff ff 04 00", NULL, "80 00 00 00 40 00 00 f0", 0 },
		{ "f2 46 01 00 04 00 00 00 00 20", NULL, "80 00", 0 },
		END,
	};
	static const struct probe_port ap1 = { 1, 0 }, insecure = { 1, 0x4B000000 };
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	uint32_t value;

	(void)state;
	assert_int_equal(probe_open_ap(probe, 1), OK);
	assert_int_equal(probe_read_u32(probe, ap1, 0x20000000, &value), OK);
	assert_int_equal(value, 0x11223344);
	assert_int_equal(probe_write_u32(probe, ap1, 0x20000000, 0x12345678), OK);
	assert_int_equal(probe_read_u32(probe, insecure, 0x20000000, &value), OK);
	assert_int_equal(value, 0x04030201);
	assert_int_equal(probe_dap_read(probe, 0xFFFF, 4, &value), OK);
	assert_int_equal(value, 0xF0000040);
	assert_int_equal(probe_dap_write(probe, 1, 4, 0x20000000), OK);
	close_probe(&fake, probe);
}

static void sends_nothing_that_the_firmware_does_not_know(void **state)
{
	static const struct fake_step steps[] = { OPEN(V2J16), END };
	static const struct probe_port ap1 = { 1, 0 }, secure = { 0, 0x0B000000 };
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	uint8_t bytes[4];
	uint32_t value;

	(void)state;
	assert_int_equal(probe_open_ap(probe, 1), E_FIRMWARE);
	assert_int_equal(probe_read_u32(probe, ap1, 0, &value), E_FIRMWARE);
	assert_int_equal(probe_write_u32(probe, secure, 0, 0), E_FIRMWARE);
	assert_int_equal(probe_dap_read(probe, 0xFFFF, 4, &value), E_FIRMWARE);
	assert_int_equal(probe_dap_write(probe, 0, 4, 0), E_FIRMWARE);
	assert_int_equal(probe_power(probe, true), E_FIRMWARE);
	assert_int_equal(probe_read(probe, ap0, 0, bytes, 2, PROBE_16, NULL), E_FIRMWARE);
	assert_int_equal(probe_set_speed(probe, 4000, &value), OK);
	assert_int_equal(value, 1800);
	close_probe(&fake, probe);
}

static void sets_the_speed_once(void **state)
{
	static const struct fake_step v2[] = {
		OPEN(V2J37), { "f2 43 00 00", NULL, "80 00", 0 },
		{ "f2 43 1e 03", NULL, "80 00", 0 }, END };
	static const struct fake_step v3[] = {
		OPEN_V3,
		{ "f2 62", NULL, "80 00 00 00 e8 03 00 00 03 00 00 00 c0 5d 00 00 40 1f 00 00 "
		  "05 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
		  "00 00 00 00 00 00 00 00 00 00 00 00", 0 },
		{ "f2 61 00 00 40 1f 00 00", NULL, "80 00 00 00 40 1f 00 00", 0 }, END };
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, v2);
	uint32_t actual;

	(void)state;
	assert_int_equal(probe_set_speed(probe, 5000, &actual), OK);
	assert_int_equal(actual, 4000);
	assert_int_equal(probe_set_speed(probe, 4000, &actual), OK);
	assert_int_equal(probe_set_speed(probe, 2, &actual), OK);
	assert_int_equal(probe_speed_khz(probe), 5);
	close_probe(&fake, probe);
	probe = open_probe(&fake, v3);
	assert_int_equal(probe_set_speed(probe, 10000, &actual), OK);
	assert_int_equal(actual, 8000);
	assert_int_equal(probe_set_speed(probe, 8000, &actual), OK);
	close_probe(&fake, probe);
}

static void tells_why_there_is_no_target(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J37),
		{ "f2 30 a3", NULL, "09 00", 0 },
		{ "f2 30 a3", NULL, "0b 00", 0 },
		{ "f2 30 a3", NULL, "0e 00", 0 },
		{ "f2 21", NULL, NULL, 0 },
		{ "f2 30 a3", NULL, "80 00", 0 },
		{ "f2 21", NULL, NULL, 0 },
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);

	(void)state;
	assert_string_equal(probe_error_text(probe, E_NO_TARGET), error_text(E_NO_TARGET));
	assert_string_equal(probe_error_advice(probe, E_NO_TARGET), "");
	assert_int_equal(probe_enter_swd(probe, NULL), E_NO_TARGET);
	assert_non_null(strstr(probe_error_text(probe, E_NO_TARGET), "id can't be read"));
	assert_non_null(strstr(probe_error_advice(probe, E_NO_TARGET), "--connect under-reset"));
	assert_string_equal(probe_error_text(probe, E_GONE), error_text(E_GONE));
	assert_int_equal(probe_enter_swd(probe, NULL), E_POWER);
	assert_int_equal(probe_enter_swd(probe, NULL), OK);	/* was open in JTAG mode */
	close_probe(&fake, probe);
}

static void clears_sticky_errors_after_a_fault(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J37),
		{ "f2 36 00 00 00 90", NULL, "11 00 00 00 00 00 00 00", 0 },
		{ "f2 46 ff ff 00 00 1e 00 00 00", NULL, "80 00", 0 },
		{ "f2 35 00 00 00 90 01 00 00 00", NULL, "19 00", 0 },
		{ "f2 46 ff ff 00 00 1e 00 00 00", NULL, "80 00", 0 },
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	struct probe_stats stats;
	uint32_t value = 7;

	(void)state;
	assert_int_equal(probe_read_u32(probe, ap0, 0x90000000, &value), E_FAULT);
	assert_int_equal(value, 7);
	assert_string_equal(probe_error_text(probe, E_FAULT), "bus error");
	assert_int_equal(probe_write_u32(probe, ap0, 0x90000000, 1), E_FAULT);
	probe_stats(probe, &stats);
	assert_int_equal(stats.faults, 2);
	close_probe(&fake, probe);
}

static void takes_an_unknown_command_for_old_firmware(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J37),
		{ "f2 45 ff ff 04 00", NULL, "42 00", 0 },
		{ "f7", NULL, "42 00", 0 },
		{ "fd 01", NULL, "06 00", 0 },
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	uint32_t value;

	(void)state;
	assert_int_equal(probe_dap_read(probe, 0xFFFF, 4, &value), E_FIRMWARE);
	assert_int_equal(probe_voltage_mv(probe, &value), E_FIRMWARE);
	assert_int_equal(value, 0);
	assert_int_equal(probe_power(probe, true), E_FIRMWARE);
	close_probe(&fake, probe);
}

static void voltage_of_clones_is_unknown(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J37),
		{ "f7", NULL, "00 00 00 00 02 08 00 00", 0 },
		{ "f7", NULL, "ff ff ff ff ff ff ff ff", 0 },
		{ "f7", NULL, "01 00 00 00 00 00 00 00", 0 },
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	uint32_t mv = 1;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(probe_voltage_mv(probe, &mv), OK);
		assert_int_equal(mv, 0);
	}
	close_probe(&fake, probe);
}

static void reads_all_core_registers_at_once(void **state)
{
	char reply[3 * 88 + 1] = "80 00 00 00";
	const struct fake_step steps[] = {
		OPEN(V2J37), { "f2 3a", NULL, "10 00", 0 }, { "f2 3a", NULL, reply, 0 }, END };
	static const struct probe_port ap1 = { 1, 0 };
	struct fake_link fake;
	struct probe *probe;
	uint32_t registers[PROBE_CORE_REGISTERS];

	(void)state;
	for (unsigned i = 0; i < PROBE_CORE_REGISTERS; i++)
		snprintf(reply + strlen(reply), sizeof(reply) - strlen(reply), " %02x 00 00 20", i);
	probe = open_probe(&fake, steps);
	assert_int_equal(probe_read_core_registers(probe, ap1, registers), E_AP);
	assert_int_equal(probe_read_core_registers(probe, ap0, registers), OK);
	for (unsigned i = 0; i < PROBE_CORE_REGISTERS; i++)
		assert_int_equal(registers[i], 0x20000000 + i);
	close_probe(&fake, probe);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_a_recorded_v2_in_dfu_mode),
		cmocka_unit_test(opens_a_v3_left_in_debug_mode),
		cmocka_unit_test(leaves_swim),
		cmocka_unit_test(refuses_what_it_can_not_use),
		cmocka_unit_test(speaks_the_recorded_bytes),
		cmocka_unit_test(reads_memory_in_the_recorded_way),
		cmocka_unit_test(passes_port_and_csw),
		cmocka_unit_test(sends_nothing_that_the_firmware_does_not_know),
		cmocka_unit_test(sets_the_speed_once),
		cmocka_unit_test(tells_why_there_is_no_target),
		cmocka_unit_test(clears_sticky_errors_after_a_fault),
		cmocka_unit_test(takes_an_unknown_command_for_old_firmware),
		cmocka_unit_test(voltage_of_clones_is_unknown),
		cmocka_unit_test(reads_all_core_registers_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
