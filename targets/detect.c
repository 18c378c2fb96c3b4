/* SPDX-License-Identifier: MIT
 *
 * Finding the chip file for what is on the wire. The id register is at another place in each
 * generation: the places are those of the chip files, tried in the order that CPUID and DPIDR make likely.
 */
#include "targets/detect.h"

#include <stdio.h>
#include <string.h>

#include "probe/bytes.h"
#include "probe/log.h"
#include "targets/batch.h"

enum { CANDIDATES_MAX = 8 };

/* ROM table of the core's own bus: who made this chip (JEP106 in PIDR1, 2, 4). ADIv5.2 D1.2. */
enum { ROM_PIDR4 = 0xE00FFFD0, ROM_PIDR0 = 0xE00FFFE0, JEP106_ST = 0x0020 };

struct candidate {
	uint32_t address;
	unsigned likely;		/* 2: CPU and DPIDR of a chip known, 1: CPU, 0: neither */
};

static unsigned likelihood(const struct chip_index *row, uint32_t cpuid, uint32_t dpidr)
{
	bool same_cpu = row->cpuid && (row->cpuid >> 4 & 0xFFF) == (cpuid >> 4 & 0xFFF);

	return same_cpu ? 1 + (row->dpidr == dpidr) : 0;
}

static void offer(struct candidate *list, size_t *count, struct candidate candidate)
{
	size_t i = 0;

	while (i < *count && list[i].address != candidate.address)
		i++;
	if (i == CANDIDATES_MAX)
		return;
	if (i == *count)
		list[(*count)++] = candidate;
	list[i].likely = max_u32(list[i].likely, candidate.likely);
	for (; i > 0 && list[i].likely > list[i - 1].likely; i--) {
		struct candidate other = list[i - 1];

		list[i - 1] = list[i];
		list[i] = other;
	}
}

static size_t list_candidates(const struct board *board, struct candidate *list)
{
	const struct chip_library *chips = board->options.chips;
	size_t count = 0;

	for (size_t i = 0; i < chip_library_count(chips); i++) {
		const struct chip_index *row = chip_library_row(chips, i);
		unsigned likely = likelihood(row, board->cores[0].cpuid, board->dpidr);

		for (size_t j = 0; j < row->id_count; j++)
			offer(list, &count, (struct candidate){ row->ids[j].address, likely });
	}
	return count;
}

/* A place that faults, or shows nothing, is not counted (R31). */
static int try_candidate(struct board *board, uint32_t address, struct why *why)
{
	struct core *core = &board->cores[0];
	uint32_t idcode;
	int err = probe_read_u32(board->probe, core->port, address, &idcode);

	if (err == E_FAULT)
		return E_CHIP;
	if (err)
		return explain(why, err, "the id register at 0x%08x: %s", address, error_text(err));
	if (!idcode || idcode == UINT32_MAX)
		return E_CHIP;
	board->idcode = idcode;
	return chip_find_id(&board->chip, board->options.chips,
			    &(struct chip_id){ .address = address, .ap = core->port.ap }, idcode,
			    core->cpuid, why);
}

/* The maker's code out of the ROM table; 0 = can't be read. */
static unsigned read_maker(struct board *board)
{
	size_t pidr4, pidr[3];
	struct batch batch;

	batch_begin(&batch, &board->cores[0]);
	pidr4 = batch_read(&batch, ROM_PIDR4);
	for (unsigned i = 0; i < 3; i++)
		pidr[i] = batch_read(&batch, ROM_PIDR0 + 4 * i);
	if (batch_run(&batch))
		return 0;
	return (batch_value(&batch, pidr4) & 0xF) << 8 |
	       (batch_value(&batch, pidr[2]) & 7) << 4 | (batch_value(&batch, pidr[1]) >> 4 & 0xF);
}

static int unknown_chip(struct board *board, struct why *why)
{
	unsigned maker = read_maker(board);

	if (!board->idcode)
		explain(why, E_CHIP,
			"no id register of a known chip answers (CPUID 0x%08x, DPIDR 0x%08x)",
			board->cores[0].cpuid, board->dpidr);
	if (maker && maker != JEP106_ST)
		explain_more(why, "; its maker's code is 0x%03x, not ST's: a clone?", maker);
	explain_more(why, "; --chip NAME says which chip to take it for");
	return E_CHIP;
}

static int find_chip(struct board *board, struct why *why)
{
	struct candidate list[CANDIDATES_MAX];
	size_t count = list_candidates(board, list);

	board->idcode = 0;
	for (size_t i = 0; i < count; i++) {
		int err = try_candidate(board, list[i].address, why);

		if (err != E_CHIP)
			return err;
		if (board->idcode)
			break;
	}
	return unknown_chip(board, why);
}

static int read_size_twice(struct board *board, uint32_t first_kib[2])
{
	uint32_t address = board->chip.size_address, shift = 8 * (address & 2);
	size_t index[2];
	struct batch batch;
	int err;

	batch_begin(&batch, &board->cores[0]);
	index[0] = batch_read(&batch, address & ~3u);
	index[1] = batch_read(&batch, address & ~3u);
	err = batch_run(&batch);
	for (unsigned i = 0; i < 2; i++)
		first_kib[i] = batch_value(&batch, index[i]) >> shift & 0xFFFF;
	return err;
}

/* A size that makes no sense (clones, protected chips) is not believed: the line's maximum is taken. */
static int find_flash_size(struct board *board)
{
	struct chip *chip = &board->chip;
	uint32_t kib[2];
	int err;

	if (!chip->size_address)
		return 0;
	err = read_size_twice(board, kib);
	if (err && err != E_FAULT)
		return err;
	if (err) {
		board_note(board, "the flash size register can't be read: %u KiB assumed",
			   chip->flash_kib_max);
		return 0;
	}
	board->flash_kib_register = kib[0];
	if (kib[0] != kib[1] || chip_set_flash_size(chip, kib[0]))
		board_note(board, "the flash size register says %u KiB, which this chip can't have: "
			   "%u KiB assumed", kib[0], chip_flash_size(chip) / 1024);
	return 0;
}

int detect_chip(struct board *board, struct why *why)
{
	const char *name = board->options.chip;
	int err;

	if (name)
		err = chip_find_part(&board->chip, board->options.chips, name, why);
	else
		err = find_chip(board, why);
	if (err)
		return err;
	log_line(LOG_TARGET, "chip %s (id 0x%08x, CPUID 0x%08x, DPIDR 0x%08x)", board->chip.name,
		 board->idcode, board->cores[0].cpuid, board->dpidr);
	return find_flash_size(board);
}
