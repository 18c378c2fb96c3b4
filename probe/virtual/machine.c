/* SPDX-License-Identifier: MIT
 *
 * A virtual chip with power: lets core and alarms take turns, and knows about power, the reset line
 * and the debugger's door to the bus.
 */
#include "probe/virtual/machine.h"

#include "probe/bytes.h"
#include "probe/log.h"
#include "probe/virtual/chips.h"
#include "probe/virtual/image.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 1024, RAMS_MAX = 16 };

enum { RESET_LOW_NS = 1090000,	/* how long a reset keeps nRST low, as measured on an F429 board */
       POWER_UP_NS = 1500000,	/* tRSTTEMPO, DS8626 table 19 */
       BOOT_NS = 5000000,	/* a new board has been on for a while */
       SLICE_NS = 1000000 };	/* a halt of the core is noticed at the end of a slice */

enum { DEBUG_STOP_MODES = 6 };	/* DBGMCU_CR: clocks stay on in Stop and Standby */

struct machine {
	struct virtual_spec spec;
	struct vclock clock;
	struct bus bus;
	struct soc soc;
	struct soc_host soc_host;
	struct cpu_host cpu_host;
	struct vclock_runner runner;
	struct cpu *cpu;
	struct { uint8_t *bytes; uint32_t size; } rams[RAMS_MAX];
	size_t ram_count;

	bool powered, pin_low, supply_low;
	bool pulse_low;			/* the chip itself pulls nRST */
	bool in_reset;
	bool retry_reset;		/* a reset was asked for from inside an access */
	struct vclock_alarm pulse_end;
	uint64_t cpu_ns;
};

/* --- reset ------------------------------------------------------------------------------------ */

static void update_halted(struct machine *machine)
{
	bool halted = cpu_state(machine->cpu) == CPU_HALTED;

	if (halted == machine->soc.core_halted)
		return;
	machine->soc.core_halted = halted;
	soc_notice(&machine->soc);
}

static void enter_reset(struct machine *machine)
{
	machine->in_reset = true;
	cpu_hold_in_reset(machine->cpu, true);
	cpu_reset(machine->cpu);
	soc_reset_all(&machine->soc);
	machine->soc.reset_causes = 0;
}

/* Brings the chip to where its reset line and its supply say. */
static void update_reset(struct machine *machine)
{
	bool low = machine->pin_low || machine->pulse_low || machine->supply_low || !machine->powered;

	if (low && !machine->in_reset) {
		enter_reset(machine);
	} else if (!low && machine->in_reset) {
		machine->in_reset = false;
		cpu_hold_in_reset(machine->cpu, false);
	}
}

static void pull_reset(struct machine *machine, uint64_t ns)
{
	machine->pulse_low = true;
	vclock_arm(&machine->clock, &machine->pulse_end, ns);
	update_reset(machine);
}

static void end_pulse(void *context)
{
	struct machine *machine = context;

	machine->pulse_low = false;
	update_reset(machine);
}

/* Never at once: the request may come from inside an access of the core. */
static void request_reset(void *context, enum soc_reset cause)
{
	struct machine *machine = context;

	machine->soc.reset_causes |= (uint32_t)cause;
	machine->retry_reset = true;
	cpu_break(machine->cpu);
}

static void settle(struct machine *machine)
{
	if (machine->retry_reset) {
		machine->retry_reset = false;
		log_line(LOG_VIRTUAL, "machine: reset, causes %02X", (unsigned)machine->soc.reset_causes);
		pull_reset(machine, RESET_LOW_NS);
	}
	update_halted(machine);
}

/* --- what peripherals and core ask for ------------------------------------------------------- */

static void soc_set_irq(void *context, unsigned irq, bool level)
{
	cpu_set_irq(((struct machine *)context)->cpu, irq, level);
}

static void soc_stall_core(void *context, uint64_t ns)
{
	cpu_stall(((struct machine *)context)->cpu, ns);
}

static void soc_set_core_clock(void *context, uint32_t hz)
{
	cpu_set_clock(((struct machine *)context)->cpu, hz);
}

static void cpu_reset_requested(void *context)
{
	request_reset(context, SOC_RESET_SOFTWARE);
}

static uint64_t cpu_chip_now_ns(void *context)
{
	return ((struct machine *)context)->clock.now_ns;
}

static uint64_t runner_now_ns(void *context)
{
	return cpu_now_ns(((struct machine *)context)->cpu);
}

static void runner_stop(void *context)
{
	cpu_break(((struct machine *)context)->cpu);
}

/* --- composition ------------------------------------------------------------------------------ */

static const struct chip_builder {
	const char *controller;
	int (*build)(struct soc *soc, struct why *why);
} builders[] = {
	{ "f4", chip_f4_build },
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
	struct bus_memory memory = { .name = region->name, .base = region->base, .size = region->size };

	if (region->size == 0 || region->base % PAGE || region->size % PAGE)
		return explain(why, E_CONFIG, "%s: region %s is not made of whole KiB",
			       machine->spec.chip, region->name);
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
		return explain(why, E_CHIP, "%s: there is no virtual chip with a flash controller \"%s\"",
			       spec->chip, spec->controller);
	if (!err && machine->bus.clash)
		return explain(why, E_CONFIG, "%s: %s overlaps something else", spec->chip,
			       machine->bus.clash);
	return err;
}

