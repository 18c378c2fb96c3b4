/* SPDX-License-Identifier: MIT
 *
 * The kernel's side of usbfs for one device. The handler runs in umockdev's thread: a lock guards
 * the state, and completing the ioctl is its last act.
 */
#include "tests/unit/mock_usb.h"

#include "probe/bytes.h"
#include "probe/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/ioctl.h>
#include <linux/usbdevice_fs.h>
#include <umockdev.h>

#define SYSFS "/sys/devices/usb1/1-4"

enum { EP_OUT = 0x02, EP_IN = 0x81, URBS_MAX = 16, REPLY_MAX = 64 };

struct urb {
	UMockdevIoctlData *data, *buffer;
	gulong address;		/* in the client: how it is discarded */
	bool done;
};

struct mock_usb {
	UMockdevTestbed *testbed;
	UMockdevIoctlBase *base;
	char node[64], real_node[512];
	unsigned number;	/* of the device on the bus */
	uint8_t serial_end;	/* what the last byte of the serial number is more by */
	GMutex lock;
	enum mock_behaviour behaviour;
	int claim_error;
	bool gone;
	unsigned commands, cleared_halts;
	struct urb urbs[URBS_MAX];
	unsigned urb_count;
	bool in_stalled;
	struct {
		uint8_t bytes[REPLY_MAX];
		size_t length;
		bool late;
	} reply;
	unsigned payload_left;	/* of a write, still to come */
};

void mock_usb_enter(char **argv)
{
	const char *preload = getenv("LD_PRELOAD");

	if (preload && strstr(preload, "umockdev"))
		return;
	setenv("LD_PRELOAD", "libumockdev-preload.so.0", 1);
	setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
	execv("/proc/self/exe", argv);
	perror("mock_usb: execv");
	exit(1);
}

static struct usbdevfs_urb *fields(const struct urb *urb)
{
	return (struct usbdevfs_urb *)urb->data->data;
}

static void finish(struct urb *urb, int status, size_t length)
{
	fields(urb)->status = status;
	fields(urb)->actual_length = (int)length;
	urb->done = true;
}

static struct urb *find_pending(struct mock_usb *mock, uint8_t endpoint)
{
	for (unsigned i = 0; i < mock->urb_count; i++)
		if (!mock->urbs[i].done && fields(&mock->urbs[i])->endpoint == endpoint)
			return &mock->urbs[i];
	return NULL;
}

/* A reply that nobody has fetched stays in front of all that follow. */
static void set_reply(struct mock_usb *mock, const void *bytes, size_t length)
{
	if (mock->reply.length)
		return;
	memcpy(mock->reply.bytes, bytes, length);
	mock->reply.length = length;
	mock->reply.late = false;
}

/* Commands of which a probe in mass storage mode knows the answer. */
static void understand(struct mock_usb *mock, const uint8_t *command)
{
	static const uint8_t version[] = { 0x29, 0x47, 0x83, 0x04, 0x48, 0x37 };
	uint8_t memory[REPLY_MAX];

	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = (uint8_t)i;
	if (command[0] == 0xF1)
		set_reply(mock, version, sizeof(version));
	else if (command[0] == 0xF5)
		set_reply(mock, "\1\0", 2);
	else if (command[0] == 0xF2 && command[1] == 0x07)
		set_reply(mock, memory, min_u32(get_u16(command + 6), REPLY_MAX));
	else if (command[0] == 0xF2 && command[1] == 0x08)
		mock->payload_left = get_u16(command + 6);
}

static void unplug(struct mock_usb *mock)
{
	mock->gone = true;
	for (unsigned i = 0; i < mock->urb_count; i++)
		if (!mock->urbs[i].done)
			finish(&mock->urbs[i], -ESHUTDOWN, 0);
}

