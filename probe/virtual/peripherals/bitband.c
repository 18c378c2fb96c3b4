/* SPDX-License-Identifier: MIT
 *
 * Bit-band aliases of Armv7-M (DDI 0403E B3.1): a word per bit of the first MiB of SRAM and of the
 * peripherals. Writes are a read and a write of the byte that holds the bit.
 */
#include "probe/virtual/peripherals/peripherals.h"

enum { ALIAS_SIZE = 32 << 20 };

static uint32_t target(uint32_t region, uint32_t offset)
{
	return region + offset / 32;
}

/* Peripherals may know words only: the access is as wide as its register. */
static enum bus_result access_bit(struct soc *soc, uint32_t region, uint32_t offset, bool write,
				  uint32_t *value, enum bus_master master)
{
	uint32_t address = target(region, offset) & ~3u;
	uint32_t bit = 1u << (target(region, offset) % 4 * 8 + offset / 4 % 8);
	uint32_t word;
	enum bus_result result = bus_read(soc->bus, address, 4, &word, master);

	if (result != BUS_OK)
		return result;
	if (!write) {
		*value = word & bit ? 1 : 0;
		return BUS_OK;
	}
	word = *value & 1 ? word | bit : word & ~bit;
	return bus_write(soc->bus, address, 4, word, master);
}

static enum bus_result sram_read(void *context, uint32_t offset, unsigned width, uint32_t *value,
				 enum bus_master master)
{
	(void)width;
	return access_bit(context, 0x20000000, offset, false, value, master);
}

static enum bus_result sram_write(void *context, uint32_t offset, unsigned width, uint32_t value,
				  enum bus_master master)
{
	(void)width;
	return access_bit(context, 0x20000000, offset, true, &value, master);
}

static enum bus_result device_read(void *context, uint32_t offset, unsigned width, uint32_t *value,
				   enum bus_master master)
{
	(void)width;
	return access_bit(context, 0x40000000, offset, false, value, master);
}

static enum bus_result device_write(void *context, uint32_t offset, unsigned width, uint32_t value,
				    enum bus_master master)
{
	(void)width;
	return access_bit(context, 0x40000000, offset, true, &value, master);
}

void bitband_add(struct soc *soc)
{
	bus_add_device(soc->bus, &(struct bus_device){ "bit-band SRAM", 0x22000000, ALIAS_SIZE, soc,
		       sram_read, sram_write });
	bus_add_device(soc->bus,
		       &(struct bus_device){ "bit-band peripherals", 0x42000000, ALIAS_SIZE, soc,
					     device_read, device_write });
}
