/* SPDX-License-Identifier: MIT
 *
 * Every monitor command that an IDE or a debug extension is known to send (STM32CubeIDE, cortex-debug,
 * Eclipse, PlatformIO, CLion and their OpenOCD, J-Link, pyOCD, QEMU, Black Magic and st-util flavours): what
 * it says, and in which state it leaves the core.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include "server/engine_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum after { SAME, HALTED, AT_RESET, RUNS };

/* Each begins halted in the loop, behind its first instructions. says: "" = nothing at all. */
static const struct row {
	const char *line, *says;
	enum after after;
} rows[] = {
	{ "reset", "", AT_RESET }, { "reset halt", "", AT_RESET }, { "reset init", "", AT_RESET },
	{ "reset -halt", "", AT_RESET }, { "reset run", "", RUNS }, { "system_reset", "", AT_RESET },
	{ "jtag_reset", "", AT_RESET },
	{ "halt", "", HALTED }, { "stop", "", HALTED }, { "resume", "", RUNS }, { "go", "", RUNS },
	{ "continue", "", RUNS }, { "init", "", SAME },
	{ "sleep 10", "", SAME }, { "delay 10", "", SAME },
	{ "reg", "pc         0x0800001", SAME }, { "regs", "sp         0x2002", SAME },
	{ "reg pc", "pc         0x0800001", SAME }, { "clrbp", "", SAME },
	{ "speed 1000", "kHz", SAME }, { "speed auto", "kHz", SAME }, { "speed adaptive", "kHz", SAME },
	{ "flash breakpoints 0", "none are written to flash", SAME },
	{ "flash breakpoints 1", "none are written to flash", SAME },
	{ "semihosting enable", "semihosting is on", SAME },
	{ "semihosting disable", "semihosting is off", SAME },
	{ "arm semihosting enable", "semihosting is on", SAME },
	{ "arm semihosting disable", "semihosting is off", SAME },
	{ "semihosting IOClient 1", "goes to GDB", SAME }, { "semihosting IOClient 3", "goes to GDB", SAME },
	{ "arm semihosting_fileio enable", "GDB's (File-I/O)", SAME },
	{ "arm semihosting_cmdline a b", "'a b'", SAME },
	{ "arm semihosting_basedir /", "--semihosting-files", SAME },
	{ "arm semihosting_redirect tcp 4445", "--semihosting-console", SAME },
	{ "gdb_sync", "", SAME }, { "targets", "core 0: Cortex-M4", SAME },
	{ "rtt setup 0x20000000 1024 \"SEGGER RTT\"", "", SAME }, { "rtt start", "No RTT control block", SAME },
	{ "rtt", "RTT is on", SAME }, { "rtt server start 50002 0", "", SAME },
	{ "rtt", "channel 0  port 50002", SAME }, { "rtt server stop 50002", "", SAME },
	{ "rtt polling_interval 10", "every 10 ms", SAME }, { "rtt stop", "", SAME },
	{ "SWO EnableTarget 16000000 2000000 1 0", "SWO", SAME },
	{ "SWO DisableTarget 0xFFFFFFFF", "", SAME }, { "traceswo enable", "SWO", SAME },
	{ "mwb 0x20000100 0x41 3", "", SAME }, { "mdb 0x20000100 3", "", SAME },
	{ "exec SetRTTAddr 0x20000000", "", SAME },
	{ "memU32 0x20000100 = 0x12345678", "", SAME }, { "memU32 0x20000100", "12345678", SAME },
	{ "memU16 0x20000100", "5678", SAME }, { "memU8 0x20000100 = 0x99", "", SAME },
	{ "memU8 0x20000100", "99", SAME },
	{ "swdp_scan", "core 0: Cortex-M4", SAME }, { "jtag_scan", "core 0: Cortex-M4", SAME },
	{ "tpwr enable", "can't switch the target's power", SAME },
	{ "version", "tether ", SAME }, { "help", "reset", SAME },
};

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

static void check_state(struct harness *h, const struct row *row)
{
	enum run_state run = h->engine->sessions[0].run;

	switch (row->after) {
	case SAME:
	case HALTED:
		assert_int_equal(run, RUN_HALTED);
		assert_in_range(harness_register(h, 15), LOOP_RESET + 2, LOOP_FUNC + 4);
		break;
	case AT_RESET:
		assert_int_equal(run, RUN_HALTED);
		assert_int_equal(harness_register(h, 15), LOOP_RESET);
		break;
	case RUNS:
		assert_int_equal(run, RUN_RUNNING);
		assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_RUNNING);
		break;
	}
}

static void does_what_is_meant(void **state)
{
	struct harness *h = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text;

		harness_monitor(h, "reset run");
		harness_run_ms(h, 1);
		harness_monitor(h, "halt");
		text = harness_monitor(h, rows[i].line);
		if (rows[i].says[0] ? !strstr(text, rows[i].says) : strstr(text, "nknown") || strstr(text, "Usage"))
			fail_msg("'%s' says '%.300s'", rows[i].line, text);
		check_state(h, &rows[i]);
	}
}

static void ends_the_server(void **state)
{
	static const char *const lines[] = { "exit", "kill_server", "shutdown" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct harness *h = harness_new("STM32F407VG");

		harness_connect_gdb(h, 0);
		harness_monitor(h, lines[i]);
		assert_true(h->exited);
		assert_int_equal(h->exit_status, 0);
		harness_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(does_what_is_meant, set_up, tear_down),
		cmocka_unit_test(ends_the_server),
	};

	return cmocka_run_group_tests_name("spellings", tests, NULL, NULL);
}
