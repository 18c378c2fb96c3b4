/* SPDX-License-Identifier: MIT
 *
 * Mailboxes: order, bounds, sleeping and waking, and two threads at once.
 */
#include "server/net/mailbox.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool is_readable(const struct mailbox *m)
{
	struct pollfd fd = { .fd = mailbox_fd(m), .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

static void put(struct mailbox *m, int kind, const char *text)
{
	assert_true(mailbox_put(m, message_new(kind, 7, text, strlen(text)), 0));
}

static void take(struct mailbox *m, int kind, const char *text)
{
	struct message *message = mailbox_take(m, 0);

	assert_non_null(message);
	assert_int_equal(message->kind, kind);
	assert_int_equal(message->client, 7);
	assert_int_equal(message->length, strlen(text));
	assert_memory_equal(message->data, text, message->length);
	free(message);
}

static void keeps_order(void **state)
{
	struct mailbox *m = mailbox_new(4);

	(void)state;
	assert_null(mailbox_take(m, 0));
	put(m, 1, "one");
	put(m, 2, "");
	take(m, 1, "one");
	put(m, 3, "three");
	take(m, 2, "");
	take(m, 3, "three");
	assert_null(mailbox_take(m, 0));
	mailbox_free(m);
}

static void is_readable_while_something_is_in_it(void **state)
{
	struct mailbox *m = mailbox_new(4);

	(void)state;
	assert_false(is_readable(m));
	put(m, 1, "a");
	put(m, 2, "b");
	assert_true(is_readable(m));
	take(m, 1, "a");
	assert_true(is_readable(m));
	take(m, 2, "b");
	assert_false(is_readable(m));
	mailbox_free(m);
}

static void refuses_more_than_it_holds(void **state)
{
	struct mailbox *m = mailbox_new(2);

	(void)state;
	put(m, 1, "a");
	put(m, 2, "b");
	assert_false(mailbox_put(m, message_new(3, 7, "c", 1), 0));
	assert_false(mailbox_put(m, message_new(3, 7, "c", 1), 5));
	take(m, 1, "a");
	put(m, 4, "d");
	take(m, 2, "b");
	take(m, 4, "d");
	mailbox_free(m);
}

static void refuses_nothing_and_what_comes_after_the_end(void **state)
{
	struct mailbox *m = mailbox_new(2);

	(void)state;
	assert_false(mailbox_put(m, NULL, 0));
	put(m, 1, "a");
	mailbox_close(m);
	assert_true(mailbox_is_closed(m));
	assert_false(mailbox_put(m, message_new(2, 7, "b", 1), 1000));
	take(m, 1, "a");
	assert_null(mailbox_take(m, 60 * 1000));	/* does not sleep: it is closed */
	assert_true(is_readable(m));
	mailbox_free(m);
}

static void frees_what_is_left(void **state)
{
	struct mailbox *m = mailbox_new(2);

	(void)state;
	put(m, 1, "never taken");
	mailbox_free(m);
	mailbox_free(NULL);
}

enum { MANY = 20000 };

static void *produce(void *context)
{
	for (int i = 0; i < MANY; i++)
		if (!mailbox_put(context, message_new(i, 7, &i, sizeof i), 10 * 1000))
			return context;
	return NULL;
}

static void carries_everything_between_threads(void **state)
{
	struct mailbox *m = mailbox_new(8);
	pthread_t producer;
	void *failed;

	(void)state;
	pthread_create(&producer, NULL, produce, m);
	for (int i = 0; i < MANY; i++) {
		struct message *message = mailbox_take(m, 10 * 1000);

		assert_non_null(message);
		assert_int_equal(message->kind, i);
		assert_memory_equal(message->data, &i, sizeof i);
		free(message);
	}
	pthread_join(producer, &failed);
	assert_null(failed);
	mailbox_free(m);
}

static void *close_it(void *context)
{
	mailbox_close(context);
	return NULL;
}

static void wakes_who_waits_when_it_ends(void **state)
{
	struct mailbox *m = mailbox_new(8);
	pthread_t closer;

	(void)state;
	pthread_create(&closer, NULL, close_it, m);
	assert_null(mailbox_take(m, 60 * 1000));
	pthread_join(closer, NULL);
	mailbox_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order),
		cmocka_unit_test(is_readable_while_something_is_in_it),
		cmocka_unit_test(refuses_more_than_it_holds),
		cmocka_unit_test(refuses_nothing_and_what_comes_after_the_end),
		cmocka_unit_test(frees_what_is_left),
		cmocka_unit_test(carries_everything_between_threads),
		cmocka_unit_test(wakes_who_waits_when_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
