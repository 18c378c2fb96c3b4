/* SPDX-License-Identifier: MIT
 *
 * The command line: words in, options out; and a help page that fits a terminal.
 */
#include "server/options.h"

#include "probe/bytes.h"
#include "targets/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS = 24, HELP_WIDTH = 80 };

struct line {
	char *words[WORDS];
	struct options options;
	struct why why;
	int err;
};

/* Parses "tether " and the words of text. */
static struct line *parse(const char *text)
{
	static struct line line;
	static char copy[512];
	char *rest = copy, *word;
	int count = 0;

	memset(&line, 0, sizeof line);
	snprintf(copy, sizeof copy, "tether %s", text);
	while ((word = strsep(&rest, " ")) && count < WORDS - 1)
		if (*word)
			line.words[count++] = word;
	line.err = options_parse(&line.options, count, line.words, &line.why);
	return &line;
}

static void serves_with_defaults(void **state)
{
	const struct options *o = &parse("")->options;

	(void)state;
	assert_int_equal(o->command, COMMAND_SERVE);
	assert_int_equal(o->port, 3333);
	assert_null(o->bind);
	assert_null(o->probe);
	assert_int_equal(o->connect, CONNECT_AUTO);
	assert_int_equal(o->on_exit, ON_EXIT_RUN);
	assert_int_equal(o->speed_khz, 0);
	assert_false(o->once || o->stdio || o->json || o->semihosting || o->connect_now);
}

static void takes_all_spellings_of_an_option(void **state)
{
	static const char *const lines[] = {
		"-p 4444", "-p4444", "--port 4444", "--port=4444", "--po 4444", "--port 0x115c",
		"serve -p 4444", "-p 4444 serve",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct line *line = parse(lines[i]);

		assert_int_equal(line->err, 0);
		assert_int_equal(line->options.command, COMMAND_SERVE);
		assert_int_equal(line->options.port, 4444);
	}
}

static void takes_every_option_of_serve(void **state)
{
	struct line *line = parse("--bind 0.0.0.0 --once --probe 066C --speed 1800 --chip STM32F407VG "
				  "--chips=d --connect under-reset --on-exit halt --semihosting "
				  "--connect-now --no-low-power-debug");
	const struct options *o = &line->options;

	(void)state;
	assert_int_equal(line->err, 0);
	assert_string_equal(o->bind, "0.0.0.0");
	assert_string_equal(o->probe, "066C");
	assert_string_equal(o->chip, "STM32F407VG");
	assert_string_equal(o->chips, "d");
	assert_int_equal(o->speed_khz, 1800);
	assert_int_equal(o->connect, CONNECT_UNDER_RESET);
	assert_int_equal(o->on_exit, ON_EXIT_HALT);
	assert_true(o->once && o->semihosting && o->connect_now && o->no_low_power_debug);
}

/* The words in the table stand for the enums of other modules: by order. */
static void numbers_choices_as_their_enums(void **state)
{
	(void)state;
	assert_int_equal(parse("--connect auto")->options.connect, CONNECT_AUTO);
	assert_int_equal(parse("--connect normal")->options.connect, CONNECT_NORMAL);
	assert_int_equal(parse("--connect under-reset")->options.connect, CONNECT_UNDER_RESET);
	assert_int_equal(parse("--connect hot-plug")->options.connect, CONNECT_HOT_PLUG);
	assert_int_equal(parse("--on-exit run")->options.on_exit, ON_EXIT_RUN);
	assert_int_equal(parse("--on-exit halt")->options.on_exit, ON_EXIT_HALT);
	assert_int_equal(parse("--on-exit keep")->options.on_exit, ON_EXIT_KEEP);
}

