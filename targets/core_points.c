/* SPDX-License-Identifier: MIT
 *
 * Breakpoints and watchpoints as clients want them: remembered at once, placed when the core runs.
 * In flash a comparator (core_units.c), in RAM a BKPT instruction.
 */
#include "targets/core_private.h"

#include <stdlib.h>
#include <string.h>

#include "probe/bytes.h"
#include "targets/board.h"
#include "targets/cortexm.h"
#include "targets/traces.h"

enum { BKPT = 0xBE00 };
enum { EXECUTE_NEVER = 0xE0000000 };	/* system space (DDI 0403E B3.1): a breakpoint there is never hit */

static struct core_breakpoint *find(struct core *core, uint32_t address)
{
	for (unsigned i = 0; i < core->breakpoint_count; i++) {
		if (core->breakpoints[i].address == address)
			return &core->breakpoints[i];
	}
	return NULL;
}

const struct core_breakpoint *points_breakpoint_at(const struct core *core, uint32_t address)
{
	for (unsigned i = 0; i < core->breakpoint_count; i++) {
		if (core->breakpoints[i].address == address && core->breakpoints[i].wanted)
			return &core->breakpoints[i];
	}
	return NULL;
}

static void forget_breakpoint(struct core *core, struct core_breakpoint *point)
{
	*point = core->breakpoints[--core->breakpoint_count];
}

/* A new last one; NULL when out of memory. */
static struct core_breakpoint *remember_breakpoint(struct core *core)
{
	unsigned room = core->breakpoint_room ? 2 * core->breakpoint_room : 16;
	struct core_breakpoint *bigger;

	if (core->breakpoint_count < core->breakpoint_room)
		return &core->breakpoints[core->breakpoint_count++];
	bigger = realloc(core->breakpoints, room * sizeof(*bigger));
	if (!bigger)
		return NULL;
	core->breakpoints = bigger;
	core->breakpoint_room = room;
	return &core->breakpoints[core->breakpoint_count++];
}

int core_add_breakpoint(struct core *core, uint32_t address, unsigned kind, bool hardware_only,
			struct why *why)
{
	struct core_breakpoint *point;

	address &= ~1u;
	if (address >= EXECUTE_NEVER)	/* a return address that is none: GDB at the bottom of a stack */
		return 0;
	point = find(core, address);
	if (!point) {
		point = remember_breakpoint(core);
		if (!point)
			return explain(why, E_MEMORY, "no memory for one more breakpoint");
		*point = (struct core_breakpoint){ .address = address, .kind = (uint8_t)kind };
	}
	if (point->wanted)
		return 0;
	if (!point->placed)
		point->hardware = hardware_only ||
				  board_area_at(core->board, address, NULL) != AREA_RAM;
	point->wanted = true;
	if (!point->hardware)
		return 0;
	if (units_reach(core, address) && !units_check_code(core))
		return 0;
	forget_breakpoint(core, point);
	if (!units_reach(core, address))
		return explain(why, E_NO_UNIT, "hardware breakpoints of this core can't reach 0x%08x",
			       address);
	return explain(why, E_NO_UNIT, "all %u hardware breakpoints are in use", core->code_units);
}

int core_remove_breakpoint(struct core *core, uint32_t address)
{
	struct core_breakpoint *point = find(core, address & ~1u);

	if (point)
		point->wanted = false;
	if (point && !point->placed)
		forget_breakpoint(core, point);
	return 0;
}

static struct core_watchpoint *find_watchpoint(struct core *core, uint32_t address,
					       uint32_t length, enum watch_kind kind)
{
	for (unsigned i = 0; i < core->watchpoint_count; i++) {
		struct core_watchpoint *point = &core->watchpoints[i];

		if (point->address == address && point->length == length && point->kind == kind)
			return point;
	}
	return NULL;
}

int core_add_watchpoint(struct core *core, uint32_t address, uint32_t length, enum watch_kind kind,
			struct why *why)
{
	if (find_watchpoint(core, address, length, kind))
		return 0;
	if (!length)
		return explain(why, E_ARGUMENT, "a watchpoint needs a length");
	if (core->watchpoint_count == CORE_WATCHPOINTS)
		return explain(why, E_NO_UNIT, "more than %d watchpoints", CORE_WATCHPOINTS);
	core->watchpoints[core->watchpoint_count++] =
		(struct core_watchpoint){ address, length, kind, true };
	if (!units_check_data(core))
		return 0;
	core->watchpoint_count--;
	return explain(why, E_NO_UNIT, "the %u watchpoint units of this core can't cover that",
		       core->data_units);
}

