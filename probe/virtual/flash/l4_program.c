/* SPDX-License-Identifier: MIT
 *
 * Writes to the flash of L4 and its kin: words are collected to units, fast rows or bursts, checked
 * and programmed. With ECC a unit that was programmed once takes nothing more but zeros, and not
 * even these if it was programmed to all FF (ES0394 2.2.10, ES0418 2.2.5).
 */
#include "probe/virtual/flash/l4.h"

#include "probe/log.h"

enum { WORD_WINDOW_NS = 20000,	/* between the words of a fast row */
       FAST_LEAST_HZ = 8000000 };

/* --- units that can't be programmed again ----------------------------------------------------- */

static uint32_t unit_number(const struct flash_l4 *flash, const struct nvm_array *array,
			    uint32_t offset)
{
	return (offset + (array == &flash->otp ? flash->cells.size : 0)) / flash->unit;
}

static bool is_sealed(const struct flash_l4 *flash, const struct nvm_array *array, uint32_t offset)
{
	uint32_t unit = unit_number(flash, array, offset);

	return flash->sealed[unit / 8] >> unit % 8 & 1;
}

static void seal(struct flash_l4 *flash, const struct nvm_array *array, uint32_t offset)
{
	uint32_t unit = unit_number(flash, array, offset);

	if (!flash_l4_has(flash, L4_PLAIN_CELLS))
		flash->sealed[unit / 8] |= (uint8_t)(1 << unit % 8);
}

void flash_l4_unseal(struct flash_l4 *flash, uint32_t offset, uint32_t length)
{
	for (uint32_t at = offset; at < offset + length; at += flash->unit) {
		uint32_t unit = unit_number(flash, &flash->cells, at);

		flash->sealed[unit / 8] &= (uint8_t)~(1 << unit % 8);
	}
}

/* --- the words that wait ---------------------------------------------------------------------- */

void flash_l4_drop_line(struct flash_l4 *flash)
{
	if (flash->line.count)
		log_line(LOG_VIRTUAL, "flash: %u words of a unit are lost", flash->line.count);
	flash->line.count = 0;
}


static bool fast(const struct flash_l4 *flash)
{
	return flash->side->cr & flash->variant->row_bit && !flash_l4_has(flash, L4_BURST);
}

static bool burst(const struct flash_l4 *flash)
{
	return flash->side->cr & flash->variant->row_bit && flash_l4_has(flash, L4_BURST);
}

/* Bytes that belong together. */
static uint32_t line_size(const struct flash_l4 *flash)
{
	return fast(flash) || burst(flash) ? flash->variant->row : flash->unit;
}

static bool all_words_are(const uint32_t *words, uint32_t count, uint32_t value)
{
	for (uint32_t i = 0; i < count; i++)
		if (words[i] != value)
			return false;
	return true;
}

/* Whether the unit at this word of the line can take its words. */
static bool takes(const struct flash_l4 *flash, uint32_t first)
{
	const struct flash_l4_line *line = &flash->line;
	uint32_t offset = line->offset + 4 * first;

	if (is_sealed(flash, line->array, offset))
		return false;
	return nvm_array_blank(line->array, offset, flash->unit) ||
	       (line->array == &flash->cells &&
		all_words_are(line->words + first, flash->unit / 4, 0));
}

static void start_program(struct flash_l4 *flash, uint32_t first, uint32_t count, uint64_t ns)
{
	const struct flash_l4_line *line = &flash->line;
	uint32_t offset = line->offset + 4 * first;

	flash_l4_start(flash, &(struct flash_l4_job){ .kind = L4_PROGRAM, .array = line->array,
		       .offset = offset, .length = 4 * count, .ns = ns,
		       .slots = line->array == &flash->cells
			      ? 1u << flash_l4_slot_at(flash, offset) : 3 });
}

/* The last word of a unit or a burst is there. */
static void complete(struct flash_l4 *flash)
{
	const struct flash_l4_times *times = flash->variant->times;
	struct flash_l4_line *line = &flash->line;
	bool single = !burst(flash);

	for (uint32_t at = 0; at < line->count; at += flash->unit / 4)
		if (!takes(flash, at)) {
			log_line(LOG_VIRTUAL, "flash: the unit at +%X",
				 (unsigned)(line->offset + 4 * at));
			flash_l4_fail(flash, L4_PROGERR, "a unit that is not erased");
			line->count = 0;
			return;
		}
	start_program(flash, 0, line->count, single ? times->unit_ns : times->fast_ns);
	line->count = 0;
}

