/* SPDX-License-Identifier: MIT
 *
 * The loop: moves bytes between clients and the engine's mailboxes; owns sockets, timers and
 * signals. It never waits for the engine.
 */
#ifndef SERVER_LOOP_H
#define SERVER_LOOP_H

#include <stdbool.h>

#include "server/engine.h"
#include "server/net/listener.h"
#include "server/net/mailbox.h"

struct loop_options {
	struct listener *listener;	/* NULL: the one client is on stdin and stdout */
	struct listener *swo;		/* where raw SWO is sent to who listens; NULL: nowhere */
	const char *bind;		/* for ports that are opened later: as of listener_open */
	unsigned idle_s;		/* end when nobody was there for so long; 0 = never */
	bool once;			/* end when who controlled has left, or everybody */
	struct listener *console;	/* the program's console is a port; else NULL */
	bool console_on_stdout;
	bool extended_stays;		/* a `!` takes once back */
	/* A debugger took control; it is gone. NULL = nobody wants to know. */
	void (*joined)(void *context);
	void (*left)(void *context);
	void *context;
};

struct loop;

/* From here on signals are the loop's: they are kept until loop_run. Everything is borrowed until
 * loop_free. NULL when out of memory or descriptors. */
struct loop *loop_new(const struct loop_options *options, struct engine_flags *flags,
		      struct mailbox *inbox, struct mailbox *outbox);
/* Serves until the engine says OUTPUT_EXIT; returns its status. */
int loop_run(struct loop *loop);
/* Closes what is open. NULL is allowed. */
void loop_free(struct loop *loop);

#endif
