/* SPDX-License-Identifier: MIT
 *
 * The engine's thread: takes events from one mailbox, puts outputs into the other, and runs the
 * engine's jobs when they are due.
 */
#ifndef SERVER_THREAD_H
#define SERVER_THREAD_H

#include "server/engine.h"
#include "server/net/mailbox.h"

/* A message to the loop besides enum output_kind: the event whose kind is in status, of that
 * client, was handled. After EVENT_CLOSED nothing more comes for that client. */
enum { MESSAGE_HANDLED = -1 };

struct thread;

/* The mailboxes are borrowed until thread_free. NULL when out of memory. */
struct thread *thread_new(struct mailbox *inbox, struct mailbox *outbox);

/* To be given to engine_new, with the thread as context. */
void thread_output(void *context, const struct output *output);

/* Starts to run engine, which belongs to the thread until thread_free. E_SYSTEM when there can't be
 * one more thread. */
int thread_start(struct thread *thread, struct engine *engine);

/* Closes the inbox, waits for the end of the event in work, and frees. NULL is allowed. */
void thread_free(struct thread *thread);

#endif
