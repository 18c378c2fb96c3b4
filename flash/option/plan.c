/* SPDX-License-Identifier: MIT
 *
 * Plans for option bytes: what is set, and what changes by it.
 */
#include "flash/option/plan.h"

#include <string.h>
#include <strings.h>

#include "probe/bytes.h"

static uint32_t mask_of(const struct chip_option_field *field)
{
	return UINT32_MAX >> (31 - (field->high - field->low)) << field->low;
}

void plan_put(struct option_plan *plan, const struct chip_option_field *field, uint32_t value)
{
	uint32_t *word = &plan->after[field->word];

	*word = (*word & ~mask_of(field)) | (value << field->low & mask_of(field));
}

int plan_put_named(struct option_plan *plan, const struct chip_option_field *field, uint32_t value, const bool *named,
		   struct why *why)
{
	size_t index = (size_t)(field - plan->chip->option_fields);

	if (named[index] && value != plan_after(plan, field))
		return explain(why, E_ARGUMENT, "%s is given two values.", field->name);
	plan->named[index] = true;
	plan_put(plan, field, value);
	return OK;
}

const struct chip_option_field *plan_role(const struct option_plan *plan, enum chip_option_role role)
{
	for (size_t i = 0; i < plan->chip->option_field_count; i++)
		if (plan->chip->option_fields[i].role == role)
			return &plan->chip->option_fields[i];
	return NULL;
}

/* ---- setting ---- */

static bool has_bits_of_area(const struct chip *chip, const struct chip_option_field *field)
{
	for (size_t i = 0; i < chip->option_area_count; i++)
		if (chip->option_areas[i].bits == field - chip->option_fields)
			return true;
	return false;
}

int option_plan_set(struct option_plan *plan, const char *name, const char *text, struct why *why)
{
	const struct chip_option_field *field;
	struct why reason = { "" };
	uint32_t value;
	int err;

	if (option_is_area(plan->chip, name))
		return option_area_set(plan, name, text, why);
	field = option_find(plan->chip, name, why);
	if (!field)
		return E_ARGUMENT;
	err = option_value_parse(field, text, &value, &reason);
	if (!err)
		return plan_put_named(plan, field, value, plan->named, why);
	if (has_bits_of_area(plan->chip, field))
		return option_area_set(plan, field->name, text, why);
	if (!strncasecmp(text, "sectors:", 8) || !strncasecmp(text, "range:", 6))
		return explain(why, E_ARGUMENT, "%s is not about sectors.", field->name);
	return explain(why, err, "%s", reason.text);
}

static int split(const char *assignment, char *name, size_t size, const char **value, struct why *why)
{
	const char *equals = strchr(assignment, '=');

	if (!equals || equals == assignment || !equals[1] || (size_t)(equals - assignment) >= size)
		return explain(why, E_ARGUMENT, "'%.60s' is not like NAME=VALUE (no blanks around the =).",
			       assignment);
	memcpy(name, assignment, (size_t)(equals - assignment));
	name[equals - assignment] = '\0';
	*value = equals + 1;
	return OK;
}

/* What fields mean can depend on others: areas come last. */
int option_plan_assign(struct option_plan *plan, char *const *assignments, unsigned count, struct why *why)
{
	int err = OK;

	for (unsigned areas = 0; areas < 2; areas++)
		for (unsigned i = 0; i < count && !err; i++) {
			const char *value = NULL;
			char name[32];

			err = split(assignments[i], name, sizeof(name), &value, why);
			if (!err && option_is_area(plan->chip, name) == (areas == 1))
				err = option_plan_set(plan, name, value, why);
		}
	return err;
}

/* What could not be taken back, or is not ours to set, stays as it is. */
static bool is_left_alone(const struct option_plan *plan, const struct chip_option_field *field, uint32_t factory)
{
	bool forever = field->dangerous && factory == field->forever && plan_before(plan, field) != factory;

	return field->lasting || field->one_way || forever || !option_role_is_ours(field->role);
}

void option_plan_defaults(struct option_plan *plan)
{
	uint32_t factory[CHIP_OPTION_WORDS];

	for (size_t i = 0; i < plan->chip->option_word_count; i++)
		factory[i] = plan->chip->option_words[i].factory;
	for (size_t i = 0; i < plan->chip->option_field_count; i++) {
		const struct chip_option_field *field = &plan->chip->option_fields[i];
		uint32_t value = option_field_value(field, factory), now = plan_before(plan, field);

		if (value == now || is_left_alone(plan, field, value))
			continue;
		plan_put(plan, field, value);
		plan->unsure |= plan->chip->option_words[field->word].unverified;
	}
}

/* ---- what changes ---- */

const struct chip_option_field *option_plan_change(const struct option_plan *plan, size_t i)
{
	for (size_t f = 0; f < plan->chip->option_field_count; f++) {
		const struct chip_option_field *field = &plan->chip->option_fields[f];

		if (plan_before(plan, field) != plan_after(plan, field) && i-- == 0)
			return field;
	}
	return NULL;
}
