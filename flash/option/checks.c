/* SPDX-License-Identifier: MIT
 *
 * What does not go together in option bytes, would lock the chip up, or is not done from here.
 */
#include "flash/option/plan.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "flash/option/areas.h"
#include "probe/bytes.h"

enum { ABOVE_ALL_LEVELS_MV = 3000 };

static int check_level2(const struct option_plan *plan, struct why *why)
{
	for (size_t i = 0; i < plan->chip->option_field_count; i++) {
		const struct chip_option_field *field = &plan->chip->option_fields[i];

		if (field->closes_port && field->dangerous && plan_before(plan, field) == field->forever)
			return explain(why, E_REFUSED, "%s is %s already: these option bytes can never be changed.",
				       field->name, option_value_named(field, field->forever)->name);
	}
	return OK;
}

static int check_reserved(const struct option_plan *plan, struct why *why)
{
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++) {
		const struct chip_value *named = option_value_named(field, plan_after(plan, field));

		if (named && !strcmp(named->name, "reserved"))
			return explain(why, E_REFUSED, "%s=%u is reserved.", field->name, plan_after(plan, field));
	}
	return OK;
}

/* A level above the supply keeps the chip in reset, out of reach. Where its values are not known, and with other
 * fields of the kind, which all count upwards, a supply that is above all levels is asked for. */
static uint32_t needed_mv(const struct option_plan *plan, const struct chip_option_field *field)
{
	const struct option_kind *kind = option_kind_find(plan->chip->controller);
	uint32_t level = plan_after(plan, field);

	if (kind && kind->brownout_known && level < ARRAY_SIZE(kind->brownout_mv))
		return kind->brownout_mv[level];
	return level > plan_before(plan, field) ? ABOVE_ALL_LEVELS_MV : 0;
}

static int check_brownout(const struct option_plan *plan, uint32_t supply_mv, struct why *why)
{
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++) {
		uint32_t least_mv = field->role == CHIP_BROWN_OUT ? needed_mv(plan, field) : 0;

		if (supply_mv && supply_mv < least_mv)
			return explain(why, E_REFUSED, "With %u.%02u V at the chip %s=%u would hold it in reset for good: "
				       "it needs %u.%02u V.", supply_mv / 1000, supply_mv % 1000 / 10, field->name,
				       plan_after(plan, field), least_mv / 1000, least_mv % 1000 / 10);
	}
	return OK;
}

enum { FAST_PINS_MOST_MV = 2700 };

/* (RM0433 4.9.7, RM0456 7.9.13) */
static int check_fast_pins(const struct option_plan *plan, uint32_t supply_mv, struct why *why)
{
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++)
		if (field->role == CHIP_LOW_SUPPLY && plan_after(plan, field) && supply_mv > FAST_PINS_MOST_MV)
			return explain(why, E_REFUSED, "%s is for a supply below 2.7 V, and there are %u.%02u V at the chip: its "
				       "pins could be damaged.", field->name, supply_mv / 1000, supply_mv % 1000 / 10);
	return OK;
}

/* ---- areas ---- */

static bool turns(const struct chip_option_area *area, const struct chip_option_field *mode)
{
	return area->bits != CHIP_NO_FIELD && area->when.mask == 1u << mode->low && area->when.word == mode->word;
}

/* The same bits mean the opposite: without naming them, all open sectors would become unreadable. */
static int check_pcrop_mode(const struct option_plan *plan, struct why *why)
{
	const struct chip_option_field *mode = plan_role(plan, CHIP_PCROP_MODE);

	if (!mode || plan_before(plan, mode) == plan_after(plan, mode))
		return OK;
	if (!plan_after(plan, mode) && !plan_lowers_protection(plan))
		return explain(why, E_REFUSED, "%s goes back only together with read protection from level 1 "
			       "to level 0 (`RDP=level0 %s=write WRP=none`), which erases the chip.", mode->name, mode->name);
	for (size_t i = 0; i < plan->chip->option_area_count; i++) {
		const struct chip_option_area *area = &plan->chip->option_areas[i];

		if (turns(area, mode) && !plan->named[area->bits])
			return explain(why, E_REFUSED, "With %s=%u the bits of %s mean the opposite: say in the same "
				       "command what shall be protected (`%s=sectors:...`).", mode->name,
				       plan_after(plan, mode), plan->chip->option_fields[area->bits].name,
				       plan_after(plan, mode) ? "PCROP" : "WRP");
	}
	return OK;
}

