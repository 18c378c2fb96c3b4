/* SPDX-License-Identifier: MIT
 *
 * `monitor flash ...`: the map, erasing, files in and out, settings; and what it refuses.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include "flash/image/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct bench {
	struct harness *h;
	char folder[40];
	bool refused;		/* a write of client 1 during a load */
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	strcpy(b->folder, "/tmp/tether-test-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	b->h = harness_new("STM32F407VG");
	harness_poke(b->h, PROGRAM_BASE, program_loop, sizeof(program_loop));
	harness_boot(b->h);
	harness_connect_gdb(b->h, 0);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	char command[80];

	harness_free(b->h);
	snprintf(command, sizeof(command), "rm -r %s", b->folder);
	assert_int_equal(system(command), 0);
	free(b);
	return 0;
}

static void says(struct bench *b, const char *command, const char *part)
{
	const char *text = harness_monitor(b->h, command);

	if (!strstr(text, part))
		fail_msg("'%s' says '%.300s', not '%s'", command, text, part);
}

/* The command with %s replaced by the name of a file in the test's folder. */
static void says_of(struct bench *b, const char *format, const char *name, const char *part)
{
	char command[200], path[100];

	snprintf(path, sizeof(path), "%s/%s", b->folder, name);
	snprintf(command, sizeof(command), format, path);
	says(b, command, part);
}

static void put_file(struct bench *b, const char *name, const void *data, size_t length)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", b->folder, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	fclose(file);
}

static void put_text(struct bench *b, const char *name, const char *text)
{
	put_file(b, name, text, strlen(text));
}

static bool exists(struct bench *b, const char *name)
{
	char path[100];
	struct stat about;

	snprintf(path, sizeof(path), "%s/%s", b->folder, name);
	return stat(path, &about) == 0;
}

static void fill(uint8_t *data, size_t length, unsigned seed)
{
	srand(seed);
	for (size_t i = 0; i < length; i++)
		data[i] = (uint8_t)rand();
}

/* ---- the map ---- */

static void map_shows_what_is_written(void **state)
{
	struct bench *b = *state;

	says(b, "flash info", "bank 0  0x08000000 to 0x080fffff, 1024 KiB");
	says(b, "flash info", "0x08000000    4 x  16 KiB   #...\n");
	says(b, "flash info", "0x08020000    7 x 128 KiB   .......\n");
	says(b, "flash info", "# written: 1, . blank: 11");
	/* A byte in the middle is found, and its neighbours stay blank. */
	harness_poke(b->h, 0x08091234, "\x00", 1);
	says(b, "flash info", "0x08020000    7 x 128 KiB   ...#...\n");
}

static void map_leaves_no_trace(void **state)
{
	struct bench *b = *state;
	uint8_t before[4096], after[4096];
	uint32_t pc = harness_register(b->h, 15), r0 = harness_register(b->h, 0);

	fill(before, sizeof(before), 3);
	harness_poke(b->h, 0x20000000, before, sizeof(before));
	harness_monitor(b->h, "flash info");
	harness_peek(b->h, 0x20000000, after, sizeof(after));
	assert_memory_equal(before, after, sizeof(before));
	assert_int_equal(harness_register(b->h, 15), pc);
	assert_int_equal(harness_register(b->h, 0), r0);
}

/* A running core is not halted for a map, which then says what it does not know. */
static void map_does_not_disturb_a_running_core(void **state)
{
	struct bench *b = *state;

	harness_monitor(b->h, "resume");
	says(b, "flash info", "#:::");
	says(b, "flash info", "begins blank");
	assert_int_equal(cpu_state(machine_cpu(b->h->machine)), CPU_RUNNING);
}

/* nWRP1 and nWRP11 of the F407 cleared through its registers (RM0090 3.9.10). */
static void map_shows_protected_sectors(void **state)
{
	struct bench *b = *state;

	harness_monitor(b->h, "mww 0x40023c08 0x08192A3B");
	harness_monitor(b->h, "mww 0x40023c08 0x4C5D6E7F");
	harness_monitor(b->h, "mww 0x40023c14 0x07FDAAEC");
	harness_monitor(b->h, "mww 0x40023c14 0x07FDAAEE");
	harness_run_ms(b->h, 3000);
	harness_monitor(b->h, "mww 0x40023c14 0x07FDAAED");
	says(b, "flash info", "#p..");
	says(b, "flash info", "......p");
	says(b, "flash info", "p blank, protected: 2");
	says(b, "flash erase 0x08004000 4", "write-protected");
	says(b, "flash erase all", "write-protected");
	says(b, "mdw 0x08000000", "20020000");
}

