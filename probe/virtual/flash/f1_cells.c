/* SPDX-License-Identifier: MIT
 *
 * The flash array of STM32F0, F1 and F3: half-words only, page and mass erase, what a reset in the
 * middle leaves (RM0091 section 3.2, PM0075 section 2.3).
 */
#include "probe/virtual/flash/f1.h"

#include "probe/log.h"

/* --- effects ---------------------------------------------------------------------------------- */

void flash_f1_apply(struct flash_f1 *flash, const struct flash_f1_job *job)
{
	switch (job->kind) {
	case F1_PROGRAM:
		nvm_array_put(&flash->cells, job->offset, 2, job->value);
		break;
	case F1_ERASE:
		nvm_array_erase(&flash->cells, job->offset, job->length);
		break;
	case F1_OPTION_PROGRAM:
		nvm_array_put(&flash->options, job->offset, 2, job->value);
		break;
	case F1_OPTION_ERASE:
		nvm_array_erase(&flash->options, job->offset, job->length);
		break;
	}
}

void flash_f1_cut(struct flash_f1 *flash, const struct flash_f1_job *job, unsigned done)
{
	switch (job->kind) {
	case F1_PROGRAM:
		nvm_array_cut_program(&flash->cells, job->offset, 2, job->value);
		break;
	case F1_ERASE:
		nvm_array_cut_erase(&flash->cells, job->offset, job->length, done);
		break;
	case F1_OPTION_PROGRAM:
		nvm_array_cut_program(&flash->options, job->offset, 2, job->value);
		break;
	case F1_OPTION_ERASE:
		nvm_array_cut_erase(&flash->options, job->offset, job->length, done);
		break;
	}
}

/* --- erasing ---------------------------------------------------------------------------------- */

static uint32_t page_size(const struct flash_f1 *flash)
{
	return flash->soc->spec->banks[0].runs[0].size;
}

static void start_page_erase(struct flash_f1_bank *bank)
{
	const struct flash_f1 *flash = bank->flash;
	uint32_t size = page_size(flash);
	uint32_t offset = (bank->ar - flash->cells.base) & ~(size - 1);

	if (offset < bank->offset || offset - bank->offset >= bank->size) {
		log_line(LOG_VIRTUAL, "flash: erase of a page at %08X, which is not there: nothing "
			 "(guess)", (unsigned)bank->ar);
		bank->cr &= ~(uint32_t)F1_STRT;
	} else if (flash_f1_shut(flash) || flash_f1_write_protected(flash, offset)) {
		bank->cr &= ~(uint32_t)F1_STRT;
		flash_f1_fail(bank, F1_WRPRTERR, "erase of a protected page");
	} else {
		flash_f1_start(bank, &(struct flash_f1_job){ F1_ERASE, offset, size, 0 },
			       F1_ERASE_NS);
	}
}

static void start_mass_erase(struct flash_f1_bank *bank)
{
	const struct flash_f1 *flash = bank->flash;
	bool refused = flash_f1_shut(flash);

	for (uint32_t at = 0; at < bank->size; at += page_size(flash))
		refused |= flash_f1_write_protected(flash, bank->offset + at);
	if (refused) {
		bank->cr &= ~(uint32_t)F1_STRT;
		flash_f1_fail(bank, F1_WRPRTERR, "mass erase with a protected page");
		return;
	}
	log_line(LOG_VIRTUAL, "flash: mass erase");
	flash_f1_start(bank, &(struct flash_f1_job){ F1_ERASE, bank->offset, bank->size, 0 },
		       F1_ERASE_NS);
}

void flash_f1_start_erase(struct flash_f1_bank *bank)
{
	switch (bank->cr & F1_KINDS) {
	case F1_PER:
		start_page_erase(bank);
		break;
	case F1_MER:
		start_mass_erase(bank);
		break;
	case F1_OPTER:
		flash_f1_option_start_erase(bank->flash);
		break;
	default:
		log_line(LOG_VIRTUAL, "flash: STRT with CR %03X: nothing (guess)",
			 (unsigned)bank->cr);
		bank->cr &= ~(uint32_t)F1_STRT;
		break;
	}
}

/* --- the array -------------------------------------------------------------------------------- */

static enum bus_result cells_check(void *context, uint32_t address, unsigned width,
				   enum bus_master master)
{
	struct flash_f1_bank *bank = context;
	const struct flash_f1 *flash = bank->flash;

	(void)address, (void)width;
	if (flash_f1_shut(flash) && (master == BUS_DEBUG || !flash->kin->core_reads_protected))
		return BUS_FAULT;
	return nvm_work_wait(&bank->work, master);
}

static void program(struct flash_f1_bank *bank, uint32_t offset, uint32_t value)
{
	struct flash_f1 *flash = bank->flash;

	if (!(bank->cr & F1_PG) || !bank->lock.open)
		flash_f1_fail(bank, F1_PGERR, "write without PG (guess)");
	else if (bank->cr & (F1_KINDS | F1_STRT))
		flash_f1_fail(bank, F1_PGERR, "write with an erase bit beside PG (guess)");
	else if (flash_f1_write_protected(flash, offset))
		flash_f1_fail(bank, F1_WRPRTERR, "write to a protected page");
	else if (!nvm_array_blank(&flash->cells, offset, 2) && value != 0)
		flash_f1_fail(bank, F1_PGERR, "write to a half-word that is not erased");
	else
		flash_f1_start(bank, &(struct flash_f1_job){ F1_PROGRAM, offset, 2, value },
			       flash->kin->program_ns);
}

static enum bus_result cells_write(void *context, uint32_t address, unsigned width, uint32_t value,
				   enum bus_master master)
{
	struct flash_f1_bank *bank = context;
	enum bus_result result = cells_check(context, address, width, master);

	if (result != BUS_OK)
		return result;
	if (width != 2) {
		log_line(LOG_VIRTUAL, "flash: write of %u bytes: bus error", width);
		return BUS_FAULT;	/* 3.2.2: half-words only */
	}
	program(bank, address - bank->flash->cells.base, value & 0xFFFF);
	return BUS_OK;
}

static void add_bank(struct flash_f1_bank *bank, uint32_t base, const char *name, bool writable)
{
	struct flash_f1 *flash = bank->flash;

	bus_add_memory(flash->soc->bus, &(struct bus_memory){
		.name = name, .base = base + bank->offset, .size = bank->size,
		.bytes = flash->cells.bytes + bank->offset, .executable = true, .context = bank,
		.write = writable ? cells_write : NULL, .check = cells_check,
		.check_while = &bank->work.special });
}

void flash_f1_cells_add(struct flash_f1 *flash)
{
	static const char *const names[2] = { "flash", "flash bank 2" },
				 *const aliases[2] = { "flash at 0", "flash bank 2 at 0" };

	for (size_t i = 0; i < flash->bank_count; i++) {
		add_bank(&flash->banks[i], flash->cells.base, names[i], true);
		add_bank(&flash->banks[i], 0, aliases[i], false);
	}
}

