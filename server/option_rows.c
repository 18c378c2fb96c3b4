/* SPDX-License-Identifier: MIT
 *
 * What can be said on the command line, and the page that --help prints.
 */
#include "server/options.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <string.h>

enum {
	SERVE = 1u << COMMAND_SERVE, LIST = 1u << COMMAND_LIST, CHIPS = 1u << COMMAND_CHIPS,
	RUN = 1u << COMMAND_RUN, TARGET = SERVE | RUN, ALL = SERVE | LIST | CHIPS | RUN,
	HELP_COLUMN = 27, SPEED_MAX_KHZ = 100000, SPEED_MAX_HZ = 24000000, CLOCK_MAX_HZ = 1000000000,
};

#define FIELD(name) offsetof(struct options, name)

/* Choices are in the order of enum connect_mode, enum reset_kind and enum on_exit. */
const struct option_row option_rows[] = {
	{ "Probe", "probe", 0, OPTION_TEXT, "SERIAL", FIELD(probe), 0, 0, NULL, TARGET,
	  "which one: its serial number or the start of it;\nusb:BUS-PORT; or a virtual one,\n"
	  "virtual:CHIP[,KEY=VALUE...]" },
	{ NULL, "speed", 0, OPTION_NUMBER, "KHZ", FIELD(speed_khz), 1, SPEED_MAX_KHZ, NULL, TARGET,
	  "SWD clock, at most (default: as fast as is safe)" },

	{ "Target", "chip", 0, OPTION_TEXT, "NAME", FIELD(chip), 0, 0, NULL, TARGET,
	  "believe that the chip is this one (default: ask it)" },
	{ NULL, "chips", 0, OPTION_TEXT, "DIR", FIELD(chips), 0, 0, NULL, TARGET | CHIPS,
	  "folder of chip files that add to those built in,\nor override them" },
	{ NULL, "connect", 0, OPTION_CHOICE, "HOW", FIELD(connect), 0, 0,
	  "auto|normal|under-reset|hot-plug|hot-plug,no-halt", TARGET,
	  "auto (default): whatever works; normal: no reset;\nunder-reset; hot-plug: writes nothing;\n"
	  "hot-plug,no-halt: GDB does not halt it either" },
	{ NULL, "reset-type", 0, OPTION_CHOICE, "HOW", FIELD(reset_type), 0, 0,
	  "auto|system|pin|core", TARGET,
	  "try this first: system (SYSRESETREQ), pin (NRST),\ncore (VECTRESET); auto (default) is system" },
	{ NULL, "connect-now", 0, OPTION_FLAG, NULL, FIELD(connect_now), 0, 0, NULL, SERVE,
	  "reach for the target at start, not when GDB asks" },
	{ NULL, "no-low-power-debug", 0, OPTION_FLAG, NULL, FIELD(no_low_power_debug), 0, 0, NULL,
	  TARGET, "let the chip really sleep; that may lose it" },

	{ "Semihosting", "semihosting", 0, OPTION_FLAG, NULL, FIELD(semihosting), 0, 0, NULL, TARGET,
	  "serve the program's calls for console, time and exit;\nany of the options here turns it on" },
	{ NULL, "semihosting-console", 0, OPTION_TEXT, "WHERE", FIELD(semihosting_console), 0, 0, NULL,
	  SERVE, "gdb (default), stdout or tcp:PORT" },
	{ NULL, "semihosting-files", 0, OPTION_TEXT, "DIR", FIELD(semihosting_files), 0, 0, NULL, TARGET,
	  "the program may use files in DIR (default: none)" },
	{ NULL, "semihosting-fileio", 0, OPTION_FLAG, NULL, FIELD(semihosting_fileio), 0, 0, NULL, SERVE,
	  "GDB opens its files, and reads its console" },
	{ NULL, "semihosting-args", 0, OPTION_TEXT, "WORDS", FIELD(semihosting_args), 0, 0, NULL, TARGET,
	  "what the program gets as its command line" },
	{ NULL, "semihosting-timeout", 0, OPTION_NUMBER, "S", FIELD(semihosting_timeout_s), 1, 86400, NULL, RUN,
	  "the program has to end within S seconds" },

	{ "Server", "port", 'p', OPTION_NUMBER, "N", FIELD(port), 0, 65535, NULL, SERVE,
	  "port for GDB (default 3333; 0 picks and prints one)" },
	{ NULL, "swo-port", 0, OPTION_NUMBER, "N", FIELD(swo_port), 0, 65535, NULL, SERVE,
	  "receive SWO trace and send it there as it comes" },
	{ NULL, "swo-speed", 0, OPTION_NUMBER, "HZ", FIELD(swo_speed), 1, SPEED_MAX_HZ, NULL, SERVE,
	  "baud rate of SWO, at most (default: 2000000)" },
	{ NULL, "cpu-clock", 0, OPTION_NUMBER, "HZ", FIELD(cpu_clock), 1, CLOCK_MAX_HZ, NULL, SERVE,
	  "the core's clock, for SWO (default: measure it)" },
	{ NULL, "bind", 0, OPTION_TEXT, "ADDR", FIELD(bind), 0, 0, NULL, SERVE,
	  "listen there (default: 127.0.0.1 and ::1 only)" },
	{ NULL, "once", 0, OPTION_FLAG, NULL, FIELD(once), 0, 0, NULL, SERVE,
	  "end when the client that controlled has left" },
	{ NULL, "idle-exit", 0, OPTION_NUMBER, "SECONDS", FIELD(idle_exit_s), 0, 86400, NULL, SERVE,
	  "end when nobody was connected for that long; 60 with\nsockets from systemd, which starts it again" },
	{ NULL, "stdio", 0, OPTION_FLAG, NULL, FIELD(stdio), 0, 0, NULL, SERVE,
	  "talk to GDB on stdin and stdout:\n(gdb) target remote | tether --stdio" },
	{ NULL, "as", 0, OPTION_TEXT, "NAME", FIELD(as), 0, 0, NULL, ALL,
	  "be ST-LINK_gdbserver or st-util, for an IDE that\nstarts those; first word, their options follow" },
	{ NULL, "on-exit", 0, OPTION_CHOICE, "WHAT", FIELD(on_exit), 0, 0, "run|halt|keep",
	  SERVE | RUN,
	  "how to leave the target: run (default), halt, keep" },

	{ "Output", "json", 0, OPTION_FLAG, NULL, FIELD(json), 0, 0, NULL, LIST | CHIPS | RUN,
	  "results for programs" },
	{ NULL, "log", 0, OPTION_TEXT, "CHANNELS", FIELD(log), 0, 0, NULL, ALL,
	  "log more: a comma list (below); -NAME turns one off" },
	{ NULL, "log-file", 0, OPTION_TEXT, "FILE", FIELD(log_file), 0, 0, NULL, ALL,
	  "append the log to a file instead of stderr" },
	{ NULL, "help", 'h', OPTION_COMMAND, NULL, FIELD(command), COMMAND_HELP, 0, NULL, ALL,
	  "print this page" },
	{ NULL, "version", 'V', OPTION_COMMAND, NULL, FIELD(command), COMMAND_VERSION, 0, NULL, ALL,
	  "print the version" },
};
const size_t option_row_count = ARRAY_SIZE(option_rows);

