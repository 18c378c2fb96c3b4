/* SPDX-License-Identifier: MIT
 *
 * `tether chips PATTERN`: which spelling finds which part.
 */
#include "server/list.h"

#include "probe/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void finds_parts_by_any_piece_of_their_name(void **state)
{
	static const struct { const char *name, *pattern; bool matches; } rows[] = {
		{ "STM32F407xG", "STM32F407xG", true },
		{ "STM32F407xG", "STM32F407VG", true },
		{ "STM32F407xG", "stm32f407vg", true },
		{ "STM32F407xG", "STM32F407VGT6", true },	/* as printed on the chip */
		{ "STM32F407xG", "F407", true },
		{ "STM32F407xG", "f4", true },
		{ "STM32F407xG", "407VG", true },
		{ "STM32F407xG", "STM32F4xx", true },
		{ "STM32F407xG", "", true },
		{ "STM32F407xG", "STM32F407VE", false },
		{ "STM32F407xG", "STM32F407VET6", false },
		{ "STM32F407xG", "STM32F405", false },
		{ "STM32F407xG", "STM32F407-G", false },
		{ "STM32F407xG", "Z80", false },
		{ "STM32L151x8xxA", "Z80", false },		/* not by letters that may be any */
		{ "STM32L151x8xxA", "L151C8T6A", true },
		{ "", "Z80", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(list_part_matches(rows[i].name, strlen(rows[i].name),
						   rows[i].pattern), rows[i].matches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_parts_by_any_piece_of_their_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
