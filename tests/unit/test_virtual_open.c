/* SPDX-License-Identifier: MIT
 *
 * "virtual:CHIP[,KEY=VALUE...]": words in, a board's description out.
 */
#include "server/virtual/open.h"

#include "probe/bytes.h"
#include "targets/chip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Only the description is looked at here: nothing is opened. */
int virtual_link_open(struct link **out, const struct virtual_spec *spec, struct why *why)
{
	(void)out, (void)spec;
	return explain(why, E_SYSTEM, "not in this test");
}

static int parse(struct virtual_spec *spec, const char *selector, const struct chip_library *chips,
		 struct why *why)
{
	struct virtual_twin twin;
	int err = virtual_open_parse(spec, &twin, selector, chips, why);

	virtual_twin_clear(&twin);
	return err;
}

static int open_library(void **state)
{
	struct chip_library *chips;

	assert_int_equal(chip_library_open(&chips, NULL, NULL), 0);
	*state = chips;
	return 0;
}

static int close_library(void **state)
{
	chip_library_close(*state);
	return 0;
}

static void describes_a_chip(void **state)
{
	struct virtual_spec spec;
	struct why why;

	assert_int_equal(parse(&spec, "virtual:STM32F407VG", *state, &why), 0);
	assert_string_equal(spec.chip, "STM32F407VG");
	assert_int_equal(spec.banks[0].size, 1024 * 1024);
	assert_false(spec.paced);
	assert_int_equal(parse(&spec, "virtual:stm32f407ve", *state, &why), 0);
	assert_int_equal(spec.banks[0].size, 512 * 1024);
}

static void registers_of_swapped_banks_move_unless_told_to_stay(void **state)
{
	struct virtual_spec spec;
	struct why why;

	assert_int_equal(parse(&spec, "virtual:STM32H743ZI", *state, &why), 0);
	assert_false(spec.swap_keeps_registers);
	assert_int_equal(parse(&spec, "virtual:STM32H743ZI,swapped-registers=stay", *state,
					    &why), 0);
	assert_true(spec.swap_keeps_registers);
}

static void option_bytes_choose_the_bank_mode(void **state)
{
	struct virtual_spec spec;
	struct why why;

	assert_int_equal(parse(&spec, "virtual:STM32G474RE", *state, &why), 0);
	assert_int_equal(spec.bank_count, 2);
	assert_int_equal(parse(&spec, "virtual:STM32G474RE,options=dbank:0+IWDG_SW:0,voltage=1800",
					    *state, &why), 0);
	assert_int_equal(spec.bank_count, 1);
	assert_int_equal(spec.options[0].factory, 0xFFEFF8AA & ~(1u << 22 | 1u << 16));
	assert_int_equal(spec.supply_mv, 1800);
}

static void takes_every_key(void **state)
{
	struct virtual_spec spec;
	struct why why;

	assert_int_equal(parse(&spec, "virtual:STM32F407VG,firmware=V3J7M3,serial=ABC,"
					    "image=/tmp/i,faults=f,pace=real,voltage=1800,size=512",
					    *state, &why), 0);
	assert_string_equal(spec.firmware, "V3J7M3");
	assert_string_equal(spec.serial, "ABC");
	assert_string_equal(spec.image, "/tmp/i");
	assert_string_equal(spec.faults, "f");
	assert_true(spec.paced);
	assert_int_equal(spec.supply_mv, 1800);
	assert_int_equal(spec.banks[0].size, 512 * 1024);
}

static void refuses_what_makes_no_sense(void **state)
{
	static const struct { const char *selector; int err; const char *word; } rows[] = {
		{ "virtual:STM32F407VX9", E_CHIP, "STM32F40" },
		{ "virtual:", E_CHIP, "" },
		{ "virtual:STM32F407VG,colour=red", E_ARGUMENT, "colour" },
		{ "virtual:STM32F407VG,colour=red", E_ARGUMENT, "firmware=" },
		{ "virtual:STM32F407VG,", E_ARGUMENT, "" },
		{ "virtual:STM32F407VG,image", E_ARGUMENT, "image= wants a value" },
		{ "virtual:STM32F407VG,image=", E_ARGUMENT, "image= wants a value" },
		{ "virtual:STM32F407VG,pace=fast", E_ARGUMENT, "pace=real" },
		{ "virtual:STM32F407VG,options=DBANK:1", E_ARGUMENT, "no option byte DBANK" },
		{ "virtual:STM32F407VG,options=WDG_SW:2", E_ARGUMENT, "no option byte WDG_SW for 2" },
		{ "virtual:STM32F407VG,options=WDG_SW", E_ARGUMENT, "options= is like" },
		{ "virtual:STM32F407VG,options=WDG_SW:x", E_ARGUMENT, "is no number" },
		{ "virtual:stm32n6", E_CHIP, "there is no virtual STM32N6" },
		{ "virtual:STM32F407VG,voltage=3.3", E_ARGUMENT, "voltage=3.3" },
		{ "virtual:STM32F407VG,voltage=12000", E_ARGUMENT, "from 1600 to 3600" },
		{ "virtual:STM32H743ZI,swapped-registers=go", E_ARGUMENT, "stay or move" },
		{ "virtual:STM32F407VG,size=7", E_ARGUMENT, "7 KiB" },
		{ "virtual:STM32F407VG,size=-1", E_ARGUMENT, "size=-1" },
		{ "virtual:STM32F407VG,firmware=V2J37S7V2J37S7V2J37S7V2J37S7", E_ARGUMENT, "too long" },
	};
	struct virtual_spec spec;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct why why = { "" };

		assert_int_equal(parse(&spec, rows[i].selector, *state, &why),
				 rows[i].err);
		assert_non_null(strstr(why.text, rows[i].word));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(describes_a_chip),
		cmocka_unit_test(takes_every_key),
		cmocka_unit_test(option_bytes_choose_the_bank_mode),
		cmocka_unit_test(registers_of_swapped_banks_move_unless_told_to_stay),
		cmocka_unit_test(refuses_what_makes_no_sense),
	};

	return cmocka_run_group_tests(tests, open_library, close_library);
}
