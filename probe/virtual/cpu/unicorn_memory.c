/* SPDX-License-Identifier: MIT
 *
 * The bus as Unicorn sees it: plain memories are mapped as they are, everything else is reached
 * through callbacks. None of them may stop the engine: the instruction would be repeated
 * (the next instruction's hook does it).
 */
#include "probe/virtual/cpu/unicorn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PPB_BASE 0xE0000000u
#define PPB_END 0xE0100000u

enum { PAGE = 1024, ITM_STIMULUS_END = 0x80 };

static const bool always = true, never = false;

bool engine_is_privileged(struct engine *engine)
{
	uint32_t control = 0, xpsr = 0;

	uc_reg_read(engine->uc, UC_ARM_REG_CONTROL, &control);
	uc_reg_read(engine->uc, UC_ARM_REG_XPSR, &xpsr);
	return !(control & CONTROL_NPRIV) || xpsr & XPSR_EXCEPTION;
}

/* The private peripheral bus is privileged, but for the ITM's stimulus ports (B3.1.1). */
static bool is_forbidden(struct engine *engine, uint32_t address)
{
	return address >= PPB_BASE + ITM_STIMULUS_END && address < PPB_END &&
	       !engine_is_privileged(engine);
}

/* The widest access that address and size allow: unaligned ones come in pieces. */
static unsigned piece(uint32_t address, unsigned size)
{
	if (size >= 4 && address % 4 == 0)
		return 4;
	return size >= 2 && address % 2 == 0 ? 2 : 1;
}

static uint64_t read_pieces(struct engine *engine, uint32_t address, unsigned size)
{
	uint64_t value = 0;

	for (unsigned done = 0, width; done < size; done += width) {
		uint32_t part = 0;

		width = piece(address + done, size - done);
		if (engine->fault.pending)
			return 0;
		if (is_forbidden(engine, address) ||
		    bus_read(engine->cpu->bus, address + done, width, &part, BUS_CPU) == BUS_FAULT)
			engine_keep_fault(engine, ENGINE_DATA_FAULT, address + done);
		value |= (uint64_t)part << 8 * done;
	}
	return value;
}

static void write_pieces(struct engine *engine, uint32_t address, unsigned size, uint64_t value)
{
	for (unsigned done = 0, width; done < size; done += width) {
		width = piece(address + done, size - done);
		if (engine->fault.pending)
			return;
		if (is_forbidden(engine, address) ||
		    bus_write(engine->cpu->bus, address + done, width,
			      (uint32_t)(value >> 8 * done), BUS_CPU) == BUS_FAULT)
			engine_keep_fault(engine, ENGINE_STORE_FAULT, address + done);
	}
}

static uint64_t read_window(uc_engine *uc, uint64_t offset, unsigned size, void *context)
{
	struct engine_window *window = context;

	(void)uc;
	return read_pieces(window->engine, (uint32_t)(window->base + offset), size);
}

static void write_window(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value,
			 void *context)
{
	struct engine_window *window = context;

	(void)uc;
	write_pieces(window->engine, (uint32_t)(window->base + offset), size, value);
}

void engine_undo_stray(struct engine *engine)
{
	memcpy(engine->stray.bytes, engine->stray.old, engine->stray.length);
	engine->stray.length = 0;
}

static void keep_stray(struct engine *engine, uint32_t address, unsigned size)
{
	const struct bus_memory *memory = bus_memory_at(engine->cpu->bus, address);
	struct engine_stray *stray = &engine->stray;

	if (!memory || size > sizeof(stray->old) ||
	    memory->size - (address - memory->base) < size)
		return;
	stray->bytes = memory->bytes + (address - memory->base);
	stray->length = size;
	memcpy(stray->old, stray->bytes, size);
}

/* Flash and ROM: the device behind them hears of the store. True = go on; 2.0.1 then stores the
 * value in the memory as well, which is taken back before the next instruction. */
static bool write_protected(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
			    int64_t value, void *context)
{
	struct engine *engine = context;

	(void)uc, (void)type;
	if (engine->stray.length)
		engine_undo_stray(engine);
	write_pieces(engine, (uint32_t)address, (unsigned)size, (uint64_t)value);
	keep_stray(engine, (uint32_t)address, (unsigned)size);
	return true;
}

