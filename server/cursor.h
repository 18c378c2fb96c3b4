/* SPDX-License-Identifier: MIT
 *
 * Reading a packet from left to right. The first thing that is not as expected sets `bad`, which
 * sticks: a handler states the format and checks once. Pure; fuzzed.
 */
#ifndef SERVER_CURSOR_H
#define SERVER_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *at, *end;
	bool bad;
};

/* What may follow a number: a character that is taken too, or the end of the packet. */
enum { CURSOR_END = -1, CURSOR_ANY = -2 };

struct cursor cursor_over(const void *data, size_t length);
size_t cursor_left(const struct cursor *in);
bool cursor_at_end(const struct cursor *in);
/* The next byte without taking it; CURSOR_END at the end. */
int cursor_peek(const struct cursor *in);
/* Takes the byte if it is the next one. */
bool cursor_take(struct cursor *in, char byte);
/* Takes the word if it is next. */
bool cursor_take_word(struct cursor *in, const char *word);

/* 1 to 8 hex digits, then stop (a character, CURSOR_END or CURSOR_ANY). 0 when bad. */
uint32_t cursor_take_hex(struct cursor *in, int stop);
/* A thread id: hex, or -1 for all; optional `pPID.` before it is skipped. */
int32_t cursor_take_thread(struct cursor *in);
/* One byte from two hex digits. */
uint8_t cursor_take_hex_byte(struct cursor *in);
/* Eight hex digits in target byte order, or xxxxxxxx: then *known is false. */
uint32_t cursor_take_hex_u32(struct cursor *in, bool *known);
/* Everything that is left. */
const uint8_t *cursor_take_rest(struct cursor *in, size_t *length);

#endif
