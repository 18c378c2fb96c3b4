/* SPDX-License-Identifier: MIT
 *
 * Firmware that goes wrong, one way each, and what its user reads: the signal in GDB, the line on the
 * console, the story of `monitor fault`. Code assembled by arm-none-eabi-as.
 */
#include "tests/engine/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"

enum { FLASH = 0x08000000, CODE = FLASH + 0x100, HANDLER = FLASH + 0x140, IDLE = FLASH + 0x180,
       STACK = 0x20001000 };
enum { NOTICED_MS = 5 };	/* a poll each millisecond, and the telling */

#define M4 "STM32F407VG"
#define M3 "STM32F103CB"
#define M0 "STM32F051C8"
#define M0PLUS "STM32L053R8"
#define M7 "STM32H743ZI"
#define M33 "STM32U575ZI"

struct scene {
	const char *what, *part;
	const char *stop;		/* how the stop reply begins */
	const char *console, *story;	/* words in them */
	uint16_t code[12];
	uint32_t sp, reset, hardfault;	/* 0 = as they should be; BLANK */
	uint16_t handler[4];		/* of SVC */
};

#define BLANK UINT32_MAX

#define UDF { 0xDE00 }
#define CALL_NULL { 0x2000, 0x4780 }			/* movs r0, #0; blx r0 */
#define BRANCH_EVEN { 0x4800, 0x4780, 0x0200, 0x0800 }	/* ldr r0, =0x08000200; blx r0 */
#define READ_NOTHING { 0xF04F, 0x40C0, 0x6841 }		/* mov r0, #0x60000000; ldr r1, [r0, #4] */
#define WRITE_NOTHING { 0xF04F, 0x40C0, 0x6041, 0xBF00, 0xE7FE }	/* ...; str r1, [r0, #4]; nop; b . */
#define RECURSE { 0xB5FF, 0xF7FF, 0xFFFD }		/* push {r0-r7, lr}; bl to it */
#define FPU { 0xEEB0, 0x0A60 }				/* vmov.f32 s0, s1 */
#define SVC { 0xDF00, 0xE7FE }

