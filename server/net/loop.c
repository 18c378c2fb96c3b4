/* SPDX-License-Identifier: MIT
 *
 * The loop. Towards the engine at most one packet, two breaks, a refused port and one goodbye of each client
 * are on the way, so the inbox can't overflow; back, a client that does not read is dropped.
 */
#include "server/net/loop.h"

#include "server/net/client.h"
#include "server/net/rtt_ports.h"
#include "server/net/stream.h"
#include "server/net/thread.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const ev_tstamp grace_s = 5.0;		/* for a client that left without a word */
static const ev_tstamp linger_s = 1.0;		/* for the last observer */
static const ev_tstamp farewell_s = 0.2;	/* for last words to slow readers */
static const ev_tstamp accept_pause_s = 0.5;	/* while there are no descriptors left */

static const int quit_signals[] = { SIGTERM, SIGINT, SIGHUP };
enum {
	QUIT_SIGNALS = ARRAY_SIZE(quit_signals),
	NOBODY = CLIENTS_MAX,
	OUTPUTS_AT_ONCE = 64,			/* then sockets and signals have their turn */
};

struct slot {
	struct client *client;		/* NULL = free */
	bool closed;			/* waits for the engine to notice */
	unsigned breaks_on_their_way;
	bool packet_after_break;	/* of the last one: another break is not the same again */
};

struct loop {
	struct ev_loop *ev;
	struct loop_options options;
	struct engine_flags *flags;
	struct mailbox *inbox, *outbox;
	struct slot slots[CLIENTS_MAX];
	struct rtt_ports *rtt;
	bool rtt_input_on_its_way;
	struct stream *swo;		/* NULL = it has no port */
	unsigned readers, readers_told;	/* of it */
	bool readers_on_their_way;	/* to the engine */
	unsigned controller;		/* as the engine says, until it leaves; or NOBODY */
	unsigned grace_client;
	bool quitting;
	int status;
	bool console_input_on_its_way;	/* to the engine: one at a time */
	struct stream *console;		/* of the program; NULL = GDB has it */
	ev_io outputs, accepts[LISTENER_SOCKETS];
	ev_signal signals[QUIT_SIGNALS];
	ev_timer grace, linger, farewell, accept_pause, idle;
};

static void post(struct loop *loop, enum event_kind kind, unsigned client, const void *data,
		 size_t length)
{
	if (!mailbox_put(loop->inbox, message_new((int)kind, client, data, length), 0))
		log_line(LOG_ERROR, "out of memory: an event of client %u was lost", client);
}

static void post_quit(struct loop *loop)
{
	if (!loop->quitting)
		post(loop, EVENT_QUIT, 0, NULL, 0);
	loop->quitting = true;
}

/* ---- clients ---- */

static unsigned count_speakers(const struct loop *loop)
{
	unsigned count = 0;

	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		count += loop->slots[i].client && !loop->slots[i].closed &&
			 client_has_spoken(loop->slots[i].client);
	return count;
}

static void leave_if_farewell_is_over(struct loop *loop)
{
	if (!ev_is_active(&loop->farewell))
		return;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (loop->slots[i].client && !loop->slots[i].closed)
			return;
	ev_break(loop->ev, EVBREAK_ALL);
}

static void watch_sockets(struct loop *loop, bool on)
{
	size_t count = loop->options.listener ? loop->options.listener->count : 0;

	for (size_t i = 0; i < count; i++) {
		if (on && !loop->quitting)
			ev_io_start(loop->ev, &loop->accepts[i]);
		else
			ev_io_stop(loop->ev, &loop->accepts[i]);
	}
}

static void free_slot(struct loop *loop, unsigned number)
{
	client_free(loop->slots[number].client);
	loop->slots[number] = (struct slot){ .client = NULL };
	watch_sockets(loop, true);
}

static void tell(struct loop *loop, void (*news)(void *context))
{
	if (news)
		news(loop->options.context);
}

static void on_packet(void *context, struct client *client, const uint8_t *data, size_t length)
{
	struct loop *loop = context;

	if (loop->options.extended_stays && length == 1 && *data == '!')
		loop->options.once = false;
	loop->slots[client_number(client)].packet_after_break = true;
	post(loop, EVENT_PACKET, client_number(client), data, length);
}

static void on_interrupt(void *context, struct client *client)
{
	struct loop *loop = context;
	unsigned number = client_number(client);
	struct slot *slot = &loop->slots[number];

	if (slot->breaks_on_their_way && !slot->packet_after_break)
		return;
	slot->breaks_on_their_way++;
	slot->packet_after_break = false;
	atomic_store(&loop->flags->interrupt[number], true);
	post(loop, EVENT_BREAK, number, NULL, 0);
}

