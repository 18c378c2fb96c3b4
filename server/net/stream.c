/* SPDX-License-Identifier: MIT
 *
 * A raw stream to the clients of a port.
 */
#include "server/net/stream.h"

#include "server/net/conn.h"

#include "probe/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const ev_tstamp accept_pause_s = 0.5;

struct reader {
	struct stream *stream;
	struct conn conn;
	bool in_use;
};

struct stream {
	struct ev_loop *loop;
	ev_io accepts[LISTENER_SOCKETS];
	size_t accept_count;
	ev_timer accept_pause;		/* while there are no descriptors left */
	struct reader readers[STREAM_CLIENTS];
	const struct stream_events *events;
	void *context;
	uint8_t backlog[STREAM_BACKLOG];
	size_t backlog_length;
};

static const struct stream_events no_events = { .name = "console" };

static void tell_count(const struct stream *stream)
{
	unsigned count = 0;

	for (size_t i = 0; i < STREAM_CLIENTS; i++)
		count += stream->readers[i].in_use;
	if (stream->events->changed)
		stream->events->changed(stream->context, count);
}

static size_t on_received(void *context, const uint8_t *data, size_t length)
{
	const struct stream *stream = ((struct reader *)context)->stream;

	return stream->events->received ? stream->events->received(stream->context, data, length) : length;
}

static void on_closed(void *context, const char *reason)
{
	struct reader *reader = context;

	log_line(LOG_SESSION, "%s: %s", reader->stream->events->name, reason);
	conn_clear(&reader->conn);
	reader->in_use = false;
	tell_count(reader->stream);
}

static const struct conn_events conn_events = { on_received, on_closed };

static struct reader *free_reader(struct stream *stream)
{
	for (size_t i = 0; i < STREAM_CLIENTS; i++)
		if (!stream->readers[i].in_use)
			return &stream->readers[i];
	return NULL;
}

static void add_reader(struct stream *stream, struct reader *reader, int in_fd, int out_fd)
{
	reader->stream = stream;
	reader->in_use = true;
	conn_init(&reader->conn, stream->loop, in_fd, out_fd, &conn_events, reader);
	conn_send(&reader->conn, stream->backlog, stream->backlog_length);
	stream->backlog_length = 0;
	tell_count(stream);
}

static void watch_sockets(struct stream *stream, bool on)
{
	for (size_t i = 0; i < stream->accept_count; i++) {
		if (on)
			ev_io_start(stream->loop, &stream->accepts[i]);
		else
			ev_io_stop(stream->loop, &stream->accepts[i]);
	}
}

static void on_accept_pause_over(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	watch_sockets(timer->data, true);
}

/* Whoever waits would wake us again at once. */
static void pause_accepting(struct stream *stream)
{
	log_line(LOG_WARN, "%s: a client has to wait: %s", stream->events->name, strerror(errno));
	watch_sockets(stream, false);
	ev_timer_set(&stream->accept_pause, accept_pause_s, 0);
	ev_timer_start(stream->loop, &stream->accept_pause);
}

static void on_accept(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct stream *stream = watcher->data;
	struct reader *reader = free_reader(stream);
	char name[80];
	int fd = listener_accept(watcher->fd, name, sizeof(name));

	(void)loop, (void)events;
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
		pause_accepting(stream);
	if (fd < 0)
		return;
	if (reader) {
		log_line(LOG_SESSION, "%s: %s", stream->events->name, name);
		add_reader(stream, reader, fd, fd);
	} else {
		log_line(LOG_WARN, "%s: %s refused: there are %d already", stream->events->name, name,
			 STREAM_CLIENTS);
		close(fd);
	}
}

struct stream *stream_new(struct ev_loop *loop, const struct listener *listener,
			  const struct stream_events *events, void *context)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->loop = loop;
	stream->events = events;
	stream->context = context;
	for (size_t i = 0; i < listener->count; i++) {
		ev_io *accept = &stream->accepts[stream->accept_count++];

		ev_io_init(accept, on_accept, listener->fds[i], EV_READ);
		accept->data = stream;
	}
	ev_init(&stream->accept_pause, on_accept_pause_over);
	stream->accept_pause.data = stream;
	watch_sockets(stream, true);
	return stream;
}

struct stream *stream_new_to(struct ev_loop *loop, int fd)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	int copy = stream ? dup(fd) : -1;

	if (copy < 0) {
		free(stream);
		return NULL;
	}
	stream->loop = loop;
	stream->events = &no_events;
	add_reader(stream, &stream->readers[0], -1, copy);
	return stream;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	watch_sockets(stream, false);
	ev_timer_stop(stream->loop, &stream->accept_pause);
	for (size_t i = 0; i < STREAM_CLIENTS; i++)
		if (stream->readers[i].in_use)
			conn_clear(&stream->readers[i].conn);
	free(stream);
}

void stream_resume(struct stream *stream)
{
	for (size_t i = 0; i < STREAM_CLIENTS; i++)
		if (stream->readers[i].in_use)
			conn_resume(&stream->readers[i].conn);
}

/* The newest bytes are the ones worth keeping. */
static void keep(struct stream *stream, const uint8_t *data, size_t length)
{
	size_t kept = stream->backlog_length, too_many;

	if (length > STREAM_BACKLOG) {
		data += length - STREAM_BACKLOG;
		length = STREAM_BACKLOG;
	}
	too_many = kept + length > STREAM_BACKLOG ? kept + length - STREAM_BACKLOG : 0;
	memmove(stream->backlog, stream->backlog + too_many, kept - too_many);
	memcpy(stream->backlog + kept - too_many, data, length);
	stream->backlog_length = kept - too_many + length;
}

void stream_send(struct stream *stream, const void *data, size_t length)
{
	bool sent = false;

	for (size_t i = 0; stream && i < STREAM_CLIENTS; i++) {
		if (!stream->readers[i].in_use)
			continue;
		conn_send(&stream->readers[i].conn, data, length);
		sent = true;
	}
	if (stream && !sent && stream->accept_count)
		keep(stream, data, length);
}
