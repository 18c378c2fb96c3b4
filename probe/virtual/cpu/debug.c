/* SPDX-License-Identifier: MIT
 *
 * Halting debug (DDI 0403E C1.6): DHCSR, DCRSR, DCRDR, DEMCR, DFSR. They keep their values over a
 * system reset; only power-on clears them.
 */
#include "probe/virtual/cpu/internal.h"

#define DHCSR_KEY 0xA05F0000u

enum {
	DFSR = 0xD30, DHCSR = 0xDF0, DCRSR = 0xDF4, DCRDR = 0xDF8, DEMCR = 0xDFC,
	C_DEBUGEN = 1, C_HALT = 2, C_STEP = 4, C_MASKINTS = 8, C_SNAPSTALL = 1 << 5,
	S_REGRDY = 1 << 16, S_HALT = 1 << 17, S_SLEEP = 1 << 18, S_LOCKUP = 1 << 19, S_SDE = 1 << 20,
	S_RETIRE_ST = 1 << 24, S_RESET_ST = 1 << 25,
	DCRSR_WRITE = 1 << 16, DCRSR_REGSEL = 0x7F,
	DFSR_ALL = 0x1F,
	DEMCR_V7 = 0x010F07F1, DEMCR_V6 = 0x01000401,
};

enum regsel {
	SEL_SP = 13, SEL_LR = 14, SEL_PC = 15, SEL_XPSR = 16, SEL_MSP = 17, SEL_PSP = 18,
	SEL_SPECIAL = 20, SEL_MSP_NS = 0x18, SEL_PSP_NS = 0x19, SEL_FPSCR = 33,
	SEL_S0 = 64, SEL_S31 = 95,
};

bool debug_is_on(const struct cpu *cpu)
{
	return cpu->debug.control & C_DEBUGEN;
}

bool debug_is_stepping(const struct cpu *cpu)
{
	return debug_is_on(cpu) && cpu->debug.control & C_STEP;
}

bool debug_masks_interrupts(const struct cpu *cpu)
{
	return debug_is_on(cpu) && cpu->debug.control & C_MASKINTS;
}

void debug_halt(struct cpu *cpu, uint32_t dfsr_bit)
{
	cpu->debug.halted = true;
	cpu->debug.register_ready = true;
	cpu->debug.control |= C_HALT;
	cpu->debug.dfsr |= dfsr_bit;
	cpu->locked_up = false;
	cpu->sleeping = false;
}

bool debug_wants_halt(const struct cpu *cpu)
{
	return debug_is_on(cpu) && cpu->debug.control & C_HALT && !cpu->debug.halted;
}

/* CONTROL, FAULTMASK, BASEPRI and PRIMASK travel as the bytes of one word. */
static uint32_t special_get(const struct cpu_registers *regs)
{
	return regs->control << 24 | (regs->faultmask & 1) << 16 | (regs->basepri & 0xFF) << 8 |
	       (regs->primask & 1);
}

static void special_set(struct cpu *cpu, uint32_t value)
{
	struct cpu_registers *regs = &cpu->regs;
	bool v7 = cpu_holds_v7(cpu);

	regs->control = value >> 24 & (cpu->fpu ? 7 : cpu->core == VIRTUAL_M0 ? 2 : 3);
	regs->primask = value & 1;
	regs->faultmask = v7 ? value >> 16 & 1 : 0;
	regs->basepri = v7 ? value >> 8 & 0xFF & (0xFFu << (8 - cpu->model->priority_bits)) : 0;
}

/* Registers that are simply a word; NULL for the rest. */
static uint32_t *plain_register(struct cpu *cpu, unsigned regsel)
{
	struct cpu_registers *regs = &cpu->regs;

	if (regsel < SEL_SP)
		return &regs->r[regsel];
	if (regsel >= SEL_S0 && regsel <= SEL_S31)
		return cpu->fpu ? &regs->s[regsel - SEL_S0] : NULL;
	switch (regsel) {
	case SEL_SP:
		return cpu_stack_pointer(cpu);
	case SEL_LR:
		return &regs->lr;
	case SEL_PC:
		return &regs->pc;
	case SEL_XPSR:
		return &regs->xpsr;
	case SEL_MSP:
		return &regs->msp;
	case SEL_PSP:
		return &regs->psp;
	case SEL_MSP_NS:
		return cpu->model->arch == ARCH_V8M ? &regs->msp : NULL;
	case SEL_PSP_NS:
		return cpu->model->arch == ARCH_V8M ? &regs->psp : NULL;
	case SEL_FPSCR:
		return cpu->fpu ? &regs->fpscr : NULL;
	}
	return NULL;
}

