/* SPDX-License-Identifier: MIT
 *
 * The list of flash controllers, and how a job gets hold of the one of its chip.
 */
#include "flash/controller.h"

#include <string.h>

#include "probe/bytes.h"

/* A supply outside of this is a probe that can't measure (R28). */
enum { SUPPLY_LEAST_MV = 1600, SUPPLY_MOST_MV = 3900 };

static const struct flash_controller *const controllers[] = {
	&flash_controller_f4,
};

const struct flash_controller *flash_controller_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++)
		if (!strcmp(controllers[i]->name, name))
			return controllers[i];
	return NULL;
}

uint32_t flash_plausible_supply(uint32_t supply_mv)
{
	return supply_mv < SUPPLY_LEAST_MV || supply_mv > SUPPLY_MOST_MV ? 0 : supply_mv;
}

int flash_device_open(struct flash_device *device, struct core *core, uint32_t supply_mv,
		      struct why *why)
{
	const struct chip *chip = &core->board->chip;
	int err = 0;

	device->core = core;
	device->board = core->board;
	device->registers = chip->flash_registers;
	device->controller = flash_controller_find(chip->controller);
	if (!device->controller || !chip->bank_count)
		return explain(why, E_CHIP, "%s has no flash that can be written: %s%s", chip->name,
			       chip->controller[0] ? "no driver for its controller " :
			       "its description names no controller", chip->controller);
	if (!supply_mv)
		err = probe_voltage_mv(core->board->probe, &supply_mv);
	if (err && err != E_FIRMWARE)
		return explain(why, err, "reading the supply voltage: %s", error_text(err));
	device->supply_mv = err ? 0 : flash_plausible_supply(supply_mv);
	device->parallel_bits = device->controller->parallel_bits(device->supply_mv);
	return 0;
}
