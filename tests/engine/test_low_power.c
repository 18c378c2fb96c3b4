/* SPDX-License-Identifier: MIT
 *
 * Firmware that sleeps: Sleep, Stop and Standby on each kind of chip, with the debug bits of DBGMCU and without; and
 * watchdogs that stand still while the core is halted.
 */
#include "tests/engine/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"

enum { FLASH = 0x08000000, CODE = FLASH + 0x100, WAIT = CODE + 0x1C, LIST = CODE + 0x20, ASLEEP = CODE + 0x16 };
enum { SCR = 0xE000ED10, SLEEPDEEP = 4, DHCSR = 0xE000EDF0, C_DEBUGEN = 1 };

/* Counts down from the word at WAIT, writes pairs of address and value up to a 0, then sleeps for ever.
 * v6-M, by arm-none-eabi-as:
 *	ldr r3, wait; 0: subs r3, #1; bpl 0b; adr r0, list
 *	1: ldr r1, [r0]; cmp r1, #0; beq 2f; ldr r2, [r0, #4]; str r2, [r1]; adds r0, #8; b 1b
 *	2: wfi; b 2b */
static const uint16_t program[] = { 0x4B06, 0x3B01, 0xD5FD, 0xA006, 0x6801, 0x2900, 0xD003, 0x6842, 0x600A, 0x3008,
				    0xE7F8, 0xBF30, 0xE7FD, 0x46C0 };

struct pair {
	uint32_t address, value;
};

static const struct part {
	const char *name;
	struct pair clock;		/* of PWR; address 0 = always on */
	struct pair standby;
} parts[] = {
	{ "STM32F407VG", { 0x40023840, 1 << 28 }, { 0x40007000, 2 } },
	{ "STM32F767ZI", { 0x40023840, 1 << 28 }, { 0x40007000, 2 } },
	{ "STM32F103CB", { 0x4002101C, 1 << 28 }, { 0x40007000, 2 } },
	{ "STM32F051C8", { 0x4002101C, 1 << 28 }, { 0x40007000, 2 } },
	{ "STM32L053R8", { 0x40021038, 1 << 28 }, { 0x40007000, 2 } },
	{ "STM32L152RE", { 0x40023824, 1 << 28 }, { 0x40007000, 2 } },
	{ "STM32G071RB", { 0x4002103C, 1 << 28 }, { 0x40007000, 3 } },
	{ "STM32L476RG", { 0x40021058, 1 << 28 }, { 0x40007000, 3 } },
	{ "STM32WB55CG", { 0, 0 }, { 0x58000400, 3 } },
	{ "STM32L552ZE", { 0x40021058, 1 << 28 }, { 0x40007000, 3 } },
	{ "STM32U575ZI", { 0x46020C94, 1 << 2 }, { 0x46020800, 4 } },
	{ "STM32H573ZI", { 0, 0 }, { 0x44020800, 1 } },
	{ "STM32H743ZI", { 0, 0 }, { 0x58024810, 7 } },
};

enum depth { SLEEP, STOP, STANDBY };

static void poke_program(struct harness *h, const struct part *part, enum depth depth, uint32_t wait)
{
	uint8_t image[0x200] = { 0 };
	struct pair list[4] = { { 0, 0 } };
	unsigned count = 0;

	put_u32(image, 0x20000400);
	for (unsigned i = 1; i < 16; i++)
		put_u32(image + 4 * i, CODE | 1);
	for (size_t i = 0; i < ARRAY_SIZE(program); i++)
		put_u16(image + (CODE - FLASH) + 2 * i, program[i]);
	put_u32(image + (WAIT - FLASH), wait);
	if (depth == STANDBY && part->clock.address)
		list[count++] = part->clock;
	if (depth == STANDBY)
		list[count++] = part->standby;
	if (depth != SLEEP)
		list[count++] = (struct pair){ SCR, SLEEPDEEP };
	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		put_u32(image + (LIST - FLASH) + 8 * i, list[i].address);
		put_u32(image + (LIST - FLASH) + 8 * i + 4, list[i].value);
	}
	harness_poke(h, FLASH, image, sizeof(image));
}

/* Halted at the reset vector of that firmware. */
static struct harness *at_reset(const struct part *part, enum depth depth, bool low_power_debug, uint32_t wait)
{
	struct harness *h = harness_init(part->name);

	h->options.board.low_power_debug = low_power_debug;
	harness_start(h);
	harness_connect_gdb(h, 0);
	poke_program(h, part, depth, wait);
	machine_set_power(h->machine, false);	/* for flags that know whether flash is empty */
	machine_set_power(h->machine, true);
	machine_advance(h->machine, 20000000);
	harness_monitor(h, "connect");
	harness_monitor(h, "reset halt");
	h->clients[0].console_length = 0;
	return h;
}

static void expect(struct harness *h, const char *text, const char *words)
{
	if (!text || !strstr(text, words))
		fail_msg("%s: no '%s' in: %s", h->spec.chip, words, text ? text : "nothing");
}

/* Ctrl-C is heard, at the place where it sleeps, and nothing was said meanwhile. */
static void assert_halts_in_sleep(struct harness *h)
{
	h->clients[0].console[h->clients[0].console_length] = '\0';
	if (h->clients[0].console_length)
		fail_msg("%s says: %s", h->spec.chip, h->clients[0].console);
	harness_break(h, 0);
	expect(h, h->clients[0].answer, "T02");
	if (harness_register(h, 15) - ASLEEP > 2)
		fail_msg("%s: halted at 0x%08x", h->spec.chip, harness_register(h, 15));
}