static void connect_wires(struct machine *machine, const struct virtual_spec *spec)
{
	machine->spec = *spec;
	machine->soc_host = (struct soc_host){ machine, request_reset, soc_set_irq, soc_stall_core,
					       soc_set_core_clock };
	machine->cpu_host = (struct cpu_host){ machine, cpu_reset_requested, cpu_chip_now_ns };
	machine->runner = (struct vclock_runner){ machine, runner_now_ns, runner_stop, 0 };
	machine->soc.spec = &machine->spec;
	machine->soc.clock = &machine->clock;
	machine->soc.bus = &machine->bus;
	machine->soc.host = &machine->soc_host;
	machine->soc.supply_mv = spec->supply_mv ? spec->supply_mv : 3300;
	machine->pulse_end.ring = end_pulse;
	machine->pulse_end.context = machine;
	vclock_add(&machine->clock, &machine->pulse_end);
}

static int assemble(struct machine *machine, struct why *why)
{
	struct virtual_spec *spec = &machine->spec;
	int err = build_chip(machine, why);

	if (err)
		return err;
	machine->cpu = cpu_new(spec->core, spec->fpu, spec->cpuid, &machine->bus, &machine->cpu_host);
	if (!machine->cpu)
		return explain(why, E_MEMORY, "no core for %s", spec->chip);
	cpu_set_part(machine->cpu, spec->idcode & 0xFFF);
	return spec->image[0] ? image_load(spec->image, &machine->soc, why) : OK;
}

static void release(struct machine *machine)
{
	soc_release(&machine->soc);
	if (machine->cpu)
		cpu_free(machine->cpu);
	for (size_t i = 0; i < machine->ram_count; i++)
		free(machine->rams[i].bytes);
	free(machine);
}

int machine_new(struct machine **out, const struct virtual_spec *spec, struct why *why)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	int err;

	if (!machine)
		return explain(why, E_MEMORY, "out of memory");
	connect_wires(machine, spec);
	err = assemble(machine, why);
	if (err) {
		release(machine);
		return err;
	}
	machine_set_power(machine, true);
	machine_advance(machine, BOOT_NS);
	*out = machine;
	return OK;
}

void machine_free(struct machine *machine)
{
	struct why why;

	if (!machine)
		return;
	if (machine->powered)
		machine_set_power(machine, false);	/* an erase in work is cut short */
	if (machine->spec.image[0] && image_save(machine->spec.image, &machine->soc, &why) != OK)
		log_line(LOG_ERROR, "%s", why.text);
	release(machine);
}

/* --- time ------------------------------------------------------------------------------------- */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Runs the core up to the next alarm, but not for longer than a slice while it does something. */
static void run_core(struct machine *machine, uint64_t until_ns)
{
	uint64_t from_ns = machine->clock.now_ns, reached_ns;
	enum cpu_state state = cpu_state(machine->cpu);

	if (state == CPU_RUNNING || state == CPU_SLEEPING)
		until_ns = min_u64(until_ns, from_ns + SLICE_NS);
	machine->runner.until_ns = until_ns;
	machine->clock.runner = &machine->runner;
	reached_ns = cpu_run(machine->cpu, from_ns, until_ns);
	machine->clock.runner = NULL;
	if (state == CPU_RUNNING)
		machine->cpu_ns += reached_ns - from_ns;
	vclock_set(&machine->clock, reached_ns);
}

void machine_advance(struct machine *machine, uint64_t ns)
{
	uint64_t end_ns = machine->clock.now_ns + ns;

	while (machine->clock.now_ns < end_ns) {
		uint64_t until_ns = min_u64(end_ns, vclock_next(&machine->clock));

		if (machine->powered && until_ns > machine->clock.now_ns)
			run_core(machine, until_ns);
		else
			vclock_set(&machine->clock, until_ns);
		settle(machine);
	}
}

uint64_t machine_now_ns(const struct machine *machine)
{
	return machine->clock.now_ns;
}

/* --- the debug port's accesses ---------------------------------------------------------------- */

static void see_debugger(struct machine *machine)
{
	if (machine->soc.debugger_seen)
		return;
	machine->soc.debugger_seen = true;
	soc_notice(&machine->soc);
}

enum bus_result machine_read(struct machine *machine, uint32_t address, unsigned width,
			     uint32_t *value)
{
	enum bus_result result;

	*value = 0;
	if (!machine->powered)
		return BUS_FAULT;
	see_debugger(machine);
	result = bus_read(&machine->bus, address, width, value, BUS_DEBUG);
	settle(machine);
	return result;
}

enum bus_result machine_write(struct machine *machine, uint32_t address, unsigned width,
			      uint32_t value)
{
	enum bus_result result;

	if (!machine->powered)
		return BUS_FAULT;
	see_debugger(machine);
	result = bus_write(&machine->bus, address, width, value, BUS_DEBUG);
	settle(machine);
	return result;
}

