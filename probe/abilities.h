/* SPDX-License-Identifier: MIT
 *
 * What a firmware is called and what it can do, from the bytes of its version replies. Pure.
 */
#ifndef PROBE_ABILITIES_H
#define PROBE_ABILITIES_H

#include "probe/probe.h"

enum { VERSION_SIZE = 6, VERSION3_SIZE = 12 };

/* The 6 bytes of command F1. product tells a V2-1, whose numbers are read differently. */
void version_parse(struct probe_version *version, const uint8_t reply[VERSION_SIZE],
		   uint16_t product);
/* The 12 bytes of command FB, for major >= 3. */
void version_parse_v3(struct probe_version *version, const uint8_t reply[VERSION3_SIZE],
		      uint16_t product);
/* The abilities of a version: the one place that knows since when a firmware can do what. */
void abilities_of(struct probe_abilities *abilities, const struct probe_version *version);

#endif