static void behave(struct mock_usb *mock)
{
	switch (mock->behaviour) {
	case MOCK_SILENT:
		mock->reply.length = 0;
		break;
	case MOCK_LATE:
		mock->reply.late = true;
		break;
	case MOCK_SHORT:
		mock->reply.length /= 2;
		break;
	case MOCK_LONG:
		mock->reply.length = REPLY_MAX;
		break;
	case MOCK_STALL_IN:
		mock->in_stalled = true;
		break;
	case MOCK_UNPLUG:
		unplug(mock);
		break;
	case MOCK_ANSWER:
	case MOCK_STALL_OUT:
	case MOCK_DEAF:
		break;
	}
	mock->behaviour = MOCK_ANSWER;
}

static bool has_data(const uint8_t *command)
{
	return command[0] != 0xF3;
}

static void take_command(struct mock_usb *mock, struct urb *out)
{
	const uint8_t *command = out->buffer->data;

	if (mock->behaviour == MOCK_STALL_OUT) {
		finish(out, -EPIPE, 0);
		mock->behaviour = MOCK_ANSWER;
		return;
	}
	understand(mock, command);
	finish(out, 0, LINK_COMMAND_SIZE);
	behave(mock);
}

static void give_reply(struct mock_usb *mock, struct urb *in)
{
	size_t asked = (size_t)fields(in)->buffer_length;

	if (mock->in_stalled) {
		finish(in, -EPIPE, 0);
		mock->in_stalled = false;
	} else if (mock->reply.length > asked) {
		finish(in, -EOVERFLOW, asked);
	} else {
		memcpy(in->buffer->data, mock->reply.bytes, mock->reply.length);
		finish(in, 0, mock->reply.length);
	}
	mock->reply.length = 0;
}

/* What the device would do next. A command waits until its data transfer is there: a host that
 * submits them one after the other does not get past this. */
static void work(struct mock_usb *mock)
{
	struct urb *out, *in;

	while (!mock->gone && mock->behaviour != MOCK_DEAF && (out = find_pending(mock, EP_OUT))) {
		if (mock->payload_left) {
			finish(out, 0, (size_t)fields(out)->buffer_length);
			mock->payload_left = 0;
			continue;
		}
		if (has_data(out->buffer->data) && mock->urb_count < 2)
			return;
		mock->commands++;
		take_command(mock, out);
	}
	in = find_pending(mock, EP_IN);
	if (in && !mock->gone && ((mock->reply.length && !mock->reply.late) || mock->in_stalled))
		give_reply(mock, in);
}

/* String descriptors: the languages, and the 12 binary units of an old serial number. */
static void control(struct urb *urb, uint8_t serial_end)
{
	static const char serial[12] = "\x53\xff\x6d\x06\x48\x82\x57\x51\x40\x27\x11\x87";
	uint8_t *setup = urb->buffer->data, *out = setup + 8, text[26] = { 4, 3, 9, 4 };
	size_t length = 4, asked = get_u16(setup + 6);

	if (setup[1] != 6 || setup[3] != 3) {
		finish(urb, -EPIPE, 0);
		return;
	}
	if (setup[2]) {
		length = text[0] = sizeof(text);
		memset(text + 2, 0, sizeof(text) - 2);
		for (unsigned i = 0; i < sizeof(serial); i++)
			text[2 + 2 * i] = (uint8_t)serial[i];
		text[24] = (uint8_t)(text[24] + serial_end);
	}
	length = length < asked ? length : asked;
	memcpy(out, text, length);
	finish(urb, 0, length);
}

static int submit(struct mock_usb *mock, UMockdevIoctlData *arg)
{
	UMockdevIoctlData *data =
		umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_urb), NULL);
	struct urb *urb = &mock->urbs[mock->urb_count];

	if (!data || mock->urb_count == URBS_MAX)
		return EINVAL;
	urb->data = data;
	urb->address = data->client_addr;
	urb->done = false;
	urb->buffer = umockdev_ioctl_data_resolve(data, offsetof(struct usbdevfs_urb, buffer),
						  (gsize)fields(urb)->buffer_length, NULL);
	mock->urb_count++;
	if (fields(urb)->type == USBDEVFS_URB_TYPE_CONTROL)
		control(urb, mock->serial_end);
	work(mock);
	return 0;
}

