/* SPDX-License-Identifier: MIT
 *
 * Breakpoint and watchpoint comparators: FPB version 1 and 2 (DDI 0403E C1.11, DDI 0553 D1.2), DWT of
 * v6-M/v7-M and of v8-M. What is wanted is laid out afresh each time; only what differs is written.
 */
#include "targets/core_private.h"

#include <string.h>

#include "probe/bytes.h"
#include "probe/log.h"
#include "targets/board.h"
#include "targets/cortexm.h"

enum {
	FP_CTRL = 0xE0002000, FP_COMP0 = 0xE0002008,
	FP_CTRL_KEY = 1 << 1, FP_CTRL_ENABLE = 1 << 0,
};
enum {
	DWT_COMP0 = 0xE0001020, DWT_MASK0 = 0xE0001024,
	DWT_FUNCTION0 = 0xE0001028, DWT_STEP = 0x10,
	FUNCTION_MATCHED = 1 << 24,
};
enum { V7_MASK_MAX = 15 };
enum { V8_MATCH_LIMIT = 7, V8_ACTION_DEBUG = 1 << 4, V8_SIZE_SHIFT = 10 };

/* No comparator ever holds this: it makes the next comparison write. */
enum { UNKNOWN_UNIT = 0xFFFFFFFE };

static uint32_t code_unit_address(unsigned unit)
{
	return FP_COMP0 + 4 * unit;
}

/* NUM_CODE is split; REV tells the version (C1.11.3). */
static void take_fp_ctrl(struct core *core, uint32_t ctrl)
{
	core->fpb_revision = (uint8_t)(ctrl >> 28);
	core->code_units = (ctrl >> 4 & 0xF) | (ctrl >> 8 & 0x70);
	core->code_units = min_u32(core->code_units, CORE_CODE_UNITS);
	core->fpb_enabled = ctrl & FP_CTRL_ENABLE;
}

int units_examine(struct core *core, bool ours)
{
	size_t fp_ctrl, dwt_ctrl;
	struct batch batch;
	int err;

	batch_begin(&batch, core);
	fp_ctrl = batch_read(&batch, FP_CTRL);
	dwt_ctrl = batch_read(&batch, DWT_CTRL);
	err = batch_run(&batch);
	if (err)
		return err;
	units_forget(core);
	take_fp_ctrl(core, batch_value(&batch, fp_ctrl));
	if (core->fpb_enabled && !ours)
		log_line(LOG_INFO, "breakpoints that an earlier debugger left in the chip are removed");
	core->data_units = min_u32(batch_value(&batch, dwt_ctrl) >> 28, CORE_DATA_UNITS);
	batch_begin(&batch, core);
	units_queue_clear(core, &batch);
	return batch_run(&batch);
}

void units_forget(struct core *core)
{
	for (unsigned i = 0; i < CORE_CODE_UNITS; i++)
		core->code_unit[i] = UNKNOWN_UNIT;
	for (unsigned i = 0; i < CORE_DATA_UNITS; i++)
		core->data_unit[i].function = UNKNOWN_UNIT;
	core->fpb_enabled = false;
}

static void write_code_unit(struct core *core, struct batch *batch, unsigned unit, uint32_t value)
{
	if (core->code_unit[unit] == value)
		return;
	batch_write(batch, code_unit_address(unit), value);
	core->code_unit[unit] = value;
}

void units_queue_clear(struct core *core, struct batch *batch)
{
	if (core->fpb_enabled)
		batch_write(batch, FP_CTRL, FP_CTRL_KEY);
	core->fpb_enabled = false;
	for (unsigned i = 0; i < core->code_units; i++)
		write_code_unit(core, batch, i, 0);
	for (unsigned i = 0; i < core->data_units; i++) {
		if (core->data_unit[i].function)
			batch_write(batch, DWT_FUNCTION0 + DWT_STEP * i, 0);
		memset(&core->data_unit[i], 0, sizeof(core->data_unit[i]));
	}
}

bool units_reach(const struct core *core, uint32_t address)
{
	return core->fpb_revision > 0 || address < 0x20000000;
}