static const struct scene scenes[] = {
	{ "blank chip", M4, "T", "the vector table is blank: 0x08000000 reads FFFFFFFF", "lock-up",
	  { 0 }, BLANK, BLANK, BLANK, { 0 } },
	{ "blank chip, v8-M", M33, "T", "the vector table is blank: 0x08000000 reads FFFFFFFF", "lock-up",
	  { 0 }, BLANK, BLANK, BLANK, { 0 } },
	{ "blank chip, v6-M", M0, "T", "the vector table is blank: 0x08000000 reads FFFFFFFF", "lock-up",
	  { 0 }, BLANK, BLANK, BLANK, { 0 } },
	{ "no stack pointer", M4, "T", "the initial stack pointer, is 0x4000fff0, which is not in RAM",
	  "no stack frame at SP 0x4000ffd0", UDF, 0x4000FFF0, 0, 0, { 0 } },
	{ "even reset vector", M4, "T04", "the reset vector at 0x08000004 is 0x08000100: even",
	  "jump to an address without the Thumb bit", UDF, 0, CODE, 0, { 0 } },
	{ "even HardFault vector", M4, "T", "UDF #0 at 0x08000100",
	  "the HardFault vector at 0x0800000c is 0x08000180: even", UDF, 0, 0, IDLE, { 0 } },
	{ "blank HardFault vector", M3, "T", "UDF #0 at 0x08000100",
	  "the HardFault vector at 0x0800000c is blank (FFFFFFFF)", UDF, 0, 0, BLANK, { 0 } },
	{ "stack overflow", M4, "T", "is below RAM, which begins at 0x20000000", "bus error while stacking",
	  RECURSE, 0x20000020, 0, 0, { 0 } },
	{ "stack overflow, v6-M", M0, "T", "a write to 0x1ffffffc, below RAM, which begins at 0x20000000", "HardFault",
	  RECURSE, 0x20000020, 0, 0, { 0 } },
	{ "stack limit", M33, "T0b", "has reached its limit (MSPLIM, PSPLIM)", "stack limit",
	  /* ldr r0, =0x20000f00; msr msplim, r0; 1: push {r0-r7}; b 1b */
	  { 0x4802, 0xF380, 0x880A, 0xB4FF, 0xE7FD, 0x0000, 0x0F00, 0x2000 }, 0, 0, 0, { 0 } },
	{ "null function", M4, "T04", "a call through a null pointer; LR 0x08000105", "CFSR 0x00020000",
	  CALL_NULL, 0, 0, 0, { 0 } },
	{ "null function, v6-M", M0, "T0b", "a call through a null pointer", "no fault status registers",
	  CALL_NULL, 0, 0, 0, { 0 } },
	{ "even branch", M4, "T04", "branch to an even address, 0x08000200", "PC 0x08000200", BRANCH_EVEN,
	  0, 0, 0, { 0 } },
	{ "even branch, v6-M", M0PLUS, "T0b", "branch to an even address, 0x08000200", "HardFault",
	  BRANCH_EVEN, 0, 0, 0, { 0 } },
	{ "jump to nothing", M4, "T0a", "a jump to 0x30000000, where no memory is", "instruction fetch",
	  { 0x4800, 0x4780, 0x0001, 0x3000 }, 0, 0, 0, { 0 } },
	{ "jump to a peripheral", M4, "T0b", "peripherals are there", "nothing may be executed",
	  { 0x4800, 0x4780, 0x0001, 0x4000 }, 0, 0, 0, { 0 } },
	{ "erased flash", M4, "T04", "ran into erased flash at 0x08000800", "undefined instruction",
	  { 0x4800, 0x4700, 0x0801, 0x0800 }, 0, 0, 0, { 0 } },
	{ "udf", M4, "T04", "UDF #0 at 0x08000100: a trap", "HardFault\n", UDF, 0, 0, 0, { 0 } },
	{ "udf, v6-M", M0, "T0b", "UDF #0 at 0x08000100", "HardFault", UDF, 0, 0, 0, { 0 } },
	{ "FPU off", M4, "T04", "the FPU is off (CPACR 0x00000000)", "FPU or coprocessor", FPU, 0, 0, 0, { 0 } },
	{ "no FPU", M3, "T04", "this chip has no FPU", "FPU or coprocessor", FPU, 0, 0, 0, { 0 } },
	{ "division", M4, "T08", "division by zero", "CFSR 0x02000000",
	  /* CCR.DIV_0_TRP; dsb; udiv r1, r1, r2 */
	  { 0x4803, 0x2110, 0x6001, 0xF3BF, 0x8F4F, 0x2200, 0xFBB1, 0xF1F2, 0xED14, 0xE000 }, 0, 0, 0, { 0 } },
	{ "LDM", M4, "T0a", "unaligned LDM, STM, LDRD or STRD: 0x20000102", "unaligned access",
	  { 0x4801, 0xE890, 0x0006, 0x0000, 0x0102, 0x2000 }, 0, 0, 0, { 0 } },
	{ "LDRD", M7, "T0a", "unaligned LDM, STM, LDRD or STRD: 0x20000101", "unaligned access",
	  { 0x4801, 0xE9D0, 0x1200, 0x0000, 0x0101, 0x2000 }, 0, 0, 0, { 0 } },
	{ "unaligned by choice", M4, "T0a", "CCR.UNALIGN_TRP traps it", "unaligned access",
	  { 0x4803, 0x2108, 0x6001, 0xF3BF, 0x8F4F, 0x4802, 0x6801, 0x0000, 0xED14, 0xE000, 0x0101, 0x2000 },
	  0, 0, 0, { 0 } },
	{ "unaligned, v6-M", M0, "T0b", "unaligned access to 0x20000101: this core needs a multiple of 4",
	  "HardFault", { 0x4800, 0x6801, 0x0101, 0x2000 }, 0, 0, 0, { 0 } },
	{ "bus error", M4, "T0a", "a read from 0x60000004, where nothing is", "(BFAR)", READ_NOTHING,
	  0, 0, 0, { 0 } },
	{ "bus error, v6-M", M0, "T0b", "a read from 0x60000004, where nothing is", "HardFault",
	  { 0x4800, 0x6841, 0x0000, 0x6000 }, 0, 0, 0, { 0 } },
	{ "null data", M33, "T0a", "null pointer: a read from 0x00000010", "precise", { 0x2000, 0x6901 },
	  0, 0, 0, { 0 } },
	{ "imprecise", M4, "T0a", "a write before PC 0x08000106 went to where nothing answers; after `mww 0xE000E008 2`",
	  "imprecise", WRITE_NOTHING, 0, 0, 0, { 0 } },
	{ "imprecise, M7", M7, "T0a", "a write before PC 0x08000106 went to where nothing answers.", "imprecise",
	  WRITE_NOTHING, 0, 0, 0, { 0 } },
	{ "broken return", M4, "T04", "a return from an exception found no proper frame",
	  "broken return from an exception", SVC, 0, 0, 0, { 0xF06F, 0x000E, 0x4700 } },
	{ "VTOR astray", M4, "T0a", "the vector table at 0x30000000 (VTOR) can't be read",
	  "reading the vector table",
	  { 0x4803, 0xF04F, 0x5140, 0x6001, 0xF3BF, 0x8F4F, 0xDF00, 0x0000, 0xED08, 0xE000 }, 0, 0, 0, { 0 } },
};

