/* SPDX-License-Identifier: MIT
 *
 * OTP of the controllers that began with the L4: programmed like flash in units with ECC, each of which can be
 * written once; there are no locks (RM0351 3.3.1, RM0490 3.3.1, RM0456 7.3.1).
 */
#include "flash/otp/otp.h"

#include "flash/controller.h"
#include "targets/board.h"

static int program(struct core *core, uint32_t address, const uint8_t *data, uint32_t length,
		   struct why *why)
{
	struct flash_device device;
	struct why reason = { "" };
	uint32_t done = 0, status = 0;
	char text[200];
	int err = flash_device_open(&device, core, 0, why), lock_err;

	if (!err)
		err = device.controller->check(&device, NULL, 0, why);
	if (!err)
		err = device.controller->unlock(&device, why);
	if (err)
		return err;
	err = device.controller->program(&device, address, data, length, &done, &status);
	if (err == E_FLASH) {
		device.controller->status_text(status, text, sizeof(text));
		explain(why, err, "The flash controller refuses the write to 0x%08x: %s.", address + done, text);
	} else if (err) {
		explain(why, err, "OTP was being written at 0x%08x: %s.", address + done, error_text(err));
	}
	lock_err = device.controller->lock(&device, &reason);
	return err ? err : lock_err ? explain(why, lock_err, "%s", reason.text) : OK;
}

const struct otp_kind otp_kind_once = { program };
