/* SPDX-License-Identifier: MIT
 *
 * From a plan for option bytes to option bytes.
 */
#include "server/monitor/option_change.h"

#include "server/monitor/confirm.h"
#include "server/monitor/protection_change.h"
#include "server/session/session.h"

#include "flash/controller.h"

#include "probe/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

enum { SECTORS_TEXT = 200, NAME_WIDTH = 14, VALUE_DIGITS = 4 };

static const char *value_text(const struct chip *chip, const struct chip_option_field *field, const uint32_t *words,
			      char *text, size_t size)
{
	uint32_t value = option_field_value(field, words);
	const struct chip_value *named = option_value_named(field, value);
	char sectors[SECTORS_TEXT];

	option_sectors_text(chip, field, words, sectors, sizeof(sectors));
	sectors[strcspn(sectors, "(")] = '\0';
	if (sectors[0] && sectors[strlen(sectors) - 1] == ' ')
		sectors[strlen(sectors) - 1] = '\0';
	if (named)
		snprintf(text, size, "0x%x %s", value, named->name);
	else
		snprintf(text, size, "0x%x%s%s%s", value, sectors[0] ? " (" : "", sectors, sectors[0] ? ")" : "");
	return text;
}

/* Columns are wide enough for every field of the chip. */
static int name_width(const struct chip *chip)
{
	uint32_t width = NAME_WIDTH;

	for (size_t i = 0; i < chip->option_field_count; i++)
		width = max_u32(width, (uint32_t)strlen(chip->option_fields[i].name));
	return (int)width;
}

static int value_width(const struct chip *chip)
{
	uint32_t digits = VALUE_DIGITS;

	for (size_t i = 0; i < chip->option_field_count; i++)
		digits = max_u32(digits, (chip->option_fields[i].high - chip->option_fields[i].low) / 4u + 1);
	return (int)digits + 2;
}

void option_print_field(struct monitor_call *call, const struct chip_option_field *field, const uint32_t *words)
{
	uint32_t value = option_field_value(field, words);
	const struct chip_value *named = option_value_named(field, value);
	const struct chip *chip = &call->engine->board.chip;
	char sectors[SECTORS_TEXT], number[12];

	option_sectors_text(chip, field, words, sectors, sizeof(sectors));
	snprintf(number, sizeof(number), "0x%x", value);
	monitor_print(call, "%-*s %-*s %-10s %s", name_width(chip), field->name, value_width(chip), number,
		      named ? named->name : "", field->about);
	if (named && named->about[0])
		monitor_print(call, ": %s", named->about);
	else if (sectors[0])
		monitor_print(call, ": %s", sectors);
	monitor_print(call, "%s%s\n", field->dangerous && value == field->forever ? " (for ever)" : "",
		      field->unverified ? " (unverified)" : "");
}

void option_print_area(struct monitor_call *call, const struct option_plan *plan, const char *name)
{
	char text[SECTORS_TEXT];

	option_area_text(plan->chip, name, plan->before, text, sizeof(text));
	if (text[0])
		monitor_print(call, "%-*s %s\n", name_width(plan->chip), name, text);
}

static void print_area_changes(struct monitor_call *call, const struct option_plan *plan)
{
	const char *name;

	for (size_t i = 0; (name = option_area_name(plan->chip, i)); i++) {
		char from[SECTORS_TEXT], to[SECTORS_TEXT];

		option_area_text(plan->chip, name, plan->before, from, sizeof(from));
		option_area_text(plan->chip, name, plan->after, to, sizeof(to));
		if (strcmp(from[0] ? from : "none", to[0] ? to : "none"))
			monitor_print(call, "%-14s %s -> %s\n", name, from[0] ? from : "none", to[0] ? to : "none");
	}
}

static void print_change(struct monitor_call *call, const struct option_plan *plan,
			 const struct chip_option_field *field)
{
	const struct chip_value *named = option_value_named(field, option_field_value(field, plan->after));
	const char *effect = option_change_effect(plan, field);
	char from[SECTORS_TEXT], to[SECTORS_TEXT];

	monitor_print(call, "%-14s %s -> %s\n", field->name,
		      value_text(plan->chip, field, plan->before, from, sizeof(from)),
		      value_text(plan->chip, field, plan->after, to, sizeof(to)));
	monitor_print(call, "               %s%s%s\n", field->about, named && named->about[0] ? ": " : "",
		      named ? named->about : "");
	if (effect)
		monitor_print(call, "               ! %s\n", effect);
}

void option_print_plan(struct monitor_call *call, const struct option_plan *plan)
{
	static const char *const weights[] = {
		[OPTION_LIGHT] = NULL, [OPTION_ERASES] = "This erases the chip.",
		[OPTION_LASTING] = "Only erasing the whole chip takes this back.",
		[OPTION_FOREVER] = "Nobody can ever undo this.",
	};
	const struct chip_option_field *field;
	const char *weight = weights[option_plan_weight(plan)];

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++)
		print_change(call, plan, field);
	print_area_changes(call, plan);
	if (weight)
		monitor_print(call, "%s\n", weight);
	if (option_plan_is_unsure(plan))
		monitor_print(call, "Not all of this is confirmed for this chip (%s): look at it first.\n",
			      plan->unsure ? "what the factory has set" : "the field itself");
}

/* ---- the change ---- */

enum { BUSY_STEP_US = 500000, BUSY_TRIES = 20, ERASING_TRIES = 180 };

