/* SPDX-License-Identifier: MIT
 *
 * Raw bytes to the clients of a port: kept for the first, sent to all, and nobody who does not read holds
 * up the others.
 */
#include "server/net/stream.h"

#include "server/net/conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	struct ev_loop *loop;
	struct listener listener;
	struct stream *stream;
	char typed[100];
	size_t taken_at_most;		/* by received() */
	unsigned count;
};

static size_t on_received(void *context, const uint8_t *data, size_t length)
{
	struct place *p = context;
	size_t taken = length < p->taken_at_most ? length : p->taken_at_most;

	strncat(p->typed, (const char *)data, taken);
	return taken;
}

static void on_changed(void *context, unsigned count)
{
	((struct place *)context)->count = count;
}

static const struct stream_events events = { "test", on_received, on_changed };

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	bool in_use;

	assert_int_equal(listener_open(&p->listener, "127.0.0.1", 0, &in_use, NULL), 0);
	p->loop = ev_loop_new(0);
	p->taken_at_most = 1000;
	p->stream = stream_new(p->loop, &p->listener, &events, p);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	stream_free(p->stream);
	listener_close(&p->listener);
	ev_loop_destroy(p->loop);
	free(p);
	return 0;
}

static void turn(struct place *p)
{
	for (unsigned i = 0; i < 20; i++)
		ev_run(p->loop, EVRUN_NOWAIT);
}

static int connect_to(struct place *p)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)p->listener.port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	turn(p);
	return fd;
}

static size_t read_all(int fd, char *data, size_t size)
{
	size_t length = 0;
	ssize_t got;

	while (length < size && (got = recv(fd, data + length, size - length, MSG_DONTWAIT)) > 0)
		length += (size_t)got;
	return length;
}

static void sends_to_all(void **state)
{
	struct place *p = *state;
	int first = connect_to(p), second = connect_to(p);
	char data[10];

	assert_int_equal(p->count, 2);
	stream_send(p->stream, "bytes", 5);
	assert_int_equal(read_all(first, data, sizeof(data)), 5);
	assert_int_equal(read_all(second, data, sizeof(data)), 5);
	assert_memory_equal(data, "bytes", 5);
	close(first);
	turn(p);
	assert_int_equal(p->count, 1);
	stream_send(p->stream, "more", 4);
	assert_int_equal(read_all(second, data, sizeof(data)), 4);
	close(second);
}

static void keeps_the_newest_for_the_first(void **state)
{
	static char sent[STREAM_BACKLOG + 1000], got[STREAM_BACKLOG + 1000];
	struct place *p = *state;
	int fd;

	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 7 + i / 256);
	for (size_t at = 0; at < sizeof(sent); at += 777)
		stream_send(p->stream, sent + at, sizeof(sent) - at < 777 ? sizeof(sent) - at : 777);
	fd = connect_to(p);
	assert_int_equal(read_all(fd, got, sizeof(got)), STREAM_BACKLOG);
	assert_memory_equal(got, sent + 1000, STREAM_BACKLOG);
	close(fd);
	fd = connect_to(p);
	assert_int_equal(read_all(fd, got, sizeof(got)), 0);	/* told once */
	close(fd);
	turn(p);
	stream_send(p->stream, sent, sizeof(sent));		/* more than fits, at once */
	fd = connect_to(p);
	assert_int_equal(read_all(fd, got, sizeof(got)), STREAM_BACKLOG);
	assert_memory_equal(got, sent + 1000, STREAM_BACKLOG);
	close(fd);
}

static void takes_what_is_typed_when_it_is_wanted(void **state)
{
	struct place *p = *state;
	int fd = connect_to(p);

	p->taken_at_most = 3;
	assert_int_equal(send(fd, "abcdef", 6, 0), 6);
	turn(p);
	assert_string_equal(p->typed, "abc");
	stream_resume(p->stream);
	turn(p);
	assert_string_equal(p->typed, "abcdef");
	close(fd);
}

static void refuses_more_than_fit(void **state)
{
	struct place *p = *state;
	int fds[STREAM_CLIENTS], extra;
	char byte;

	for (size_t i = 0; i < STREAM_CLIENTS; i++)
		fds[i] = connect_to(p);
	extra = connect_to(p);
	assert_int_equal(recv(extra, &byte, 1, 0), 0);
	assert_int_equal(p->count, STREAM_CLIENTS);
	close(fds[0]);
	turn(p);
	close(extra);
	extra = connect_to(p);
	assert_int_equal(p->count, STREAM_CLIENTS);
	close(extra);
	for (size_t i = 1; i < STREAM_CLIENTS; i++)
		close(fds[i]);
}

static void drops_who_does_not_read(void **state)
{
	static char data[100000];
	struct place *p = *state;
	int lazy = connect_to(p), keen = connect_to(p);
	size_t sent = 0, got = 0;

	memset(data, 'x', sizeof(data));
	while (p->count == 2 && sent < 4u * CONN_OUTPUT_MAX) {
		stream_send(p->stream, data, sizeof(data));
		sent += sizeof(data);
		for (size_t n = 1; n; got += n) {
			turn(p);
			n = read_all(keen, data, sizeof(data));
		}
	}
	assert_int_equal(p->count, 1);
	assert_int_equal(got, sent);
	close(lazy);
	close(keen);
}

/* Without descriptors there is a pause, no busy loop. */
static void waits_when_there_are_no_descriptors(void **state)
{
	struct place *p = *state;
	struct rlimit before, none;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)p->listener.port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	getrlimit(RLIMIT_NOFILE, &before);
	none = before;
	none.rlim_cur = 3;
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setrlimit(RLIMIT_NOFILE, &none);
	turn(p);
	assert_int_equal(ev_pending_count(p->loop), 0);
	assert_int_equal(p->count, 0);
	setrlimit(RLIMIT_NOFILE, &before);
	while (!p->count)
		ev_run(p->loop, EVRUN_ONCE);
	assert_int_equal(p->count, 1);
	close(fd);
}

static void writes_to_a_descriptor(void **state)
{
	struct place *p = *state;
	struct stream *stream;
	char data[10];
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	stream = stream_new_to(p->loop, fds[1]);
	stream_send(stream, "text", 4);
	turn(p);
	assert_int_equal(read(fds[0], data, sizeof(data)), 4);
	stream_free(stream);
	assert_int_equal(fcntl(fds[1], F_GETFL) & O_NONBLOCK, 0);	/* as it was */
	close(fds[0]);
	close(fds[1]);
	stream_send(NULL, "nobody", 6);
	stream_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sends_to_all),
		TEST(keeps_the_newest_for_the_first),
		TEST(takes_what_is_typed_when_it_is_wanted),
		TEST(refuses_more_than_fit),
		TEST(drops_who_does_not_read),
		TEST(waits_when_there_are_no_descriptors),
		TEST(writes_to_a_descriptor),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
