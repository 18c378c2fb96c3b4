/* SPDX-License-Identifier: MIT
 *
 * Monitor commands about protection: what is protected, what a debugger can still do, and how to leave it.
 */
#include "server/monitor/confirm.h"
#include "server/monitor/option_change.h"

#include <string.h>

static bool is_protection(const struct chip_option_field *field)
{
	static const char *const prefixes[] = {
		"RDP", "nWRP", "WRP", "PCROP", "SPRMOD", "WPRMOD", "PROT_AREA", "DMEP", "DMES", "SEC", "HDP",
		"BOOT_LOCK", "NSBOOT_LOCK", "UNLOCK", "TZEN", "PRODUCT_STATE", "NVSTATE", NULL,
	};

	for (const char *const *prefix = prefixes; *prefix; prefix++)
		if (!strncmp(field->name, *prefix, strlen(*prefix)))
			return true;
	return false;
}

/* The field that has levels of read protection; NULL = the chip's description has none. */
static const struct chip_option_field *level_field(const struct chip *chip)
{
	for (size_t i = 0; i < chip->option_field_count; i++)
		if (chip->option_fields[i].erases && !strncmp(chip->option_fields[i].name, "RDP", 3))
			return &chip->option_fields[i];
	return NULL;
}

/* H5 and H7R/S have states instead, that only debug authentication takes back. */
static bool has_states(const struct chip *chip)
{
	for (size_t i = 0; i < chip->option_field_count; i++)
		if (!strcmp(chip->option_fields[i].name, "PRODUCT_STATE") ||
		    !strcmp(chip->option_fields[i].name, "NVSTATE"))
			return true;
	return false;
}

static bool flash_is_readable(struct monitor_call *call)
{
	const struct core *core = call->session->core;
	const struct chip *chip = &core->board->chip;
	uint32_t word;

	return chip->bank_count &&
	       probe_read_u32(core->board->probe, core->port, chip->banks[0].base, &word) != E_FAULT;
}

static void explain_level(struct monitor_call *call, const struct chip_option_field *field, uint32_t value)
{
	bool open = value == field->erases_to, readable = flash_is_readable(call);

	if (open && readable)
		monitor_print(call, "A debugger can read and write everything that is not listed as protected.\n");
	else if (open)
		monitor_print(call, "Flash can't be read although nothing protects it: switch the chip's power off and "
			      "on.\n");
	else
		monitor_print(call, "A debugger can use RAM, registers and option bytes, not flash, OTP and backup "
			      "RAM%s.\n`protect off` ends it: it ERASES all of flash.\n",
			      readable ? " (from the next power-on)" : "");
}

static int show(struct monitor_call *call)
{
	const struct chip_option_field *level;
	struct option_plan plan;
	int err = option_plan_begin(&plan, call->session->core, call->why);

	for (size_t i = 0; !err && i < plan.chip->option_field_count; i++)
		if (is_protection(&plan.chip->option_fields[i]))
			option_print_field(call, &plan.chip->option_fields[i], plan.before);
	level = err ? NULL : level_field(plan.chip);
	if (level)
		explain_level(call, level, option_field_value(level, plan.before));
	else if (!err && has_states(plan.chip))
		monitor_print(call, "This chip is closed by states, which only debug authentication takes back; neither "
			      "is supported.\n");
	return err;
}

static int run_protect(struct monitor_call *call)
{
	return call->argc ? monitor_usage(call, "protect, protect off") : show(call);
}

static int lower(struct monitor_call *call, const char *given)
{
	const struct chip_option_field *level;
	struct option_plan plan;
	int err = option_plan_begin(&plan, call->session->core, call->why);

	if (err)
		return err;
	level = level_field(plan.chip);
	if (!level && has_states(plan.chip))
		return explain(call->why, E_REFUSED, "%s is closed by states, which only debug authentication takes back: "
			       "that is not supported.", plan.chip->name);
	if (!level)
		return explain(call->why, E_CHIP, "%s has no read protection that is known.", plan.chip->name);
	if (option_field_value(level, plan.before) == level->erases_to) {
		monitor_print(call, "There is no read protection; nothing was done.\n");
		return OK;
	}
	err = option_plan_set(&plan, level->name, "level0", call->why);
	return err ? err : option_change(call, &plan, given);
}

static int run_off(struct monitor_call *call)
{
	const char *given = confirm_take(call);

	if (call->argc)
		return monitor_usage(call, "protect off");
	return lower(call, given);
}

enum { WRITE = MONITOR_TARGET | MONITOR_CONTROL | MONITOR_CHANGES };

const struct monitor_command monitor_protect[] = {
	{ "protect", "", "Show protection, and what a debugger can do", MONITOR_TARGET, run_protect },
	{ "protect off", "[confirm TOKEN]", "End read protection; ERASES all of flash\nprotect off", WRITE,
	  run_off },
	{ NULL, NULL, NULL, 0, NULL },
};
