/* SPDX-License-Identifier: MIT
 *
 * After a change of read protection.
 */
#include "server/monitor/protection_change.h"

#include "server/monitor/power_cycle.h"

#include "flash/option/areas.h"
#include "flash/option/plan.h"
#include "flash/survey.h"

#include "probe/bytes.h"

#include <stdlib.h>
#include <string.h>

bool protection_is_readable(struct monitor_call *call)
{
	const struct core *core = call->session->core;
	const struct chip *chip = &core->board->chip;
	const struct chip_bank *last = &chip->banks[chip->bank_count - 1];
	const uint32_t ends[] = { chip->banks[0].base, last->base + (last->size - 4) };
	uint32_t word;

	for (size_t i = 0; i < ARRAY_SIZE(ends) && chip->bank_count; i++)
		if (probe_read_u32(core->board->probe, core->port, ends[i], &word) != E_FAULT)
			return true;
	return false;
}

/* ---- lowered ---- */

/* PCROP and secure areas that a field keeps from being erased. */
static bool is_kept(const struct option_plan *plan, const struct chip_sector *sector)
{
	static const char *const names[] = { "PCROP", "SEC" };

	for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
		struct area_ranges ranges = { 0 };

		area_set_protected(plan->chip, names[n], plan->after, &ranges);
		for (size_t i = 0; i < ranges.count; i++)
			if (ranges.list[i].from < (uint64_t)sector->base + sector->size && ranges.list[i].to > sector->base)
				return true;
	}
	return false;
}

struct counts {
	size_t all, kept, written, unreadable;
};

static int count_sectors(struct monitor_call *call, const struct option_plan *plan, struct counts *counts)
{
	struct flash_survey_row *rows;
	int err;

	*counts = (struct counts){ 0 };
	err = flash_survey(call->session->core, &call->engine->flash, &rows, &counts->all, call->why);
	if (err)
		return err;
	for (size_t i = 0; i < counts->all; i++) {
		bool kept = is_kept(plan, &rows[i].sector);

		counts->kept += kept;
		counts->written += !kept && rows[i].content == FLASH_WRITTEN;
		counts->unreadable += !kept && rows[i].content == FLASH_UNREADABLE;
	}
	free(rows);
	return OK;
}

/* Some chips open their flash only at the next power-on. */
static int count_after_power_on(struct monitor_call *call, const struct option_plan *plan, struct counts *counts)
{
	struct why unused = { "" };
	struct monitor_call quiet = *call;
	int err = count_sectors(call, plan, counts);

	quiet.why = &unused;
	if (err || !counts->unreadable || power_cycle(&quiet))
		return err;
	monitor_print(call, "The target's power was switched off and on.\n");
	return count_sectors(call, plan, counts);
}

/* Protection that waited for a power-on may have gone without erasing. */
static int verify_blank(struct monitor_call *call, const struct option_plan *plan, bool was_readable)
{
	struct counts counts;
	int err = count_after_power_on(call, plan, &counts);

	if (err)
		return err;
	if (counts.written && was_readable)
		monitor_print(call, "Nothing was erased: the protection was not in force yet.\n");
	else if (counts.written)
		return explain(call->why, E_VERIFY, "%zu of %zu sectors are not blank: the erasing was cut short.",
			       counts.written, counts.all);
	else if (counts.unreadable)
		monitor_print(call, "Flash can't be read yet: switch the chip's power off and on (`power wait`), then `flash "
			      "info`.\n");
	else if (counts.kept)
		monitor_print(call, "All of flash is blank but for %zu sectors under PCROP or in secure areas, which nobody can "
			      "look into.\n",
			      counts.kept);
	else
		monitor_print(call, "All of flash is blank.\n");
	return OK;
}

/* ---- raised ---- */

static bool raises(const struct option_plan *plan)
{
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++)
		if (field->erases && plan_after(plan, field) != field->erases_to)
			return true;
	return false;
}

static void put_in_force(struct monitor_call *call)
{
	struct why unused = { "" };
	struct monitor_call quiet = *call;

	quiet.why = &unused;
	if (protection_is_readable(call) && power_cycle(&quiet) == OK)
		monitor_print(call, "The target's power was switched off and on, which puts read protection in force.\n");
	else if (call->engine->board.attached && protection_is_readable(call))
		monitor_print(call, "Read protection is in force from the next power-on: switch the chip's power off and on "
			      "(`power wait` waits for it).\n");
	else
		monitor_print(call, "Read protection is in force; the program runs again after a power-on without debugger: "
			      "switch the chip's power off and on.\n");
}

int protection_settle(struct monitor_call *call, const struct option_plan *plan, bool was_readable)
{
	if (raises(plan))
		put_in_force(call);
	return plan_lowers_protection(plan) ? verify_blank(call, plan, was_readable) : OK;
}
