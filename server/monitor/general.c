/* SPDX-License-Identifier: MIT
 *
 * Monitor commands about Tether itself: help, version, log, stats, report, exit.
 */
#include "server/monitor/monitor.h"
#include "server/session/session.h"

#include "probe/bytes.h"
#include "probe/exchange_text.h"
#include "probe/log.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { REPORTED = 200 /* exchanges in a report */, HELP_COLUMN = 34 };

/* A row's help may go on with examples, each a line. */
static void print_row(struct monitor_call *call, const struct monitor_command *row, bool with_examples)
{
	int width = HELP_COLUMN - (int)strlen(row->name) - 1, line = (int)strcspn(row->help, "\n");

	monitor_print(call, "  %s %-*s ", row->name, width > 0 ? width : 0, row->arguments);
	if (width < (int)strlen(row->arguments))
		monitor_print(call, "\n%*s", HELP_COLUMN + 3, "");
	monitor_print(call, "%.*s\n", line, row->help);
	while (with_examples && row->help[line]) {
		const char *example = row->help + line + 1;
		int length = (int)strcspn(example, "\n");

		monitor_print(call, "      %.*s\n", length, example);
		line += 1 + length;
	}
}

static int run_help(struct monitor_call *call)
{
	const struct monitor_command *row;
	unsigned shown = 0;
	char about[60];

	snprintf(about, sizeof(about), "%s%s%s", call->argc ? call->argv[0] : "",
		 call->argc > 1 ? " " : "", call->argc > 1 ? call->argv[1] : "");

	for (size_t i = 0; (row = monitor_row(i)); i++) {
		if (strncasecmp(row->name, about, strlen(about)) ||
		    (row->rules & MONITOR_SPELLING && !*about))
			continue;
		print_row(call, row, *about);
		shown++;
	}
	if (!shown)
		return explain(call->why, E_ARGUMENT, "Unknown command '%s'.", about);
	if (!*about)
		monitor_print(call, "`help COMMAND` shows an example.\n");
	return OK;
}

static int run_version(struct monitor_call *call)
{
	monitor_print(call, "tether %s\n", TETHER_VERSION);
	return OK;
}

static int run_log(struct monitor_call *call)
{
	const char *bad;

	if (!call->argc) {
		monitor_print(call, "channels: %s\n", log_channel_names());
		return OK;
	}
	if (log_enable(call->argv[0], &bad))
		return explain(call->why, E_ARGUMENT, "There is no channel '%s'. Channels: %s.", bad,
			       log_channel_names());
	return OK;
}

/* Of a virtual probe: where the time would have gone on a real board. */
static void print_times(struct monitor_call *call)
{
	struct link_times times;

	if (!link_times(probe_link(call->engine->board.probe), &times))
		return;
	monitor_print(call, "modelled    %.3f ms: USB %.3f, SWD %.3f, waiting %.3f\n",
		      (double)times.total_ns / 1e6, (double)times.usb_ns / 1e6,
		      (double)times.swd_ns / 1e6, (double)times.wait_ns / 1e6);
	monitor_print(call, "meanwhile   flash busy %.3f ms, core running %.3f ms\n",
		      (double)times.flash_busy_ns / 1e6, (double)times.cpu_ns / 1e6);
}

static int run_stats(struct monitor_call *call)
{
	struct probe_stats stats;

	probe_stats(call->engine->board.probe, &stats);
	monitor_print(call, "exchanges   %llu (%llu bytes out, %llu bytes in)\n",
		      (unsigned long long)stats.exchanges, (unsigned long long)stats.bytes_out,
		      (unsigned long long)stats.bytes_in);
	monitor_print(call, "link time   %llu.%03llu ms\n", (unsigned long long)stats.us / 1000,
		      (unsigned long long)stats.us % 1000);
	print_times(call);
	monitor_print(call, "troubles    %llu waits, %llu faults, %llu retries, %llu "
		      "resynchronisations\n", (unsigned long long)stats.waits,
		      (unsigned long long)stats.faults, (unsigned long long)stats.retries,
		      (unsigned long long)stats.resyncs);
	return OK;
}

static int run_line(struct monitor_call *call, const char *line)
{
	return monitor_run(call->engine, call->peer, line, call->print, call->context, call->why);
}

/* The last ones before number, oldest first. */
static void print_exchanges(struct monitor_call *call, uint64_t number)
{
	const struct link *link = probe_link(call->engine->board.probe);
	const struct link_record *record;
	char text[200];

	for (uint64_t i = number > REPORTED ? number - REPORTED : 0; i < number; i++) {
		record = link_record(link, i);
		if (!record)
			continue;
		exchange_text(record, text, sizeof(text));
		monitor_print(call, "%llu %s\n", (unsigned long long)i, text);
	}
}

/* Everything that helps to understand a report of trouble; no memory contents. */
static int run_report(struct monitor_call *call)
{
	static const char *const parts[] = { "version", "probe", "info", "option", "stats" };
	uint64_t before = probe_link(call->engine->board.probe)->exchanges;
	char climb[CLIMB_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		monitor_print(call, "--- %s\n", parts[i]);
		if (run_line(call, parts[i]))
			monitor_print(call, "%s\n", call->why->text);
	}
	monitor_print(call, "--- connect\n%s\n",
		      climb_text(&call->engine->board.climb, climb, sizeof(climb)));
	monitor_print(call, "--- last exchanges\n");
	print_exchanges(call, before);
	call->why->text[0] = '\0';
	return OK;
}

static int run_exit(struct monitor_call *call)
{
	monitor_print(call, "The server ends.\n");
	call->engine->exit_asked = true;
	return OK;
}

const struct monitor_command monitor_general[] = {
	{ "help", "[COMMAND]", "List commands, or those that begin so, with examples\nhelp flash", 0, run_help },
	{ "version", "", "Show the version of Tether", 0, run_version },
	{ "log", "[CHANNELS]", "Turn log channels on, or off with -NAME\nlog gdb,-target", 0, run_log },
	{ "stats", "", "Count what went over USB so far", 0, run_stats },
	{ "report", "", "Print what a report of trouble should contain", 0, run_report },
	{ "exit", "", "End the server", MONITOR_CONTROL, run_exit },
	{ NULL, NULL, NULL, 0, NULL },
};