/* Nothing there: remembers where; the engine stops on the instruction. */
static bool access_nothing(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
			   int64_t value, void *context)
{
	struct engine *engine = context;

	(void)uc, (void)size, (void)value;
	engine->bad_address = (uint32_t)address;
	engine->bad_store = type == UC_MEM_WRITE_UNMAPPED || type == UC_MEM_WRITE_PROT;
	return false;
}

static void checked_read(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value,
			 void *context)
{
	struct engine *engine = context;
	const struct bus_memory *memory;

	(void)uc, (void)type, (void)value;
	if (!*engine->check_while || engine->fault.pending)
		return;
	memory = bus_memory_at(engine->cpu->bus, (uint32_t)address);
	if (memory && memory->check &&
	    memory->check(memory->context, (uint32_t)address, (unsigned)size, BUS_CPU) == BUS_FAULT)
		engine_keep_fault(engine, ENGINE_DATA_FAULT, (uint32_t)address);
}

static bool is_plain(const struct bus_memory *memory)
{
	return memory->base % PAGE == 0 && memory->size % PAGE == 0;
}

/* One flag for all checked memories; where they differ, all are asked always. */
static void note_check(struct engine *engine, const struct bus_memory *memory)
{
	const bool *flag = memory->check_while ? memory->check_while : &always;

	engine->check_while = engine->check_while == &never || engine->check_while == flag
			    ? flag : &always;
}

static void map_plain(struct engine *engine, const struct bus_memory *memory)
{
	uint32_t rights = UC_PROT_READ | (memory->writable ? UC_PROT_WRITE : 0) |
			  (memory->executable ? UC_PROT_EXEC : 0);
	uc_err err = uc_mem_map_ptr(engine->uc, memory->base, memory->size, rights, memory->bytes);
	uc_hook hook;

	assert(err == UC_ERR_OK);
	(void)err;
	if (!memory->check)
		return;
	note_check(engine, memory);
	uc_hook_add(engine->uc, &hook, UC_HOOK_MEM_READ, (void *)checked_read, engine, memory->base,
		    (uint64_t)memory->base + memory->size - 1);
}

static void add_window(struct engine *engine, uint32_t base, uint32_t size)
{
	engine->windows[engine->window_count++] = (struct engine_window){
		engine, base / PAGE * PAGE, ((uint64_t)base + size + PAGE - 1) / PAGE * PAGE,
	};
}

static int compare_windows(const void *a, const void *b)
{
	const struct engine_window *x = a, *y = b;

	return (x->base > y->base) - (x->base < y->base);
}

/* Rows that share a page, or touch, become one window. */
static void merge_windows(struct engine *engine)
{
	size_t kept = 0;

	qsort(engine->windows, engine->window_count, sizeof(engine->windows[0]), compare_windows);
	for (size_t i = 0; i < engine->window_count; i++) {
		const struct engine_window *next = &engine->windows[i];

		if (kept && next->base <= engine->windows[kept - 1].end) {
			struct engine_window *last = &engine->windows[kept - 1];

			last->end = next->end > last->end ? next->end : last->end;
		} else {
			engine->windows[kept++] = *next;
		}
	}
	engine->window_count = kept;
}

static void map_windows(struct engine *engine)
{
	merge_windows(engine);
	for (size_t i = 0; i < engine->window_count; i++) {
		struct engine_window *window = &engine->windows[i];
		uc_err err = uc_mmio_map(engine->uc, window->base, window->end - window->base,
					 read_window, window, write_window, window);

		assert(err == UC_ERR_OK);
		(void)err;
	}
}

void engine_map_memories(struct engine *engine)
{
	const struct bus *bus = engine->cpu->bus;
	uc_hook hook;

	engine->window_count = 0;
	engine->check_while = &never;
	engine->code_memory.size = 0;
	for (size_t i = 0; i < bus->memory_count; i++) {
		const struct bus_memory *memory = &bus->memories[i];

		if (is_plain(memory) && memory->size)
			map_plain(engine, memory);
		else if (memory->size)
			add_window(engine, memory->base, memory->size);
	}
	for (size_t i = 0; i < bus->device_count; i++)
		add_window(engine, bus->devices[i].base, bus->devices[i].size);
	map_windows(engine);
	uc_hook_add(engine->uc, &hook, UC_HOOK_MEM_WRITE_PROT, (void *)write_protected, engine, 1, 0);
	uc_hook_add(engine->uc, &hook,
		    UC_HOOK_MEM_UNMAPPED | UC_HOOK_MEM_READ_PROT | UC_HOOK_MEM_FETCH_PROT,
		    (void *)access_nothing, engine, 1, 0);
}

