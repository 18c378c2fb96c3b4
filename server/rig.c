/* SPDX-License-Identifier: MIT
 *
 * Everything between the command line and a working engine.
 */
#include "server/rig.h"

#include "server/connect_report.h"

#include "probe/probe.h"
#include "probe/usb_list.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char virtual_prefix[] = "virtual:";

bool rig_wants_virtual(const struct options *options)
{
	return options->probe &&
	       strncasecmp(options->probe, virtual_prefix, strlen(virtual_prefix)) == 0;
}

static int open_link(struct link **out, const struct options *options,
		     const struct virtual_opener *virtual_opener, const struct chip_library *chips,
		     struct why *why)
{
	if (!rig_wants_virtual(options))
		return link_usb_open(out, options->probe, why);
	if (!virtual_opener)
		return explain(why, E_NO_PROBE, "this program has no virtual probe");
	return virtual_opener->open(out, options->probe, chips, why);
}

static int choose_console(struct semihosting_options *semihosting, unsigned *port,
			  const struct options *options, struct why *why)
{
	const char *where = options->semihosting_console;
	int end = 0;

	if (!where || strcmp(where, "gdb") == 0)
		return 0;
	semihosting->console = strcmp(where, "stdout") == 0 ? CONSOLE_STDOUT : CONSOLE_TCP;
	semihosting->input_comes = semihosting->console == CONSOLE_TCP;
	if (semihosting->console == CONSOLE_STDOUT && options->stdio)
		return explain(why, E_ARGUMENT, "--semihosting-console stdout means nothing with "
			       "--stdio, where GDB reads stdout");
	if (semihosting->console == CONSOLE_TCP &&
	    (sscanf(where, "tcp:%5u%n", port, &end) != 1 || where[end] || *port > UINT16_MAX))
		return explain(why, E_ARGUMENT, "--semihosting-console %s: gdb, stdout or tcp:PORT is "
			       "wanted", where);
	return 0;
}

int rig_semihosting(struct semihosting_options *semihosting, unsigned *port,
		    const struct options *options, struct why *why)
{
	const char *folder = options->semihosting_files;

	*semihosting = (struct semihosting_options){
		.on = options->semihosting || options->semihosting_fileio || folder ||
		      options->semihosting_console || options->semihosting_args ||
		      options->semihosting_timeout_s,
		.by_gdb = options->semihosting_fileio,
		.folder = folder,
		.arguments = options->semihosting_args,
		.console = options->command == COMMAND_RUN ? CONSOLE_STDOUT : CONSOLE_GDB,
		.input_comes = options->command == COMMAND_RUN,
	};
	if (folder && host_folder_check(folder, why))
		return E_ARGUMENT;
	return choose_console(semihosting, port, options, why);
}

static struct engine_options engine_options_of(const struct options *options,
					       const struct chip_library *chips)
{
	return (struct engine_options){
		.board = {
			.chips = chips,
			.chip = options->chip,
			.connect = (enum connect_mode)options->connect,
			.speed_khz = (uint32_t)options->speed_khz,
			.reset = (enum reset_kind)options->reset_type,
			.low_power_debug = !options->no_low_power_debug,
		},
		.chips = options->chips,
		.on_exit = (enum on_exit)options->on_exit,
		.swo_hz = (uint32_t)options->swo_speed,
		.cpu_hz = (uint32_t)options->cpu_clock,
		.connect_now = options->connect_now || options->command == COMMAND_RUN,
	};
}

int rig_open(struct rig *rig, const struct options *options,
	     const struct virtual_opener *virtual_opener,
	     void (*out)(void *context, const struct output *output), void *context,
	     struct why *why)
{
	struct semihosting_options semihosting;
	struct engine_options engine_options;
	unsigned port;
	struct link *link;
	struct probe *probe;
	int err;

	memset(rig, 0, sizeof *rig);
	err = rig_semihosting(&semihosting, &port, options, why);
	if (!err)
		err = chip_library_open(&rig->chips, options->chips, why);
	if (err)
		return err;
	err = open_link(&link, options, virtual_opener, rig->chips, why);
	if (!err)
		err = probe_open(&probe, link, why);
	if (err) {
		connect_report_name(err, why);
		return err;
	}
	engine_options = engine_options_of(options, rig->chips);
	engine_options.semihosting = semihosting;
	rig->engine = engine_new(probe, &engine_options, &rig->flags, out, context);
	return rig->engine ? 0 : explain(why, E_MEMORY, "out of memory");
}

void rig_close(struct rig *rig)
{
	if (rig->engine)
		engine_free(rig->engine);
	chip_library_close(rig->chips);
	rig->engine = NULL;
	rig->chips = NULL;
}
