/* SPDX-License-Identifier: MIT
 *
 * The whole virtual chip: core, peripherals and reset logic together, as the debug port sees them.
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
#include "tests/unit/fake_soc.h"
#include "tests/unit/machine_programs.h"

enum { FLASH = 0x08000000, RAM = 0x20000000, KEYR = 0x40023C04, OPTKEYR = 0x40023C08,
       FLASH_SR = 0x40023C0C, FLASH_CR = 0x40023C10, OPTCR = 0x40023C14, AHB1ENR = 0x40023830,
       APB1ENR = 0x40023840, RCC_CSR = 0x40023874 };
#define DHCSR 0xE000EDF0u
#define AIRCR 0xE000ED0Cu
#define DBGMCU_CR 0xE0042004u
#define APB1_FZ 0xE0042008u

#define MS 1000000ull
#define US 1000ull

static struct machine *new_machine(const char *image)
{
	struct virtual_spec spec;
	struct machine *machine;
	struct why why = { "" };

	fake_spec(&spec);
	snprintf(spec.image, sizeof(spec.image), "%s", image);
	assert_int_equal(machine_new(&machine, &spec, &why), OK);
	return machine;
}

static int setup(void **state)
{
	*state = new_machine("");
	return 0;
}

static int teardown(void **state)
{
	machine_free(*state);
	return 0;
}

/* As a debug port does: WAIT is tried again. */
static void put(struct machine *m, uint32_t address, uint32_t value)
{
	enum bus_result result;

	while ((result = machine_write(m, address, 4, value)) == BUS_STALL)
		machine_advance(m, US);
	assert_int_equal(result, BUS_OK);
}

static uint32_t get(struct machine *m, uint32_t address)
{
	enum bus_result result;
	uint32_t value;

	while ((result = machine_read(m, address, 4, &value)) == BUS_STALL)
		machine_advance(m, US);
	assert_int_equal(result, BUS_OK);
	return value;
}

static void program(struct machine *m, const uint32_t *words, size_t bytes)
{
	put(m, KEYR, 0x45670123);
	put(m, KEYR, 0xCDEF89AB);
	put(m, FLASH_CR, 0x201);
	for (size_t i = 0; i < bytes / 4; i++)
		put(m, FLASH + 4 * (uint32_t)i, words[i]);
	put(m, FLASH_CR, 0x80000000);
	assert_int_equal(get(m, FLASH_SR), 0);
}

static void pulse_nrst(struct machine *m)
{
	machine_set_nrst(m, false);
	machine_advance(m, MS);
	machine_set_nrst(m, true);
}

/* Puts the program into flash, clears the word it counts in, starts it. */
static void start(struct machine *m, const uint32_t *words, size_t bytes)
{
	program(m, words, bytes);
	put(m, RAM, 0);
	pulse_nrst(m);
	machine_advance(m, 10 * MS);
}

static void halt(struct machine *m)
{
	put(m, DHCSR, 0xA05F0003);
	machine_advance(m, 10 * US);
	assert_int_equal(cpu_state(machine_cpu(m)), CPU_HALTED);
}

static void blank_chip_locks_up(void **state)
{
	assert_int_equal(cpu_state(machine_cpu(*state)), CPU_LOCKED_UP);
	assert_int_equal(get(*state, 0xE0042000), 0x10076413);
	assert_int_equal(get(*state, 0xE000ED00), 0x410FC241);
}

static void runs_firmware_from_flash(void **state)
{
	struct machine *m = *state;
	uint32_t before, after;

	start(m, count_program, sizeof(count_program));
	before = get(m, RAM);
	machine_advance(m, MS);
	after = get(m, RAM);
	assert_in_range(after - before, 3000, 6000);	/* 16 MHz, 4 or so cycles a round */
	assert_true(machine_cpu_ns(m) >= 10 * MS);
}

