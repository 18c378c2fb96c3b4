/* SPDX-License-Identifier: MIT
 *
 * The IN endpoint of the virtual probe: what hosts see when they ask for too little or too much.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "probe/error.h"
#include "probe/virtual/firmware/replies.h"

static struct replies replies;
static uint8_t bytes[1024], buffer[1024];
static size_t got;

static int start(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	replies_init(&replies, 64);
	return 0;
}

static void a_short_packet_ends_a_transfer(void **state)
{
	(void)state;
	assert_true(replies_add(&replies, bytes, 6, 0));
	assert_int_equal(replies_fetch(&replies, buffer, 64, &got), 6);
	assert_true(replies_ready_ns(&replies) == UINT64_MAX);
}

static void whole_packets_need_the_exact_length(void **state)
{
	(void)state;
	replies_add(&replies, bytes, 128, 0);
	assert_int_equal(replies_fetch(&replies, buffer, 128, &got), 128);
	replies_add(&replies, bytes, 128, 0);
	assert_int_equal(replies_fetch(&replies, buffer, 200, &got), E_TIMEOUT);
	assert_int_equal(got, 128);
}

static void what_is_not_fetched_comes_next(void **state)
{
	(void)state;
	replies_add(&replies, bytes, 128, 0);
	replies_add(&replies, bytes, 2, 0);
	assert_int_equal(replies_fetch(&replies, buffer, 64, &got), 64);
	assert_int_equal(replies_fetch(&replies, buffer, 64, &got), 64);
	assert_int_equal(buffer[0], 64);
	assert_int_equal(replies_fetch(&replies, buffer, 64, &got), 2);
}

static void a_packet_that_does_not_fit_is_babble(void **state)
{
	(void)state;
	replies_add(&replies, bytes, 12, 0);
	assert_int_equal(replies_fetch(&replies, buffer, 2, &got), E_USB);
	assert_int_equal(got, 0);
	assert_true(replies_ready_ns(&replies) == UINT64_MAX);
	replies_add(&replies, bytes, 200, 0);
	assert_int_equal(replies_fetch(&replies, buffer, 100, &got), E_USB);
	assert_int_equal(got, 64);
	assert_int_equal(replies_fetch(&replies, buffer, 128, &got), 72);
	assert_int_equal(buffer[0], 128);
}

static void nobody_fetching_loses_replies(void **state)
{
	unsigned n = 0;

	(void)state;
	while (replies_add(&replies, bytes, 2, n))
		n++;
	assert_int_equal(n, REPLIES_MAX);
	replies_drop(&replies, 3);
	assert_true(replies_ready_ns(&replies) == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_short_packet_ends_a_transfer, start),
		cmocka_unit_test_setup(whole_packets_need_the_exact_length, start),
		cmocka_unit_test_setup(what_is_not_fetched_comes_next, start),
		cmocka_unit_test_setup(a_packet_that_does_not_fit_is_babble, start),
		cmocka_unit_test_setup(nobody_fetching_loses_replies, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
