/* SPDX-License-Identifier: MIT
 *
 * Memory commands of the virtual firmware: widths, limits, faults and where they stopped, stalls,
 * payloads in pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "tests/unit/bench.h"

enum {
	READ_32 = 0x07, WRITE_32 = 0x08, READ_8 = 0x0C, WRITE_8 = 0x0D, READ_16 = 0x47, WRITE_16 = 0x48,
	READ_FIXED = 0x54, WRITE_FIXED = 0x50,
	RAM = FAKE_RAM, RAM_END = FAKE_RAM + FAKE_RAM_SIZE, NOWHERE = 0x60000000,
};

static void fill(uint8_t *bytes, size_t length, unsigned seed)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256 + seed);
}

static void every_width_brings_back_what_was_written(void **state)
{
	static const char *const firmwares[] = { "V2J16S0", "V2J37S7", "V3J7M3" };
	uint8_t out[3000], in[3000];

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(firmwares); f++) {
		struct bench b;

		bench_enter(&b, firmwares[f]);
		fill(out, sizeof(out), (unsigned)f);
		bench_write(&b, WRITE_32, RAM + 0x3F4, 3000, out);
		assert_int_equal(bench_status(&b, NULL), 0x80);
		assert_int_equal(bench_read(&b, READ_32, RAM + 0x3F4, 3000, in), 0);
		assert_memory_equal(in, out, 3000);
		bench_write(&b, WRITE_8, RAM + 0x7FD, 33, out);
		assert_int_equal(bench_read(&b, READ_8, RAM + 0x7FD, 33, in), 0);
		assert_memory_equal(in, out, 33);
		assert_int_equal(bench_read(&b, READ_8, RAM + 0x7FD, 3, in), 0);
		assert_memory_equal(in, out, 3);
		assert_int_equal(bench_status(&b, NULL), 0x80);
		bench_close(&b);
	}
}

static void half_words_cross_the_address_counter(void **state)
{
	uint8_t out[2000], in[2000];
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	fill(out, sizeof(out), 3);
	bench_write(&b, WRITE_16, RAM + 2, 2000, out);
	assert_int_equal(bench_read(&b, READ_16, RAM + 2, 2000, in), 0);
	assert_memory_equal(in, out, 2000);
	bench_close(&b);
}

static void fixed_address_reads_one_place_again_and_again(void **state)
{
	uint8_t in[16];
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	assert_int_equal(bench_read(&b, READ_FIXED, FAKE_FIFO, 16, in), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(get_u32(in + 4 * i), i);
	bench_write(&b, WRITE_FIXED, RAM, 8, "\1\0\0\0\2\0\0\0");
	assert_int_equal(bench_read(&b, READ_32, RAM, 8, in), 0);
	assert_int_equal(get_u32(in), 2);
	assert_int_equal(get_u32(in + 4), 0);
	bench_close(&b);
}

static void a_read_touches_each_word_once(void **state)
{
	uint8_t in[64];
	struct bench b;
	unsigned before;

	(void)state;
	bench_enter(&b, "V2J37S7");
	before = fake_machine_accesses(b.machine);
	bench_read(&b, READ_32, RAM, 64, in);
	assert_int_equal(fake_machine_accesses(b.machine) - before, 16);
	bench_close(&b);
}

static void a_fault_still_delivers_all_bytes(void **state)
{
	uint8_t in[64], out[32];
	uint32_t fault;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	fill(out, sizeof(out), 9);
	bench_write(&b, WRITE_32, RAM_END - 32, 32, out);
	assert_int_equal(bench_read(&b, READ_32, RAM_END - 32, 64, in), 0);
	assert_memory_equal(in, out, 32);
	assert_int_equal(bench_status(&b, &fault), 0x11);
	assert_true(fault == RAM_END);
	assert_int_equal(bench_status(&b, &fault), 0x11);	/* asking does not clear */
	bench_read(&b, READ_32, RAM, 4, in);			/* the firmware has cleaned up */
	assert_int_equal(bench_status(&b, &fault), 0x80);
	assert_int_equal(fault, 0);
	bench_close(&b);
}

static void a_faulting_write_names_its_address(void **state)
{
	static const struct {
		const char *firmware;
		uint32_t address;
		uint16_t length;
	} rows[] = {
		{ "V2J37S7", RAM_END - 8, 64 }, { "V2J37S7", RAM_END - 4, 8 }, { "V2J37S7", NOWHERE, 4 },
		{ "V2J16S0", RAM_END - 8, 64 }, { "V2J16S0", NOWHERE, 64 }, { "V3J7M3", RAM_END - 20, 24 },
	};
	uint8_t out[64] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bench b;
		uint32_t fault;

		bench_enter(&b, rows[i].firmware);
		bench_write(&b, WRITE_32, rows[i].address, rows[i].length, out);
		assert_int_equal(bench_status(&b, &fault), 0x11);
		assert_true(fault == (rows[i].address == NOWHERE ? NOWHERE : RAM_END));
		bench_close(&b);
	}
}

