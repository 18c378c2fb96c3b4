/* SPDX-License-Identifier: MIT
 *
 * The virtual core and time: sleep, SysTick, the clock, stalls, what a device asks for in an access.
 */
#include "tests/unit/cpu_rig.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/cpu_programs.h"

enum { SYST_CSR = 0xE000E010u, SYST_RVR = 0xE000E014u, SYST_CVR = 0xE000E018u, SCR = 0xE000ED10u,
       COUNTFLAG = 1 << 16 };

static void sleeps_until_an_interrupt(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_write(rig, 0xE000E100, 1);
	rig_set_reg(rig, 6, 0);
	rig_go(rig, faults_wait, 100);
	assert_int_equal(cpu_state(rig->cpu), CPU_SLEEPING);
	assert_int_equal(rig_read(rig, DHCSR) & 1 << 18, 1 << 18);
	assert_int_equal(rig_reg(rig, PC), faults_waited);
	assert_int_equal(rig_reg(rig, 6), 0);
	cpu_set_irq(rig->cpu, 0, true);
	rig_run(rig, 100);
	assert_int_equal(rig_reg(rig, 11), 0x10000);
	assert_true(rig_reg(rig, 6) > 10);
	rig_free(rig);
}

static void sleeps_at_no_cost(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_go(rig, faults_wait, 100);
	rig->now_ns = cpu_run(rig->cpu, rig->now_ns, rig->now_ns + 3600ull * 1000000000);
	assert_int_equal(cpu_state(rig->cpu), CPU_SLEEPING);
	rig_free(rig);
}

static void sev_lets_one_wfe_pass(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_set_reg(rig, 6, 0);
	rig_go(rig, faults_wait_event, 100);
	assert_int_equal(cpu_state(rig->cpu), CPU_SLEEPING);
	assert_int_equal(rig_reg(rig, 6), 1);
	rig_free(rig);
}

static void yield_is_no_fault(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_go(rig, faults_yield, 10);
	assert_int_equal(rig_reg(rig, PC), faults_idle);
	assert_int_equal(rig_reg(rig, 11), 0);
	rig_free(rig);
}

static void time_is_exact_inside_an_access(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);
	uint64_t start = rig->now_ns;

	(void)state;
	rig_write(rig, CPACR, 0xF << 20);
	rig_set_reg(rig, 1, RIG_DEVICE - 4);
	rig_go(rig, faults_bad_load - 4, 6);	/* vmov, nop, then the load */
	assert_int_equal(rig_reg(rig, 0), start + 3 * 125 / 2);
	rig_free(rig);
}

static void stall_and_break_move_time(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);
	uint64_t start;

	(void)state;
	rig_set_reg(rig, 0, 1000000);
	rig_set_reg(rig, 1, RIG_DEVICE + RIG_STALL);
	rig_go(rig, faults_bad_store, 160);
	assert_int_equal(rig_reg(rig, PC), faults_no_thumb);
	assert_true(cpu_now_ns(rig->cpu) >= 1000000);
	rig_run(rig, 15000);
	assert_int_equal(rig_reg(rig, PC), faults_no_thumb);
	rig_run(rig, 2000);
	rig_reset_halt(rig);
	rig_set_reg(rig, 1, RIG_DEVICE + RIG_BREAK);
	start = rig->now_ns;
	rig_go(rig, faults_bad_store, 16000);
	assert_in_range(rig->now_ns, start, start + 1000);
	rig_free(rig);
}

static void masked_interrupt_wakes_but_does_not_run(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_write(rig, 0xE000E100, 1);
	rig_set_reg(rig, 20, 1);	/* PRIMASK */
	rig_set_reg(rig, 6, 0);
	rig_go(rig, faults_wait, 100);
	assert_int_equal(cpu_state(rig->cpu), CPU_SLEEPING);
	cpu_set_irq(rig->cpu, 0, true);
	rig_run(rig, 100);
	assert_int_equal(cpu_state(rig->cpu), CPU_RUNNING);
	assert_int_equal(rig_reg(rig, 11), 0);
	assert_true(rig_reg(rig, 6) > 10);
	rig_free(rig);
}

static void sleeps_again_on_exit(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_write(rig, 0xE000E100, 1);
	rig_write(rig, SCR, 2);
	rig_set_reg(rig, 6, 0);
	rig_go(rig, faults_wait, 100);
	for (unsigned i = 1; i <= 3; i++) {
		cpu_set_irq(rig->cpu, 0, true);
		rig_run(rig, 100);
		assert_int_equal(cpu_state(rig->cpu), CPU_SLEEPING);
		assert_int_equal(rig_reg(rig, 11), i << 16);
	}
	assert_int_equal(rig_reg(rig, 6), 0);
	rig_free(rig);
}

