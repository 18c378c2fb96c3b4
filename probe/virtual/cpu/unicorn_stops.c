/* SPDX-License-Identifier: MIT
 *
 * What has to happen before an instruction: breakpoints, fetches that may fail, and instructions
 * that Unicorn runs although the core would fault. It can't stop inside an IT block, so a block with
 * such a place in it is stepped from its IT on.
 */
#include "probe/virtual/cpu/unicorn.h"

#include "probe/bytes.h"

#include <string.h>

enum {
	INSPECT_FP = 1, INSPECT_DIVIDE = 2, INSPECT_MASKS = 4, INSPECT_ALIGNMENT = 8,
	IT_BLOCK_MAX = 16,	/* bytes that an IT reaches */
	SIEVE_ALL_BYTES = 64,	/* longer ranges are looked for at every instruction */
};

static uint64_t sieve_bit(uint32_t address)
{
	return 1ull << (address >> 1 & 63);
}

/* The memory that holds address; NULL = none does. */
static const struct bus_memory *code_memory(struct engine *engine, uint32_t address)
{
	const struct bus_memory *row;

	if (address - engine->code_memory.base < engine->code_memory.size)
		return &engine->code_memory;
	row = bus_memory_at(engine->cpu->bus, address);
	if (!row)
		return NULL;
	engine->code_memory = *row;
	return &engine->code_memory;
}

bool engine_read_code(struct engine *engine, uint32_t address, uint16_t halfwords[2])
{
	const struct bus_memory *memory = code_memory(engine, address);
	uint32_t offset;

	if (!memory)
		return false;
	offset = address - memory->base;
	halfwords[0] = get_u16(memory->bytes + offset);
	halfwords[1] = offset + 4 <= memory->size ? get_u16(memory->bytes + offset + 2) : 0;
	return true;
}

static void mark_breakpoint(struct engine *engine, uint32_t address)
{
	engine->stops.breakpoints[engine->stops.breakpoint_count++] = address;
	engine->marks |= sieve_bit(address);
}

/* What looks like an IT that covers address; a wrong guess costs time only. */
static void mark_its(struct engine *engine, uint32_t address)
{
	struct engine_stops *stops = &engine->stops;
	uint16_t code[2];

	for (uint32_t back = 2; back <= IT_BLOCK_MAX; back += 2) {
		if (stops->it_count == IT_MARKS_MAX || !engine_read_code(engine, address - back, code))
			return;
		if (!code_is_it(code[0]) || 4 * code_it_count(code[0]) < back - 2)
			continue;
		stops->its[stops->it_count++] = address - back;
		engine->marks |= sieve_bit(address - back);
	}
}

static void mark_range(struct engine *engine, const struct dwt_range *range)
{
	if (range->last - range->first > SIEVE_ALL_BYTES)
		engine->marks = UINT64_MAX;
	else
		for (uint32_t a = range->first; a - range->first <= range->last - range->first; a += 2)
			engine->marks |= sieve_bit(a);
}

static void mark_all(struct engine *engine)
{
	struct engine_stops *stops = &engine->stops;
	uint32_t addresses[FPB_ADDRESSES_MAX];
	unsigned count = fpb_addresses(engine->cpu, addresses);

	for (unsigned i = 0; i < count; i++) {
		mark_breakpoint(engine, addresses[i]);
		mark_its(engine, addresses[i]);
	}
	for (unsigned i = 0; i < stops->range_count; i++)
		if (stops->ranges[i].code)
			mark_range(engine, &stops->ranges[i]);
}

static unsigned what_to_inspect(const struct cpu *cpu)
{
	unsigned inspect = cpu_holds_v7(cpu) ? INSPECT_ALIGNMENT : 0;

	if (cpu->core >= VIRTUAL_M4 && scs_denies_fp(cpu))
		inspect |= INSPECT_FP;
	if (cpu_holds_v7(cpu) && cpu->scs.ccr & CCR_DIV_0_TRP)
		inspect |= INSPECT_DIVIDE;
	if (nvic_first_pending(cpu))
		inspect |= INSPECT_MASKS;
	return inspect;
}

void engine_prepare_stops(struct engine *engine)
{
	engine->stops.breakpoint_count = engine->stops.it_count = 0;
	engine->marks = 0;
	if (debug_is_on(engine->cpu))
		mark_all(engine);
	engine->inspect = what_to_inspect(engine->cpu);
	if (engine->inspect)
		memset(engine->harmless, 0xFF, sizeof(engine->harmless));	/* odd: no address */
}

static bool is_breakpoint(struct engine *engine, uint32_t address)
{
	struct engine_stops *stops = &engine->stops;

	for (unsigned i = 0; i < stops->breakpoint_count; i++)
		if (stops->breakpoints[i] == address)
			return true;
	return false;
}

