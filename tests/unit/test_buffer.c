/* SPDX-License-Identifier: MIT
 *
 * Appending to a bounded buffer: what fits is there, what does not is cut and marked.
 */
#include "server/net/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void keeps_what_fits(void **state)
{
	char data[8];
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, data, sizeof(data));
	buffer_add(&buffer, "%u", 123);
	buffer_add_hex(&buffer, "\xA5", 1);
	assert_string_equal(buffer_text(&buffer), "123a5");
	assert_int_equal(buffer_room(&buffer), 3);
	assert_false(buffer.cut);
}

static void cuts_text_at_its_end(void **state)
{
	char data[9] = "........";
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, data, 4);
	buffer_add(&buffer, "%s", "abcdef");
	assert_true(buffer.cut);
	assert_string_equal(buffer_text(&buffer), "abc");
	buffer_add(&buffer, "%s", "more");
	buffer_add_bytes(&buffer, "more", 4);
	assert_string_equal(buffer_text(&buffer), "abc");
	assert_int_equal(data[4], '.');
}

static void fills_to_the_last_byte_with_bytes(void **state)
{
	char data[5] = "....";
	struct buffer buffer;

	(void)state;
	buffer_init(&buffer, data, 4);
	buffer_add_hex_u32(&buffer, 0x12345678);
	assert_true(buffer.cut);
	assert_memory_equal(data, "7856", 4);
	buffer_clear(&buffer);
	assert_false(buffer.cut);
	buffer_add_bytes(&buffer, "abcd", 4);
	assert_false(buffer.cut);
	assert_int_equal(buffer_room(&buffer), 0);
	buffer_add_bytes(&buffer, "", 0);
	assert_false(buffer.cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_fits),
		cmocka_unit_test(cuts_text_at_its_end),
		cmocka_unit_test(fills_to_the_last_byte_with_bytes),
	};

	return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
