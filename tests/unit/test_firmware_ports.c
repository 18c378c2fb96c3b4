/* SPDX-License-Identifier: MIT
 *
 * Debug port and access port as a host sees them through 45 and 46: identification, power bits,
 * sticky errors that stay until ABORT, posted accesses; and batches.
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
	DP = 0xFFFF, ABORT = 0, DPIDR = 0, CTRL_STAT = 4, SELECT = 8, RDBUFF = 0xC,
	CSW = 0x00, TAR = 0x04, DRW = 0x0C, BD1 = 0x14, CFG = 0xF4, BASE = 0xF8, IDR = 0xFC,
	STICKY_ERR = 1 << 5,
};
#define RAM	0x20000000u
#define NOWHERE	0x60000000u

static uint32_t read_ok(struct bench *b, uint16_t port, uint16_t address)
{
	uint32_t value;

	assert_int_equal(bench_dap_read(b, port, address, &value), 0x80);
	return value;
}

static void write_ok(struct bench *b, uint16_t port, uint16_t address, uint32_t value)
{
	assert_int_equal(bench_dap_write(b, port, address, value), 0x80);
}

static void the_ports_identify_themselves(void **state)
{
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	assert_true(read_ok(&b, DP, DPIDR) == 0x2BA01477);
	assert_true(read_ok(&b, DP, CTRL_STAT) == 0xF0000040);
	assert_true(read_ok(&b, 0, IDR) == 0x24770011);
	assert_true(read_ok(&b, 0, BASE) == 0xE00FF003);
	assert_true(read_ok(&b, 0, CFG) == 0);
	assert_true(read_ok(&b, 0, CSW) == 0x23000040);
	assert_true(read_ok(&b, 1, IDR) == 0);
	bench_close(&b);
}

static void tar_counts_within_its_block(void **state)
{
	static const struct {
		enum virtual_core core;
		uint32_t block;
	} rows[] = { { VIRTUAL_M3, 0x1000 }, { VIRTUAL_M4, 0x1000 }, { VIRTUAL_M7, 0x400 },
		     { VIRTUAL_M0, 0x400 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct virtual_spec spec = fake_machine_spec("V2J45M31");
		struct bench b;
		struct why why;

		spec.core = rows[i].core;
		assert_int_equal(virtual_link_open(&b.link, &spec, &why), 0);
		bench_expect(&b, "F2 30 A3", "80 00");
		write_ok(&b, 0, CSW, 0x23000012);
		write_ok(&b, 0, TAR, RAM + rows[i].block - 8);
		write_ok(&b, 0, DRW, 1);
		assert_true(read_ok(&b, 0, TAR) == RAM + rows[i].block - 4);
		write_ok(&b, 0, DRW, 2);
		assert_true(read_ok(&b, 0, TAR) == RAM);
		bench_close(&b);
	}
}

static void narrow_accesses_use_their_byte_lanes(void **state)
{
	uint8_t in[4];
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	write_ok(&b, 0, CSW, 0x23000000);
	write_ok(&b, 0, TAR, RAM + 2);
	write_ok(&b, 0, DRW, 0x00AB0000);
	bench_read(&b, 0x07, RAM, 4, in);
	assert_true(get_u32(in) == 0x00AB0000);
	write_ok(&b, 0, CSW, 0x23000001);
	write_ok(&b, 0, TAR, RAM + 2);
	assert_true(read_ok(&b, 0, DRW) == 0x00AB0000);
	write_ok(&b, 0, TAR, RAM);
	assert_true(read_ok(&b, 0, DRW) == 0);
	bench_close(&b);
}

static void banked_registers_reach_the_words_around_tar(void **state)
{
	uint8_t in[16];
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	write_ok(&b, 0, CSW, 0x23000012);
	write_ok(&b, 0, TAR, RAM + 8);
	write_ok(&b, 0, BD1, 0x11223344);
	assert_true(read_ok(&b, 0, TAR) == RAM + 8);
	bench_read(&b, 0x07, RAM, 16, in);
	assert_true(get_u32(in + 4) == 0x11223344);
	bench_close(&b);
}

static void a_sticky_error_stops_everything_until_abort(void **state)
{
	uint32_t value;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	write_ok(&b, 0, CSW, 0x23000012);
	write_ok(&b, 0, TAR, NOWHERE);
	write_ok(&b, 0, DRW, 1);			/* posted: the write itself looks fine */
	assert_int_equal(bench_dap_read(&b, DP, RDBUFF, &value), 0x15);
	assert_true(read_ok(&b, DP, CTRL_STAT) & STICKY_ERR);
	assert_int_equal(bench_dap_write(&b, 0, TAR, RAM), 0x11);
	assert_int_equal(bench_dap_read(&b, 0, TAR, &value), 0x11);
	assert_int_equal(bench_dap_read(&b, 0, IDR, &value), 0x11);
	assert_true(read_ok(&b, DP, CTRL_STAT) & STICKY_ERR);
	assert_true(read_ok(&b, DP, DPIDR) == 0x2BA01477);
	write_ok(&b, DP, ABORT, 0x04);
	assert_false(read_ok(&b, DP, CTRL_STAT) & STICKY_ERR);
	assert_true(read_ok(&b, 0, TAR) == NOWHERE);	/* where it failed */
	bench_close(&b);
}

