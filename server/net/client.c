/* SPDX-License-Identifier: MIT
 *
 * One client's side of the conversation. The rules come from how GDB and LLDB really behave: a
 * packet is acknowledged before any work; '-' never repeats an answer while a newer one is in work;
 * a '+' each second keeps them waiting (both give up after 2 to 6 s of silence).
 */
#include "server/net/client.h"

#include "server/net/conn.h"
#include "server/engine.h"
#include "server/net/framer.h"

#include "probe/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const ev_tstamp keep_alive_s = 1.0;

enum { LOGGED_BAD_PACKETS = 5 };

struct client {
	unsigned number;
	struct conn conn;
	struct framer framer;
	ev_timer keep_alive;		/* runs while an answer is owed */
	const struct client_events *events;
	void *context;
	enum client_state {
		CLIENT_IDLE,
		CLIENT_WORKING,		/* owed an answer */
		CLIENT_RUNNING,		/* waits for a stop */
	} state;
	bool with_engine;		/* the engine has a packet of ours */
	bool greeted;			/* which is the greeting */
	bool ahead;			/* the framer holds the next packet */
	bool no_ack;
	bool spoken;
	unsigned bad_packets;
	uint8_t *last;			/* the last frame sent, until it is acknowledged */
	size_t last_length;
};

_Static_assert((int)FRAMER_PAYLOAD_MAX == (int)PACKET_SIZE, "the announced packet size has to fit");

static void set_state(struct client *c, enum client_state state)
{
	c->state = state;
	if (state != CLIENT_WORKING) {
		ev_timer_stop(c->conn.loop, &c->keep_alive);
	} else if (!ev_is_active(&c->keep_alive)) {
		ev_timer_set(&c->keep_alive, keep_alive_s, keep_alive_s);
		ev_timer_start(c->conn.loop, &c->keep_alive);
	}
}

static void on_keep_alive(struct ev_loop *loop, ev_timer *watcher, int events)
{
	struct client *c = owner(watcher, struct client, keep_alive);

	(void)loop, (void)events;
	if (!conn_is_sending(&c->conn))
		conn_send(&c->conn, "+", 1);
}

static void forget_last(struct client *c)
{
	free(c->last);
	c->last = NULL;
	c->last_length = 0;
}

static void send_packet(struct client *c, const uint8_t *payload, size_t length)
{
	uint8_t *frame = malloc(FRAMER_WRAPPED_MAX(length));
	size_t frame_length;

	if (!frame) {
		log_line(LOG_ERROR, "out of memory for an answer to client %u", c->number);
		return;
	}
	frame_length = framer_wrap(payload, length, frame);
	conn_send(&c->conn, frame, frame_length);
	forget_last(c);
	if (c->no_ack) {
		free(frame);
	} else {
		c->last = frame;
		c->last_length = frame_length;
	}
}

static void answer_text(struct client *c, const char *text)
{
	send_packet(c, (const uint8_t *)text, strlen(text));
}

static bool packet_is(const struct framer *framer, const char *text)
{
	return framer->length == strlen(text) && memcmp(framer->data, text, framer->length) == 0;
}

static bool is_greeting(const struct framer *framer)
{
	static const char word[] = "qSupported";

	return framer->length >= strlen(word) && memcmp(framer->data, word, strlen(word)) == 0;
}

/* The packet in the framer is next: ours, or the engine's. */
static void take_packet(struct client *c)
{
	c->ahead = false;
	c->spoken = true;
	if (packet_is(&c->framer, "QStartNoAckMode")) {
		log_line(LOG_GDB, "%u: no acknowledgements from here on", c->number);
		answer_text(c, "OK");
		c->no_ack = true;	/* its '+' for this OK is still to come: harmless */
		forget_last(c);
		return;
	}
	c->with_engine = true;
	c->greeted = is_greeting(&c->framer);
	set_state(c, CLIENT_WORKING);
	c->events->packet(c->context, c, c->framer.data, c->framer.length);
}