static void forget(struct mock_usb *mock, unsigned i)
{
	g_object_unref(mock->urbs[i].data);
	if (mock->urbs[i].buffer)
		g_object_unref(mock->urbs[i].buffer);
	mock->urb_count--;
	memmove(&mock->urbs[i], &mock->urbs[i + 1], (mock->urb_count - i) * sizeof(mock->urbs[0]));
}

static int reap(struct mock_usb *mock, UMockdevIoctlData *arg)
{
	UMockdevIoctlData *pointer;

	for (unsigned i = 0; i < mock->urb_count; i++) {
		if (!mock->urbs[i].done)
			continue;
		pointer = umockdev_ioctl_data_resolve(arg, 0, sizeof(void *), NULL);
		umockdev_ioctl_data_set_ptr(pointer, 0, mock->urbs[i].data);
		g_object_unref(pointer);
		forget(mock, i);
		return 0;
	}
	return mock->gone ? ENODEV : EAGAIN;
}

/* The argument is the address of the URB itself. */
static int discard(struct mock_usb *mock, gulong address)
{
	for (unsigned i = 0; i < mock->urb_count; i++) {
		if (mock->urbs[i].address != address || mock->urbs[i].done)
			continue;
		finish(&mock->urbs[i], -ENOENT, 0);
		mock->reply.late = false;
		return 0;
	}
	return EINVAL;
}

static void answer_u32(UMockdevIoctlData *arg, uint32_t value)
{
	UMockdevIoctlData *data = umockdev_ioctl_data_resolve(arg, 0, sizeof(value), NULL);

	if (!data)
		return;
	umockdev_ioctl_data_update(data, 0, (guint8 *)&value, sizeof(value));
	g_object_unref(data);
}

static int handle(struct mock_usb *mock, gulong request, UMockdevIoctlData *arg)
{
	/* Reaping goes on after the device has left, until there is nothing more. */
	if (request == USBDEVFS_REAPURB || request == USBDEVFS_REAPURBNDELAY)
		return reap(mock, arg);
	if (mock->gone)
		return ENODEV;
	switch (request) {
	case USBDEVFS_GET_CAPABILITIES:
		answer_u32(arg, USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM |
				USBDEVFS_CAP_REAP_AFTER_DISCONNECT);
		return 0;
	case USBDEVFS_SUBMITURB:
		return submit(mock, arg);
	case USBDEVFS_DISCARDURB:
		return discard(mock, *(gulong *)arg->data);
	case USBDEVFS_CLAIMINTERFACE:
		return mock->claim_error;
	case USBDEVFS_CLEAR_HALT:
		mock->cleared_halts++;
		return 0;
	case USBDEVFS_RELEASEINTERFACE:
	case USBDEVFS_RESET:
		return 0;
	default:
		return ENOTTY;
	}
}

static gboolean on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer context)
{
	struct mock_usb *mock = context;
	int err;

	(void)base;
	g_mutex_lock(&mock->lock);
	/* A handle of before the cable was pulled stays dead. */
	if (strcmp(umockdev_ioctl_client_get_devnode(client), mock->node))
		err = ENODEV;
	else
		err = handle(mock, umockdev_ioctl_client_get_request(client),
			     umockdev_ioctl_client_get_arg(client));
	g_mutex_unlock(&mock->lock);
	umockdev_ioctl_client_complete(client, err ? -1 : 0, err);
	return TRUE;
}

