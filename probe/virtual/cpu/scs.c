/* SPDX-License-Identifier: MIT
 *
 * The system control space at 0xE000E000: one table of register ranges, and the system control
 * block's registers (DDI 0403E B3.2, DDI 0419E B3.2).
 */
#include "probe/virtual/cpu/internal.h"

#define SCS_BASE 0xE000E000u
#define AIRCR_KEY 0x05FA0000u
#define AIRCR_READS 0xFA050000u

enum {
	ICTR = 0x004, ACTLR = 0x008, CPUID = 0xD00, ICSR = 0xD04, VTOR = 0xD08, AIRCR = 0xD0C,
	SCR = 0xD10, CCR = 0xD14, SHPR1 = 0xD18, SHPR3 = 0xD20, SHCSR = 0xD24, CFSR = 0xD28,
	HFSR = 0xD2C, MMFAR = 0xD34, BFAR = 0xD38, AFSR = 0xD3C, CPACR = 0xD88, STIR = 0xF00,
	FPCCR = 0xF34, FPCAR = 0xF38, FPDSCR = 0xF3C, MVFR0 = 0xF40, MVFR1 = 0xF44, MVFR2 = 0xF48,
	AIRCR_VECTRESET = 1, AIRCR_VECTCLRACTIVE = 2, AIRCR_SYSRESETREQ = 4, AIRCR_PRIGROUP = 7 << 8,
	ICSR_NMI = 1u << 31, ICSR_PENDSVSET = 1 << 28, ICSR_PENDSVCLR = 1 << 27,
	ICSR_PENDSTSET = 1 << 26, ICSR_PENDSTCLR = 1 << 25, ICSR_ISRPENDING = 1 << 22,
	ICSR_VECTPENDING_SHIFT = 12, ICSR_RETTOBASE = 1 << 11,
	CCR_V7 = 0x31B,
	CPACR_CP10 = 3 << 20, CPACR_CP10_PRIVILEGED = 1 << 20, CPACR_FPU = 0xF << 20,
	FPCCR_ASPEN_LSPEN = 3u << 30,
};

/* SHCSR: one row per bit. */
static const struct shcsr_bit {
	unsigned bit, exception;
	enum { SHCSR_ACTIVE, SHCSR_PENDED, SHCSR_ENABLED } what;
} shcsr_bits[] = {
	{ 0, EXC_MEM, SHCSR_ACTIVE },     { 1, EXC_BUS, SHCSR_ACTIVE },
	{ 3, EXC_USAGE, SHCSR_ACTIVE },   { 7, EXC_SVC, SHCSR_ACTIVE },
	{ 8, EXC_DEBUG, SHCSR_ACTIVE },   { 10, EXC_PENDSV, SHCSR_ACTIVE },
	{ 11, EXC_SYSTICK, SHCSR_ACTIVE }, { 12, EXC_USAGE, SHCSR_PENDED },
	{ 13, EXC_MEM, SHCSR_PENDED },    { 14, EXC_BUS, SHCSR_PENDED },
	{ 15, EXC_SVC, SHCSR_PENDED },    { 16, EXC_MEM, SHCSR_ENABLED },
	{ 17, EXC_BUS, SHCSR_ENABLED },   { 18, EXC_USAGE, SHCSR_ENABLED },
};

enum { SHCSR_ROWS = sizeof(shcsr_bits) / sizeof(shcsr_bits[0]) };

static bool shcsr_exists(const struct cpu *cpu, const struct shcsr_bit *row)
{
	return cpu_holds_v7(cpu) || (row->exception == EXC_SVC && row->what == SHCSR_PENDED);
}

static uint32_t read_shcsr(struct cpu *cpu)
{
	bool (*const get[])(const struct cpu *, unsigned) = {
		nvic_is_active, nvic_is_pending, nvic_is_enabled,
	};
	uint32_t value = 0;

	for (size_t i = 0; i < SHCSR_ROWS; i++)
		if (shcsr_exists(cpu, &shcsr_bits[i]))
			value |= (uint32_t)get[shcsr_bits[i].what](cpu, shcsr_bits[i].exception)
			       << shcsr_bits[i].bit;
	return value;
}

