/* SPDX-License-Identifier: MIT
 *
 * The loop, its sockets and the engine's thread, with a small engine of the test's own behind them: what
 * clients do to the server, and what the engine gets to know of it.
 */
#include "server/net/loop.h"

#include "server/net/framer.h"
#include "server/net/thread.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- an engine that does what the packet says ---- */

struct engine {
	struct engine_flags flags;
	struct thread *thread;
	pthread_mutex_t mutex;
	char events[4096];		/* "P0 B0 C0 G0 Q" */
	unsigned jobs;
	bool slow_breaks, controlled;
};

static void note_event(struct engine *engine, const char *format, unsigned client)
{
	size_t used;

	pthread_mutex_lock(&engine->mutex);
	used = strlen(engine->events);
	snprintf(engine->events + used, sizeof engine->events - used, format, client);
	pthread_mutex_unlock(&engine->mutex);
}

static void output(struct engine *engine, enum output_kind kind, unsigned client, const char *text)
{
	struct output out = { .kind = kind, .client = client, .length = strlen(text),
			      .data = (const uint8_t *)text };

	thread_output(engine->thread, &out);
}

static void work_until_interrupted(struct engine *engine, unsigned client)
{
	for (int i = 0; i < 500 && !atomic_load(&engine->flags.interrupt[client]); i++)
		poll(NULL, 0, 10);
	output(engine, OUTPUT_PACKET, client,
	       atomic_load(&engine->flags.interrupt[client]) ? "interrupted" : "late");
}

static void handle_packet(struct engine *engine, unsigned client, const struct event *event)
{
	switch (event->length ? event->data[0] : 0) {
	case '?':
		if (!engine->controlled)
			output(engine, OUTPUT_CONTROLS, client, "");
		engine->controlled = true;
		output(engine, OUTPUT_PACKET, client, "S05");
		break;
	case 'c':
		output(engine, OUTPUT_RESUMED, client, "");
		break;
	case 'k':
		output(engine, OUTPUT_NO_ANSWER, client, "");
		output(engine, OUTPUT_CLOSE, client, "");
		break;
	case 'W':
		poll(NULL, 0, 300);
		output(engine, OUTPUT_PACKET, client, "done");
		break;
	case 'b':
		engine->slow_breaks = true;
		output(engine, OUTPUT_PACKET, client, "OK");
		break;
	case 'w':
		work_until_interrupted(engine, client);
		break;
	default:
		output(engine, OUTPUT_PACKET, client, "S05");
		break;
	}
}

void engine_on_load(struct engine *engine, void (*serve)(void *context), void *context)
{
	(void)engine;
	(void)serve;
	(void)context;
}

void engine_handle(struct engine *engine, const struct event *event)
{
	static const char letters[] = {
		[EVENT_PACKET] = 'P', [EVENT_BREAK] = 'B', [EVENT_CLOSED] = 'C',
		[EVENT_GRACE_OVER] = 'G', [EVENT_QUIT] = 'Q',
	};
	char format[] = "X%u ";

	format[0] = letters[event->kind];
	note_event(engine, format, event->client);
	if (event->kind == EVENT_PACKET)
		handle_packet(engine, event->client, event);
	else if (event->kind == EVENT_BREAK && engine->slow_breaks)
		poll(NULL, 0, 200);
	else if (event->kind == EVENT_BREAK)
		output(engine, OUTPUT_PACKET, event->client, "T02");
	else if (event->kind == EVENT_QUIT)
		output(engine, OUTPUT_EXIT, CLIENTS_MAX, "");
	if (event->kind == EVENT_BREAK || event->kind == EVENT_CLOSED)
		atomic_store(&engine->flags.interrupt[event->client], false);
}

uint64_t engine_next_due_us(const struct engine *engine)
{
	return engine->jobs < 100 ? 1000 * (engine->jobs + 1) : UINT64_MAX;
}

uint64_t engine_now_us(const struct engine *engine)
{
	return 1000 * engine->jobs;
}

