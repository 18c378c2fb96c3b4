/* SPDX-License-Identifier: MIT
 *
 * A core's life: power, reset, the clock, and the run loop. Time is a model: one cycle per
 * instruction, 12 for an exception entry, 10 for a return, plus what devices stall.
 */
#include "probe/virtual/cpu/cpu.h"

#include "probe/virtual/cpu/internal.h"

#include <stdlib.h>

enum {
	NS_PER_S = 1000000000,
	SCR_SLEEPDEEP = 4,
	RESET_HZ = 16000000,
};

static const struct cpu_model models[] = {
	[VIRTUAL_M0] = { ARCH_V6M, 2, 4, 0, 1, 1, coresight_v6m },
	[VIRTUAL_M0PLUS] = { ARCH_V6M, 2, 4, 0, 1, 2, coresight_v6m },
	[VIRTUAL_M3] = { ARCH_V7M, 4, 6, 2, 1, 4, coresight_v7m },
	[VIRTUAL_M4] = { ARCH_V7M, 4, 6, 2, 1, 4, coresight_v7m },
	[VIRTUAL_M7] = { ARCH_V7M, 4, 8, 0, 2, 4, coresight_m7 },
	[VIRTUAL_M33] = { ARCH_V8M, 4, 8, 0, 2, 4, coresight_v8m },
};

bool cpu_holds_v7(const struct cpu *cpu)
{
	return cpu->model->arch != ARCH_V6M;
}

bool cpu_is_handler(const struct cpu *cpu)
{
	return cpu->regs.xpsr & XPSR_EXCEPTION;
}

bool cpu_is_privileged(const struct cpu *cpu)
{
	return cpu_is_handler(cpu) || !(cpu->regs.control & CONTROL_NPRIV);
}

uint32_t *cpu_stack_pointer(struct cpu *cpu)
{
	bool process = !cpu_is_handler(cpu) && cpu->regs.control & CONTROL_SPSEL;

	return process ? &cpu->regs.psp : &cpu->regs.msp;
}

uint64_t cpu_cycles(const struct cpu *cpu)
{
	return cpu->cycles + engine_progress(cpu->engine);
}

void cpu_look_up(struct cpu *cpu)
{
	engine_attention(cpu->engine);
}

static uint64_t scale(uint64_t value, uint64_t by, uint64_t per)
{
	if (value <= UINT64_MAX / NS_PER_S)	/* no factor is larger */
		return value * by / per;
	return (uint64_t)((unsigned __int128)value * by / per);
}

uint64_t cpu_now_ns(const struct cpu *cpu)
{
	return cpu->anchor_ns + scale(cpu_cycles(cpu) - cpu->anchor_cycles, NS_PER_S, cpu->hz);
}

/* From here on cycles and time go together again. */
static void anchor(struct cpu *cpu, uint64_t now_ns)
{
	cpu->anchor_ns = now_ns;
	cpu->anchor_cycles = cpu_cycles(cpu);
}

void cpu_set_clock(struct cpu *cpu, uint32_t hz)
{
	anchor(cpu, cpu_now_ns(cpu));
	cpu->hz = hz ? hz : 1;
	cpu_look_up(cpu);
}

static void wrote(void *context, uint32_t address, uint32_t length)
{
	engine_forget(((struct cpu *)context)->engine, address, length);
}

struct cpu *cpu_new(enum virtual_core core, bool fpu, uint32_t cpuid, struct bus *bus,
		    const struct cpu_host *host)
{
	struct cpu *cpu = calloc(1, sizeof(*cpu));

	if (!cpu)
		return NULL;
	cpu->model = &models[core];
	cpu->core = core;
	cpu->fpu = fpu && core >= VIRTUAL_M4;
	cpu->cpuid = cpuid;
	cpu->bus = bus;
	cpu->host = *host;
	cpu->hz = RESET_HZ;
	cpu->engine = cpu_engine_new(cpu);
	if (!cpu->engine) {
		free(cpu);
		return NULL;
	}
	bus->wrote = wrote;
	bus->wrote_context = cpu;
	scs_add_to_bus(cpu);
	fpb_add_to_bus(cpu);
	dwt_add_to_bus(cpu);
	itm_add_to_bus(cpu);
	coresight_add_to_bus(cpu);
	cpu_power_on(cpu);
	return cpu;
}

void cpu_free(struct cpu *cpu)
{
	if (!cpu)
		return;
	cpu->bus->wrote = NULL;
	cpu_engine_free(cpu->engine);
	free(cpu);
}

