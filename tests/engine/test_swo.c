/* SPDX-License-Identifier: MIT
 *
 * SWO from firmware to people: turned on by name, fetched while the target runs, decoded, passed on; at
 * no cost while it is off. What gets lost is said.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/virtual/link_virtual.h"

/* Writes a line to stimulus port 0, waiting for room, then stays at done.
 *	08000008 reset:	mov  r0, #0xE0000000
 *			ldr  r1, =text
 *	0800000e next:	ldrb r2, [r1], #1
 *			cbz  r2, done
 *	08000014 wait:	ldr  r3, [r0]
 *			cmp  r3, #0
 *			beq  wait
 *			strb r2, [r0]
 *			b    next
 *	0800001e done:	b    done
 *	08000024 text:	"hello from port 0\n"		*/
static const uint32_t program_speak[] = {
	0x20020000, 0x08000009, 0x4060f04f, 0xf8114904, 0xb1222b01, 0x2b006803, 0x7002d0fc,
	0xe7fee7f7, 0x08000024, 0x6c6c6568, 0x7266206f, 0x70206d6f, 0x2074726f, 0x00000a30,
};
#define SPOKEN "hello from port 0\n"

/* The same letter for ever: reset: mov r0, #0xE0000000; movs r2, #'x'; wait: ldr r3, [r0]; cmp r3, #0;
 * beq wait; strb r2, [r0]; b wait */
static const uint32_t program_chatter[] = {
	0x20020000, 0x08000009, 0x4060f04f, 0x68032278, 0xd0fc2b00, 0xe7fa7002,
};

/* The same without waiting: strb r2, [r0]; b wait, six times faster than the wire. */
static const uint32_t program_flood[] = {
	0x20020000, 0x08000009, 0x4060f04f, 0x70022278, 0xe7fd7002,
};

#define POKE(h, program) harness_poke(h, PROGRAM_BASE, program, sizeof(program))

static struct harness *halted(const char *part, const char *firmware)
{
	struct harness *h = harness_init(part);

	snprintf(h->spec.firmware, sizeof(h->spec.firmware), "%s", firmware);
	harness_start(h);
	POKE(h, program_speak);
	harness_boot(h);
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	h->clients[0].console_length = 0;
	return h;
}

static struct firmware *firmware_of(struct harness *h)
{
	return virtual_link_firmware(h->link);
}

static void assert_monitor_says(struct harness *h, const char *command, const char *words)
{
	const char *said = harness_monitor(h, command);

	if (!strstr(said, words))
		fail_msg("'%s': '%s' is not in: %s", command, words, said);
}

static void what_port_0_says_comes_to_the_console(void **state)
{
	static const char *const firmwares[] = { "V2J16S0", "V2J37S7", "V3J7M3", "V3PWR" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(firmwares); i++) {
		struct harness *h = halted("STM32F407VG", firmwares[i]);

		assert_monitor_says(h, "swo on", "SWO at 2000000 Hz; core clock 16000000 Hz");
		h->clients[0].console_length = 0;
		assert_null(harness_continue(h, 100));
		assert_string_equal(h->clients[0].console, SPOKEN);
		harness_free(h);
	}
}

static void every_kind_of_chip_with_an_itm_can_do_it(void **state)
{
	static const char *const parts[] = {
		"STM32F103CB", "STM32F207VG", "STM32F303VC", "STM32F746ZG", "STM32L152RE", "STM32L476RG",
		"STM32G474RE", "STM32L552ZE", "STM32U575ZI", "STM32H563ZI", "STM32WBA55CG", "STM32H743ZI",
		"STM32H723ZG", "STM32H7A3ZI",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct harness *h = halted(parts[i], "V3J15M7");

		harness_monitor(h, "swo on 100k");
		h->clients[0].console_length = 0;
		assert_null(harness_continue(h, 100));
		if (strcmp(h->clients[0].console, SPOKEN))
			fail_msg("%s: %s", parts[i], h->clients[0].console);
		harness_free(h);
	}
}

static void what_was_said_before_a_stop_is_told_before_it(void **state)
{
	struct harness *h = halted("STM32F407VG", "V2J37S7");

	(void)state;
	harness_monitor(h, "swo on 100000");
	h->clients[0].console_length = 0;
	assert_string_equal(harness_ask(h, 0, "Z1,800001e,2"), "OK");
	assert_non_null(harness_continue(h, 1000));
	/* All but what was still on its way in the core when it stopped. */
	assert_memory_equal(h->clients[0].console, SPOKEN, sizeof(SPOKEN) - 6);
	harness_free(h);
}

static void it_costs_nothing_while_it_is_off(void **state)
{
	struct harness *h = halted("STM32F407VG", "V2J37S7");
	uint64_t before, off, on, still;

	(void)state;
	harness_continue(h, 100);
	before = harness_exchanges(h);
	harness_run_ms(h, 200);
	off = harness_exchanges(h) - before;
	harness_monitor(h, "swo on cpu=16M");
	before = harness_exchanges(h);
	harness_run_ms(h, 200);
	on = harness_exchanges(h) - before;
	/* 4096 bytes at 2 MHz: two looks in 20 ms, and nothing else. */
	assert_in_range(on, off + 18, off + 22);
	harness_monitor(h, "swo off");
	before = harness_exchanges(h);
	harness_run_ms(h, 200);
	still = harness_exchanges(h) - before;
	assert_in_range(still, off - 2, off + 2);
	harness_free(h);
}

