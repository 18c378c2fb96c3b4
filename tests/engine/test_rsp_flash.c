/* SPDX-License-Identifier: MIT
 *
 * Loading as GDB and LLDB do it: vFlashErase, vFlashWrite, vFlashDone, and what follows
 * errors.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include "probe/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CCM = 0x10000000 };

static int set_up(void **state)
{
	struct harness *h = harness_new("STM32F407VG");

	harness_poke(h, PROGRAM_BASE, program_loop, sizeof(program_loop));
	harness_boot(h);
	harness_connect_gdb(h, 0);
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	harness_free(*state);
	return 0;
}

static void starts_with(const char *text, const char *start)
{
	if (strncmp(text, start, strlen(start)))
		fail_msg("'%.60s' does not start with '%s'", text, start);
}

/* vFlashWrite of a whole area in packets like GDB's. */
static void write_flash(struct harness *h, uint32_t address, const uint8_t *data, uint32_t length)
{
	static char packet[PACKET_SIZE];

	for (uint32_t at = 0; at < length; ) {
		uint32_t part = length - at < 4000 ? length - at : 4000;
		int head = snprintf(packet, sizeof(packet), "vFlashWrite:%x:", address + at);

		memcpy(packet + head, data + at, part);
		harness_send(h, 0, packet, (size_t)head + part);
		assert_string_equal(h->clients[0].answer, "OK");
		at += part;
	}
}

static void load_programs_and_ends_at_the_reset_vector(void **state)
{
	struct harness *h = *state;
	uint8_t data[10000], back[10000];

	srand(7);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)rand();
	memcpy(data, program_hello, sizeof(program_hello));
	assert_null(harness_continue(h, 10));		/* the old program runs meanwhile */
	harness_break(h, 0);
	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00004000"), "OK");
	write_flash(h, PROGRAM_BASE, data, sizeof(data));
	harness_peek(h, PROGRAM_BASE, back, sizeof(back));
	assert_memory_equal(back, program_loop, sizeof(program_loop));	/* nothing is done yet */
	assert_string_equal(harness_ask(h, 0, "vFlashDone"), "OK");
	harness_peek(h, PROGRAM_BASE, back, sizeof(back));
	assert_memory_equal(back, data, sizeof(data));
	assert_int_equal(harness_register(h, 15), program_hello[1] & ~1u);
	assert_int_equal(harness_register(h, 13), program_hello[0]);
	assert_string_equal(harness_ask(h, 0, "m8000000,4"), "00000220");
	assert_non_null(strstr(harness_monitor(h, "version"), "10000 bytes"));
}

/* GDB's `flash-erase` sends no writes. */
static void erase_alone_erases(void **state)
{
	struct harness *h = *state;
	uint8_t back[16];

	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00004000"), "OK");
	assert_string_equal(harness_ask(h, 0, "vFlashDone"), "OK");
	harness_peek(h, PROGRAM_BASE, back, sizeof(back));
	for (size_t i = 0; i < sizeof(back); i++)
		assert_int_equal(back[i], 0xFF);
	starts_with(harness_ask(h, 0, "m8000000,4"), "ffffffff");
}

/* GDB leaves a sector out of the erase range when only its first byte is written. */
static void sectors_that_are_written_are_erased_too(void **state)
{
	struct harness *h = *state;
	uint8_t junk[64], back[64];

	memset(junk, 0x00, sizeof(junk));
	harness_poke(h, 0x08004000, junk, sizeof(junk));
	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00004000"), "OK");
	write_flash(h, 0x08004000, (const uint8_t *)"\x5a", 1);
	assert_string_equal(harness_ask(h, 0, "vFlashDone"), "OK");
	harness_peek(h, 0x08004000, back, sizeof(back));
	assert_int_equal(back[0], 0x5a);
	assert_int_equal(back[1], 0xff);
}

