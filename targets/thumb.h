/* SPDX-License-Identifier: MIT
 *
 * Which memory an instruction reaches: for cores that do not tell the address of a fault.
 */
#ifndef TARGETS_THUMB_H
#define TARGETS_THUMB_H

#include <stdbool.h>
#include <stdint.h>

struct thumb_access {
	uint32_t address;
	unsigned align;		/* what the core wants: 1, 2 or 4 */
	bool store, several;	/* several: LDM, STM, PUSH, POP, LDRD, STRD */
};

/* Decodes a load or store (code: its two half-words) with the registers that it saw, r[15] being its own
 * address. False for any other instruction. Pure. */
bool thumb_decode(const uint16_t code[2], const uint32_t r[16], struct thumb_access *out);

#endif