void cpu_set_part(struct cpu *cpu, uint16_t part)
{
	cpu->part = part;
}

static void reset_now(struct cpu *cpu)
{
	cpu->reset_deferred = false;
	cpu->reset_waiting = true;
	cpu->sleeping = cpu->locked_up = cpu->event = false;
	cpu->fault_catch = 0;
	nvic_reset(cpu);
	systick_reset(cpu);
	scs_reset(cpu);
	cpu->scs.vtor = cpu->reset_vtor;
	debug_reset(cpu);
}

void cpu_reset(struct cpu *cpu)
{
	cpu->reset_deferred = true;
	if (engine_is_running(cpu->engine))
		cpu_look_up(cpu);
	else
		reset_now(cpu);
}

void cpu_power_on(struct cpu *cpu)
{
	cpu->regs = (struct cpu_registers){ .pc = 0 };
	debug_power_on(cpu);
	fpb_power_on(cpu);
	dwt_power_on(cpu);
	itm_power_on(cpu);
	tpiu_power_on(cpu);
	cpu_reset(cpu);
}

void cpu_hold_in_reset(struct cpu *cpu, bool held)
{
	cpu->held = held;
	cpu->debug.was_reset |= held;
	cpu_look_up(cpu);
}

void cpu_set_vector_table(struct cpu *cpu, uint32_t address)
{
	cpu->reset_vtor = cpu->scs.vtor = address;
}

void cpu_set_secure_debug(struct cpu *cpu, bool allowed)
{
	cpu->secure_debug = allowed;
}

void cpu_break(struct cpu *cpu)
{
	cpu->broken = true;
	cpu_look_up(cpu);
}

void cpu_stall(struct cpu *cpu, uint64_t ns)
{
	uint64_t cycles = scale(ns, cpu->hz, NS_PER_S);

	if (engine_is_running(cpu->engine))
		engine_stall(cpu->engine, cycles);
	else
		cpu->cycles += cycles;
}

void cpu_set_irq(struct cpu *cpu, unsigned irq, bool level)
{
	unsigned exception = EXC_IRQ0 + irq;
	uint32_t bit = 1u << exception % 32;

	if (exception >= EXC_MAX)
		return;
	if (!level) {
		cpu->nvic.line[exception / 32] &= ~bit;
		return;
	}
	if (!(cpu->nvic.line[exception / 32] & bit))
		nvic_set_pending(cpu, exception, true);
	cpu->nvic.line[exception / 32] |= bit;
}

/* Before the next instruction: WFE's and WFI's effect. */
static void wait_for_event(struct cpu *cpu)
{
	uint16_t before = 0;

	/* SEV is a NOP to the engine; its idiom is SEV, WFE, WFE. */
	code_read(cpu, cpu->regs.pc - 4, &before);
	if (cpu->event || before == 0xBF40)
		cpu->event = false;
	else
		cpu->sleeping = cpu->sleeps_for_event = true;
}

static void handle_stop(struct cpu *cpu, enum engine_stop stop, uint32_t address)
{
	switch (stop) {
	case ENGINE_PAUSE:
		break;
	case ENGINE_BREAKPOINT:
		debug_halt(cpu, DFSR_BKPT);
		break;
	case ENGINE_WATCHED_CODE:
		debug_halt(cpu, DFSR_DWTTRAP);
		break;
	case ENGINE_SVC:
		exception_raise(cpu, EXC_SVC, cpu->regs.pc);
		break;
	case ENGINE_BKPT:
		exception_breakpoint(cpu);
		break;
	case ENGINE_EXCEPTION_RETURN:
		exception_return(cpu, address);
		break;
	case ENGINE_WFI:
		cpu->sleeping = true;
		cpu->sleeps_for_event = false;
		break;
	case ENGINE_WFE:
		wait_for_event(cpu);
		break;
	case ENGINE_UNDEFINED: case ENGINE_NO_COPROCESSOR: case ENGINE_NO_THUMB:
	case ENGINE_DIVIDE: case ENGINE_UNALIGNED: case ENGINE_STACK_LIMIT:
	case ENGINE_FETCH_FAULT: case ENGINE_FETCH_NEVER: case ENGINE_DATA_FAULT:
	case ENGINE_STORE_FAULT:
		exception_fault(cpu, stop, address);
		break;
	}
}

