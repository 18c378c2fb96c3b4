/* SPDX-License-Identifier: MIT
 *
 * Lists the ST-LINKs on USB. A probe that can't be opened or that another program holds is listed
 * too, and says so.
 */
#include "probe/usb_list.h"

#include "probe/models.h"
#include "probe/usb_device.h"
#include "probe/usb_holder.h"

enum { DEBUG_INTERFACE = 0 };

static const struct model *st_model(libusb_device *device)
{
	struct libusb_device_descriptor descriptor;

	if (libusb_get_device_descriptor(device, &descriptor) ||
	    descriptor.idVendor != USB_VENDOR_ST)
		return NULL;
	return model_find(descriptor.idProduct);
}

/* Claiming is the only way to learn whether somebody else has it. */
static int try_claim(libusb_device_handle *handle)
{
	int err = usb_error(libusb_claim_interface(handle, DEBUG_INTERFACE));

	if (!err)
		libusb_release_interface(handle, DEBUG_INTERFACE);
	return err == E_PROBE_BUSY ? err : OK;
}

static void describe(libusb_device *device, const struct model *model, struct usb_probe *probe)
{
	libusb_device_handle *handle = NULL;

	probe->holder[0] = '\0';
	probe->model = model->name;
	probe->usable = !model->advice;
	probe->advice = model->advice;
	usb_node(device, probe->node, sizeof(probe->node));
	probe->open_error = usb_error(libusb_open(device, &handle));
	usb_identify(device, probe->open_error ? NULL : handle, &probe->identity);
	if (probe->open_error)
		return;
	if (probe->usable)
		probe->open_error = try_claim(handle);
	libusb_close(handle);	/* or it would be ourselves who hold it */
	if (probe->open_error == E_PROBE_BUSY)
		usb_find_holder("/proc", probe->node, probe->holder, sizeof(probe->holder));
}

int usb_list_probes(struct usb_probe *out, size_t max)
{
	libusb_context *context;
	libusb_device **devices;
	size_t found = 0;
	ssize_t count;

	if (libusb_init(&context))
		return E_USB;
	count = libusb_get_device_list(context, &devices);
	for (ssize_t i = 0; i < count; i++) {
		const struct model *model = st_model(devices[i]);

		if (!model)
			continue;
		if (found < max)
			describe(devices[i], model, &out[found]);
		found++;
	}
	if (count >= 0)
		libusb_free_device_list(devices, 1);
	libusb_exit(context);
	return count < 0 ? usb_error((int)count) : (int)found;
}
