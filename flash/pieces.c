/* SPDX-License-Identifier: MIT
 *
 * Cutting a sector of the plan to pieces, a block at a time.
 */
#include "flash/pieces.h"

#include "probe/bytes.h"

void pieces_begin(struct pieces *p, const struct job *job, const struct job_sector *sector,
		  uint32_t block_most)
{
	p->job = job;
	p->sector = &sector->sector;
	p->block_most = block_most;
	p->at = sector->covered ? 0 : sector->sector.size;
	p->length = p->from = 0;
}

static bool is_erased(const uint8_t *data, uint32_t length, uint8_t erased)
{
	for (uint32_t i = 0; i < length; i++)
		if (data[i] != erased)
			return false;
	return true;
}

/* Whole rows apart from what stands before and behind them: the length of the first of these. */
static uint32_t cut_at_rows(const struct flash_device *device, uint32_t address, uint32_t length)
{
	uint32_t row = flash_row_bytes(device, address), before;

	if (!row)
		return length;
	before = -address % row;
	if (length < before + row)
		return length;
	return before ? min_u32(length, before) : length / row * row;
}

/* The end of what has to be programmed from p->from on, which is moved to its start. */
static uint32_t find_end(struct pieces *p)
{
	uint32_t granule = p->job->device.granule_bytes, to;
	uint8_t erased = p->job->plan->chip->erased;

	while (p->from < p->length && is_erased(p->block + p->from, granule, erased))
		p->from += granule;
	for (to = p->from; to < p->length && !is_erased(p->block + to, granule, erased); )
		to += granule;
	return to;
}

static bool next_block(struct pieces *p)
{
	p->at += p->length;
	if (p->at >= p->sector->size)
		return false;
	p->from = 0;
	p->length = min_u32(p->block_most, p->sector->size - p->at);
	flash_plan_compose(p->job->plan, p->sector->base + p->at, p->block, p->length);
	return true;
}

bool pieces_next(struct pieces *p, struct flash_piece *piece)
{
	uint32_t end = find_end(p);

	while (p->from == end) {
		if (!next_block(p))
			return false;
		end = find_end(p);
	}
	piece->address = p->sector->base + p->at + p->from;
	piece->data = p->block + p->from;
	piece->length = cut_at_rows(&p->job->device, piece->address, end - p->from);
	p->from += piece->length;
	return true;
}
