/* SPDX-License-Identifier: MIT
 *
 * Command and data are submitted together, so that the reply's buffer waits before the probe has
 * the command and no time is lost between them. Cancelling only one of them would leave the other
 * for the next exchange, so they end together.
 */
#include "probe/usb_transfer.h"

#include "probe/error.h"
#include "probe/log.h"
#include "probe/usb_device.h"

#include <string.h>

enum { REAP_MS = 1000 };	/* for a cancelled transfer to come back */

int usb_pair_init(struct usb_pair *pair, libusb_context *context, struct link *clock)
{
	memset(pair, 0, sizeof(*pair));
	pair->context = context;
	pair->clock = clock;
	pair->command.libusb = libusb_alloc_transfer(0);
	pair->data.libusb = libusb_alloc_transfer(0);
	if (pair->command.libusb && pair->data.libusb)
		return OK;
	usb_pair_clear(pair);
	return E_MEMORY;
}

void usb_pair_clear(struct usb_pair *pair)
{
	libusb_free_transfer(pair->command.libusb);
	libusb_free_transfer(pair->data.libusb);
	pair->command.libusb = pair->data.libusb = NULL;
}

static void LIBUSB_CALL transfer_done(struct libusb_transfer *libusb)
{
	struct usb_transfer *transfer = libusb->user_data;

	transfer->pending = false;
}

static int submit(struct usb_transfer *transfer, libusb_device_handle *handle, uint8_t endpoint,
		  void *buffer, size_t length)
{
	int err;

	/* Time is watched here for both transfers together; libusb's own time-out stays off. */
	libusb_fill_bulk_transfer(transfer->libusb, handle, endpoint, buffer, (int)length,
				  transfer_done, transfer, 0);
	err = usb_error(libusb_submit_transfer(transfer->libusb));
	transfer->pending = !err;
	return err;
}

static int submit_both(struct usb_pair *pair, libusb_device_handle *handle,
		       const struct model *model, struct link_exchange *x)
{
	int err;

	memcpy(pair->block, x->command, sizeof(pair->block));
	pair->command.libusb->status = pair->data.libusb->status = LIBUSB_TRANSFER_COMPLETED;
	pair->data.libusb->actual_length = 0;
	err = submit(&pair->command, handle, model->out, pair->block, sizeof(pair->block));
	if (!err && x->out_length)
		err = submit(&pair->data, handle, model->out, (void *)(uintptr_t)x->out,
			     x->out_length);
	else if (!err && x->in_length)
		err = submit(&pair->data, handle, model->in, x->in, x->in_length);
	return err;
}

static bool is_pending(const struct usb_pair *pair)
{
	return pair->command.pending || pair->data.pending;
}

static bool has_failed(const struct usb_pair *pair)
{
	return pair->command.libusb->status || pair->data.libusb->status;
}

/* False when libusb itself is in trouble. */
static bool work(struct usb_pair *pair, uint64_t us)
{
	struct timeval t = { (time_t)(us / 1000000), (suseconds_t)(us % 1000000) };
	int err = libusb_handle_events_timeout_completed(pair->context, &t, NULL);

	return !err || err == LIBUSB_ERROR_INTERRUPTED;
}

/* Lets libusb work until both transfers are back, one has failed, or the time is over. */
static void wait_for_both(struct usb_pair *pair, uint64_t deadline_us)
{
	uint64_t now = link_now_us(pair->clock);

	while (is_pending(pair) && !has_failed(pair) && now < deadline_us) {
		if (!work(pair, deadline_us - now))
			return;
		now = link_now_us(pair->clock);
	}
}

static void take_back(struct usb_pair *pair)
{
	uint64_t now = link_now_us(pair->clock), deadline_us = now + REAP_MS * 1000ull;

	if (pair->command.pending)
		libusb_cancel_transfer(pair->command.libusb);
	if (pair->data.pending)
		libusb_cancel_transfer(pair->data.libusb);
	while (is_pending(pair) && now < deadline_us) {
		if (!work(pair, deadline_us - now))
			break;
		now = link_now_us(pair->clock);
	}
	pair->stuck = is_pending(pair);
	if (pair->stuck)
		log_line(LOG_USB, "a cancelled transfer does not come back");
}

static int transfer_error(const struct usb_transfer *transfer)
{
	switch (transfer->libusb->status) {
	case LIBUSB_TRANSFER_COMPLETED:
		return OK;
	case LIBUSB_TRANSFER_TIMED_OUT:
	case LIBUSB_TRANSFER_CANCELLED:
		return E_TIMEOUT;
	case LIBUSB_TRANSFER_NO_DEVICE:
		return E_GONE;
	case LIBUSB_TRANSFER_ERROR:
	case LIBUSB_TRANSFER_STALL:
	case LIBUSB_TRANSFER_OVERFLOW:
		break;
	}
	return E_USB;
}

/* The cause, where one transfer's failure had the other one cancelled. */
static int error_of_both(const struct usb_pair *pair)
{
	int command = transfer_error(&pair->command), data = transfer_error(&pair->data);

	if (command == E_GONE || data == E_GONE)
		return E_GONE;
	if (command == OK || (command == E_TIMEOUT && data))
		return data;
	return command;
}

int usb_pair_run(struct usb_pair *pair, libusb_device_handle *handle, const struct model *model,
		 struct link_exchange *x)
{
	uint64_t deadline_us = link_now_us(pair->clock) + x->timeout_ms * 1000ull;
	size_t moved;
	int err;

	if (pair->stuck)
		return E_GONE;
	err = submit_both(pair, handle, model, x);
	if (!err)
		wait_for_both(pair, deadline_us);
	if (is_pending(pair))
		take_back(pair);
	if (pair->stuck)
		return E_GONE;
	if (!err)
		err = error_of_both(pair);
	moved = (size_t)pair->data.libusb->actual_length;
	if (x->in_length)
		x->in_got = moved;
	else if (!err && moved < x->out_length)
		err = E_USB;
	return err;
}
