/* SPDX-License-Identifier: MIT
 *
 * Program memory and data EEPROM of STM32L0 and L1: which write means what, and what it does to the
 * cells (RM0377 sections 3.3.3 and 3.3.4; times: typical values of the data sheets).
 */
#include "probe/virtual/flash/l1.h"

#include "probe/bytes.h"
#include "probe/log.h"

enum { PAGE = 1024 };

/* --- effects ---------------------------------------------------------------------------------- */

/* On L1 a word takes the 1s of both, what was there and what is written. */
static void put_word(struct flash_l1 *flash, struct nvm_array *cells, uint32_t offset,
		     uint32_t word)
{
	if (!flash->kin->checks_zero)
		word |= nvm_array_get(cells, offset, 4);
	nvm_array_put(cells, offset, 4, word);
}

static void erase_all(struct flash_l1 *flash)
{
	for (size_t i = 0; i < flash->bank_count; i++)
		nvm_array_erase(&flash->banks[i].cells, 0, flash->banks[i].cells.size);
	if (flash->has_eeprom)
		nvm_array_erase(&flash->eeprom.cells, 0, flash->eeprom.cells.size);
}

void flash_l1_apply(struct flash_l1 *flash)
{
	const struct flash_l1_job *job = &flash->job;

	switch (job->kind) {
	case L1_WORD:
	case L1_HALF_PAGE:
		for (uint32_t i = 0; i < job->length; i += 4)
			put_word(flash, job->array, job->offset + i, job->words[i / 4]);
		break;
	case L1_PAGE_ERASE:
		nvm_array_erase(job->array, job->offset, job->length);
		break;
	case L1_MASS_ERASE:
		erase_all(flash);
		nvm_array_put(job->array, job->offset, job->length, job->words[0]);
		break;
	case L1_DATA:
	case L1_OPTION:
		nvm_array_put(job->array, job->offset, job->length, job->words[0]);
		break;
	}
}

void flash_l1_cut(struct flash_l1 *flash, unsigned done)
{
	const struct flash_l1_job *job = &flash->job;

	if (job->kind == L1_PAGE_ERASE) {
		nvm_array_cut_erase(job->array, job->offset, job->length, done);
		return;
	}
	if (job->kind == L1_MASS_ERASE)
		for (size_t i = 0; i < flash->bank_count; i++)
			nvm_array_cut_erase(&flash->banks[i].cells, 0,
					    flash->banks[i].cells.size, done);
	for (uint32_t i = 0; i < job->length; i += 4)
		nvm_array_cut_program(job->array, job->offset + i, min_u32(job->length, 4),
				      job->words[i / 4]);
}

/* --- program memory --------------------------------------------------------------------------- */

/* What was written so far is no longer erased: seen by users of st-flash, whose loader died after
 * the first word (stlink #1330). That it is what was written is a guess. */
void flash_l1_drop_half_page(struct flash_l1 *flash, uint32_t errors, const char *reason)
{
	const struct flash_l1_job *job = &flash->job;

	for (uint32_t i = 0; i < flash->collected; i++)
		put_word(flash, job->array, job->offset + 4 * i, job->words[i]);
	flash->collected = 0;
	flash_l1_fail(flash, errors, reason);
}

/* Offset in all of program memory, which is what write protection counts by. */
static uint32_t whole_offset(const struct flash_l1_area *area, uint32_t offset)
{
	return area->cells.base - area->flash->banks[0].cells.base + offset;
}

static uint32_t page_size(const struct flash_l1 *flash)
{
	return 2 * flash->kin->half_page;
}

static void start_page_erase(struct flash_l1_area *area, uint32_t offset)
{
	struct flash_l1 *flash = area->flash;

	flash->job = (struct flash_l1_job){ .kind = L1_PAGE_ERASE, .array = &area->cells,
					    .offset = offset & ~(page_size(flash) - 1),
					    .length = page_size(flash) };
	flash_l1_start(flash, area->bank, L1_PROGRAM_NS);
}

/* True when the cells may be written as they are. */
static bool may_program(struct flash_l1_area *area, uint32_t offset, uint32_t length)
{
	struct flash_l1 *flash = area->flash;

	if (!flash->kin->checks_zero || flash->pecr & L1_NZDISABLE ||
	    nvm_array_blank(&area->cells, offset, length))
		return true;
	/* Parts of category 3 are known to write all the same. */
	flash_l1_fail(flash, L1_NOTZEROERR, "write to a word that is not erased");
	return false;
}

