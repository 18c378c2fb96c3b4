/* SPDX-License-Identifier: MIT
 *
 * What is programmed by half-words: OTP of H5, H7A3 and H7R/S, and the high-cycle data area of the
 * H5, which takes the place of the last sectors of a bank (RM0481 7.3.9 and 7.3.10).
 */
#include "probe/virtual/flash/h7.h"

#include "probe/bytes.h"
#include "probe/log.h"

enum { OPTCR_PG_OTP = 1 << 5 };

enum { TAG_DATA = 1 << 21, TAG_BANK2 = 1 << 22, TAG_OTP = 1 << 24 };

/* 6 KiB of each 8 KiB sector can be used. */
enum { EDATA_SECTORS = 8, EDATA_USED = 6 << 10, EDATA_BANK = EDATA_SECTORS * EDATA_USED };

static void submit(struct flash_h7 *flash, struct flash_h7_cells *cells, uint32_t offset,
		   unsigned width, uint32_t value)
{
	struct flash_h7_job job = { .kind = H7_PROGRAM_HALF, .cells = cells, .offset = offset,
				    .length = width };

	put_u32(job.bytes, value);
	flash_h7_submit(&flash->controls[0], &job);
}

/* What OTP and EDATA have in common; 0 or the error. */
static uint32_t write_error(const struct flash_h7_control *control, const char **reason)
{
	*reason = "write without PG";
	if (!control->lock.open || !(control->cr & H7_PG))
		return H7_PGSERR;
	*reason = "write with a flash word incomplete";
	if (control->filled)
		return control->flash->kin->incerr;
	return flash_h7_start_error(control, reason);
}

/* --- OTP -------------------------------------------------------------------------------------- */

static bool is_gate_open(const struct flash_h7 *flash)
{
	const struct flash_h7_kin *kin = flash->kin;

	if (kin->cr_otp)
		return flash->controls[0].cr & kin->cr_otp;
	return !kin->optcr_otp || flash->optcr & OPTCR_PG_OTP;
}

static uint32_t otp_error(const struct flash_h7 *flash, uint32_t offset, unsigned width,
			  const char **reason)
{
	uint32_t block = offset / flash->soc->spec->otp_block;
	uint32_t error = write_error(&flash->controls[0], reason);

	if (error)
		return error;
	*reason = "OTP write without PG_OTP";
	if (!is_gate_open(flash))
		return H7_PGSERR;
	*reason = "write to a locked OTP block";
	if (flash_h7_option(flash, flash->kin->otp_locks, 0) >> block % 32 & 1)
		return H7_WRPERR;
	*reason = "OTP takes half-words";
	return width == 2 || (width == 4 && flash->kin->otp_words) ? 0 : H7_STRBERR;
}

static enum bus_result otp_write(void *context, uint32_t address, unsigned width, uint32_t value,
				 enum bus_master master)
{
	struct flash_h7 *flash = context;
	uint32_t offset = address - flash->otp.array.base, error;
	const char *reason;

	if (flash->controls[0].has_queued && nvm_work_wait(&flash->controls[0].work, master) != BUS_OK)
		return BUS_STALL;
	error = otp_error(flash, offset, width, &reason);
	if (error)
		flash_h7_fail(&flash->controls[0], error, reason);
	else
		submit(flash, &flash->otp, offset, width, value);
	return BUS_OK;
}

/* An access to cells that are being worked on. */
static enum bus_result wait_for(struct flash_h7 *flash, const struct flash_h7_cells *cells,
				enum bus_master master)
{
	struct flash_h7_control *control = &flash->controls[0];

	return control->work.active && control->job.cells == cells ?
	       nvm_work_wait(&control->work, master) : BUS_OK;
}

static enum bus_result otp_check(void *context, uint32_t address, unsigned width,
				 enum bus_master master)
{
	struct flash_h7 *flash = context;
	uint32_t offset = address - flash->otp.array.base;
	enum bus_result result = wait_for(flash, &flash->otp, master);

	if (result != BUS_OK)
		return result;
	if (flash->kin->virgin_otp_faults && flash_h7_cells_virgin(&flash->otp, offset & ~1u)) {
		flash->controls[0].ecc_detected = 1u << 31 | TAG_OTP | (offset & 0xFFFF);
		return flash->soc->spec->no_hearsay ? BUS_OK : BUS_FAULT;
	}
	return flash_h7_check_ecc(&flash->controls[0], &flash->otp, offset, width, TAG_OTP);
}

/* --- EDATA ------------------------------------------------------------------------------------ */

