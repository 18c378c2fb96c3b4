/* SPDX-License-Identifier: MIT
 *
 * A block of 32-bit peripheral registers, used so that driver code reads like the manual: the first
 * error sticks and makes the rest do nothing, and is asked for once at the end.
 */
#ifndef FLASH_REGISTERS_H
#define FLASH_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/probe.h"

struct registers {
	struct probe *probe;		/* borrowed */
	struct probe_port port;
	uint32_t base;
	int error;			/* the first one, 0 while all is well */
	bool late;			/* E_TIMEOUT came from registers_poll(), not from the probe */
};

void registers_begin(struct registers *r, struct probe *probe, struct probe_port port,
		     uint32_t base);
void registers_write(struct registers *r, uint32_t offset, uint32_t value);
/* 0 after an error. */
uint32_t registers_read(struct registers *r, uint32_t offset);
/* Reads until (value & mask) == wanted, at least once; pauses grow from 100 us to 10 ms of link time.
 * E_TIMEOUT sticks after timeout_us. Returns the last value. */
uint32_t registers_poll(struct registers *r, uint32_t offset, uint32_t mask, uint32_t wanted,
			uint64_t timeout_us);

#endif
