/* SPDX-License-Identifier: MIT
 *
 * usbfs requests (Linux: include/uapi/linux/usbdevice_fs.h) answered for a device that is not there.
 * The device node is a FIFO whose fill level says "a transfer is done": a full FIFO is not
 * writable, so libusb's poll sleeps instead of spinning. Requests arrive on umockdev's worker
 * thread, one at a time for each client; completing a request is the last thing a handler does.
 */
#include "probe/virtual/usb_door.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usb/ch9.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <umockdev.h>
#include <unistd.h>

#include "probe/bytes.h"
#include "probe/log.h"

enum { URBS_MAX = 64, BUS_NUMBER = 1 };

struct urb {			/* a transfer the host has submitted */
	UMockdevIoctlData *data, *buffer;
	bool done;
	GSource *timer;		/* a reply on its way */
};

enum { DOORS_MAX = 64 };

struct usb_bus {
	UMockdevTestbed *testbed;
	unsigned next_address;
	struct usb_door *doors[DOORS_MAX];
	size_t door_count;
	GMainContext *worker;		/* umockdev's thread, once a request came; set there */
	GMutex lock;
};

struct usb_door {
	struct usb_bus *bus;
	struct usb_identity identity;
	struct usb_function function;
	UMockdevIoctlBase *handler;
	UMockdevIoctlClient *claimed_by;
	char node[128], path[128];
	int fifo;
	struct usb_plug plug;
	bool gone;
	struct urb urbs[URBS_MAX];
	size_t urb_count;
};

/* --- the FIFO as a flag --- */

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

/* --- transfers --- */

static struct usbdevfs_urb *urb_of(const struct urb *u)
{
	return (struct usbdevfs_urb *)(void *)u->data->data;
}

static void urb_finish(struct usb_door *door, struct urb *u, int status, size_t length)
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
	struct urb *u = &door->urbs[i];

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

static int answer_string(const struct usb_identity *identity, unsigned index, uint8_t *to,
			 size_t size)
{
	size_t length;

	if (index >= USB_STRINGS_MAX || !identity->strings[index][0])
		return -EPIPE;
	length = identity->strings[index][0];
	if (length > size)
		length = size;
	memcpy(to, identity->strings[index], length);
	return (int)length;
}

static int answer_descriptor(const struct usb_identity *identity, const uint8_t *setup,
			     uint8_t *to, size_t size)
{
	const uint8_t *from;
	size_t length;

	switch (setup[3]) {
	case USB_DT_DEVICE:
		from = identity->device;
		length = sizeof(identity->device);
		break;
	case USB_DT_CONFIG:
		from = identity->configuration;
		length = identity->configuration_length;
		break;
	case USB_DT_STRING:
		return answer_string(identity, setup[2], to, size);
	default:
		return -EPIPE;
	}
	if (length > size)
		length = size;
	memcpy(to, from, length);
	return (int)length;
}

static void control_transfer(struct usb_door *door, struct urb *u)
{
	uint8_t *setup = u->buffer->data;
	size_t room = (size_t)u->buffer->data_len - 8;
	uint8_t reply[512];
	int length = -EPIPE;

	if (room > sizeof(reply))
		room = sizeof(reply);
	if (setup[0] == (USB_DIR_IN | USB_TYPE_STANDARD | USB_RECIP_DEVICE) &&
	    setup[1] == USB_REQ_GET_DESCRIPTOR)
		length = answer_descriptor(&door->identity, setup, reply, room);
	if (length < 0) {
		urb_finish(door, u, length, 0);
		return;
	}
	umockdev_ioctl_data_update(u->buffer, 8, reply, length);
	urb_finish(door, u, 0, (size_t)length);
}

struct late {			/* a reply that is ready but still travelling */
	struct usb_door *door;
	UMockdevIoctlData *data;
	size_t length;
};

static gboolean late_arrives(gpointer context)
{
	struct late *late = context;

	for (size_t i = 0; i < late->door->urb_count; i++) {
		struct urb *u = &late->door->urbs[i];

		if (u->data == late->data && !u->done)
			urb_finish(late->door, u, 0, late->length);
	}
	return G_SOURCE_REMOVE;
}

