/* SPDX-License-Identifier: MIT
 *
 * The instruction engine on libunicorn 2.0.1: its life, and one run. One global code hook counts
 * instructions and is the only place that stops the engine; count and flush_tlb are never used.
 */
#include "probe/virtual/cpu/unicorn.h"

#include <assert.h>
#include <stdlib.h>

enum {
	/* Removed translations are never given back (0.5 KiB each), and at some two millions Unicorn
	 * hangs. */
	TRANSLATIONS_MAX = 25000,
	/* Unicorn's interrupt numbers. */
	INTR_UNDEFINED = 1, INTR_SVC = 2, INTR_PREFETCH_ABORT = 3, INTR_DATA_ABORT = 4,
	INTR_BKPT = 7, INTR_EXCEPTION_EXIT = 8, INTR_NOCP = 17, INTR_INVSTATE = 18, INTR_STKOF = 19,
};

/* Odd: no instruction is ever there. */
#define NOWHERE 0xFFFFFFFFull

/* UC_MODE_MCLASS would silently make every core an M33. There is no M0+ model. */
static const int unicorn_models[] = {
	[VIRTUAL_M0] = UC_CPU_ARM_CORTEX_M0,
	[VIRTUAL_M0PLUS] = UC_CPU_ARM_CORTEX_M0,
	[VIRTUAL_M3] = UC_CPU_ARM_CORTEX_M3,
	[VIRTUAL_M4] = UC_CPU_ARM_CORTEX_M4,
	[VIRTUAL_M7] = UC_CPU_ARM_CORTEX_M7,
	[VIRTUAL_M33] = UC_CPU_ARM_CORTEX_M33,
};

static void begin(struct engine *engine, uint32_t address)
{
	engine->pc = address;
	engine->recent[engine->begun++ % RECENT_MAX] = address;
}

static void on_code_slowly(struct engine *engine, uint32_t address)
{
	enum engine_stop stop = ENGINE_PAUSE;

	if (engine->stopping && !engine->overran) {	/* inside an IT block it went on */
		engine->overran = true;
		engine->left--;
	}
	if (!engine->fault.pending)
		begin(engine, address);
	if (!engine->stopping && !engine->exactly &&
	    (engine->left <= 0 || engine->attention || engine_stops_before(engine, address, &stop))) {
		engine->stopping = true;
		engine->stop = stop;
		engine->stop_pc = address;
		uc_emu_stop(engine->uc);
		return;
	}
	engine->left--;
}

static void on_code(uc_engine *uc, uint64_t address, uint32_t size, void *context)
{
	struct engine *engine = context;

	(void)uc, (void)size;
	if (engine->stray.length)
		engine_undo_stray(engine);
	if (engine->left <= 0 || engine->attention || engine->marks >> (address >> 1 & 63) & 1 ||
	    engine_asks_fetch(engine, (uint32_t)address) || !engine_is_harmless(engine, (uint32_t)address)) {
		on_code_slowly(engine, (uint32_t)address);
		return;
	}
	engine->left--;
	begin(engine, (uint32_t)address);
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *context)
{
	((struct engine *)context)->interrupt = (int)number;
	uc_emu_stop(uc);
}

static void on_translation(uc_engine *uc, uc_tb *block, uc_tb *previous, void *context)
{
	(void)uc, (void)block, (void)previous;
	((struct engine *)context)->translations++;
}

static void add_hooks(struct engine *engine)
{
	uc_hook hook;

	uc_hook_add(engine->uc, &hook, UC_HOOK_CODE, (void *)on_code, engine, 1, 0);
	uc_hook_add(engine->uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, engine, 1, 0);
	uc_hook_add(engine->uc, &hook, UC_HOOK_EDGE_GENERATED, (void *)on_translation, engine, 1, 0);
}

