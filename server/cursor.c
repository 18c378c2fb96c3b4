/* SPDX-License-Identifier: MIT
 *
 * Reading a packet from left to right, with an error that sticks.
 */
#include "server/cursor.h"

#include <string.h>

struct cursor cursor_over(const void *data, size_t length)
{
	struct cursor in = { .at = data, .end = (const uint8_t *)data + length, .bad = false };

	return in;
}

size_t cursor_left(const struct cursor *in)
{
	return (size_t)(in->end - in->at);
}

bool cursor_at_end(const struct cursor *in)
{
	return in->at == in->end;
}

int cursor_peek(const struct cursor *in)
{
	return cursor_at_end(in) ? CURSOR_END : *in->at;
}

bool cursor_take(struct cursor *in, char byte)
{
	if (cursor_peek(in) != (uint8_t)byte)
		return false;
	in->at++;
	return true;
}

bool cursor_take_word(struct cursor *in, const char *word)
{
	size_t length = strlen(word);

	if (cursor_left(in) < length || memcmp(in->at, word, length) != 0)
		return false;
	in->at += length;
	return true;
}

static int digit_value(int byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

static void expect(struct cursor *in, int stop)
{
	if (stop == CURSOR_ANY)
		return;
	if (stop == CURSOR_END ? !cursor_at_end(in) : !cursor_take(in, (char)stop))
		in->bad = true;
}

uint32_t cursor_take_hex(struct cursor *in, int stop)
{
	uint64_t value = 0;
	unsigned digits = 0;
	int digit;

	while ((digit = digit_value(cursor_peek(in))) >= 0) {
		value = value << 4 | (unsigned)digit;
		if (value > UINT32_MAX)
			in->bad = true;
		value &= UINT32_MAX;
		digits++;
		in->at++;
	}
	if (!digits)
		in->bad = true;
	expect(in, stop);
	return in->bad ? 0 : (uint32_t)value;
}

int32_t cursor_take_thread(struct cursor *in)
{
	if (cursor_take(in, 'p')) {
		if (!cursor_take(in, '-'))
			cursor_take_hex(in, CURSOR_ANY);
		else
			in->bad |= !cursor_take(in, '1');
		if (!cursor_take(in, '.'))
			return -1;
	}
	if (cursor_take(in, '-')) {
		in->bad |= !cursor_take(in, '1');
		return -1;
	}
	return (int32_t)cursor_take_hex(in, CURSOR_ANY);
}

uint8_t cursor_take_hex_byte(struct cursor *in)
{
	int high = digit_value(cursor_peek(in)), low;

	if (high >= 0)
		in->at++;
	low = digit_value(cursor_peek(in));
	if (high < 0 || low < 0) {
		in->bad = true;
		return 0;
	}
	in->at++;
	return (uint8_t)(high << 4 | low);
}

uint32_t cursor_take_hex_u32(struct cursor *in, bool *known)
{
	uint32_t value = 0;

	*known = !cursor_take_word(in, "xxxxxxxx");
	if (!*known)
		return 0;
	for (unsigned i = 0; i < 4; i++)
		value |= (uint32_t)cursor_take_hex_byte(in) << 8 * i;
	return value;
}

const uint8_t *cursor_take_rest(struct cursor *in, size_t *length)
{
	const uint8_t *rest = in->at;

	*length = cursor_left(in);
	in->at = in->end;
	return rest;
}
