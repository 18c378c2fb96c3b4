/* SPDX-License-Identifier: MIT
 *
 * The ground of the tests of targets/: a board on the virtual probe and chip without an engine, and a
 * small program in its flash. Everything here fails the test (cmocka) instead of returning errors.
 */
#ifndef TESTS_ENGINE_BOARD_RIG_H
#define TESTS_ENGINE_BOARD_RIG_H

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
};

static inline void poke(struct rig *rig, uint32_t address, const void *data, uint32_t length)
{
	machine_poke(virtual_link_machine(rig->link), address, data, length);
}

static inline uint32_t peek(struct rig *rig, uint32_t address)
{
	struct bus_memory *memory =
		bus_memory_at(machine_bus(virtual_link_machine(rig->link)), address);

	assert_non_null(memory);
	return get_u32(memory->bytes + (address - memory->base));
}

static inline void load_program(struct rig *rig)
{
	uint8_t vectors[64] = { 0 };

	put_u32(vectors, 0x20001000);
	put_u32(vectors + 4, START | 1);
	for (unsigned i = 2; i < 16; i++)
		put_u32(vectors + 4 * i, (SLEEP + 2) | 1);
	poke(rig, FLASH, vectors, sizeof(vectors));
	poke(rig, START, program, sizeof(program));
}

/* The chip library and the spec, which may be changed before open_rig. */
static inline void fill_rig(struct rig *rig)
{
	struct chip *chip = calloc(1, sizeof(*chip));

	assert_int_equal(chip_library_open(&rig->chips, NULL, &rig->why), 0);
	assert_int_equal(chip_find_part(chip, rig->chips, "STM32F407VG", &rig->why), 0);
	chip_virtual_spec(chip, "STM32F407VG", &rig->spec);
	free(chip);
}

/* Everything but the attach. */
static inline void open_rig(struct rig *rig)
{
	struct probe *probe;

	assert_int_equal(virtual_link_open(&rig->link, &rig->spec, &rig->why), 0);
	load_program(rig);
	assert_int_equal(probe_open(&probe, rig->link, &rig->why), 0);
	rig->options = (struct board_options){ .chips = rig->chips, .low_power_debug = true };
	rig->board = calloc(1, sizeof(*rig->board));
	board_init(rig->board, probe, &rig->options);
	rig->core = &rig->board->cores[0];
}

static inline int setup_unattached(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	*state = rig;
	fill_rig(rig);
	open_rig(rig);
	return 0;
}

static inline void ok(struct rig *rig, int err)
{
	if (err)
		print_message("error %d (%s): %s\n", err, error_text(err), rig->why.text);
	assert_int_equal(err, 0);
}

static inline int setup(void **state)
{
	struct rig *rig;

	setup_unattached(state);
	rig = *state;
	ok(rig, board_attach(rig->board, &rig->why));
	return 0;
}

static inline void close_rig(struct rig *rig)
{
	board_clear(rig->board);
	chip_library_close(rig->chips);
	free(rig->board);
}

static inline int teardown(void **state)
{
	close_rig(*state);
	free(*state);
	return 0;
}

static inline uint32_t reg(struct rig *rig, unsigned number)
{
	uint32_t value = 0;

	ok(rig, core_read_register(rig->core, number, &value));
	return value;
}

/* Polls until the core halts. */
static inline void wait_halt(struct rig *rig)
{
	for (unsigned i = 0; i < 1000 && rig->core->state != CORE_HALTED; i++) {
		ok(rig, core_poll(rig->core));
		link_wait_us(rig->link, 100);
	}
	assert_int_equal(rig->core->state, CORE_HALTED);
}

static inline void go(struct rig *rig)
{
	ok(rig, core_resume(rig->core, &rig->why));
	wait_halt(rig);
}

static inline void reset_halt(struct rig *rig)
{
	ok(rig, board_reset(rig->board, RESET_AUTO, true, &rig->why));
}

static inline void jump(struct rig *rig, uint32_t address)
{
	reset_halt(rig);
	ok(rig, core_write_register(rig->core, REG_PC, address));
}

static inline uint32_t read_u32(struct rig *rig, uint32_t address)
{
	uint8_t bytes[4];
	uint32_t done;

	ok(rig, memory_read(rig->core, address, bytes, 4, &done));
	assert_int_equal(done, 4);
	return get_u32(bytes);
}

#define ATTACHED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define BARE(test) cmocka_unit_test_setup_teardown(test, setup_unattached, teardown)

#endif
