/* SPDX-License-Identifier: MIT
 *
 * Breakpoints and watchpoints on the virtual chip: hit, invisible, and out of units.
 */
#include "tests/engine/board_rig.h"

static void breakpoints_in_flash_hit_again_and_again(void **state)
{
	struct rig *rig = *state;

	reset_halt(rig);
	ok(rig, core_add_breakpoint(rig->core, CALL, 4, false, &rig->why));
	ok(rig, core_add_breakpoint(rig->core, CALL, 4, false, &rig->why));
	for (unsigned i = 1; i < 5; i++) {
		uint64_t before = rig->link->exchanges;

		go(rig);
		print_message("continue from a breakpoint to the next: %u exchanges\n",
			      (unsigned)(rig->link->exchanges - before));
		assert_int_equal(reg(rig, REG_PC), CALL);
		assert_int_equal(reg(rig, 0), i);
		assert_int_equal(rig->core->stop, STOP_BREAKPOINT_HW);
	}
	ok(rig, core_remove_breakpoint(rig->core, CALL));
	ok(rig, core_resume(rig->core, &rig->why));
	link_wait_us(rig->link, 5000);
	ok(rig, core_poll(rig->core));
	assert_int_equal(rig->core->state, CORE_RUNNING);
}

static void two_breakpoints_share_a_word(void **state)
{
	struct rig *rig = *state;

	reset_halt(rig);
	ok(rig, core_add_breakpoint(rig->core, LOOP, 2, false, &rig->why));
	ok(rig, core_add_breakpoint(rig->core, LOOP + 2, 2, false, &rig->why));
	go(rig);
	assert_int_equal(reg(rig, REG_PC), LOOP);
	go(rig);
	assert_int_equal(reg(rig, REG_PC), LOOP + 2);
	go(rig);
	assert_int_equal(reg(rig, REG_PC), LOOP);
}

/* What startup code does: it copies the function to RAM where the breakpoint is, and calls it later.
 *	ldr r0, =RAM + 0x200; ldr r1, =0x47702207; str r1, [r0]; adds r0, #1; nop; 1: blx r0; b 1b */
static void breakpoints_in_ram_outlive_startup_code(void **state)
{
	enum { FUNC = RAM + 0x200, BEFORE_CALL = START + 8 };
	static const uint16_t startup[] = { 0x4803, 0x4904, 0x6001, 0x3001, 0xBF00, 0x4780, 0xE7FD, 0xBF00,
					    0x0200, 0x2000, 0x2207, 0x4770 };
	struct rig *rig = *state;

	poke(rig, START, startup, sizeof(startup));
	poke(rig, FUNC, "\x01\x22\x70\x47", 4);		/* of the firmware before */
	reset_halt(rig);
	ok(rig, core_add_breakpoint(rig->core, FUNC, 2, false, &rig->why));
	ok(rig, core_add_breakpoint(rig->core, BEFORE_CALL, 2, false, &rig->why));
	go(rig);
	assert_int_equal(reg(rig, REG_PC), BEFORE_CALL);
	assert_int_equal(read_u32(rig, FUNC), 0x47702207);
	go(rig);
	assert_int_equal(reg(rig, REG_PC), FUNC);
	assert_int_equal(rig->core->stop, STOP_BREAKPOINT_SW);
	assert_int_equal(read_u32(rig, FUNC), 0x47702207);
	core_remove_all_points(rig->core);
	ok(rig, core_lift_points(rig->core));
	assert_int_equal(peek(rig, FUNC), 0x47702207);
}

static void units_run_out_with_a_sentence(void **state)
{
	struct rig *rig = *state;

	for (unsigned i = 0; i < 6; i++)
		ok(rig, core_add_breakpoint(rig->core, 0x08001000 + 8 * i, 2, false, &rig->why));
	assert_int_equal(core_add_breakpoint(rig->core, 0x08002000, 2, false, &rig->why),
			 E_NO_UNIT);
	assert_string_equal(rig->why.text, "all 6 hardware breakpoints are in use");
	assert_int_equal(core_add_breakpoint(rig->core, RAM, 2, true, &rig->why), E_NO_UNIT);
	ok(rig, core_add_breakpoint(rig->core, RAM, 2, false, &rig->why));
	core_remove_all_points(rig->core);
	ok(rig, core_add_breakpoint(rig->core, 0x08002000, 2, false, &rig->why));
}

