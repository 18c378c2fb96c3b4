/* SPDX-License-Identifier: MIT
 *
 * The controller's life, and which bank is where: with SWAP_BANK the second stands at the address of
 * the first (RM0433 4.3.13).
 */
#include "probe/virtual/flash/h7.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <stdlib.h>

static const uint32_t keys[2] = { 0x45670123, 0xCDEF89AB };
static const uint32_t option_keys[2] = { 0x08192A3B, 0x4C5D6E7F };

uint32_t flash_h7_sector_size(const struct flash_h7_bank *bank)
{
	return bank->flash->soc->spec->banks[bank->number].runs[0].size;
}

/* --- banks and registers ---------------------------------------------------------------------- */

static unsigned partner(const struct flash_h7 *flash, unsigned number)
{
	bool crossed = flash->swapped && !flash->soc->spec->swap_keeps_registers;

	return crossed ? 1 - number : number;
}

struct flash_h7_control *flash_h7_control_of(struct flash_h7_bank *bank)
{
	struct flash_h7 *flash = bank->flash;

	return &flash->controls[flash->kin->register_sets == 2 ? partner(flash, bank->number) : 0];
}

/* BKSEL means the bank on the die, whatever SWAP_BANK says (the H5's SVD). */
struct flash_h7_bank *flash_h7_bank_of(struct flash_h7_control *control)
{
	struct flash_h7 *flash = control->flash;
	unsigned number = control->cr & flash->kin->cr_bank2 ? 1 : 0;

	if (flash->kin->register_sets == 2)
		number = partner(flash, (unsigned)(control - flash->controls));
	return number < flash->bank_count ? &flash->banks[number] : NULL;
}

/* --- flags ------------------------------------------------------------------------------------ */

void flash_h7_update_irq(struct flash_h7 *flash)
{
	bool level = false;

	if (!flash->kin->irq)
		return;
	for (unsigned i = 0; i < flash->kin->register_sets; i++)	/* enables stand where flags do */
		level |= flash->controls[i].flags & flash->controls[i].cr & flash->kin->clearable;
	soc_set_irq(flash->soc, flash->kin->irq, level);
}

void flash_h7_fail(struct flash_h7_control *control, uint32_t error, const char *reason)
{
	log_line(LOG_VIRTUAL, "flash: SR%u %08X: %s",
		 (unsigned)(control - control->flash->controls) + 1, (unsigned)error, reason);
	control->flags |= error;
	flash_h7_update_irq(control->flash);
}

static bool works_on(const struct flash_h7_control *control, const struct flash_h7_bank *bank)
{
	const struct flash_h7_job *job = &control->job;

	return control->work.active && job->kind != H7_PROGRAM_HALF &&
	       (!job->bank || job->bank == bank);
}

static bool has_pcrop(const struct flash_h7_bank *bank)
{
	for (uint32_t at = 0; at < bank->cells.array.size; at += 256)
		if (flash_h7_pcrop(bank, at))
			return true;
	return false;
}

void flash_h7_update_watch(struct flash_h7 *flash)
{
	for (size_t i = 0; i < flash->bank_count; i++) {
		struct flash_h7_bank *bank = &flash->banks[i];

		bank->watched = flash->blocked || bank->cells.bad || bank->guarded ||
				works_on(&flash->controls[0], bank) ||
				works_on(&flash->controls[1], bank);
	}
}

/* --- reads ------------------------------------------------------------------------------------ */

