/* SPDX-License-Identifier: MIT
 *
 * Which server's place is taken, and its command line.
 */
#include "server/drop_in/drop_in.h"

#include "probe/bytes.h"

#include <string.h>

static const struct drop_in *const drop_ins[] = { &drop_in_st_link, &drop_in_st_util };

static const struct drop_in *find(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < ARRAY_SIZE(drop_ins); i++)
		if (strcmp(name, drop_ins[i]->name) == 0)
			return drop_ins[i];
	return NULL;
}

const struct drop_in *drop_in_named(int argc, char **argv, int *skipped)
{
	*skipped = 0;
	if (argc < 1)
		return NULL;
	if (argc < 3 || strcmp(argv[1], "--as") != 0)
		return find(argv[0]);
	*skipped = 2;
	return find(argv[2]);
}

static int read_words(const struct drop_in *drop_in, struct drop_in_options *options, int argc,
		      char **argv, const char **bad, struct why *why)
{
	bool given[OPTION_ROWS_MAX] = { false };
	int err = 0;

	if (drop_in->has_config_file) {
		err = config_expand(&options->config, argc, argv, why);
		argc = options->config.count;
		argv = options->config.words;
	}
	if (!err)
		err = options_read(&options->options, &drop_in->table, argc, argv, given, bad, why);
	if (!err && options->options.arguments[0]) {
		*bad = options->options.arguments[0];
		err = explain(why, E_ARGUMENT, "'%s' is one word too many", *bad);
	}
	return err || options->action ? err : drop_in->settle(options, why);
}

enum exit_status drop_in_parse(const struct drop_in *drop_in, struct drop_in_options *options,
			       int argc, char **argv)
{
	struct why why = { "" };
	const char *bad = NULL;

	memset(options, 0, sizeof(*options));
	options->options.port = drop_in->port;
	options->options.swo_port = options->options.idle_exit_s = -1;
	options->options.connect_now = true;
	if (!read_words(drop_in, options, argc, argv, &bad, &why))
		return EXIT_OK;
	drop_in->complain(bad, why.text);
	return EXIT_FAILED;
}

enum exit_status drop_in_print_help(const struct drop_in *drop_in)
{
	printf("Usage: %s [OPTIONS]\nTether %s in its place: a GDB server for STM32 over ST-LINK.\n",
	       drop_in->name, TETHER_VERSION);
	options_print_table(stdout, &drop_in->table);
	return EXIT_OK;
}
