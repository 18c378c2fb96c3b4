/* SPDX-License-Identifier: MIT
 *
 * Exchanges in words: what was done and how it went, without a byte of the target's memory.
 */
#include "probe/exchange_text.h"

#include "probe/link.h"
#include "tests/unit/fake_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct link_record record_of(const char *command, const char *reply)
{
	struct link_record record = { .start_us = 12003456, .end_us = 12003666 };

	fake_hex(command, record.command, sizeof(record.command));
	record.in_got = record.in_length = (uint32_t)fake_hex(reply, record.reply, sizeof(record.reply));
	return record;
}

static void says_what_was_done(void **state)
{
	static const struct {
		const char *command, *reply, *text;
	} rows[] = {
		{ "f2 07 00 00 00 20 0c 00 01", "11 22 33 44 55 66 77 88 99 aa bb cc",
		  "12.003456 s +210 us  read memory, 32 bit  f2 07 00 00 00 20 0c 00 01  12 in" },
		{ "f2 35 00 00 00 20 de ad be ef", "80 00",
		  "12.003456 s +210 us  write word  f2 35 00 00 00 20  2 in 80 00" },
		{ "f2 36 f0 ed 00 e0", "80 00 00 00 de ad be ef",
		  "12.003456 s +210 us  read word  f2 36 f0 ed 00 e0  8 in 80 00" },
		{ "f2 46 00 00 04 00 de ad be ef", "80 00",
		  "12.003456 s +210 us  write port register  f2 46 00 00 04 00  2 in 80 00" },
		{ "f2 3e", "11 00 00 00 00 00 00 20 00 00 00 00",
		  "12.003456 s +210 us  status of memory command  f2 3e  12 in 11 00 00 00 00 00 00 20 00 00 00 00" },
		{ "f1 80", "02 25 83 04 48 37", "12.003456 s +210 us  version  f1  6 in 02 25 83 04 48 37" },
		{ "f2 99 de ad be ef", "de ad", "12.003456 s +210 us  ?  f2 99  2 in" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct link_record record = record_of(rows[i].command, rows[i].reply);
		char text[200];

		exchange_text(&record, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
}

/* No byte of data is shown, whatever the command: all commands there can be, with marked data. */
static void memory_is_never_shown(void **state)
{
	static const uint8_t memory_commands[] = { 0x07, 0x08, 0x0C, 0x0D, 0x47, 0x48, 0x35, 0x36, 0x3A,
						   0x45, 0x46, 0x51, 0x52, 0x33, 0x34 };

	(void)state;
	for (size_t i = 0; i < sizeof(memory_commands); i++) {
		struct link_record record = { .in_got = 12, .in_length = 12 };
		char text[200];

		record.command[0] = 0xF2;
		record.command[1] = memory_commands[i];
		memset(record.command + 10, 0xDA, 6);
		memset(record.reply + 2, 0xDA, sizeof(record.reply) - 2);
		exchange_text(&record, text, sizeof(text));
		assert_null(strstr(text, "da"));
	}
}

static void errors_and_short_replies_are_told(void **state)
{
	struct link_record record = record_of("f2 07 00 00 00 20 00 01 00", "");
	char text[200], small[20];

	(void)state;
	record.in_length = 256;
	record.err = E_TIMEOUT;
	exchange_text(&record, text, sizeof(text));
	assert_non_null(strstr(text, "  0 in (256 asked for)  ! "));
	assert_non_null(strstr(text, error_text(E_TIMEOUT)));
	exchange_text(&record, small, sizeof(small));
	assert_int_equal(strlen(small), sizeof(small) - 1);
}

/* The link remembers the last 256, by number. */
static void the_link_remembers_the_last_ones(void **state)
{
	static const struct fake_step once[] = { { .command = "f1 80", .reply = "02 25" }, { .command = NULL } };
	struct link_exchange x = { .command = { 0xF1, 0x80 }, .timeout_ms = 10 };
	struct fake_link fake;
	uint8_t reply[6];

	(void)state;
	fake_link_init(&fake, once);
	assert_null(link_record(&fake.base, 0));
	for (unsigned i = 0; i < LINK_RECORDS + 10; i++) {
		fake.steps = once;
		x.in = reply;
		x.in_length = sizeof(reply);
		assert_int_equal(link_do(&fake.base, &x), 0);
	}
	assert_null(link_record(&fake.base, 9));
	assert_non_null(link_record(&fake.base, 10));
	assert_non_null(link_record(&fake.base, LINK_RECORDS + 9));
	assert_null(link_record(&fake.base, LINK_RECORDS + 10));
	assert_int_equal(link_record(&fake.base, 10)->in_got, 2);
	assert_int_equal(link_record(&fake.base, 10)->reply[1], 0x25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_was_done),
		cmocka_unit_test(memory_is_never_shown),
		cmocka_unit_test(errors_and_short_replies_are_told),
		cmocka_unit_test(the_link_remembers_the_last_ones),
	};

	return cmocka_run_group_tests_name("exchange_text", tests, NULL, NULL);
}
