/* SPDX-License-Identifier: MIT
 *
 * Runs at build time: writes the manual page (`document man`) and the bash completion (`document bash`)
 * from the tables that parse options and run monitor commands.
 */
#include "server/drop_in/drop_in.h"
#include "server/monitor/monitor.h"
#include "server/options.h"

#include "probe/log.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- manual page: man(7) ---- */

/* Text as it is: no requests, no escapes, minus signs that can be copied. */
static void put(const char *text)
{
	for (bool line_start = true; *text; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text == '\n' ? ' ' : *text);
		line_start = *text == '\n';
	}
}

static void put_line(const char *text)
{
	put(text);
	putchar('\n');
}

static void put_section(const char *name)
{
	printf(".SH %s\n", name);
}

static void put_option(const struct option_row *row)
{
	if (row->group)
		printf(".SS %s\n", row->group);
	printf(".TP\n.B ");
	if (row->letter)
		printf("\\-%c, ", row->letter);
	fputs("\\-\\-", stdout);
	put(row->name);
	if (row->argument)
		printf(" \\fI%s\\fR", row->argument);
	putchar('\n');
	put_line(row->help);
}

static void put_commands(void)
{
	put_section("COMMANDS");
	for (size_t i = 0; i < command_row_count; i++) {
		printf(".TP\n.B %s \\fI%s\\fR\n", command_rows[i].name, command_rows[i].arguments);
		put_line(command_rows[i].help);
	}
}

static void put_monitor_row(const struct monitor_command *row)
{
	char help[400], *rest = help;

	snprintf(help, sizeof(help), "%s", row->help);
	fputs(".TP\n.B ", stdout);
	put(row->name);
	fputs(" \\fI", stdout);
	put(row->arguments);
	fputs("\\fR\n", stdout);
	put_line(strsep(&rest, "\n"));
	while (rest) {
		fputs(".br\n.I ", stdout);
		put_line(strsep(&rest, "\n"));
	}
}

static void put_monitor_commands(void)
{
	const struct monitor_command *row;

	put_section("MONITOR COMMANDS");
	put_line("In GDB they come after the word monitor; tether run takes them as arguments. "
		 "The lines below a command are examples.");
	for (size_t i = 0; (row = monitor_row(i)); i++)
		if (!(row->rules & MONITOR_SPELLING))
			put_monitor_row(row);
}

static const char *const head[] = {
	".TH TETHER 1 \"\" \"tether " TETHER_VERSION "\" \"User Commands\"",
	".SH NAME",
	"tether, tether\\-virtual \\- GDB server for STM32 over ST\\-LINK",
	".SH SYNOPSIS",
	".B tether", "[\\fIOPTIONS\\fR]", ".br",
	".B tether list", "[\\fB\\-\\-json\\fR]", ".br",
	".B tether chips", "[\\fIPATTERN\\fR]", ".br",
	".B tether run", "[\\fIOPTIONS\\fR] \\fICOMMAND\\fR...",
	".SH DESCRIPTION",
	"Plug in an ST\\-LINK, run", ".BR tether ,",
	"and connect GDB, LLDB or an IDE to port 3333. It finds the chip by itself, programs its flash,",
	"sets breakpoints and watchpoints, explains faults, option bytes and protection, and puts the",
	"target back as it was.", ".PP", ".B tether\\-virtual",
	"is the same program with a virtual ST\\-LINK and virtual chips in it; tether runs it for",
	"\\fB\\-\\-probe virtual:\\fICHIP\\fR.",
};

static const char *const tail[] = {
	".SH IN THE PLACE OF OTHER SERVERS",
	"Started by the name", ".B ST-LINK_gdbserver", "or", ".B st-util",
	"(links are in the folder tether beside the libraries; or \\fB\\-\\-as \\fINAME\\fR as the first",
	"word) it takes the options of that server, says what that one says, and ends as it does.",
	"Its own \\fB\\-\\-help\\fR lists them.",
	".SH ENVIRONMENT",
	".TP", ".B XDG_RUNTIME_DIR", "where what is to be undone at the target is noted (else",
	".BR TMPDIR ).",
	".TP", ".B LISTEN_FDS, LISTEN_FDNAMES", "sockets that systemd opened: gdb, console, swo.",
	".TP", ".B NOTIFY_SOCKET", "where systemd hears that it is ready, and what it does.",
	".TP", ".B STLINK_DEVICE", "in the place of st\\-util: the probe, as BUS:ADDRESS.",
	".SH FILES",
	".TP", ".I 60-tether.rules", "gives the person at the machine, and the group plugdev, the right to",
	"use the probes (udev).",
	".TP", ".I /etc/tether/SERIAL.conf", "TETHER_OPTIONS=... for tether@SERIAL.service.",
	".SH EXIT STATUS",
	".TP", ".B 0", "fine", ".TP", ".B 1", "failed", ".TP", ".B 2", "usage", ".TP", ".B 3", "no probe",
	".TP", ".B 4", "several probes: choose one with \\-\\-probe", ".TP", ".B 5", "target not reached",
	".TP", ".B 6", "port in use", ".TP", ".B 7", "no permission",
	".PP", "\\fBtether run \\-\\-semihosting\\fR ends with the status of the program on the target.",
	".SH EXAMPLES",
	".TP", ".B tether", "serve the only probe on port 3333; then, in GDB:",
	".I target extended\\-remote :3333",
	".TP", ".B tether run \\(aqflash write app.elf\\(aq \\(aqreset run\\(aq", "program a board and start it",
	".TP", ".B tether run \\-\\-semihosting \\(aqflash write test.elf\\(aq \\(aqreset run\\(aq",
	"run a test on the chip: its output, and its exit status, which is that of SYS_EXIT",
	".TP", ".B tether \\-\\-probe virtual:STM32F407VG", "no board at hand? a virtual one",
	".TP", ".B systemctl enable \\-\\-now tether@066CFF.socket", "a server that starts when GDB comes:",
	".I target extended\\-remote /run/tether\\-066CFF.sock",
	".SH SEE ALSO",
	".BR gdb (1),", ".BR openocd (1),", ".BR st\\-util (1)",
};

