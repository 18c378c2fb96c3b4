/* SPDX-License-Identifier: MIT
 *
 * Boards with something wrong that is not the probe's: flash that stays busy, pins that are used
 * otherwise, firmware asleep or locked up, nRST held low, read protection. The next step is named, or it
 * works all the same.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/bytes.h"

enum { LIMIT_MS = 60000 };

static char path[] = "/tmp/tether-mishaps-XXXXXX";

static struct harness *start_with(const char *rule)
{
	struct harness *h = harness_init("STM32F407VG");
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "%s\n", rule);
	fclose(file);
	snprintf(h->spec.faults, sizeof(h->spec.faults), "%s", path);
	harness_start(h);
	return h;
}

static const char *load(struct harness *h)
{
	char packet[64 + sizeof(program_loop)];
	uint64_t start_us = engine_now_us(h->engine);
	const char *answer = harness_ask(h, 0, "vFlashErase:08000000,00004000");
	int head = snprintf(packet, sizeof(packet), "vFlashWrite:%x:", PROGRAM_BASE);

	if (!strcmp(answer, "OK")) {
		memcpy(packet + head, program_loop, sizeof(program_loop));
		harness_send(h, 0, packet, (size_t)head + sizeof(program_loop));
		answer = harness_ask(h, 0, "vFlashDone");
	}
	assert_true(engine_now_us(h->engine) - start_us < LIMIT_MS * UINT64_C(1000));
	return answer;
}

static void assert_loads(struct harness *h)
{
	const char *answer = load(h);

	if (strcmp(answer, "OK"))
		fail_msg("load: %s: %s", answer, harness_monitor(h, "version"));
	assert_int_equal(harness_register(h, 15), LOOP_RESET);
}

static void assert_says(struct harness *h, const char *words)
{
	const char *said = harness_monitor(h, "version");

	if (!strstr(said, words))
		fail_msg("'%s' is not in: %s", words, said);
}

static void flash_that_stays_busy_is_reset(void **state)
{
	struct harness *h = start_with("flash 1 stuck");

	(void)state;
	harness_poke(h, PROGRAM_BASE, program_fault, sizeof(program_fault));
	harness_connect_gdb(h, 0);
	assert_string_equal(load(h), "OK");	/* the reset in between sets it free */
	assert_says(h, "begun again");
	assert_loads(h);
	harness_free(h);
}

/* Each is reached: in time, or under reset; and new firmware can be loaded. */
static void boards_that_hide_are_reached(void **state)
{
	static const char *const rules[] = { "always asleep", "always lock-up",
					     "always asleep\nalways junk" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct harness *h = start_with(rules[i]);
		const char *stop;

		harness_ask(h, 0, "qSupported:swbreak+;hwbreak+");
		stop = harness_ask(h, 0, "?");
		if (strncmp(stop, "T05", 3))
			fail_msg("'%s': %s: %s", rules[i], stop, harness_monitor(h, "version"));
		assert_loads(h);
		harness_free(h);
	}
}

static void firmware_that_takes_the_pins_is_stopped_in_time(void **state)
{
	struct harness *h = start_with("always pins-taken 2");

	(void)state;
	harness_ask(h, 0, "qSupported:swbreak+;hwbreak+");
	assert_memory_equal(harness_ask(h, 0, "?"), "T05", 3);
	assert_loads(h);
	harness_free(h);
}

/* Without nRST nothing reaches a board whose firmware takes the pins; the advice says what would. */
static void hidden_pins_without_reset_are_explained(void **state)
{
	struct harness *h = start_with("always pins-taken 2\nalways nrst-unwired");

	(void)state;
	harness_ask(h, 0, "qSupported:swbreak+;hwbreak+");
	assert_string_equal(harness_ask(h, 0, "?"), "W00");
	assert_says(h, "connect NRST");
	harness_free(h);
}

static void a_board_held_in_reset_is_explained(void **state)
{
	struct harness *h = start_with("always held-in-reset");

	(void)state;
	harness_ask(h, 0, "qSupported:swbreak+;hwbreak+");
	assert_string_equal(harness_ask(h, 0, "?"), "W00");
	assert_says(h, "DEV_TARGET_HELD_UNDER_RESET");
	harness_free(h);
}

enum { OPTCR_RDP = 0xFF << 8, RDP_LEVEL_1 = 0x55 << 8 };

static void read_protection_is_named(void **state)
{
	struct harness *h = harness_init("STM32F407VG");

	(void)state;
	h->spec.options[0].factory = (h->spec.options[0].factory & ~(uint32_t)OPTCR_RDP) | RDP_LEVEL_1;
	harness_start(h);
	harness_connect_gdb(h, 0);
	assert_int_equal(load(h)[0], 'E');
	assert_says(h, "protect");
	harness_free(h);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	return fd < 0;
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flash_that_stays_busy_is_reset),
		cmocka_unit_test(boards_that_hide_are_reached),
		cmocka_unit_test(firmware_that_takes_the_pins_is_stopped_in_time),
		cmocka_unit_test(hidden_pins_without_reset_are_explained),
		cmocka_unit_test(a_board_held_in_reset_is_explained),
		cmocka_unit_test(read_protection_is_named),
	};

	return cmocka_run_group_tests_name("mishaps", tests, make_file, remove_file);
}
