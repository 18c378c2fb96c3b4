/* SPDX-License-Identifier: MIT
 *
 * What IDEs and scripts send, in the words of other servers. A row without a function is the command
 * that its help names, with the same arguments. All are answered, because an error ends an IDE's start.
 */
#include "server/monitor/monitor.h"

#include <string.h>

static int forward(struct monitor_call *call, const char *line)
{
	return monitor_run(call->engine, call->peer, line, call->print, call->context, call->why);
}

static int run_nothing(struct monitor_call *call)
{
	(void)call;
	return OK;
}

/* J-Link's choice of 1 = its own port, 2 = GDB, 3 = both. */
static int run_io_client(struct monitor_call *call)
{
	monitor_print(call, "The program's text goes to GDB; --semihosting-console sends it elsewhere.\n");
	return OK;
}

static int run_flash_breakpoints(struct monitor_call *call)
{
	monitor_print(call, "Breakpoints in flash use the core's units; none are written to flash.\n");
	return OK;
}

/* Where files are is not for whoever reaches the port to say. */
static int run_basedir(struct monitor_call *call)
{
	monitor_print(call, "The folder for the program's files is chosen at the start: "
		      "--semihosting-files DIR.\n");
	return OK;
}

static int run_redirect(struct monitor_call *call)
{
	monitor_print(call, "Where the program's text goes is chosen at the start: "
		      "--semihosting-console tcp:PORT.\n");
	return OK;
}

/* J-Link is told the exact place. */
static int run_rtt_address(struct monitor_call *call)
{
	char line[60] = "";
	struct buffer text;

	buffer_init(&text, line, sizeof(line));
	buffer_add(&text, "rtt setup %.20s 24", call->argc ? call->argv[0] : "");
	return forward(call, buffer_text(&text));
}

static int run_target_power(struct monitor_call *call)
{
	bool on;
	int err = monitor_switch(call, 0, &on);

	return err ? err : forward(call, on ? "power on" : "power off");
}

/* J-Link: ADDRESS reads, ADDRESS = VALUE writes. */
static int run_memory(struct monitor_call *call, const char *read, const char *write)
{
	unsigned value = monitor_is(call, 1, "=") ? 2 : 1;
	char line[80] = "";
	struct buffer text;

	buffer_init(&text, line, sizeof(line));
	if (call->argc > value)
		buffer_add(&text, "%s %.20s %.20s", write, call->argv[0], call->argv[value]);
	else
		buffer_add(&text, "%s %.20s", read, call->argc ? call->argv[0] : "");
	return forward(call, buffer_text(&text));
}

static int run_memory_32(struct monitor_call *call) { return run_memory(call, "mdw", "mww"); }
static int run_memory_16(struct monitor_call *call) { return run_memory(call, "mdh", "mwh"); }
static int run_memory_8(struct monitor_call *call) { return run_memory(call, "mdb", "mwb"); }

const struct monitor_command monitor_spellings[] = {
	{ "stop", "", "halt", MONITOR_SPELLING, NULL },
	{ "continue", "", "resume", MONITOR_SPELLING, NULL },
	{ "system_reset", "", "reset halt", MONITOR_SPELLING, NULL },
	{ "jtag_reset", "", "reset halt", MONITOR_SPELLING, NULL },
	{ "init", "", "nothing: the target is reached already", MONITOR_SPELLING | MONITOR_TARGET,
	  run_nothing },
	{ "delay", "MS", "sleep", MONITOR_SPELLING, NULL },
	{ "regs", "", "reg", MONITOR_SPELLING, NULL },
	{ "arm semihosting", "enable|disable", "semihosting", MONITOR_SPELLING, NULL },
	{ "arm semihosting_fileio", "enable|disable", "semihosting fileio", MONITOR_SPELLING, NULL },
	{ "arm semihosting_cmdline", "[WORD...]", "semihosting args", MONITOR_SPELLING, NULL },
	{ "arm semihosting_basedir", "DIR", "an option of the command line", MONITOR_SPELLING, run_basedir },
	{ "arm semihosting_redirect", "...", "an option of the command line", MONITOR_SPELLING, run_redirect },
	{ "semihosting IOClient", "N", "nothing", MONITOR_SPELLING, run_io_client },
	{ "gdb_sync", "", "nothing", MONITOR_SPELLING, run_nothing },
	{ "flash breakpoints", "0|1", "nothing", MONITOR_SPELLING, run_flash_breakpoints },
	{ "swdp_scan", "", "targets", MONITOR_SPELLING, NULL },
	{ "jtag_scan", "", "targets", MONITOR_SPELLING, NULL },
	{ "tpwr", "enable|disable", "power", MONITOR_SPELLING, run_target_power },
	{ "exec SetRTTAddr", "ADDRESS", "rtt setup", MONITOR_SPELLING, run_rtt_address },
	{ "exec", "...", "nothing", MONITOR_SPELLING, run_nothing },
	{ "memU32", "ADDRESS [= VALUE]", "mdw, mww", MONITOR_SPELLING, run_memory_32 },
	{ "memU16", "ADDRESS [= VALUE]", "mdh, mwh", MONITOR_SPELLING, run_memory_16 },
	{ "memU8", "ADDRESS [= VALUE]", "mdb, mwb", MONITOR_SPELLING, run_memory_8 },
	{ "kill_server", "", "exit", MONITOR_SPELLING, NULL },
	{ "shutdown", "", "exit", MONITOR_SPELLING, NULL },
	{ NULL, NULL, NULL, 0, NULL },
};
