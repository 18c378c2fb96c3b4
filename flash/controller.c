/* SPDX-License-Identifier: MIT
 *
 * How a job gets hold of the flash controller of its chip, and what all drivers share.
 */
#include "flash/controller.h"

#include <stdio.h>
#include <string.h>

#include "probe/bytes.h"
#include "targets/clock.h"

/* A supply outside of this is a probe that can't measure. */
enum { SUPPLY_LEAST_MV = 1600, SUPPLY_MOST_MV = 3900 };

uint32_t flash_plausible_supply(uint32_t supply_mv)
{
	return supply_mv < SUPPLY_LEAST_MV || supply_mv > SUPPLY_MOST_MV ? 0 : supply_mv;
}

static int find_driver(struct flash_device *device, const struct chip *chip, struct why *why)
{
	device->controller = flash_controller_find(chip->controller);
	if (device->controller && chip->bank_count)
		return 0;
	return explain(why, E_CHIP, "%s has no flash that can be written: %s%s", chip->name,
		       chip->controller[0] ? "no driver for its controller " :
		       "its description names no controller", chip->controller);
}

static int measure_supply(struct flash_device *device, uint32_t supply_mv, struct why *why)
{
	int err = 0;

	if (!supply_mv)
		err = probe_voltage_mv(device->board->probe, &supply_mv);
	if (err && err != E_FIRMWARE)
		return explain(why, err, "reading the supply voltage: %s", error_text(err));
	device->supply_mv = err ? 0 : flash_plausible_supply(supply_mv);
	return 0;
}

int flash_device_open(struct flash_device *device, struct core *core, uint32_t supply_mv,
		      struct why *why)
{
	const struct chip *chip = &core->board->chip;
	int err;

	*device = (struct flash_device){
		.core = core, .board = core->board, .registers = chip->flash_registers,
	};
	err = find_driver(device, chip, why);
	if (!err)
		err = measure_supply(device, supply_mv, why);
	if (!err)
		err = device->controller->open(device, why);
	if (!device->granule_bytes)
		device->granule_bytes = device->unit_bytes;
	return err;
}

uint32_t flash_row_bytes(const struct flash_device *device, uint32_t address)
{
	struct chip_sector sector;

	if (clock_hz(device->board) < device->row_least_hz)
		return 0;
	if (device->row_wants_whole && (!chip_sector_at(&device->board->chip, address, &sector) ||
					!device->whole[sector.bank]))
		return 0;
	return device->row_bytes;
}

bool flash_is_rows(const struct flash_device *device, uint32_t address, uint32_t length)
{
	uint32_t row = flash_row_bytes(device, address);

	return row && address % row == 0 && length % row == 0;
}

void flash_registers(struct registers *r, const struct flash_device *device, uint32_t offset)
{
	registers_begin(r, device->board->probe, device->core->port, device->registers + offset);
}

int flash_explain_unlock(const struct registers *r, bool locked, uint32_t waited_us, struct why *why)
{
	if (r->late)
		return explain(why, r->error, "the flash controller is still busy after %u ms", waited_us / 1000);
	if (r->error)
		return explain(why, r->error, "unlocking flash: %s", error_text(r->error));
	if (locked)
		return explain(why, E_LOCKED, "the flash controller does not take the keys: it stays "
			       "locked until the next reset");
	return 0;
}

int flash_explain_lock(int err, struct why *why)
{
	return err ? explain(why, err, "locking flash again: %s", error_text(err)) : 0;
}

struct flash_duration flash_duration_of(uint32_t count, uint32_t typical_ns, uint32_t maximum_us)
{
	return (struct flash_duration){ (uint32_t)((uint64_t)count * typical_ns / 1000), count * maximum_us };
}

void flash_status_words(uint32_t status, const struct flash_flag *flags, size_t count, char *text,
			size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		if (status & flags[i].bit && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 flags[i].words);
	if (!used)
		snprintf(text, size, "no error flag (SR = 0x%08X)", status);
}
