/* SPDX-License-Identifier: MIT
 *
 * Hands a chip's geometry and identity to the virtual board (R36).
 */
#include "targets/chip.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "probe/virtual/spec.h"

static enum virtual_core core_of(enum chip_core core)
{
	static const enum virtual_core cores[] = {
		[CHIP_M0] = VIRTUAL_M0, [CHIP_M0PLUS] = VIRTUAL_M0PLUS, [CHIP_M3] = VIRTUAL_M3,
		[CHIP_M4] = VIRTUAL_M4, [CHIP_M7] = VIRTUAL_M7, [CHIP_M33] = VIRTUAL_M33,
	};

	return cores[core];
}

static enum virtual_region_kind kind_of(enum chip_region_kind kind)
{
	static const enum virtual_region_kind kinds[] = {
		[CHIP_RAM] = VIRTUAL_RAM, [CHIP_CCM] = VIRTUAL_RAM_DATA,
		[CHIP_BACKUP] = VIRTUAL_RAM_DATA, [CHIP_ROM] = VIRTUAL_ROM,
		[CHIP_EEPROM] = VIRTUAL_ROM,
	};

	return kinds[kind];
}

static void fill_identity(const struct chip *chip, const char *part, struct virtual_spec *spec)
{
	size_t length = strlen(part);

	for (size_t i = 0; i < sizeof(spec->chip) - 1 && i < length; i++)
		spec->chip[i] = (char)toupper((unsigned char)part[i]);
	spec->core = core_of(chip->core);
	spec->fpu = chip->fpu;
	spec->cpuid = chip->cpuid;
	spec->dpidr = chip->dpidr;
	spec->ap = chip->ap;
	spec->idcode_address = chip->ids[0].address;
	spec->idcode = chip->idcode ? chip->idcode : chip->ids[0].value;
	spec->size_address = chip->size_address;
	spec->uid_address = chip->uid_address;
	/* Wafer position, wafer number and lot in ASCII, as real ones look. */
	memcpy(spec->uid, "\x21\x00\x3A\x00\x0FTETHR1 ", sizeof(spec->uid));
}

static void fill_flash(const struct chip *chip, struct virtual_spec *spec)
{
	snprintf(spec->controller, sizeof(spec->controller), "%s", chip->controller);
	spec->flash_registers = chip->flash_registers;
	spec->erased = chip->erased;
	spec->bank_count = chip->bank_count;
	for (size_t i = 0; i < chip->bank_count; i++) {
		const struct chip_bank *bank = &chip->banks[i];

		spec->banks[i].base = bank->base;
		spec->banks[i].size = bank->size;
		spec->banks[i].run_count = bank->run_count;
		for (size_t r = 0; r < bank->run_count; r++)
			spec->banks[i].runs[r] = (struct virtual_sector_run){ bank->runs[r].count,
									      bank->runs[r].size };
	}
	spec->otp_base = chip->otp_base;
	spec->otp_size = chip->otp_size;
	spec->otp_block = chip->otp_block;
	spec->otp_locks = chip->otp_locks;
	spec->option_count = chip->option_word_count;
	for (size_t i = 0; i < chip->option_word_count; i++) {
		const struct chip_option_word *word = &chip->option_words[i];
		struct virtual_option_word *out = &spec->options[i];

		memcpy(out->name, word->name, sizeof(out->name));
		out->address = word->address;
		out->mirror = word->mirror;
		out->factory = word->factory;
	}
}

void chip_virtual_spec(const struct chip *chip, const char *part, struct virtual_spec *spec)
{
	memset(spec, 0, sizeof(*spec));
	fill_identity(chip, part, spec);
	fill_flash(chip, spec);
	spec->region_count = chip->region_count;
	for (size_t i = 0; i < chip->region_count; i++) {
		struct virtual_region *out = &spec->regions[i];

		memcpy(out->name, chip->regions[i].name, sizeof(out->name));
		out->kind = kind_of(chip->regions[i].kind);
		out->base = chip->regions[i].base;
		out->size = chip->regions[i].size;
	}
	spec->supply_mv = 3300;
	spec->hsi_hz = chip->reset_clock_hz;
	snprintf(spec->firmware, sizeof(spec->firmware), "V2J37S7");
	snprintf(spec->serial, sizeof(spec->serial), "%s", "303030303031303030303031");
}
