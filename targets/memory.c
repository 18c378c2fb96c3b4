/* SPDX-License-Identifier: MIT
 *
 * Memory as a debugger sees it: each area by its own rules, our BKPTs hidden.
 */
#include "targets/core_private.h"

#include <string.h>

#include "probe/bytes.h"
#include "targets/board.h"
#include "targets/cortexm.h"
#include "targets/memory_cache.h"

/* Reads longer than this are no browsing: they go to the target in one piece and are not kept. */
enum { CACHED_READ_MAX = 2 * MEMORY_LINE };

void memory_cache_drop(struct core *core)
{
	if (core->cache)
		memory_cache_forget(core->cache);
}

void memory_cache_end_burst(struct core *core)
{
	if (core->cache)
		memory_cache_forget_ahead(core->cache);
}

void memory_cache_enable(struct core *core, bool on)
{
	if (core->cache)
		memory_cache_set(core->cache, on);
}

static bool all_halted(const struct board *board)
{
	for (unsigned i = 0; i < board->core_count; i++) {
		if (board->cores[i].state != CORE_HALTED)
			return false;
	}
	return true;
}

/* One stretch that may be read at any width; *done = good bytes. */
static int read_any(struct core *core, uint32_t address, uint8_t *data, uint32_t length,
		    uint32_t *done)
{
	uint32_t fault = address;
	int err = probe_read(core->board->probe, core->port, address, data, length, PROBE_ANY,
			     &fault);

	*done = length;
	if (err)
		*done = err == E_FAULT && fault - address < length ? fault - address : 0;
	return err;
}

static int read_line(struct core *core, uint32_t base, uint8_t line[MEMORY_LINE])
{
	const uint8_t *kept = memory_cache_find(core->cache, base);
	uint32_t done;
	int err = 0;

	if (kept) {
		memcpy(line, kept, MEMORY_LINE);
		return 0;
	}
	err = read_any(core, base, line, MEMORY_LINE, &done);
	if (!err)
		memory_cache_keep(core->cache, base, line);
	return err;
}

/* Flash through the cache, line by line. A line that can't be read whole is read exactly. */
static int read_flash(struct core *core, uint32_t address, uint8_t *data, uint32_t length,
		      uint32_t *done)
{
	uint8_t line[MEMORY_LINE];

	*done = 0;
	if (!memory_cache_is_on(core->cache) || !all_halted(core->board) ||
	    length > CACHED_READ_MAX)
		return read_any(core, address, data, length, done);
	while (*done < length) {
		uint32_t at = address + *done, offset = at % MEMORY_LINE;
		uint32_t n = min_u32(MEMORY_LINE - offset, length - *done), good;
		int err = read_line(core, at - offset, line);

		if (!err) {
			memcpy(data + *done, line + offset, n);
			*done += n;
			continue;
		}
		if (err != E_FAULT)
			return err;
		err = read_any(core, at, data + *done, n, &good);
		*done += good;
		if (err)
			return err;
	}
	return 0;
}

static bool may_read_ahead(const struct core *core, uint32_t address, uint32_t length)
{
	const struct chip_region *region = chip_region_at(&core->board->chip, address);

	return memory_cache_is_on(core->cache) && all_halted(core->board) && region &&
	       !region->ecc && region->kind != CHIP_BACKUP && length < MEMORY_AHEAD;
}

/* RAM: the line asked for is read whole and serves the other reads of the same burst. */
static int read_ram(struct core *core, uint32_t address, uint32_t end, uint8_t *data,
		    uint32_t length, uint32_t *done)
{
	uint64_t now_us = link_now_us(probe_link(core->board->probe));
	uint32_t start = address & ~3u, whole = min_u32(MEMORY_AHEAD, end - start);
	uint8_t line[MEMORY_AHEAD];
	const uint8_t *kept;
	int err;

	if (!may_read_ahead(core, address, length) || address - start + length > whole)
		return read_any(core, address, data, length, done);
	kept = memory_cache_find_ahead(core->cache, address, length, now_us);
	if (!kept) {
		err = read_any(core, start, line, whole, done);
		if (err == E_FAULT)
			return read_any(core, address, data, length, done);
		if (err)
			return err;
		memory_cache_keep_ahead(core->cache, start, line, whole, now_us);
		kept = line + (address - start);
	}
	memcpy(data, kept, length);
	*done = length;
	return 0;
}

/* The widest access that address and length allow, and how far it goes. */
static enum probe_width width_at(uint32_t address, uint32_t length, uint32_t *piece)
{
	if (address % 4 == 0 && length >= 4) {
		*piece = length & ~3u;
		return PROBE_32;
	}
	if (address % 2 == 0 && length >= 2) {
		*piece = 2;
		return PROBE_16;
	}
	*piece = 1;
	return PROBE_8;
}