static void urb_finish_later(struct usb_door *door, struct urb *u, size_t length, uint64_t us)
{
	struct late *late = g_new(struct late, 1);

	*late = (struct late){ door, u->data, length };
	u->timer = g_timeout_source_new((unsigned)((us + 999) / 1000));
	g_source_set_callback(u->timer, late_arrives, late, g_free);
	g_source_attach(u->timer, g_main_context_get_thread_default());
}

/* Gives the device's replies to the transfers that wait for them, oldest first. */
static void serve_in(struct usb_door *door)
{
	for (size_t i = 0; i < door->urb_count; i++) {
		struct urb *u = &door->urbs[i];
		struct usbdevfs_urb *urb = urb_of(u);
		uint64_t delay_us = 0;
		int length;

		if (u->done || u->timer || urb->type != USBDEVFS_URB_TYPE_BULK ||
		    !(urb->endpoint & USB_DIR_IN))
			continue;
		uint8_t *reply = g_malloc((size_t)urb->buffer_length);
		length = door->function.in(door->function.context, urb->endpoint, reply,
					   (size_t)urb->buffer_length, &delay_us);
		if (length > 0)
			umockdev_ioctl_data_update(u->buffer, 0, reply, length);
		g_free(reply);
		if (length == -EAGAIN)
			continue;
		if (length < 0)
			urb_finish(door, u, length, 0);
		else if (delay_us >= 1000)
			urb_finish_later(door, u, (size_t)length, delay_us);
		else
			urb_finish(door, u, 0, (size_t)length);
	}
}

static void bulk_transfer(struct usb_door *door, struct urb *u)
{
	struct usbdevfs_urb *urb = urb_of(u);
	size_t length = (size_t)urb->buffer_length;
	int status;

	if (!(urb->endpoint & USB_DIR_IN)) {
		status = door->function.out(door->function.context, urb->endpoint,
					    u->buffer ? u->buffer->data : NULL, length);
		if (status != -EINPROGRESS)
			urb_finish(door, u, status, status ? 0 : length);
	}
	serve_in(door);
}

/* --- requests --- */

static int submit(struct usb_door *door, UMockdevIoctlData *arg)
{
	struct urb *u = &door->urbs[door->urb_count];
	struct usbdevfs_urb *urb;

	if (door->urb_count == URBS_MAX)
		return -ENOMEM;
	memset(u, 0, sizeof(*u));
	u->data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_urb), NULL);
	if (!u->data)
		return -EFAULT;
	urb = urb_of(u);
	if (urb->buffer_length > 0)
		u->buffer = umockdev_ioctl_data_resolve(
			u->data, offsetof(struct usbdevfs_urb, buffer),
			(size_t)urb->buffer_length, NULL);
	door->urb_count++;
	if (urb->type == USBDEVFS_URB_TYPE_CONTROL && u->buffer && u->buffer->data_len >= 8)
		control_transfer(door, u);
	else if (urb->type == USBDEVFS_URB_TYPE_BULK)
		bulk_transfer(door, u);
	else
		urb_finish(door, u, -EINVAL, 0);
	return 0;
}

static int reap(struct usb_door *door, UMockdevIoctlData *arg)
{
	UMockdevIoctlData *pointer;
	size_t i = 0;

	while (i < door->urb_count && !door->urbs[i].done)
		i++;
	if (i == door->urb_count) {
		flag_clear(door->fifo);
		return door->gone ? -ENODEV : -EAGAIN;
	}
	pointer = umockdev_ioctl_data_resolve(arg, 0, sizeof(void *), NULL);
	umockdev_ioctl_data_set_ptr(pointer, 0, door->urbs[i].data);
	g_object_unref(pointer);
	urb_forget(door, i);
	return 0;
}

