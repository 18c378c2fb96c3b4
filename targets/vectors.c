/* SPDX-License-Identifier: MIT
 *
 * A program starts from two words: its stack pointer and its reset vector. DDI 0403E B1.5.3.
 */
#include "targets/vectors.h"

#include <stdio.h>

#include "probe/bytes.h"
#include "targets/cortexm.h"

int vectors_read(struct core *core, uint32_t vtor, struct vectors *out)
{
	uint8_t bytes[4 * VECTORS];
	uint32_t done = 0;
	int err = memory_read(core, vtor, bytes, sizeof(bytes), &done);

	*out = (struct vectors){ .base = vtor, .readable = !err && done == sizeof(bytes) };
	for (size_t i = 0; out->readable && i < VECTORS; i++)
		out->word[i] = get_u32(bytes + 4 * i);
	chip_flash_address(&core->board->chip, vtor, &out->base);
	return err == E_FAULT ? 0 : err;
}

int vectors_find(struct core *core, struct vectors *out)
{
	uint32_t vtor = 0;
	int err = probe_read_u32(core->board->probe, core->port, VTOR, &vtor);

	return err ? err : vectors_read(core, vtor, out);
}

bool vectors_are_blank(const struct vectors *vectors)
{
	uint32_t sp = vectors->word[VECTOR_SP];

	return vectors->readable && (sp == 0 || sp == UINT32_MAX) && vectors->word[VECTOR_RESET] == sp;
}

/* The first push goes below the stack pointer. */
static bool is_in_ram(const struct board *board, uint32_t sp)
{
	return board_area_at(board, sp - 4, NULL) == AREA_RAM;
}

void vectors_judge(const struct board *board, const struct vectors *vectors, char *text, size_t size)
{
	uint32_t sp = vectors->word[VECTOR_SP], reset = vectors->word[VECTOR_RESET];
	enum board_area area = board_area_at(board, reset, NULL);

	text[0] = '\0';
	if (!vectors->readable)
		return;
	if (vectors_are_blank(vectors))
		snprintf(text, size, "the vector table is blank: 0x%08x reads %08X; no program is there",
			 vectors->base, sp);
	else if (!is_in_ram(board, sp))
		snprintf(text, size, "the vector table is no vector table: its first word, the initial stack "
			 "pointer, is 0x%08x, which is not in RAM", sp);
	else if (!(reset & 1))
		snprintf(text, size, "the reset vector at 0x%08x is 0x%08x: even, where a Thumb address "
			 "is odd", vectors->base + 4 * VECTOR_RESET, reset);
	else if (area == AREA_NONE || area == AREA_PERIPHERAL)
		snprintf(text, size, "the reset vector at 0x%08x is 0x%08x, where no memory is",
			 vectors->base + 4 * VECTOR_RESET, reset);
}
