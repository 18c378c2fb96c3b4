/* SPDX-License-Identifier: MIT
 *
 * Flash that a load left unfinished, remembered from one process to the next: in a file beside the
 * journal, for this probe and the chip with this unique id.
 */
#ifndef TARGETS_UNFINISHED_H
#define TARGETS_UNFINISHED_H

#include "targets/board.h"

/* Before flash is touched: what may come out incomplete. size 0: all of it is whole. A virtual chip's load
 * ends with its process: nothing is written for it. */
void unfinished_remember(const struct board *board, uint32_t base, uint32_t size);
/* After attaching: puts what an earlier process left into board->unfinished, unless that says something
 * already. Reads the unique id only when there is such a file. */
void unfinished_recall(struct board *board);

#endif
