/* SPDX-License-Identifier: MIT
 *
 * Version replies, and opening a probe on a scripted link.
 */
#ifndef TESTS_UNIT_SCRIPTED_PROBE_H
#define TESTS_UNIT_SCRIPTED_PROBE_H

#include "probe/probe.h"

#include "tests/unit/fake_link.h"

#define V2J16 "24 00 83 04 48 37"
#define V2J37 "29 47 83 04 48 37"
#define V3 "30 00 83 04 4f 37"
#define V3J7 "03 00 07 03 00 00 00 00 83 04 4f 37"
#define END { NULL, NULL, NULL, 0 }
/* A probe of this version in mass storage mode: nothing to leave. */
#define OPEN(version) { "f1", NULL, version, 0 }, { "f5", NULL, "01 00", 0 }
#define OPEN_V3 OPEN(V3), { "fb", NULL, V3J7, 0 }

/* Opens a probe on this script; what goes wrong fails the test. */
struct probe *open_probe(struct fake_link *fake, const struct fake_step *steps);
/* Closes it; the script has to be played to its end. */
void close_probe(struct fake_link *fake, struct probe *probe);
/* Opening ends with this error, and why says this. */
void open_fails(const struct fake_step *steps, int err, const char *says);

#endif
