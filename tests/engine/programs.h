/* SPDX-License-Identifier: MIT
 *
 * Tiny programs for engine tests: words of flash from 0x08000000, with their source beside them
 * (assembled by arm-none-eabi-as for a Cortex-M4).
 */
#ifndef TESTS_ENGINE_PROGRAMS_H
#define TESTS_ENGINE_PROGRAMS_H

#include <stdint.h>

enum { PROGRAM_BASE = 0x08000000 };

/* Counts in r0 and at 0x20000000, for ever; calls func each time.
 *	08000008 reset:	movs r0, #0
 *			mov  r1, #0x20000000
 *	0800000e loop:	adds r0, #1
 *	08000010	str  r0, [r1]
 *	08000012	bl   func
 *	08000016	b    loop
 *	08000018 func:	adds r2, r0, #3
 *			bx   lr				*/
static const uint32_t program_loop[] = {
	0x20020000, 0x08000009, 0xf04f2000, 0x30015100, 0xf0006008, 0xe7faf801, 0x47701cc2,
};
enum { LOOP_RESET = 0x08000008, LOOP_TOP = 0x0800000e, LOOP_STORE = 0x08000010,
       LOOP_FUNC = 0x08000018, LOOP_COUNTER = 0x20000000 };

/* Writes "hello\n" by semihosting, then exits with status 0.
 *	08000008 reset:	movs r0, #4	@ SYS_WRITE0
 *			ldr  r1, =text
 *	0800000c	bkpt 0xAB
 *			movs r0, #0x18	@ SYS_EXIT
 *			ldr  r1, =0x20026
 *	08000012	bkpt 0xAB
 *			b .
 *	08000020 text:	"hello\n"			*/
static const uint32_t program_hello[] = {
	0x20020000, 0x08000009, 0x49032004, 0x2018beab, 0xbeab4902, 0x0000e7fe, 0x08000020,
	0x00020026, 0x6c6c6568, 0x00000a6f,
};
enum { HELLO_BKPT = 0x0800000c };

/* Reads from where nothing is; the handler loops.
 *	08000010 reset:	ldr  r0, =0xDEADBEEC
 *	08000012	ldr  r0, [r0]
 *	08000014 handler: b  handler			*/
static const uint32_t program_fault[] = {
	0x20020000, 0x08000011, 0x00000000, 0x08000015, 0x68004801, 0x0000e7fe, 0xdeadbeec,
};

#endif