/* Version 1 compares words and says which half; version 2 compares half-words. */
static uint32_t code_value(const struct core *core, uint32_t address)
{
	if (core->fpb_revision > 0)
		return (address & ~1u) | 1;
	return (address & 0x1FFFFFFC) | (address & 2 ? 2u << 30 : 1u << 30) | 1;
}

/* Two breakpoints in one word share a comparator of version 1. */
static bool shares_unit(const struct core *core, uint32_t a, uint32_t b)
{
	return a == b || (core->fpb_revision == 0 && (a & 0x1FFFFFFC) == (b & 0x1FFFFFFC));
}

/* The comparators wanted, in no order. Returns how many, more than there are units at most by one. */
static unsigned list_code(const struct core *core, uint32_t values[CORE_CODE_UNITS + 1])
{
	unsigned count = 0;

	for (unsigned i = 0; i < core->breakpoint_count; i++) {
		const struct core_breakpoint *point = &core->breakpoints[i];
		uint32_t value = code_value(core, point->address);
		unsigned j = 0;

		if (!point->wanted || !point->hardware)
			continue;
		while (j < count && !shares_unit(core, values[j], value))
			j++;
		if (j == count && count <= core->code_units)
			values[count++] = value;
		else if (j < count)
			values[j] |= value;
	}
	return count;
}

int units_check_code(const struct core *core)
{
	uint32_t values[CORE_CODE_UNITS + 1];

	return list_code(core, values) > core->code_units ? E_NO_UNIT : 0;
}

/* Gives each value a unit; one that holds it already keeps it. */
static void place_code(const struct core *core, uint32_t slots[CORE_CODE_UNITS])
{
	uint32_t values[CORE_CODE_UNITS + 1];
	unsigned count = list_code(core, values);

	memset(slots, 0, CORE_CODE_UNITS * sizeof(slots[0]));
	for (unsigned unit = 0; unit < core->code_units; unit++) {
		for (unsigned i = 0; i < count; i++) {
			if (values[i] && values[i] == core->code_unit[unit]) {
				slots[unit] = values[i];
				values[i] = 0;
			}
		}
	}
	for (unsigned i = 0, unit = 0; i < count; i++) {
		if (!values[i])
			continue;
		while (unit < core->code_units && slots[unit])
			unit++;
		if (unit < core->code_units)
			slots[unit] = values[i];
	}
}

void units_queue_code(struct core *core, struct batch *batch)
{
	uint32_t slots[CORE_CODE_UNITS];
	bool any = false;

	place_code(core, slots);
	for (unsigned unit = 0; unit < core->code_units; unit++) {
		write_code_unit(core, batch, unit, slots[unit]);
		any |= slots[unit] != 0;
	}
	if (any && !core->fpb_enabled) {
		batch_write(batch, FP_CTRL, FP_CTRL_KEY | FP_CTRL_ENABLE);
		core->fpb_enabled = true;
	}
}

void units_queue_step_off(struct core *core, struct batch *batch, uint32_t address)
{
	uint32_t value = code_value(core, address);

	for (unsigned unit = 0; unit < core->code_units; unit++) {
		if (core->code_unit[unit] == (uint32_t)UNKNOWN_UNIT ||
		    (core->code_unit[unit] && shares_unit(core, core->code_unit[unit], value)))
			write_code_unit(core, batch, unit, 0);
	}
}

/* The layout of watchpoints over comparators while it is being made. */
struct data_plan {
	const struct core *core;
	struct core_data_unit units[CORE_DATA_UNITS];
	unsigned count;
	bool full;
};

static void take_unit(struct data_plan *plan, struct core_data_unit unit)
{
	if (plan->count >= plan->core->data_units)
		plan->full = true;
	else
		plan->units[plan->count++] = unit;
}

static unsigned log2_of(uint32_t power)
{
	unsigned bits = 0;

	while (power >> bits > 1)
		bits++;
	return bits;
}

/* The largest naturally aligned block that starts at address and is not longer than length. */
static uint32_t block_at(uint32_t address, uint32_t length, uint32_t max)
{
	uint32_t size = max;

	while (size > 1 && (address % size || size > length))
		size /= 2;
	return size;
}