static void takes_commands_with_arguments(void **state)
{
	struct line *line = parse("run --json halt --probe 06 resume");

	(void)state;
	assert_int_equal(line->err, 0);
	assert_int_equal(line->options.command, COMMAND_RUN);
	assert_true(line->options.json);
	assert_string_equal(line->options.arguments[0], "halt");
	assert_string_equal(line->options.arguments[1], "resume");
	assert_null(line->options.arguments[2]);

	line = parse("chips f407");
	assert_int_equal(line->options.command, COMMAND_CHIPS);
	assert_string_equal(line->options.arguments[0], "f407");
	assert_int_equal(parse("list --json")->options.command, COMMAND_LIST);
}

static void knows_help_and_version_whatever_else_is_said(void **state)
{
	static const struct { const char *line; enum command command; } rows[] = {
		{ "-h", COMMAND_HELP }, { "--help", COMMAND_HELP }, { "run --help", COMMAND_HELP },
		{ "-V", COMMAND_VERSION }, { "--version", COMMAND_VERSION },
		{ "list --port 1 -h", COMMAND_HELP },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(parse(rows[i].line)->err, 0);
		assert_int_equal(parse(rows[i].line)->options.command, rows[i].command);
	}
}

static void refuses_nonsense_with_a_sentence(void **state)
{
	static const struct { const char *line, *sentence; } rows[] = {
		{ "--nonsense", "unknown or ambiguous option --nonsense" },
		{ "--connec", "unknown or ambiguous option --connec" },
		{ "-x", "unknown option -x" },
		{ "--once=1", "--once takes no argument" },
		{ "--port", "--port wants an argument" },
		{ "-p", "-p wants an argument" },
		{ "--port x", "--port x: a number from 0 to 65535 is wanted" },
		{ "--port 70000", "--port 70000: a number from 0 to 65535 is wanted" },
		{ "--port -1", "--port -1: a number from 0 to 65535 is wanted" },
		{ "--port 1k", "--port 1k: a number from 0 to 65535 is wanted" },
		{ "--port 99999999999999999999",
		  "--port 99999999999999999999: a number from 0 to 65535 is wanted" },
		{ "--speed 0", "--speed 0: a number from 1 to 100000 is wanted" },
		{ "--probe=", "--probe wants more than nothing" },
		{ "--connect sideways",
		  "--connect sideways: auto|normal|under-reset|hot-plug|hot-plug,no-halt is wanted" },
		{ "--on-exit ru", "--on-exit ru: run|halt|keep is wanted" },
		{ "frobnicate", "unknown command 'frobnicate'" },
		{ "serve now", "'now' is one word too many for serve" },
		{ "list all", "'all' is one word too many for list" },
		{ "chips a b", "'b' is one word too many for chips" },
		{ "run", "run wants a command, like: tether run \"flash info\"" },
		{ "list --port 1", "--port means nothing to list" },
		{ "--json", "--json means nothing to serve" },
		{ "--stdio --bind ::1", "--bind means nothing with --stdio" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct line *line = parse(rows[i].line);

		assert_int_equal(line->err, E_ARGUMENT);
		assert_string_equal(line->why.text, rows[i].sentence);
	}
}

static void prints_help_of_at_most_80_columns(void **state)
{
	char *text = NULL, *rest, *line;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	options_print_help(file);
	fclose(file);
	for (size_t i = 0; i < option_row_count; i++)
		assert_non_null(strstr(text, option_rows[i].name));
	for (size_t i = 0; i < command_row_count; i++)
		assert_non_null(strstr(text, command_rows[i].name));
	rest = text;
	while ((line = strsep(&rest, "\n")))
		assert_in_range(strlen(line), 0, HELP_WIDTH);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serves_with_defaults),
		cmocka_unit_test(takes_all_spellings_of_an_option),
		cmocka_unit_test(takes_every_option_of_serve),
		cmocka_unit_test(numbers_choices_as_their_enums),
		cmocka_unit_test(takes_commands_with_arguments),
		cmocka_unit_test(knows_help_and_version_whatever_else_is_said),
		cmocka_unit_test(refuses_nonsense_with_a_sentence),
		cmocka_unit_test(prints_help_of_at_most_80_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