/* Speeds are made from the clock; above the probe's limit there is none. */
static void speeds_are_what_the_clock_and_the_probe_allow(void **state)
{
	struct harness *h = halted("STM32F407VG", "V2J37S7");

	(void)state;
	assert_monitor_says(h, "swo on 1500000 cpu=16M", "SWO at 1454545 Hz");
	assert_monitor_says(h, "swo on 2000000 cpu=168M", "SWO at 2000000 Hz");
	assert_monitor_says(h, "swo on 4M cpu=168M", "up to 2000000 Hz");
	assert_monitor_says(h, "swo on 100 cpu=168M", "can't be made");
	assert_monitor_says(h, "swo on fast", "not a frequency");
	assert_monitor_says(h, "swo on ports=all", "not a mask");
	harness_free(h);
	h = halted("STM32F407VG", "V3J7M3");
	assert_monitor_says(h, "swo on 8M", "SWO at 8000000 Hz");
	h->clients[0].console_length = 0;
	assert_null(harness_continue(h, 100));
	assert_string_equal(h->clients[0].console, SPOKEN);
	harness_free(h);
}

static void chips_that_have_none_say_so(void **state)
{
	struct harness *h = halted("STM32G071RB", "V2J37S7");

	(void)state;
	assert_monitor_says(h, "swo on", "no ITM");
	assert_monitor_says(h, "swo", "SWO is off");
	harness_free(h);
	h = halted("STM32H743ZI", "V3J7M3");
	assert_monitor_says(h, "swo on", "pll1_r");
	harness_free(h);
	h = halted("STM32H7S3L8", "V3J7M3");
	assert_monitor_says(h, "swo on", "not known for STM32H7");
	harness_free(h);
}

enum { RCC = 0x40023800, RCC_CR = RCC, RCC_PLLCFGR = RCC + 4, RCC_CFGR = RCC + 8,
       FLASH_ACR = 0x40023C00 };

static void write_word(struct harness *h, uint32_t address, uint32_t value)
{
	char line[40];

	snprintf(line, sizeof(line), "mww 0x%08x 0x%08x", address, value);
	harness_monitor(h, line);
}

/* 168 MHz from the HSI, as firmware would. */
static void raise_clock(struct harness *h)
{
	write_word(h, FLASH_ACR, 5);
	write_word(h, RCC_PLLCFGR, 16 | 336 << 6 | 0 << 16 | 7 << 24);
	write_word(h, RCC_CR, 0x01000083);
	harness_run_ms(h, 5);
	write_word(h, RCC_CFGR, 2 | 5 << 10 | 4 << 13);
}

static uint32_t swo_clock(struct harness *h)
{
	const char *at = strstr(harness_monitor(h, "swo"), "core clock ");

	assert_non_null(at);
	return (uint32_t)strtoul(at + 11, NULL, 10);
}

static void a_clock_that_changes_is_followed(void **state)
{
	struct harness *h = halted("STM32F407VG", "V2J37S7");

	(void)state;
	POKE(h, program_chatter);
	harness_boot(h);
	harness_monitor(h, "reset halt");
	assert_monitor_says(h, "swo on", "assumed");
	assert_null(harness_continue(h, 100));
	assert_monitor_says(h, "swo", "core clock 16000000 Hz, measured");
	raise_clock(h);
	harness_run_ms(h, 200);
	assert_monitor_says(h, "swo", "measured");
	assert_in_range(swo_clock(h), 167000000, 169000000);
	h->trace_length = 0;
	h->clients[0].console_length = 0;
	harness_run_ms(h, 50);
	assert_true(h->clients[0].console_length > 1000);
	assert_int_equal(strspn(h->clients[0].console, "x"), h->clients[0].console_length);
	harness_free(h);
}

static void a_buffer_that_runs_over_is_said(void **state)
{
	struct harness *h = halted("STM32F407VG", "V2J37S7");

	(void)state;
	POKE(h, program_chatter);
	harness_boot(h);
	harness_monitor(h, "reset halt");
	harness_monitor(h, "swo on cpu=16M");
	harness_send(h, 0, "vCont;c", 7);
	link_wait_us(h->link, 100 * 1000);	/* nobody looks */
	harness_run_ms(h, 100);
	harness_break(h, 0);
	assert_monitor_says(h, "swo", "ran over 1 times");
	harness_free(h);
}

static void firmware_that_writes_too_fast_is_told_of(void **state)
{
	struct harness *h = halted("STM32F407VG", "V2J37S7");

	(void)state;
	POKE(h, program_flood);
	harness_boot(h);
	harness_monitor(h, "reset halt");
	harness_monitor(h, "swo on cpu=16M");
	assert_null(harness_continue(h, 50));
	harness_break(h, 0);
	assert_monitor_says(h, "swo", "faster than the wire");
	harness_free(h);
}

