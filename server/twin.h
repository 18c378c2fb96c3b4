/* SPDX-License-Identifier: MIT
 *
 * The description of a chip as it is, from which a virtual one is made: text, a fact in each line.
 *
 *	id 0x10076413			what the id register holds
 *	uid 0x00000000 ...		the three words of the unique id
 *	supply 3300			mV
 *	option RDP 0xaa			a field
 *	memory 0x1fff7800 00ff...	at most TWIN_LINE bytes of flash, EEPROM or OTP, from the beginning
 */
#ifndef SERVER_TWIN_H
#define SERVER_TWIN_H

#include <stdbool.h>
#include <stdio.h>

#include "server/engine_state.h"

enum { TWIN_LINE = 64 };

/* What went into it. */
struct twin_extent {
	uint32_t flash_bytes;		/* read, blank ones too */
	bool flash_asked, flash_closed, otp_closed;	/* closed = it can't be read */
};

/* Reads the chip (nothing is written to it) and writes the description. E_INTERRUPTED, E_SYSTEM, errors of
 * the probe. */
int twin_describe(struct engine *engine, struct core *core, bool with_flash, FILE *file,
		  struct twin_extent *extent, struct why *why);
/* "STM32F407VG" or "stm32f405,size=1024": this chip as `virtual:` takes it. */
void twin_part(const struct chip *chip, char *text, size_t size);

#endif
