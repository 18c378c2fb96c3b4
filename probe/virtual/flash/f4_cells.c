/* SPDX-License-Identifier: MIT
 *
 * The flash array of STM32F2/F4: cells that programming can only clear, the data cache that an
 * erase does not refresh (RM0090 3.5.4), and what an interrupted operation leaves behind.
 */
#include "probe/virtual/flash/f4.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <stdlib.h>
#include <string.h>

enum { ACR_DCEN = 1 << 10, ACR_DCRST = 1 << 12 };

/* --- the data cache --------------------------------------------------------------------------- */

/* Only debug reads are followed line by line: the core reads its flash without asking the bus. */
static void cache_fill(struct flash_f4 *flash, uint32_t offset)
{
	struct flash_line *line = &flash->lines[flash->next_line];

	offset &= ~15u;
	for (size_t i = 0; i < FLASH_F4_LINES; i++)
		if (flash->lines[i].valid && flash->lines[i].offset == offset)
			return;
	if (line->valid)	/* its stale bytes go with it */
		memcpy(flash->seen + line->offset, flash->cells + line->offset,
		       sizeof(line->bytes));
	flash->next_line = (flash->next_line + 1) % FLASH_F4_LINES;
	line->valid = true;
	line->offset = offset;
	memcpy(line->bytes, flash->cells + offset, sizeof(line->bytes));
}

static void show_line(struct flash_f4 *flash, const struct flash_line *line, bool cached)
{
	const uint8_t *from = cached ? line->bytes : flash->cells + line->offset;

	if (memcmp(flash->seen + line->offset, from, sizeof(line->bytes)) == 0)
		return;
	memcpy(flash->seen + line->offset, from, sizeof(line->bytes));
	bus_changed(flash->soc->bus, flash->base + line->offset, sizeof(line->bytes));
}

void flash_f4_cache_changed(struct flash_f4 *flash, uint32_t old_acr)
{
	bool reset = flash->acr & ACR_DCRST;

	if (!reset && !((flash->acr ^ old_acr) & ACR_DCEN))
		return;
	for (size_t i = 0; i < FLASH_F4_LINES; i++) {
		struct flash_line *line = &flash->lines[i];

		line->valid = line->valid && !reset;
		show_line(flash, line, line->valid && flash->acr & ACR_DCEN);
	}
}

/* Cells changed: programming refreshes what the cache has of them, an erase does not. */
static void show_change(struct flash_f4 *flash, uint32_t offset, uint32_t length, bool refresh)
{
	memcpy(flash->seen + offset, flash->cells + offset, length);
	for (size_t i = 0; i < FLASH_F4_LINES; i++) {
		struct flash_line *line = &flash->lines[i];
		uint32_t from = max_u32(offset, line->offset);
		uint32_t to = min_u32(offset + length, line->offset + sizeof(line->bytes));
		uint8_t *cached = line->bytes + (from - line->offset);

		if (!line->valid || from >= to)
			continue;
		if (refresh)
			memcpy(cached, flash->cells + from, to - from);
		else if (flash->acr & ACR_DCEN)
			memcpy(flash->seen + from, cached, to - from);
	}
	bus_changed(flash->soc->bus, flash->base + offset, length);
}

/* --- effects ---------------------------------------------------------------------------------- */

static void erase(struct flash_f4 *flash, uint32_t offset, uint32_t length, bool weak)
{
	memset(flash->cells + offset, 0xFF, length);
	if (offset <= flash->faint.offset &&
	    offset + length >= flash->faint.offset + flash->faint.length)
		flash->faint.length = 0;
	if (weak) {	/* unpredictable by RM0090 3.6.2; here: a bit in each row stays 0 */
		flash->silent.weak_writes++;
		for (uint32_t i = 7; i < length; i += 512)
			flash->cells[offset + i] = 0xEF;
	}
	show_change(flash, offset, length, false);
}

static void program(struct flash_f4 *flash, const struct flash_job *job)
{
	uint8_t *cells = job->cells + job->offset;

	for (uint32_t i = 0; i < job->length; i++) {
		uint8_t byte = (uint8_t)(job->value >> 8 * i);

		if (byte & ~cells[i]) {
			flash->silent.bits_not_set++;
			log_line(LOG_VIRTUAL, "flash: 0 can't become 1 at +%X: %02X onto %02X",
				 (unsigned)(job->offset + i), byte, cells[i]);
		}
		cells[i] &= byte;
	}
	if (job->weak) {
		flash->silent.weak_writes++;
		cells[job->length - 1] |= 0x10 & ~(uint8_t)(job->value >> 8 * (job->length - 1));
	}
	if (job->cells == flash->cells)
		show_change(flash, job->offset, job->length, true);
	else
		bus_changed(flash->soc->bus, flash->info_base + job->offset, job->length);
}

void flash_f4_apply(struct flash_f4 *flash)
{
	const struct flash_job *job = &flash->job;

	switch (job->kind) {
	case FLASH_PROGRAM:
		program(flash, job);
		break;
	case FLASH_OPTIONS:
		if (job->length)	/* level 1 -> 0 erases the flash */
			erase(flash, job->offset, job->length, false);
		flash_f4_option_apply(flash);
		break;
	case FLASH_ERASE:
		erase(flash, job->offset, job->length, job->weak);
		break;
	case FLASH_IDLE:
		break;
	}
}

/* Garbage that is the same in every run: half-erased cells read at random. */
static uint8_t noise(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (uint8_t)(*seed >> 24);
}

