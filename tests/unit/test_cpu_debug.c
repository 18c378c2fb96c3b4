/* SPDX-License-Identifier: MIT
 *
 * The virtual core under a debugger: halting, registers, steps, vector catch, resets, ids.
 */
#include "tests/unit/cpu_rig.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/cpu_programs.h"

enum { DWT = 0xE0001000u, FUNCTION1 = 0x38, AIRCR = 0xE000ED0Cu, TRCENA = 1 << 24 };

static void dhcsr_reads_as_recorded(void **state)
{
	struct rig *rig = RIG(VIRTUAL_M4, it);

	(void)state;
	rig_run(rig, 100);
	rig_debug(rig, 0);
	rig_write(rig, DEMCR, 1);
	rig_read(rig, DHCSR);
	cpu_reset(rig->cpu);
	rig_run(rig, 10);
	assert_int_equal(rig_read(rig, DHCSR), 0x02030003);
	assert_int_equal(rig_read(rig, DHCSR), 0x00030003);
	assert_int_equal(rig_read(rig, DFSR), 8);
	rig_debug(rig, 0);
	rig_run(rig, 100);
	assert_int_equal(rig_read(rig, DHCSR), 0x01010001);
	rig_run(rig, 100);
	rig_debug(rig, HALT);
	rig_run(rig, 10);
	assert_int_equal(rig_read(rig, DHCSR), 0x01030003);
	assert_int_equal(rig_read(rig, DHCSR), 0x00030003);
	rig_debug(rig, STEP | MASKINTS | 0);
	rig_run(rig, 10);
	assert_int_equal(rig_read(rig, DHCSR), 0x0103000F);
	assert_int_equal(rig_read(rig, DHCSR), 0x0003000F);
	rig_free(rig);
}

static void dhcsr_wants_its_key_and_a_debugger(void **state)
{
	struct rig *rig = RIG(VIRTUAL_M4, it);
	uint32_t value;

	(void)state;
	rig_write(rig, DHCSR, 3);
	assert_int_equal(rig_read(rig, DHCSR) & 3, 0);
	assert_int_equal(bus_write(&rig->bus, DHCSR, 4, DHCSR_KEY | 3, BUS_CPU), BUS_OK);
	assert_int_equal(bus_read(&rig->bus, DHCSR, 4, &value, BUS_CPU), BUS_OK);
	assert_int_equal(value & 3, 0);
	rig_free(rig);
}

static void registers_travel_through_dcrdr(void **state)
{
	static const struct { unsigned regsel; uint32_t written, read; } rows[] = {
		{ 0, 0x12345678, 0x12345678 }, { 12, 0xFFFFFFFF, 0xFFFFFFFF },
		{ 13, 0x20001003, 0x20001000 }, { 14, 0x08000001, 0x08000001 },
		{ 15, 0x08000101, 0x08000100 }, { 17, 0x20002000, 0x20002000 },
		{ 18, 0x20003000, 0x20003000 }, { 20, 0x07014001, 0x07014001 },
		{ 13, 0x20003010, 0x20003010 }, { 18, 0x20003010, 0x20003010 },
		{ 20, 0, 0 },
		{ 33, 0xF0000000, 0xF0000000 }, { 64, 0x3F800000, 0x3F800000 },
		{ 95, 0x40000000, 0x40000000 },
	};
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, it);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_write(rig, DCRDR, rows[i].written);
		rig_write(rig, DCRSR, 0x10000 | rows[i].regsel);
		rig_write(rig, DCRDR, 0);
		rig_write(rig, DCRSR, rows[i].regsel);
		assert_int_equal(rig_read(rig, DHCSR) & 0x10000, 0x10000);
		assert_int_equal(rig_read(rig, DCRDR), rows[i].read);
	}
	rig_free(rig);
}

static void registers_reach_the_code(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, fp);

	(void)state;
	rig_write(rig, CPACR, 0xF << 20);
	rig_set_reg(rig, 64, 0x1234);
	rig_set_reg(rig, 79, 0x5678);
	rig_set_reg(rig, PC, fp_loop);
	rig_step(rig);
	rig_step(rig);
	assert_int_equal(rig_reg(rig, 2), 0x1234);
	assert_int_equal(rig_reg(rig, 3), 0x5678);
	assert_int_equal(rig_reg(rig, 20) >> 24 & 4, 4);
	rig_free(rig);
}

