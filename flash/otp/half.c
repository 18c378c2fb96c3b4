/* SPDX-License-Identifier: MIT
 *
 * OTP of H5, H7A3 and H7R/S: programmed by half-words, each with an ECC of its own and therefore once (RM0481
 * 7.3.9, RM0455 4.3.12, RM0477 5.3.9). H7A3 and H7R/S have a bit that opens OTP: in OPTCR, or in CR.
 */
#include "flash/otp/otp.h"

#include <string.h>

#include "flash/controller.h"
#include "probe/bytes.h"
#include "targets/board.h"

struct row {
	const char *controller;
	uint16_t cr, sr, flags, clear;		/* offsets */
	uint32_t errors;			/* bits of flags */
	uint32_t cr_otp;			/* bit of CR that opens OTP */
	uint16_t optkeyr, optcr;		/* or it is in OPTCR; 0 = it is not */
};

static const struct row rows[] = {
	{ "h5", 0x28, 0x20, 0x20, 0x30, 0x00FE0000, 0, 0, 0 },
	{ "h7a3", 0x0C, 0x10, 0x10, 0x14, 0x002E0000, 0, 0x08, 0x18 },
	{ "h7rs", 0x10, 0x14, 0x24, 0x28, 0x002E0000, 1 << 16, 0, 0 },
};

enum { CR_PG = 1 << 1, CR_FW = 1 << 4 };
enum { SR_BSY = 1 << 0, SR_WBNE = 1 << 1, SR_QW = 1 << 2, SR_DBNE = 1 << 3, SR_WORKING = SR_BSY | SR_QW };

#define OPTKEY1 0x08192A3Bu
#define OPTKEY2 0x4C5D6E7Fu

enum { OPTCR_OPTLOCK = 1 << 0, OPTCR_PG_OTP = 1 << 5 };

enum { UNIT = 2, UNIT_US = 10000 };

static const struct row *row_of(const struct chip *chip)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].controller, chip->controller))
			return &rows[i];
	return NULL;			/* otp.c knows no others */
}

static void open_gate(const struct row *row, struct registers *r)
{
	if (row->optcr) {
		if (registers_read(r, row->optcr) & OPTCR_OPTLOCK) {
			registers_write(r, row->optkeyr, OPTKEY1);
			registers_write(r, row->optkeyr, OPTKEY2);
		}
		registers_write(r, row->optcr, OPTCR_PG_OTP);
	}
	registers_write(r, row->clear, row->errors);
	registers_write(r, row->cr, CR_PG | row->cr_otp);
}

static void close_gate(const struct row *row, struct registers *r)
{
	registers_write(r, row->clear, row->errors);
	registers_write(r, row->cr, 0);
	if (row->optcr)
		registers_write(r, row->optcr, OPTCR_OPTLOCK);
}

/* A half-word that waits in the buffer for more is sent on its way. */
static uint32_t program_unit(const struct row *row, struct registers *r, uint32_t address, const uint8_t *data)
{
	uint32_t sr;

	if (!r->error)
		r->error = probe_write(r->probe, r->port, address, data, UNIT, PROBE_16, NULL);
	sr = registers_poll(r, row->sr, SR_WORKING, 0, UNIT_US);
	if (sr & (SR_WBNE | SR_DBNE)) {
		registers_write(r, row->cr, CR_PG | row->cr_otp | CR_FW);
		registers_poll(r, row->sr, SR_WORKING | SR_WBNE | SR_DBNE, 0, UNIT_US);
	}
	return registers_read(r, row->flags) & row->errors;
}

static int program_units(const struct row *row, struct registers *r, uint32_t address, const uint8_t *data,
			 uint32_t length, struct why *why)
{
	for (uint32_t i = 0; i < length; i += UNIT) {
		uint32_t failed = program_unit(row, r, address + i, data + i);

		if (r->error)
			return explain(why, r->error, "OTP was being written at 0x%08x: %s.", address + i,
				       error_text(r->error));
		if (failed)
			return explain(why, E_FLASH, "The flash controller refuses the write to 0x%08x (flags 0x%08x).",
				       address + i, failed);
	}
	return OK;
}

static int program(struct core *core, uint32_t address, const uint8_t *data, uint32_t length, struct why *why)
{
	const struct row *row = row_of(&core->board->chip);
	struct why reason = { "" };
	struct flash_device device;
	struct registers r;
	int err, lock_err;

	if (!probe_abilities(core->board->probe)->mem16)
		return explain(why, E_FIRMWARE, "This probe's firmware can't write half-words, which this OTP needs; update "
			       "it. Nothing was written.");
	err = flash_device_open(&device, core, 0, why);
	if (!err)
		err = device.controller->unlock(&device, why);
	if (err)
		return err;
	flash_registers(&r, &device, 0);
	open_gate(row, &r);
	err = program_units(row, &r, address, data, length, why);
	flash_registers(&r, &device, 0);
	close_gate(row, &r);
	lock_err = device.controller->lock(&device, &reason);
	return err ? err : lock_err ? explain(why, lock_err, "%s", reason.text) : OK;
}

const struct otp_kind otp_kind_half = { program };
