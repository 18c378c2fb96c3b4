/* SPDX-License-Identifier: MIT
 *
 * Data watchpoint and trace unit: comparators, cycle counter, PC sampling (DDI 0403E C1.8,
 * DDI 0419E C1.7, DDI 0553 D1.2). The engine watches the ranges given by dwt_ranges and sets
 * matched. Value comparison is not modelled; trace packets are in itm.c.
 */
#include "probe/virtual/cpu/internal.h"

#define DWT_BASE 0xE0001000u

enum {
	CTRL = 0, CYCCNT = 4, PCSR = 0x1C, UNIT = 0x20, UNIT_SIZE = 0x10,
	COMP = 0, MASK = 4, FUNCTION = 8,
	CTRL_CYCCNTENA = 1, CTRL_NOTRCPKT = 1 << 27, CTRL_NOEXTTRIG = 1 << 26,
	CTRL_NOCYCCNT = 1 << 25, CTRL_NOPRFCNT = 1 << 24, CTRL_WRITABLE = 0x007F1FFF,
	FUNCTION_MATCHED = 1 << 24, FUNCTION_V7 = 0x00000FAF, FUNCTION_V8 = 0x00000C3F,
	FUNCTION_ACTION_HALT = 1 << 4, FUNCTION_ACTION = 3 << 4,
	V7_PC = 4, V7_READ = 5, V7_WRITE = 6, V7_BOTH = 7,
	V8_PC = 2, V8_PC_LIMIT = 3, V8_BOTH = 4, V8_WRITE = 5, V8_READ = 6, V8_LIMIT = 7,
	MASK_BITS_MAX = 15,
};

#define FUNCTION_V8_ID (0x1Bu << 27)	/* addresses of code and data, with limit */

static bool is_on(const struct cpu *cpu)
{
	return cpu->debug.demcr & DEMCR_TRCENA;
}

static bool counts_cycles(const struct cpu *cpu)
{
	return is_on(cpu) && cpu->dwt.control & CTRL_CYCCNTENA;
}

uint32_t dwt_cycle_count(const struct cpu *cpu)
{
	uint64_t since = counts_cycles(cpu) ? cpu_cycles(cpu) - cpu->dwt.cycles_from : 0;

	return cpu->dwt.cycles_base + (uint32_t)since;
}

/* Keeps the count over a change of what makes it run. */
static void set_cycle_count(struct cpu *cpu, uint32_t count)
{
	cpu->dwt.cycles_base = count;
	cpu->dwt.cycles_from = cpu_cycles(cpu);
}

void dwt_set_trace(struct cpu *cpu, bool on)
{
	uint32_t count = dwt_cycle_count(cpu);

	cpu->debug.demcr = (cpu->debug.demcr & ~(uint32_t)DEMCR_TRCENA) | (on ? DEMCR_TRCENA : 0);
	set_cycle_count(cpu, count);
	cpu->dwt.changed = true;
}

static uint32_t read_control(const struct cpu *cpu)
{
	uint32_t absent = cpu->model->arch == ARCH_V6M
			? CTRL_NOTRCPKT | CTRL_NOEXTTRIG | CTRL_NOCYCCNT | CTRL_NOPRFCNT : 0;

	return cpu->model->dwt_units << 28 | absent | cpu->dwt.control;
}

static uint32_t read_function(const struct cpu *cpu, struct dwt_unit *unit)
{
	uint32_t value = unit->function | (unit->matched ? FUNCTION_MATCHED : 0);

	unit->matched = false;
	return cpu->model->arch == ARCH_V8M ? value | FUNCTION_V8_ID : value;
}

static uint32_t read_unit(struct cpu *cpu, uint32_t offset)
{
	struct dwt_unit *unit = &cpu->dwt.units[(offset - UNIT) / UNIT_SIZE];

	switch (offset % UNIT_SIZE) {
	case COMP:
		return unit->comp;
	case MASK:
		return unit->mask;
	case FUNCTION:
		return read_function(cpu, unit);
	}
	return 0;
}

static bool is_unit(const struct cpu *cpu, uint32_t offset)
{
	return offset >= UNIT && offset < UNIT + UNIT_SIZE * cpu->model->dwt_units;
}

static uint32_t sampled_pc(const struct cpu *cpu)
{
	return !is_on(cpu) || cpu->debug.halted || cpu->sleeping || cpu->held ? 0xFFFFFFFF
									      : cpu->regs.pc;
}

