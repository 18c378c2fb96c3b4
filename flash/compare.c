/* SPDX-License-Identifier: MIT
 *
 * What stands in flash against what should: before (to leave out what is right already) and after
 * (success is never reported unverified). Sums are computed on the target, so hardly a byte of flash
 * crosses the wire.
 */
#include "flash/job.h"

#include <stdlib.h>
#include <string.h>

#include "flash/checksum.h"
#include "probe/bytes.h"

uint32_t job_wanted_crc(const struct flash_plan *plan, const struct chip_sector *sector)
{
	uint32_t crc = 0xFFFFFFFF;
	uint8_t block[JOB_BLOCK];

	for (uint32_t at = 0; at < sector->size; at += sizeof block) {
		uint32_t n = min_u32(sizeof block, sector->size - at);

		flash_plan_compose(plan, sector->base + at, block, n);
		crc = crc32_gdb(crc, block, n);
	}
	return crc;
}

uint32_t job_blank_crc(const struct job *job, uint32_t size)
{
	uint32_t crc = 0xFFFFFFFF;
	uint8_t block[256];

	memset(block, job->plan->chip->erased, sizeof block);
	for (; size > sizeof block; size -= sizeof block)
		crc = crc32_gdb(crc, block, sizeof block);
	return crc32_gdb(crc, block, size);
}

bool job_in_doubt(const struct job *job, const struct chip_sector *sector)
{
	uint64_t end = (uint64_t)job->board->unfinished.base + job->board->unfinished.size;

	return sector->base < end && sector->base + (sector->size - 1) >= job->board->unfinished.base &&
	       job->board->unfinished.size;
}

/* The first byte of a sector that the plan writes; its base when there is none. */
static uint32_t first_covered(const struct flash_plan *plan, const struct chip_sector *sector)
{
	uint32_t at = sector->base, length;

	if (flash_plan_hole(plan, &at, sector->base + sector->size, &length) &&
	    at == sector->base && length < sector->size)
		return at + length;
	return sector->base;
}

int job_read_words(struct job *job, struct probe_op *ops, size_t count, struct why *why)
{
	struct probe *probe = job->board->probe;
	int err = probe_batch(probe, job->core->port, ops, count);

	for (size_t i = 0; err == E_FAULT && i < count; i++) {
		if (!ops[i].result)
			continue;
		ops[i].result = probe_read_u32(probe, job->core->port, ops[i].address, &ops[i].value);
		if (ops[i].result && ops[i].result != E_FAULT)
			err = ops[i].result;
	}
	return err && err != E_FAULT ? explain(why, err, "reading flash: %s", error_text(err)) : 0;
}

/* Samples are read in two parts: each SAMPLE_STEPth sector first. */
enum { SAMPLE_STEP = 4 };

static size_t sampled_first(const struct job *job)
{
	return (job->sector_count + SAMPLE_STEP - 1) / SAMPLE_STEP;
}

static size_t place_of_sample(const struct job *job, size_t i)
{
	return i % SAMPLE_STEP ? sampled_first(job) + i - i / SAMPLE_STEP - 1 : i / SAMPLE_STEP;
}

static bool is_as_wanted(const struct job *job, const struct probe_op *op)
{
	uint8_t wanted[4];

	flash_plan_compose(job->plan, op->address, wanted, sizeof wanted);
	return !op->result && op->value == get_u32(wanted);
}

/* *same = the first part of the samples is as wanted: the same image again, or nearly, and the rest was not read. */
static int read_samples(struct job *job, struct probe_op *ops, bool *same, struct why *why)
{
	size_t first = sampled_first(job);
	int err;

	for (size_t i = 0; i < job->sector_count; i++)
		ops[place_of_sample(job, i)] = (struct probe_op){
			.kind = PROBE_OP_READ, .address = first_covered(job->plan, &job->sectors[i].sector) / 4 * 4,
		};
	err = job_read_words(job, ops, first, why);
	*same = !err;
	for (size_t i = 0; i < first && *same; i++)
		*same = is_as_wanted(job, &ops[i]);
	return err || *same ? err : job_read_words(job, ops + first, job->sector_count - first, why);
}

/* One word of each sector, at the first byte that the plan writes there, tells most sectors apart
 * without a checksum: *open = the ones that it does not, as indices into job->sectors. */
