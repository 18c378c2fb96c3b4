/* SPDX-License-Identifier: MIT
 *
 * `rehearse COMMAND`: the command is carried out on a virtual twin of the chip, in a process of its own, and what
 * comes of it is shown. The chip is only read.
 */
#include "server/monitor/monitor.h"
#include "server/twin.h"
#include "server/virtual_program.h"

#include "probe/bytes.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

/* Erasing the largest chip takes a virtual half minute, and less than that here. */
enum { DEADLINE_MS = 300000, STEP_MS = 100, LINE = 1024, COMMAND = 8192 };

/* ---- the command as one line again ---- */

static void join(const struct monitor_call *call, char *line, size_t size)
{
	size_t used = 0;

	line[0] = '\0';
	for (unsigned i = 0; i < call->argc && used < size; i++) {
		const char *quote = strpbrk(call->argv[i], " \t") || !*call->argv[i] ? "\"" : "";

		used += (size_t)snprintf(line + used, size - used, "%s%s%s%s", i ? " " : "", quote, call->argv[i],
					 quote);
	}
}

/* What changes option bytes and OTP goes the same way whatever is in flash. */
static bool needs_flash(const struct monitor_call *call)
{
	static const char *const with[] = { "flash", "mem", "md", "mw", "reset", "go", "resume", "load", "fault" };

	for (size_t i = 0; i < ARRAY_SIZE(with); i++)
		if (!strncasecmp(call->argv[0], with[i], strlen(with[i])))
			return true;
	return false;
}

/* ---- the twin's words ---- */

struct child {
	pid_t pid;
	int output;
	char line[LINE];
	size_t length;
};

static void print_line(struct monitor_call *call, struct child *child)
{
	child->line[child->length] = '\0';
	child->length = 0;
	monitor_print(call, "  | %s\n", child->line);
}

static void take_text(struct monitor_call *call, struct child *child, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n' || child->length == LINE - 1)
			print_line(call, child);
		if (text[i] != '\n')
			child->line[child->length++] = text[i];
	}
}

/* Until it has said everything. */
static int listen(struct monitor_call *call, struct child *child)
{
	struct pollfd ready = { .fd = child->output, .events = POLLIN };

	for (unsigned waited_ms = 0; waited_ms < DEADLINE_MS; ) {
		char text[LINE];
		ssize_t length;

		if (probe_interrupted(call->engine->board.probe) || engine_quits(call->engine))
			return explain(call->why, E_INTERRUPTED, "The rehearsal was broken off. The chip was not touched.");
		if (poll(&ready, 1, STEP_MS) <= 0) {
			waited_ms += STEP_MS;
			continue;
		}
		length = read(child->output, text, sizeof(text));
		if (length <= 0)
			return OK;
		take_text(call, child, text, (size_t)length);
	}
	return explain(call->why, E_TIMEOUT, "The rehearsal does not come to an end. The chip was not touched.");
}

static int end_child(struct monitor_call *call, struct child *child, int err)
{
	int status = 0;

	if (err)
		kill(child->pid, SIGKILL);
	close(child->output);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (child->length)
		print_line(call, child);
	if (err)
		return err;
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		monitor_print(call, "That was the twin. The chip was not touched.\n");
		return OK;
	}
	return explain(call->why, E_REFUSED, "The twin did not come through. The chip was not touched.");
}

/* ---- the performance ---- */

static void tell_extent(struct monitor_call *call, const struct twin_extent *extent)
{
	monitor_print(call, "On a virtual %s with the option bytes%s of this one%s:\n", call->engine->board.chip.name,
		      extent->otp_closed ? "" : " and OTP",
		      extent->flash_closed ? " (flash can't be read: the twin's is blank)" :
		      extent->flash_asked ? " and its flash" :
		      " (its flash does not matter for this: the twin's is blank)");
}

static int perform(struct monitor_call *call, char *command, FILE *description)
{
	struct engine *engine = call->engine;
	char part[80], probe[120];
	const char *arguments[16] = { "tether-virtual", "run", "--log", "-info", "--probe", probe };
	struct child child = { 0 };
	unsigned count = 6;
	int err;

	twin_part(&engine->board.chip, part, sizeof(part));
	snprintf(probe, sizeof(probe), "virtual:%s,twin=-", part);
	if (engine->options.chips) {
		arguments[count++] = "--chips";
		arguments[count++] = engine->options.chips;
	}
	if (engine->board.options.chip) {
		arguments[count++] = "--chip";
		arguments[count++] = engine->board.options.chip;
	}
	arguments[count++] = "--";
	if (call->session->core->state == CORE_HALTED)
		arguments[count++] = "halt";
	arguments[count++] = command;
	rewind(description);
	err = virtual_program_start((char *const *)arguments, description, &child.pid, &child.output, call->why);
	if (err)
		return err;
	err = listen(call, &child);
	return end_child(call, &child, err);
}

static int run_rehearse(struct monitor_call *call)
{
	char command[COMMAND];
	struct twin_extent extent;
	FILE *description;
	int err;

	if (!call->argc)
		return monitor_usage(call, "rehearse COMMAND");
	if (monitor_is(call, 0, "rehearse") || probe_link(call->engine->board.probe)->twin)
		return explain(call->why, E_REFUSED, "A rehearsal of a rehearsal is the same again.");
	if (call->argv[0][0] == '@')
		return explain(call->why, E_REFUSED, "One command at a time: a script is not rehearsed.");
	join(call, command, sizeof(command));
	description = tmpfile();
	if (!description)
		return explain(call->why, E_SYSTEM, "No temporary file: %s.", strerror(errno));
	err = twin_describe(call->engine, call->session->core, needs_flash(call), description, &extent, call->why);
	if (!err) {
		tell_extent(call, &extent);
		err = perform(call, command, description);
	}
	fclose(description);
	return err;
}

const struct monitor_command monitor_rehearse[] = {
	{ "rehearse", "COMMAND", "Try a command on a virtual twin of this chip\nrehearse option set RDP=level1",
	  MONITOR_TARGET, run_rehearse },
	{ NULL, NULL, NULL, 0, NULL },
};
