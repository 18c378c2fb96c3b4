/* SPDX-License-Identifier: MIT
 *
 * The part of a job that changes flash: erasing and programming, in the order that hides the transfer,
 * through a loader or through the debug port.
 */
#include "flash/job.h"

#include "flash/direct.h"
#include "flash/loader.h"
#include "probe/bytes.h"

enum { V2_US_PER_KIB = 6500, V3_US_PER_KIB = 1400, V3_FAST_KHZ = 24000 };

uint64_t job_wire_us(const struct job *job, uint32_t bytes)
{
	const struct probe *probe = job->board->probe;
	bool v3 = probe_version(probe)->major >= 3 && probe_speed_khz(probe) >= V3_FAST_KHZ;

	return (uint64_t)bytes * (v3 ? V3_US_PER_KIB : V2_US_PER_KIB) / 1024;
}

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
	uint32_t row = flash_row_bytes(device, address), before;

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

/* Work that is left once the whole banks are erased. */
static enum work work_left(const struct job *job, const struct job_sector *s)
{
	return s->work == WORK_ERASE && job->device.whole[s->sector.bank] ? WORK_PROGRAM : s->work;
}

/* The next sector with that work at or after *at, or NULL. */
static const struct job_sector *find_work(const struct job *job, size_t *at, enum work work)
{
	while (*at < job->sector_count && work_left(job, &job->sectors[*at]) != work)
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

/* ---- banks that work at the same time ---- */

/* One bank's way through its sectors: the erase of the next one runs while the other bank has its turn. */
struct lane {
	size_t at;
	bool erasing;
	struct flash_operation operation;
	uint32_t hidden_us;		/* of that erase, behind what was put since */
};

static struct job_sector *next_of_bank(const struct job *job, struct lane *lane, unsigned bank)
{
	for (; lane->at < job->sector_count; lane->at++) {
		struct job_sector *s = &job->sectors[lane->at];

		if (s->sector.bank == bank && s->work != WORK_NONE)
			return s;
	}
	return NULL;
}

/* Begins the erase of a bank's next sector, if that needs one. */
static int begin_next(struct job *job, struct lane *lane, unsigned bank, struct why *why)
{
	const struct job_sector *s = next_of_bank(job, lane, bank);

	if (!s || work_left(job, s) != WORK_ERASE)
		return 0;
	lane->operation = job->device.controller->erase_operation(&job->device, &s->sector);
	lane->erasing = true;
	lane->hidden_us = 0;
	job->report->erased_sectors++;
	return loader_erase_start(job->loader, &lane->operation, why);
}

static int end_erase(struct job *job, struct lane *lane, uint32_t size, struct why *why)
{
	struct flash_duration left = job->device.controller->erase_time(&job->device, size);

	left.typical_us -= min_u32(left.typical_us, lane->hidden_us);
	lane->erasing = false;
	return loader_erase_wait(job->loader, &lane->operation, left, why);
}

/* A turn: the sector whose erase was begun a turn ago is programmed, and the next erase begins. */
static int take_turn(struct job *job, struct lane lanes[], unsigned bank, struct why *why)
{
	struct lane *lane = &lanes[bank];
	const struct job_sector *s = next_of_bank(job, lane, bank);
	int err = 0;

	if (!s)
		return 0;
	if (lane->erasing)
		err = end_erase(job, lane, s->sector.size, why);
	if (!err)
		err = program_sector(job, s, why);
	for (unsigned other = 0; other < CHIP_BANKS; other++)
		lanes[other].hidden_us +=
			job->device.controller->program_time(&job->device, s->sector.base, s->covered).typical_us;
	lane->at++;
	return err ? err : begin_next(job, lane, bank, why);
}

static int write_banks_together(struct job *job, struct why *why)
{
	unsigned count = (unsigned)job->plan->chip->bank_count;
	struct lane lanes[CHIP_BANKS] = { { .at = 0 } };
	bool left = true;
	int err = 0;

	for (unsigned bank = 0; bank < count && !err; bank++)
		err = begin_next(job, &lanes[bank], bank, why);
	while (left && !err) {
		left = false;
		for (unsigned bank = 0; bank < count && !err; bank++) {
			err = take_turn(job, lanes, bank, why);
			left = left || next_of_bank(job, &lanes[bank], bank);
		}
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

/* All that are to be erased, at the same time. */
static int erase_banks_together(struct job *job, struct why *why)
{
	const struct flash_controller *controller = job->device.controller;
	struct flash_operation operations[CHIP_BANKS];
	size_t count = job->plan->chip->bank_count;
	int err = 0;

	for (unsigned i = 0; i < count && !err; i++) {
		operations[i] = controller->bank_erase_operation(&job->device, i);
		if (job->device.whole[i])
			err = loader_erase_start(job->loader, &operations[i], why);
	}
	for (unsigned i = 0; i < count && !err; i++)
		if (job->device.whole[i])
			err = loader_erase_wait(job->loader, &operations[i],
						controller->bank_erase_time(&job->device, i), why);
	return err;
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
		return erase_banks_together(job, why);
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
		err = job->loader && apart ? write_banks_together(job, why) : write_sectors(job, why);
	for (bool empty = !job->loader; !err && !empty; tell_progress(job))
		err = loader_drain(job->loader, &empty, why);
	return err;
}
