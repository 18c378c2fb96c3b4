/* SPDX-License-Identifier: MIT
 *
 * Checksums of target memory: where the target can run code, by loaders/crc_unit.S if its CRC unit
 * may be used, else by loaders/crc.S; else by reading.
 */
#include "flash/checksum.h"

#include <stdlib.h>
#include <string.h>

#include "flash/loaders/crc.h"
#include "flash/loaders/crc_unit.h"
#include "flash/routine.h"
#include "flash/secure.h"
#include "probe/bytes.h"
#include "targets/batch.h"
#include "targets/clock.h"

enum {
	TABLES = 4096, TABLE_SMALL = 1024,	/* RAM for tables: words at once, or bytes */
	ITEM = 12,			/* of the routine's list: address, length, crc */
	LIST_MOST = 256,		/* items in one run */
	STACK = 64,			/* for what a fault pushes */
	READ_SIZE = 4096,		/* ranges up to this size are read: that is as quick */
};

/* The routine, a word to spare, and its list. */
#define TEXT_MOST ((sizeof loader_crc + 3) / 4 * 4 + 4 + LIST_MOST * ITEM)

/* Cost of the routine in core cycles: a word, a byte, and its tables; generous. */
enum { CYCLES_WORD = 26, CYCLES_BYTE = 16, CYCLES_TABLES = 40000 };
enum { CYCLES_WORD_UNIT = 9 };

/* The CRC unit: its registers, and from which length on it is worth the preparation. */
enum { CRC_DR = 0, CRC_CR = 8, CRC_CR_RESET = 1, SAMPLE_WORD = 0x01234567, UNIT_LEAST = 4096 };

enum { CLOCK_SLOWEST_HZ = 500000 };	/* for the deadline */

/* Where things lie in loader RAM: code, list, tables, room for a fault's stack frame. */
struct layout {
	uint32_t code, list, spare, tables, stack_top;
	size_t items;			/* room in the list */
	bool words;			/* room for all four tables */
	bool unit;			/* by the CRC unit: no tables */
};

static bool lay_out(const struct chip *chip, size_t items, bool unit, struct layout *l)
{
	uint32_t code = unit ? sizeof loader_crc_unit : sizeof loader_crc;
	uint32_t base, size, tables, fixed = (code + 3) / 4 * 4 + 4 + STACK;

	if (!routine_area(chip, &base, &size) || size < fixed + ITEM + TABLE_SMALL)
		return false;
	l->unit = unit;
	l->words = size >= fixed + ITEM + TABLES;
	tables = unit ? 0 : l->words ? TABLES : TABLE_SMALL;
	l->items = min_u32((uint32_t)items, min_u32(LIST_MOST, (size - fixed - tables) / ITEM));
	l->code = base;
	l->spare = base + (code + 3) / 4 * 4;
	l->list = l->spare + 4;
	l->tables = l->list + (uint32_t)l->items * ITEM;
	l->stack_top = (l->tables + tables + STACK) / 8 * 8;
	return true;
}

static bool suit_unit(const struct checksum_range *ranges, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		if (ranges[i].address % 4 || ranges[i].length % 4)
			return false;
		sum += ranges[i].length;
	}
	return sum >= UNIT_LEAST;
}

/* Turns the CRC unit on and tries it: what is not as it should be is not used. The first use since a
 * reset; a fault is as good an answer as another. */
static bool try_unit(struct core *core)
{
	static const uint8_t sample[] = { 0x01, 0x23, 0x45, 0x67 };	/* SAMPLE_WORD */
	const struct chip *chip = &core->board->chip;
	struct batch batch;
	uint32_t enabled;
	size_t found;

	if (!chip->crc_unit || probe_read_u32(core->board->probe, core->port, chip->crc_enable, &enabled))
		return false;
	batch_begin(&batch, core);
	batch_write(&batch, chip->crc_enable, enabled | 1u << (chip->crc_bit & 31));
	batch_write(&batch, chip->crc_unit + CRC_CR, CRC_CR_RESET);
	batch_write(&batch, chip->crc_unit + CRC_DR, SAMPLE_WORD);
	found = batch_read(&batch, chip->crc_unit + CRC_DR);
	return !batch_run(&batch) && batch_value(&batch, found) == crc32_gdb(0xFFFFFFFF, sample, sizeof sample);
}

/* The routine with its list behind it, to be written at once. Returns its size. */
static size_t compose(const struct layout *l, const struct checksum_range *ranges, size_t count, uint8_t *text)
{
	uint8_t *list = text + (l->list - l->code);

	memset(text, 0, l->list - l->code);
	memcpy(text, l->unit ? loader_crc_unit : loader_crc, l->unit ? sizeof loader_crc_unit : sizeof loader_crc);
	for (size_t i = 0; i < count; i++) {
		put_u32(list + i * ITEM, ranges[i].address);
		put_u32(list + i * ITEM + 4, ranges[i].length);
		put_u32(list + i * ITEM + 8, 0xFFFFFFFF);
	}
	return l->list - l->code + count * ITEM;
}

static int read_list(struct core *core, const struct layout *l, struct checksum_range *ranges,
		     size_t count, struct why *why)
{
	uint8_t list[LIST_MOST * ITEM];
	int err = probe_read(core->board->probe, core->port, l->list, list, (uint32_t)(count * ITEM),
			     PROBE_ANY, NULL);

	if (err)
		return explain(why, err, "reading RAM at 0x%08X: %s", l->list, error_text(err));
	for (size_t i = 0; i < count; i++)
		ranges[i].crc = get_u32(list + i * ITEM + 8);
	return 0;
}

