/* SPDX-License-Identifier: MIT
 *
 * Every way to reset, on every kind of core, with firmware that is there, blank or broken; on boards that
 * lack the pin or lose the wire. And resets that nobody asked for: told once, with their cause.
 */
#include "tests/engine/harness.h"
#include "tests/engine/programs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"

#define PART "STM32F407VG"

enum { FLASH = 0x08000000, CODE = FLASH + 0x100, COUNTER = 0x20000000, PC = 15, SP = 13 };

/* v6-M: counts at 0x20000000 for ever. movs r1, #1; lsls r1, r1, #29; 1: adds r0, #1; str r0, [r1]; b 1b */
static const uint16_t counting[] = { 0x2101, 0x0749, 0x3001, 0x6008, 0xE7FC };

static void poke_program(struct harness *h, uint32_t sp, uint32_t reset)
{
	uint8_t vectors[64] = { 0 };

	put_u32(vectors, sp);
	put_u32(vectors + 4, reset);
	for (unsigned i = 2; i < 16; i++)
		put_u32(vectors + 4 * i, CODE | 1);
	harness_poke(h, FLASH, vectors, sizeof(vectors));
	harness_poke(h, CODE, counting, sizeof(counting));
}

static void says(struct harness *h, const char *command, const char *words)
{
	const char *text = harness_monitor(h, command);

	if (!strstr(text, words))
		fail_msg("%s: '%s' says: %s", h->spec.chip, command, text);
}

/* No word but what is expected. */
static void is_silent(struct harness *h, const char *command)
{
	const char *text = harness_monitor(h, command);

	if (*text)
		fail_msg("%s: '%s' says: %s", h->spec.chip, command, text);
}

static struct harness *connected(const char *part, const char *mishaps)
{
	struct harness *h = harness_init(part);

	snprintf(h->spec.mishaps, sizeof(h->spec.mishaps), "%s", mishaps);
	harness_start(h);
	poke_program(h, 0x20000400, CODE | 1);
	machine_set_power(h->machine, false);	/* for flags that know whether flash is empty */
	machine_set_power(h->machine, true);
	machine_advance(h->machine, 20000000);
	harness_connect_gdb(h, 0);
	harness_monitor(h, "version");		/* what is to be told of the connection */
	return h;
}

static uint32_t counted(struct harness *h)
{
	uint32_t value;

	harness_peek(h, COUNTER, &value, sizeof(value));
	return value;
}

/* At the vector, and before the first instruction: r0 is not counted up. */
static void assert_at_vector(struct harness *h, const char *command)
{
	uint32_t zero = 0;

	harness_poke(h, COUNTER, &zero, sizeof(zero));
	is_silent(h, command);
	if (harness_register(h, PC) != CODE || harness_register(h, SP) != 0x20000400 || counted(h))
		fail_msg("%s: '%s': PC 0x%08x SP 0x%08x counted %u", h->spec.chip, command,
			 harness_register(h, PC), harness_register(h, SP), counted(h));
}

static void assert_runs(struct harness *h, const char *command)
{
	uint32_t before;

	is_silent(h, command);
	harness_run_ms(h, 1);
	before = counted(h);
	harness_run_ms(h, 1);
	if (before == counted(h))
		fail_msg("%s: '%s': it does not run", h->spec.chip, command);
}

/* Access port 1, no VTOR, slow clocks, two cores, bus closed in reset: each in a row. */
static const struct {
	const char *part;
	bool core_reset;
} parts[] = {
	{ PART, true }, { "STM32F103CB", true }, { "STM32L152RE", true }, { "STM32F051C8", false },
	{ "STM32L053R8", false }, { "STM32H745ZI", false }, { "STM32F767ZI", false },
	{ "STM32WB55CG", true }, { "STM32WL55JC", true }, { "STM32L552ZE", false }, { "STM32U575ZI", false },
	{ "STM32H573ZI", false }, { "STM32WBA55CG", false }, { "STM32G431RB", true },
};

