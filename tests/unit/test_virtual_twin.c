/* SPDX-License-Identifier: MIT
 *
 * The description of a chip: lines in, a virtual chip's beginning out.
 */
#include "server/virtual/twin.h"

#include "probe/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int read_text(struct virtual_twin *twin, struct chip *chip, const char *text, struct why *why)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	struct chip_library *chips;
	int err;

	assert_non_null(file);
	assert_int_equal(chip_library_open(&chips, NULL, NULL), 0);
	assert_int_equal(chip_find_part(chip, chips, "STM32F407VG", NULL), 0);
	err = virtual_twin_read(twin, file, chip, why);
	fclose(file);
	chip_library_close(chips);
	return err;
}

static void every_line_is_a_fact(void **state)
{
	struct chip *chip = calloc(1, sizeof(*chip));
	struct virtual_spec spec = { .supply_mv = 3300 };
	struct virtual_twin twin;
	struct why why = { "" };

	(void)state;
	assert_int_equal(read_text(&twin, chip, "id 0x10076413\nuid 0x1 0x2 0x33221100\nsupply 2900\n"
				   "option RDP 0xbb\nmemory 0x1fff7800 00ffC0\nmemory 0x08000000 12\n", &why), 0);
	assert_int_equal(chip->option_words[0].now >> 8 & 0xFF, 0xBB);
	virtual_twin_apply(&twin, &spec);
	assert_true(spec.twin);
	assert_int_equal(spec.idcode, 0x10076413);
	assert_int_equal(spec.supply_mv, 2900);
	assert_int_equal(spec.uid[0], 1);
	assert_int_equal(spec.uid[11], 0x33);
	assert_int_equal(spec.content_count, 2);
	assert_int_equal(spec.contents[0].address, 0x1FFF7800);
	assert_int_equal(spec.contents[0].length, 3);
	assert_int_equal(spec.contents[0].bytes[2], 0xC0);
	virtual_twin_clear(&twin);
	free(chip);
}

static void nonsense_is_named_by_its_line(void **state)
{
	static const char *const lines[] = {
		"memory 0x08000000 123", "memory 0x08000000", "memory 0x08000000 zz", "option RDP", "option NONE 0x1",
		"option RDP 0x100", "uid 1 2", "id x", "supply x", "colour 3", "nonsense",
		("memory 0x08000000 0000000000000000000000000000000000000000000000000000000000000000"
		 "000000000000000000000000000000000000000000000000000000000000000000"),
	};
	struct chip *chip = calloc(1, sizeof(*chip));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct virtual_twin twin;
		struct why why = { "" };
		char text[300];

		snprintf(text, sizeof(text), "supply 3300\n%s\n", lines[i]);
		if (read_text(&twin, chip, text, &why) != E_CONFIG || !strstr(why.text, "line 2"))
			fail_msg("'%s': %s", lines[i], why.text);
		virtual_twin_clear(&twin);
	}
	free(chip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_is_a_fact),
		cmocka_unit_test(nonsense_is_named_by_its_line),
	};

	return cmocka_run_group_tests_name("virtual_twin", tests, NULL, NULL);
}
