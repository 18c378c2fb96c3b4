/* SPDX-License-Identifier: MIT
 *
 * The list of flash controllers by the names that chip files call them. One driver may serve several.
 */
#include "flash/drivers.h"

#include <string.h>

#include "probe/bytes.h"

static const struct {
	const char *name;
	const struct flash_controller *controller;
} drivers[] = {
	{ "f1", &flash_controller_f1 },
	{ "f1xl", &flash_controller_f1 },
	{ "f2", &flash_controller_f4 },
	{ "f4", &flash_controller_f4 },
	{ "f4db", &flash_controller_f4 },
	{ "f7", &flash_controller_f4 },
	{ "f7db", &flash_controller_f4 },
};

const struct flash_controller *flash_controller_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (!strcmp(drivers[i].name, name))
			return drivers[i].controller;
	return NULL;
}
