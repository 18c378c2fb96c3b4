/* SPDX-License-Identifier: MIT
 *
 * One client's conversation over a socket pair: acknowledgements, repeats, keep-alives, one packet at a
 * time. The test is both the GDB at the far end and the engine behind.
 */
#include "server/net/client.h"

#include <ev.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct far_end {
	struct ev_loop *loop;
	struct client *client;
	int fd;
	char packets[256];		/* what the engine got, ';' behind each */
	unsigned breaks;
	bool closed;
	char got[65536];		/* what came out of the socket */
};

static void on_packet(void *context, struct client *client, const uint8_t *data, size_t length)
{
	struct far_end *e = context;

	assert_ptr_equal(client, e->client);
	strncat(e->packets, (const char *)data, length);
	strcat(e->packets, ";");
}

static void on_interrupt(void *context, struct client *client)
{
	(void)client;
	((struct far_end *)context)->breaks++;
}

static void on_closed(void *context, struct client *client, const char *reason)
{
	(void)client, (void)reason;
	((struct far_end *)context)->closed = true;
}

static const struct client_events events = { on_packet, on_interrupt, on_closed };

static int set_up(void **state)
{
	struct far_end *e = calloc(1, sizeof *e);
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	e->loop = ev_loop_new(0);
	e->fd = fds[0];
	fcntl(e->fd, F_SETFL, O_NONBLOCK);
	e->client = client_new(e->loop, 3, fds[1], fds[1], &events, e);
	*state = e;
	return 0;
}

static int tear_down(void **state)
{
	struct far_end *e = *state;

	client_free(e->client);
	close(e->fd);
	ev_loop_destroy(e->loop);
	free(e);
	return 0;
}

static void turn(struct far_end *e)
{
	for (int i = 0; i < 20; i++)
		ev_run(e->loop, EVRUN_NOWAIT);
}

static void on_time_is_up(struct ev_loop *loop, ev_timer *timer, int what)
{
	(void)timer, (void)what;
	ev_break(loop, EVBREAK_ALL);
}

static void turn_for(struct far_end *e, double seconds)
{
	ev_timer end;

	ev_now_update(e->loop);
	ev_timer_init(&end, on_time_is_up, seconds, 0);
	ev_timer_start(e->loop, &end);
	ev_run(e->loop, 0);
}

static const char *hear(struct far_end *e)
{
	ssize_t got;

	turn(e);
	got = read(e->fd, e->got, sizeof e->got - 1);
	e->got[got > 0 ? got : 0] = '\0';
	return e->got;
}

/* Sends bytes and returns what comes back at once. */
static const char *say(struct far_end *e, const char *bytes)
{
	assert_int_equal(write(e->fd, bytes, strlen(bytes)), strlen(bytes));
	return hear(e);
}

static const char *heard_packets(struct far_end *e)
{
	static char packets[sizeof e->packets];

	strcpy(packets, e->packets);
	e->packets[0] = '\0';
	return packets;
}

static void answer(struct far_end *e, const char *text)
{
	client_answer(e->client, (const uint8_t *)text, strlen(text));
	client_packet_handled(e->client);
}

static void acknowledges_before_any_work(void **state)
{
	struct far_end *e = *state;

	assert_string_equal(say(e, "+$?#3f"), "+");
	assert_string_equal(heard_packets(e), "?;");
	answer(e, "T05");
	assert_string_equal(hear(e), "$T05#b9");
}

static void asks_for_bad_packets_again(void **state)
{
	struct far_end *e = *state;

	assert_string_equal(say(e, "$?#00"), "-");
	assert_string_equal(heard_packets(e), "");
	assert_false(client_has_spoken(e->client));
	assert_string_equal(say(e, "$?#3f"), "+");
	assert_true(client_has_spoken(e->client));
}

static void repeats_an_answer_that_arrived_broken(void **state)
{
	struct far_end *e = *state;

	say(e, "$?#3f");
	answer(e, "T05");
	assert_string_equal(hear(e), "$T05#b9");
	assert_string_equal(say(e, "-"), "$T05#b9");
	assert_string_equal(say(e, "+-"), "");	/* it has arrived */
}

static void repeats_nothing_while_a_packet_is_in_work(void **state)
{
	struct far_end *e = *state;

	say(e, "$?#3f");
	answer(e, "T05");
	hear(e);
	assert_string_equal(say(e, "$g#67-"), "+");
	assert_string_equal(say(e, "---"), "");
	answer(e, "00");
	assert_string_equal(hear(e), "$00#60");
}

static void answers_no_ack_mode_itself(void **state)
{
	struct far_end *e = *state;

	assert_string_equal(say(e, "$QStartNoAckMode#b0"), "+$OK#9a");
	assert_string_equal(heard_packets(e), "");
	assert_string_equal(say(e, "+$?#3f-"), "");
	answer(e, "T05");
	assert_string_equal(hear(e), "$T05#b9");
	assert_string_equal(say(e, "-"), "");
	assert_string_equal(say(e, "$?#00"), "");	/* wrong: not done, not asked for again */
	assert_string_equal(heard_packets(e), "?;");
}