static uint32_t or_else(uint32_t value, uint32_t usual)
{
	return value ? value : usual;
}

static void poke_scene(struct harness *h, const struct scene *scene)
{
	uint8_t image[0x200];

	memset(image, 0xFF, sizeof(image));
	for (unsigned i = 0; i < 16; i++)
		put_u32(image + 4 * i, IDLE | 1);
	put_u32(image, or_else(scene->sp, STACK));
	put_u32(image + 4, or_else(scene->reset, CODE | 1));
	put_u32(image + 12, or_else(scene->hardfault, IDLE | 1));
	put_u32(image + 4 * 11, HANDLER | 1);
	for (size_t i = 0; i < ARRAY_SIZE(scene->code); i++)
		put_u16(image + (CODE - FLASH) + 2 * i, scene->code[i]);
	for (size_t i = 0; i < ARRAY_SIZE(scene->handler); i++)
		put_u16(image + (HANDLER - FLASH) + 2 * i, scene->handler[i]);
	put_u16(image + (IDLE - FLASH), 0xE7FE);
	if (scene->reset != BLANK)
		harness_poke(h, FLASH, image, sizeof(image));
}

static void expect(const struct scene *scene, const char *where, const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("%s, %s: '%s' is not in: %s", scene->what, where, words, text);
}

static void play(const struct scene *scene)
{
	struct harness *h = harness_new(scene->part);
	const char *stop;

	poke_scene(h, scene);
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	h->clients[0].console_length = 0;
	stop = harness_continue(h, NOTICED_MS);
	if (!stop)
		fail_msg("%s: never stopped", scene->what);
	expect(scene, "stop reply", stop, scene->stop);
	expect(scene, "console", h->clients[0].console, scene->console);
	expect(scene, "console", h->clients[0].console, "`monitor fault` tells more");
	expect(scene, "story", harness_monitor(h, "fault"), scene->story);
	harness_free(h);
}

static void each_fault_has_its_story(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
		play(&scenes[i]);
}

/* Nobody was there when it happened; whoever comes later still finds the traces. */
static void a_fault_before_attaching_is_explained(void **state)
{
	static const struct scene scene = { "bkpt", M4, "", "", "", { 0xBE00 }, 0, 0, 0, { 0 } };
	struct harness *h = harness_new(M4);

	(void)state;
	poke_scene(h, &scene);
	harness_boot(h);
	harness_connect_gdb(h, 0);
	expect(&scene, "story", harness_monitor(h, "fault"), "a BKPT instruction while no debugger was attached");
	harness_free(h);
}

