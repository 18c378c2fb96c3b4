/* SPDX-License-Identifier: MIT
 *
 * Run control on the virtual chip: halt, step, registers, stop reasons.
 */
#include "tests/engine/board_rig.h"

static void halt_and_registers_take_few_exchanges(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	ok(rig, board_reset(rig->board, RESET_SYSTEM, false, &rig->why));
	before = rig->link->exchanges;
	ok(rig, core_halt(rig->core, 100));
	ok(rig, core_fetch_registers(rig->core, false));
	print_message("halt and registers: %u exchanges\n",
		      (unsigned)(rig->link->exchanges - before));
	assert_in_range(rig->link->exchanges - before, 1, 6);
	assert_int_equal(rig->core->stop, STOP_REQUEST);
	assert_in_range(reg(rig, REG_PC), START, SUB + 2);
}

static void steps_one_instruction(void **state)
{
	static const uint32_t path[] = { START + 2, LOOP, LOOP + 2, CALL, SUB, SUB + 2, CALL + 4,
					 LOOP };
	struct rig *rig = *state;

	reset_halt(rig);
	for (size_t i = 0; i < ARRAY_SIZE(path); i++) {
		uint64_t before = rig->link->exchanges;

		ok(rig, core_step(rig->core, &rig->why));
		ok(rig, core_fetch_registers(rig->core, false));
		assert_in_range(rig->link->exchanges - before, 1, 8);
		assert_int_equal(reg(rig, REG_PC), path[i]);
		assert_int_equal(rig->core->stop, STOP_REQUEST);
	}
}

static void steps_through_a_range(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	jump(rig, LOOP);
	ok(rig, core_write_register(rig->core, 1, COUNTER));
	before = rig->link->exchanges;
	ok(rig, core_step_range(rig->core, LOOP, SUB, 100, &rig->why));
	print_message("range of 3 steps: %u exchanges\n",
		      (unsigned)(rig->link->exchanges - before));
	assert_int_equal(reg(rig, REG_PC), SUB);
	ok(rig, core_add_breakpoint(rig->core, CALL, 4, false, &rig->why));
	ok(rig, core_step_range(rig->core, START, SUB + 4, 100, &rig->why));
	assert_int_equal(reg(rig, REG_PC), CALL);
	assert_int_equal(rig->core->stop, STOP_BREAKPOINT_HW);
	/* Leaves the breakpoint, comes round, is stopped by the count. */
	core_remove_all_points(rig->core);
	ok(rig, core_step_range(rig->core, START, SUB + 4, 5, &rig->why));
	assert_int_equal(rig->core->stop, STOP_REQUEST);
}

static void a_sleeping_step_ends(void **state)
{
	struct rig *rig = *state;

	jump(rig, SLEEP);
	ok(rig, core_step(rig->core, &rig->why));
	assert_int_equal(rig->core->state, CORE_HALTED);
	assert_int_equal(reg(rig, REG_PC), SLEEP + 2);
}

static void knows_semihosting_and_other_bkpts(void **state)
{
	struct rig *rig = *state;

	jump(rig, BKPTS);
	go(rig);
	assert_int_equal(rig->core->stop, STOP_SEMIHOSTING);
	assert_int_equal(reg(rig, REG_PC), BKPTS + 2);
	go(rig);
	assert_int_equal(rig->core->stop, STOP_BREAKPOINT_SW);
	assert_int_equal(reg(rig, REG_PC), BKPTS + 4);
	ok(rig, core_step(rig->core, &rig->why));
	assert_int_equal(reg(rig, REG_PC), BKPTS + 6);
}

static void a_fault_is_caught_and_told(void **state)
{
	struct rig *rig = *state;
	char text[1000];

	jump(rig, FAULT);
	go(rig);
	assert_int_equal(rig->core->stop, STOP_FAULT);
	assert_int_equal(rig->core->stop_signal, 10);
	ok(rig, fault_explain(rig->core, text, sizeof(text)));
	assert_non_null(strstr(text, "HardFault"));
	assert_non_null(strstr(text, "at address 0x60000000"));
	assert_non_null(strstr(text, "PC 0x0800011c"));
}

static void registers_are_written_back(void **state)
{
	struct rig *rig = *state;

	reset_halt(rig);
	for (unsigned i = 0; i < 13; i++)
		ok(rig, core_write_register(rig->core, i, 0x1000 + i));
	ok(rig, core_write_register(rig->core, REG_S0 + 7, 0x3F800000));
	ok(rig, core_write_register(rig->core, REG_SP, 0x20000800));
	ok(rig, core_write_register(rig->core, REG_PC, SUB | 1));
	ok(rig, core_flush_registers(rig->core));
	for (unsigned i = 0; i < 13; i++)
		assert_int_equal(cpu_register(machine_cpu(virtual_link_machine(rig->link)), i),
				 0x1000 + i);
	assert_int_equal(reg(rig, REG_MSP), 0x20000800);
	ok(rig, core_step(rig->core, &rig->why));
	assert_int_equal(reg(rig, 3), 0x1000);
	assert_int_equal(reg(rig, REG_S0 + 7), 0x3F800000);
}

