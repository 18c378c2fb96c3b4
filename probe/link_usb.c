/* SPDX-License-Identifier: MIT
 *
 * The link to a real ST-LINK through libusb. Only interface 0 is claimed, and the configuration is
 * left alone: disk and serial port of the probe stay with their drivers.
 */
#include "probe/link.h"

#include "probe/error.h"
#include "probe/models.h"
#include "probe/usb_device.h"
#include "probe/usb_select.h"
#include "probe/usb_transfer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	DEBUG_INTERFACE = 0,
	PROBES_MAX = 32,
	DRAIN_MS = 5,
	DRAIN_READS_MAX = 64,
	REOPEN_MS = 300,	/* for a probe to enumerate anew; who wants to wait longer asks again */
	REOPEN_STEP_US = 50000,
};

struct usb_link {
	struct link base;
	libusb_context *context;
	libusb_device_handle *handle;	/* NULL: gone */
	const struct model *model;
	struct usb_pair pair;
};

static struct usb_link *usb_link(struct link *link)
{
	return (struct usb_link *)link;
}

static uint64_t now_us(struct link *link)
{
	struct timespec t;

	(void)link;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void wait_us(struct link *link, uint64_t us)
{
	struct timespec t = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

	(void)link;
	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static bool is_usable(const struct usb_link *usb)
{
	return usb->handle && !usb->pair.stuck;
}

static int exchange(struct link *link, struct link_exchange *x)
{
	struct usb_link *usb = usb_link(link);

	if (!is_usable(usb))
		return E_GONE;
	return usb_pair_run(&usb->pair, usb->handle, usb->model, x);
}

static int trace_read(struct link *link, void *buffer, size_t length, uint32_t timeout_ms)
{
	struct usb_link *usb = usb_link(link);
	int got = 0, err;

	if (!is_usable(usb))
		return E_GONE;
	err = usb_error(libusb_bulk_transfer(usb->handle, usb->model->trace, buffer, (int)length,
					     &got, timeout_ms));
	return err && err != E_TIMEOUT ? err : got;
}

/* Reads replies that nobody waits for, until none comes for a while. */
static int drain(struct usb_link *usb)
{
	uint8_t waste[8192];
	int got;

	for (int i = 0; i < DRAIN_READS_MAX; i++) {
		int err = usb_error(libusb_bulk_transfer(usb->handle, usb->model->in, waste,
							 sizeof(waste), &got, DRAIN_MS));

		if (err == E_TIMEOUT)
			return OK;
		if (err)
			return err;
	}
	return E_USB;
}

static int clear_halt(struct usb_link *usb)
{
	int err = usb_error(libusb_clear_halt(usb->handle, usb->model->out));

	return err ? err : usb_error(libusb_clear_halt(usb->handle, usb->model->in));
}

static void drop_handle(struct usb_link *usb)
{
	if (usb->handle) {
		libusb_release_interface(usb->handle, DEBUG_INTERFACE);
		libusb_close(usb->handle);
	}
	usb->handle = NULL;
}

static int claim(struct usb_link *usb)
{
	int configuration = 0;
	int err = usb_error(libusb_get_configuration(usb->handle, &configuration));

	if (!err && !configuration)
		err = usb_error(libusb_set_configuration(usb->handle, 1));
	if (!err)
		err = usb_error(libusb_claim_interface(usb->handle, DEBUG_INTERFACE));
	return err;
}

static bool is_the_same(const struct usb_link *usb)
{
	struct link_identity found;

	usb_identify(libusb_get_device(usb->handle), usb->handle, &found);
	return found.product == usb->base.identity.product &&
	       !strcmp(found.serial, usb->base.identity.serial);
}

/* The port may hold another probe by now, with another board behind it. */
static int open_handle(struct usb_link *usb)
{
	int err = usb_open_path(usb->context, usb->base.identity.path, &usb->handle);

	if (err)
		return err;
	err = is_the_same(usb) ? claim(usb) : E_NO_PROBE;
	if (err)
		drop_handle(usb);
	return err;
}

/* At its port, else at another one: clones share serial numbers, or have none. */
static int open_again(struct usb_link *usb)
{
	int err = open_handle(usb);

	if (!err || !usb->base.identity.serial[0])
		return err;
	err = usb_open_again(usb->context, &usb->base.identity, &usb->handle);
	if (!err)
		err = claim(usb);
	if (err)
		drop_handle(usb);
	return err;
}

/* After a reset the probe may come back as a new device, and takes its time. libusb does not tell that
 * from an unplugged one. */
static int reset(struct usb_link *usb)
{
	uint64_t deadline_us = now_us(&usb->base) + REOPEN_MS * 1000ull;
	int err;

	if (usb->handle && !libusb_reset_device(usb->handle))
		return OK;
	if (!usb->handle)	/* looked for before */
		deadline_us = 0;
	drop_handle(usb);
	while ((err = open_again(usb))) {
		if (now_us(&usb->base) >= deadline_us)
			return err == E_PROBE_BUSY || err == E_PERMISSION ? err : E_GONE;
		wait_us(&usb->base, REOPEN_STEP_US);
	}
	return OK;
}

static int recover(struct link *link, enum link_recovery step)
{
	struct usb_link *usb = usb_link(link);

	if (usb->pair.stuck || (!usb->handle && step != LINK_RESET))
		return E_GONE;
	switch (step) {
	case LINK_DRAIN:
		return drain(usb);
	case LINK_CLEAR_HALT:
		return clear_halt(usb);
	case LINK_RESET:
		return reset(usb);
	}
	return E_USB;
}

static void close_link(struct link *link)
{
	struct usb_link *usb = usb_link(link);

	/* libusb still knows the memory of a stuck transfer: better to leak than to free it. */
	if (usb->pair.stuck)
		return;
	drop_handle(usb);
	usb_pair_clear(&usb->pair);
	if (usb->context)
		libusb_exit(usb->context);
	free(usb);
}

static const struct link_ops usb_ops = {
	.exchange = exchange,
	.trace_read = trace_read,
	.recover = recover,
	.now_us = now_us,
	.wait_us = wait_us,
	.close = close_link,
};

static int allocate(struct usb_link **out, const struct usb_probe *probe)
{
	struct usb_link *usb = calloc(1, sizeof(*usb));
	int err;

	if (!usb)
		return E_MEMORY;
	usb->base.ops = &usb_ops;
	usb->base.identity = probe->identity;
	usb->model = model_find(probe->identity.product);
	err = usb_error(libusb_init(&usb->context));
	if (!err)
		err = usb_pair_init(&usb->pair, usb->context, &usb->base);
	if (err)
		close_link(&usb->base);
	else
		*out = usb;
	return err;
}

static int explain_open(struct why *why, int err, const struct usb_probe *probe)
{
	if (err == E_PERMISSION)
		return explain_permission(why, probe);
	if (err == E_PROBE_BUSY)
		return explain(why, err, "%s holds the %s %s at %s: close the other GDB server, "
			       "programmer or IDE",
			       probe->holder[0] ? probe->holder : "another program",
			       probe->model, probe->identity.serial, probe->identity.path);
	return explain(why, err, "the %s at %s can't be opened (%s): unplug it and plug it in "
		       "again", probe->model, probe->identity.path, error_text(err));
}

int link_usb_open(struct link **out, const char *selector, struct why *why)
{
	struct usb_probe probes[PROBES_MAX];
	int count = usb_list_probes(probes, PROBES_MAX);
	struct usb_link *usb = NULL;
	size_t index = 0;
	int err;

	if (count < 0)
		return explain(why, count, "USB can't be listed: %s", error_text(count));
	if (count > PROBES_MAX)
		count = PROBES_MAX;
	err = usb_select(probes, (size_t)count, selector, &index, why);
	if (err)
		return err;
	err = allocate(&usb, &probes[index]);
	if (!err)
		err = open_handle(usb);
	if (!err) {
		*out = &usb->base;
		return OK;
	}
	if (usb)
		close_link(&usb->base);
	return explain_open(why, err, &probes[index]);
}
