/* SPDX-License-Identifier: MIT
 *
 * A mock USB device from inside: usb_door.c plugs it, usb_requests.c answers the kernel's requests,
 * usb_transfers.c carries the bytes. Requests come on umockdev's worker thread, one at a time.
 */
#ifndef PROBE_VIRTUAL_USB_PRIVATE_H
#define PROBE_VIRTUAL_USB_PRIVATE_H

#include <umockdev.h>

#include "probe/virtual/usb/door.h"

enum { USB_URBS_MAX = 64 };

struct usb_urb {		/* a transfer the host has submitted */
	const UMockdevIoctlClient *client;	/* whose it is; to compare only */
	UMockdevIoctlData *data, *buffer;
	bool done;
	GSource *timer;		/* its end is on its way */
	int64_t due_us;		/* g_get_monotonic_time() of that */
	int late_status;
	size_t late_length;
};

struct usb_door {
	struct usb_bus *bus;
	struct usb_identity identity;
	struct usb_function function;
	UMockdevIoctlBase *handler;
	UMockdevIoctlClient *claimed_by;
	char node[128], path[128];
	int fifo;		/* the device node; empty = a transfer is done */
	struct usb_plug plug;
	bool gone;
	struct usb_urb urbs[USB_URBS_MAX];
	size_t urb_count;
};

/* Return 0 or a negative errno, as the kernel's request does. */
int usb_request_answer(struct usb_door *door, UMockdevIoctlClient *client, unsigned long request,
		       UMockdevIoctlData *arg);
int usb_transfer_submit(struct usb_door *door, const UMockdevIoctlClient *client, UMockdevIoctlData *arg);
int usb_transfer_reap(struct usb_door *door, const UMockdevIoctlClient *client, UMockdevIoctlData *arg);
int usb_transfer_discard(struct usb_door *door, UMockdevIoctlData *arg);
/* Forgets all transfers; nobody will reap them. */
void usb_transfer_drop_all(struct usb_door *door);
/* Ends all transfers as the kernel does when the device is unplugged. */
void usb_transfer_cut_all(struct usb_door *door);
/* A FIFO that is full: nothing to reap. */
void usb_transfer_init_node(struct usb_door *door);

/* How many programs but this one have the node open; UINT_MAX when that can't be found out. */
unsigned usb_door_holders(const struct usb_door *door);

#endif