static void collect_half_page(struct flash_l1_area *area, uint32_t offset, uint32_t word)
{
	struct flash_l1 *flash = area->flash;
	struct flash_l1_job *job = &flash->job;
	uint32_t size = flash->kin->half_page;

	if (flash->collected == 0) {
		*job = (struct flash_l1_job){ .kind = L1_HALF_PAGE, .array = &area->cells,
					      .offset = offset, .length = size };
		if (offset % size != 0) {
			flash_l1_fail(flash, L1_PGAERR, "half page does not begin at its begin");
			return;
		}
	} else if (job->array != &area->cells || offset != job->offset + 4 * flash->collected) {
		flash_l1_drop_half_page(flash, L1_PGAERR, "word out of order in a half page");
		return;
	}
	job->words[flash->collected++] = word;
	flash_l1_update(flash);
	if (flash->collected < size / 4)
		return;
	flash->collected = 0;
	if (may_program(area, job->offset, size))
		flash_l1_start(flash, area->bank, L1_PROGRAM_NS);
}

static void program_word(struct flash_l1_area *area, uint32_t offset, uint32_t word)
{
	struct flash_l1 *flash = area->flash;

	if (!may_program(area, offset, 4))
		return;
	flash->job = (struct flash_l1_job){ .kind = L1_WORD, .array = &area->cells,
					    .offset = offset, .length = 4, .words = { word } };
	flash_l1_start(flash, area->bank, L1_PROGRAM_NS);
}

static void write_flash(struct flash_l1_area *area, uint32_t offset, unsigned width,
			uint32_t value)
{
	struct flash_l1 *flash = area->flash;
	uint32_t mode = flash->pecr & (L1_PROG | L1_DATA_ERASE | L1_ERASE | L1_FPRG);

	if (!flash->lock.open || !flash->program_lock.open)
		flash_l1_fail(flash, L1_WRPERR, "write while PRGLOCK is set");
	else if (flash_l1_write_protected(flash, whole_offset(area, offset)))
		flash_l1_fail(flash, L1_WRPERR, "write to a protected sector");
	else if (width != 4)
		flash_l1_fail(flash, L1_SIZERR, "write to program memory that is not a word");
	else if (mode == (L1_ERASE | L1_PROG))
		start_page_erase(area, offset);
	else if (mode == (L1_FPRG | L1_PROG))
		collect_half_page(area, offset, value);
	else if (mode & (L1_ERASE | L1_FPRG | L1_DATA_ERASE))
		flash_l1_fail(flash, L1_SIZERR, "write with bits in PECR that make no sense (guess)");
	else
		program_word(area, offset, value);
}

/* --- data EEPROM ------------------------------------------------------------------------------ */

/* Cells that are not erased cost the time of an erase, and FIX or FTDW makes it always so. */
static void write_data(struct flash_l1_area *area, uint32_t offset, unsigned width, uint32_t value)
{
	struct flash_l1 *flash = area->flash;
	uint32_t mode = flash->pecr & (L1_PROG | L1_DATA_ERASE | L1_ERASE | L1_FPRG);
	bool erase_only = mode == (L1_ERASE | L1_DATA_ERASE);
	bool blank = nvm_array_blank(&area->cells, offset, width) && !(flash->pecr & L1_FIX);

	if (!flash->lock.open) {
		flash_l1_fail(flash, L1_WRPERR, "write to EEPROM while PELOCK is set");
	} else if (mode & ~(uint32_t)L1_DATA_ERASE && !erase_only) {
		flash_l1_fail(flash, L1_SIZERR, "EEPROM with bits in PECR that make no sense (guess)");
	} else if (erase_only && width != 4) {
		flash_l1_fail(flash, L1_SIZERR, "erase of EEPROM that is not a word");
	} else {
		flash->job = (struct flash_l1_job){ .kind = L1_DATA, .array = &area->cells,
						    .offset = offset, .length = width,
						    .words = { erase_only ? 0 : value } };
		flash_l1_start(flash, area->bank,
			       blank || erase_only ? L1_PROGRAM_NS : 2 * L1_PROGRAM_NS);
	}
}

/* --- the bus ---------------------------------------------------------------------------------- */

/* The other bank can be read while one is busy. */
static enum bus_result check(struct flash_l1_area *area, uint32_t address, enum bus_master master)
{
	struct flash_l1 *flash = area->flash;
	bool alias = address < area->cells.base;

