/* SPDX-License-Identifier: MIT
 *
 * In the place of ST-LINK_gdbserver 7 (ST UM2576, its --help, and its log as users quote it).
 */
#include "server/drop_in/drop_in.h"

#include "probe/bytes.h"
#include "probe/log.h"
#include "probe/usb_list.h"

#include <string.h>
#include <strings.h>

enum action {
	ACTION_SERVE, ACTION_HELP, ACTION_VERSION, ACTION_LICENSES, ACTION_LIST, ACTION_LOADERS,
	ACTION_MEMORY_MAP,
};
enum { PROBES_MAX = 32, SPEED_MAX_KHZ = 100000, LOG_ALL = 31, LOG_MUCH = 8 };

#define FIELD(name) offsetof(struct drop_in_options, name)
#define IGNORED(name, letter, argument, help) \
	{ NULL, name, letter, OPTION_IGNORED, argument, 0, 0, 0, NULL, 0, help }

static const struct option_row rows[] = {
	{ "Probe and target", "serial-number", 'i', OPTION_TEXT, "SERIAL", FIELD(options.probe), 0, 0,
	  NULL, 0, "which probe" },
	{ NULL, "debuggers", 'q', OPTION_SET, NULL, FIELD(action), ACTION_LIST, 0, NULL, 0,
	  "list the serial numbers of the probes" },
	{ NULL, "swd", 'd', OPTION_FLAG, NULL, FIELD(swd), 0, 0, NULL, 0,
	  "SWD; always, as JTAG is not spoken" },
	{ NULL, "frequency", 0, OPTION_KHZ, "KHZ", FIELD(options.speed_khz), 1, SPEED_MAX_KHZ, NULL, 0,
	  "SWD clock, at most" },
	{ NULL, "initialize-reset", 'k', OPTION_FLAG, NULL, FIELD(under_reset), 0, 0, NULL, 0,
	  "connect while the target is held in reset" },
	{ NULL, "attach", 'g', OPTION_FLAG, NULL, FIELD(attach), 0, 0, NULL, 0,
	  "leave the target running (default: reset and halt)" },
	{ NULL, "erase-all", 0, OPTION_FLAG, NULL, FIELD(erase_all), 0, 0, NULL, 0,
	  "erase all of flash at the start" },
	{ NULL, "apid", 'm', OPTION_IGNORED, "N", 0, 0, 0, NULL, 0, "found by itself" },
	IGNORED("target-sel", 0, "ID", "found by itself"),
	IGNORED("halt", 0, NULL, "always: cores halt in a reset"),
	IGNORED("pend-halt-timeout", 0, "MS", "not needed"),
	IGNORED("shared", 't', NULL, "not needed: clients share this server"),
	IGNORED("pcm-pm-force", 0, NULL, "not needed"),

	{ "Server", "port-number", 'p', OPTION_NUMBER, "N", FIELD(options.port), 0, 65535, NULL, 0,
	  "port for GDB (default 61234)" },
	{ NULL, "persistent", 'e', OPTION_FLAG, NULL, FIELD(persistent), 0, 0, NULL, 0,
	  "go on when the first session is over" },
	{ NULL, "swo-port", 'z', OPTION_NUMBER, "N", FIELD(options.swo_port), 0, 65535, NULL, 0,
	  "TCP port for SWO trace" },
	{ NULL, "cpu-clock", 'a', OPTION_NUMBER, "HZ", FIELD(options.cpu_clock), 0, 1000000000, NULL, 0,
	  "what the core runs at, for SWO" },
	{ NULL, "swo-clock-div", 'b', OPTION_NUMBER, "N", FIELD(swo_divider), 0, 65536, NULL, 0,
	  "what SWO's speed is of that" },
	IGNORED("refresh-delay", 'r', "S", "not needed"),
	{ NULL, "config-file", 'c', OPTION_IGNORED, "FILE", 0, 0, 0, NULL, 0,
	  "more options, from a file" },

	{ "Program", "verify", 's', OPTION_FLAG, NULL, FIELD(verify), 0, 0, NULL, 0,
	  "always: what is written is verified" },
	IGNORED("incremental", 0, NULL, "always: what matches already is left alone"),
	{ NULL, "semihosting", 0, OPTION_TEXT, "LEVEL", FIELD(semihosting), 0, 0, NULL, 0,
	  "serve semihosting calls: disable, or any other word" },
	{ NULL, "semihost-console-port", 0, OPTION_NUMBER, "N", FIELD(console_port), 0, 65535, NULL, 0,
	  "TCP port for the program's console" },

	{ "External memory (not programmed)", "extload", 0, OPTION_TEXT, "FILE",
	  FIELD(external_loader), 0, 0, NULL, 0, "understood, and not used" },
	{ NULL, "el", 0, OPTION_TEXT, "FILE", FIELD(external_loader), 0, 0, NULL, 0, "the same" },
	{ NULL, "extload_init", 0, OPTION_TEXT, "FILE", FIELD(external_loader), 0, 0, NULL, 0,
	  "the same" },
	{ NULL, "ei", 0, OPTION_TEXT, "FILE", FIELD(external_loader), 0, 0, NULL, 0, "the same" },
	IGNORED("external-init", 0, NULL, "understood, and not used"),
	{ NULL, "ext-memory-loaders", 0, OPTION_SET, NULL, FIELD(action), ACTION_LOADERS, 0, NULL, 0,
	  "list them: there are none" },

	{ "Output", "log-file", 'f', OPTION_TEXT, "FILE", FIELD(options.log_file), 0, 0, NULL, 0,
	  "append the log to a file" },
	{ NULL, "log-level", 'l', OPTION_NUMBER, "N", FIELD(log_level), 0, LOG_ALL, NULL, 0,
	  "0 to 31; from 8 on much, with 31 all" },
	{ NULL, "verbose", 'v', OPTION_FLAG, NULL, FIELD(verbose), 0, 0, NULL, 0, "say more" },
	{ NULL, "memory-map", 0, OPTION_SET, "ID", FIELD(action), ACTION_MEMORY_MAP, 0, NULL, 0,
	  "say who shows memory maps" },
	{ NULL, "licenses", 0, OPTION_SET, NULL, FIELD(action), ACTION_LICENSES, 0, NULL, 0,
	  "print the licence" },
	{ NULL, "version", 0, OPTION_SET, NULL, FIELD(action), ACTION_VERSION, 0, NULL, 0,
	  "print the version" },
	{ NULL, "help", 'h', OPTION_SET, NULL, FIELD(action), ACTION_HELP, 0, NULL, 0,
	  "print this page" },

	{ "STM32CubeProgrammer (not needed)", "stm32cubeprogrammer-path", 0, OPTION_IGNORED, "DIR", 0,
	  0, 0, NULL, 0, "ignored" },
	IGNORED("cp", 0, "DIR", "ignored"),
	IGNORED("temp-path", 0, "DIR", "ignored"),
	IGNORED("preserve-temps", 0, NULL, "ignored"),
};

