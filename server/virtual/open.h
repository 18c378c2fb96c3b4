/* SPDX-License-Identifier: MIT
 *
 * From "virtual:CHIP[,KEY=VALUE...]" to a virtual probe; only in tether-virtual.
 */
#ifndef SERVER_VIRTUAL_OPEN_H
#define SERVER_VIRTUAL_OPEN_H

#include "server/rig.h"
#include "server/virtual/twin.h"
#include "probe/virtual/spec.h"

/* Fills spec from the selector. E_ARGUMENT, E_CHIP with the reason in why. Touches nothing. twin is what spec may
 * borrow from; to be cleared in any case. */
int virtual_open_parse(struct virtual_spec *spec, struct virtual_twin *twin, const char *selector,
		       const struct chip_library *chips, struct why *why);

extern const struct virtual_opener virtual_open;

#endif
