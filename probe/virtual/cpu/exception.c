/* SPDX-License-Identifier: MIT
 *
 * Exception entry, return, tail-chaining, escalation and lock-up (DDI 0403E B1.5, DDI 0419E B1.5).
 * Floating point state is stacked at once, never lazily; a model may do so.
 */
#include "probe/virtual/cpu/internal.h"

enum {
	FRAME_WORDS = 8, FP_FRAME_WORDS = 26, FP_WORDS = 16,
	ENTRY_CYCLES = 12, RETURN_CYCLES = 10,
	RETURN_THREAD = 8, RETURN_PSP = 4, RETURN_NO_FP = 16,
	CCR_NONBASETHRDENA = 1,
	SCR_SLEEPONEXIT = 2,
	HFSR_VECTTBL = 2, HFSR_FORCED = 1 << 30,
	CFSR_UNSTKERR = 1 << 11, CFSR_STKERR = 1 << 12, CFSR_INVPC = 1 << 18,
	CFSR_IMPRECISERR = 1 << 10, CFSR_BFARVALID = 1 << 15,
	ACTLR_DISDEFWBUF = 1 << 1,
};

#define HFSR_DEBUGEVT (1u << 31)

struct frame {
	uint32_t words[FP_FRAME_WORDS];
	unsigned count;
};

static void lock_up(struct cpu *cpu)
{
	cpu->locked_up = true;
	cpu->regs.pc = cpu->model->arch == ARCH_V8M ? 0xEFFFFFFE : 0xFFFFFFFE;	/* DDI 0553 B3.30 */
}

/* Its handler can't even be started. */
static void lock_up_in_hardfault(struct cpu *cpu)
{
	cpu->regs.xpsr = (cpu->regs.xpsr & ~(uint32_t)(XPSR_EXCEPTION | XPSR_IT)) | EXC_HARD;
	cpu->regs.control &= ~(uint32_t)CONTROL_SPSEL;
	nvic_set_active(cpu, EXC_HARD, true);
	lock_up(cpu);
}

static void set_hfsr(struct cpu *cpu, uint32_t bits)
{
	if (cpu_holds_v7(cpu))
		cpu->scs.hfsr |= bits;
}

static void set_cfsr(struct cpu *cpu, uint32_t bits)
{
	if (cpu_holds_v7(cpu))
		cpu->scs.cfsr |= bits;
}

/* DEMCR.VC_*: stops before the first instruction of the handler. */
static void catch_vector(struct cpu *cpu, unsigned exception)
{
	uint32_t reasons = cpu->fault_catch | (exception == EXC_HARD ? DEMCR_VC_HARDERR : 0);

	cpu->fault_catch = 0;
	if (debug_is_on(cpu) && cpu->debug.demcr & reasons)
		debug_halt(cpu, DFSR_VCATCH);
}

static bool read_vector(struct cpu *cpu, unsigned exception, uint32_t *vector)
{
	return bus_read(cpu->bus, cpu->scs.vtor + 4 * exception, 4, vector, BUS_CPU) == BUS_OK;
}

/* The handler starts; the frame, if any, is on the stack already. */
static void start_handler(struct cpu *cpu, unsigned exception, uint32_t exc_return)
{
	struct cpu_registers *regs = &cpu->regs;
	uint32_t vector;

	if (!read_vector(cpu, exception, &vector)) {
		set_hfsr(cpu, HFSR_VECTTBL);
		cpu->fault_catch |= DEMCR_VC_INTERR;
		if (exception <= EXC_HARD || !read_vector(cpu, EXC_HARD, &vector)) {
			lock_up_in_hardfault(cpu);
			return;
		}
		exception = EXC_HARD;
	}
	regs->lr = exc_return;
	regs->xpsr = (regs->xpsr & ~(uint32_t)(XPSR_EXCEPTION | XPSR_IT | XPSR_T)) | exception |
		     (vector & 1 ? XPSR_T : 0);
	regs->control &= ~(uint32_t)(CONTROL_SPSEL | CONTROL_FPCA);
	regs->pc = vector & ~1u;
	nvic_set_pending(cpu, exception, false);
	nvic_set_active(cpu, exception, true);
	cpu->sleeping = false;
	cpu->event = true;
	itm_exception(cpu, exception, ITM_ENTERED);
	catch_vector(cpu, exception);
}