static void a_memory_command_meets_a_sticky_error_and_clears_it(void **state)
{
	uint8_t in[4];
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	write_ok(&b, 0, CSW, 0x23000012);
	write_ok(&b, 0, TAR, NOWHERE);
	write_ok(&b, 0, DRW, 1);
	bench_read(&b, 0x07, RAM, 4, in);
	assert_int_not_equal(bench_status(&b, NULL), 0x80);
	bench_read(&b, 0x07, RAM, 4, in);
	assert_int_equal(bench_status(&b, NULL), 0x80);
	assert_false(read_ok(&b, DP, CTRL_STAT) & STICKY_ERR);
	bench_close(&b);
}

static void a_memory_fault_leaves_tar_there_and_nothing_sticky(void **state)
{
	uint8_t in[16];
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	bench_read(&b, 0x07, RAM + FAKE_RAM_SIZE - 8, 16, in);
	assert_true(read_ok(&b, 0, TAR) == RAM + FAKE_RAM_SIZE);
	assert_true((read_ok(&b, DP, CTRL_STAT) & ~0x40u) == 0xF0000000);
	bench_close(&b);
}

static void without_debug_power_the_access_port_faults(void **state)
{
	uint32_t value;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	write_ok(&b, DP, CTRL_STAT, 0);
	assert_int_equal(bench_dap_read(&b, 0, IDR, &value), 0x11);
	write_ok(&b, DP, ABORT, 0x1E);
	write_ok(&b, DP, CTRL_STAT, 0x50000000);
	assert_true(read_ok(&b, 0, IDR) == 0x24770011);
	bench_close(&b);
}

static void a_stalled_access_waits_and_can_be_aborted(void **state)
{
	uint32_t value;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	fake_machine_set_busy(b.machine, 100000000);
	write_ok(&b, 0, CSW, 0x23000012);
	write_ok(&b, 0, TAR, FAKE_FLASH);
	write_ok(&b, 0, DRW, 1);
	write_ok(&b, 0, DRW, 2);			/* accepted, and stalls on the bus */
	assert_int_equal(bench_dap_write(&b, 0, DRW, 3), 0x10);
	assert_int_equal(bench_dap_read(&b, DP, RDBUFF, &value), 0x14);
	assert_false(read_ok(&b, DP, CTRL_STAT) & STICKY_ERR);
	link_wait_us(b.link, 200000);
	assert_int_equal(bench_dap_read(&b, DP, RDBUFF, &value), 0x80);
	assert_true(read_ok(&b, 0, TAR) == FAKE_FLASH + 8);	/* 1 and 2 landed */
	bench_close(&b);
}

static void select_belongs_to_the_firmware(void **state)
{
	uint32_t value;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	write_ok(&b, DP, SELECT, 0x000000F1);		/* the DP bank is not for the host */
	assert_true(read_ok(&b, DP, CTRL_STAT) >> 28 == 0xF);
	assert_true(read_ok(&b, DP, 0x24) == 0);	/* TARGETID by its bank in the address */
	assert_true(read_ok(&b, DP, CTRL_STAT) >> 28 == 0xF);
	bench_close(&b);
	bench_enter(&b, "V2J28S7");
	assert_int_equal(bench_dap_read(&b, DP, 0x24, &value), 0x08);
	bench_close(&b);
}

static void batches_do_every_item_and_report_each(void **state)
{
	static const uint8_t codes[8] = { 1, 2, 3, 1, 2, 3 };	/* padded to words */
	static const uint32_t words[6] = { RAM + 4, 0xCAFE, RAM + 4, NOWHERE, 1, RAM + 4 };
	uint8_t payload[32], reply[48];
	size_t got;
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	bench_expect(&b, "F2 53", "40 00");
	memcpy(payload, codes, 8);
	for (unsigned i = 0; i < 6; i++)
		put_u32(payload + 8 + 4 * i, words[i]);
	bench_send(&b, "F2 51 06 00 00 00", payload, 32);
	assert_int_equal(bench_ask(&b, "F2 52", reply, 48, &got), 0);
	assert_int_equal(got, 48);
	assert_true(get_u32(reply + 8) == 0xCAFE);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(get_u32(reply + 24 + 4 * i), i == 4 ? 0x11 : 0x80);
	assert_true(get_u32(reply + 20) == 0xCAFE);
	bench_close(&b);
}

static void batches_end_at_their_limit(void **state)
{
	uint8_t payload[68 + 65 * 4] = { 0 };
	struct bench b;

	(void)state;
	bench_enter(&b, "V2J37S7");
	bench_send(&b, "F2 51 41 00 00 00", payload, sizeof(payload));
	bench_silent(&b, "F2 52");
	bench_expect(&b, "F5", "02 00");
	bench_close(&b);
	bench_enter(&b, "V3J7M3");
	bench_expect(&b, "F2 53", "CB 04");
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ports_identify_themselves),
		cmocka_unit_test(tar_counts_within_its_block),
		cmocka_unit_test(narrow_accesses_use_their_byte_lanes),
		cmocka_unit_test(banked_registers_reach_the_words_around_tar),
		cmocka_unit_test(a_sticky_error_stops_everything_until_abort),
		cmocka_unit_test(a_memory_command_meets_a_sticky_error_and_clears_it),
		cmocka_unit_test(a_memory_fault_leaves_tar_there_and_nothing_sticky),
		cmocka_unit_test(without_debug_power_the_access_port_faults),
		cmocka_unit_test(a_stalled_access_waits_and_can_be_aborted),
		cmocka_unit_test(select_belongs_to_the_firmware),
		cmocka_unit_test(batches_do_every_item_and_report_each),
		cmocka_unit_test(batches_end_at_their_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
