/* SPDX-License-Identifier: MIT
 *
 * From sectors and addresses, as people write them, to the fields that protect exactly these.
 */
#include "flash/option/option.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "flash/option/areas.h"
#include "flash/option/plan.h"
#include "probe/bytes.h"

enum { ROWS = 4 };

struct wish {
	struct option_plan *plan;
	const char *name;		/* of a set of areas, or of a field with bits */
	struct area_ranges ranges;	/* what shall be protected */
	bool named[CHIP_OPTION_FIELDS];	/* by other words of the command */
};

bool option_is_area(const struct chip *chip, const char *name)
{
	for (size_t i = 0; i < chip->option_area_count; i++)
		if (!strcasecmp(chip->option_areas[i].name, name))
			return true;
	return false;
}

static bool is_meant(const struct wish *wish, const struct chip_option_area *area)
{
	const struct chip *chip = wish->plan->chip;

	if (!area_counts(chip, area, wish->plan->after))
		return false;
	return !strcasecmp(area->name, wish->name) ||
	       (area->bits != CHIP_NO_FIELD && !strcasecmp(chip->option_fields[area->bits].name, wish->name));
}

/* ---- as people write it ---- */

static int refuse_sector(const struct chip *chip, unsigned long number, struct why *why)
{
	unsigned count = 0;
	struct chip_sector sector;

	while (chip_sector_number(chip, count, &sector))
		count++;
	return explain(why, E_ARGUMENT, "There is no sector %lu: they are 0 to %u.", number, count - 1);
}

static int add_sectors(struct wish *wish, unsigned long first, unsigned long last, struct why *why)
{
	struct chip_sector from, to;

	if (first > last)
		return explain(why, E_ARGUMENT, "%lu-%lu is no list of sectors: the first comes first (%lu-%lu).", first, last,
			       last, first);
	if (first > UINT32_MAX || !chip_sector_number(wish->plan->chip, (unsigned)first, &from))
		return refuse_sector(wish->plan->chip, first, why);
	if (last > UINT32_MAX || !chip_sector_number(wish->plan->chip, (unsigned)last, &to))
		return refuse_sector(wish->plan->chip, last, why);
	for (; first <= last; first++) {
		chip_sector_number(wish->plan->chip, (unsigned)first, &from);
		area_ranges_add(&wish->ranges, from.base, from.base + from.size);
	}
	return OK;
}

static int take_sectors(struct wish *wish, const char *text, struct why *why)
{
	int err = OK;

	if (!strcasecmp(text, "none"))
		return OK;
	do {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (end != text && *end == '-')
			last = strtoul(text = end + 1, &end, 10);
		if (end == text || (*end && *end != ','))
			return explain(why, E_ARGUMENT, "'%.40s' is no list of sectors like 0-3,7.", text);
		err = add_sectors(wish, first, last, why);
		text = *end ? end + 1 : NULL;
	} while (!err && text);
	return err;
}

static int add_range(struct wish *wish, unsigned long long from, unsigned long long to, const char *text,
		     struct why *why)
{
	struct chip_sector sector;

	if (from > to || to > UINT32_MAX || !chip_sector_at(wish->plan->chip, (uint32_t)from, &sector) ||
	    !chip_sector_at(wish->plan->chip, (uint32_t)to, &sector))
		return explain(why, E_ARGUMENT, "'%.40s' is no range of this chip's flash.", text);
	area_ranges_add(&wish->ranges, (uint32_t)from, (uint32_t)to + 1);
	return OK;
}

static int take_ranges(struct wish *wish, const char *text, struct why *why)
{
	int err = OK;

	do {
		char *dash, *end;
		unsigned long long from = strtoull(text, &dash, 0), to;

		if (dash == text || *dash != '-')
			return explain(why, E_ARGUMENT, "'%.40s' is no range like 0x08000000-0x0800ffff.", text);
		to = strtoull(dash + 1, &end, 0);
		if (end == dash + 1 || (*end && *end != ','))
			return explain(why, E_ARGUMENT, "'%.40s' is no range like 0x08000000-0x0800ffff.", text);
		err = add_range(wish, from, to, text, why);
		text = *end ? end + 1 : NULL;
	} while (!err && text);
	return err;
}

