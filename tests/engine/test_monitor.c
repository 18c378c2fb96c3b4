/* SPDX-License-Identifier: MIT
 *
 * Monitor commands: each does what its help says, errors are sentences, and what IDEs send is accepted.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include "server/monitor/monitor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/bytes.h"

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

static void says(struct harness *h, const char *command, const char *part)
{
	const char *text = harness_monitor(h, command);

	if (!strstr(text, part))
		fail_msg("'%s' says '%.300s', not '%s'", command, text, part);
}

static void help_lists_every_command_once(void **state)
{
	struct harness *h = *state;
	const char *text = harness_monitor(h, "help");
	const struct monitor_command *row;

	for (size_t i = 0; (row = monitor_row(i)); i++) {
		char start[40];

		snprintf(start, sizeof(start), "  %s ", row->name);
		if (!(row->rules & MONITOR_SPELLING) && !strstr(text, start))
			fail_msg("help does not list '%s'", row->name);
		assert_true(row->run || row->rules & MONITOR_SPELLING);
		assert_true(strlen(row->help) > 2);
		assert_true(strcspn(row->help, "\n") < 72);
	}
	says(h, "help flash", "flash erase all|ADDRESS LENGTH");
	says(h, "help nonsense", "Unknown command 'nonsense'");
}

/* A command with arguments shows one that it takes. */
static void help_of_a_command_has_an_example(void **state)
{
	struct harness *h = *state;
	const struct monitor_command *row;

	for (size_t i = 0; (row = monitor_row(i)); i++) {
		const char *example = strchr(row->help, '\n');
		char command[60], line[100];

		if (row->rules & MONITOR_SPELLING)
			continue;
		if (!example && row->arguments[0])
			fail_msg("'%s' takes arguments, and its help has no example", row->name);
		snprintf(command, sizeof(command), "help %s", row->name);
		for (; example; example = strchr(example + 1, '\n')) {
			snprintf(line, sizeof(line), "      %.*s\n", (int)strcspn(example + 1, "\n"), example + 1);
			says(h, command, line);
			if (strncmp(example + 1, row->name, strlen(row->name)))
				fail_msg("an example of '%s' is '%s'", row->name, example + 1);
		}
	}
	says(h, "help flash write", "flash write build/app.elf");
	assert_null(strstr(harness_monitor(h, "help"), "build/app.elf"));
	assert_null(strstr(harness_monitor(h, "help flash write"), "flash erase"));
}

static void words_with_blanks_are_quoted(void **state)
{
	struct harness *h = *state;

	says(h, "mem read 0x08000000 4 \"/nonexistent/a b.bin\"", "/nonexistent/a b.bin can't be written");
	says(h, "mdw \"0x08000000\"  \"1", "20020000");
	says(h, "mdw \"\"", "is not a number");
}

static void names_are_unique(void **state)
{
	const struct monitor_command *row, *other;

	(void)state;
	for (size_t i = 0; (row = monitor_row(i)); i++)
		for (size_t j = 0; j < i && (other = monitor_row(j)); j++)
			assert_string_not_equal(row->name, other->name);
}

static void unknown_commands_name_near_ones(void **state)
{
	says(*state, "rest", "Unknown command 'rest'");
	says(*state, "rese", "Near: reset");
	says(*state, "flash", "Near: flash");
}

static void reset_halts_unless_told_to_run(void **state)
{
	struct harness *h = *state;

	harness_monitor(h, "reset");
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
	assert_int_equal(harness_register(h, 15), LOOP_RESET);
	harness_monitor(h, "reset run");
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_RUNNING);
	harness_monitor(h, "reset init");
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
	says(h, "reset nonsense", "Usage: reset");
}

static void halt_and_resume(void **state)
{
	struct harness *h = *state;

	harness_monitor(h, "resume");
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_RUNNING);
	harness_monitor(h, "halt");
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
	harness_monitor(h, "go");
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_RUNNING);
	harness_monitor(h, "stop");
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
}

static void info_tells_what_it_is(void **state)
{
	struct harness *h = *state;

	says(h, "info", "STM32F405/407/415/417");
	says(h, "info", "V2J37S7");
	says(h, "info", "1024 KiB");
	says(h, "info", "Cortex-M4 with FPU");
	says(h, "targets", "core 0: Cortex-M4");
	says(h, "probe", "ST-LINK/V2");
	says(h, "stats", "exchanges ");
	says(h, "stats", "flash busy ");
	says(h, "version", "tether ");
	says(h, "report", "--- probe");
}

