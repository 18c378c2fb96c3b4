/* SPDX-License-Identifier: MIT
 *
 * Changing option bytes with something going wrong at each USB command in turn: what is stored then is the old
 * or the new, and the answer says which. FULL=1 takes every command, else some of them.
 */
#include "tests/engine/option_bench.h"

#include <stdlib.h>

#include "probe/virtual/link_virtual.h"
#include "server/engine_state.h"

enum { OPTCR = 0x40023C14, BOR_LEV = 0xC, LIMIT_MS = 30000, SAMPLE = 13,
       FEWER = 5 };

static const char command[] = "option set BOR_LEV=level1";

static struct faults *faults_of(struct harness *h)
{
	return firmware_faults(virtual_link_firmware(h->link));
}

struct subject {
	const char *part, *set;
};

static const struct subject subjects[] = {
	{ "STM32F407VG", "BOR_LEV=level1" },
	{ "STM32F072RB", "nRST_STOP=reset" },
	{ "STM32F103C8", "Data0=0x5a" },
	{ "STM32L053C8", "nRST_STOP=reset" },
	{ "STM32L476RG", "nRST_STOP=reset" },
	{ "STM32G071RB", "nRST_STOP=reset" },
	{ "STM32U575ZI", "nRST_STOP=reset" },
	{ "STM32H743VI", "NRST_STOP_D1=reset" },
	{ "STM32H563ZI", "NRST_STDBY=0" },
	{ "STM32WB55RG", "nRST_STOP=reset" },
	{ "STM32H7S7L8", "IWDG_FZ_STOP=0 WRPS=0xfe" },
};

static unsigned count_commands(const char *part, const char *line)
{
	struct harness *h = bench_new(part);
	struct why why = { "" };
	uint64_t count;

	assert_int_equal(faults_parse(faults_of(h), "", &why), 0);
	harness_monitor(h, line);
	count = faults_of(h)->seen[FAULT_AT_COMMAND];
	harness_free(h);
	return (unsigned)count;
}

static void read_words(struct harness *h, uint32_t *words)
{
	const struct chip *chip = &h->engine->board.chip;

	for (size_t i = 0; i < CHIP_OPTION_WORDS; i++)
		words[i] = i < chip->option_word_count ?
			   bench_word(h, chip->option_words[i].address) & chip->option_words[i].writable : 0;
}

/* Behind everybody's back, after power was off and on. */
static void stored_words(struct harness *h, uint32_t *words)
{
	machine_set_power(h->machine, false);
	machine_set_power(h->machine, true);
	machine_advance(h->machine, 10000000);
	read_words(h, words);
}

/* What an undisturbed change makes of them. */
static void new_words(const struct subject *subject, const char *line, uint32_t *words)
{
	struct harness *h = bench_new(subject->part);

	says(h, line, "read back");
	stored_words(h, words);
	harness_free(h);
}

static void suffer(const struct subject *subject, const char *line, const char *rule, const uint32_t *new)
{
	struct harness *h = bench_new(subject->part);
	uint32_t before[CHIP_OPTION_WORDS], now[CHIP_OPTION_WORDS];
	uint64_t start_us = engine_now_us(h->engine);
	bool says_done, says_old, says_new, is_old;
	struct why why = { "" };

	read_words(h, before);
	assert_int_equal(faults_parse(faults_of(h), rule, &why), 0);
	harness_monitor(h, line);
	faults_of(h)->count = 0;
	if (engine_now_us(h->engine) - start_us > LIMIT_MS * UINT64_C(1000))
		fail_msg("%s: '%s': took too long", subject->part, rule);
	says_done = strstr(h->clients[0].console, "Written, loaded and read back");
	says_new = strstr(h->clients[0].console, "the new ones");
	says_old = strstr(h->clients[0].console, "the old ones");
	stored_words(h, now);
	is_old = !memcmp(now, before, sizeof(now));
	if (!is_old && memcmp(now, new, sizeof(now)))
		fail_msg("%s: '%s': 0x%08x is stored; told is: %s", subject->part, rule, now[0],
			 h->clients[0].console);
	if (is_old ? says_done || says_new : says_old)
		fail_msg("%s: '%s': %s are stored, but told is: %s", subject->part, rule, is_old ? "old" : "new",
			 h->clients[0].console);
	harness_free(h);
}

static void any_command_may_fail(void **state)
{
	static const char *const rules[] = {
		"command %u timeout", "command %u lost", "command %u stall", "command %u gone 300",
	};

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(subjects); s++) {
		uint32_t new[CHIP_OPTION_WORDS];
		unsigned count, step = getenv("FULL") ? 1 : s ? SAMPLE : FEWER;
		char line[80], rule[60];

		snprintf(line, sizeof(line), "option set %s", subjects[s].set);
		new_words(&subjects[s], line, new);
		count = count_commands(subjects[s].part, line);
		assert_in_range(count, 10, 400);
		for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
			for (unsigned place = 1 + (unsigned)i; place <= count; place += step) {
				snprintf(rule, sizeof(rule), rules[i], place);
				suffer(&subjects[s], line, rule, new);
			}
	}
}

