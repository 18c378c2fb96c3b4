/* SPDX-License-Identifier: MIT
 *
 * A virtual chip with power: lets core and alarms take turns, and knows about power, the reset line
 * and the debugger's door to the bus.
 */
#include "probe/virtual/machine_internal.h"

#include "probe/log.h"
#include "probe/virtual/low_power.h"

#include <assert.h>
#include <string.h>

enum { RESET_LOW_NS = 1090000,	/* how long a reset keeps nRST low, as measured on an F429 board */
       POWER_UP_NS = 1500000,	/* tRSTTEMPO, DS8626 table 19 */
       BOOT_NS = 5000000,	/* a new board has been on for a while */
       SLICE_NS = 1000000 };	/* a halt of the core is noticed at the end of a slice */

/* DBGMCU_CR: clocks stay on in Sleep, in Stop; clocks and power in Standby */
enum { DEBUG_SLEEP_MODE = 1, DEBUG_STOP_MODE = 2, DEBUG_STANDBY_MODE = 4 };

/* From the access port through the bus matrix to memory and back; assumed. */
enum { ACCESS_CYCLES = 4 };

enum { DHCSR = 0xE000EDF0, C_HALT = 2 };

/* --- reset ------------------------------------------------------------------------------------ */

static void update_halted(struct machine *machine)
{
	bool halted = cpu_state(machine->cpu) == CPU_HALTED;

	if (halted == machine->soc.core_halted)
		return;
	machine->soc.core_halted = halted;
	soc_notice(&machine->soc);
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

static void forget_code(struct machine *machine)
{
	for (size_t i = 0; i < machine->bus.memory_count; i++)
		bus_changed(&machine->bus, machine->bus.memories[i].base,
			    machine->bus.memories[i].size);
}

/* Standby ends with a reset. Without DBG_STANDBY all but the backup domain was off (RM0090 5.3.5, 38.16.1);
 * on some families more RAM may be kept: not here. */
static void leave_standby(struct machine *machine)
{
	machine->standby = false;
	machine->soc.woke_from_standby = true;
	if (machine->soc.debug_modes & DEBUG_STANDBY_MODE)
		return;
	log_line(LOG_VIRTUAL, "machine: Standby took RAM and debug state");
	fill_rams(machine);
	soc_power_all(&machine->soc, true);
	cpu_power_on(machine->cpu);
	forget_code(machine);
}

static void enter_reset(struct machine *machine)
{
	if (machine->standby)
		leave_standby(machine);
	machine->in_reset = true;
	cpu_hold_in_reset(machine->cpu, true);
	cpu_reset(machine->cpu);
	soc_reset_all(&machine->soc);
	cpu_set_vector_table(machine->cpu, machine->soc.boot_address);
	cpu_set_secure_debug(machine->cpu, machine->soc.secure_debug);
	machine->soc.reset_causes = 0;
	machine->soc.woke_from_standby = false;
	if (machine->mishaps.reset_cuts_swd && machine->pulse_low)
		machine->swd_cuts++;
}

/* Brings the chip to where its reset line and its supply say. */
static void update_reset(struct machine *machine)
{
	bool low = machine->pin_low || machine->pulse_low || machine->supply_low ||
		   machine->mishaps.held_in_reset || !machine->powered;

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
	machine->reset_wanted = true;
	cpu_break(machine->cpu);
}

/* A halt ends any sleep. */
static void update_standby(struct machine *machine)
{
	bool standby = cpu_is_deep_sleep(machine->cpu) &&
		       (machine->standby || low_power_is_standby(&machine->soc));

	if (standby && !machine->standby)
		log_line(LOG_VIRTUAL, "machine: Standby");
	machine->standby = standby;
}

static void settle(struct machine *machine)
{
	if (machine->reset_wanted) {
		machine->reset_wanted = false;
		log_line(LOG_VIRTUAL, "machine: reset, causes %02X",
			 (unsigned)machine->soc.reset_causes);
		pull_reset(machine, RESET_LOW_NS);
	}
	update_halted(machine);
	update_standby(machine);
}

/* --- what peripherals and core ask for ------------------------------------------------------- */

static void host_set_irq(void *context, unsigned irq, bool level)
{
	cpu_set_irq(((struct machine *)context)->cpu, irq, level);
}

static void host_stall_core(void *context, uint64_t ns)
{
	cpu_stall(((struct machine *)context)->cpu, ns);
}

static void host_set_core_clock(void *context, uint32_t hz)
{
	cpu_set_clock(((struct machine *)context)->cpu, hz);
}

static void cpu_reset_requested(void *context)
{
	request_reset(context, SOC_RESET_SOFTWARE);
}

/* The pin is the trace port's only while DBGMCU gives it away. */
static void cpu_traced(void *context, uint8_t byte, uint64_t end_ns, uint32_t baud)
{
	struct machine *machine = context;

	if (machine->soc.trace_on_pin && machine->trace.received)
		machine->trace.received(machine->trace.context, byte, end_ns, baud);
}

static uint64_t runner_now_ns(void *context)
{
	return cpu_now_ns(((struct machine *)context)->cpu);
}

static void runner_stop(void *context)
{
	cpu_break(((struct machine *)context)->cpu);
}

void machine_connect(struct machine *machine)
{
	machine->soc_host = (struct soc_host){ machine, request_reset, host_set_irq,
					       host_stall_core, host_set_core_clock };
	machine->cpu_host = (struct cpu_host){ machine, cpu_reset_requested, cpu_traced };
	machine->runner = (struct vclock_runner){ machine, runner_now_ns, runner_stop, 0 };
	machine->soc.spec = &machine->spec;
	machine->soc.clock = &machine->clock;
	machine->soc.bus = &machine->bus;
	machine->soc.host = &machine->soc_host;
	machine->soc.supply_mv = machine->spec.supply_mv ? machine->spec.supply_mv : 3300;
	machine->pulse_end.ring = end_pulse;
	machine->pulse_end.context = machine;
	vclock_add(&machine->clock, &machine->pulse_end);
}

/* What is not memory of this chip is left out. */
static void fill(struct machine *machine)
{
	for (size_t i = 0; i < machine->spec.content_count; i++) {
		const struct virtual_content *content = &machine->spec.contents[i];
		const struct bus_memory *memory = bus_memory_at(&machine->bus, content->address);

		if (memory && content->length <= memory->size - (content->address - memory->base))
			machine_poke(machine, content->address, content->bytes, content->length);
	}
	machine->spec.contents = NULL;		/* borrowed, up to here */
	machine->spec.content_count = 0;
}

int machine_new(struct machine **out, const struct virtual_spec *spec, struct why *why)
{
	int err = machine_build(out, spec, why);

	if (err)
		return err;
	fill(*out);
	machine_set_power(*out, true);
	machine_advance(*out, BOOT_NS);
	return OK;
}

void machine_free(struct machine *machine)
{
	struct why why;

	if (!machine)
		return;
	if (machine->powered)
		machine_set_power(machine, false);	/* an erase in work is cut short */
	if (image_save(&machine->image, &machine->soc, &why) != OK)
		log_line(LOG_ERROR, "%s", why.text);
	machine_release(machine);
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

bool machine_core_port_open(const struct machine *machine, bool private_peripherals)
{
	const struct soc *soc = &machine->soc;
	bool stopped = soc->bus_stops_in_reset && machine->in_reset && !private_peripherals;

	return !soc->core_port_closed && !stopped;
}

/* DDI 0553: a debugger that is not secure gets nothing of secure memory; peripherals begin non-secure. */
bool machine_lets_in(const struct machine *machine, uint32_t address, bool private_peripherals, bool nonsecure)
{
	const struct soc *soc = &machine->soc;

	if (!soc->trustzone || private_peripherals)
		return true;
	return soc->secure_debug ? !nonsecure : address >> 28 == 4;
}

uint64_t machine_bus_delay_ns(const struct machine *machine, bool private_peripherals)
{
	const struct soc *soc = &machine->soc;
	bool sleeps = cpu_state(machine->cpu) == CPU_SLEEPING && !(soc->debug_modes & DEBUG_SLEEP_MODE);

	if (sleeps && (soc->asleep == SOC_ALL_WAITS ||
		       (soc->asleep == SOC_MEMORY_WAITS && !private_peripherals)))
		return UINT64_MAX;
	return soc->hclk_hz ? UINT64_C(1000000000) * ACCESS_CYCLES / soc->hclk_hz : 0;
}

bool machine_bus_is_stuck(const struct machine *machine)
{
	return machine->soc.asleep == SOC_ALL_WAITS &&
	       machine_bus_delay_ns(machine, true) == UINT64_MAX;
}

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

/* Of a core that is not halted yet: the first request, the third... */
static bool loses_halt(struct machine *machine, uint32_t address, uint32_t value)
{
	return machine->mishaps.loses_halts && address == (uint32_t)DHCSR && value & C_HALT &&
	       cpu_state(machine->cpu) != CPU_HALTED && machine->halts_asked++ % 2 == 0;
}

enum bus_result machine_write(struct machine *machine, uint32_t address, unsigned width,
			      uint32_t value)
{
	enum bus_result result;

	if (!machine->powered)
		return BUS_FAULT;
	see_debugger(machine);
	if (loses_halt(machine, address, value))
		value &= ~(uint32_t)C_HALT;
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

static void power_up(struct machine *machine)
{
	struct soc *soc = &machine->soc;

	fill_rams(machine);
	soc->debugger_seen = soc->core_halted = machine->standby = false;
	soc->reset_causes = SOC_RESET_POWER;
	machine->reset_wanted = false;
	machine->in_reset = false;
	soc_power_all(soc, true);
	cpu_power_on(machine->cpu);
	forget_code(machine);
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

void machine_wake_up(struct machine *machine)
{
	if (machine->standby)
		pull_reset(machine, RESET_LOW_NS);
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

void machine_set_mishaps(struct machine *machine, const struct machine_mishaps *mishaps)
{
	machine->mishaps = *mishaps;
	machine->soc.flash_stuck = mishaps->flash_stuck;
	update_reset(machine);
	settle(machine);
}

void machine_on_trace(struct machine *machine, const struct machine_trace *trace)
{
	machine->trace = *trace;
}

enum machine_swd machine_swd(const struct machine *machine)
{
	const struct soc *soc = &machine->soc;
	uint32_t kept = machine->standby ? DEBUG_STANDBY_MODE : DEBUG_STOP_MODE;
	bool stopped = cpu_is_deep_sleep(machine->cpu) && !(soc->debug_modes & kept);
	bool dead = !machine->powered || machine->mishaps.swd_unwired || soc->swd_disabled ||
		    soc->swd_pins_taken || stopped;

	if (dead)
		return MACHINE_SWD_DEAD;
	return machine->mishaps.no_debug_power ? MACHINE_SWD_UNPOWERED : MACHINE_SWD_OK;
}

bool machine_swd_carries(const struct machine *machine, uint32_t bit_ps)
{
	uint32_t max_khz = machine->mishaps.swd_max_khz;

	return !max_khz || (uint64_t)bit_ps * max_khz >= UINT64_C(1000000000);
}

unsigned machine_swd_cuts(const struct machine *machine)
{
	return machine->swd_cuts;
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

void machine_poke(struct machine *machine, uint32_t address, const void *data, uint32_t length)
{
	struct soc *soc = &machine->soc;
	struct bus_memory *memory = bus_memory_at(soc->bus, address);
	uint32_t offset = memory ? address - memory->base : 0;

	assert(memory && length <= memory->size - offset);
	memcpy(memory->bytes + offset, data, length);
	for (size_t i = 0; i < soc->area_count; i++)
		if (strcmp(soc->areas[i].name, memory->name) == 0 && soc->areas[i].size == memory->size)
			memcpy(soc->areas[i].bytes + offset, data, length);
	bus_changed(soc->bus, address, length);
}