void engine_run_due(struct engine *engine)
{
	engine->jobs++;
}

/* ---- the server ---- */

struct server {
	struct engine engine;
	struct listener listener;
	struct mailbox *inbox, *outbox;
	struct loop *loop;
	pthread_t runner;
	int status;
	bool running;
};

static void *run_loop(void *context)
{
	struct server *s = context;

	s->status = loop_run(s->loop);
	return NULL;
}

static struct server *start(bool once)
{
	struct server *s = calloc(1, sizeof *s);
	struct loop_options options = { .listener = &s->listener, .once = once };
	struct why why;
	bool in_use;

	pthread_mutex_init(&s->engine.mutex, NULL);
	s->status = -1;
	assert_int_equal(listener_open(&s->listener, NULL, 0, &in_use, &why), 0);
	s->inbox = mailbox_new(4 * CLIENTS_MAX);
	s->outbox = mailbox_new(64);
	s->engine.thread = thread_new(s->inbox, s->outbox);
	s->loop = loop_new(&options, &s->engine.flags, s->inbox, s->outbox);
	assert_int_equal(thread_start(s->engine.thread, &s->engine), 0);
	pthread_create(&s->runner, NULL, run_loop, s);
	s->running = true;
	return s;
}

static int set_up(void **state)
{
	*state = start(false);
	return 0;
}

static int set_up_once(void **state)
{
	*state = start(true);
	return 0;
}

static void wait_for_end(struct server *s)
{
	pthread_join(s->runner, NULL);
	s->running = false;
}

static int tear_down(void **state)
{
	struct server *s = *state;

	if (s->running) {
		kill(getpid(), SIGTERM);
		wait_for_end(s);
	}
	assert_int_equal(s->status, 0);
	thread_free(s->engine.thread);
	loop_free(s->loop);
	mailbox_free(s->inbox);
	mailbox_free(s->outbox);
	listener_close(&s->listener);
	free(s);
	return 0;
}

static void assert_events(struct server *s, const char *wanted)
{
	char events[sizeof s->engine.events];

	for (int i = 0; i < 300; i++) {
		pthread_mutex_lock(&s->engine.mutex);
		strcpy(events, s->engine.events);
		pthread_mutex_unlock(&s->engine.mutex);
		if (strcmp(events, wanted) == 0)
			return;
		poll(NULL, 0, 10);
	}
	assert_string_equal(events, wanted);
}

/* ---- clients ---- */

static int try_connect(const struct server *s)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)s->listener.port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* What comes within a second, ended by '#' and two digits, or by the end of the connection. */
static const char *hear(int fd)
{
	static char text[256];
	size_t length = 0;
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	for (;;) {
		ssize_t got = poll(&ready, 1, 2000) == 1 ? read(fd, text + length, 1) : 0;

		length += got > 0 ? 1 : 0;
		text[length] = '\0';
		if (got <= 0 || (length > 3 && text[length - 3] == '#'))
			return text;
	}
}

static void say(int fd, const char *payload)
{
	uint8_t frame[64];
	size_t length = framer_wrap(payload, strlen(payload), frame);

	assert_int_equal(write(fd, frame, length), length);
}

static void expect_byte(int fd, char wanted)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char byte = 0;

	assert_int_equal(poll(&ready, 1, 2000), 1);
	assert_int_equal(read(fd, &byte, 1), 1);
	assert_int_equal(byte, wanted);
}

/* The '+' that says that the server has the packet. */
static void wait_for_ack(int fd)
{
	expect_byte(fd, '+');
}

static bool is_closed(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char byte;

	return poll(&ready, 1, 2000) == 1 && read(fd, &byte, 1) <= 0;
}

static void reset_connection(int fd)
{
	struct linger now = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
}

/* ---- tests ---- */

