/* SPDX-License-Identifier: MIT
 *
 * Run control of one core: examine, poll, halt, resume. Stepping is in core_step.c, the reason of a
 * stop in core_stop.c. Armv7-M ARM DDI 0403E C1.6.
 */
#include "targets/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "probe/log.h"
#include "targets/board.h"
#include "targets/cortexm.h"
#include "targets/memory_cache.h"
#include "targets/traces.h"

enum { CPUID_PART_SHIFT = 4, CPUID_PART_MASK = 0xFFF };
enum { POLL_FIRST_US = 500, POLL_MAX_US = 10000 };

/* What a CPUID part number can do; the rest is asked of the core. */
struct cpu_part {
	uint16_t part;
	bool mainline, v8;
};

static const struct cpu_part cpu_parts[] = {
	{ 0xC20, false, false },	/* M0 */
	{ 0xC60, false, false },	/* M0+ */
	{ 0xC23, true, false },		/* M3 */
	{ 0xC24, true, false },		/* M4 */
	{ 0xC27, true, false },		/* M7 */
	{ 0xD20, false, true },		/* M23 */
	{ 0xD21, true, true },		/* M33 */
	{ 0xD22, true, true },		/* M55 */
	{ 0xD23, true, true },		/* M85 */
};

static const struct cpu_part *find_part(uint32_t cpuid)
{
	unsigned part = cpuid >> CPUID_PART_SHIFT & CPUID_PART_MASK;

	for (size_t i = 0; i < sizeof(cpu_parts) / sizeof(cpu_parts[0]); i++) {
		if (cpu_parts[i].part == part)
			return &cpu_parts[i];
	}
	return NULL;
}

void core_set_state(struct core *core, enum core_state state, const char *cause)
{
	static const char *const names[] = {
		[CORE_UNKNOWN] = "unknown", [CORE_RUNNING] = "running", [CORE_HALTED] = "halted",
	};

	if (core->state == state)
		return;
	log_line(LOG_SESSION, "core %u: %s -> %s (%s)", core->number, names[core->state],
		 names[state], cause);
	core->state = state;
	if (state != CORE_HALTED) {
		registers_forget(core);
		memory_cache_drop(core);
		core->stop = STOP_NONE;
	}
}

void core_forget(struct core *core, bool units_too)
{
	registers_forget(core);
	memory_cache_drop(core);
	core->runs_own_code = false;
	if (!units_too)
		return;
	units_forget(core);
	core->demcr_target = ~core->demcr;
	core->debug_enabled = false;
	for (unsigned i = 0; i < core->breakpoint_count; i++)
		core->breakpoints[i].placed = false;
}

void core_take_dhcsr(struct core *core, uint32_t dhcsr)
{
	if (dhcsr & S_RESET_ST) {
		core->was_reset = true;
		core_forget(core, false);
	}
	if (core->debug_enabled && !(dhcsr & C_DEBUGEN)) {	/* only power-on clears it */
		log_line(LOG_TARGET, "core %u lost its debug state: power was off", core->number);
		core_forget(core, true);
		core->board->debugging = false;
	}
}

bool core_take_reset(struct core *core)
{
	bool was_reset = core->was_reset;

	core->was_reset = false;
	return was_reset;
}

int core_examine(struct core *core, struct why *why)
{
	const struct cpu_part *part;
	struct batch batch;
	size_t cpuid, dhcsr, again;
	int err;

	batch_begin(&batch, core);
	cpuid = batch_read(&batch, CPUID);
	dhcsr = batch_read(&batch, DHCSR);
	again = batch_read(&batch, DHCSR);
	err = batch_run(&batch);
	if (err)
		return explain(why, err, "core %u does not answer: %s", core->number,
			       error_text(err));
	core->cpuid = batch_value(&batch, cpuid);
	core->found_dhcsr[0] = batch_value(&batch, dhcsr);
	core->found_dhcsr[1] = batch_value(&batch, again);
	part = find_part(core->cpuid);
	if (!part)
		return explain(why, E_CHIP, "CPUID 0x%08x is no Cortex-M that is known here",
			       core->cpuid);
	core->mainline = part->mainline;
	core->v8 = part->v8;
	core->found_reset = batch_value(&batch, dhcsr) & S_RESET_ST ||
			    !(batch_value(&batch, dhcsr) & C_DEBUGEN);
	if (!(batch_value(&batch, dhcsr) & C_DEBUGEN))	/* not since power-on: all flags are new */
		core->board->reset_flags = 0;
	core_take_dhcsr(core, batch_value(&batch, dhcsr));
	core_set_state(core, batch_value(&batch, dhcsr) & S_HALT ? CORE_HALTED : CORE_RUNNING,
		       "found so");
	core->was_reset = false;
	if (core->state == CORE_HALTED)
		core->stop = STOP_REQUEST;
	core->stop_signal = 5;
	if (!core->cache)
		core->cache = memory_cache_new();
	return core->cache ? 0 : E_MEMORY;
}