static void software_reset_pulls_nrst(void **state)
{
	struct machine *m = *state;

	put(m, DBGMCU_CR, 7);
	put(m, RAM + 64, 0x12345678);
	put(m, AHB1ENR, 1);
	put(m, RCC_CSR, 1 << 24);
	put(m, AIRCR, 0x05FA0004);
	assert_false(machine_nrst(m));
	assert_int_equal(cpu_state(machine_cpu(m)), CPU_HELD);
	machine_advance(m, 1090 * US);
	assert_true(machine_nrst(m));
	assert_int_equal(get(m, RCC_CSR), 0x14000000);
	assert_int_equal(get(m, AHB1ENR), 0x00100000);
	assert_int_equal(get(m, DBGMCU_CR), 7);
	assert_int_equal(get(m, RAM + 64), 0x12345678);
}

static void firmware_can_reset_itself_again_and_again(void **state)
{
	struct machine *m = *state;

	start(m, sysreset_program, sizeof(sysreset_program));
	machine_advance(m, 100 * MS);
	assert_in_range(get(m, RAM), 95, 110);	/* 1.09 ms each */
	assert_int_equal(get(m, RCC_CSR) & 1 << 28, 1 << 28);
}

static void nrst_pin_holds_the_core(void **state)
{
	struct machine *m = *state;
	uint32_t count;

	start(m, count_program, sizeof(count_program));
	machine_set_nrst(m, false);
	count = get(m, RAM);
	machine_advance(m, 50 * MS);
	assert_false(machine_nrst(m));
	assert_int_equal(get(m, RAM), count);
	assert_true(get(m, DHCSR) & 1 << 25);	/* S_RESET_ST */
	machine_set_nrst(m, true);
	machine_advance(m, MS);
	assert_int_not_equal(get(m, RAM), count);
}

static void power_cycle_loses_ram_and_debug_state_but_not_flash(void **state)
{
	struct machine *m = *state;
	uint32_t value;

	program(m, count_program, sizeof(count_program));
	put(m, RAM + 64, 0x12345678);
	put(m, DBGMCU_CR, 7);
	halt(m);
	machine_set_power(m, false);
	assert_int_equal(machine_supply_mv(m), 0);
	assert_int_equal(machine_swd(m), MACHINE_SWD_DEAD);
	assert_int_equal(machine_read(m, RAM, 4, &value), BUS_FAULT);
	machine_advance(m, 100 * MS);
	machine_set_power(m, true);
	machine_advance(m, 10 * MS);
	assert_int_equal(machine_swd(m), MACHINE_SWD_OK);
	assert_int_not_equal(get(m, RAM + 64), 0x12345678);
	assert_int_equal(get(m, DBGMCU_CR), 0);
	assert_int_equal(get(m, DHCSR) & 0xF, 0);
	assert_int_equal(get(m, FLASH + 8), count_program[2]);
	assert_int_equal(cpu_state(machine_cpu(m)), CPU_RUNNING);
}

static void watchdog_resets_firmware_that_hangs(void **state)
{
	struct machine *m = *state;

	start(m, watchdog_program, sizeof(watchdog_program));
	machine_advance(m, 5000 * MS);
	assert_in_range(get(m, RAM), 9, 11);
	assert_int_equal(get(m, RCC_CSR) >> 29 & 1, 1);
}

static void watchdog_stands_still_while_halted_with_freeze(void **state)
{
	struct machine *m = *state;
	uint32_t boots;

	put(m, APB1_FZ, 1 << 12);
	start(m, watchdog_program, sizeof(watchdog_program));
	halt(m);
	boots = get(m, RAM);
	machine_advance(m, 5000 * MS);
	assert_int_equal(get(m, RAM), boots);
	put(m, DHCSR, 0xA05F0001);
	machine_advance(m, 600 * MS);
	assert_int_equal(get(m, RAM), boots + 1);
}

