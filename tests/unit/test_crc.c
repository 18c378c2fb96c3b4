/* SPDX-License-Identifier: MIT
 *
 * The checksum: the host's against known values, the target routines' (loaders/crc.S and crc_unit.S on a
 * bare Cortex-M0) against the host's, for every alignment and table size, and what they cost.
 */
#include "flash/checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unicorn/unicorn.h>

#include "flash/loaders/crc.h"
#include "flash/loaders/crc_unit.h"
#include "probe/bytes.h"

#define RAM 0x20000000u
#define FLASH 0x08000000u
#define KICKED 0x40003000u
#define UNIT 0x40023000u

enum { RAM_SIZE = 0x4000, FLASH_SIZE = 0x20000, LIST = 0x400, TABLES = 0x1000 };

struct bench {
	uc_engine *uc;
	uint8_t flash[FLASH_SIZE];
	uint64_t steps, since_kick, longest_silence;
	uint32_t unit;			/* what the CRC unit holds */
};

static void on_step(uc_engine *uc, uint64_t address, uint32_t size, void *context)
{
	struct bench *b = context;

	(void)uc, (void)address, (void)size;
	b->steps++;
	b->since_kick++;
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *context)
{
	(void)context;
	assert_int_equal(number, 7);	/* BKPT */
	uc_emu_stop(uc);
}

static void on_kick(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *context)
{
	struct bench *b = context;

	(void)uc, (void)size;
	assert_int_equal(value, offset ? 0x7F : 0xAAAA);
	if (b->since_kick > b->longest_silence)
		b->longest_silence = b->since_kick;
	b->since_kick = 0;
}

static uint64_t on_unit_read(uc_engine *uc, uint64_t offset, unsigned size, void *context)
{
	const struct bench *b = context;

	(void)uc, (void)offset, (void)size;
	return b->unit;
}

/* Bit by bit, the highest first. */
static void on_unit_write(uc_engine *uc, uint64_t offset, unsigned size, uint64_t value, void *context)
{
	struct bench *b = context;

	(void)uc, (void)size;
	if (offset == 8) {
		b->unit = 0xFFFFFFFF;
		return;
	}
	assert_int_equal(offset, 0);
	b->unit ^= (uint32_t)value;
	for (int i = 0; i < 32; i++)
		b->unit = b->unit << 1 ^ (b->unit >> 31 ? 0x04C11DB7 : 0);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	uc_hook hook;

	for (size_t i = 0; i < sizeof b->flash; i++)
		b->flash[i] = (uint8_t)(i * 2654435761u >> 13);
	assert_int_equal(uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &b->uc), UC_ERR_OK);
	uc_ctl_set_cpu_model(b->uc, UC_CPU_ARM_CORTEX_M0);
	uc_mem_map(b->uc, RAM, RAM_SIZE, UC_PROT_ALL);
	uc_mem_map_ptr(b->uc, FLASH, FLASH_SIZE, UC_PROT_READ, b->flash);
	uc_mmio_map(b->uc, KICKED, 0x1000, NULL, NULL, on_kick, b);
	uc_mmio_map(b->uc, UNIT, 0x1000, on_unit_read, b, on_unit_write, b);
	uc_mem_write(b->uc, RAM, loader_crc, sizeof loader_crc);
	uc_hook_add(b->uc, &hook, UC_HOOK_CODE, (void *)on_step, b, (uint64_t)1, (uint64_t)0);
	uc_hook_add(b->uc, &hook, UC_HOOK_INTR, (void *)on_interrupt, b, (uint64_t)1, (uint64_t)0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	uc_close(b->uc);
	free(b);
	return 0;
}

/* r2 and r4 are what differs. */
static void run_with(struct bench *b, struct checksum_range *ranges, size_t count, uint32_t r2, uint32_t r4)
{
	static const int registers[] = { UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3,
					 UC_ARM_REG_R4 };
	uint32_t values[] = { RAM + LIST, RAM + LIST + (uint32_t)count * 12, r2, KICKED, r4 };
	uint8_t item[12];

	for (size_t i = 0; i < count; i++) {
		put_u32(item, ranges[i].address);
		put_u32(item + 4, ranges[i].length);
		put_u32(item + 8, 0xFFFFFFFF);
		uc_mem_write(b->uc, RAM + LIST + i * 12, item, sizeof item);
	}
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		uc_reg_write(b->uc, registers[i], &values[i]);
	b->steps = b->since_kick = b->longest_silence = 0;
	assert_int_equal(uc_emu_start(b->uc, RAM | 1, 0, 0, 0), UC_ERR_OK);
	for (size_t i = 0; i < count; i++) {
		uc_mem_read(b->uc, RAM + LIST + i * 12, item, sizeof item);
		ranges[i].crc = get_u32(item + 8);
	}
}

