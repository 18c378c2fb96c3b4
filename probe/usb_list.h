/* SPDX-License-Identifier: MIT
 *
 * Finds ST-LINK probes on USB and names them. Linux-only details stay here and in link_usb.
 */
#ifndef PROBE_USB_LIST_H
#define PROBE_USB_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/error.h"
#include "probe/link.h"

struct usb_probe {
	struct link_identity identity;
	const char *model;	/* "ST-LINK/V2-1", ... static text */
	bool usable;		/* false: V1, or a probe in its bootloader; see advice */
	const char *advice;	/* what to do when not usable, or NULL; static text */
	char node[32];		/* the device file that has to be opened: "/dev/bus/usb/001/004" */
	int open_error;		/* 0, E_PERMISSION or E_PROBE_BUSY, found while reading the strings */
	char holder[64];	/* who has a busy probe: "openocd (process 1234)"; "" = not known */
};

/* Lists probes into out (at most max). Returns how many there are, or a negative error. */
int usb_list_probes(struct usb_probe *out, size_t max);

/* Opens the one probe that selector names: NULL or "" = the only one; a serial number or the start
 * of one, any case (12-byte binary serials by their hex form); "usb:BUS-PORT". E_NO_PROBE,
 * E_MANY_PROBES, E_PERMISSION, E_PROBE_BUSY, E_REFUSED (V1, bootloader) with the next step in why. */
int link_usb_open(struct link **out, const char *selector, struct why *why);

#endif