/* Another word of a fast row: its units are programmed as they fill. */
static void row_goes_on(struct flash_l4 *flash)
{
	struct flash_l4_line *line = &flash->line;
	uint32_t words = flash->unit / 4;
	uint64_t now = vclock_now(flash->soc->clock);

	line->deadline_ns = now + WORD_WINDOW_NS;
	if (line->count % words)
		return;
	start_program(flash, line->count - words, words, flash->variant->times->fast_ns);
	line->deadline_ns = flash->work.until_ns + WORD_WINDOW_NS;
	if (4 * line->count == flash->variant->row)
		line->count = 0;
}

void flash_l4_apply_program(struct flash_l4 *flash)
{
	const struct flash_l4_job *job = &flash->job;
	const uint32_t *words = flash->line.words + (job->offset - flash->line.offset) / 4;

	for (uint32_t i = 0; i < job->length / 4; i++)
		nvm_array_put(job->array, job->offset + 4 * i, 4, words[i]);
	for (uint32_t at = 0; at < job->length; at += flash->unit)
		if (all_words_are(words + at / 4, flash->unit / 4, UINT32_MAX))
			seal(flash, job->array, job->offset + at);
	if (job->array == &flash->cells)
		flash_l4_changed(flash, job->offset, job->length);
}

void flash_l4_cut_program(struct flash_l4 *flash)
{
	const struct flash_l4_job *job = &flash->job;
	const uint32_t *words = flash->line.words + (job->offset - flash->line.offset) / 4;

	for (uint32_t i = 0; i < job->length / 4; i++)
		nvm_array_cut_program(job->array, job->offset + 4 * i, 4, words[i]);
	for (uint32_t at = 0; at < job->length; at += flash->unit)
		seal(flash, job->array, job->offset + at);
}

/* --- rules ------------------------------------------------------------------------------------ */

/* What forbids a write whatever the words before; 0 or error flags. */
static uint32_t forbids(const struct flash_l4 *flash, const struct nvm_array *array,
			uint32_t offset, unsigned width, const char **reason)
{
	bool fast_row = fast(flash), programming = flash->side->cr & L4_PG || fast_row;

	*reason = "write while errors are pending";
	if (flash_l4_pending_errors(flash))
		return L4_PGSERR;
	*reason = "write without PG, or with PER or MER";
	if (!flash->side->lock.open || !programming || (flash->side->cr & L4_PG && fast_row) ||
	    flash->side->cr & (L4_PER | L4_MER1 | flash->variant->mer2))
		return L4_PGSERR;
	*reason = "write that is not a word";
	if (width != 4)
		return L4_SIZERR;
	*reason = "fast programming of OTP";
	if (array == &flash->otp && (fast_row || burst(flash)))
		return L4_PGSERR;
	*reason = "write to a protected place";
	if (array == &flash->otp)
		return flash->level ? L4_WRPERR : 0;
	return flash_l4_write_protected(flash, offset, offset + 4) ||
	       !flash_l4_side_reaches(flash, offset, offset + 4) ||
	       flash_l4_pcrop(flash, offset, offset + 4) ||
	       flash_l4_hidden(flash, offset, offset + 4) ? L4_WRPERR : 0;
}

/* What a fast row needs before its first word. */
static uint32_t forbids_row(const struct flash_l4 *flash, uint32_t offset, const char **reason)
{
	bool whole = flash->mass_erased >> flash_l4_slot_at(flash, offset) & 1;

	*reason = "fast row that is not erased";
	for (uint32_t at = 0; at < flash->variant->row; at += flash->unit)
		if (!nvm_array_blank(&flash->cells, offset + at, flash->unit) ||
		    is_sealed(flash, &flash->cells, offset + at))
			return L4_PGSERR | L4_FASTERR;
	*reason = "fast row in a bank that was not mass-erased";
	if (flash_l4_has(flash, L4_FAST_AFTER_MASS) && !whole)
		return L4_PGSERR | L4_FASTERR;
	*reason = "fast row in a page that was not the last one erased";
	if (flash_l4_has(flash, L4_FAST_AFTER_ERASE) && !whole &&
	    offset - flash->last_erased >= flash_l4_page_size(flash))
		return L4_PGSERR | L4_PGAERR | L4_FASTERR;
	*reason = "fast programming below 8 MHz";
	return flash->soc->hclk_hz < FAST_LEAST_HZ ? L4_MISERR | L4_FASTERR : 0;
}

