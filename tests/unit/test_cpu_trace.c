/* SPDX-License-Identifier: MIT
 *
 * The virtual core's trace: what firmware writes to the ITM, as it leaves the pin.
 */
#include "tests/unit/cpu_rig.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/cpu_programs.h"

enum {
	STIM = 0xE0000000u, TER = 0xE0000E00u, TPR = 0xE0000E40u, TCR = 0xE0000E80u, LAR = 0xE0000FB0u,
	LSR = 0xE0000FB4u, ACPR = 0xE0040010u, SPPR = 0xE00400F0u, FFCR = 0xE0040304u,
	DWT_CTRL = 0xE0001000u, DWT_CYCCNT = 0xE0001004u,
	TRCENA = 1 << 24, KEY = 0xC5ACCE55u, NRZ = 2, NO_FORMATTER = 0x100,
	ENABLE = 1, STAMPS = 2, SYNC = 4, DWT_PACKETS = 8,
	HZ = 16000000, PRESCALER = 7, BAUD = HZ / (PRESCALER + 1), CYCLES_OF_A_BYTE = 80,
};

static struct rig *rig_with_port(enum virtual_core core)
{
	struct rig *rig = HALTED_RIG(core, trace);

	cpu_add_trace_port(rig->cpu, false);
	cpu_power_on(rig->cpu);
	rig_reset_halt(rig);
	return rig;
}

static void set_up(struct rig *rig, uint32_t control)
{
	rig_write(rig, DEMCR, TRCENA | 1);
	rig_write(rig, ACPR, PRESCALER);
	rig_write(rig, SPPR, NRZ);
	rig_write(rig, FFCR, NO_FORMATTER);
	rig_write(rig, LAR, KEY);
	rig_write(rig, TER, 0xFFFFFFFF);
	rig_write(rig, TCR, control | 0x10000);
}

static struct rig *rig_traced(enum virtual_core core, uint32_t control)
{
	struct rig *rig = rig_with_port(core);

	set_up(rig, control);
	return rig;
}

static void assert_traced(const struct rig *rig, const void *bytes, size_t length)
{
	assert_int_equal(rig->traced_count, length);
	assert_memory_equal(rig->traced, bytes, length);
}

static void bytes_leave_at_the_rate_of_the_prescaler(void **state)
{
	static const enum virtual_core cores[] = { VIRTUAL_M3, VIRTUAL_M4, VIRTUAL_M7, VIRTUAL_M33 };

	(void)state;
	for (size_t c = 0; c < sizeof(cores) / sizeof(cores[0]); c++) {
		struct rig *rig = rig_traced(cores[c], ENABLE);
		uint64_t start_ns = cpu_now_ns(rig->cpu);

		rig_go(rig, trace_patient, 100 * CYCLES_OF_A_BYTE);
		assert_int_equal(rig->traced_count, 80);
		for (unsigned i = 0; i < 40; i++) {
			assert_int_equal(rig->traced[2 * i], 0x01);
			assert_int_equal(rig->traced[2 * i + 1], '8' + i);
		}
		assert_int_equal(rig->traced_baud, BAUD);
		assert_in_range(rig->traced_end_ns - start_ns, 80 * 5000, 81 * 5000);
		rig_free(rig);
	}
}

static void widths_make_packets(void **state)
{
	struct rig *rig = rig_traced(VIRTUAL_M4, ENABLE);

	(void)state;
	rig_go(rig, trace_widths, 400);
	assert_traced(rig, "\x01\x11" "\x0A\x11\x22" "\xFB\x11\x22\x33\x44", 10);
	rig_free(rig);
}

