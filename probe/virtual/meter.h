/* SPDX-License-Identifier: MIT
 *
 * Spends the board's time and remembers on what. SWD time is collected and spent just before the
 * bus is touched, so that a running core and a transfer interleave word by word.
 */
#ifndef PROBE_VIRTUAL_METER_H
#define PROBE_VIRTUAL_METER_H

#include <stdint.h>

#include "probe/virtual/machine.h"

struct meter {
	struct machine *machine;	/* borrowed */
	uint64_t usb_ns, swd_ns, wait_ns;
	uint64_t debt_ns;		/* SWD time that the machine has not lived through yet */
};

/* USB transfers and the probe's own work. */
void meter_usb(struct meter *meter, uint64_t ns);
/* Clocks on the wire; the machine's time passes at the next meter_settle. */
void meter_swd(struct meter *meter, uint64_t ns);
/* Waiting: of the host, for a deadline, for a pin. */
void meter_wait(struct meter *meter, uint64_t ns);
/* Lets the machine live through what was collected. */
void meter_settle(struct meter *meter);
/* Virtual time with everything collected, in ns. */
uint64_t meter_now_ns(const struct meter *meter);

#endif