static void firmware_programs_flash_without_polling(void **state)
{
	struct machine *m = *state;
	uint64_t before_ns;

	start(m, count_program, sizeof(count_program));
	put(m, KEYR, 0x45670123);
	put(m, KEYR, 0xCDEF89AB);
	put(m, FLASH_CR, 0x10202);	/* sector 0 */
	pulse_nrst(m);			/* in the middle of it */
	put(m, KEYR, 0x45670123);
	put(m, KEYR, 0xCDEF89AB);
	put(m, FLASH_CR, 0x10202);
	put(m, FLASH_CR, 0x80000000);
	before_ns = machine_flash_busy_ns(m);
	start(m, self_program, sizeof(self_program));
	assert_int_equal(machine_flash_busy_ns(m) - before_ns,
			 (sizeof(self_program) / 4 + 8) * 16 * US);
	assert_int_equal(get(m, RAM), 8);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(get(m, FLASH + 0x8000 + 4 * i), i);
}

static void dma_writes_ram_while_the_core_is_halted(void **state)
{
	struct machine *m = *state;
	uint32_t first[4], changed = 0;

	halt(m);
	put(m, AHB1ENR, 1 << 21);
	put(m, APB1ENR, 0x9);			/* TIM2, TIM5 */
	put(m, 0x40000C00, 1);			/* TIM5 counts freely */
	put(m, 0x40026000 + 0x28 + 4, 4);	/* DMA1 stream 1: 4 words in a circle */
	put(m, 0x40026000 + 0x28 + 8, 0x40000C24);
	put(m, 0x40026000 + 0x28 + 12, RAM + 0x100);
	put(m, 0x40026000 + 0x28, 3 << 25 | 2 << 13 | 2 << 11 | 1 << 10 | 1 << 8 | 1);
	put(m, 0x4000002C, 15999);		/* TIM2: 1 kHz */
	put(m, 0x4000000C, 1 << 8);
	put(m, 0x40000000, 1);
	machine_advance(m, 10 * MS);
	for (uint32_t i = 0; i < 4; i++)
		first[i] = get(m, RAM + 0x100 + 4 * i);
	machine_advance(m, 10 * MS);
	for (uint32_t i = 0; i < 4; i++)
		changed += get(m, RAM + 0x100 + 4 * i) != first[i];
	assert_int_equal(changed, 4);
	assert_int_equal(first[1] - first[0], 16000);
}

static void firmware_can_take_the_swd_pins(void **state)
{
	struct machine *m = *state;

	start(m, pins_program, sizeof(pins_program));
	assert_int_equal(machine_swd(m), MACHINE_SWD_DEAD);
	machine_set_nrst(m, false);
	assert_int_equal(machine_swd(m), MACHINE_SWD_OK);
}

static void stop_mode_closes_swd_unless_dbgmcu_keeps_it(void **state)
{
	struct machine *m = *state;

	start(m, stop_program, sizeof(stop_program));
	assert_int_equal(machine_swd(m), MACHINE_SWD_DEAD);
	machine_set_nrst(m, false);
	put(m, DBGMCU_CR, 2);
	machine_set_nrst(m, true);
	machine_advance(m, 10 * MS);
	assert_int_equal(machine_swd(m), MACHINE_SWD_OK);
}

static void level1_kills_the_firmware_when_a_debugger_comes(void **state)
{
	struct machine *m = *state;
	uint32_t value;

	program(m, count_program, sizeof(count_program));
	put(m, OPTKEYR, 0x08192A3B);
	put(m, OPTKEYR, 0x4C5D6E7F);
	put(m, OPTCR, 0x0FFF55EE);
	machine_advance(m, 1000 * MS);
	machine_set_power(m, false);
	machine_set_power(m, true);
	machine_advance(m, 10 * MS);
	assert_int_equal(cpu_state(machine_cpu(m)), CPU_RUNNING);
	assert_int_equal(machine_read(m, FLASH, 4, &value), BUS_FAULT);
	machine_advance(m, MS);
	assert_int_equal(cpu_state(machine_cpu(m)), CPU_LOCKED_UP);
	assert_int_equal(machine_read(m, RAM, 4, &value), BUS_OK);
}

