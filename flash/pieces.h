/* SPDX-License-Identifier: MIT
 *
 * What of a sector has to be programmed, piece by piece: without the erased stretches between, and with
 * whole rows apart from what stands before and behind them. Private to execute.c and together.c.
 */
#ifndef FLASH_PIECES_H
#define FLASH_PIECES_H

#include "flash/job.h"

struct pieces {
	const struct job *job;		/* borrowed, like sector */
	const struct chip_sector *sector;
	uint32_t block_most;		/* of a piece */
	uint32_t at;			/* offset of the block within the sector */
	uint32_t length, from;		/* of the block, and how much of it was given out */
	uint8_t block[JOB_BLOCK];
};

/* block_most is a multiple of granules, at most JOB_BLOCK. */
void pieces_begin(struct pieces *pieces, const struct job *job, const struct job_sector *sector,
		  uint32_t block_most);
/* The next one, in the order of addresses; its data is good until the call after. false = that was all. */
bool pieces_next(struct pieces *pieces, struct flash_piece *piece);

#endif
