/* SPDX-License-Identifier: MIT
 *
 * After a load whose process was killed: its loader may still run in RAM, and the controller is open.
 */
#include "flash/controller.h"
#include "flash/flash.h"

enum { HALT_MS = 500 };

int flash_close_abandoned(struct core *core, struct why *why)
{
	struct flash_device device;
	int err = core_halt(core, HALT_MS);

	if (!err)
		err = flash_device_open(&device, core, 0, why);
	return err ? err : device.controller->lock(&device, why);
}