static uint32_t exc_return_now(const struct cpu *cpu)
{
	/* v8-M without the security extension: DCRS = 1, ES = S = 0. */
	uint32_t value = cpu->model->arch == ARCH_V8M ? 0xFFFFFFB0 : 0xFFFFFFF1;

	if (!cpu_is_handler(cpu)) {
		value |= RETURN_THREAD;
		value |= cpu->regs.control & CONTROL_SPSEL ? RETURN_PSP : 0;
	}
	return cpu->regs.control & CONTROL_FPCA ? value & ~(uint32_t)RETURN_NO_FP : value;
}

static void fill_frame(const struct cpu_registers *regs, uint32_t return_address, uint32_t align,
		       struct frame *frame)
{
	const uint32_t basic[FRAME_WORDS] = {
		regs->r[0], regs->r[1], regs->r[2], regs->r[3], regs->r[12], regs->lr,
		return_address, (regs->xpsr & ~(uint32_t)XPSR_ALIGN) | align,
	};

	frame->count = regs->control & CONTROL_FPCA ? FP_FRAME_WORDS : FRAME_WORDS;
	for (unsigned i = 0; i < FRAME_WORDS; i++)
		frame->words[i] = basic[i];
	for (unsigned i = 0; i < FP_WORDS; i++)
		frame->words[FRAME_WORDS + i] = regs->s[i];
	frame->words[FRAME_WORDS + FP_WORDS] = regs->fpscr;
	frame->words[FRAME_WORDS + FP_WORDS + 1] = 0;
}

static bool push_frame(struct cpu *cpu, uint32_t return_address)
{
	uint32_t *sp = cpu_stack_pointer(cpu);
	bool fp = cpu->regs.control & CONTROL_FPCA;
	bool aligned = fp || !cpu_holds_v7(cpu) || cpu->scs.ccr & CCR_STKALIGN;
	uint32_t align = aligned && *sp & 4 ? XPSR_ALIGN : 0;
	struct frame frame;
	bool ok = true;

	fill_frame(&cpu->regs, return_address, align, &frame);
	*sp = *sp - 4 * frame.count - (align ? 4 : 0);
	for (unsigned i = 0; i < frame.count; i++)
		ok = ok && bus_write(cpu->bus, *sp + 4 * i, 4, frame.words[i], BUS_CPU) == BUS_OK;
	if (fp)
		cpu->scs.fpcar = *sp + 4 * FRAME_WORDS;
	return ok;
}

static bool can_preempt(const struct cpu *cpu, unsigned exception)
{
	return nvic_is_enabled(cpu, exception) &&
	       nvic_group_priority(cpu, exception) < nvic_running_priority(cpu);
}

/* Stacking failed. The BusFault of it comes before the exception or after, as priorities say. */
static unsigned derived_from(struct cpu *cpu, unsigned exception)
{
	unsigned derived = EXC_HARD;

	set_cfsr(cpu, CFSR_STKERR);
	cpu->fault_catch |= DEMCR_VC_INTERR;
	if (exception <= EXC_HARD)
		return EXC_NONE;
	if (cpu_holds_v7(cpu) && can_preempt(cpu, EXC_BUS))
		derived = EXC_BUS;
	else
		set_hfsr(cpu, HFSR_FORCED);
	if (nvic_group_priority(cpu, derived) >= nvic_group_priority(cpu, exception)) {
		nvic_set_pending(cpu, derived, true);
		return exception;
	}
	nvic_set_pending(cpu, exception, true);
	return derived;
}

