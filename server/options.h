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
	int swo_port;		/* -1 = none */
	bool once, stdio;
	bool extended_stays;	/* `target extended-remote` takes back once, as with st-util */
	int idle_exit_s;	/* 0 = never, -1 = as is usual: see serve.c */

	const char *probe;	/* NULL = the only one there is */
	const char *chip;	/* NULL = find out */
	const char *chips;	/* folder of chip files, or NULL */
	int connect;		/* enum connect_mode */
	int reset_type;		/* enum reset_kind */
	int speed_khz;		/* 0 = the probe's default */
	int swo_speed, cpu_clock;	/* Hz; 0 = as fast as is safe, measured */
	int on_exit;		/* enum on_exit */
	bool connect_now, no_low_power_debug;
	bool semihosting, semihosting_fileio;
	const char *semihosting_console;	/* gdb, stdout, tcp:PORT; NULL = gdb */
	const char *semihosting_files;		/* folder, or NULL */
	const char *semihosting_args;		/* or NULL */
	int semihosting_timeout_s;		/* 0 = none */
	const char *at_start;	/* monitor command, run when the target is reached at start; or NULL */
	const char *as;		/* only understood as the first word: see server/drop_in */

	bool json;
	const char *log, *log_file;
};

enum option_kind {
	OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER, OPTION_CHOICE, OPTION_COMMAND,
	OPTION_KHZ,	/* a number with K or M behind it, or nothing, which is K */
	OPTION_SET,	/* an int becomes low */
	OPTION_IGNORED,	/* understood, and without meaning here */
};

struct option_row {
	const char *group;	/* heading in the help; NULL = as the row before */
	const char *name;	/* long name, without dashes */
	char letter;		/* short name, or 0 */
	enum option_kind kind;
	const char *argument;	/* "N", "[N]" when it may be left out, or NULL */
	size_t offset;		/* into struct options, or a struct that begins with one */
	int low, high;		/* OPTION_NUMBER, OPTION_KHZ: limits; OPTION_COMMAND, OPTION_SET: low = the value */
	const char *choices;	/* OPTION_CHOICE: "run|halt|keep", numbered from 0 */
	unsigned commands;	/* bit n = command n takes it */
	const char *help;	/* what it does; \n = next line of help */
};

struct option_table {
	const struct option_row *rows;
	size_t count;
	bool one_dash;		/* long names may come with one dash: -cp */
};

struct command_row {
	const char *name, *arguments, *help;
};

extern const struct option_row option_rows[];
extern const size_t option_row_count;
enum { OPTION_ROWS_MAX = 64 };
extern const struct command_row command_rows[];		/* COMMAND_SERVE ... COMMAND_RUN */
extern const size_t command_row_count;

/* Parses argv (reorders it). E_ARGUMENT with a sentence in why when it makes no sense. */
int options_parse(struct options *options, int argc, char **argv, struct why *why);

/* Reads the options of any table into the struct that their offsets mean; given[i] tells that row i
 * was there, *bad (may be NULL) is the word that makes no sense. Returns what is left of argv in
 * options->arguments. */
int options_read(struct options *options, const struct option_table *table, int argc, char **argv,
		 bool given[OPTION_ROWS_MAX], const char **bad, struct why *why);

void options_print_help(FILE *file);
/* The options of a table, under the headings of its groups. */
void options_print_table(FILE *file, const struct option_table *table);

#endif
