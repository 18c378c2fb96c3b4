/* SPDX-License-Identifier: MIT
 *
 * Hand-made specs of F2, F42x, F7, H7 and H5.
 */
#include "tests/unit/h7_specs.h"

#include <stdio.h>

static void name(struct virtual_spec *spec, const char *chip, const char *controller)
{
	snprintf(spec->chip, sizeof(spec->chip), "%s", chip);
	snprintf(spec->controller, sizeof(spec->controller), "%s", controller);
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

/* A register that is written where it is read, or somewhere else. */
static void add_option(struct virtual_spec *spec, uint32_t offset, uint32_t program,
		       uint32_t factory)
{
	spec->options[spec->option_count++] = (struct virtual_option_word){
		.name = "option", .address = spec->flash_registers + offset,
		.program = program ? spec->flash_registers + program : 0, .factory = factory };
}

static struct virtual_bank bank_of(uint32_t base, uint32_t count, uint32_t size)
{
	struct virtual_bank bank = { .base = base, .size = count * size, .run_count = 1 };

	bank.runs[0] = (struct virtual_sector_run){ count, size };
	return bank;
}

/* Four small sectors, one of their size together, the rest of the bank in twice that. */
static struct virtual_bank bank_481(uint32_t base, uint32_t small, uint32_t size)
{
	struct virtual_bank bank = { .base = base, .size = size, .run_count = 3 };

	bank.runs[0] = (struct virtual_sector_run){ 4, small };
	bank.runs[1] = (struct virtual_sector_run){ 1, 4 * small };
	bank.runs[2] = (struct virtual_sector_run){ size / (8 * small) - 1, 8 * small };
	return bank;
}

static const struct virtual_spec common = {
	.uid = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
	.supply_mv = 3300, .erased = 0xFF,
};

/* --- F2, F4 ----------------------------------------------------------------------------------- */

static void fill_f4(struct virtual_spec *spec, uint32_t kib)
{
	*spec = common;
	spec->core = VIRTUAL_M4;
	spec->fpu = true;
	spec->cpuid = 0x410FC241;
	spec->dpidr = 0x2BA01477;
	spec->idcode_address = 0xE0042000;
	spec->idcode = 0x20016419;
	spec->size_address = 0x1FFF7A22;
	spec->uid_address = 0x1FFF7A10;
	spec->flash_registers = 0x40023C00;
	spec->hsi_hz = 16000000;
	spec->size_value = kib;
	spec->otp_base = 0x1FFF7800;
	spec->otp_size = 512;
	spec->otp_block = 32;
	spec->otp_locks = 0x1FFF7A00;
	spec->bank_count = 1;
	spec->banks[0] = bank_481(0x08000000, 16 << 10, kib << 10);
	add_option(spec, 0x14, 0, 0x0FFFAAED);
	spec->options[0].mirror = 0x1FFFC000;
	add_region(spec, "sram", VIRTUAL_RAM, 0x20000000, 128 << 10);
	add_region(spec, "backup", VIRTUAL_RAM, 0x40024000, 4 << 10);
	add_region(spec, "system", VIRTUAL_ROM, 0x1FFF0000, 30 << 10);
}

void spec_f205(struct virtual_spec *spec)
{
	fill_f4(spec, 1024);
	name(spec, "STM32F205RG", "f2");
	spec->core = VIRTUAL_M3;
	spec->fpu = false;
	spec->idcode = 0x201F6411;
}

void spec_f429(struct virtual_spec *spec)
{
	struct virtual_mode *dual = &spec->modes[0], *single = &spec->modes[1];

	fill_f4(spec, 1024);
	name(spec, "STM32F429ZG", "f4db");
	add_option(spec, 0x18, 0, 0x0FFF0000);
	spec->options[0].writable = 0xCFFFFFFC;
	dual->conditions[0] = (struct virtual_condition){ 0, 1 << 30, 1 << 30 };
	dual->condition_count = 1;
	dual->bank_count = 2;
	dual->banks[0] = bank_481(0x08000000, 16 << 10, 512 << 10);
	dual->banks[1] = bank_481(0x08080000, 16 << 10, 512 << 10);
	single->bank_count = 1;
	single->banks[0] = spec->banks[0];
	spec->mode_count = 2;
}

void spec_f429i(struct virtual_spec *spec)
{
	fill_f4(spec, 1024);
	name(spec, "STM32F429ZI", "f4db");
	add_option(spec, 0x18, 0, 0x0FFF0000);
	spec->options[1].mirror = 0x1FFEC000;
	spec->size_value = 2048;
	spec->banks[1] = bank_481(0x08100000, 16 << 10, 1 << 20);
	spec->bank_count = 2;
}

/* --- F7 --------------------------------------------------------------------------------------- */

static void fill_f7(struct virtual_spec *spec, uint32_t small, uint32_t kib)
{
	*spec = common;
	spec->core = VIRTUAL_M7;
	spec->fpu = true;
	spec->cpuid = 0x411FC270;
	spec->dpidr = 0x5BA02477;
	spec->idcode_address = 0xE0042000;
	spec->idcode = 0x10016449;
	spec->size_address = 0x1FF0F442;
	spec->uid_address = 0x1FF0F420;
	spec->flash_registers = 0x40023C00;
	spec->hsi_hz = 16000000;
	spec->size_value = kib;
	spec->otp_base = 0x1FF0F000;
	spec->otp_size = 1024;
	spec->otp_block = 64;
	spec->otp_locks = 0x1FF0F400;
	spec->bank_count = 1;
	spec->banks[0] = bank_481(0x08000000, small, kib << 10);
	add_option(spec, 0x14, 0, 0xFFFFAAFD);
	add_option(spec, 0x18, 0, 0x00400080);
	spec->options[0].writable = 0xFFFFFFFC;
	add_region(spec, "dtcm", VIRTUAL_RAM, 0x20000000, 128 << 10);
	add_region(spec, "itcm", VIRTUAL_RAM, 0x00000000, 16 << 10);
	add_region(spec, "backup", VIRTUAL_RAM, 0x40024000, 4 << 10);
	add_region(spec, "system", VIRTUAL_ROM, 0x1FF00000, 60 << 10);
}

void spec_f746(struct virtual_spec *spec)
{
	fill_f7(spec, 32 << 10, 1024);
	name(spec, "STM32F746ZG", "f7");
}

void spec_f722(struct virtual_spec *spec)
{
	fill_f7(spec, 16 << 10, 512);
	name(spec, "STM32F722ZE", "f7");
}

void spec_f767(struct virtual_spec *spec)
{
	struct virtual_mode *dual = &spec->modes[0], *single = &spec->modes[1];

	fill_f7(spec, 32 << 10, 2048);
	name(spec, "STM32F767ZI", "f7db");
	dual->conditions[0] = (struct virtual_condition){ 0, 1 << 29, 0 };
	dual->condition_count = 1;
	dual->bank_count = 2;
	dual->banks[0] = bank_481(0x08000000, 16 << 10, 1 << 20);
	dual->banks[1] = bank_481(0x08100000, 16 << 10, 1 << 20);
	single->bank_count = 1;
	single->banks[0] = spec->banks[0];
	spec->mode_count = 2;
}

/* --- H7 --------------------------------------------------------------------------------------- */

static void fill_h7(struct virtual_spec *spec)
{
	*spec = common;
	spec->core = VIRTUAL_M7;
	spec->fpu = true;
	spec->cpuid = 0x411FC271;
	spec->dpidr = 0x6BA02477;
	spec->idcode_address = 0x5C001000;
	spec->idcode = 0x20036450;
	spec->dbgmcu[0] = (struct virtual_place){ 0, 0x5C001000 };
	spec->dbgmcu[1] = (struct virtual_place){ 2, 0xE00E1000 };
	spec->dbgmcu_count = 2;
	spec->flash_registers = 0x52002000;
	spec->hsi_hz = 64000000;
	add_region(spec, "axi", VIRTUAL_RAM, 0x24000000, 512 << 10);
	add_region(spec, "dtcm", VIRTUAL_RAM, 0x20000000, 128 << 10);
	add_region(spec, "itcm", VIRTUAL_RAM, 0x00000000, 64 << 10);
	add_region(spec, "backup", VIRTUAL_RAM, 0x38800000, 4 << 10);
}

static void add_h7_options(struct virtual_spec *spec, uint32_t all)
{
	add_option(spec, 0x1C, 0x20, 0x1BC6AAF0);
	add_option(spec, 0x28, 0x2C, 0x000000FF);
	add_option(spec, 0x38, 0x3C, all);
	add_option(spec, 0x40, 0x44, 0x1FF00800);
	add_option(spec, 0x128, 0x12C, 0x000000FF);
	add_option(spec, 0x138, 0x13C, all);
	spec->swap = (struct virtual_condition){ 0, 1u << 31, 1u << 31 };
}

void spec_h743(struct virtual_spec *spec)
{
	fill_h7(spec);
	name(spec, "STM32H743ZG", "h7");
	spec->size_address = 0x1FF1E880;
	spec->size_value = 1024;
	spec->uid_address = 0x1FF1E800;
	spec->bank_count = 2;
	spec->banks[0] = bank_of(0x08000000, 4, 128 << 10);
	spec->banks[1] = bank_of(0x08100000, 4, 128 << 10);
	add_h7_options(spec, 0xFF);
	add_region(spec, "system", VIRTUAL_ROM, 0x1FF00000, 122 << 10);
}

void spec_h743_swap(struct virtual_spec *spec)
{
	spec_h743(spec);
	spec->options[0].factory |= 1u << 31;
}

void spec_h743_keep(struct virtual_spec *spec)
{
	spec_h743_swap(spec);
	spec->swap_keeps_registers = true;
}

static void add_otp(struct virtual_spec *spec, uint32_t size)
{
	spec->otp_base = 0x08FFF000;
	spec->otp_size = size;
	spec->otp_block = 64;
	spec->uid_address = 0x08FFF800;
}

void spec_h7a3(struct virtual_spec *spec)
{
	fill_h7(spec);
	name(spec, "STM32H7A3ZI", "h7a3");
	spec->idcode = 0x10016480;
	spec->size_address = 0x08FFF80C;
	spec->size_value = 2048;
	spec->bank_count = 2;
	spec->banks[0] = bank_of(0x08000000, 128, 8 << 10);
	spec->banks[1] = bank_of(0x08100000, 128, 8 << 10);
	add_h7_options(spec, 0xFFFFFFFF);
	add_option(spec, 0x68, 0x6C, 0);
	add_otp(spec, 1024);
}

void spec_h7s7(struct virtual_spec *spec)
{
	fill_h7(spec);
	name(spec, "STM32H7S7L8", "h7rs");
	spec->ap = 1;
	spec->idcode = 0x20006485;
	spec->dbgmcu[0].ap = 1;
	spec->dbgmcu[1].ap = 0;
	spec->bank_count = 1;
	spec->banks[0] = bank_of(0x08000000, 8, 8 << 10);
	add_option(spec, 0x200, 0x204, 0xB4);
	add_option(spec, 0x210, 0x214, 0);
	add_option(spec, 0x218, 0x21C, 0xFF);
	add_option(spec, 0x260, 0x264, 0x000600D0);
	add_otp(spec, 1024);
}

/* --- H5 --------------------------------------------------------------------------------------- */

void spec_h563(struct virtual_spec *spec)
{
	*spec = common;
	name(spec, "STM32H563ZI", "h5");
	spec->core = VIRTUAL_M33;
	spec->fpu = true;
	spec->cpuid = 0x410FD214;
	spec->dpidr = 0x0BE12477;
	spec->ap = 1;
	spec->idcode_address = 0x44024000;
	spec->idcode = 0x10076484;
	spec->dbgmcu[0] = (struct virtual_place){ 1, 0x44024000 };
	spec->dbgmcu[1] = (struct virtual_place){ 0, 0xE0044000 };
	spec->dbgmcu_count = 2;
	spec->size_address = 0x08FFF80C;
	spec->size_value = 2048;
	spec->flash_registers = 0x40022000;
	spec->hsi_hz = 32000000;
	spec->bank_count = 2;
	spec->banks[0] = bank_of(0x08000000, 128, 8 << 10);
	spec->banks[1] = bank_of(0x08100000, 128, 8 << 10);
	add_option(spec, 0x50, 0x54, 0x2D30EDD8);
	add_option(spec, 0x70, 0x74, 0xC300007C);
	add_option(spec, 0x80, 0x84, 0x080000C3);
	add_option(spec, 0x90, 0x94, 0);
	add_option(spec, 0xE8, 0xEC, 0xFFFFFFFF);
	add_option(spec, 0xF0, 0xF4, 0);
	add_option(spec, 0x1E8, 0x1EC, 0xFFFFFFFF);
	add_option(spec, 0x1F0, 0x1F4, 0);
	spec->swap = (struct virtual_condition){ 0, 1u << 31, 1u << 31 };
	add_otp(spec, 2048);
	add_region(spec, "sram1", VIRTUAL_RAM, 0x20000000, 256 << 10);
	add_region(spec, "system", VIRTUAL_ROM, 0x0BF80000, 128 << 10);
}
