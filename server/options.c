/* SPDX-License-Identifier: MIT
 *
 * The command line, read by GNU getopt_long from the table in option_rows.c.
 */
#include "server/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 40, LETTERS_MAX = 3 * ROWS_MAX + 2, FIRST_LONG = 256 };

/* What getopt_long wants to know, made from the table. Value FIRST_LONG + i is row i. */
struct getopt_tables {
	struct option longs[ROWS_MAX + 1];
	char letters[LETTERS_MAX];
};

static void make_getopt_tables(struct getopt_tables *tables)
{
	size_t at = 0;

	memset(tables, 0, sizeof *tables);
	tables->letters[at++] = ':';
	for (size_t i = 0; i < option_row_count && i < ROWS_MAX; i++) {
		const struct option_row *row = &option_rows[i];

		tables->longs[i] = (struct option){
			row->name, row->argument ? required_argument : no_argument, NULL,
			FIRST_LONG + (int)i,
		};
		if (!row->letter)
			continue;
		tables->letters[at++] = row->letter;
		if (row->argument)
			tables->letters[at++] = ':';
	}
}

static const struct option_row *find_row(int value)
{
	if (value >= FIRST_LONG)
		return &option_rows[value - FIRST_LONG];
	for (size_t i = 0; i < option_row_count; i++)
		if (option_rows[i].letter == value)
			return &option_rows[i];
	return NULL;
}

static int set_number(const struct option_row *row, int *field, const char *text, struct why *why)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 0);
	if (end == text || *end || errno || number < row->low || number > row->high)
		return explain(why, E_ARGUMENT, "--%s %s: a number from %d to %d is wanted",
			       row->name, text, row->low, row->high);
	*field = (int)number;
	return 0;
}

static int set_choice(const struct option_row *row, int *field, const char *text, struct why *why)
{
	const char *choice = row->choices;
	int number = 0;

	for (;; number++) {
		size_t length = strcspn(choice, "|");

		if (length == strlen(text) && strncmp(choice, text, length) == 0) {
			*field = number;
			return 0;
		}
		if (!choice[length])
			break;
		choice += length + 1;
	}
	return explain(why, E_ARGUMENT, "--%s %s: %s is wanted", row->name, text, row->choices);
}

static int set(struct options *options, const struct option_row *row, const char *text,
	       struct why *why)
{
	void *field = (char *)options + row->offset;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_TEXT:
		if (!*text)
			return explain(why, E_ARGUMENT, "--%s wants more than nothing", row->name);
		*(const char **)field = text;
		return 0;
	case OPTION_NUMBER:
		return set_number(row, field, text, why);
	case OPTION_CHOICE:
		return set_choice(row, field, text, why);
	case OPTION_COMMAND:
		*(enum command *)field = (enum command)row->low;
		return 0;
	}
	return E_ARGUMENT;
}

/* getopt_long's complaints in our words; value is ':' or '?'. */
static int explain_bad_option(int value, char **argv, struct why *why)
{
	const char *word = argv[optind - 1];

	if (value == ':')
		return explain(why, E_ARGUMENT, "%s wants an argument", word);
	if (optopt >= FIRST_LONG)
		return explain(why, E_ARGUMENT, "--%s takes no argument",
			       option_rows[optopt - FIRST_LONG].name);
	if (optopt)
		return explain(why, E_ARGUMENT, "unknown option -%c", optopt);
	return explain(why, E_ARGUMENT, "unknown or ambiguous option %s", word);
}

static int take_command(struct options *options, char **argv, struct why *why)
{
	options->arguments = argv + optind;
	if (options->command != COMMANDS)	/* -h or -V */
		return 0;
	options->command = COMMAND_SERVE;
	if (!argv[optind])
		return 0;
	for (size_t i = 0; i < command_row_count; i++) {
		if (strcmp(argv[optind], command_rows[i].name) == 0) {
			options->command = (enum command)i;
			options->arguments++;
			return 0;
		}
	}
	return explain(why, E_ARGUMENT, "unknown command '%s'", argv[optind]);
}

static int check_arguments(const struct options *options, struct why *why)
{
	size_t count = 0, most = 0;

	while (options->arguments[count])
		count++;
	if (options->command >= COMMAND_HELP)
		return 0;
	if (options->command == COMMAND_RUN && count == 0)
		return explain(why, E_ARGUMENT,
			       "run wants a command, like: tether run \"flash info\"");
	most = options->command == COMMAND_RUN ? count : options->command == COMMAND_CHIPS;
	if (count > most)
		return explain(why, E_ARGUMENT, "'%s' is one word too many for %s",
			       options->arguments[most], command_rows[options->command].name);
	return 0;
}

static int check_fit(const struct options *options, const bool given[], struct why *why)
{
	if (options->command >= COMMAND_HELP)
		return 0;
	for (size_t i = 0; i < option_row_count; i++)
		if (given[i] && !(option_rows[i].commands >> options->command & 1))
			return explain(why, E_ARGUMENT, "--%s means nothing to %s",
				       option_rows[i].name, command_rows[options->command].name);
	if (options->stdio && options->bind)
		return explain(why, E_ARGUMENT, "--bind means nothing with --stdio");
	return 0;
}

int options_parse(struct options *options, int argc, char **argv, struct why *why)
{
	struct getopt_tables tables;
	bool given[ROWS_MAX] = { false };
	int value, err;

	*options = (struct options){ .command = COMMANDS, .port = 3333 };
	make_getopt_tables(&tables);
	optind = 0;	/* start from the beginning, also the second time (GNU) */
	opterr = 0;
	while ((value = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) != -1) {
		const struct option_row *row = find_row(value);

		if (value == '?' || value == ':' || !row)
			return explain_bad_option(value, argv, why);
		err = set(options, row, optarg, why);
		if (err)
			return err;
		given[row - option_rows] = true;
	}
	err = take_command(options, argv, why);
	if (!err)
		err = check_arguments(options, why);
	return err ? err : check_fit(options, given, why);
}