static void write_shcsr(struct cpu *cpu, uint32_t value, uint32_t mask)
{
	void (*const set[])(struct cpu *, unsigned, bool) = {
		nvic_set_active, nvic_set_pending, nvic_set_enabled,
	};

	for (size_t i = 0; i < SHCSR_ROWS; i++)
		if (mask >> shcsr_bits[i].bit & 1 && shcsr_exists(cpu, &shcsr_bits[i]))
			set[shcsr_bits[i].what](cpu, shcsr_bits[i].exception,
						value >> shcsr_bits[i].bit & 1);
}

static uint32_t read_icsr(const struct cpu *cpu)
{
	unsigned pending = nvic_first_pending(cpu);
	uint32_t value = pending << ICSR_VECTPENDING_SHIFT | (cpu->regs.xpsr & XPSR_EXCEPTION);

	value |= nvic_is_pending(cpu, EXC_NMI) ? ICSR_NMI : 0;
	value |= nvic_is_pending(cpu, EXC_PENDSV) ? ICSR_PENDSVSET : 0;
	value |= nvic_is_pending(cpu, EXC_SYSTICK) ? ICSR_PENDSTSET : 0;
	value |= pending >= EXC_IRQ0 ? ICSR_ISRPENDING : 0;
	if (cpu_holds_v7(cpu) && nvic_active_count(cpu) <= 1)
		value |= ICSR_RETTOBASE;
	return value;
}

static void write_icsr(struct cpu *cpu, uint32_t value)
{
	static const struct { uint32_t bit; unsigned exception; bool pending; } rows[] = {
		{ ICSR_NMI, EXC_NMI, true },
		{ ICSR_PENDSVCLR, EXC_PENDSV, false },   { ICSR_PENDSVSET, EXC_PENDSV, true },
		{ ICSR_PENDSTCLR, EXC_SYSTICK, false },  { ICSR_PENDSTSET, EXC_SYSTICK, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (value & rows[i].bit)
			nvic_set_pending(cpu, rows[i].exception, rows[i].pending);
}

static void clear_active(struct cpu *cpu)
{
	for (unsigned n = 0; n < EXC_WORDS; n++)
		cpu->nvic.active[n] = 0;
	cpu->regs.xpsr &= ~(uint32_t)XPSR_EXCEPTION;
}

static void write_aircr(struct cpu *cpu, uint32_t value, enum bus_master master)
{
	if ((value & 0xFFFF0000) != AIRCR_KEY)
		return;
	if (cpu_holds_v7(cpu))
		cpu->scs.aircr = value & AIRCR_PRIGROUP;
	if (value & AIRCR_SYSRESETREQ) {
		cpu->host.reset_requested(cpu->host.context);
		return;
	}
	/* Both bits are for a debugger with the core halted; v8-M has no VECTRESET. */
	if (master != BUS_DEBUG || !cpu->debug.halted)
		return;
	if (value & AIRCR_VECTCLRACTIVE)
		clear_active(cpu);
	if (value & AIRCR_VECTRESET && cpu->model->arch == ARCH_V7M)
		cpu_reset(cpu);
}

static uint32_t read_priorities(struct cpu *cpu, uint32_t offset)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 4; i++)
		value |= (uint32_t)cpu->nvic.priority[4 + offset - SHPR1 + i] << 8 * i;
	return value;
}

static void write_priorities(struct cpu *cpu, uint32_t offset, uint32_t value, uint32_t mask)
{
	uint8_t kept = (uint8_t)(0xFF << (8 - cpu->model->priority_bits));
	bool v7 = cpu_holds_v7(cpu);

	for (unsigned i = 0; i < 4; i++) {
		unsigned n = 4 + offset - SHPR1 + i;
		bool exists = n == EXC_SVC || n == EXC_PENDSV || n == EXC_SYSTICK ||
			      (v7 && (n <= EXC_USAGE || n == EXC_DEBUG));

		if (exists && mask >> 8 * i & 0xFF)
			cpu->nvic.priority[n] = (uint8_t)(value >> 8 * i) & kept;
	}
}

/* Registers that just keep bits. Rows marked v7 read 0 on v6-M. */
enum plain_kind { PLAIN, WRITE_ONE_CLEARS };