static struct bench *other_chip(struct bench *b, const char *part)
{
	harness_free(b->h);
	b->h = harness_new(part);
	harness_connect_gdb(b->h, 0);
	return b;
}

/* A page in the middle of many: uniform stretches take one line. */
static void map_of_many_pages_is_short(void **state)
{
	struct bench *b = other_chip(*state, "STM32L476RG");
	const char *text;
	size_t lines = 0;

	harness_poke(b->h, 0x08040801, "\x00", 1);
	text = harness_monitor(b->h, "flash info");
	assert_non_null(strstr(text, "0x08000000  128 x   2 KiB   . all of them\n"));
	assert_non_null(strstr(text, "0x08040000   64 x   2 KiB   .#..."));
	assert_non_null(strstr(text, "0x08080000  256 x   2 KiB   . all of them\n"));
	assert_non_null(strstr(text, "# written: 1, . blank: 511"));
	assert_null(strstr(text, "DUALBANK"));		/* 1 MiB always has two banks */
	for (; *text; text++)
		lines += *text == '\n';
	assert_true(lines <= 10);
}

static void map_names_the_mode(void **state)
{
	struct bench *b = other_chip(*state, "STM32G0B1RE");

	says(b, "flash info", "DUAL_BANK=1: banks: two banks\n");
	says(b, "flash info", "nSWAP_BANK=1: which bank stands at 0x08000000: bank1\n");
}

static void gaps_need_a_format_that_shows_them(void **state)
{
	struct bench *b = other_chip(*state, "STM32H743ZG");

	says_of(b, "flash read %s", "x.bin", "Flash has a gap at 0x08080000");
	assert_false(exists(b, "x.bin"));
	says_of(b, "flash read %s", "x.hex", "1048576 bytes from 0x08000000");
	says_of(b, "flash verify %s", "x.hex", "1048576 bytes are the same");
	says(b, "flash info", "bank 1  0x08100000 to 0x0817ffff, 512 KiB");
}

/* ---- erasing ---- */

static void flash_is_erased_on_request(void **state)
{
	struct bench *b = *state;

	says(b, "flash erase 0x08000000 0x4000", "1 sector erased");
	says(b, "mdw 0x08000000", "ffffffff");
	harness_poke(b->h, 0x080E0000, program_loop, sizeof(program_loop));
	harness_monitor(b->h, "flash erase all");
	says(b, "mdw 0x080E0000", "ffffffff");
	says(b, "flash erase", "Usage");
	says(b, "flash erase 0x08000000 0", "nothing to erase");
	says(b, "flash erase 0x20000000 16", "not flash but sram");
	says(b, "flash erase 0x080ffff0 17", "0x08100000 is outside of flash");
	says(b, "flash erase 0xfffffff0 0x20", "outside of flash");
}

/* ---- files ---- */

static void writes_and_verifies_a_binary(void **state)
{
	struct bench *b = *state;
	uint8_t data[20001], back[20001];

	fill(data, sizeof(data), 5);
	put_file(b, "x.bin", data, sizeof(data));
	says_of(b, "flash write %s 0x08003ff1", "x.bin", "(binary): 20001 bytes");
	harness_peek(b->h, 0x08003ff1, back, sizeof(back));
	assert_memory_equal(data, back, sizeof(data));
	says_of(b, "flash verify %s 0x08003ff1", "x.bin", "20001 bytes are the same");
	says_of(b, "flash verify %s", "x.bin", "0x08000000 holds 0xff, and");
	harness_poke(b->h, 0x08004000, "\x00", 1);
	harness_monitor(b->h, "reset");
	says_of(b, "flash verify %s 0x08003ff1", "x.bin", "0x08004000 holds 0x00, and");
	harness_monitor(b->h, "resume");
	says_of(b, "flash verify %s 0x08003ff1", "x.bin", "0x08004000 holds 0x00, and");
}

