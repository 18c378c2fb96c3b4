/* SPDX-License-Identifier: MIT
 *
 * What a debugger may be shown from memory without asking the target again.
 */
#include "targets/memory_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
	*state = memory_cache_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	memory_cache_free(*state);
	return 0;
}

static void fill(uint8_t *line, uint8_t value)
{
	memset(line, value, MEMORY_LINE);
}

static void finds_lines_it_kept(void **state)
{
	struct memory_cache *cache = *state;
	uint8_t line[MEMORY_LINE];

	assert_null(memory_cache_find(cache, 0));
	for (unsigned i = 0; i < 128; i++) {
		fill(line, (uint8_t)i);
		memory_cache_keep(cache, 0x08000000 + i * MEMORY_LINE, line);
	}
	for (unsigned i = 0; i < 128; i++)
		assert_int_equal(*memory_cache_find(cache, 0x08000000 + i * MEMORY_LINE), i);
	assert_null(memory_cache_find(cache, 0x08000000 + 128 * MEMORY_LINE));
	assert_null(memory_cache_find(cache, 0));
}

static void a_newer_line_takes_the_place_of_an_older(void **state)
{
	struct memory_cache *cache = *state;
	uint8_t line[MEMORY_LINE];

	fill(line, 1);
	memory_cache_keep(cache, 0x08000000, line);
	fill(line, 2);
	memory_cache_keep(cache, 0x08010000, line);	/* 64 KiB on: the same place */
	assert_null(memory_cache_find(cache, 0x08000000));
	assert_int_equal(*memory_cache_find(cache, 0x08010000), 2);
}

static void forgets_when_told(void **state)
{
	struct memory_cache *cache = *state;
	uint8_t line[MEMORY_LINE] = { 0 };

	memory_cache_keep(cache, 0x08000000, line);
	memory_cache_keep_ahead(cache, 0x20000000, line, 16, 0);
	memory_cache_forget_ahead(cache);
	assert_null(memory_cache_find_ahead(cache, 0x20000000, 4, 0));
	assert_non_null(memory_cache_find(cache, 0x08000000));
	memory_cache_forget(cache);
	assert_null(memory_cache_find(cache, 0x08000000));
}

static void keeps_nothing_when_off(void **state)
{
	struct memory_cache *cache = *state;
	uint8_t line[MEMORY_LINE] = { 0 };

	memory_cache_set(cache, false);
	assert_false(memory_cache_is_on(cache));
	memory_cache_keep(cache, 0x08000000, line);
	memory_cache_keep_ahead(cache, 0x20000000, line, 16, 0);
	assert_null(memory_cache_find(cache, 0x08000000));
	assert_null(memory_cache_find_ahead(cache, 0x20000000, 4, 0));
}

static void a_read_ahead_serves_its_inside_for_a_while(void **state)
{
	static const struct { uint32_t address, length; uint64_t at_us; bool found; } rows[] = {
		{ 0x20000100, 4, 1000, true }, { 0x20000100, 64, 1000, true },
		{ 0x2000013F, 1, 1000, true }, { 0x2000013F, 2, 1000, false },
		{ 0x200000FF, 1, 1000, false }, { 0x20000140, 1, 1000, false },
		{ 0x20000100, 4, 1000 + MEMORY_AHEAD_US, true },
		{ 0x20000100, 4, 1001 + MEMORY_AHEAD_US, false },
		{ 0x20000104, UINT32_MAX, 1000, false },
	};
	struct memory_cache *cache = *state;
	uint8_t data[64] = { 0 };

	memory_cache_keep_ahead(cache, 0x20000100, data, sizeof(data), 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(memory_cache_find_ahead(cache, rows[i].address, rows[i].length,
							 rows[i].at_us) != NULL, rows[i].found);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		FRESH(finds_lines_it_kept),
		FRESH(a_newer_line_takes_the_place_of_an_older),
		FRESH(forgets_when_told),
		FRESH(keeps_nothing_when_off),
		FRESH(a_read_ahead_serves_its_inside_for_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
