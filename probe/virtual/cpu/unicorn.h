/* SPDX-License-Identifier: MIT
 *
 * The instruction engine's inside, private to cpu_unicorn*.c. Unicorn 2.0.1 has traps; what is
 * done about each is said where it is done.
 */
#ifndef PROBE_VIRTUAL_CPU_UNICORN_H
#define PROBE_VIRTUAL_CPU_UNICORN_H

#include "probe/virtual/cpu/internal.h"

#include <unicorn/unicorn.h>

enum {
	WINDOWS_MAX = BUS_DEVICES_MAX + BUS_MEMORIES_MAX,
	FORGET_MAX = 16,
	BREAKPOINTS_MAX = FPB_ADDRESSES_MAX,
	IT_MARKS_MAX = 32,
	HARMLESS_MAX = 256,
	RECENT_MAX = 8,		/* an IT block and its IT are five */
	WATCH_HOOKS_MAX = 2 * DWT_UNITS_MAX + 1,
};

/* Addresses that are no plain memory: devices, and memories smaller than Unicorn's pages. */
struct engine_window {
	struct engine *engine;
	uint64_t base, end;
};

struct engine_range {
	uint64_t first, end;
};

/* An access that failed in a device: what the registers were before the instruction. */
struct engine_fault {
	bool pending;
	enum engine_stop stop;
	uint32_t address;
	uint32_t r[13], sp, lr, xpsr;
	uint8_t *old_bytes, old[8];	/* what a store changed that must not have happened */
	unsigned old_length;
};

/* Unicorn stores into read-only memory all the same: what was there, until the instruction is over. */
struct engine_stray {
	uint8_t *bytes, old[8];
	unsigned length;		/* 0 = none */
};

/* What to look for before each instruction. */
struct engine_stops {
	uint32_t breakpoints[BREAKPOINTS_MAX], its[IT_MARKS_MAX];
	unsigned breakpoint_count, it_count;
	struct dwt_range ranges[DWT_UNITS_MAX];
	unsigned range_count;
};

struct engine {
	struct cpu *cpu;
	uc_engine *uc;
	unsigned bus_generation, translations;
	struct cpu_registers mirror;	/* what Unicorn holds; valid while mirrored */
	bool mirrored;

	struct engine_window windows[WINDOWS_MAX];
	size_t window_count;
	const bool *check_while;	/* fetches from checked memories are asked about */
	uc_hook watch_hooks[WATCH_HOOKS_MAX];
	size_t watch_hook_count;
	struct engine_range forget[FORGET_MAX];
	size_t forget_count;
	struct bus_memory code_memory;	/* the one that instructions were read from last */

	/* The run under way. */
	bool running, exactly, stopping, overran;
	bool attention;			/* stop before the next instruction */
	unsigned inspect;
	uint32_t harmless[HARMLESS_MAX];	/* addresses that were inspected in this run */
	uint64_t marks;			/* a sieve over the addresses in stops */
	struct engine_stops stops;
	bool careful;			/* the next instruction opens an IT block to be stepped */
	int64_t limit, left;
	enum engine_stop stop;
	uint32_t pc, stop_pc;		/* begun last; where a stop was asked for */
	uint32_t recent[RECENT_MAX];	/* the instructions before it, in a ring */
	unsigned begun;
	uint32_t exact_it;		/* xPSR's IT bits before an instruction that is run exactly */
	int interrupt;			/* Unicorn's number, -1 = none */
	uint32_t bad_address;		/* of an access to nothing */
	bool bad_store;
	struct engine_fault fault;
	struct engine_stray stray;
};

/* cpu_unicorn_registers.c */
void engine_push_registers(struct engine *engine);
void engine_pull_registers(struct engine *engine);
/* From inside an access: remembers the registers as they were before the instruction. */
void engine_keep_fault(struct engine *engine, enum engine_stop stop, uint32_t address);

/* cpu_unicorn_memory.c */
void engine_map_memories(struct engine *engine);
void engine_watch_data(struct engine *engine);
/* Takes back what the last store left in read-only memory. */
void engine_undo_stray(struct engine *engine);
void engine_forget_now(struct engine *engine, uint64_t first, uint64_t end);

/* cpu_unicorn_stops.c */
void engine_prepare_stops(struct engine *engine);
/* Whether something has to happen before the instruction; ENGINE_PAUSE = just stop. */
bool engine_stops_before(struct engine *engine, uint32_t address, enum engine_stop *stop);
/* The ITSTATE bits of xPSR for the instruction at engine->pc, told by what ran before it. */
uint32_t engine_it_state(struct engine *engine);
bool engine_read_code(struct engine *engine, uint32_t address, uint16_t halfwords[2]);

/* Whether the memory that address is in has to be asked now; it is looked up when it is not the last one. */
static inline bool engine_asks_fetch(const struct engine *engine, uint32_t address)
{
	return *engine->check_while && (engine->code_memory.check ||
					address - engine->code_memory.base >= engine->code_memory.size);
}

/* Nothing to look for in the code at address, as far as this run knows. */
static inline bool engine_is_harmless(const struct engine *engine, uint32_t address)
{
	return !engine->inspect || engine->harmless[address >> 1 & (HARMLESS_MAX - 1)] == address;
}

#endif
