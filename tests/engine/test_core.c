/* SPDX-License-Identifier: MIT
 *
 * The targets layer on the virtual probe and chip: attach, run control, registers, points, memory, reset,
 * and how many trips to the probe each of them takes.
 */
#include "targets/board.h"
#include "targets/core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/log.h"
#include "probe/virtual/machine.h"
#include "probe/virtual/spec.h"

enum {
	FLASH = 0x08000000, RAM = 0x20000000, COUNTER = 0x20000100,
	START = 0x08000100, LOOP = 0x08000104, CALL = 0x08000108, SUB = 0x0800010E,
	FAULT = 0x08000118, BKPTS = 0x08000124, SLEEP = 0x0800012E,
};

/* arm-none-eabi-as, cortex-m4. */
static const uint16_t program[] = {
	0x2000, 0x4904,			/* start: movs r0, #0; ldr r1, =COUNTER */
	0x3001, 0x6008,			/* loop:  adds r0, #1; str r0, [r1] */
	0xF000, 0xF801, 0xE7FA,		/*        bl sub; b loop */
	0x0003, 0x4770, 0xBF00,		/* sub:   movs r3, r0; bx lr; nop */
	0x0100, 0x2000,			/*        .word COUNTER */
	0xF8DF, 0x1004, 0x6808, 0xE7FE,	/* fault: ldr r1, =0x60000000; ldr r0, [r1]; b . */
	0x0000, 0x6000,
	0xBF00, 0xBEAB, 0xBE01, 0xBF00, 0xE7FE,	/* bkpts: nop; bkpt 0xAB; bkpt 1; nop; b . */
	0xBF30, 0xE7FE,			/* sleep: wfi; b . */
};

struct rig {
	struct chip_library *chips;
	struct virtual_spec spec;
	struct board_options options;
	struct link *link;
	struct board *board;
	struct core *core;
	struct why why;
	bool attached;
};

static void poke(struct rig *rig, uint32_t address, const void *data, uint32_t length)
{
	machine_poke(virtual_link_machine(rig->link), address, data, length);
}

static uint32_t peek(struct rig *rig, uint32_t address)
{
	struct bus_memory *memory =
		bus_memory_at(machine_bus(virtual_link_machine(rig->link)), address);

	assert_non_null(memory);
	return get_u32(memory->bytes + (address - memory->base));
}

static void load_program(struct rig *rig)
{
	uint8_t vectors[64] = { 0 };

	put_u32(vectors, 0x20001000);
	put_u32(vectors + 4, START | 1);
	for (unsigned i = 2; i < 16; i++)
		put_u32(vectors + 4 * i, (SLEEP + 2) | 1);
	poke(rig, FLASH, vectors, sizeof(vectors));
	poke(rig, START, program, sizeof(program));
}

/* Everything but the attach. */
static void open_rig(struct rig *rig)
{
	static struct chip chip;
	struct probe *probe;

	assert_int_equal(chip_library_open(&rig->chips, NULL, &rig->why), 0);
	assert_int_equal(chip_find_part(&chip, rig->chips, "STM32F407VG", &rig->why), 0);
	chip_virtual_spec(&chip, "STM32F407VG", &rig->spec);
	assert_int_equal(virtual_link_open(&rig->link, &rig->spec, &rig->why), 0);
	load_program(rig);
	assert_int_equal(probe_open(&probe, rig->link, &rig->why), 0);
	rig->options = (struct board_options){ .chips = rig->chips, .low_power_debug = true };
	rig->board = calloc(1, sizeof(*rig->board));
	board_init(rig->board, probe, &rig->options);
	rig->core = &rig->board->cores[0];
}

static int setup_unattached(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	*state = rig;
	open_rig(rig);
	return 0;
}

static void ok(struct rig *rig, int err)
{
	if (err)
		print_message("error %d (%s): %s\n", err, error_text(err), rig->why.text);
	assert_int_equal(err, 0);
}

static int setup(void **state)
{
	struct rig *rig;

	setup_unattached(state);
	rig = *state;
	ok(rig, board_attach(rig->board, &rig->why));
	return 0;
}

