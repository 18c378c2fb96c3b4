/* SPDX-License-Identifier: MIT
 *
 * Walks a parsed file along key tables. The only file of the program that knows libconfig (1.5: numbers
 * are int, whatever their sign; names that nobody asks for are not noticed).
 */
#include "targets/chip_reader.h"

#include <libconfig.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned line_of(const config_setting_t *setting)
{
	unsigned line = config_setting_source_line(setting);

	return line ? line : 1;		/* the root has none */
}

int reader_complain(struct reader *reader, const config_setting_t *setting, const char *format, ...)
{
	char text[200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return chip_source_error(&reader->source, line_of(setting), "%s", text);
}

static const char *name_of(const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);

	return name ? name : "item";	/* items of arrays have none */
}

/* libconfig hands out 0xE0042000 as a negative int: only the notation tells it from -536600576. */
static int read_u32(struct reader *reader, const config_setting_t *setting, uint32_t *out)
{
	int value = config_setting_get_int(setting);

	if (config_setting_type(setting) != CONFIG_TYPE_INT)
		return reader_complain(reader, setting, "'%s' must be a number of at most 32 bits",
				       name_of(setting));
	if (value < 0 && config_setting_get_format(setting) != CONFIG_FORMAT_HEX)
		return reader_complain(reader, setting, "'%s' must not be negative", name_of(setting));
	*out = (uint32_t)value;
	return 0;
}

int reader_limited(struct reader *reader, const config_setting_t *setting, uint32_t limit,
		   uint32_t *out)
{
	int err = read_u32(reader, setting, out);

	if (!err && *out > limit)
		return reader_complain(reader, setting, "'%s' is above %u", config_setting_name(setting),
				       limit);
	return err;
}

int reader_text(struct reader *reader, const config_setting_t *setting, char *out, size_t room)
{
	const char *name = config_setting_name(setting);

	if (config_setting_type(setting) != CONFIG_TYPE_STRING)
		return reader_complain(reader, setting, "'%s' must be a text in quotes", name);
	if (strlen(config_setting_get_string(setting)) >= room)
		return reader_complain(reader, setting, "'%s' is longer than %zu characters", name, room - 1);
	strcpy(out, config_setting_get_string(setting));
	return 0;
}

int reader_pair(struct reader *reader, const config_setting_t *setting, uint32_t pair[2])
{
	if (config_setting_type(setting) != CONFIG_TYPE_ARRAY || config_setting_length(setting) != 2)
		return reader_complain(reader, setting, "expected two numbers in brackets");
	for (unsigned i = 0; i < 2; i++) {
		int err = read_u32(reader, config_setting_get_elem(setting, i), &pair[i]);

		if (err)
			return err;
	}
	return 0;
}

int reader_numbers(struct reader *reader, const config_setting_t *setting, uint32_t *out,
		   unsigned max, size_t *count)
{
	int length = config_setting_length(setting), err = 0;

	if (config_setting_type(setting) != CONFIG_TYPE_ARRAY || length < 1 || (unsigned)length > max)
		return reader_complain(reader, setting, "expected 1 to %u numbers in brackets", max);
	for (int i = 0; !err && i < length; i++)
		err = read_u32(reader, config_setting_get_elem(setting, (unsigned)i), &out[i]);
	*count = (size_t)length;
	return err;
}

int reader_length(struct reader *reader, const config_setting_t *setting, unsigned max,
		  unsigned *length)
{
	int count = config_setting_length(setting);

	if (config_setting_type(setting) != CONFIG_TYPE_LIST)
		return reader_complain(reader, setting, "'%s' must be a list in ( )", name_of(setting));
	if (count < 1 || (unsigned)count > max)
		return reader_complain(reader, setting, "'%s' must have 1 to %u entries", name_of(setting),
				       max);
	*length = (unsigned)count;
	return 0;
}

const struct config_setting_t *reader_item(const config_setting_t *list, unsigned i)
{
	return config_setting_get_elem(list, i);
}

int reader_word(struct reader *reader, const config_setting_t *setting,
		const struct word *words, int *out)
{
	char text[16];
	int err = reader_text(reader, setting, text, sizeof(text));

	for (; !err && words->name; words++) {
		if (!strcmp(words->name, text)) {
			*out = words->value;
			return 0;
		}
	}
	return err ? err : reader_complain(reader, setting, "unknown %s '%s'", config_setting_name(setting),
					   text);
}

static int read_group(struct reader *reader, const config_setting_t *group, const struct key *keys,
		      void *base);

static void keep_line(struct chip_source *source, const void *row, unsigned line)
{
	if (source->count == CHIP_SOURCE_ROWS)
		return;
	source->rows[source->count].row = row;
	source->rows[source->count++].line = line;
}

static int read_list(struct reader *reader, const config_setting_t *list, const struct key *key,
		     void *base)
{
	unsigned length;
	int err = reader_length(reader, list, (unsigned)key->max, &length);

	if (err)
		return err;
	for (unsigned i = 0; !err && i < length; i++) {
		const config_setting_t *item = reader_item(list, i);
		char *row = (char *)base + key->offset + i * key->size;

		if (config_setting_type(item) != CONFIG_TYPE_GROUP)
			return reader_complain(reader, item, "'%s' must hold groups in { }", key->name);
		keep_line(&reader->source, row, line_of(item));
		err = read_group(reader, item, key->keys, row);
	}
	*(size_t *)(void *)((char *)base + key->count) = length;
	return err;
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
		err = reader_limited(reader, setting, UINT8_MAX, &number);
		*(uint8_t *)at = (uint8_t)number;
		return err;
	case KEY_KIB:
		err = reader_limited(reader, setting, UINT32_MAX / 1024, &number);
		*(uint32_t *)at = number * 1024;
		return err;
	case KEY_BOOL:
		if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
			return reader_complain(reader, setting, "'%s' must be true or false", key->name);
		*(bool *)at = config_setting_get_bool(setting);
		return 0;
	case KEY_TEXT:
		return reader_text(reader, setting, at, key->size);
	case KEY_GROUP:
		if (config_setting_type(setting) != CONFIG_TYPE_GROUP)
			return reader_complain(reader, setting, "'%s' must be a group in { }", key->name);
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
			return reader_complain(reader, setting, "unknown key '%s'",
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
			return reader_complain(reader, group, "'%s' is missing", key->name);
		if (!setting)
			continue;
		err = read_key(reader, setting, key, base);
		if (key->present != NOWHERE)
			*(bool *)(void *)((char *)base + key->present) = true;
	}
	return err;
}

int reader_parse(struct reader *reader, const char *text, const struct key *keys)
{
	config_t config;
	int err;

	config_init(&config);
	if (config_read_string(&config, text))
		err = read_group(reader, config_root_setting(&config), keys, reader->root);
	else
		err = chip_source_error(&reader->source, (unsigned)config_error_line(&config), "%s",
					config_error_text(&config));
	config_destroy(&config);
	return err;
}