/* Without the catch the handler's own fault locks the core up, and that is noticed too. */
static void a_lock_up_is_noticed_within_a_poll(void **state)
{
	static const struct scene rows[] = {
		{ "M4", M4, "T0b", "HardFault and lock-up at PC 0x08000100: UDF #0", "the HardFault vector at 0x0800000c is blank", UDF, 0, 0,
		  BLANK, { 0 } },
		{ "M0", M0, "T0b", "HardFault and lock-up at PC 0x08000100: UDF #0", "blank", UDF, 0, 0, BLANK, { 0 } },
		{ "M33", M33, "T0b", "HardFault and lock-up at PC 0x08000100: UDF #0", "blank", UDF, 0, 0, BLANK, { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct harness *h = harness_new(rows[i].part);
		const char *stop;

		poke_scene(h, &rows[i]);
		harness_connect_gdb(h, 0);
		harness_monitor(h, "reset halt");
		expect(&rows[i], "catch", harness_monitor(h, "catch none"), "hard_err   off");
		h->clients[0].console_length = 0;
		stop = harness_continue(h, NOTICED_MS);
		if (!stop)
			fail_msg("%s: never stopped", rows[i].what);
		expect(&rows[i], "stop reply", stop, rows[i].stop);
		expect(&rows[i], "console", h->clients[0].console, rows[i].console);
		expect(&rows[i], "story", harness_monitor(h, "fault"), rows[i].story);
		harness_free(h);
	}
}

/* The user's own handlers run, unless a catch is asked for: while the core runs, too. */
static void enabled_faults_are_caught_when_asked(void **state)
{
	/* SHCSR.BUSFAULTENA; 1: ldr r1, =go; ldr r1, [r1]; cmp r1, #0; beq 1b; r0 = 0x60000000; ldr r1, [r0] */
	static const struct scene scene = { "catch", M4, "", "", "",
		{ 0x4805, 0xF44F, 0x3100, 0x6001, 0x4904, 0x6809, 0x2900, 0xD0FB, 0xF04F, 0x40C0, 0x6841, 0xE7FE },
		0, 0, 0, { 0 } };
	static const uint32_t literals[] = { 0xE000ED24, 0x20000000 };
	struct harness *h = harness_new(M4);
	const char *stop;

	(void)state;
	poke_scene(h, &scene);
	harness_poke(h, CODE + 0x18, literals, sizeof(literals));
	harness_connect_gdb(h, 0);
	harness_monitor(h, "reset halt");
	harness_poke(h, 0x20000000, "\0\0\0", 4);
	assert_null(harness_continue(h, 5));
	expect(&scene, "list", harness_monitor(h, "cortex_m vector_catch bus_err"), "bus_err    on");
	harness_poke(h, 0x20000000, "\1\0\0", 4);
	stop = harness_wait(h, 0, NOTICED_MS);
	assert_non_null(stop);
	expect(&scene, "stop reply", stop, "T0a");
	expect(&scene, "console", h->clients[0].console, "BusFault at PC 0x08000114: a read from 0x60000004");
	expect(&scene, "bad name", harness_monitor(h, "catch soft_err"), "can't be caught");
	harness_free(h);
}

static void what_a_core_lacks_is_said(void **state)
{
	static const struct scene scene = { "v6-M", M0, "", "", "", UDF, 0, 0, 0, { 0 } };
	struct harness *h = harness_new(M0);

	(void)state;
	harness_connect_gdb(h, 0);
	expect(&scene, "catch", harness_monitor(h, "catch mm_err"), "This core can't catch mm_err");
	assert_null(strstr(harness_monitor(h, "catch all"), "mm_err"));
	harness_free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_has_its_story),
		cmocka_unit_test(a_lock_up_is_noticed_within_a_poll),
		cmocka_unit_test(enabled_faults_are_caught_when_asked),
		cmocka_unit_test(what_a_core_lacks_is_said),
		cmocka_unit_test(a_fault_before_attaching_is_explained),
	};

	return cmocka_run_group_tests_name("fault stories", tests, NULL, NULL);
}