static int sample(struct job *job, size_t *open, size_t *open_count, struct why *why)
{
	struct probe_op *ops = calloc(job->sector_count, sizeof *ops);
	uint32_t blank = job->plan->chip->erased * 0x01010101u;
	bool same = false;
	int err;

	*open_count = 0;
	if (!ops)
		return explain(why, E_MEMORY, "no memory");
	err = read_samples(job, ops, &same, why);
	for (size_t i = 0; i < job->sector_count && !err; i++) {
		const struct probe_op *op = &ops[place_of_sample(job, i)];

		job->sectors[i].work = WORK_ERASE;
		if (!job_in_doubt(job, &job->sectors[i].sector) &&
		    (same || is_as_wanted(job, op) || (!op->result && op->value == blank)))
			open[(*open_count)++] = i;
	}
	free(ops);
	return err;
}

static enum work work_for(const struct job *job, const struct job_sector *s, uint32_t crc)
{
	if (crc == s->wanted_crc)
		return WORK_NONE;
	return crc == job_blank_crc(job, s->sector.size) ? WORK_PROGRAM : WORK_ERASE;
}

/* Sums of the sectors listed in open, in their order. */
static int sum_sectors(struct job *job, const size_t *open, size_t count,
		       struct checksum_range *ranges, struct why *why)
{
	for (size_t i = 0; i < count; i++) {
		ranges[i].address = job->sectors[open[i]].sector.base;
		ranges[i].length = job->sectors[open[i]].sector.size;
	}
	return checksum_ranges(job->core, ranges, count, !job->options->no_loader, why);
}

static int compare_open(struct job *job, size_t *open, struct checksum_range *ranges,
			struct why *why)
{
	size_t count;
	int err = sample(job, open, &count, why);

	if (!err)
		err = sum_sectors(job, open, count, ranges, why);
	for (size_t i = 0; i < count && !err; i++)
		job->sectors[open[i]].work = work_for(job, &job->sectors[open[i]], ranges[i].crc);
	return err;
}

int job_compare(struct job *job, struct why *why)
{
	size_t *open = calloc(job->sector_count, sizeof *open);
	struct checksum_range *ranges = calloc(job->sector_count, sizeof *ranges);
	int err;

	for (size_t i = 0; i < job->sector_count; i++)
		job->sectors[i].wanted_crc = job_wanted_crc(job->plan, &job->sectors[i].sector);
	err = open && ranges ? compare_open(job, open, ranges, why)
			     : explain(why, E_MEMORY, "no memory for %zu sectors", job->sector_count);
	free(ranges);
	free(open);
	return err;
}

/* The first address of a sector that is not as planned, by reading. */
static uint32_t first_difference(struct job *job, const struct chip_sector *sector, uint8_t *found,
				 uint8_t *wanted)
{
	uint8_t block[JOB_BLOCK], plan[JOB_BLOCK];

	for (uint32_t at = 0; at < sector->size; at += sizeof block) {
		uint32_t n = min_u32(sizeof block, sector->size - at);

		if (probe_read(job->board->probe, job->core->port, sector->base + at, block, n,
			       PROBE_ANY, NULL))
			break;
		flash_plan_compose(job->plan, sector->base + at, plan, n);
		for (uint32_t i = 0; i < n; i++) {
			*found = block[i];
			*wanted = plan[i];
			if (block[i] != plan[i])
				return sector->base + at + i;
		}
	}
	return sector->base;
}

static int judge(struct job *job, struct job_sector *s, uint32_t crc, bool *again, struct why *why)
{
	uint8_t found = 0, wanted = 0;
	uint32_t address;

	if (crc == s->wanted_crc) {
		s->work = WORK_NONE;
		return 0;
	}
	if (s->work == WORK_PROGRAM) {
		s->work = WORK_ERASE;
		*again = true;
		return 0;
	}
	address = first_difference(job, &s->sector, &found, &wanted);
	return explain(why, E_VERIFY, "flash at 0x%08X (sector %u) reads 0x%02X after programming 0x%02X",
		       address, s->sector.number, found, wanted);
}

int job_verify(struct job *job, bool *again, struct why *why)
{
	size_t *open = calloc(job->sector_count, sizeof *open), count = 0;
	struct checksum_range *ranges = calloc(job->sector_count, sizeof *ranges);
	int err = open && ranges ? 0 : explain(why, E_MEMORY, "no memory for a checksum");

	*again = false;
	memory_cache_drop(job->core);		/* what was read to compare is not there any more */
	for (size_t i = 0; i < job->sector_count && !err; i++)
		if (job->sectors[i].work != WORK_NONE)
			open[count++] = i;
	if (!err)
		err = sum_sectors(job, open, count, ranges, why);
	for (size_t i = 0; i < count && !err; i++)
		err = judge(job, &job->sectors[open[i]], ranges[i].crc, again, why);
	free(ranges);
	free(open);
	return err;
}
