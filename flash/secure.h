/* SPDX-License-Identifier: MIT
 *
 * Flash of a chip with TrustZone on: pages that are not secure are made so for as long as a job takes.
 */
#ifndef FLASH_SECURE_H
#define FLASH_SECURE_H

#include "targets/board.h"

/* A bit for each page, as they were; all zero before secure_pages_begin(). */
struct secure_pages {
	bool held;
	uint8_t before[64];
};

/* From now on all pages are read, erased and programmed at the secure alias. Does nothing with TrustZone off. The
 * core must not run firmware until secure_pages_end() or a reset. E_PROTECTED when the bits do not stay. */
int secure_pages_begin(struct secure_pages *pages, struct core *core, struct why *why);
/* As it was. Twice is fine. */
int secure_pages_end(struct secure_pages *pages, struct core *core);

#endif
