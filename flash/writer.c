/* SPDX-License-Identifier: MIT
 *
 * Carrying out a plan: reset to a known state, compare, erase and program, verify, reset again. The
 * controller is locked and the core halted however it ends.
 */
#include "flash/job.h"

#include <stdlib.h>
#include <string.h>

#include "flash/loader.h"
#include "probe/bytes.h"
#include "probe/link.h"
#include "probe/log.h"
#include "targets/clock.h"
#include "targets/remap.h"

static uint64_t now_us(const struct job *job)
{
	return link_now_us(probe_link(job->board->probe));
}

/* ---- before ---- */

/* Old firmware must not run, and peripherals must not write RAM under a loader. */
static int reset_halted(struct job *job, struct why *why)
{
	struct why reason = { "" };
	int err = board_reset(job->board, RESET_AUTO, true, &reason);

	core_take_reset(job->core);	/* it was asked for: nobody has to be told */
	memory_cache_drop(job->core);
	return err ? explain(why, err, "the chip could not be reset and halted: %s", reason.text) : 0;
}

/* A reset has to follow, to take it back; a windowed watchdog that counts already would bite earlier. */
static void speed_up(struct job *job)
{
	if (job->options->reset_after && !routine_window_watchdog(job->plan->chip, 0))
		clock_raise(job->core);
}

/* Without a reset at the end the core is left as it stands now. */
static int keep_core(struct job *job, struct why *why)
{
	int err = routine_save(job->core, &job->context_before);

	return err ? explain(why, err, "reading the core's registers: %s", error_text(err)) : 0;
}

static int put_core_back(struct job *job, struct why *why)
{
	int err = routine_restore(job->core, &job->context_before);

	return err ? explain(why, err, "putting back the core's registers: %s", error_text(err)) : 0;
}

/* What a client wrote into RAM before this job (sections of the same file that live there) is put
 * back after it, where it lies in the loader's way. */
static int keep_ram(struct job *job, struct why *why)
{
	uint32_t base = 0, size = 0, from, to;
	int err;

	if (!job->board->written.size || !routine_area(job->plan->chip, &base, &size))
		return 0;
	if (!(job->board->written.base & CHIP_SECURE_BIT))
		base &= ~(uint32_t)CHIP_SECURE_BIT;
	from = max_u32(base, job->board->written.base);
	to = min_u32(base + (size - 1), job->board->written.base + (job->board->written.size - 1));
	if (from > to)
		return 0;
	job->kept = malloc(to - from + 1);
	if (!job->kept)
		return explain(why, E_MEMORY, "no memory for %u bytes", to - from + 1);
	job->kept_base = from;
	job->kept_size = to - from + 1;
	err = probe_read(job->board->probe, job->core->port, from, job->kept, job->kept_size,
			 PROBE_ANY, NULL);
	return err ? explain(why, err, "reading RAM at 0x%08X: %s", from, error_text(err)) : 0;
}

static int put_ram_back(struct job *job, struct why *why)
{
	int err = 0;

	if (job->kept)
		err = probe_write(job->board->probe, job->core->port, job->kept_base, job->kept,
				  job->kept_size, PROBE_ANY, NULL);
	return err ? explain(why, err, "putting back RAM at 0x%08X: %s", job->kept_base,
			     error_text(err)) : 0;
}

static int list_sectors(struct job *job, struct why *why)
{
	struct flash_plan *plan = job->plan;

	job->sectors = calloc(plan->sector_count + 1, sizeof *job->sectors);
	if (!job->sectors)
		return explain(why, E_MEMORY, "no memory for %zu sectors", plan->sector_count);
	for (size_t i = 0; i < plan->sector_count; i++) {
		struct job_sector *s = &job->sectors[job->sector_count];

		if (!plan->sectors[i] || !chip_sector_number(plan->chip, (unsigned)i, &s->sector))
			continue;
		s->covered = flash_plan_covered(plan, s->sector.base, s->sector.size);
		job->sector_count++;
	}
	return 0;
}

static int check_protection(struct job *job, struct why *why)
{
	struct chip_sector *sectors = calloc(job->sector_count + 1, sizeof *sectors);
	int err;

	if (!sectors)
		return explain(why, E_MEMORY, "no memory for %zu sectors", job->sector_count);
	for (size_t i = 0; i < job->sector_count; i++)
		sectors[i] = job->sectors[i].sector;
	err = job->device.controller->check(&job->device, sectors, job->sector_count, why);
	free(sectors);
	return err;
}

/* Makes the bytes of one hole part of the plan, as they stand in flash. */
static int keep_hole(struct job *job, uint32_t address, uint32_t length, struct why *why)
{
	uint8_t block[JOB_BLOCK];

	while (length) {
		uint32_t n = min_u32(length, sizeof block);
		int err = probe_read(job->board->probe, job->core->port, address, block, n, PROBE_ANY,
				     NULL);

		if (err)
			return explain(why, err, "reading flash at 0x%08X to preserve it: %s", address,
				       error_text(err));
		err = flash_plan_write(job->plan, address, block, n, why);
		if (err)
			return err;
		address += n;
		length -= n;
	}
	return 0;
}

