/* SPDX-License-Identifier: MIT
 *
 * Memory accesses of every alignment and length, what they cost, and when a command is sent again.
 */
#include "tests/unit/array_probe.h"

#include <stdarg.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static const struct probe_port ap0;

/* Reads and writes an area and compares with the array; nothing outside may change. */
static void check_area(struct array_probe *array, uint32_t offset, uint32_t length,
		       enum probe_width width)
{
	static uint8_t before[SIZE], data[SIZE + 16], bytes[SIZE + 16];
	uint32_t address = BASE + offset;

	memset(bytes, 0xA5, sizeof(bytes));
	assert_int_equal(probe_read(array->probe, ap0, address, bytes, length, width, NULL), OK);
	assert_memory_equal(bytes, array->device.memory + offset, length);
	assert_int_equal(bytes[length], 0xA5);
	memcpy(before, array->device.memory, SIZE);
	for (uint32_t i = 0; i < length; i++)
		data[i] = (uint8_t)~bytes[i];
	assert_int_equal(probe_write(array->probe, ap0, address, data, length, width, NULL), OK);
	assert_memory_equal(array->device.memory + offset, data, length);
	assert_memory_equal(array->device.memory, before, offset);
	assert_memory_equal(array->device.memory + offset + length, before + offset + length,
			    SIZE - offset - length);
}

static void moves_every_alignment_and_length(void **state)
{
	static const char *const versions[] = { "V2J37", "V2J13", "V3J7" };
	static const uint32_t lengths[] = { 127, 128, 511, 512, 513, 6143, 6144, 6145, 6151, 20000 };

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		struct array_probe *array = array_probe_new(versions[v]);

		for (uint32_t offset = 0; offset < 8; offset++) {
			for (uint32_t length = 0; length < 75; length++)
				check_area(array, 64 + offset, length, PROBE_ANY);
			for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
				check_area(array, 64 + offset, lengths[i], PROBE_ANY);
		}
		check_area(array, SIZE - 3, 3, PROBE_ANY);
		check_area(array, 1, SIZE - 1, PROBE_ANY);
		array_probe_free(array);
	}
}

static void exact_widths_are_exact(void **state)
{
	static const struct {
		enum probe_width width;
		unsigned unit;
	} rows[] = { { PROBE_8, 1 }, { PROBE_16, 2 }, { PROBE_32, 4 } };
	struct array_probe *array = array_probe_new("V2J37");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		array->device.units = 0;
		for (uint32_t length = 0; length < 200; length += rows[i].unit)
			check_area(array, 16 + rows[i].unit, length, rows[i].width);
		check_area(array, 0, 8192, rows[i].width);
		assert_int_equal(array->device.units, rows[i].unit);
	}
	array_probe_free(array);
}

static void refuses_what_does_not_fit(void **state)
{
	struct array_probe *array = array_probe_new("V2J37");
	uint8_t bytes[16];

	(void)state;
	assert_int_equal(probe_read(array->probe, ap0, BASE + 2, bytes, 4, PROBE_32, NULL), E_ALIGN);
	assert_int_equal(probe_write(array->probe, ap0, BASE, bytes, 6, PROBE_32, NULL), E_ALIGN);
	assert_int_equal(probe_read(array->probe, ap0, BASE + 1, bytes, 2, PROBE_16, NULL), E_ALIGN);
	assert_int_equal(probe_read(array->probe, ap0, 0xFFFFFFF8, bytes, 9, PROBE_ANY, NULL),
			 E_RANGE);
	assert_int_equal(array_probe_count(array), 0);
	/* The very end of the address space is no special case. */
	assert_int_equal(probe_read(array->probe, ap0, 0xFFFFFFF7, bytes, 9, PROBE_ANY, NULL),
			 E_FAULT);
	array_probe_free(array);
}

