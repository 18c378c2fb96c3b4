/* SPDX-License-Identifier: MIT
 *
 * Two ways. Where programming is slower than the wire, in pairs: a sector of each bank is erased, then both
 * are programmed, a unit here and a unit there. Where the wire is slower, in turns: while data goes to one
 * bank, the other one is erased, so that the wire never waits.
 */
#include "flash/together.h"

#include "flash/loader.h"
#include "flash/pieces.h"
#include "probe/bytes.h"

enum { BANKS = 2 };
_Static_assert((int)BANKS == (int)CHIP_BANKS, "a pair is all there is");

/* ---- erasing ---- */

/* Begins what has operations, then waits for each. */
static int erase_both(struct job *job, const struct flash_operation operations[BANKS],
		      const struct flash_duration durations[BANKS], struct why *why)
{
	uint32_t waited_us = 0;
	int err = 0;

	for (unsigned i = 0; i < BANKS && !err; i++)
		if (operations[i].control)
			err = loader_erase_start(job->loader, &operations[i], why);
	for (unsigned i = 0; i < BANKS && !err; i++) {
		struct flash_duration left = durations[i];

		if (!operations[i].control)
			continue;
		left.typical_us -= min_u32(left.typical_us, waited_us);
		waited_us += left.typical_us;
		err = loader_erase_wait(job->loader, &operations[i], left, why);
	}
	return err;
}

int together_erase_banks(struct job *job, struct why *why)
{
	const struct flash_controller *controller = job->device.controller;
	struct flash_operation operations[BANKS] = { { 0, 0, 0 } };
	struct flash_duration durations[BANKS];

	for (unsigned i = 0; i < job->plan->chip->bank_count; i++) {
		if (!job->device.whole[i])
			continue;
		operations[i] = controller->bank_erase_operation(&job->device, i);
		durations[i] = controller->bank_erase_time(&job->device, i);
	}
	return erase_both(job, operations, durations, why);
}

static int erase_sectors(struct job *job, const struct job_sector *const sectors[BANKS], struct why *why)
{
	const struct flash_controller *controller = job->device.controller;
	struct flash_operation operations[BANKS] = { { 0, 0, 0 } };
	struct flash_duration durations[BANKS];

	for (unsigned i = 0; i < BANKS; i++) {
		if (!sectors[i] || job_work_left(job, sectors[i]) != WORK_ERASE)
			continue;
		operations[i] = controller->erase_operation(&job->device, &sectors[i]->sector);
		durations[i] = controller->erase_time(&job->device, sectors[i]->sector.size);
		job->report->erased_sectors++;
	}
	return erase_both(job, operations, durations, why);
}

/* ---- programming ---- */

static uint32_t program_us(const struct job *job, const struct job_sector *s)
{
	return job->device.controller->program_time(&job->device, s->sector.base, s->covered).typical_us;
}

/* The rest of a piece once so much of it is done. */
static void shorten(struct flash_piece *piece, uint32_t length)
{
	piece->address += length;
	piece->data += length;
	piece->length -= length;
}

/* As much as there is of both; one alone when the other one is through. Takes it off the pieces. */
static int program_some(struct job *job, struct flash_piece left[BANKS], struct why *why)
{
	unsigned one = left[0].length ? 0 : 1;
	uint32_t length = left[one].length;
	int err;

	if (probe_interrupted(job->board->probe))
		return explain(why, E_INTERRUPTED, "interrupted");
	if (left[0].length && left[1].length) {
		length = min_u32(left[0].length, left[1].length);
		err = loader_program_both(job->loader, &left[0], &left[1], length, why);
		shorten(&left[1 - one], length);
	} else {
		err = loader_program(job->loader, &left[one], why);
	}
	shorten(&left[one], length);
	job_tell_progress(job);
	return err;
}

static int program_sectors(struct job *job, const struct job_sector *const sectors[BANKS],
			   struct why *why)
{
	struct flash_piece left[BANKS] = { { 0, 0, NULL } };
	struct pieces pieces[BANKS];
	bool more[BANKS];
	int err = 0;