/* With --once observers get a second to go too. */
static void lose_controller(struct loop *loop)
{
	loop->controller = NOBODY;
	tell(loop, loop->options.left);
	if (loop->options.once)
		ev_timer_start(loop->ev, &loop->linger);
}

static void set_controller(struct loop *loop, unsigned number)
{
	if (loop->controller == NOBODY)
		tell(loop, loop->options.joined);
	loop->controller = number;
	if (loop->slots[number].closed)		/* its goodbye was quicker */
		lose_controller(loop);
}

static void end_session(struct loop *loop, unsigned number)
{
	if (loop->options.idle_s)
		ev_timer_again(loop->ev, &loop->idle);
	if (loop->controller == number)
		lose_controller(loop);
	if (loop->options.once && count_speakers(loop) == 0)
		post_quit(loop);
}

static void on_closed(void *context, struct client *client, const char *reason)
{
	struct loop *loop = context;
	unsigned number = client_number(client);

	log_line(LOG_SESSION, "client %u left: %s", number, reason);
	if (!client_has_spoken(client)) {
		free_slot(loop, number);	/* the engine never heard of it */
	} else {
		loop->slots[number].closed = true;
		atomic_store(&loop->flags->interrupt[number], true);
		post(loop, EVENT_CLOSED, number, NULL, 0);
		end_session(loop, number);
	}
	if (!loop->options.listener)
		post_quit(loop);
	leave_if_farewell_is_over(loop);
}

static const struct client_events client_events = { on_packet, on_interrupt, on_closed };

/* True when there is no place now, but soon: clients have left whom the engine still believes
 * in. */
static bool has_to_wait(const struct loop *loop)
{
	bool leaving = false;

	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		if (!loop->slots[i].client)
			return false;
		leaving |= loop->slots[i].closed;
	}
	return leaving;
}

/* At most one such event is on the way: the next one follows when it is handled. */
static void tell_readers(struct loop *loop)
{
	if (loop->readers_on_their_way || loop->readers == loop->readers_told)
		return;
	loop->readers_on_their_way = true;
	loop->readers_told = loop->readers;
	post(loop, EVENT_STREAM, loop->readers, NULL, 0);
}

static void on_readers(void *context, unsigned count)
{
	struct loop *loop = context;

	loop->readers = count;
	tell_readers(loop);
}

static const struct stream_events swo_events = { "SWO", NULL, on_readers };

/* A free slot; or that of a client who holds one and has never said anything; or NOBODY. */
static unsigned find_slot(struct loop *loop)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (!loop->slots[i].client)
			return i;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (!client_has_spoken(loop->slots[i].client)) {
			log_line(LOG_WARN, "client %u never spoke: its place goes to a new one", i);
			free_slot(loop, i);
			return i;
		}
	return NOBODY;
}

static bool add_client(struct loop *loop, unsigned number, int in_fd, int out_fd)
{
	struct client *client = client_new(loop->ev, number, in_fd, out_fd, &client_events, loop);

	loop->slots[number].client = client;
	return client != NULL;
}

static void on_accept(struct ev_loop *ev, ev_io *watcher, int events)
{
	struct loop *loop = ev_userdata(ev);
	char name[80];
	unsigned number;
	int fd;

	(void)events;
	if (has_to_wait(loop)) {
		watch_sockets(loop, false);
		return;
	}
	fd = listener_accept(watcher->fd, name, sizeof name);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			log_line(LOG_WARN, "a client has to wait: %s", strerror(errno));
			watch_sockets(loop, false);
			ev_timer_again(ev, &loop->accept_pause);
		}
		return;
	}
	number = find_slot(loop);
	if (number == NOBODY) {
		log_line(LOG_WARN, "client from %s refused: there are %d already", name,
			 CLIENTS_MAX);
		close(fd);
	} else if (add_client(loop, number, fd, fd)) {
		log_line(LOG_SESSION, "client %u connected from %s", number, name);
	}
}

static void on_accept_pause_over(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct loop *loop = ev_userdata(ev);

	(void)events;
	ev_timer_stop(ev, timer);
	watch_sockets(loop, true);
}

/* ---- what the engine says ---- */