static void leave_garbage(struct flash_f4 *flash, const struct flash_job *job)
{
	uint32_t seed = job->offset ^ (uint32_t)job->started_ns;

	for (uint32_t i = 0; i < job->length; i++) {
		uint8_t *cell = &job->cells[job->offset + i];

		if (job->kind == FLASH_PROGRAM)	/* some of the bits got through */
			*cell &= (uint8_t)(job->value >> 8 * i) | noise(&seed);
		else
			*cell |= noise(&seed);
	}
	if (job->cells == flash->cells)
		show_change(flash, job->offset, job->length, true);
}

/* An erase that was nearly done looks done: cells read 1 by a hair's breadth. */
static bool looks_done(const struct flash_f4 *flash, const struct flash_job *job)
{
	uint64_t whole_ns = flash->busy_until_ns - job->started_ns;

	return job->kind == FLASH_ERASE &&
	       vclock_since(flash->soc->clock, job->started_ns) >= whole_ns / 4 * 3;
}

void flash_f4_cells_power_on(struct flash_f4 *flash)
{
	uint32_t seed = flash->faint.offset;

	for (uint32_t i = 0; i < flash->faint.length; i++)
		flash->cells[flash->faint.offset + i] &= noise(&seed);
	flash->faint.length = 0;
	memcpy(flash->seen, flash->cells, flash->size);
	bus_changed(flash->soc->bus, flash->base, flash->size);
}

void flash_f4_cut(struct flash_f4 *flash)
{
	if (looks_done(flash, &flash->job)) {
		erase(flash, flash->job.offset, flash->job.length, false);
		flash->faint.offset = flash->job.offset;
		flash->faint.length = flash->job.length;
	} else {
		leave_garbage(flash, &flash->job);
	}
	if (flash->job.kind == FLASH_OPTIONS)
		flash_f4_option_cut(flash);
}

/* --- the bus ---------------------------------------------------------------------------------- */

static uint32_t offset_of(const struct flash_f4 *flash, uint32_t address)
{
	/* Below the real address is the alias. */
	return address - (address >= flash->base ? flash->base : flash->kin->alias);
}

static enum bus_result cells_check(void *context, uint32_t address, unsigned width,
				   enum bus_master master)
{
	struct flash_f4 *flash = context;
	enum bus_result result = flash->blocked ? BUS_FAULT :
		flash_f4_wait_for_bank(flash, offset_of(flash, address), master);

	(void)width;
	if (result == BUS_OK && master == BUS_DEBUG && flash->acr & ACR_DCEN)
		cache_fill(flash, offset_of(flash, address));
	return result;
}

/* Whether CR is set up for this write; 0 or the error flag. */
static int program_error(const struct flash_f4 *flash, uint32_t address, unsigned width,
			 const char **reason)
{
	unsigned bytes = 1u << flash_f4_psize(flash);

	*reason = "write without PG";
	if (!(flash->cr & CR_PG))	/* SER beside it does no harm: st-flash 1.7 leaves it set */
		return FLASH_PGSERR;
	*reason = "write crosses a 128-bit row";
	if (bytes == 8 && address % 8 != 0 && address % 8 != 4)
		return FLASH_PGAERR;
	*reason = bytes == 8 ? "x64 without a supply on VPP (guess)"
			     : "width of the write is not PSIZE";
	return width == bytes ? 0 : FLASH_PGPERR;
}

static enum bus_result cells_write(void *context, uint32_t address, unsigned width, uint32_t value,
				   enum bus_master master)
{
	struct flash_f4 *flash = context;
	enum bus_result result = flash->blocked ? BUS_FAULT : flash_f4_wait(flash, master);
	const char *reason;
	int error;

	if (result != BUS_OK)
		return result;
	error = program_error(flash, address, width, &reason);
	if (!error && flash_f4_option_protects(flash, address - flash->base)) {
		error = FLASH_WRPERR;
		reason = "write to a write-protected sector";
	}
	if (error) {
		flash_f4_fail(flash, (enum flash_sr)error, reason);
		return BUS_OK;	/* the flag is all that tells (3.6.5) */
	}
	flash_f4_start(flash, &(struct flash_job){ .kind = FLASH_PROGRAM, .cells = flash->cells,
		       .offset = address - flash->base, .length = width, .value = value,
		       .weak = flash_f4_too_wide_for_supply(flash) }, FLASH_PROGRAM_NS);
	return BUS_OK;
}

int flash_f4_cells_new(struct flash_f4 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;

	flash->base = spec->banks[0].base;
	for (size_t i = 0; i < spec->bank_count; i++)
		flash->size += spec->banks[i].size;
	flash->cells = malloc(flash->size);
	flash->seen = malloc(flash->size);
	if (!flash->cells || !flash->seen)
		return E_MEMORY;
	memset(flash->cells, 0xFF, flash->size);
	memset(flash->seen, 0xFF, flash->size);
	soc_add_area(flash->soc, "flash", flash->cells, flash->size);
	return OK;
}

void flash_f4_cells_add(struct flash_f4 *flash)
{
	struct bus_memory memory = {
		.name = "flash", .base = flash->base, .size = flash->size, .bytes = flash->seen,
		.executable = true, .context = flash, .write = cells_write, .check = cells_check,
		.check_while = &flash->special,
	};

	bus_add_memory(flash->soc->bus, &memory);
	memory.name = "flash alias";
	memory.base = flash->kin->alias;
	memory.write = NULL;	/* programming works at the real address only (guess) */
	bus_add_memory(flash->soc->bus, &memory);
}