static void ctrl_c_reaches_a_core_that_sleeps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		for (enum depth depth = SLEEP; depth <= STANDBY; depth++) {
			struct harness *h = at_reset(&parts[i], depth, true, 0);

			assert_null(harness_continue(h, 20));
			assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_SLEEPING);
			assert_int_equal(cpu_is_deep_sleep(machine_cpu(h->machine)), depth != SLEEP);
			assert_halts_in_sleep(h);
			harness_free(h);
		}
}

/* Out of reach, it is waited for; the pin leads back. */
static void without_low_power_debug_it_really_sleeps(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct harness *h = at_reset(&parts[i], i % 2 ? STOP : STANDBY, false, 0);

		assert_null(harness_continue(h, 1000));
		expect(h, h->clients[0].console, "went silent");
		expect(h, h->clients[0].console, "--no-low-power-debug lets it do so");
		harness_break(h, 0);
		expect(h, h->clients[0].answer, "W00");
		expect(h, h->clients[0].console, "`monitor reset`");
		harness_monitor(h, "reset halt");
		if (harness_register(h, 15) != CODE)
			fail_msg("%s: after the reset at 0x%08x", h->spec.chip, harness_register(h, 15));
		harness_free(h);
	}
}

/* With DBG_STANDBY the debug state lives; waking up is a reset, which is told. */
static void a_wake_up_from_standby_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i += 4) {
		struct harness *h = at_reset(&parts[i], STANDBY, true, 0);
		const char *stop;

		assert_null(harness_continue(h, 20));
		machine_wake_up(h->machine);
		assert_null(harness_wait(h, 0, 20));
		expect(h, h->clients[0].console, "The chip was reset");
		harness_break(h, 0);
		assert_string_equal(harness_ask(h, 0, "Z1,8000106,2"), "OK");
		assert_null(harness_continue(h, 20));
		machine_wake_up(h->machine);
		stop = harness_wait(h, 0, 20);
		expect(h, stop, "hwbreak");
		harness_free(h);
	}
}

/* Without, RAM and debug state are lost; the session is picked up when the chip is awake for long enough. */
static void a_session_outlives_standby(void **state)
{
	struct harness *h = at_reset(&parts[0], STANDBY, false, 3000000);	/* 0.5 s of counting at 16 MHz */
	const char *stop;

	(void)state;
	assert_string_equal(harness_ask(h, 0, "Z1,8000106,2"), "OK");
	expect(h, harness_continue(h, 1000), "hwbreak");
	assert_null(harness_continue(h, 1000));
	expect(h, h->clients[0].console, "went silent");
	machine_wake_up(h->machine);
	stop = harness_wait(h, 0, 1000);
	expect(h, stop, "hwbreak");
	expect(h, h->clients[0].console, "The chip was reset or lost its power meanwhile");
	expect(h, h->clients[0].console, "answers again");
	harness_free(h);
}

static uint32_t word_at(struct harness *h, uint32_t address)
{
	uint32_t value = 0;

	machine_read(h->machine, address, 4, &value);
	return value;
}

static void the_switch_leaves_dbgmcu_alone(void **state)
{
	struct harness *h = at_reset(&parts[0], SLEEP, false, 0);

	(void)state;
	assert_int_equal(word_at(h, 0xE0042004) & 7, 0);
	assert_int_equal(word_at(h, 0xE0042008) & 0x1800, 0x1800);	/* the watchdogs stand still all the same */
	harness_free(h);
}

/* The independent one, started by hand with a short time; a halt that is much longer does not matter, and when
 * the core runs it bites. */
static void watchdogs_stand_still_while_halted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct harness *h = at_reset(&parts[i], SLEEP, true, 0);
		uint32_t base = engine_board(h->engine)->chip.watchdog_address;
		struct pair writes[] = { { base, 0x5555 }, { base + 8, 0x40 }, { base, 0xAAAA }, { base, 0xCCCC } };
		char line[40];

		for (size_t j = 0; j < ARRAY_SIZE(writes); j++) {
			snprintf(line, sizeof(line), "mww 0x%08x 0x%x", writes[j].address, writes[j].value);
			harness_monitor(h, line);
		}
		harness_run_ms(h, 3000);
		if (*harness_monitor(h, "halt") || harness_register(h, 15) != CODE)
			fail_msg("%s: %s", h->spec.chip, h->clients[0].console);
		h->clients[0].console_length = 0;
		assert_null(harness_continue(h, 100));
		expect(h, h->clients[0].console, "was reset (independent watchdog)");
		harness_free(h);
	}
}

/* The window watchdog likewise: 16 ms at the clock after reset. */
static void the_window_watchdog_stands_still_too(void **state)
{
	struct harness *h = at_reset(&parts[0], SLEEP, true, 0);

	(void)state;
	harness_monitor(h, "mww 0x40023840 0x800");	/* RCC_APB1ENR: WWDG */
	harness_monitor(h, "mww 0x40002C04 0x7F");
	harness_monitor(h, "mww 0x40002C00 0xFF");
	harness_run_ms(h, 3000);
	if (*harness_monitor(h, "halt") || harness_register(h, 15) != CODE)
		fail_msg("%s: %s", h->spec.chip, h->clients[0].console);
	h->clients[0].console_length = 0;
	assert_null(harness_continue(h, 100));
	expect(h, h->clients[0].console, "was reset (window watchdog)");
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ctrl_c_reaches_a_core_that_sleeps),
		cmocka_unit_test(without_low_power_debug_it_really_sleeps),
		cmocka_unit_test(a_wake_up_from_standby_is_told),
		cmocka_unit_test(a_session_outlives_standby),
		cmocka_unit_test(the_switch_leaves_dbgmcu_alone),
		cmocka_unit_test(watchdogs_stand_still_while_halted),
		cmocka_unit_test(the_window_watchdog_stands_still_too),
	};

	return cmocka_run_group_tests_name("low power", tests, NULL, NULL);
}
