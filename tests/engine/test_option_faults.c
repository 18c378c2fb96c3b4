/* SPDX-License-Identifier: MIT
 *
 * Changing option bytes with something going wrong at each USB command in turn: what is stored then is the old
 * or the new, and the answer says which.
 */
#include "tests/engine/option_bench.h"

#include <stdlib.h>

#include "probe/virtual/link_virtual.h"

enum { OPTCR = 0x40023C14, BOR_LEV = 0xC, OTP = 0x1FFF7800, LIMIT_MS = 30000 };

static const char command[] = "option set BOR_LEV=level1";

static struct faults *faults_of(struct harness *h)
{
	return firmware_faults(virtual_link_firmware(h->link));
}

static unsigned count_commands(const char *line)
{
	struct harness *h = bench_new("STM32F407VG");
	struct why why = { "" };
	uint64_t count;

	assert_int_equal(faults_parse(faults_of(h), "", &why), 0);
	harness_monitor(h, line);
	count = faults_of(h)->seen[FAULT_AT_COMMAND];
	harness_free(h);
	return (unsigned)count;
}

/* Behind everybody's back, after power was off and on. */
static uint32_t stored_word(struct harness *h)
{
	machine_set_power(h->machine, false);
	machine_set_power(h->machine, true);
	machine_advance(h->machine, 1000000);
	return bench_word(h, OPTCR) & ~3u;
}

static void suffer(const char *rule, unsigned place)
{
	struct harness *h = bench_new("STM32F407VG");
	uint32_t before = bench_word(h, OPTCR) & ~3u, now;
	uint64_t start_us = engine_now_us(h->engine);
	bool says_done, says_old, says_new;
	struct why why = { "" };
	char text[80];

	snprintf(text, sizeof(text), rule, place);
	assert_int_equal(faults_parse(faults_of(h), text, &why), 0);
	harness_monitor(h, command);
	faults_of(h)->count = 0;
	if (engine_now_us(h->engine) - start_us > LIMIT_MS * UINT64_C(1000))
		fail_msg("'%s': took too long", text);
	says_done = strstr(h->clients[0].console, "Written, loaded and read back");
	says_new = strstr(h->clients[0].console, "the new ones");
	says_old = strstr(h->clients[0].console, "the old ones");
	now = stored_word(h);
	if (now != before && now != ((before & ~(uint32_t)BOR_LEV) | 8))
		fail_msg("'%s': 0x%08x is stored; told is: %s", text, now, h->clients[0].console);
	if (now == before ? says_done || says_new : says_old)
		fail_msg("'%s': 0x%08x is stored, but told is: %s", text, now, h->clients[0].console);
	harness_free(h);
}

static void any_command_may_fail(void **state)
{
	static const char *const rules[] = {
		"command %u timeout", "command %u lost", "command %u stall", "command %u late 700",
		"command %u gone 300", "command %u short 1",
	};
	unsigned count = count_commands(command);

	(void)state;
	assert_in_range(count, 10, 400);
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		for (unsigned place = 1; place <= count; place++)
			suffer(rules[i], place);
}

/* Power lost while the option bytes are being written: whatever is left is named, and can be put right. */
static void lost_power_is_explained(void **state)
{
	unsigned count = count_commands(command), cut = 0;

	(void)state;
	for (unsigned place = 1; place <= count; place++) {
		struct harness *h = bench_new("STM32F407VG");
		struct why why = { "" };
		char text[80];

		snprintf(text, sizeof(text), "command %u power-off\ncommand %u power-on", place, place + 2);
		assert_int_equal(faults_parse(faults_of(h), text, &why), 0);
		harness_monitor(h, command);
		faults_of(h)->count = 0;
		machine_set_power(h->machine, true);
		harness_monitor(h, "connect");
		if (strstr(harness_monitor(h, "option"), "0xff   level1")) {
			cut++;
			says(h, "protect", "`protect off` ends it");
			assert_non_null(strstr(confirmed(h, "protect off"), "All of flash is blank"));
		}
		says(h, "option set BOR_LEV=level2", "read back");
		says(h, "option set BOR_LEV=level1", "read back");
		harness_free(h);
	}
	assert_in_range(cut, 1, count);
}

/* R1: Ctrl-C and SIGTERM wait for the end of the section. */
static void an_interrupt_waits(void **state)
{
	struct harness *h = bench_new("STM32F407VG");

	(void)state;
	engine_flags_quit(&h->flags);
	says(h, command, "read back");
	assert_int_equal(stored_word(h) & BOR_LEV, 8);
	harness_free(h);
}

static void otp_is_whole_or_told(void **state)
{
	static const char *const rules[] = { "command %u timeout", "command %u lost", "command %u gone 300" };
	unsigned places = count_commands("otp write 0x1fff7800 123456") + 30;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		for (unsigned place = 1; place <= places; place++) {
			static const uint8_t wanted[] = { 0x12, 0x34, 0x56 };
			struct harness *h = bench_new("STM32F407VG");
			const char *at = strstr(harness_monitor(h, "otp write 0x1fff7800 123456"), "`confirm ");
			char line[100], text[80];
			struct why why = { "" };
			uint8_t now[3];

			assert_non_null(at);
			snprintf(line, sizeof(line), "otp write 0x1fff7800 123456 confirm %.8s", at + 9);
			snprintf(text, sizeof(text), rules[i], place);
			assert_int_equal(faults_parse(faults_of(h), text, &why), 0);
			harness_monitor(h, line);
			faults_of(h)->count = 0;
			harness_peek(h, OTP, now, sizeof(now));
			for (unsigned b = 0; b < 3; b++)
				assert_true(now[b] == wanted[b] || now[b] == 0xFF);
			if (getenv("TELL"))
				printf("%s: %s\n", text, h->clients[0].console);
			if (strstr(h->clients[0].console, "verified"))
				assert_memory_equal(now, wanted, sizeof(now));
			if (!strstr(confirmed(h, "otp write 0x1fff7803 78"), "verified"))
				fail_msg("'%s': %s", text, h->clients[0].console);
			harness_free(h);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_command_may_fail),
		cmocka_unit_test(lost_power_is_explained),
		cmocka_unit_test(an_interrupt_waits),
		cmocka_unit_test(otp_is_whole_or_told),
	};

	return cmocka_run_group_tests_name("option_faults", tests, NULL, NULL);
}
