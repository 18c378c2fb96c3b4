/* SPDX-License-Identifier: MIT
 *
 * The bus of a virtual chip: finds the row that holds an address and hands the access on. Memories
 * are few and devices are some dozens, so a walk over the rows is quick enough.
 */
#include "probe/virtual/bus.h"

#include "probe/bytes.h"

#include <assert.h>

static bool row_holds(uint32_t base, uint32_t size, uint32_t address)
{
	return address - base < size;
}

struct bus_memory *bus_memory_at(struct bus *bus, uint32_t address)
{
	for (size_t i = 0; i < bus->memory_count; i++)
		if (row_holds(bus->memories[i].base, bus->memories[i].size, address))
			return &bus->memories[i];
	return NULL;
}

struct bus_device *bus_device_at(struct bus *bus, uint32_t address)
{
	for (size_t i = 0; i < bus->device_count; i++)
		if (row_holds(bus->devices[i].base, bus->devices[i].size, address))
			return &bus->devices[i];
	return NULL;
}

uint64_t bus_next_base(const struct bus *bus, uint64_t address)
{
	uint64_t next = (uint64_t)1 << 32;

	for (size_t i = 0; i < bus->memory_count; i++)
		if (bus->memories[i].base >= address && bus->memories[i].base < next)
			next = bus->memories[i].base;
	for (size_t i = 0; i < bus->device_count; i++)
		if (bus->devices[i].base >= address && bus->devices[i].base < next)
			next = bus->devices[i].base;
	return next;
}

static bool claim(struct bus *bus, const char *name, uint32_t base, uint32_t size)
{
	bool free = size > 0 && base + (size - 1) >= base && !bus_memory_at(bus, base) &&
		    !bus_device_at(bus, base) && bus_next_base(bus, base) >= (uint64_t)base + size;

	if (!free && !bus->clash)
		bus->clash = name;
	return free;
}

void bus_add_device(struct bus *bus, const struct bus_device *device)
{
	assert(bus->device_count < BUS_DEVICES_MAX);
	if (!claim(bus, device->name, device->base, device->size))
		return;
	bus->devices[bus->device_count++] = *device;
	bus->generation++;
}

void bus_add_memory(struct bus *bus, const struct bus_memory *memory)
{
	assert(bus->memory_count < BUS_MEMORIES_MAX);
	if (!claim(bus, memory->name, memory->base, memory->size))
		return;
	bus->memories[bus->memory_count++] = *memory;
	bus->generation++;
}

void bus_replace_memory(struct bus *bus, uint32_t base, const struct bus_memory *memory)
{
	struct bus_memory *row = bus_memory_at(bus, base);

	assert(row && row->base == base);
	assert(bus_next_base(bus, (uint64_t)base + 1) >= (uint64_t)base + memory->size);
	*row = *memory;
	row->base = base;
	bus->generation++;
}

static uint32_t load(const uint8_t *p, unsigned width)
{
	return width == 4 ? get_u32(p) : width == 2 ? get_u16(p) : *p;
}

static void store(uint8_t *p, unsigned width, uint32_t value)
{
	if (width == 4)
		put_u32(p, value);
	else if (width == 2)
		put_u16(p, (uint16_t)value);
	else
		*p = (uint8_t)value;
}

static enum bus_result memory_read(const struct bus_memory *memory, uint32_t address,
				   unsigned width, uint32_t *value, enum bus_master master)
{
	if (memory->check) {
		enum bus_result result = memory->check(memory->context, address, width, master);

		if (result != BUS_OK)
			return result;
	}
	*value = load(memory->bytes + (address - memory->base), width);
	return BUS_OK;
}

static enum bus_result memory_write(struct bus *bus, const struct bus_memory *memory,
				    uint32_t address, unsigned width, uint32_t value,
				    enum bus_master master)
{
	if (!memory->writable)
		return memory->write ? memory->write(memory->context, address, width, value, master)
				     : BUS_FAULT;
	store(memory->bytes + (address - memory->base), width, value);
	bus_changed(bus, address, width);
	return BUS_OK;
}

enum bus_result bus_read(struct bus *bus, uint32_t address, unsigned width, uint32_t *value,
			 enum bus_master master)
{
	const struct bus_memory *memory = bus_memory_at(bus, address);
	const struct bus_device *device;

	assert(address % width == 0);
	*value = 0;
	if (memory)
		return memory_read(memory, address, width, value, master);
	device = bus_device_at(bus, address);
	if (!device)
		return BUS_FAULT;
	return device->read(device->context, address - device->base, width, value, master);
}

enum bus_result bus_write(struct bus *bus, uint32_t address, unsigned width, uint32_t value,
			  enum bus_master master)
{
	const struct bus_memory *memory = bus_memory_at(bus, address);
	const struct bus_device *device;

	assert(address % width == 0);
	if (memory)
		return memory_write(bus, memory, address, width, value, master);
	device = bus_device_at(bus, address);
	if (!device)
		return BUS_FAULT;
	return device->write(device->context, address - device->base, width, value, master);
}

/* The part of an alias that shows the same bytes; false if it shows none of them. */
static bool alias_shows(const struct bus_memory *alias, const uint8_t *bytes, uint32_t length,
			uint32_t *address, uint32_t *shown)
{
	const uint8_t *end = alias->bytes + alias->size;
	const uint8_t *from = bytes > alias->bytes ? bytes : alias->bytes;
	const uint8_t *to = bytes + length < end ? bytes + length : end;

	if (from >= to)
		return false;
	*address = alias->base + (uint32_t)(from - alias->bytes);
	*shown = (uint32_t)(to - from);
	return true;
}

void bus_changed(struct bus *bus, uint32_t address, uint32_t length)
{
	const struct bus_memory *memory = bus_memory_at(bus, address);

	if (!bus->wrote || !memory)
		return;
	for (size_t i = 0; i < bus->memory_count; i++) {
		const uint8_t *bytes = memory->bytes + (address - memory->base);
		uint32_t at, shown;

		if (alias_shows(&bus->memories[i], bytes, length, &at, &shown))
			bus->wrote(bus->wrote_context, at, shown);
	}
}
