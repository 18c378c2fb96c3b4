/* SPDX-License-Identifier: MIT
 *
 * The faults of the virtual core: which handler, which status, which frame, and lock-up.
 */
#include "tests/unit/cpu_rig.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/cpu_programs.h"

static uint32_t ram_word(struct rig *rig, uint32_t offset)
{
	return rig_read(rig, RIG_RAM + offset);
}

struct fault_row {
	const char *what;
	uint32_t pc, r1, r0;
	uint32_t handler;	/* what its handler adds to r11 */
	uint32_t cfsr, stacked_pc;
};

static const struct fault_row fault_rows[] = {
	{ "udf", faults_undefined, 0, 0, 0x100, 0x10000, faults_undefined },
	{ "no FPU", faults_no_fpu, 0, 0, 0x100, 0x80000, faults_no_fpu },
	{ "load from nothing", faults_bad_load, 0x60000000, 0x55, 0x10, 0x8200, faults_bad_load },
	{ "store to nothing", faults_bad_store, 0x60000000, 0x55, 0x10, 0x400, faults_bad_store + 2 },
	{ "load from device", faults_bad_load, RIG_DEVICE + RIG_FAULT - 4, 0x55, 0x10, 0x8200,
	  faults_bad_load },
	{ "load with writeback", faults_postindex, RIG_DEVICE + RIG_FAULT, 0x55, 0x10, 0x8200,
	  faults_postindex },
	{ "store to device", faults_bad_store, RIG_DEVICE + RIG_FAULT, 0x55, 0x10, 0x400,
	  faults_bad_store + 2 },
	{ "branch to even", faults_no_thumb, 0, faults_idle, 0x100, 0x20000, faults_idle },
	{ "execute CCM", faults_never, 0, RIG_CCM + 1, 0x10, 0x100, RIG_CCM },
	{ "execute device", faults_never, 0, RIG_DEVICE + 1, 0x1000, 1, RIG_DEVICE },
	{ "execute nothing", faults_never, 0, 0x1FFF0001, 0x10, 0x100, 0x1FFF0000 },
};

static void fault_goes_to_its_handler(const struct fault_row *row)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	rig_set_reg(rig, 0, row->r0);
	rig_set_reg(rig, 1, row->r1);
	rig_go(rig, row->pc, 60);
	if (rig_reg(rig, 11) != row->handler)
		print_message("%s: pc %x r11 %x\n", row->what, rig_reg(rig, PC), rig_reg(rig, 11));
	assert_int_equal(rig_reg(rig, 11), row->handler);
	assert_int_equal(rig_read(rig, CFSR), row->cfsr);
	if (ram_word(rig, 0x8000 - 32 + 24) != row->stacked_pc)
		print_message("%s\n", row->what);
	assert_int_equal(ram_word(rig, 0x8000 - 32 + 24), row->stacked_pc);
	assert_int_equal(ram_word(rig, 0x8000 - 32), row->r0);
	assert_int_equal(ram_word(rig, 0x8000 - 32 + 4), row->r1);
	assert_int_equal(rig_read(rig, HFSR), 0);
	rig_free(rig);
}

static void faults_go_to_their_handlers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(fault_rows) / sizeof(fault_rows[0]); i++)
		fault_goes_to_its_handler(&fault_rows[i]);
}

static void faults_escalate_when_disabled(void **state)
{
	struct rig *rig;

	(void)state;
	for (size_t i = 0; i < sizeof(fault_rows) / sizeof(fault_rows[0]); i++) {
		rig = rig_at_faults(VIRTUAL_M4, false);
		rig_set_reg(rig, 0, fault_rows[i].r0);
		rig_set_reg(rig, 1, fault_rows[i].r1);
		rig_go(rig, fault_rows[i].pc, 60);
		assert_int_equal(rig_reg(rig, 11), 1);
		assert_int_equal(rig_read(rig, HFSR), 0x40000000);
		rig_free(rig);
	}
}

static void bus_fault_names_the_address(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_set_reg(rig, 1, 0x60000000);
	rig_go(rig, faults_bad_load, 60);
	assert_int_equal(rig_read(rig, BFAR), 0x60000004);
	rig_free(rig);
}

/* ACTLR.DISDEFWBUF: every store is waited for. */
static void a_store_that_is_not_buffered_faults_precisely(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_write(rig, 0xE000E008, 2);
	rig_set_reg(rig, 1, 0x60000000);
	rig_go(rig, faults_bad_store, 60);
	assert_int_equal(rig_read(rig, CFSR), 0x8200);
	assert_int_equal(ram_word(rig, 0x8000 - 32 + 24), faults_bad_store);
	rig_free(rig);
}