static void on_handled(struct loop *loop, const struct message *message)
{
	struct slot *slot = &loop->slots[message->client];

	switch ((enum event_kind)message->status) {
	case EVENT_STREAM:
		loop->readers_on_their_way = false;
		tell_readers(loop);
		break;
	case EVENT_PACKET:
		if (slot->client && !slot->closed)
			client_packet_handled(slot->client);
		break;
	case EVENT_BREAK:
		slot->breaks_on_their_way--;
		if (slot->breaks_on_their_way)	/* the engine took back the flag of both */
			atomic_store(&loop->flags->interrupt[message->client], true);
		break;
	case EVENT_CLOSED:
		free_slot(loop, message->client);
		break;
	case EVENT_RTT:
		loop->rtt_input_on_its_way = false;
		rtt_ports_resume(loop->rtt);
		break;
	case EVENT_CONSOLE:
		loop->console_input_on_its_way = false;
		stream_resume(loop->console);
		break;
	case EVENT_GRACE_OVER:
	case EVENT_RTT_REFUSED:
	case EVENT_QUIT:
		break;
	}
}

/* Last words: whoever reads gets everything, for a moment. */
static void begin_farewell(struct loop *loop, int status)
{
	loop->status = status;
	loop->quitting = true;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (loop->slots[i].client)
			client_finish(loop->slots[i].client);
	ev_timer_start(loop->ev, &loop->farewell);
}

static void on_client_output(struct loop *loop, const struct message *message)
{
	struct client *client;

	if (message->client >= CLIENTS_MAX || loop->slots[message->client].closed)
		return;
	client = loop->slots[message->client].client;
	if (!client)
		return;
	switch ((enum output_kind)message->kind) {
	case OUTPUT_PACKET:
		client_answer(client, message->data, message->length);
		break;
	case OUTPUT_NOTE:
		client_note(client, message->data, message->length);
		break;
	case OUTPUT_RESUMED:
		client_resumed(client);
		break;
	case OUTPUT_NO_ANSWER:
		client_no_answer(client);
		break;
	case OUTPUT_CLOSE:
		client_finish(client);
		break;
	case OUTPUT_TRACE:
	case OUTPUT_CONTROLS:
	case OUTPUT_START_GRACE:
	case OUTPUT_STOP_GRACE:
	case OUTPUT_CONSOLE:
	case OUTPUT_RTT:
	case OUTPUT_RTT_PORT:
	case OUTPUT_EXIT:
		break;
	}
}

static void set_rtt_port(struct loop *loop, unsigned channel, unsigned port)
{
	struct why why = { "" };

	if (rtt_ports_set(loop->rtt, channel, port, &why) != OK)
		post(loop, EVENT_RTT_REFUSED, channel, why.text, strlen(why.text));
}

static void on_output(struct loop *loop, const struct message *message)
{
	switch (message->kind) {
	case MESSAGE_HANDLED:
		on_handled(loop, message);
		break;
	case OUTPUT_CONTROLS:
		set_controller(loop, message->client);
		break;
	case OUTPUT_START_GRACE:
		loop->grace_client = message->client;
		ev_timer_stop(loop->ev, &loop->grace);
		ev_timer_set(&loop->grace, grace_s, 0);
		ev_timer_start(loop->ev, &loop->grace);
		break;
	case OUTPUT_STOP_GRACE:
		ev_timer_stop(loop->ev, &loop->grace);
		break;
	case OUTPUT_CONSOLE:
		stream_send(loop->console, message->data, message->length);
		break;
	case OUTPUT_EXIT:
		begin_farewell(loop, message->status);
		break;
	case OUTPUT_RTT:
		rtt_ports_send(loop->rtt, message->client, message->data, message->length);
		break;
	case OUTPUT_RTT_PORT:
		set_rtt_port(loop, message->client, (unsigned)message->status);
		break;
	case OUTPUT_TRACE:
		stream_send(loop->swo, message->data, message->length);
		break;
	default:
		on_client_output(loop, message);
		break;
	}
}

static void on_outputs(struct ev_loop *ev, ev_io *watcher, int events)
{
	struct loop *loop = ev_userdata(ev);
	struct message *message;

	(void)watcher, (void)events;
	for (unsigned i = 0; i < OUTPUTS_AT_ONCE; i++) {
		message = mailbox_take(loop->outbox, 0);
		if (!message)
			break;
		on_output(loop, message);
		free(message);
	}
	leave_if_farewell_is_over(loop);
}

/* ---- timers and signals ---- */

static void on_grace_over(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct loop *loop = ev_userdata(ev);

	(void)timer, (void)events;
	post(loop, EVENT_GRACE_OVER, loop->grace_client, NULL, 0);
}

static void on_linger_over(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)timer, (void)events;
	post_quit(ev_userdata(ev));
}

static void on_idle(struct ev_loop *ev, ev_timer *timer, int events)
{
	struct loop *loop = ev_userdata(ev);

	(void)timer, (void)events;
	if (count_speakers(loop) == 0)
		post_quit(loop);
}

static void on_farewell_over(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)timer, (void)events;
	ev_break(ev, EVBREAK_ALL);
}

