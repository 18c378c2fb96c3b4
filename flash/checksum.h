/* SPDX-License-Identifier: MIT
 *
 * Checksums of target memory, computed on the target by a small routine in loader RAM.
 */
#ifndef FLASH_CHECKSUM_H
#define FLASH_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"
#include "targets/core.h"

/* CRC-32 as GDB's qCRC has it: polynomial 04C11DB7, MSB first, init FFFFFFFF, no final xor. Start
 * with 0xFFFFFFFF. */
uint32_t crc32_gdb(uint32_t crc, const void *data, size_t length);

/* The same over target memory. The core must be halted; RAM and registers that the routine uses are put
 * back. Where the routine can't run (no loader RAM, range overlaps it, core can't execute) the
 * bytes are read instead. E_FAULT with the address in why, E_INTERRUPTED. */
int checksum_target(struct core *core, uint32_t address, uint32_t length, uint32_t *crc,
		    struct why *why);

/* The same over many ranges, for use inside a flash job: RAM and registers of the target are lost.
 * may_run = false reads the bytes instead of running code. */
struct checksum_range {
	uint32_t address, length;
	uint32_t crc;			/* result */
};
int checksum_ranges(struct core *core, struct checksum_range *ranges, size_t count, bool may_run,
		    struct why *why);

#endif
