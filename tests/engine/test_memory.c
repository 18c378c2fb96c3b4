/* SPDX-License-Identifier: MIT
 *
 * Memory as a debugger sees it: what is cached, for how long, and what is refused.
 */
#include "tests/engine/board_rig.h"

#include "targets/memory_cache.h"

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

/* TIM2's update drives DMA1 stream 1, channel 3: TIM3's counter goes round four words of RAM. RM0090
 * tables 42 (requests), 10.5 (DMA), 18.4 (timers). */
static void start_circular_dma(struct rig *rig, uint32_t target)
{
	const struct { uint32_t address, value; } writes[] = {
		{ 0x40023830, 1u << 21 }, { 0x40023840, 3 },		/* clocks of DMA1, TIM2, TIM3 */
		{ 0x4000042C, 0xFFFF }, { 0x40000400, 1 },		/* TIM3 runs freely */
		{ 0x40026030, 0x40000424 }, { 0x40026034, target }, { 0x4002602C, 4 },
		{ 0x40026028, 3u << 25 | 2u << 13 | 2u << 11 | 1u << 10 | 1u << 8 | 1 },
		{ 0x4000002C, 99 }, { 0x4000000C, 1u << 8 }, { 0x40000000, 1 },	/* TIM2: UDE, CEN */
	};

	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		uint8_t bytes[4];

		put_u32(bytes, writes[i].value);
		ok(rig, memory_write(rig->core, writes[i].address, bytes, 4, NULL));
	}
}

static void what_dma_writes_while_halted_is_seen(void **state)
{
	struct rig *rig = *state;
	uint32_t before;

	reset_halt(rig);
	start_circular_dma(rig, RAM + 0x400);
	before = read_u32(rig, RAM + 0x400);
	memory_cache_end_burst(rig->core);
	link_wait_us(rig->link, 1000);
	assert_int_not_equal(read_u32(rig, RAM + 0x400), before);
	before = read_u32(rig, RAM + 0x400);
	link_wait_us(rig->link, MEMORY_AHEAD_US + 1);	/* no end of the burst, just old */
	assert_int_not_equal(read_u32(rig, RAM + 0x400), before);
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
		ATTACHED(what_dma_writes_while_halted_is_seen),
		ATTACHED(memory_is_read_up_to_the_first_fault),
		ATTACHED(flash_is_not_written_as_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
