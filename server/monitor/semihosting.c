/* SPDX-License-Identifier: MIT
 *
 * Monitor commands about semihosting. Which folder the program may use is the command line's to say:
 * whoever reaches the port could else read what the server's user can.
 */
#include "server/monitor/monitor.h"
#include "server/session/session.h"

#include "probe/bytes.h"

#include <string.h>

static void print_state(struct monitor_call *call)
{
	static const char *const consoles[] = {
		[CONSOLE_GDB] = "GDB", [CONSOLE_STDOUT] = "the server's output",
		[CONSOLE_TCP] = "a TCP port",
	};
	const struct semihosting *host = &call->session->semihosting;
	const char *folder = call->engine->options.semihosting.folder;

	monitor_print(call, "semihosting is %s\n", host->on ? "on" : "off");
	monitor_print(call, "console     %s\n", consoles[host->console]);
	monitor_print(call, "files       %s\n", host->by_gdb ? "GDB's (File-I/O)" :
		      folder ? folder : "none; --semihosting-files DIR gives some");
	monitor_print(call, "arguments   '%s'\n", host->arguments);
}

static int run_semihosting(struct monitor_call *call)
{
	struct session *session = call->session;
	int err = call->argc ? monitor_switch(call, 0, &session->semihosting.on) : OK;

	if (err)
		return err;
	/* The call at which it stopped is made when it goes on. */
	if (session->semihosting.on && session->core->stop == STOP_SEMIHOSTING)
		session->core->stop_at_own_bkpt = false;
	print_state(call);
	return OK;
}

static int run_arguments(struct monitor_call *call)
{
	struct semihosting *host = &call->session->semihosting;
	struct buffer text;

	buffer_init(&text, host->arguments, sizeof(host->arguments));
	for (unsigned i = 0; i < call->argc; i++)
		buffer_add(&text, "%s%s", i ? " " : "", call->argv[i]);
	buffer_text(&text);
	if (text.cut)
		return explain(call->why, E_ARGUMENT, "At most %d characters fit.", ARGUMENTS_SIZE - 1);
	print_state(call);
	return OK;
}

static int run_by_gdb(struct monitor_call *call)
{
	int err = monitor_switch(call, 0, &call->session->semihosting.by_gdb);

	if (!err)
		print_state(call);
	return err;
}

const struct monitor_command monitor_semihosting[] = {
	{ "semihosting", "[enable|disable]", "Serve the calls of a program that wants a debugger's console and files\n"
	  "semihosting enable", 0, run_semihosting },
	{ "semihosting args", "[WORD...]", "What the program gets as its command line\n"
	  "semihosting args test -v", MONITOR_CONTROL, run_arguments },
	{ "semihosting fileio", "on|off", "Let GDB open the program's files, where GDB runs\n"
	  "semihosting fileio on", MONITOR_CONTROL, run_by_gdb },
	{ NULL, NULL, NULL, 0, NULL },
};
