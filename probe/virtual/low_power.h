/* SPDX-License-Identifier: MIT
 *
 * Which deep sleep a chip's PWR has chosen.
 */
#ifndef PROBE_VIRTUAL_LOW_POWER_H
#define PROBE_VIRTUAL_LOW_POWER_H

#include "probe/virtual/chips/soc.h"

/* True: Standby, where the core's domain loses its power; false: Stop, and families where Standby is not
 * modelled. */
bool low_power_is_standby(const struct soc *soc);

#endif
