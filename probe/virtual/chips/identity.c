/* SPDX-License-Identifier: MIT
 *
 * What the factory wrote: unique id and flash size. They lie in system memory, beside the option
 * bytes, or in a page that holds nothing else.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include "probe/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 1024 };

static void nothing(void *state)
{
	(void)state;
}

/* The bytes at an address, with a page made for them where there is no memory yet; NULL = out of
 * memory, or a device is there. */
static uint8_t *bytes_at(struct soc *soc, uint32_t address)
{
	struct bus_memory *memory = bus_memory_at(soc->bus, address);
	uint8_t *page;

	if (!memory) {
		page = malloc(PAGE);
		if (!page)
			return NULL;
		memset(page, 0xFF, PAGE);
		soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "factory page",
				   .state = page, .gate = SOC_ALWAYS_ON, .reset = nothing });
		bus_add_memory(soc->bus, &(struct bus_memory){ .name = "factory page",
			       .base = address & ~(uint32_t)(PAGE - 1), .size = PAGE,
			       .bytes = page });
		memory = bus_memory_at(soc->bus, address);
	}
	return memory ? memory->bytes + (address - memory->base) : NULL;
}

static int put_uid(struct soc *soc)
{
	static const uint8_t in_a_row[3] = { 0, 4, 8 }, split[3] = { 0, 4, 0x14 };
	const struct virtual_spec *spec = soc->spec;
	const uint8_t *offsets = spec->uid_split ? split : in_a_row;

	for (unsigned i = 0; i < 3; i++) {
		uint8_t *bytes = bytes_at(soc, spec->uid_address + offsets[i]);

		if (!bytes)
			return E_MEMORY;
		memcpy(bytes, spec->uid + 4 * i, 4);
	}
	return OK;
}

int identity_add(struct soc *soc)
{
	const struct virtual_spec *spec = soc->spec;
	uint8_t *size = spec->size_address ? bytes_at(soc, spec->size_address) : NULL;

	if (spec->size_address && !size)
		return E_MEMORY;
	if (size)
		put_u16(size, (uint16_t)spec->size_value);
	return spec->uid_address ? put_uid(soc) : OK;
}