static void each_switch_is_needed(void **state)
{
	static const struct {
		uint32_t address, value;
	} off[] = {
		{ DEMCR, 1 }, { SPPR, 0 }, { FFCR, 0x102 }, { TER, 0xFFFFFFFE }, { TCR, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		struct rig *rig = rig_traced(VIRTUAL_M4, ENABLE);

		rig_write(rig, off[i].address, off[i].value);
		rig_go(rig, trace_patient, 5000);
		assert_int_equal(rig->traced_count, 0);
		rig_free(rig);
	}
}

/* DDI 0403E C1.7: until the key is written; the M33 has no lock. */
static void the_itm_is_locked_after_power_on(void **state)
{
	struct rig *rig = rig_with_port(VIRTUAL_M4);

	(void)state;
	rig_write(rig, DEMCR, TRCENA | 1);
	assert_int_equal(rig_read(rig, LSR), 3);
	rig_write(rig, TER, 1);
	assert_int_equal(rig_read(rig, TER), 0);
	rig_write(rig, LAR, KEY);
	assert_int_equal(rig_read(rig, LSR), 1);
	rig_write(rig, TER, 1);
	assert_int_equal(rig_read(rig, TER), 1);
	rig_write(rig, LAR, 0);
	assert_int_equal(rig_read(rig, LSR), 3);
	rig_free(rig);
	rig = rig_with_port(VIRTUAL_M33);
	rig_write(rig, DEMCR, TRCENA | 1);
	rig_write(rig, TER, 1);
	assert_int_equal(rig_read(rig, TER), 1);
	rig_free(rig);
}

static void without_trcena_nothing_is_written(void **state)
{
	struct rig *rig = rig_with_port(VIRTUAL_M4);

	(void)state;
	rig_write(rig, LAR, KEY);
	rig_write(rig, TER, 1);
	rig_write(rig, ACPR, 3);
	assert_int_equal(rig_read(rig, TER), 0);
	assert_int_equal(rig_read(rig, ACPR), 0);
	rig_free(rig);
}

static void privilege_is_asked_for_by_eights(void **state)
{
	struct rig *rig = rig_traced(VIRTUAL_M4, ENABLE);

	(void)state;
	rig_go(rig, trace_unprivileged, 400);
	assert_traced(rig, "\x01u\x41u", 4);
	rig_free(rig);
	rig = rig_traced(VIRTUAL_M4, ENABLE);
	rig_write(rig, TPR, 1);
	rig_go(rig, trace_unprivileged, 400);
	assert_traced(rig, "\x41u", 2);
	rig_free(rig);
}

static void a_flood_overflows_and_says_so(void **state)
{
	struct rig *rig = rig_traced(VIRTUAL_M4, ENABLE);

	(void)state;
	rig_go(rig, trace_flood, 10000);
	assert_in_range(rig->traced_count, 8, 40);
	assert_non_null(memchr(rig->traced, 0x70, rig->traced_count));
	assert_memory_equal(rig->traced, "\x01\0\x01\1\x01\2", 6);
	rig_free(rig);
}

static void stamps_count_cycles(void **state)
{
	struct rig *rig = rig_traced(VIRTUAL_M4, ENABLE | STAMPS);

	(void)state;
	rig_write(rig, ACPR, 0);
	rig_go(rig, trace_done, 3000);
	rig_set_reg(rig, PC, trace_widths);
	rig_run(rig, 400);
	/* 3000 cycles and some, then one instruction each. */
	assert_memory_equal(rig->traced, "\x01\x11\xC0", 3);
	assert_in_range((rig->traced[3] & 0x7F) | rig->traced[4] << 7, 3000, 3010);
	assert_memory_equal(rig->traced + 5, "\x0A\x11\x22\x10", 4);
	rig_free(rig);
}

static void exceptions_are_traced(void **state)
{
	struct rig *rig = rig_traced(VIRTUAL_M4, ENABLE | DWT_PACKETS);

	(void)state;
	rig_write(rig, DWT_CTRL, 1 << 16);
	rig_go(rig, trace_ticking, 1500);
	assert_traced(rig, "\x0E\x0F\x10" "\x0E\x0F\x20" "\x0E\x00\x30", 9);
	rig_free(rig);
}

static void the_cycle_counter_asks_for_synchronisation(void **state)
{
	struct rig *rig = rig_traced(VIRTUAL_M4, ENABLE | SYNC);

	(void)state;
	rig_write(rig, DWT_CTRL, 1 << 10 | 1);
	rig_write(rig, DWT_CYCCNT, (1 << 24) - 1000);
	rig_go(rig, trace_done, 900);
	assert_int_equal(rig->traced_count, 0);
	rig_run(rig, 1000);
	rig_run(rig, 1000);
	assert_traced(rig, "\0\0\0\0\0\x80", 6);
	rig_free(rig);
}

static void a_system_reset_leaves_the_setup_alone(void **state)
{
	struct rig *rig = rig_traced(VIRTUAL_M4, ENABLE);

	(void)state;
	rig_reset_halt(rig);
	rig_go(rig, trace_widths, 400);
	assert_int_equal(rig->traced_count, 10);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_leave_at_the_rate_of_the_prescaler),
		cmocka_unit_test(widths_make_packets),
		cmocka_unit_test(each_switch_is_needed),
		cmocka_unit_test(the_itm_is_locked_after_power_on),
		cmocka_unit_test(without_trcena_nothing_is_written),
		cmocka_unit_test(privilege_is_asked_for_by_eights),
		cmocka_unit_test(a_flood_overflows_and_says_so),
		cmocka_unit_test(stamps_count_cycles),
		cmocka_unit_test(exceptions_are_traced),
		cmocka_unit_test(the_cycle_counter_asks_for_synchronisation),
		cmocka_unit_test(a_system_reset_leaves_the_setup_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