	for (unsigned i = 0; i < BANKS; i++) {
		more[i] = sectors[i] != NULL;
		if (more[i])
			pieces_begin(&pieces[i], job, sectors[i], loader_block(job->loader) / BANKS);
	}
	while (!err) {
		for (unsigned i = 0; i < BANKS; i++)
			if (more[i] && !left[i].length)
				more[i] = pieces_next(&pieces[i], &left[i]);
		if (!left[0].length && !left[1].length)
			break;
		err = program_some(job, left, why);
	}
	return err;
}

/* The next sector of a bank: those to be erased before those to be programmed only, so that these meet. */
static const struct job_sector *next_of_bank(const struct job *job, unsigned bank, size_t *at)
{
	for (; *at < 2 * job->sector_count; ++*at) {
		const struct job_sector *s = &job->sectors[*at % job->sector_count];
		enum work wanted = *at < job->sector_count ? WORK_ERASE : WORK_PROGRAM;

		if (s->sector.bank == bank && job_work_left(job, s) == wanted)
			return &job->sectors[(*at)++ % job->sector_count];
	}
	return NULL;
}

static int write_in_pairs(struct job *job, struct why *why)
{
	size_t at[BANKS] = { 0, 0 };
	int err = 0;

	while (!err) {
		const struct job_sector *sectors[BANKS];

		for (unsigned i = 0; i < BANKS; i++)
			sectors[i] = next_of_bank(job, i, &at[i]);
		if (!sectors[0] && !sectors[1])
			break;
		err = erase_sectors(job, sectors, why);
		if (!err)
			err = program_sectors(job, sectors, why);
	}
	return err;
}

/* ---- in turns ---- */

/* One bank's way through its sectors: the erase of the next one runs while the other bank has its turn. */
struct lane {
	size_t at;
	const struct job_sector *next;
	bool erasing;
	struct flash_operation operation;
	uint32_t hidden_us;		/* of that erase, behind what was put since */
};

static int begin_next(struct job *job, struct lane *lane, unsigned bank, struct why *why)
{
	const struct job_sector *s = next_of_bank(job, bank, &lane->at);

	lane->next = s;
	lane->erasing = s && job_work_left(job, s) == WORK_ERASE;
	if (!lane->erasing)
		return 0;
	lane->operation = job->device.controller->erase_operation(&job->device, &s->sector);
	lane->hidden_us = 0;
	job->report->erased_sectors++;
	return loader_erase_start(job->loader, &lane->operation, why);
}

static int end_erase(struct job *job, struct lane *lane, struct why *why)
{
	struct flash_duration left =
		job->device.controller->erase_time(&job->device, lane->next->sector.size);

	left.typical_us -= min_u32(left.typical_us, lane->hidden_us);
	return loader_erase_wait(job->loader, &lane->operation, left, why);
}

/* The sector whose erase was begun a turn ago is programmed, and the next erase begins. */
static int take_turn(struct job *job, struct lane lanes[BANKS], unsigned bank, struct why *why)
{
	const struct job_sector *alone[BANKS] = { lanes[bank].next, NULL };
	int err = 0;

	if (lanes[bank].erasing)
		err = end_erase(job, &lanes[bank], why);
	if (!err)
		err = program_sectors(job, alone, why);
	lanes[1 - bank].hidden_us += program_us(job, alone[0]);
	return err ? err : begin_next(job, &lanes[bank], bank, why);
}

static int write_in_turns(struct job *job, struct why *why)
{
	struct lane lanes[BANKS] = { { .at = 0 } };
	int err = 0;

	for (unsigned i = 0; i < BANKS && !err; i++)
		err = begin_next(job, &lanes[i], i, why);
	while (!err && (lanes[0].next || lanes[1].next))
		for (unsigned i = 0; i < BANKS && !err; i++)
			if (lanes[i].next)
				err = take_turn(job, lanes, i, why);
	return err;
}

/* ---- both ---- */

int together_write(struct job *job, struct why *why)
{
	uint64_t programming_us = 0, wire_us = 0;

	for (size_t i = 0; i < job->sector_count; i++) {
		if (job->sectors[i].work == WORK_NONE)
			continue;
		programming_us += program_us(job, &job->sectors[i]);
		wire_us += job_wire_us(job, job->sectors[i].covered);
	}
	return programming_us > wire_us ? write_in_pairs(job, why) : write_in_turns(job, why);
}