static void each_way_on_each_core(void **state)
{
	static const char *const halting[] = {
		"reset", "reset halt", "reset init", "reset -halt", "reset halt system", "reset halt sysresetreq",
		"reset init sw", "reset pin", "reset halt hw", "reset 2",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct harness *h = connected(parts[i].part, "");
		size_t step = getenv("FULL") ? 1 : 3;

		for (size_t j = i % step; j < ARRAY_SIZE(halting); j += step)
			assert_at_vector(h, halting[j]);
		assert_at_vector(h, "reset halt pin");
		if (parts[i].core_reset)
			assert_at_vector(h, "reset halt core");
		else
			says(h, "reset halt core", "only Cortex-M3 and M4 have VECTRESET");
		assert_runs(h, "reset run");
		assert_runs(h, "reset run pin");
		harness_free(h);
	}
}

/* It stops all the same; and says why nothing will come of running it. */
static void a_blank_or_broken_table_stops_too(void **state)
{
	static const char *const some[] = { PART, "STM32F051C8", "STM32U575ZI", "STM32L152RE" };
	static const char *const commands[] = { "reset halt", "reset halt pin" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		struct harness *h = harness_new(some[i]);

		harness_connect_gdb(h, 0);
		harness_monitor(h, "version");
		for (size_t j = 0; j < ARRAY_SIZE(commands); j++)
			says(h, commands[j], "It is halted, but the vector table is blank: 0x08000000 reads");
		poke_program(h, 0x20000400, CODE);		/* even */
		is_silent(h, "reset halt");
		assert_int_equal(harness_register(h, PC), CODE);
		poke_program(h, 0x20000400, 0x30000001);	/* to nowhere */
		is_silent(h, "reset halt");
		assert_int_equal(harness_register(h, PC), 0x30000000);
		harness_free(h);
	}
}

static void a_type_can_be_preferred(void **state)
{
	struct harness *h = connected(PART, "");

	(void)state;
	says(h, "reset-type", "auto");
	says(h, "reset-type core", "core (VECTRESET)");
	is_silent(h, "mww 0x40023830 0x00100001");	/* RCC_AHB1ENR: survives a core reset only */
	assert_at_vector(h, "reset halt");
	says(h, "mdw 0x40023830", "00100001");
	says(h, "reset-type system", "SYSRESETREQ");
	assert_at_vector(h, "reset halt");
	says(h, "mdw 0x40023830", "00100000");
	says(h, "reset-type nonsense", "Usage");
	harness_free(h);
}

static void a_pin_that_does_nothing_is_said_once(void **state)
{
	struct harness *h = connected(PART, "nrst-unwired");

	(void)state;
	assert_at_vector(h, "reset halt");
	says(h, "reset-type pin", "pin");
	says(h, "reset halt", "NRST does nothing");
	assert_int_equal(harness_register(h, PC), CODE);
	assert_at_vector(h, "reset halt");	/* silently by SYSRESETREQ, and at once */
	says(h, "reset halt pin", "NRST is not connected");
	says(h, "reset-type", "NRST does nothing on this board");
	harness_free(h);
}

static void boards_that_lose_the_wire_are_reset(void **state)
{
	static const char *const mishaps[] = { "reset-cuts-swd", "halt-lost", "reset-cuts-swd+halt-lost" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mishaps); i++) {
		struct harness *h = connected(PART, mishaps[i]);

		assert_at_vector(h, "reset halt");
		assert_at_vector(h, "reset halt pin");
		assert_runs(h, "reset run");
		harness_free(h);
	}
}

/* The core sleeps in Stop mode without a clock for its debug port: only the pin is left. */
static void a_core_in_stop_mode_is_reset_by_the_pin(void **state)
{
	struct harness *h = harness_init(PART);

	(void)state;
	snprintf(h->spec.mishaps, sizeof(h->spec.mishaps), "asleep");
	h->options.board.low_power_debug = false;
	harness_start(h);
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset run");
	harness_run_ms(h, 50);
	says(h, "reset halt", "cuts SWD off");
	assert_int_equal(harness_register(h, PC), FLASH + 64);
	harness_free(h);
}

static void breakpoints_survive_resets(void **state)
{
	static const char *const commands[] = { "reset halt", "reset halt pin", "reset halt core" };
	struct harness *h = harness_new(PART);

	(void)state;
	harness_poke(h, PROGRAM_BASE, program_loop, sizeof(program_loop));
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	assert_string_equal(harness_ask(h, 0, "Z1,8000018,2"), "OK");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const char *stop;

		harness_monitor(h, commands[i]);
		stop = harness_continue(h, 10);
		assert_non_null(stop);
		assert_non_null(strstr(stop, "hwbreak"));
		assert_int_equal(harness_register(h, PC), LOOP_FUNC);
	}
	harness_free(h);
}

