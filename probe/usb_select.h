/* SPDX-License-Identifier: MIT
 *
 * Which probe is meant, and its serial number in readable form. Pure.
 */
#ifndef PROBE_USB_SELECT_H
#define PROBE_USB_SELECT_H

#include <stdint.h>

#include "probe/usb_list.h"

/* Serial number from a USB string descriptor. Old firmware holds 12 binary bytes: 24 hex digits;
 * clones hold anything: what is not printable becomes hex too. Cut at size; "" when there is none. */
void serial_from_descriptor(const uint8_t *descriptor, size_t length, char *out, size_t size);

/* Finds the probe that selector names (see link_usb_open) among count; *index is its place. Not
 * usable ones are only taken when nothing else matches, and then refused with their advice. */
int usb_select(const struct usb_probe *probes, size_t count, const char *selector, size_t *index,
	       struct why *why);

/* E_PERMISSION, naming the device file and the udev rule. */
int explain_permission(struct why *why, const struct usb_probe *probe);

#endif
