/* SPDX-License-Identifier: MIT
 *
 * In the place of st-util (stlink-tools 1.7: its --help, and what it says on a virtual board).
 */
#include "server/drop_in/drop_in.h"

#include "probe/bytes.h"
#include "probe/usb_list.h"

#include <stdlib.h>
#include <string.h>

enum action { ACTION_SERVE, ACTION_HELP, ACTION_VERSION };
enum { PROBES_MAX = 32, SPEED_MAX_KHZ = 100000 };

#define FIELD(name) offsetof(struct drop_in_options, name)

static const struct option_row rows[] = {
	{ "Options", "help", 'h', OPTION_SET, NULL, FIELD(action), ACTION_HELP, 0, NULL, 0,
	  "print this page" },
	{ NULL, "version", 'V', OPTION_SET, NULL, FIELD(action), ACTION_VERSION, 0, NULL, 0,
	  "print the version" },
	{ NULL, "verbose", 'v', OPTION_NUMBER, "[N]", FIELD(log_level), 0, 99, NULL, 0,
	  "say more: 0 to 99" },
	{ NULL, "listen_port", 'p', OPTION_NUMBER, "N", FIELD(options.port), 0, 65535, NULL, 0,
	  "port for GDB (default 4242)" },
	{ NULL, "multi", 'm', OPTION_FLAG, NULL, FIELD(persistent), 0, 0, NULL, 0,
	  "go on when the first session is over, as it does\nfor target extended-remote in any case" },
	{ NULL, "no-reset", 'n', OPTION_FLAG, NULL, FIELD(no_reset), 0, 0, NULL, 0,
	  "leave the target as it is (default: reset and halt)" },
	{ NULL, "hot-plug", 0, OPTION_FLAG, NULL, FIELD(no_reset), 0, 0, NULL, 0,
	  "the same as --no-reset" },
	{ NULL, "connect-under-reset", 'u', OPTION_FLAG, NULL, FIELD(under_reset), 0, 0, NULL, 0,
	  "connect while the target is held in reset" },
	{ NULL, "freq", 'F', OPTION_KHZ, "KHZ", FIELD(options.speed_khz), 1, SPEED_MAX_KHZ, NULL, 0,
	  "SWD clock, at most: 1800K, 4M" },
	{ NULL, "semihosting", 0, OPTION_FLAG, NULL, FIELD(options.semihosting), 0, 0, NULL, 0,
	  "serve the firmware's semihosting calls" },
	{ NULL, "serial", 0, OPTION_TEXT, "SERIAL", FIELD(options.probe), 0, 0, NULL, 0,
	  "which probe" },
	{ NULL, "stlinkv1", '1', OPTION_FLAG, NULL, FIELD(v1), 0, 0, NULL, 0,
	  "refused: ST-LINK/V1 is not spoken" },
};

/* BUS:ADDRESS, as lsusb shows them. */
static int choose_device(struct drop_in_options *options, const char *device, struct why *why)
{
	struct usb_probe probes[PROBES_MAX];
	int count = usb_list_probes(probes, PROBES_MAX);
	unsigned bus, address;
	char node[32];

	if (sscanf(device, "%3u:%3u", &bus, &address) != 2)
		return explain(why, E_ARGUMENT, "STLINK_DEVICE=%s: BUS:ADDRESS is wanted", device);
	snprintf(node, sizeof(node), "/dev/bus/usb/%03u/%03u", bus, address);
	for (int i = 0; i < count && i < PROBES_MAX; i++) {
		if (strcmp(probes[i].node, node) != 0)
			continue;
		snprintf(options->storage, sizeof(options->storage), "%s", probes[i].identity.path);
		options->options.probe = options->storage;
		return 0;
	}
	return explain(why, E_ARGUMENT, "STLINK_DEVICE=%s: there is no ST-LINK", device);
}

static int settle(struct drop_in_options *options, struct why *why)
{
	const char *device = getenv("STLINK_DEVICE");

	if (options->v1)
		return explain(why, E_ARGUMENT, "ST-LINK/V1 is not spoken; V2, V2-1 and V3 are");
	options->options.once = !options->persistent;
	options->options.extended_stays = true;
	if (options->under_reset)
		options->options.connect = CONNECT_UNDER_RESET;
	options->options.at_start = options->no_reset ? NULL : "reset halt";
	if (options->log_level)
		options->options.log = "session,gdb,flash,target";
	return device && *device && !options->options.probe ? choose_device(options, device, why) : 0;
}

static void complain(const char *word, const char *sentence)
{
	(void)word;
	fprintf(stderr, "st-util: %s\nTry 'st-util --help'.\n", sentence);
}

static enum exit_status print_version(const struct drop_in *drop_in)
{
	(void)drop_in;
	printf("v1.7.0 (in its place: Tether %s)\n", TETHER_VERSION);
	return EXIT_OK;
}

static enum exit_status (*const actions[])(const struct drop_in *drop_in) = {
	[ACTION_HELP] = drop_in_print_help,
	[ACTION_VERSION] = print_version,
};

static void begin(const struct options *options)
{
	(void)options;
	printf("st-util\n");
}

/* cortex-debug waits for "Listening at *". */
static void ready(const struct options *options, unsigned port)
{
	(void)options;
	fprintf(stderr, "INFO gdb-server.c: Listening at *:%u...\n", port);
}

static void joined(const struct options *options)
{
	(void)options;
	fprintf(stderr, "INFO gdb-server.c: GDB connected.\n");
}

static enum exit_status fail(const struct options *options, enum exit_status status,
			     const char *sentence)
{
	(void)options, (void)status;
	fprintf(stderr, "ERROR st-util: %s\n", sentence);
	return EXIT_FAILED;
}

const struct drop_in drop_in_st_util = {
	.name = "st-util",
	.table = { rows, ARRAY_SIZE(rows), false },
	.port = 4242,
	.settle = settle,
	.complain = complain,
	.words = { .begin = begin, .ready = ready, .joined = joined, .fail = fail },
	.actions = actions,
};