static void deep_sleep_stops_systick(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);
	uint32_t count;

	(void)state;
	rig_write(rig, SCR, 4);
	rig_write(rig, SYST_RVR, 9999);
	rig_write(rig, SYST_CVR, 0);
	rig_write(rig, SYST_CSR, 7);
	rig_go(rig, faults_wait, 100);
	assert_true(cpu_is_deep_sleep(rig->cpu));
	count = rig_read(rig, SYST_CVR);
	rig_run(rig, 100000);
	assert_int_equal(cpu_state(rig->cpu), CPU_SLEEPING);
	assert_int_equal(rig_read(rig, SYST_CVR), count);
	rig_free(rig);
}

static void systick_counts_cycles(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);
	uint32_t value;

	(void)state;
	rig_write(rig, SYST_RVR, 999);
	rig_write(rig, SYST_CVR, 12345);
	rig_write(rig, SYST_CSR, 5);
	assert_int_equal(rig_read(rig, SYST_CVR), 0);
	rig_go(rig, faults_idle, 16);
	assert_int_equal(rig_read(rig, SYST_CVR), 984);
	rig_run(rig, 984);
	assert_int_equal(rig_read(rig, SYST_CVR), 0);
	assert_int_equal(rig_read(rig, SYST_CSR), COUNTFLAG | 5);
	assert_int_equal(rig_read(rig, SYST_CSR), COUNTFLAG | 5);
	assert_int_equal(bus_read(&rig->bus, SYST_CSR, 4, &value, BUS_CPU), BUS_OK);
	assert_int_equal(value, COUNTFLAG | 5);
	assert_int_equal(rig_read(rig, SYST_CSR), 5);
	rig_run(rig, 10 * 1000 + 100);
	assert_int_equal(rig_read(rig, SYST_CVR), 900);
	assert_int_equal(rig_read(rig, SYST_CSR), COUNTFLAG | 5);
	rig_write(rig, SYST_CSR, 1);		/* HCLK/8 */
	rig_run(rig, 80);
	assert_int_equal(rig_read(rig, SYST_CVR), 890);
	rig_free(rig);
}

static void systick_stands_still_while_halted(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_write(rig, SYST_RVR, 999);
	rig_write(rig, SYST_CVR, 0);
	rig_write(rig, SYST_CSR, 7);
	rig_run(rig, 123456);
	assert_int_equal(rig_read(rig, SYST_CVR), 0);
	assert_int_equal(rig_read(rig, ICSR) & 1 << 26, 0);
	rig_free(rig);
}

static void instructions_follow_the_clock(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);
	uint32_t before;

	(void)state;
	rig_go(rig, faults_waited, 16000);
	before = rig_reg(rig, 6);
	rig->now_ns = cpu_run(rig->cpu, rig->now_ns, rig->now_ns + 1000000);
	assert_in_range(rig_reg(rig, 6) - before, 7998, 8002);	/* two instructions a round */
	cpu_set_clock(rig->cpu, 168000000);
	before = rig_reg(rig, 6);
	rig->now_ns = cpu_run(rig->cpu, rig->now_ns, rig->now_ns + 1000000);
	assert_in_range(rig_reg(rig, 6) - before, 83998, 84002);
	rig_free(rig);
}

static void small_slices_lose_no_cycles(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);
	uint32_t before;

	(void)state;
	rig_go(rig, faults_waited, 0);
	before = rig_reg(rig, 6);
	for (unsigned i = 0; i < 100000; i++)	/* 37 ns: less than a cycle */
		rig->now_ns = cpu_run(rig->cpu, rig->now_ns, rig->now_ns + 37);
	assert_in_range(rig_reg(rig, 6) - before, 29598, 29602);
	rig_free(rig);
}

static void reset_from_inside_an_access(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_set_reg(rig, 1, RIG_DEVICE + RIG_RESET);
	rig_go(rig, faults_bad_store, 40);
	assert_int_equal(rig_reg(rig, PC), faults_idle);
	assert_int_equal(rig_reg(rig, 13), 0x20008000);
	assert_int_equal(rig_read(rig, DHCSR) & 1 << 25, 1 << 25);
	rig_reset_halt(rig);
	rig_set_reg(rig, 1, 0xE000ED0C);
	rig_set_reg(rig, 0, 0x05FA0004);
	rig_go(rig, faults_bad_store, 40);
	assert_int_equal(rig->resets, 1);
	assert_int_equal(rig_reg(rig, PC), faults_idle);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleeps_until_an_interrupt),
		cmocka_unit_test(sleeps_at_no_cost),
		cmocka_unit_test(sev_lets_one_wfe_pass),
		cmocka_unit_test(yield_is_no_fault),
		cmocka_unit_test(time_is_exact_inside_an_access),
		cmocka_unit_test(stall_and_break_move_time),
		cmocka_unit_test(masked_interrupt_wakes_but_does_not_run),
		cmocka_unit_test(sleeps_again_on_exit),
		cmocka_unit_test(deep_sleep_stops_systick),
		cmocka_unit_test(systick_counts_cycles),
		cmocka_unit_test(systick_stands_still_while_halted),
		cmocka_unit_test(instructions_follow_the_clock),
		cmocka_unit_test(small_slices_lose_no_cycles),
		cmocka_unit_test(reset_from_inside_an_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
