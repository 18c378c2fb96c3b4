/* SPDX-License-Identifier: MIT
 *
 * The virtual probe as a link in this process. Opening it is in spec.h; here is what tests reach
 * for.
 */
#ifndef PROBE_VIRTUAL_LINK_VIRTUAL_H
#define PROBE_VIRTUAL_LINK_VIRTUAL_H

#include "probe/link.h"
#include "probe/virtual/firmware/firmware.h"
#include "probe/virtual/spec.h"

/* The firmware behind a link made by virtual_link_open; not owned. */
struct firmware *virtual_link_firmware(struct link *link);

/* The serial number that a virtual probe of this spec has: 24 hex digits or what the spec says. */
void virtual_serial(const struct virtual_spec *spec, char out[64]);

#endif
