/* SPDX-License-Identifier: MIT
 *
 * What a chip file may hold: one table of keys for each kind of group, and the few values that need a
 * function of their own.
 */
#include "targets/chip_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/bytes.h"

static int read_core(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	enum { FPU = 0x100 };
	static const struct word words[] = {
		{ "cortex-m0", CHIP_M0 }, { "cortex-m0+", CHIP_M0PLUS }, { "cortex-m3", CHIP_M3 },
		{ "cortex-m4", CHIP_M4 }, { "cortex-m4f", CHIP_M4 | FPU },
		{ "cortex-m7", CHIP_M7 }, { "cortex-m7f", CHIP_M7 | FPU },
		{ "cortex-m33", CHIP_M33 }, { "cortex-m33f", CHIP_M33 | FPU }, { NULL, 0 },
	};
	struct chip *chip = base;
	int value = 0, err = reader_word(reader, setting, words, &value);

	chip->core = (enum chip_core)(value & ~FPU);
	chip->fpu = value & FPU;
	return err;
}

static int read_region_kind(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	static const struct word words[] = {
		{ "ram", CHIP_RAM }, { "ccm", CHIP_CCM }, { "backup", CHIP_BACKUP },
		{ "rom", CHIP_ROM }, { "eeprom", CHIP_EEPROM }, { NULL, 0 },
	};
	int value = 0, err = reader_word(reader, setting, words, &value);

	((struct chip_region *)base)->kind = (enum chip_region_kind)value;
	return err;
}

static int read_run(struct reader *reader, const struct config_setting_t *setting,
		    struct chip_bank *bank)
{
	uint32_t pair[2];
	int err = reader_pair(reader, setting, pair);

	if (err)
		return err;
	if (pair[0] < 1 || pair[0] > 4096 || pair[1] < 1 || pair[1] > 4096)
		return reader_complain(reader, setting, "sectors: a number is not in 1..4096");
	if (bank->size + (uint64_t)pair[0] * pair[1] * 1024 > UINT32_MAX)
		return reader_complain(reader, setting, "the sectors hold more than 4 GiB");
	bank->runs[bank->run_count++] = (struct chip_sectors){ pair[0], pair[1] * 1024 };
	bank->size += pair[0] * pair[1] * 1024;
	return 0;
}

/* A list of [how many, KiB each]. */
static int read_sectors(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	unsigned count = 0;
	int err = reader_length(reader, setting, CHIP_SECTOR_RUNS, &count);

	for (unsigned i = 0; !err && i < count; i++)
		err = read_run(reader, reader_item(setting, i), base);
	return err;
}

static int read_bits(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	struct chip_option_field *field = base;
	uint32_t pair[2];
	int err = reader_pair(reader, setting, pair);

	if (err)
		return err;
	if (pair[0] > 31 || pair[1] > pair[0])
		return reader_complain(reader, setting, "bits must be [high, low] within 31..0");
	field->high = (uint8_t)pair[0];
	field->low = (uint8_t)pair[1];
	return 0;
}

/* Names the word that a field lives in; words stand before fields in the file's tables. */
static int read_field_word(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	const struct chip *chip = reader->root;
	char name[ROOM(chip_option_word, name)];
	int err = reader_text(reader, setting, name, sizeof(name));

	for (size_t i = 0; !err && i < chip->option_word_count; i++) {
		if (!strcmp(chip->option_words[i].name, name)) {
			((struct chip_option_field *)base)->word = (uint8_t)i;
			return 0;
		}
	}
	return err ? err : reader_complain(reader, setting, "no option word is called '%s'", name);
}

static int read_reset_bit(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	uint32_t bit = 0;
	int err = reader_limited(reader, setting, 31, &bit);

	((struct chip_reset_flag *)base)->mask = 1u << (bit & 31);
	return err;
}

static const struct key id_keys[] = {
	NUMBER("register", NEEDED, chip_id, address),
	NUMBER("mask", NEEDED, chip_id, mask),
	NUMBER("value", NEEDED, chip_id, value),
	NUMBER("cpu", OPTIONAL, chip_id, cpuid_part),
	END,
};

static const struct key part_keys[] = {
	TEXT("name", NEEDED, chip_part, name),
	NUMBER("flash_kib", NEEDED, chip_part, flash_kib),
	NUMBER("ram_kib", OPTIONAL, chip_part, ram_kib),
	END,
};

static const struct key region_keys[] = {
	TEXT("name", NEEDED, chip_region, name),
	OTHER("kind", NEEDED, read_region_kind),
	NUMBER("base", NEEDED, chip_region, base),
	KIB("size_kib", NEEDED, chip_region, size),
	BOOL("loader", chip_region, loader),
	BOOL("ecc", chip_region, ecc),
	END,
};

static const struct key alias_keys[] = {
	NUMBER("base", NEEDED, chip_alias, base),
	KIB("size_kib", NEEDED, chip_alias, size),
	NUMBER("of", NEEDED, chip_alias, of),
	END,
};

static const struct key bank_keys[] = {
	NUMBER("base", NEEDED, chip_bank, base),
	NUMBER("registers", OPTIONAL, chip_bank, registers),
	OTHER("sectors", NEEDED, read_sectors),
	END,
};

static const struct key flash_keys[] = {
	TEXT("controller", NEEDED, chip, controller),
	NUMBER("registers", NEEDED, chip, flash_registers),
	NUMBER("size_kib_at", OPTIONAL, chip, size_address),
	BYTE("erased", NEEDED, chip, erased),
	LIST("banks", NEEDED, chip, banks, bank_count, bank_keys),
	END,
};

