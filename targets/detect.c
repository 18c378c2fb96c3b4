/* SPDX-License-Identifier: MIT
 *
 * Finding the chip file for what is on the wire. The id register is at another place in each
 * generation: the places are those of the chip files, tried in the order that CPUID and DPIDR make likely;
 * where only chips with another CPU have it, it is not read at all.
 */
#include "targets/detect.h"

#include <stdio.h>
#include <string.h>

#include "probe/bytes.h"
#include "probe/log.h"
#include "targets/detect_private.h"

enum { CANDIDATES_MAX = 16 };

struct candidate {
	struct chip_id place;
	unsigned likely;		/* 3: CPU and DPIDR of a chip known, 2: CPU, 1: CPU not stated */
};

static unsigned likelihood(const struct chip_index *row, const struct board *board)
{
	uint32_t cpuid = board->cores[0].cpuid;

	if (!row->cpuid)
		return !row->known_only;
	if ((row->cpuid >> 4 & 0xFFF) != (cpuid >> 4 & 0xFFF) || row->ap != board->cores[0].port.ap)
		return 0;
	return 2 + (row->dpidr == board->dpidr);
}

/* Through the core's own port before any other. */
static bool comes_before(const struct board *board, const struct candidate *a,
			 const struct candidate *b)
{
	uint8_t own = board->cores[0].port.ap;

	if (a->likely != b->likely)
		return a->likely > b->likely;
	return a->place.ap == own && b->place.ap != own;
}

static void offer(const struct board *board, struct candidate *list, size_t *count,
		  struct candidate candidate)
{
	size_t i = 0;

	while (i < *count && (list[i].place.address != candidate.place.address ||
			      list[i].place.ap != candidate.place.ap))
		i++;
	if (i == CANDIDATES_MAX)
		return;
	if (i == *count)
		list[(*count)++] = candidate;
	list[i].likely = max_u32(list[i].likely, candidate.likely);
	for (; i > 0 && comes_before(board, &list[i], &list[i - 1]); i--) {
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
		unsigned likely = likelihood(row, board);

		for (size_t j = 0; likely && j < row->id_count; j++)
			offer(board, list, &count, (struct candidate){ row->ids[j], likely });
	}
	return count;
}

/* One read through a port that is not the core's, which is then opened too. */
static int read_place(struct board *board, const struct chip_id *place, uint32_t *value)
{
	struct probe_port port = board->cores[0].port;

	if (place->ap != port.ap) {
		int err = probe_open_ap(board->probe, (uint8_t)place->ap);

		if (err)
			return E_FAULT;
		port = (struct probe_port){ .ap = (uint8_t)place->ap };
	}
	return probe_read_u32(board->probe, port, place->address, value);
}

/* A place that faults, or shows nothing, is not counted. */
static int try_candidate(struct board *board, const struct chip_id *place, struct why *why)
{
	uint32_t idcode;
	int err = read_place(board, place, &idcode);

	if (err == E_FAULT || err == E_AP || err == E_FIRMWARE)
		return E_CHIP;
	if (err)
		return explain(why, err, "the id register at 0x%08x: %s", place->address,
			       error_text(err));
	if (!idcode || idcode == UINT32_MAX)
		return E_CHIP;
	if (!board->idcode)
		board->idcode = idcode;
	err = chip_find_id(&board->chip, board->options.chips, place, idcode,
			   board->cores[0].cpuid, why);
	if (!err)
		board->idcode = idcode;
	else
		log_line(LOG_TARGET, "%s", why->text);
	return err;
}

static int find_chip(struct board *board, struct why *why)
{
	struct candidate list[CANDIDATES_MAX];
	size_t count = list_candidates(board, list);

	for (size_t i = 0; i < count; i++) {
		int err = try_candidate(board, &list[i].place, why);

		if (err != E_CHIP)
			return err;
	}
	detect_unknown(board);
	return 0;
}

/* Named, and refused. */
static int refuse_known_only(const struct board *board, struct why *why)
{
	return explain(why, E_CHIP, "this is an %s (id 0x%08x): %s", board->chip.name, board->idcode,
		       board->chip.known_only);
}

/* --chip is believed; but when the chip says that it is another one, that is said. */
static void check_name(struct board *board)
{
	const struct chip *chip = &board->chip;
	uint32_t idcode = 0;

	for (size_t i = 0; i < chip->id_count; i++) {
		const struct chip_id *id = &chip->ids[i];

		if (read_place(board, id, &idcode) || !idcode || idcode == UINT32_MAX)
			continue;
		board->idcode = idcode;
		if ((idcode & id->mask) == id->value)
			return;
	}
	if (board->idcode)
		board_note(board, "--chip says %s, but the id that is read there, 0x%08x, is another chip's. ST's "
			   "tools call this DEV_UNKNOWN_MCU_TARGET.", chip->name, board->idcode);
}

int detect_chip(struct board *board, struct why *why)
{
	const char *name = board->options.chip;
	int err;

	board->idcode = 0;
	if (name)
		err = chip_find_part(&board->chip, board->options.chips, name, why);
	else
		err = find_chip(board, why);
	if (err)
		return err;
	if (board->chip.known_only[0])
		return refuse_known_only(board, why);
	if (name)
		check_name(board);
	else
		detect_clone(board);
	log_line(LOG_TARGET, "chip %s (id 0x%08x, CPUID 0x%08x, DPIDR 0x%08x)", board->chip.name,
		 board->idcode, board->cores[0].cpuid, board->dpidr);
	return detect_flash(board, why);
}

/* Chips whose core is none of ours have their id on the system's bus. */
int detect_without_core(struct board *board, struct why *why)
{
	const struct chip_library *chips = board->options.chips;
	struct why ignored = { "" };

	board->cores[0].cpuid = 0;
	board->idcode = 0;
	for (size_t i = 0; i < chip_library_count(chips); i++) {
		const struct chip_index *row = chip_library_row(chips, i);

		for (size_t j = 0; row->known_only && j < row->id_count; j++) {
			int err = try_candidate(board, &row->ids[j], &ignored);

			if (!err)
				return refuse_known_only(board, why);
			if (err != E_CHIP)
				return err;
		}
	}
	return E_CHIP;
}
