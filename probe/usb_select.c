/* SPDX-License-Identifier: MIT
 *
 * Serial numbers as people type them, and the choice of a probe from a list.
 */
#include "probe/usb_select.h"

#include "probe/bytes.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { BINARY_SERIAL_UNITS = 12, DESCRIPTOR_HEADER = 2, DESCRIPTOR_STRING = 3 };

static bool all_printable(const uint8_t *units, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (units[2 * i + 1] || units[2 * i] <= ' ' || units[2 * i] > '~')
			return false;
	return true;
}

void serial_from_descriptor(const uint8_t *descriptor, size_t length, char *out, size_t size)
{
	const uint8_t *units = descriptor + DESCRIPTOR_HEADER;
	size_t count, at = 0;
	const char *format;

	out[0] = '\0';
	if (length < DESCRIPTOR_HEADER || descriptor[1] != DESCRIPTOR_STRING)
		return;
	count = (min_u32((uint32_t)length, descriptor[0]) - DESCRIPTOR_HEADER) / 2;
	if (descriptor[0] < DESCRIPTOR_HEADER)
		return;
	/* 12 units are the bytes of a chip's unique id, whatever they look like. */
	format = count != BINARY_SERIAL_UNITS && all_printable(units, count) ? "%c" : "%02X";
	for (size_t i = 0; i < count && at + 3 <= size; i++)
		at += (size_t)snprintf(out + at, size - at, format, units[2 * i]);
}

static bool matches(const struct usb_probe *probe, const char *selector)
{
	if (!strncasecmp(selector, "usb:", 4))
		return !strcasecmp(selector, probe->identity.path);
	return !strncasecmp(selector, probe->identity.serial, strlen(selector));
}

static void name_matches(struct why *why, const struct usb_probe *probes, size_t count,
			 const char *selector)
{
	const char *separator = "";

	for (size_t i = 0; i < count; i++) {
		if (!matches(&probes[i], selector))
			continue;
		explain_more(why, "%s%s (%s, %s)", separator, probes[i].identity.serial,
			     probes[i].model, probes[i].identity.path);
		separator = ", ";
	}
}

int explain_permission(struct why *why, const struct usb_probe *probe)
{
	return explain(why, E_PERMISSION, "no permission to open %s (%s at %s): copy "
		       "scripts/udev/60-tether.rules to /etc/udev/rules.d, run 'udevadm control "
		       "--reload' as root, and plug the probe in again", probe->node,
		       probe->model, probe->identity.path);
}

/* The serial number of a probe that may not be opened is not known: it may be the one. */
static const struct usb_probe *find_forbidden(const struct usb_probe *probes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (probes[i].open_error == E_PERMISSION && !probes[i].identity.serial[0])
			return &probes[i];
	return NULL;
}

static int nothing_found(const struct usb_probe *probes, size_t count, const char *selector,
			 struct why *why)
{
	const struct usb_probe *forbidden = find_forbidden(probes, count);

	if (forbidden)
		return explain_permission(why, forbidden);
	if (!count)
		return explain(why, E_NO_PROBE, "no ST-LINK found on USB%s%s: check the cable "
			       "(some carry power only), the hub, and in a virtual machine the USB "
			       "pass-through; without a board try --probe virtual:STM32F407VG",
			       *selector ? ", not to speak of " : "", selector);
	explain(why, E_NO_PROBE, "no ST-LINK is called '%s'; there is ", selector);
	name_matches(why, probes, count, "");
	return E_NO_PROBE;
}

int usb_select(const struct usb_probe *probes, size_t count, const char *selector, size_t *index,
	       struct why *why)
{
	size_t usable = 0, found = 0;

	selector = selector ? selector : "";
	for (size_t i = 0; i < count; i++) {
		if (!matches(&probes[i], selector))
			continue;
		found++;
		if (!usable)
			*index = i;
		usable += probes[i].usable;
	}
	if (!found)
		return nothing_found(probes, count, selector, why);
	if (usable > 1) {
		explain(why, E_MANY_PROBES, "several ST-LINKs match; choose one with --probe, by serial number "
			"or place: ");
		name_matches(why, probes, count, selector);
		return E_MANY_PROBES;
	}
	if (!usable)
		return explain(why, E_REFUSED, "%s at %s: %s", probes[*index].model,
			       probes[*index].identity.path, probes[*index].advice);
	return OK;
}
