/* SPDX-License-Identifier: MIT
 *
 * A list under a mutex, and two pipes that say "there is something" and "there is room". Pipes
 * rather than condition variables: libev can watch them, and poll() waits without anybody asking
 * the clock.
 */
#include "server/net/mailbox.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One byte in the pipe = the condition holds. Under the mailbox's mutex. */
struct signal {
	int read_fd, write_fd;
	bool raised;
};

struct mailbox {
	pthread_mutex_t mutex;
	struct message *first, **last;
	size_t count, count_max;
	bool closed;
	struct signal filled, room;
};

static int signal_open(struct signal *signal)
{
	int fds[2];

	if (pipe(fds) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		fcntl(fds[i], F_SETFL, O_NONBLOCK);
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
	}
	*signal = (struct signal){ .read_fd = fds[0], .write_fd = fds[1] };
	return 0;
}

static void signal_close(struct signal *signal)
{
	close(signal->read_fd);
	close(signal->write_fd);
}

static void signal_set(struct signal *signal, bool raise)
{
	char byte = 0;
	ssize_t done;

	if (signal->raised == raise)
		return;
	done = raise ? write(signal->write_fd, &byte, 1) : read(signal->read_fd, &byte, 1);
	if (done == 1)
		signal->raised = raise;
}

/* Brings both signals in line with the queue. */
static void update_signals(struct mailbox *m)
{
	signal_set(&m->filled, m->count > 0 || m->closed);
	signal_set(&m->room, m->count < m->count_max || m->closed);
}

static void wait_for(const struct signal *signal, unsigned wait_ms)
{
	struct pollfd wanted = { .fd = signal->read_fd, .events = POLLIN };

	poll(&wanted, 1, (int)wait_ms);
}

struct message *message_new(int kind, unsigned client, const void *data, size_t length)
{
	struct message *message = malloc(sizeof *message + length);

	if (!message)
		return NULL;
	message->next = NULL;
	message->kind = kind;
	message->client = client;
	message->status = 0;
	message->length = length;
	if (length > 0)
		memcpy(message->data, data, length);
	return message;
}

struct mailbox *mailbox_new(size_t messages_max)
{
	struct mailbox *m = calloc(1, sizeof *m);

	if (!m)
		return NULL;
	if (signal_open(&m->filled) < 0)
		goto no_filled;
	if (signal_open(&m->room) < 0)
		goto no_room;
	m->last = &m->first;
	m->count_max = messages_max;
	pthread_mutex_init(&m->mutex, NULL);
	update_signals(m);
	return m;
no_room:
	signal_close(&m->filled);
no_filled:
	free(m);
	return NULL;
}

void mailbox_free(struct mailbox *mailbox)
{
	struct message *message;

	if (!mailbox)
		return;
	while ((message = mailbox_take(mailbox, 0)))
		free(message);
	signal_close(&mailbox->filled);
	signal_close(&mailbox->room);
	pthread_mutex_destroy(&mailbox->mutex);
	free(mailbox);
}

int mailbox_fd(const struct mailbox *mailbox)
{
	return mailbox->filled.read_fd;
}

static bool try_put(struct mailbox *m, struct message *message)
{
	bool fits;

	pthread_mutex_lock(&m->mutex);
	fits = !m->closed && m->count < m->count_max;
	if (fits) {
		*m->last = message;
		m->last = &message->next;
		m->count++;
		update_signals(m);
	}
	pthread_mutex_unlock(&m->mutex);
	return fits;
}

bool mailbox_put(struct mailbox *mailbox, struct message *message, unsigned wait_ms)
{
	if (!message)
		return false;
	if (try_put(mailbox, message))
		return true;
	if (wait_ms > 0) {	/* one thread puts: once there is room it stays */
		wait_for(&mailbox->room, wait_ms);
		if (try_put(mailbox, message))
			return true;
	}
	free(message);
	return false;
}

static struct message *try_take(struct mailbox *m)
{
	struct message *message;

	pthread_mutex_lock(&m->mutex);
	message = m->first;
	if (message) {
		m->first = message->next;
		if (!m->first)
			m->last = &m->first;
		m->count--;
		message->next = NULL;
		update_signals(m);
	}
	pthread_mutex_unlock(&m->mutex);
	return message;
}

struct message *mailbox_take(struct mailbox *mailbox, unsigned wait_ms)
{
	struct message *message = try_take(mailbox);

	if (message || wait_ms == 0)
		return message;
	wait_for(&mailbox->filled, wait_ms);
	return try_take(mailbox);
}

int mailbox_next_kind(struct mailbox *mailbox)
{
	int kind;

	pthread_mutex_lock(&mailbox->mutex);
	kind = mailbox->first ? mailbox->first->kind : -1;
	pthread_mutex_unlock(&mailbox->mutex);
	return kind;
}

void mailbox_close(struct mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->mutex);
	mailbox->closed = true;
	update_signals(mailbox);
	pthread_mutex_unlock(&mailbox->mutex);
}

bool mailbox_is_closed(struct mailbox *mailbox)
{
	bool closed;

	pthread_mutex_lock(&mailbox->mutex);
	closed = mailbox->closed;
	pthread_mutex_unlock(&mailbox->mutex);
	return closed;
}