/* PCROP can be added, not taken away (RM0431 3.5.4, RM0351 3.5.2). */
static int check_pcrop(const struct option_plan *plan, struct why *why)
{
	struct area_ranges before = { .count = 0 }, after = { .count = 0 };

	area_set_protected(plan->chip, "PCROP", plan->before, &before);
	area_set_protected(plan->chip, "PCROP", plan->after, &after);
	if (area_ranges_hold(&after, &before) || plan_lowers_protection(plan))
		return OK;
	return explain(why, E_REFUSED, "PCROP can't be taken away: only read protection from level 1 to level 0 does it, "
		       "where PCROP is set to be erased with it, and that erases the chip.");
}

static bool is_touched(const struct option_plan *plan, uint8_t index)
{
	const struct chip_option_field *field = index == CHIP_NO_FIELD ? NULL : &plan->chip->option_fields[index];

	return field && plan_before(plan, field) != plan_after(plan, field);
}

static int check_locks(const struct option_plan *plan, struct why *why)
{
	for (size_t i = 0; i < plan->chip->option_area_count; i++) {
		const struct chip_option_area *area = &plan->chip->option_areas[i];
		const struct chip_option_field *lock;

		if (area->lock == CHIP_NO_FIELD || plan_lowers_protection(plan))
			continue;
		lock = &plan->chip->option_fields[area->lock];
		if (plan_before(plan, lock) == 0 && (is_touched(plan, area->first) || is_touched(plan, area->last) ||
						     is_touched(plan, area->lock)))
			return explain(why, E_REFUSED, "%s is locked: this area can't change until read protection is lowered "
				       "from level 1 to level 0, which erases the chip.", lock->name);
	}
	return OK;
}

/* ---- what contradicts itself: rules of the chip's description ---- */

static bool holds(const uint32_t *words, const struct chip_condition *condition)
{
	return (words[condition->word] & condition->mask) == condition->value;
}

static int check_rules(const struct option_plan *plan, struct why *why)
{
	for (size_t i = 0; i < plan->chip->option_rule_count; i++) {
		const struct chip_option_rule *rule = &plan->chip->option_rules[i];
		bool broken = holds(plan->after, &rule->set) && !holds(plan->after, &rule->needs);
		bool was_broken = holds(plan->before, &rule->set) && !holds(plan->before, &rule->needs);

		if (broken && !was_broken)
			return explain(why, E_REFUSED, "%s.", rule->about);
	}
	return OK;
}

/* One-way bits can only be added, counters only grow. */
static int check_one_way(const struct option_plan *plan, struct why *why)
{
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++) {
		uint32_t before = plan_before(plan, field), after = plan_after(plan, field);
		bool back = field->role == CHIP_COUNTER ? after < before : before & ~after;

		if (field->one_way && back)
			return explain(why, E_REFUSED, "%s can't go back from 0x%x to 0x%x.", field->name, before, after);
	}
	return OK;
}

/* ---- what is not done from here ---- */

static const char *reason_of(enum chip_option_role role)
{
	static const struct {
		enum chip_option_role role;
		const char *reason;
	} reasons[] = {
		{ CHIP_TRUSTZONE, "TrustZone is turned on and shaped by ST's tools: only lowering read protection, which ERASES flash, takes it off again" },
		{ CHIP_LIFE_CYCLE, "these states lead one way, back only by debug authentication with keys that were "
		  "provisioned before: that is not supported" },
		{ CHIP_SECOND_CORE, "it belongs to the second core and its firmware (FUS, radio stack), which set it" },
		{ CHIP_CALIBRATION, "it is a calibration of this very chip" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].role == role)
			return reasons[i].reason;
	return NULL;
}

bool option_role_is_ours(enum chip_option_role role)
{
	return !reason_of(role);
}

static int check_ours(const struct option_plan *plan, struct why *why)
{
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++) {
		const struct chip_value *named = option_value_named(field, plan_after(plan, field));

		if (reason_of(field->role))
			return explain(why, E_REFUSED, "%s is not changed from here: %s.", field->name,
				       reason_of(field->role));
		if (field->erases && named && !strcmp(named->name, "level0.5"))
			return explain(why, E_REFUSED, "Level 0.5 means something with TrustZone only.");
	}
	return OK;
}

int option_plan_check(const struct option_plan *plan, uint32_t supply_mv, struct why *why)
{
	static int (*const checks[])(const struct option_plan *, struct why *) = {
		check_level2, check_ours, check_reserved, check_one_way, check_pcrop_mode, check_pcrop,
		check_locks, check_rules,
	};
	int err = check_brownout(plan, supply_mv, why);

	if (!err)
		err = check_fast_pins(plan, supply_mv, why);
	for (size_t i = 0; i < ARRAY_SIZE(checks) && !err; i++)
		err = checks[i](plan, why);
	return err;
}
