/* SPDX-License-Identifier: MIT
 *
 * Registers to and from Unicorn. Its register access obeys the guest's privilege and mode, and
 * the translator learns of a new mode only by a write to the flags; both are handled here.
 */
#include "probe/virtual/cpu/unicorn.h"

#include <string.h>

enum { SOME_HANDLER = 3 };

static const int core_ids[] = {
	UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3, UC_ARM_REG_R4, UC_ARM_REG_R5,
	UC_ARM_REG_R6, UC_ARM_REG_R7, UC_ARM_REG_R8, UC_ARM_REG_R9, UC_ARM_REG_R10, UC_ARM_REG_R11,
	UC_ARM_REG_R12, UC_ARM_REG_LR, UC_ARM_REG_PC,
};

enum { CORE_IDS = sizeof(core_ids) / sizeof(core_ids[0]), FP_SINGLES = 32 };

static uint32_t get(struct engine *engine, int id)
{
	uint32_t value = 0;

	uc_reg_read(engine->uc, id, &value);
	return value;
}

static void put(struct engine *engine, int id, uint32_t value)
{
	uc_reg_write(engine->uc, id, &value);
}

/* Handler mode is privileged: banked and mask registers are reachable in it. */
static void become_handler(struct engine *engine)
{
	put(engine, UC_ARM_REG_XPSR, XPSR_T | SOME_HANDLER);
}

static void core_pointers(struct cpu_registers *regs, void *pointers[CORE_IDS])
{
	for (int i = 0; i < 13; i++)
		pointers[i] = &regs->r[i];
	pointers[13] = &regs->lr;
	pointers[14] = &regs->pc;
}

/* CONTROL.SPSEL can be written in Thread mode only, nPRIV must not be set before all is done. */
static void push_modes(struct engine *engine, const struct cpu_registers *regs)
{
	become_handler(engine);
	put(engine, UC_ARM_REG_CONTROL, 0);
	put(engine, UC_ARM_REG_XPSR, XPSR_T);
	put(engine, UC_ARM_REG_CONTROL, regs->control & ~(uint32_t)CONTROL_NPRIV);
	put(engine, UC_ARM_REG_MSP, regs->msp);
	put(engine, UC_ARM_REG_PSP, regs->psp);
	put(engine, UC_ARM_REG_FAULTMASK, regs->faultmask);
	put(engine, UC_ARM_REG_BASEPRI, regs->basepri);
	put(engine, UC_ARM_REG_PRIMASK, regs->primask);
	become_handler(engine);
	put(engine, UC_ARM_REG_CONTROL, regs->control);
	put(engine, UC_ARM_REG_XPSR, regs->xpsr);
	put(engine, UC_ARM_REG_XPSR_NZCVQG, regs->xpsr);
}

static void push_fp(struct engine *engine, const struct cpu_registers *regs)
{
	for (int i = 0; i < FP_SINGLES; i++)
		put(engine, UC_ARM_REG_S0 + i, regs->s[i]);
	put(engine, UC_ARM_REG_FPSCR, regs->fpscr);
}

static bool fp_differs(const struct engine *engine)
{
	const struct cpu_registers *regs = &engine->cpu->regs;

	return !engine->mirrored || regs->fpscr != engine->mirror.fpscr ||
	       memcmp(regs->s, engine->mirror.s, sizeof(regs->s)) != 0;
}

void engine_push_registers(struct engine *engine)
{
	struct cpu_registers *regs = &engine->cpu->regs;
	void *pointers[CORE_IDS];

	if (engine->mirrored && !memcmp(regs, &engine->mirror, sizeof(*regs)))
		return;
	push_modes(engine, regs);
	core_pointers(regs, pointers);
	uc_reg_write_batch(engine->uc, (int *)core_ids, pointers, CORE_IDS);
	if (engine->cpu->fpu && fp_differs(engine))
		push_fp(engine, regs);
	/* This one of the many names of the flags makes the translator look at the mode again. */
	put(engine, UC_ARM_REG_APSR_NZCV, get(engine, UC_ARM_REG_XPSR));
	engine->mirror = *regs;
	engine->mirrored = true;
}