static int teardown(void **state)
{
	struct rig *rig = *state;

	board_clear(rig->board);
	chip_library_close(rig->chips);
	free(rig->board);
	free(rig);
	return 0;
}

static uint32_t reg(struct rig *rig, unsigned number)
{
	uint32_t value = 0;

	ok(rig, core_read_register(rig->core, number, &value));
	return value;
}

/* Polls until the core halts. */
static void wait_halt(struct rig *rig)
{
	for (unsigned i = 0; i < 1000 && rig->core->state != CORE_HALTED; i++) {
		ok(rig, core_poll(rig->core));
		link_wait_us(rig->link, 100);
	}
	assert_int_equal(rig->core->state, CORE_HALTED);
}

static void go(struct rig *rig)
{
	ok(rig, core_resume(rig->core, &rig->why));
	wait_halt(rig);
}

static void reset_halt(struct rig *rig)
{
	ok(rig, board_reset(rig->board, RESET_AUTO, true, &rig->why));
}

static void jump(struct rig *rig, uint32_t address)
{
	reset_halt(rig);
	ok(rig, core_write_register(rig->core, REG_PC, address));
}

static uint32_t read_u32(struct rig *rig, uint32_t address)
{
	uint8_t bytes[4];
	uint32_t done;

	ok(rig, memory_read(rig->core, address, bytes, 4, &done));
	assert_int_equal(done, 4);
	return get_u32(bytes);
}

static void attach_finds_the_chip(void **state)
{
	struct rig *rig = *state;
	uint64_t before = rig->link->exchanges;

	ok(rig, board_attach(rig->board, &rig->why));
	print_message("attach: %u exchanges\n", (unsigned)(rig->link->exchanges - before));
	assert_in_range(rig->link->exchanges - before, 1, 25);
	assert_string_equal(rig->board->chip.file, "stm32f405.cfg");
	assert_int_equal(rig->board->flash_kib_register, 1024);
	assert_int_equal(rig->core->code_units, 6);
	assert_int_equal(rig->core->data_units, 4);
	assert_int_equal(rig->core->state, CORE_RUNNING);
	assert_string_equal(rig->board->notes, "");
}

static void attach_sets_freeze_bits_and_detach_puts_them_back(void **state)
{
	struct rig *rig = *state;
	uint32_t value;

	machine_read(virtual_link_machine(rig->link), 0xE0042004, 4, &value);
	assert_int_equal(value & 7, 7);
	machine_read(virtual_link_machine(rig->link), 0xE0042008, 4, &value);
	assert_int_equal(value & 0x1800, 0x1800);
	ok(rig, core_add_breakpoint(rig->core, LOOP, 2, false, &rig->why));
	reset_halt(rig);
	go(rig);
	ok(rig, board_detach(rig->board, false));
	machine_read(virtual_link_machine(rig->link), 0xE0042004, 4, &value);
	assert_int_equal(value, 0);
	machine_read(virtual_link_machine(rig->link), 0xE000EDF0, 4, &value);
	assert_int_equal(value & 0x20001, 0);
	machine_read(virtual_link_machine(rig->link), 0xE0002008, 4, &value);
	assert_int_equal(value, 0);
}

static void hot_plug_writes_nothing(void **state)
{
	struct rig *rig = *state;
	uint32_t value;

	rig->board->options.connect = CONNECT_HOT_PLUG;
	ok(rig, board_attach(rig->board, &rig->why));
	machine_read(virtual_link_machine(rig->link), 0xE000EDF0, 4, &value);
	assert_int_equal(value & 1, 0);
	machine_read(virtual_link_machine(rig->link), 0xE0042008, 4, &value);
	assert_int_equal(value, 0);
	ok(rig, core_halt(rig->core, 100));
	machine_read(virtual_link_machine(rig->link), 0xE0042008, 4, &value);
	assert_int_equal(value & 0x1800, 0x1800);
}