static uint32_t writable_bits(unsigned regsel)
{
	switch (regsel) {
	case SEL_SP: case SEL_MSP: case SEL_PSP: case SEL_MSP_NS: case SEL_PSP_NS:
		return ~3u;
	case SEL_PC:
		return ~1u;
	case SEL_XPSR:
		return 0xFF0FFDFF;	/* bit 9 is reserved here */
	}
	return 0xFFFFFFFF;
}

uint32_t debug_register_get(struct cpu *cpu, unsigned regsel)
{
	const uint32_t *plain = plain_register(cpu, regsel);

	return plain ? *plain : regsel == SEL_SPECIAL ? special_get(&cpu->regs) : 0;
}

void debug_register_set(struct cpu *cpu, unsigned regsel, uint32_t value)
{
	uint32_t *plain = plain_register(cpu, regsel);

	if (plain)
		*plain = value & writable_bits(regsel);
	else if (regsel == SEL_SPECIAL)
		special_set(cpu, value);
}

static uint32_t read_dhcsr(struct cpu *cpu, enum bus_master master)
{
	struct cpu_debug *debug = &cpu->debug;
	uint32_t value = debug->control;

	value |= debug->register_ready ? S_REGRDY : 0;
	value |= debug->halted ? S_HALT : 0;
	value |= cpu->sleeping ? S_SLEEP : 0;
	value |= cpu->locked_up ? S_LOCKUP : 0;
	value |= debug->retired ? S_RETIRE_ST : 0;
	value |= debug->was_reset ? S_RESET_ST : 0;
	value |= cpu->secure_debug ? S_SDE : 0;
	if (master == BUS_DEBUG) {
		debug->retired = false;
		debug->was_reset = cpu->held;
	}
	return value;
}

/* C_STEP and C_MASKINTS are UNPREDICTABLE to change while running; real cores take MASKINTS. */
static void write_dhcsr(struct cpu *cpu, uint32_t value, enum bus_master master)
{
	struct cpu_debug *debug = &cpu->debug;
	uint32_t kept = C_DEBUGEN | C_HALT | C_STEP | C_MASKINTS;

	if ((value & 0xFFFF0000) != DHCSR_KEY || master != BUS_DEBUG)
		return;
	if (cpu_holds_v7(cpu))
		kept |= C_SNAPSTALL;
	debug->control = value & C_DEBUGEN ? value & kept : 0;
	if (!(debug->control & C_HALT))
		debug->halted = false;
	cpu_look_up(cpu);
}

static void write_dcrsr(struct cpu *cpu, uint32_t value)
{
	struct cpu_debug *debug = &cpu->debug;

	if (!debug->halted)
		return;
	if (value & DCRSR_WRITE)
		debug_register_set(cpu, value & DCRSR_REGSEL, debug->dcrdr);
	else
		debug->dcrdr = debug_register_get(cpu, value & DCRSR_REGSEL);
	debug->register_ready = true;
}

static void write_demcr(struct cpu *cpu, uint32_t value, uint32_t mask)
{
	uint32_t demcr = cpu->debug.demcr;

	lanes_put(&demcr, value, mask);
	demcr &= cpu_holds_v7(cpu) ? DEMCR_V7 : DEMCR_V6;
	dwt_set_trace(cpu, demcr & DEMCR_TRCENA);
	cpu->debug.demcr = demcr;
	if (mask & DEMCR_MON_PEND && cpu_holds_v7(cpu))
		nvic_set_pending(cpu, EXC_DEBUG, demcr & DEMCR_MON_PEND);
}

uint32_t debug_read(struct cpu *cpu, uint32_t offset, enum bus_master master)
{
	switch (offset) {
	case DFSR:
		return cpu->debug.dfsr;
	case DHCSR:
		return read_dhcsr(cpu, master);
	case DCRDR:
		return cpu->debug.dcrdr;
	case DEMCR:
		return cpu->debug.demcr;
	}
	return 0;
}

void debug_write(struct cpu *cpu, uint32_t offset, uint32_t value, uint32_t mask,
		 enum bus_master master)
{
	switch (offset) {
	case DFSR:
		cpu->debug.dfsr &= ~(value & mask & DFSR_ALL);
		break;
	case DHCSR:
		write_dhcsr(cpu, value & mask, master);
		break;
	case DCRSR:
		write_dcrsr(cpu, value & mask);
		break;
	case DCRDR:
		lanes_put(&cpu->debug.dcrdr, value, mask);
		break;
	case DEMCR:
		write_demcr(cpu, value, mask);
		break;
	}
}

void debug_power_on(struct cpu *cpu)
{
	cpu->debug = (struct cpu_debug){ 0 };
}

/* A request to halt does not outlive the reset: catching the vector is VC_CORERESET's job. */
void debug_reset(struct cpu *cpu)
{
	struct cpu_debug *debug = &cpu->debug;

	debug->control &= ~(uint32_t)C_HALT;
	debug->halted = false;
	debug->retired = false;
	debug->was_reset = true;
}
