/* SPDX-License-Identifier: MIT
 *
 * Putting a virtual chip together from its spec: memories, the family's peripherals, the core, and
 * what an image file has kept.
 */
#include "probe/virtual/machine_internal.h"

#include "probe/virtual/chips/chips.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 1024 };

/* One row per family of flash controllers. */
static const struct chip_builder {
	const char *controller;
	int (*build)(struct soc *soc, struct why *why);
} builders[] = {
	{ "f1", chip_f1_build },
	{ "f1xl", chip_f1_build },
	{ "f2", chip_f4_build },
	{ "f4", chip_f4_build },
	{ "f4db", chip_f4_build },
	{ "f7", chip_f4_build },
	{ "f7db", chip_f4_build },
	{ "h5", chip_h5_build },
	{ "h7", chip_h7_build },
	{ "h7a3", chip_h7_build },
	{ "h7rs", chip_h7_build },
	{ "l0", chip_l0_build },
	{ "l1", chip_l1_build },
	{ "g0", chip_g0_build },
	{ "g0db", chip_g0_build },
	{ "c0", chip_g0_build },
	{ "u0", chip_g0_build },
	{ "g4", chip_l4_build },
	{ "g4db", chip_l4_build },
	{ "l4", chip_l4_build },
	{ "l4sb", chip_l4_build },
	{ "l4plus", chip_l4_build },
	{ "wb", chip_l4_build },
	{ "wl", chip_l4_build },
	{ "l5", chip_u5_build },
	{ "u5", chip_u5_build },
	{ "u3", chip_u5_build },
	{ "wba", chip_u5_build },
	{ "wba2", chip_u5_build },
};

/* Made up, but the same for ever: a vector table whose reset handler branches to itself. */
static void fill_rom(uint8_t *bytes, uint32_t base, uint32_t size)
{
	for (uint32_t i = 0; i < size; i += 2)
		put_u16(bytes + i, 0xE7FE);	/* b . */
	put_u32(bytes, 0x20002000);
	for (uint32_t i = 4; i < 64; i += 4)
		put_u32(bytes + i, (base + 64) | 1);
}

static int add_region(struct machine *machine, const struct virtual_region *region, struct why *why)
{
	struct bus_memory memory = { .name = region->name, .base = region->base };

	if (region->kind == VIRTUAL_EEPROM)
		return OK;	/* the flash controller brings it */
	if (region->size == 0 || region->base % PAGE || region->size % PAGE)
		return explain(why, E_CONFIG, "%s: region %s is not made of whole KiB",
			       machine->spec.chip, region->name);
	memory.size = region->size;
	memory.bytes = calloc(1, region->size);
	if (!memory.bytes)
		return explain(why, E_MEMORY, "out of memory");
	machine->rams[machine->ram_count].bytes = memory.bytes;
	machine->rams[machine->ram_count++].size = region->kind == VIRTUAL_ROM ? 0 : region->size;
	memory.writable = region->kind != VIRTUAL_ROM;
	memory.executable = region->kind != VIRTUAL_RAM_DATA;
	if (region->kind == VIRTUAL_ROM)
		fill_rom(memory.bytes, region->base, region->size);
	bus_add_memory(&machine->bus, &memory);
	return OK;
}

static int build_chip(struct machine *machine, struct why *why)
{
	struct virtual_spec *spec = &machine->spec;
	int err = E_CHIP;

	for (size_t i = 0; i < spec->region_count; i++) {
		err = add_region(machine, &spec->regions[i], why);
		if (err)
			return err;
	}
	err = E_CHIP;
	for (size_t i = 0; i < ARRAY_SIZE(builders); i++)
		if (strcmp(builders[i].controller, spec->controller) == 0)
			err = builders[i].build(&machine->soc, why);
	if (err == E_CHIP)
		return explain(why, E_CHIP,
			       "%s: there is no virtual chip with a flash controller \"%s\"",
			       spec->chip, spec->controller);
	if (!err && machine->bus.clash)
		return explain(why, E_CONFIG, "%s: %s overlaps something else", spec->chip,
			       machine->bus.clash);
	return err;
}

static int assemble(struct machine *machine, struct why *why)
{
	struct virtual_spec *spec = &machine->spec;
	int err = build_chip(machine, why);

	if (err)
		return err;
	machine->cpu = cpu_new(spec->core, spec->fpu, spec->cpuid, &machine->bus,
			       &machine->cpu_host);
	if (!machine->cpu)
		return explain(why, E_MEMORY, "no core for %s", spec->chip);
	cpu_set_part(machine->cpu, spec->idcode & 0xFFF);
	if (machine->soc.has_trace_pin)
		cpu_add_trace_port(machine->cpu, machine->soc.trace_by_swo);
	return spec->image[0] ? image_open(&machine->image, spec->image, &machine->soc, why) : OK;
}

void machine_release(struct machine *machine)
{
	image_close(&machine->image);
	soc_release(&machine->soc);
	if (machine->cpu)
		cpu_free(machine->cpu);
	for (size_t i = 0; i < machine->ram_count; i++)
		free(machine->rams[i].bytes);
	free(machine);
}

int machine_build(struct machine **out, const struct virtual_spec *spec, struct why *why)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	int err;

	*out = NULL;
	if (!machine)
		return explain(why, E_MEMORY, "out of memory");
	machine->spec = *spec;
	machine->image.fd = -1;
	machine_connect(machine);
	err = assemble(machine, why);
	if (err)
		machine_release(machine);
	else
		*out = machine;
	return err;
}