static void under_reset_halts_at_the_vector(void **state)
{
	struct rig *rig = *state;

	rig->board->options.connect = CONNECT_UNDER_RESET;
	ok(rig, board_attach(rig->board, &rig->why));
	assert_int_equal(rig->core->state, CORE_HALTED);
	assert_int_equal(reg(rig, REG_PC), START);
}

static void reset_halt_stands_at_the_vector(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	for (int kind = RESET_AUTO; kind <= RESET_PIN; kind++) {
		before = rig->link->exchanges;
		ok(rig, board_reset(rig->board, (enum reset_kind)kind, true, &rig->why));
		print_message("reset halt: %u exchanges\n", (unsigned)(rig->link->exchanges - before));
		assert_int_equal(reg(rig, REG_PC), START);
		assert_int_equal(reg(rig, REG_SP), 0x20001000);
		assert_int_equal(rig->core->stop, STOP_RESET_CATCH);
		assert_false(core_take_reset(rig->core));
	}
}

static void reset_run_runs(void **state)
{
	struct rig *rig = *state;

	reset_halt(rig);
	ok(rig, board_reset(rig->board, RESET_SYSTEM, false, &rig->why));
	assert_int_equal(rig->core->state, CORE_RUNNING);
	link_wait_us(rig->link, 1000);
	assert_true(peek(rig, COUNTER) > 10);
}

static void an_external_reset_is_noticed(void **state)
{
	struct rig *rig = *state;
	struct machine *machine = virtual_link_machine(rig->link);

	ok(rig, core_poll(rig->core));
	assert_false(core_take_reset(rig->core));
	machine_set_nrst(machine, false);
	machine_advance(machine, 1000000);
	machine_set_nrst(machine, true);
	machine_advance(machine, 1000000);
	ok(rig, core_poll(rig->core));
	assert_true(core_take_reset(rig->core));
	assert_false(core_take_reset(rig->core));
}

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

static void flash_is_cached_while_halted_only(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	reset_halt(rig);
	assert_int_equal(read_u32(rig, LOOP), 0x60083001);
	before = rig->link->exchanges;
	assert_int_equal(read_u32(rig, LOOP + 4), 0xF801F000);
	assert_int_equal(rig->link->exchanges - before, 0);
	ok(rig, core_resume(rig->core, &rig->why));
	ok(rig, core_halt(rig->core, 100));
	before = rig->link->exchanges;
	assert_int_equal(read_u32(rig, LOOP), 0x60083001);
	assert_true(rig->link->exchanges > before);
	memory_cache_enable(rig->core, false);
	before = rig->link->exchanges;
	read_u32(rig, LOOP);
	read_u32(rig, LOOP);
	assert_true(rig->link->exchanges - before >= 2);
}

static void ram_is_read_ahead_for_one_burst(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	reset_halt(rig);
	poke(rig, RAM + 0x400, "\1\0\0\0\2\0\0\0", 8);
	assert_int_equal(read_u32(rig, RAM + 0x400), 1);
	before = rig->link->exchanges;
	assert_int_equal(read_u32(rig, RAM + 0x404), 2);
	assert_int_equal(rig->link->exchanges - before, 0);
	poke(rig, RAM + 0x404, "\3", 1);		/* as DMA does */
	memory_cache_end_burst(rig->core);
	assert_int_equal(read_u32(rig, RAM + 0x404), 3);
	poke(rig, RAM + 0x404, "\4", 1);
	link_wait_us(rig->link, 101000);
	assert_int_equal(read_u32(rig, RAM + 0x404), 4);
	ok(rig, memory_write(rig->core, RAM + 0x404, "\5", 1, NULL));
	assert_int_equal(read_u32(rig, RAM + 0x404), 5);
}

static void memory_is_read_up_to_the_first_fault(void **state)
{
	struct rig *rig = *state;
	uint8_t bytes[64];
	uint32_t done;

	reset_halt(rig);
	ok(rig, memory_read(rig->core, 0x2001FFF8, bytes, sizeof(bytes), &done));
	assert_int_equal(done, 8);
	assert_int_equal(memory_read(rig->core, 0x60000000, bytes, 4, &done), E_FAULT);
	ok(rig, memory_read(rig->core, 0xFFFFFFFE, bytes, 0, &done));
}

