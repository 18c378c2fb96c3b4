/* SPDX-License-Identifier: MIT
 *
 * Virtual chips with flash of whole units.
 */
#include "tests/unit/l4_specs.h"

#include "probe/virtual/chips/chips.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { L4_OPTR = 0xFFEFF8AA, G0_OPTR = 0xFFFFFEAA };

static struct virtual_bank bank(uint32_t base, uint32_t kib, uint32_t page)
{
	return (struct virtual_bank){ .base = base, .size = kib << 10, .registers = REGISTERS,
				      .runs = { { (kib << 10) / page, page } }, .run_count = 1 };
}

static void add_option(struct virtual_spec *spec, const char *name, uint32_t offset,
		       uint32_t mirror, uint32_t factory)
{
	struct virtual_option_word *word = &spec->options[spec->option_count++];

	strcpy(word->name, name);
	word->address = spec->flash_registers + offset;
	word->mirror = mirror;
	word->factory = factory;
}

static struct virtual_spec common(const char *chip, const char *controller)
{
	struct virtual_spec spec = {
		.core = VIRTUAL_M4, .idcode_address = 0xE0042000, .idcode = 0x10076415,
		.size_address = 0x1FFF75E0, .uid_address = 0x1FFF7590,
		.flash_registers = REGISTERS, .erased = 0xFF, .bank_count = 1,
		.otp_base = OTP, .otp_size = 1024, .otp_block = 8,
		.regions = { { "sram1", VIRTUAL_RAM, 0x20000000, 0x2000 },
			     { "system", VIRTUAL_ROM, 0x1FFF0000, 0x7000 } },
		.region_count = 2, .supply_mv = 3300, .hsi_hz = 16000000,
	};

	strcpy(spec.chip, chip);
	strcpy(spec.controller, controller);
	return spec;
}

static void add_ranges(struct virtual_spec *spec, uint32_t pcrop_start)
{
	add_option(spec, "PCROP1ASR", 0x24, 0x1FFF7808, pcrop_start);
	add_option(spec, "PCROP1AER", 0x28, 0x1FFF7810, 0);
	add_option(spec, "WRP1AR", 0x2C, 0x1FFF7818, 0x000000FF);
	add_option(spec, "WRP1BR", 0x30, 0x1FFF7820, 0x000000FF);
}

static void add_second(struct virtual_spec *spec)
{
	add_option(spec, "WRP2AR", 0x4C, 0x1FFFF818, 0x000000FF);
	add_option(spec, "WRP2BR", 0x50, 0x1FFFF820, 0x000000FF);
}

static struct fake_soc *with_rom(const struct virtual_spec *spec,
				 int (*build)(struct soc *soc, struct why *why))
{
	struct fake_soc *fake = fake_soc_with(spec, build);

	memset(bus_memory_at(&fake->bus, 0x1FFF0000)->bytes, 0xB0, 16);
	return fake;
}

struct fake_soc *l476_new(void)
{
	struct virtual_spec spec = common("STM32L476RG", "l4");

	spec.hsi_hz = 4000000;
	spec.banks[0] = bank(FLASH, 512, 2048);
	spec.banks[1] = bank(FLASH + 0x80000, 512, 2048);
	spec.bank_count = 2;
	add_option(&spec, "OPTR", 0x20, 0x1FFF7800, L4_OPTR);
	add_ranges(&spec, 0xFFFF);
	add_second(&spec);
	return with_rom(&spec, chip_l4_build);
}

static struct virtual_spec spec_g0(const char *chip, const char *controller)
{
	struct virtual_spec spec = common(chip, controller);

	spec.core = VIRTUAL_M0PLUS;
	spec.idcode_address = 0x40015800;
	add_option(&spec, "OPTR", 0x20, 0x1FFF7800, G0_OPTR);
	add_ranges(&spec, 0x1FF);
	return spec;
}

struct fake_soc *g071_new(void)
{
	struct virtual_spec spec = spec_g0("STM32G071RB", "g0");

	spec.banks[0] = bank(FLASH, 128, 2048);
	add_option(&spec, "SECR", 0x80, 0, 0);
	return with_rom(&spec, chip_g0_build);
}

