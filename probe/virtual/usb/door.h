/* SPDX-License-Identifier: MIT
 *
 * A USB device on a mock bus (umockdev): answers the kernel's usbfs requests for one device, so that the
 * real libusb enumerates, opens and talks to it. What the device says is the business of whoever
 * plugs it in; nothing here knows ST-LINK.
 */
#ifndef PROBE_VIRTUAL_USB_DOOR_H
#define PROBE_VIRTUAL_USB_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"

enum { USB_STRINGS_MAX = 8 };

/* Descriptors as they go over the wire. */
struct usb_identity {
	uint8_t device[18];
	uint8_t configuration[256];
	size_t configuration_length;
	uint8_t strings[USB_STRINGS_MAX][128];	/* whole descriptors; [i][0] is the length, 0 = none */
	bool high_speed;
};

/* The device's side of its bulk endpoints; called from the bus's thread only. */
struct usb_function {
	void *context;
	/* One transfer arrived. Returns 0, or a negative errno: the URB's status (-EPIPE stalls,
	 * -EINPROGRESS: not taken, it waits until it is cancelled). *delay_us: when it ends. */
	int (*out)(void *context, uint8_t endpoint, const uint8_t *bytes, size_t length,
		   uint64_t *delay_us);
	/* Fills the reply for an IN transfer: returns its length, -EAGAIN while there is nothing (NAK),
	 * or another negative errno as the URB's status. *delay_us: when it arrives. */
	int (*in)(void *context, uint8_t endpoint, uint8_t *bytes, size_t size, uint64_t *delay_us);
	/* The host claimed the device, or the program that had claimed it is gone. */
	void (*session)(void *context, bool open);
	void (*reset)(void *context);
	void (*clear_halt)(void *context);	/* of all endpoints */
};

struct usb_bus;
struct usb_door;

/* The mock bus; one for a process, which has to run under umockdev's preload library. E_SYSTEM. */
int usb_bus_new(struct usb_bus **out, struct why *why);
void usb_bus_free(struct usb_bus *bus);

/* Where a device is plugged in, and what is odd about it. */
struct usb_plug {
	unsigned port;		/* 1.. */
	bool busy;		/* a kernel driver or another program holds the interface */
	bool locked;		/* nobody has the right to open the node */
};

/* Plugs a device in, with a new address. Identity is copied; function's context is kept until
 * usb_door_unplug. E_SYSTEM. */
int usb_door_plug(struct usb_door **out, struct usb_bus *bus, const struct usb_plug *plug,
		  const struct usb_identity *identity, const struct usb_function *function,
		  struct why *why);
/* Unplugs as the kernel does: pending transfers end, then the remove event, then ENODEV. The door stays
 * as a ghost for programs that have it open; usb_bus_free frees it. */
void usb_door_unplug(struct usb_door *door);

#endif