static void failed_packet_ends_the_sequence_and_changes_nothing(void **state)
{
	struct harness *h = *state;
	uint8_t back[sizeof(program_loop)];

	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00004000"), "OK");
	starts_with(harness_ask(h, 0, "vFlashWrite:20000000:abcd"), "E.");
	starts_with(harness_ask(h, 0, "vFlashWrite:8000000:abcd"), "E.");
	starts_with(harness_ask(h, 0, "vFlashDone"), "E.");
	harness_peek(h, PROGRAM_BASE, back, sizeof(back));
	assert_memory_equal(back, program_loop, sizeof(back));
	assert_non_null(strstr(harness_monitor(h, "version"), "Load failed"));
	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00004000"), "OK");
	assert_string_equal(harness_ask(h, 0, "vFlashDone"), "OK");
}

/* GDB shows nothing of a failed packet: the reason comes with the next stop, too. */
static void reason_is_told_before_the_next_stop(void **state)
{
	struct harness *h = *state;

	starts_with(harness_ask(h, 0, "vFlashErase:20000000,00004000"), "E.");
	h->clients[0].console_length = 0;
	h->clients[0].console[0] = '\0';
	starts_with(harness_ask(h, 0, "vCont;s:1"), "T05");
	assert_non_null(strstr(h->clients[0].console, "Load failed: 0x20000000 is not flash but sram"));
}

/* Ctrl-C in GDB's `load` ends the packets without a word; the next load is not part of that one. */
static void load_that_begins_anew_forgets_the_old_one(void **state)
{
	struct harness *h = *state;
	uint8_t data[32];

	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00004000"), "OK");
	write_flash(h, PROGRAM_BASE, (const uint8_t *)"old old old old", 16);
	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00004000"), "OK");
	write_flash(h, PROGRAM_BASE, (const uint8_t *)"new", 4);
	/* LLDB erases and writes by turns: that is one load. */
	assert_string_equal(harness_ask(h, 0, "vFlashErase:08004000,00004000"), "OK");
	write_flash(h, PROGRAM_BASE + 0x4000, (const uint8_t *)"more", 4);
	assert_string_equal(harness_ask(h, 0, "vFlashDone"), "OK");
	harness_peek(h, PROGRAM_BASE, data, sizeof(data));
	assert_memory_equal(data, "new\0\xff\xff", 6);
	harness_peek(h, PROGRAM_BASE + 0x4000, data, sizeof(data));
	assert_memory_equal(data, "more\xff", 5);
}

static void client_that_leaves_in_the_middle_changes_nothing(void **state)
{
	struct harness *h = *state;
	uint8_t back[sizeof(program_loop)];

	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00004000"), "OK");
	harness_close(h, 0);
	harness_event(h, EVENT_GRACE_OVER, 0);
	harness_peek(h, PROGRAM_BASE, back, sizeof(back));
	assert_memory_equal(back, program_loop, sizeof(back));
	harness_connect_gdb(h, 1);
	harness_send(h, 1, "vFlashErase:08000000,00004000", 29);
	assert_string_equal(h->clients[1].answer, "OK");
}

static void done_without_anything_is_fine(void **state)
{
	assert_string_equal(harness_ask(*state, 0, "vFlashDone"), "OK");
}