static int preserve(struct job *job, struct why *why)
{
	int err = 0;

	for (size_t i = 0; i < job->sector_count && !err; i++) {
		const struct chip_sector *sector = &job->sectors[i].sector;
		uint32_t at = sector->base, length;

		while (!err && job->sectors[i].covered &&
		       flash_plan_hole(job->plan, &at, sector->base + sector->size, &length))
			err = keep_hole(job, at, length, why);
	}
	return err;
}

/* A supply that fell since the plan was made would program wrongly. */
static int check_supply(struct job *job, struct why *why)
{
	struct flash_device now;
	int err = flash_device_open(&now, job->core, job->options->supply_mv, why);

	if (err)
		return err;
	if (now.parallel_bits < job->device.parallel_bits && !now.supply_mv)
		return explain(why, E_POWER, "the target has lost its power (%u mV before); nothing was "
			       "changed", job->device.supply_mv);
	if (now.parallel_bits < job->device.parallel_bits)
		return explain(why, E_POWER, "the supply fell from %u to %u mV: too low for "
			       "programming %u bits at once; nothing was changed",
			       job->device.supply_mv, now.supply_mv, job->device.parallel_bits);
	return 0;
}

static int prepare(struct job *job, struct why *why)
{
	int err = flash_device_open(&job->device, job->core, job->options->supply_mv, why);

	if (!err)
		err = reset_halted(job, why);
	if (!err)
		err = secure_pages_begin(&job->secure_pages, job->core, why);
	if (!err && !job->options->reset_after)
		err = keep_core(job, why);
	if (!err)
		err = remap_read(job->core, why);
	if (!err)
		speed_up(job);
	if (!err)
		err = keep_ram(job, why);
	if (!err)
		err = list_sectors(job, why);
	if (!err)
		err = check_protection(job, why);
	if (!err)
		err = routine_relax_watchdog(job->core, why);
	if (!err && job->options->preserve)
		err = preserve(job, why);
	if (!err && job->device.parallel_bits && !job->device.supply_mv)
		log_line(LOG_INFO, "Supply voltage unknown: flash is programmed 8 bits at a time, which "
			 "is always right but slow. `monitor flash voltage 3300` tells it.");
	return err;
}

/* ---- the deed ---- */

/* Ends all access to the controller, whatever happened; the first error counts. */
static int finish_writing(struct job *job, int err, struct why *why)
{
	struct why reason = { "" };
	int locked, stopped = 0;

	probe_critical_begin(job->board->probe);
	if (job->loader)
		stopped = loader_stop(job->loader);
	locked = job->device.controller->lock(&job->device, &reason);
	probe_critical_end(job->board->probe);
	if (job->loader)
		job->done += loader_done(job->loader);
	loader_free(job->loader);
	job->loader = NULL;
	if (!err && stopped)
		return explain(why, stopped, "halting the loader: %s", error_text(stopped));
	if (!err && locked)
		return explain(why, locked, "%s", reason.text);
	return err;
}

static bool has_work(const struct job *job)
{
	for (size_t i = 0; i < job->sector_count; i++)
		if (job->sectors[i].work != WORK_NONE)
			return true;
	return false;
}

/* Remembers which part of flash is not to be trusted until this job is through. */
static void mark_unfinished(struct job *job)
{
	uint32_t base = UINT32_MAX, last = 0;

	for (size_t i = 0; i < job->sector_count; i++) {
		const struct job_sector *s = &job->sectors[i];

		if (s->work == WORK_NONE)
			continue;
		base = min_u32(base, s->sector.base);
		last = max_u32(last, s->sector.base + (s->sector.size - 1));
	}
	for (size_t i = 0; i < job->plan->chip->bank_count; i++) {
		const struct chip_bank *bank = &job->plan->chip->banks[i];

		if (!job->device.whole[i])
			continue;
		base = min_u32(base, bank->base);
		last = max_u32(last, bank->base + (bank->size - 1));
	}
	if (job->board->unfinished.size) {
		base = min_u32(base, job->board->unfinished.base);
		last = max_u32(last, job->board->unfinished.base + (job->board->unfinished.size - 1));
	}
	job->board->unfinished.base = base;
	job->board->unfinished.size = last - base + 1;
}

static int act(struct job *job, struct why *why)
{
	uint64_t start_us = now_us(job);
	int err = check_supply(job, why);

	if (!err)
		err = job_choose_banks(job, why);
	if (err)
		return err;
	err = job->device.controller->unlock(&job->device, why);
	if (!err) {
		job->acted = true;
		mark_unfinished(job);
		err = job_execute(job, why);
	}
	err = finish_writing(job, err, why);
	job->report->write_us += now_us(job) - start_us;
	return err;
}

/* ---- the whole ---- */