/* The first one asks, the second one does not. */
static void on_quit_signal(struct ev_loop *ev, ev_signal *watcher, int events)
{
	struct loop *loop = ev_userdata(ev);

	(void)events;
	if (atomic_load(&loop->flags->quit))
		_exit(128 + watcher->signum);
	engine_flags_quit(loop->flags);
	engine_flags_tell_uncut(loop->flags);
	log_line(LOG_SESSION, "%s: ending", strsignal(watcher->signum));
	post_quit(loop);
}

static bool signal_is_ignored(int signum)
{
	struct sigaction now;

	return sigaction(signum, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

/* nohup stays nohup; and a terminal's Ctrl-C is for the GDB that started us with --stdio. */
static void watch_signals(struct loop *loop)
{
	signal(SIGPIPE, SIG_IGN);
	if (!loop->options.listener)
		signal(SIGINT, SIG_IGN);
	for (size_t i = 0; i < QUIT_SIGNALS; i++) {
		ev_signal_init(&loop->signals[i], on_quit_signal, quit_signals[i]);
		if (!signal_is_ignored(quit_signals[i]))
			ev_signal_start(loop->ev, &loop->signals[i]);
	}
}

/* ---- the program's console ---- */

static size_t on_console_input(void *context, const uint8_t *data, size_t length)
{
	struct loop *loop = context;

	if (loop->console_input_on_its_way)
		return 0;
	post(loop, EVENT_CONSOLE, 0, data, length);
	loop->console_input_on_its_way = true;
	return length;
}

static const struct stream_events console_events = { "console", on_console_input, NULL };

static void open_console(struct loop *loop)
{
	if (loop->options.console)
		loop->console = stream_new(loop->ev, loop->options.console, &console_events, loop);
	else if (loop->options.console_on_stdout)
		loop->console = stream_new_to(loop->ev, STDOUT_FILENO);
}

/* ---- RTT ---- */

static size_t on_rtt_input(void *context, unsigned channel, const uint8_t *data, size_t length)
{
	struct loop *loop = context;

	if (loop->rtt_input_on_its_way)
		return 0;
	loop->rtt_input_on_its_way = true;
	post(loop, EVENT_RTT, channel, data, length);
	return length;
}

/* ---- life ---- */

struct loop *loop_new(const struct loop_options *options, struct engine_flags *flags,
		      struct mailbox *inbox, struct mailbox *outbox)
{
	struct loop *loop = calloc(1, sizeof *loop);

	if (!loop)
		return NULL;
	loop->ev = ev_loop_new(EVFLAG_AUTO);
	if (loop->ev)
		loop->rtt = rtt_ports_new(loop->ev, options->bind, on_rtt_input, loop);
	if (!loop->rtt) {
		if (loop->ev)
			ev_loop_destroy(loop->ev);
		free(loop);
		return NULL;
	}
	ev_set_userdata(loop->ev, loop);
	loop->options = *options;
	loop->flags = flags;
	loop->inbox = inbox;
	loop->outbox = outbox;
	loop->controller = NOBODY;
	ev_io_init(&loop->outputs, on_outputs, mailbox_fd(outbox), EV_READ);
	ev_timer_init(&loop->grace, on_grace_over, grace_s, 0);
	ev_timer_init(&loop->idle, on_idle, options->idle_s, options->idle_s);
	if (options->idle_s)
		ev_timer_start(loop->ev, &loop->idle);
	ev_timer_init(&loop->linger, on_linger_over, linger_s, 0);
	ev_timer_init(&loop->farewell, on_farewell_over, farewell_s, 0);
	ev_timer_init(&loop->accept_pause, on_accept_pause_over, accept_pause_s, accept_pause_s);
	for (size_t i = 0; options->listener && i < options->listener->count; i++)
		ev_io_init(&loop->accepts[i], on_accept, options->listener->fds[i], EV_READ);
	if (options->swo)
		loop->swo = stream_new(loop->ev, options->swo, &swo_events, loop);
	watch_signals(loop);
	open_console(loop);
	return loop;
}

int loop_run(struct loop *loop)
{
	ev_io_start(loop->ev, &loop->outputs);
	watch_sockets(loop, true);
	if (!loop->options.listener && !add_client(loop, 0, STDIN_FILENO, STDOUT_FILENO))
		return 1;
	ev_run(loop->ev, 0);
	return loop->status;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		client_free(loop->slots[i].client);
	stream_free(loop->console);
	for (size_t i = 0; i < QUIT_SIGNALS; i++)
		ev_signal_stop(loop->ev, &loop->signals[i]);
	stream_free(loop->swo);
	rtt_ports_free(loop->rtt);
	ev_loop_destroy(loop->ev);
	free(loop);
}
