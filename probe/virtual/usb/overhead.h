/* SPDX-License-Identifier: MIT
 *
 * What the mock bus itself costs: measured with a device that answers at once and a program that
 * thinks about nothing.
 */
#ifndef PROBE_VIRTUAL_USB_OVERHEAD_H
#define PROBE_VIRTUAL_USB_OVERHEAD_H

#include <stdint.h>

#include "probe/virtual/usb/door.h"

/* Plugs an ST-LINK in at that port that knows one answer of 2 bytes, has talk() send it commands, one
 * after the other, in a process of its own, and pulls it out again. Returns the median time between the
 * end of a command and the next one, in ns; 0 when nothing was measured. */
uint64_t usb_overhead_measure(struct usb_bus *bus, unsigned port,
			      int (*talk)(const char *selector, unsigned commands));

#endif