static void hands_on_one_packet_at_a_time(void **state)
{
	struct far_end *e = *state;

	say(e, "$g#67$?#3f$QStartNoAckMode#b0$m0,4#fd");
	assert_string_equal(heard_packets(e), "g;");
	answer(e, "1");
	assert_string_equal(hear(e), "$1#31+");		/* one packet ahead */
	assert_string_equal(heard_packets(e), "?;");
	answer(e, "2");
	assert_string_equal(hear(e), "$2#32$OK#9a");
	assert_string_equal(heard_packets(e), "m0,4;");
	answer(e, "3");
	assert_string_equal(hear(e), "$3#33");
}

static void answers_a_repeated_greeting_once(void **state)
{
	struct far_end *e = *state;

	assert_string_equal(say(e, "+$qSupported#37$qSupported#37$qSupported#37"), "+++");
	assert_string_equal(heard_packets(e), "qSupported;");
	answer(e, "1");
	assert_string_equal(hear(e), "$1#31");
	assert_string_equal(heard_packets(e), "");
	say(e, "+$qSupported#37$g#67");		/* another time it is a new one */
	assert_string_equal(heard_packets(e), "qSupported;");
	answer(e, "2");
	assert_string_equal(heard_packets(e), "g;");
	answer(e, "3");
	assert_string_equal(hear(e), "$2#32$3#33");
}

static void hears_breaks_during_work(void **state)
{
	struct far_end *e = *state;

	say(e, "\003");
	assert_int_equal(e->breaks, 0);		/* who are you? */
	say(e, "$c#63\003");
	assert_int_equal(e->breaks, 1);
	client_resumed(e->client);
	client_packet_handled(e->client);
	say(e, "\003\003");
	assert_int_equal(e->breaks, 3);
}

static void keeps_the_client_waiting_while_it_works(void **state)
{
	struct far_end *e = *state;

	say(e, "$g#67");
	turn_for(e, 0.8);
	assert_string_equal(hear(e), "");
	turn_for(e, 0.5);
	assert_string_equal(hear(e), "+");
	turn_for(e, 1.0);
	assert_string_equal(hear(e), "+");
	answer(e, "00");
	assert_string_equal(hear(e), "$00#60");
	turn_for(e, 1.2);
	assert_string_equal(hear(e), "");
}

static void keeps_silent_while_the_target_runs(void **state)
{
	struct far_end *e = *state;

	say(e, "$c#63");
	client_resumed(e->client);
	client_packet_handled(e->client);
	turn_for(e, 1.2);
	assert_string_equal(hear(e), "");
	client_note(e->client, (const uint8_t *)"O41", 3);
	assert_string_equal(hear(e), "$O41#b4");
	client_answer(e->client, (const uint8_t *)"S05", 3);
	assert_string_equal(hear(e), "$S05#b8");
}

static void keeps_alive_through_notes(void **state)
{
	struct far_end *e = *state;

	say(e, "$qRcmd,68#91");
	client_note(e->client, (const uint8_t *)"O41", 3);
	hear(e);
	turn_for(e, 1.2);
	assert_string_equal(hear(e), "+");
}

static void tells_when_the_client_is_gone(void **state)
{
	struct far_end *e = *state;

	say(e, "$m0,1");
	shutdown(e->fd, SHUT_WR);
	turn(e);
	assert_true(e->closed);
	answer(e, "late");			/* harmless */
	client_finish(e->client);
	turn(e);
}

static void drops_a_client_that_does_not_read(void **state)
{
	struct far_end *e = *state;
	static uint8_t text[4096];

	memset(text, 'x', sizeof text);
	say(e, "$c#63");
	for (int i = 0; i < 4096 && !e->closed; i++) {
		client_note(e->client, text, sizeof text);
		turn(e);
	}
	assert_true(e->closed);
}

static void says_everything_before_it_ends(void **state)
{
	struct far_end *e = *state;

	say(e, "$D#44");
	answer(e, "OK");
	client_finish(e->client);
	assert_string_equal(hear(e), "$OK#9a");
	assert_true(e->closed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(acknowledges_before_any_work),
		TEST(asks_for_bad_packets_again),
		TEST(repeats_an_answer_that_arrived_broken),
		TEST(repeats_nothing_while_a_packet_is_in_work),
		TEST(answers_no_ack_mode_itself),
		TEST(hands_on_one_packet_at_a_time),
		TEST(answers_a_repeated_greeting_once),
		TEST(hears_breaks_during_work),
		TEST(keeps_the_client_waiting_while_it_works),
		TEST(keeps_silent_while_the_target_runs),
		TEST(keeps_alive_through_notes),
		TEST(tells_when_the_client_is_gone),
		TEST(drops_a_client_that_does_not_read),
		TEST(says_everything_before_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
