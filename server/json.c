/* SPDX-License-Identifier: MIT
 *
 * A small JSON writer (RFC 8259). Readers of it are scripts: the output is always valid, whatever a
 * probe's serial number or a target's output contains.
 */
#include "server/json.h"

#include <inttypes.h>
#include <string.h>

static const char replacement[] = "\xEF\xBF\xBD";	/* U+FFFD */

static void new_line(struct json *json)
{
	if (json->on_one_line)
		return;
	fprintf(json->file, "\n%*s", (int)json->depth * 2, "");
}

/* Length of the valid UTF-8 sequence at text, 0 if there is none (RFC 3629, section 4). */
static size_t sequence_length(const unsigned char *text, size_t length)
{
	static const struct { unsigned char first, last, low, high; size_t length; } forms[] = {
		{ 0x00, 0x7F, 0x00, 0x00, 1 }, { 0xC2, 0xDF, 0x80, 0xBF, 2 },
		{ 0xE0, 0xE0, 0xA0, 0xBF, 3 }, { 0xE1, 0xEC, 0x80, 0xBF, 3 },
		{ 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
		{ 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 },
		{ 0xF4, 0xF4, 0x80, 0x8F, 4 },
	};

	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if (text[0] < forms[i].first || text[0] > forms[i].last)
			continue;
		if (forms[i].length > length)
			return 0;
		if (forms[i].length > 1 && (text[1] < forms[i].low || text[1] > forms[i].high))
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if ((text[k] & 0xC0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

static void write_ascii(FILE *file, unsigned char c)
{
	static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";	/* pairs: byte, letter */

	for (size_t i = 0; i + 1 < sizeof names; i += 2) {
		if ((unsigned char)names[i] == c) {
			fputc('\\', file);
			fputc(names[i + 1], file);
			return;
		}
	}
	if (c < 0x20 || c == 0x7F)
		fprintf(file, "\\u%04x", c);
	else
		fputc(c, file);
}

static void write_string(FILE *file, const char *text, size_t length)
{
	fputc('"', file);
	for (size_t i = 0, step; i < length; i += step) {
		step = sequence_length((const unsigned char *)text + i, length - i);
		if (step == 1)
			write_ascii(file, (unsigned char)text[i]);
		else if (step > 1)
			fwrite(text + i, 1, step, file);
		else
			fputs(replacement, file);
		step = step ? step : 1;
	}
	fputc('"', file);
}

static void begin_value(struct json *json, const char *key)
{
	if (json->has_items)
		fputs(json->on_one_line ? ", " : ",", json->file);
	if (json->depth > 0)
		new_line(json);
	if (key) {
		write_string(json->file, key, strlen(key));
		fputs(": ", json->file);
	}
	json->has_items = true;
}

static void open_group(struct json *json, const char *key, char bracket)
{
	begin_value(json, key);
	fputc(bracket, json->file);
	json->depth++;
	json->has_items = false;
}

static void close_group(struct json *json, char bracket)
{
	json->depth--;
	if (json->has_items)
		new_line(json);
	fputc(bracket, json->file);
	json->has_items = true;
}

void json_init(struct json *json, FILE *file, bool on_one_line)
{
	*json = (struct json){ .file = file, .on_one_line = on_one_line };
}

void json_object(struct json *json, const char *key)
{
	open_group(json, key, '{');
}

void json_object_end(struct json *json)
{
	close_group(json, '}');
}

void json_array(struct json *json, const char *key)
{
	open_group(json, key, '[');
}

void json_array_end(struct json *json)
{
	close_group(json, ']');
}

void json_text(struct json *json, const char *key, const char *text)
{
	if (text) {
		json_text_n(json, key, text, strlen(text));
	} else {
		begin_value(json, key);
		fputs("null", json->file);
	}
}

void json_text_n(struct json *json, const char *key, const char *text, size_t length)
{
	begin_value(json, key);
	write_string(json->file, text, length);
}

void json_number(struct json *json, const char *key, int64_t number)
{
	begin_value(json, key);
	fprintf(json->file, "%" PRId64, number);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_value(json, key);
	fputs(value ? "true" : "false", json->file);
}

void json_end(struct json *json)
{
	fputc('\n', json->file);
	json->has_items = false;
}
