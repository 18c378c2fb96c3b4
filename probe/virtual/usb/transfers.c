/* SPDX-License-Identifier: MIT
 *
 * Transfers of a mock USB device, from submission to reaping. The device node is a FIFO whose fill
 * level says "a transfer is done": a full FIFO is not writable, so libusb's poll sleeps instead of
 * spinning.
 */
#include "probe/virtual/usb/private.h"

#include <errno.h>
#include <linux/usb/ch9.h>
#include <linux/usbdevice_fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PRECISE_US = 1500 };	/* timers of GLib count milliseconds: the rest is slept through */

static void flag_clear(int fifo)
{
	static const char filler[4096];

	while (write(fifo, filler, sizeof(filler)) > 0)
		;
}

static void flag_set(int fifo)
{
	char drain[4096];

	while (read(fifo, drain, sizeof(drain)) > 0)
		;
}

static struct usbdevfs_urb *urb_of(const struct usb_urb *u)
{
	return (struct usbdevfs_urb *)(void *)u->data->data;
}

static void urb_finish(struct usb_door *door, struct usb_urb *u, int status, size_t length)
{
	struct usbdevfs_urb result = *urb_of(u);

	result.status = status;
	result.actual_length = (int)length;
	umockdev_ioctl_data_update(u->data, 0, (uint8_t *)&result, sizeof(result));
	u->done = true;
	flag_set(door->fifo);
}

static void urb_forget(struct usb_door *door, size_t i)
{
	struct usb_urb *u = &door->urbs[i];

	if (u->timer) {
		g_source_destroy(u->timer);
		g_source_unref(u->timer);
	}
	g_object_unref(u->data);
	if (u->buffer)
		g_object_unref(u->buffer);
	memmove(u, u + 1, (door->urb_count - i - 1) * sizeof(*u));
	door->urb_count--;
}

static int copy(uint8_t *to, size_t size, const uint8_t *from, size_t length)
{
	if (length > size)
		length = size;
	memcpy(to, from, length);
	return (int)length;
}

static int answer_descriptor(const struct usb_identity *identity, const uint8_t *setup,
			     uint8_t *to, size_t size)
{
	unsigned index = setup[2];

	switch (setup[3]) {
	case USB_DT_DEVICE:
		return copy(to, size, identity->device, sizeof(identity->device));
	case USB_DT_CONFIG:
		return copy(to, size, identity->configuration, identity->configuration_length);
	case USB_DT_STRING:
		if (index < USB_STRINGS_MAX && identity->strings[index][0])
			return copy(to, size, identity->strings[index], identity->strings[index][0]);
		return -EPIPE;
	}
	return -EPIPE;
}

/* What a host may ask of any device (USB 2.0, 9.4). */
static int answer_request(const struct usb_identity *identity, const uint8_t *setup, uint8_t *to, size_t size)
{
	static const uint8_t bus_powered[] = { 0, 0 }, first_configuration[] = { 1 };

	switch (setup[1]) {
	case USB_REQ_GET_DESCRIPTOR:
		return answer_descriptor(identity, setup, to, size);
	case USB_REQ_GET_STATUS:
		return copy(to, size, bus_powered, sizeof(bus_powered));
	case USB_REQ_GET_CONFIGURATION:
		return copy(to, size, first_configuration, sizeof(first_configuration));
	}
	return -EPIPE;
}

static void control_transfer(struct usb_door *door, struct usb_urb *u)
{
	uint8_t *setup = u->buffer->data;
	size_t room = (size_t)u->buffer->data_len - 8;
	uint8_t reply[512];
	int length = -EPIPE;

	if (room > sizeof(reply))
		room = sizeof(reply);
	if (setup[0] == (USB_DIR_IN | USB_TYPE_STANDARD | USB_RECIP_DEVICE))
		length = answer_request(&door->identity, setup, reply, room);
	if (length < 0) {
		urb_finish(door, u, length, 0);
		return;
	}
	umockdev_ioctl_data_update(u->buffer, 8, reply, length);
	urb_finish(door, u, 0, (size_t)length);
}

