/* SPDX-License-Identifier: MIT
 *
 * `tether run`: monitor commands without GDB, from the command line or from @FILE (one a line, #
 * begins a comment, @- is stdin).
 */
#include "server/run.h"

#include "server/connect_report.h"
#include "server/json.h"
#include "server/load.h"
#include "server/program.h"

#include "probe/probe.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct runner {
	const struct options *options;
	struct rig rig;
	struct program program;
	enum exit_status status;	/* of the first failure */
	struct json json;
	char *text;			/* what the command in work printed (--json) */
	size_t length, size;
	bool on_terminal;		/* stderr is one: progress is shown there */
	unsigned shown_percent;		/* plus 1; 0 = there is no progress on the screen */
};

/* ---- signals: the first asks the command in work to end, the second ends at once ---- */

static void fill_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

static void *wait_for_signals(void *flags)
{
	sigset_t set;
	int number;

	fill_signals(&set);
	if (sigwait(&set, &number) == 0)
		engine_flags_quit(flags);
	engine_flags_tell_uncut(flags);
	if (sigwait(&set, &number) == 0)
		_exit(128 + number);
	return NULL;
}

static bool watch_signals(pthread_t *watcher, struct engine_flags *flags)
{
	sigset_t set;

	fill_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return pthread_create(watcher, NULL, wait_for_signals, flags) == 0;
}

static void unwatch_signals(pthread_t watcher)
{
	pthread_cancel(watcher);	/* sigwait is where it can end */
	pthread_join(watcher, NULL);
}

/* ---- progress: one line that is written over, and gone before anything else is said ---- */

static void show_progress(void *context, uint32_t done, uint32_t total)
{
	struct runner *r = context;
	unsigned percent = total ? (unsigned)((uint64_t)done * 100 / total) : 0;

	if (!r->on_terminal || r->shown_percent == percent + 1)
		return;
	fprintf(stderr, "\r%3u %% of %u KiB", percent, (total + 1023) / 1024);
	fflush(stderr);
	r->shown_percent = percent + 1;
}

static void clear_progress(struct runner *r)
{
	if (r->shown_percent)
		fputs("\r\033[K", stderr);
	r->shown_percent = 0;
}

/* ---- one command ---- */

static void keep_text(struct runner *r, const char *text, size_t length)
{
	size_t size = r->size ? r->size : 256;
	char *bigger;

	while (size < r->length + length)
		size *= 2;
	bigger = realloc(r->text, size);
	if (!bigger)
		return;
	memcpy(bigger + r->length, text, length);
	r->text = bigger;
	r->size = size;
	r->length += length;
}

static void print_bytes(void *context, const char *text, size_t length)
{
	struct runner *r = context;

	clear_progress(r);
	if (r->options->json) {
		keep_text(r, text, length);
	} else {
		fwrite(text, 1, length, stdout);
		fflush(stdout);
	}
}

static void print(void *context, const char *text)
{
	print_bytes(context, text, strlen(text));
}

static void print_json_row(struct runner *r, const char *command, int err, const struct why *why,
			   uint64_t bytes, uint64_t us)
{
	json_object(&r->json, NULL);
	json_text(&r->json, "command", command);
	json_bool(&r->json, "ok", err == 0);
	json_text_n(&r->json, "message", r->text ? r->text : "", r->length);
	json_number(&r->json, "bytes", (int64_t)bytes);
	json_number(&r->json, "ms", (int64_t)(us / 1000));
	json_text(&r->json, "cause", err ? (why->text[0] ? why->text : error_text(err)) : NULL);
	json_object_end(&r->json);
	json_end(&r->json);
	fflush(stdout);
	r->length = 0;
}

static uint64_t payload_bytes(struct runner *r)
{
	const struct link *link = probe_link(engine_board(r->rig.engine)->probe);

	return link->bytes_out + link->bytes_in;
}

/* place: "FILE:LINE: " of a script, or "". */
static int run_command(struct runner *r, const char *command, const char *place)
{
	uint64_t us = engine_now_us(r->rig.engine), bytes = payload_bytes(r);
	struct why why = { "" };
	int err = engine_monitor(r->rig.engine, command, print, r, &why);

	clear_progress(r);
	if (r->options->json)
		print_json_row(r, command, err, &why, payload_bytes(r) - bytes,
			       engine_now_us(r->rig.engine) - us);
	else if (err)
		fprintf(stderr, "tether: %s%s: %s\n", place, command,
			why.text[0] ? why.text : error_text(err));
	if (err)
		r->status = EXIT_FAILED;
	return err;
}

