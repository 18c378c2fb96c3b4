/* SPDX-License-Identifier: MIT
 *
 * Whole virtual chips of several families: each core starts from its flash, mistakes of the firmware
 * reach it, an image keeps what was written, bad specs are told.
 */
#include "probe/virtual/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "tests/unit/specs.h"

enum { FLASH = 0x08000000, RAM = 0x20000000 };

#define MS 1000000ull

static void (*const specs[])(struct virtual_spec *spec) = {
	spec_f072, spec_f103, spec_f103xl, spec_f303, spec_l053, spec_l073, spec_l152, spec_l152e,
};

static struct machine *new_machine(void (*fill)(struct virtual_spec *spec), const char *image)
{
	struct virtual_spec spec;
	struct machine *machine;
	struct why why = { "" };

	fill(&spec);
	snprintf(spec.image, sizeof(spec.image), "%s", image);
	if (machine_new(&machine, &spec, &why) != OK)
		fail_msg("%s", why.text);
	return machine;
}

static uint32_t get(struct machine *m, uint32_t address)
{
	uint32_t value;

	assert_int_equal(machine_read(m, address, 4, &value), BUS_OK);
	return value;
}

/* As a debug port does: WAIT is tried again. */
static void put(struct machine *m, uint32_t address, unsigned width, uint32_t value)
{
	enum bus_result result;

	while ((result = machine_write(m, address, width, value)) == BUS_STALL)
		machine_advance(m, 10000);
	assert_int_equal(result, BUS_OK);
}

static void reset(struct machine *m)
{
	machine_set_nrst(m, false);
	machine_set_nrst(m, true);
	machine_advance(m, 5 * MS);
}

static void each_core_starts_from_its_flash(void **state)
{
	static const uint8_t program[] = {
		0x00, 0x04, 0x00, 0x20,		/* stack at 20000400 */
		0x09, 0x00, 0x00, 0x08,		/* reset: 08000008 */
		0x01, 0x30,			/* adds r0, #1 */
		0xFD, 0xE7,			/* b .-2 */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		struct machine *m = new_machine(specs[i], "");
		uint32_t count;

		machine_poke(m, FLASH, program, sizeof(program));
		reset(m);
		count = cpu_register(machine_cpu(m), 0);
		assert_true(count > 1000);
		machine_advance(m, 1 * MS);
		assert_true(cpu_register(machine_cpu(m), 0) > count);
		assert_int_equal(cpu_register(machine_cpu(m), 13), RAM + 0x400);
		machine_free(m);
	}
}

static void wide_write_in_firmware_is_a_hard_fault_on_f1(void **state)
{
	static const uint8_t program[] = {
		0x00, 0x04, 0x00, 0x20,		/* stack */
		0x11, 0x00, 0x00, 0x08,		/* reset: 08000010 */
		0x00, 0x00, 0x00, 0x00,
		0x17, 0x00, 0x00, 0x08,		/* HardFault: 08000016 */
		0x01, 0x48,			/* ldr r0, =08000000 */
		0x00, 0x60,			/* str r0, [r0] */
		0xFE, 0xE7,			/* b . */
		0xFE, 0xE7,			/* b . */
		0x00, 0x00, 0x00, 0x08,
	};
	struct machine *m = new_machine(spec_f103, "");

	(void)state;
	machine_poke(m, FLASH, program, sizeof(program));
	reset(m);
	assert_int_equal(cpu_register(machine_cpu(m), 15), 0x08000016);
	assert_int_equal(cpu_register(machine_cpu(m), 16) & 0x1FF, 3);
	machine_free(m);
}