static int discard(struct usb_door *door, UMockdevIoctlData *arg)
{
	unsigned long address;

	memcpy(&address, arg->data, sizeof(address));
	for (size_t i = 0; i < door->urb_count; i++) {
		struct urb *u = &door->urbs[i];

		if (u->data->client_addr == address && !u->done) {
			urb_finish(door, u, -ENOENT, 0);
			return 0;
		}
	}
	return -EINVAL;
}

static void drop_transfers(struct usb_door *door)
{
	while (door->urb_count)
		urb_forget(door, door->urb_count - 1);
	flag_clear(door->fifo);
}

/* A program that ended without a word; umockdev 0.17.16 does not call client_vanished. */
static void forget_vanished(struct usb_door *door)
{
	if (!door->claimed_by || umockdev_ioctl_client_get_connected(door->claimed_by))
		return;
	g_clear_object(&door->claimed_by);
	drop_transfers(door);
	door->function.session(door->function.context, false);
}

static int claim(struct usb_door *door, UMockdevIoctlClient *client)
{
	if (door->plug.busy || (door->claimed_by && door->claimed_by != client))
		return -EBUSY;
	if (!door->claimed_by)
		door->claimed_by = g_object_ref(client);
	door->function.session(door->function.context, true);
	return 0;
}

static int release(struct usb_door *door, UMockdevIoctlClient *client)
{
	if (door->claimed_by == client)
		g_clear_object(&door->claimed_by);
	return 0;
}

static int answer_capabilities(UMockdevIoctlData *arg)
{
	uint32_t capabilities = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM;
	UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(uint32_t), NULL);

	umockdev_ioctl_data_update(data, 0, (uint8_t *)&capabilities, sizeof(capabilities));
	g_object_unref(data);
	return 0;
}

static int answer(struct usb_door *door, UMockdevIoctlClient *client, unsigned long request,
		  UMockdevIoctlData *arg)
{
	if (door->gone && request != USBDEVFS_REAPURBNDELAY && request != USBDEVFS_REAPURB)
		return -ENODEV;
	switch (request) {
	case USBDEVFS_GET_CAPABILITIES:
		return answer_capabilities(arg);
	case USBDEVFS_CLAIMINTERFACE:
	case USBDEVFS_DISCONNECT_CLAIM:
		return claim(door, client);
	case USBDEVFS_RELEASEINTERFACE:
		return release(door, client);
	case USBDEVFS_SUBMITURB:
		return submit(door, arg);
	case USBDEVFS_REAPURB:
	case USBDEVFS_REAPURBNDELAY:
		return reap(door, arg);
	case USBDEVFS_DISCARDURB:
		return discard(door, arg);
	case USBDEVFS_GETDRIVER:
		return -ENODATA;
	case USBDEVFS_RESET:
		drop_transfers(door);
		door->function.session(door->function.context, false);
		return 0;
	case USBDEVFS_SETCONFIGURATION:
	case USBDEVFS_SETINTERFACE:
	case USBDEVFS_CLEAR_HALT:
		return 0;
	case USBDEVFS_GET_SPEED:
		return door->identity.high_speed ? USB_SPEED_HIGH : USB_SPEED_FULL;
	default:
		return -ENOTTY;
	}
}

/* --- the umockdev object --- */

typedef struct {
	UMockdevIoctlBase parent;
	struct usb_door *door;
} DoorHandler;

typedef struct {
	UMockdevIoctlBaseClass parent;
} DoorHandlerClass;

GType door_handler_get_type(void);
G_DEFINE_TYPE(DoorHandler, door_handler, UMOCKDEV_TYPE_IOCTL_BASE)

static void remember_worker(struct usb_bus *bus)
{
	g_mutex_lock(&bus->lock);
	if (!bus->worker)
		bus->worker = g_main_context_ref_thread_default();
	g_mutex_unlock(&bus->lock);
}

static gboolean door_handle_ioctl(UMockdevIoctlBase *self, UMockdevIoctlClient *client)
{
	struct usb_door *door = ((DoorHandler *)self)->door;
	UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client);
	int result;

	remember_worker(door->bus);
	forget_vanished(door);
	result = answer(door, client, umockdev_ioctl_client_get_request(client), arg);
	umockdev_ioctl_client_complete(client, result < 0 ? -1 : result, result < 0 ? -result : 0);
	return TRUE;
}

