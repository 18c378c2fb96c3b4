/* SPDX-License-Identifier: MIT
 *
 * Single steps. One step is one batch: write back, step, and read DHCSR, DFSR and PC behind it, since
 * the core needs less time than the next access does. Step sequence: DDI 0403E C1.6.2.
 */
#include "targets/core_private.h"

#include "probe/log.h"
#include "targets/board.h"
#include "targets/cortexm.h"

/* Longer than any instruction but WFI and WFE, which are ended by a halt request. */
enum { STEP_MS = 200, STEP_POLL_US = 1000 };

struct step {
	struct batch batch;
	size_t dhcsr, dfsr, pc_index;
	uint32_t dfsr_value, pc;
};

static void queue_step(struct core *core, struct step *step, uint32_t pc)
{
	struct batch *batch = &step->batch;

	batch_begin(batch, core);
	registers_queue(core, batch);
	units_queue_step_off(core, batch, pc);
	units_queue_data(core, batch);
	if (core->demcr != core->demcr_target)
		batch_write(batch, DEMCR, core->demcr);
	batch_write(batch, DFSR, DFSR_ALL);
	batch_write(batch, DHCSR, core->step_masks_interrupts ? DHCSR_HALT_MASKED : DHCSR_HALT);
	batch_write(batch, DHCSR, core->step_masks_interrupts ? DHCSR_STEP_MASKED : DHCSR_STEP);
	step->dhcsr = batch_read(batch, DHCSR);
	step->dfsr = batch_read(batch, DFSR);
	step->pc_index = registers_queue_pc(batch);
}

/* The instruction sleeps, or the clock is very slow: waits, then halts. */
static int wait_for_halt(struct core *core)
{
	struct probe *probe = core->board->probe;
	struct link *link = probe_link(probe);
	uint64_t deadline_us = link_now_us(link) + STEP_MS * 1000;

	while (link_now_us(link) < deadline_us && !probe_interrupted(probe)) {
		uint32_t dhcsr;
		int err = probe_read_u32(probe, core->port, DHCSR, &dhcsr);

		if (err)
			return err;
		core_take_dhcsr(core, dhcsr);
		if (dhcsr & S_HALT)
			return 0;
		link_wait_us(link, STEP_POLL_US);
	}
	return probe_write_u32(probe, core->port, DHCSR,
			       core->step_masks_interrupts ? DHCSR_HALT_MASKED : DHCSR_HALT);
}

/* Reads again what the batch read too early. */
static int finish_late(struct core *core, struct step *step)
{
	int err = wait_for_halt(core);
	struct batch *batch = &step->batch;

	if (err)
		return err;
	batch_begin(batch, core);
	step->dhcsr = batch_read(batch, DHCSR);
	step->dfsr = batch_read(batch, DFSR);
	step->pc_index = registers_queue_pc(batch);
	err = batch_run(batch);
	if (!err && !(batch_value(batch, step->dhcsr) & S_HALT))
		err = E_NOT_HALTED;
	return err;
}

/* One instruction from pc; afterwards only PC is known. */
static int step_once(struct core *core, struct step *step, uint32_t pc)
{
	int err;

	queue_step(core, step, pc);
	err = batch_run(&step->batch);
	if (err) {
		units_forget(core);
		return err;
	}
	core->demcr_target = core->demcr;
	registers_forget(core);
	memory_cache_drop(core);
	core_take_dhcsr(core, batch_value(&step->batch, step->dhcsr));
	if (!(batch_value(&step->batch, step->dhcsr) & S_HALT)) {
		err = finish_late(core, step);
		if (err) {
			core_set_state(core, CORE_UNKNOWN, "a step did not end");
			return err;
		}
	}
	step->dfsr_value = batch_value(&step->batch, step->dfsr);
	step->pc = batch_value(&step->batch, step->pc_index);
	registers_take_pc(core, step->pc);
	return 0;
}

/* A BKPT of ours at pc would be executed instead of the instruction it hides. */
static int prepare(struct core *core, uint32_t *pc)
{
	int err = core_read_register(core, REG_PC, pc);

	if (!err)
		err = points_lift_soft(core, *pc, 2);
	return err;
}

/* Stepping over a BKPT is moving PC. */
static int step_over_bkpt(struct core *core, uint32_t pc)
{
	int err = core_write_register(core, REG_PC, pc + 2);

	core->stop = STOP_REQUEST;
	core->stop_at_own_bkpt = false;
	core->stop_pc = pc + 2;
	return err;
}

static int give_up(struct why *why, int err)
{
	return explain(why, err, "the step did not end: %s", error_text(err));
}

int core_step(struct core *core, struct why *why)
{
	struct step step;
	uint32_t pc;
	int err;

	if (core->state != CORE_HALTED)
		return explain(why, E_NOT_HALTED, "the core is not halted");
	err = board_start_debugging(core->board);
	if (!err)
		err = prepare(core, &pc);
	if (!err && core_stands_on_bkpt(core, pc))
		return step_over_bkpt(core, pc);
	if (!err)
		err = step_once(core, &step, pc);
	if (!err)
		err = core_classify_stop(core, step.dfsr_value);
	return err ? give_up(why, err) : 0;
}

/* Where a step lands on a breakpoint inside the range, it counts as hit. */
static bool hits_breakpoint(struct core *core, uint32_t pc)
{
	const struct core_breakpoint *point = points_breakpoint_at(core, pc);

	if (!point)
		return false;
	core->stop = point->hardware ? STOP_BREAKPOINT_HW : STOP_BREAKPOINT_SW;
	return true;
}

int core_step_range(struct core *core, uint32_t start, uint32_t end, unsigned max_steps,
		    struct why *why)
{
	struct step step;
	uint32_t pc;
	int err = core_step(core, why);

	for (unsigned i = 1; !err && i < max_steps; i++) {
		if (core->stop != STOP_REQUEST || probe_interrupted(core->board->probe))
			return 0;
		pc = core->stop_pc;
		if (pc - start >= end - start || hits_breakpoint(core, pc))
			return 0;
		err = prepare(core, &pc);
		if (!err)
			err = step_once(core, &step, pc);
		if (!err)
			err = core_classify_stop(core, step.dfsr_value);
		if (err)
			return give_up(why, err);
	}
	return err;
}