static void spends_few_exchanges(void **state)
{
	static const struct {
		uint32_t offset, length;
		enum probe_width width;
		unsigned read, write;
	} rows[] = {
		{ 0, 4, PROBE_ANY, 1, 1 },		/* a word: the status comes along */
		{ 4, 4, PROBE_32, 1, 1 },
		{ 1, 2, PROBE_ANY, 1, 2 },
		{ 3, 2, PROBE_ANY, 2, 2 },
		{ 0, 64, PROBE_ANY, 2, 2 },
		{ 3, 61, PROBE_ANY, 2, 2 },
		{ 1, 64, PROBE_ANY, 2, 2 },
		{ 1, 66, PROBE_ANY, 2, 4 },
		{ 1, 200, PROBE_ANY, 2, 6 },		/* bytes, words, bytes */
		{ 0, 6144, PROBE_ANY, 2, 2 },
		{ 0, 6145, PROBE_ANY, 3, 4 },
		{ 0, 0x8000, PROBE_ANY, 12, 12 },
		{ 0, 65, PROBE_8, 4, 4 },
		{ 0, 64, PROBE_16, 2, 2 },
	};
	static uint8_t bytes[SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct array_probe *array = array_probe_new("V2J37");

		probe_read(array->probe, ap0, BASE + rows[i].offset, bytes, rows[i].length,
			   rows[i].width, NULL);
		assert_int_equal(array_probe_count(array), rows[i].read);
		probe_write(array->probe, ap0, BASE + rows[i].offset, bytes, rows[i].length,
			    rows[i].width, NULL);
		assert_int_equal(array_probe_count(array), rows[i].write);
		array_probe_free(array);
	}
}

static void names_the_faulting_address(void **state)
{
	struct array_probe *array = array_probe_new("V2J37");
	uint8_t bytes[64];
	uint32_t fault = 0;

	(void)state;
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(probe_read(array->probe, ap0, BASE + SIZE - 30, bytes, 64, PROBE_ANY,
				    &fault), E_FAULT);
	assert_int_equal(fault, BASE + SIZE);
	assert_memory_equal(bytes, array->device.memory + SIZE - 30, 30);
	assert_int_equal(bytes[30], 0);
	assert_int_equal(probe_write(array->probe, ap0, BASE - 64, bytes, 64, PROBE_8, &fault),
			 E_FAULT);
	assert_int_equal(fault, BASE - 64);
	/* A read that was widened downwards still names an address of the area. */
	assert_int_equal(probe_read(array->probe, ap0, BASE - 3, bytes, 1, PROBE_ANY, &fault),
			 E_FAULT);
	assert_int_equal(fault, BASE - 3);
	array_probe_free(array);
}

static void waits_in_memory_are_waited_out(void **state)
{
	struct array_probe *array = array_probe_new("V2J37");
	struct probe_stats stats;
	uint8_t bytes[64] = { 0 };
	uint32_t fault;

	(void)state;
	/* The 3rd of 3 words in: repeated, because RAM may be read and written twice. */
	array_probe_trouble(array, 0x10, 3, BASE + 8);
	assert_int_equal(probe_read(array->probe, ap0, BASE, bytes, 64, PROBE_ANY, NULL), OK);
	assert_memory_equal(bytes, array->device.memory, 64);
	assert_int_equal(array->device.commands, 4);
	assert_int_equal(array->fake.now_us, 1000 + 2000 + 4000);
	array_probe_trouble(array, 0x10, 1, BASE + 8);
	assert_int_equal(probe_write(array->probe, ap0, BASE + 64, bytes, 64, PROBE_ANY, NULL), OK);
	assert_memory_equal(bytes, array->device.memory + 64, 64);
	/* For ever is too long. */
	array_probe_trouble(array, 0x10, 1000, BASE + 8);
	assert_int_equal(probe_read(array->probe, ap0, BASE, bytes, 64, PROBE_ANY, &fault), E_WAIT);
	assert_int_equal(fault, BASE + 8);
	assert_int_equal(array->device.commands, 9);
	probe_stats(array->probe, &stats);
	assert_int_equal(stats.waits, 3 + 1 + 9);
	assert_int_equal(stats.retries, 3 + 1 + 8);
	array_probe_free(array);
}