static void steps_through_an_it_block(void **state)
{
	static const struct { uint32_t pc, r1; } rows[] = {
		{ it_reset + 2, 0x20000000 }, { it_before, 0 }, { it_it, 0 }, { it_first, 0 },
		{ it_second, 1 }, { it_third, 0x11 }, { it_fourth, 0x11 }, { it_after, 0x51 },
		{ it_done, 0x51 }, { it_done, 0x51 },
	};
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, it);

	(void)state;
	rig_set_reg(rig, 1, 0x20000000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_step(rig);
		assert_true(rig_is_halted(rig));
		assert_int_equal(rig_reg(rig, PC), rows[i].pc);
		assert_int_equal(rig_reg(rig, 1), rows[i].r1);
		assert_int_equal(rig_read(rig, DFSR), 1);
	}
	assert_int_equal(rig_reg(rig, 2), 0x51);
	rig_free(rig);
}

static void bkpt_instruction_halts_on_itself(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, faults);

	(void)state;
	rig_go(rig, faults_bkpt, 10);
	assert_true(rig_is_halted(rig));
	assert_int_equal(rig_reg(rig, PC), faults_bkpt);
	assert_int_equal(rig_read(rig, DFSR), 2);
	rig_write(rig, DFSR, 2);
	assert_int_equal(rig_read(rig, DFSR), 0);
	rig_free(rig);
}

static void step_takes_an_interrupt_unless_masked(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, faults);

	(void)state;
	rig_write(rig, 0xE000E100, 1);
	cpu_set_irq(rig->cpu, 0, true);
	rig_debug(rig, HALT | MASKINTS);
	rig_debug(rig, STEP | MASKINTS);
	rig_run(rig, 10);
	assert_int_equal(rig_reg(rig, PC), faults_idle);
	assert_int_equal(rig_reg(rig, XPSR) & 0x1FF, 0);
	rig_debug(rig, HALT);
	rig_step(rig);
	assert_int_equal(rig_reg(rig, PC), faults_irq0);
	assert_int_equal(rig_reg(rig, XPSR) & 0x1FF, 16);
	rig_free(rig);
}

static void step_of_wfi_waits(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, faults);

	(void)state;
	rig_write(rig, 0xE000E100, 1);
	rig_set_reg(rig, PC, faults_wait);
	rig_step(rig);
	assert_int_equal(cpu_state(rig->cpu), CPU_SLEEPING);
	cpu_set_irq(rig->cpu, 0, true);
	rig_run(rig, 10);
	assert_true(rig_is_halted(rig));
	assert_int_equal(rig_reg(rig, PC), faults_irq0);
	rig_free(rig);
}

static void vectors_are_caught(void **state)
{
	static const struct { uint32_t pc, catch_bit, handler; bool enabled; } rows[] = {
		{ faults_undefined, 1 << 10, faults_hard, false },
		{ faults_undefined, 1 << 7, faults_usage, true },
		{ faults_no_fpu, 1 << 5, faults_usage, true },
		{ faults_bad_store, 1 << 8, faults_bus, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig *rig = HALTED_RIG(VIRTUAL_M4, faults);

		rig_write(rig, DEMCR, rows[i].catch_bit);
		rig_write(rig, SHCSR, rows[i].enabled ? 7 << 16 : 0);
		rig_set_reg(rig, 1, 0x60000000);
		rig_set_reg(rig, 11, 0);
		rig_go(rig, rows[i].pc, 60);
		assert_true(rig_is_halted(rig));
		assert_int_equal(rig_read(rig, DFSR), 8);
		assert_int_equal(rig_reg(rig, PC), rows[i].handler);
		assert_int_equal(rig_reg(rig, 11), 0);
		rig_free(rig);
	}
}

static void counts_cycles_while_running(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, watch);

	(void)state;
	rig_write(rig, DEMCR, TRCENA);
	rig_write(rig, DWT, 1);
	rig_write(rig, DWT + 4, 0);
	rig_run(rig, 1000);
	assert_int_equal(rig_read(rig, DWT + 4), 0);
	assert_int_equal(rig_read(rig, DWT + 0x1C), 0xFFFFFFFF);
	rig_go(rig, watch_reset, 1000);
	assert_int_equal(rig_read(rig, DWT + 4), 1000);
	assert_in_range(rig_read(rig, DWT + 0x1C), watch_reset, watch_stored_byte);
	rig_free(rig);
}

static void reset_keeps_debug_registers(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, it);

	(void)state;
	rig_breakpoint(rig, 2, it_after);
	rig_write(rig, DEMCR, TRCENA);
	rig_write(rig, DWT + FUNCTION1, 6);
	rig_write(rig, AIRCR, 0x05FA0004);
	assert_int_equal(rig->resets, 1);
	rig_run(rig, 1);
	assert_int_equal(rig_read(rig, DHCSR) & 0x03000003, 0x02000001);
	assert_int_equal(rig_read(rig, DEMCR), TRCENA);
	assert_int_equal(rig_read(rig, 0xE0002010) & 1, 1);
	assert_int_equal(rig_read(rig, DWT + FUNCTION1), 6);
	rig_run(rig, 100);
	assert_true(rig_is_halted(rig));
	assert_int_equal(rig_reg(rig, PC), it_after);
	cpu_power_on(rig->cpu);
	assert_int_equal(rig_read(rig, DEMCR), 0);
	assert_int_equal(rig_read(rig, 0xE0002010), 0);
	assert_int_equal(rig_read(rig, DHCSR) & 3, 0);
	rig_free(rig);
}