static void sleep_until(int64_t due_us)
{
	struct timespec due = { due_us / 1000000, (long)(due_us % 1000000) * 1000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
		;
}

struct late {			/* the end of a transfer, still on its way */
	struct usb_door *door;
	UMockdevIoctlData *data;
};

static gboolean late_arrives(gpointer context)
{
	struct late *late = context;

	for (size_t i = 0; i < late->door->urb_count; i++) {
		struct usb_urb *u = &late->door->urbs[i];

		if (u->data != late->data || u->done)
			continue;
		sleep_until(u->due_us);
		urb_finish(late->door, u, u->late_status, u->late_length);
	}
	return G_SOURCE_REMOVE;
}

/* Never blocks the worker for longer than PRECISE_US. */
static void urb_finish_after(struct usb_door *door, struct usb_urb *u, int status, size_t length,
			     uint64_t delay_us)
{
	struct late *late;

	u->due_us = g_get_monotonic_time() + (int64_t)delay_us;
	if (delay_us < PRECISE_US) {
		if (delay_us)
			sleep_until(u->due_us);
		urb_finish(door, u, status, length);
		return;
	}
	late = g_new(struct late, 1);
	*late = (struct late){ door, u->data };
	u->late_status = status;
	u->late_length = length;
	u->timer = g_timeout_source_new((unsigned)((delay_us - PRECISE_US / 2) / 1000));
	g_source_set_callback(u->timer, late_arrives, late, g_free);
	g_source_attach(u->timer, g_main_context_get_thread_default());
}

static bool waits_for_data(const struct usb_urb *u)
{
	const struct usbdevfs_urb *urb = urb_of(u);

	return !u->done && !u->timer && urb->type == USBDEVFS_URB_TYPE_BULK &&
	       urb->endpoint & USB_DIR_IN;
}

static void serve(struct usb_door *door, struct usb_urb *u)
{
	struct usbdevfs_urb *urb = urb_of(u);
	size_t size = (size_t)urb->buffer_length;
	uint8_t *reply = g_malloc(size + 1);
	uint64_t delay_us = 0;
	int length = door->function.in(door->function.context, urb->endpoint, reply, size, &delay_us);

	if (length > 0)
		umockdev_ioctl_data_update(u->buffer, 0, reply, length);
	g_free(reply);
	if (length != -EAGAIN)
		urb_finish_after(door, u, length < 0 ? length : 0, length > 0 ? (size_t)length : 0,
				 delay_us);
}

/* Gives the device's replies to the transfers that wait for them, oldest first. */
static void serve_all(struct usb_door *door)
{
	for (size_t i = 0; i < door->urb_count; i++)
		if (waits_for_data(&door->urbs[i]))
			serve(door, &door->urbs[i]);
}

static void bulk_transfer(struct usb_door *door, struct usb_urb *u)
{
	struct usbdevfs_urb *urb = urb_of(u);
	size_t length = (size_t)urb->buffer_length;
	uint64_t delay_us = 0;
	int status;

	if (!(urb->endpoint & USB_DIR_IN)) {
		status = door->function.out(door->function.context, urb->endpoint,
					    u->buffer ? u->buffer->data : NULL, length, &delay_us);
		if (status != -EINPROGRESS)
			urb_finish_after(door, u, status, status ? 0 : length, delay_us);
	}
	serve_all(door);
}

int usb_transfer_submit(struct usb_door *door, const UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
	struct usb_urb *u = &door->urbs[door->urb_count];
	struct usbdevfs_urb *urb;

	if (door->urb_count == USB_URBS_MAX)
		return -ENOMEM;
	memset(u, 0, sizeof(*u));
	u->client = client;
	u->data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_urb), NULL);
	if (!u->data)
		return -EFAULT;
	urb = urb_of(u);
	if (urb->buffer_length > 0)
		u->buffer = umockdev_ioctl_data_resolve(
			u->data, offsetof(struct usbdevfs_urb, buffer),
			(size_t)urb->buffer_length, NULL);
	if (urb->buffer_length > 0 && !u->buffer) {	/* the program was killed meanwhile */
		g_object_unref(u->data);
		return -EFAULT;
	}
	door->urb_count++;
	if (urb->type == USBDEVFS_URB_TYPE_CONTROL && u->buffer && u->buffer->data_len >= 8)
		control_transfer(door, u);
	else if (urb->type == USBDEVFS_URB_TYPE_BULK)
		bulk_transfer(door, u);
	else
		urb_finish(door, u, -EINVAL, 0);
	return 0;
}

int usb_transfer_reap(struct usb_door *door, const UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
	UMockdevIoctlData *pointer;
	size_t i = 0;

	while (i < door->urb_count && (!door->urbs[i].done || door->urbs[i].client != client))
		i++;
	if (i == door->urb_count) {
		flag_clear(door->fifo);
		return door->gone ? -ENODEV : -EAGAIN;
	}
	pointer = umockdev_ioctl_data_resolve(arg, 0, sizeof(void *), NULL);
	if (!pointer)
		return -EFAULT;
	umockdev_ioctl_data_set_ptr(pointer, 0, door->urbs[i].data);
	g_object_unref(pointer);
	urb_forget(door, i);
	return 0;
}

int usb_transfer_discard(struct usb_door *door, UMockdevIoctlData *arg)
{
	unsigned long address;

	memcpy(&address, arg->data, sizeof(address));
	for (size_t i = 0; i < door->urb_count; i++) {
		struct usb_urb *u = &door->urbs[i];

		if (u->data->client_addr == address && !u->done) {
			urb_finish(door, u, -ENOENT, 0);
			return 0;
		}
	}
	return -EINVAL;
}

void usb_transfer_drop_all(struct usb_door *door)
{
	while (door->urb_count)
		urb_forget(door, door->urb_count - 1);
	flag_clear(door->fifo);
}

void usb_transfer_cut_all(struct usb_door *door)
{
	for (size_t i = 0; i < door->urb_count; i++)
		if (!door->urbs[i].done)
			urb_finish(door, &door->urbs[i], -ESHUTDOWN, 0);
}

void usb_transfer_init_node(struct usb_door *door)
{
	flag_clear(door->fifo);
}
