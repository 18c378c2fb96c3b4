/* SPDX-License-Identifier: MIT
 *
 * Option bytes and the chip: reading them, and writing a plan as one critical section.
 */
#include "flash/option/option.h"

#include <string.h>

#include "flash/registers.h"
#include "probe/bytes.h"
#include "probe/link.h"
#include "probe/log.h"
#include "targets/cortexm.h"
#include "targets/unfinished.h"

const struct option_kind *option_kind_find(const char *controller)
{
	static const struct {
		const char *name;
		const struct option_kind *kind;
	} kinds[] = {
		{ "f1", &option_kind_memory },
		{ "f1xl", &option_kind_memory },
		{ "f2", &option_kind_f4 },
		{ "f4", &option_kind_f4 },
		{ "f4db", &option_kind_f4 },
		{ "f7", &option_kind_f4 },
		{ "f7db", &option_kind_f4 },
		{ "l0", &option_kind_memory },
		{ "l1", &option_kind_memory },
		{ "l4", &option_kind_l4 },
		{ "l4sb", &option_kind_l4 },
		{ "l4plus", &option_kind_l4 },
		{ "g0", &option_kind_l4 },
		{ "g0db", &option_kind_l4 },
		{ "g4", &option_kind_l4 },
		{ "g4db", &option_kind_l4 },
		{ "c0", &option_kind_l4 },
		{ "u0", &option_kind_l4 },
		{ "wb", &option_kind_l4 },
		{ "wl", &option_kind_l4 },
		{ "l5", &option_kind_l4 },
		{ "u5", &option_kind_l4 },
		{ "u3", &option_kind_l4 },
		{ "wba", &option_kind_l4 },
		{ "wba2", &option_kind_l4 },
		{ "h5", &option_kind_h7 },
		{ "h7", &option_kind_h7 },
		{ "h7a3", &option_kind_h7 },
		{ "h7rs", &option_kind_h7rs },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, controller))
			return kinds[i].kind;
	return NULL;
}

int option_writable(const struct chip *chip, struct why *why)
{
	if (option_kind_find(chip->controller))
		return OK;
	return explain(why, E_REFUSED, "Option bytes of %s (controller %s) are shown; changing them is not "
		       "supported yet.", chip->name, chip->controller[0] ? chip->controller : "unknown");
}

static int read_words(struct core *core, uint32_t *words, struct why *why)
{
	const struct chip *chip = &core->board->chip;

	for (size_t i = 0; i < chip->option_word_count; i++) {
		uint32_t address = chip->option_words[i].address;
		int err = probe_read_u32(core->board->probe, core->port, address, &words[i]);

		if (err)
			return explain(why, err, "%s at 0x%08x can't be read: %s.",
				       chip->option_words[i].name, address, error_text(err));
	}
	return OK;
}

int option_plan_begin(struct option_plan *plan, struct core *core, struct why *why)
{
	int err;

	*plan = (struct option_plan){ .chip = &core->board->chip };
	if (!plan->chip->option_field_count)
		return explain(why, E_CHIP, "%s has no option bytes that are known.", plan->chip->name);
	err = read_words(core, plan->before, why);
	memcpy(plan->after, plan->before, sizeof(plan->after));
	return err;
}

bool option_words_agree(const struct chip *chip, const uint32_t *wanted, const uint32_t *words)
{
	for (size_t i = 0; i < chip->option_field_count; i++) {
		const struct chip_option_field *field = &chip->option_fields[i];

		if (option_field_value(field, words) != option_field_value(field, wanted))
			return false;
	}
	return true;
}

int option_check_arrival(const struct option_plan *plan, struct registers *r, struct why *why)
{
	uint32_t words[CHIP_OPTION_WORDS] = { 0 };

	for (size_t i = 0; i < plan->chip->option_word_count; i++) {
		const struct chip_option_word *word = &plan->chip->option_words[i];

		words[i] = registers_read(r, (word->program ? word->program : word->address) - r->base);
	}
	if (r->error)
		return explain(why, r->error, "Before anything was written: %s.", error_text(r->error));
	return option_words_agree(plan->chip, plan->after, words) ? OK :
	       explain(why, E_FLASH, "The option registers don't take these values; nothing was written.");
}

int option_explain_unlock(const struct registers *r, bool locked, struct why *why)
{
	if (r->error)
		return explain(why, r->error, "Unlocking the option bytes: %s.", error_text(r->error));
	return locked ? explain(why, E_LOCKED, "The option bytes don't take the keys: they stay locked until the next "
				"reset.") : OK;
}

int option_explain_write(const struct registers *r, bool refused, uint32_t sr, struct why *why)
{
	if (r->late)
		return explain(why, r->error, "The flash controller is still busy with the option bytes.");
	if (r->error)
		return explain(why, r->error, "The option bytes were being written: %s.", error_text(r->error));
	return refused ? explain(why, E_FLASH, "The flash controller refuses these option bytes (status 0x%08x).",
				 sr) : OK;
}

/* A reset, during which SWD may be lost and the bus may answer nothing. */
enum { LAUNCH_TRIES = 3, LAUNCH_US = 500000, LAUNCH_STEP_US = 1000 };