static void take_all(struct wish *wish)
{
	const struct chip *chip = wish->plan->chip;

	for (size_t i = 0; i < chip->option_area_count; i++)
		if (is_meant(wish, &chip->option_areas[i])) {
			struct area_range domain = area_domain(chip, &chip->option_areas[i]);

			area_ranges_add(&wish->ranges, domain.from, domain.to);
		}
}

static int take_text(struct wish *wish, const char *text, struct why *why)
{
	if (!strcasecmp(text, "all")) {
		take_all(wish);
		return OK;
	}
	if (!strcasecmp(text, "none"))
		return OK;
	if (!strncasecmp(text, "sectors:", 8))
		return take_sectors(wish, text + 8, why);
	if (!strncasecmp(text, "range:", 6))
		return take_ranges(wish, text + 6, why);
	if (strchr(text, '-') && !strncasecmp(text, "0x", 2))
		return take_ranges(wish, text, why);
	return explain(why, E_ARGUMENT, "'%.40s' is no value of %s: none, all, sectors:0-3,7 or addresses like "
		       "0x08000000-0x0800ffff.", text, wish->name);
}

/* ---- bits ---- */

static bool meets(const struct area_ranges *ranges, const struct area_range *unit)
{
	for (size_t i = 0; i < ranges->count; i++)
		if (ranges->list[i].from < unit->to && unit->from < ranges->list[i].to)
			return true;
	return false;
}

static bool holds(const struct area_ranges *ranges, const struct area_range *unit)
{
	for (size_t i = 0; i < ranges->count; i++)
		if (ranges->list[i].from <= unit->from && unit->to <= ranges->list[i].to)
			return true;
	return false;
}

static int refuse_part(const struct wish *wish, const struct area_range *unit, struct why *why)
{
	struct chip_sector first, last;

	if (chip_sector_at(wish->plan->chip, unit->from, &first) &&
	    chip_sector_at(wish->plan->chip, unit->to - 1, &last) && first.index < last.index)
		return explain(why, E_ARGUMENT, "Sectors %u to %u are protected together: 0x%08x to 0x%08x.", first.index,
			       last.index, unit->from, unit->to - 1);
	return explain(why, E_ARGUMENT, "Sectors are protected whole: here 0x%08x to 0x%08x.", unit->from,
		       unit->to - 1);
}

static int set_bits(struct wish *wish, const struct chip_option_area *area, struct why *why)
{
	const struct chip *chip = wish->plan->chip;
	const struct chip_option_field *field = &chip->option_fields[area->bits];
	uint32_t value = option_field_value(field, wish->plan->after);
	struct area_range unit;

	for (unsigned i = 0; i < area_bit_count(chip, area); i++) {
		uint32_t bit = 1u << (area->first_bit + i);

		if (!area_unit(chip, area, i, &unit))
			continue;
		if (meets(&wish->ranges, &unit) && !holds(&wish->ranges, &unit))
			return refuse_part(wish, &unit, why);
		value = holds(&wish->ranges, &unit) == (area->protects == 1) ? value | bit : value & ~bit;
	}
	return plan_put_named(wish->plan, field, value, wish->named, why);
}

/* ---- from a first to a last unit ---- */

/* The rows that can hold areas of one bank. */
struct slots {
	struct area_range domain;
	const struct chip_option_area *rows[ROWS];
	size_t count;
};

static int put_field(struct wish *wish, uint8_t index, uint32_t value, struct why *why)
{
	return plan_put_named(wish->plan, &wish->plan->chip->option_fields[index], value, wish->named, why);
}

