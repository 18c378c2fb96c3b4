/* SPDX-License-Identifier: MIT
 *
 * Servers that IDEs start by name, and whose place Tether takes when it is started by that name (or
 * with --as NAME): their options, their words, their exit status, in front of the same server.
 */
#ifndef SERVER_DROP_IN_H
#define SERVER_DROP_IN_H

#include "server/options.h"
#include "server/serve.h"

enum { CONFIG_WORDS = 256, CONFIG_SIZE = 8192 };

/* A command line, part of which came from a file. */
struct config_words {
	int count;
	char *words[CONFIG_WORDS + 1];	/* into argv and text; NULL at the end */
	char text[CONFIG_SIZE];
};

/* What they can be told beyond our own options. */
struct drop_in_options {
	struct options options;		/* first: the tables' offsets begin with it */
	int action;			/* of drop_in.actions; 0 = serve */
	bool persistent, swd, attach, under_reset, no_reset, erase_all, verify, verbose, v1;
	int log_level, console_port, swo_divider;
	const char *semihosting, *external_loader;
	char storage[64];		/* for texts made from several options */
	struct config_words config;
};

struct drop_in {
	const char *name;
	struct option_table table;
	int port;			/* unless told otherwise */
	bool has_config_file;		/* knows -c FILE */
	/* What follows from several options together. 0, or E_ARGUMENT with a sentence. */
	int (*settle)(struct drop_in_options *options, struct why *why);
	/* Says what is wrong with the command line; word may be NULL. */
	void (*complain)(const char *word, const char *sentence);
	struct serve_words words;
	/* What is done instead of serving: help, version, lists. Row 0 is not used. */
	enum exit_status (*const *actions)(const struct drop_in *drop_in);
};

extern const struct drop_in drop_in_st_link, drop_in_st_util;

/* The one that argv[0], or --as as the first word, names; NULL = none. *skipped: how many words come
 * before its name. */
const struct drop_in *drop_in_named(int argc, char **argv, int *skipped);

/* Reads its command line. EXIT_OK, or the status to end with; it was said by then. */
enum exit_status drop_in_parse(const struct drop_in *drop_in, struct drop_in_options *options,
			       int argc, char **argv);

/* For their tables of actions. */
enum exit_status drop_in_print_help(const struct drop_in *drop_in);

/* The command line with the words of the file that "-c FILE" or "--config-file FILE" names in their
 * place. E_ARGUMENT with a sentence. */
int config_add_text(struct config_words *config, struct why *why);	/* the words of text: pure; fuzzed */
int config_expand(struct config_words *config, int argc, char **argv, struct why *why);

#endif