static void pull_fp(struct engine *engine, struct cpu_registers *regs)
{
	for (int i = 0; i < FP_SINGLES; i += 2) {
		uint64_t pair = 0;

		uc_reg_read(engine->uc, UC_ARM_REG_D0 + i / 2, &pair);
		regs->s[i] = (uint32_t)pair;
		regs->s[i + 1] = (uint32_t)(pair >> 32);
	}
	regs->fpscr = get(engine, UC_ARM_REG_FPSCR);
}

static bool fp_was_used(struct engine *engine)
{
	return engine->cpu->fpu && get(engine, UC_ARM_REG_CONTROL) & CONTROL_FPCA;
}

/* Unicorn sets FPCA at every use of the FPU; the core only where FPCCR.ASPEN says so. */
static uint32_t control_bits(const struct engine *engine)
{
	bool fpca = engine->cpu->fpu && engine->cpu->scs.fpccr & FPCCR_ASPEN;

	return CONTROL_NPRIV | CONTROL_SPSEL | (fpca ? CONTROL_FPCA : 0);
}

/* Unprivileged code can't see the other registers; a short stay in Handler mode can. */
static void pull_modes(struct engine *engine, struct cpu_registers *regs)
{
	bool hidden;

	regs->xpsr = get(engine, UC_ARM_REG_XPSR) & ~(uint32_t)XPSR_ALIGN;
	regs->control = get(engine, UC_ARM_REG_CONTROL) & control_bits(engine);
	hidden = regs->control & CONTROL_NPRIV && !(regs->xpsr & XPSR_EXCEPTION);
	if (hidden)
		become_handler(engine);
	regs->msp = get(engine, UC_ARM_REG_MSP) & ~3u;
	regs->psp = get(engine, UC_ARM_REG_PSP) & ~3u;
	regs->primask = get(engine, UC_ARM_REG_PRIMASK) & 1;
	if (cpu_holds_v7(engine->cpu)) {
		regs->basepri = get(engine, UC_ARM_REG_BASEPRI) & 0xFF &
				(0xFFu << (8 - engine->cpu->model->priority_bits));
		regs->faultmask = get(engine, UC_ARM_REG_FAULTMASK) & 1;
	}
	if (hidden) {
		put(engine, UC_ARM_REG_XPSR, regs->xpsr);
		put(engine, UC_ARM_REG_XPSR_NZCVQG, regs->xpsr);
		put(engine, UC_ARM_REG_APSR_NZCV, get(engine, UC_ARM_REG_XPSR));
	}
}

/* Puts back what was there before the instruction whose access failed. */
static void undo_instruction(struct engine *engine)
{
	struct cpu_registers *regs = &engine->cpu->regs;

	memcpy(regs->r, engine->fault.r, sizeof(regs->r));
	regs->lr = engine->fault.lr;
	regs->xpsr = engine->fault.xpsr;
	*cpu_stack_pointer(engine->cpu) = engine->fault.sp;
	regs->pc = engine->pc;
	for (unsigned i = 0; i < engine->fault.old_length; i++)
		engine->fault.old_bytes[i] = engine->fault.old[i];
}

void engine_pull_registers(struct engine *engine)
{
	struct cpu_registers *regs = &engine->cpu->regs;
	void *pointers[CORE_IDS];

	core_pointers(regs, pointers);
	uc_reg_read_batch(engine->uc, (int *)core_ids, pointers, CORE_IDS);
	regs->pc &= ~1u;
	if (fp_was_used(engine))
		pull_fp(engine, regs);
	pull_modes(engine, regs);
	engine->mirror = *regs;
	if (engine->fault.pending)
		undo_instruction(engine);
}

void engine_keep_fault(struct engine *engine, enum engine_stop stop, uint32_t address)
{
	struct engine_fault *fault = &engine->fault;

	if (fault->pending)
		return;
	fault->pending = true;
	fault->stop = stop;
	fault->old_length = 0;
	fault->address = address;
	for (int i = 0; i < 13; i++)
		fault->r[i] = get(engine, core_ids[i]);
	fault->sp = get(engine, UC_ARM_REG_SP) & ~3u;
	fault->lr = get(engine, UC_ARM_REG_LR);
	fault->xpsr = get(engine, UC_ARM_REG_XPSR) & ~(uint32_t)XPSR_ALIGN;
	engine_attention(engine);
}