static uint32_t most(const struct wish *wish, uint8_t index)
{
	const struct chip_option_field *field = &wish->plan->chip->option_fields[index];

	return UINT32_MAX >> (31 - (field->high - field->low));
}

/* What means nothing already stays as it is. */
static int clear_row(struct wish *wish, const struct chip_option_area *area, struct why *why)
{
	struct area_ranges now = { .count = 0 };
	int err;

	area_add_protected(wish->plan->chip, area, wish->plan->after, &now);
	if (!now.count && !now.unclear)
		return OK;
	if (area->size != CHIP_NO_FIELD)
		return put_field(wish, area->size, 0, why);
	if (area->enable != CHIP_NO_FIELD)
		return put_field(wish, area->enable, area->off, why);
	err = put_field(wish, area->first, most(wish, area->first), why);
	return err ? err : put_field(wish, area->last, 0, why);
}

static int set_first_and_last(struct wish *wish, const struct chip_option_area *area, uint32_t first, uint32_t last,
			      struct why *why)
{
	int err = OK;

	if (last > most(wish, area->last))
		return explain(why, E_ARGUMENT, "%s can't count that far.",
			       wish->plan->chip->option_fields[area->last].name);
	if (area->first != CHIP_NO_FIELD)
		err = put_field(wish, area->first, first, why);
	if (!err)
		err = put_field(wish, area->last, last, why);
	if (!err && area->enable != CHIP_NO_FIELD &&
	    option_field_value(&wish->plan->chip->option_fields[area->enable], wish->plan->after) == area->off)
		err = put_field(wish, area->enable, ~area->off & most(wish, area->enable), why);
	return err;
}

static int set_row(struct wish *wish, const struct chip_option_area *area, const struct slots *slots,
		   struct area_range range, struct why *why)
{
	uint32_t unit = area_unit_size(wish->plan->chip, area), from = range.from - slots->domain.from;
	uint32_t to = range.to - slots->domain.from, low = from / unit * unit, high = (to + unit - 1) / unit * unit;

	if (low != from || (high != to && range.to != slots->domain.to))
		return explain(why, E_ARGUMENT, "%s counts %u bytes: 0x%08x to 0x%08x would do.", wish->name, unit,
			       slots->domain.from + low, min_u32(slots->domain.from + high, slots->domain.to) - 1);
	if (area->first == CHIP_NO_FIELD && from)
		return explain(why, E_ARGUMENT, "%s begins where the bank does, at 0x%08x.", wish->name,
			       slots->domain.from);
	if (area->pairs && high - low == unit)
		return explain(why, E_ARGUMENT, "%s protects %u bytes at least.", wish->name, 2 * unit);
	if (area->size == CHIP_NO_FIELD)
		return set_first_and_last(wish, area, low / unit, high / unit - 1, why);
	if (high / unit > most(wish, area->size))
		return explain(why, E_ARGUMENT, "%s can't count that far.",
			       wish->plan->chip->option_fields[area->size].name);
	return put_field(wish, area->size, high / unit, why);
}

/* A row that protects some of it already keeps doing so: of some, areas can only grow. */
static size_t best_row(const struct wish *wish, const struct slots *slots, const bool *used,
		       struct area_range range)
{
	size_t best = slots->count;

	for (size_t i = 0; i < slots->count; i++) {
		struct area_ranges now = { .count = 0 };

		if (used[i])
			continue;
		area_add_protected(wish->plan->chip, slots->rows[i], wish->plan->before, &now);
		if (meets(&now, &range))
			return i;
		if (best == slots->count || !now.count)
			best = best < slots->count ? best : i;
	}
	return best;
}

