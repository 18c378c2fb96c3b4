/* SPDX-License-Identifier: MIT
 *
 * The registers: where each is comes from a table of the family. The H7 has a set for each bank, the
 * second 0x100 above the first.
 */
#include "probe/virtual/flash/h7.h"

#include "probe/bytes.h"
#include "probe/log.h"

enum { ACR_BITS = 0x3F, OPTION_ERROR = 1 << 30 };

enum { SINGLE = 1 << 30 };	/* ECCC; ECCD is the bit above */

static enum flash_h7_role role_at(const struct flash_h7_kin *kin, uint32_t offset)
{
	for (size_t i = 0; i < ARRAY_SIZE(kin->map); i++)
		if (kin->map[i].role != H7_ROLE_NONE && kin->map[i].offset == offset)
			return (enum flash_h7_role)kin->map[i].role;
	return H7_ROLE_NONE;
}

/* The set that a register belongs to; *offset becomes that in the first one. */
static struct flash_h7_control *control_at(struct flash_h7 *flash, uint32_t *offset)
{
	unsigned set = flash->kin->register_sets == 2 ? *offset / FLASH_H7_BANK2 : 0;

	if (flash->kin->register_sets == 2)
		*offset %= FLASH_H7_BANK2;
	/* What the banks share is there twice. */
	return set < flash->kin->register_sets && set < flash->bank_count ? &flash->controls[set]
									  : NULL;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool has_flags_in_sr(const struct flash_h7_kin *kin)
{
	return !kin->words_at_once;
}

static uint32_t read_sr(const struct flash_h7_control *control)
{
	const struct flash_h7 *flash = control->flash;
	const struct flash_h7_kin *kin = flash->kin;
	bool busy = nvm_work_busy(&control->work);
	bool option_busy = kin->register_sets == 1 && nvm_work_busy(&flash->option_work);
	bool queue = control->has_queued || (busy && kin->queue == H7_QW);
	uint32_t value = (busy || option_busy ? H7_BSY : 0) | (control->filled ? H7_WBNE : 0) |
			 (queue ? kin->queue : 0);

	if (has_flags_in_sr(kin))
		value |= control->flags;
	if (kin->register_sets == 1 && has_flags_in_sr(kin) && flash->option_error)
		value |= H7_OPTCHANGEERR_H5;
	return value;
}

static uint32_t read_role(const struct flash_h7_control *control, enum flash_h7_role role)
{
	const struct flash_h7 *flash = control->flash;

	switch (role) {
	case H7_ACR:
		return flash->acr;
	case H7_CR:
		return control->cr | (control->lock.open ? 0 : H7_LOCK);
	case H7_SR:
		return read_sr(control);
	case H7_FLAGS:
		return control->flags;
	case H7_ECC_CORRECTED:
		return control->ecc_corrected;
	case H7_ECC_DETECTED:
		return control->ecc_detected;
	case H7_OPTCR:
		return flash_h7_read_optcr(flash);
	case H7_OPTION_FLAGS:
		return flash->option_error ? OPTION_ERROR : 0;
	case H7_ROLE_NONE:
	case H7_KEYR:
	case H7_CLEAR:
	case H7_OPTKEYR:
	case H7_OPTION_CLEAR:
		break;
	}
	return 0;
}

static enum bus_result registers_read(void *context, uint32_t offset, unsigned width,
				      uint32_t *value, enum bus_master master)
{
	struct flash_h7 *flash = context;
	uint32_t at = offset & ~3u, word = 0;
	struct flash_h7_control *control;

	if (!flash_h7_option_read(flash, at, &word)) {
		control = control_at(flash, &at);
		if (control && role_at(flash->kin, at) == H7_SR)
			nvm_work_polled(&control->work, master);
		if (control)
			word = read_role(control, role_at(flash->kin, at));
	} else if (at == flash->kin->optsr) {
		nvm_work_polled(&flash->option_work, master);
	}
	*value = nvm_lane(word, offset, width);
	return BUS_OK;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void write_cr(struct flash_h7_control *control, uint32_t value)
{
	const struct flash_h7_kin *kin = control->flash->kin;
	uint32_t bits = kin->cr_bits | kin->cr_mass | kin->cr_bank2;

	if (!control->lock.open) {
		log_line(LOG_VIRTUAL, "flash: CR = %08X while locked: ignored", (unsigned)value);
		return;
	}
	control->cr = (value & bits & ~kin->cr_start & ~kin->cr_fw) | (control->cr & kin->cr_start);
	if (value & H7_LOCK) {
		nvm_lock_close(&control->lock);
		return;
	}
	if (value & kin->cr_fw)
		flash_h7_force_write(control);
	if (value & kin->cr_start)
		flash_h7_start_erase(control);
	flash_h7_update_irq(control->flash);
}

static void clear_flags(struct flash_h7_control *control, uint32_t value)
{
	struct flash_h7 *flash = control->flash;

	control->flags &= ~(value & flash->kin->clearable);
	if (flash->kin->register_sets == 1 && value & H7_OPTCHANGEERR_H5)
		flash->option_error = false;
	flash_h7_update_irq(flash);
}

static enum bus_result write_role(struct flash_h7_control *control, enum flash_h7_role role,
				  uint32_t value)
{
	struct flash_h7 *flash = control->flash;

	switch (role) {
	case H7_KEYR:
		return nvm_lock_key(&control->lock, value);
	case H7_OPTKEYR:
		return nvm_lock_key(&flash->option_lock, value);
	case H7_ACR:
		flash->acr = value & ACR_BITS;
		break;
	case H7_CR:
		write_cr(control, value);
		break;
	case H7_CLEAR:
		clear_flags(control, value);
		break;
	case H7_ECC_CORRECTED:
		control->ecc_corrected &= ~(value & SINGLE);
		break;
	case H7_ECC_DETECTED:
		control->ecc_detected &= ~(value & 1u << 31);
		break;
	case H7_OPTCR:
		flash_h7_write_optcr(flash, value);
		break;
	case H7_OPTION_CLEAR:
		if (value & OPTION_ERROR)
			flash->option_error = false;
		break;
	case H7_ROLE_NONE:
	case H7_SR:
	case H7_FLAGS:
	case H7_OPTION_FLAGS:
		break;
	}
	return BUS_OK;
}

/* RM0433 4.9: words; what narrow writes do is a guess. */
static enum bus_result registers_write(void *context, uint32_t offset, unsigned width,
				       uint32_t value, enum bus_master master)
{
	struct flash_h7 *flash = context;
	struct flash_h7_control *control;

	(void)master;
	if (width != 4) {
		log_line(LOG_VIRTUAL, "flash: narrow write to a register (guess: bus error)");
		return BUS_FAULT;
	}
	if (flash_h7_option_write(flash, offset, value))
		return BUS_OK;
	control = control_at(flash, &offset);
	return control ? write_role(control, role_at(flash->kin, offset), value) : BUS_OK;
}

void flash_h7_registers_add(struct flash_h7 *flash)
{
	bus_add_device(flash->soc->bus,
		       &(struct bus_device){ "flash controller", flash->soc->spec->flash_registers,
					     0x400, flash, registers_read, registers_write });
}
