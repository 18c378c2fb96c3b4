/* SPDX-License-Identifier: MIT
 *
 * Reads a chip file into struct chip. Key tables say what a group may hold and where it goes;
 * one reader walks them. The only file of the program that knows libconfig.
 */
#include "targets/chip_source.h"

#include <libconfig.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/bytes.h"

enum need { OPTIONAL, NEEDED };

enum key_type {
	KEY_U32,
	KEY_U8,
	KEY_KIB,	/* KiB in the file, bytes in the struct */
	KEY_BOOL,
	KEY_TEXT,	/* size = room for it */
	KEY_GROUP,	/* keys apply to the same struct */
	KEY_LIST,	/* of groups: rows of size bytes, at most max, counted at count */
	KEY_OTHER,	/* its own function */
};

struct reader {
	struct chip *chip;
	struct chip_source source;
};

struct key {
	const char *name;
	enum key_type type;
	enum need need;
	size_t offset;
	size_t size, count, max;
	const struct key *keys;
	int (*read)(struct reader *reader, const config_setting_t *setting, void *base);
	size_t present;			/* offset of a bool to set, or NOWHERE */
};

#define NOWHERE SIZE_MAX
#define AT(type, member) offsetof(struct type, member)
#define ROOM(type, member) sizeof(((struct type *)0)->member)

#define NUMBER(key, need, type, member) \
	{ key, KEY_U32, need, AT(type, member), 0, 0, 0, NULL, NULL, NOWHERE }
#define MARKED(key, type, member, mark) \
	{ key, KEY_U32, OPTIONAL, AT(type, member), 0, 0, 0, NULL, NULL, AT(type, mark) }
#define BYTE(key, need, type, member) \
	{ key, KEY_U8, need, AT(type, member), 0, 0, 0, NULL, NULL, NOWHERE }
#define KIB(key, need, type, member) \
	{ key, KEY_KIB, need, AT(type, member), 0, 0, 0, NULL, NULL, NOWHERE }
#define BOOL(key, type, member) \
	{ key, KEY_BOOL, OPTIONAL, AT(type, member), 0, 0, 0, NULL, NULL, NOWHERE }
#define TEXT(key, need, type, member) \
	{ key, KEY_TEXT, need, AT(type, member), ROOM(type, member), 0, 0, NULL, NULL, NOWHERE }
#define GROUP(key, need, keys) { key, KEY_GROUP, need, 0, 0, 0, 0, keys, NULL, NOWHERE }
#define LIST(key, need, type, member, counter, keys) \
	{ key, KEY_LIST, need, AT(type, member), ROOM(type, member[0]), AT(type, counter), \
	  ROOM(type, member) / ROOM(type, member[0]), keys, NULL, NOWHERE }
#define OTHER(key, need, read) { key, KEY_OTHER, need, 0, 0, 0, 0, NULL, read, NOWHERE }
#define END { NULL, KEY_OTHER, OPTIONAL, 0, 0, 0, 0, NULL, NULL, NOWHERE }

static unsigned line_of(const config_setting_t *setting)
{
	unsigned line = config_setting_source_line(setting);

	return line ? line : 1;		/* the root has none */
}

#define complain(reader, setting, ...) \
	chip_source_error(&(reader)->source, line_of(setting), __VA_ARGS__)

/* libconfig hands out 0xE0042000 as a negative int: only the notation tells it from -536600576. */
static int read_u32(struct reader *reader, const config_setting_t *setting, uint32_t *out)
{
	const char *name = config_setting_name(setting);
	int value = config_setting_get_int(setting);

	if (config_setting_type(setting) != CONFIG_TYPE_INT)
		return complain(reader, setting, "'%s' must be a number of at most 32 bits",
				name ? name : "item");
	if (value < 0 && config_setting_get_format(setting) != CONFIG_FORMAT_HEX)
		return complain(reader, setting, "'%s' must not be negative", name ? name : "item");
	*out = (uint32_t)value;
	return 0;
}

static int read_limited(struct reader *reader, const config_setting_t *setting, uint32_t limit,
			uint32_t *out)
{
	int err = read_u32(reader, setting, out);

	if (!err && *out > limit)
		return complain(reader, setting, "'%s' is above %u", config_setting_name(setting),
				limit);
	return err;
}

static int read_text(struct reader *reader, const config_setting_t *setting, char *out, size_t room)
{
	const char *name = config_setting_name(setting);

	if (config_setting_type(setting) != CONFIG_TYPE_STRING)
		return complain(reader, setting, "'%s' must be a text in quotes", name);
	if (strlen(config_setting_get_string(setting)) >= room)
		return complain(reader, setting, "'%s' is longer than %zu characters", name, room - 1);
	strcpy(out, config_setting_get_string(setting));
	return 0;
}