static void enter(struct cpu *cpu, unsigned exception, uint32_t return_address)
{
	uint32_t exc_return = exc_return_now(cpu);

	cpu->cycles += ENTRY_CYCLES;
	if (!push_frame(cpu, return_address))
		exception = derived_from(cpu, exception);
	if (exception)
		start_handler(cpu, exception, exc_return);
	else
		lock_up_in_hardfault(cpu);
}

bool exception_take_pending(struct cpu *cpu)
{
	unsigned exception = nvic_first_pending(cpu);

	if (!exception || nvic_group_priority(cpu, exception) >= nvic_running_priority(cpu))
		return false;
	enter(cpu, exception, cpu->regs.pc);
	return true;
}

/* B1.5.6: a fault that can't be taken becomes a HardFault; one at that priority locks up. */
static unsigned escalated(struct cpu *cpu, unsigned exception)
{
	if (exception == EXC_HARD || can_preempt(cpu, exception))
		return exception;
	set_hfsr(cpu, HFSR_FORCED);
	return EXC_HARD;
}

void exception_raise(struct cpu *cpu, unsigned exception, uint32_t return_address)
{
	exception = escalated(cpu, exception);
	if (exception == EXC_HARD && !can_preempt(cpu, EXC_HARD))
		lock_up(cpu);
	else
		enter(cpu, exception, return_address);
}

/* What the engine reports as faults: which exception, which CFSR bit, which vector catch. */
static const struct fault_row {
	unsigned exception;
	uint32_t cfsr, catch_bit;
} fault_rows[] = {
	[ENGINE_UNDEFINED] = { EXC_USAGE, 1 << 16, DEMCR_VC_STATERR },
	[ENGINE_NO_THUMB] = { EXC_USAGE, 1 << 17, DEMCR_VC_STATERR },
	[ENGINE_NO_COPROCESSOR] = { EXC_USAGE, 1 << 19, DEMCR_VC_NOCPERR },
	[ENGINE_STACK_LIMIT] = { EXC_USAGE, 1 << 20, DEMCR_VC_CHKERR },
	[ENGINE_UNALIGNED] = { EXC_USAGE, 1 << 24, DEMCR_VC_CHKERR },
	[ENGINE_DIVIDE] = { EXC_USAGE, 1 << 25, DEMCR_VC_CHKERR },
	[ENGINE_FETCH_NEVER] = { EXC_MEM, 1 << 0, DEMCR_VC_MMERR },
	[ENGINE_FETCH_FAULT] = { EXC_BUS, 1 << 8, DEMCR_VC_BUSERR },
	[ENGINE_DATA_FAULT] = { EXC_BUS, 1 << 9 | CFSR_BFARVALID, DEMCR_VC_BUSERR },
	[ENGINE_STORE_FAULT] = { EXC_BUS, 1 << 9 | CFSR_BFARVALID, DEMCR_VC_BUSERR },
};

/* A store waits in the write buffer while the core goes on; M3 and M4 can switch it off. Not so in
 * strongly ordered space (M4 TRM 4.1, B3.1). */
static bool is_buffered(const struct cpu *cpu, uint32_t address)
{
	bool off = cpu->core <= VIRTUAL_M4 && cpu->scs.actlr & ACTLR_DISDEFWBUF;

	return cpu_holds_v7(cpu) && address < 0xE0000000 && !off;
}

/* PUSH and STMDB SP! have moved SP by the time that their error arrives. */
static void finish_push(struct cpu *cpu, uint16_t first)
{
	uint16_t list = 0;

	code_read(cpu, cpu->regs.pc + 2, &list);
	if ((first & 0xFE00) == 0xB400)
		*cpu_stack_pointer(cpu) -= 4 * (uint32_t)__builtin_popcount(first & 0x1FF);
	else if (first == 0xE92D)
		*cpu_stack_pointer(cpu) -= 4 * (uint32_t)__builtin_popcount(list);
}