const struct command_row command_rows[] = {
	{ "serve", "", "serve GDB, LLDB and IDEs (the default)" },
	{ "list", "", "list the ST-LINK probes that are plugged in" },
	{ "chips", "[PATTERN]", "list the chips it knows (x stands for any letter)" },
	{ "run", "COMMAND...", "run monitor commands without GDB; each is one\n"
	  "argument, @FILE is a file with one in each line;\n"
	  "with --semihosting the program then runs to its\nend, and its status is the exit status" },
};
const size_t command_row_count = ARRAY_SIZE(command_rows);

static const char examples[] =
	"Examples:\n"
	"  tether                                serve the only probe on port 3333\n"
	"  (gdb) target extended-remote :3333    what to type in GDB then\n"
	"  tether --probe virtual:STM32F407VG    no board at hand? a virtual one\n"
	"  tether run \"reset halt\" \"flash info\"    without GDB\n"
	"  tether run --semihosting \"flash write test.elf\" \"reset run\"\n"
	"                                        a test on the chip, with its exit status\n"
	"  tether chips STM32F407VG              is this chip known?\n"
	"  tether --semihosting-files /tmp/data  with files for the program\n"
	"  tether --as st-util -p 4242           for an IDE that starts st-util\n"
	"\n"
	"Exit status: 0 fine, 1 failed, 2 usage, 3 no probe, 4 several probes (choose),\n"
	"5 target not reached, 6 port in use, 7 no permission.\n";

/* "  left      help", the help's further lines under its first one. */
static void print_entry(FILE *file, const char *left, const char *help)
{
	fprintf(file, "%-*s", HELP_COLUMN, left);
	if (strlen(left) >= HELP_COLUMN)
		fprintf(file, "\n%*s", HELP_COLUMN, "");
	for (;;) {
		int length = (int)strcspn(help, "\n");

		fprintf(file, "%.*s\n", length, help);
		if (!help[length])
			break;
		help += length + 1;
		fprintf(file, "%*s", HELP_COLUMN, "");
	}
}

static void print_commands(FILE *file)
{
	char left[64];

	fputs("Commands:\n", file);
	for (size_t i = 0; i < command_row_count; i++) {
		snprintf(left, sizeof left, "  %s %s", command_rows[i].name,
			 command_rows[i].arguments);
		print_entry(file, left, command_rows[i].help);
	}
}

static void print_option(FILE *file, const struct option_row *row)
{
	char left[64], letter[8] = "    ";

	if (row->group)
		fprintf(file, "\n%s:\n", row->group);
	if (row->letter)
		snprintf(letter, sizeof letter, "-%c, ", row->letter);
	snprintf(left, sizeof left, "  %s--%s%s%s", letter, row->name, row->argument ? " " : "",
		 row->argument ? row->argument : "");
	print_entry(file, left, row->help);
}

void options_print_table(FILE *file, const struct option_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		print_option(file, &table->rows[i]);
}

void options_print_help(FILE *file)
{
	fputs("Usage: tether [COMMAND] [OPTIONS]\n"
	      "A GDB server for STM32 over ST-LINK.\n\n", file);
	print_commands(file);
	options_print_table(file, &(struct option_table){ option_rows, option_row_count, false });
	fprintf(file, "\nLog channels: %s\n\n%s", log_channel_names(), examples);
}
