/* SPDX-License-Identifier: MIT
 *
 * The engine's thread. Its loop is: next event, or next due job. How long it sleeps is counted
 * in the link's time, so a virtual chip that nobody talks to lives at about real speed.
 */
#include "server/net/thread.h"

#include "probe/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum {
	IDLE_MS = 60 * 1000,		/* no job: look around once a minute */
	OUTBOX_WAIT_MS = 10 * 1000,	/* the loop never sleeps that long */
};

struct thread {
	struct mailbox *inbox, *outbox;
	struct engine *engine;
	pthread_t pthread;
	bool started;
};

static void send_output(struct thread *t, const struct output *output)
{
	struct message *message = message_new((int)output->kind, output->client, output->data,
					      output->length);

	if (message)
		message->status = output->status;
	if (!mailbox_put(t->outbox, message, OUTBOX_WAIT_MS) && !mailbox_is_closed(t->outbox))
		log_line(LOG_ERROR, "an answer to client %u was lost: out of memory",
			 output->client);
}

static void send_handled(struct thread *t, const struct message *event)
{
	struct message *message = message_new(MESSAGE_HANDLED, event->client, NULL, 0);

	if (message)
		message->status = event->kind;
	mailbox_put(t->outbox, message, OUTBOX_WAIT_MS);
}

static void handle(struct thread *t, const struct message *message)
{
	struct event event = {
		.kind = (enum event_kind)message->kind,
		.client = message->client,
		.length = message->length,
		.data = message->data,
	};

	engine_handle(t->engine, &event);
	send_handled(t, message);
}

/* During a load. Only packets: what ends it is for afterwards, and keeps its place in the
 * queue. */
static void serve_others(void *context)
{
	struct thread *t = context;

	while (mailbox_next_kind(t->inbox) == EVENT_PACKET) {
		struct message *message = mailbox_take(t->inbox, 0);

		handle(t, message);
		free(message);
	}
}

/* Rounded down to poll()'s milliseconds: engine_run_due waits for the rest by the link's clock. */
static unsigned sleep_ms(struct thread *t)
{
	uint64_t due = engine_next_due_us(t->engine), now;

	if (due == UINT64_MAX)
		return IDLE_MS;
	now = engine_now_us(t->engine);
	if (due <= now)
		return 0;
	return due - now >= IDLE_MS * 1000ull ? IDLE_MS : (unsigned)((due - now) / 1000);
}

static bool job_is_due(struct thread *t)
{
	return engine_next_due_us(t->engine) <= engine_now_us(t->engine);
}

static void *run(void *context)
{
	struct thread *t = context;

	while (!mailbox_is_closed(t->inbox)) {
		unsigned wait_ms = sleep_ms(t);
		struct message *message = mailbox_take(t->inbox, wait_ms);

		if (message) {
			handle(t, message);
			free(message);
		}
		/* Without an event the time to the due job has passed, on the wall if not yet on
		 * the link. */
		if (!mailbox_is_closed(t->inbox) && (message ? job_is_due(t) : wait_ms < IDLE_MS))
			engine_run_due(t->engine);
	}
	return NULL;
}

struct thread *thread_new(struct mailbox *inbox, struct mailbox *outbox)
{
	struct thread *t = calloc(1, sizeof *t);

	if (t)
		*t = (struct thread){ .inbox = inbox, .outbox = outbox };
	return t;
}

void thread_output(void *context, const struct output *output)
{
	send_output(context, output);
}

/* Signals are the loop's business: the new thread inherits a mask that blocks them all. */
int thread_start(struct thread *thread, struct engine *engine)
{
	sigset_t all, before;

	thread->engine = engine;
	engine_on_load(engine, serve_others, thread);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	thread->started = pthread_create(&thread->pthread, NULL, run, thread) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return thread->started ? 0 : E_SYSTEM;
}

void thread_free(struct thread *thread)
{
	if (!thread)
		return;
	mailbox_close(thread->inbox);
	mailbox_close(thread->outbox);
	if (thread->started)
		pthread_join(thread->pthread, NULL);
	free(thread);
}