static void door_handler_class_init(DoorHandlerClass *class)
{
	class->parent.handle_ioctl = door_handle_ioctl;
}

static void door_handler_init(DoorHandler *self)
{
	self->door = NULL;
}

/* --- plugging --- */

int usb_bus_new(struct usb_bus **out, struct why *why)
{
	struct usb_bus *bus;

	bus = calloc(1, sizeof(*bus));
	if (!bus)
		return E_MEMORY;
	g_mutex_init(&bus->lock);
	bus->testbed = umockdev_testbed_new();
	if (!umockdev_in_mock_environment()) {
		usb_bus_free(bus);
		return explain(why, E_SYSTEM, "the mock USB bus needs umockdev's preload library");
	}
	bus->next_address = 2;
	*out = bus;
	return 0;
}

void usb_bus_free(struct usb_bus *bus)
{
	if (!bus)
		return;
	g_object_unref(bus->testbed);
	for (size_t i = 0; i < bus->door_count; i++) {
		g_object_unref(bus->doors[i]->handler);
		g_clear_object(&bus->doors[i]->claimed_by);
		close(bus->doors[i]->fifo);
		free(bus->doors[i]);
	}
	if (bus->worker)
		g_main_context_unref(bus->worker);
	g_mutex_clear(&bus->lock);
	free(bus);
}

static int make_node(struct usb_door *door, struct why *why)
{
	gchar *root = umockdev_testbed_get_root_dir(door->bus->testbed);
	char folder[256], node[512];

	snprintf(folder, sizeof(folder), "%s/dev/bus/usb/%03u", root, BUS_NUMBER);
	snprintf(node, sizeof(node), "%s%s", root, door->node);
	g_free(root);
	if (g_mkdir_with_parents(folder, 0755) || mkfifo(node, 0666))
		return explain(why, E_SYSTEM, "cannot make %s: %s", node, strerror(errno));
	door->fifo = open(node, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (door->fifo < 0)
		return explain(why, E_SYSTEM, "cannot open %s: %s", node, strerror(errno));
	fcntl(door->fifo, F_SETPIPE_SZ, 4096);
	flag_clear(door->fifo);
	if (door->plug.locked && chmod(node, 0))
		return explain(why, E_SYSTEM, "cannot lock %s: %s", node, strerror(errno));
	return 0;
}

static void append_descriptors(GString *text, const struct usb_identity *identity)
{
	g_string_append(text, "H: descriptors=");
	for (size_t i = 0; i < sizeof(identity->device); i++)
		g_string_append_printf(text, "%02X", identity->device[i]);
	for (size_t i = 0; i < identity->configuration_length; i++)
		g_string_append_printf(text, "%02X", identity->configuration[i]);
	g_string_append_c(text, '\n');
}

/* umockdev's device description: path, properties, sysfs attributes. */
static char *describe(const struct usb_door *door, unsigned address)
{
	const uint8_t *device = door->identity.device;
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "P: %s\n", door->path);
	g_string_append_printf(text, "E: DEVNAME=%s\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\n",
			       door->node);
	g_string_append_printf(text, "E: BUSNUM=%03u\nE: DEVNUM=%03u\nE: MAJOR=189\nE: MINOR=%u\n",
			       BUS_NUMBER, address, address - 1);
	g_string_append_printf(text, "E: PRODUCT=%x/%x/%x\n", get_u16(device + 8),
			       get_u16(device + 10), get_u16(device + 12));
	g_string_append_printf(text, "A: busnum=%u\\n\nA: devnum=%u\\n\nA: devpath=%u\\n\n",
			       BUS_NUMBER, address, door->plug.port);
	g_string_append_printf(text, "A: speed=%s\\n\n", door->identity.high_speed ? "480" : "12");
	g_string_append_printf(text, "A: idVendor=%04x\\n\nA: idProduct=%04x\\n\n",
			       get_u16(device + 8), get_u16(device + 10));
	g_string_append(text, "A: bConfigurationValue=1\\n\nA: bNumConfigurations=1\\n\n");
	append_descriptors(text, &door->identity);
	g_string_append_c(text, '\n');
	return g_string_free(text, FALSE);
}