/* The registers are ours, so a new one takes the place of an old one between two runs. */
static void renew(struct engine *engine)
{
	uc_err err;

	if (engine->uc)
		uc_close(engine->uc);
	err = uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &engine->uc);
	assert(err == UC_ERR_OK);
	(void)err;
	uc_ctl_set_cpu_model(engine->uc, unicorn_models[engine->cpu->core]);
	add_hooks(engine);
	engine_map_memories(engine);
	engine->bus_generation = engine->cpu->bus->generation;
	engine->translations = 0;
	engine->forget_count = engine->watch_hook_count = 0;
	engine->mirrored = false;
	engine->cpu->dwt.changed = true;
}

struct engine *cpu_engine_new(struct cpu *cpu)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (engine)
		engine->cpu = cpu;
	return engine;
}

void cpu_engine_free(struct engine *engine)
{
	if (engine->uc)
		uc_close(engine->uc);
	free(engine);
}

bool engine_is_running(const struct engine *engine)
{
	return engine->running;
}

uint64_t engine_progress(const struct engine *engine)
{
	return engine->running ? (uint64_t)(engine->limit - engine->left) : 0;
}

void engine_stall(struct engine *engine, uint64_t cycles)
{
	engine->left -= (int64_t)cycles;
}

void engine_attention(struct engine *engine)
{
	engine->attention = true;
}

/* Inside a run the block might be the one that is running: later. */
void engine_forget(struct engine *engine, uint32_t address, uint32_t length)
{
	uint64_t end = (uint64_t)address + length;
	struct engine_range *last;

	if (!engine->running) {
		engine_forget_now(engine, address, end);
		return;
	}
	engine_attention(engine);
	if (engine->forget_count < FORGET_MAX) {
		engine->forget[engine->forget_count++] = (struct engine_range){ address, end };
		return;
	}
	last = &engine->forget[FORGET_MAX - 1];
	last->first = address < last->first ? address : last->first;
	last->end = end > last->end ? end : last->end;
}

static void forget_queued(struct engine *engine)
{
	for (size_t i = 0; i < engine->forget_count; i++)
		engine_forget_now(engine, engine->forget[i].first, engine->forget[i].end);
	engine->forget_count = 0;
}

static enum engine_stop stop_of_interrupt(int number)
{
	switch (number) {
	case INTR_SVC:
		return ENGINE_SVC;
	case INTR_BKPT:
		return ENGINE_BKPT;
	case INTR_EXCEPTION_EXIT:
		return ENGINE_EXCEPTION_RETURN;
	case INTR_PREFETCH_ABORT:
		return ENGINE_FETCH_NEVER;
	case INTR_DATA_ABORT:
		return ENGINE_UNALIGNED;
	case INTR_NOCP:
		return ENGINE_NO_COPROCESSOR;
	case INTR_INVSTATE:
		return ENGINE_NO_THUMB;
	case INTR_STKOF:
		return ENGINE_STACK_LIMIT;
	}
	return ENGINE_UNDEFINED;
}

/* WFI ends a run without a word, WFE and YIELD as if they were undefined. */
static bool stop_of_hint(struct engine *engine, enum engine_stop *stop)
{
	uint16_t code[2];

	if (!engine_read_code(engine, engine->pc, code) || !code_is_hint(code[0], code[1]))
		return false;
	*stop = code_is_wfi(code[0], code[1]) ? ENGINE_WFI
	      : code_is_wfe(code[0], code[1]) ? ENGINE_WFE : ENGINE_PAUSE;
	return true;
}

static enum engine_stop stop_of_error(struct engine *engine, uc_err err)
{
	enum engine_stop stop;

	if (err == UC_ERR_OK)
		return stop_of_hint(engine, &stop) ? stop : ENGINE_PAUSE;
	if (err == UC_ERR_INSN_INVALID) {
		if (!(engine->cpu->regs.xpsr & XPSR_T))
			return ENGINE_NO_THUMB;
		return stop_of_hint(engine, &stop) ? stop : ENGINE_UNDEFINED;
	}
	if (err == UC_ERR_FETCH_UNMAPPED || err == UC_ERR_FETCH_PROT)
		return ENGINE_FETCH_FAULT;
	return engine->bad_store ? ENGINE_STORE_FAULT : ENGINE_DATA_FAULT;
}

