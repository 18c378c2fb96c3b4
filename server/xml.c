/* SPDX-License-Identifier: MIT
 *
 * Target description and memory map, written from the register table and the chip's facts.
 */
#include "server/xml.h"

#include "server/rsp/registers_map.h"

#include "probe/bytes.h"

#include <stdlib.h>

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

/* A stretch of the address space that is not plain RAM; block 0 = read-only, else flash. */
struct stretch {
	uint64_t start, end;
	uint32_t block;
};

enum { EEPROM_BLOCK = 4 };	/* a word */

enum { STRETCHES_MAX = CHIP_BANKS * CHIP_SECTOR_RUNS + CHIP_ALIASES + CHIP_REGIONS + 1 };

struct stretches {
	struct stretch list[STRETCHES_MAX];
	size_t count;
};

static void add_stretch(struct stretches *all, uint32_t base, uint64_t size, uint32_t block)
{
	struct stretch one = { base, (uint64_t)base + size, block };

	if (size && all->count < STRETCHES_MAX)
		all->list[all->count++] = one;
}

static void add_bank(struct stretches *all, const struct chip_bank *bank)
{
	uint32_t offset = 0;

	for (size_t i = 0; i < bank->run_count && offset < bank->size; i++) {
		const struct chip_sectors *run = &bank->runs[i];
		uint32_t size = min_u32(run->count * run->size, bank->size - offset);

		add_stretch(all, bank->base + offset, size, run->size);
		offset += size;
	}
}

static int by_start(const void *a, const void *b)
{
	const struct stretch *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

static void collect(struct stretches *all, const struct chip *chip)
{
	for (size_t i = 0; i < chip->bank_count; i++)
		add_bank(all, &chip->banks[i]);
	for (size_t i = 0; i < chip->alias_count; i++)
		add_stretch(all, chip->aliases[i].base, chip->aliases[i].size, 0);
	for (size_t i = 0; i < chip->region_count; i++) {
		const struct chip_region *region = &chip->regions[i];

		if (region->kind == CHIP_ROM)
			add_stretch(all, region->base, region->size, 0);
		if (region->kind == CHIP_EEPROM)	/* GDB's load writes what it calls flash */
			add_stretch(all, region->base, region->size, EEPROM_BLOCK);
	}
	add_stretch(all, chip->otp_base, chip->otp_size, 0);
	qsort(all->list, all->count, sizeof(all->list[0]), by_start);
}

static void add_memory(struct buffer *out, const struct stretch *one, const char *type)
{
	if (one->start >= one->end)
		return;
	buffer_add(out, "<memory type=\"%s\" start=\"0x%llx\" length=\"0x%llx\"", type,
		   (unsigned long long)one->start, (unsigned long long)(one->end - one->start));
	if (one->block)
		buffer_add(out, "><property name=\"blocksize\">0x%x</property></memory>\n", one->block);
	else
		buffer_add(out, "/>\n");
}

void xml_memory_map(struct buffer *out, const struct chip *chip)
{
	struct stretches all = { .count = 0 };
	uint64_t at = 0;

	collect(&all, chip);
	buffer_add(out, "<?xml version=\"1.0\"?>\n<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB "
			"Memory Map V1.0//EN\" \"http://sourceware.org/gdb/gdb-memory-map.dtd\">\n"
			"<memory-map>\n");
	for (size_t i = 0; i < all.count; i++) {
		struct stretch one = all.list[i], gap = { at, one.start, 0 };

		if (one.start < at)	/* system memory that contains OTP: the first row has it */
			one.start = at;
		add_memory(out, &gap, "ram");
		add_memory(out, &one, one.block ? "flash" : "rom");
		if (one.end > at)
			at = one.end;
	}
	add_memory(out, &(struct stretch){ at, UINT64_C(1) << 32, 0 }, "ram");
	buffer_add(out, "</memory-map>\n");
}
