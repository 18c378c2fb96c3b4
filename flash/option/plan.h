/* SPDX-License-Identifier: MIT
 *
 * For the files of plans alone: values of fields before and after, and putting one.
 */
#ifndef FLASH_OPTION_PLAN_H
#define FLASH_OPTION_PLAN_H

#include "flash/option/option.h"

static inline uint32_t plan_before(const struct option_plan *plan, const struct chip_option_field *field)
{
	return option_field_value(field, plan->before);
}

static inline uint32_t plan_after(const struct option_plan *plan, const struct chip_option_field *field)
{
	return option_field_value(field, plan->after);
}

/* The value has to fit. */
void plan_put(struct option_plan *plan, const struct chip_option_field *field, uint32_t value);
/* The same for a field that the user named. `named` = what was named before this word of the command: E_ARGUMENT
 * when it was, with another value. */
int plan_put_named(struct option_plan *plan, const struct chip_option_field *field, uint32_t value, const bool *named,
		   struct why *why);
/* The first field with a role; NULL = none. */
const struct chip_option_field *plan_role(const struct option_plan *plan, enum chip_option_role role);
/* Whether read protection goes back to the level that erases. */
bool plan_lowers_protection(const struct option_plan *plan);

#endif