/* At a fault of an access Unicorn has no IT state. */
static enum engine_stop fault_of_access(struct engine *engine, enum engine_stop stop)
{
	uint32_t *xpsr = &engine->cpu->regs.xpsr;

	*xpsr &= ~(uint32_t)XPSR_IT;
	*xpsr |= engine->exactly ? engine->exact_it : engine_it_state(engine);
	return stop;
}

static enum engine_stop outcome(struct engine *engine, uc_err err, uint32_t *address)
{
	uint32_t pc = engine->cpu->regs.pc;
	enum engine_stop stop;

	*address = engine->bad_address;
	if (engine->fault.pending) {
		*address = engine->fault.address;
		return fault_of_access(engine, engine->fault.stop);
	}
	if (engine->interrupt < 0 && engine->stopping && err == UC_ERR_OK) {
		if (!engine->overran && pc == engine->stop_pc)
			return engine->stop;
		engine->left -= !engine->overran;
		return ENGINE_PAUSE;
	}
	stop = engine->interrupt >= 0 ? stop_of_interrupt(engine->interrupt)
				      : stop_of_error(engine, err);
	if (stop == ENGINE_EXCEPTION_RETURN)
		*address = pc;
	return stop == ENGINE_DATA_FAULT || stop == ENGINE_STORE_FAULT ? fault_of_access(engine, stop) : stop;
}

static enum engine_stop start(struct engine *engine, uint64_t until, uint32_t *address)
{
	const struct cpu_registers *regs = &engine->cpu->regs;
	enum engine_stop stop;
	uc_err err;

	engine->stopping = engine->overran = false;
	engine->interrupt = -1;
	engine->fault.pending = false;
	engine->running = true;
	err = uc_emu_start(engine->uc, regs->pc | 1, until, 0, 0);
	if (engine->stray.length)
		engine_undo_stray(engine);
	engine_pull_registers(engine);
	stop = outcome(engine, err, address);
	engine->cpu->cycles += engine_progress(engine);
	engine->running = false;
	forget_queued(engine);
	return stop;
}

/* Inside an IT block: a translation of this instruction alone, which ends where the next starts. */
static enum engine_stop start_exactly(struct engine *engine, uint16_t first, uint32_t *address)
{
	uint32_t pc = engine->cpu->regs.pc, next = pc + code_size(first);
	enum engine_stop stop;

	engine->exactly = true;
	engine->careful = false;
	if (engine_stops_before(engine, pc, &stop))
		return stop;
	engine_forget_now(engine, pc, next);
	engine->translations++;
	engine->exact_it = engine->cpu->regs.xpsr & XPSR_IT;
	engine->left = engine->limit = 1;
	return start(engine, next, address);
}

static bool is_inside_it(const struct engine *engine)
{
	return engine->cpu->regs.xpsr & XPSR_IT;
}

enum engine_stop engine_run(struct engine *engine, uint64_t limit, uint32_t *address)
{
	uint16_t code[2] = { 0, 0 };

	if (!engine->uc || engine->bus_generation != engine->cpu->bus->generation ||
	    engine->translations > TRANSLATIONS_MAX)
		renew(engine);
	if (!(engine->cpu->regs.xpsr & XPSR_T))
		return ENGINE_NO_THUMB;
	engine->attention = false;
	if (engine->cpu->dwt.changed) {
		engine_watch_data(engine);
		engine->cpu->dwt.changed = false;
	}
	engine_prepare_stops(engine);
	engine_push_registers(engine);
	engine_read_code(engine, engine->cpu->regs.pc, code);
	if (is_inside_it(engine) || (code_is_it(code[0]) && (limit == 1 || engine->careful)))
		return start_exactly(engine, code[0], address);
	engine->exactly = engine->careful = false;
	engine->begun = 0;
	engine->limit = engine->left = (int64_t)(limit < INT64_MAX ? limit : INT64_MAX);
	return start(engine, NOWHERE, address);
}
