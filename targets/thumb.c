/* SPDX-License-Identifier: MIT
 *
 * Loads and stores of Thumb and Thumb-2, but for exclusives and coprocessors. DDI 0403E A5.2, A5.3.
 */
#include "targets/thumb.h"

#include <stddef.h>

#include "probe/bytes.h"

enum { SP = 13, PC = 15 };

static struct thumb_access single(uint32_t address, unsigned align, bool store)
{
	return (struct thumb_access){ .address = address, .align = align, .store = store };
}

static struct thumb_access several(uint32_t address, bool store)
{
	return (struct thumb_access){ .address = address, .align = 4, .store = store, .several = true };
}

static uint32_t low(const uint32_t r[16], uint16_t code, unsigned shift)
{
	return r[code >> shift & 7];
}

/* [PC, #imm8] */
static struct thumb_access decode_literal(const uint16_t *code, const uint32_t r[16])
{
	return single(((r[PC] + 4) & ~3u) + (code[0] & 0xFFu) * 4, 4, false);
}

/* STR STRH STRB LDRSB LDR LDRH LDRB LDRSH Rt, [Rn, Rm] */
static struct thumb_access decode_register(const uint16_t *code, const uint32_t r[16])
{
	static const uint8_t align[8] = { 4, 2, 1, 1, 4, 2, 1, 2 };
	unsigned op = code[0] >> 9 & 7;

	return single(low(r, code[0], 3) + low(r, code[0], 6), align[op], op < 3);
}

/* STR LDR, STRB LDRB, STRH LDRH Rt, [Rn, #imm5], which counts in units of the width */
static struct thumb_access decode_immediate(const uint16_t *code, const uint32_t r[16])
{
	static const uint8_t align[3] = { 4, 1, 2 };
	unsigned width = align[(code[0] >> 12) - 6];

	return single(low(r, code[0], 3) + (code[0] >> 6 & 31u) * width, width, !(code[0] & 1 << 11));
}

/* STR LDR Rt, [SP, #imm8] */
static struct thumb_access decode_stack(const uint16_t *code, const uint32_t r[16])
{
	return single(r[SP] + (code[0] & 0xFFu) * 4, 4, !(code[0] & 1 << 11));
}

static struct thumb_access decode_push(const uint16_t *code, const uint32_t r[16])
{
	return several(r[SP] - 4 * (uint32_t)__builtin_popcount(code[0] & 0x1FF), true);
}

static struct thumb_access decode_pop(const uint16_t *code, const uint32_t r[16])
{
	(void)code;
	return several(r[SP], false);
}

/* STM LDM Rn! */
static struct thumb_access decode_multiple(const uint16_t *code, const uint32_t r[16])
{
	return several(low(r, code[0], 8), !(code[0] & 1 << 11));
}

/* STM LDM Rn, increment after (bits 8:7 are 1) or decrement before (2) */
static struct thumb_access decode_multiple_wide(const uint16_t *code, const uint32_t r[16])
{
	uint32_t base = r[code[0] & 15];
	uint32_t bytes = 4 * (uint32_t)__builtin_popcount(code[1]);

	return several(code[0] >> 7 & 1 ? base : base - bytes, !(code[0] & 1 << 4));
}

/* [Rn, #imm8 * 4]: P (bit 8) = before, U (bit 7) = add */
static struct thumb_access decode_dual(const uint16_t *code, const uint32_t r[16])
{
	uint32_t base = r[code[0] & 15], offset = (code[1] & 0xFFu) * 4;

	if (!(code[0] & 1 << 8))
		offset = 0;
	return several(code[0] & 1 << 7 ? base + offset : base - offset, !(code[0] & 1 << 4));
}

/* One register: literal, #imm12, #imm8 with P, U and W, or Rm with a shift */
static struct thumb_access decode_wide(const uint16_t *code, const uint32_t r[16])
{
	unsigned width = 1u << (code[0] >> 5 & 3);
	uint32_t base = r[code[0] & 15], address;

	if ((code[0] & 15) == PC) {
		base = (r[PC] + 4) & ~3u;
		address = code[0] & 1 << 7 ? base + (code[1] & 0xFFFu) : base - (code[1] & 0xFFFu);
	} else if (code[0] & 1 << 7) {
		address = base + (code[1] & 0xFFFu);
	} else if (!(code[1] & 1 << 11)) {
		address = base + (r[code[1] & 15] << (code[1] >> 4 & 3));
	} else if (!(code[1] & 1 << 10)) {	/* the offset is added afterwards */
		address = base;
	} else {
		address = code[1] & 1 << 9 ? base + (code[1] & 0xFFu) : base - (code[1] & 0xFFu);
	}
	return single(address, width, !(code[0] & 1 << 4));
}

/* The first row that fits. */
static const struct encoding {
	uint16_t mask, value;
	struct thumb_access (*decode)(const uint16_t *code, const uint32_t r[16]);
} encodings[] = {
	{ 0xF800, 0x4800, decode_literal },
	{ 0xF000, 0x5000, decode_register },
	{ 0xF000, 0x6000, decode_immediate },
	{ 0xF000, 0x7000, decode_immediate },
	{ 0xF000, 0x8000, decode_immediate },
	{ 0xF000, 0x9000, decode_stack },
	{ 0xFE00, 0xB400, decode_push },
	{ 0xFE00, 0xBC00, decode_pop },
	{ 0xF000, 0xC000, decode_multiple },
	{ 0xFFC0, 0xE880, decode_multiple_wide },
	{ 0xFFC0, 0xE900, decode_multiple_wide },
	{ 0xFF40, 0xE940, decode_dual },
	{ 0xFF60, 0xE860, decode_dual },
	{ 0xFE60, 0xF800, decode_wide },
	{ 0xFE60, 0xF820, decode_wide },
	{ 0xFE60, 0xF840, decode_wide },
};

bool thumb_decode(const uint16_t code[2], const uint32_t r[16], struct thumb_access *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(encodings); i++) {
		if ((code[0] & encodings[i].mask) != encodings[i].value)
			continue;
		*out = encodings[i].decode(code, r);
		return true;
	}
	return false;
}
