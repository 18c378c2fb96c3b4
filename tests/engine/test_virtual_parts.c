/* SPDX-License-Identifier: MIT
 *
 * Every chip file makes a virtual chip: it starts, shows its id, size and blank flash, and nothing of
 * it is protected as it comes from the factory. One part of each file, with FULL=1 all of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/virtual/machine.h"
#include "targets/chip.h"

static uint32_t word(struct machine *machine, uint32_t address, unsigned width)
{
	uint32_t value;

	if (machine_read(machine, address, width, &value) != BUS_OK)
		fail_msg("%s: no answer at %08X", machine_spec(machine)->chip, (unsigned)address);
	return value;
}

static void check_flash(struct machine *machine)
{
	const struct virtual_spec *spec = machine_spec(machine);
	uint32_t erased = spec->erased * 0x01010101u;

	for (size_t i = 0; i < spec->bank_count; i++) {
		const struct virtual_bank *bank = &spec->banks[i];

		for (uint32_t at = 0; at < bank->size; at += bank->runs[0].size)
			assert_int_equal(word(machine, bank->base + at, 4), erased);
		assert_int_equal(word(machine, bank->base + bank->size - 4, 4), erased);
	}
}

static void check_identity(struct machine *machine)
{
	const struct virtual_spec *spec = machine_spec(machine);

	if (spec->size_address)
		assert_int_equal(word(machine, spec->size_address, 2), spec->size_value & 0xFFFF);
	if (spec->uid_address)
		assert_int_equal(word(machine, spec->uid_address, 4), get_u32(spec->uid));
	for (size_t i = 0; i < spec->region_count; i++)
		if (spec->regions[i].kind == VIRTUAL_RAM)
			word(machine, spec->regions[i].base + spec->regions[i].size - 4, 4);
}

/* Whether there is a virtual chip of it. */
static bool try_part(const struct chip_library *library, const char *part)
{
	struct virtual_spec spec;
	struct machine *machine;
	struct chip chip;
	struct why why = { "" };

	assert_int_equal(chip_find_part(&chip, library, part, &why), OK);
	if (!chip.controller[0] || chip.known_only[0])
		return false;
	chip_virtual_spec(&chip, part, &spec);
	if (machine_new(&machine, &spec, &why) != OK)
		fail_msg("%s: %s", part, why.text);
	check_flash(machine);
	check_identity(machine);
	machine_free(machine);
	return true;
}

static void every_part_makes_a_chip(void **state)
{
	struct chip_library *library;
	size_t made = 0;
	struct why why;

	(void)state;
	assert_int_equal(chip_library_open(&library, NULL, &why), OK);
	for (size_t i = 0; i < chip_library_count(library); i++) {
		char parts[4096], *rest = parts;
		const char *part;

		snprintf(parts, sizeof(parts), "%s", chip_library_row(library, i)->parts);
		while ((part = strsep(&rest, ", "))) {
			made += *part && try_part(library, part);
			if (*part && !getenv("FULL"))
				break;
		}
	}
	assert_true(made >= 80);
	chip_library_close(library);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_part_makes_a_chip) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