void core_clear(struct core *core)
{
	memory_cache_free(core->cache);
	core->cache = NULL;
	free(core->breakpoints);
	core->breakpoints = NULL;
	core->breakpoint_count = core->breakpoint_room = 0;
}

static int start_debugging(struct core *core)
{
	size_t demcr, mvfr0 = 0;
	struct batch batch;
	int err;

	batch_begin(&batch, core);
	demcr = batch_read(&batch, DEMCR);
	if (core->mainline)
		mvfr0 = batch_read(&batch, MVFR0);
	batch_write(&batch, DEMCR, core->demcr);
	if (core->state != CORE_HALTED)
		batch_write(&batch, DHCSR, DHCSR_RUN);
	batch_write(&batch, DFSR, DFSR_ALL);
	err = batch_run(&batch);
	if (err)
		return err;
	if (!core->demcr_found)		/* else it is our own by now */
		core->demcr_before = traces_keep(core->board, DEMCR, batch_value(&batch, demcr));
	core->demcr_found = true;
	core->demcr_target = core->demcr;
	core->fpu = core->mainline && batch_value(&batch, mvfr0) != 0;
	return 0;
}

int core_enable_debug(struct core *core)
{
	bool ours = core->demcr_found;
	int err;

	if (core->debug_enabled)
		return 0;
	core->demcr |= TRCENA;
	err = start_debugging(core);
	if (!err)
		err = units_examine(core, ours);
	if (err)
		return err;
	core->debug_enabled = true;
	return 0;
}

/* As it was found, without catches that a dead debugger left; but where the firmware counts cycles
 * meanwhile, the DWT must not lose its clock. */
static int find_final_demcr(struct core *core, uint32_t *demcr)
{
	uint32_t dwt;
	int err = probe_read_u32(core->board->probe, core->port, DWT_CTRL, &dwt);

	*demcr = core->demcr_before & ~(uint32_t)VC_ALL;
	if (!err && (dwt & DWT_CYCCNTENA))
		*demcr |= TRCENA;
	return err == E_FAULT ? 0 : err;
}

int core_disable_debug(struct core *core, bool leave_halted)
{
	struct batch batch;
	uint32_t demcr = 0;
	int err, last;

	if (!core->debug_enabled)
		return 0;
	err = core_lift_points(core);
	last = find_final_demcr(core, &demcr);
	err = err ? err : last;
	batch_begin(&batch, core);
	if (core->state == CORE_HALTED)
		registers_queue(core, &batch);
	batch_write(&batch, DFSR, DFSR_ALL);
	batch_write(&batch, DEMCR, demcr);
	if (core->state == CORE_HALTED)
		batch_write(&batch, DHCSR, DHCSR_HALT);
	if (!leave_halted || core->state != CORE_HALTED) {
		batch_write(&batch, DHCSR, DHCSR_RUN);
		batch_write(&batch, DHCSR, DHCSR_OFF);
		core_set_state(core, CORE_RUNNING, "debugging ends");
	}
	last = batch_run(&batch);
	registers_forget(core);
	core->debug_enabled = false;
	core->demcr_found = false;
	return err ? err : last;
}

/* The core halted: finds the reason. DFSR is cleared by the next run or step. */
static int note_halt(struct core *core)
{
	uint32_t dfsr;
	int err = probe_read_u32(core->board->probe, core->port, DFSR, &dfsr);

	if (err)
		return err;
	core_set_state(core, CORE_HALTED, "DHCSR");
	registers_forget(core);
	return core_classify_stop(core, dfsr);
}

/* A core in lock-up stops only when it is told to. DDI 0403E B1.5.15. */
static int halt_lockup(struct core *core)
{
	int err = core_halt(core, 100);

	if (!err)
		core->stop = STOP_LOCKUP;
	return err ? err : fault_signal(core, &core->stop_signal);
}

int core_place_points(struct core *core)
{
	struct batch batch;
	int err = points_place_soft(core);

	if (err)
		return err;
	batch_begin(&batch, core);
	units_queue_code(core, &batch);
	units_queue_data(core, &batch);
	err = batch_run(&batch);
	if (err)
		units_forget(core);
	return err;
}

/* The power was off: the running core gets its debug setup and its units again. */
static int restore_debugging(struct core *core)
{
	int err = board_start_debugging(core->board);

	return err ? err : core_place_points(core);
}

int core_poll(struct core *core)
{
	bool was_halted = core->state == CORE_HALTED, was_enabled = core->debug_enabled;
	uint32_t dhcsr;
	int err = probe_read_u32(core->board->probe, core->port, DHCSR, &dhcsr);

	if (err)
		return err;
	core_take_dhcsr(core, dhcsr);
	if (dhcsr & S_HALT)
		return was_halted && !(dhcsr & S_RESET_ST) ? 0 : note_halt(core);
	core_set_state(core, CORE_RUNNING, "DHCSR");
	if (was_enabled && !core->debug_enabled)
		return restore_debugging(core);
	if ((dhcsr & S_LOCKUP) && core->debug_enabled)
		return halt_lockup(core);
	return 0;
}