static void serves_one_client_after_the_other(void **state)
{
	static const char *const events[] = { "P0 C0 ", "P0 C0 P0 C0 ", "P0 C0 P0 C0 P0 C0 " };
	struct server *s = *state;

	for (int i = 0; i < 3; i++) {
		int fd = try_connect(s);

		say(fd, "?");
		assert_string_equal(hear(fd), "+$S05#b8");
		close(fd);
		assert_events(s, events[i]);
	}
}

static void serves_clients_side_by_side(void **state)
{
	struct server *s = *state;
	int a = try_connect(s), b;

	say(a, "?");
	hear(a);
	b = try_connect(s);
	say(b, "?");
	assert_string_equal(hear(b), "+$S05#b8");
	say(a, "?");
	assert_string_equal(hear(a), "+$S05#b8");
	close(a);
	assert_events(s, "P0 P1 P0 C0 ");
	close(b);
	assert_events(s, "P0 P1 P0 C0 C1 ");
}

static void tells_nothing_of_clients_that_say_nothing(void **state)
{
	struct server *s = *state;
	int fd;

	for (int i = 0; i < 1000; i++) {
		fd = try_connect(s);
		i % 2 ? close(fd) : reset_connection(fd);
	}
	fd = try_connect(s);
	assert_int_equal(write(fd, "$?#00\003", 6), 6);
	expect_byte(fd, '-');
	assert_events(s, "");
	close(fd);
}

static void gives_the_place_of_a_silent_client_to_a_new_one(void **state)
{
	struct server *s = *state;
	int silent[CLIENTS_MAX], fd;

	for (int i = 0; i < CLIENTS_MAX; i++)
		silent[i] = try_connect(s);
	fd = try_connect(s);
	say(fd, "?");
	assert_string_equal(hear(fd), "+$S05#b8");
	close(fd);
	for (int i = 0; i < CLIENTS_MAX; i++)
		close(silent[i]);
}

/* While the engine works, clients who have left still have their places: others wait, not long. */
static void lets_clients_wait_for_a_place(void **state)
{
	struct server *s = *state;
	int fd = try_connect(s), busy;

	busy = fd;
	say(fd, "W");		/* works a moment, deaf */
	wait_for_ack(fd);
	for (int i = 1; i < CLIENTS_MAX; i++) {
		fd = try_connect(s);
		say(fd, "?");
		wait_for_ack(fd);
		close(fd);
	}
	fd = try_connect(s);
	say(fd, "?");
	assert_string_equal(hear(fd), "+$S05#b8");
	close(fd);
	close(busy);
}

static void refuses_more_clients_than_it_can_serve(void **state)
{
	struct server *s = *state;
	int fds[CLIENTS_MAX], more;

	for (int i = 0; i < CLIENTS_MAX; i++) {
		fds[i] = try_connect(s);
		say(fds[i], "?");
		hear(fds[i]);
	}
	more = try_connect(s);
	assert_true(is_closed(more));
	close(more);
	say(fds[7], "?");
	assert_string_equal(hear(fds[7]), "+$S05#b8");
	for (int i = 0; i < CLIENTS_MAX; i++)
		close(fds[i]);
}

static void interrupts_the_one_who_asked(void **state)
{
	struct server *s = *state;
	int fd = try_connect(s);

	say(fd, "w");
	wait_for_ack(fd);
	assert_int_equal(write(fd, "\003\003\003", 3), 3);
	assert_string_equal(hear(fd), "$interrupted#b6");
	assert_string_equal(hear(fd), "$T02#b6");
	close(fd);
	assert_events(s, "P0 B0 C0 ");	/* three breaks at once are one */
}

/* A second Ctrl-C is for what was asked after the first one, even if nobody has seen to that yet. */
static void a_break_after_another_packet_is_another_break(void **state)
{
	static const char both[] = "$b#62\003\003$c#63\003\003";
	struct server *s = *state;
	int fd = try_connect(s);

	assert_int_equal(write(fd, both, sizeof both - 1), sizeof both - 1);
	assert_events(s, "P0 B0 P0 B0 ");
	close(fd);
	assert_events(s, "P0 B0 P0 B0 C0 ");
}

