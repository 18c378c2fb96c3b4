/* SPDX-License-Identifier: MIT
 *
 * What we change in a target and put back: registers by their values of before, BKPTs in RAM by the code
 * that they replaced. In memory, and in the journal file for the case that this process dies.
 */
#ifndef TARGETS_TRACES_H
#define TARGETS_TRACES_H

#include "targets/board.h"

/* Takes over what a process that died has left behind for this probe and chip; what this process knows of
 * another chip (by the name of its file) is dropped. */
void traces_load(struct board *board, const char *chip_before);
/* Before a register is written that has this value: the first value kept for it counts and is returned. */
uint32_t traces_keep(struct board *board, uint32_t address, uint32_t value);
/* Before a BKPT takes the place of an instruction in RAM. */
void traces_keep_code(struct board *board, uint32_t address, uint16_t code);
/* Takes BKPTs of a dead process out of RAM, where they still are. */
int traces_put_back_code(struct board *board);
/* Writes all registers back, the last one first; not DEMCR, which goes with the end of debugging. Then there
 * is no journal any more. */
int traces_put_back(struct board *board);

#endif
