/* SPDX-License-Identifier: MIT
 *
 * A virtual probe on the test bench.
 */
#include "tests/unit/bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"

enum { TIMEOUT_MS = 1000, HEX_MAX = 256 };

void bench_open(struct bench *b, const char *firmware)
{
	struct virtual_spec spec = fake_machine_spec(firmware);
	struct why why = { "" };

	if (virtual_link_open(&b->link, &spec, &why))
		fail_msg("%s", why.text);
	b->machine = virtual_link_machine(b->link);
}

void bench_enter(struct bench *b, const char *firmware)
{
	bench_open(b, firmware);
	bench_expect(b, "F3 07", "");
	bench_expect(b, "F2 30 A3", "80 00");
}

void bench_close(struct bench *b)
{
	link_close(b->link);
}

/* "F2 30 A3" to bytes; returns how many. */
static size_t parse_hex(const char *text, uint8_t *out)
{
	size_t n = 0;
	char *end;

	for (unsigned long v = strtoul(text, &end, 16); end != text; v = strtoul(text, &end, 16)) {
		assert_true(n < HEX_MAX);
		out[n++] = (uint8_t)v;
		text = end;
	}
	return n;
}

int bench_ask(struct bench *b, const char *command, void *reply, size_t length, size_t *got)
{
	uint8_t bytes[HEX_MAX] = { 0 };
	struct link_exchange x = { .in = reply, .in_length = length, .timeout_ms = TIMEOUT_MS };
	int err;

	assert_true(parse_hex(command, bytes) <= LINK_COMMAND_SIZE);
	memcpy(x.command, bytes, LINK_COMMAND_SIZE);
	err = link_do(b->link, &x);
	*got = x.in_got;
	return err;
}

void bench_expect(struct bench *b, const char *command, const char *reply)
{
	uint8_t wanted[HEX_MAX], came[HEX_MAX];
	size_t length = parse_hex(reply, wanted), got;
	int err = bench_ask(b, command, came, length, &got);

	if (err || got != length)
		fail_msg("%s: error %d, %zu bytes instead of %zu", command, err, got, length);
	for (size_t i = 0; i < length; i++)
		if (came[i] != wanted[i])
			fail_msg("%s: byte %zu is %02x, not %02x", command, i, came[i], wanted[i]);
}

void bench_silent(struct bench *b, const char *command)
{
	uint8_t reply[HEX_MAX];
	size_t got;

	assert_int_equal(bench_ask(b, command, reply, sizeof(reply), &got), E_TIMEOUT);
	assert_int_equal(got, 0);
}

void bench_send(struct bench *b, const char *command, const void *payload, size_t length)
{
	uint8_t bytes[HEX_MAX] = { 0 };
	struct link_exchange x = { .out = payload, .out_length = length, .timeout_ms = TIMEOUT_MS };

	parse_hex(command, bytes);
	memcpy(x.command, bytes, LINK_COMMAND_SIZE);
	assert_int_equal(link_do(b->link, &x), 0);
}

static void fill_memory(struct link_exchange *x, uint8_t code, uint32_t address, uint16_t length)
{
	x->command[0] = 0xF2;
	x->command[1] = code;
	put_u32(x->command + 2, address);
	put_u16(x->command + 6, length);
	x->timeout_ms = 5 * TIMEOUT_MS;
}

int bench_read(struct bench *b, uint8_t code, uint32_t address, uint16_t length, void *data)
{
	struct link_exchange x = { .in = data, .in_length = length };

	fill_memory(&x, code, address, length);
	return link_do(b->link, &x);
}

void bench_write(struct bench *b, uint8_t code, uint32_t address, uint16_t length, const void *data)
{
	struct link_exchange x = { .out = data, .out_length = length };

	fill_memory(&x, code, address, length);
	assert_int_equal(link_do(b->link, &x), 0);
}

uint8_t bench_status(struct bench *b, uint32_t *fault)
{
	uint8_t reply[12];
	size_t got;

	assert_int_equal(bench_ask(b, "F2 3E", reply, sizeof(reply), &got), 0);
	assert_int_equal(got, sizeof(reply));
	if (fault)
		*fault = get_u32(reply + 4);
	return reply[0];
}

uint8_t bench_dap_read(struct bench *b, uint16_t port, uint16_t address, uint32_t *value)
{
	uint8_t reply[8];
	struct link_exchange x = { .command = { 0xF2, 0x45 }, .in = reply, .in_length = sizeof(reply),
				   .timeout_ms = TIMEOUT_MS };

	put_u16(x.command + 2, port);
	put_u16(x.command + 4, address);
	assert_int_equal(link_do(b->link, &x), 0);
	assert_int_equal(x.in_got, sizeof(reply));
	*value = get_u32(reply + 4);
	return reply[0];
}

uint8_t bench_dap_write(struct bench *b, uint16_t port, uint16_t address, uint32_t value)
{
	uint8_t reply[2];
	struct link_exchange x = { .command = { 0xF2, 0x46 }, .in = reply, .in_length = sizeof(reply),
				   .timeout_ms = TIMEOUT_MS };

	put_u16(x.command + 2, port);
	put_u16(x.command + 4, address);
	put_u32(x.command + 6, value);
	assert_int_equal(link_do(b->link, &x), 0);
	return reply[0];
}