static const struct plain_register {
	uint32_t offset;
	size_t field;
	uint32_t writable;
	enum plain_kind kind;
	bool v7, fpu;
} plain_registers[] = {
	{ ACTLR, offsetof(struct cpu_scs, actlr), 0x307, PLAIN, true, false },
	{ VTOR, offsetof(struct cpu_scs, vtor), 0xFFFFFF80, PLAIN, false, false },
	{ SCR, offsetof(struct cpu_scs, scr), 0x16, PLAIN, false, false },
	{ CCR, offsetof(struct cpu_scs, ccr), CCR_V7, PLAIN, true, false },
	{ CFSR, offsetof(struct cpu_scs, cfsr), 0xFFFFFFFF, WRITE_ONE_CLEARS, true, false },
	{ HFSR, offsetof(struct cpu_scs, hfsr), 0xFFFFFFFF, WRITE_ONE_CLEARS, true, false },
	{ MMFAR, offsetof(struct cpu_scs, mmfar), 0xFFFFFFFF, PLAIN, true, false },
	{ BFAR, offsetof(struct cpu_scs, bfar), 0xFFFFFFFF, PLAIN, true, false },
	{ AFSR, offsetof(struct cpu_scs, afsr), 0xFFFFFFFF, WRITE_ONE_CLEARS, true, false },
	{ CPACR, offsetof(struct cpu_scs, cpacr), CPACR_FPU, PLAIN, true, true },
	{ FPCCR, offsetof(struct cpu_scs, fpccr), FPCCR_ASPEN_LSPEN, PLAIN, true, true },
	{ FPCAR, offsetof(struct cpu_scs, fpcar), 0xFFFFFFF8, PLAIN, true, true },
	{ FPDSCR, offsetof(struct cpu_scs, fpdscr), 0x07C00000, PLAIN, true, true },
};

static const struct plain_register *plain_find(const struct cpu *cpu, uint32_t offset)
{
	for (size_t i = 0; i < sizeof(plain_registers) / sizeof(plain_registers[0]); i++) {
		const struct plain_register *row = &plain_registers[i];

		if (row->offset == offset)
			return (row->v7 && !cpu_holds_v7(cpu)) || (row->fpu && !cpu->fpu) ? NULL : row;
	}
	return NULL;
}

static uint32_t *plain_field(struct cpu *cpu, const struct plain_register *row)
{
	return (uint32_t *)((char *)&cpu->scs + row->field);
}

/* M0 has no VTOR at all. */
static bool plain_is_read_only(const struct cpu *cpu, const struct plain_register *row)
{
	return row->offset == VTOR && cpu->core == VIRTUAL_M0;
}

static uint32_t plain_read(struct cpu *cpu, uint32_t offset)
{
	const struct plain_register *row = plain_find(cpu, offset);

	if (offset == CCR && !cpu_holds_v7(cpu))
		return CCR_STKALIGN | CCR_UNALIGN_TRP;
	return row ? *plain_field(cpu, row) : 0;
}

static void plain_write(struct cpu *cpu, uint32_t offset, uint32_t value, uint32_t mask)
{
	const struct plain_register *row = plain_find(cpu, offset);

	if (!row || plain_is_read_only(cpu, row))
		return;
	cpu->dwt.changed |= offset == CCR;
	if (row->kind == WRITE_ONE_CLEARS)
		*plain_field(cpu, row) &= ~(value & mask);
	else
		lanes_put(plain_field(cpu, row), value, mask & row->writable);
}

/* MVFR of a single precision FPv4/FPv5 (M4 TRM 4.5; M7 and M33 TRM). */
static uint32_t read_constant(const struct cpu *cpu, uint32_t offset)
{
	bool double_too = cpu->core == VIRTUAL_M7;

	switch (offset) {
	case ICTR:
		return EXC_WORDS - 1;
	case CPUID:
		return cpu->cpuid;
	case MVFR0:
		return !cpu->fpu ? 0 : double_too ? 0x10110221 : 0x10110021;
	case MVFR1:
		return !cpu->fpu ? 0 : double_too ? 0x12000011 : 0x11000011;
	case MVFR2:
		return cpu->fpu && cpu->core != VIRTUAL_M4 ? 0x40 : 0;
	}
	return 0;
}

