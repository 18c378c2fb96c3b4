/* SPDX-License-Identifier: MIT
 *
 * The few Thumb encodings that the core has to know by itself (DDI 0403E A5, A7.7): what the
 * instruction engine does not trap.
 */
#include "probe/virtual/cpu/internal.h"

#include "probe/bytes.h"

bool code_read(struct cpu *cpu, uint32_t address, uint16_t *halfword)
{
	const struct bus_memory *memory = bus_memory_at(cpu->bus, address);

	if (!memory || memory->size - (address - memory->base) < 2)
		return false;
	*halfword = get_u16(memory->bytes + (address - memory->base));
	return true;
}

unsigned code_size(uint16_t first)
{
	return first >> 11 >= 0x1D ? 4 : 2;
}

bool code_is_it(uint16_t first)
{
	return (first & 0xFF00) == 0xBF00 && first & 0x000F;
}

unsigned code_it_count(uint16_t first)
{
	return 4 - (unsigned)__builtin_ctz(first & 0x000F);
}

/* ITSTATE after one instruction of the block (A7.3.3). */
uint8_t code_it_next(uint8_t state)
{
	return state & 7 ? (uint8_t)((state & 0xE0) | (state << 1 & 0x1F)) : 0;
}

/* Coprocessors 10 and 11. */
bool code_is_fp(uint16_t first, uint16_t second)
{
	return (first & 0xEC00) == 0xEC00 && (second & 0x0E00) == 0x0A00;
}

/* SDIV, UDIV; the divisor is the register in second[3:0]. */
bool code_is_divide(uint16_t first, uint16_t second)
{
	return (first & 0xFFD0) == 0xFB90 && (second & 0xF0F0) == 0xF0F0;
}

/* LDM, STM, LDRD, STRD: they need an aligned base, whatever CCR.UNALIGN_TRP says (A3.2.1). Not PUSH and
 * POP: SP always is aligned. */
bool code_needs_aligned_base(uint16_t first, unsigned *base)
{
	bool wide_multiple = (first & 0xFE40) == 0xE800 && first & 0x0180;
	bool dual = (first & 0xFE40) == 0xE840 && first & 0x0120;

	*base = (first & 0xF000) == 0xC000 ? first >> 8 & 7 : first & 15;
	return (first & 0xF000) == 0xC000 || ((wide_multiple || dual) && *base < 13);
}

/* CPS or MSR: may let a pending exception in. */
bool code_is_mask_change(uint16_t first, uint16_t second)
{
	bool cps = (first & 0xFFE8) == 0xB660;
	bool msr = (first & 0xFFE0) == 0xF380 && (second & 0xD000) == 0x8000;

	return cps || msr;
}

static bool is_hint(uint16_t first, uint16_t second, unsigned hint)
{
	return first == (0xBF00 | hint << 4) || (first == 0xF3AF && second == (0x8000 | hint));
}

bool code_is_wfi(uint16_t first, uint16_t second)
{
	return is_hint(first, second, 3);
}

bool code_is_wfe(uint16_t first, uint16_t second)
{
	return is_hint(first, second, 2);
}

bool code_is_hint(uint16_t first, uint16_t second)
{
	return (first & 0xFF0F) == 0xBF00 || (first == 0xF3AF && (second & 0xFF00) == 0x8000);
}
