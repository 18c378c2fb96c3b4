/* SPDX-License-Identifier: MIT
 *
 * The virtual ST-LINK as a USB device: descriptors of its model, and its firmware behind the bulk
 * endpoints of a usb_door. Host time between commands becomes the chip's time.
 */
#ifndef PROBE_VIRTUAL_USB_STLINK_H
#define PROBE_VIRTUAL_USB_STLINK_H

#include "probe/link.h"
#include "probe/virtual/spec.h"
#include "probe/virtual/usb/door.h"

struct usb_stlink;

/* Builds probe and board from the spec. Same errors as virtual_link_open. */
int usb_stlink_new(struct usb_stlink **out, const struct virtual_spec *spec, struct why *why);
void usb_stlink_free(struct usb_stlink *stlink);

/* What to plug in. */
const struct usb_identity *usb_stlink_identity(const struct usb_stlink *stlink);
struct usb_function usb_stlink_function(struct usb_stlink *stlink);
/* From now on the board lives through the host's time `factor` times over (1 to 1000). */
void usb_stlink_hurry(struct usb_stlink *stlink, unsigned factor);
/* The probe lost its power: its firmware starts anew when it is plugged in again. */
void usb_stlink_replug(struct usb_stlink *stlink);
/* gone is called from the bus's thread, once, when the schedule of faults unplugs the probe; it should
 * see to it that usb_door_unplug is called soon (from another thread). */
void usb_stlink_on_gone(struct usb_stlink *stlink, void (*gone)(void *context), void *context);
/* How long it then stays away; UINT64_MAX = for good. */
uint64_t usb_stlink_away_ns(const struct usb_stlink *stlink);
/* What the mock bus itself costs between two commands: that much of the host's time does not count. */
void usb_stlink_set_overhead(struct usb_stlink *stlink, uint64_t ns);

/* Command blocks so far, where time went, and how much of the host's time the chip lived through. */
struct usb_stlink_report {
	uint64_t commands, host_ns;
	struct link_times times;
};
void usb_stlink_report(const struct usb_stlink *stlink, struct usb_stlink_report *out);

#endif
