/* SPDX-License-Identifier: MIT
 *
 * Which exception comes next: pending, enabled and active bits, priorities, the masks (DDI 0403E
 * B1.5.4, B3.4), and the NVIC's registers over them.
 */
#include "probe/virtual/cpu/internal.h"

#include <string.h>

enum {
	ISER = 0x100, ICER = 0x180, ISPR = 0x200, ICPR = 0x280, IABR = 0x300, IPR = 0x400,
	IPR_END = 0x4F0,
	SCR_SEVONPEND = 1 << 4,
	AIRCR_PRIGROUP_SHIFT = 8,
	PRIORITY_NONE = 256, PRIORITY_NMI = -2, PRIORITY_HARD = -1,
};

static bool bit_get(const uint32_t *bits, unsigned n)
{
	return bits[n / 32] >> n % 32 & 1;
}

static void bit_put(uint32_t *bits, unsigned n, bool on)
{
	bits[n / 32] = (bits[n / 32] & ~(1u << n % 32)) | (uint32_t)on << n % 32;
}

void nvic_reset(struct cpu *cpu)
{
	struct cpu_nvic *nvic = &cpu->nvic;
	uint32_t line[EXC_WORDS];
	const unsigned always[] = { EXC_NMI, EXC_HARD, EXC_SVC, EXC_DEBUG, EXC_PENDSV, EXC_SYSTICK };

	memcpy(line, nvic->line, sizeof(line));
	*nvic = (struct cpu_nvic){ .priority = { 0 } };
	memcpy(nvic->line, line, sizeof(line));
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		bit_put(nvic->enabled, always[i], true);
}

void nvic_set_pending(struct cpu *cpu, unsigned exception, bool pending)
{
	if (pending && !bit_get(cpu->nvic.pending, exception) && cpu->scs.scr & SCR_SEVONPEND)
		cpu->event = true;
	bit_put(cpu->nvic.pending, exception, pending);
	cpu_look_up(cpu);
}

bool nvic_is_pending(const struct cpu *cpu, unsigned exception)
{
	return bit_get(cpu->nvic.pending, exception);
}

bool nvic_is_active(const struct cpu *cpu, unsigned exception)
{
	return bit_get(cpu->nvic.active, exception);
}

bool nvic_is_enabled(const struct cpu *cpu, unsigned exception)
{
	return bit_get(cpu->nvic.enabled, exception);
}

void nvic_set_enabled(struct cpu *cpu, unsigned exception, bool enabled)
{
	bit_put(cpu->nvic.enabled, exception, enabled);
	cpu_look_up(cpu);
}

void nvic_set_active(struct cpu *cpu, unsigned exception, bool active)
{
	bit_put(cpu->nvic.active, exception, active);
	/* A level that is still there when its handler ends is an interrupt again. */
	if (!active && bit_get(cpu->nvic.line, exception))
		nvic_set_pending(cpu, exception, true);
}

unsigned nvic_active_count(const struct cpu *cpu)
{
	unsigned count = 0;

	for (size_t i = 0; i < EXC_WORDS; i++)
		count += (unsigned)__builtin_popcount(cpu->nvic.active[i]);
	return count;
}

int nvic_priority(const struct cpu *cpu, unsigned exception)
{
	if (exception == EXC_NMI)
		return PRIORITY_NMI;
	if (exception == EXC_HARD)
		return PRIORITY_HARD;
	return cpu->nvic.priority[exception];
}

/* Without the sub-priority, which never preempts. */
static int group_of(const struct cpu *cpu, int priority)
{
	unsigned split = (cpu->scs.aircr >> AIRCR_PRIGROUP_SHIFT & 7) + 1;

	return priority < 0 ? priority : priority & ~((1 << split) - 1);
}

int nvic_group_priority(const struct cpu *cpu, unsigned exception)
{
	return group_of(cpu, nvic_priority(cpu, exception));
}

int nvic_active_priority(const struct cpu *cpu)
{
	int best = PRIORITY_NONE;

	for (unsigned word = 0; word < EXC_WORDS; word++)
		for (uint32_t bits = cpu->nvic.active[word]; bits; bits &= bits - 1) {
			int p = nvic_group_priority(cpu, word * 32 + (unsigned)__builtin_ctz(bits));

			best = p < best ? p : best;
		}
	return best;
}

