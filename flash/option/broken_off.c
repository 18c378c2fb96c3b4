/* SPDX-License-Identifier: MIT
 *
 * A change of option bytes that broke off: the power was cut, or the process killed. What is there now is compared
 * with what was, and with what was to be.
 */
#include "flash/option/option.h"

#include <string.h>

#include "probe/bytes.h"
#include "targets/protection.h"
#include "targets/unfinished.h"

enum { SHOWN = 4 };

static bool is_open(const struct board *board)
{
	return board->options_unfinished.count && board->options_unfinished.count == board->chip.option_word_count;
}

/* Fields that are neither as they were nor as they were to be, or that differ from each other. */
static void list_fields(const struct board *board, const uint32_t *now, struct why *out)
{
	const uint32_t *before = board->options_unfinished.before, *after = board->options_unfinished.after;
	const struct chip *chip = &board->chip;
	unsigned shown = 0;

	for (size_t i = 0; i < chip->option_field_count; i++) {
		const struct chip_option_field *field = &chip->option_fields[i];
		uint32_t is = option_field_value(field, now), planned = option_field_value(field, after);

		if (is == planned)
			continue;
		if (shown++ < SHOWN)
			explain_more(out, "%s %s is 0x%x (was 0x%x, planned 0x%x)", shown > 1 ? "," : "", field->name, is,
				     option_field_value(field, before), planned);
	}
	explain_more(out, shown > SHOWN ? " and %u more." : ".", shown - SHOWN);
}

static bool has_become_protected(const struct board *board, const uint32_t *now)
{
	const struct chip_option_field *field = protection_field(&board->chip);

	return field && option_field_value(field, now) != protection_open_value(field) &&
	       option_field_value(field, board->options_unfinished.after) == protection_open_value(field);
}

int option_plan_broken_off(struct option_plan *plan, struct core *core, struct why *why)
{
	const struct board *board = core->board;

	if (!is_open(board))
		return explain(why, E_REFUSED, "No change of option bytes that broke off is known.");
	if (option_plan_begin(plan, core, why))
		return E_REFUSED;
	for (size_t i = 0; i < plan->chip->option_field_count; i++) {
		const struct chip_option_field *field = &plan->chip->option_fields[i];
		uint32_t mask = UINT32_MAX >> (31 - (field->high - field->low)) << field->low;

		plan->after[field->word] = (plan->after[field->word] & ~mask) |
					   (board->options_unfinished.after[field->word] & mask);
		plan->named[i] = true;
	}
	return OK;
}

/* What the chip is still busy with is waited for: until then the registers show what was asked for. */
static int read_settled(struct core *core, struct option_plan *plan, struct why *why)
{
	const struct option_kind *kind = option_kind_find(core->board->chip.controller);
	int err = option_plan_broken_off(plan, core, why);

	if (!err && kind)
		err = kind->settle(plan, core);
	return err ? err : option_plan_begin(plan, core, why);
}

/* Loading what is half written could close the chip: where words lie in memory there is no reset. */
int option_close_abandoned(struct core *core, struct why *why)
{
	const struct option_kind *kind = option_kind_find(core->board->chip.controller);
	struct option_plan plan;
	bool was_open = false;
	int err;

	if (!is_open(core->board) || !kind)
		return OK;
	err = read_settled(core, &plan, why);
	if (!err)
		err = kind->lock(&plan, core, &was_open);
	if (err || !was_open)
		return err;
	board_note(core->board, "Option bytes were left open by a process that was killed; they are locked%s.",
		   kind->in_memory ? "" : ", and the chip was reset");
	return kind->in_memory ? OK : board_reset(core->board, RESET_AUTO, true, why);
}

const char *option_broken_off_text(struct core *core, char *text, size_t size)
{
	struct board *board = core->board;
	struct option_plan plan;
	struct why out = { "" };

	text[0] = '\0';
	if (!is_open(board) || read_settled(core, &plan, &out))
		return text;
	explain(&out, OK, "A change of option bytes broke off:");
	if (option_words_agree(plan.chip, board->options_unfinished.after, plan.before)) {
		explain_more(&out, " the new ones are there.");
		unfinished_forget_options(board);
	} else if (option_words_agree(plan.chip, board->options_unfinished.before, plan.before)) {
		explain_more(&out, " the old ones are there.");
		unfinished_forget_options(board);
	} else {
		list_fields(board, plan.before, &out);
		if (has_become_protected(board, plan.before))
			explain_more(&out, " Erased option bytes mean read protection; only erasing flash ends it.");
		explain_more(&out, " `option finish` sets what was planned.");
	}
	snprintf(text, size, "%s", out.text);
	return text;
}
