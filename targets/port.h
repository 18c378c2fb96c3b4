/* SPDX-License-Identifier: MIT
 *
 * The access port of the core, looked for where chips with this DPIDR have it.
 */
#ifndef TARGETS_PORT_H
#define TARGETS_PORT_H

#include "targets/board.h"

/* An answer of a port that means: no core here, but perhaps behind another one. */
bool port_has_no_core(int err);

/* Finds and examines core 0 once SWD is up, beginning with its port of before; wakes a core that sleeps
 * with its clock off, except in a hot-plug. E_CHIP names a chip that is known and has no core for us. */
int port_find_core(struct board *board, struct why *why);
/* The same while the chip is held in reset, as far as it shows; its port stays what it was otherwise. */
void port_guess_core(struct board *board);

/* The core may be behind a port that the probe's firmware can't open. */
bool port_is_out_of_reach(const struct board *board);

#endif
