/* SPDX-License-Identifier: MIT
 *
 * What a chip file may hold: one table of keys for each kind of group, and what follows from it.
 */
#include "targets/chip_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/bytes.h"

static const struct key id_keys[] = {
	NUMBER("register", NEEDED, chip_id, address),
	NUMBER("mask", NEEDED, chip_id, mask),
	NUMBER("value", NEEDED, chip_id, value),
	NUMBER("cpu", OPTIONAL, chip_id, cpuid_part),
	MARKED("ap", chip_id, ap, has_ap),
	END,
};

static const struct key revision_keys[] = {
	NUMBER("id", NEEDED, chip_revision, id),
	TEXT("name", NEEDED, chip_revision, name),
	END,
};

static const struct key part_keys[] = {
	TEXT("name", NEEDED, chip_part, name),
	NUMBER("flash_kib", OPTIONAL, chip_part, flash_kib),
	NUMBER("ram_kib", OPTIONAL, chip_part, ram_kib),
	MARKED("ram2_kib", chip_part, ram2_kib, has_ram2),
	NUMBER("eeprom", OPTIONAL, chip_part, eeprom),
	NUMBER("cores", OPTIONAL, chip_part, cores),
	END,
};

static const struct key region_keys[] = {
	TEXT("name", NEEDED, chip_region, name),
	OTHER("kind", NEEDED, chip_read_region_kind),
	NUMBER("base", NEEDED, chip_region, base),
	KIB("size_kib", OPTIONAL, chip_region, size),
	NUMBER("size", OPTIONAL, chip_region, size),
	BOOL("loader", chip_region, loader),
	KIB("loader_kib", OPTIONAL, chip_region, loader_size),
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
	OTHER("sectors", OPTIONAL, chip_read_sectors),
	OTHER("pages", OPTIONAL, chip_read_pages),
	END,
};

static const struct key layout_keys[] = {
	OTHER("kib", OPTIONAL, chip_read_sizes),
	OTHER("when", OPTIONAL, chip_read_when),
	OTHER("split", OPTIONAL, chip_read_split),
	LIST("banks", NEEDED, chip_layout, banks, bank_count, bank_keys),
	END,
};

static const struct key reserved_keys[] = {
	NUMBER("bank", NEEDED, chip_reserved, bank),
	OTHER("when", NEEDED, chip_read_reserved_when),
	OTHER("first", OPTIONAL, chip_read_reserved_first),
	OTHER("last", OPTIONAL, chip_read_reserved_last),
	KIB("unit_kib", NEEDED, chip_reserved, unit),
	NUMBER("data_end", OPTIONAL, chip_reserved, data_end),
	NUMBER("data_sector", OPTIONAL, chip_reserved, data_sector),
	END,
};

static const struct key remap_keys[] = {
	NUMBER("register", NEEDED, chip, remap.address),
	BYTE("bit", NEEDED, chip, remap.bit),
	NUMBER("enable", NEEDED, chip, remap.enable),
	BYTE("enable_bit", NEEDED, chip, remap.enable_bit),
	END,
};

static const struct key flash_keys[] = {
	TEXT("controller", NEEDED, chip, controller),
	NUMBER("registers", NEEDED, chip, flash_registers),
	NUMBER("size_kib_at", OPTIONAL, chip, size_address),
	NUMBER("size_mask", OPTIONAL, chip, size_mask),
	OTHER("size_codes", OPTIONAL, chip_read_size_codes),
	BYTE("erased", NEEDED, chip, erased),
	NUMBER("secure", OPTIONAL, chip, flash_secure),
	NUMBER("secure_pages", OPTIONAL, chip, flash_secure_pages),
	LIST("banks", OPTIONAL, chip, only_layout.banks, only_layout.bank_count, bank_keys),
	LIST("layouts", OPTIONAL, chip, layouts, layout_count, layout_keys),
	OTHER("swap", OPTIONAL, chip_read_swap),
	GROUP("remap", OPTIONAL, remap_keys),
	LIST("reserved", OPTIONAL, chip, reserved, reserved_count, reserved_keys),
	END,
};

static const struct key otp_keys[] = {
	NUMBER("base", NEEDED, chip, otp_base),
	NUMBER("size", NEEDED, chip, otp_size),
	NUMBER("block", OPTIONAL, chip, otp_block),
	NUMBER("unit", OPTIONAL, chip, otp_unit),
	NUMBER("locks", OPTIONAL, chip, otp_locks),
	BYTE("locked", OPTIONAL, chip, otp_locked),
	END,
};