static void interrupts_the_work_of_a_lost_client(void **state)
{
	struct server *s = *state;
	int fd = try_connect(s);

	say(fd, "w");
	reset_connection(fd);
	assert_events(s, "P0 C0 ");
}

static void survives_a_flood(void **state)
{
	struct server *s = *state;
	int fd = try_connect(s);
	static char noise[1 << 20];

	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (char)rand();
	for (int i = 0; i < 4; i++)
		assert_true(write(fd, noise, sizeof noise) > 0);
	reset_connection(fd);
	fd = try_connect(s);
	say(fd, "?");
	assert_string_equal(hear(fd), "+$S05#b8");
	close(fd);
}

static void ends_its_side_when_the_engine_says_so(void **state)
{
	struct server *s = *state;
	int fd = try_connect(s);

	say(fd, "k");
	wait_for_ack(fd);
	assert_true(is_closed(fd));
	close(fd);
	assert_events(s, "P0 C0 ");
}

static void ends_on_a_signal_while_a_client_is_there(void **state)
{
	struct server *s = *state;
	int fd = try_connect(s);

	say(fd, "w");
	wait_for_ack(fd);
	kill(getpid(), SIGTERM);
	assert_string_equal(hear(fd), "$interrupted#b6");
	wait_for_end(s);
	assert_true(is_closed(fd));
	close(fd);
	assert_events(s, "P0 Q0 C0 ");
}

static void ends_with_the_first_session_if_told(void **state)
{
	struct server *s = *state;
	int fd;

	close(try_connect(s));		/* is it ready? */
	fd = try_connect(s);
	say(fd, "?");
	hear(fd);
	close(fd);
	wait_for_end(s);
	assert_events(s, "P0 C0 Q0 ");
}

static void lets_an_observer_leave_first(void **state)
{
	struct server *s = *state;
	int a = try_connect(s), b;

	say(a, "?");
	hear(a);
	b = try_connect(s);
	say(b, "?");
	hear(b);
	close(b);
	assert_events(s, "P0 P1 C1 ");
	say(a, "?");
	assert_string_equal(hear(a), "+$S05#b8");
	close(a);
	wait_for_end(s);
	assert_events(s, "P0 P1 C1 P0 C0 Q0 ");
}

static void a_reader_that_was_there_first_is_no_session(void **state)
{
	struct server *s = *state;
	int reader = try_connect(s), debugger;

	say(reader, "m0,4");
	hear(reader);
	debugger = try_connect(s);
	say(debugger, "?");
	hear(debugger);
	close(reader);
	assert_events(s, "P0 P1 C0 ");
	say(debugger, "m0,4");
	assert_string_equal(hear(debugger), "+$S05#b8");
	close(debugger);
	wait_for_end(s);
	assert_events(s, "P0 P1 C0 P1 C1 Q0 ");
}

static void ends_when_the_last_reader_leaves(void **state)
{
	struct server *s = *state;
	int fd = try_connect(s);

	say(fd, "m0,4");
	hear(fd);
	close(fd);
	wait_for_end(s);
	assert_events(s, "P0 C0 Q0 ");
}

static void does_not_wait_long_for_observers(void **state)
{
	struct server *s = *state;
	int a = try_connect(s), b;

	say(a, "?");
	hear(a);
	b = try_connect(s);
	say(b, "?");
	hear(b);
	close(a);
	wait_for_end(s);
	assert_events(s, "P0 P1 C0 Q0 C1 ");
	close(b);
}

static void takes_the_same_port_on_both_loopbacks(void **state)
{
	struct server *s = *state;
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT,
				   .sin6_port = htons((uint16_t)s->listener.port) };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd < 0 || (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 &&
		       (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT || errno == ENETUNREACH))) {
		close(fd);
		skip();		/* no IPv6 here */
	}
	say(fd, "?");
	assert_string_equal(hear(fd), "+$S05#b8");
	close(fd);
}