/* ST-LINK/V2 (0483:3748) with one vendor interface and endpoints 81, 02, 83. */
static void plug_in(struct mock_usb *mock)
{
	char text[1024];
	GError *error = NULL;

	g_mutex_lock(&mock->lock);
	snprintf(mock->node, sizeof(mock->node), "/dev/bus/usb/001/%03u", mock->number);
	g_mutex_unlock(&mock->lock);
	umockdev_testbed_attach_ioctl(mock->testbed, mock->node, mock->base, &error);
	if (error)
		g_error("%s", error->message);
	snprintf(text, sizeof(text),
		 "P: /devices/usb1/1-4\n"
		 "N: bus/usb/001/%03u\n"
		 "E: DEVNAME=/dev/bus/usb/001/%03u\n"
		 "E: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\nE: BUSNUM=001\nE: DEVNUM=%03u\n"
		 "A: busnum=1\nA: devnum=%u\nA: speed=12\nA: bConfigurationValue=1\n"
		 "A: bNumConfigurations=1\nA: idVendor=0483\nA: idProduct=3748\n"
		 "H: descriptors=120100020000004083044837000101020301"
		 "0902270001010080320904000003FFFFFF04"
		 "07058102400000" "07050202400000" "07058302400000\n",
		 mock->number, mock->number, mock->number, mock->number);
	umockdev_testbed_add_from_string(mock->testbed, text, &error);
	if (error)
		g_error("%s", error->message);
}

struct mock_usb *mock_usb_new(void)
{
	struct mock_usb *mock = calloc(1, sizeof(*mock));

	mock->testbed = umockdev_testbed_new();
	mock->base = umockdev_ioctl_base_new();
	g_signal_connect(mock->base, "handle-ioctl", G_CALLBACK(on_ioctl), mock);
	mock->number = 7;
	plug_in(mock);
	return mock;
}

static void pull_out(struct mock_usb *mock)
{
	umockdev_testbed_uevent(mock->testbed, SYSFS, "remove");
	umockdev_testbed_remove_device(mock->testbed, SYSFS);
	umockdev_testbed_detach_ioctl(mock->testbed, mock->node, NULL);
}

void mock_usb_free(struct mock_usb *mock)
{
	pull_out(mock);
	while (mock->urb_count)
		forget(mock, 0);
	g_object_unref(mock->base);
	g_object_unref(mock->testbed);
	free(mock);
}

void mock_usb_replug(struct mock_usb *mock, bool same)
{
	g_mutex_lock(&mock->lock);
	unplug(mock);
	g_mutex_unlock(&mock->lock);
	pull_out(mock);
	g_mutex_lock(&mock->lock);
	while (mock->urb_count)
		forget(mock, 0);
	mock->number++;
	mock->serial_end += !same;
	mock->gone = false;
	g_mutex_unlock(&mock->lock);
	plug_in(mock);
}

void mock_usb_behave(struct mock_usb *mock, enum mock_behaviour behaviour)
{
	g_mutex_lock(&mock->lock);
	mock->behaviour = behaviour;
	g_mutex_unlock(&mock->lock);
}

void mock_usb_refuse_claims(struct mock_usb *mock, int err)
{
	g_mutex_lock(&mock->lock);
	mock->claim_error = err;
	g_mutex_unlock(&mock->lock);
}

const char *mock_usb_node(struct mock_usb *mock)
{
	gchar *root = umockdev_testbed_get_root_dir(mock->testbed);

	snprintf(mock->real_node, sizeof(mock->real_node), "%s%s", root, mock->node);
	g_free(root);
	return mock->real_node;
}

static unsigned look(struct mock_usb *mock, const unsigned *counter)
{
	unsigned value;

	g_mutex_lock(&mock->lock);
	value = *counter;
	g_mutex_unlock(&mock->lock);
	return value;
}

unsigned mock_usb_commands(struct mock_usb *mock)
{
	return look(mock, &mock->commands);
}

unsigned mock_usb_cleared_halts(struct mock_usb *mock)
{
	return look(mock, &mock->cleared_halts);
}

unsigned mock_usb_pending(struct mock_usb *mock)
{
	return look(mock, &mock->urb_count);
}