static void old_firmware_names_the_address_of_a_faulting_read(void **state)
{
	uint8_t in[64];
	uint32_t fault;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J16S0");
	bench_read(&b, READ_32, RAM_END - 12, 64, in);
	assert_int_equal(bench_status(&b, &fault), 0x11);
	assert_true(fault == RAM_END);
	bench_read(&b, READ_8, RAM_END - 2, 8, in);
	assert_int_equal(bench_status(&b, &fault), 0x11);
	assert_true(fault == RAM_END);
	bench_close(&b);
}

static void unaligned_words_are_refused_but_data_travels(void **state)
{
	uint8_t in[8];
	struct bench b;
	unsigned before;

	(void)state;
	bench_enter(&b, "V2J37S7");
	before = fake_machine_accesses(b.machine);
	assert_int_equal(bench_read(&b, READ_32, RAM + 2, 8, in), 0);
	assert_int_equal(bench_status(&b, NULL), 0x0A);
	assert_int_equal(bench_read(&b, READ_32, RAM, 6, in), 0);
	assert_int_equal(bench_status(&b, NULL), 0x0A);
	assert_int_equal(bench_read(&b, READ_16, RAM + 1, 2, in), 0);
	assert_int_equal(bench_status(&b, NULL), 0x0A);
	bench_write(&b, WRITE_32, RAM + 1, 4, in);
	assert_int_equal(bench_status(&b, NULL), 0x0A);
	assert_int_equal(fake_machine_accesses(b.machine), before);
	bench_close(&b);
}

static void one_byte_comes_back_as_two(void **state)
{
	uint8_t in[8];
	size_t got;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	bench_write(&b, WRITE_8, RAM + 1, 1, "\x5A");
	assert_int_equal(bench_ask(&b, "F2 0C 01 00 00 20 01 00", in, sizeof(in), &got), 0);
	assert_int_equal(got, 2);
	assert_int_equal(in[0], 0x5A);
	bench_close(&b);
}

static void byte_commands_end_at_their_limit(void **state)
{
	static const struct {
		const char *firmware;
		uint16_t limit;
	} rows[] = { { "V2J37S7", 64 }, { "V3J3M2", 64 }, { "V3J7M3", 512 } };
	uint8_t bytes[600] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bench b;

		bench_enter(&b, rows[i].firmware);
		assert_int_equal(bench_read(&b, READ_8, RAM, rows[i].limit, bytes), 0);
		assert_int_equal(bench_status(&b, NULL), 0x80);
		assert_int_equal(bench_read(&b, READ_8, RAM, rows[i].limit + 1, bytes), E_TIMEOUT);
		assert_int_equal(bench_status(&b, NULL), 0x08);
		bench_write(&b, WRITE_8, RAM, rows[i].limit, bytes);
		assert_int_equal(bench_status(&b, NULL), 0x80);
		bench_write(&b, WRITE_8, RAM, rows[i].limit + 1, bytes);
		assert_int_equal(bench_status(&b, NULL), 0x08);
		bench_close(&b);
	}
}

static void a_payload_of_32_kib_is_joined(void **state)
{
	static uint8_t out[32768], in[32768];
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	fill(out, sizeof(out), 5);
	bench_write(&b, WRITE_32, RAM, 32768, out);
	assert_int_equal(bench_status(&b, NULL), 0x80);
	assert_int_equal(bench_read(&b, READ_32, RAM, 32768, in), 0);
	assert_memory_equal(in, out, sizeof(out));
	bench_close(&b);
}

static void a_short_packet_ends_a_payload_early(void **state)
{
	uint8_t block[16] = { 0xF2, 0x08, 0, 0, 0, 0x20, 128, 0 }, out[128] = { 1 };
	struct firmware *fw;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	fw = virtual_link_firmware(b.link);
	assert_int_equal(firmware_out(fw, block, 16), 0);
	assert_int_equal(firmware_out(fw, out, 64), 0);
	assert_int_equal(firmware_out(fw, out, 32), 0);
	assert_int_equal(bench_status(&b, NULL), 0x08);
	bench_close(&b);
}

