/* SPDX-License-Identifier: MIT
 *
 * Firmware that makes a board hard to reach, as the bytes that a careless build would leave in flash.
 */
#ifndef PROBE_VIRTUAL_BAD_FIRMWARE_H
#define PROBE_VIRTUAL_BAD_FIRMWARE_H

#include <stddef.h>

#include "probe/virtual/faults.h"
#include "probe/virtual/spec.h"

enum { BAD_FIRMWARE_MAX = 256 };

/* Fills image with a vector table and the program of a mishap, for the beginning of flash; returns how
 * many bytes, 0 when that mishap is none of the firmware's. E_CHIP where nothing is known of this family. */
int bad_firmware_build(const struct virtual_spec *spec, const struct fault_rule *mishap,
		       uint8_t image[BAD_FIRMWARE_MAX], struct why *why);

#endif
