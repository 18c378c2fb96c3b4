/* SPDX-License-Identifier: MIT
 *
 * Decides which banks are erased as a whole instead of sector by sector: where that is allowed (every
 * sector of the bank is in the plan or proven blank, none is protected, all of it is ours) and quicker, with
 * what has to be programmed again and what the transfer can't hide behind counted in.
 */
#include "flash/job.h"

#include <stdlib.h>
#include <string.h>

#include "flash/checksum.h"
#include "probe/bytes.h"
#include "targets/clock.h"

/* A checksum of the rest of a bank: core cycles for each byte. */
enum { PROOF_CYCLES = 7 };

/* A look at the start of so many sectors finds most that are not blank, before a checksum is made. */
enum { SAMPLES = 16 };

/* What a set of banks needs: which is a bank's number, or FLASH_ALL_BANKS. */
struct need {
	uint64_t erase_us;		/* sector by sector */
	uint32_t bytes, again;		/* to be programmed anyway, and because they would be lost */
	uint32_t unplanned;		/* bytes that are in no plan: to be proven blank */
};

static bool is_within(const struct chip_sector *sector, unsigned which)
{
	return which == FLASH_ALL_BANKS || sector->bank == which;
}

static struct need add_up(const struct job *job, unsigned which)
{
	const struct chip *chip = job->plan->chip;
	struct need need = { .unplanned = which == FLASH_ALL_BANKS ? chip_flash_size(chip)
								   : chip->banks[which].size };

	for (size_t i = 0; i < job->sector_count; i++) {
		const struct job_sector *s = &job->sectors[i];

		if (!is_within(&s->sector, which))
			continue;
		need.unplanned -= s->sector.size;
		if (s->work == WORK_NONE)
			need.again += s->covered;
		else
			need.bytes += s->covered;
		if (s->work == WORK_ERASE)
			need.erase_us += job->device.controller->erase_time(&job->device,
									    s->sector.size).typical_us;
	}
	return need;
}

static uint64_t proof_us(const struct job *job, uint32_t bytes)
{
	return (uint64_t)bytes * PROOF_CYCLES * 1000000 / clock_hz(job->board);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Of the bytes that a set of banks needs, on a device where its rows may be used or not. */
static uint64_t program_us(const struct job *job, const struct flash_device *device, unsigned which,
			   const struct need *need)
{
	uint32_t base = job->plan->chip->banks[which == FLASH_ALL_BANKS ? 0 : which].base;

	return device->controller->program_time(device, base, need->bytes + need->again).typical_us;
}

/* Banks with controllers of their own are programmed at the same time. */
static uint64_t program_all_us(const struct job *job, const struct flash_device *device, unsigned which,
			       const struct need *need)
{
	uint64_t longest_us = 0;

	if (which != FLASH_ALL_BANKS || !device->banks_apart)
		return program_us(job, device, which, need);
	for (unsigned i = 0; i < job->plan->chip->bank_count; i++) {
		struct need part = add_up(job, i);

		longest_us = larger(longest_us, program_us(job, device, i, &part));
	}
	return longest_us;
}

static uint64_t sector_bank_us(const struct job *job, unsigned which, struct need need)
{
	need.again = 0;
	return need.erase_us + program_us(job, &job->device, which, &need);
}

/* ... and erased. */
static uint64_t sector_way_us(const struct job *job, unsigned which, const struct need *need)
{
	uint64_t busy_us = 0;

	if (which == FLASH_ALL_BANKS && job->device.banks_apart)
		for (unsigned i = 0; i < job->plan->chip->bank_count; i++)
			busy_us = larger(busy_us, sector_bank_us(job, i, add_up(job, i)));
	else
		busy_us = sector_bank_us(job, which, *need);
	return larger(busy_us, job_wire_us(job, need->bytes));
}

/* 0 = can't be done. */
static uint64_t erase_banks_us(const struct job *job, unsigned which)
{
	const struct flash_controller *controller = job->device.controller;
	uint64_t longest_us = 0;

	if (which != FLASH_ALL_BANKS || !job->device.banks_apart)
		return controller->bank_erase_time(&job->device, which).typical_us;
	for (unsigned i = 0; i < job->plan->chip->bank_count; i++)
		longest_us = larger(longest_us, controller->bank_erase_time(&job->device, i).typical_us);
	return longest_us;
}

/* While a bank is erased, data travels as far as there is RAM for it. */
static uint64_t bank_way_us(const struct job *job, unsigned which, uint64_t erase_us,
			    const struct need *need)
{
	uint32_t bytes = need->bytes + need->again, base, room;
	uint64_t hidden_us, wire_us = job_wire_us(job, bytes);
	struct flash_device device = job->device;	/* as it will be then */

	memset(device.whole, true, sizeof device.whole);

	if (!routine_area(job->plan->chip, &base, &room))
		room = 0;
	hidden_us = job_wire_us(job, min_u32(bytes, room));
	if (hidden_us > erase_us)
		hidden_us = erase_us;
	return erase_us + larger(program_all_us(job, &device, which, need), wire_us - hidden_us) +
	       proof_us(job, need->unplanned);
}

static bool pays(const struct job *job, unsigned which, const struct need *need)
{
	uint64_t erase_us;

	if (!job->device.controller->bank_erase_operation)
		return false;
	erase_us = erase_banks_us(job, which);
	return erase_us && bank_way_us(job, which, erase_us, need) < sector_way_us(job, which, need);
}

/* ---- the proof ---- */

/* The sectors of a set that are in no plan, in the order of addresses. */
static size_t list_unplanned(const struct job *job, unsigned which, struct chip_sector *out)
{
	const struct flash_plan *plan = job->plan;
	size_t count = 0;

	for (size_t i = 0; i < plan->sector_count; i++)
		if (!plan->sectors[i] && chip_sector_number(plan->chip, (unsigned)i, &out[count]) &&
		    is_within(&out[count], which))
			count++;
	return count;
}

static int look_blank(struct job *job, const struct chip_sector *sectors, size_t count, bool *blank,
		      struct why *why)
{
	size_t samples = count < SAMPLES ? count : SAMPLES;
	struct probe_op ops[SAMPLES] = { { .kind = PROBE_OP_READ } };
	int err;

	for (size_t i = 0; i < samples; i++)
		ops[i] = (struct probe_op){ .kind = PROBE_OP_READ,
					    .address = sectors[i * count / samples].base };
	err = job_read_words(job, ops, samples, why);
	for (size_t i = 0; i < samples; i++)
		*blank = *blank && !ops[i].result && ops[i].value == job->plan->chip->erased * 0x01010101u;
	return err;
}

/* Neighbours become one range. */
static size_t join_ranges(const struct chip_sector *sectors, size_t count, struct checksum_range *ranges)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		struct checksum_range *last = used ? &ranges[used - 1] : NULL;

		if (last && last->address + last->length == sectors[i].base)
			last->length += sectors[i].size;
		else
			ranges[used++] = (struct checksum_range){ sectors[i].base, sectors[i].size, 0 };
	}
	return used;
}

