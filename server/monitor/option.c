/* SPDX-License-Identifier: MIT
 *
 * Monitor commands about option bytes, by the names of the reference manuals.
 */
#include "server/monitor/confirm.h"
#include "server/monitor/option_change.h"

#include "flash/new_file.h"

#include <string.h>
#include <strings.h>

static int begin(struct monitor_call *call, struct option_plan *plan)
{
	return option_plan_begin(plan, call->session->core, call->why);
}

static void print_values(struct monitor_call *call, const struct chip_option_field *field)
{
	for (size_t i = 0; i < field->value_count; i++)
		monitor_print(call, "  %-10s 0x%-4x %s\n", field->values[i].name, field->values[i].value,
			      field->values[i].about);
}

/* One field with all values that have a name; or an area. */
static int show_field(struct monitor_call *call, const char *name)
{
	struct option_plan plan;
	const struct chip_option_field *field;
	int err = begin(call, &plan);

	if (err)
		return err;
	if (option_is_area(plan.chip, name)) {
		option_print_area(call, &plan, name);
		monitor_print(call, "  none, all, sectors:0-3,7 or addresses like 0x%08x-0x%08x\n",
			      plan.chip->banks[0].base, plan.chip->banks[0].base + (plan.chip->banks[0].size - 1));
		return OK;
	}
	field = option_find(plan.chip, name, call->why);
	if (!field)
		return E_ARGUMENT;
	option_print_field(call, field, plan.before);
	print_values(call, field);
	return OK;
}

static int show_all(struct monitor_call *call)
{
	struct option_plan plan;
	int err = begin(call, &plan);

	for (size_t i = 0; !err && i < plan.chip->option_field_count; i++)
		option_print_field(call, &plan.chip->option_fields[i], plan.before);
	for (size_t i = 0; !err && option_area_name(plan.chip, i); i++)
		option_print_area(call, &plan, option_area_name(plan.chip, i));
	return err;
}

static int run_option(struct monitor_call *call)
{
	if (!call->argc)
		return show_all(call);
	if (call->argc == 1 && !strchr(call->argv[0], '='))
		return show_field(call, call->argv[0]);
	return explain(call->why, E_ARGUMENT, "`option set NAME=VALUE...` changes option bytes (`help option set`).");
}

static int run_get(struct monitor_call *call)
{
	return call->argc == 1 ? show_field(call, call->argv[0]) : monitor_usage(call, "option get NAME");
}

static int run_set(struct monitor_call *call)
{
	const char *given = confirm_take(call);
	struct option_plan plan;
	int err;

	if (!call->argc)
		return monitor_usage(call, "option set NAME=VALUE...");
	err = begin(call, &plan);
	if (!err)
		err = option_plan_assign(&plan, call->argv, call->argc, call->why);
	return err ? err : option_change(call, &plan, given);
}

static int run_defaults(struct monitor_call *call)
{
	const char *given = confirm_take(call);
	struct option_plan plan;
	int err;

	if (call->argc)
		return monitor_usage(call, "option defaults");
	err = begin(call, &plan);
	if (err)
		return err;
	option_plan_defaults(&plan);
	return option_change(call, &plan, given);
}

/* ---- files ---- */

int option_read_file(struct monitor_call *call, struct option_plan *plan, const char *path)
{
	struct why reason = { "" };
	int err = begin(call, plan);
	FILE *file;

	if (err)
		return err;
	file = fopen(path, "r");
	if (!file)
		return new_file_explain(call->why, path, "can't be read");
	err = option_file_read(plan, file, &reason);
	fclose(file);
	return err ? explain(call->why, err, "%s: %s", path, reason.text) : OK;
}

static int run_diff(struct monitor_call *call)
{
	struct option_plan plan;
	int err;

	if (call->argc > 1)
		return monitor_usage(call, "option diff [FILE]");
	err = call->argc ? option_read_file(call, &plan, call->argv[0]) : begin(call, &plan);
	if (!err && !call->argc)
		option_plan_defaults(&plan);
	if (err)
		return err;
	if (!option_plan_change(&plan, 0))
		monitor_print(call, "There is no difference.\n");
	else
		monitor_print(call, "now -> %s\n", call->argc ? call->argv[0] : "as the factory left it");
	option_print_plan(call, &plan);
	return OK;
}

int option_save_file(struct monitor_call *call, const char *path)
{
	struct option_plan plan;
	struct new_file file;
	int err = begin(call, &plan);

	if (!err)
		err = new_file_open(&file, path, call->why);
	if (err)
		return err;
	err = new_file_close(&file, option_file_write(&plan, file.file), call->why);
	if (!err)
		monitor_print(call, "%s: %zu option fields\n", path, plan.chip->option_field_count);
	return err;
}

static int run_save(struct monitor_call *call)
{
	return call->argc == 1 ? option_save_file(call, call->argv[0]) : monitor_usage(call, "option save FILE");
}

static int run_restore(struct monitor_call *call)
{
	const char *given = confirm_take(call);
	struct option_plan plan;
	int err;

	if (call->argc != 1)
		return monitor_usage(call, "option restore FILE");
	err = option_read_file(call, &plan, call->argv[0]);
	return err ? err : option_change(call, &plan, given);
}

static int run_finish(struct monitor_call *call)
{
	const char *given = confirm_take(call);
	struct option_plan plan;
	int err;

	if (call->argc)
		return monitor_usage(call, "option finish");
	err = option_plan_broken_off(&plan, call->session->core, call->why);
	return err ? err : option_change(call, &plan, given);
}

enum { WRITE = MONITOR_TARGET | MONITOR_CONTROL | MONITOR_CHANGES };

const struct monitor_command monitor_option[] = {
	{ "option", "[NAME]", "Show option bytes\noption\noption RDP", MONITOR_TARGET, run_option },
	{ "option get", "NAME", "Show one, with the values it may have\noption get BOR_LEV", MONITOR_TARGET,
	  run_get },
	{ "option set", "NAME=VALUE... [confirm TOKEN]", "Change option bytes; shows what that does first\n"
	  "option set BOR_LEV=level1 nRST_STOP=0\n"
	  "option set WRP=sectors:0-3,7\noption set WRP=0x08000000-0x08003fff\noption set WRP=none\n"
	  "option set RDP=level1", WRITE, run_set },
	{ "option diff", "[FILE]", "Compare with the factory's, or with a file\noption diff\noption diff saved.txt",
	  MONITOR_TARGET, run_diff },
	{ "option save", "FILE", "Write option bytes to a text file\noption save saved.txt", MONITOR_TARGET,
	  run_save },
	{ "option restore", "FILE [confirm TOKEN]", "Set what a file says\noption restore saved.txt", WRITE,
	  run_restore },
	{ "option defaults", "[confirm TOKEN]", "Set them as the factory left them, where that can be undone\n"
	  "option defaults", WRITE, run_defaults },
	{ "option finish", "[confirm TOKEN]", "Do the rest of a change that broke off\noption finish", WRITE,
	  run_finish },
	{ NULL, NULL, NULL, 0, NULL },
};