static void divides_by_zero_only_when_told(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_set_reg(rig, 2, 0);
	rig_write(rig, CPACR, 0xF << 20);
	rig_go(rig, faults_divide, 2);
	assert_int_equal(rig_reg(rig, 0), 0);
	assert_int_equal(rig_reg(rig, 11), 0);
	rig_reset_halt(rig);
	rig_write(rig, SHCSR, 7 << 16);
	rig_write(rig, CCR, 0x210);
	rig_go(rig, faults_divide, 60);
	assert_int_equal(rig_reg(rig, 11), 0x100);
	assert_int_equal(rig_read(rig, CFSR), 1 << 25);
	rig_free(rig);
}

static void traps_unaligned_access_only_when_told(void **state)
{
	static const uint32_t labels[] = { faults_unaligned_load, faults_unaligned_store };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

		rig_write(rig, RIG_RAM + 0x100, 0x11111111);
		rig_set_reg(rig, 0, 0x22222222);
		rig_set_reg(rig, 1, RIG_RAM + 0x100);
		rig_go(rig, labels[i], 20);	/* translated without the trap */
		assert_int_equal(rig_reg(rig, 11), 0);
		rig_reset_halt(rig);
		rig_write(rig, RIG_RAM + 0x100, 0x11111111);
		rig_set_reg(rig, 0, 0x22222222);
		rig_write(rig, SHCSR, 7 << 16);
		rig_write(rig, CCR, 0x208);
		rig_go(rig, labels[i], 60);
		assert_int_equal(rig_reg(rig, 11), 0x100);
		assert_int_equal(rig_read(rig, CFSR), 1 << 24);
		assert_int_equal(rig_reg(rig, 0), 0x22222222);
		assert_int_equal(ram_word(rig, 0x100), 0x11111111);
		assert_int_equal(ram_word(rig, 0x8000 - 32 + 24), labels[i]);
		rig_free(rig);
	}
}

static void fp_in_an_it_block_faults_too(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_set_reg(rig, 6, 0);
	rig_go(rig, faults_in_it, 60);
	assert_int_equal(rig_reg(rig, 11), 0x100);
	assert_int_equal(rig_read(rig, CFSR), 1 << 19);
	assert_int_equal(ram_word(rig, 0x8000 - 32 + 24), faults_in_it + 4);
	assert_int_equal(rig_reg(rig, 6), 0);
	rig_free(rig);
}

static void frame_of_a_fault_keeps_the_it_state(void **state)
{
	static const uint32_t places[] = { 0x60000000, RIG_DEVICE + RIG_FAULT };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

		rig_set_reg(rig, 1, places[i]);
		rig_go(rig, faults_it_load, 60);
		assert_int_equal(rig_reg(rig, 11), 0x10);
		assert_int_equal(ram_word(rig, 0x8000 - 32 + 24), faults_it_load_at);
		/* two left of three: ITSTATE 0000 0100 */
		assert_int_equal(ram_word(rig, 0x8000 - 32 + 28) & 0x0600FC00, 0x00000400);
		rig_free(rig);
	}
}

static void svc_with_primask_escalates(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_go(rig, faults_svc_masked, 60);
	assert_int_equal(rig_reg(rig, 11), 1);
	assert_int_equal(rig_read(rig, HFSR), 0x40000000);
	rig_free(rig);
}

static void fault_in_hardfault_locks_up(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, false);

	(void)state;
	rig_set_reg(rig, 10, 1);
	rig_go(rig, faults_undefined, 100);
	assert_int_equal(cpu_state(rig->cpu), CPU_LOCKED_UP);
	assert_int_equal(rig_read(rig, DHCSR) & 1 << 19, 1 << 19);
	assert_int_equal(rig_reg(rig, PC), 0xFFFFFFFE);
	/* The debugger halts it, and sends it elsewhere. */
	rig_debug(rig, HALT);
	rig_run(rig, 1);
	assert_int_equal(rig_read(rig, DHCSR) & 0xE0000, 0x20000);
	rig_set_reg(rig, XPSR, 0x01000000);
	rig_go(rig, faults_idle, 10);
	assert_int_equal(cpu_state(rig->cpu), CPU_RUNNING);
	assert_int_equal(rig_reg(rig, PC), faults_idle);
	rig_free(rig);
}

static void reset_leaves_lockup(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, false);

	(void)state;
	rig_set_reg(rig, 10, 1);
	rig_go(rig, faults_undefined, 100);
	cpu_reset(rig->cpu);
	rig_run(rig, 10);
	assert_int_equal(cpu_state(rig->cpu), CPU_RUNNING);
	rig_free(rig);
}

static void empty_flash_locks_up(void **state)
{
	static const uint8_t nothing[4] = { 0xFF, 0xFF, 0xFF, 0xFF };
	struct rig *rig = rig_new(VIRTUAL_M4, nothing, sizeof(nothing));

	(void)state;
	rig_run(rig, 100);
	assert_int_equal(cpu_state(rig->cpu), CPU_LOCKED_UP);
	assert_int_equal(rig_reg(rig, PC), 0xFFFFFFFE);
	assert_int_equal(rig_reg(rig, XPSR) & 0x1FF, 3);
	rig_free(rig);
}