uint32_t core_catches(const struct core *core)
{
	if (!core->mainline)
		return VC_CORERESET | VC_HARDERR;
	return VC_ALL & ~(core->v8 ? 0 : (uint32_t)VC_SFERR);
}

int core_catch(struct core *core, uint32_t catches)
{
	int err;

	core->demcr = (core->demcr & ~(uint32_t)VC_ALL) | catches;
	if (!core->debug_enabled || core->state != CORE_RUNNING || core->runs_own_code)
		return 0;		/* the next run writes it */
	err = probe_write_u32(core->board->probe, core->port, DEMCR, core->demcr);
	if (!err)
		core->demcr_target = core->demcr;
	return err;
}

/* One request; the reason comes with it when the core halts at once. */
static int request_halt(struct core *core)
{
	struct batch batch;
	size_t dhcsr, dfsr;
	int err;

	batch_begin(&batch, core);
	batch_write(&batch, DHCSR, DHCSR_HALT);
	dhcsr = batch_read(&batch, DHCSR);
	dfsr = batch_read(&batch, DFSR);
	err = batch_run(&batch);
	if (err)
		return err;
	core_take_dhcsr(core, batch_value(&batch, dhcsr));
	if (!(batch_value(&batch, dhcsr) & S_HALT))
		return E_NOT_HALTED;
	core_set_state(core, CORE_HALTED, "asked to");
	registers_forget(core);
	return core_classify_stop(core, batch_value(&batch, dfsr));
}

int core_halt(struct core *core, uint32_t timeout_ms)
{
	struct link *link = probe_link(core->board->probe);
	uint64_t deadline_us = link_now_us(link) + timeout_ms * (uint64_t)1000;
	uint64_t pause_us = POLL_FIRST_US;
	int err;

	if (core->state == CORE_HALTED)
		return 0;
	err = board_start_debugging(core->board);
	if (err)
		return err;
	for (;;) {
		err = request_halt(core);
		if (err != E_NOT_HALTED || link_now_us(link) >= deadline_us)
			return err;
		link_wait_us(link, pause_us);
		pause_us = pause_us * 2 < POLL_MAX_US ? pause_us * 2 : POLL_MAX_US;
	}
}

/* A BKPT of the firmware's own would halt again at once: continue behind it. */
static int skip_own_bkpt(struct core *core, uint32_t *pc)
{
	if (!core_stands_on_bkpt(core, *pc))
		return 0;
	*pc += 2;
	return core_write_register(core, REG_PC, *pc);
}

static int run(struct core *core)
{
	struct batch batch;
	int err = points_place_soft(core);

	if (err)
		return err;
	batch_begin(&batch, core);
	registers_queue(core, &batch);
	if (core->demcr != core->demcr_target)
		batch_write(&batch, DEMCR, core->demcr);
	units_queue_code(core, &batch);
	units_queue_data(core, &batch);
	batch_write(&batch, DFSR, DFSR_ALL);
	batch_write(&batch, DHCSR, DHCSR_HALT);
	batch_write(&batch, DHCSR, DHCSR_RUN);
	err = batch_run(&batch);
	if (err) {
		units_forget(core);
		return err;
	}
	core->demcr_target = core->demcr;
	core->board->written.size = 0;
	core_set_state(core, CORE_RUNNING, "resumed");
	return 0;
}

int core_run_code(struct core *core, const struct core_code *code)
{
	uint32_t demcr = core->demcr | VC_CORERESET | VC_HARDERR |
			 (core->mainline ? VC_INTERR | VC_BUSERR : 0);
	struct batch batch;
	int err = core_lift_points(core);

	if (!err)
		err = registers_set_for_code(core, code);
	if (err)
		return err;
	batch_begin(&batch, core);
	registers_queue(core, &batch);
	batch_write(&batch, DEMCR, demcr);
	batch_write(&batch, DFSR, DFSR_ALL);
	batch_write(&batch, DHCSR, DHCSR_HALT);
	batch_write(&batch, DHCSR, DHCSR_RUN);
	err = batch_run(&batch);
	core->demcr_target = demcr;		/* the next run puts it back */
	core_set_state(core, CORE_RUNNING, "code in RAM");
	core->runs_own_code = true;
	return err;
}

int core_resume(struct core *core, struct why *why)
{
	uint32_t pc;
	int err;

	if (core->state == CORE_RUNNING)
		return 0;
	err = board_start_debugging(core->board);
	if (!err)
		err = core_read_register(core, REG_PC, &pc);
	if (!err)
		err = skip_own_bkpt(core, &pc);
	if (!err && points_breakpoint_at(core, pc)) {
		err = core_step(core, why);
		if (!err && core->stop != STOP_REQUEST)
			return 0;
	}
	if (!err)
		err = run(core);
	if (err && why && !why->text[0])
		return explain(why, err, "the core can't be resumed: %s", error_text(err));
	return err;
}
