/* SPDX-License-Identifier: MIT
 *
 * SysTick (DDI 0403E B3.3): a down counter of core cycles. Nothing ticks here: the cycle at which
 * the count reaches zero is kept, and the value is worked out when somebody asks.
 */
#include "probe/virtual/cpu/internal.h"

enum {
	CSR = 0x10, RVR = 0x14, CVR = 0x18, CALIB = 0x1C,
	CSR_ENABLE = 1, CSR_TICKINT = 2, CSR_CLKSOURCE = 4, CSR_COUNTFLAG = 1 << 16,
	COUNT_MASK = 0xFFFFFF,
	CALIB_NOREF = 1u << 30,
};

static uint64_t cycles_per_count(const struct cpu *cpu)
{
	return cpu->systick.control & CSR_CLKSOURCE ? 1 : 8;	/* STM32: HCLK/8 is the reference */
}

static uint64_t period(const struct cpu *cpu)
{
	return ((uint64_t)cpu->systick.reload + 1) * cycles_per_count(cpu);
}

static bool counts(const struct cpu *cpu)
{
	return cpu->systick.control & CSR_ENABLE && cpu->systick.expiry != UINT64_MAX;
}

/* From a value, zero meaning that the reload comes with the next count. */
static void start(struct cpu *cpu, uint32_t value)
{
	struct cpu_systick *tick = &cpu->systick;

	if (value)
		tick->expiry = cpu_cycles(cpu) + value * cycles_per_count(cpu);
	else if (tick->reload)
		tick->expiry = cpu_cycles(cpu) + period(cpu);
	else
		tick->expiry = UINT64_MAX;	/* a reload of 0 stops the counter */
}

void systick_catch_up(struct cpu *cpu)
{
	struct cpu_systick *tick = &cpu->systick;
	uint64_t now = cpu_cycles(cpu);

	if (!counts(cpu) || now < tick->expiry)
		return;
	tick->passed = true;
	if (tick->control & CSR_TICKINT)
		nvic_set_pending(cpu, EXC_SYSTICK, true);
	if (tick->reload)
		tick->expiry += ((now - tick->expiry) / period(cpu) + 1) * period(cpu);
	else
		tick->expiry = UINT64_MAX;
}

uint64_t systick_next(const struct cpu *cpu)
{
	return counts(cpu) && cpu->systick.control & CSR_TICKINT ? cpu->systick.expiry : UINT64_MAX;
}

static uint32_t count(struct cpu *cpu)
{
	struct cpu_systick *tick = &cpu->systick;
	uint64_t left;

	if (!(tick->control & CSR_ENABLE))
		return tick->value;
	if (!counts(cpu))
		return 0;
	systick_catch_up(cpu);
	left = (tick->expiry - cpu_cycles(cpu) + cycles_per_count(cpu) - 1) / cycles_per_count(cpu);
	return left > tick->reload ? 0 : (uint32_t)left;
}

void systick_reset(struct cpu *cpu)
{
	cpu->systick = (struct cpu_systick){ .expiry = UINT64_MAX };
}

/* A debugger's read leaves COUNTFLAG alone (its accesses have MasterType 1). */
uint32_t systick_read(struct cpu *cpu, uint32_t offset, enum bus_master master)
{
	struct cpu_systick *tick = &cpu->systick;
	uint32_t value = 0;

	switch (offset) {
	case CSR:
		systick_catch_up(cpu);
		value = tick->control | (tick->passed ? CSR_COUNTFLAG : 0);
		tick->passed = tick->passed && master == BUS_DEBUG;
		return value;
	case RVR:
		return tick->reload;
	case CVR:
		return count(cpu);
	case CALIB:
		return CALIB_NOREF;
	}
	return 0;
}

static void write_control(struct cpu *cpu, uint32_t control)
{
	struct cpu_systick *tick = &cpu->systick;
	uint32_t value = count(cpu);

	tick->control = control & (CSR_ENABLE | CSR_TICKINT | CSR_CLKSOURCE);
	tick->value = value;
	if (control & CSR_ENABLE)
		start(cpu, value);
}

void systick_write(struct cpu *cpu, uint32_t offset, uint32_t value, uint32_t mask,
		   enum bus_master master)
{
	struct cpu_systick *tick = &cpu->systick;
	uint32_t control = tick->control;

	(void)master;
	switch (offset) {
	case CSR:
		lanes_put(&control, value, mask);
		write_control(cpu, control);
		break;
	case RVR:
		systick_catch_up(cpu);
		lanes_put(&tick->reload, value, mask & COUNT_MASK);
		if (tick->control & CSR_ENABLE && !counts(cpu))
			start(cpu, 0);
		break;
	case CVR:	/* any write clears the count and COUNTFLAG */
		tick->value = 0;
		tick->passed = false;
		if (tick->control & CSR_ENABLE)
			start(cpu, 0);
		break;
	}
}
