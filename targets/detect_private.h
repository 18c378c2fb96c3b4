/* SPDX-License-Identifier: MIT
 *
 * What the files of detection share.
 */
#ifndef TARGETS_DETECT_PRIVATE_H
#define TARGETS_DETECT_PRIVATE_H

#include "targets/board.h"

/* Makes board->chip one that nothing is known of and notes what was read. */
void detect_unknown(struct board *board);
/* Looks whether board->chip is a copy of an ST chip that only answers like one; then it is unknown. */
void detect_clone(struct board *board);

/* Reads the option words that shape the banks, and the size register. Refuses TrustZone: E_CHIP. */
int detect_flash(struct board *board, struct why *why);

#endif
