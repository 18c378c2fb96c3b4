/* SPDX-License-Identifier: MIT
 *
 * Bytes to and from one client. Every end is announced from a watcher's callback, at the bottom of
 * the stack, so nobody loses its conn while working with it.
 */
#include "server/net/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool would_block(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* Closing is left to on_writable: see the top. */
static void break_off(struct conn *conn, const char *reason)
{
	if (conn->broken)
		return;
	conn->broken = reason;
	ev_io_stop(conn->loop, &conn->reader);
	ev_feed_event(conn->loop, &conn->writer, EV_WRITE);
}

static void flush(struct conn *conn)
{
	while (conn_is_sending(conn)) {
		ssize_t done = write(conn->out_fd, conn->output + conn->output_start,
				     conn->output_end - conn->output_start);

		if (done > 0) {
			conn->output_start += (size_t)done;
		} else if (would_block()) {
			ev_io_start(conn->loop, &conn->writer);
			return;
		} else {
			break_off(conn, strerror(errno));
			return;
		}
	}
	conn->output_start = conn->output_end = 0;
	ev_io_stop(conn->loop, &conn->writer);
	if (conn->finishing)
		break_off(conn, "ended by the server");
}

static bool make_room(struct conn *conn, size_t length)
{
	size_t waiting = conn->output_end - conn->output_start, size = conn->output_size;
	uint8_t *bigger;

	if (length > CONN_OUTPUT_MAX - waiting)
		return false;
	if (conn->output_start > 0) {
		memmove(conn->output, conn->output + conn->output_start, waiting);
		conn->output_start = 0;
		conn->output_end = waiting;
	}
	if (waiting + length <= size)
		return true;
	for (size = size ? size : 1024; size < waiting + length;)
		size *= 2;
	bigger = realloc(conn->output, size);
	if (!bigger)
		return false;
	conn->output = bigger;
	conn->output_size = size;
	return true;
}

/* Hands on what is there; false when the other side has enough for now. */
static bool deliver(struct conn *conn)
{
	size_t waiting = conn->input_end - conn->input_start, used = waiting;

	if (waiting > 0)
		used = conn->events->received(conn->context, conn->input + conn->input_start,
					      waiting);
	conn->input_start += used;
	conn->paused = used < waiting;
	if (conn->paused)
		ev_io_stop(conn->loop, &conn->reader);
	return !conn->paused;
}

static void on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct conn *conn = owner(watcher, struct conn, reader);
	ssize_t got;

	(void)loop, (void)events;
	if (conn->input_start < conn->input_end && !deliver(conn))
		return;		/* left over from a pause */
	got = read(conn->in_fd, conn->input, sizeof conn->input);
	if (got > 0) {
		conn->input_start = 0;
		conn->input_end = (size_t)got;
		deliver(conn);
	} else if (got == 0) {
		break_off(conn, "the client closed it");
	} else if (!would_block()) {
		break_off(conn, strerror(errno));
	}
}

static void on_writable(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct conn *conn = owner(watcher, struct conn, writer);

	(void)events;
	if (!conn->broken) {
		flush(conn);
		return;
	}
	ev_io_stop(loop, &conn->writer);
	conn->events->closed(conn->context, conn->broken);
}

static int make_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	return flags;
}

void conn_init(struct conn *conn, struct ev_loop *loop, int in_fd, int out_fd,
	       const struct conn_events *events, void *context)
{
	memset(conn, 0, sizeof *conn);
	conn->loop = loop;
	conn->in_fd = in_fd;
	conn->out_fd = out_fd;
	conn->events = events;
	conn->context = context;
	conn->in_flags = in_fd < 0 ? 0 : make_nonblocking(in_fd);
	conn->out_flags = in_fd == out_fd ? conn->in_flags : make_nonblocking(out_fd);
	ev_io_init(&conn->reader, on_readable, in_fd, EV_READ);
	ev_io_init(&conn->writer, on_writable, out_fd, EV_WRITE);
	if (in_fd >= 0)
		ev_io_start(loop, &conn->reader);
}

void conn_clear(struct conn *conn)
{
	if (conn->out_fd < 0)
		return;
	if (!conn->broken)
		conn->broken = "cleared";
	ev_io_stop(conn->loop, &conn->reader);
	ev_io_stop(conn->loop, &conn->writer);
	ev_clear_pending(conn->loop, &conn->reader);
	ev_clear_pending(conn->loop, &conn->writer);
	if (conn->in_fd >= 0) {
		fcntl(conn->in_fd, F_SETFL, conn->in_flags);
		close(conn->in_fd);
	}
	if (conn->out_fd != conn->in_fd) {
		fcntl(conn->out_fd, F_SETFL, conn->out_flags);
		close(conn->out_fd);
	}
	free(conn->output);
	conn->output = NULL;
	conn->in_fd = conn->out_fd = -1;
}

void conn_send(struct conn *conn, const void *data, size_t length)
{
	if (conn->broken || length == 0)
		return;
	if (!make_room(conn, length)) {
		break_off(conn, "it does not read what it is sent");
		return;
	}
	memcpy(conn->output + conn->output_end, data, length);
	conn->output_end += length;
	flush(conn);
}

bool conn_is_sending(const struct conn *conn)
{
	return conn->output_start < conn->output_end;
}

/* What is left of the input comes first, from the loop, as if it had just been read. */
void conn_resume(struct conn *conn)
{
	if (!conn->paused || conn->broken || conn->finishing)
		return;
	conn->paused = false;
	ev_io_start(conn->loop, &conn->reader);
	ev_feed_event(conn->loop, &conn->reader, EV_READ);
}

void conn_finish(struct conn *conn)
{
	if (conn->broken)
		return;
	conn->finishing = true;
	ev_io_stop(conn->loop, &conn->reader);
	flush(conn);
}
