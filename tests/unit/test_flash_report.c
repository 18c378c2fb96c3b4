/* SPDX-License-Identifier: MIT
 *
 * The one line about a load, as people read it.
 */
#include "flash/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct flash_report usual = {
	.bytes = 524288, .erased_sectors = 8, .supply_mv = 3300, .parallel_bits = 32,
	.used_loader = true, .verified = true, .total_us = 7100000,
};

static void assert_text(const struct flash_report *report, const char *expected)
{
	char text[200];

	flash_report_text(report, text, sizeof text);
	assert_string_equal(text, expected);
}

static void says_bytes_time_rate_and_sectors(void **state)
{
	struct flash_report report = usual;

	(void)state;
	assert_text(&report, "524288 bytes in 7.1 s (72.1 KiB/s), 8 sectors erased, verified");
	report.erased_sectors = 1;
	report.skipped_sectors = 7;
	report.skipped_bytes = 400000;
	assert_text(&report, "524288 bytes in 7.1 s (72.1 KiB/s), 1 sector erased, 7 unchanged, verified");
}

static void says_when_there_was_nothing_to_do(void **state)
{
	struct flash_report report = usual;

	(void)state;
	report.erased_sectors = 0;
	report.skipped_sectors = 8;
	report.skipped_bytes = report.bytes;
	report.used_loader = false;
	report.total_us = 200000;
	assert_text(&report, "524288 bytes in 0.2 s, 0 sectors erased, 8 unchanged, verified");
}

static void says_what_went_into_eeprom(void **state)
{
	struct flash_report report = {
		.bytes = 12, .skipped_bytes = 4, .eeprom_bytes = 8, .verified = true, .total_us = 100000,
	};

	(void)state;
	assert_text(&report, "12 bytes in 0.1 s (0.1 KiB/s), 0 sectors erased, 8 bytes of data EEPROM written, "
		    "verified");
}

static void says_what_made_it_slow(void **state)
{
	struct flash_report report = usual;

	(void)state;
	report.used_loader = false;
	report.parallel_bits = 8;
	assert_text(&report, "524288 bytes in 7.1 s (72.1 KiB/s), 8 sectors erased, without a loader, "
		    "8 bits at a time, verified");
}

static void never_says_verified_when_it_was_not(void **state)
{
	struct flash_report report = usual;

	(void)state;
	report.verified = false;
	assert_text(&report, "524288 bytes in 7.1 s (72.1 KiB/s), 8 sectors erased, not verified");
}

static void fits_any_buffer(void **state)
{
	char text[16];

	(void)state;
	flash_report_text(&usual, text, sizeof text);
	assert_string_equal(text, "524288 bytes in");
}

static void defaults_are_the_safe_ones(void **state)
{
	struct flash_options options;

	(void)state;
	flash_options_default(&options);
	assert_true(options.verify && options.reset_after);
	assert_false(options.no_loader || options.preserve || options.supply_mv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_bytes_time_rate_and_sectors),
		cmocka_unit_test(says_when_there_was_nothing_to_do),
		cmocka_unit_test(says_what_went_into_eeprom),
		cmocka_unit_test(says_what_made_it_slow),
		cmocka_unit_test(never_says_verified_when_it_was_not),
		cmocka_unit_test(fits_any_buffer),
		cmocka_unit_test(defaults_are_the_safe_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
