/* SPDX-License-Identifier: MIT
 *
 * The values in chip files that are more than a number or a text: cores, sectors, conditions, places of
 * fields.
 */
#include "targets/chip_values.h"

#include <stdio.h>
#include <string.h>

#include "probe/bytes.h"

enum { FPU = 0x100 };

static int read_core_word(struct reader *reader, const struct config_setting_t *setting,
			  enum chip_core *core, bool *fpu)
{
	static const struct word words[] = {
		{ "cortex-m0", CHIP_M0 }, { "cortex-m0+", CHIP_M0PLUS }, { "cortex-m3", CHIP_M3 },
		{ "cortex-m4", CHIP_M4 }, { "cortex-m4f", CHIP_M4 | FPU },
		{ "cortex-m7", CHIP_M7 }, { "cortex-m7f", CHIP_M7 | FPU },
		{ "cortex-m33", CHIP_M33 }, { "cortex-m33f", CHIP_M33 | FPU },
		{ "other", CHIP_OTHER_CORE }, { NULL, 0 },
	};
	int value = 0, err = reader_word(reader, setting, words, &value);

	*core = (enum chip_core)(value & ~FPU);
	*fpu = value & FPU;
	return err;
}

int chip_read_core(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	struct chip *chip = base;

	return read_core_word(reader, setting, &chip->core, &chip->fpu);
}

int chip_read_second_core(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	struct chip *chip = base;

	return read_core_word(reader, setting, &chip->second_core, &chip->second_fpu);
}

int chip_read_region_kind(struct reader *reader, const struct config_setting_t *setting, void *base)
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
		    struct chip_bank *bank, uint32_t unit)
{
	uint32_t pair[2];
	int err = reader_pair(reader, setting, pair);

	if (err)
		return err;
	if (pair[0] < 1 || pair[0] > 4096 || pair[1] < 1 || pair[1] > 4096)
		return reader_complain(reader, setting, "sectors: a number is not in 1..4096");
	if (bank->size + (uint64_t)pair[0] * pair[1] * unit > UINT32_MAX)
		return reader_complain(reader, setting, "the sectors hold more than 4 GiB");
	bank->runs[bank->run_count++] = (struct chip_sectors){ pair[0], pair[1] * unit };
	bank->size += pair[0] * pair[1] * unit;
	return 0;
}

static int read_runs(struct reader *reader, const struct config_setting_t *setting,
		     struct chip_bank *bank, uint32_t unit)
{
	unsigned count = 0;
	int err = reader_length(reader, setting, CHIP_SECTOR_RUNS, &count);

	bank->run_count = 0;
	bank->size = 0;
	for (unsigned i = 0; !err && i < count; i++)
		err = read_run(reader, reader_item(setting, i), bank, unit);
	return err;
}

/* A list of [how many, KiB each]. */
int chip_read_sectors(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_runs(reader, setting, base, 1024);
}

/* A list of [how many, bytes each]. */
int chip_read_pages(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_runs(reader, setting, base, 1);
}

int chip_read_split(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	static const struct word words[] = {
		{ "halves", CHIP_HALVES }, { "contiguous", CHIP_CONTIGUOUS }, { NULL, 0 },
	};
	int value = 0, err = reader_word(reader, setting, words, &value);

	((struct chip_layout *)base)->split = (enum chip_split)value;
	return err;
}

int chip_read_sizes(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	struct chip_layout *layout = base;

	return reader_numbers(reader, setting, layout->sizes_kib, CHIP_LAYOUT_SIZES,
			      &layout->size_count);
}

/* A list of [code, KiB]. */
int chip_read_size_codes(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	struct chip *chip = base;
	unsigned count = 0;
	int err = reader_length(reader, setting, CHIP_SIZE_CODES, &count);

	for (unsigned i = 0; !err && i < count; i++) {
		uint32_t pair[2] = { 0, 0 };

		err = reader_pair(reader, reader_item(setting, i), pair);
		chip->size_codes[chip->size_code_count++] = (struct chip_size_code){ pair[0], pair[1] };
	}
	return err;
}

static const struct chip_option_field *find_field(const struct chip *chip, const char *name)
{
	for (size_t i = 0; i < chip->option_field_count; i++) {
		if (!strcmp(chip->option_fields[i].name, name))
			return &chip->option_fields[i];
	}
	return NULL;
}

/* Names a field; options stand before flash in the table of keys. */
static int read_field_place(struct reader *reader, const struct config_setting_t *setting,
			    const char *name, struct chip_condition *out)
{
	const struct chip_option_field *field = find_field(reader->root, name);

	if (!field)
		return reader_complain(reader, setting, "no option field is called '%s'", name);
	out->word = field->word;
	out->mask = (UINT32_MAX >> (31 - (field->high - field->low))) << field->low;
	return 0;
}

/* "NAME=VALUE". */
static int read_condition(struct reader *reader, const struct config_setting_t *setting,
			  const char *text, struct chip_condition *out)
{
	char name[24];
	unsigned value;
	int end = 0, err;

	if (sscanf(text, "%23[A-Za-z0-9_]=%i%n", name, (int *)&value, &end) != 2 || text[end])
		return reader_complain(reader, setting, "'%s' is not like NAME=VALUE", text);
	err = read_field_place(reader, setting, name, out);
	if (err)
		return err;
	out->value = value * (out->mask & -out->mask);
	if (out->value & ~out->mask || out->value / (out->mask & -out->mask) != value)
		return reader_complain(reader, setting, "'%s': the value does not fit", text);
	return 0;
}