/* Two numbers in brackets: [count, KiB] or [high, low]. */
static int read_pair(struct reader *reader, const config_setting_t *setting, uint32_t pair[2])
{
	if (config_setting_type(setting) != CONFIG_TYPE_ARRAY || config_setting_length(setting) != 2)
		return complain(reader, setting, "expected two numbers in brackets");
	for (unsigned i = 0; i < 2; i++) {
		int err = read_u32(reader, config_setting_get_elem(setting, i), &pair[i]);

		if (err)
			return err;
	}
	return 0;
}

struct word {
	const char *name;
	int value;
};

static int read_word(struct reader *reader, const config_setting_t *setting,
		     const struct word *words, int *out)
{
	char text[16];
	int err = read_text(reader, setting, text, sizeof(text));

	for (; !err && words->name; words++) {
		if (!strcmp(words->name, text)) {
			*out = words->value;
			return 0;
		}
	}
	return err ? err : complain(reader, setting, "unknown %s '%s'", config_setting_name(setting),
				    text);
}

static int read_core(struct reader *reader, const config_setting_t *setting, void *base)
{
	enum { FPU = 0x100 };
	static const struct word words[] = {
		{ "cortex-m0", CHIP_M0 }, { "cortex-m0+", CHIP_M0PLUS }, { "cortex-m3", CHIP_M3 },
		{ "cortex-m4", CHIP_M4 }, { "cortex-m4f", CHIP_M4 | FPU },
		{ "cortex-m7", CHIP_M7 }, { "cortex-m7f", CHIP_M7 | FPU },
		{ "cortex-m33", CHIP_M33 }, { "cortex-m33f", CHIP_M33 | FPU }, { NULL, 0 },
	};
	struct chip *chip = base;
	int value = 0, err = read_word(reader, setting, words, &value);

	chip->core = (enum chip_core)(value & ~FPU);
	chip->fpu = value & FPU;
	return err;
}

static int read_region_kind(struct reader *reader, const config_setting_t *setting, void *base)
{
	static const struct word words[] = {
		{ "ram", CHIP_RAM }, { "ccm", CHIP_CCM }, { "backup", CHIP_BACKUP },
		{ "rom", CHIP_ROM }, { "eeprom", CHIP_EEPROM }, { NULL, 0 },
	};
	int value = 0, err = read_word(reader, setting, words, &value);

	((struct chip_region *)base)->kind = (enum chip_region_kind)value;
	return err;
}

static int read_sectors(struct reader *reader, const config_setting_t *setting, void *base)
{
	struct chip_bank *bank = base;
	int count = config_setting_length(setting);

	if (config_setting_type(setting) != CONFIG_TYPE_LIST || count < 1 ||
	    count > CHIP_SECTOR_RUNS)
		return complain(reader, setting,
				"'sectors' must be a list of 1 to %d pairs [count, KiB]",
				CHIP_SECTOR_RUNS);
	for (int i = 0; i < count; i++) {
		uint32_t pair[2];
		int err = read_pair(reader, config_setting_get_elem(setting, (unsigned)i), pair);

		if (err)
			return err;
		if (pair[0] < 1 || pair[0] > 4096 || pair[1] < 1 || pair[1] > 4096)
			return complain(reader, setting, "sectors: a number is not in 1..4096");
		if (bank->size + (uint64_t)pair[0] * pair[1] * 1024 > UINT32_MAX)
			return complain(reader, setting, "the sectors hold more than 4 GiB");
		bank->runs[i] = (struct chip_sectors){ pair[0], pair[1] * 1024 };
		bank->size += pair[0] * pair[1] * 1024;
	}
	bank->run_count = (size_t)count;
	return 0;
}

static int read_bits(struct reader *reader, const config_setting_t *setting, void *base)
{
	struct chip_option_field *field = base;
	uint32_t pair[2];
	int err = read_pair(reader, setting, pair);

	if (err)
		return err;
	if (pair[0] > 31 || pair[1] > pair[0])
		return complain(reader, setting, "bits must be [high, low] within 31..0");
	field->high = (uint8_t)pair[0];
	field->low = (uint8_t)pair[1];
	return 0;
}

/* Names the word that a field lives in; words stand before fields in the file's tables. */
static int read_field_word(struct reader *reader, const config_setting_t *setting, void *base)
{
	char name[ROOM(chip_option_word, name)];
	int err = read_text(reader, setting, name, sizeof(name));

	for (size_t i = 0; !err && i < reader->chip->option_word_count; i++) {
		if (!strcmp(reader->chip->option_words[i].name, name)) {
			((struct chip_option_field *)base)->word = (uint8_t)i;
			return 0;
		}
	}
	return err ? err : complain(reader, setting, "no option word is called '%s'", name);
}

