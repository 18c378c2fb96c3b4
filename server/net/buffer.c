/* SPDX-License-Identifier: MIT
 *
 * Appending to a bounded buffer.
 */
#include "server/net/buffer.h"

#include "probe/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buffer_init(struct buffer *buffer, char *data, size_t size)
{
	buffer->data = data;
	buffer->size = size;
	buffer_clear(buffer);
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->cut = false;
}

size_t buffer_room(const struct buffer *buffer)
{
	return buffer->size - buffer->length;
}

void buffer_add(struct buffer *buffer, const char *format, ...)
{
	size_t room = buffer_room(buffer);
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(buffer->data + buffer->length, room, format, args);
	va_end(args);
	if (length < 0)
		return;
	if ((size_t)length >= room) {
		buffer->cut = true;
		length = room ? (int)room - 1 : 0;
	}
	buffer->length += (size_t)length;
}

void buffer_add_bytes(struct buffer *buffer, const void *data, size_t length)
{
	if (length > buffer_room(buffer)) {
		buffer->cut = true;
		length = buffer_room(buffer);
	}
	if (length)
		memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
}

void buffer_add_hex(struct buffer *buffer, const void *data, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;

	for (size_t i = 0; i < length; i++) {
		char pair[2] = { digits[bytes[i] >> 4], digits[bytes[i] & 15] };

		buffer_add_bytes(buffer, pair, 2);
	}
}

void buffer_add_hex_u32(struct buffer *buffer, uint32_t value)
{
	uint8_t bytes[4];

	put_u32(bytes, value);
	buffer_add_hex(buffer, bytes, sizeof(bytes));
}

const char *buffer_text(struct buffer *buffer)
{
	if (buffer->length == buffer->size)
		buffer->length--;
	buffer->data[buffer->length] = '\0';
	return buffer->data;
}