static bool edata_exists(const struct flash_h7 *flash, uint32_t offset)
{
	unsigned bank = offset / EDATA_BANK, sector = offset % EDATA_BANK / EDATA_USED;
	uint32_t sectors;

	if (bank >= flash->bank_count)
		return false;
	sectors = flash_h7_edata_size(&flash->banks[bank]) / flash_h7_sector_size(&flash->banks[bank]);
	return sector >= EDATA_SECTORS - sectors;
}

/* RM0481 7.3.10: what was not written since the erase has no ECC that fits. */
static bool has_virgin(const struct flash_h7 *flash, const struct flash_h7_cells *cells, uint32_t offset, unsigned width)
{
	bool virgin = flash_h7_cells_virgin(cells, offset & ~1u);

	if (width == 4)
		virgin |= flash_h7_cells_virgin(cells, offset + 2);
	return virgin && !flash->soc->spec->no_hearsay;
}

static enum bus_result edata_write(void *context, uint32_t address, unsigned width, uint32_t value,
				   enum bus_master master)
{
	struct flash_h7 *flash = context;
	struct flash_h7_control *control = &flash->controls[0];
	uint32_t offset = address - flash->edata.array.base, error;
	const char *reason;

	if (!edata_exists(flash, offset))
		return BUS_FAULT;
	if (control->has_queued && nvm_work_wait(&control->work, master) != BUS_OK)
		return BUS_STALL;
	error = write_error(control, &reason);
	if (!error && width != 2) {
		error = H7_STRBERR;
		reason = "EDATA takes half-words";
	}
	if (error)
		flash_h7_fail(control, error, reason);
	else
		submit(flash, &flash->edata, offset, width, value);
	return BUS_OK;
}

static enum bus_result edata_check(void *context, uint32_t address, unsigned width,
				   enum bus_master master)
{
	struct flash_h7 *flash = context;
	uint32_t offset = address - flash->edata.array.base;
	uint32_t tags = TAG_DATA | (offset >= EDATA_BANK ? TAG_BANK2 : 0);
	enum bus_result result = wait_for(flash, &flash->edata, master);

	if (result != BUS_OK)
		return result;
	if (!edata_exists(flash, offset))
		return BUS_FAULT;
	if (has_virgin(flash, &flash->edata, offset, width)) {
		flash->controls[0].ecc_detected = 1u << 31 | tags | (offset / 2 & 0xFFFF);
		return BUS_FAULT;
	}
	return flash_h7_check_ecc(&flash->controls[0], &flash->edata, offset, width, tags);
}

void flash_h7_half_erase(struct flash_h7_bank *bank, uint32_t offset, uint32_t length)
{
	struct flash_h7 *flash = bank->flash;
	uint32_t size = flash_h7_sector_size(bank), end = bank->cells.array.size;

	for (uint32_t at = offset; flash->edata.ecc && at < offset + length; at += size) {
		uint32_t from_end = (end - at) / size;	/* 1 = the last sector */
		uint32_t sector = EDATA_SECTORS - from_end;

		if (from_end <= EDATA_SECTORS && at >= end - flash_h7_edata_size(bank))
			flash_h7_cells_erase(&flash->edata,
					     bank->number * EDATA_BANK + sector * EDATA_USED,
					     EDATA_USED);
	}
}

/* --- life ------------------------------------------------------------------------------------- */

static bool has_edata(const struct flash_h7 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;

	for (size_t i = 0; flash->kin->edata && i < spec->option_count; i++)
		if (spec->options[i].address == spec->flash_registers + flash->kin->edata_word)
			return true;
	return false;
}

int flash_h7_half_new(struct flash_h7 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;
	int err = OK;

	if (spec->otp_size)
		err = flash_h7_cells_new(&flash->otp, flash->soc, "otp", spec->otp_base,
					 spec->otp_size, 2);
	if (!err && has_edata(flash))
		err = flash_h7_cells_new(&flash->edata, flash->soc, "edata", flash->kin->edata,
					 FLASH_H7_BANKS * EDATA_BANK, 2);
	return err;
}

void flash_h7_half_add(struct flash_h7 *flash)
{
	if (flash->otp.ecc)
		bus_add_memory(flash->soc->bus, &(struct bus_memory){
			.name = "otp", .base = flash->otp.array.base, .size = flash->otp.array.size,
			.bytes = flash->otp.array.bytes, .context = flash, .write = otp_write,
			.check = otp_check });
	if (flash->edata.ecc)
		bus_add_memory(flash->soc->bus, &(struct bus_memory){
			.name = "edata", .base = flash->edata.array.base,
			.size = flash->edata.array.size, .bytes = flash->edata.array.bytes,
			.context = flash, .write = edata_write, .check = edata_check });
}
