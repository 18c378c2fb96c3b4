/* SPDX-License-Identifier: MIT
 *
 * Flash patch and breakpoint unit: version 1 on v6-M and v7-M (DDI 0403E C1.11, two half-words
 * per comparator, code region only), version 2 on M7 and v8-M (any address). Remapping is not
 * modelled: a comparator with REPLACE = 0 does nothing.
 */
#include "probe/virtual/cpu/internal.h"

#define FPB_BASE 0xE0002000u

enum {
	CTRL = 0, REMAP = 4, COMP = 8,
	CTRL_ENABLE = 1, CTRL_KEY = 2,
	COMP_ENABLE = 1, COMP_REPLACE_SHIFT = 30, REPLACE_LOWER = 1, REPLACE_UPPER = 2,
};

static unsigned unit_count(const struct cpu *cpu)
{
	return cpu->model->fpb_codes + cpu->model->fpb_literals;
}

static uint32_t read_control(const struct cpu *cpu)
{
	const struct cpu_model *model = cpu->model;

	return (model->fpb_version - 1) << 28 | (model->fpb_codes >> 4) << 12 |
	       model->fpb_literals << 8 | (model->fpb_codes & 15) << 4 | cpu->fpb.control;
}

static enum bus_result read_register(void *context, uint32_t offset, unsigned width, uint32_t *value,
				     enum bus_master master)
{
	struct cpu *cpu = context;
	uint32_t word = coresight_id(cpu, FPB_BASE, offset), at = offset & ~3u;

	(void)master;
	if (at == CTRL)
		word = read_control(cpu);
	else if (at == REMAP)
		word = cpu->fpb.remap | 1u << 29;
	else if (at >= COMP && at < COMP + 4 * unit_count(cpu))
		word = cpu->fpb.comp[(at - COMP) / 4];
	*value = lane_get(word, offset, width);
	return BUS_OK;
}

static uint32_t writable_bits(const struct cpu *cpu)
{
	return cpu->model->fpb_version == 1 ? 0xDFFFFFFD : 0xFFFFFFFF;
}

static enum bus_result write_register(void *context, uint32_t offset, unsigned width, uint32_t value,
				      enum bus_master master)
{
	struct cpu *cpu = context;

	(void)master;
	if (width != 4)
		return BUS_OK;
	if (offset == CTRL && value & CTRL_KEY)
		cpu->fpb.control = value & CTRL_ENABLE;
	else if (offset == REMAP)
		cpu->fpb.remap = value & 0x1FFFFFE0;
	else if (offset >= COMP && offset < COMP + 4 * unit_count(cpu))
		cpu->fpb.comp[(offset - COMP) / 4] = value & writable_bits(cpu);
	cpu_look_up(cpu);
	return BUS_OK;
}

static unsigned unit_addresses(const struct cpu *cpu, uint32_t comp, uint32_t out[2])
{
	uint32_t word = comp & 0x1FFFFFFC, replace = comp >> COMP_REPLACE_SHIFT;
	unsigned count = 0;

	if (!(comp & COMP_ENABLE))
		return 0;
	if (cpu->model->fpb_version == 2) {
		out[0] = comp & ~1u;
		return 1;
	}
	if (replace & REPLACE_LOWER)
		out[count++] = word;
	if (replace & REPLACE_UPPER)
		out[count++] = word + 2;
	return count;
}

unsigned fpb_addresses(const struct cpu *cpu, uint32_t out[FPB_ADDRESSES_MAX])
{
	unsigned count = 0;

	if (!(cpu->fpb.control & CTRL_ENABLE))
		return 0;
	for (unsigned i = 0; i < cpu->model->fpb_codes; i++)
		count += unit_addresses(cpu, cpu->fpb.comp[i], out + count);
	return count;
}

void fpb_power_on(struct cpu *cpu)
{
	cpu->fpb = (struct cpu_fpb){ 0 };
}

void fpb_add_to_bus(struct cpu *cpu)
{
	bus_add_device(cpu->bus, &(struct bus_device){ "FPB", FPB_BASE, 0x1000, cpu, read_register,
						       write_register });
}
