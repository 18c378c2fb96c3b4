/* SPDX-License-Identifier: MIT
 *
 * Memory as a debugger sees it: what is cached, for how long, and what is refused.
 */
#include "tests/engine/board_rig.h"

static void flash_is_cached_while_halted_only(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	reset_halt(rig);
	assert_int_equal(read_u32(rig, LOOP), 0x60083001);
	before = rig->link->exchanges;
	assert_int_equal(read_u32(rig, LOOP + 4), 0xF801F000);
	assert_int_equal(rig->link->exchanges - before, 0);
	ok(rig, core_resume(rig->core, &rig->why));
	ok(rig, core_halt(rig->core, 100));
	before = rig->link->exchanges;
	assert_int_equal(read_u32(rig, LOOP), 0x60083001);
	assert_true(rig->link->exchanges > before);
	memory_cache_enable(rig->core, false);
	before = rig->link->exchanges;
	read_u32(rig, LOOP);
	read_u32(rig, LOOP);
	assert_true(rig->link->exchanges - before >= 2);
}

static void ram_is_read_ahead_for_one_burst(void **state)
{
	struct rig *rig = *state;
	uint64_t before;

	reset_halt(rig);
	poke(rig, RAM + 0x400, "\1\0\0\0\2\0\0\0", 8);
	assert_int_equal(read_u32(rig, RAM + 0x400), 1);
	before = rig->link->exchanges;
	assert_int_equal(read_u32(rig, RAM + 0x404), 2);
	assert_int_equal(rig->link->exchanges - before, 0);
	poke(rig, RAM + 0x404, "\3", 1);		/* as DMA does */
	memory_cache_end_burst(rig->core);
	assert_int_equal(read_u32(rig, RAM + 0x404), 3);
	poke(rig, RAM + 0x404, "\4", 1);
	link_wait_us(rig->link, 101000);
	assert_int_equal(read_u32(rig, RAM + 0x404), 4);
	ok(rig, memory_write(rig->core, RAM + 0x404, "\5", 1, NULL));
	assert_int_equal(read_u32(rig, RAM + 0x404), 5);
}

static void memory_is_read_up_to_the_first_fault(void **state)
{
	struct rig *rig = *state;
	uint8_t bytes[64];
	uint32_t done;

	reset_halt(rig);
	ok(rig, memory_read(rig->core, 0x2001FFF8, bytes, sizeof(bytes), &done));
	assert_int_equal(done, 8);
	assert_int_equal(memory_read(rig->core, 0x60000000, bytes, 4, &done), E_FAULT);
	ok(rig, memory_read(rig->core, 0xFFFFFFFE, bytes, 0, &done));
}

static void flash_is_not_written_as_memory(void **state)
{
	struct rig *rig = *state;
	uint32_t fault = 0;

	assert_int_equal(memory_write(rig->core, FLASH, "x", 1, &fault), E_RANGE);
	assert_int_equal(fault, FLASH);
	assert_int_equal(memory_write(rig->core, 0x1FFF7800, "x", 1, &fault), E_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ATTACHED(flash_is_cached_while_halted_only),
		ATTACHED(ram_is_read_ahead_for_one_burst),
		ATTACHED(memory_is_read_up_to_the_first_fault),
		ATTACHED(flash_is_not_written_as_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
