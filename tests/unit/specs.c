/* SPDX-License-Identifier: MIT
 *
 * Hand-made specs of virtual chips.
 */
#include "tests/unit/specs.h"

#include <stdio.h>

static void name(struct virtual_spec *spec, const char *chip, const char *controller)
{
	snprintf(spec->chip, sizeof(spec->chip), "%s", chip);
	snprintf(spec->controller, sizeof(spec->controller), "%s", controller);
}

static void add_bank(struct virtual_spec *spec, uint32_t base, uint32_t pages, uint32_t page_size)
{
	struct virtual_bank *bank = &spec->banks[spec->bank_count++];

	*bank = (struct virtual_bank){ .base = base, .size = pages * page_size,
				       .registers = spec->flash_registers, .run_count = 1 };
	bank->runs[0] = (struct virtual_sector_run){ pages, page_size };
	spec->size_value += bank->size >> 10;
}

static void add_region(struct virtual_spec *spec, const char *text, enum virtual_region_kind kind,
		       uint32_t base, uint32_t size)
{
	struct virtual_region *region = &spec->regions[spec->region_count++];

	region->kind = kind;
	region->base = base;
	region->size = size;
	snprintf(region->name, sizeof(region->name), "%s", text);
}

static void add_option(struct virtual_spec *spec, uint32_t address, uint32_t factory)
{
	spec->options[spec->option_count++] = (struct virtual_option_word){
		.name = "option", .address = address, .factory = factory };
}

static const struct virtual_spec common = {
	.uid = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
	.supply_mv = 3300,
};

/* --- F0, F1, F3 ------------------------------------------------------------------------------- */

static void fill_f1(struct virtual_spec *spec, enum virtual_core core, uint8_t rdp)
{
	*spec = common;
	spec->core = core;
	spec->erased = 0xFF;
	spec->hsi_hz = 8000000;
	spec->flash_registers = 0x40022000;
	add_option(spec, 0x1FFFF800, 0x00FF0000 | rdp | (uint32_t)(uint8_t)~rdp << 8);
	for (uint32_t at = 4; at < 16; at += 4)
		add_option(spec, 0x1FFFF800 + at, 0x00FF00FF);
}

static void fill_f103(struct virtual_spec *spec, uint32_t rom)
{
	fill_f1(spec, VIRTUAL_M3, 0xA5);
	spec->cpuid = 0x411FC231;
	spec->dpidr = 0x1BA01477;
	spec->idcode_address = 0xE0042000;
	spec->size_address = 0x1FFFF7E0;
	spec->uid_address = 0x1FFFF7E8;
	add_region(spec, "system", VIRTUAL_ROM, rom, 0x1FFFF800 - rom);
}

void spec_f103(struct virtual_spec *spec)
{
	fill_f103(spec, 0x1FFFF000);
	name(spec, "STM32F103CB", "f1");
	spec->idcode = 0x20036410;
	add_bank(spec, 0x08000000, 128, 1024);
	add_region(spec, "sram", VIRTUAL_RAM, 0x20000000, 20 << 10);
}

void spec_f103xl(struct virtual_spec *spec)
{
	fill_f103(spec, 0x1FFFE000);
	name(spec, "STM32F103ZG", "f1xl");
	spec->idcode = 0x10036430;
	add_bank(spec, 0x08000000, 256, 2048);
	add_bank(spec, 0x08080000, 256, 2048);
	add_region(spec, "sram", VIRTUAL_RAM, 0x20000000, 96 << 10);
}

static void fill_f0(struct virtual_spec *spec, enum virtual_core core, uint32_t rom)
{
	fill_f1(spec, core, 0xAA);
	spec->size_address = 0x1FFFF7CC;
	spec->uid_address = 0x1FFFF7AC;
	add_region(spec, "system", VIRTUAL_ROM, rom, 0x1FFFF800 - rom);
}

void spec_f072(struct virtual_spec *spec)
{
	fill_f0(spec, VIRTUAL_M0, 0x1FFFC800);
	name(spec, "STM32F072CB", "f1");
	spec->cpuid = 0x410CC200;
	spec->dpidr = 0x0BB11477;
	spec->idcode_address = 0x40015800;
	spec->idcode = 0x20016448;
	add_bank(spec, 0x08000000, 64, 2048);
	add_region(spec, "sram", VIRTUAL_RAM, 0x20000000, 16 << 10);
}

