/* SPDX-License-Identifier: MIT
 *
 * Framing: bytes in, frames out, whatever the bytes are.
 */
#include "server/net/framer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Pushes all bytes; returns what came out as letters: P packet, B break, + -, ! bad. */
static const char *push_all(struct framer *f, const char *bytes, size_t length)
{
	static const char letters[] = {
		[FRAME_PACKET] = 'P', [FRAME_BREAK] = 'B', [FRAME_ACK] = '+', [FRAME_NAK] = '-',
		[FRAME_BAD] = '!',
	};
	static char got[64];
	size_t count = 0;

	for (size_t i = 0; i < length; i++) {
		enum frame frame = framer_push(f, (uint8_t)bytes[i]);

		if (frame != FRAME_MORE && count < sizeof got - 1)
			got[count++] = letters[frame];
	}
	got[count] = '\0';
	return got;
}

static const char *push(struct framer *f, const char *text)
{
	return push_all(f, text, strlen(text));
}

static void assert_payload(const struct framer *f, const char *text)
{
	assert_int_equal(f->length, strlen(text));
	assert_memory_equal(f->data, text, f->length);
}

/* $payload#sum, with the payload as given. */
static size_t seal(const char *payload, size_t length, char *out)
{
	unsigned sum = 0;

	out[0] = '$';
	memcpy(out + 1, payload, length);
	for (size_t i = 0; i < length; i++)
		sum += (unsigned char)payload[i];
	sprintf(out + 1 + length, "#%02x", sum & 0xFF);
	return length + 4;
}

static int new_framer(void **state)
{
	struct framer *f = malloc(sizeof *f);

	framer_init(f);
	*state = f;
	return 0;
}

static int free_framer(void **state)
{
	free(*state);
	return 0;
}

static void takes_packets_acks_and_breaks(void **state)
{
	struct framer *f = *state;

	assert_string_equal(push(f, "+$?#3f"), "+P");
	assert_payload(f, "?");
	assert_string_equal(push(f, "$#00"), "P");
	assert_payload(f, "");
	assert_string_equal(push(f, "\003-+\003"), "B-+B");
	assert_string_equal(push(f, "$g#67$g#67"), "PP");
}

static void takes_both_cases_of_checksums(void **state)
{
	assert_string_equal(push(*state, "$?#3F$m0,4#FD"), "PP");
}

static void ignores_noise_outside_of_packets(void **state)
{
	assert_string_equal(push(*state, "hello\r\n#00%$?#3f\377"), "P");
}

static void removes_escapes(void **state)
{
	struct framer *f = *state;
	char frame[32];
	size_t length = seal("X0,4:}\003}\004}]}\n", 13, frame);

	assert_string_equal(push_all(f, frame, length), "P");
	assert_payload(f, "X0,4:#$}*");
}

static void keeps_any_byte_as_data(void **state)
{
	struct framer *f = *state;
	char frame[32];
	size_t length = seal("X\000\003\377+-", 6, frame);

	assert_string_equal(push_all(f, frame, length), "P");
	assert_int_equal(f->length, 6);
	assert_memory_equal(f->data, "X\000\003\377+-", 6);
}

static void expands_run_lengths(void **state)
{
	struct framer *f = *state;

	assert_string_equal(push(f, "$0* #7a"), "P");
	assert_payload(f, "0000");
	assert_string_equal(push(f, "$ab*\"c#72"), "P");
	assert_payload(f, "abbbbbbc");
}

static void refuses_run_lengths_without_sense(void **state)
{
	struct framer *f = *state;
	char frame[32];

	assert_string_equal(push(f, "$* #4a"), "!");		/* nothing to repeat */
	assert_string_equal(push_all(f, frame, seal("a*\037", 3, frame)), "!");
	assert_string_equal(push_all(f, frame, seal("a*\177", 3, frame)), "!");
	assert_string_equal(push(f, "$?#3f"), "P");
}

static void refuses_wrong_checksums(void **state)
{
	struct framer *f = *state;

	assert_string_equal(push(f, "$?#3e"), "!");
	assert_string_equal(f->problem, "the checksum is wrong");
	assert_string_equal(push(f, "$?#zz"), "!");
	assert_string_equal(push(f, "$?#3z"), "!");
	assert_string_equal(push(f, "$?#3f"), "P");
}