/* The last exchanges, and no memory contents. */
static void report_shows_exchanges_without_memory(void **state)
{
	struct harness *h = *state;
	const char *text;

	harness_monitor(h, "mww 0x20000800 0xc0ffee11");
	harness_monitor(h, "mdw 0x20000800 4");
	harness_monitor(h, "mdb 0x20000801 3");
	text = harness_monitor(h, "report");
	assert_non_null(strstr(text, "--- last exchanges"));
	assert_non_null(strstr(text, "00 08 00 20"));	/* the address */
	assert_null(strstr(text, "c0ffee"));
	assert_null(strstr(text, "11 ee ff"));
	assert_null(strstr(text, "ee ff c0"));
}

static void memory_is_shown_and_written(void **state)
{
	struct harness *h = *state;

	says(h, "mdw 0x08000000", "0x08000000: 20020000");
	says(h, "mdw 0x08000000 2", "20020000 08000009");
	says(h, "mdh 0x08000000 2", "0000 2002");
	says(h, "mdb 0x08000000 4", "00 00 02 20");
	harness_monitor(h, "mww 0x20000800 0x12345678 3");
	says(h, "mdw 0x20000808", "12345678");
	harness_monitor(h, "mwb 0x20000800 0xab");
	harness_monitor(h, "mwh 0x20000802 0xcdef");
	says(h, "mdw 0x20000800", "cdef56ab");
	harness_monitor(h, "mem write 0x20000800 77");
	says(h, "mem read 0x20000800 4", "4d 00 00 00");
	says(h, "mdw 1", "not a multiple");
	says(h, "mdw 0x30000000", "can't be read");
	says(h, "mww 0x08000000 1", "flash write` writes it");
	says(h, "mdw", "A number is missing");
	says(h, "mdw 0x123456789", "not a number of 32 bits");
	says(h, "mdw 12x", "not a number");
}

static void memory_goes_to_files_and_back(void **state)
{
	struct harness *h = *state;
	char path[] = "/tmp/tether-test-XXXXXX", command[100];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	snprintf(command, sizeof(command), "mem read 0x08000000 28 %s", path);
	says(h, command, "28 bytes");
	snprintf(command, sizeof(command), "mem write 0x20001000 %s", path);
	says(h, command, "28 bytes");
	says(h, "mdw 0x20001004", "08000009");
	says(h, "mem read 0x08000000 28 /nonexistent/file", "can't be written");
	says(h, "mem write 0x20001000 /nonexistent/file", "can't be read: No such file");
	says(h, "mem read 0x08000000 100000", "At most 65536");
	snprintf(command, sizeof(command), "mem read 0x2001fff0 4096 %s", path);
	says(h, command, "can't be read");	/* and what was there before is there still */
	snprintf(command, sizeof(command), "mem write 0x20001000 %s", path);
	says(h, command, "28 bytes");
	unlink(path);
}

/* OTP and option bytes take a command of their own, flash takes a load. */
static void what_is_no_ram_is_refused_with_a_hint(void **state)
{
	struct harness *h = *state;

	says(h, "mwb 0x1fff7800 0", "`monitor help otp`");
	says(h, "mwb 0x1fff7a00 0", "`monitor help otp`");
	says(h, "mww 0x1fffc000 0", "`monitor help option`");
	says(h, "mww 0x1fff0000 0", "read-only: system");
	says(h, "mww 0 0", "is flash");
	says(h, "mdb 0x1fff7800", "ff");
	assert_int_equal(strncmp(harness_ask(h, 0, "M1fff7800,1:00"), "E", 1), 0);
	assert_int_equal(strncmp(harness_ask(h, 0, "M1fff77ff,2:0000"), "E", 1), 0);
	assert_int_equal(strncmp(harness_ask(h, 0, "X1fffc000,1:a"), "E", 1), 0);
	assert_string_equal(harness_ask(h, 0, "m1fff7800,4"), "ffffffff");
}

static void registers_are_shown_and_set(void **state)
{
	struct harness *h = *state;

	harness_monitor(h, "reg r3 0x55");
	says(h, "reg r3", "0x00000055");
	says(h, "reg", "xpsr");
	says(h, "regs", "control");
	says(h, "reg q9", "no register 'q9'");
	harness_monitor(h, "resume");
	says(h, "reg", "halt");
}

static void option_bytes_are_explained(void **state)
{
	struct harness *h = *state;

	says(h, "option", "RDP");
	says(h, "option RDP", "0xaa");
	says(h, "option RDP=0xbb", "`option set NAME=VALUE...`");
	says(h, "protect", "RDP");
	says(h, "otp", "block 0-15");
	says(h, "otp", "empty, open");
	says(h, "otp write 0 1", "no pairs");
}

static void reset_catch_stops_at_the_vector(void **state)
{
	struct harness *h = *state;
	const char *stop;

	says(h, "reset-catch", "let it run");
	says(h, "reset-catch on", "halt the core");
	assert_null(harness_continue(h, 10));
	harness_boot(h);
	stop = harness_wait(h, 0, 100);
	assert_non_null(stop);
	assert_int_equal(harness_register(h, 15), LOOP_RESET);
	harness_monitor(h, "reset run");	/* one of ours does not stop */
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_RUNNING);
}