/* v6-M, v7-M: an address with its low bits ignored; odd ranges take several. C1.8.15 to C1.8.17. */
static void plan_v7(struct data_plan *plan, const struct core_watchpoint *point, uint8_t index)
{
	static const uint32_t functions[] = {
		[WATCH_READ] = 5, [WATCH_WRITE] = 6, [WATCH_ACCESS] = 7,
	};
	uint32_t address = point->address, left = point->length;

	while (left && !plan->full) {
		uint32_t size = block_at(address, left, 1u << V7_MASK_MAX);

		take_unit(plan, (struct core_data_unit){ address, log2_of(size),
							 functions[point->kind], index });
		address += size;
		left -= size;
	}
}

/* v8-M: 1, 2 or 4 bytes, or a pair of an even unit (start) and the next (last byte). DDI 0553 D1.2. */
static void plan_v8(struct data_plan *plan, const struct core_watchpoint *point, uint8_t index)
{
	static const uint32_t matches[] = {
		[WATCH_ACCESS] = 4, [WATCH_WRITE] = 5, [WATCH_READ] = 6,
	};
	uint32_t function = matches[point->kind] | V8_ACTION_DEBUG;
	uint32_t size = block_at(point->address, point->length, 4);

	if (size == point->length) {
		take_unit(plan, (struct core_data_unit){ point->address, 0,
				function | log2_of(size) << V8_SIZE_SHIFT, index });
		return;
	}
	if (plan->count % 2)
		take_unit(plan, (struct core_data_unit){ 0, 0, 0, index });
	take_unit(plan, (struct core_data_unit){ point->address, 0, function, index });
	take_unit(plan, (struct core_data_unit){ point->address + point->length - 1, 0,
						 V8_MATCH_LIMIT, index });
}

static void plan_data(struct data_plan *plan, const struct core *core)
{
	memset(plan, 0, sizeof(*plan));
	plan->core = core;
	for (unsigned i = 0; i < core->watchpoint_count; i++) {
		const struct core_watchpoint *point = &core->watchpoints[i];

		if (!point->wanted)
			continue;
		if (core->v8)
			plan_v8(plan, point, (uint8_t)i);
		else
			plan_v7(plan, point, (uint8_t)i);
	}
}

int units_check_data(const struct core *core)
{
	struct data_plan plan;

	plan_data(&plan, core);
	return plan.full ? E_NO_UNIT : 0;
}

static bool same_unit(const struct core_data_unit *a, const struct core_data_unit *b)
{
	return a->address == b->address && a->mask == b->mask && a->function == b->function;
}

static void write_data_unit(const struct core *core, struct batch *batch, unsigned number,
			    const struct core_data_unit *unit)
{
	uint32_t offset = DWT_STEP * number;

	if (unit->function) {
		batch_write(batch, DWT_COMP0 + offset, unit->address);
		if (!core->v8)
			batch_write(batch, DWT_MASK0 + offset, unit->mask);
	}
	batch_write(batch, DWT_FUNCTION0 + offset, unit->function);
}

void units_queue_data(struct core *core, struct batch *batch)
{
	struct data_plan plan;

	plan_data(&plan, core);
	for (unsigned i = 0; i < core->data_units; i++) {
		if (!same_unit(&plan.units[i], &core->data_unit[i]))
			write_data_unit(core, batch, i, &plan.units[i]);
		core->data_unit[i] = plan.units[i];
	}
}

int units_find_match(struct core *core, int *watchpoint)
{
	size_t index[CORE_DATA_UNITS];
	struct batch batch;
	int err;

	*watchpoint = -1;
	batch_begin(&batch, core);
	for (unsigned i = 0; i < core->data_units; i++)
		index[i] = batch_read(&batch, DWT_FUNCTION0 + DWT_STEP * i);
	err = batch_run(&batch);
	for (unsigned i = 0; !err && i < core->data_units; i++) {
		bool used = core->data_unit[i].function != 0;
		bool matched = batch_value(&batch, index[i]) & FUNCTION_MATCHED;

		if (used && (matched || *watchpoint < 0))
			*watchpoint = core->data_unit[i].watchpoint;
		if (used && matched)
			break;
	}
	return err;
}
