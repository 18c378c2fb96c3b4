/* SPDX-License-Identifier: MIT
 *
 * The part of a job that changes flash: erasing and programming, in the order that hides the transfer,
 * through a loader or through the debug port.
 */
#include "flash/job.h"

#include "flash/direct.h"
#include "flash/loader.h"
#include "flash/pieces.h"
#include "flash/together.h"
#include "probe/bytes.h"

enum { V2_US_PER_KIB = 6500, V3_US_PER_KIB = 1400, V3_FAST_KHZ = 24000 };

uint64_t job_wire_us(const struct job *job, uint32_t bytes)
{
	const struct probe *probe = job->board->probe;
	bool v3 = probe_version(probe)->major >= 3 && probe_speed_khz(probe) >= V3_FAST_KHZ;

	return (uint64_t)bytes * (v3 ? V3_US_PER_KIB : V2_US_PER_KIB) / 1024;
}

void job_tell_progress(const struct job *job)
{
	uint32_t heard = job->loader ? loader_done(job->loader) : 0;

	if (job->progress)
		job->progress(job->context, min_u32(job->done + heard, job->total), job->total);
}

static int erase(struct job *job, const struct flash_operation *operation,
		 struct flash_duration duration, struct why *why)
{
	return job->loader ? loader_erase(job->loader, operation, duration, why)
			   : direct_erase(&job->device, operation, duration, why);
}

static int program(struct job *job, const struct flash_piece *piece, struct why *why)
{
	if (probe_interrupted(job->board->probe))
		return explain(why, E_INTERRUPTED, "interrupted");
	if (job->loader)
		return loader_program(job->loader, piece, why);
	return direct_program(&job->device, piece, why);
}

static int program_sector(struct job *job, const struct job_sector *s, struct why *why)
{
	struct flash_piece piece;
	struct pieces pieces;
	int err = 0;

	pieces_begin(&pieces, job, s, job->loader ? loader_block(job->loader) : JOB_BLOCK);
	while (!err && pieces_next(&pieces, &piece)) {
		err = program(job, &piece, why);
		job_tell_progress(job);
	}
	if (!job->loader)
		job->done += s->covered;
	return err;
}

/* ---- one flash, one operation at a time ---- */

static int erase_sector(struct job *job, const struct chip_sector *sector, struct why *why)
{
	const struct flash_controller *controller = job->device.controller;
	const struct flash_operation operation = controller->erase_operation(&job->device, sector);

	if (probe_interrupted(job->board->probe))
		return explain(why, E_INTERRUPTED, "interrupted");
	job->report->erased_sectors++;
	return erase(job, &operation, controller->erase_time(&job->device, sector->size), why);
}

enum work job_work_left(const struct job *job, const struct job_sector *s)
{
	return s->work == WORK_ERASE && job->device.whole[s->sector.bank] ? WORK_PROGRAM : s->work;
}

/* The next sector with that work at or after *at, or NULL. */
static const struct job_sector *find_work(const struct job *job, size_t *at, enum work work)
{
	while (*at < job->sector_count && job_work_left(job, &job->sectors[*at]) != work)
		++*at;
	return *at < job->sector_count ? &job->sectors[*at] : NULL;
}

/* How much longer a sector keeps the flash busy than the wire; negative when the wire is slower. */
static int64_t slack_us(const struct job *job, const struct job_sector *s, enum work work)
{
	const struct flash_controller *controller = job->device.controller;
	int64_t us = controller->program_time(&job->device, s->sector.base, s->covered).typical_us;

	if (work == WORK_ERASE)
		us += controller->erase_time(&job->device, s->sector.size).typical_us;
	return us - (int64_t)job_wire_us(job, s->covered);
}

/* Sector by sector: while one is erased, the data of the next ones travels. Blank ones come
 * whenever there is a lead of board time that their data can hide behind. */
static int write_sectors(struct job *job, struct why *why)
{
	size_t erase_at = 0, blank_at = 0;
	int64_t lead_us = 0;
	int err = 0;

	while (!err) {
		const struct job_sector *s = find_work(job, &erase_at, WORK_ERASE);
		const struct job_sector *blank = find_work(job, &blank_at, WORK_PROGRAM);
		bool take_blank = blank && (!s || lead_us > 0);

		if (!s && !blank)
			break;
		if (take_blank)
			s = blank;
		else
			err = erase_sector(job, &s->sector, why);
		if (!err)
			err = program_sector(job, s, why);
		lead_us += slack_us(job, s, take_blank ? WORK_PROGRAM : WORK_ERASE);
		*(take_blank ? &blank_at : &erase_at) += 1;
	}
	return err;
}

/* ---- whole banks ---- */

static int erase_bank(struct job *job, unsigned which, struct why *why)
{
	const struct flash_controller *controller = job->device.controller;
	const struct flash_operation operation =
		controller->bank_erase_operation(&job->device, which);

	return erase(job, &operation, controller->bank_erase_time(&job->device, which), why);
}

static bool has_whole_banks(const struct job *job)
{
	for (unsigned i = 0; i < CHIP_BANKS; i++)
		if (job->device.whole[i])
			return true;
	return false;
}

static int erase_whole_banks(struct job *job, struct why *why)
{
	int err = 0;

	for (size_t i = 0; i < job->sector_count; i++)
		if (job->sectors[i].work == WORK_ERASE && job->device.whole[job->sectors[i].sector.bank])
			job->report->erased_sectors++;
	if (!has_whole_banks(job))
		return 0;
	if (job->at_once)
		return erase_bank(job, FLASH_ALL_BANKS, why);
	if (job->loader && job->device.banks_apart)
		return together_erase_banks(job, why);
	for (unsigned i = 0; i < job->plan->chip->bank_count && !err; i++)
		if (job->device.whole[i])
			err = erase_bank(job, i, why);
	return err;
}

int job_execute(struct job *job, struct why *why)
{
	bool apart = job->device.banks_apart && job->plan->chip->bank_count > 1;
	int err = 0;

	job->report->used_loader = !job->options->no_loader && loader_possible(&job->device);
	if (job->report->used_loader)
		err = loader_open(&job->loader, &job->device, why);
	if (!err)
		err = erase_whole_banks(job, why);
	if (!err)
		err = job->loader && apart ? together_write(job, why) : write_sectors(job, why);
	for (bool empty = !job->loader; !err && !empty; job_tell_progress(job))
		err = loader_drain(job->loader, &empty, why);
	return err;
}
