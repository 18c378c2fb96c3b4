/* SPDX-License-Identifier: MIT
 *
 * What IDEs send, in the words of other servers: the same command under another
 * name, or something that needs no action here. All are answered, because an error ends an IDE's start.
 */
#include "server/monitor/monitor.h"

static int forward(struct monitor_call *call, const char *line)
{
	return monitor_run(call->engine, call->peer, line, call->print, call->context, call->why);
}

static int run_stop(struct monitor_call *call) { return forward(call, "halt"); }
static int run_reset(struct monitor_call *call) { return forward(call, "reset halt"); }
static int run_registers(struct monitor_call *call) { return forward(call, "reg"); }
static int run_exit(struct monitor_call *call) { return forward(call, "exit"); }
static int run_resume(struct monitor_call *call) { return forward(call, "resume"); }

static int run_delay(struct monitor_call *call)
{
	char line[32] = "";
	struct buffer text;

	buffer_init(&text, line, sizeof(line));
	buffer_add(&text, "sleep %.20s", call->argc ? call->argv[0] : "");
	return forward(call, buffer_text(&text));
}

static int run_semihosting(struct monitor_call *call)
{
	bool on;
	int err = monitor_switch(call, 0, &on);

	return err ? err : forward(call, on ? "semihosting enable" : "semihosting disable");
}

static int run_nothing(struct monitor_call *call)
{
	(void)call;
	return OK;
}

static int run_flash_breakpoints(struct monitor_call *call)
{
	monitor_print(call, "Breakpoints in flash use the core's units; none are written to flash.\n");
	return OK;
}

static int run_rtt(struct monitor_call *call)
{
	monitor_print(call, "RTT is not served by this version.\n");
	return OK;
}

static int run_scan(struct monitor_call *call)
{
	return forward(call, "targets");
}

const struct monitor_command monitor_spellings[] = {
	{ "stop", "", "halt", MONITOR_SPELLING, run_stop },
	{ "continue", "", "resume", MONITOR_SPELLING, run_resume },
	{ "system_reset", "", "reset", MONITOR_SPELLING, run_reset },
	{ "jtag_reset", "", "reset", MONITOR_SPELLING, run_reset },
	{ "init", "", "nothing: the target is reached already", MONITOR_SPELLING | MONITOR_TARGET,
	  run_nothing },
	{ "delay", "MS", "sleep", MONITOR_SPELLING, run_delay },
	{ "regs", "", "reg", MONITOR_SPELLING, run_registers },
	{ "arm semihosting", "enable|disable", "semihosting", MONITOR_SPELLING, run_semihosting },
	{ "semihosting IOClient", "N", "nothing: GDB's console is the only one", MONITOR_SPELLING,
	  run_nothing },
	{ "gdb_sync", "", "nothing", MONITOR_SPELLING, run_nothing },
	{ "flash breakpoints", "0|1", "nothing", MONITOR_SPELLING, run_flash_breakpoints },
	{ "rtt", "...", "not served", MONITOR_SPELLING, run_rtt },
	{ "swdp_scan", "", "targets", MONITOR_SPELLING, run_scan },
	{ "jtag_scan", "", "targets", MONITOR_SPELLING, run_scan },
	{ "tpwr", "", "nothing: see power", MONITOR_SPELLING, run_nothing },
	{ "exec", "...", "nothing", MONITOR_SPELLING, run_nothing },
	{ "kill_server", "", "exit", MONITOR_SPELLING, run_exit },
	{ "shutdown", "", "exit", MONITOR_SPELLING, run_exit },
	{ NULL, NULL, NULL, 0, NULL },
};