static int fill_slots(struct wish *wish, const struct slots *slots, struct why *why)
{
	bool used[ROWS] = { false };
	unsigned wanted = 0;
	int err = OK;

	for (size_t i = 0; i < wish->ranges.count && !err; i++) {
		struct area_range range = wish->ranges.list[i];
		size_t row;

		range.from = max_u32(range.from, slots->domain.from);
		range.to = min_u32(range.to, slots->domain.to);
		if (range.from >= range.to)
			continue;
		wanted++;
		row = best_row(wish, slots, used, range);
		if (row == slots->count)
			return explain(why, E_ARGUMENT, "There are %zu %s areas for 0x%08x to 0x%08x; these would be %u or "
				       "more.", slots->count, wish->name, slots->domain.from, slots->domain.to - 1, wanted);
		used[row] = true;
		err = set_row(wish, slots->rows[row], slots, range, why);
	}
	for (size_t i = 0; i < slots->count && !err; i++)
		if (!used[i])
			err = clear_row(wish, slots->rows[i], why);
	return err;
}

static int set_ranges(struct wish *wish, const struct chip_option_area *area, struct why *why)
{
	const struct chip *chip = wish->plan->chip;
	struct slots slots = { .domain = area_domain(chip, area) };

	for (size_t i = 0; i < chip->option_area_count; i++) {
		const struct chip_option_area *row = &chip->option_areas[i];
		bool same = is_meant(wish, row) && area_domain(chip, row).from == slots.domain.from;

		if (same && row < area)
			return OK;		/* done with that row */
		if (same && slots.count < ROWS)
			slots.rows[slots.count++] = row;
	}
	return fill_slots(wish, &slots, why);
}

/* ---- all of it ---- */

static int refuse_mode(const struct wish *wish, struct why *why)
{
	const struct option_plan *plan = wish->plan;
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++)
		if (field->role == CHIP_BANK_MODE || field->role == CHIP_BANK_SWAP)
			return explain(why, E_ARGUMENT, "%s gives the sectors other addresses: set %s in a command of its own, "
				       "after that.", field->name, wish->name);
	return OK;
}

/* What the fields say now has to be what was asked for. */
static int check_result(const struct wish *wish, struct why *why)
{
	const struct chip *chip = wish->plan->chip;
	struct area_ranges now = { .count = 0 };
	struct chip_sector sector;

	for (size_t i = 0; i < chip->option_area_count; i++)
		if (is_meant(wish, &chip->option_areas[i]))
			area_add_protected(chip, &chip->option_areas[i], wish->plan->after, &now);
	for (size_t i = 0; i < wish->ranges.count; i++) {
		if (holds(&now, &wish->ranges.list[i]))
			continue;
		if (chip_sector_at(chip, wish->ranges.list[i].from, &sector))
			return explain(why, E_ARGUMENT, "%s can't protect all of 0x%08x to 0x%08x (from sector %u on).",
				       wish->name, wish->ranges.list[i].from, wish->ranges.list[i].to - 1, sector.index);
	}
	return area_ranges_equal(&now, &wish->ranges) ? OK :
	       explain(why, E_ARGUMENT, "%s can't protect just that.", wish->name);
}

int option_area_set(struct option_plan *plan, const char *name, const char *text, struct why *why)
{
	struct wish wish = { .plan = plan, .name = name };
	const struct chip *chip = plan->chip;
	bool any = false;
	int err = refuse_mode(&wish, why);

	memcpy(wish.named, plan->named, sizeof(wish.named));
	if (!err)
		err = take_text(&wish, text, why);
	for (size_t i = 0; i < chip->option_area_count && !err; i++) {
		const struct chip_option_area *area = &chip->option_areas[i];

		if (!is_meant(&wish, area))
			continue;
		any = true;
		err = area->bits != CHIP_NO_FIELD ? set_bits(&wish, area, why) : set_ranges(&wish, area, why);
	}
	if (!err && !any)
		return explain(why, E_ARGUMENT, "%s says nothing of sectors, as the option bytes are.", name);
	return err ? err : check_result(&wish, why);
}
