/* SPDX-License-Identifier: MIT
 *
 * Option bytes of a board copy. Bank modes come before the flash they shape, the rest after the flash it might
 * protect.
 */
#include "server/monitor/flash_options.h"

#include "server/monitor/confirm.h"
#include "server/monitor/option_change.h"

#include <stdio.h>
#include <string.h>

int flash_options_take(struct monitor_call *call, struct flash_options_file *file)
{
	*file = (struct flash_options_file){ .given = confirm_take(call) };
	file->wanted = call->argc > 1 && monitor_is(call, call->argc - 1, "options");
	if (!file->wanted)
		return file->given ? explain(call->why, E_ARGUMENT, "`confirm` goes with `options`.") : OK;
	call->argc--;
	if ((size_t)snprintf(file->path, sizeof(file->path), "%s.options", call->argv[0]) >= sizeof(file->path))
		return explain(call->why, E_ARGUMENT, "The file's name is too long.");
	return OK;
}

int flash_options_save(struct monitor_call *call, const struct flash_options_file *file)
{
	return file->wanted ? option_save_file(call, file->path) : OK;
}

static void keep_layout_only(struct option_plan *plan)
{
	const struct chip *chip = plan->chip;
	uint32_t after[CHIP_OPTION_WORDS];

	memcpy(after, plan->before, sizeof(after));
	for (size_t i = 0; i < chip->option_field_count; i++) {
		const struct chip_option_field *field = &chip->option_fields[i];
		uint32_t mask = (uint32_t)((2ull << field->high) - (1ull << field->low));

		if (chip_field_matters(chip, field))
			after[field->word] = (after[field->word] & ~mask) | (plan->after[field->word] & mask);
	}
	memcpy(plan->after, after, sizeof(after));
}

int flash_options_before(struct monitor_call *call, const struct flash_options_file *file)
{
	struct option_plan plan;
	int err = file->wanted ? option_read_file(call, &plan, file->path) : OK;

	if (err || !file->wanted || !option_plan_change(&plan, 0))
		return err;
	err = option_allow(call, &plan, file->given);
	if (err)
		return err;
	keep_layout_only(&plan);
	return option_plan_change(&plan, 0) ? option_carry_out(call, &plan) : OK;
}

int flash_options_after(struct monitor_call *call, const struct flash_options_file *file)
{
	struct option_plan plan;
	int err = file->wanted ? option_read_file(call, &plan, file->path) : OK;

	if (err || !file->wanted)
		return err;
	if (option_plan_change(&plan, 0))
		return option_carry_out(call, &plan);
	monitor_print(call, "The option bytes are as %s has them.\n", file->path);
	return OK;
}
