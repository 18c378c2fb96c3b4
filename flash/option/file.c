/* SPDX-License-Identifier: MIT
 *
 * Option bytes as a text that people can read and edit:
 *
 *	chip = STM32F405/407/415/417
 *	RDP = 0xaa		# level0: no protection
 */
#include "flash/option/option.h"

#include <ctype.h>
#include <string.h>

enum { LINE_LENGTH = 256 };

static const char chip_key[] = "chip";

/* For people: the fields above say the same. */
static void write_areas(const struct option_plan *plan, FILE *file)
{
	const char *name;
	char text[200];

	for (size_t i = 0; (name = option_area_name(plan->chip, i)); i++) {
		option_area_text(plan->chip, name, plan->after, text, sizeof(text));
		if (text[0])
			fprintf(file, "# %s: %s\n", name, text);
	}
}

int option_file_write(const struct option_plan *plan, FILE *file)
{
	const struct chip *chip = plan->chip;

	fprintf(file, "# Option bytes; `option restore FILE` sets what is listed here.\n%s = %s\n", chip_key,
		chip->name);
	for (size_t i = 0; i < chip->option_field_count; i++) {
		const struct chip_option_field *field = &chip->option_fields[i];
		uint32_t value = option_field_value(field, plan->after);
		const struct chip_value *named = option_value_named(field, value);

		fprintf(file, "%s = 0x%x", field->name, value);
		if (named)
			fprintf(file, "  # %s%s%s", named->name, named->about[0] ? ": " : "", named->about);
		fputc('\n', file);
	}
	write_areas(plan, file);
	return ferror(file) ? E_SYSTEM : OK;
}

static char *trim(char *text)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

static int take_pair(struct option_plan *plan, const char *name, const char *value, bool *chip_named,
		     struct why *why)
{
	if (strcmp(name, chip_key)) {
		if (!*chip_named)
			return explain(why, E_ARGUMENT, "no line `%s = ...` before it.", chip_key);
		return option_plan_set(plan, name, value, why);
	}
	*chip_named = true;
	if (!strcmp(value, plan->chip->name))
		return OK;
	return explain(why, E_ARGUMENT, "these are option bytes of %.64s; this chip is %s.", value,
		       plan->chip->name);
}

static int take_line(struct option_plan *plan, char *line, bool *chip_named, struct why *why)
{
	char *equals;

	line[strcspn(line, "#")] = '\0';
	line = trim(line);
	equals = strchr(line, '=');
	if (!*line)
		return OK;
	for (const char *c = line; *c; c++)
		if (!isprint((unsigned char)*c) && !isspace((unsigned char)*c))
			return explain(why, E_ARGUMENT, "this is no text (`option save` writes such files).");
	if (!equals)
		return explain(why, E_ARGUMENT, "'%.60s' is not like NAME = VALUE.", line);
	*equals = '\0';
	return take_pair(plan, trim(line), trim(equals + 1), chip_named, why);
}

int option_file_read(struct option_plan *plan, FILE *file, struct why *why)
{
	char line[LINE_LENGTH];
	bool chip_named = false;
	unsigned number = 0;
	int err = OK;

	while (!err && fgets(line, sizeof(line), file)) {
		struct why reason = { "" };

		number++;
		if (!strchr(line, '\n') && strlen(line) == sizeof(line) - 1)
			err = explain(&reason, E_ARGUMENT, "the line is too long.");
		else
			err = take_line(plan, line, &chip_named, &reason);
		if (err)
			explain(why, err, "line %u: %s", number, reason.text);
	}
	if (!err && ferror(file))
		err = explain(why, E_SYSTEM, "it can't be read.");
	if (!err && !chip_named)
		err = explain(why, E_ARGUMENT, "it is no file of option bytes: no line says for which chip.");
	return err;
}