static bool wants_semihosting(const struct drop_in_options *options)
{
	static const char *const off[] = { "disable", "disabled", "off", "none", "0" };

	for (size_t i = 0; options->semihosting && i < ARRAY_SIZE(off); i++)
		if (!strcasecmp(options->semihosting, off[i]))
			return false;
	return options->semihosting || options->console_port;
}

static const char *first_command(const struct drop_in_options *options)
{
	if (options->erase_all)
		return "flash erase all";
	return options->attach ? NULL : "reset halt";
}

static int settle(struct drop_in_options *options, struct why *why)
{
	struct options *o = &options->options;

	(void)why;
	o->once = !options->persistent;
	o->semihosting = wants_semihosting(options);
	if (options->console_port) {
		snprintf(options->storage, sizeof(options->storage), "tcp:%d", options->console_port);
		o->semihosting_console = options->storage;
	}
	if (o->cpu_clock && options->swo_divider)
		o->swo_speed = o->cpu_clock / options->swo_divider;
	o->at_start = first_command(options);
	if (options->under_reset)
		o->connect = CONNECT_UNDER_RESET;
	else if (options->attach)
		o->connect = CONNECT_HOT_PLUG;
	if (options->log_level == LOG_ALL)
		o->log = "session,gdb,flash,target";
	else if (options->log_level >= LOG_MUCH || options->verbose)
		o->log = "session,flash";
	return 0;
}

static void complain(const char *word, const char *sentence)
{
	bool unknown = strncmp(sentence, "unknown", strlen("unknown")) == 0;

	fprintf(stderr, "PARSE ERROR: Argument: %s\n             %s\n\n"
		"For complete USAGE and HELP type:\n   ST-LINK_gdbserver --help\n",
		word ? word : "(none)", unknown ? "Couldn't find match for argument" : sentence);
}

static enum exit_status print_version(const struct drop_in *drop_in)
{
	(void)drop_in;
	printf("ST-LINK_gdbserver  version: 7.8.0 (in its place: Tether %s)\n", TETHER_VERSION);
	return EXIT_OK;
}

static enum exit_status print_licence(const struct drop_in *drop_in)
{
	(void)drop_in;
	puts("Tether is under the MIT licence; tether-virtual under GPL-2. See LICENSE.");
	return EXIT_OK;
}

