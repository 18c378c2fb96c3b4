/* SPDX-License-Identifier: MIT
 *
 * Boards with something wrong, by name: `mishap=NAME[:N]+NAME` of the virtual board, or `always NAME
 * [N]` of a fault schedule.
 *
 *	nrst-unwired		the probe's nRST pin leads nowhere
 *	swd-unwired		SWDIO or SWCLK does
 *	long-wires:KHZ		SWD is understood up to that speed
 *	vtref-unwired		the probe measures no supply, though there is one
 *	no-power		there is none
 *	held-in-reset		something else holds nRST low
 *	junk			bytes 2 and 3 of longer replies are leftovers, as seen on V2
 *	no-debug-power		the debug domain's power-up request is never acknowledged
 *	reset-cuts-swd		a reset of the chip's own resets the debug port too
 *	halt-lost		every other request to halt has no effect
 *	no-size			the flash size register can't be read
 *	clone			another maker's copy; unknown-chip: an id that nobody knows
 *
 * Those below are firmware in flash (bad_firmware.c), which a load replaces:
 *
 *	pins-taken:MS		uses the SWD pins otherwise, that long after a reset
 *	sleeping		WFI from its first instruction; asleep: the same in Stop mode
 *	lock-up			its first instruction faults, and so does the fault
 *	half-copied		the same, since only its beginning was copied
 *	reset-loop:MS		resets itself; watchdog:MS: is reset by its watchdog
 *	slow-clock		lets the core run as slowly as it can
 */
#ifndef PROBE_VIRTUAL_MISHAPS_H
#define PROBE_VIRTUAL_MISHAPS_H

#include "probe/virtual/faults.h"
#include "probe/virtual/machine.h"

/* What is wrong with the silicon itself: before the machine is made. */
void mishaps_change_spec(const struct faults *faults, struct virtual_spec *spec);
/* The rest: once, when the machine is new. E_CHIP where a mishap is not known for this family. */
int mishaps_apply(const struct faults *faults, struct machine *machine, struct why *why);

#endif
