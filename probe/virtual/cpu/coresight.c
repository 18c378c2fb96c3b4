/* SPDX-License-Identifier: MIT
 *
 * How a debugger finds out what is there: the ROM table at 0xE00FF000 and the id registers of its
 * components (IHI 0031C; part numbers of the cores' TRMs). The ETM is ids and nothing else.
 */
#include "probe/virtual/cpu/internal.h"

#define ITM_BASE 0xE0000000u
#define TPIU_BASE 0xE0040000u
#define ETM_BASE 0xE0041000u
#define ROM_TABLE 0xE00FF000u

enum {
	ID_DEVARCH = 0xFBC, ID_DEVTYPE = 0xFCC, ID_PIDR4 = 0xFD0, ID_PIDR0 = 0xFE0,
	ID_CIDR0 = 0xFF0,
	CLASS_ROM = 0x10, CLASS_DEBUG = 0x90, CLASS_GENERIC = 0xE0,
	JEP106_ARM = 4, ENTRY_PRESENT = 3,
};

const struct coresight_unit coresight_v6m[] = {
	{ 0xE000E000, 0x0BB008, CLASS_GENERIC, 0, 0 },
	{ 0xE0001000, 0x0BB00A, CLASS_GENERIC, 0, 0 },
	{ 0xE0002000, 0x0BB00B, CLASS_GENERIC, 0, 0 },
	{ 0 },
};

const struct coresight_unit coresight_v7m[] = {
	{ 0xE000E000, 0x0BB00C, CLASS_GENERIC, 0, 0 },
	{ 0xE0001000, 0x3BB002, CLASS_GENERIC, 0, 0 },
	{ 0xE0002000, 0x2BB003, CLASS_GENERIC, 0, 0 },
	{ ITM_BASE, 0x3BB001, CLASS_GENERIC, 0, 0 },
	{ TPIU_BASE, 0x0BB9A1, CLASS_DEBUG, 0, 0x11 },
	{ ETM_BASE, 0x0BB925, CLASS_DEBUG, 0, 0x13 },
	{ 0 },
};

const struct coresight_unit coresight_m7[] = {
	{ 0xE000E000, 0x0BB00C, CLASS_GENERIC, 0, 0 },
	{ 0xE0001000, 0x0BB002, CLASS_GENERIC, 0, 0 },
	{ 0xE0002000, 0x0BB00E, CLASS_GENERIC, 0, 0 },
	{ ITM_BASE, 0x0BB001, CLASS_GENERIC, 0, 0 },
	{ 0 },
};

const struct coresight_unit coresight_v8m[] = {
	{ 0xE000E000, 0x0BBD21, CLASS_DEBUG, 0x47702A04, 0 },
	{ 0xE0001000, 0x0BBD21, CLASS_DEBUG, 0x47701A02, 0 },
	{ 0xE0002000, 0x0BBD21, CLASS_DEBUG, 0x47701A03, 0 },
	{ ITM_BASE, 0x0BBD21, CLASS_DEBUG, 0x47701A01, 0x43 },
	{ 0 },
};

static const struct coresight_unit *find_unit(const struct cpu *cpu, uint32_t base)
{
	const struct coresight_unit *unit = cpu->model->rom_units;

	while (unit->base && unit->base != base)
		unit++;
	return unit->base ? unit : NULL;
}

/* Peripheral and component id: eight and four registers of a byte each, PIDR4 first. */
static uint32_t id_byte(uint32_t part_id, unsigned continuation, uint8_t class_id, uint32_t offset)
{
	const uint8_t component[] = { 0x0D, class_id, 0x05, 0xB1 };

	if (offset >= ID_CIDR0)
		return component[(offset - ID_CIDR0) / 4];
	if (offset >= ID_PIDR0)
		return offset == ID_PIDR0 + 12 ? 0 : part_id >> 8 * ((offset - ID_PIDR0) / 4) & 0xFF;
	return offset == ID_PIDR4 ? continuation : 0;
}

uint32_t coresight_id(const struct cpu *cpu, uint32_t base, uint32_t offset)
{
	const struct coresight_unit *unit = find_unit(cpu, base);

	offset &= ~3u;
	if (!unit || offset < ID_DEVARCH)
		return 0;
	if (offset == ID_DEVARCH)
		return unit->devarch;
	if (offset == ID_DEVTYPE)
		return unit->devtype;
	return offset < ID_PIDR4 ? 0 : id_byte(unit->part_id, JEP106_ARM, unit->class_id, offset);
}

/* The table's own id is ST's (JEP106 bank 0, 0x20) with the number of the part. */
static uint32_t rom_word(const struct cpu *cpu, uint32_t offset)
{
	const struct coresight_unit *unit = cpu->model->rom_units;
	uint32_t st_part = 0x0A0000u | (cpu->part & 0xFFF);

	if (offset >= ID_PIDR4)
		return id_byte(st_part, 0, CLASS_ROM, offset);
	for (uint32_t at = 0; unit->base; at += 4, unit++)
		if (at == offset)
			return (unit->base - ROM_TABLE) | ENTRY_PRESENT;
	return 0;
}

static enum bus_result read_rom(void *context, uint32_t offset, unsigned width, uint32_t *value,
				enum bus_master master)
{
	(void)master;
	*value = lane_get(rom_word(context, offset & ~3u), offset, width);
	return BUS_OK;
}

static enum bus_result read_etm(void *context, uint32_t offset, unsigned width, uint32_t *value,
				enum bus_master master)
{
	(void)master;
	*value = lane_get(coresight_id(context, ETM_BASE, offset), offset, width);
	return BUS_OK;
}

static enum bus_result write_nothing(void *context, uint32_t offset, unsigned width, uint32_t value,
				     enum bus_master master)
{
	(void)context, (void)offset, (void)width, (void)value, (void)master;
	return BUS_OK;
}

void coresight_add_to_bus(struct cpu *cpu)
{
	bus_add_device(cpu->bus, &(struct bus_device){ "ROM table", ROM_TABLE, 0x1000, cpu, read_rom,
						       write_nothing });
	if (find_unit(cpu, ETM_BASE))
		bus_add_device(cpu->bus, &(struct bus_device){ "ETM", ETM_BASE, 0x1000, cpu, read_etm,
							       write_nothing });
}
