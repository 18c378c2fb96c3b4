/* SPDX-License-Identifier: MIT
 *
 * PDDS of PWR_CR (RM0008 5.4.1, RM0090 5.4.1, RM0091, RM0038, RM0367), LPMS of PWR_CR1 (RM0351 5.4.1,
 * RM0444 4.4.1, RM0440, RM0434, RM0438; RM0456 10.10.1), PDDS of PWR_CPUCR (RM0433 6.8.6), LPMS of PWR_PMCR
 * (RM0481). Shutdown is not modelled.
 */
#include "probe/virtual/low_power.h"

#include <stdio.h>
#include <string.h>

#include "probe/bytes.h"

static const struct row {
	const char *controllers;	/* each with a blank behind */
	uint32_t address, mask, value;
} rows[] = {
	{ "f1 f1xl f2 f4 f4db f7 f7db l0 l1 ", 0x40007000, 2, 2 },
	{ "g0 g0db c0 u0 g4 g4db l4 l4sb l4plus l5 ", 0x40007000, 7, 3 },
	{ "wb wl ", 0x58000400, 7, 3 },
	{ "u5 ", 0x46020800, 6, 4 },
	{ "h5 ", 0x44020800, 1, 1 },
	{ "h7 ", 0x58024810, 7, 7 },
};

static const struct row *find_row(const char *controller)
{
	char name[20];

	snprintf(name, sizeof(name), "%s ", controller);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *at = strstr(rows[i].controllers, name);

		if (at && (at == rows[i].controllers || at[-1] == ' '))
			return &rows[i];
	}
	return NULL;
}

bool low_power_is_standby(const struct soc *soc)
{
	const struct row *row = find_row(soc->spec->controller);
	uint32_t value = 0;

	if (!row || bus_read(soc->bus, row->address, 4, &value, BUS_DEBUG) != BUS_OK)
		return false;
	return (value & row->mask) == row->value;
}
