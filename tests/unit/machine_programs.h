/* SPDX-License-Identifier: MIT
 *
 * Small firmwares for test_virtual_machine.c, with their source (arm-none-eabi-as, Thumb, at
 * 0x08000000: initial SP, reset vector, code, literals).
 */
#ifndef TESTS_UNIT_MACHINE_PROGRAMS_H
#define TESTS_UNIT_MACHINE_PROGRAMS_H

#include <stdint.h>

/*
 * ldr r0,=0x20000000
 * 1: ldr r1,[r0]
 * adds r1,#1
 * str r1,[r0]
 * b 1b
 */
static const uint32_t count_program[] = {
	0x20001000, 0x08000009, 0x5000F04F, 0x31016801, 0xE7FB6001,
};

/*
 * counts its boots, starts the IWDG, never feeds it
 * ldr r0,=0x20000000
 * ldr r1,[r0]
 * adds r1,#1
 * str r1,[r0]
 * ldr r0,=0x40003000
 * movw r1,#0xCCCC
 * str r1,[r0]
 * 1: b 1b
 */
static const uint32_t watchdog_program[] = {
	0x20001000, 0x08000009, 0x5000F04F, 0x31016801, 0x48026001, 0x41CCF64C,
	0xE7FE6001, 0x40003000,
};

/*
 * unlocks, programs 8 words at 0x08008000 without polling BSY, counts at the end
 * ldr r0,=0x40023C00
 * ldr r1,=0x45670123
 * str r1,[r0,#4]
 * ldr r1,=0xCDEF89AB
 * str r1,[r0,#4]
 * movw r1,#0x201
 * str r1,[r0,#0x10]
 * ldr r2,=0x08008000
 * movs r3,#0
 * 2: str r3,[r2],#4
 * adds r3,#1
 * cmp r3,#8
 * bne 2b
 * ldr r0,=0x20000000
 * str r3,[r0]
 * 1: b 1b
 */
static const uint32_t self_program[] = {
	0x20001000, 0x08000009, 0x490A4809, 0x490A6041, 0xF2406041, 0x61012101,
	0x23004A08, 0x3B04F842, 0x2B083301, 0xF04FD1FA, 0x60035000, 0x0000E7FE,
	0x40023C00, 0x45670123, 0xCDEF89AB, 0x08008000,
};

/*
 * clocks GPIOA, makes PA13 an input
 * ldr r0,=0x40023830
 * movs r1,#1
 * str r1,[r0]
 * ldr r0,=0x40020000
 * movs r1,#0
 * str r1,[r0]
 * 1: b 1b
 */
static const uint32_t pins_program[] = {
	0x20001000, 0x08000009, 0x21014803, 0x48036001, 0x60012100, 0x0000E7FE,
	0x40023830, 0x40020000,
};

/*
 * Stop mode
 * ldr r0,=0xE000ED10
 * movs r1,#4
 * str r1,[r0]
 * 1: wfi
 * b 1b
 */
static const uint32_t stop_program[] = {
	0x20001000, 0x08000009, 0x21044802, 0xBF306001, 0x0000E7FD, 0xE000ED10,
};

/*
 * counts boots, resets the chip at each
 * ldr r0,=0x20000000
 * ldr r1,[r0]
 * adds r1,#1
 * str r1,[r0]
 * ldr r0,=0xE000ED0C
 * ldr r1,=0x05FA0004
 * str r1,[r0]
 * 1: b 1b
 */
static const uint32_t sysreset_program[] = {
	0x20001000, 0x08000009, 0x5000F04F, 0x31016801, 0x48026001, 0x60014902,
	0x0000E7FE, 0xE000ED0C, 0x05FA0004,
};

#endif