static const struct key otp_keys[] = {
	NUMBER("base", NEEDED, chip, otp_base),
	NUMBER("size", NEEDED, chip, otp_size),
	NUMBER("block", OPTIONAL, chip, otp_block),
	NUMBER("locks", OPTIONAL, chip, otp_locks),
	BYTE("locked", OPTIONAL, chip, otp_locked),
	END,
};

static const struct key word_keys[] = {
	TEXT("name", NEEDED, chip_option_word, name),
	NUMBER("address", NEEDED, chip_option_word, address),
	NUMBER("mirror", OPTIONAL, chip_option_word, mirror),
	NUMBER("factory", NEEDED, chip_option_word, factory),
	END,
};

static const struct key value_keys[] = {
	TEXT("name", NEEDED, chip_value, name),
	NUMBER("value", NEEDED, chip_value, value),
	TEXT("about", OPTIONAL, chip_value, about),
	END,
};

static const struct key field_keys[] = {
	TEXT("name", NEEDED, chip_option_field, name),
	OTHER("in", NEEDED, read_field_word),
	OTHER("bits", NEEDED, read_bits),
	TEXT("about", OPTIONAL, chip_option_field, about),
	LIST("values", OPTIONAL, chip_option_field, values, value_count, value_keys),
	MARKED("other", chip_option_field, other, has_other),
	MARKED("forever", chip_option_field, forever, dangerous),
	MARKED("erases_to", chip_option_field, erases_to, erases),
	END,
};

static const struct key option_keys[] = {
	LIST("words", NEEDED, chip, option_words, option_word_count, word_keys),
	LIST("fields", NEEDED, chip, option_fields, option_field_count, field_keys),
	END,
};

static const struct key attached_keys[] = {
	NUMBER("address", NEEDED, chip_bits, address),
	NUMBER("set", NEEDED, chip_bits, set),
	BOOL("low_power", chip_bits, low_power),
	END,
};

static const struct key reset_flag_keys[] = {
	OTHER("bit", NEEDED, read_reset_bit),
	TEXT("name", NEEDED, chip_reset_flag, name),
	END,
};

static const struct key reset_cause_keys[] = {
	NUMBER("register", NEEDED, chip, reset_cause_address),
	LIST("flags", NEEDED, chip, reset_flags, reset_flag_count, reset_flag_keys),
	END,
};

static const struct key chip_keys[] = {
	TEXT("name", NEEDED, chip, name),
	TEXT("family", NEEDED, chip, family),
	OTHER("core", NEEDED, read_core),
	BYTE("ap", OPTIONAL, chip, ap),
	NUMBER("cpuid", OPTIONAL, chip, cpuid),
	NUMBER("dpidr", OPTIONAL, chip, dpidr),
	NUMBER("idcode", OPTIONAL, chip, idcode),
	NUMBER("reset_clock_hz", NEEDED, chip, reset_clock_hz),
	LIST("ids", NEEDED, chip, ids, id_count, id_keys),
	LIST("parts", NEEDED, chip, parts, part_count, part_keys),
	LIST("memory", NEEDED, chip, regions, region_count, region_keys),
	LIST("aliases", OPTIONAL, chip, aliases, alias_count, alias_keys),
	GROUP("flash", OPTIONAL, flash_keys),
	NUMBER("uid", OPTIONAL, chip, uid_address),
	GROUP("otp", OPTIONAL, otp_keys),
	GROUP("options", OPTIONAL, option_keys),
	LIST("while_attached", OPTIONAL, chip, while_attached, while_attached_count, attached_keys),
	GROUP("reset_cause", OPTIONAL, reset_cause_keys),
	NUMBER("watchdog", OPTIONAL, chip, watchdog_address),
	END,
};

/* What follows from the rest of the file. */
static void complete(struct chip *chip)
{
	for (size_t i = 0; i < chip->bank_count; i++) {
		if (!chip->banks[i].registers)
			chip->banks[i].registers = chip->flash_registers;
		chip->flash_kib_max += chip->banks[i].size / 1024;
	}
	for (size_t i = 0; i < chip->option_field_count; i++) {
		const struct chip_option_field *field = &chip->option_fields[i];
		uint32_t width = (uint32_t)field->high - field->low + 1;
		uint32_t mask = width == 32 ? UINT32_MAX : (1u << width) - 1;

		chip->option_words[field->word].writable |= mask << field->low;
	}
}

static int parse_text(struct reader *reader, struct chip *chip, const char *text, size_t length)
{
	int err = chip_check_text(&reader->source, text, length);

	if (!err)
		err = reader_parse(reader, text, chip_keys);
	if (err)
		return err;
	complete(chip);
	return chip_check(chip, &reader->source);
}

int chip_parse(struct chip *chip, const char *file, const char *text, size_t length,
	       struct why *why)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	char *copy = malloc(length + 1);
	int err = reader && copy ? 0 : E_MEMORY;

	memset(chip, 0, sizeof(*chip));
	if (!err) {
		snprintf(chip->file, sizeof(chip->file), "%s", file);
		memcpy(copy, text, length);
		copy[length] = 0;
		*reader = (struct reader){ .root = chip, .source = { .file = file, .why = why } };
		err = parse_text(reader, chip, copy, length);
	}
	free(copy);
	free(reader);
	return err;
}
