/* SPDX-License-Identifier: MIT
 *
 * What is in flash now: which sectors hold something, and which are protected against writing.
 */
#ifndef FLASH_SURVEY_H
#define FLASH_SURVEY_H

#include <stdbool.h>
#include <stddef.h>

#include "flash/flash.h"

enum flash_content {
	FLASH_BLANK,
	FLASH_SEEMS_BLANK,	/* its beginning is; the core runs, so more was not looked at */
	FLASH_WRITTEN,
	FLASH_UNREADABLE,
};

struct flash_survey_row {
	struct chip_sector sector;
	enum flash_content content;
	bool is_protected;	/* against erasing and programming */
};

/* All sectors in their order, to be freed by the caller. A halted core computes checksums for it, and is left
 * as it was; a running one is not disturbed. A chip without a driver has no protection that is known.
 * E_CHIP without flash, E_INTERRUPTED, errors of the probe. */
int flash_survey(struct core *core, const struct flash_options *options, struct flash_survey_row **rows,
		 size_t *count, struct why *why);

#endif