static int masked_priority(const struct cpu *cpu, int best, bool with_primask)
{
	const struct cpu_registers *regs = &cpu->regs;

	if (regs->basepri) {
		int base = group_of(cpu, (int)regs->basepri);

		best = base < best ? base : best;
	}
	if (with_primask && regs->primask & 1 && best > 0)
		best = 0;
	if (regs->faultmask & 1 && best > PRIORITY_HARD)
		best = PRIORITY_HARD;
	return best;
}

int nvic_running_priority(const struct cpu *cpu)
{
	return masked_priority(cpu, nvic_active_priority(cpu), true);
}

/* C_MASKINTS holds back PendSV, SysTick and the external interrupts (DDI 0403E C1.6.2). */
static bool is_held_back(const struct cpu *cpu, unsigned exception)
{
	return exception >= EXC_PENDSV && debug_masks_interrupts(cpu);
}

unsigned nvic_first_pending(const struct cpu *cpu)
{
	unsigned first = EXC_NONE;

	for (unsigned word = 0; word < EXC_WORDS; word++) {
		uint32_t bits = cpu->nvic.pending[word] & cpu->nvic.enabled[word];

		for (; bits; bits &= bits - 1) {
			unsigned n = word * 32 + (unsigned)__builtin_ctz(bits);

			if (!is_held_back(cpu, n) &&
			    (!first || nvic_priority(cpu, n) < nvic_priority(cpu, first)))
				first = n;
		}
	}
	return first;
}

/* WFI looks past PRIMASK (B1.5.18). */
bool nvic_wakes(const struct cpu *cpu)
{
	unsigned first = nvic_first_pending(cpu);

	return first && nvic_group_priority(cpu, first) <
				masked_priority(cpu, nvic_active_priority(cpu), false);
}

static uint32_t *bank(struct cpu *cpu, uint32_t offset)
{
	switch (offset & ~0x7Fu) {
	case ISER:
	case ICER:
		return cpu->nvic.enabled;
	case ISPR:
	case ICPR:
		return cpu->nvic.pending;
	case IABR:
		return cpu->nvic.active;
	}
	return NULL;
}

/* Interrupts start at exception 16, in the middle of the bitmaps' words. */
static uint32_t irq_word(const uint32_t *bits, unsigned word)
{
	uint32_t value = bits[word] >> 16;

	return word + 1 < EXC_WORDS ? value | bits[word + 1] << 16 : value;
}

uint32_t nvic_read(struct cpu *cpu, uint32_t offset, enum bus_master master)
{
	const uint32_t *bits = offset < IPR ? bank(cpu, offset) : NULL;
	uint32_t value = 0;

	(void)master;
	if (bits && (offset & 0x7F) / 4 < EXC_WORDS)
		return irq_word(bits, (offset & 0x7F) / 4);
	if (offset >= IPR && offset < IPR_END)
		for (unsigned i = 0; i < 4; i++)
			value |= (uint32_t)cpu->nvic.priority[EXC_IRQ0 + offset - IPR + i] << 8 * i;
	return value;
}

static void put_irqs(struct cpu *cpu, uint32_t *bits, unsigned word, uint32_t ones, bool on)
{
	for (; ones; ones &= ones - 1) {
		unsigned n = EXC_IRQ0 + word * 32 + (unsigned)__builtin_ctz(ones);

		if (n < EXC_MAX)
			bit_put(bits, n, on);
		/* Clearing a pending bit does not help while the line is high. */
		if (n < EXC_MAX && !on && bit_get(cpu->nvic.line, n) && !nvic_is_active(cpu, n))
			bit_put(cpu->nvic.pending, n, true);
	}
}

static void write_priorities(struct cpu *cpu, uint32_t offset, uint32_t value, uint32_t mask)
{
	uint8_t kept = (uint8_t)(0xFF << (8 - cpu->model->priority_bits));

	for (unsigned i = 0; i < 4; i++)
		if (mask >> 8 * i & 0xFF)
			cpu->nvic.priority[EXC_IRQ0 + offset - IPR + i] = value >> 8 * i & kept;
}

void nvic_write(struct cpu *cpu, uint32_t offset, uint32_t value, uint32_t mask,
		enum bus_master master)
{
	uint32_t *bits = offset < IABR ? bank(cpu, offset) : NULL;
	unsigned word = (offset & 0x7F) / 4;

	(void)master;
	if (bits && word < EXC_WORDS)
		put_irqs(cpu, bits, word, value & mask, !(offset & 0x80));
	else if (offset >= IPR && offset < IPR_END)
		write_priorities(cpu, offset, value, mask);
	cpu_look_up(cpu);
}