/* --- pins and power --------------------------------------------------------------------------- */

void machine_set_nrst(struct machine *machine, bool level)
{
	if (!level && !machine->pin_low)
		machine->soc.reset_causes |= SOC_RESET_PIN;
	machine->pin_low = !level;
	update_reset(machine);
	settle(machine);
}

bool machine_nrst(const struct machine *machine)
{
	return !machine->in_reset;
}

/* RAM comes up with noise, the same in every run. */
static void fill_rams(struct machine *machine)
{
	uint32_t seed = 0x5EED;

	for (size_t i = 0; i < machine->ram_count; i++)
		for (uint32_t at = 0; at < machine->rams[i].size; at += 4) {
			seed = seed * 1664525u + 1013904223u;
			put_u32(machine->rams[i].bytes + at, seed);
		}
}

static void power_up(struct machine *machine)
{
	struct soc *soc = &machine->soc;

	fill_rams(machine);
	soc->debugger_seen = soc->core_halted = false;
	soc->reset_causes = SOC_RESET_POWER;
	machine->retry_reset = false;
	machine->in_reset = false;
	soc_power_all(soc, true);
	cpu_power_on(machine->cpu);
	for (size_t i = 0; i < machine->bus.memory_count; i++)
		bus_changed(&machine->bus, machine->bus.memories[i].base, machine->bus.memories[i].size);
	pull_reset(machine, POWER_UP_NS);
}

void machine_set_power(struct machine *machine, bool on)
{
	if (on == machine->powered)
		return;
	log_line(LOG_VIRTUAL, "machine: power %s", on ? "on" : "off");
	machine->powered = on;
	if (on) {
		power_up(machine);
	} else {
		soc_power_all(&machine->soc, false);
		machine->in_reset = false;	/* so that everything is stopped again */
		update_reset(machine);
	}
}

uint32_t machine_supply_mv(const struct machine *machine)
{
	return machine->powered ? machine->soc.supply_mv : 0;
}

/* Below the brown-out level the chip stays in reset. */
void machine_set_supply_mv(struct machine *machine, uint32_t mv)
{
	bool low = mv < machine->soc.brownout_mv;

	machine->soc.supply_mv = mv;
	if (low && !machine->supply_low)
		machine->soc.reset_causes |= SOC_RESET_POWER;
	machine->supply_low = low;
	update_reset(machine);
	settle(machine);
}

enum machine_swd machine_swd(const struct machine *machine)
{
	const struct soc *soc = &machine->soc;
	bool stopped = cpu_is_deep_sleep(machine->cpu) && !(soc->debug_modes & DEBUG_STOP_MODES);
	bool dead = !machine->powered || soc->swd_disabled || soc->swd_pins_taken || stopped;

	return dead ? MACHINE_SWD_DEAD : MACHINE_SWD_OK;
}

/* --- looking inside --------------------------------------------------------------------------- */

const struct virtual_spec *machine_spec(const struct machine *machine)
{
	return &machine->spec;
}

struct cpu *machine_cpu(struct machine *machine)
{
	return machine->cpu;
}

struct bus *machine_bus(struct machine *machine)
{
	return &machine->bus;
}

uint64_t machine_flash_busy_ns(const struct machine *machine)
{
	return machine->soc.flash_busy_ns;
}

uint64_t machine_cpu_ns(const struct machine *machine)
{
	return machine->cpu_ns;
}

const char *machine_usart_output(struct machine *machine, size_t *length)
{
	*length = machine->soc.output.length;
	return machine->soc.output.bytes ? machine->soc.output.bytes : "";
}

bool machine_poke_flash(struct machine *machine, uint32_t address, const void *data, uint32_t length)
{
	struct bus_memory *memory = bus_memory_at(&machine->bus, address);
	uint32_t offset = memory ? address - memory->base : 0;

	for (size_t i = 0; memory && i < machine->soc.area_count; i++) {
		struct soc_area *area = &machine->soc.areas[i];

		if (strcmp(area->name, "flash") || memory->base != machine->spec.banks[0].base ||
		    offset > area->size || length > area->size - offset)
			continue;
		memcpy(area->bytes + offset, data, length);
		memcpy(memory->bytes + offset, data, length);
		bus_changed(&machine->bus, address, length);
		return true;
	}
	return false;
}

void machine_poke(struct machine *machine, uint32_t address, const void *data, uint32_t length)
{
	struct soc *soc = &machine->soc;
	struct bus_memory *memory = bus_memory_at(soc->bus, address);
	uint32_t offset;

	assert(memory && length <= memory->size - (address - memory->base));
	offset = address - memory->base;
	memcpy(memory->bytes + offset, data, length);
	for (size_t i = 0; i < soc->area_count; i++) {
		if (!strcmp(soc->areas[i].name, memory->name))
			memcpy(soc->areas[i].bytes + offset, data, length);
	}
	bus_changed(soc->bus, address, length);
}