/* Until the register can be read, and is locked. */
static int wait_for_lock(const struct option_plan *plan, struct core *core, const struct option_launch *launch)
{
	struct probe *probe = core->board->probe;
	struct link *link = probe_link(probe);
	uint64_t deadline_us = link_now_us(link) + LAUNCH_US;
	uint32_t control = 0;
	int err;

	do {
		err = probe_read_u32(probe, core->port, plan->chip->flash_registers + launch->control, &control);
		if (!err && control & launch->lock)
			return OK;
		link_wait_us(link, LAUNCH_STEP_US);
	} while (err != E_GONE && link_now_us(link) < deadline_us);
	return err ? err : E_NO_RESET;
}

int option_launch(const struct option_plan *plan, struct core *core, const struct option_launch *launch,
		  struct why *why)
{
	struct probe *probe = core->board->probe;
	int err = E_NO_RESET;

	for (unsigned i = 0; i < LAUNCH_TRIES && err == E_NO_RESET; i++) {
		err = probe_write_u32(probe, core->port, DEMCR, core->demcr | VC_CORERESET);
		if (err)
			break;
		/* Its acknowledge may get lost. */
		probe_write_u32(probe, core->port, plan->chip->flash_registers + launch->control, launch->launch);
		err = wait_for_lock(plan, core, launch);
	}
	return err ? explain(why, err, "Loading the option bytes: %s.", error_text(err)) : OK;
}

static void adopt_words(struct core *core, const uint32_t *words)
{
	struct board *board = core->board;

	for (size_t i = 0; i < board->chip.option_word_count; i++)
		chip_set_option_word(&board->chip, i, words[i]);
	if (board->listener.flash_changed)
		board->listener.flash_changed(board->listener.context);
}

/* After the reset the registers show what is in the flash, and nothing that was only begun. */
static int look(const struct option_plan *plan, struct core *core, bool failed, uint32_t *words,
		struct why *why)
{
	const struct option_kind *kind = option_kind_find(plan->chip->controller);
	int err = kind->settle(plan, core);

	/* Loading what is half written could close the chip. */
	if (!err && failed && kind->in_memory)
		return read_words(core, words, why);
	if (err)
		return explain(why, err, "%s", error_text(err));
	if (kind->load)
		err = kind->load(plan, core, why);
	if (err && !why->text[0])
		explain(why, err, "%s", error_text(err));
	if (err)
		return err;
	err = board_reset(core->board, RESET_AUTO, true, why);
	return err ? err : read_words(core, words, why);
}

static int read_back(const struct option_plan *plan, struct core *core, int err, struct why *why)
{
	uint32_t words[CHIP_OPTION_WORDS];
	struct why reason = { "" };
	int read_err = look(plan, core, err != OK, words, &reason);
	bool old;

	if (read_err && !err && option_plan_closes_port(plan))
		return explain(why, E_NO_TARGET, "The option bytes were written; the debug port does not answer any "
			       "more.");
	if (read_err) {
		explain_more(why, "%sThe option bytes could not be read (%s): connect again and look at "
			     "`option`.", err ? " " : "", reason.text);
		return err ? err : read_err;
	}
	adopt_words(core, words);
	if (option_words_agree(plan->chip, plan->before, words) || option_words_agree(plan->chip, plan->after, words))
		unfinished_forget_options(core->board);
	if (!err && option_words_agree(plan->chip, plan->after, words))
		return OK;
	if (!err)
		explain(why, E_VERIFY, "The option bytes were written, but don't read back as planned.");
	old = option_words_agree(plan->chip, plan->before, words);
	explain_more(why, " They are %s now.", old ? "the old ones" :
		     option_words_agree(plan->chip, plan->after, words) ? "the new ones" :
		     "neither the old nor the new ones (see `option`)");
	if (old && (!err || err == E_FLASH))
		explain_more(why, "%s", option_key_hint(plan));
	return err ? err : E_VERIFY;
}

static int write_once(const struct option_plan *plan, struct core *core, struct why *why)
{
	const struct option_kind *kind = option_kind_find(plan->chip->controller);
	struct probe *probe = core->board->probe;
	int err;

	log_line(LOG_FLASH, "option bytes: writing");
	probe_critical_begin(probe);
	err = kind->write(plan, core, why);
	err = read_back(plan, core, err, why);
	probe_critical_end(probe);
	return err;
}

int option_plan_write(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct option_plan first, rest = *plan;
	int err = option_writable(plan->chip, why);

	if (err)
		return err;
	unfinished_remember_options(core->board, plan->before, plan->after);
	if (!option_plan_stop_watchdog(plan, &first))
		return write_once(plan, core, why);
	err = write_once(&first, core, why);
	if (err)
		return err;
	unfinished_remember_options(core->board, plan->before, plan->after);
	memcpy(rest.before, first.after, sizeof(rest.before));
	return write_once(&rest, core, why);
}

int option_plan_read_back(const struct option_plan *plan, struct core *core, struct why *why)
{
	const struct option_kind *kind = option_kind_find(plan->chip->controller);
	struct probe *probe = core->board->probe;
	int err = OK;

	probe_critical_begin(probe);
	if (kind->one_by_one)
		err = kind->write(plan, core, why);
	err = read_back(plan, core, err, why);
	probe_critical_end(probe);
	return err;
}
