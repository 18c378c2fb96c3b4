/* SPDX-License-Identifier: MIT
 *
 * The CRC unit of STM32F1, F2 and F4 (RM0090 section 4): polynomial 04C11DB7 over whole words,
 * highest bit first, start value all ones.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include <stdlib.h>

enum { DR = 0, IDR = 4, CR = 8, CR_RESET = 1 };

struct crc_unit {
	uint32_t crc, idr;
};

static uint32_t crc_word(uint32_t crc, uint32_t word)
{
	crc ^= word;
	for (int i = 0; i < 32; i++)
		crc = crc << 1 ^ (crc >> 31 ? 0x04C11DB7 : 0);
	return crc;
}

static uint32_t crc_unit_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct crc_unit *unit = state;

	(void)master;
	return offset == DR ? unit->crc : offset == IDR ? unit->idr : 0;
}

static void crc_unit_write(void *state, uint32_t offset, uint32_t value)
{
	struct crc_unit *unit = state;

	if (offset == DR)
		unit->crc = crc_word(unit->crc, value);
	else if (offset == IDR)
		unit->idr = value & 0xFF;
	else if (offset == CR && value & CR_RESET)
		unit->crc = UINT32_MAX;
}

static void crc_unit_reset(void *state)
{
	*(struct crc_unit *)state = (struct crc_unit){ UINT32_MAX, 0 };
}

int crc_unit_add(struct soc *soc, uint32_t base, unsigned gate)
{
	struct crc_unit *unit = calloc(1, sizeof(*unit));

	if (!unit)
		return E_MEMORY;
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "crc", .state = unit,
			   .gate = gate, .reset = crc_unit_reset });
	soc_add_registers(soc, &(struct soc_registers){ .name = "CRC", .base = base, .gate = gate,
			  .state = unit, .read = crc_unit_read, .write = crc_unit_write });
	return OK;
}