static void vectreset_resets_the_core(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, it);

	(void)state;
	rig_go(rig, it_reset, 100);
	rig_debug(rig, HALT);
	rig_run(rig, 1);
	rig_write(rig, DEMCR, 1);
	rig_write(rig, AIRCR, 0x05FA0001);
	rig_run(rig, 1);
	assert_true(rig_is_halted(rig));
	assert_int_equal(rig_reg(rig, PC), it_reset);
	assert_int_equal(rig->resets, 0);
	rig_free(rig);
}

static void held_in_reset_nothing_runs(void **state)
{
	struct rig *rig = RIG(VIRTUAL_M4, it);

	(void)state;
	cpu_hold_in_reset(rig->cpu, true);
	cpu_reset(rig->cpu);
	rig_run(rig, 1000);
	assert_int_equal(cpu_state(rig->cpu), CPU_HELD);
	assert_int_equal(rig_read(rig, DHCSR) & 1 << 25, 1 << 25);
	assert_int_equal(rig_read(rig, DHCSR) & 1 << 25, 1 << 25);
	rig_debug(rig, 0);
	rig_write(rig, DEMCR, 1);
	cpu_hold_in_reset(rig->cpu, false);
	rig_run(rig, 1);
	assert_int_equal(rig_reg(rig, PC), it_reset);
	assert_true(rig_is_halted(rig));
	rig_free(rig);
}

static void new_code_after_a_load_at_the_same_address(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, it);

	(void)state;
	rig_go(rig, it_reset, 100);
	assert_int_equal(rig_reg(rig, 2), 0x51);
	rig_debug(rig, HALT);
	rig_run(rig, 1);
	rig->flash[it_after - RIG_FLASH] = 0xF8;	/* mov r2, pc becomes mov r8, r15 */
	rig->flash[it_after - RIG_FLASH + 1] = 0x46;
	bus_changed(&rig->bus, RIG_FLASH, 256);
	rig_set_reg(rig, 2, 0);
	rig_go(rig, it_reset, 100);
	assert_int_equal(rig_reg(rig, 2), 0);
	assert_int_equal(rig_reg(rig, 8), it_after + 4);
	rig_free(rig);
}

static void probing_finds_the_components(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, it);

	(void)state;
	cpu_set_part(rig->cpu, 0x413);
	assert_int_equal(rig_read(rig, 0xE000ED00), 0x410FC241);
	assert_int_equal(rig_read(rig, 0xE00FF000), 0xFFF0F003);
	assert_int_equal(rig_read(rig, 0xE00FF004), 0xFFF02003);
	assert_int_equal(rig_read(rig, 0xE00FF010), 0xFFF41003);
	assert_int_equal(rig_read(rig, 0xE00FF018), 0);
	assert_int_equal(rig_read(rig, 0xE00FFFE0), 0x13);
	assert_int_equal(rig_read(rig, 0xE00FFFE4), 0x04);
	assert_int_equal(rig_read(rig, 0xE00FFFE8), 0x0A);
	assert_int_equal(rig_read(rig, 0xE00FFFF4), 0x10);
	assert_int_equal(rig_read(rig, 0xE000EFE0), 0x0C);
	assert_int_equal(rig_read(rig, 0xE000EFFC), 0xB1);
	assert_int_equal(rig_read(rig, 0xE0001FE0), 0x02);
	assert_int_equal(rig_read(rig, 0xE0002000), 0x260);
	assert_int_equal(rig_read(rig, DWT), 0x40000000);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dhcsr_reads_as_recorded),
		cmocka_unit_test(dhcsr_wants_its_key_and_a_debugger),
		cmocka_unit_test(registers_travel_through_dcrdr),
		cmocka_unit_test(registers_reach_the_code),
		cmocka_unit_test(steps_through_an_it_block),
		cmocka_unit_test(bkpt_instruction_halts_on_itself),
		cmocka_unit_test(step_takes_an_interrupt_unless_masked),
		cmocka_unit_test(step_of_wfi_waits),
		cmocka_unit_test(vectors_are_caught),
		cmocka_unit_test(counts_cycles_while_running),
		cmocka_unit_test(reset_keeps_debug_registers),
		cmocka_unit_test(vectreset_resets_the_core),
		cmocka_unit_test(held_in_reset_nothing_runs),
		cmocka_unit_test(new_code_after_a_load_at_the_same_address),
		cmocka_unit_test(probing_finds_the_components),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
