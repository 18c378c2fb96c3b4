/* SPDX-License-Identifier: MIT
 *
 * The journal of a board: what is in memory and what is in the file.
 */
#include "targets/traces.h"

#include <string.h>

#include "probe/bytes.h"
#include "probe/log.h"
#include "targets/batch.h"
#include "targets/cortexm.h"

enum { BKPT = 0xBE00, LOADED_MAX = 256 };

/* The serial number that names the journal's file. A virtual chip ends with its process: no file. */
static const char *journal_name(const struct board *board)
{
	const struct link_identity *identity = &probe_link(board->probe)->identity;

	return strncmp(identity->path, "virtual:", 8) ? identity->serial : NULL;
}

static const struct journal_entry *find(const struct board *board, uint32_t address)
{
	for (unsigned i = 0; i < board->journal_count; i++) {
		if (board->journal[i].address == address)
			return &board->journal[i];
	}
	return NULL;
}

static void write_down(struct board *board, const struct journal_entry *entry)
{
	const char *name = journal_name(board);

	if (name && journal_append(name, board->chip.file, entry))
		log_line(LOG_TARGET, "no place to write the journal: should this process be killed, "
			 "0x%08x keeps its debug value until power-off", entry->address);
}

uint32_t traces_keep(struct board *board, uint32_t address, uint32_t value)
{
	const struct journal_entry *known = find(board, address);
	struct journal_entry *entry = &board->journal[board->journal_count];

	if (known)
		return known->value;
	if (board->journal_count < BOARD_JOURNAL) {
		*entry = (struct journal_entry){ address, value, 4 };
		board->journal_count++;
		write_down(board, entry);
	}
	return value;
}

/* The last ones are remembered, so that a breakpoint that comes and goes is written down once. */
void traces_keep_code(struct board *board, uint32_t address, uint16_t code)
{
	struct journal_entry entry = { address, code, 2 };

	for (unsigned i = 0; i < BOARD_JOURNAL; i++)
		if (!memcmp(&board->journal_code[i], &entry, sizeof(entry)))
			return;
	board->journal_code[board->journal_code_next++ % BOARD_JOURNAL] = entry;
	write_down(board, &entry);
}

int board_journal(struct board *board, const struct core *core, uint32_t address)
{
	uint32_t value;
	int err;

	if (find(board, address))
		return 0;
	err = probe_read_u32(board->probe, core->port, address, &value);
	if (!err)
		traces_keep(board, address, value);
	return err;
}

void traces_load(struct board *board, const char *chip_before)
{
	const char *name = journal_name(board);
	struct journal_entry loaded[LOADED_MAX];
	size_t count;

	if (strcmp(chip_before, board->chip.file)) {
		board->journal_count = 0;
		memset(board->journal_code, 0, sizeof(board->journal_code));
	}
	if (!name || board->journal_count)
		return;
	count = journal_load(name, board->chip.file, loaded, LOADED_MAX);
	if (count)
		board_note(board, "An earlier session left debug settings in the chip; they are put back at the end "
			   "of this one");
	for (size_t i = 0; i < count; i++) {
		if (loaded[i].width == 2)
			board->journal_code[board->journal_code_next++ % BOARD_JOURNAL] = loaded[i];
		else if (board->journal_count < BOARD_JOURNAL)
			board->journal[board->journal_count++] = loaded[i];
	}
	board->has_dead_code = count > 0;
}

static int put_back_one(struct board *board, const struct journal_entry *entry)
{
	const struct core *core = &board->cores[0];
	uint8_t bytes[2];
	int err = probe_read(board->probe, core->port, entry->address, bytes, 2, PROBE_ANY, NULL);

	if (err || get_u16(bytes) != BKPT)
		return err == E_FAULT ? 0 : err;
	put_u16(bytes, (uint16_t)entry->value);
	log_line(LOG_TARGET, "0x%08x: a dead session's BKPT is taken out", entry->address);
	return probe_write(board->probe, core->port, entry->address, bytes, 2, PROBE_ANY, NULL);
}

/* From the newest to the oldest: what is no BKPT any more is left alone. */
int traces_put_back_code(struct board *board)
{
	int err = 0;

	for (unsigned i = 0; board->has_dead_code && i < BOARD_JOURNAL && !err; i++) {
		const struct journal_entry *entry =
			&board->journal_code[(board->journal_code_next - 1 - i) % BOARD_JOURNAL];

		if (entry->width)
			err = put_back_one(board, entry);
	}
	if (!err)
		board->has_dead_code = false;
	return err;
}

int traces_put_back(struct board *board)
{
	struct batch batch;
	int err;

	batch_begin(&batch, &board->cores[0]);
	for (unsigned i = board->journal_count; i-- > 0;)	/* a clock that was opened first is closed last */
		if (board->journal[i].address != (uint32_t)DEMCR)
			batch_write(&batch, board->journal[i].address, board->journal[i].value);
	err = batch_run(&batch);
	if (err)
		return err;
	board->journal_count = 0;
	memset(board->journal_code, 0, sizeof(board->journal_code));
	if (journal_name(board))
		journal_remove(journal_name(board));
	return 0;
}