/* It runs from reset to its main without a stop, and copies the function over the BKPT on the way.
 *	ldr r0, =0x20000200; ldr r1, =0x47702207; str r1, [r0]; ldr r2, =0x20000
 *	1: subs r2, #1; bne 1b; adds r0, #1; 2: blx r0; b 2b */
static void breakpoints_in_ram_survive_startup_code(void **state)
{
	enum { FUNC = 0x20000200 };
	static const uint32_t program[] = { 0x20020000, 0x08000009, 0x49054804, 0x4A056001, 0xD1FD3A01, 0x47803001,
					    0xBF00E7FD, FUNC, 0x47702207, 0x20000 };
	struct harness *h = harness_new(PART);
	const char *stop;

	(void)state;
	harness_poke(h, PROGRAM_BASE, program, sizeof(program));
	harness_poke(h, FUNC, "\x00\x00\x00\x00", 4);
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	assert_string_equal(harness_ask(h, 0, "Z0,20000200,2"), "OK");
	stop = harness_continue(h, 1000);
	assert_non_null(stop);
	assert_int_equal(harness_register(h, PC), FUNC);
	assert_string_equal(harness_ask(h, 0, "m20000200,4"), "07227047");
	harness_free(h);
}

/* One line each, with the flag that is new; a button while the watchdog's flag still stands is no watchdog. */
static struct harness *reset_by_watchdog(const char *part, uint32_t watchdog)
{
	struct harness *h = connected(part, "");
	static const struct {
		uint32_t offset, value;
	} writes[] = { { 0, 0x5555 }, { 4, 0 }, { 8, 32 }, { 0, 0xCCCC } };	/* 4 ms */
	char command[60];

	harness_monitor(h, "reset halt");
	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		snprintf(command, sizeof(command), "mww 0x%x 0x%x", watchdog + writes[i].offset, writes[i].value);
		is_silent(h, command);
	}
	h->clients[0].console_length = 0;
	assert_null(harness_continue(h, 100));
	if (!strstr(h->clients[0].console, "was reset (independent watchdog)"))
		fail_msg("%s: no watchdog in: %s", part, h->clients[0].console);
	assert_null(strstr(strstr(h->clients[0].console, "was reset") + 1, "was reset"));
	return h;
}

/* H7A3 has the flags where no other H7 has them (RM0455, RCC_RSR). */
static void a_reset_that_nobody_asked_for_is_told_with_its_cause(void **state)
{
	struct harness *h;

	(void)state;
	harness_free(reset_by_watchdog("STM32H7A3ZI", 0x58004800));
	h = reset_by_watchdog(PART, 0x40003000);
	harness_break(h, 0);
	harness_continue(h, 5);
	h->clients[0].console_length = 0;
	harness_boot(h);
	harness_run_ms(h, 100);
	if (!strstr(h->clients[0].console, "was reset (independent watchdog once more, the pin"))
		fail_msg("no pin in: %s", h->clients[0].console);
	harness_free(h);
}

static void a_reset_while_halted_is_told_too(void **state)
{
	struct harness *h = connected(PART, "");

	(void)state;
	harness_monitor(h, "reset halt");
	harness_boot(h);
	harness_run_ms(h, 300);
	says(h, "version", "was reset from outside (software once more, the pin, or a wake-up from Standby) while it was halted");
	assert_int_equal(cpu_state(machine_cpu(h->machine)), CPU_HALTED);
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_on_each_core),
		cmocka_unit_test(a_blank_or_broken_table_stops_too),
		cmocka_unit_test(a_type_can_be_preferred),
		cmocka_unit_test(a_pin_that_does_nothing_is_said_once),
		cmocka_unit_test(boards_that_lose_the_wire_are_reset),
		cmocka_unit_test(a_core_in_stop_mode_is_reset_by_the_pin),
		cmocka_unit_test(breakpoints_survive_resets),
		cmocka_unit_test(breakpoints_in_ram_survive_startup_code),
		cmocka_unit_test(a_reset_that_nobody_asked_for_is_told_with_its_cause),
		cmocka_unit_test(a_reset_while_halted_is_told_too),
	};

	return cmocka_run_group_tests_name("resets", tests, NULL, NULL);
}