static void reads_all_and_ranges(void **state)
{
	static const char *const names[] = { "all.bin", "all.hex", "all.srec", "all.elf" };
	struct bench *b = *state;
	uint8_t data[5000];

	fill(data, sizeof(data), 9);
	harness_poke(b->h, 0x080fec78, data, sizeof(data));	/* up to the last byte */
	for (size_t i = 0; i < 4; i++) {
		says_of(b, "flash read %s", names[i], "1048576 bytes from 0x08000000 on");
		says_of(b, "flash verify %s", names[i], "1048576 bytes are the same");
	}
	says_of(b, "flash read %s 0x080fec78 5000", "end.hex", "5000 bytes from 0x080fec78");
	says_of(b, "flash verify %s", "end.hex", "5000 bytes are the same");
	says_of(b, "flash read %s 0 1k", "alias.elf", "1024 bytes from 0x08000000");
	says_of(b, "flash read %s 0x08000000", "x.bin", "Usage");
}

static void reading_outside_says_what_there_is(void **state)
{
	struct bench *b = *state;
	static const char *const bad[] = {
		"0x20000000 16", "0x080ffff0 17", "0x07ffffff 2", "0xfffffff0 32", "0x08000000 0xffffffff",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char format[60];

		snprintf(format, sizeof(format), "flash read %%s %s", bad[i]);
		says_of(b, format, "x.bin", "flash 0x08000000 to 0x080fffff; sram 0x20000000 to 0x2001ffff");
	}
	says_of(b, "flash read %s 0x08000000 0", "x.bin", "LENGTH is 0");
	assert_false(exists(b, "x.bin"));
}

/* A file is there whole or not at all, and an old one stays until the new one is whole. */
static void broken_off_reads_leave_no_file(void **state)
{
	struct bench *b = *state;

	put_text(b, "x.bin", "before");
	atomic_store(&b->h->flags.interrupt[0], true);
	says_of(b, "flash read %s", "x.bin", "0x08000000 can't be read: interrupted");
	harness_event(b->h, EVENT_BREAK, 0);
	says_of(b, "mem write 0x20000000 %s", "x.bin", "6 bytes");
	says(b, "flash read /nonexistent/x.bin", "can't be written: No such file");
}

static void bad_files_change_nothing(void **state)
{
	struct bench *b = *state;

	put_text(b, "bad.hex", ":0400000001020304F2\n:00000001FE\n");
	says_of(b, "flash write %s", "bad.hex", "bad.hex: line 2: the checksum is FE, not FF");
	put_text(b, "ram.hex", ":020000042000DA\n:0400000001020304F2\n:00000001FF\n");
	says_of(b, "flash write %s", "ram.hex", "0x20000000 is not flash but sram");
	put_text(b, "otp.hex", ":020000041FFFDC\n:0478000001020304" "7A\n:00000001FF\n");
	says_of(b, "flash write %s", "otp.hex", "one-time programmable");
	put_text(b, "half.hex", ":020000040800F2\n:0400000001020304F2\n:020000042000DA\n:0400000001020304F2\n"
				":00000001FF\n");
	says_of(b, "flash write %s", "half.hex", "not flash but sram");
	put_text(b, "twice.hex", ":020000040800F2\n:0400000001020304F2\n:0400020005060708E0\n:00000001FF\n");
	says_of(b, "flash write %s", "twice.hex", "0x08000002 is in the file twice");
	put_text(b, "empty.bin", "");
	says_of(b, "flash write %s", "empty.bin", "no bytes for a target");
	put_text(b, "x.elf", "no ELF");
	says_of(b, "flash write %s", "x.elf", "no ELF file");
	says_of(b, "flash write %s", "nothing.elf", "can't be read: No such file");
	says_of(b, "flash write %s 0x08000000", "half.hex", "says itself where it goes");
	says_of(b, "flash write %s 12x", "half.hex", "not a number");
	says(b, "flash write", "Usage");
	says(b, "flash write nothing.bin", "(in /");	/* whose folder that is */
	says(b, "mdw 0x08000000", "20020000");
	assert_int_equal(cpu_state(machine_cpu(b->h->machine)), CPU_HALTED);
}

