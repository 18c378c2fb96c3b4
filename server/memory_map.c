/* SPDX-License-Identifier: MIT
 *
 * The chip's facts put in order, and what lies between them. Nothing is left out, because GDB calls
 * what is missing unreadable.
 */
#include "server/memory_map.h"

#include "probe/bytes.h"

#include <stdlib.h>

enum { EEPROM_BLOCK = 4 };	/* a word */

/* What can be fetched from by default where the chip says nothing (DDI 0403E B3.1). */
static const struct area {
	uint64_t end;
	bool executable;
	const char *name;
} areas[MEMORY_AREAS] = {
	{ 0x20000000, true, NULL }, { 0x40000000, true, NULL }, { 0x60000000, false, "peripherals" },
	{ 0xA0000000, true, "external" }, { 0xE0000000, false, "external devices" },
	{ UINT64_C(1) << 32, false, "system" },
};

/* What the chip's facts say, in order. */
struct known {
	struct memory_range list[MEMORY_KNOWN_MAX];
	size_t count;
};

static void add_known(struct known *known, uint32_t base, uint64_t size, struct memory_range range)
{
	range.start = base;
	range.end = base + size;
	if (size && known->count < MEMORY_KNOWN_MAX)
		known->list[known->count++] = range;
}

static void add_bank(struct known *known, const struct chip_bank *bank)
{
	uint32_t offset = 0;

	for (size_t i = 0; i < bank->run_count && offset < bank->size; i++) {
		const struct chip_sectors *run = &bank->runs[i];
		uint32_t size = min_u32(run->count * run->size, bank->size - offset);

		add_known(known, bank->base + offset, size, (struct memory_range){
			.kind = MEMORY_FLASH, .block = run->size, .executable = true, .name = "flash" });
		offset += size;
	}
}

/* GDB's load writes what it calls flash: data EEPROM too. */
static void add_region(struct known *known, const struct chip_region *region)
{
	static const struct memory_range as[] = {
		[CHIP_RAM] = { .kind = MEMORY_RAM, .executable = true },
		[CHIP_CCM] = { .kind = MEMORY_RAM },
		[CHIP_BACKUP] = { .kind = MEMORY_RAM },
		[CHIP_ROM] = { .kind = MEMORY_ROM, .executable = true },
		[CHIP_EEPROM] = { .kind = MEMORY_FLASH, .block = EEPROM_BLOCK },
	};
	struct memory_range range = as[region->kind];

	range.name = region->name;
	add_known(known, region->base, region->size, range);
}

static int by_start(const void *a, const void *b)
{
	const struct memory_range *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

/* Non-secure images are linked there. */
static void add_nonsecure(struct known *known, const struct chip *chip)
{
	for (size_t i = 0; i < chip->bank_count && chip_is_secure(chip); i++) {
		struct chip_bank bank = chip->banks[i];

		bank.base -= chip->flash_secure - chip->layouts[0].banks[0].base;
		add_bank(known, &bank);
	}
}

static void collect(struct known *known, const struct chip *chip)
{
	for (size_t i = 0; i < chip->bank_count; i++)
		add_bank(known, &chip->banks[i]);
	add_nonsecure(known, chip);
	for (size_t i = 0; i < chip->alias_count && !chip_is_secure(chip); i++)
		add_known(known, chip->aliases[i].base, chip->aliases[i].size, (struct memory_range){
			.kind = MEMORY_ROM, .executable = true, .name = "alias" });
	for (size_t i = 0; i < chip->region_count; i++)
		add_region(known, &chip->regions[i]);
	add_known(known, chip->otp_base, chip->otp_size, (struct memory_range){
		.kind = MEMORY_ONCE, .name = "otp" });
	qsort(known->list, known->count, sizeof(known->list[0]), by_start);
}

static void add(struct memory_map *map, struct memory_range range)
{
	if (range.start < range.end && map->count < MEMORY_RANGES_MAX)
		map->ranges[map->count++] = range;
}

static void add_gap(struct memory_map *map, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < MEMORY_AREAS && start < end; i++) {
		uint64_t stop = areas[i].end < end ? areas[i].end : end;

		if (stop <= start)
			continue;
		add(map, (struct memory_range){ start, stop, MEMORY_RAM, 0, areas[i].executable,
						areas[i].name });
		start = stop;
	}
}

void memory_map_make(struct memory_map *map, const struct chip *chip)
{
	struct known known = { .count = 0 };
	uint64_t at = 0;

	map->count = 0;
	collect(&known, chip);
	for (size_t i = 0; i < known.count; i++) {
		struct memory_range one = known.list[i];

		if (one.start < at)	/* system memory that contains OTP: the first one has it */
			one.start = at;
		add_gap(map, at, one.start);
		add(map, one);
		if (one.end > at)
			at = one.end;
	}
	add_gap(map, at, UINT64_C(1) << 32);
}

const struct memory_range *memory_map_at(const struct memory_map *map, uint32_t address)
{
	size_t i = 0;

	while (i + 1 < map->count && address >= map->ranges[i].end)
		i++;
	return &map->ranges[i];
}

/* Armv7-M ARM DDI 0403E, B3.1: peripherals, devices (0xA: here also registers), system. */
bool memory_map_is_plain(uint32_t address, uint32_t length)
{
	static const struct { uint32_t start, last; } others[] = {
		{ 0x40000000, 0x5FFFFFFF }, { 0xA0000000, 0xBFFFFFFF }, { 0xE0000000, 0xFFFFFFFF },
	};
	uint32_t last = address + (length ? length - 1 : 0);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (address <= others[i].last && last >= others[i].start)
			return false;
	return last >= address;
}