/* A data comparator matched: a debug event, the PC being past the access. */
static void handle_watch(struct cpu *cpu)
{
	if (!cpu->dwt.hit)
		return;
	cpu->dwt.hit = false;
	if (debug_is_on(cpu) && !cpu->debug.halted)
		debug_halt(cpu, DFSR_DWTTRAP);
}

/* One instruction or one exception entry is a step. */
static void end_step(struct cpu *cpu)
{
	if (debug_is_stepping(cpu) && !cpu->debug.halted && !cpu->sleeping && !cpu->locked_up)
		debug_halt(cpu, DFSR_HALTED);
}

static void execute(struct cpu *cpu, uint64_t target)
{
	uint64_t tick = systick_next(cpu), limit = (tick < target ? tick : target) - cpu->cycles;
	enum engine_stop stop;
	uint32_t address = 0;

	stop = engine_run(cpu->engine, debug_is_stepping(cpu) ? 1 : limit, &address);
	cpu->debug.retired = true;
	if (cpu->reset_deferred) {
		reset_now(cpu);
		return;
	}
	handle_stop(cpu, stop, address);
	handle_watch(cpu);
	end_step(cpu);
}

static bool wakes(const struct cpu *cpu)
{
	return nvic_wakes(cpu) || (cpu->sleeps_for_event && cpu->event);
}

/* In deep sleep the core's clock stands still: nothing but a line from outside wakes it. */
static void sleep_on(struct cpu *cpu, uint64_t target)
{
	uint64_t tick = systick_next(cpu);

	if (wakes(cpu)) {
		cpu->sleeping = false;
		cpu->event = false;
		end_step(cpu);
	} else {
		cpu->cycles = tick < target ? tick : target;
	}
}

/* One thing that the core does before target; false when there is nothing to do until then. */
static bool go_on(struct cpu *cpu, uint64_t target)
{
	if (cpu->held)
		return false;
	if (cpu->reset_waiting) {
		cpu->reset_waiting = false;
		exception_reset(cpu);
	}
	if (debug_wants_halt(cpu))
		debug_halt(cpu, DFSR_HALTED);
	if (cpu->debug.halted || cpu->cycles >= target)
		return false;
	systick_catch_up(cpu);
	itm_synchronise(cpu);
	if (cpu->locked_up) {
		cpu->cycles = target;
	} else if (exception_take_pending(cpu)) {
		end_step(cpu);
	} else if (cpu->sleeping) {
		if (cpu_is_deep_sleep(cpu) && !wakes(cpu))
			return false;
		sleep_on(cpu, target);
	} else {
		execute(cpu, target);
	}
	return true;
}

/* Time goes on without cycles. */
static bool stands_still(const struct cpu *cpu)
{
	return cpu->held || cpu->debug.halted || cpu_is_deep_sleep(cpu);
}

uint64_t cpu_run(struct cpu *cpu, uint64_t from_ns, uint64_t until_ns)
{
	uint64_t target, now_ns;

	if (from_ns > cpu_now_ns(cpu) + NS_PER_S / cpu->hz)
		anchor(cpu, from_ns);
	cpu->broken = false;
	do
		target = cpu->anchor_cycles +
			 (until_ns > cpu->anchor_ns
				  ? scale(until_ns - cpu->anchor_ns, cpu->hz, NS_PER_S) : 0);
	while (go_on(cpu, target) && !cpu->broken);
	now_ns = cpu_now_ns(cpu);
	if (cpu->broken && now_ns < until_ns)
		return now_ns > from_ns ? now_ns : from_ns;
	if (cpu->cycles < target || stands_still(cpu))
		anchor(cpu, until_ns);
	return until_ns;
}

enum cpu_state cpu_state(const struct cpu *cpu)
{
	if (cpu->held)
		return CPU_HELD;
	if (cpu->debug.halted)
		return CPU_HALTED;
	if (cpu->locked_up)
		return CPU_LOCKED_UP;
	return cpu->sleeping ? CPU_SLEEPING : CPU_RUNNING;
}

bool cpu_is_deep_sleep(const struct cpu *cpu)
{
	return cpu->sleeping && cpu->scs.scr & SCR_SLEEPDEEP;
}

uint32_t cpu_register(struct cpu *cpu, unsigned regsel)
{
	return debug_register_get(cpu, regsel);
}

void cpu_set_register(struct cpu *cpu, unsigned regsel, uint32_t value)
{
	debug_register_set(cpu, regsel, value);
}