enum bus_result flash_h7_check_ecc(struct flash_h7_control *control,
				   const struct flash_h7_cells *cells, uint32_t offset,
				   unsigned width, uint32_t tags)
{
	enum flash_h7_ecc ecc = flash_h7_cells_check(cells, offset);
	bool has_registers = control->flash->kin->register_sets == 1;
	uint32_t place = tags | (offset / cells->unit & 0xFFFF);

	if (width == 4 && cells->unit == 2 && ecc == H7_ECC_GOOD)
		ecc = flash_h7_cells_check(cells, offset + 2);
	if (ecc == H7_ECC_GOOD)
		return BUS_OK;
	if (ecc == H7_ECC_SINGLE) {
		control->flags |= has_registers ? 0 : H7_SNECCERR;
		control->ecc_corrected = has_registers ? place | 1u << 30 : place;
		return BUS_OK;
	}
	control->flags |= has_registers ? 0 : H7_DBECCERR;
	control->ecc_detected = has_registers ? place | 1u << 31 : place;
	return BUS_FAULT;
}

static enum bus_result cells_check(void *context, uint32_t address, unsigned width,
				   enum bus_master master)
{
	struct flash_h7_bank *bank = context;
	struct flash_h7 *flash = bank->flash;
	struct flash_h7_control *control = flash_h7_control_of(bank);
	uint32_t offset = address - bank->cells.array.base;

	if (flash->blocked || (width && flash_h7_pcrop(bank, offset))) {
		control->flags |= H7_RDPERR & flash->kin->clearable;
		return BUS_FAULT;
	}
	if (offset >= bank->cells.array.size - flash_h7_edata_size(bank))
		return BUS_FAULT;
	for (size_t i = 0; i < FLASH_H7_BANKS; i++)
		if (works_on(&flash->controls[i], bank) &&
		    nvm_work_wait(&flash->controls[i].work, master) != BUS_OK)
			return BUS_STALL;
	return flash_h7_check_ecc(control, &bank->cells, offset, width,
				  bank->number ? 1u << 22 : 0);
}

static struct bus_memory row_of(struct flash_h7_bank *bank)
{
	return (struct bus_memory){
		.name = bank->number ? "flash2" : "flash", .base = bank->cells.array.base,
		.size = bank->cells.array.size, .bytes = bank->cells.array.bytes,
		.executable = true, .context = bank, .write = flash_h7_write, .check = cells_check,
		.check_while = &bank->watched };
}

/* --- life ------------------------------------------------------------------------------------- */

void flash_h7_place_banks(struct flash_h7 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;

	for (unsigned i = 0; i < flash->bank_count; i++) {
		struct flash_h7_bank *bank = &flash->banks[flash->swapped ? 1 - i : i];
		bool moved = bank->cells.array.base != spec->banks[i].base;
		struct bus_memory row;

		bank->guarded = flash_h7_edata_size(bank) || has_pcrop(bank);
		if (!moved)
			continue;
		bank->cells.array.base = spec->banks[i].base;
		row = row_of(bank);
		bus_replace_memory(flash->soc->bus, spec->banks[i].base, &row);
		bus_changed(flash->soc->bus, spec->banks[i].base, spec->banks[i].size);
	}
	flash_h7_update_watch(flash);
}

static void flash_reset(void *state)
{
	struct flash_h7 *flash = state;

	for (size_t i = 0; i < FLASH_H7_BANKS; i++) {
		struct flash_h7_control *control = &flash->controls[i];

		flash_h7_cut(control);
		control->cr = control->flags = control->ecc_corrected = control->ecc_detected = 0;
		nvm_lock_reset(&control->lock);
	}
	flash_h7_option_cut(flash);
	nvm_lock_reset(&flash->option_lock);
	flash->acr = flash->optcr = 0;
	flash->option_error = false;
	flash_h7_option_load(flash);
	flash_h7_place_banks(flash);
	flash_h7_update_irq(flash);
}

static void flash_power(void *state, bool on)
{
	struct flash_h7 *flash = state;

	if (!on) {
		for (size_t i = 0; i < FLASH_H7_BANKS; i++)
			flash_h7_cut(&flash->controls[i]);
		flash_h7_option_cut(flash);
		return;
	}
	for (size_t i = 0; i < flash->bank_count; i++)
		flash_h7_cells_power_on(&flash->banks[i].cells);
	flash_h7_option_load(flash);
	flash_h7_place_banks(flash);
}