/* A DWT comparator on the program counter. */
static bool is_watched_code(struct engine *engine, uint32_t address)
{
	struct engine_stops *stops = &engine->stops;

	for (unsigned i = 0; i < stops->range_count; i++) {
		const struct dwt_range *range = &stops->ranges[i];

		if (range->code && address - range->first <= range->last - range->first) {
			engine->cpu->dwt.units[range->unit].matched = true;
			return true;
		}
	}
	return false;
}

static bool is_marked_it(struct engine *engine, uint32_t address)
{
	for (unsigned i = 0; i < engine->stops.it_count; i++)
		if (engine->stops.its[i] == address)
			return true;
	return false;
}

static bool fetch_fails(struct engine *engine, uint32_t address)
{
	const struct bus_memory *memory;

	if (!engine_asks_fetch(engine, address))
		return false;
	memory = code_memory(engine, address);
	return memory && memory->check &&
	       memory->check(memory->context, address, 0, BUS_CPU) == BUS_FAULT;
}

static bool divides_by_zero(struct engine *engine, uint16_t second)
{
	uint32_t divisor = 0;

	uc_reg_read(engine->uc, UC_ARM_REG_R0 + (second & 15), &divisor);
	return divisor == 0;
}

static bool has_unaligned_base(struct engine *engine, unsigned base)
{
	uint32_t address = 0;

	uc_reg_read(engine->uc, UC_ARM_REG_R0 + (int)base, &address);
	return address & 3;
}

/* Any of the instructions after an IT that would have to be stopped at. */
static bool it_block_is_special(struct engine *engine, uint32_t address, uint16_t it)
{
	uint16_t code[2];
	unsigned base;

	address += 2;
	for (unsigned n = code_it_count(it); n > 0; n--, address += code_size(code[0])) {
		if (!engine_read_code(engine, address, code))
			return false;
		if (engine->inspect & INSPECT_FP && code_is_fp(code[0], code[1]))
			return true;
		if (engine->inspect & INSPECT_DIVIDE && code_is_divide(code[0], code[1]))
			return true;
		if (engine->inspect & INSPECT_ALIGNMENT && code_needs_aligned_base(code[0], &base))
			return true;
	}
	return false;
}

static bool inspect_code(struct engine *engine, uint32_t address, enum engine_stop *stop)
{
	uint16_t code[2];
	unsigned base;

	if (!engine_read_code(engine, address, code))
		return false;
	if (engine->inspect & INSPECT_MASKS && code_is_mask_change(code[0], code[1])) {
		engine_attention(engine);	/* after it: something pends */
		return false;
	}
	*stop = ENGINE_NO_COPROCESSOR;
	if (engine->inspect & INSPECT_FP && code_is_fp(code[0], code[1]))
		return true;
	*stop = ENGINE_DIVIDE;
	if (engine->inspect & INSPECT_DIVIDE && code_is_divide(code[0], code[1]))
		return divides_by_zero(engine, code[1]);
	*stop = ENGINE_UNALIGNED;
	if (engine->inspect & INSPECT_ALIGNMENT && code_needs_aligned_base(code[0], &base))
		return has_unaligned_base(engine, base);
	*stop = ENGINE_PAUSE;
	if (!engine->exactly && code_is_it(code[0]) && it_block_is_special(engine, address, code[0]))
		return engine->careful = true;
	engine->harmless[address >> 1 & (HARMLESS_MAX - 1)] = address;
	return false;
}

/* For an instruction of the block that `it` at `at` opens; 0 = it is not one of them. */
static uint32_t it_state_from(struct engine *engine, uint32_t at, uint16_t it)
{
	uint8_t state = it & 0xFF;
	uint16_t code[2];

	for (at += 2; state && at != engine->pc; at += code_size(code[0])) {
		if (!engine_read_code(engine, at, code))
			return 0;
		state = code_it_next(state);
	}
	return (uint32_t)(state & 3) << 25 | (uint32_t)(state >> 2) << 10;
}

uint32_t engine_it_state(struct engine *engine)
{
	unsigned known = engine->begun < RECENT_MAX ? engine->begun : RECENT_MAX;
	uint16_t code[2];

	for (unsigned back = 2; back <= known; back++) {
		uint32_t at = engine->recent[(engine->begun - back) % RECENT_MAX];

		if (engine_read_code(engine, at, code) && code_is_it(code[0]))
			return it_state_from(engine, at, code[0]);
	}
	return 0;
}

bool engine_stops_before(struct engine *engine, uint32_t address, enum engine_stop *stop)
{
	*stop = ENGINE_BREAKPOINT;
	if (engine->marks & sieve_bit(address)) {
		if (is_breakpoint(engine, address))
			return true;
		*stop = ENGINE_WATCHED_CODE;
		if (is_watched_code(engine, address))
			return true;
		*stop = ENGINE_PAUSE;
		if (!engine->exactly && is_marked_it(engine, address))
			return engine->careful = true;
	}
	*stop = ENGINE_FETCH_FAULT;
	if (fetch_fails(engine, address))
		return true;
	return engine->inspect && inspect_code(engine, address, stop);
}
