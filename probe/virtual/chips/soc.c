/* SPDX-License-Identifier: MIT
 *
 * The list of a chip's peripherals, its clock gates and the reserved addresses between registers.
 */
#include "probe/virtual/chips/soc.h"

#include "probe/log.h"

#include <assert.h>
#include <stdlib.h>

#define FLASH_STUCK_NS	1000000000000u	/* longer than anybody waits; a reset ends it */

void soc_release(struct soc *soc)
{
	for (size_t i = 0; i < soc->peripheral_count; i++) {
		struct soc_peripheral *p = &soc->peripherals[i];

		if (p->release)
			p->release(p->state);
		free(p->state);
	}
	free(soc->output.bytes);
	soc->peripheral_count = 0;
}

void soc_add_peripheral(struct soc *soc, const struct soc_peripheral *peripheral)
{
	assert(soc->peripheral_count < SOC_PERIPHERALS_MAX);
	soc->peripherals[soc->peripheral_count++] = *peripheral;
}

void soc_add_area(struct soc *soc, const char *name, uint8_t *bytes, uint32_t size)
{
	assert(soc->area_count < SOC_AREAS_MAX);
	soc->areas[soc->area_count++] = (struct soc_area){ name, bytes, size };
}

bool soc_gate_open(const struct soc *soc, unsigned gate)
{
	return gate == SOC_ALWAYS_ON || (soc->gates[gate / 32] >> gate % 32 & 1);
}

bool soc_frozen(const struct soc *soc, unsigned freeze_bit)
{
	return soc->core_halted && soc->freeze[freeze_bit / 32] >> freeze_bit % 32 & 1;
}

static uint32_t lane_mask(unsigned width)
{
	return width == 4 ? UINT32_MAX : (1u << 8 * width) - 1;
}

static enum bus_result registers_read(void *context, uint32_t offset, unsigned width,
				      uint32_t *value, enum bus_master master)
{
	const struct soc_registers *r = context;

	*value = 0;
	if (soc_gate_open(r->soc, r->gate))
		*value = r->read(r->state, offset & ~3u, master) >> 8 * (offset & 3);
	*value &= lane_mask(width);
	return BUS_OK;
}

static uint32_t widen(const struct soc_registers *r, uint32_t offset, unsigned width,
		      uint32_t value, enum bus_master master)
{
	uint32_t shift = 8 * (offset & 3), mask = lane_mask(width), old;

	if (width == 4)
		return value;
	if (r->apb)
		return width == 1 ? (value & mask) * 0x01010101u : (value & mask) * 0x00010001u;
	old = r->read(r->state, offset & ~3u, master);
	return (old & ~(mask << shift)) | (value & mask) << shift;
}

static enum bus_result registers_write(void *context, uint32_t offset, unsigned width,
				       uint32_t value, enum bus_master master)
{
	const struct soc_registers *r = context;

	if (soc_gate_open(r->soc, r->gate))
		r->write(r->state, offset & ~3u, widen(r, offset, width, value, master));
	return BUS_OK;
}

void soc_add_registers(struct soc *soc, const struct soc_registers *registers)
{
	struct soc_registers *r = &soc->registers[soc->registers_count++];

	assert(soc->registers_count <= SOC_REGISTERS_MAX);
	*r = *registers;
	r->soc = soc;
	bus_add_device(soc->bus, &(struct bus_device){ r->name, r->base, 0x400, r, registers_read,
		       registers_write });
}

static enum bus_result reserved_read(void *context, uint32_t offset, unsigned width,
				     uint32_t *value, enum bus_master master)
{
	(void)context, (void)offset, (void)width, (void)master;
	*value = 0;
	return BUS_OK;
}

static enum bus_result reserved_write(void *context, uint32_t offset, unsigned width,
				      uint32_t value, enum bus_master master)
{
	(void)context, (void)offset, (void)width, (void)value, (void)master;
	return BUS_OK;
}

static uint64_t row_end(struct bus *bus, uint32_t address)
{
	const struct bus_memory *memory = bus_memory_at(bus, address);
	const struct bus_device *device = bus_device_at(bus, address);

	return memory ? (uint64_t)memory->base + memory->size
		      : device ? (uint64_t)device->base + device->size : address;
}

void soc_fill_reserved(struct soc *soc, uint32_t base, uint32_t size)
{
	uint64_t end = (uint64_t)base + size, at = base;

	while ((at = row_end(soc->bus, (uint32_t)at)) < end) {
		uint64_t next = bus_next_base(soc->bus, at);
		uint32_t length = (uint32_t)((next < end ? next : end) - at);

		if (length)
			bus_add_device(soc->bus,
				       &(struct bus_device){ "reserved", (uint32_t)at, length, soc,
							     reserved_read, reserved_write });
		at += length;
		if (at >= end)
			break;
	}
}

void soc_reset_gated(struct soc *soc, unsigned index, uint32_t bits)
{
	for (size_t i = 0; i < soc->peripheral_count; i++) {
		struct soc_peripheral *p = &soc->peripherals[i];

		if (p->gate / 32 == index && bits >> p->gate % 32 & 1)
			p->reset(p->state);
	}
}

void soc_reset_all(struct soc *soc)
{
	for (size_t i = 0; i < soc->peripheral_count; i++)
		soc->peripherals[i].reset(soc->peripherals[i].state);
}

void soc_power_all(struct soc *soc, bool on)
{
	for (size_t i = 0; i < soc->peripheral_count; i++)
		if (soc->peripherals[i].power)
			soc->peripherals[i].power(soc->peripherals[i].state, on);
}

void soc_notice(struct soc *soc)
{
	for (size_t i = 0; i < soc->peripheral_count; i++)
		if (soc->peripherals[i].notice)
			soc->peripherals[i].notice(soc->peripherals[i].state);
}

uint64_t soc_flash_takes(struct soc *soc, uint64_t ns)
{
	if (++soc->flash_operations == soc->flash_stuck) {
		log_line(LOG_VIRTUAL, "flash: operation %u stays busy (fault schedule)",
			 (unsigned)soc->flash_operations);
		ns = FLASH_STUCK_NS;
	}
	soc->flash_busy_ns += ns;
	return ns;
}

uint32_t soc_rom_base(const struct soc *soc)
{
	for (size_t i = 0; i < soc->spec->region_count; i++)
		if (soc->spec->regions[i].kind == VIRTUAL_ROM)
			return soc->spec->regions[i].base;
	return 0;
}

void soc_print(struct soc *soc, char byte)
{
	struct soc_output *out = &soc->output;

	if (out->length + 1 >= out->capacity) {
		size_t capacity = out->capacity ? out->capacity * 2 : 1024;
		char *grown = capacity > SOC_OUTPUT_MAX ? NULL : realloc(out->bytes, capacity);

		if (!grown)
			return;		/* enough was said */
		out->bytes = grown;
		out->capacity = capacity;
	}
	out->bytes[out->length++] = byte;
	out->bytes[out->length] = 0;
}

void soc_set_irq(const struct soc *soc, unsigned irq, bool level)
{
	soc->host->set_irq(soc->host->context, irq, level);
}

void soc_request_reset(const struct soc *soc, enum soc_reset cause)
{
	soc->host->reset(soc->host->context, cause);
}
