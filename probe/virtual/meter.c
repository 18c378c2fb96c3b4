/* SPDX-License-Identifier: MIT
 *
 * Spends the board's time and remembers on what.
 */
#include "probe/virtual/meter.h"

void meter_settle(struct meter *meter)
{
	uint64_t ns = meter->debt_ns;

	if (!ns)
		return;
	meter->debt_ns = 0;
	machine_advance(meter->machine, ns);
}

void meter_usb(struct meter *meter, uint64_t ns)
{
	meter_settle(meter);
	meter->usb_ns += ns;
	machine_advance(meter->machine, ns);
}

void meter_wait(struct meter *meter, uint64_t ns)
{
	meter_settle(meter);
	meter->wait_ns += ns;
	machine_advance(meter->machine, ns);
}

void meter_swd(struct meter *meter, uint64_t ns)
{
	meter->swd_ns += ns;
	meter->debt_ns += ns;
}

uint64_t meter_now_ns(const struct meter *meter)
{
	return machine_now_ns(meter->machine) + meter->debt_ns;
}
