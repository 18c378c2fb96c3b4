/* SPDX-License-Identifier: MIT
 *
 * What a fault schedule does to the chip itself: pins, reset line, flash, the program that runs.
 */
#ifndef PROBE_VIRTUAL_MISHAPS_H
#define PROBE_VIRTUAL_MISHAPS_H

#include "probe/virtual/faults.h"
#include "probe/virtual/machine.h"

/* To be called once, when the machine is new and the schedule is read. */
void mishaps_apply(const struct faults *faults, struct machine *machine);

#endif
