/* SPDX-License-Identifier: MIT
 *
 * The part of a job that changes flash: erasing and programming, in the order that hides the transfer,
 * through a loader or through the debug port.
 */
#include "flash/job.h"

#include "flash/direct.h"
#include "flash/loader.h"
#include "probe/bytes.h"

/* What the slowest usual wire (ST-LINK/V2 at 4 MHz) takes; only the order depends on it. */
enum { WIRE_US_PER_KIB = 6500 };

static void tell_progress(const struct job *job)
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

static int program(struct job *job, uint32_t address, const uint8_t *data, uint32_t length,
		   struct why *why)
{
	if (probe_interrupted(job->board->probe))
		return explain(why, E_INTERRUPTED, "interrupted");
	if (job->loader)
		return loader_program(job->loader, address, data, length, why);
	return direct_program(&job->device, address, data, length, why);
}

static bool is_erased(const uint8_t *data, uint32_t length, uint8_t erased)
{
	for (uint32_t i = 0; i < length; i++)
		if (data[i] != erased)
			return false;
	return true;
}

/* Whole rows apart from what stands before and behind them: *length is cut to the first of these. */
static void cut_at_rows(const struct flash_device *device, uint32_t address, uint32_t *length)
{
	uint32_t row = device->row_bytes, before;

	if (!row)
		return;
	before = -address % row;
	if (*length < before + row)
		return;
	if (before)
		*length = min_u32(*length, before);
	else
		*length = *length / row * row;
}

static int program_run(struct job *job, uint32_t address, const uint8_t *data, uint32_t length,
		       struct why *why)
{
	int err = 0;

	while (length && !err) {
		uint32_t n = length;

		cut_at_rows(&job->device, address, &n);
		err = program(job, address, data, n, why);
		address += n;
		data += n;
		length -= n;
	}
	return err;
}

/* Programs what is not erased of a block (a multiple of granules). */
static int program_block(struct job *job, uint32_t address, uint32_t length, struct why *why)
{
	uint8_t block[JOB_BLOCK], erased = job->plan->chip->erased;
	uint32_t granule = job->device.granule_bytes, from = 0, to;
	int err = 0;

	flash_plan_compose(job->plan, address, block, length);
	while (from < length && !err) {
		while (from < length && is_erased(block + from, granule, erased))
			from += granule;
		for (to = from; to < length && !is_erased(block + to, granule, erased); )
			to += granule;
		err = program_run(job, address + from, block + from, to - from, why);
		from = to;
	}
	return err;
}

static int program_sector(struct job *job, const struct job_sector *s, struct why *why)
{
	uint32_t step = job->loader ? loader_block(job->loader) : JOB_BLOCK;
	int err = 0;

	for (uint32_t at = 0; at < s->sector.size && s->covered && !err; at += step) {
		err = program_block(job, s->sector.base + at, min_u32(step, s->sector.size - at), why);
		tell_progress(job);
	}
	if (!job->loader)
		job->done += s->covered;
	return err;
}

static int erase_sector(struct job *job, const struct chip_sector *sector, struct why *why)
{
	const struct flash_controller *controller = job->device.controller;
	const struct flash_operation operation = controller->erase_operation(&job->device, sector);

	if (probe_interrupted(job->board->probe))
		return explain(why, E_INTERRUPTED, "interrupted");
	job->report->erased_sectors++;
	return erase(job, &operation, controller->erase_time(&job->device, sector->size), why);
}

/* The next sector with that work at or after *at, or NULL. */
static const struct job_sector *find_work(const struct job *job, size_t *at, enum work work)
{
	while (*at < job->sector_count && job->sectors[*at].work != work)
		++*at;
	return *at < job->sector_count ? &job->sectors[*at] : NULL;
}

/* How much longer a sector keeps the flash busy than the wire; negative when the wire is slower. */
static int64_t slack_us(const struct job *job, const struct job_sector *s)
{
	const struct flash_controller *controller = job->device.controller;
	int64_t us = controller->program_time(&job->device, s->covered).typical_us;

	if (s->work == WORK_ERASE)
		us += controller->erase_time(&job->device, s->sector.size).typical_us;
	return us - (int64_t)s->covered * WIRE_US_PER_KIB / 1024;
}

/* Sector by sector: while one is erased, the data of the next ones travels (R22). Blank ones come
 * whenever there is a lead of board time that their data can hide behind. */
static int write_sectors(struct job *job, struct why *why)
{
	size_t erase_at = 0, blank_at = 0;
	int64_t lead_us = 0;
	int err = 0;

	while (!err) {
		const struct job_sector *s = find_work(job, &erase_at, WORK_ERASE);
		const struct job_sector *blank = find_work(job, &blank_at, WORK_PROGRAM);

		if (!s && !blank)
			break;
		if (blank && (!s || lead_us > 0))
			s = blank;
		if (s->work == WORK_ERASE)
			err = erase_sector(job, &s->sector, why);
		if (!err)
			err = program_sector(job, s, why);
		lead_us += slack_us(job, s);
		*(s == blank ? &blank_at : &erase_at) += 1;
	}
	return err;
}

/* One erase of everything, where that is allowed (R23) and quicker. With data to program it is not:
 * the transfer would have nothing to hide behind. */
static bool mass_erase_pays(const struct job *job)
{
	const struct flash_controller *controller = job->device.controller;
	uint64_t sectors_us = 0, all_us;

	if (job->sector_count != job->plan->sector_count || job->plan->written)
		return false;
	for (size_t i = 0; i < job->sector_count; i++)
		if (job->sectors[i].work == WORK_ERASE)
			sectors_us += controller->erase_time(&job->device,
							     job->sectors[i].sector.size).typical_us;
	if (!controller->bank_erase_operation)
		return false;
	all_us = controller->bank_erase_time(&job->device, FLASH_ALL_BANKS).typical_us;
	return all_us && all_us < sectors_us;
}

static int mass_erase(struct job *job, struct why *why)
{
	const struct flash_controller *controller = job->device.controller;
	const struct flash_operation operation =
		controller->bank_erase_operation(&job->device, FLASH_ALL_BANKS);

	job->report->erased_sectors = (uint32_t)job->sector_count;
	return erase(job, &operation, controller->bank_erase_time(&job->device, FLASH_ALL_BANKS), why);
}

int job_execute(struct job *job, struct why *why)
{
	int err = 0;

	job->report->used_loader = !job->options->no_loader && loader_possible(&job->device);
	if (job->report->used_loader)
		err = loader_open(&job->loader, &job->device, why);
	if (!err)
		err = mass_erase_pays(job) ? mass_erase(job, why) : write_sectors(job, why);
	for (bool empty = !job->loader; !err && !empty; tell_progress(job))
		err = loader_drain(job->loader, &empty, why);
	return err;
}
