/* SPDX-License-Identifier: MIT
 *
 * The virtual core runs code as the manual says: exceptions, faults, fresh code.
 */
#include "tests/unit/cpu_rig.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/cpu_programs.h"

static uint32_t ram_word(struct rig *rig, uint32_t offset)
{
	return rig_read(rig, RIG_RAM + offset);
}

static void starts_at_the_reset_vector(void **state)
{
	struct rig *rig = RIG(VIRTUAL_M4, it);

	(void)state;
	rig_reset_halt(rig);
	assert_int_equal(rig_reg(rig, PC), it_reset);
	assert_int_equal(rig_reg(rig, 13), 0x20008000);
	assert_int_equal(rig_reg(rig, 14), 0xFFFFFFFF);
	assert_int_equal(rig_reg(rig, XPSR), 0x01000000);
	rig_free(rig);
}

static void runs_unprivileged_thread_with_nested_handlers(void **state)
{
	static const uint32_t log[] = {
		'S', 11, 'I', 0xFFFFFFF1, 's', 11, 'P', 0xFFFFFFFD,
	};
	struct rig *rig = RIG(VIRTUAL_M4, nest);

	(void)state;
	rig_run(rig, 400);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(ram_word(rig, 4 * i), log[i]);
	assert_int_equal(rig_reg(rig, PC), nest_thread_end);
	assert_int_equal(rig_reg(rig, 20) >> 24, 3);
	assert_int_equal(rig_reg(rig, 13), 0x20006000);
	assert_int_equal(rig_reg(rig, 17), 0x20008000);
	assert_int_equal(rig_reg(rig, 0), 0x11);
	assert_int_equal(rig_reg(rig, 4), 4);
	rig_free(rig);
}

static void chains_pendsv_to_systick(enum virtual_core core)
{
	struct rig *rig = RIG(core, chain);

	rig_run(rig, 400);
	assert_in_range(rig_reg(rig, 4), 6, 8);
	assert_int_equal(rig_reg(rig, 5), rig_reg(rig, 4));
	assert_int_equal(rig_reg(rig, 6), 0x20008000 - 32);	/* one frame, not two */
	rig_free(rig);
}

static void chains_pendsv_to_systick_on_all_cores(void **state)
{
	(void)state;
	for (int core = VIRTUAL_M0; core <= VIRTUAL_M33; core++)
		chains_pendsv_to_systick((enum virtual_core)core);
}

static void keeps_fp_context(enum virtual_core core)
{
	struct rig *rig = RIG(core, fp);

	rig_run(rig, 2000);
	assert_in_range(rig_reg(rig, 4), 10, 25);
	assert_int_equal(rig_reg(rig, 2), 7);
	assert_int_equal(rig_reg(rig, 3), 7);
	assert_int_equal(rig_reg(rig, 6), core == VIRTUAL_M33 ? 0xFFFFFFA8 : 0xFFFFFFE9);
	rig_free(rig);
}

static void keeps_fp_context_over_interrupts(void **state)
{
	(void)state;
	keeps_fp_context(VIRTUAL_M4);
	keeps_fp_context(VIRTUAL_M7);
	keeps_fp_context(VIRTUAL_M33);
}

static void masked_interrupt_comes_when_unmasked(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_write(rig, 0xE000E100, 1);
	rig_set_reg(rig, 1, RIG_DEVICE + RIG_IRQ_UP);
	rig_set_reg(rig, 6, 0);
	rig_breakpoint(rig, 0, faults_irq0);
	rig_go(rig, faults_masked, 60);
	assert_true(rig_is_halted(rig));
	assert_int_equal(rig_reg(rig, PC), faults_irq0);
	assert_int_equal(rig_reg(rig, 6), 2);
	assert_int_equal(ram_word(rig, 0x8000 - 32 + 24), faults_unmasked);
	rig_free(rig);
}

static void stores_to_flash_go_to_its_controller(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_set_reg(rig, 0, 0x12345678);
	rig_set_reg(rig, 1, RIG_FLASH + 0x4000);
	rig_go(rig, faults_store_flash, 10);
	assert_int_equal(rig->flash_writes, 1);
	assert_int_equal(rig->last_flash_value, 0x12345678);
	assert_int_equal(rig_reg(rig, 2), 0x12345678);
	rig_free(rig);
}

