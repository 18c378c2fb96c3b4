/* SPDX-License-Identifier: MIT
 *
 * What was being changed for good when it broke off: flash by a load, option words. Remembered in the board, and
 * from one process to the next in files beside the journal, for this probe and the chip with this unique id.
 * A virtual chip ends with its process: nothing is written for it.
 */
#ifndef TARGETS_UNFINISHED_H
#define TARGETS_UNFINISHED_H

#include "targets/board.h"

/* Before flash is touched: what may come out incomplete. size 0: all of it is whole. */
void unfinished_remember(const struct board *board, uint32_t base, uint32_t size);
/* Before option bytes are touched: all words as they are and as they are going to be. */
void unfinished_remember_options(struct board *board, const uint32_t *before, const uint32_t *after);
/* They are known to be the ones or the others. */
void unfinished_forget_options(struct board *board);
/* After attaching: puts what an earlier process left into the board, unless that says something already. Reads the
 * unique id only when there is such a file. */
void unfinished_recall(struct board *board);

#endif