static const struct key word_keys[] = {
	TEXT("name", NEEDED, chip_option_word, name),
	NUMBER("address", NEEDED, chip_option_word, address),
	NUMBER("program", OPTIONAL, chip_option_word, program),
	NUMBER("mirror", OPTIONAL, chip_option_word, mirror),
	NUMBER("factory", NEEDED, chip_option_word, factory),
	BOOL("unverified", chip_option_word, unverified),
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
	OTHER("in", NEEDED, chip_read_field_word),
	OTHER("bits", NEEDED, chip_read_bits),
	TEXT("about", OPTIONAL, chip_option_field, about),
	LIST("values", OPTIONAL, chip_option_field, values, value_count, value_keys),
	MARKED("other", chip_option_field, other, has_other),
	MARKED("forever", chip_option_field, forever, dangerous),
	MARKED("erases_to", chip_option_field, erases_to, erases),
	BOOL("closes_port", chip_option_field, closes_port),
	BOOL("lasting", chip_option_field, lasting),
	BOOL("one_way", chip_option_field, one_way),
	BOOL("unverified", chip_option_field, unverified),
	OTHER("role", OPTIONAL, chip_read_role),
	END,
};

static const struct key area_keys[] = {
	OTHER("name", NEEDED, chip_read_area_name),
	NUMBER("bank", OPTIONAL, chip_option_area, bank),
	BOOL("shared", chip_option_area, shared),
	OTHER("bits", OPTIONAL, chip_read_area_bits),
	OTHER("first", OPTIONAL, chip_read_area_first),
	OTHER("last", OPTIONAL, chip_read_area_last),
	OTHER("size", OPTIONAL, chip_read_area_size),
	OTHER("enable", OPTIONAL, chip_read_area_enable),
	OTHER("lock", OPTIONAL, chip_read_area_lock),
	OTHER("when", OPTIONAL, chip_read_area_when),
	NUMBER("off", OPTIONAL, chip_option_area, off),
	NUMBER("first_bit", OPTIONAL, chip_option_area, first_bit),
	NUMBER("count", OPTIONAL, chip_option_area, count),
	NUMBER("skip", OPTIONAL, chip_option_area, skip),
	NUMBER("protects", OPTIONAL, chip_option_area, protects),
	BOOL("rest", chip_option_area, rest),
	NUMBER("unit", OPTIONAL, chip_option_area, unit),
	NUMBER("sectors", OPTIONAL, chip_option_area, sectors),
	BOOL("wide", chip_option_area, wide),
	BOOL("pairs", chip_option_area, pairs),
	END,
};

static const struct key rule_keys[] = {
	OTHER("set", NEEDED, chip_read_rule_set),
	OTHER("needs", NEEDED, chip_read_rule_needs),
	TEXT("about", NEEDED, chip_option_rule, about),
	END,
};

static const struct key option_keys[] = {
	LIST("words", NEEDED, chip, option_words, option_word_count, word_keys),
	LIST("fields", NEEDED, chip, option_fields, option_field_count, field_keys),
	LIST("areas", OPTIONAL, chip, option_areas, option_area_count, area_keys),
	LIST("rules", OPTIONAL, chip, option_rules, option_rule_count, rule_keys),
	TEXT("caution", OPTIONAL, chip, option_caution),
	TEXT("unprotect_caution", OPTIONAL, chip, unprotect_caution),
	END,
};

static const struct key attached_keys[] = {
	NUMBER("address", NEEDED, chip_bits, address),
	NUMBER("set", NEEDED, chip_bits, set),
	BOOL("low_power", chip_bits, low_power),
	BOOL("clock", chip_bits, clock),
	END,
};

static const struct key reset_flag_keys[] = {
	OTHER("bit", NEEDED, chip_read_reset_bit),
	TEXT("name", NEEDED, chip_reset_flag, name),
	END,
};

static const struct key reset_cause_keys[] = {
	NUMBER("register", NEEDED, chip, reset_cause_address),
	LIST("flags", NEEDED, chip, reset_flags, reset_flag_count, reset_flag_keys),
	END,
};

static const struct key second_keys[] = {
	OTHER("core", NEEDED, chip_read_second_core),
	BYTE("ap", NEEDED, chip, second_ap),
	END,
};

static const struct key crc_keys[] = {
	NUMBER("unit", NEEDED, chip, crc_unit),
	NUMBER("enable", NEEDED, chip, crc_enable),
	BYTE("bit", NEEDED, chip, crc_bit),
	END,
};

static const struct key wake_keys[] = {
	NUMBER("ap", NEEDED, chip, wake.ap),
	NUMBER("address", NEEDED, chip, wake.address),
	NUMBER("set", NEEDED, chip, wake.set),
	NUMBER("same", NEEDED, chip, wake.same),
	END,
};

static const struct key swo_keys[] = {
	NUMBER("register", NEEDED, chip, swo.address),
	NUMBER("mask", NEEDED, chip, swo.mask),
	NUMBER("value", NEEDED, chip, swo.value),
	NUMBER("unit", OPTIONAL, chip, swo.unit),
	NUMBER("funnel", OPTIONAL, chip, swo.funnel),
	END,
};

static const struct key clock_step_keys[] = {
	NUMBER("address", NEEDED, chip_clock_step, address),
	NUMBER("mask", NEEDED, chip_clock_step, mask),
	NUMBER("value", NEEDED, chip_clock_step, value),
	NUMBER("ready", OPTIONAL, chip_clock_step, ready),
	END,
};

