/* SPDX-License-Identifier: MIT
 *
 * Target description and memory map, written from the register table and the chip's facts.
 */
#include "server/xml.h"

#include "server/memory_map.h"
#include "server/rsp/registers_map.h"

static const char *const feature_names[FEATURE_COUNT] = {
	[FEATURE_PROFILE] = "org.gnu.gdb.arm.m-profile",
	[FEATURE_SYSTEM] = "org.gnu.gdb.arm.m-system",
	[FEATURE_VFP] = "org.gnu.gdb.arm.vfp",
};

static void add_register(struct buffer *out, const struct gdb_register *row)
{
	buffer_add(out, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%u\"", row->name, row->bits,
		   row->number);
	if (row->type)
		buffer_add(out, " type=\"%s\"", row->type);
	if (row->group)
		buffer_add(out, " group=\"%s\"", row->group);
	if (row->bits == 64)	/* LLDB does not know ieee_double */
		buffer_add(out, " encoding=\"ieee754\" format=\"float\"");
	buffer_add(out, "/>\n");
}

static void add_feature(struct buffer *out, enum gdb_feature feature, bool mainline, bool fpu)
{
	buffer_add(out, "<feature name=\"%s\">\n", feature_names[feature]);
	for (size_t i = 0; i < gdb_register_count; i++) {
		const struct gdb_register *row = &gdb_registers[i];

		if (row->feature == feature && gdb_register_exists(row, mainline, fpu))
			add_register(out, row);
	}
	buffer_add(out, "</feature>\n");
}

void xml_target(struct buffer *out, bool mainline, bool fpu)
{
	buffer_add(out, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
			"<target version=\"1.0\">\n<architecture>arm</architecture>\n");
	add_feature(out, FEATURE_PROFILE, mainline, fpu);
	add_feature(out, FEATURE_SYSTEM, mainline, fpu);
	if (fpu)
		add_feature(out, FEATURE_VFP, mainline, fpu);
	buffer_add(out, "</target>\n");
}

static void add_memory(struct buffer *out, const struct memory_range *range)
{
	static const char *const types[] = {
		[MEMORY_RAM] = "ram", [MEMORY_ROM] = "rom", [MEMORY_FLASH] = "flash",
		[MEMORY_ONCE] = "ram",		/* GDB keeps a write to rom to itself, without a word */
	};

	buffer_add(out, "<memory type=\"%s\" start=\"0x%llx\" length=\"0x%llx\"", types[range->kind],
		   (unsigned long long)range->start,
		   (unsigned long long)(range->end - range->start));
	if (range->kind == MEMORY_FLASH)
		buffer_add(out, "><property name=\"blocksize\">0x%x</property></memory>\n", range->block);
	else
		buffer_add(out, "/>\n");
}

void xml_memory_map(struct buffer *out, const struct chip *chip)
{
	struct memory_map map;

	memory_map_make(&map, chip);
	buffer_add(out, "<?xml version=\"1.0\"?>\n<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB "
			"Memory Map V1.0//EN\" \"http://sourceware.org/gdb/gdb-memory-map.dtd\">\n"
			"<memory-map>\n");
	for (size_t i = 0; i < map.count; i++) {
		struct memory_range *next = &map.ranges[i + 1];

		if (i + 1 < map.count && map.ranges[i].kind == MEMORY_RAM && next->kind == MEMORY_RAM)
			next->start = map.ranges[i].start;	/* all one to GDB */
		else
			add_memory(out, &map.ranges[i]);
	}
	buffer_add(out, "</memory-map>\n");
}