int core_remove_watchpoint(struct core *core, uint32_t address, uint32_t length,
			   enum watch_kind kind)
{
	struct core_watchpoint *point = find_watchpoint(core, address, length, kind);

	if (point)		/* the order stays, so that the others keep their units */
		memmove(point, point + 1,
			(size_t)(core->watchpoints + --core->watchpoint_count - point) *
			sizeof(*point));
	return 0;
}

void core_remove_all_points(struct core *core)
{
	for (unsigned i = core->breakpoint_count; i > 0; i--)
		core_remove_breakpoint(core, core->breakpoints[i - 1].address);
	core->watchpoint_count = 0;
}

static int write_half_word(struct core *core, uint32_t address, uint16_t value)
{
	uint8_t bytes[2];

	put_u16(bytes, value);
	return probe_write(core->board->probe, core->port, address, bytes, 2, PROBE_ANY, NULL);
}

static int place(struct core *core, struct core_breakpoint *point)
{
	uint8_t bytes[2];
	int err = probe_read(core->board->probe, core->port, point->address, bytes, 2, PROBE_ANY,
			     NULL);

	if (err)
		return err;
	if (!point->known || get_u16(bytes) != BKPT)	/* a BKPT may be ours, from before a reconnect */
		point->saved = get_u16(bytes);
	point->known = true;
	traces_keep_code(core->board, point->address, point->saved);
	err = write_half_word(core, point->address, BKPT);
	point->placed = !err;
	return err;
}

/* Whether it is still there: what the program has written since is not ours to replace. */
static int check_bkpt(struct core *core, struct core_breakpoint *point)
{
	uint8_t bytes[2];
	int err = probe_read(core->board->probe, core->port, point->address, bytes, 2, PROBE_ANY, NULL);

	if (!err && get_u16(bytes) != BKPT)
		point->placed = false;
	return err;
}

static int lift(struct core *core, struct core_breakpoint *point)
{
	int err = check_bkpt(core, point);

	if (!err && point->placed)
		err = write_half_word(core, point->address, point->saved);
	if (!err)
		point->placed = false;
	return err;
}

bool core_has_bkpts(const struct core *core)
{
	for (unsigned i = 0; i < core->breakpoint_count; i++)
		if (core->breakpoints[i].wanted && !core->breakpoints[i].hardware)
			return true;
	return false;
}

/* Startup code copies RAM over them, overlays replace them. */
static int find_overwritten(struct core *core)
{
	int err = 0;

	for (unsigned i = 0; !err && i < core->breakpoint_count; i++)
		if (core->breakpoints[i].placed)
			err = check_bkpt(core, &core->breakpoints[i]);
	return err;
}

int points_place_soft(struct core *core)
{
	int err = find_overwritten(core);

	for (unsigned i = core->breakpoint_count; !err && i > 0; i--) {
		struct core_breakpoint *point = &core->breakpoints[i - 1];

		if (point->wanted && !point->hardware && !point->placed)
			err = place(core, point);
		else if (!point->wanted && point->placed)
			err = lift(core, point);
		if (!err && !point->wanted)
			forget_breakpoint(core, point);
	}
	return err;
}

static bool overlaps(const struct core_breakpoint *point, uint32_t address, uint32_t length)
{
	return point->placed && (point->address - address < length ||
				 point->address + 1 - address < length);
}

int points_lift_soft(struct core *core, uint32_t address, uint32_t length)
{
	int err = 0;

	for (unsigned i = 0; !err && i < core->breakpoint_count; i++) {
		if (overlaps(&core->breakpoints[i], address, length))
			err = lift(core, &core->breakpoints[i]);
	}
	return err;
}

void points_hide_soft(const struct core *core, uint32_t address, uint8_t *data, uint32_t length)
{
	for (unsigned i = 0; i < core->breakpoint_count; i++) {
		const struct core_breakpoint *point = &core->breakpoints[i];
		uint32_t at = point->address - address;

		if (!point->placed || (at + 1 < length && at < length && get_u16(data + at) != BKPT))
			continue;	/* or the program has written there */
		if (at < length)
			data[at] = (uint8_t)point->saved;
		if (at + 1 < length)
			data[at + 1] = (uint8_t)(point->saved >> 8);
	}
}

int core_lift_points(struct core *core)
{
	struct batch batch;
	int err = points_lift_soft(core, 0, UINT32_MAX), err_units;

	batch_begin(&batch, core);
	units_queue_clear(core, &batch);
	err_units = batch_run(&batch);
	if (err_units)
		units_forget(core);
	return err ? err : err_units;
}
