/* SPDX-License-Identifier: MIT
 *
 * The first words of a vector table, and what is wrong with them.
 */
#ifndef TARGETS_VECTORS_H
#define TARGETS_VECTORS_H

#include "targets/board.h"

enum { VECTOR_SP, VECTOR_RESET, VECTOR_NMI, VECTOR_HARDFAULT, VECTORS };

struct vectors {
	uint32_t base;			/* where they are in flash, when they are read through an alias */
	bool readable;			/* else protected, or nothing is there */
	uint32_t word[VECTORS];
};

/* Reads the table at that address, or the one that VTOR points at. */
int vectors_read(struct core *core, uint32_t vtor, struct vectors *out);
int vectors_find(struct core *core, struct vectors *out);
bool vectors_are_blank(const struct vectors *vectors);
/* Puts a sentence without full stop into text when no program can start from this table; else "". */
void vectors_judge(const struct board *board, const struct vectors *vectors, char *text, size_t size);

#endif