static void malformed_packets_are_errors(void **state)
{
	static const char *const bad[] = {
		"vFlashErase:", "vFlashErase:8000000", "vFlashErase:8000000,", "vFlashWrite:",
		"vFlashWrite:8000000", "vFlashErase:20000000,1000", "vFlashErase:8000000,ffffffff",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		starts_with(harness_ask(*state, 0, bad[i]), "E.");
}

static uint32_t counted(struct harness *h)
{
	uint32_t count;

	harness_peek(h, CCM, &count, sizeof(count));
	return count;
}

/* It would count in a RAM that no loader uses, from the first instructions after a reset on; its own sector is
 * not part of the load, and it stays whole. */
static void old_program_never_runs_during_a_load(void **state)
{
	static const char *const resets[] = { "reset", "reset halt", "reset init", "halt" };
	uint32_t program[ARRAY_SIZE(program_loop)], before;
	struct harness *h = *state;
	uint8_t data[20000];

	memcpy(program, program_loop, sizeof(program));
	program[3] = 0x30015180;		/* mov r1, #0x10000000 */
	harness_poke(h, PROGRAM_BASE, program, sizeof(program));
	for (size_t i = 0; i < 2 * ARRAY_SIZE(resets); i++) {
		harness_monitor(h, i % 2 ? "flash reset-after on" : "flash reset-after off");
		harness_monitor(h, "reset");
		assert_null(harness_continue(h, 10));
		harness_break(h, 0);
		harness_monitor(h, resets[i / 2]);
		before = counted(h);
		assert_int_not_equal(before, 0);	/* it did run */
		memset(data, (int)i, sizeof(data));
		assert_string_equal(harness_ask(h, 0, "vFlashErase:08004000,0000c000"), "OK");
		write_flash(h, 0x08004000, data, sizeof(data));
		assert_string_equal(harness_ask(h, 0, "vFlashDone"), "OK");
		harness_run_ms(h, 50);
		assert_int_equal(counted(h), before);
		assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
	}
}

/* Two sections of a careless linker script at one place: which one was meant, nobody knows. */
static void overlapping_sections_are_refused(void **state)
{
	struct harness *h = *state;
	uint8_t back[sizeof(program_loop)];

	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00008000"), "OK");
	write_flash(h, PROGRAM_BASE, (const uint8_t *)"the first section", 17);
	starts_with(harness_ask(h, 0, "vFlashWrite:8000010:second"), "E.");
	assert_non_null(strstr(harness_monitor(h, "version"), "Load failed: two writes overlap at 0x08000010"));
	harness_peek(h, PROGRAM_BASE, back, sizeof(back));
	assert_memory_equal(back, program_loop, sizeof(back));
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
}

/* A load that broke off is never started, and the next client is told. */
static void interrupted_load_is_not_started(void **state)
{
	struct harness *h = *state;
	uint8_t data[8192];

	memset(data, 0x11, sizeof(data));
	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00004000"), "OK");
	write_flash(h, PROGRAM_BASE, data, sizeof(data));
	atomic_store(&h->flags.interrupt[0], true);
	starts_with(harness_ask(h, 0, "vFlashDone"), "E.");
	harness_event(h, EVENT_BREAK, 0);
	harness_ask(h, 0, "D");
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
	harness_close(h, 0);
	harness_connect_gdb(h, 0);
	assert_non_null(strstr(harness_monitor(h, "version"), "is not complete"));
	assert_non_null(strstr(harness_monitor(h, "flash info"), "is not complete"));
}

static void ask_to_quit(void *context)
{
	struct harness *h = context;

	engine_flags_quit(&h->flags);
}

/* SIGTERM ends a load after the block in work; the core stays halted, the server ends cleanly. */
static void quit_ends_a_load(void **state)
{
	struct harness *h = *state;
	uint8_t data[16384];

	memset(data, 0x22, sizeof(data));
	engine_on_load(h->engine, ask_to_quit, h);
	assert_string_equal(harness_ask(h, 0, "vFlashErase:08000000,00004000"), "OK");
	write_flash(h, PROGRAM_BASE, data, sizeof(data));
	starts_with(harness_ask(h, 0, "vFlashDone"), "E.");
	harness_event(h, EVENT_QUIT, 0);
	assert_true(h->exited);
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(load_programs_and_ends_at_the_reset_vector),
		TEST(erase_alone_erases),
		TEST(sectors_that_are_written_are_erased_too),
		TEST(failed_packet_ends_the_sequence_and_changes_nothing),
		TEST(reason_is_told_before_the_next_stop),
		TEST(load_that_begins_anew_forgets_the_old_one),
		TEST(client_that_leaves_in_the_middle_changes_nothing),
		TEST(old_program_never_runs_during_a_load),
		TEST(overlapping_sections_are_refused),
		TEST(done_without_anything_is_fine),
		TEST(malformed_packets_are_errors),
		TEST(interrupted_load_is_not_started),
		TEST(quit_ends_a_load),
	};

	return cmocka_run_group_tests_name("rsp_flash", tests, NULL, NULL);
}