static void raw_bytes_go_to_who_wants_them(void **state)
{
	struct harness *h = harness_init("STM32F407VG");

	(void)state;
	h->options.cpu_hz = 16000000;
	h->options.swo_hz = 1000000;
	harness_start(h);
	POKE(h, program_speak);
	harness_boot(h);
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	assert_monitor_says(h, "swo", "SWO is off");
	harness_event(h, EVENT_STREAM, 1);
	assert_null(harness_continue(h, 100));
	assert_int_equal(h->trace_length, 2 * strlen(SPOKEN));
	for (size_t i = 0; i < strlen(SPOKEN); i++) {
		assert_int_equal(h->trace[2 * i], 0x01);
		assert_int_equal(h->trace[2 * i + 1], SPOKEN[i]);
	}
	harness_break(h, 0);
	harness_event(h, EVENT_STREAM, 0);
	assert_monitor_says(h, "swo", "SWO is off");
	harness_free(h);
}

/* ENTER is refused while trace is received: the probe's part has to be stopped for it. */
static void it_survives_a_replug_and_a_loss_of_power(void **state)
{
	static const char *const rules[] = { "command %u gone 300", "command %u power-off\n"
					     "command %u power-on" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct harness *h = halted("STM32F407VG", "V2J37S7");
		struct faults *faults = firmware_faults(firmware_of(h));
		struct why why = { "" };
		char text[80];
		unsigned now;

		harness_monitor(h, "swo on 100k");
		now = (unsigned)faults->seen[FAULT_AT_COMMAND];
		snprintf(text, sizeof(text), rules[i], now + 5, now + 9);
		assert_int_equal(faults_parse(faults, text, &why), 0);
		harness_continue(h, 5000);
		faults->count = 0;
		harness_break(h, 0);
		harness_monitor(h, "reset halt");
		h->clients[0].console_length = 0;
		assert_null(harness_continue(h, 100));
		if (!strstr(h->clients[0].console, SPOKEN))
			fail_msg("%s: %s", rules[i], h->clients[0].console);
		harness_free(h);
	}
}

static uint32_t word_at(struct harness *h, uint32_t address)
{
	uint32_t value = 0;

	assert_int_equal(bus_read(machine_bus(h->machine), address, 4, &value, BUS_DEBUG), BUS_OK);
	return value;
}

static void leaving_puts_everything_back(void **state)
{
	static const uint32_t registers[] = { 0xE0042004, 0xE0000E00, 0xE0000E80, 0xE0001000 };
	struct harness *h = harness_new("STM32F407VG");
	uint32_t before[ARRAY_SIZE(registers)];

	(void)state;
	POKE(h, program_speak);
	harness_boot(h);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		before[i] = word_at(h, registers[i]);
	harness_connect_gdb(h, 0);
	harness_monitor(h, "swo on");
	harness_ask(h, 0, "D");
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		assert_int_equal(word_at(h, registers[i]), before[i]);
	harness_free(h);
}

static void other_servers_names_work(void **state)
{
	static const struct {
		const char *command, *words;
	} rows[] = {
		{ "SWO EnableTarget 16000000 1000000 1 0", "SWO at 1000000 Hz; core clock 16000000 Hz, as told" },
		{ "SWO EnableTarget 0 0 0x1 0", "SWO at 2000000 Hz" },
		{ "SWO DisableTarget 0xFFFFFFFF", "" },
		{ "traceswo enable 500000", "SWO at 500000 Hz" },
		{ "traceswo disable", "" },
		{ "tpiu config internal - uart off 16000000 2000000", "SWO at 2000000 Hz" },
		{ "itm port 0 on", "" },
		{ "itm ports on", "" },
		{ "tpiu config disable", "" },
		{ "swo", "SWO is off" },
		{ "tpiu config internal", "Usage" },
	};
	struct harness *h = halted("STM32F407VG", "V2J37S7");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_monitor_says(h, rows[i].command, rows[i].words);
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_port_0_says_comes_to_the_console),
		cmocka_unit_test(every_kind_of_chip_with_an_itm_can_do_it),
		cmocka_unit_test(what_was_said_before_a_stop_is_told_before_it),
		cmocka_unit_test(it_costs_nothing_while_it_is_off),
		cmocka_unit_test(speeds_are_what_the_clock_and_the_probe_allow),
		cmocka_unit_test(chips_that_have_none_say_so),
		cmocka_unit_test(a_clock_that_changes_is_followed),
		cmocka_unit_test(a_buffer_that_runs_over_is_said),
		cmocka_unit_test(firmware_that_writes_too_fast_is_told_of),
		cmocka_unit_test(raw_bytes_go_to_who_wants_them),
		cmocka_unit_test(it_survives_a_replug_and_a_loss_of_power),
		cmocka_unit_test(leaving_puts_everything_back),
		cmocka_unit_test(other_servers_names_work),
	};

	return cmocka_run_group_tests_name("swo", tests, NULL, NULL);
}