/* Whoever reads DHCSR clears its sticky bits: they are taken note of here too. */
static void watch_dhcsr(struct core *core, uint32_t address, const uint8_t *data, uint32_t length)
{
	uint32_t offset = (uint32_t)DHCSR - address;

	if (offset < length && length - offset >= 4)
		core_take_dhcsr(core, get_u32(data + offset));
}

/* Peripherals: each register once, at the width asked. */
static int read_exact(struct core *core, uint32_t address, uint8_t *data, uint32_t length,
		      uint32_t *done)
{
	for (*done = 0; *done < length;) {
		uint32_t piece, at = address + *done, fault = at;
		enum probe_width width = width_at(at, length - *done, &piece);
		int err = probe_read(core->board->probe, core->port, at, data + *done, piece, width,
				     &fault);

		if (err) {
			*done += err == E_FAULT && fault - at < piece ? fault - at : 0;
			return err;
		}
		*done += piece;
	}
	watch_dhcsr(core, address, data, length);
	return 0;
}

static int read_area(struct core *core, enum board_area area, uint32_t address, uint32_t end,
		     uint8_t *data, uint32_t length, uint32_t *done)
{
	switch (area) {
	case AREA_FLASH:
		return read_flash(core, address, data, length, done);
	case AREA_RAM:
		return read_ram(core, address, end, data, length, done);
	case AREA_ROM:
		return read_any(core, address, data, length, done);
	case AREA_PERIPHERAL:
	case AREA_NONE:
		return read_exact(core, address, data, length, done);
	}
	return E_ARGUMENT;
}

int memory_read(struct core *core, uint32_t address, void *data, uint32_t length, uint32_t *done)
{
	uint8_t *bytes = data;
	int err = 0;

	*done = 0;
	if (address && length > 0u - address)
		length = 0u - address;
	while (!err && *done < length) {
		uint32_t at = address + *done, end, got = 0;
		enum board_area area = board_area_at(core->board, at, &end);
		uint32_t room = end - at;	/* right for end == 2^32 as well */

		err = read_area(core, area, at, end, bytes + *done, min_u32(room, length - *done),
				&got);
		*done += got;
	}
	points_hide_soft(core, address, bytes, *done);
	return err == E_FAULT && *done ? 0 : err;
}

static int write_exact(struct core *core, uint32_t address, const uint8_t *data, uint32_t length,
		       uint32_t *fault)
{
	int err = 0;

	for (uint32_t done = 0; !err && done < length;) {
		uint32_t piece;
		enum probe_width width = width_at(address + done, length - done, &piece);

		err = probe_write(core->board->probe, core->port, address + done, data + done, piece,
				  width, fault);
		done += piece;
	}
	return err;
}

/* RAM written by anyone makes every read-ahead old; a register may change what flash shows. */
static void drop_caches(struct board *board, enum board_area area)
{
	for (unsigned i = 0; i < board->core_count; i++) {
		if (area == AREA_RAM)
			memory_cache_end_burst(&board->cores[i]);
		else
			memory_cache_drop(&board->cores[i]);
	}
}

/* A flash job needs RAM for its loader: what a client has just put there must outlive it. */
static void note_written(struct board *board, uint32_t address, uint32_t length)
{
	uint32_t base = address, last = address + (length - 1);

	if (board->written.size) {
		base = min_u32(base, board->written.base);
		last = max_u32(last, board->written.base + (board->written.size - 1));
	}
	board->written.base = base;
	board->written.size = last - base + 1;
}

static int write_area(struct core *core, enum board_area area, uint32_t address,
		      const uint8_t *data, uint32_t length, uint32_t *fault)
{
	int err = 0;

	drop_caches(core->board, area);
	switch (area) {
	case AREA_FLASH:
	case AREA_ROM:
		if (fault)
			*fault = address;
		return E_RANGE;
	case AREA_RAM:
		err = points_lift_soft(core, address, length);
		if (err)
			return err;
		note_written(core->board, address, length);
		return probe_write(core->board->probe, core->port, address, data, length, PROBE_ANY,
				   fault);
	case AREA_PERIPHERAL:
	case AREA_NONE:
		return write_exact(core, address, data, length, fault);
	}
	return E_ARGUMENT;
}

int memory_write(struct core *core, uint32_t address, const void *data, uint32_t length,
		 uint32_t *fault)
{
	const uint8_t *bytes = data;
	int err = 0;

	for (uint32_t done = 0; !err && done < length;) {
		uint32_t at = address + done, end;
		enum board_area area = board_area_at(core->board, at, &end);
		uint32_t n = min_u32(end - at, length - done);

		err = write_area(core, area, at, bytes + done, n, fault);
		done += n;
	}
	return err;
}
