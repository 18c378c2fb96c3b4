/* SPDX-License-Identifier: MIT
 *
 * `tether serve`. The order of the start is a promise: port, probe, with --connect-now the
 * target, and only then the ready lines, so that whoever waits for them finds everything working.
 */
#include "server/serve.h"

#include "server/net/listener.h"
#include "server/net/loop.h"
#include "server/net/mailbox.h"
#include "server/net/thread.h"
#include "server/supervisor.h"

#include "probe/log.h"

#include <stdio.h>
#include <string.h>

enum {
	INBOX_MESSAGES = 6 * CLIENTS_MAX,	/* more than can be on the way: see loop.c */
	OUTBOX_MESSAGES = 1024,
	ACTIVATED_IDLE_S = 60,
};

static const char waiting[] = "Waiting for a debugger";

struct server {
	const struct options *options;
	const struct serve_words *words;
	struct listener listener, console, swo;
	struct semihosting_options semihosting;
	struct mailbox *inbox, *outbox;
	struct thread *thread;
	struct loop *loop;
	struct rig rig;
	bool is_activated;	/* the sockets were open already */
};

/* A port of ours, unless a supervisor opened one for it. port: -1 = none. */
static int open_port(struct server *s, struct listener *listener, const char *name, int port,
		     bool *in_use, struct why *why)
{
	if (supervisor_listen(listener, name)) {
		s->is_activated = true;
		return 0;
	}
	if (port < 0)
		return 0;
	return listener_open(listener, s->options->bind, (unsigned)port, in_use, why);
}

static int listen_for_clients(struct server *s, enum exit_status *status, struct why *why)
{
	bool in_use = false;
	unsigned console_port;
	int err = rig_semihosting(&s->semihosting, &console_port, s->options, why);

	if (!err && s->semihosting.console == CONSOLE_TCP)
		err = open_port(s, &s->console, "console", (int)console_port, &in_use, why);
	if (!err && !s->options->stdio)
		err = open_port(s, &s->listener, "gdb", s->options->port, &in_use, why);
	if (!err)
		err = open_port(s, &s->swo, "swo", s->options->swo_port, &in_use, why);
	*status = in_use ? EXIT_PORT_IN_USE : exit_status_of(err);
	return err;
}

/* Whoever opened the sockets starts us again when it is needed; until then the probe is free. */
static unsigned idle_exit_s(const struct server *s)
{
	if (s->options->idle_exit_s >= 0)
		return (unsigned)s->options->idle_exit_s;
	return s->is_activated ? ACTIVATED_IDLE_S : 0;
}

static void say(const struct server *s, void (*words)(const struct options *options))
{
	if (words && !s->options->stdio)
		words(s->options);
	fflush(stdout);
}

static void on_joined(void *context)
{
	const struct server *s = context;

	supervisor_notify("STATUS=A debugger is connected");
	say(s, s->words->joined);
}

static void on_left(void *context)
{
	const struct server *s = context;

	supervisor_notify("STATUS=%s", waiting);
	say(s, s->words->left);
}

static int make_parts(struct server *s, struct why *why)
{
	struct loop_options loop_options = {
		.listener = s->options->stdio ? NULL : &s->listener,
		.swo = s->swo.count ? &s->swo : NULL,
		.bind = s->options->bind,
		.idle_s = idle_exit_s(s),
		.once = s->options->once || s->options->stdio,
		.extended_stays = s->options->extended_stays,
		.console = s->console.count ? &s->console : NULL,
		.console_on_stdout = s->semihosting.console == CONSOLE_STDOUT,
		.joined = on_joined, .left = on_left, .context = s,
	};

	s->inbox = mailbox_new(INBOX_MESSAGES);
	s->outbox = mailbox_new(OUTBOX_MESSAGES);
	if (s->inbox && s->outbox) {
		s->thread = thread_new(s->inbox, s->outbox);
		s->loop = loop_new(&loop_options, &s->rig.flags, s->inbox, s->outbox);
	}
	return s->thread && s->loop ? 0 : explain(why, E_MEMORY, "out of memory or descriptors");
}

/* IDEs match these lines: not one character may change. */
static void print_ready_lines(const struct options *options, unsigned port)
{
	(void)options;
	printf("Info : Listening on port %u for gdb connections\n", port);
	printf("Listening on port %u\n", port);
	printf("Waiting for debugger connection...\n");
}

static enum exit_status print_failure(const struct options *options, enum exit_status status,
				      const char *sentence)
{
	(void)options;
	fprintf(stderr, "tether: %s\n", sentence);
	return status;
}

const struct serve_words serve_own_words = {
	.ready = print_ready_lines,
	.fail = print_failure,
};

static void log_text(void *context, const char *text)
{
	(void)context;
	log_line(LOG_INFO, "%.*s", (int)strcspn(text, "\n"), text);
}

static int reach_target(struct server *s, enum exit_status *status, struct why *why)
{
	struct engine *engine = s->rig.engine;
	int err = engine_connect(engine, why);

	*status = exit_status_of_connect(err);
	if (err || !s->options->at_start)
		return err;
	err = engine_monitor(engine, s->options->at_start, log_text, NULL, why);
	*status = exit_status_of_connect(err);
	return err;
}

static int start(struct server *s, const struct virtual_opener *virtual_opener,
		 enum exit_status *status, struct why *why)
{
	int err = listen_for_clients(s, status, why);

	if (err)
		return err;
	err = make_parts(s, why);
	if (!err)
		err = rig_open(&s->rig, s->options, virtual_opener, thread_output, s->thread, why);
	*status = exit_status_of(err);
	if (err)
		return err;
	if (s->options->connect_now)
		err = reach_target(s, status, why);
	if (err)
		return err;
	err = thread_start(s->thread, s->rig.engine);
	*status = exit_status_of(err);
	return err ? explain(why, err, "can't start a thread") : 0;
}

/* The thread goes first: the others are what it works with. */
static void clear(struct server *s)
{
	thread_free(s->thread);
	rig_close(&s->rig);
	loop_free(s->loop);
	mailbox_free(s->inbox);
	mailbox_free(s->outbox);
	listener_close(&s->listener);
	listener_close(&s->console);
	listener_close(&s->swo);
}

static enum exit_status serve_clients(struct server *s)
{
	enum exit_status status;

	if (s->console.count)
		log_line(LOG_INFO, "The program's console is on port %u", s->console.port);
	if (s->swo.count)
		log_line(LOG_INFO, "SWO as it comes, for any number of readers: port %u", s->swo.port);
	if (!s->options->stdio)
		s->words->ready(s->options, s->listener.port);
	fflush(stdout);
	supervisor_notify("READY=1\nSTATUS=%s", waiting);
	status = (enum exit_status)loop_run(s->loop);
	supervisor_notify("STOPPING=1");
	say(s, s->words->end);
	return status;
}

enum exit_status serve(const struct options *options, const struct serve_words *words,
		       const struct virtual_opener *virtual_opener)
{
	struct server server = { .options = options, .words = words };
	struct why why = { "" };
	enum exit_status status;

	say(&server, words->begin);
	if (start(&server, virtual_opener, &status, &why))
		status = words->fail(options, status, why.text);
	else
		status = serve_clients(&server);
	clear(&server);
	return status;
}