static void run(struct bench *b, struct checksum_range *ranges, size_t count, uint32_t words)
{
	run_with(b, ranges, count, RAM + TABLES, words);
}

static void run_unit(struct bench *b, struct checksum_range *ranges, size_t count)
{
	uc_mem_write(b->uc, RAM, loader_crc_unit, sizeof loader_crc_unit);
	run_with(b, ranges, count, UNIT, KICKED + 4);
}

static uint32_t expected(const struct bench *b, const struct checksum_range *range)
{
	return crc32_gdb(0xFFFFFFFF, b->flash + (range->address - FLASH), range->length);
}

static void knows_the_published_value(void **state)
{
	(void)state;
	/* CRC-32/MPEG-2 of "123456789" */
	assert_int_equal(crc32_gdb(0xFFFFFFFF, "123456789", 9), 0x0376E6E7);
	assert_int_equal(crc32_gdb(crc32_gdb(0xFFFFFFFF, "1234", 4), "56789", 5), 0x0376E6E7);
	assert_int_equal(crc32_gdb(0xFFFFFFFF, "", 0), 0xFFFFFFFF);
}

static void is_right_for_every_alignment_and_length(void **state)
{
	for (uint32_t words = 0; words <= 1; words++)
		for (uint32_t offset = 0; offset < 5; offset++)
			for (uint32_t length = 0; length < 40; length++) {
				struct checksum_range range = { FLASH + 100 + offset, length, 0 };

				run(*state, &range, 1, words);
				assert_int_equal(range.crc, expected(*state, &range));
			}
}

static void is_right_for_long_ranges(void **state)
{
	static const uint32_t lengths[] = { 255, 256, 257, 511, 1000, 1024, 4099, 16384 };

	for (uint32_t words = 0; words <= 1; words++)
		for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
			struct checksum_range range = { FLASH + (uint32_t)i, lengths[i], 0 };

			run(*state, &range, 1, words);
			assert_int_equal(range.crc, expected(*state, &range));
		}
}

static void works_through_a_list(void **state)
{
	struct checksum_range ranges[] = {
		{ FLASH, 16384, 0 }, { FLASH + 3, 0, 0 }, { FLASH + 0x8001, 777, 0 }, { FLASH, 1, 0 },
	};

	run(*state, ranges, ARRAY_SIZE(ranges), 1);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		assert_int_equal(ranges[i].crc, expected(*state, &ranges[i]));
}

static void is_quick_and_keeps_the_watchdog_quiet(void **state)
{
	struct bench *b = *state;
	struct checksum_range range = { FLASH, FLASH_SIZE, 0 };

	run(b, &range, 1, 1);
	assert_int_equal(range.crc, expected(b, &range));
	print_message("%.1f instructions a word\n", (double)b->steps / (FLASH_SIZE / 4));
	assert_true(b->steps < FLASH_SIZE / 4 * 21);
	assert_true(b->longest_silence < 60000);	/* building the tables: 4 ms at 16 MHz */
	run(b, &range, 1, 0);
	assert_int_equal(range.crc, expected(b, &range));
}

static void the_unit_is_right_for_every_length(void **state)
{
	for (uint32_t length = 0; length < 5000; length += length < 80 ? 4 : 404) {
		struct checksum_range range = { FLASH + 100, length, 0 };

		run_unit(*state, &range, 1);
		assert_int_equal(range.crc, expected(*state, &range));
	}
}

static void the_unit_works_through_a_list_quickly(void **state)
{
	struct bench *b = *state;
	struct checksum_range ranges[] = {
		{ FLASH, FLASH_SIZE, 0 }, { FLASH + 4, 0, 0 }, { FLASH + 0x8004, 1028, 0 },
	};

	run_unit(b, ranges, ARRAY_SIZE(ranges));
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		assert_int_equal(ranges[i].crc, expected(b, &ranges[i]));
	print_message("%.1f instructions a word\n", (double)b->steps / (FLASH_SIZE / 4));
	assert_true(b->steps < FLASH_SIZE / 4 * 4);
	assert_true(b->longest_silence < 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_published_value),
		cmocka_unit_test_setup_teardown(is_right_for_every_alignment_and_length, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_right_for_long_ranges, set_up, tear_down),
		cmocka_unit_test_setup_teardown(works_through_a_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_unit_is_right_for_every_length, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_unit_works_through_a_list_quickly, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_quick_and_keeps_the_watchdog_quiet, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
