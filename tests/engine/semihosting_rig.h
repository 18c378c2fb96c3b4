/* SPDX-License-Identifier: MIT
 *
 * One semihosting call at a time: its number and argument go into the registers, the program makes it.
 */
#ifndef TESTS_ENGINE_SEMIHOSTING_RIG_H
#define TESTS_ENGINE_SEMIHOSTING_RIG_H

#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum {
	BLOCK = 0x20000100, TEXT = 0x20000200, BUFFER = 0x20001000, NOWHERE = 0xDEADBEE0,
	CALL_AT = 0x08000008, AFTER_CALL = 0x0800000a,
};
static const uint32_t FAILED = 0xFFFFFFFF;

/* 08000008: bkpt 0xAB; b . */
static const uint32_t program_call[] = { 0x20020000, 0x08000009, 0xe7febeab };

/* A board that is halted before the call; semihosting is as the options say. */
static inline void semihosting_start(struct harness *h)
{
	harness_start(h);
	harness_poke(h, PROGRAM_BASE, program_call, sizeof(program_call));
	harness_boot(h);
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
}

static inline void set_register(struct harness *h, unsigned number, uint32_t value)
{
	char packet[32];

	snprintf(packet, sizeof(packet), "P%x=%08x", number, __builtin_bswap32(value));
	assert_string_equal(harness_ask(h, 0, packet), "OK");
}

static inline void call_prepare(struct harness *h, uint32_t number, uint32_t argument)
{
	set_register(h, 0, number);
	set_register(h, 1, argument);
	set_register(h, 15, CALL_AT);
}

/* Makes the call; returns the stop reply if the program ended, else NULL with *result = r0. */
static inline const char *call(struct harness *h, uint32_t number, uint32_t argument, uint32_t *result)
{
	const char *stop;

	call_prepare(h, number, argument);
	h->clients[0].console_length = 0;
	h->clients[0].console[0] = '\0';
	stop = harness_continue(h, 20);
	if (stop)
		return stop;
	harness_break(h, 0);
	assert_int_equal(harness_register(h, 15), AFTER_CALL);
	*result = harness_register(h, 0);
	return NULL;
}

/* A call with a parameter block; its result. */
static inline uint32_t call_with(struct harness *h, uint32_t number, const uint32_t block[4])
{
	uint32_t result = 0;

	harness_poke(h, BLOCK, block, 4 * sizeof(*block));
	assert_null(call(h, number, BLOCK, &result));
	return result;
}
#define CALL(h, number, ...) call_with(h, number, (const uint32_t[4]){ __VA_ARGS__ })

/* SYS_OPEN of that name. */
static inline uint32_t call_open(struct harness *h, const char *name, uint32_t mode)
{
	harness_poke(h, TEXT, name, strlen(name) + 1);
	return CALL(h, 0x01, TEXT, mode, (uint32_t)strlen(name));
}

#endif
