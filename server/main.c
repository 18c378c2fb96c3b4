/* SPDX-License-Identifier: MIT
 *
 * tether, and with TETHER_VIRTUAL tether-virtual: reads the command line and does what it
 * says.
 */
#include "server/drop_in/drop_in.h"
#include "server/exit_status.h"
#include "server/list.h"
#include "server/options.h"
#include "server/rig.h"
#include "server/run.h"
#include "server/serve.h"
#include "server/virtual_program.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef TETHER_VIRTUAL
#include "server/virtual/open.h"

static const struct virtual_opener *const virtual_opener = &virtual_open;
#else
static const struct virtual_opener *const virtual_opener = NULL;
#endif

static enum exit_status complain_usage(const char *text)
{
	fprintf(stderr, "tether: %s\nTry 'tether --help'.\n", text);
	return EXIT_USAGE;
}

/* Only returns when it can't. */
static enum exit_status become_virtual(char **argv)
{
	char path[PATH_MAX];

	virtual_program_find(path, sizeof path);
	execvp(path, argv);
	fprintf(stderr, "tether: virtual probes are in a program of its own, but %s: %s. "
		"`make` builds it, unless told VIRTUAL=0.\n", path, strerror(errno));
	return EXIT_NO_PROBE;
}

static int set_up_log(const struct options *options, struct why *why)
{
	const char *bad;

	if (options->log && log_enable(options->log, &bad))
		return explain(why, E_ARGUMENT, "--log: there is no channel '%.*s'; there are %s",
			       (int)strcspn(bad, ","), bad, log_channel_names());
	if (options->log_file && log_to_file(options->log_file))
		return explain(why, E_SYSTEM, "--log-file %s: %s", options->log_file,
			       strerror(errno));
	return 0;
}

static enum exit_status print_help(const struct options *options)
{
	(void)options;
	options_print_help(stdout);
	return EXIT_OK;
}

static enum exit_status print_version(const struct options *options)
{
	(void)options;
	printf("tether %s\n", TETHER_VERSION);
	return EXIT_OK;
}

static enum exit_status serve_here(const struct options *options)
{
	return serve(options, &serve_own_words, virtual_opener);
}

static enum exit_status run_here(const struct options *options)
{
	return run(options, virtual_opener);
}

static enum exit_status (*const commands[COMMANDS])(const struct options *options) = {
	[COMMAND_SERVE] = serve_here,
	[COMMAND_LIST] = list_probes,
	[COMMAND_CHIPS] = list_chips,
	[COMMAND_RUN] = run_here,
	[COMMAND_HELP] = print_help,
	[COMMAND_VERSION] = print_version,
};

/* stdout is what scripts read: what did not get out is a failure. */
static enum exit_status flushed(enum exit_status status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "tether: can't write to stdout: %s\n", strerror(errno));
	return EXIT_FAILED;
}

static enum exit_status be_drop_in(const struct drop_in *drop_in, int argc, char **argv,
				   char **all_argv)
{
	struct drop_in_options options;
	struct why why = { "" };
	enum exit_status status = drop_in_parse(drop_in, &options, argc, argv);

	if (status != EXIT_OK)
		return status;
	if (options.action)
		return drop_in->actions[options.action](drop_in);
	if (rig_wants_virtual(&options.options) && !virtual_opener)
		return become_virtual(all_argv);
	if (set_up_log(&options.options, &why))
		return drop_in->words.fail(&options.options, EXIT_FAILED, why.text);
	return serve(&options.options, &drop_in->words, virtual_opener);
}

static enum exit_status be_tether(int argc, char **argv)
{
	struct options options;
	struct why why = { "" };
	int err = options_parse(&options, argc, argv, &why);

	if (!err && rig_wants_virtual(&options) && !virtual_opener)
		return become_virtual(argv);
	if (!err)
		err = set_up_log(&options, &why);
	if (err == E_ARGUMENT)
		return complain_usage(why.text);
	if (err)
		return serve_own_words.fail(&options, EXIT_FAILED, why.text);
	return commands[options.command](&options);
}

int main(int argc, char **argv)
{
	int skipped;
	const struct drop_in *drop_in = drop_in_named(argc, argv, &skipped);

	if (drop_in)
		return (int)flushed(be_drop_in(drop_in, argc - skipped, argv + skipped, argv));
	return (int)flushed(be_tether(argc, argv));
}
