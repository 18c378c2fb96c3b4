/* SPDX-License-Identifier: MIT
 *
 * Two libusb transfers under one deadline: a command block and its data. Private to probe/.
 */
#ifndef PROBE_USB_TRANSFER_H
#define PROBE_USB_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include <libusb.h>

#include "probe/link.h"
#include "probe/models.h"

/* One of the two; must not move while it is pending. */
struct usb_transfer {
	struct libusb_transfer *libusb;
	bool pending;		/* libusb holds it */
};

struct usb_pair {
	libusb_context *context;
	struct link *clock;
	struct usb_transfer command, data;
	bool stuck;		/* a cancelled transfer never came back: libusb keeps its memory */
	uint8_t block[LINK_COMMAND_SIZE];
};

/* Borrows the context, and the link for its time. E_MEMORY. */
int usb_pair_init(struct usb_pair *pair, libusb_context *context, struct link *clock);
/* Not allowed while stuck. */
void usb_pair_clear(struct usb_pair *pair);
/* Runs an exchange to its end: when it returns nothing is pending any more (or the pair is stuck,
 * which is E_GONE from then on). */
int usb_pair_run(struct usb_pair *pair, libusb_device_handle *handle, const struct model *model,
		 struct link_exchange *x);

#endif
