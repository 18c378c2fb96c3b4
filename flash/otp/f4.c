/* SPDX-License-Identifier: MIT
 *
 * OTP of F2, F4 and F7: programmed like flash, byte by byte with PSIZE = x8, which lock bytes need and
 * every supply allows (RM0090 3.7.5).
 */
#include "flash/otp/otp.h"

#include "flash/controller.h"
#include "targets/board.h"

enum { SR = 0x0C, CR = 0x10 };
enum { SR_BSY = 1 << 16, SR_ERRORS = 0x1F2 };
#define CR_LOCK (1u << 31)
enum { CR_PG = 1 << 0, CR_PSIZE = 3 << 8 };

enum { LOWEST_SUPPLY_MV = 1800, BYTE_US = 10000 };

static int program_bytes(struct registers *r, uint32_t address, const uint8_t *data, uint32_t length,
			 struct why *why)
{
	registers_write(r, CR, CR_PG);
	for (uint32_t i = 0; i < length; i++) {
		uint32_t sr;

		if (!r->error)
			r->error = probe_write(r->probe, r->port, address + i, data + i, 1, PROBE_8, NULL);
		sr = registers_poll(r, SR, SR_BSY, 0, BYTE_US);
		if (r->error)
			return explain(why, r->error, "OTP was being written at 0x%08x: %s.", address + i,
				       error_text(r->error));
		if (sr & SR_ERRORS)
			return explain(why, E_FLASH, "The flash controller refuses the write to 0x%08x "
				       "(SR = 0x%08x).", address + i, sr);
	}
	return OK;
}

/* What the firmware had in PSIZE comes back; the lock is closed in any case. */
static int close_controller(const struct flash_device *device, uint32_t cr, struct why *why)
{
	struct why reason = { "" };
	struct registers r;
	int err;

	flash_registers(&r, device, 0);
	registers_poll(&r, SR, SR_BSY, 0, BYTE_US);
	registers_write(&r, SR, SR_ERRORS);
	registers_write(&r, CR, cr & CR_PSIZE);
	err = device->controller->lock(device, &reason);
	if (!err && cr & CR_PSIZE)
		err = device->controller->unlock(device, &reason);
	if (!err && cr & CR_PSIZE)
		registers_write(&r, CR, (cr & CR_PSIZE) | CR_LOCK);
	if (err)
		return explain(why, err, "%s", reason.text);
	return r.error ? explain(why, r.error, "locking flash again: %s", error_text(r.error)) : OK;
}

static int program(struct core *core, uint32_t address, const uint8_t *data, uint32_t length,
		   struct why *why)
{
	struct why reason = { "" };
	struct flash_device device;
	struct registers r;
	uint32_t cr;
	int err = flash_device_open(&device, core, LOWEST_SUPPLY_MV, why), close_err;

	if (err)
		return err;
	flash_registers(&r, &device, 0);
	cr = registers_read(&r, CR);
	err = r.error ? explain(why, r.error, "reading FLASH_CR: %s", error_text(r.error))
		      : device.controller->unlock(&device, why);
	if (err)
		return err;
	err = program_bytes(&r, address, data, length, why);
	close_err = close_controller(&device, cr, &reason);
	return err ? err : close_err ? explain(why, close_err, "%s", reason.text) : OK;
}

const struct otp_kind otp_kind_f4 = { program };
