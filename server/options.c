/* SPDX-License-Identifier: MIT
 *
 * The command line, read by GNU getopt_long from the table in option_rows.c.
 */
#include "server/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LETTERS_MAX = 3 * OPTION_ROWS_MAX + 2, FIRST_LONG = 256 };

/* What getopt_long wants to know, made from the table. Value FIRST_LONG + i is row i. */
struct getopt_tables {
	struct option longs[OPTION_ROWS_MAX + 1];
	char letters[LETTERS_MAX];
};

static int argument_of(const struct option_row *row)
{
	if (!row->argument)
		return no_argument;
	return *row->argument == '[' ? optional_argument : required_argument;
}

static void make_getopt_tables(struct getopt_tables *tables, const struct option_table *table)
{
	size_t at = 0;

	memset(tables, 0, sizeof *tables);
	tables->letters[at++] = ':';
	for (size_t i = 0; i < table->count && i < OPTION_ROWS_MAX; i++) {
		const struct option_row *row = &table->rows[i];
		int argument = argument_of(row);

		tables->longs[i] = (struct option){ row->name, argument, NULL, FIRST_LONG + (int)i };
		if (!row->letter)
			continue;
		tables->letters[at++] = row->letter;
		for (int colons = argument; colons > 0; colons--)
			tables->letters[at++] = ':';
	}
}

_Static_assert(no_argument == 0 && required_argument == 1 && optional_argument == 2,
	       "as many colons as getopt wants behind the letter");

static const struct option_row *find_row(const struct option_table *table, int value)
{
	if (value >= FIRST_LONG)
		return &table->rows[value - FIRST_LONG];
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].letter == value)
			return &table->rows[i];
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

static int set_khz(const struct option_row *row, int *field, const char *text, struct why *why)
{
	char *end;
	long number = strtol(text, &end, 10);
	bool mega = *end == 'M' || *end == 'm';

	end += mega || *end == 'K' || *end == 'k';
	number = mega && number < INT_MAX / 1000 ? number * 1000 : number;
	if (end == text || *end || number < row->low || number > row->high)
		return explain(why, E_ARGUMENT, "--%s %s: kHz from %d to %d are wanted, or 1M",
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

	if (!text && argument_of(row) == optional_argument)
		return 0;
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
	case OPTION_KHZ:
		return set_khz(row, field, text, why);
	case OPTION_SET:
		*(int *)field = row->low;
		return 0;
	case OPTION_IGNORED:
		return 0;
	}
	return E_ARGUMENT;
}

/* getopt_long's complaints in our words; value is ':' or '?'. */
static int explain_bad_option(const struct option_table *table, int value, char **argv,
			      struct why *why)
{
	const char *word = argv[optind - 1];

	if (value == ':')
		return explain(why, E_ARGUMENT, "%s wants an argument", word);
	if (optopt >= FIRST_LONG)
		return explain(why, E_ARGUMENT, "--%s takes no argument",
			       table->rows[optopt - FIRST_LONG].name);
	if (optopt)
		return explain(why, E_ARGUMENT, "unknown option -%c", optopt);
	return explain(why, E_ARGUMENT, "unknown or ambiguous option %s", word);
}

static int take_command(struct options *options, struct why *why)
{
	const char *word = options->arguments[0];

	if (options->command != COMMANDS)	/* -h or -V */
		return 0;
	options->command = COMMAND_SERVE;
	if (!word)
		return 0;
	for (size_t i = 0; i < command_row_count; i++) {
		if (strcmp(word, command_rows[i].name) == 0) {
			options->command = (enum command)i;
			options->arguments++;
			return 0;
		}
	}
	return explain(why, E_ARGUMENT, "unknown command '%s'", word);
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
	if (options->as)
		return explain(why, E_ARGUMENT, "--as %s: it has to be the first word, and the name "
			       "ST-LINK_gdbserver or st-util", options->as);
	if (options->stdio && options->bind)
		return explain(why, E_ARGUMENT, "--bind means nothing with --stdio");
	return 0;
}

int options_read(struct options *options, const struct option_table *table, int argc, char **argv,
		 bool given[OPTION_ROWS_MAX], const char **bad, struct why *why)
{
	int (*next)(int, char *const *, const char *, const struct option *, int *) =
		table->one_dash ? getopt_long_only : getopt_long;
	struct getopt_tables tables;
	int value, err = 0;

	make_getopt_tables(&tables, table);
	optind = 0;	/* start from the beginning, also the second time (GNU) */
	opterr = 0;
	while (!err && (value = next(argc, argv, tables.letters, tables.longs, NULL)) != -1) {
		const struct option_row *row = find_row(table, value);

		if (value == '?' || value == ':' || !row) {
			err = explain_bad_option(table, value, argv, why);
		} else {
			err = set(options, row, optarg, why);
			given[row - table->rows] = true;
		}
		if (err && bad)
			*bad = argv[optind - 1];
	}
	options->arguments = argv + optind;
	return err;
}

int options_parse(struct options *options, int argc, char **argv, struct why *why)
{
	const struct option_table table = { option_rows, option_row_count, false };
	bool given[OPTION_ROWS_MAX] = { false };
	int err;

	*options = (struct options){ .command = COMMANDS, .port = 3333, .idle_exit_s = -1, .swo_port = -1 };
	err = options_read(options, &table, argc, argv, given, NULL, why);
	if (!err)
		err = take_command(options, why);
	if (!err)
		err = check_arguments(options, why);
	return err ? err : check_fit(options, given, why);
}
