/* SPDX-License-Identifier: MIT
 *
 * SWO: the core's ITM, through the trace port's one pin, into the probe.
 */
#ifndef TARGETS_SWO_H
#define TARGETS_SWO_H

#include <stdint.h>

#include "targets/board.h"

/* Sets up pin, trace port, the ITM's stimulus ports (a mask; those that the firmware turned on stay on) and
 * the probe, for a core clock of clock_hz; *baud is at most what is asked for, and becomes what it is.
 * E_FIRMWARE, E_CHIP, E_ARGUMENT with the reason in why. */
int swo_start(struct board *board, uint32_t clock_hz, uint32_t ports, uint32_t *baud, struct why *why);
/* Turns it off; pin and ITM are put back by board_detach. */
int swo_stop(struct board *board);

/* A look at the cycle counter that swo_start has started. */
struct swo_look {
	uint32_t cycles;
	uint64_t at_us;		/* on the link's clock, give or take doubt_us */
	uint32_t doubt_us;
};
/* One exchange. */
int swo_look(struct board *board, struct swo_look *look);

#endif