static void refuses_an_escape_of_nothing(void **state)
{
	struct framer *f = *state;

	assert_string_equal(push(f, "$a}#de"), "!");
	assert_string_equal(push(f, "$a*#8b"), "!");
	assert_string_equal(push(f, "$?#3f"), "P");
}

static void starts_again_at_the_next_packet(void **state)
{
	struct framer *f = *state;

	assert_string_equal(push(f, "$m0,10$?#3f"), "P");	/* cut off in the payload */
	assert_payload(f, "?");
	assert_string_equal(push(f, "$m0,}$?#3f"), "P");	/* in an escape */
	assert_payload(f, "?");
	assert_string_equal(push(f, "$m0#$?#3f"), "!P");	/* before and in the checksum */
	assert_string_equal(push(f, "$m0#1$?#3f"), "!P");
	assert_payload(f, "?");
}

static void takes_the_longest_packet(void **state)
{
	struct framer *f = *state;
	char *payload = malloc(FRAMER_PAYLOAD_MAX), *frame = malloc(FRAMER_PAYLOAD_MAX + 8);

	memset(payload, 'x', FRAMER_PAYLOAD_MAX);
	assert_string_equal(push_all(f, frame, seal(payload, FRAMER_PAYLOAD_MAX, frame)), "P");
	assert_int_equal(f->length, FRAMER_PAYLOAD_MAX);
	free(payload);
	free(frame);
}

static void refuses_what_is_longer(void **state)
{
	struct framer *f = *state;
	size_t length = 3 * FRAMER_PAYLOAD_MAX;
	char *payload = malloc(length), *frame = malloc(length + 8);

	memset(payload, 'x', length);
	assert_string_equal(push_all(f, frame, seal(payload, length, frame)), "!");
	assert_string_equal(f->problem, "the packet is too long");
	assert_string_equal(push(f, "$?#3f"), "P");
	free(payload);
	free(frame);
}

static void refuses_runs_that_are_longer(void **state)
{
	struct framer *f = *state;
	char *payload = malloc(3 * 400), *frame = malloc(3 * 400 + 8);

	for (size_t i = 0; i < 400; i++)
		memcpy(payload + 3 * i, "a*~", 3);	/* 98 each */
	assert_string_equal(push_all(f, frame, seal(payload, 3 * 400, frame)), "!");
	free(payload);
	free(frame);
}

static void wraps_and_escapes(void **state)
{
	uint8_t out[FRAMER_WRAPPED_MAX(5)];

	(void)state;
	assert_int_equal(framer_wrap("OK", 2, out), 6);
	assert_memory_equal(out, "$OK#9a", 6);
	assert_int_equal(framer_wrap("", 0, out), 4);
	assert_memory_equal(out, "$#00", 4);
	assert_int_equal(framer_wrap("b#$}*", 5, out), 13);
	assert_memory_equal(out, "$b}\003}\004}]}\n#", 11);
}

/* All bytes, and random ones, come back as they went in. */
static void takes_what_it_wraps(void **state)
{
	struct framer *f = *state;
	uint8_t payload[300], out[FRAMER_WRAPPED_MAX(sizeof payload)];

	srand(1);
	for (unsigned round = 0; round < 200; round++) {
		size_t length = round == 0 ? 256 : (size_t)rand() % sizeof payload;

		for (size_t i = 0; i < length; i++)
			payload[i] = (uint8_t)(round == 0 ? i : (size_t)rand());
		length = framer_wrap(payload, length, out);
		assert_string_equal(push_all(f, (char *)out, length), "P");
		assert_memory_equal(f->data, payload, f->length);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_framer, free_framer)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_packets_acks_and_breaks),
		TEST(takes_both_cases_of_checksums),
		TEST(ignores_noise_outside_of_packets),
		TEST(removes_escapes),
		TEST(keeps_any_byte_as_data),
		TEST(expands_run_lengths),
		TEST(refuses_run_lengths_without_sense),
		TEST(refuses_wrong_checksums),
		TEST(refuses_an_escape_of_nothing),
		TEST(starts_again_at_the_next_packet),
		TEST(takes_the_longest_packet),
		TEST(refuses_what_is_longer),
		TEST(refuses_runs_that_are_longer),
		TEST(wraps_and_escapes),
		TEST(takes_what_it_wraps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