static void sleeping_takes_the_links_time(void **state)
{
	struct harness *h = *state;
	uint64_t before = engine_now_us(h->engine);

	harness_monitor(h, "sleep 250");
	assert_true(engine_now_us(h->engine) - before >= 250000);
}

static void exit_ends_the_server_after_the_answer(void **state)
{
	struct harness *h = *state;

	says(h, "exit", "ends");
	assert_true(h->exited);
}

static void observers_do_not_control(void **state)
{
	struct harness *h = *state;

	harness_connect_gdb(h, 1);
	harness_send(h, 1, "qRcmd,72657365742072756e", 24);	/* reset run */
	assert_string_equal(h->clients[1].answer, "OK");
	assert_non_null(strstr(h->clients[1].console, "Another client controls"));
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
}

/* RAM tells that it really was off. */
static void power_is_switched_where_the_probe_can(void **state)
{
	struct harness *h;

	(void)state;
	h = harness_init("STM32F407VG");
	snprintf(h->spec.firmware, sizeof(h->spec.firmware), "V3J15M7");
	harness_start(h);
	harness_connect_gdb(h, 0);
	harness_monitor(h, "mww 0x20000000 0x12345678");
	assert_non_null(strstr(harness_monitor(h, "probe"), "switches power       if its board can"));
	harness_monitor(h, "power cycle");
	assert_null(strstr(harness_monitor(h, "mdw 0x20000000"), "12345678"));
	harness_monitor(h, "power off");
	assert_non_null(strstr(harness_monitor(h, "mdw 0x20000000"), "no supply voltage"));
	harness_monitor(h, "power on");
	assert_non_null(strstr(harness_monitor(h, "connect"), "connected"));
	assert_non_null(strstr(harness_monitor(h, "power sideways"), "neither on nor off"));
	harness_free(h);

	h = harness_new("STM32F407VG");
	harness_connect_gdb(h, 0);
	assert_non_null(strstr(harness_monitor(h, "power cycle"), "can't switch the target's power"));
	assert_non_null(strstr(harness_monitor(h, "mdw 0x08000000"), "ffffffff"));
	harness_free(h);
}

static void collect(void *context, const char *text)
{
	char *all = context;

	strncat(all, text, 4095 - strlen(all));
}

static void commands_run_without_a_client(void **state)
{
	struct harness *h = *state;
	char text[4096] = "";
	struct why why;

	assert_int_equal(engine_monitor(h->engine, "info", collect, text, &why), 0);
	assert_non_null(strstr(text, "STM32F405"));
	assert_int_equal(engine_monitor(h->engine, "nonsense", collect, text, &why), E_ARGUMENT);
	assert_non_null(strstr(why.text, "Unknown command"));
	assert_int_equal(engine_monitor(h->engine, "mdw 0x30000000", collect, text, &why), E_FAULT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* What becomes of it while the first one is debugged. */
static void a_second_core_is_named(void **state)
{
	static const struct {
		const char *part, *name, *words;
	} rows[] = {
		{ "STM32WB55RG", "STM32WB55RG", "core 1: Cortex-M0+, access port 1, left alone" },
		{ "STM32H745ZI", "STM32H745ZI", "core 1: Cortex-M4, access port 3, left alone" },
		{ "STM32H745ZI", NULL, "core 1 (of parts with two): Cortex-M4, access port 3, left alone" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct harness *h = harness_init(rows[i].part);

		h->options.board.chip = rows[i].name;
		harness_start(h);
		harness_connect_gdb(h, 0);
		says(h, "targets", "core 0: Cortex-M");
		says(h, "targets", rows[i].words);
		harness_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_second_core_is_named),
		TEST(help_lists_every_command_once),
		TEST(help_of_a_command_has_an_example),
		TEST(words_with_blanks_are_quoted),
		TEST(names_are_unique),
		TEST(unknown_commands_name_near_ones),
		TEST(reset_halts_unless_told_to_run),
		TEST(halt_and_resume),
		TEST(info_tells_what_it_is),
		TEST(report_shows_exchanges_without_memory),
		TEST(memory_is_shown_and_written),
		TEST(memory_goes_to_files_and_back),
		TEST(what_is_no_ram_is_refused_with_a_hint),
		TEST(registers_are_shown_and_set),
		TEST(option_bytes_are_explained),
		TEST(reset_catch_stops_at_the_vector),
		TEST(sleeping_takes_the_links_time),
		TEST(exit_ends_the_server_after_the_answer),
		TEST(observers_do_not_control),
		TEST(commands_run_without_a_client),
		cmocka_unit_test(power_is_switched_where_the_probe_can),
	};

	return cmocka_run_group_tests_name("monitor", tests, NULL, NULL);
}