static uint32_t read_block(struct cpu *cpu, uint32_t offset, enum bus_master master)
{
	(void)master;
	switch (offset) {
	case ICSR:
		return read_icsr(cpu);
	case AIRCR:
		return AIRCR_READS | cpu->scs.aircr;
	case SHPR1: case SHPR1 + 4: case SHPR3:
		return read_priorities(cpu, offset);
	case SHCSR:
		return read_shcsr(cpu);
	}
	return plain_find(cpu, offset) || offset == CCR ? plain_read(cpu, offset)
							: read_constant(cpu, offset);
}

static void write_block(struct cpu *cpu, uint32_t offset, uint32_t value, uint32_t mask,
			enum bus_master master)
{
	switch (offset) {
	case ICSR:
		write_icsr(cpu, value & mask);
		break;
	case AIRCR:
		write_aircr(cpu, value & mask, master);
		break;
	case SHPR1: case SHPR1 + 4: case SHPR3:
		write_priorities(cpu, offset, value, mask);
		break;
	case SHCSR:
		write_shcsr(cpu, value, mask);
		break;
	case STIR:
		if ((value & 0x1FF) + EXC_IRQ0 < EXC_MAX)
			nvic_set_pending(cpu, EXC_IRQ0 + (value & 0x1FF), true);
		break;
	default:
		plain_write(cpu, offset, value, mask);
	}
}

static uint32_t read_ids(struct cpu *cpu, uint32_t offset, enum bus_master master)
{
	(void)master;
	return coresight_id(cpu, SCS_BASE, offset);
}

static void write_nothing(struct cpu *cpu, uint32_t offset, uint32_t value, uint32_t mask,
			  enum bus_master master)
{
	(void)cpu, (void)offset, (void)value, (void)mask, (void)master;
}

/* The first row that reaches beyond the offset has it. */
static const struct scs_range {
	uint32_t end;
	uint32_t (*read)(struct cpu *cpu, uint32_t offset, enum bus_master master);
	void (*write)(struct cpu *cpu, uint32_t offset, uint32_t value, uint32_t mask,
		      enum bus_master master);
} scs_ranges[] = {
	{ 0x010, read_block, write_block },
	{ 0x020, systick_read, systick_write },
	{ 0xD00, nvic_read, nvic_write },
	{ 0xD30, read_block, write_block },
	{ 0xD34, debug_read, debug_write },	/* DFSR */
	{ 0xDF0, read_block, write_block },
	{ 0xE00, debug_read, debug_write },
	{ 0xFB0, read_block, write_block },
	{ 0x1000, read_ids, write_nothing },
};

static const struct scs_range *range_at(uint32_t offset)
{
	const struct scs_range *range = scs_ranges;

	while (offset >= range->end)
		range++;
	return range;
}

static enum bus_result read_register(void *context, uint32_t offset, unsigned width, uint32_t *value,
				     enum bus_master master)
{
	*value = lane_get(range_at(offset)->read(context, offset & ~3u, master), offset, width);
	return BUS_OK;
}

static enum bus_result write_register(void *context, uint32_t offset, unsigned width, uint32_t value,
				      enum bus_master master)
{
	range_at(offset)->write(context, offset & ~3u, value << 8 * (offset & 3),
				lane_mask(offset, width), master);
	cpu_look_up(context);
	return BUS_OK;
}

bool scs_denies_fp(const struct cpu *cpu)
{
	uint32_t access = cpu->scs.cpacr & CPACR_CP10;

	return !cpu->fpu || !access ||
	       (access == CPACR_CP10_PRIVILEGED && !cpu_is_privileged(cpu));
}

void scs_reset(struct cpu *cpu)
{
	cpu->scs = (struct cpu_scs){
		.ccr = CCR_STKALIGN,
		.fpccr = cpu->fpu ? FPCCR_ASPEN_LSPEN : 0,
	};
}

void scs_add_to_bus(struct cpu *cpu)
{
	bus_add_device(cpu->bus, &(struct bus_device){ "SCS", SCS_BASE, 0x1000, cpu, read_register,
						       write_register });
}