static enum bus_result read_register(void *context, uint32_t offset, unsigned width, uint32_t *value,
				     enum bus_master master)
{
	struct cpu *cpu = context;
	uint32_t word = coresight_id(cpu, DWT_BASE, offset), at = offset & ~3u;

	(void)master;
	if (at == CTRL)
		word = read_control(cpu);
	else if (at == CYCCNT && cpu_holds_v7(cpu))
		word = dwt_cycle_count(cpu);
	else if (at == PCSR)
		word = sampled_pc(cpu);
	else if (is_unit(cpu, at))
		word = read_unit(cpu, at);
	*value = lane_get(word, offset, width);
	return BUS_OK;
}

static void write_unit(struct cpu *cpu, uint32_t offset, uint32_t value)
{
	struct dwt_unit *unit = &cpu->dwt.units[(offset - UNIT) / UNIT_SIZE];
	bool v8 = cpu->model->arch == ARCH_V8M;

	switch (offset % UNIT_SIZE) {
	case COMP:
		unit->comp = value;
		break;
	case MASK:
		unit->mask = v8 ? 0 : (value & 31) > MASK_BITS_MAX ? MASK_BITS_MAX : value & 31;
		break;
	case FUNCTION:
		unit->function = value & (v8 ? FUNCTION_V8 : FUNCTION_V7);
		unit->matched = false;
		break;
	}
	cpu->dwt.changed = true;
}

static void write_control(struct cpu *cpu, uint32_t value)
{
	uint32_t count = dwt_cycle_count(cpu);

	if (!cpu_holds_v7(cpu))
		return;
	cpu->dwt.control = value & CTRL_WRITABLE;
	set_cycle_count(cpu, count);
}

static enum bus_result write_register(void *context, uint32_t offset, unsigned width, uint32_t value,
				      enum bus_master master)
{
	struct cpu *cpu = context;

	(void)master;
	if (width != 4)
		return BUS_OK;
	if (offset == CTRL)
		write_control(cpu, value);
	else if (offset == CYCCNT && cpu_holds_v7(cpu))
		set_cycle_count(cpu, value);
	else if (is_unit(cpu, offset))
		write_unit(cpu, offset, value);
	cpu_look_up(cpu);
	return BUS_OK;
}

static bool range_v7(const struct dwt_unit *unit, struct dwt_range *range)
{
	uint32_t function = unit->function & 0xF, low = (1u << unit->mask) - 1;

	*range = (struct dwt_range){ .first = unit->comp & ~low, .last = unit->comp | low };
	range->code = function == V7_PC;
	range->reads = function == V7_READ || function == V7_BOTH;
	range->writes = function == V7_WRITE || function == V7_BOTH;
	return range->code || range->reads || range->writes;
}

/* Comparator n with its limit in n + 1, where that one is set so. */
static bool range_v8(const struct cpu *cpu, unsigned n, struct dwt_range *range)
{
	const struct dwt_unit *unit = &cpu->dwt.units[n], *next = unit + 1;
	uint32_t match = unit->function & 0xF;
	uint32_t limit = n + 1 < cpu->model->dwt_units ? next->function & 0xF : 0;

	if ((unit->function & FUNCTION_ACTION) != FUNCTION_ACTION_HALT)
		return false;
	*range = (struct dwt_range){ .first = unit->comp };
	range->code = match == V8_PC;
	range->reads = match == V8_READ || match == V8_BOTH;
	range->writes = match == V8_WRITE || match == V8_BOTH;
	range->last = limit == (range->code ? V8_PC_LIMIT : V8_LIMIT)
		    ? next->comp : unit->comp + (1u << (unit->function >> 10 & 3)) - 1;
	return range->code || range->reads || range->writes;
}

unsigned dwt_ranges(const struct cpu *cpu, struct dwt_range out[DWT_UNITS_MAX])
{
	unsigned count = 0;

	if (!is_on(cpu))
		return 0;
	for (unsigned n = 0; n < cpu->model->dwt_units; n++) {
		bool found = cpu->model->arch == ARCH_V8M ? range_v8(cpu, n, &out[count])
							  : range_v7(&cpu->dwt.units[n], &out[count]);

		if (found)
			out[count++].unit = n;
	}
	return count;
}

void dwt_power_on(struct cpu *cpu)
{
	cpu->dwt = (struct cpu_dwt){ .changed = true };
}

void dwt_add_to_bus(struct cpu *cpu)
{
	bus_add_device(cpu->bus, &(struct bus_device){ "DWT", DWT_BASE, 0x1000, cpu, read_register,
						       write_register });
}