static void flash_is_not_written_as_memory(void **state)
{
	struct rig *rig = *state;
	uint32_t fault = 0;

	assert_int_equal(memory_write(rig->core, FLASH, "x", 1, &fault), E_RANGE);
	assert_int_equal(fault, FLASH);
	assert_int_equal(memory_write(rig->core, 0x1FFF7800, "x", 1, &fault), E_RANGE);
}

static void areas_end_where_the_next_begins(void **state)
{
	static const struct { uint32_t address, end; enum board_area area; } rows[] = {
		{ 0x08000000, 0x08100000, AREA_FLASH }, { 0x00000004, 0x00100000, AREA_FLASH },
		{ 0x20000000, 0x20020000, AREA_RAM }, { 0x1FFF7800, 0x1FFF7A00, AREA_ROM },
		{ 0x40000000, 0x40024000, AREA_PERIPHERAL }, { 0xE000ED00, 0, AREA_PERIPHERAL },
		{ 0x00100000, 0x08000000, AREA_NONE }, { 0x60000000, 0x80000000, AREA_NONE },
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t end = 1;

		assert_int_equal(board_area_at(rig->board, rows[i].address, &end), rows[i].area);
		assert_int_equal(end, rows[i].end);
	}
}

static void says_why_the_chip_was_reset(void **state)
{
	struct rig *rig = *state;
	char text[100];

	board_reset_cause(rig->board, text, sizeof(text));
	assert_non_null(strstr(text, "power-on"));
}

static void an_override_needs_no_id(void **state)
{
	struct rig *rig = *state;

	rig->board->options.chip = "STM32F407VE";
	ok(rig, board_attach(rig->board, &rig->why));
	rig->board->options.chip = "STM32X999";
	assert_int_equal(board_attach(rig->board, &rig->why), E_CHIP);
	assert_non_null(strstr(rig->why.text, "STM32X999"));
}

int main(void)
{
#define ATTACHED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define BARE(test) cmocka_unit_test_setup_teardown(test, setup_unattached, teardown)
	const struct CMUnitTest tests[] = {
		BARE(attach_finds_the_chip),
		ATTACHED(attach_sets_freeze_bits_and_detach_puts_them_back),
		BARE(hot_plug_writes_nothing),
		BARE(under_reset_halts_at_the_vector),
		ATTACHED(reset_halt_stands_at_the_vector),
		ATTACHED(reset_run_runs),
		ATTACHED(an_external_reset_is_noticed),
		ATTACHED(halt_and_registers_take_few_exchanges),
		ATTACHED(steps_one_instruction),
		ATTACHED(steps_through_a_range),
		ATTACHED(a_sleeping_step_ends),
		ATTACHED(breakpoints_in_flash_hit_again_and_again),
		ATTACHED(two_breakpoints_share_a_word),
		ATTACHED(units_run_out_with_a_sentence),
		ATTACHED(breakpoints_in_ram_are_invisible),
		ATTACHED(watchpoints_tell_the_address),
		ATTACHED(reads_do_not_trigger_write_watchpoints),
		ATTACHED(watch_units_run_out),
		ATTACHED(knows_semihosting_and_other_bkpts),
		ATTACHED(a_fault_is_caught_and_told),
		ATTACHED(registers_are_written_back),
		ATTACHED(flash_is_cached_while_halted_only),
		ATTACHED(ram_is_read_ahead_for_one_burst),
		ATTACHED(memory_is_read_up_to_the_first_fault),
		ATTACHED(flash_is_not_written_as_memory),
		ATTACHED(areas_end_where_the_next_begins),
		ATTACHED(says_why_the_chip_was_reset),
		BARE(an_override_needs_no_id),
	};

	if (getenv("TETHER_LOG"))
		log_enable(getenv("TETHER_LOG"), &(const char *){ NULL });
	return cmocka_run_group_tests(tests, NULL, NULL);
}