/* Power lost while the option bytes are being written: whatever is left is named, and can be put right. */
static void lost_power_is_explained(void **state)
{
	unsigned count = count_commands("STM32F407VG", command), cut = 0, step = getenv("FULL") ? 1 : FEWER;

	(void)state;
	for (unsigned place = 1; place <= count; place += step) {
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

/* Ctrl-C and SIGTERM wait for the end of the section. */
static void an_interrupt_waits(void **state)
{
	struct harness *h = bench_new("STM32F407VG");

	(void)state;
	engine_flags_quit(&h->flags);
	says(h, command, "read back");
	assert_int_equal(bench_word(h, OPTCR) & BOR_LEV, 8);
	harness_free(h);
}

struct otp_subject {
	const char *part;
	uint32_t base;
	const char *bytes, *next;	/* the unit behind it can still be written */
	unsigned unit;
};

enum { OTP_BYTES = 8 };

/* Of the plan and of the write: more than of the write alone. */
static unsigned count_otp_commands(const struct otp_subject *subject)
{
	struct harness *h = bench_new(subject->part);
	struct why why = { "" };
	unsigned count;
	char line[100];

	snprintf(line, sizeof(line), "otp write 0x%08x %s", subject->base, subject->bytes);
	assert_int_equal(faults_parse(faults_of(h), "", &why), 0);
	assert_non_null(strstr(confirmed(h, line), "verified"));
	count = (unsigned)faults_of(h)->seen[FAULT_AT_COMMAND];
	harness_free(h);
	return count;
}

/* Each unit is as it was or as it was to be, the answer is true, and the way is free for the next. */
static void suffer_otp(const struct otp_subject *subject, const char *rule)
{
	static const uint8_t wanted[] = { 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xF0 };
	static const uint8_t blank[] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };
	struct harness *h = bench_new(subject->part);
	char line[100], next[100];
	uint8_t now[OTP_BYTES];
	struct why why = { "" };
	const char *at;

	snprintf(line, sizeof(line), "otp write 0x%08x %s", subject->base, subject->bytes);
	snprintf(next, sizeof(next), "otp write 0x%08x %s", subject->base + OTP_BYTES, subject->next);
	at = strstr(harness_monitor(h, line), "`confirm ");
	assert_non_null(at);
	snprintf(line + strlen(line), sizeof(line) - strlen(line), " confirm %.8s", at + 9);
	assert_int_equal(faults_parse(faults_of(h), rule, &why), 0);
	harness_monitor(h, line);
	faults_of(h)->count = 0;
	harness_peek(h, subject->base, now, sizeof(now));
	for (unsigned i = 0; i < OTP_BYTES; i += subject->unit)
		if (memcmp(now + i, wanted + i, subject->unit) && memcmp(now + i, blank, subject->unit))
			fail_msg("%s: '%s': 0x%02x at %u", subject->part, rule, now[i], i);
	if (strstr(h->clients[0].console, "verified") && memcmp(now, wanted, sizeof(now)))
		fail_msg("%s: '%s': %s", subject->part, rule, h->clients[0].console);
	if (!strstr(confirmed(h, next), "verified"))
		fail_msg("%s: '%s': %s", subject->part, rule, h->clients[0].console);
	harness_free(h);
}

static void otp_is_whole_or_told(void **state)
{
	static const char *const rules[] = { "command %u timeout", "command %u lost", "command %u gone 300" };
	static const struct otp_subject subjects_of_otp[] = {
		{ "STM32F407VG", 0x1FFF7800, "123456789abcdef0", "78", 1 },
		{ "STM32L476RG", 0x1FFF7000, "123456789abcdef0", "0011223344556677", 8 },
		{ "STM32H563ZI", 0x08FFF000, "123456789abcdef0", "0011", 2 },
		{ "STM32H7B3ZI", 0x08FFF000, "123456789abcdef0", "0011", 2 },
		{ "STM32H7S7L8", 0x08FFF000, "123456789abcdef0", "0011", 2 },
	};

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(subjects_of_otp); s++) {
		const struct otp_subject *subject = &subjects_of_otp[s];
		unsigned step = getenv("FULL") ? 1 : s ? SAMPLE : FEWER, places = count_otp_commands(subject);
		char rule[60];

		for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
			for (unsigned place = 1 + (unsigned)i; place <= places; place += step) {
				snprintf(rule, sizeof(rule), rules[i], place);
				suffer_otp(subject, rule);
			}
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

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("option_faults", tests, NULL, NULL);
}