/* The place of a word among those before it. */
static uint32_t misplaced(const struct flash_l4 *flash, const struct nvm_array *array,
			  uint32_t offset, const char **reason)
{
	const struct flash_l4_line *line = &flash->line;
	uint32_t also = fast(flash) ? L4_FASTERR : 0;

	*reason = "first word that is not at the start of a unit or row";
	if (line->count == 0)
		return offset % line_size(flash) ? L4_PGAERR | also : 0;
	*reason = "word that does not follow the one before";
	if (array != line->array || offset != line->offset + 4 * line->count)
		return L4_PGAERR | also;
	*reason = "word of a fast row came too late";
	return fast(flash) && vclock_now(flash->soc->clock) > line->deadline_ns
	     ? L4_MISERR | L4_FASTERR : 0;
}

static uint32_t write_error(const struct flash_l4 *flash, const struct nvm_array *array,
			    uint32_t offset, unsigned width, const char **reason)
{
	uint32_t errors = forbids(flash, array, offset, width, reason);

	if (!errors)
		errors = misplaced(flash, array, offset, reason);
	if (!errors && fast(flash) && flash->line.count == 0)
		errors = forbids_row(flash, offset, reason);
	return errors;
}

/* A word written while LOCK still fills half of the buffer: CFGBSY until the other half comes. */
static bool only_fills(const struct flash_l4 *flash, uint32_t offset, unsigned width)
{
	return flash_l4_has(flash, L4_CFGBSY) && !flash->side->lock.open && width == 4 &&
	       flash->line.count == 0 && offset % flash->unit == 0;
}

static enum bus_result write_word(struct flash_l4 *flash, struct nvm_array *array, uint32_t offset,
				  unsigned width, uint32_t value)
{
	struct flash_l4_line *line = &flash->line;
	const char *reason;
	uint32_t errors = write_error(flash, array, offset, width, &reason);

	if (errors) {
		line->count = only_fills(flash, offset, width);
		flash_l4_fail(flash, errors, reason);
		return BUS_OK;	/* the flag is all that tells */
	}
	if (line->count == 0) {
		line->array = array;
		line->offset = offset;
	}
	line->words[line->count++] = value;
	if (fast(flash))
		row_goes_on(flash);
	else if (4 * line->count == line_size(flash))
		complete(flash);
	return BUS_OK;
}

enum bus_result flash_l4_cells_write(void *context, uint32_t address, unsigned width,
				     uint32_t value, enum bus_master master)
{
	struct flash_l4 *flash = context;
	enum bus_result result = flash->blocked ? BUS_FAULT : flash_l4_wait(flash, master);
	uint32_t offset = address - flash->cells.base;

	if (result != BUS_OK)
		return result;
	if (flash->trustzone && address - flash->soc->spec->flash_secure < flash->cells.size)
		offset = address - flash->soc->spec->flash_secure;
	else if (flash->gap_base && address >= flash->gap_base)
		offset = flash->bank_count == 2 ? flash->banks[0].size + address - flash->gap_base
						: UINT32_MAX;
	if (offset >= flash->cells.size)
		return BUS_FAULT;
	flash->side = &flash->sides[flash_l4_is_secure(flash, master)];
	return write_word(flash, &flash->cells, offset, width, value);
}

enum bus_result flash_l4_otp_write(void *context, uint32_t address, unsigned width, uint32_t value,
				   enum bus_master master)
{
	struct flash_l4 *flash = context;
	enum bus_result result = flash_l4_wait(flash, master);
	uint32_t offset = address - flash->otp.base;

	if (result != BUS_OK)
		return result;
	if (offset >= flash->soc->spec->otp_size) {
		flash_l4_fail(flash, L4_WRPERR, "write next to OTP");
		return BUS_OK;
	}
	return write_word(flash, &flash->otp, offset, width, value);
}