static int read_reset_bit(struct reader *reader, const config_setting_t *setting, void *base)
{
	uint32_t bit = 0;
	int err = read_limited(reader, setting, 31, &bit);

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

static int read_group(struct reader *reader, const config_setting_t *group, const struct key *keys,
		      void *base);

static int read_list(struct reader *reader, const config_setting_t *list, const struct key *key,
		     void *base)
{
	int length = config_setting_length(list);

	if (config_setting_type(list) != CONFIG_TYPE_LIST)
		return complain(reader, list, "'%s' must be a list in ( )", key->name);
	if (length < 1 || (size_t)length > key->max)
		return complain(reader, list, "'%s' must have 1 to %zu entries", key->name, key->max);
	for (int i = 0; i < length; i++) {
		config_setting_t *item = config_setting_get_elem(list, (unsigned)i);
		char *row = (char *)base + key->offset + (size_t)i * key->size;
		struct chip_source *source = &reader->source;
		int err;

		if (config_setting_type(item) != CONFIG_TYPE_GROUP)
			return complain(reader, item, "'%s' must hold groups in { }", key->name);
		if (source->count < CHIP_SOURCE_ROWS) {
			source->rows[source->count].row = row;
			source->rows[source->count++].line = line_of(item);
		}
		err = read_group(reader, item, key->keys, row);
		if (err)
			return err;
	}
	*(size_t *)(void *)((char *)base + key->count) = (size_t)length;
	return 0;
}

static int read_key(struct reader *reader, const config_setting_t *setting, const struct key *key,
		    void *base)
{
	void *at = (char *)base + key->offset;
	uint32_t number = 0;
	int err = 0;

	switch (key->type) {
	case KEY_U32:
		return read_u32(reader, setting, at);
	case KEY_U8:
		err = read_limited(reader, setting, UINT8_MAX, &number);
		*(uint8_t *)at = (uint8_t)number;
		return err;
	case KEY_KIB:
		err = read_limited(reader, setting, UINT32_MAX / 1024, &number);
		*(uint32_t *)at = number * 1024;
		return err;
	case KEY_BOOL:
		if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
			return complain(reader, setting, "'%s' must be true or false", key->name);
		*(bool *)at = config_setting_get_bool(setting);
		return 0;
	case KEY_TEXT:
		return read_text(reader, setting, at, key->size);
	case KEY_GROUP:
		if (config_setting_type(setting) != CONFIG_TYPE_GROUP)
			return complain(reader, setting, "'%s' must be a group in { }", key->name);
		return read_group(reader, setting, key->keys, base);
	case KEY_LIST:
		return read_list(reader, setting, key, base);
	case KEY_OTHER:
		return key->read(reader, setting, base);
	}
	abort();
}

static int refuse_unknown_keys(struct reader *reader, const config_setting_t *group,
			       const struct key *keys)
{
	for (int i = 0; i < config_setting_length(group); i++) {
		const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
		const struct key *key = keys;

		while (key->name && strcmp(key->name, config_setting_name(setting)) != 0)
			key++;
		if (!key->name)
			return complain(reader, setting, "unknown key '%s'",
					config_setting_name(setting));
	}
	return 0;
}

static int read_group(struct reader *reader, const config_setting_t *group, const struct key *keys,
		      void *base)
{
	int err = refuse_unknown_keys(reader, group, keys);

	for (const struct key *key = keys; !err && key->name; key++) {
		const config_setting_t *setting = config_setting_get_member(group, key->name);

		if (!setting && key->need == NEEDED)
			return complain(reader, group, "'%s' is missing", key->name);
		if (!setting)
			continue;
		err = read_key(reader, setting, key, base);
		if (key->present != NOWHERE)
			*(bool *)(void *)((char *)base + key->present) = true;
	}
	return err;
}

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

static int parse_text(struct reader *reader, config_t *config, const char *text)
{
	int err;

	if (!config_read_string(config, text))
		return chip_source_error(&reader->source, (unsigned)config_error_line(config), "%s",
					 config_error_text(config));
	err = read_group(reader, config_root_setting(config), chip_keys, reader->chip);
	if (err)
		return err;
	complete(reader->chip);
	return chip_check(reader->chip, &reader->source);
}

int chip_parse(struct chip *chip, const char *file, const char *text, size_t length,
	       struct why *why)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	char *copy = malloc(length + 1);
	config_t config;
	int err = reader && copy ? 0 : E_MEMORY;

	memset(chip, 0, sizeof(*chip));
	if (!err) {
		snprintf(chip->file, sizeof(chip->file), "%s", file);
		memcpy(copy, text, length);
		copy[length] = 0;
		*reader = (struct reader){ .chip = chip, .source = { .file = file, .why = why } };
		err = chip_check_text(&reader->source, copy, length);
	}
	if (!err) {
		config_init(&config);
		err = parse_text(reader, &config, copy);
		config_destroy(&config);
	}
	free(copy);
	free(reader);
	return err;
}