static int show_node(struct usb_door *door, unsigned address, struct why *why)
{
	GError *error = NULL;
	char *text;
	int err;

	umockdev_testbed_attach_ioctl(door->bus->testbed, door->node, door->handler, &error);
	if (error)
		return explain(why, E_SYSTEM, "mock USB device: %s", error->message);
	err = make_node(door, why);
	if (err)
		return err;
	text = describe(door, address);
	umockdev_testbed_add_from_string(door->bus->testbed, text, &error);
	g_free(text);
	return error ? explain(why, E_SYSTEM, "mock USB device: %s", error->message) : 0;
}

int usb_door_plug(struct usb_door **out, struct usb_bus *bus, const struct usb_plug *plug,
		  const struct usb_identity *identity, const struct usb_function *function,
		  struct why *why)
{
	struct usb_door *door = calloc(1, sizeof(*door));
	unsigned address = bus->next_address++;

	if (!door || bus->door_count == DOORS_MAX) {
		free(door);
		return explain(why, E_MEMORY, "no room for another mock USB device");
	}
	door->bus = bus;
	door->plug = *plug;
	door->identity = *identity;
	door->function = *function;
	door->fifo = -1;
	snprintf(door->node, sizeof(door->node), "/dev/bus/usb/%03u/%03u", BUS_NUMBER, address);
	snprintf(door->path, sizeof(door->path), "/devices/pci0000:00/0000:00:14.0/usb%u/%u-%u",
		 BUS_NUMBER, BUS_NUMBER, plug->port);
	door->handler = g_object_new(door_handler_get_type(), NULL);
	((DoorHandler *)door->handler)->door = door;
	bus->doors[bus->door_count++] = door;
	*out = door;
	return show_node(door, address, why);
}

struct errand {			/* something to be done on the worker's thread */
	struct usb_door *door;
	GMutex lock;
	GCond ended;
	bool done;
};

static gboolean cut_off(gpointer context)
{
	struct errand *errand = context;
	struct usb_door *door = errand->door;

	door->gone = true;
	for (size_t i = 0; i < door->urb_count; i++)
		if (!door->urbs[i].done)
			urb_finish(door, &door->urbs[i], -ESHUTDOWN, 0);
	g_mutex_lock(&errand->lock);
	errand->done = true;
	g_cond_signal(&errand->ended);
	g_mutex_unlock(&errand->lock);
	return G_SOURCE_REMOVE;
}

static GMainContext *worker_of(struct usb_bus *bus)
{
	GMainContext *worker;

	g_mutex_lock(&bus->lock);
	worker = bus->worker;
	g_mutex_unlock(&bus->lock);
	return worker;
}

void usb_door_unplug(struct usb_door *door)
{
	GMainContext *worker = worker_of(door->bus);
	struct errand errand = { .door = door };

	g_mutex_init(&errand.lock);
	g_cond_init(&errand.ended);
	if (worker) {
		GSource *source = g_idle_source_new();

		g_source_set_priority(source, G_PRIORITY_HIGH);
		g_source_set_callback(source, cut_off, &errand, NULL);
		g_source_attach(source, worker);
		g_source_unref(source);
		g_mutex_lock(&errand.lock);
		while (!errand.done)
			g_cond_wait(&errand.ended, &errand.lock);
		g_mutex_unlock(&errand.lock);
	} else {
		cut_off(&errand);
	}
	umockdev_testbed_uevent(door->bus->testbed, door->path, "remove");
	umockdev_testbed_remove_device(door->bus->testbed, door->path);
	g_mutex_clear(&errand.lock);
	g_cond_clear(&errand.ended);
}
