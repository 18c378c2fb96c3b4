/* SPDX-License-Identifier: MIT
 *
 * A load with something going wrong at each of its USB commands in turn. It ends verified or with an
 * error that names the cause, within its time, and the next load succeeds.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/virtual/link_virtual.h"

enum { IMAGE_SIZE = 0x6000, LIMIT_MS = 30000, SAMPLES = 4, SAMPLES_FULL = 500, BACK_AFTER = 4 };

/* What a command has to suffer, and which words an error may then hold ("" = none may come). */
struct trouble {
	const char *rule;		/* %u: the place */
	const char *words[4];
};

static const struct trouble troubles[] = {
	{ "command %u timeout", { "timed out", "answer", "probe" } },
	{ "command %u dropped", { "" } },
	{ "command %u lost", { "timed out", "answer", "probe" } },
	{ "command %u late 700", { "timed out", "answer", "probe" } },
	{ "command %u late 4000", { "timed out", "answer", "probe" } },
	{ "command %u short 1", { "reply", "probe", "answer" } },
	{ "command %u cut 4", { "command", "probe", "answer" } },
	{ "command %u babble", { "USB", "probe", "answer" } },
	{ "command %u stall", { "USB", "probe", "answer" } },
	{ "command %u gone 300", { "unplugged" } },
	{ "command %u power-off\ncommand %u power-on", { "power", "SWD", "target", "reset" } },
};

static const struct trouble access_troubles[] = {
	{ "access %u wait 30000", { "WAIT", "wait", "busy", "stuck" } },
	{ "access %u wait", { "WAIT", "wait", "busy", "stuck" } },
	{ "access %u fault", { "fault", "bus", "refused" } },
};

static uint8_t image[IMAGE_SIZE];

static void make_image(void)
{
	uint32_t seed = 1;

	for (size_t i = 0; i < sizeof(image); i++) {
		seed = seed * 1664525u + 1013904223u;
		image[i] = (uint8_t)(seed >> 24);
	}
	memcpy(image, program_loop, sizeof(program_loop));
}

static struct faults *faults_of(struct harness *h)
{
	return firmware_faults(virtual_link_firmware(h->link));
}

static void schedule(struct harness *h, const struct trouble *trouble, unsigned place)
{
	struct why why = { "" };
	char text[80];

	snprintf(text, sizeof(text), trouble->rule, place, place + BACK_AFTER);
	if (faults_parse(faults_of(h), text, &why))
		fail_msg("%s", why.text);
}

static struct harness *connect(void)
{
	struct harness *h = harness_new("STM32F407VG");

	harness_poke(h, PROGRAM_BASE, program_fault, sizeof(program_fault));
	harness_boot(h);
	harness_connect_gdb(h, 0);
	return h;
}

/* As GDB does it; returns the answer that ends it: "OK" or an error. */
static const char *load(struct harness *h)
{
	static char packet[PACKET_SIZE];
	const char *answer = harness_ask(h, 0, "vFlashErase:08000000,00008000");

	for (uint32_t at = 0; at < IMAGE_SIZE && !strcmp(answer, "OK"); at += 4096) {
		int head = snprintf(packet, sizeof(packet), "vFlashWrite:%x:", PROGRAM_BASE + at);

		memcpy(packet + head, image + at, 4096);
		harness_send(h, 0, packet, (size_t)head + 4096);
		answer = h->clients[0].answer;
	}
	return strcmp(answer, "OK") ? answer : harness_ask(h, 0, "vFlashDone");
}

static void assert_programmed(struct harness *h, const char *what, unsigned place)
{
	static uint8_t back[IMAGE_SIZE];

	harness_peek(h, PROGRAM_BASE, back, sizeof(back));
	for (size_t i = 0; i < sizeof(back); i++)
		if (back[i] != image[i])
			fail_msg("%s at %u: reported as verified, but 0x%08zx is wrong", what, place,
				 PROGRAM_BASE + i);
}

/* The reason comes before the next answer with text. */
static void assert_names_cause(struct harness *h, const struct trouble *trouble, unsigned place)
{
	const char *said = harness_monitor(h, "version");

	for (size_t i = 0; i < ARRAY_SIZE(trouble->words) && trouble->words[i]; i++)
		if (strstr(said, trouble->words[i]))
			return;
	fail_msg("'%s' at %u: no cause in: %s", trouble->rule, place, said);
}

static uint64_t count_of(struct harness *h, enum fault_event event)
{
	return faults_of(h)->seen[event];
}

static void suffer(const struct trouble *trouble, unsigned place, unsigned *failures)
{
	struct harness *h = connect();
	uint64_t start_us = engine_now_us(h->engine);
	const char *answer;

	schedule(h, trouble, place);
	answer = load(h);
	if (engine_now_us(h->engine) - start_us > LIMIT_MS * UINT64_C(1000))
		fail_msg("'%s' at %u: took too long", trouble->rule, place);
	if (strcmp(answer, "OK")) {
		++*failures;
		assert_int_equal(answer[0], 'E');
		assert_names_cause(h, trouble, place);
	} else {
		assert_programmed(h, trouble->rule, place);
	}
	if (count_of(h, FAULT_AT_COMMAND) < place + BACK_AFTER)
		harness_monitor(h, "connect");	/* power comes back meanwhile */
	faults_of(h)->count = 0;
	answer = load(h);
	if (strcmp(answer, "OK"))
		fail_msg("'%s' at %u: the second load is answered %s: %s", trouble->rule, place, answer,
			 harness_monitor(h, "version"));
	assert_programmed(h, trouble->rule, place);
	assert_int_equal(harness_register(h, 15), LOOP_RESET);
	harness_free(h);
}

/* How many events of a kind an undisturbed load has. */
static uint64_t length_of_load(enum fault_event event)
{
	struct harness *h = connect();
	uint64_t count;

	assert_int_equal(faults_parse(faults_of(h), "", &(struct why){ "" }), 0);
	assert_string_equal(load(h), "OK");
	count = count_of(h, event);
	harness_free(h);
	return count;
}

/* A sample of places that differs between the kinds; with FULL=1 (make check-all) more of them: every command. */
static void sweep(const struct trouble *list, size_t count, enum fault_event event)
{
	uint64_t length = length_of_load(event);
	unsigned step = (unsigned)(length / (getenv("FULL") ? SAMPLES_FULL : SAMPLES)) + 1;

	for (size_t i = 0; i < count; i++) {
		unsigned failures = 0, runs = 0;

		for (unsigned place = 1 + (unsigned)i % step; place <= length; place += step, runs++)
			suffer(&list[i], place, &failures);
		print_message("%-20.*s %u of %u loads failed with their cause (%llu places)\n",
			      (int)strcspn(list[i].rule, "\n"), list[i].rule, failures, runs,
			      (unsigned long long)length);
	}
}

static void every_command(void **state)
{
	(void)state;
	sweep(troubles, ARRAY_SIZE(troubles), FAULT_AT_COMMAND);
}

static void memory_accesses(void **state)
{
	(void)state;
	sweep(access_troubles, ARRAY_SIZE(access_troubles), FAULT_AT_ACCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command),
		cmocka_unit_test(memory_accesses),
	};

	make_image();
	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
