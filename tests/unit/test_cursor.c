/* SPDX-License-Identifier: MIT
 *
 * Reading packets: what is taken, what is refused, and that the first error sticks.
 */
#include "server/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct cursor over(const char *text)
{
	return cursor_over(text, strlen(text));
}

static void takes_numbers_up_to_their_stop(void **state)
{
	struct cursor in = over("8000100,Ff");

	(void)state;
	assert_int_equal(cursor_take_hex(&in, ','), 0x8000100);
	assert_int_equal(cursor_take_hex(&in, CURSOR_END), 0xFF);
	assert_false(in.bad);
	assert_true(cursor_at_end(&in));
}

static void refuses_what_is_no_number(void **state)
{
	static const char *const bad[] = { "", ",", "g", "123456789,", "12;", "12", "-1," };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cursor in = over(bad[i]);

		assert_int_equal(cursor_take_hex(&in, ','), 0);
		assert_true(in.bad);
	}
}

static void takes_32_bits_and_not_one_more(void **state)
{
	struct cursor fits = over("00000000ffffffff"), over_it = over("100000000");

	(void)state;
	assert_int_equal(cursor_take_hex(&fits, CURSOR_END), 0xFFFFFFFF);
	assert_false(fits.bad);
	cursor_take_hex(&over_it, CURSOR_END);
	assert_true(over_it.bad);
}

static void first_error_sticks(void **state)
{
	struct cursor in = over("x,10");

	(void)state;
	cursor_take_hex(&in, ',');
	assert_true(in.bad);
	cursor_take(&in, 'x');
	cursor_take(&in, ',');
	assert_int_equal(cursor_take_hex(&in, CURSOR_END), 0);
	assert_true(in.bad);
}

static void reads_thread_ids(void **state)
{
	static const struct {
		const char *text;
		int32_t thread;
		bool bad;
	} rows[] = {
		{ "1", 1, false }, { "0", 0, false }, { "-1", -1, false }, { "p1.1", 1, false },
		{ "p1.-1", -1, false }, { "p-1", -1, false }, { "a410", 0xA410, false },
		{ "-2", -1, true }, { "", 0, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cursor in = over(rows[i].text);

		assert_int_equal(cursor_take_thread(&in), rows[i].thread);
		assert_int_equal(in.bad, rows[i].bad);
	}
}

static void reads_values_in_target_order(void **state)
{
	struct cursor in = over("78563412xxxxxxxx1");
	bool known;

	(void)state;
	assert_int_equal(cursor_take_hex_u32(&in, &known), 0x12345678);
	assert_true(known);
	cursor_take_hex_u32(&in, &known);
	assert_false(known);
	assert_false(in.bad);
	cursor_take_hex_u32(&in, &known);
	assert_true(in.bad);
}

static void takes_words_whole_or_not_at_all(void **state)
{
	struct cursor in = over("features:read");

	(void)state;
	assert_false(cursor_take_word(&in, "feature:"));
	assert_false(cursor_take_word(&in, "features:read:"));
	assert_true(cursor_take_word(&in, "features:"));
	assert_int_equal(cursor_left(&in), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_numbers_up_to_their_stop),
		cmocka_unit_test(refuses_what_is_no_number),
		cmocka_unit_test(takes_32_bits_and_not_one_more),
		cmocka_unit_test(first_error_sticks),
		cmocka_unit_test(reads_thread_ids),
		cmocka_unit_test(reads_values_in_target_order),
		cmocka_unit_test(takes_words_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
