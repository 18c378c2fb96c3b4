/* SPDX-License-Identifier: MIT
 *
 * Registers that only keep what is written.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include "probe/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { REGISTERS = 0x400 };

struct plain {
	struct plain_place place;
	uint32_t words[REGISTERS / 4];
};

static uint32_t plain_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct plain *plain = state;
	uint32_t value = plain->words[offset / 4];

	(void)master;
	for (size_t i = 0; i < ARRAY_SIZE(plain->place.values); i++)
		if (plain->place.values[i].offset == offset)
			value |= plain->place.values[i].fixed;
	return value;
}

static void plain_write(void *state, uint32_t offset, uint32_t value)
{
	((struct plain *)state)->words[offset / 4] = value;
}

static void plain_reset(void *state)
{
	struct plain *plain = state;

	memset(plain->words, 0, sizeof(plain->words));
	for (size_t i = 0; i < ARRAY_SIZE(plain->place.values); i++)
		plain->words[plain->place.values[i].offset / 4] |= plain->place.values[i].reset;
}

int plain_add(struct soc *soc, const struct plain_place *place)
{
	struct plain *plain = calloc(1, sizeof(*plain));

	if (!plain)
		return E_MEMORY;
	plain->place = *place;
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = place->name, .state = plain,
			   .gate = place->gate, .reset = plain_reset });
	soc_add_registers(soc, &(struct soc_registers){ .name = place->name, .base = place->base,
			  .gate = place->gate, .apb = place->apb, .state = plain,
			  .read = plain_read, .write = plain_write });
	return OK;
}