static void refused_store_leaves_flash_alone(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);
	uint32_t before = rig_read(rig, RIG_FLASH + 0x4000);

	(void)state;
	rig->flash_refuses = true;
	rig_set_reg(rig, 0, 0x12345678);
	rig_set_reg(rig, 1, RIG_FLASH + 0x4000);
	rig_go(rig, faults_store_flash, 10);
	assert_int_equal(rig->flash_writes, 1);
	assert_int_equal(rig_reg(rig, 2), before);
	assert_int_equal(rig_read(rig, RIG_FLASH + 0x4000), before);
	rig_free(rig);
}

static void remapped_memory_is_run(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);
	struct bus_memory ram = *bus_memory_at(&rig->bus, RIG_RAM);

	(void)state;
	rig_go(rig, 0x56, 20);		/* the alias of flash at 0 */
	rig->ram[0x56] = 0x42;		/* movs r5, #0x42; b . */
	rig->ram[0x57] = 0x25;
	rig->ram[0x58] = 0xFE;
	rig->ram[0x59] = 0xE7;
	bus_replace_memory(&rig->bus, 0, &ram);
	rig_debug(rig, HALT);
	rig_run(rig, 1);
	rig_set_reg(rig, 5, 0);
	rig_set_reg(rig, 4, 0x1234);
	rig_go(rig, 0x56, 20);
	assert_int_equal(rig_reg(rig, 5), 0x42);
	assert_int_equal(rig_reg(rig, 4), 0x1234);
	assert_int_equal(rig_reg(rig, PC), 0x58);
	rig_free(rig);
}

static void two_cores_know_nothing_of_each_other(void **state)
{
	struct rig *one = rig_at_faults(VIRTUAL_M4, true), *other = RIG(VIRTUAL_M0, chain);

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		rig_go(one, faults_waited, 10);
		rig_run(other, 10);
		rig_debug(one, HALT);
		rig_run(one, 1);
	}
	assert_int_equal(rig_reg(one, XPSR) & 0x1FF, 0);
	assert_in_range(rig_reg(other, 4), 5, 12);
	rig_free(one);
	rig_free(other);
}

static long resident_mib(void)
{
	long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ld %ld", &size, &resident), 2);
	fclose(file);
	return resident * sysconf(_SC_PAGESIZE) >> 20;
}

static void fresh_code_is_run_after_60000_rewrites(void **state)
{
	/* movs r0, #imm8; bx lr; and four more so that the block is no trifle */
	uint8_t routine[] = { 0x00, 0x20, 0x00, 0xBF, 0x00, 0xBF, 0x70, 0x47 };
	struct rig *rig = RIG(VIRTUAL_M4, rewrite);
	long before;

	(void)state;
	rig_reset_halt(rig);
	rig_breakpoint(rig, 0, rewrite_back);
	before = resident_mib();
	for (unsigned i = 0; i < 60000; i++) {
		routine[0] = (uint8_t)i;
		memcpy(rig->ram + 0x1000, routine, sizeof(routine));
		bus_changed(&rig->bus, RIG_RAM + 0x1000, sizeof(routine));
		rig_go(rig, rewrite_reset, 20);
		assert_int_equal(rig_reg(rig, 0), i & 0xFF);
	}
#ifndef __SANITIZE_ADDRESS__	/* which keeps what was freed */
	assert_true(resident_mib() - before < 16);
#endif
	(void)before;
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_at_the_reset_vector),
		cmocka_unit_test(runs_unprivileged_thread_with_nested_handlers),
		cmocka_unit_test(chains_pendsv_to_systick_on_all_cores),
		cmocka_unit_test(keeps_fp_context_over_interrupts),
		cmocka_unit_test(masked_interrupt_comes_when_unmasked),
		cmocka_unit_test(stores_to_flash_go_to_its_controller),
		cmocka_unit_test(refused_store_leaves_flash_alone),
		cmocka_unit_test(remapped_memory_is_run),
		cmocka_unit_test(two_cores_know_nothing_of_each_other),
		cmocka_unit_test(fresh_code_is_run_after_60000_rewrites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
