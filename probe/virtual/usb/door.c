/* SPDX-License-Identifier: MIT
 *
 * The mock bus, and devices plugged into it and pulled out again. Completing a request is the last
 * thing its handler does.
 */
#include "probe/virtual/usb/door.h"

#include "probe/virtual/usb/private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/bytes.h"
#include "probe/log.h"

enum { BUS_NUMBER = 1, DOORS_MAX = 64 };

struct usb_bus {
	UMockdevTestbed *testbed;
	unsigned next_address;
	struct usb_door *doors[DOORS_MAX];
	size_t door_count;
	GMainContext *worker;		/* umockdev's thread, once a request came; set there */
	GMutex lock;
};

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
	result = usb_request_answer(door, client, umockdev_ioctl_client_get_request(client), arg);
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
		usb_transfer_drop_all(bus->doors[i]);
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
	usb_transfer_init_node(door);
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

static void append_text(GString *text, const char *name, const uint8_t *descriptor)
{
	const gunichar2 *units = (const gunichar2 *)(descriptor + 2);
	gchar *plain = descriptor[0] ? g_utf16_to_utf8(units, descriptor[0] / 2 - 1, NULL, NULL, NULL) : NULL;
	gchar *escaped = plain ? g_strescape(plain, NULL) : NULL;

	if (escaped)
		g_string_append_printf(text, "A: %s=%s\\n\n", name, escaped);
	g_free(escaped);
	g_free(plain);
}

/* What the kernel takes from the descriptors, for lsusb. */
static void append_attributes(GString *text, const struct usb_identity *identity)
{
	const uint8_t *device = identity->device, *configuration = identity->configuration;

	g_string_append_printf(text, "A: bDeviceClass=%02x\\n\nA: bDeviceSubClass=%02x\\n\nA: bDeviceProtocol=%02x\\n\n",
			       device[4], device[5], device[6]);
	g_string_append_printf(text, "A: bMaxPacketSize0=%u\\n\nA: bcdDevice=%04x\\n\n", device[7],
			       get_u16(device + 12));
	g_string_append_printf(text, "A: bNumInterfaces=%2u\\n\nA: bmAttributes=%02x\\n\nA: bMaxPower=%umA\\n\n",
			       configuration[4], configuration[7], 2u * configuration[8]);
	g_string_append(text, "A: configuration=\\n\nA: maxchild=0\\n\nA: rx_lanes=1\\n\nA: tx_lanes=1\\n\n");
	append_text(text, "manufacturer", identity->strings[1]);
	append_text(text, "product", identity->strings[2]);
	append_text(text, "serial", identity->strings[3]);
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
	append_attributes(text, &door->identity);
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
	usb_transfer_cut_all(door);
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
	char path[sizeof(door->path) + 8];

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
	snprintf(path, sizeof(path), "/sys%s", door->path);
	umockdev_testbed_uevent(door->bus->testbed, path, "remove");
	umockdev_testbed_remove_device(door->bus->testbed, path);
	g_mutex_clear(&errand.lock);
	g_cond_clear(&errand.ended);
}
