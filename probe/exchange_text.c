/* SPDX-License-Identifier: MIT
 *
 * Which bytes of a command and its reply say what was done, and which are somebody's data.
 */
#include "probe/exchange_text.h"

#include <stdio.h>
#include <string.h>

#include "probe/bytes.h"
#include "probe/link.h"
#include "probe/stlink.h"

enum { ADDRESSED = 9, STATUS = 2 };	/* of a memory command: address, length, access port */

/* What may be shown; the rest of either is data, or nothing. */
static const struct row {
	uint8_t first, second;		/* second 0: any */
	const char *name;
	uint8_t command, reply;
} rows[] = {
	{ ST_GET_VERSION, 0, "version", 1, 6 },
	{ ST_GET_VERSION3, 0, "version", 1, 12 },
	{ ST_GET_MODE, 0, "mode", 1, 2 },
	{ ST_GET_VOLTAGE, 0, "voltage", 1, 8 },
	{ ST_POWER, 0, "power", 3, STATUS },
	{ ST_DFU, 0, "DFU", 2, 0 },
	{ ST_SWIM, 0, "SWIM", 2, 0 },
	{ ST_DEBUG, DEBUG_READ_MEM32, "read memory, 32 bit", ADDRESSED, 0 },
	{ ST_DEBUG, DEBUG_READ_MEM16, "read memory, 16 bit", ADDRESSED, 0 },
	{ ST_DEBUG, DEBUG_READ_MEM8, "read memory, 8 bit", ADDRESSED, 0 },
	{ ST_DEBUG, DEBUG_WRITE_MEM32, "write memory, 32 bit", ADDRESSED, 0 },
	{ ST_DEBUG, DEBUG_WRITE_MEM16, "write memory, 16 bit", ADDRESSED, 0 },
	{ ST_DEBUG, DEBUG_WRITE_MEM8, "write memory, 8 bit", ADDRESSED, 0 },
	{ ST_DEBUG, DEBUG_EXIT, "leave debugging", 2, 0 },
	{ ST_DEBUG, DEBUG_ENTER, "enter", 3, STATUS },
	{ ST_DEBUG, DEBUG_READ_IDCODES, "read ids", 2, 12 },
	{ ST_DEBUG, DEBUG_WRITE_REGISTER, "write word", 6, STATUS },
	{ ST_DEBUG, DEBUG_READ_REGISTER, "read word", 6, STATUS },
	{ ST_DEBUG, DEBUG_READ_ALL_REGISTERS, "read core registers", 2, STATUS },
	{ ST_DEBUG, DEBUG_LAST_STATUS, "status of memory command", 2, STATUS },
	{ ST_DEBUG, DEBUG_LAST_STATUS2, "status of memory command", 2, 12 },
	{ ST_DEBUG, DEBUG_DRIVE_NRST, "reset pin", 3, STATUS },
	{ ST_DEBUG, DEBUG_SET_DIVISOR, "speed", 4, STATUS },
	{ ST_DEBUG, DEBUG_SET_SPEED, "speed", 8, 8 },
	{ ST_DEBUG, DEBUG_GET_SPEEDS, "speeds", 3, 12 },
	{ ST_DEBUG, DEBUG_READ_DAP, "read port register", 6, STATUS },
	{ ST_DEBUG, DEBUG_WRITE_DAP, "write port register", 6, STATUS },
	{ ST_DEBUG, DEBUG_INIT_AP, "open access port", 3, STATUS },
	{ ST_DEBUG, DEBUG_BATCH_OUT, "batch", 4, 0 },
	{ ST_DEBUG, DEBUG_BATCH_IN, "results of batch", 4, 0 },
	{ 0, 0, "?", 2, 0 },
};

static const struct row *find(const uint8_t *command)
{
	const struct row *row = rows;

	while (row->first && (row->first != command[0] || (row->second && row->second != command[1])))
		row++;
	return row;
}

static void add_hex(char *text, size_t size, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, " %02x", bytes[i]);
	}
}

static void add(char *text, size_t size, const char *format, unsigned number)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, format, number);
}

void exchange_text(const struct link_record *record, char *text, size_t size)
{
	const struct row *row = find(record->command);
	uint32_t shown = min_u32(row->reply, record->in_got);

	snprintf(text, size, "%llu.%06llu s +%llu us  %s ", (unsigned long long)record->start_us / 1000000,
		 (unsigned long long)record->start_us % 1000000,
		 (unsigned long long)(record->end_us - record->start_us), row->name);
	add_hex(text, size, record->command, row->command);
	if (record->out_length)
		add(text, size, "  %u out", record->out_length);
	if (record->in_length)
		add(text, size, "  %u in", record->in_got);
	if (shown)
		add_hex(text, size, record->reply, min_u32(shown, LINK_REPLY_KEPT));
	if (record->in_got < record->in_length)
		add(text, size, " (%u asked for)", record->in_length);
	if (record->err) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, "  ! %s", error_text(record->err));
	}
}