static int read_condition_text(struct reader *reader, const struct config_setting_t *setting,
			       struct chip_condition *out)
{
	char text[48];
	int err = reader_text(reader, setting, text, sizeof(text));

	return err ? err : read_condition(reader, setting, text, out);
}

/* Conditions with commas between them: all must hold. */
int chip_read_when(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	struct chip_layout *layout = base;
	char text[80], *rest = text, *word;
	int err = reader_text(reader, setting, text, sizeof(text));

	while (!err && (word = strsep(&rest, ","))) {
		if (layout->when_count == CHIP_CONDITIONS)
			return reader_complain(reader, setting, "more than %d conditions", CHIP_CONDITIONS);
		err = read_condition(reader, setting, word + strspn(word, " "),
				     &layout->when[layout->when_count++]);
	}
	return err;
}

int chip_read_swap(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_condition_text(reader, setting, &((struct chip *)base)->swap);
}

int chip_read_trustzone(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_condition_text(reader, setting, &((struct chip *)base)->trustzone);
}

int chip_read_reserved_when(struct reader *reader, const struct config_setting_t *setting,
			      void *base)
{
	return read_condition_text(reader, setting, &((struct chip_reserved *)base)->when);
}

int chip_read_reserved_first(struct reader *reader, const struct config_setting_t *setting,
			       void *base)
{
	struct chip_reserved *reserved = base;
	char name[ROOM(chip_option_field, name)];
	int err = reader_text(reader, setting, name, sizeof(name));

	return err ? err : read_field_place(reader, setting, name, &reserved->count);
}

int chip_read_reserved_last(struct reader *reader, const struct config_setting_t *setting,
			      void *base)
{
	((struct chip_reserved *)base)->from_end = true;
	return chip_read_reserved_first(reader, setting, base);
}

int chip_read_bits(struct reader *reader, const struct config_setting_t *setting, void *base)
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
int chip_read_field_word(struct reader *reader, const struct config_setting_t *setting, void *base)
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

int chip_read_role(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	static const struct word words[] = {
		{ "bank mode", CHIP_BANK_MODE }, { "bank swap", CHIP_BANK_SWAP }, { "boot", CHIP_BOOT },
		{ "boot lock", CHIP_BOOT_LOCK }, { "watchdog", CHIP_WATCHDOG },
		{ "window watchdog", CHIP_WINDOW_WATCHDOG }, { "brown-out", CHIP_BROWN_OUT },
		{ "reset pin", CHIP_RESET_PIN }, { "pcrop mode", CHIP_PCROP_MODE }, { "pcrop", CHIP_PCROP },
		{ "secrets", CHIP_SECRETS }, { "secure area", CHIP_SECURE_AREA }, { "area lock", CHIP_AREA_LOCK },
		{ "trustzone", CHIP_TRUSTZONE }, { "life cycle", CHIP_LIFE_CYCLE },
		{ "second core", CHIP_SECOND_CORE }, { "calibration", CHIP_CALIBRATION },
		{ "otp locks", CHIP_OTP_LOCKS }, { "counter", CHIP_COUNTER }, { "ram", CHIP_RAM_MAP },
		{ "low supply", CHIP_LOW_SUPPLY }, { "low side supply", CHIP_LOW_SIDE_SUPPLY },
		{ "data area", CHIP_DATA_AREA }, { NULL, 0 },
	};
	int value = 0, err = reader_word(reader, setting, words, &value);

	((struct chip_option_field *)base)->role = (enum chip_option_role)value;
	return err;
}

/* ---- areas ---- */

int chip_read_area_name(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	struct chip_option_area *area = base;

	area->bits = area->first = area->last = area->size = area->enable = area->lock = CHIP_NO_FIELD;
	return reader_text(reader, setting, area->name, sizeof(area->name));
}

/* Names a field; fields stand before areas in the file's tables. */
static int read_field_index(struct reader *reader, const struct config_setting_t *setting, uint8_t *index)
{
	const struct chip *chip = reader->root;
	const struct chip_option_field *field;
	char name[ROOM(chip_option_field, name)];
	int err = reader_text(reader, setting, name, sizeof(name));

	if (err)
		return err;
	field = find_field(chip, name);
	if (!field)
		return reader_complain(reader, setting, "no option field is called '%s'", name);
	*index = (uint8_t)(field - chip->option_fields);
	return 0;
}

int chip_read_area_bits(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_field_index(reader, setting, &((struct chip_option_area *)base)->bits);
}

int chip_read_area_first(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_field_index(reader, setting, &((struct chip_option_area *)base)->first);
}

int chip_read_area_last(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_field_index(reader, setting, &((struct chip_option_area *)base)->last);
}

int chip_read_area_size(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_field_index(reader, setting, &((struct chip_option_area *)base)->size);
}

int chip_read_area_enable(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_field_index(reader, setting, &((struct chip_option_area *)base)->enable);
}

int chip_read_area_lock(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_field_index(reader, setting, &((struct chip_option_area *)base)->lock);
}

int chip_read_area_when(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_condition_text(reader, setting, &((struct chip_option_area *)base)->when);
}

int chip_read_rule_set(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_condition_text(reader, setting, &((struct chip_option_rule *)base)->set);
}

int chip_read_rule_needs(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	return read_condition_text(reader, setting, &((struct chip_option_rule *)base)->needs);
}

int chip_read_reset_bit(struct reader *reader, const struct config_setting_t *setting, void *base)
{
	uint32_t bit = 0;
	int err = reader_limited(reader, setting, 31, &bit);

	((struct chip_reset_flag *)base)->mask = 1u << (bit & 31);
	return err;
}