static void bad_exc_return_is_a_usage_fault(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_set_reg(rig, 9, 0xFFFFFFF1);	/* to a handler, and there is none */
	rig_go(rig, faults_bad_return, 60);
	assert_int_equal(rig_reg(rig, 11), 0x100);
	assert_int_equal(rig_read(rig, CFSR), 1 << 18);
	rig_free(rig);
}

static void v6m_knows_only_hardfault(void **state)
{
	static const uint32_t labels[] = { faults_undefined, faults_svc_masked, faults_bad_load };

	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		struct rig *rig = RIG(VIRTUAL_M0, chain);

		memcpy(rig->flash + 0x1000, program_faults, sizeof(program_faults));
		rig_reset_halt(rig);
		rig_set_reg(rig, 1, 0x60000000);
		rig_go(rig, labels[i] + 0x1000, 60);
		assert_int_equal(rig_reg(rig, PC), chain_hard);
		assert_int_equal(rig_read(rig, CFSR), 0);
		assert_int_equal(rig_reg(rig, XPSR) & 0x1FF, 3);
		rig_free(rig);
	}
}

static void unprivileged_code_is_kept_from_the_ppb(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_set_reg(rig, 1, ICSR);
	rig_set_reg(rig, 0, 0x77);
	rig_go(rig, faults_unprivileged, 60);
	assert_int_equal(rig_reg(rig, 11), 0x10);
	assert_int_equal(rig_read(rig, BFAR), ICSR);
	rig_free(rig);
}

static void bkpt_without_debugger_is_a_hardfault(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_set_reg(rig, PC, faults_bkpt);
	rig_write(rig, DHCSR, DHCSR_KEY);
	rig_run(rig, 60);
	assert_int_equal(rig_reg(rig, 11), 1);
	assert_int_equal(rig_read(rig, HFSR), 1u << 31);
	rig_free(rig);
}

static void special_flash_faults_on_fetch_and_load(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig->flash_special = true;
	rig_go(rig, faults_idle, 60);
	assert_int_equal(cpu_state(rig->cpu), CPU_LOCKED_UP);	/* the vectors are in flash too */
	rig->flash_special = false;
	rig_reset_halt(rig);
	memcpy(rig->ram, program_faults, sizeof(program_faults));
	bus_changed(&rig->bus, RIG_RAM, sizeof(program_faults));
	rig_set_reg(rig, 11, 0);
	rig_write(rig, 0xE000ED08, RIG_RAM);
	rig_write(rig, SHCSR, 7 << 16);
	for (unsigned i = 0; i < 20; i++)
		if (rig->ram[4 * i + 3] == 0x08)
			rig->ram[4 * i + 3] = 0x20;
	rig_set_reg(rig, 1, RIG_FLASH);
	rig_set_reg(rig, 0, 0x33);
	rig->flash_special = true;
	rig_go(rig, faults_bad_load - RIG_FLASH + RIG_RAM, 60);
	assert_int_equal(rig_reg(rig, 11), 0x10);
	assert_int_equal(rig_read(rig, BFAR), RIG_FLASH + 4);
	assert_int_equal(rig_reg(rig, 0), 0x33);
	rig_free(rig);
}

static void bkpt_goes_to_the_debug_monitor(void **state)
{
	struct rig *rig = rig_at_faults(VIRTUAL_M4, true);

	(void)state;
	rig_set_reg(rig, PC, faults_bkpt);
	rig_write(rig, DEMCR, 1 << 16);
	rig_write(rig, DHCSR, DHCSR_KEY);
	rig_run(rig, 60);
	assert_int_equal(rig_reg(rig, XPSR) & 0x1FF, 12);
	assert_int_equal(rig_read(rig, DFSR), 2);
	assert_int_equal(rig_read(rig, HFSR), 0);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_go_to_their_handlers),
		cmocka_unit_test(faults_escalate_when_disabled),
		cmocka_unit_test(bus_fault_names_the_address),
		cmocka_unit_test(a_store_that_is_not_buffered_faults_precisely),
		cmocka_unit_test(divides_by_zero_only_when_told),
		cmocka_unit_test(traps_unaligned_access_only_when_told),
		cmocka_unit_test(fp_in_an_it_block_faults_too),
		cmocka_unit_test(frame_of_a_fault_keeps_the_it_state),
		cmocka_unit_test(svc_with_primask_escalates),
		cmocka_unit_test(fault_in_hardfault_locks_up),
		cmocka_unit_test(reset_leaves_lockup),
		cmocka_unit_test(empty_flash_locks_up),
		cmocka_unit_test(bad_exc_return_is_a_usage_fault),
		cmocka_unit_test(v6m_knows_only_hardfault),
		cmocka_unit_test(unprivileged_code_is_kept_from_the_ppb),
		cmocka_unit_test(bkpt_without_debugger_is_a_hardfault),
		cmocka_unit_test(special_flash_faults_on_fetch_and_load),
		cmocka_unit_test(bkpt_goes_to_the_debug_monitor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