static void peripherals_are_never_accessed_twice(void **state)
{
	struct array_probe *array = array_probe_new("V2J37");
	uint8_t bytes[64] = { 0 };
	uint32_t value;

	(void)state;
	/* Something was transferred, or nobody knows. */
	array_probe_trouble(array, 0x10, 1, BASE + 4);
	assert_int_equal(probe_read(array->probe, ap0, BASE, bytes, 64, PROBE_32, NULL), E_WAIT);
	assert_int_equal(array->device.commands, 1);
	array_probe_trouble(array, 0x10, 1, 1);
	assert_int_equal(probe_write(array->probe, ap0, BASE, bytes, 2, PROBE_16, NULL), E_WAIT);
	assert_int_equal(array->device.commands, 1);
	array_probe_trouble(array, 0x10, 1, 0);
	assert_int_equal(probe_read_u32(array->probe, ap0, BASE, &value), E_WAIT);
	assert_int_equal(array->device.commands, 1);
	/* Nothing was: the very first access is the one that had to wait. */
	array_probe_trouble(array, 0x10, 1, 0);
	assert_int_equal(probe_read(array->probe, ap0, BASE, bytes, 64, PROBE_32, NULL), OK);
	assert_int_equal(array->device.commands, 2);
	array_probe_free(array);
	/* Firmware that names no address leaves no choice. */
	array = array_probe_new("V2J13");
	array_probe_trouble(array, 0x10, 1, 0);
	assert_int_equal(probe_read(array->probe, ap0, BASE, bytes, 64, PROBE_32, NULL), E_WAIT);
	assert_int_equal(array->device.commands, 1);
	array_probe_free(array);
}

/* A poll of DHCSR outlives a slow access before it. */
static void core_registers_are_waited_for(void **state)
{
	struct array_probe *array = array_probe_new("V2J37");
	uint32_t value;

	(void)state;
	array_probe_trouble(array, 0x10, 2, 0);
	assert_int_equal(probe_read_u32(array->probe, ap0, 0xE000EDF0, &value), OK);
	assert_int_equal(array->device.commands, 3);
	array_probe_trouble(array, 0x10, 1, 0);
	assert_int_equal(probe_write_u32(array->probe, ap0, 0xE000EDF0, 1), OK);
	assert_int_equal(array->device.commands, 2);
	array_probe_free(array);
}

static void faults_are_not_repeated(void **state)
{
	struct array_probe *array = array_probe_new("V2J37");
	uint8_t bytes[64];

	(void)state;
	array_probe_trouble(array, 0x11, 1, 0);
	assert_int_equal(probe_read(array->probe, ap0, BASE, bytes, 64, PROBE_ANY, NULL), E_FAULT);
	assert_int_equal(array->device.commands, 1);
	array_probe_free(array);
}

static void interrupts_come_between_pieces(void **state)
{
	struct array_probe *array = array_probe_new("V2J37");
	static uint8_t bytes[SIZE];
	atomic_bool flag = true;

	(void)state;
	probe_watch_interrupt(array->probe, &flag);
	assert_true(probe_interrupted(array->probe));
	assert_int_equal(probe_read(array->probe, ap0, BASE, bytes, 6144, PROBE_ANY, NULL), OK);
	assert_int_equal(probe_read(array->probe, ap0, BASE, bytes, 6148, PROBE_ANY, NULL),
			 E_INTERRUPTED);
	assert_int_equal(probe_write(array->probe, ap0, BASE, bytes, 6148, PROBE_ANY, NULL),
			 E_INTERRUPTED);
	probe_critical_begin(array->probe);
	probe_critical_begin(array->probe);
	probe_critical_end(array->probe);
	assert_int_equal(probe_write(array->probe, ap0, BASE, bytes, SIZE, PROBE_ANY, NULL), OK);
	probe_critical_end(array->probe);
	assert_true(probe_interrupted(array->probe));
	probe_watch_interrupt(array->probe, NULL);
	assert_false(probe_interrupted(array->probe));
	array_probe_free(array);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_every_alignment_and_length),
		cmocka_unit_test(exact_widths_are_exact),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(spends_few_exchanges),
		cmocka_unit_test(names_the_faulting_address),
		cmocka_unit_test(waits_in_memory_are_waited_out),
		cmocka_unit_test(peripherals_are_never_accessed_twice),
		cmocka_unit_test(core_registers_are_waited_for),
		cmocka_unit_test(faults_are_not_repeated),
		cmocka_unit_test(interrupts_come_between_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
