/* SPDX-License-Identifier: MIT
 *
 * The scripted link. Anything that is not in the script fails the test on the spot.
 */
#include "tests/unit/fake_link.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

size_t fake_hex(const char *text, uint8_t *bytes, size_t max)
{
	size_t count = 0;
	char *end;

	for (; text; text = end) {
		unsigned long byte = strtoul(text, &end, 16);

		if (end == text)
			break;
		assert_true(count < max);
		bytes[count++] = (uint8_t)byte;
	}
	return count;
}

static void compare_command(const struct fake_step *step, const struct link_exchange *x)
{
	uint8_t command[LINK_COMMAND_SIZE] = { 0 };

	fake_hex(step->command, command, sizeof(command));
	for (size_t i = 0; i < sizeof(command); i++)
		if (command[i] != x->command[i])
			fail_msg("expected command %s, byte %zu is %02x", step->command, i,
				 x->command[i]);
}

static int play(struct fake_link *fake, struct link_exchange *x)
{
	const struct fake_step *step = fake->steps;
	uint8_t bytes[8192];
	size_t length;

	assert_non_null(step);
	if (!step->command)
		fail_msg("command %02x %02x is not in the script", x->command[0], x->command[1]);
	fake->steps++;
	compare_command(step, x);
	length = fake_hex(step->out, bytes, sizeof(bytes));
	assert_int_equal(x->out_length, length);
	if (length)
		assert_memory_equal(x->out, bytes, length);
	length = fake_hex(step->reply, bytes, sizeof(bytes));
	assert_true(length <= x->in_length);
	if (length)
		memcpy(x->in, bytes, length);
	x->in_got = length;
	return step->err;
}

static int exchange(struct link *link, struct link_exchange *x)
{
	struct fake_link *fake = (struct fake_link *)link;

	assert_true(x->timeout_ms > 0);
	return fake->device ? fake->device(fake, x) : play(fake, x);
}

static int trace_read(struct link *link, void *buffer, size_t length, uint32_t timeout_ms)
{
	struct fake_link *fake = (struct fake_link *)link;
	uint8_t bytes[256];
	size_t count = fake_hex(fake->trace, bytes, sizeof(bytes));

	assert_true(timeout_ms > 0);
	assert_true(count <= length);
	memcpy(buffer, bytes, count);
	fake->trace = NULL;
	return fake->trace_err ? fake->trace_err : (int)count;
}

static int recover(struct link *link, enum link_recovery step)
{
	struct fake_link *fake = (struct fake_link *)link;

	fake->recoveries[step]++;
	return fake->recovery_errors[step];
}

static uint64_t now_us(struct link *link)
{
	return ((struct fake_link *)link)->now_us;
}

static void wait_us(struct link *link, uint64_t us)
{
	((struct fake_link *)link)->now_us += us;
}

static void close_link(struct link *link)
{
	((struct fake_link *)link)->closed = true;
}

static const struct link_ops fake_ops = {
	.exchange = exchange,
	.trace_read = trace_read,
	.recover = recover,
	.now_us = now_us,
	.wait_us = wait_us,
	.close = close_link,
};

void fake_link_init(struct fake_link *fake, const struct fake_step *steps)
{
	memset(fake, 0, sizeof(*fake));
	fake->base.ops = &fake_ops;
	strcpy(fake->base.identity.serial, "FAKE");
	fake->steps = steps;
}

void fake_link_check_done(const struct fake_link *fake)
{
	if (fake->steps && fake->steps->command)
		fail_msg("never sent: %s", fake->steps->command);
}