static void put_manual(void)
{
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		puts(head[i]);
	put_commands();
	put_section("OPTIONS");
	for (size_t i = 0; i < option_row_count; i++)
		put_option(&option_rows[i]);
	put_section("LOG CHANNELS");
	put_line(log_channel_names());
	put_monitor_commands();
	for (size_t i = 0; i < sizeof(tail) / sizeof(tail[0]); i++)
		puts(tail[i]);
}

/* ---- bash completion ---- */

static void put_table_words(const struct option_table *table)
{
	for (size_t i = 0; i < table->count; i++)
		printf("%s--%s", i ? " " : "", table->rows[i].name);
}

/* After an option with choices: those; of a file or folder: names; of another argument: nothing. */
static void put_arguments(void)
{
	for (size_t i = 0; i < option_row_count; i++) {
		const struct option_row *row = &option_rows[i];

		if (!row->argument || strcmp(row->name, "probe") == 0 || strcmp(row->name, "chip") == 0 ||
		    strcmp(row->name, "as") == 0)
			continue;
		printf("\t--%s", row->name);
		if (row->letter)
			printf("|-%c", row->letter);
		if (row->choices) {
			char words[200];

			snprintf(words, sizeof(words), "%s", row->choices);
			for (char *bar = words; (bar = strchr(bar, '|'));)
				*bar = ' ';
			printf(") _tether_words \"%s\" ;;\n", words);
		} else if (strcmp(row->argument, "DIR") == 0 || strcmp(row->argument, "FILE") == 0) {
			printf(") _tether_take -%c ;;\n",
			       row->argument[0] == 'D' ? 'd' : 'f');
		} else {
			printf(") ;;\n");
		}
	}
}

static void put_monitor_words(void)
{
	const struct monitor_command *row;

	for (size_t i = 0; (row = monitor_row(i)); i++)
		if (!(row->rules & MONITOR_SPELLING))
			printf("%s%s", i ? "\\n" : "", row->name);
}

static void put_completion(void)
{
	puts("# bash completion for tether; made from its tables by scripts/document.c\n"
	     "_tether_take() { mapfile -t COMPREPLY < <(compgen \"$@\" -- \"$cur\"); }\n"
	     "_tether_words() { _tether_take -W \"$1\"; }\n"
	     "\n"
	     "# Monitor commands have blanks, and are one argument each.\n"
	     "_tether_commands() {\n"
	     "\tlocal IFS=$'\\n' cur=${cur#[\\\"\\']}\n"
	     "\t_tether_words \"$(printf '%b' \"$1\")\"\n"
	     "\tcompopt -o filenames 2>/dev/null	# quotes what it inserts\n"
	     "}\n"
	     "\n"
	     "_tether() {\n"
	     "\tlocal cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} word\n"
	     "\tCOMPREPLY=()\n"
	     "\tcase $previous in\n"
	     "\t--probe) _tether_words \"$(tether list 2>/dev/null | cut -d' ' -f1) virtual:\"; return ;;\n"
	     "\t--chip) _tether_words \"$(tether chips 2>/dev/null | cut -d' ' -f1)\"; return ;;\n"
	     "\t--as) _tether_words \"ST-LINK_gdbserver st-util\"; return ;;");
	put_arguments();
	fputs("\tesac\n\t[[ $previous == -* && $cur != -* && ${#COMPREPLY[@]} -gt 0 ]] && return\n"
	      "\tif [[ $cur == -* ]]; then\n\t\t_tether_words \"", stdout);
	put_table_words(&(struct option_table){ option_rows, option_row_count, false });
	fputs("\"\n\t\treturn\n\tfi\n"
	      "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	      "\t\tif [[ $word == run ]]; then\n\t\t\t_tether_commands \"", stdout);
	put_monitor_words();
	fputs("\"\n\t\t\treturn\n\t\tfi\n\tdone\n\t_tether_words \"", stdout);
	for (size_t i = 0; i < command_row_count; i++)
		printf("%s%s", i ? " " : "", command_rows[i].name);
	puts("\"\n}\ncomplete -F _tether tether tether-virtual");
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "man") == 0)
		put_manual();
	else if (argc == 2 && strcmp(argv[1], "bash") == 0)
		put_completion();
	else
		return 2;
	return fflush(stdout) ? 1 : 0;
}