static void brownout_holds_the_chip_in_reset(void **state)
{
	struct machine *m = *state;

	start(m, count_program, sizeof(count_program));
	machine_set_supply_mv(m, 1500);
	assert_int_equal(cpu_state(machine_cpu(m)), CPU_HELD);
	machine_set_supply_mv(m, 3300);
	machine_advance(m, 10 * MS);
	assert_int_equal(cpu_state(machine_cpu(m)), CPU_RUNNING);
	assert_int_equal(get(m, RCC_CSR) >> 25, 7);
}

/* --- image files ------------------------------------------------------------------------------ */

struct image_bench {
	char path[64];
};

static int setup_image(void **state)
{
	struct image_bench *bench = calloc(1, sizeof(*bench));
	int fd;

	strcpy(bench->path, "/tmp/tether-image-XXXXXX");
	fd = mkstemp(bench->path);
	assert_true(fd >= 0);
	close(fd);
	unlink(bench->path);
	*state = bench;
	return 0;
}

static int teardown_image(void **state)
{
	struct image_bench *bench = *state;

	unlink(bench->path);
	free(bench);
	return 0;
}

static void image_keeps_flash_options_and_otp(void **state)
{
	struct image_bench *bench = *state;
	struct machine *m = new_machine(bench->path);

	program(m, count_program, sizeof(count_program));
	put(m, KEYR, 0x45670123);
	put(m, KEYR, 0xCDEF89AB);
	put(m, FLASH_CR, 0x201);
	put(m, 0x1FFF7800, 0xCAFE);
	put(m, OPTKEYR, 0x08192A3B);
	put(m, OPTKEYR, 0x4C5D6E7F);
	put(m, OPTCR, 0x0FFEAAEE);
	machine_advance(m, 1000 * MS);
	machine_free(m);
	m = new_machine(bench->path);
	assert_int_equal(cpu_state(machine_cpu(m)), CPU_RUNNING);
	assert_int_equal(get(m, FLASH + 4), count_program[1]);
	assert_int_equal(get(m, 0x1FFF7800), 0xCAFE);
	assert_int_equal(get(m, OPTCR), 0x0FFEAAED);
	machine_free(m);
}

static void expect_refusal(const char *path, const char *chip, const char *words)
{
	struct virtual_spec spec;
	struct machine *machine;
	struct why why = { "" };

	fake_spec(&spec);
	snprintf(spec.image, sizeof(spec.image), "%s", path);
	snprintf(spec.chip, sizeof(spec.chip), "%s", chip);
	assert_int_equal(machine_new(&machine, &spec, &why), E_CONFIG);
	assert_non_null(strstr(why.text, words));
	assert_non_null(strstr(why.text, path));
}

static void flip_byte(const char *path, long at)
{
	FILE *file = fopen(path, "r+b");
	int byte;

	fseek(file, at, SEEK_SET);
	byte = fgetc(file);
	fseek(file, at, SEEK_SET);
	fputc(byte ^ 0x40, file);
	fclose(file);
}

static void damaged_or_foreign_image_is_refused(void **state)
{
	struct image_bench *bench = *state;
	FILE *file;

	machine_free(new_machine(bench->path));
	expect_refusal(bench->path, "STM32F407VE", "another chip");
	flip_byte(bench->path, 5000);
	expect_refusal(bench->path, "STM32F407VG", "checksum");
	flip_byte(bench->path, 5000);
	assert_int_equal(truncate(bench->path, 100000), 0);
	expect_refusal(bench->path, "STM32F407VG", "checksum");
	file = fopen(bench->path, "wb");
	fputs("something else", file);
	fclose(file);
	expect_refusal(bench->path, "STM32F407VG", "not an image");
}

static void expect_no_access(const char *path, const char *words)
{
	struct virtual_spec spec;
	struct machine *machine;
	struct why why = { "" };

	fake_spec(&spec);
	snprintf(spec.image, sizeof(spec.image), "%s", path);
	assert_int_equal(machine_new(&machine, &spec, &why), E_SYSTEM);
	assert_non_null(strstr(why.text, words));
}

