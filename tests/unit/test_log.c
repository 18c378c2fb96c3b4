/* SPDX-License-Identifier: MIT
 *
 * Errors have words, sentences are cut not overrun, log lines come whole and only when asked for.
 */
#include "probe/error.h"
#include "probe/link.h"
#include "probe/log.h"

#include "tests/unit/fake_link.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct lines {
	char text[2048];
	enum log_channel channel;
	unsigned count;
};

static void collect(void *context, enum log_channel channel, const char *line)
{
	struct lines *lines = context;

	snprintf(lines->text, sizeof(lines->text), "%s", line);
	lines->channel = channel;
	lines->count++;
}

static void every_error_has_words(void **state)
{
	enum { GAPS = 3 + 2 + 3 + 4 };	/* in the numbering: -7 to -9, -18, -19, ... */
	unsigned unknown = 0;

	(void)state;
	for (int err = E_REFUSED; err <= 0; err++)
		unknown += !strcmp(error_text(err), "unknown error");
	assert_int_equal(unknown, GAPS);
	assert_string_equal(error_text(12345), "unknown error");
	assert_string_equal(error_text(E_FAULT), "bus fault");
}

static void sentences_are_cut_at_their_size(void **state)
{
	struct why why;

	(void)state;
	assert_int_equal(explain(&why, E_FAULT, "%s at %08x", "fault", 0x20u), E_FAULT);
	assert_string_equal(why.text, "fault at 00000020");
	explain_more(&why, "; %s", "and more");
	assert_string_equal(why.text, "fault at 00000020; and more");
	for (size_t i = 0; i < sizeof(why.text) / 10; i++)
		explain_more(&why, "%s", "0123456789");
	assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
	assert_int_equal(explain(NULL, E_USB, "nobody listens"), E_USB);
	explain_more(NULL, "nobody listens");
}

static void channels_are_switched_by_name(void **state)
{
	const char *bad = NULL;

	(void)state;
	assert_true(log_is_on(LOG_ERROR) && log_is_on(LOG_INFO));
	assert_false(log_is_on(LOG_USB));
	assert_int_equal(log_enable("usb,gdb,-info,-error,", &bad), OK);
	assert_true(log_is_on(LOG_USB) && log_is_on(LOG_GDB) && log_is_on(LOG_ERROR));
	assert_false(log_is_on(LOG_INFO));
	assert_int_equal(log_enable("all", &bad), OK);
	assert_true(log_is_on(LOG_VIRTUAL) && log_is_on(LOG_INFO));
	assert_int_equal(log_enable("-all,info", &bad), OK);
	assert_false(log_is_on(LOG_USB));
	assert_int_equal(log_enable("usb,us", &bad), E_ARGUMENT);
	assert_string_equal(bad, "us");
	assert_false(log_is_on(LOG_USB));
	assert_int_equal(log_enable(log_channel_names(), &bad), OK);
	assert_int_equal(log_enable("-all,info", &bad), OK);
}

static void lines_are_printable_and_whole(void **state)
{
	struct lines lines = { "", LOG_ERROR, 0 };
	char long_text[3000];

	(void)state;
	log_to(collect, &lines);
	log_line(LOG_USB, "off");
	assert_int_equal(lines.count, 0);
	log_line(LOG_INFO, "bell \a, escape \x1b[31m, end\n\n");
	assert_string_equal(lines.text, "bell  , escape  [31m, end");
	assert_int_equal(lines.channel, LOG_INFO);
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	log_line(LOG_WARN, "%s", long_text);
	assert_int_equal(lines.count, 2);
	assert_true(strlen(lines.text) > 1000);
	log_to(NULL, NULL);
}

static void writes_to_a_file(void **state)
{
	char path[] = "/tmp/tether-log-XXXXXX", text[64] = "";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(log_to_file("/nonexistent/log"), E_SYSTEM);
	assert_int_equal(log_to_file(path), OK);
	log_line(LOG_INFO, "one");
	log_line(LOG_WARN, "two");
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "info: one\nwarn: two\n");
	assert_int_equal(log_to_file("/dev/stderr"), OK);
	close(fd);
	unlink(path);
}

static void the_link_counts_and_shows_bytes(void **state)
{
	static const struct fake_step steps[] = {
		{ "f1", NULL, "24 00 83", 0 },
		{ "f2 08", "01 02", NULL, E_TIMEOUT },
		{ NULL, NULL, NULL, 0 },
	};
	struct lines lines = { "", LOG_ERROR, 0 };
	struct fake_link fake;
	uint8_t bytes[6] = { 1, 2 };
	struct link_exchange in = { .command = { 0xF1 }, .in = bytes, .in_length = 6,
				    .timeout_ms = 1 };
	struct link_exchange out = { .command = { 0xF2, 8 }, .out = "\1\2", .out_length = 2,
				     .timeout_ms = 1 };
	const char *bad;

	(void)state;
	fake_link_init(&fake, steps);
	log_enable("usb", &bad);
	log_to(collect, &lines);
	assert_int_equal(link_do(&fake.base, &in), OK);
	assert_int_equal(in.in_got, 3);
	assert_string_equal(lines.text, "1 < 24 00 83");
	assert_int_equal(lines.count, 2);
	assert_int_equal(link_do(&fake.base, &out), E_TIMEOUT);
	assert_string_equal(lines.text, "2 ! timed out");
	log_to(NULL, NULL);
	assert_int_equal(fake.base.exchanges, 2);
	assert_int_equal(fake.base.bytes_in, 3);
	assert_int_equal(fake.base.bytes_out, 2);
	link_wait_us(&fake.base, 10);
	assert_int_equal(link_now_us(&fake.base), 10);
	link_close(&fake.base);
	assert_true(fake.closed);
	link_close(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_words),
		cmocka_unit_test(sentences_are_cut_at_their_size),
		cmocka_unit_test(channels_are_switched_by_name),
		cmocka_unit_test(lines_are_printable_and_whole),
		cmocka_unit_test(writes_to_a_file),
		cmocka_unit_test(the_link_counts_and_shows_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
