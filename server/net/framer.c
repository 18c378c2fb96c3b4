/* SPDX-License-Identifier: MIT
 *
 * GDB manual, appendix E.1: $payload#checksum; '}' escapes a byte XOR 0x20; '*' repeats the byte
 * before it, as often as the byte after it says, less 29.
 */
#include "server/net/framer.h"

#include <stdbool.h>
#include <string.h>

enum { ESCAPE_XOR = 0x20, REPEAT_BIAS = 29, BREAK_BYTE = 0x03 };

static int hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

static void start(struct framer *f)
{
	f->state = FRAMER_INSIDE;
	f->sum = 0;
	f->length = 0;
	f->fault = NULL;
}

static void append(struct framer *f, uint8_t byte, size_t times)
{
	if (times > sizeof f->data - f->length) {
		f->fault = "the packet is too long";
		return;
	}
	memset(f->data + f->length, byte, times);
	f->length += times;
}

static void repeat(struct framer *f, uint8_t count)
{
	if (f->length == 0 || count < ' ' || count > '~')
		f->fault = "a run length makes no sense";
	else
		append(f, f->data[f->length - 1], (size_t)(count - REPEAT_BIAS));
}

static enum frame bad(struct framer *f, const char *problem)
{
	f->state = FRAMER_OUTSIDE;
	f->problem = problem;
	return FRAME_BAD;
}

static enum frame push_outside(struct framer *f, uint8_t byte)
{
	switch (byte) {
	case '$':
		start(f);
		return FRAME_MORE;
	case '+':
		return FRAME_ACK;
	case '-':
		return FRAME_NAK;
	case BREAK_BYTE:
		return FRAME_BREAK;
	}
	return FRAME_MORE;	/* noise */
}

static void push_payload(struct framer *f, uint8_t byte)
{
	f->sum = (uint8_t)(f->sum + byte);
	if (f->state == FRAMER_ESCAPE) {
		append(f, byte ^ ESCAPE_XOR, 1);
		f->state = FRAMER_INSIDE;
	} else if (f->state == FRAMER_REPEAT) {
		repeat(f, byte);
		f->state = FRAMER_INSIDE;
	} else if (byte == '}') {
		f->state = FRAMER_ESCAPE;
	} else if (byte == '*') {
		f->state = FRAMER_REPEAT;
	} else {
		append(f, byte, 1);
	}
}

static enum frame push_inside(struct framer *f, uint8_t byte)
{
	if (byte == '$') {	/* never plain inside of a packet: the one before was cut off */
		start(f);
	} else if (byte == '#') {
		if (f->state != FRAMER_INSIDE)
			f->fault = "the packet ends in an escape";
		f->state = FRAMER_SUM_HIGH;
	} else {
		push_payload(f, byte);
	}
	return FRAME_MORE;
}

static enum frame push_sum(struct framer *f, uint8_t byte)
{
	int digit = hex_digit(byte);

	if (digit < 0) {
		bad(f, "the checksum is not hexadecimal");
		if (byte == '$')
			start(f);
		return FRAME_BAD;
	}
	if (f->state == FRAMER_SUM_HIGH) {
		f->claimed = (uint8_t)(digit << 4);
		f->state = FRAMER_SUM_LOW;
		return FRAME_MORE;
	}
	if ((f->claimed | digit) != f->sum)
		return bad(f, "the checksum is wrong");
	if (f->fault)
		return bad(f, f->fault);
	f->state = FRAMER_OUTSIDE;
	return FRAME_PACKET;
}

void framer_init(struct framer *framer)
{
	framer->state = FRAMER_OUTSIDE;
	framer->sum = framer->claimed = 0;
	framer->length = 0;
	framer->fault = framer->problem = NULL;
}

enum frame framer_push(struct framer *framer, uint8_t byte)
{
	switch (framer->state) {
	case FRAMER_OUTSIDE:
		return push_outside(framer, byte);
	case FRAMER_INSIDE:
	case FRAMER_ESCAPE:
	case FRAMER_REPEAT:
		return push_inside(framer, byte);
	case FRAMER_SUM_HIGH:
	case FRAMER_SUM_LOW:
		return push_sum(framer, byte);
	}
	return FRAME_MORE;
}

static bool has_to_be_escaped(uint8_t byte)
{
	return byte == '#' || byte == '$' || byte == '}' || byte == '*';
}

size_t framer_wrap(const void *payload, size_t length, uint8_t *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = payload;
	uint8_t sum = 0;
	size_t at = 0;

	out[at++] = '$';
	for (size_t i = 0; i < length; i++) {
		if (has_to_be_escaped(in[i])) {
			out[at++] = '}';
			out[at++] = in[i] ^ ESCAPE_XOR;
		} else {
			out[at++] = in[i];
		}
	}
	for (size_t i = 1; i < at; i++)
		sum = (uint8_t)(sum + out[i]);
	out[at++] = '#';
	out[at++] = (uint8_t)digits[sum >> 4];
	out[at++] = (uint8_t)digits[sum & 15];
	return at;
}