static uint64_t run_us(const struct layout *l, const struct checksum_range *ranges, size_t count,
		       uint32_t hz)
{
	uint64_t cycles = l->unit ? 0 : CYCLES_TABLES;

	for (size_t i = 0; i < count; i++)
		cycles += l->unit ? (uint64_t)ranges[i].length / 4 * CYCLES_WORD_UNIT
			: l->words ? (uint64_t)ranges[i].length / 4 * CYCLES_WORD + 7 * CYCLES_BYTE
			: (uint64_t)ranges[i].length * CYCLES_BYTE;
	return cycles * 1000000 / hz;
}

/* One run of the routine over at most l->items ranges. */
static int run_list(struct core *core, const struct layout *l, struct checksum_range *ranges,
		    size_t count, struct why *why)
{
	const struct chip *chip = &core->board->chip;
	uint8_t text[TEXT_MOST];
	const struct routine_call call = {
		.code = text, .code_size = compose(l, ranges, count, text), .entry = l->code, .stack_top = l->stack_top,
		.arguments = { l->list, l->list + (uint32_t)count * ITEM,
			       l->unit ? chip->crc_unit : l->tables,
			       routine_watchdog(chip, l->spare),
			       l->unit ? routine_window_watchdog(chip, l->spare) : l->words },
	};
	int err = routine_start(core, &call, why);

	/* The wait starts with what is certain; the rest is asked for. */
	if (!err)
		err = routine_wait(core, &call, run_us(l, ranges, count, clock_hz(core->board)) / 2,
				   run_us(l, ranges, count, CLOCK_SLOWEST_HZ), why);
	return err ? err : read_list(core, l, ranges, count, why);
}

static int read_one(struct core *core, struct checksum_range *range, struct why *why)
{
	uint32_t at = range->address, left = range->length;
	uint8_t data[READ_SIZE];

	range->crc = 0xFFFFFFFF;
	while (left) {
		uint32_t done = 0;
		int err = memory_read(core, at, data, min_u32(left, sizeof data), &done);

		if (err || !done)
			return explain(why, err ? err : E_FAULT, "reading 0x%08X: %s", at,
				       error_text(err ? err : E_FAULT));
		range->crc = crc32_gdb(range->crc, data, done);
		at += done;
		left -= done;
	}
	return 0;
}

static int read_all(struct core *core, struct checksum_range *ranges, size_t count, struct why *why)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = read_one(core, &ranges[i], why);
	return err;
}

int checksum_ranges(struct core *core, struct checksum_range *ranges, size_t count, bool may_run,
		    struct why *why)
{
	struct layout l;
	int err = 0;

	if (!may_run || !lay_out(&core->board->chip, count, suit_unit(ranges, count) && try_unit(core), &l))
		return read_all(core, ranges, count, why);
	for (size_t i = 0; i < count && !err; i += l.items) {
		size_t n = count - i < l.items ? count - i : l.items;

		err = run_list(core, &l, ranges + i, n, why);
	}
	return err;
}

/* RAM that the routine is going to use, as it was; NULL without memory or when it can't be read. */
static uint8_t *save_ram(struct core *core, uint32_t base, uint32_t size)
{
	uint8_t *copy = malloc(size);

	if (copy && probe_read(core->board->probe, core->port, base, copy, size, PROBE_ANY, NULL)) {
		free(copy);
		return NULL;
	}
	return copy;
}

static bool overlap(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a < (uint64_t)b + b_size && b < (uint64_t)a + a_size;
}

/* Runs the routine and leaves no trace of it. *ran = false: it could not run, nothing is known. */
static int run_unseen(struct core *core, const struct layout *l, struct checksum_range *range,
		      bool *ran, struct why *why)
{
	struct probe *probe = core->board->probe;
	uint32_t size = l->stack_top - l->code;
	struct routine_context context;
	uint8_t *ram;
	int err, put_back;

	*ran = false;
	if (core_lift_points(core) || routine_save(core, &context))
		return 0;
	ram = save_ram(core, l->code, size);
	if (!ram)
		return 0;
	err = run_list(core, l, range, 1, why);
	*ran = err != E_LOADER;
	probe_critical_begin(probe);
	put_back = probe_write(probe, core->port, l->code, ram, size, PROBE_ANY, NULL);
	if (!put_back)
		put_back = routine_restore(core, &context);
	probe_critical_end(probe);
	free(ram);
	memory_cache_end_burst(core);
	if (put_back)
		return explain(why, put_back, "putting back RAM and registers after a checksum: %s",
			       error_text(put_back));
	return *ran ? err : 0;
}

static int sum_unseen(struct core *core, struct checksum_range *range, struct why *why)
{
	uint32_t address = range->address, length = range->length;
	bool ran = false;
	struct layout l;
	int err = 0;

	if (length > READ_SIZE && lay_out(&core->board->chip, 1, false, &l) &&
	    !overlap(address, length, l.code, l.stack_top - l.code))
		err = run_unseen(core, &l, range, &ran, why);
	return err || ran ? err : read_one(core, range, why);
}

int checksum_target(struct core *core, uint32_t address, uint32_t length, uint32_t *crc,
		    struct why *why)
{
	struct checksum_range range = { address, length, 0 };
	struct secure_pages pages = { .held = false };
	int err, left;

	if (core->state != CORE_HALTED)
		return explain(why, E_NOT_HALTED, "a checksum needs a halted core");
	if (chip_is_secure(&core->board->chip))
		chip_flash_address(&core->board->chip, address, &range.address);
	err = secure_pages_begin(&pages, core, why);
	if (!err)
		err = sum_unseen(core, &range, why);
	left = secure_pages_end(&pages, core);
	*crc = range.crc;
	return err ? err : left ? explain(why, left, "putting back FLASH_SECBB: %s", error_text(left)) : 0;
}