static void preserve_keeps_the_rest_of_a_sector(void **state)
{
	struct bench *b = *state;

	put_text(b, "x.bin", "abcd");
	harness_monitor(b->h, "flash preserve on");
	says_of(b, "flash write %s 0x08000100", "x.bin", "verified");
	says(b, "mdw 0x08000000", "20020000");
	says(b, "mdw 0x08000100", "64636261");
	harness_monitor(b->h, "flash preserve off");
	says_of(b, "flash write %s 0x08000200", "x.bin", "verified");
	says(b, "mdw 0x08000000", "ffffffff");
	says(b, "mdw 0x08000100", "ffffffff");
}

static void settings_are_kept(void **state)
{
	struct bench *b = *state;

	harness_monitor(b->h, "flash loader off");
	harness_monitor(b->h, "flash voltage 2400");
	harness_monitor(b->h, "flash reset-after off");
	harness_monitor(b->h, "flash preserve on");
	says(b, "flash info", "loader off, reset after loads off, preserve on, voltage 2400 mV (set)");
	says(b, "flash voltage 12000", "no supply");
	says(b, "flash loader maybe", "neither on nor off");
	says(b, "flash info", "loader off");
	harness_monitor(b->h, "flash voltage auto");
	says(b, "flash info", "voltage 3300 mV\n");
}

static void ask_meanwhile(void *context)
{
	struct bench *b = context;

	harness_send(b->h, 1, "M20000000,1:00", 14);
	b->refused = b->refused || b->h->clients[1].answer[0] == 'E';
}

/* A file being written is a load like GDB's. */
static void others_wait_while_a_file_is_written(void **state)
{
	struct bench *b = *state;
	uint8_t data[20000];

	fill(data, sizeof(data), 11);
	put_file(b, "x.bin", data, sizeof(data));
	harness_connect_gdb(b->h, 1);
	engine_on_load(b->h->engine, ask_meanwhile, b);
	says_of(b, "flash write %s", "x.bin", "20000 bytes");
	assert_true(b->refused);
	harness_send(b->h, 1, "M20000000,1:00", 14);
	assert_string_equal(b->h->clients[1].answer, "OK");
}

static void interrupt(void *context)
{
	struct bench *b = context;

	atomic_store(&b->h->flags.interrupt[0], true);
}

/* A file whose writing broke off is never started either. */
static void interrupted_write_is_not_started(void **state)
{
	struct bench *b = *state;
	uint8_t data[40000];

	fill(data, sizeof(data), 13);
	put_file(b, "x.bin", data, sizeof(data));
	engine_on_load(b->h->engine, interrupt, b);
	says_of(b, "flash write %s", "x.bin", "is unfinished");
	harness_event(b->h, EVENT_BREAK, 0);
	harness_ask(b->h, 0, "D");
	assert_int_equal(cpu_state(machine_cpu(b->h->machine)), CPU_HALTED);
	engine_on_load(b->h->engine, NULL, NULL);
	harness_close(b->h, 0);
	harness_connect_gdb(b->h, 0);
	says(b, "version", "is not complete");
	says_of(b, "flash write %s", "x.bin", "verified");
	assert_null(strstr(harness_monitor(b->h, "flash info"), "not complete"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(map_shows_what_is_written),
		TEST(map_leaves_no_trace),
		TEST(map_does_not_disturb_a_running_core),
		TEST(map_shows_protected_sectors),
		TEST(map_of_many_pages_is_short),
		TEST(map_names_the_mode),
		TEST(gaps_need_a_format_that_shows_them),
		TEST(flash_is_erased_on_request),
		TEST(writes_and_verifies_a_binary),
		TEST(reads_all_and_ranges),
		TEST(reading_outside_says_what_there_is),
		TEST(broken_off_reads_leave_no_file),
		TEST(bad_files_change_nothing),
		TEST(preserve_keeps_the_rest_of_a_sector),
		TEST(settings_are_kept),
		TEST(others_wait_while_a_file_is_written),
		TEST(interrupted_write_is_not_started),
	};

	return cmocka_run_group_tests_name("monitor_flash", tests, NULL, NULL);
}
