/* SPDX-License-Identifier: MIT
 *
 * The part of a plan that lies in data EEPROM. It is not erased by sectors: words that differ are written
 * over, one by one through the debug port, and every byte that was not sent stays.
 */
#include "flash/job.h"

#include <stdlib.h>
#include <string.h>

#include "probe/bytes.h"

enum { WORD = 4, STEP = 256 /* bytes between two signs of life */ };

/* A word that does not hold what it should. */
struct eeprom_word {
	uint32_t address, now, wanted;
};

struct eeprom_words {
	struct eeprom_word *list;
	size_t count;
};

static uint32_t words_of(const struct chip *chip)
{
	uint32_t words = 0;

	for (size_t i = 0; i < chip->region_count; i++)
		if (chip->regions[i].kind == CHIP_EEPROM)
			words += chip->regions[i].size / WORD;
	return words;
}

/* The list holds the words in the order of their addresses. */
static void add_word(struct eeprom_words *words, uint32_t address, uint32_t now, uint32_t wanted)
{
	if (now != wanted)
		words->list[words->count++] = (struct eeprom_word){ address, now, wanted };
}

/* Whole words, [from, end). */
static int compare_range(const struct job *job, struct eeprom_words *words, uint32_t from,
			 uint32_t end, struct why *why)
{
	uint8_t now[STEP], wanted[STEP];

	for (uint32_t at = from, n; at < end; at += n) {
		int err;

		n = min_u32(sizeof now, end - at);
		err = probe_read(job->board->probe, job->core->port, at, now, n, PROBE_ANY, NULL);
		if (err)
			return explain(why, err, "reading data EEPROM at 0x%08X: %s", at,
				       error_text(err));
		memcpy(wanted, now, n);
		flash_plan_overlay(job->plan, at, wanted, n);
		for (uint32_t i = 0; i < n; i += WORD)
			add_word(words, at + i, get_u32(now + i), get_u32(wanted + i));
	}
	return 0;
}

/* Two pieces may share a word: no word is looked at twice. */
static int compare_region(const struct job *job, struct eeprom_words *words,
			  const struct chip_region *region, struct why *why)
{
	uint32_t next = region->base, last = region->base + (region->size - 1);
	int err = 0;

	for (size_t i = 0; i < job->plan->piece_count && !err; i++) {
		const struct plan_piece *piece = &job->plan->pieces[i];
		uint32_t from = max_u32(piece->address / WORD * WORD, next);
		uint32_t to = min_u32((piece->address + (piece->length - 1)) / WORD * WORD, last);

		if (from > to)
			continue;
		next = to / WORD * WORD + WORD;
		err = compare_range(job, words, from, next, why);
	}
	return err;
}

static int compare(const struct job *job, struct eeprom_words *words, struct why *why)
{
	const struct chip *chip = job->plan->chip;
	int err = 0;

	words->count = 0;
	for (size_t i = 0; i < chip->region_count && !err; i++)
		if (chip->regions[i].kind == CHIP_EEPROM)
			err = compare_region(job, words, &chip->regions[i], why);
	return err;
}

static void count_bytes(struct job *job, const struct eeprom_words *words)
{
	const struct chip *chip = job->plan->chip;
	uint32_t all = 0, changed = 0;

	for (size_t i = 0; i < chip->region_count; i++)
		if (chip->regions[i].kind == CHIP_EEPROM)
			all += flash_plan_covered(job->plan, chip->regions[i].base,
						  chip->regions[i].size);
	for (size_t i = 0; i < words->count; i++)
		changed += flash_plan_covered(job->plan, words->list[i].address, WORD);
	job->total += all;
	job->done += all - changed;
	job->report->skipped_bytes += all - changed;
	job->report->eeprom_bytes = changed;
}

/* ---- writing ---- */

static int write_word(struct job *job, const struct eeprom_word *word, struct why *why)
{
	const struct flash_controller *controller = job->device.controller;
	uint32_t status = 0;
	char words[200];
	int err;

	if (probe_interrupted(job->board->probe))
		return explain(why, E_INTERRUPTED, "interrupted");
	err = controller->write_eeprom(&job->device, word->address, word->now, word->wanted, &status);
	job->done += flash_plan_covered(job->plan, word->address, WORD);
	if (err != E_FLASH)
		return err ? explain(why, err, "writing data EEPROM at 0x%08X: %s", word->address,
				     error_text(err)) : 0;
	controller->status_text(status, words, sizeof words);
	return explain(why, err, "writing data EEPROM at 0x%08X: %s", word->address, words);
}

static int write_words(struct job *job, const struct eeprom_words *words, struct why *why)
{
	int err = 0;

	for (size_t i = 0; i < words->count && !err; i++) {
		err = write_word(job, &words->list[i], why);
		if (job->progress && i % (STEP / WORD) == 0)
			job->progress(job->context, job->done, job->total);
	}
	return err;
}

/* The first error counts. */
static int lock_again(struct job *job, int err, struct why *why)
{
	struct why reason = { "" };
	int locked;

	probe_critical_begin(job->board->probe);
	locked = job->device.controller->lock(&job->device, &reason);
	probe_critical_end(job->board->probe);
	return !err && locked ? explain(why, locked, "%s", reason.text) : err;
}

static int act(struct job *job, const struct eeprom_words *words, struct why *why)
{
	int err;

	if (!job->device.controller->write_eeprom)
		return explain(why, E_CHIP, "there is no driver for the data EEPROM of %s",
			       job->plan->chip->name);
	err = job->device.controller->unlock_eeprom(&job->device, why);
	if (!err) {
		job->acted = true;
		err = write_words(job, words, why);
	}
	return lock_again(job, err, why);
}

static int verify(struct job *job, struct eeprom_words *words, struct why *why)
{
	int err;

	memory_cache_drop(job->core);
	err = compare(job, words, why);
	if (err || !words->count)
		return err;
	return explain(why, E_VERIFY, "data EEPROM at 0x%08X reads 0x%08X after writing 0x%08X",
		       words->list[0].address, words->list[0].now, words->list[0].wanted);
}

int job_write_eeprom(struct job *job, struct why *why)
{
	struct eeprom_words words = { calloc(words_of(job->plan->chip), sizeof *words.list), 0 };
	int err;

	if (!words.list)
		return explain(why, E_MEMORY, "no memory for data EEPROM");
	err = compare(job, &words, why);
	if (!err)
		count_bytes(job, &words);
	if (!err && words.count) {
		err = act(job, &words, why);
		if (!err && job->options->verify)
			err = verify(job, &words, why);
	}
	free(words.list);
	return err;
}