/* The error of a buffered store: by then the next instruction is up, and the address is forgotten. */
static void fault_imprecisely(struct cpu *cpu)
{
	uint32_t *xpsr = &cpu->regs.xpsr;
	uint8_t it = code_it_next((uint8_t)((*xpsr >> 25 & 3) | (*xpsr >> 8 & 0xFC)));
	uint16_t first = 0;

	code_read(cpu, cpu->regs.pc, &first);
	finish_push(cpu, first);
	*xpsr = (*xpsr & ~(uint32_t)XPSR_IT) | (uint32_t)(it & 3) << 25 | (uint32_t)(it >> 2) << 10;
	set_cfsr(cpu, CFSR_IMPRECISERR);
	cpu->fault_catch |= DEMCR_VC_BUSERR;
	exception_raise(cpu, EXC_BUS, cpu->regs.pc + code_size(first));
}

void exception_fault(struct cpu *cpu, enum engine_stop stop, uint32_t address)
{
	const struct fault_row *row = &fault_rows[stop];

	if (stop == ENGINE_STORE_FAULT && is_buffered(cpu, address)) {
		fault_imprecisely(cpu);
		return;
	}
	set_cfsr(cpu, row->cfsr);
	if (row->cfsr & CFSR_BFARVALID && cpu_holds_v7(cpu))
		cpu->scs.bfar = address;
	cpu->fault_catch |= row->catch_bit;
	exception_raise(cpu, row->exception, cpu->regs.pc);
}

void exception_breakpoint(struct cpu *cpu)
{
	if (debug_is_on(cpu)) {
		debug_halt(cpu, DFSR_BKPT);
		return;
	}
	if (cpu->debug.demcr & DEMCR_MON_EN && can_preempt(cpu, EXC_DEBUG)) {
		cpu->debug.dfsr |= DFSR_BKPT;
		enter(cpu, EXC_DEBUG, cpu->regs.pc);
		return;
	}
	set_hfsr(cpu, HFSR_DEBUGEVT);
	exception_raise(cpu, EXC_HARD, cpu->regs.pc);
}

static bool return_value_is_valid(const struct cpu *cpu, uint32_t value)
{
	if (!cpu->fpu && !(value & RETURN_NO_FP))
		return false;
	if (!(value & RETURN_THREAD) && value & RETURN_PSP)
		return false;
	if (cpu->model->arch == ARCH_V8M)
		return (value & 0xFFFFFFE2) == 0xFFFFFFA0;
	return (value & 0xFFFFFFE2) == 0xFFFFFFE0;
}

/* Where the return leads has to fit to what is still active (B1.5.8). */
static bool return_fits(const struct cpu *cpu, uint32_t value)
{
	bool last = nvic_active_count(cpu) <= 1;

	if (!nvic_is_active(cpu, cpu->regs.xpsr & XPSR_EXCEPTION))
		return false;
	return value & RETURN_THREAD ? last || cpu->scs.ccr & CCR_NONBASETHRDENA : !last;
}

static void deactivate(struct cpu *cpu)
{
	unsigned exception = cpu->regs.xpsr & XPSR_EXCEPTION;

	nvic_set_active(cpu, exception, false);
	if (exception != EXC_NMI)
		cpu->regs.faultmask = 0;
}

/* A fault of the return itself: taken as by tail-chaining, over the frame that stays. */
static void fail_return(struct cpu *cpu, unsigned exception, uint32_t cfsr, uint32_t value)
{
	set_cfsr(cpu, cfsr);
	cpu->fault_catch |= DEMCR_VC_INTERR | (exception == EXC_USAGE ? DEMCR_VC_STATERR : 0);
	cpu->regs.xpsr &= ~(uint32_t)XPSR_EXCEPTION;
	exception = escalated(cpu, cpu_holds_v7(cpu) ? exception : EXC_HARD);
	if (exception == EXC_HARD && !can_preempt(cpu, EXC_HARD))
		lock_up(cpu);
	else
		start_handler(cpu, exception, value);
}