/* The first byte decides whether Unicorn calls; look for accesses that reach in from below too. */
static void watched(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value,
		    void *context)
{
	struct engine *engine = context;
	struct cpu_dwt *dwt = &engine->cpu->dwt;

	(void)uc, (void)value;
	for (unsigned i = 0; i < engine->stops.range_count; i++) {
		const struct dwt_range *range = &engine->stops.ranges[i];
		bool wanted = type == UC_MEM_WRITE ? range->writes : range->reads;

		if (!wanted || address > range->last || address + (unsigned)size <= range->first)
			continue;
		dwt->units[range->unit].matched = true;
		dwt->hit = true;
		engine_attention(engine);
	}
}

static void add_watch(struct engine *engine, const struct dwt_range *range, int type)
{
	uint64_t first = range->first < 7 ? 0 : range->first - 7;

	uc_hook_add(engine->uc, &engine->watch_hooks[engine->watch_hook_count++], type,
		    (void *)watched, engine, first, (uint64_t)range->last);
}

static void keep_old_bytes(struct engine *engine, uint32_t address, unsigned size)
{
	struct bus_memory *memory = bus_memory_at(engine->cpu->bus, address);
	struct engine_fault *fault = &engine->fault;

	if (!memory || !memory->writable || size > sizeof(fault->old) ||
	    memory->size - (address - memory->base) < size)
		return;
	fault->old_bytes = memory->bytes + (address - memory->base);
	fault->old_length = size;
	memcpy(fault->old, fault->old_bytes, size);
}

/* CCR.UNALIGN_TRP. The access happens nevertheless; a store is taken back afterwards. */
static void trap_unaligned(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
			   int64_t value, void *context)
{
	struct engine *engine = context;

	(void)uc, (void)value;
	if (address % (unsigned)size == 0 || engine->fault.pending)
		return;
	engine_keep_fault(engine, ENGINE_UNALIGNED, (uint32_t)address);
	if (type == UC_MEM_WRITE)
		keep_old_bytes(engine, (uint32_t)address, (unsigned)size);
}

static bool traps_unaligned(const struct cpu *cpu)
{
	return cpu_holds_v7(cpu) && cpu->scs.ccr & CCR_UNALIGN_TRP;
}

/* Translated loads do not know of a hook that came later. */
static void forget_all_code(struct engine *engine)
{
	const struct bus *bus = engine->cpu->bus;

	for (size_t i = 0; i < bus->memory_count; i++)
		if (bus->memories[i].executable && bus->memories[i].size)
			engine_forget_now(engine, bus->memories[i].base,
					  (uint64_t)bus->memories[i].base + bus->memories[i].size);
}

void engine_watch_data(struct engine *engine)
{
	struct engine_stops *stops = &engine->stops;
	bool reads = traps_unaligned(engine->cpu);

	for (size_t i = 0; i < engine->watch_hook_count; i++)
		uc_hook_del(engine->uc, engine->watch_hooks[i]);
	engine->watch_hook_count = 0;
	stops->range_count = dwt_ranges(engine->cpu, stops->ranges);
	for (unsigned i = 0; i < stops->range_count; i++) {
		if (stops->ranges[i].reads)
			add_watch(engine, &stops->ranges[i], UC_HOOK_MEM_READ_AFTER);
		if (stops->ranges[i].writes)
			add_watch(engine, &stops->ranges[i], UC_HOOK_MEM_WRITE);
		reads |= stops->ranges[i].reads;
	}
	if (traps_unaligned(engine->cpu))
		uc_hook_add(engine->uc, &engine->watch_hooks[engine->watch_hook_count++],
			    UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, (void *)trap_unaligned, engine, 1, 0);
	if (reads)
		forget_all_code(engine);
}

void engine_forget_now(struct engine *engine, uint64_t first, uint64_t end)
{
	/* 64-bit arguments: they travel as varargs. */
	if (engine->uc)
		uc_ctl_remove_cache(engine->uc, first, end);
}