struct fake_soc *g0b1_new(void)
{
	struct virtual_spec spec = spec_g0("STM32G0B1RE", "g0db");

	spec.banks[0] = bank(FLASH, 256, 2048);
	spec.banks[1] = bank(FLASH + 0x40000, 256, 2048);
	spec.bank_count = 2;
	spec.modes[0] = (struct virtual_mode){ { { 0, 1 << 21, 1 << 21 } }, 1,
					       { spec.banks[0], spec.banks[1] }, 2 };
	spec.modes[1] = (struct virtual_mode){ .banks = { bank(FLASH, 512, 2048) },
					       .bank_count = 1 };
	spec.mode_count = 2;
	spec.swap = (struct virtual_condition){ 0, 1 << 20, 0 };
	add_second(&spec);
	return with_rom(&spec, chip_g0_build);
}

struct fake_soc *c031_new(void)
{
	struct virtual_spec spec = spec_g0("STM32C031C6", "c0");

	spec.hsi_hz = 12000000;
	spec.size_address = 0x1FFF75A0;
	spec.uid_address = 0x1FFF7550;
	spec.banks[0] = bank(FLASH, 32, 2048);
	return with_rom(&spec, chip_g0_build);
}

struct fake_soc *g474_new(void)
{
	struct virtual_spec spec = common("STM32G474CB", "g4db");

	spec.banks[0] = bank(FLASH, 64, 2048);
	spec.banks[1] = bank(FLASH + 0x40000, 64, 2048);
	spec.bank_count = 2;
	spec.modes[0] = (struct virtual_mode){ { { 0, 1 << 22, 1 << 22 } }, 1,
					       { spec.banks[0], spec.banks[1] }, 2 };
	spec.modes[1] = (struct virtual_mode){ .banks = { bank(FLASH, 128, 4096) },
					       .bank_count = 1 };
	spec.mode_count = 2;
	add_option(&spec, "OPTR", 0x20, 0x1FFF7800, L4_OPTR);
	add_ranges(&spec, 0x7FFF);
	add_second(&spec);
	add_option(&spec, "SEC1R", 0x70, 0, 0);
	return with_rom(&spec, chip_l4_build);
}

struct fake_soc *l433_new(void)
{
	struct virtual_spec spec = common("STM32L433RC", "l4sb");

	spec.banks[0] = bank(FLASH, 256, 2048);
	add_option(&spec, "OPTR", 0x20, 0x1FFF7800, L4_OPTR);
	add_ranges(&spec, 0xFFFF);
	return with_rom(&spec, chip_l4_build);
}

struct fake_soc *wb55_new(void)
{
	struct virtual_spec spec = common("STM32WB55RG", "wb");

	spec.flash_registers = 0x58004000;
	spec.banks[0] = bank(FLASH, 1024, 4096);
	add_option(&spec, "OPTR", 0x20, 0x1FFF8000, 0x3DFFF1AA);
	add_ranges(&spec, 0x1FF);
	add_option(&spec, "SFR", 0x80, 0, 0x000000F0);
	return with_rom(&spec, chip_l4_build);
}

static struct virtual_spec spec_m33(const char *chip, const char *controller, uint32_t optr)
{
	struct virtual_spec spec = common(chip, controller);

	spec.core = VIRTUAL_M33;
	spec.idcode_address = 0xE0044000;
	spec.size_address = 0x0BFA07A0;
	spec.uid_address = 0x0BFA0700;
	spec.otp_base = 0x0BFA0000;
	spec.otp_size = 512;
	spec.regions[1].base = 0x0BF90000;
	spec.bank_count = 2;
	add_option(&spec, "OPTR", 0x40, 0, optr);
	add_option(&spec, "NSBOOTADD0R", 0x44, 0, 0x0800007F);
	add_option(&spec, "NSBOOTADD1R", 0x48, 0, 0x0BF9007F);
	add_option(&spec, "WRP1AR", 0x58, 0, 0x800000FF);
	add_option(&spec, "WRP2AR", 0x68, 0, 0x800000FF);
	spec.swap = (struct virtual_condition){ 0, 1 << 20, 1 << 20 };
	return spec;
}

static struct fake_soc *m33_new(const struct virtual_spec *spec)
{
	struct fake_soc *fake = fake_soc_with(spec, chip_u5_build);

