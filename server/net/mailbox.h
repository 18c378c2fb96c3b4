/* SPDX-License-Identifier: MIT
 *
 * A bounded queue of messages from one thread to another (loop to engine, engine to loop). Its file
 * descriptor is readable while something is in it, so the reader may sleep in poll() or in libev.
 */
#ifndef SERVER_MAILBOX_H
#define SERVER_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct message {
	struct message *next;
	int kind;		/* enum event_kind, or enum output_kind, or MESSAGE_HANDLED */
	unsigned client;
	int status;
	size_t length;
	uint8_t data[];
};

/* Copies data. NULL when out of memory; freed with free(). */
struct message *message_new(int kind, unsigned client, const void *data, size_t length);

struct mailbox;

/* Holds at most messages_max messages. NULL with errno when the system has no descriptors or
 * memory. */
struct mailbox *mailbox_new(size_t messages_max);
/* Frees it with what is still in it. NULL is allowed. */
void mailbox_free(struct mailbox *mailbox);

/* Readable while there are messages, or once it is closed. */
int mailbox_fd(const struct mailbox *mailbox);

/* Takes over message and returns true, or frees it and returns false: no room within wait_ms (0 =
 * do not wait), closed, or message is NULL. */
bool mailbox_put(struct mailbox *mailbox, struct message *message, unsigned wait_ms);

/* The oldest message, or NULL when there is none within wait_ms. The caller frees it. */
struct message *mailbox_take(struct mailbox *mailbox, unsigned wait_ms);

/* The kind of the oldest message, or -1 when there is none. For the one thread that takes. */
int mailbox_next_kind(struct mailbox *mailbox);

/* Ends it: nothing can be put in any more, and whoever waits wakes up. What is in it can be
 * taken. */
void mailbox_close(struct mailbox *mailbox);
bool mailbox_is_closed(struct mailbox *mailbox);

#endif
