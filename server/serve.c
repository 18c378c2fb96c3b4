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

#include <stdio.h>

enum {
	INBOX_MESSAGES = 4 * CLIENTS_MAX,	/* more than can be on the way: see loop.c */
	OUTBOX_MESSAGES = 1024,
};

struct server {
	const struct options *options;
	struct listener listener;
	struct mailbox *inbox, *outbox;
	struct thread *thread;
	struct loop *loop;
	struct rig rig;
};

static int listen_for_clients(struct server *s, enum exit_status *status, struct why *why)
{
	bool in_use = false;
	int err = 0;

	if (!s->options->stdio)
		err = listener_open(&s->listener, s->options->bind,
				    (unsigned)s->options->port, &in_use, why);
	*status = in_use ? EXIT_PORT_IN_USE : exit_status_of(err);
	return err;
}

static int make_parts(struct server *s, struct why *why)
{
	struct loop_options loop_options = {
		.listener = s->options->stdio ? NULL : &s->listener,
		.once = s->options->once || s->options->stdio,
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
static void print_ready_lines(unsigned port)
{
	printf("Info : Listening on port %u for gdb connections\n", port);
	printf("Listening on port %u\n", port);
	printf("Waiting for debugger connection...\n");
	fflush(stdout);
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
	if (s->options->connect_now) {
		err = engine_connect(s->rig.engine, why);
		*status = exit_status_of_connect(err);
		if (err)
			return err;
	}
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
}

enum exit_status serve(const struct options *options, const struct virtual_opener *virtual_opener)
{
	struct server server = { .options = options };
	struct why why = { "" };
	enum exit_status status;

	if (start(&server, virtual_opener, &status, &why)) {
		fprintf(stderr, "tether: %s\n", why.text);
	} else {
		if (!options->stdio)
			print_ready_lines(server.listener.port);
		status = (enum exit_status)loop_run(server.loop);
	}
	clear(&server);
	return status;
}
