/* SPDX-License-Identifier: MIT
 *
 * The decoder of ITM packets: bytes in, what firmware wrote out; and it finds its place again.
 */
#include "server/trace/itm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* "0:38/1" port 0, data 0x38, 1 byte; "h" hardware; "!" overflow; "." other. */
static const char *decode(const void *bytes, size_t length)
{
	static char text[256];
	struct itm itm = { .size = 0 };
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < length; i++) {
		enum itm_kind kind = itm_push(&itm, ((const uint8_t *)bytes)[i]);

		if (kind == ITM_MORE)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s",
					 kind == ITM_OVERFLOW ? "!" : kind == ITM_OTHER ? "." :
					 kind == ITM_HARDWARE ? "h" : "");
		if (kind == ITM_STIMULUS || kind == ITM_HARDWARE)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%u:%x/%u ", itm.port,
						 itm.data, itm.got);
	}
	return text;
}

#define DECODE(bytes) decode(bytes, sizeof(bytes) - 1)

static void knows_the_packets(void **state)
{
	(void)state;
	assert_string_equal(DECODE("\x01\x38"), "0:38/1 ");		/* as recorded */
	assert_string_equal(DECODE("\x0A\x11\x22"), "1:2211/2 ");
	assert_string_equal(DECODE("\xFB\x11\x22\x33\x44"), "31:44332211/4 ");
	assert_string_equal(DECODE("\0\0\0\0\0\x80"), ".");
	assert_string_equal(DECODE("\x70\x01x"), "!0:78/1 ");
	assert_string_equal(DECODE("\x17\x01\x02\x03\x08"), "h2:8030201/4 ");	/* PC sample */
	assert_string_equal(DECODE("\x0E\x0F\x10"), "h1:100f/2 ");		/* exception */
	assert_string_equal(DECODE("\x30\x01x"), ".0:78/1 ");			/* short stamp */
	assert_string_equal(DECODE("\xC0\xAC\x02\x01x"), ".0:78/1 ");		/* long stamp */
	assert_string_equal(DECODE("\x08\x01x"), ".0:78/1 ");			/* extension */
}

static void a_synchronisation_ends_whatever_was_in_work(void **state)
{
	(void)state;
	assert_string_equal(DECODE("\x03\x01\0\0\0\0\0\x80\x01x"), "0:1/4 .0:78/1 ");
	assert_string_equal(DECODE("\xC0\x80\x80\0\0\0\0\0\x80\x01x"), "..0:78/1 ");
	assert_string_equal(DECODE("\0\0\0\0\0\0\0\0\0\0\x80\x01x"), ".0:78/1 ");
	assert_string_equal(DECODE("\0\0\x01x"), "0:78/1 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_packets),
		cmocka_unit_test(a_synchronisation_ends_whatever_was_in_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