static int sum_blank(struct job *job, const struct chip_sector *sectors, size_t count, bool *blank,
		     struct why *why)
{
	struct checksum_range *ranges = calloc(count, sizeof *ranges);
	size_t used;
	int err;

	if (!ranges)
		return explain(why, E_MEMORY, "no memory for a checksum");
	used = join_ranges(sectors, count, ranges);
	err = checksum_ranges(job->core, ranges, used, true, why);
	for (size_t i = 0; i < used && !err; i++)
		*blank = *blank && ranges[i].crc == job_blank_crc(job, ranges[i].length);
	free(ranges);
	return err;
}

/* That these sectors may be erased and don't need to be. *blank = false is no error. */
static int prove(struct job *job, const struct chip_sector *sectors, size_t count, bool *blank,
		 struct why *why)
{
	struct why unused;
	int err = 0;

	for (size_t i = 0; i < count; i++)
		*blank = *blank && !job_in_doubt(job, &sectors[i]);
	if (*blank)
		*blank = !job->device.controller->check(&job->device, sectors, count, &unused);
	if (*blank && count)
		err = look_blank(job, sectors, count, blank, why);
	if (!err && *blank && count)
		err = sum_blank(job, sectors, count, blank, why);
	return err;
}

/* ---- the decision ---- */

static bool is_ours(const struct job *job, unsigned which)
{
	const struct chip *chip = job->plan->chip;

	for (unsigned i = 0; i < chip->bank_count; i++)
		if ((which == FLASH_ALL_BANKS || which == i) && chip->banks[i].shared)
			return false;
	return true;
}

/* What would be lost has to be written again, and counts as work. */
static void mark(struct job *job, unsigned which)
{
	for (unsigned i = 0; i < job->plan->chip->bank_count; i++)
		if (which == FLASH_ALL_BANKS || which == i)
			job->device.whole[i] = true;
	job->at_once = which == FLASH_ALL_BANKS && !job->device.banks_apart;
	for (size_t i = 0; i < job->sector_count; i++) {
		struct job_sector *s = &job->sectors[i];

		if (s->work != WORK_NONE || !s->covered || !is_within(&s->sector, which))
			continue;
		s->work = WORK_ERASE;
		job->done -= s->covered;
		job->report->skipped_bytes -= s->covered;
		job->report->skipped_sectors--;
	}
}

static int consider(struct job *job, unsigned which, struct why *why)
{
	struct need need = add_up(job, which);
	struct chip_sector *sectors;
	bool blank = true;
	int err = 0;

	if (!is_ours(job, which) || !pays(job, which, &need) ||
	    (need.unplanned && job->options->no_loader))
		return 0;
	sectors = calloc(job->plan->sector_count, sizeof *sectors);
	if (!sectors)
		return explain(why, E_MEMORY, "no memory for %zu sectors", job->plan->sector_count);
	if (need.unplanned)
		err = prove(job, sectors, list_unplanned(job, which, sectors), &blank, why);
	if (!err && blank)
		mark(job, which);
	free(sectors);
	return err;
}

static bool has_work(const struct job *job, unsigned bank)
{
	for (size_t i = 0; i < job->sector_count; i++)
		if (job->sectors[i].sector.bank == bank && job->sectors[i].work != WORK_NONE)
			return true;
	return false;
}

/* All banks first: at the same time that takes no longer than one. Then each that has work; but one
 * of two that work together gains nothing by itself. */
int job_choose_banks(struct job *job, struct why *why)
{
	unsigned count = (unsigned)job->plan->chip->bank_count, busy = 0;
	int err = 0;

	job->at_once = false;
	for (unsigned i = 0; i < CHIP_BANKS; i++)
		job->device.whole[i] = false;
	for (unsigned i = 0; i < count; i++)
		busy += has_work(job, i);
	if (busy == count)
		err = consider(job, FLASH_ALL_BANKS, why);
	if (err || job->device.whole[0] || count == 1 || (busy > 1 && job->device.banks_apart))
		return err;
	for (unsigned i = 0; i < count && !err; i++)
		if (has_work(job, i))
			err = consider(job, i, why);
	return err;
}
