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
	{ "l0", &flash_controller_l0 },
	{ "l1", &flash_controller_l1 },
	{ "h7", &flash_controller_h7 },
	{ "h7a3", &flash_controller_h7a3 },
	{ "h7rs", &flash_controller_h7rs },
	{ "h5", &flash_controller_h5 },
	{ "l4", &flash_controller_l4 },
	{ "l4sb", &flash_controller_l4 },
	{ "l4plus", &flash_controller_l4plus },
	{ "g0", &flash_controller_g0 },
	{ "g0db", &flash_controller_g0 },
	{ "g4", &flash_controller_g0 },
	{ "g4db", &flash_controller_g0 },
	{ "c0", &flash_controller_g0 },
	{ "u0", &flash_controller_g0 },
	{ "wb", &flash_controller_wb },
	{ "wl", &flash_controller_g0 },
	{ "l5", &flash_controller_l5 },
	{ "u3", &flash_controller_l5 },
	{ "wba2", &flash_controller_l5 },
	{ "u5", &flash_controller_u5 },
	{ "wba", &flash_controller_u5 },
};

const struct flash_controller *flash_controller_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (!strcmp(drivers[i].name, name))
			return drivers[i].controller;
	return NULL;
}