/* SysTick every 100 cycles; its handler is the endless loop behind wfi. */
static void start_systick(struct rig *rig)
{
	static const uint32_t writes[][2] = { { 0xE000E014, 99 }, { 0xE000E018, 0 },
					      { 0xE000E010, 7 } };

	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		uint8_t bytes[4];

		put_u32(bytes, writes[i][1]);
		ok(rig, memory_write(rig->core, writes[i][0], bytes, 4, NULL));
	}
}

static void steps_do_not_fall_into_interrupts(void **state)
{
	struct rig *rig = *state;

	reset_halt(rig);
	start_systick(rig);
	ok(rig, core_step_range(rig->core, START, SUB + 4, 200, &rig->why));
	assert_in_range(reg(rig, REG_PC), START, SUB + 4);
	/* Asked for, they do. */
	rig->core->step_masks_interrupts = false;
	ok(rig, core_step_range(rig->core, START, SUB + 4, 200, &rig->why));
	assert_int_equal(reg(rig, REG_PC), SLEEP + 2);
	assert_int_equal(reg(rig, REG_XPSR) & 0x1FF, 15);
}

static void interrupts_come_back_after_a_step(void **state)
{
	struct rig *rig = *state;

	reset_halt(rig);
	start_systick(rig);
	ok(rig, core_step_range(rig->core, START, SUB + 4, 200, &rig->why));
	ok(rig, core_add_breakpoint(rig->core, SLEEP + 2, 2, false, &rig->why));
	go(rig);
	assert_int_equal(reg(rig, REG_PC), SLEEP + 2);
}

static void a_sleeping_core_halts_and_sleeps_on(void **state)
{
	struct rig *rig = *state;

	jump(rig, SLEEP);
	ok(rig, core_resume(rig->core, &rig->why));
	link_wait_us(rig->link, 1000);
	ok(rig, core_poll(rig->core));
	assert_int_equal(rig->core->state, CORE_RUNNING);
	ok(rig, core_halt(rig->core, 100));
	assert_int_equal(rig->core->stop, STOP_REQUEST);
	assert_in_range(reg(rig, REG_PC), SLEEP, SLEEP + 2);
}

static void a_lockup_is_a_stop(void **state)
{
	struct rig *rig = *state;
	char text[1000];

	reset_halt(rig);
	rig->core->demcr &= ~(1u << 10);		/* VC_HARDERR */
	poke(rig, FLASH + 12, "\0\0\0\x60", 4);		/* HardFault's vector leads nowhere */
	ok(rig, core_write_register(rig->core, REG_PC, FAULT));
	go(rig);
	assert_int_equal(rig->core->stop, STOP_LOCKUP);
	assert_int_equal(reg(rig, REG_PC), 0xFFFFFFFE);
	ok(rig, fault_explain(rig->core, text, sizeof(text)));
	assert_non_null(strstr(text, "lock-up"));
	reset_halt(rig);
	assert_int_equal(reg(rig, REG_PC), START);
}

static void nothing_runs_or_steps_unless_halted(void **state)
{
	struct rig *rig = *state;
	uint32_t value;

	assert_int_equal(rig->core->state, CORE_RUNNING);
	assert_int_equal(core_step(rig->core, &rig->why), E_NOT_HALTED);
	assert_int_equal(core_read_register(rig->core, 0, &value), E_NOT_HALTED);
	assert_int_equal(core_write_register(rig->core, 0, 0), E_NOT_HALTED);
	ok(rig, core_resume(rig->core, &rig->why));
	ok(rig, core_halt(rig->core, 100));
	ok(rig, core_halt(rig->core, 100));
	assert_int_equal(core_read_register(rig->core, 19, &value), E_ARGUMENT);
	assert_int_equal(core_read_register(rig->core, 1000, &value), E_ARGUMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ATTACHED(halt_and_registers_take_few_exchanges),
		ATTACHED(steps_one_instruction),
		ATTACHED(steps_through_a_range),
		ATTACHED(a_sleeping_step_ends),
		ATTACHED(knows_semihosting_and_other_bkpts),
		ATTACHED(a_fault_is_caught_and_told),
		ATTACHED(registers_are_written_back),
		ATTACHED(steps_do_not_fall_into_interrupts),
		ATTACHED(interrupts_come_back_after_a_step),
		ATTACHED(a_sleeping_core_halts_and_sleeps_on),
		ATTACHED(a_lockup_is_a_stop),
		ATTACHED(nothing_runs_or_steps_unless_halted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
