/* SPDX-License-Identifier: MIT
 *
 * The part of a plan that lies in data flash: sectors that option bytes have taken from the end of a bank, half-words
 * with an ECC each, of which those that were never written may fault when read (RM0481 7.3.10). Through the debug
 * port: there is little of it.
 */
#include "flash/job.h"

#include <stdlib.h>
#include <string.h>

#include "flash/direct.h"
#include "probe/bytes.h"

enum { HALF = 2, BLOCK = 64 /* bytes that are read or written at once */ };

struct data_sector {
	const struct chip_region *region;
	uint32_t base, size;
	uint8_t *now, *wanted;
	bool *virgin;			/* of each half-word */
	uint32_t changed;		/* bytes */
	bool erase;			/* something that was written has to change */
};

/* A block that faults has virgin half-words in it: these one by one. */
static int read_block(const struct job *job, struct data_sector *s, uint32_t offset, uint32_t length, struct why *why)
{
	struct probe *probe = job->board->probe;
	uint32_t at = s->base + offset;
	int err = probe_read(probe, job->core->port, at, s->now + offset, length, PROBE_16, NULL);

	if (err == E_FAULT && length > HALF) {
		err = read_block(job, s, offset, length / HALF / 2 * HALF, why);
		return err ? err : read_block(job, s, offset + length / HALF / 2 * HALF,
					      length - length / HALF / 2 * HALF, why);
	}
	s->virgin[offset / HALF] = err == E_FAULT;
	if (err == E_FAULT)
		memset(s->now + offset, job->plan->chip->erased, HALF);
	else if (err)
		return explain(why, err, "reading data flash at 0x%08X: %s", at, error_text(err));
	return 0;
}

static int read_sector(const struct job *job, struct data_sector *s, struct why *why)
{
	int err = 0;

	memset(s->virgin, 0, s->size / HALF * sizeof *s->virgin);
	for (uint32_t at = 0; at < s->size && !err; at += BLOCK) {
		if (probe_interrupted(job->board->probe))
			return explain(why, E_INTERRUPTED, "interrupted");
		err = read_block(job, s, at, min_u32(BLOCK, s->size - at), why);
	}
	return err;
}

static bool is_blank(const struct job *job, const uint8_t *half)
{
	return half[0] == job->plan->chip->erased && half[1] == job->plan->chip->erased;
}

static void compare(const struct job *job, struct data_sector *s)
{
	memcpy(s->wanted, s->now, s->size);
	flash_plan_overlay(job->plan, s->base, s->wanted, s->size);
	s->changed = 0;
	s->erase = false;
	for (uint32_t at = 0; at < s->size; at += HALF) {
		if (!memcmp(s->now + at, s->wanted + at, HALF))
			continue;
		s->changed += flash_plan_covered(job->plan, s->base + at, HALF);
		s->erase |= !s->virgin[at / HALF] && !is_blank(job, s->now + at);
	}
}

/* After an erase all that is not blank, else what differs. A half-word that reads as erased but was written so can't
 * be told from a virgin one where those don't fault: the controller's error then is the answer. */
static bool wants_program(const struct job *job, const struct data_sector *s, uint32_t at)
{
	return s->erase ? !is_blank(job, s->wanted + at) : memcmp(s->now + at, s->wanted + at, HALF) != 0;
}

static int explain_status(const struct job *job, int err, const char *doing, uint32_t address, uint32_t status,
			  struct why *why)
{
	char words[200];

	if (err != E_FLASH)
		return explain(why, err, "%s data flash at 0x%08X: %s", doing, address, error_text(err));
	job->device.controller->status_text(status, words, sizeof words);
	return explain(why, err, "%s data flash at 0x%08X: %s", doing, address, words);
}

static int program(struct job *job, const struct data_sector *s, struct why *why)
{
	uint32_t at = 0, status = 0, length;
	int err = 0;

	while (at < s->size && !err) {
		for (length = 0; length < BLOCK && at + length < s->size && wants_program(job, s, at + length);)
			length += HALF;
		if (probe_interrupted(job->board->probe))
			return explain(why, E_INTERRUPTED, "interrupted");
		if (length)
			err = job->device.controller->program_data(&job->device, s->base + at, s->wanted + at, length,
								   &status);
		if (err)
			return explain_status(job, err, "programming", s->base + at, status, why);
		at += length ? length : HALF;
	}
	return 0;
}

static int erase(struct job *job, const struct data_sector *s, struct why *why)
{
	const struct flash_controller *controller = job->device.controller;
	const struct chip_sector sector = {
		.base = s->base, .size = s->size, .bank = s->region->sector_bank,
		.number = s->region->sector_first + (s->base - s->region->base) / s->size,
	};
	const struct flash_operation operation = controller->erase_operation(&job->device, &sector);

	job->report->erased_sectors++;
	return direct_erase(&job->device, &operation, controller->erase_time(&job->device, s->size), why);
}

/* The first difference is an error. */
static int verify(struct job *job, struct data_sector *s, struct why *why)
{
	int err = read_sector(job, s, why);

	for (uint32_t at = 0; at < s->size && !err; at++)
		if (s->now[at] != s->wanted[at])
			err = explain(why, E_VERIFY, "data flash at 0x%08X reads 0x%02X after programming 0x%02X",
				      s->base + at, s->now[at], s->wanted[at]);
	return err;
}

/* Ends all access to the controller; the first error counts. */
static int lock_again(struct job *job, int err, struct why *why)
{
	struct why reason = { "" };
	int locked;

	probe_critical_begin(job->board->probe);
	locked = job->device.controller->lock(&job->device, &reason);
	probe_critical_end(job->board->probe);
	return !err && locked ? explain(why, locked, "%s", reason.text) : err;
}

static int write_sector(struct job *job, struct data_sector *s, struct why *why)
{
	uint32_t covered = flash_plan_covered(job->plan, s->base, s->size);
	int err = read_sector(job, s, why);

	if (err)
		return err;
	compare(job, s);
	job->total += covered;
	job->done += covered - s->changed;
	job->report->skipped_bytes += covered - s->changed;
	if (!s->changed)
		return 0;
	err = job->device.controller->unlock(&job->device, why);
	if (!err) {
		job->acted = true;
		err = s->erase ? erase(job, s, why) : 0;
	}
	if (!err)
		err = program(job, s, why);
	memory_cache_drop(job->core);
	if (!err && job->options->verify)
		err = verify(job, s, why);
	job->done += s->changed;
	job->report->eeprom_bytes += s->changed;
	job_tell_progress(job);
	return err;
}

static int write_region(struct job *job, struct data_sector *s, struct why *why)
{
	int err = 0;

	for (s->base = s->region->base; s->base - s->region->base < s->region->size && !err; s->base += s->size)
		if (flash_plan_covered(job->plan, s->base, s->size))
			err = write_sector(job, s, why);
	return err;
}

int job_write_edata(struct job *job, struct why *why)
{
	const struct chip *chip = job->plan->chip;
	int err = 0;

	for (size_t i = 0; i < chip->region_count && !err; i++) {
		struct data_sector s = { .region = &chip->regions[i], .size = chip->regions[i].sector };

		if (!s.size)
			continue;
		s.now = malloc(s.size);
		s.wanted = malloc(s.size);
		s.virgin = malloc(s.size / HALF * sizeof *s.virgin);
		err = s.now && s.wanted && s.virgin ? write_region(job, &s, why)
						    : explain(why, E_MEMORY, "no memory for a sector");
		free(s.now);
		free(s.wanted);
		free(s.virgin);
	}
	return lock_again(job, err, why);
}
