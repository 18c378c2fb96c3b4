/* SPDX-License-Identifier: MIT
 *
 * What usb_list and link_usb share of libusb. Private to probe/.
 */
#ifndef PROBE_USB_DEVICE_H
#define PROBE_USB_DEVICE_H

#include <stddef.h>

#include <libusb.h>

#include "probe/link.h"

/* The enum error of a libusb error code. */
int usb_error(int libusb_error);
/* "usb:BUS-PORT", like the names below /sys/bus/usb/devices: "usb:1-4.2". */
void usb_path(libusb_device *device, char *out, size_t size);
/* The device file that libusb opens. */
void usb_node(libusb_device *device, char *out, size_t size);
/* Fills in the ids and the path; the serial number too when handle is not NULL. */
void usb_identify(libusb_device *device, libusb_device_handle *handle,
		  struct link_identity *identity);
/* Opens the device with that vendor, product and serial number wherever it is plugged in; its place
 * goes to identity->path. E_NO_PROBE when there is none. */
int usb_open_again(libusb_context *context, struct link_identity *identity,
		   libusb_device_handle **out);
/* Opens the device at a path that usb_path made. E_NO_PROBE, E_PERMISSION ... */
int usb_open_path(libusb_context *context, const char *path, libusb_device_handle **out);

#endif