static bool tail_chain(struct cpu *cpu, uint32_t value)
{
	unsigned next = nvic_first_pending(cpu);

	if (!next || nvic_group_priority(cpu, next) >= nvic_running_priority(cpu))
		return false;
	start_handler(cpu, next, value);
	return true;
}

static bool pop_frame(struct cpu *cpu, uint32_t *sp, struct frame *frame)
{
	bool ok = true;

	for (unsigned i = 0; i < frame->count; i++)
		ok = ok && bus_read(cpu->bus, *sp + 4 * i, 4, &frame->words[i], BUS_CPU) == BUS_OK;
	if (ok)
		*sp = (*sp + 4 * frame->count) | (frame->words[7] & XPSR_ALIGN ? 4 : 0);
	return ok;
}

static void restore_frame(struct cpu_registers *regs, const struct frame *frame)
{
	for (unsigned i = 0; i < 4; i++)
		regs->r[i] = frame->words[i];
	regs->r[12] = frame->words[4];
	regs->lr = frame->words[5];
	regs->pc = frame->words[6] & ~1u;
	regs->xpsr = frame->words[7] & ~(uint32_t)XPSR_ALIGN;
	if (frame->count == FRAME_WORDS)
		return;
	for (unsigned i = 0; i < FP_WORDS; i++)
		regs->s[i] = frame->words[FRAME_WORDS + i];
	regs->fpscr = frame->words[FRAME_WORDS + FP_WORDS];
}

static void unstack(struct cpu *cpu, uint32_t value)
{
	struct cpu_registers *regs = &cpu->regs;
	bool fp = !(value & RETURN_NO_FP), thread = value & RETURN_THREAD;
	struct frame frame = { .count = fp ? FP_FRAME_WORDS : FRAME_WORDS };

	if (!pop_frame(cpu, value & RETURN_PSP ? &regs->psp : &regs->msp, &frame)) {
		fail_return(cpu, EXC_BUS, CFSR_UNSTKERR, value);
		return;
	}
	if (thread != !(frame.words[7] & XPSR_EXCEPTION)) {
		fail_return(cpu, EXC_USAGE, CFSR_INVPC, value);
		return;
	}
	restore_frame(regs, &frame);
	itm_exception(cpu, regs->xpsr & XPSR_EXCEPTION, ITM_RETURNED_TO);
	regs->control &= CONTROL_NPRIV;
	regs->control |= (value & RETURN_PSP ? CONTROL_SPSEL : 0) | (fp ? CONTROL_FPCA : 0);
	if (thread && cpu->scs.scr & SCR_SLEEPONEXIT)
		cpu->sleeping = true;
}

void exception_return(struct cpu *cpu, uint32_t value)
{
	bool fits;

	value = cpu->model->arch == ARCH_V8M ? value & ~1u : value | 1;
	fits = return_value_is_valid(cpu, value) && return_fits(cpu, value);
	cpu->cycles += RETURN_CYCLES;
	cpu->event = true;
	itm_exception(cpu, cpu->regs.xpsr & XPSR_EXCEPTION, ITM_LEFT);
	deactivate(cpu);
	if (!fits)
		fail_return(cpu, EXC_USAGE, CFSR_INVPC, value);
	else if (!tail_chain(cpu, value))
		unstack(cpu, value);
}

void exception_reset(struct cpu *cpu)
{
	struct cpu_registers *regs = &cpu->regs;
	uint32_t sp, pc;

	regs->lr = 0xFFFFFFFF;
	regs->control = regs->primask = regs->basepri = regs->faultmask = regs->fpscr = 0;
	regs->xpsr = 0;
	if (read_vector(cpu, 0, &sp) && read_vector(cpu, EXC_RESET, &pc)) {
		regs->msp = sp & ~3u;
		regs->pc = pc & ~1u;
		regs->xpsr = pc & 1 ? XPSR_T : 0;
	} else {
		lock_up(cpu);
	}
	if (debug_is_on(cpu) && cpu->debug.demcr & DEMCR_VC_CORERESET)
		debug_halt(cpu, DFSR_VCATCH);
}