/* GDB says it again when nobody acknowledges it within 2 s: this server was still being started. A second
 * answer would be taken for that to its next packet. */
static bool is_repeated_greeting(const struct client *c)
{
	return !c->no_ack && c->greeted && is_greeting(&c->framer);
}

static void on_packet(struct client *c)
{
	if (!c->no_ack)
		conn_send(&c->conn, "+", 1);
	if (c->with_engine)
		c->ahead = !is_repeated_greeting(c);
	else
		take_packet(c);
}

static void on_bad_packet(struct client *c)
{
	if (c->bad_packets++ < LOGGED_BAD_PACKETS)
		log_line(LOG_WARN, "client %u sent a bad packet: %s%s", c->number,
			 c->framer.problem,
			 c->bad_packets == LOGGED_BAD_PACKETS ? " (no more of these lines)" : "");
	if (!c->no_ack)
		conn_send(&c->conn, "-", 1);
}

/* GDB sends '-' when it is tired of waiting, in no-ack mode too: nothing to repeat then. */
static void on_nak(struct client *c)
{
	if (c->state == CLIENT_IDLE && !c->with_engine && c->last)
		conn_send(&c->conn, c->last, c->last_length);
}

static void on_frame(struct client *c, enum frame frame)
{
	switch (frame) {
	case FRAME_MORE:
		break;
	case FRAME_PACKET:
		on_packet(c);
		break;
	case FRAME_BREAK:
		if (c->spoken)
			c->events->interrupt(c->context, c);
		break;
	case FRAME_ACK:
		forget_last(c);
		break;
	case FRAME_NAK:
		on_nak(c);
		break;
	case FRAME_BAD:
		on_bad_packet(c);
		break;
	}
}

static size_t on_received(void *context, const uint8_t *data, size_t length)
{
	struct client *c = context;
	size_t used = 0;

	while (used < length && !c->ahead)
		on_frame(c, framer_push(&c->framer, data[used++]));
	return used;
}

static void on_closed(void *context, const char *reason)
{
	struct client *c = context;

	set_state(c, CLIENT_IDLE);
	conn_clear(&c->conn);
	c->events->closed(c->context, c, reason);
}

static const struct conn_events conn_events = { on_received, on_closed };

struct client *client_new(struct ev_loop *loop, unsigned number, int in_fd, int out_fd,
			  const struct client_events *events, void *context)
{
	struct client *c = calloc(1, sizeof *c);

	if (!c) {
		close(in_fd);
		if (out_fd != in_fd)
			close(out_fd);
		return NULL;
	}
	c->number = number;
	c->events = events;
	c->context = context;
	framer_init(&c->framer);
	ev_init(&c->keep_alive, on_keep_alive);
	conn_init(&c->conn, loop, in_fd, out_fd, &conn_events, c);
	return c;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	ev_timer_stop(client->conn.loop, &client->keep_alive);
	conn_clear(&client->conn);
	free(client->last);
	free(client);
}

unsigned client_number(const struct client *client)
{
	return client->number;
}

bool client_has_spoken(const struct client *client)
{
	return client->spoken;
}

void client_answer(struct client *client, const uint8_t *payload, size_t length)
{
	set_state(client, CLIENT_IDLE);
	send_packet(client, payload, length);
}

void client_note(struct client *client, const uint8_t *payload, size_t length)
{
	send_packet(client, payload, length);
}

void client_resumed(struct client *client)
{
	set_state(client, CLIENT_RUNNING);
}

void client_no_answer(struct client *client)
{
	set_state(client, CLIENT_IDLE);
}

void client_packet_handled(struct client *client)
{
	client->with_engine = false;
	if (client->ahead)
		take_packet(client);
	conn_resume(&client->conn);
}

void client_finish(struct client *client)
{
	conn_finish(&client->conn);
}
