/* SPDX-License-Identifier: MIT
 *
 * Lines and hex digits of the firmware files that are text.
 */
#include "flash/image/formats.h"

#include <string.h>

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static void trim(struct image_line *line)
{
	while (line->length && is_blank(line->text[0])) {
		line->text++;
		line->length--;
	}
	while (line->length && is_blank(line->text[line->length - 1]))
		line->length--;
}

bool image_lines_take(struct image_lines *lines, struct image_line *line)
{
	while (lines->at < lines->end) {
		size_t left = (size_t)(lines->end - lines->at);
		const uint8_t *stop = memchr(lines->at, '\n', left);

		line->text = lines->at;
		line->length = stop ? (size_t)(stop - lines->at) : left;
		lines->at += line->length + (stop ? 1 : 0);
		lines->number++;
		trim(line);
		if (line->length)
			return true;
	}
	return false;
}

static int digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int image_take_hex(const uint8_t *text, size_t length, uint8_t bytes[IMAGE_RECORD_MAX])
{
	if (length % 2 || length / 2 > IMAGE_RECORD_MAX)
		return -1;
	for (size_t i = 0; i < length / 2; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return (int)(length / 2);
}