void spec_f303(struct virtual_spec *spec)
{
	fill_f0(spec, VIRTUAL_M4, 0x1FFFD800);
	name(spec, "STM32F303CC", "f1");
	spec->fpu = true;
	spec->cpuid = 0x410FC241;
	spec->dpidr = 0x2BA01477;
	spec->idcode_address = 0xE0042000;
	spec->idcode = 0x10036422;
	add_bank(spec, 0x08000000, 128, 2048);
	add_region(spec, "sram", VIRTUAL_RAM, 0x20000000, 40 << 10);
	add_region(spec, "ccm", VIRTUAL_RAM, 0x10000000, 8 << 10);
}

/* --- L0, L1 ----------------------------------------------------------------------------------- */

static void fill_l(struct virtual_spec *spec, uint32_t registers, uint32_t user)
{
	*spec = common;
	spec->erased = 0x00;
	spec->hsi_hz = 2097152;
	spec->flash_registers = registers;
	spec->uid_split = true;
	add_option(spec, 0x1FF80000, 0xFF5500AA);
	add_option(spec, 0x1FF80004, user | ~user << 16);
	add_option(spec, 0x1FF80008, 0xFFFF0000);
	add_option(spec, 0x1FF8000C, 0xFFFF0000);
}

static void fill_l0(struct virtual_spec *spec)
{
	fill_l(spec, 0x40022000, 0x8070);
	spec->core = VIRTUAL_M0PLUS;
	spec->cpuid = 0x410CC601;
	spec->dpidr = 0x0BC11477;
	spec->idcode_address = 0x40015800;
	spec->size_address = 0x1FF8007C;
	spec->uid_address = 0x1FF80050;
}

void spec_l053(struct virtual_spec *spec)
{
	fill_l0(spec);
	name(spec, "STM32L053C8", "l0");
	spec->idcode = 0x10086417;
	add_bank(spec, 0x08000000, 512, 128);
	add_region(spec, "sram", VIRTUAL_RAM, 0x20000000, 8 << 10);
	add_region(spec, "system", VIRTUAL_ROM, 0x1FF00000, 4 << 10);
	add_region(spec, "eeprom", VIRTUAL_EEPROM, 0x08080000, 2 << 10);
}

void spec_l073(struct virtual_spec *spec)
{
	fill_l0(spec);
	name(spec, "STM32L073RZ", "l0");
	spec->idcode = 0x20086447;
	add_option(spec, 0x1FF80010, 0xFFFF0000);
	add_bank(spec, 0x08000000, 768, 128);
	add_bank(spec, 0x08018000, 768, 128);
	add_region(spec, "sram", VIRTUAL_RAM, 0x20000000, 20 << 10);
	add_region(spec, "system", VIRTUAL_ROM, 0x1FF00000, 8 << 10);
	add_region(spec, "eeprom", VIRTUAL_EEPROM, 0x08080000, 6 << 10);
}

static void fill_l1(struct virtual_spec *spec)
{
	fill_l(spec, 0x40023C00, 0x0078);
	spec->core = VIRTUAL_M3;
	spec->cpuid = 0x412FC230;
	spec->dpidr = 0x2BA01477;
	spec->idcode_address = 0xE0042000;
}

void spec_l152(struct virtual_spec *spec)
{
	fill_l1(spec);
	name(spec, "STM32L152RB", "l1");
	spec->idcode = 0x10786416;
	spec->size_address = 0x1FF8004C;
	spec->uid_address = 0x1FF80050;
	add_bank(spec, 0x08000000, 512, 256);
	add_region(spec, "sram", VIRTUAL_RAM, 0x20000000, 16 << 10);
	add_region(spec, "system", VIRTUAL_ROM, 0x1FF00000, 4 << 10);
	add_region(spec, "eeprom", VIRTUAL_EEPROM, 0x08080000, 4 << 10);
}

void spec_l152e(struct virtual_spec *spec)
{
	fill_l1(spec);
	name(spec, "STM32L152RE", "l1");
	spec->idcode = 0x10006437;
	spec->size_address = 0x1FF800CC;
	spec->uid_address = 0x1FF800D0;
	for (uint32_t at = 0x10; at < 0x20; at += 4)
		add_option(spec, 0x1FF80000 + at, 0xFFFF0000);
	add_option(spec, 0x1FF80080, 0xFFFF0000);
	add_option(spec, 0x1FF80084, 0xFFFF0000);
	add_bank(spec, 0x08000000, 1024, 256);
	add_bank(spec, 0x08040000, 1024, 256);
	add_region(spec, "sram", VIRTUAL_RAM, 0x20000000, 80 << 10);
	add_region(spec, "system", VIRTUAL_ROM, 0x1FF00000, 8 << 10);
	add_region(spec, "eeprom", VIRTUAL_EEPROM, 0x08080000, 16 << 10);
}