	memset(bus_memory_at(&fake->bus, 0x0BF90000)->bytes, 0xB0, 16);
	return fake;
}

static struct virtual_spec spec_u585(void)
{
	struct virtual_spec spec = spec_m33("STM32U585ZI", "u5", 0x1FEFF8AA);

	spec.hsi_hz = 4000000;
	spec.banks[0] = bank(FLASH, 1024, 8192);
	spec.banks[1] = bank(FLASH + 0x100000, 1024, 8192);
	add_option(&spec, "OEM1KEYR1", 0x70, 0, 0xFFFFFFFF);
	add_option(&spec, "OEM1KEYR2", 0x74, 0, 0xFFFFFFFF);
	return spec;
}

struct fake_soc *u585_new(void)
{
	struct virtual_spec spec = spec_u585();

	return m33_new(&spec);
}

struct fake_soc *u585_secure_new(void)
{
	struct virtual_spec spec = spec_u585();

	spec.flash_secure = 0x0C000000;
	add_option(&spec, "SECBOOTADD0R", 0x4C, 0, 0x0C00007C);
	add_option(&spec, "SECWM1R1", 0x50, 0, 0x0000007F);
	add_option(&spec, "SECWM2R1", 0x60, 0, 0x0000007F);
	return m33_new(&spec);
}

struct fake_soc *l552_new(void)
{
	struct virtual_spec spec = spec_m33("STM32L552ZE", "l5", 0x7FEFF8AA);

	spec.hsi_hz = 4000000;
	spec.banks[0] = bank(FLASH, 256, 2048);
	spec.banks[1] = bank(FLASH + 0x40000, 256, 2048);
	return m33_new(&spec);
}

/* --- what tests do ---------------------------------------------------------------------------- */

/* Offsets of L4 and its kin, or of L5 and later. */
static uint32_t at(const struct fake_soc *f, uint32_t old, uint32_t newer)
{
	return f->spec.flash_registers + (f->spec.core == VIRTUAL_M33 ? newer : old);
}

void l4_unlock(struct fake_soc *f)
{
	fake_soc_write(f, at(f, 0x08, 0x08), KEY1);
	fake_soc_write(f, at(f, 0x08, 0x08), KEY2);
}

void l4_unlock_options(struct fake_soc *f)
{
	if (fake_soc_read(f, at(f, 0x14, 0x28)) & LOCK)
		l4_unlock(f);
	if (!(fake_soc_read(f, at(f, 0x14, 0x28)) & OPTLOCK))
		return;
	fake_soc_write(f, at(f, 0x0C, 0x10), OPTKEY1);
	fake_soc_write(f, at(f, 0x0C, 0x10), OPTKEY2);
}

void l4_erase_page(struct fake_soc *f, uint32_t cr)
{
	fake_soc_write(f, at(f, 0x14, 0x28), PER | cr);
	fake_soc_write(f, at(f, 0x14, 0x28), PER | cr | STRT);
	fake_soc_advance(f, 30 * MS);
	fake_soc_write(f, at(f, 0x14, 0x28), 0);
}

uint32_t l4_program(struct fake_soc *f, uint32_t address, uint32_t low, uint32_t high)
{
	fake_soc_write(f, at(f, 0x14, 0x28), PG);
	fake_soc_write(f, address, low);
	if (!(fake_soc_read(f, at(f, 0x10, 0x20)) & WRPERR))
		fake_soc_write(f, address + 4, high);
	fake_soc_advance(f, 200 * US);
	return fake_soc_read(f, at(f, 0x10, 0x20)) & ~(uint32_t)OPTVERR;
}

void l4_launch(struct fake_soc *f)
{
	fake_soc_write(f, at(f, 0x14, 0x28), OBL_LAUNCH);
	assert_int_equal(f->resets, SOC_RESET_OPTIONS);
	f->resets = 0;
	fake_soc_reset(f);
}

void l4_set_option(struct fake_soc *f, uint32_t address, uint32_t value)
{
	l4_unlock_options(f);
	fake_soc_write(f, address, value);
	fake_soc_write(f, at(f, 0x14, 0x28), OPTSTRT);
	fake_soc_advance(f, 60 * MS);
	l4_launch(f);
}
