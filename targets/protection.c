/* SPDX-License-Identifier: MIT
 *
 * What the option words say of read protection.
 */
#include "targets/protection.h"

#include <stdio.h>
#include <string.h>

#include "targets/board.h"

static const struct chip_value *value_called(const struct chip_option_field *field, const char *name)
{
	for (size_t i = 0; i < field->value_count; i++)
		if (!strcmp(field->values[i].name, name))
			return &field->values[i];
	return NULL;
}

bool protection_is_state(const struct chip_option_field *field)
{
	return !field->erases && value_called(field, "open") && value_called(field, "closed");
}

const struct chip_option_field *protection_field(const struct chip *chip)
{
	for (size_t i = 0; i < chip->option_field_count; i++) {
		const struct chip_option_field *field = &chip->option_fields[i];

		if (field->erases || protection_is_state(field))
			return field;
	}
	return NULL;
}

uint32_t protection_open_value(const struct chip_option_field *field)
{
	return field->erases ? field->erases_to : value_called(field, "open")->value;
}

uint32_t protection_value(const struct chip *chip)
{
	const struct chip_option_field *field = protection_field(chip);

	return field ? chip->option_words[field->word].now >> field->low &
		       UINT32_MAX >> (31 - (field->high - field->low)) : 0;
}

bool protection_is_on(const struct chip *chip)
{
	const struct chip_option_field *field = protection_field(chip);

	return field && protection_value(chip) != protection_open_value(field);
}

static const char *name_of(const struct chip_option_field *field, uint32_t value)
{
	for (size_t i = 0; i < field->value_count; i++)
		if (field->values[i].value == value)
			return field->values[i].name;
	for (size_t i = 0; i < field->value_count && field->has_other; i++)
		if (field->values[i].value == field->other)
			return field->values[i].name;
	return "a value without a name";
}

const char *protection_text(const struct chip *chip, char *text, size_t size)
{
	const struct chip_option_field *field = protection_field(chip);

	text[0] = '\0';
	if (protection_is_on(chip))
		snprintf(text, size, "Read protection is set (%s %s): a debugger %s read or write flash; `protect` "
			 "tells what it can, and how to leave it.", field->name,
			 name_of(field, protection_value(chip)), protection_is_state(field) ? "may not" : "can't");
	return text;
}

int protection_read(struct core *core)
{
	struct chip *chip = &core->board->chip;
	const struct chip_option_field *field = protection_field(chip);
	uint32_t word;
	int err;

	if (!field)
		return OK;
	err = probe_read_u32(core->board->probe, core->port, chip->option_words[field->word].address, &word);
	if (!err)
		chip_set_option_word(chip, field->word, word);
	return err;
}

void protection_explain(struct core *core, int err, uint32_t address, struct why *why)
{
	const struct chip *chip = &core->board->chip;
	char text[PROTECTION_TEXT];
	uint32_t real;
	bool covered = chip_flash_address(chip, address, &real) || address - chip->otp_base < chip->otp_size;

	if (err == E_FAULT && covered && protection_read(core) == OK &&
	    protection_text(chip, text, sizeof(text))[0])
		explain_more(why, " %s", text);
}