/* ---- many commands ---- */

static int run_line(struct runner *r, char *line, const char *path, unsigned number)
{
	char place[300];

	line[strcspn(line, "\r\n")] = '\0';
	line += strspn(line, " \t");
	snprintf(place, sizeof(place), "%s:%u: ", path, number);
	return *line && *line != '#' ? run_command(r, line, place) : 0;
}

static int run_file(struct runner *r, const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(path, "r");
	char *line = NULL;
	unsigned number = 0;
	size_t size = 0;
	int err = 0;

	if (!file) {
		fprintf(stderr, "tether: %s: %s\n", path, strerror(errno));
		r->status = EXIT_FAILED;
		return E_SYSTEM;
	}
	while (!err && getline(&line, &size, file) >= 0)
		err = run_line(r, line, path, ++number);
	free(line);
	if (!is_stdin)
		fclose(file);
	return err;
}

static void run_all(struct runner *r)
{
	int err = 0;

	json_init(&r->json, stdout, true);
	for (char **argument = r->options->arguments; *argument && !err; argument++)
		err = **argument == '@' ? run_file(r, *argument + 1)
				       : run_command(r, *argument, "");
}

/* After the commands: the program on the target, if it is to be served. */
static void run_to_its_end(struct runner *r)
{
	uint64_t us = engine_now_us(r->rig.engine), bytes = payload_bytes(r);
	struct why why = { "" };

	r->status = program_run(&r->program, r->rig.engine, (unsigned)r->options->semihosting_timeout_s, &why);
	if (r->options->json)
		print_json_row(r, "semihosting", (int)r->status, &why, payload_bytes(r) - bytes,
			       engine_now_us(r->rig.engine) - us);
	else if (r->status != EXIT_OK)
		fprintf(stderr, "tether: %s\n", why.text);
}

static int start(struct runner *r, const struct virtual_opener *virtual_opener, struct why *why)
{
	int err = rig_open(&r->rig, r->options, virtual_opener, program_output, &r->program, why);

	r->status = exit_status_of(err);
	if (err)
		return err;
	load_on_progress(r->rig.engine, show_progress, r);
	err = engine_connect(r->rig.engine, why);
	r->status = exit_status_of_connect(err);
	return err;
}

/* Nothing was run: the one row is that of the connect. */
static void tell_failure(struct runner *r, int err, const struct why *why)
{
	const struct engine *engine = r->rig.engine;
	const struct climb *climb = engine ? &engine_board(r->rig.engine)->climb : NULL;

	fprintf(stderr, "tether: %s\n", why->text);
	if (!r->options->json)
		return;
	json_init(&r->json, stdout, true);
	json_object(&r->json, NULL);
	json_text(&r->json, "command", "connect");
	json_bool(&r->json, "ok", false);
	json_text(&r->json, "message", "");
	json_number(&r->json, "bytes", engine ? (int64_t)payload_bytes(r) : 0);
	json_number(&r->json, "ms", climb ? (climb->us + 500) / 1000 : 0);
	json_text(&r->json, "cause", why->text);
	connect_report_diagnosis(&r->json, err, climb);
	connect_report_tries(&r->json, climb);
	json_object_end(&r->json);
	json_end(&r->json);
}

enum exit_status run(const struct options *options, const struct virtual_opener *virtual_opener)
{
	struct runner runner = { .options = options, .on_terminal = isatty(STDERR_FILENO),
				 .program = { .print = print_bytes, .context = &runner } };
	struct why why = { "" };
	pthread_t watcher;
	bool watched = watch_signals(&watcher, &runner.rig.flags);
	int err = start(&runner, virtual_opener, &why);

	if (err)
		tell_failure(&runner, err, &why);
	else
		run_all(&runner);
	if (runner.status == EXIT_OK && program_is_served(runner.rig.engine))
		run_to_its_end(&runner);
	if (runner.rig.engine)		/* --on-exit */
		engine_handle(runner.rig.engine, &(struct event){ .kind = EVENT_QUIT });
	if (watched)
		unwatch_signals(watcher);
	rig_close(&runner.rig);
	free(runner.text);
	return runner.status;
}
