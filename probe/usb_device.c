/* SPDX-License-Identifier: MIT
 *
 * Names of USB devices and of libusb's errors.
 */
#include "probe/usb_device.h"

#include "probe/error.h"
#include "probe/models.h"
#include "probe/usb_select.h"

#include <stdio.h>
#include <string.h>

enum { PORTS_MAX = 7 };	/* USB 3.0, 8.9: hubs stack no deeper */

int usb_error(int libusb_error)
{
	switch (libusb_error) {
	case LIBUSB_SUCCESS:
		return OK;
	case LIBUSB_ERROR_TIMEOUT:
		return E_TIMEOUT;
	case LIBUSB_ERROR_NO_DEVICE:
	case LIBUSB_ERROR_NOT_FOUND:
		return E_GONE;
	case LIBUSB_ERROR_ACCESS:
		return E_PERMISSION;
	case LIBUSB_ERROR_BUSY:
		return E_PROBE_BUSY;
	case LIBUSB_ERROR_NO_MEM:
		return E_MEMORY;
	default:
		return E_USB;
	}
}

void usb_path(libusb_device *device, char *out, size_t size)
{
	uint8_t ports[PORTS_MAX];
	int depth = libusb_get_port_numbers(device, ports, PORTS_MAX);
	int at = snprintf(out, size, "usb:%u", libusb_get_bus_number(device));

	/* A device without ports is known by its address alone (root hubs, emulations). */
	if (depth <= 0)
		snprintf(out + at, size - (size_t)at, "-%u", libusb_get_device_address(device));
	for (int i = 0; i < depth; i++)
		at += snprintf(out + at, size - (size_t)at, "%c%u", i ? '.' : '-', ports[i]);
}

void usb_node(libusb_device *device, char *out, size_t size)
{
	snprintf(out, size, "/dev/bus/usb/%03u/%03u", libusb_get_bus_number(device),
		 libusb_get_device_address(device));
}

/* In the first language that the device has. */
static void read_serial(libusb_device_handle *handle, uint8_t index, char *out, size_t size)
{
	uint8_t languages[4], text[255];
	uint16_t language = 0x0409;
	int length = libusb_get_string_descriptor(handle, 0, 0, languages, sizeof(languages));

	if (length == sizeof(languages))
		language = (uint16_t)(languages[2] | languages[3] << 8);
	length = libusb_get_string_descriptor(handle, index, language, text, sizeof(text));
	if (length > 0)
		serial_from_descriptor(text, (size_t)length, out, size);
}

void usb_identify(libusb_device *device, libusb_device_handle *handle,
		  struct link_identity *identity)
{
	struct libusb_device_descriptor descriptor;

	memset(identity, 0, sizeof(*identity));
	usb_path(device, identity->path, sizeof(identity->path));
	if (libusb_get_device_descriptor(device, &descriptor))
		return;
	identity->vendor = descriptor.idVendor;
	identity->product = descriptor.idProduct;
	if (handle && descriptor.iSerialNumber)
		read_serial(handle, descriptor.iSerialNumber, identity->serial,
			    sizeof(identity->serial));
}

static bool is_at(libusb_device *device, const char *path)
{
	struct libusb_device_descriptor descriptor;
	char text[64];

	if (libusb_get_device_descriptor(device, &descriptor) ||
	    descriptor.idVendor != USB_VENDOR_ST || !model_find(descriptor.idProduct))
		return false;
	usb_path(device, text, sizeof(text));
	return !strcmp(text, path);
}

int usb_open_path(libusb_context *context, const char *path, libusb_device_handle **out)
{
	libusb_device **devices;
	ssize_t count = libusb_get_device_list(context, &devices);
	int err = E_NO_PROBE;

	if (count < 0)
		return usb_error((int)count);
	for (ssize_t i = 0; i < count; i++) {
		if (!is_at(devices[i], path))
			continue;
		err = usb_error(libusb_open(devices[i], out));
		break;
	}
	libusb_free_device_list(devices, 1);
	return err;
}

static bool is_same_model(libusb_device *device, const struct link_identity *identity)
{
	struct libusb_device_descriptor descriptor;

	return !libusb_get_device_descriptor(device, &descriptor) &&
	       descriptor.idVendor == identity->vendor && descriptor.idProduct == identity->product;
}

static int open_if_same(libusb_device *device, struct link_identity *identity,
			libusb_device_handle **out)
{
	struct link_identity found;
	int err = usb_error(libusb_open(device, out));

	if (err)
		return err;
	usb_identify(device, *out, &found);
	if (!strcmp(found.serial, identity->serial)) {
		*identity = found;
		return OK;
	}
	libusb_close(*out);
	*out = NULL;
	return E_NO_PROBE;
}

int usb_open_again(libusb_context *context, struct link_identity *identity,
		   libusb_device_handle **out)
{
	libusb_device **devices;
	ssize_t count = libusb_get_device_list(context, &devices);
	int err = E_NO_PROBE;

	*out = NULL;
	if (count < 0)
		return usb_error((int)count);
	for (ssize_t i = 0; i < count && !*out; i++)
		if (is_same_model(devices[i], identity))
			err = open_if_same(devices[i], identity, out);
	libusb_free_device_list(devices, 1);
	return err;
}
