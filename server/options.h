/* SPDX-License-Identifier: MIT
 *
 * The command line: one table of options gives parsing, --help and, by scripts, the man page and
 * the completions.
 */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "probe/error.h"
#include "server/engine.h"

enum command {
	COMMAND_SERVE, COMMAND_LIST, COMMAND_CHIPS, COMMAND_RUN,
	COMMAND_HELP, COMMAND_VERSION,	/* -h, -V */
	COMMANDS
};

/* What the user wants. Strings point into argv. */
struct options {
	enum command command;
	char **arguments;	/* what follows the command's name, NULL at its end */

	int port;
	const char *bind;	/* NULL = both loopbacks */
	bool once, stdio;

	const char *probe;	/* NULL = the only one there is */
	const char *chip;	/* NULL = find out */
	const char *chips;	/* folder of chip files, or NULL */
	int connect;		/* enum connect_mode */
	int speed_khz;		/* 0 = the probe's default */
	int on_exit;		/* enum on_exit */
	bool connect_now, semihosting, no_low_power_debug;

	bool json;
	const char *log, *log_file;
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER, OPTION_CHOICE, OPTION_COMMAND };

struct option_row {
	const char *group;	/* heading in the help; NULL = as the row before */
	const char *name;	/* long name, without dashes */
	char letter;		/* short name, or 0 */
	enum option_kind kind;
	const char *argument;	/* "N", or NULL */
	size_t offset;		/* into struct options */
	int low, high;		/* OPTION_NUMBER: limits; OPTION_COMMAND: low = the command */
	const char *choices;	/* OPTION_CHOICE: "run|halt|keep", numbered from 0 */
	unsigned commands;	/* bit n = command n takes it */
	const char *help;	/* what it does; \n = next line of help */
};

struct command_row {
	const char *name, *arguments, *help;
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;
extern const struct command_row command_rows[];		/* COMMAND_SERVE ... COMMAND_RUN */
extern const size_t command_row_count;

/* Parses argv (reorders it). E_ARGUMENT with a sentence in why when it makes no sense. */
int options_parse(struct options *options, int argc, char **argv, struct why *why);

void options_print_help(FILE *file);

#endif
