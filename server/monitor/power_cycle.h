/* SPDX-License-Identifier: MIT
 *
 * Off and on: by the probe where it can, else by a person.
 */
#ifndef SERVER_POWER_CYCLE_H
#define SERVER_POWER_CYCLE_H

#include "server/monitor/monitor.h"

/* Switches the target's power. E_FIRMWARE when the probe can't. The target is lost when it goes off. */
int power_switch(struct monitor_call *call, bool on);
/* Off, half a second, on, and connected again. */
int power_cycle(struct monitor_call *call);
/* Waits until somebody has switched it off and on, and connects again. E_TIMEOUT when nobody does. */
int power_wait(struct monitor_call *call, uint32_t seconds);

#endif