static const struct key fast_clock_keys[] = {
	NUMBER("hz", NEEDED, chip, fast_clock_hz),
	LIST("steps", NEEDED, chip, fast_clock, fast_clock_count, clock_step_keys),
	END,
};

/* Options stand before what names their fields. */
static const struct key chip_keys[] = {
	TEXT("name", NEEDED, chip, name),
	TEXT("family", NEEDED, chip, family),
	OTHER("core", NEEDED, chip_read_core),
	BYTE("ap", OPTIONAL, chip, ap),
	NUMBER("cpuid", OPTIONAL, chip, cpuid),
	NUMBER("dpidr", OPTIONAL, chip, dpidr),
	NUMBER("idcode", OPTIONAL, chip, idcode),
	TEXT("known_only", OPTIONAL, chip, known_only),
	NUMBER("reset_clock_hz", OPTIONAL, chip, reset_clock_hz),
	NUMBER("swd_khz", OPTIONAL, chip, swd_khz),
	GROUP("second", OPTIONAL, second_keys),
	LIST("ids", OPTIONAL, chip, ids, id_count, id_keys),
	LIST("revisions", OPTIONAL, chip, revisions, revision_count, revision_keys),
	LIST("clones", OPTIONAL, chip, clones, clone_count, revision_keys),
	LIST("parts", OPTIONAL, chip, parts, part_count, part_keys),
	LIST("memory", OPTIONAL, chip, regions, region_count, region_keys),
	LIST("aliases", OPTIONAL, chip, aliases, alias_count, alias_keys),
	GROUP("options", OPTIONAL, option_keys),
	OTHER("trustzone", OPTIONAL, chip_read_trustzone),
	GROUP("flash", OPTIONAL, flash_keys),
	NUMBER("uid", OPTIONAL, chip, uid_address),
	BOOL("uid_split", chip, uid_split),
	GROUP("otp", OPTIONAL, otp_keys),
	GROUP("wake", OPTIONAL, wake_keys),
	LIST("while_attached", OPTIONAL, chip, while_attached, while_attached_count, attached_keys),
	GROUP("swo", OPTIONAL, swo_keys),
	GROUP("reset_cause", OPTIONAL, reset_cause_keys),
	NUMBER("watchdog", OPTIONAL, chip, watchdog_address),
	GROUP("crc", OPTIONAL, crc_keys),
	GROUP("fast_clock", OPTIONAL, fast_clock_keys),
	END,
};

static void complete_layout(struct chip *chip, struct chip_layout *layout)
{
	uint32_t room = 0;

	for (size_t i = 0; i < layout->bank_count; i++) {
		if (!layout->banks[i].registers)
			layout->banks[i].registers = chip->flash_registers;
		room += layout->banks[i].size / 1024;
	}
	for (size_t i = 0; i < layout->size_count; i++)
		chip->flash_kib_max = max_u32(chip->flash_kib_max, layout->sizes_kib[i]);
	if (!layout->size_count)
		chip->flash_kib_max = max_u32(chip->flash_kib_max, room);
}

static void complete_options(struct chip *chip)
{
	for (size_t i = 0; i < chip->option_word_count; i++)
		chip->option_words[i].now = chip->option_words[i].factory;
	for (size_t i = 0; i < chip->option_field_count; i++) {
		const struct chip_option_field *field = &chip->option_fields[i];
		uint32_t width = (uint32_t)field->high - field->low + 1;
		uint32_t mask = width == 32 ? UINT32_MAX : (1u << width) - 1;

		chip->option_words[field->word].writable |= mask << field->low;
	}
}

/* What follows from the rest of the file. */
static void complete(struct chip *chip)
{
	if (chip->only_layout.bank_count && !chip->layout_count)
		chip->layouts[chip->layout_count++] = chip->only_layout;
	for (size_t i = 0; i < chip->layout_count; i++)
		complete_layout(chip, &chip->layouts[i]);
	for (size_t i = 0; i < chip->region_count; i++) {
		if (chip->regions[i].loader && !chip->regions[i].loader_size)
			chip->regions[i].loader_size = chip->regions[i].size;
		chip->regions[i].loader = chip->regions[i].loader_size > 0;
	}
	for (size_t i = 0; i < chip->id_count; i++) {
		if (!chip->ids[i].has_ap)
			chip->ids[i].ap = chip->ap;
	}
	if (chip->size_address && !chip->size_mask)
		chip->size_mask = 0xFFFF;
	chip->core_count = 1;
	complete_options(chip);
	chip_set_flash_size(chip, chip->flash_kib_max);
}

static int parse_text(struct reader *reader, struct chip *chip, const char *text, size_t length)
{
	int err = chip_check_text(&reader->source, text, length);

	if (!err)
		err = reader_parse(reader, text, chip_keys);
	if (!err && chip->only_layout.bank_count && chip->layout_count)
		err = chip_source_error(&reader->source, 1, "flash: either banks or layouts");
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
