/* SPDX-License-Identifier: MIT
 *
 * Hands a chip's geometry and identity to the virtual board.
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
		[CHIP_OTHER_CORE] = VIRTUAL_M4,
	};

	return cores[core];
}

static enum virtual_region_kind kind_of(enum chip_region_kind kind)
{
	static const enum virtual_region_kind kinds[] = {
		[CHIP_RAM] = VIRTUAL_RAM, [CHIP_CCM] = VIRTUAL_RAM_DATA,
		[CHIP_BACKUP] = VIRTUAL_RAM_DATA, [CHIP_ROM] = VIRTUAL_ROM,
		[CHIP_EEPROM] = VIRTUAL_EEPROM,
	};

	return kinds[kind];
}

/* What the size register of this part holds; where only some bits count, the others are junk. */
static uint32_t size_value(const struct chip *chip)
{
	for (size_t i = 0; i < chip->size_code_count; i++) {
		if (chip->size_codes[i].kib == chip->flash_kib)
			return chip->size_codes[i].code;
	}
	return chip->flash_kib | (0xA5A5 & ~chip->size_mask);
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
	spec->has_second = chip->core_count > 1;
	spec->second_core = core_of(chip->second_core);
	spec->second_ap = chip->second_ap;
}

static void fill_registers(const struct chip *chip, struct virtual_spec *spec)
{
	spec->idcode_address = chip->ids[0].address;
	spec->idcode = chip->idcode ? chip->idcode : chip->ids[0].value;
	for (size_t i = 0; i < chip->id_count && spec->dbgmcu_count < VIRTUAL_DBGMCU; i++) {
		const struct chip_id *id = &chip->ids[i];

		if (!id->cpuid_part)
			spec->dbgmcu[spec->dbgmcu_count++] =
				(struct virtual_place){ (uint8_t)id->ap, id->address };
	}
	spec->size_address = chip->size_address;
	spec->size_value = size_value(chip);
	spec->uid_address = chip->uid_address;
	spec->uid_split = chip->uid_split;
	/* Wafer position, wafer number and lot in ASCII, as real ones look. */
	memcpy(spec->uid, "\x21\x00\x3A\x00\x0FTETHR1 ", sizeof(spec->uid));
}

static void fill_banks(const struct chip_bank *banks, size_t count, struct virtual_bank *out)
{
	for (size_t i = 0; i < count; i++) {
		out[i].base = banks[i].base;
		out[i].size = banks[i].size;
		out[i].registers = banks[i].registers;
		out[i].run_count = banks[i].run_count;
		for (size_t r = 0; r < banks[i].run_count; r++)
			out[i].runs[r] = (struct virtual_sector_run){ banks[i].runs[r].count,
								      banks[i].runs[r].size };
	}
}

static struct virtual_condition condition_of(const struct chip_condition *condition)
{
	return (struct virtual_condition){ condition->word, condition->mask, condition->value };
}

/* The layouts that this size can have. */
static void fill_modes(const struct chip *chip, struct virtual_spec *spec)
{
	struct chip_bank banks[CHIP_BANKS];

	for (size_t i = 0; i < chip->layout_count && spec->mode_count < VIRTUAL_MODES; i++) {
		const struct chip_layout *layout = &chip->layouts[i];
		struct virtual_mode *mode = &spec->modes[spec->mode_count];

		if (!chip_layout_fits(layout, chip->flash_kib))
			continue;
		chip_layout_banks(layout, chip->flash_kib, banks);
		fill_banks(banks, layout->bank_count, mode->banks);
		mode->bank_count = layout->bank_count;
		mode->condition_count = layout->when_count;
		for (size_t j = 0; j < layout->when_count; j++)
			mode->conditions[j] = condition_of(&layout->when[j]);
		spec->mode_count++;
	}
	spec->swap = condition_of(&chip->swap);
}

/* What the options take away is still there: the controller keeps it from us. */
static void fill_flash(const struct chip *chip, struct virtual_spec *spec)
{
	struct chip_bank banks[CHIP_BANKS];

	snprintf(spec->controller, sizeof(spec->controller), "%s", chip->controller);
	spec->flash_registers = chip->flash_registers;
	spec->flash_secure = chip->flash_secure;
	spec->erased = chip->erased;
	spec->bank_count = chip->bank_count;
	if (chip->layout_count) {
		chip_layout_banks(&chip->layouts[chip->layout], chip->flash_kib, banks);
		fill_banks(banks, chip->bank_count, spec->banks);
	}
	fill_modes(chip, spec);
	spec->otp_base = chip->otp_base;
	spec->otp_size = chip->otp_size;
	spec->otp_block = chip->otp_block;
	spec->otp_locks = chip->otp_locks;
}

static void fill_options(const struct chip *chip, struct virtual_spec *spec)
{
	spec->option_count = chip->option_word_count;
	for (size_t i = 0; i < chip->option_word_count; i++) {
		const struct chip_option_word *word = &chip->option_words[i];
		struct virtual_option_word *out = &spec->options[i];

		memcpy(out->name, word->name, sizeof(out->name));
		out->address = word->address;
		out->program = word->program;
		out->mirror = word->mirror;
		out->factory = word->now;
		out->writable = word->writable;
	}
}

void chip_virtual_spec(const struct chip *chip, const char *part, struct virtual_spec *spec)
{
	memset(spec, 0, sizeof(*spec));
	fill_identity(chip, part, spec);
	fill_registers(chip, spec);
	fill_flash(chip, spec);
	fill_options(chip, spec);
	for (size_t i = 0; i < chip->region_count && !chip->regions[i].sector; i++) {	/* those are the controller's */
		struct virtual_region *out = &spec->regions[spec->region_count++];

		memcpy(out->name, chip->regions[i].name, sizeof(out->name));
		out->kind = kind_of(chip->regions[i].kind);
		out->base = chip->regions[i].base;
		out->size = chip->regions[i].size;
	}
	spec->supply_mv = 3300;
	spec->hsi_hz = chip->reset_clock_hz;
	snprintf(spec->firmware, sizeof(spec->firmware), "V2J37S7");
}