static void image_out_of_reach_is_told_at_the_start(void **state)
{
	struct image_bench *bench = *state;
	struct machine *m = new_machine(bench->path);

	expect_no_access(bench->path, "another virtual chip");
	machine_free(m);
	machine_free(new_machine(bench->path));
	expect_no_access("/nonexistent/chip.img", "No such file");
}

/* --- specs ------------------------------------------------------------------------------------ */

static void unknown_controller_is_an_error(void **state)
{
	struct virtual_spec spec;
	struct machine *machine;
	struct why why = { "" };

	(void)state;
	fake_spec(&spec);
	strcpy(spec.controller, "x9");
	assert_int_equal(machine_new(&machine, &spec, &why), E_CHIP);
	assert_non_null(strstr(why.text, "x9"));
}

static void overlapping_regions_are_an_error(void **state)
{
	static const uint32_t bases[] = { 0x08000000, 0x1FFF7800, 0x40011000, 0x10000000, 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		struct virtual_spec spec;
		struct machine *machine;
		struct why why = { "" };

		fake_spec(&spec);
		spec.regions[4] = (struct virtual_region){ "extra", VIRTUAL_RAM, bases[i], 1024 };
		spec.region_count = 5;
		assert_int_equal(machine_new(&machine, &spec, &why), E_CONFIG);
		assert_non_null(strstr(why.text, "overlaps"));
	}
}

/* Numbers from a user's chip file: refused or taken, never a crash. */
static void wild_specs_are_errors(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct virtual_spec spec;
		struct machine *machine;
		struct why why = { "" };
		uint32_t *fields[] = {
			&spec.banks[0].base, &spec.banks[0].size, &spec.banks[0].runs[0].size,
			&spec.banks[0].runs[1].count, &spec.banks[1].base, &spec.banks[1].size,
			&spec.otp_base, &spec.otp_size, &spec.otp_block, &spec.otp_locks,
			&spec.uid_address, &spec.size_address, &spec.idcode_address,
			&spec.flash_registers, &spec.options[0].mirror, &spec.regions[0].base,
			&spec.regions[1].size, &spec.regions[3].base,
		};
		static const uint32_t wild[] = { 0, 1, 0x200, 0x400, 0x10001, 0x08000000, 0x1FFF7C00,
						 0x40020000, 0xFFFFFC00, 0xFFFFFFFF };

		fake_spec(&spec);
		seed = seed * 1664525u + 1013904223u;
		spec.bank_count = 1 + (seed >> 12) % 2;
		*fields[(seed >> 16) % ARRAY_SIZE(fields)] = wild[(seed >> 8) % ARRAY_SIZE(wild)];
		if (machine_new(&machine, &spec, &why) == OK)
			machine_free(machine);
		else
			assert_true(why.text[0] != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(blank_chip_locks_up),
		T(runs_firmware_from_flash),
		T(software_reset_pulls_nrst),
		T(firmware_can_reset_itself_again_and_again),
		T(nrst_pin_holds_the_core),
		T(power_cycle_loses_ram_and_debug_state_but_not_flash),
		T(watchdog_resets_firmware_that_hangs),
		T(watchdog_stands_still_while_halted_with_freeze),
		T(firmware_programs_flash_without_polling),
		T(dma_writes_ram_while_the_core_is_halted),
		T(firmware_can_take_the_swd_pins),
		T(stop_mode_closes_swd_unless_dbgmcu_keeps_it),
		T(level1_kills_the_firmware_when_a_debugger_comes),
		T(brownout_holds_the_chip_in_reset),
		cmocka_unit_test_setup_teardown(image_keeps_flash_options_and_otp, setup_image,
						teardown_image),
		cmocka_unit_test_setup_teardown(damaged_or_foreign_image_is_refused, setup_image,
						teardown_image),
		cmocka_unit_test_setup_teardown(image_out_of_reach_is_told_at_the_start,
						setup_image, teardown_image),
		cmocka_unit_test(unknown_controller_is_an_error),
		cmocka_unit_test(overlapping_regions_are_an_error),
		cmocka_unit_test(wild_specs_are_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