static void breakpoints_in_ram_are_invisible(void **state)
{
	struct rig *rig = *state;
	uint8_t bytes[8];
	uint32_t done;

	poke(rig, RAM + 0x200, program, sizeof(program));
	reset_halt(rig);
	ok(rig, core_write_register(rig->core, REG_PC, RAM + 0x200));
	ok(rig, core_add_breakpoint(rig->core, RAM + 0x204, 2, false, &rig->why));
	for (unsigned i = 1; i < 4; i++) {
		go(rig);
		assert_int_equal(reg(rig, REG_PC), RAM + 0x204);
		assert_int_equal(rig->core->stop, STOP_BREAKPOINT_SW);
		assert_int_equal(reg(rig, 0), i - 1);
		ok(rig, memory_read(rig->core, RAM + 0x203, bytes, 3, &done));
		assert_memory_equal(bytes, (const uint8_t *)program + 3, 3);
	}
	assert_int_equal(peek(rig, RAM + 0x204) & 0xFFFF, 0xBE00);
	/* New code over it is what shows and what comes back. */
	ok(rig, memory_write(rig->core, RAM + 0x204, "\x02\x30", 2, NULL));
	ok(rig, core_remove_breakpoint(rig->core, RAM + 0x204));
	ok(rig, core_step(rig->core, &rig->why));
	assert_int_equal(reg(rig, 0), 4);
	ok(rig, core_lift_points(rig->core));
	assert_int_equal(peek(rig, RAM + 0x204) & 0xFFFF, 0x3002);
}

static void watchpoints_tell_the_address(void **state)
{
	static const struct { enum watch_kind kind; uint32_t address, length; } rows[] = {
		{ WATCH_WRITE, COUNTER, 4 }, { WATCH_ACCESS, COUNTER, 4 },
		{ WATCH_WRITE, COUNTER - 4, 8 }, { WATCH_WRITE, COUNTER - 3, 5 },
		{ WATCH_WRITE, COUNTER + 1, 1 },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		reset_halt(rig);
		core_remove_all_points(rig->core);
		ok(rig, core_add_watchpoint(rig->core, rows[i].address, rows[i].length,
					    rows[i].kind, &rig->why));
		if (rows[i].length == 1) {
			ok(rig, core_resume(rig->core, &rig->why));
			continue;
		}
		go(rig);
		assert_int_equal(rig->core->stop, STOP_WATCHPOINT);
		assert_int_equal(rig->core->stop_address, rows[i].address);
		assert_int_equal(rig->core->stop_watch, rows[i].kind);
		assert_in_range(reg(rig, REG_PC), CALL, SUB);
	}
}

static void reads_do_not_trigger_write_watchpoints(void **state)
{
	struct rig *rig = *state;

	reset_halt(rig);
	ok(rig, core_add_watchpoint(rig->core, COUNTER, 4, WATCH_READ, &rig->why));
	ok(rig, core_resume(rig->core, &rig->why));
	link_wait_us(rig->link, 2000);
	ok(rig, core_poll(rig->core));
	assert_int_equal(rig->core->state, CORE_RUNNING);
}

static void watch_units_run_out(void **state)
{
	struct rig *rig = *state;

	for (unsigned i = 0; i < 4; i++)
		ok(rig, core_add_watchpoint(rig->core, COUNTER + 4 * i, 4, WATCH_WRITE, &rig->why));
	assert_int_equal(core_add_watchpoint(rig->core, RAM, 4, WATCH_WRITE, &rig->why), E_NO_UNIT);
	core_remove_watchpoint(rig->core, COUNTER, 4, WATCH_WRITE);
	assert_int_equal(core_add_watchpoint(rig->core, RAM + 1, 6, WATCH_WRITE, &rig->why),
			 E_NO_UNIT);
	ok(rig, core_add_watchpoint(rig->core, RAM, 0x8000, WATCH_WRITE, &rig->why));
}

/* GDB wants one where the caller of the reset handler would be. */
static void breakpoints_where_nothing_runs_take_no_unit(void **state)
{
	struct rig *rig = *state;

	for (unsigned i = 0; i < 20; i++)
		ok(rig, core_add_breakpoint(rig->core, 0xFFFFFFFE - 4 * i, 2, i & 1, &rig->why));
	assert_int_equal(rig->core->breakpoint_count, 0);
	ok(rig, core_remove_breakpoint(rig->core, 0xFFFFFFFE));
	assert_int_equal(core_add_breakpoint(rig->core, 0x60000000, 2, true, &rig->why), E_NO_UNIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ATTACHED(breakpoints_in_flash_hit_again_and_again),
		ATTACHED(two_breakpoints_share_a_word),
		ATTACHED(breakpoints_in_ram_outlive_startup_code),
		ATTACHED(units_run_out_with_a_sentence),
		ATTACHED(breakpoints_in_ram_are_invisible),
		ATTACHED(watchpoints_tell_the_address),
		ATTACHED(reads_do_not_trigger_write_watchpoints),
		ATTACHED(watch_units_run_out),
		ATTACHED(breakpoints_where_nothing_runs_take_no_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