static int confirm(struct monitor_call *call, const struct option_plan *plan, const char *given)
{
	struct token token;
	int err;

	if (option_plan_weight(plan) == OPTION_LIGHT && !option_plan_is_unsure(plan))
		return OK;
	err = token_begin(&token, call->session->core, call->why);
	if (err)
		return err;
	token_add(&token, plan->before, sizeof(plan->before));
	token_add(&token, plan->after, sizeof(plan->after));
	return confirm_check(call, &token, given);
}

static void adopt_reset(struct engine *engine)
{
	for (unsigned i = 0; i < engine->board.core_count; i++) {
		struct session *session = &engine->sessions[i];

		core_take_reset(session->core);
		memory_cache_drop(session->core);
		if (session->core->state == CORE_UNKNOWN)
			continue;
		session_adopt_core(session, "option bytes");
		session_tell_stop(session);
		session->stop_untold = false;
	}
}

static bool is_about_probe(int err)
{
	return err == E_TIMEOUT || err == E_USB || err == E_PROTOCOL || err == E_GONE || err == E_WIRE;
}

/* A chip that is busy with its option bytes can't be attached to before it is done. It must not be reset. */
static bool reach_again(struct engine *engine, const struct option_plan *plan, int err)
{
	enum connect_mode mode = engine->board.options.connect;
	unsigned tries = option_plan_weight(plan) == OPTION_LIGHT ? BUSY_TRIES : ERASING_TRIES;
	struct probe *probe = engine->board.probe;

	if (engine_recover(engine, err))
		return true;
	engine->board.options.connect = CONNECT_NORMAL;
	while (tries-- && !probe_is_gone(probe) && (err = engine_connect(engine, NULL)))
		link_wait_us(probe_link(probe), BUSY_STEP_US);
	engine->board.options.connect = mode;
	return !err;
}

/* A hiccup of the probe: what the chip has made of it is looked at. */
static int write_plan(struct monitor_call *call, const struct option_plan *plan)
{
	struct engine *engine = call->engine;
	struct core *core = call->session->core;
	int err;

	atomic_store(&engine->flags->uncut, "option bytes");
	err = option_plan_write(plan, core, call->why);
	if (is_about_probe(err) && reach_again(engine, plan, err)) {
		monitor_print(call, "%s The probe was lost for a moment (%s); looking again.\n",
			      call->why->text, error_text(err));
		call->why->text[0] = '\0';
		err = option_plan_read_back(plan, core, call->why);
	}
	atomic_store(&engine->flags->uncut, NULL);
	adopt_reset(engine);
	if (err != E_NO_TARGET || !option_plan_closes_port(plan))
		return err;
	engine_lose_target(engine, "The debug port is closed for ever.");
	return OK;
}

static bool layout_differs(const struct chip *chip, const struct chip *before)
{
	return chip->layout != before->layout || chip->swapped != before->swapped ||
	       chip_flash_size(chip) != chip_flash_size(before);
}

static int finish(struct monitor_call *call, const struct option_plan *plan, bool map_changed, bool was_readable)
{
	int err;

	if (!call->engine->board.attached) {
		monitor_print(call, "Written; the debug port is closed for ever.\n");
		return OK;
	}
	err = protection_settle(call, plan, was_readable);
	if (err)
		return err;
	if (map_changed)
		monitor_print(call, "The memory map has changed: GDB shows the new one after its next `target extended-remote`; "
			      "loads are right without that.\n");
	monitor_print(call, "Written, loaded and read back; the chip was reset and is halted.\n");
	return OK;
}

int option_allow(struct monitor_call *call, const struct option_plan *plan, const char *given)
{
	const struct engine *engine = call->engine;
	uint32_t supply_mv = engine->flash.supply_mv ? engine->flash.supply_mv
						     : flash_plausible_supply(engine->board.supply_mv);
	int err = option_writable(plan->chip, call->why);
	struct option_plan first;

	if (!err)
		err = option_plan_check(plan, supply_mv, call->why);
	if (!err)
		err = option_check_keys(plan, call->session->core, call->why);
	if (err)
		return err;
	option_print_plan(call, plan);
	monitor_print(call, "The chip is reset to load them, and then halted.\n");
	if (option_plan_stop_watchdog(plan, &first))
		monitor_print(call, "The watchdog runs from reset on and could cut the erasing short: it is set to software "
			      "until that is done.\n");
	if (option_plan_caution(plan))
		monitor_print(call, "%s\n", option_plan_caution(plan));
	return confirm(call, plan, given);
}

int option_carry_out(struct monitor_call *call, const struct option_plan *plan)
{
	const struct engine *engine = call->engine;
	int err = session_halt(call->session, "option bytes", call->why);
	bool map_changed, was_readable;
	struct chip *before;

	if (err)
		return err;
	before = malloc(sizeof(*before));
	if (!before)
		return E_MEMORY;
	*before = engine->board.chip;
	was_readable = protection_is_readable(call);
	err = write_plan(call, plan);
	map_changed = layout_differs(&engine->board.chip, before);
	free(before);
	return err ? err : finish(call, plan, map_changed, was_readable);
}

int option_change(struct monitor_call *call, const struct option_plan *plan, const char *given)
{
	int err;

	if (!option_plan_change(plan, 0)) {
		monitor_print(call, "The option bytes are like that already; nothing was done.\n");
		return OK;
	}
	err = option_allow(call, plan, given);
	return err ? err : option_carry_out(call, plan);
}