	if (flash_l1_shut(flash) || (!alias && address - area->cells.base >= area->present))
		return BUS_FAULT;
	return flash->busy_bank == area->bank ? nvm_work_wait(&flash->work, master) : BUS_OK;
}

/* PCROP lets the core fetch what nobody may read. */
static bool hidden(const struct flash_l1_area *area, uint32_t address, unsigned width)
{
	const struct flash_l1 *flash = area->flash;
	uint32_t first = flash->banks[0].cells.base;
	uint32_t offset = address >= first ? address - first : address;	/* below: the alias */

	return flash->pcrop && area != &flash->eeprom && width != 0 &&
	       flash_l1_write_protected(flash, offset);
}

/* Half pages are written by code in RAM or by a debugger; a fetch from the bank ends them. */
static enum bus_result cells_check(void *context, uint32_t address, unsigned width,
				   enum bus_master master)
{
	struct flash_l1_area *area = context;
	struct flash_l1 *flash = area->flash;

	if (hidden(area, address, width)) {
		flash_l1_fail(flash, L1_RDERR, "read of a sector under PCROP");
		return BUS_FAULT;	/* guess */
	}
	if (flash->collected && flash->job.array == &area->cells)
		flash_l1_drop_half_page(flash, flash->kin->has_fetch_error ? L1_FWWERR : L1_SIZERR,
					"read of the bank in the middle of a half page");
	return check(area, address, master);
}

static enum bus_result cells_write(void *context, uint32_t address, unsigned width, uint32_t value,
				   enum bus_master master)
{
	struct flash_l1_area *area = context;
	struct flash_l1 *flash = area->flash;
	enum bus_result result = nvm_work_wait(&flash->work, master);

	if (result != BUS_OK)
		return result;
	if (address - area->cells.base >= area->present)
		return BUS_FAULT;
	if (flash_l1_shut(flash))
		flash_l1_fail(flash, L1_WRPERR, "write under read protection");
	else if (area == &flash->eeprom)
		write_data(area, address - area->cells.base, width, value);
	else
		write_flash(area, address - area->cells.base, width, value);
	return BUS_OK;
}

static void add_area(struct flash_l1_area *area, const char *name, uint32_t base, bool alias)
{
	struct flash_l1 *flash = area->flash;

	bus_add_memory(flash->soc->bus, &(struct bus_memory){
		.name = name, .base = base, .size = area->cells.size, .bytes = area->cells.bytes,
		.executable = true, .context = area, .write = alias ? NULL : cells_write,
		.check = cells_check, .check_while = &flash->special });
}

void flash_l1_cells_add(struct flash_l1 *flash)
{
	static const char *const names[2] = { "flash", "flash 2" },
				 *const aliases[2] = { "flash at 0", "flash 2 at 0" };
	uint32_t first = flash->banks[0].cells.base;

	for (size_t i = 0; i < flash->bank_count; i++) {
		struct flash_l1_area *bank = &flash->banks[i];

		add_area(bank, names[i], bank->cells.base, false);
		add_area(bank, aliases[i], bank->cells.base - first, true);
	}
	if (flash->has_eeprom)
		add_area(&flash->eeprom, "eeprom", flash->eeprom.cells.base, false);
}

static int new_area(struct flash_l1 *flash, struct flash_l1_area *area, const char *name,
		    uint32_t base, uint32_t size)
{
	area->flash = flash;
	area->present = size;
	return nvm_array_new(&area->cells, flash->soc, name, base, (size + PAGE - 1) & -(uint32_t)PAGE,
			     0x00);
}

int flash_l1_cells_new(struct flash_l1 *flash)
{
	static const char *const names[2] = { "flash", "flash 2" };
	const struct virtual_spec *spec = flash->soc->spec;

	for (size_t i = 0; i < spec->bank_count; i++) {
		flash->banks[i].bank = (unsigned)i;
		flash->bank_count = i + 1;
		if (new_area(flash, &flash->banks[i], names[i], spec->banks[i].base,
			     spec->banks[i].size))
			return E_MEMORY;
	}
	for (size_t i = 0; i < spec->region_count; i++) {
		const struct virtual_region *region = &spec->regions[i];

		if (region->kind != VIRTUAL_EEPROM || flash->has_eeprom || region->size == 0)
			continue;
		flash->has_eeprom = true;
		if (new_area(flash, &flash->eeprom, "eeprom", region->base, region->size))
			return E_MEMORY;
	}
	return OK;
}
