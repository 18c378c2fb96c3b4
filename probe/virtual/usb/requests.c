/* SPDX-License-Identifier: MIT
 *
 * usbfs requests (Linux: include/uapi/linux/usbdevice_fs.h) answered for a device that is not there.
 */
#include "probe/virtual/usb/private.h"

#include <errno.h>
#include <linux/usb/ch9.h>
#include <linux/usbdevice_fs.h>
#include <string.h>
#include <sys/ioctl.h>

/* Killed, whatever umockdev believes: then the one that asks is alone. */
static bool has_vanished(const struct usb_door *door, const UMockdevIoctlClient *asks)
{
	if (!umockdev_ioctl_client_get_connected(door->claimed_by))
		return true;
	return asks != door->claimed_by && usb_door_holders(door) == 1;
}

/* A program that ended without a word; umockdev 0.17.16 does not call client_vanished. */
static void forget_vanished(struct usb_door *door, const UMockdevIoctlClient *asks)
{
	if (!door->claimed_by || !has_vanished(door, asks))
		return;
	g_clear_object(&door->claimed_by);
	usb_transfer_drop_all(door);
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

	if (!data)
		return -EFAULT;
	umockdev_ioctl_data_update(data, 0, (uint8_t *)&capabilities, sizeof(capabilities));
	g_object_unref(data);
	return 0;
}

int usb_request_answer(struct usb_door *door, UMockdevIoctlClient *client, unsigned long request,
		       UMockdevIoctlData *arg)
{
	forget_vanished(door, client);
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
		return usb_transfer_submit(door, client, arg);
	case USBDEVFS_REAPURB:
	case USBDEVFS_REAPURBNDELAY:
		return usb_transfer_reap(door, client, arg);
	case USBDEVFS_DISCARDURB:
		return usb_transfer_discard(door, arg);
	case USBDEVFS_GETDRIVER:
		return -ENODATA;
	case USBDEVFS_RESET:
		usb_transfer_drop_all(door);
		door->function.reset(door->function.context);
		return 0;
	case USBDEVFS_CLEAR_HALT:
		door->function.clear_halt(door->function.context);
		return 0;
	case USBDEVFS_SETCONFIGURATION:
	case USBDEVFS_SETINTERFACE:
		return 0;
	case USBDEVFS_GET_SPEED:
		return door->identity.high_speed ? USB_SPEED_HIGH : USB_SPEED_FULL;
	default:
		return -ENOTTY;
	}
}