static void a_busy_flash_is_waited_for_a_little(void **state)
{
	uint8_t out[64] = { 0 };
	uint32_t fault;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	fake_machine_set_busy(b.machine, 60000);		/* longer than one word on the wire */
	bench_write(&b, WRITE_32, FAKE_FLASH, 64, out);
	assert_int_equal(bench_status(&b, NULL), 0x80);
	fake_machine_set_busy(b.machine, 1000000000);
	bench_write(&b, WRITE_32, FAKE_FLASH, 64, out);
	assert_int_equal(bench_status(&b, &fault), 0x10);
	assert_true(fault == FAKE_FLASH + 4);			/* word 0 went, word 1 did not */
	bench_close(&b);
}

static void what_was_reported_as_wait_never_lands_later(void **state)
{
	uint8_t first[4] = { 1 }, second[4] = { 2 }, in[4];
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	fake_machine_set_busy(b.machine, 100000000);
	bench_write(&b, WRITE_32, FAKE_FLASH, 4, first);
	bench_write(&b, WRITE_32, FAKE_FLASH, 4, second);
	assert_int_equal(bench_status(&b, NULL), 0x10);
	link_wait_us(b.link, 200000);
	assert_int_equal(bench_read(&b, READ_32, FAKE_FLASH, 4, in), 0);
	assert_memory_equal(in, first, 4);
	bench_close(&b);
}

static void memory_commands_outside_of_debug_mode_say_so(void **state)
{
	uint8_t in[4];
	struct bench b;

	(void)state;
	bench_open(&b, "V2J45M31");
	assert_int_equal(bench_read(&b, READ_32, RAM, 4, in), 0);
	bench_expect(&b, "F2 36 00 ED 00 E0", "08 00 00 00 00 00 00 00");
	bench_expect(&b, "F2 30 A3", "80 00");
	assert_int_equal(bench_status(&b, NULL), 0x08);
	bench_close(&b);
}

static void a_dead_wire_is_an_access_port_error(void **state)
{
	uint8_t in[4];
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	fake_machine_set_dead(b.machine, true);
	bench_read(&b, READ_32, RAM, 4, in);
	assert_int_equal(bench_status(&b, NULL), 0x12);
	fake_machine_set_dead(b.machine, false);
	bench_read(&b, READ_32, RAM, 4, in);
	assert_int_equal(bench_status(&b, NULL), 0x80);
	bench_close(&b);
}

static void after_a_loss_of_power_only_enter_helps(void **state)
{
	uint8_t in[4];
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J45M31");
	bench_expect(&b, "FD 00", "80 00");
	bench_expect(&b, "FD 01", "80 00");
	bench_read(&b, READ_32, RAM, 4, in);
	assert_int_equal(bench_status(&b, NULL), 0x12);
	bench_expect(&b, "F2 30 A3", "80 00");
	bench_read(&b, READ_32, RAM, 4, in);
	assert_int_equal(bench_status(&b, NULL), 0x80);
	bench_close(&b);
}

static void the_wanted_csw_reaches_the_access_port(void **state)
{
	static const struct {
		const char *firmware;
		uint32_t csw;
	} rows[] = { { "V2J37S7", 0xA2000052 }, { "V2J28S7", 0x23000052 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint8_t in[4];
		uint32_t value;
		size_t got;
		struct bench b;

		bench_enter(&b, rows[i].firmware);
		bench_ask(&b, "F2 07 00 00 00 20 04 00 00 00 00 A2", in, 4, &got);
		assert_int_equal(bench_dap_read(&b, 0, 0x00, &value), 0x80);
		assert_true(value == rows[i].csw);
		bench_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_width_brings_back_what_was_written),
		cmocka_unit_test(half_words_cross_the_address_counter),
		cmocka_unit_test(fixed_address_reads_one_place_again_and_again),
		cmocka_unit_test(a_read_touches_each_word_once),
		cmocka_unit_test(a_fault_still_delivers_all_bytes),
		cmocka_unit_test(a_faulting_write_names_its_address),
		cmocka_unit_test(old_firmware_names_the_address_of_a_faulting_read),
		cmocka_unit_test(unaligned_words_are_refused_but_data_travels),
		cmocka_unit_test(one_byte_comes_back_as_two),
		cmocka_unit_test(byte_commands_end_at_their_limit),
		cmocka_unit_test(a_payload_of_32_kib_is_joined),
		cmocka_unit_test(a_short_packet_ends_a_payload_early),
		cmocka_unit_test(a_busy_flash_is_waited_for_a_little),
		cmocka_unit_test(what_was_reported_as_wait_never_lands_later),
		cmocka_unit_test(memory_commands_outside_of_debug_mode_say_so),
		cmocka_unit_test(a_dead_wire_is_an_access_port_error),
		cmocka_unit_test(after_a_loss_of_power_only_enter_helps),
		cmocka_unit_test(the_wanted_csw_reaches_the_access_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