static enum exit_status print_serial_numbers(const struct drop_in *drop_in)
{
	struct usb_probe probes[PROBES_MAX];
	int count = usb_list_probes(probes, PROBES_MAX);

	(void)drop_in;
	if (count < 0) {
		fprintf(stderr, "can't look for probes on USB: %s\n", error_text(count));
		return EXIT_FAILED;
	}
	for (int i = 0; i < count && i < PROBES_MAX; i++)
		puts(probes[i].identity.serial);
	return EXIT_OK;
}

static enum exit_status print_loaders(const struct drop_in *drop_in)
{
	(void)drop_in;
	puts("External memory is not programmed: there are no loaders.");
	return EXIT_OK;
}

static enum exit_status print_memory_map(const struct drop_in *drop_in)
{
	(void)drop_in;
	puts("`tether chips NAME` shows what is known of a chip; `monitor info` in GDB, of this one.");
	return EXIT_OK;
}

static enum exit_status (*const actions[])(const struct drop_in *drop_in) = {
	[ACTION_HELP] = drop_in_print_help, [ACTION_VERSION] = print_version,
	[ACTION_LICENSES] = print_licence, [ACTION_LIST] = print_serial_numbers,
	[ACTION_LOADERS] = print_loaders, [ACTION_MEMORY_MAP] = print_memory_map,
};

static void print_setting(const char *name, const char *value)
{
	printf("        %-27s: %s\n", name, value);
}

static const char *enabled(bool on)
{
	return on ? "Enabled" : "Disabled";
}

static void begin(const struct options *o)
{
	const struct drop_in_options *options = (const void *)o;
	char number[16];

	printf("STMicroelectronics ST-LINK GDB server. Version 7.8.0\n"
	       "(in its place: Tether %s)\n\nStarting server with the following options:\n",
	       TETHER_VERSION);
	print_setting("Persistent Mode", enabled(options->persistent));
	if (o->log_file)
		print_setting("LogFile Name", o->log_file);
	snprintf(number, sizeof(number), "%d", options->log_level);
	print_setting("Logging Level", number);
	snprintf(number, sizeof(number), "%d", o->port);
	print_setting("Listen Port Number", number);
	print_setting("Verbose Mode", enabled(options->verbose));
	print_setting("SWD Debug", "Enabled");
	if (options->under_reset)
		print_setting("InitWhile", "Enabled");
	putchar('\n');
	fflush(stdout);
	if (!options->swd)
		log_line(LOG_WARN, "Without -d JTAG is meant, which is not spoken: SWD is used.");
	if (options->external_loader)
		log_line(LOG_WARN, "%s: external memory is not programmed.", options->external_loader);
}

/* cortex-debug and STM32CubeIDE wait for this line. */
static void print_waiting(const struct options *options)
{
	(void)options;
	printf("Waiting for debugger connection...\n");
}

static void ready(const struct options *options, unsigned port)
{
	print_waiting(options);
	printf("Waiting for connection on port %u...\n", port);
}

static void joined(const struct options *options)
{
	(void)options;
	printf("Debugger connected\n");
}

static void left(const struct options *options)
{
	if (!options->once)
		print_waiting(options);
}

static void end(const struct options *options)
{
	(void)options;
	printf("Shutting down...\nExit.\n");
}

/* The line that users search for, and behind it what really happened. */
static enum exit_status fail(const struct options *options, enum exit_status status,
			     const char *sentence)
{
	static const char *const reasons[] = {
		[EXIT_NO_PROBE] = "No ST-LINK detected.",
		[EXIT_NO_TARGET] = "No device found on target.",
	};
	const char *reason = "Unknown. Please check power and cabling to target.";

	if (status == EXIT_PORT_IN_USE) {
		fprintf(stderr, "Failure starting GDB server: TCP port %d not available.\n%s\n",
			options->port, sentence);
		return EXIT_FAILED;
	}
	if (status < ARRAY_SIZE(reasons) && reasons[status])
		reason = reasons[status];
	fprintf(stderr, "Error in initializing ST-LINK device.\nReason: %s\n%s\n", reason, sentence);
	return EXIT_FAILED;
}

const struct drop_in drop_in_st_link = {
	.name = "ST-LINK_gdbserver",
	.table = { rows, ARRAY_SIZE(rows), true },
	.port = 61234,
	.has_config_file = true,
	.settle = settle,
	.complain = complain,
	.words = {
		.begin = begin, .ready = ready, .joined = joined, .left = left, .end = end, .fail = fail,
	},
	.actions = actions,
};