static void flash_notice(void *state)
{
	flash_h7_option_notice(state);
}

static void flash_release(void *state)
{
	struct flash_h7 *flash = state;

	for (size_t i = 0; i < FLASH_H7_BANKS; i++)
		flash_h7_cells_free(&flash->banks[i].cells);
	flash_h7_cells_free(&flash->otp);
	flash_h7_cells_free(&flash->edata);
}

/* Chip files may come from users: nothing of this may hit an assertion further down. */
static bool bank_fits(const struct virtual_bank *bank, uint32_t unit)
{
	return bank->size && bank->size % 1024 == 0 && bank->run_count == 1 &&
	       bank->runs[0].size >= 1024 && bank->runs[0].size % unit == 0 &&
	       bank->size % bank->runs[0].size == 0 &&
	       (uint64_t)bank->base + bank->size <= (uint64_t)1 << 32;
}

static bool spec_fits(const struct virtual_spec *spec, const struct flash_h7_kin *kin)
{
	bool fits = kin && spec->bank_count >= 1 && spec->bank_count <= FLASH_H7_BANKS &&
		    spec->option_count <= FLASH_H7_OPTIONS && spec->flash_registers % 1024 == 0 &&
		    spec->otp_size % 4 == 0 && (!spec->otp_size || spec->otp_block);

	for (size_t i = 0; fits && i < spec->bank_count; i++)
		fits = bank_fits(&spec->banks[i], kin->unit) &&
		       spec->banks[i].size == spec->banks[0].size;
	return fits;
}

static int new_banks(struct flash_h7 *flash)
{
	static const char *const names[] = { "flash", "flash2" };
	const struct virtual_spec *spec = flash->soc->spec;
	int err = OK;

	flash->bank_count = spec->bank_count;
	for (unsigned i = 0; !err && i < spec->bank_count; i++) {
		flash->banks[i].flash = flash;
		flash->banks[i].number = i;
		err = flash_h7_cells_new(&flash->banks[i].cells, flash->soc, names[i],
					 spec->banks[i].base, spec->banks[i].size,
					 flash->kin->unit);
	}
	return err;
}

static void init_controls(struct flash_h7 *flash)
{
	for (unsigned i = 0; i < FLASH_H7_BANKS; i++) {
		struct flash_h7_control *control = &flash->controls[i];

		control->flash = flash;
		control->lock = (struct nvm_lock){ .name = i ? "KEYR2" : "KEYR",
						   .keys = { keys[0], keys[1] } };
		nvm_work_init(&control->work, flash->soc, flash_h7_finish, control);
	}
	flash->option_lock = (struct nvm_lock){ .name = "OPTKEYR",
						.keys = { option_keys[0], option_keys[1] } };
}

int flash_h7_add(struct soc *soc, struct why *why)
{
	const struct flash_h7_kin *kin = flash_h7_kin(soc->spec->controller);
	struct flash_h7 *flash;

	if (!spec_fits(soc->spec, kin))
		return explain(why, E_CONFIG, "%s: this flash model needs one or two banks of one size "
			       "with equal sectors", soc->spec->chip);
	flash = calloc(1, sizeof(*flash));
	if (!flash)
		return explain(why, E_MEMORY, "out of memory");
	flash->soc = soc;
	flash->kin = kin;
	init_controls(flash);
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "flash", .state = flash,
			   .gate = SOC_ALWAYS_ON, .reset = flash_reset, .power = flash_power,
			   .notice = flash_notice, .release = flash_release });
	if (new_banks(flash) != OK || flash_h7_option_new(flash) != OK ||
	    flash_h7_half_new(flash) != OK)
		return explain(why, E_MEMORY, "out of memory");
	for (size_t i = 0; i < flash->bank_count; i++) {
		struct bus_memory row = row_of(&flash->banks[i]);

		bus_add_memory(soc->bus, &row);
	}
	flash_h7_half_add(flash);
	flash_h7_registers_add(flash);
	return OK;
}
