/* SPDX-License-Identifier: MIT
 *
 * What the files that make up a core (core*.c, memory.c) share with one another and with nobody else.
 */
#ifndef TARGETS_CORE_PRIVATE_H
#define TARGETS_CORE_PRIVATE_H

#include "targets/batch.h"
#include "targets/core.h"

/* The one place where DHCSR's sticky bits are looked at; every value read comes here. */
void core_take_dhcsr(struct core *core, uint32_t dhcsr);
/* Changes the run state, with a log line. */
void core_set_state(struct core *core, enum core_state state, const char *cause);

/* The flags of the last reset, so that those of the next one are told apart (board.c). */
size_t board_queue_reset_flags(const struct board *board, struct batch *batch);
void board_take_reset_flags(struct board *board, const struct batch *batch, size_t index);

/* Finds out why the core halted from the DFSR bits that were read and cleared. */
int core_classify_stop(struct core *core, uint32_t dfsr);

/* True when the core was stopped at pc by a BKPT that the firmware contains. */
bool core_stands_on_bkpt(const struct core *core, uint32_t pc);

void registers_forget(struct core *core);
/* Adds the writes of dirty registers; after the batch went well call registers_written. */
void registers_queue(struct core *core, struct batch *batch);
void registers_written(struct core *core);
/* What the start of such code needs; it is written with the other dirty ones. */
int registers_set_for_code(struct core *core, const struct core_code *code);
/* Reads PC alone, where nobody is going to ask for more. */
int registers_read_pc(struct core *core, uint32_t *pc);
/* Adds the read of PC to a batch; the result goes to registers_take_pc. */
size_t registers_queue_pc(struct batch *batch);
void registers_take_pc(struct core *core, uint32_t pc);

/* The wanted breakpoint at that address, or NULL. */
const struct core_breakpoint *points_breakpoint_at(const struct core *core, uint32_t address);
/* Writes BKPTs into RAM that are wanted, takes out those that aren't. */
int points_place_soft(struct core *core);
/* Puts the original instructions back where they overlap [address, address + length). */
int points_lift_soft(struct core *core, uint32_t address, uint32_t length);
/* Overwrites our BKPTs with what they replaced, in bytes read from address. */
void points_hide_soft(const struct core *core, uint32_t address, uint8_t *data, uint32_t length);

/* Counts the units and clears them in the target. ours: what they hold was put there by us. */
int units_examine(struct core *core, bool ours);
void units_forget(struct core *core);
/* Checks whether the points wanted now fit into the units. E_NO_UNIT. */
int units_check_code(const struct core *core);
int units_check_data(const struct core *core);
/* Adds writes for units that differ from what is wanted. */
void units_queue_code(struct core *core, struct batch *batch);
void units_queue_data(struct core *core, struct batch *batch);
/* Adds writes that disable the breakpoint units at one address, for a step off it. */
void units_queue_step_off(struct core *core, struct batch *batch, uint32_t address);
/* Adds writes that disable all that are in use. */
void units_queue_clear(struct core *core, struct batch *batch);
/* Which watchpoint matched: its index, or -1. */
int units_find_match(struct core *core, int *watchpoint);
/* False where hardware breakpoints can't reach (FPB v1 above 0x20000000). */
bool units_reach(const struct core *core, uint32_t address);

#endif