/* A reply in two writes would wait for the client's delayed acknowledgement: 40 ms on Linux. */
static void sends_without_delay(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int client = socket(AF_INET, SOCK_STREAM, 0), accepted, without_delay = 0;
	socklen_t length = sizeof without_delay;
	struct listener listener;
	struct why why;
	bool in_use;
	char name[80];

	(void)state;
	assert_int_equal(listener_open(&listener, "127.0.0.1", 0, &in_use, &why), 0);
	to.sin_port = htons((uint16_t)listener.port);
	assert_int_equal(connect(client, (struct sockaddr *)&to, sizeof to), 0);
	accepted = listener_accept(listener.fds[0], name, sizeof name);
	assert_true(accepted >= 0);
	assert_int_equal(getsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &without_delay, &length), 0);
	assert_true(without_delay);
	close(accepted);
	close(client);
	listener_close(&listener);
}

static void names_a_port_in_use(void **state)
{
	struct server *s = *state;
	struct listener second;
	struct why why;
	bool in_use;
	char number[8];

	assert_int_equal(listener_open(&second, NULL, s->listener.port, &in_use, &why), E_SYSTEM);
	assert_true(in_use);
	snprintf(number, sizeof number, "%u", s->listener.port);
	assert_non_null(strstr(why.text, number));
	assert_int_equal(listener_open(&second, "no.such.host.invalid", 0, &in_use, &why), E_SYSTEM);
	assert_false(in_use);
	assert_non_null(strstr(why.text, "no.such.host.invalid"));
}

static int option_of(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof value;

	assert_int_equal(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

/* Nagle's algorithm costs each packet 40 ms; a host that lost its power must not keep the control. */
static void sockets_do_not_wait_and_notice_dead_hosts(void **state)
{
	struct server s = { .running = false };
	struct pollfd ready = { .events = POLLIN };
	struct why why;
	bool in_use;
	char name[80];
	int ours, theirs;

	(void)state;
	assert_int_equal(listener_open(&s.listener, "127.0.0.1", 0, &in_use, &why), 0);
	theirs = try_connect(&s);
	ready.fd = s.listener.fds[0];
	assert_int_equal(poll(&ready, 1, 2000), 1);
	ours = listener_accept(s.listener.fds[0], name, sizeof name);
	assert_true(ours >= 0);
	assert_non_null(strstr(name, "127.0.0.1 port "));
	assert_int_equal(option_of(ours, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(option_of(ours, SOL_SOCKET, SO_KEEPALIVE), 1);
	close(ours);
	close(theirs);
	listener_close(&s.listener);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TEST_ONCE(name) cmocka_unit_test_setup_teardown(name, set_up_once, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(serves_one_client_after_the_other),
		TEST(serves_clients_side_by_side),
		TEST(tells_nothing_of_clients_that_say_nothing),
		TEST(gives_the_place_of_a_silent_client_to_a_new_one),
		TEST(lets_clients_wait_for_a_place),
		TEST(refuses_more_clients_than_it_can_serve),
		TEST(interrupts_the_one_who_asked),
		TEST(a_break_after_another_packet_is_another_break),
		TEST(interrupts_the_work_of_a_lost_client),
		TEST(survives_a_flood),
		TEST(ends_its_side_when_the_engine_says_so),
		TEST(ends_on_a_signal_while_a_client_is_there),
		TEST_ONCE(ends_with_the_first_session_if_told),
		TEST_ONCE(lets_an_observer_leave_first),
		TEST_ONCE(does_not_wait_long_for_observers),
		TEST_ONCE(a_reader_that_was_there_first_is_no_session),
		TEST_ONCE(ends_when_the_last_reader_leaves),
		TEST(takes_the_same_port_on_both_loopbacks),
		cmocka_unit_test(sends_without_delay),
		TEST(names_a_port_in_use),
		cmocka_unit_test(sockets_do_not_wait_and_notice_dead_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
