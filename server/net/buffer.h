/* SPDX-License-Identifier: MIT
 *
 * A bounded buffer that is appended to: answers, XML, console lines. Nothing is written past its
 * end; what does not fit sets `cut`. Pure.
 */
#ifndef SERVER_BUFFER_H
#define SERVER_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	char *data;
	size_t size, length;
	bool cut;
};

/* Uses memory of the caller, which outlives the buffer. */
void buffer_init(struct buffer *buffer, char *data, size_t size);
void buffer_clear(struct buffer *buffer);

void buffer_add(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_add_bytes(struct buffer *buffer, const void *data, size_t length);
/* Two lower-case hex digits per byte. */
void buffer_add_hex(struct buffer *buffer, const void *data, size_t length);
/* A 32-bit value in target (little-endian) byte order: 8 digits. */
void buffer_add_hex_u32(struct buffer *buffer, uint32_t value);
/* How many bytes still fit. */
size_t buffer_room(const struct buffer *buffer);
/* The text, NUL-terminated (the last byte is given up for that when the buffer is full). */
const char *buffer_text(struct buffer *buffer);

#endif