static void image_keeps_flash_eeprom_and_options(void **state)
{
	enum { REGS = 0x40022000, PECR = 4, PEKEYR = 12, PRGKEYR = 16, OPTKEYR = 20,
	       EEPROM = 0x08080000, WRP = 0x1FF80008 };
	static const struct { uint32_t reg, key; } keys[] = {
		{ PEKEYR, 0x89ABCDEF }, { PEKEYR, 0x02030405 }, { PRGKEYR, 0x8C9DAEBF },
		{ PRGKEYR, 0x13141516 }, { OPTKEYR, 0xFBEAD9C8 }, { OPTKEYR, 0x24252627 },
	};
	char path[] = "/tmp/tether-image-XXXXXX";
	int fd = mkstemp(path);
	struct machine *m;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	m = new_machine(spec_l073, path);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		put(m, REGS + keys[i].reg, 4, keys[i].key);
	put(m, FLASH + 0x18000, 4, 0x11111111);		/* bank 2 */
	put(m, EEPROM, 4, 0x22222222);
	put(m, WRP, 4, 0xFFFE0001);
	machine_advance(m, 10 * MS);
	machine_free(m);
	m = new_machine(spec_l073, path);
	assert_int_equal(get(m, FLASH + 0x18000), 0x11111111);
	assert_int_equal(get(m, EEPROM), 0x22222222);
	assert_int_equal(get(m, WRP), 0xFFFE0001);
	assert_int_equal(get(m, REGS + 0x20), 1);
	machine_free(m);
	unlink(path);
}

static void option_launch_resets_the_chip(void **state)
{
	enum { REGS = 0x40022000, KEYR = 4, CR = 16, OBL_LAUNCH = 1 << 13, CSR = 0x40021024 };
	struct machine *m = new_machine(spec_f072, "");

	(void)state;
	put(m, CSR, 4, 1 << 24);
	put(m, REGS + KEYR, 4, 0x45670123);
	put(m, REGS + KEYR, 4, 0xCDEF89AB);
	put(m, REGS + CR, 4, OBL_LAUNCH);
	assert_false(machine_nrst(m));
	machine_advance(m, 5 * MS);
	assert_true(machine_nrst(m));
	assert_int_equal(get(m, CSR), 1 << 26 | 1 << 25);
	assert_int_equal(get(m, REGS + CR), 0x80);
	machine_free(m);
}

/* An L0 under reset is only seen as a Cortex-M0+ (blackmagic #307). */
static void ids_of_f0_and_l0_are_out_of_reach_under_reset(void **state)
{
	static const struct { void (*fill)(struct virtual_spec *spec); bool reached; } rows[] = {
		{ spec_f072, false }, { spec_l053, false }, { spec_f103, true }, { spec_l152, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct machine *m = new_machine(rows[i].fill, "");

		assert_true(machine_core_port_open(m, false));
		machine_set_nrst(m, false);
		assert_int_equal(machine_core_port_open(m, false), rows[i].reached);
		assert_true(machine_core_port_open(m, true));
		machine_free(m);
	}
}

static void unknown_controllers_and_wrong_geometry_are_told(void **state)
{
	struct virtual_spec spec;
	struct machine *machine;
	struct why why;

	(void)state;
	spec_f103(&spec);
	snprintf(spec.controller, sizeof(spec.controller), "x9");
	assert_int_equal(machine_new(&machine, &spec, &why), E_CHIP);
	spec_f103(&spec);
	spec.banks[0].runs[0].size = 1000;
	assert_int_equal(machine_new(&machine, &spec, &why), E_CONFIG);
	spec_f103xl(&spec);
	spec.banks[1].base += 0x800;
	assert_int_equal(machine_new(&machine, &spec, &why), E_CONFIG);
	spec_l152(&spec);
	spec.erased = 0xFF;
	assert_int_equal(machine_new(&machine, &spec, &why), E_CONFIG);
	spec_l152(&spec);
	spec.banks[0].size = 1000;
	assert_int_equal(machine_new(&machine, &spec, &why), E_CONFIG);
	spec_l152(&spec);
	spec.regions[2].base += 0x80;		/* the EEPROM */
	assert_int_equal(machine_new(&machine, &spec, &why), E_CONFIG);
	spec_f103(&spec);
	spec.banks[0].base += 0x80;
	assert_int_equal(machine_new(&machine, &spec, &why), E_CONFIG);
	spec_l152(&spec);
	spec.regions[0].base = FLASH;
	assert_int_equal(machine_new(&machine, &spec, &why), E_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_core_starts_from_its_flash),
		cmocka_unit_test(wide_write_in_firmware_is_a_hard_fault_on_f1),
		cmocka_unit_test(image_keeps_flash_eeprom_and_options),
		cmocka_unit_test(option_launch_resets_the_chip),
		cmocka_unit_test(ids_of_f0_and_l0_are_out_of_reach_under_reset),
		cmocka_unit_test(unknown_controllers_and_wrong_geometry_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
