/* SPDX-License-Identifier: MIT
 *
 * A stand-in for the machine, for tests of the virtual probe's firmware alone: some memory, the
 * debug registers of a core that executes nothing, and switches for what can go wrong.
 */
#ifndef TESTS_UNIT_FAKE_MACHINE_H
#define TESTS_UNIT_FAKE_MACHINE_H

#include "probe/virtual/machine.h"

enum {
	FAKE_RAM = 0x20000000, FAKE_RAM_SIZE = 0x10000,
	FAKE_FLASH = 0x08000000, FAKE_FLASH_SIZE = 0x1000,	/* writable, may stall */
	FAKE_FIFO = 0x40000000,		/* each word read is one more than the last */
	FAKE_READ_ONLY_BIT = 1 << 9,	/* of xPSR: does not stick */
};

/* No acknowledge on SWD from now on (or again an answer). */
void fake_machine_set_dead(struct machine *machine, bool dead);
/* A write to flash keeps it busy for ns: accesses stall meanwhile. */
void fake_machine_set_busy(struct machine *machine, uint64_t ns);
/* The chip sends that on its trace pin, from now on. */
void fake_machine_trace(struct machine *machine, const void *bytes, size_t length, uint32_t baud);
/* Debug accesses that reached the bus, stalled ones not counted. */
unsigned fake_machine_accesses(const struct machine *machine);
unsigned fake_machine_resets(const struct machine *machine);
/* The spec of an STM32L152-like board; firmware is the personality. */
struct virtual_spec fake_machine_spec(const char *firmware);

#endif
