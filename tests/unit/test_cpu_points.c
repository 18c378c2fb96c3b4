/* SPDX-License-Identifier: MIT
 *
 * Breakpoints and watchpoints of the virtual core: FPB and DWT of all its kinds.
 */
#include "tests/unit/cpu_rig.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/cpu_programs.h"

enum { DWT = 0xE0001000u, COMP0 = 0x20, MASK0 = 0x24, FUNCTION0 = 0x28, MATCHED = 1 << 24,
       TRCENA = 1 << 24 };

static void watch(struct rig *rig, unsigned function, uint32_t address, unsigned mask)
{
	rig_write(rig, DEMCR, TRCENA);
	rig_write(rig, DWT + COMP0 + 0x20, address);
	rig_write(rig, DWT + MASK0 + 0x20, mask);
	rig_write(rig, DWT + FUNCTION0 + 0x20, function);
}

static void breakpoint_inside_an_it_block(void **state)
{
	static const uint32_t places[] = {
		it_it, it_first, it_second, it_third, it_fourth, it_after,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct rig *rig = HALTED_RIG(VIRTUAL_M4, it);

		rig_go(rig, it_reset, 30);	/* once without, so that it is translated */
		rig_reset_halt(rig);
		rig_breakpoint(rig, 3, places[i]);
		rig_go(rig, it_reset, 30);
		assert_true(rig_is_halted(rig));
		assert_int_equal(rig_reg(rig, PC), places[i]);
		assert_int_equal(rig_read(rig, DFSR), 2);
		rig_breakpoint(rig, 3, 0);
		rig_debug(rig, 0);
		rig_run(rig, 30);
		assert_int_equal(rig_reg(rig, 2), 0x51);
		rig_free(rig);
	}
}

static void breakpoint_hits_again_while_it_is_set(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, it);

	(void)state;
	rig_breakpoint(rig, 0, it_before);
	rig_go(rig, it_reset, 30);
	rig_step(rig);
	assert_int_equal(rig_reg(rig, PC), it_before);
	assert_int_equal(rig_read(rig, DFSR), 2);
	rig_free(rig);
}

static void version_2_breakpoints_reach_ram(void **state)
{
	static const enum virtual_core cores[] = { VIRTUAL_M7, VIRTUAL_M33 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rig *rig = HALTED_RIG(cores[i], it);

		memcpy(rig->ram, program_it, sizeof(program_it));
		assert_int_equal(rig_read(rig, 0xE0002000), 0x10000080);
		rig_write(rig, 0xE0002000, 3);
		rig_write(rig, 0xE0002008 + 7 * 4, (it_third - RIG_FLASH + RIG_RAM) | 1);
		rig_go(rig, it_reset - RIG_FLASH + RIG_RAM, 30);
		assert_true(rig_is_halted(rig));
		assert_int_equal(rig_reg(rig, PC), it_third - RIG_FLASH + RIG_RAM);
		rig_free(rig);
	}
}

static void v6m_has_four_breakpoints(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M0, chain);

	(void)state;
	assert_int_equal(rig_read(rig, 0xE0002000), 0x40);
	rig_breakpoint(rig, 3, chain_pendsv);
	rig_go(rig, chain_reset, 200);
	assert_true(rig_is_halted(rig));
	assert_int_equal(rig_reg(rig, PC), chain_pendsv);
	assert_int_equal(rig_reg(rig, XPSR) & 0x1FF, 14);
	rig_free(rig);
}

static void watchpoints_stop_after_the_access(void **state)
{
	static const struct { unsigned function, mask; uint32_t address, pc; } rows[] = {
		{ 5, 2, 0x20000100, watch_loaded }, { 6, 2, 0x20000100, watch_stored },
		{ 7, 2, 0x20000100, watch_loaded }, { 6, 0, 0x20000106, watch_loop },
		{ 6, 0, 0x20000102, watch_stored }, { 6, 5, 0x20000100, watch_stored },
		{ 6, 1, 0x20000106, watch_loop },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig *rig = HALTED_RIG(VIRTUAL_M4, watch);
		uint32_t pc;

		rig_go(rig, watch_reset, 1000);		/* translated without */
		rig_reset_halt(rig);
		watch(rig, rows[i].function, rows[i].address, rows[i].mask);
		rig_go(rig, watch_reset, 100);
		assert_true(rig_is_halted(rig));
		assert_int_equal(rig_read(rig, DFSR), 4);
		pc = rig_reg(rig, PC);
		if (rows[i].pc == watch_loop)	/* the branch after the store may be done */
			assert_true(pc == watch_loop || pc == watch_stored_byte);
		else
			assert_int_equal(pc, rows[i].pc);
		assert_int_equal(rig_read(rig, DWT + FUNCTION0 + 0x20) & MATCHED, MATCHED);
		assert_int_equal(rig_read(rig, DWT + FUNCTION0 + 0x20) & MATCHED, 0);
		rig_free(rig);
	}
}

static void watchpoint_not_hit_lets_run(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, watch);

	(void)state;
	watch(rig, 7, 0x20000104, 1);
	rig_go(rig, watch_reset, 500);
	assert_false(rig_is_halted(rig));
	/* and without TRCENA there is nobody who looks */
	rig_debug(rig, HALT);
	rig_run(rig, 1);
	watch(rig, 7, 0x20000100, 2);
	rig_write(rig, DEMCR, 0);
	rig_go(rig, watch_reset, 500);
	assert_false(rig_is_halted(rig));
	rig_free(rig);
}

static void v8m_watches_a_range(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M33, watch);

	(void)state;
	rig_write(rig, DEMCR, TRCENA);
	rig_write(rig, DWT + COMP0, 0x20000104);
	rig_write(rig, DWT + FUNCTION0, 1 << 4 | 5);
	rig_write(rig, DWT + COMP0 + 0x10, 0x20000107);
	rig_write(rig, DWT + FUNCTION0 + 0x10, 7);
	rig_go(rig, watch_reset, 100);
	assert_true(rig_is_halted(rig));
	assert_int_equal(rig_read(rig, DFSR), 4);
	assert_int_equal(rig_read(rig, DWT + FUNCTION0) & MATCHED, MATCHED);
	rig_free(rig);
}

static void dwt_compares_the_pc(void **state)
{
	struct rig *rig = HALTED_RIG(VIRTUAL_M4, watch);

	(void)state;
	watch(rig, 4, watch_store, 0);
	rig_go(rig, watch_reset, 100);
	assert_true(rig_is_halted(rig));
	assert_int_equal(rig_reg(rig, PC), watch_store);
	assert_int_equal(rig_read(rig, DFSR), 4);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breakpoint_inside_an_it_block),
		cmocka_unit_test(breakpoint_hits_again_while_it_is_set),
		cmocka_unit_test(version_2_breakpoints_reach_ram),
		cmocka_unit_test(v6m_has_four_breakpoints),
		cmocka_unit_test(watchpoints_stop_after_the_access),
		cmocka_unit_test(watchpoint_not_hit_lets_run),
		cmocka_unit_test(v8m_watches_a_range),
		cmocka_unit_test(dwt_compares_the_pc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