static int verify(struct job *job, bool *again, struct why *why)
{
	uint64_t start_us = now_us(job);
	int err = job->options->verify ? job_verify(job, again, why) : 0;

	job->report->verify_us += now_us(job) - start_us;
	return err;
}

/* Twice at most: the second time for sectors that only looked blank. */
static int act_and_verify(struct job *job, struct why *why)
{
	bool again = true;
	int err = 0;

	while (!err && again && has_work(job)) {
		again = false;
		err = act(job, why);
		if (!err)
			err = verify(job, &again, why);
	}
	return err;
}

static int compare(struct job *job, struct why *why)
{
	uint64_t start_us = now_us(job);
	int err = job->sector_count ? job_compare(job, why) : 0;

	for (size_t i = 0; i < job->sector_count && !err; i++) {
		job->total += job->sectors[i].covered;
		if (job->sectors[i].work != WORK_NONE)
			continue;
		job->done += job->sectors[i].covered;
		job->report->skipped_bytes += job->sectors[i].covered;
		job->report->skipped_sectors++;
	}
	job->report->compare_us = now_us(job) - start_us;
	return err;
}

/* After success: what an earlier job left behind stays in doubt, unless this plan took in all of it. */
static void settle_unfinished(struct job *job)
{
	uint64_t at = job->doubt_base, end = at + job->doubt_size;
	struct chip_sector sector;

	for (; at < end; at = (uint64_t)sector.base + sector.size)
		if (!chip_sector_at(job->plan->chip, (uint32_t)at, &sector) ||
		    !job->plan->sectors[sector.index])
			break;
	job->board->unfinished.base = job->doubt_base;
	job->board->unfinished.size = at < end ? job->doubt_size : 0;
}

/* The core ends halted at its reset vector, nothing that was read before is believed. After an
 * error that is tried, and the words of the error stay. */
static int leave(struct job *job, int err, struct why *why)
{
	struct why reason = { "" };
	int left;

	probe_critical_begin(job->board->probe);
	secure_pages_end(&job->secure_pages, job->core);
	left = err || job->options->reset_after ? reset_halted(job, &reason)
						: put_core_back(job, &reason);
	if (!left && !err)
		left = put_ram_back(job, &reason);
	memory_cache_drop(job->core);
	probe_critical_end(job->board->probe);
	if (job->acted && job->board->listener.flash_changed)
		job->board->listener.flash_changed(job->board->listener.context);
	if (!err)
		settle_unfinished(job);
	else if (job->board->unfinished.size)
		explain_more(why, "; flash from 0x%08X to 0x%08X is unfinished",
			     job->board->unfinished.base,
			     job->board->unfinished.base + (job->board->unfinished.size - 1));
	return err ? err : left ? explain(why, left, "%s", reason.text) : 0;
}

static void fill_report(struct job *job, uint64_t start_us, uint64_t start_exchanges)
{
	job->report->bytes = job->total;
	job->report->verified = job->options->verify;
	job->report->supply_mv = job->device.supply_mv;
	job->report->parallel_bits = job->device.parallel_bits;
	job->report->total_us = now_us(job) - start_us;
	job->report->exchanges = probe_link(job->board->probe)->exchanges - start_exchanges;
}

int flash_commit(struct flash_plan *plan, const struct flash_options *options,
		 struct flash_report *report,
		 void (*progress)(void *context, uint32_t done, uint32_t total), void *context,
		 struct why *why)
{
	struct flash_report unused;
	struct job job = {
		.plan = plan, .options = options, .report = report ? report : &unused,
		.core = plan->core, .board = plan->core->board,
		.doubt_base = plan->core->board->unfinished.base,
		.doubt_size = plan->core->board->unfinished.size,
		.progress = progress, .context = context,
	};
	uint64_t start_us = now_us(&job);
	uint64_t start_exchanges = probe_link(job.board->probe)->exchanges;
	int err;

	memset(job.report, 0, sizeof *job.report);
	err = prepare(&job, why);
	if (!err)
		err = compare(&job, why);
	if (!err && plan->eeprom)	/* first: should it fail, flash is as it was */
		err = job.device.controller->program_data ? job_write_edata(&job, why)
							  : job_write_eeprom(&job, why);
	if (!err)
		err = act_and_verify(&job, why);
	err = leave(&job, err, why);
	fill_report(&job, start_us, start_exchanges);
	free(job.sectors);
	free(job.kept);
	return err;
}

int flash_erase_all(struct core *core, const struct flash_options *options,
		    struct flash_report *report, struct why *why)
{
	const struct chip *chip = &core->board->chip;
	struct flash_plan *plan;
	int err = flash_plan_new(&plan, core);

	if (err)
		return explain(why, err, "no memory");
	for (size_t i = 0; i < chip->bank_count && !err; i++)
		err = flash_plan_erase(plan, chip->banks[i].base, chip->banks[i].size, why);
	if (!err)
		err = flash_commit(plan, options, report, NULL, NULL, why);
	flash_plan_free(plan);
	return err;
}
