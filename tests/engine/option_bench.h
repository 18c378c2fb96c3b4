/* SPDX-License-Identifier: MIT
 *
 * What the tests of option bytes, OTP and protection share: a board with a program, and words to be found
 * in answers.
 */
#ifndef TESTS_ENGINE_OPTION_BENCH_H
#define TESTS_ENGINE_OPTION_BENCH_H

#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"

static inline struct harness *bench_start(struct harness *h)
{
	harness_start(h);
	harness_poke(h, PROGRAM_BASE, program_loop, sizeof(program_loop));
	harness_boot(h);
	harness_connect_gdb(h, 0);
	return h;
}

static inline struct harness *bench_new(const char *part)
{
	return bench_start(harness_init(part));
}

static inline void says(struct harness *h, const char *command, const char *part)
{
	const char *text = harness_monitor(h, command);

	if (!strstr(text, part))
		fail_msg("'%s' says '%.1500s', not '%s'", command, text, part);
}

/* Runs a command that needs a token, reads it from the refusal, and runs it again with it. */
static inline const char *confirmed(struct harness *h, const char *command)
{
	const char *text = harness_monitor(h, command), *at = strstr(text, "`confirm ");
	char line[200];

	if (!at)
		fail_msg("'%s' names no token: %.1500s", command, text);
	snprintf(line, sizeof(line), "%s confirm %.8s", command, at + 9);
	return harness_monitor(h, line);
}

static inline uint32_t bench_word(struct harness *h, uint32_t address)
{
	uint32_t value = 0;

	assert_int_equal(machine_read(h->machine, address, 4, &value), BUS_OK);
	return value;
}

#endif
