/* SPDX-License-Identifier: MIT
 *
 * Descriptors as recorded from real probes (V2) and as lsusb shows them (V2-1, V3); the firmware's
 * transfers; and the one place where the host's clock becomes the chip's.
 */
#include "probe/virtual/usb/stlink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probe/bytes.h"
#include "probe/virtual/firmware/firmware.h"
#include "probe/virtual/link_virtual.h"

enum {
	OVERHEAD_NS = 200000,		/* of the mock bus, as long as nobody has measured it */
	HOST_MAX_NS = 2000000000,	/* what an idle host lets the chip live through at once */
	LATE_NS = 10000000,		/* replies later than this keep the host waiting for real */
	COMMAND_SIZE = 16,
};

struct usb_stlink {
	struct link *link;
	struct firmware *fw;
	struct usb_identity identity;
	bool paced, unplugged;
	unsigned hurry;			/* the chip lives through host time so many times over */
	uint8_t in_endpoint, trace_endpoint;
	uint64_t overhead_ns;		/* of the mock bus, between two commands */
	uint64_t ended_ns;		/* host time at which the last transfer ended; 0 = none */
	/* Paced: these two moments are the same one. */
	uint64_t step_host_ns, step_virtual_ns;
	uint64_t host_ns, commands;
	void (*gone)(void *context);	/* the schedule of faults pulls the plug */
	void *gone_context;
};

static uint64_t host_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* --- descriptors --- */

static void add_interface(struct usb_identity *identity, unsigned number, unsigned endpoints,
			  unsigned class, unsigned subclass, unsigned protocol, unsigned string)
{
	uint8_t bytes[] = { 9, 4, (uint8_t)number, 0, (uint8_t)endpoints, (uint8_t)class,
			    (uint8_t)subclass, (uint8_t)protocol, (uint8_t)string };

	memcpy(identity->configuration + identity->configuration_length, bytes, sizeof(bytes));
	identity->configuration_length += sizeof(bytes);
}

static void add_endpoint(struct usb_identity *identity, unsigned address, unsigned type,
			 unsigned packet, unsigned interval)
{
	uint8_t bytes[] = { 7, 5, (uint8_t)address, (uint8_t)type, (uint8_t)packet,
			    (uint8_t)(packet >> 8), (uint8_t)interval };

	memcpy(identity->configuration + identity->configuration_length, bytes, sizeof(bytes));
	identity->configuration_length += sizeof(bytes);
}

static void add_string(struct usb_identity *identity, unsigned index, const char *text)
{
	uint8_t *to = identity->strings[index];
	size_t length = strlen(text);

	to[0] = (uint8_t)(2 + 2 * length);
	to[1] = 3;
	for (size_t i = 0; i < length; i++)
		put_u16(to + 2 + 2 * i, (uint8_t)text[i]);
}

/* Old V2 firmware: 12 raw bytes, each widened to a UTF-16 unit. */
static void add_binary_serial(struct usb_identity *identity, unsigned index, const char *hex)
{
	uint8_t *to = identity->strings[index];
	unsigned byte;

	to[0] = 26;
	to[1] = 3;
	for (unsigned i = 0; i < 12; i++)
		if (sscanf(hex + 2 * i, "%2x", &byte) == 1)
			put_u16(to + 2 + 2 * i, (uint16_t)byte);
}

static void describe_device(struct usb_stlink *s, const struct personality *personality,
			    const char *serial)
{
	static const uint8_t language[] = { 4, 3, 9, 4 };
	bool composite = personality->product != 0x3748;
	uint8_t *device = s->identity.device;

	memcpy(device, (uint8_t[]){ 18, 1, 0, 2, 0, 0, 0, 64, 0x83, 0x04, 0, 0, 0, 1, 1, 2, 3, 1 }, 18);
	if (composite)
		memcpy(device + 4, (uint8_t[]){ 0xEF, 2, 1 }, 3);
	put_u16(device + 10, personality->product);
	memcpy(s->identity.strings[0], language, sizeof(language));
	add_string(&s->identity, 1, "STMicroelectronics");
	add_string(&s->identity, 2, personality->product_text);
	if (personality->binary_serial)
		add_binary_serial(&s->identity, 3, serial);
	else
		add_string(&s->identity, 3, serial);
	add_string(&s->identity, 4, "ST-Link Debug");
}

/* Interfaces: debug; on V2-1 and V3 also mass storage and a serial port, which nobody claims here. */
static void describe_configuration(struct usb_stlink *s, const struct personality *personality)
{
	struct usb_identity *id = &s->identity;
	bool composite = personality->product != 0x3748;
	unsigned packet = personality_packet(personality);
	uint8_t header[] = { 9, 2, 0, 0, composite ? 4 : 1, 1, 0, 0x80, composite ? 0xFA : 0x32 };

	memcpy(id->configuration, header, sizeof(header));
	id->configuration_length = sizeof(header);
	add_interface(id, 0, 3, 0xFF, 0xFF, 0xFF, 4);
	add_endpoint(id, 0x81, 2, packet, 0);
	add_endpoint(id, composite ? 0x01 : 0x02, 2, packet, 0);
	add_endpoint(id, composite ? 0x82 : 0x83, 2, packet, 0);
	if (composite) {
		add_interface(id, 1, 2, 8, 6, 0x50, 0);
		add_endpoint(id, 0x83, 2, packet, 0);
		add_endpoint(id, 0x03, 2, packet, 0);
		add_interface(id, 2, 1, 2, 2, 1, 0);
		add_endpoint(id, 0x84, 3, 10, 255);
		add_interface(id, 3, 2, 10, 0, 0, 0);
		add_endpoint(id, 0x05, 2, packet, 0);
		add_endpoint(id, 0x85, 2, packet, 0);
	}
	put_u16(id->configuration + 2, (uint16_t)id->configuration_length);
	id->high_speed = personality->high_speed;
	s->in_endpoint = 0x81;
	s->trace_endpoint = composite ? 0x82 : 0x83;
}

/* --- time --- */

static uint64_t virtual_now_ns(const struct usb_stlink *s)
{
	return machine_now_ns(virtual_link_machine(s->link));
}

static void live_on(struct usb_stlink *s, uint64_t ns)
{
	if (ns > HOST_MAX_NS)
		ns = HOST_MAX_NS;
	s->host_ns += ns;
	machine_advance(virtual_link_machine(s->link), ns);
}

/* Paced: the chip's clock never stays behind the host's. */
static void keep_step(struct usb_stlink *s)
{
	uint64_t now_ns = host_now_ns();
	uint64_t host_ns = now_ns - s->step_host_ns;
	uint64_t virtual_ns = virtual_now_ns(s) - s->step_virtual_ns;

	if (s->step_host_ns && host_ns < virtual_ns)
		return;
	if (s->step_host_ns)
		live_on(s, host_ns - virtual_ns);
	s->step_host_ns = now_ns;
	s->step_virtual_ns = virtual_now_ns(s);
}

/* A hurry is for waits while the flash is busy. Instructions have to be carried out one by one: a core that
 * runs would make the next wait longer, and that one the next. */
static unsigned hurry_of(const struct usb_stlink *s)
{
	return cpu_state(machine_cpu(virtual_link_machine(s->link))) == CPU_RUNNING ? 1 : s->hurry;
}

/* The chip lives on while the host thinks: what lies above the mock bus's own cost counts. */
static void live_through_host_time(struct usb_stlink *s)
{
	uint64_t now_ns = host_now_ns();

	if (s->paced)
		keep_step(s);
	else if (s->ended_ns && now_ns > s->ended_ns + s->overhead_ns)
		live_on(s, (now_ns - s->ended_ns - s->overhead_ns) * hurry_of(s));
}

/* Paced: how far the chip's clock is ahead of the host's. */
static uint64_t ahead_us(const struct usb_stlink *s)
{
	uint64_t host_ns = host_now_ns() - s->step_host_ns;
	uint64_t virtual_ns = virtual_now_ns(s) - s->step_virtual_ns;

	return s->paced && virtual_ns > host_ns ? (virtual_ns - host_ns) / 1000 : 0;
}

static void note_end(struct usb_stlink *s, uint64_t delay_us)
{
	s->ended_ns = host_now_ns() + delay_us * 1000;
}

/* --- transfers --- */

static int usb_status(int err)
{
	if (err == E_TIMEOUT)
		return -EINPROGRESS;		/* not taken: the host will cancel it */
	return err == E_GONE ? -ESHUTDOWN : err ? -EPIPE : 0;
}

static void pull_plug(struct usb_stlink *s)
{
	if (!s->unplugged && s->gone)
		s->gone(s->gone_context);
	s->unplugged = true;
}

static int out(void *context, uint8_t endpoint, const uint8_t *bytes, size_t length,
	       uint64_t *delay_us)
{
	struct usb_stlink *s = context;
	int err;

	(void)endpoint;
	live_through_host_time(s);
	s->commands += length == COMMAND_SIZE;
	err = firmware_out(s->fw, bytes, length);
	if (err == E_GONE)
		pull_plug(s);
	*delay_us = ahead_us(s);
	note_end(s, *delay_us);
	return usb_status(err);
}

static int in_trace(struct usb_stlink *s, uint8_t *bytes, size_t size)
{
	size_t got = 0;
	int err = firmware_trace_in(s->fw, bytes, size, &got);

	if (err)
		return usb_status(err);
	return got ? (int)got : -EAGAIN;
}

static int in(void *context, uint8_t endpoint, uint8_t *bytes, size_t size, uint64_t *delay_us)
{
	struct usb_stlink *s = context;
	uint64_t ready_ns = firmware_ready_ns(s->fw), now_ns = virtual_now_ns(s);
	size_t got = 0;
	int err;

	if (endpoint == s->trace_endpoint)
		return in_trace(s, bytes, size);
	if (ready_ns == UINT64_MAX)
		return -EAGAIN;
	if (ready_ns > now_ns + LATE_NS)
		*delay_us = (ready_ns - now_ns) / 1000;
	err = firmware_in(s->fw, bytes, size, ready_ns + 1000000000, &got);
	if (s->paced)
		*delay_us = ahead_us(s);
	note_end(s, *delay_us);
	if (err == E_USB)
		return -EOVERFLOW;
	return err ? usb_status(err) : (int)got;
}

static void session(void *context, bool open)
{
	struct usb_stlink *s = context;

	if (!open)
		firmware_drain(s->fw);
}

static void reset(void *context)
{
	firmware_usb_reset(((struct usb_stlink *)context)->fw);
}

static void clear_halt(void *context)
{
	firmware_clear_halt(((struct usb_stlink *)context)->fw);
}

/* --- life --- */

int usb_stlink_new(struct usb_stlink **out_stlink, const struct virtual_spec *spec, struct why *why)
{
	struct usb_stlink *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return explain(why, E_MEMORY, "out of memory");
	err = virtual_link_open(&s->link, spec, why);
	if (err) {
		free(s);
		return err;
	}
	s->fw = virtual_link_firmware(s->link);
	s->paced = spec->paced;
	s->hurry = 1;
	s->overhead_ns = OVERHEAD_NS;
	describe_device(s, firmware_personality(s->fw), s->link->identity.serial);
	describe_configuration(s, firmware_personality(s->fw));
	*out_stlink = s;
	return 0;
}

void usb_stlink_free(struct usb_stlink *s)
{
	if (!s)
		return;
	link_close(s->link);
	free(s);
}

const struct usb_identity *usb_stlink_identity(const struct usb_stlink *s)
{
	return &s->identity;
}

struct usb_function usb_stlink_function(struct usb_stlink *s)
{
	return (struct usb_function){ .context = s, .out = out, .in = in, .session = session,
				      .reset = reset, .clear_halt = clear_halt };
}

void usb_stlink_hurry(struct usb_stlink *s, unsigned factor)
{
	s->hurry = factor;
}

void usb_stlink_replug(struct usb_stlink *s)
{
	firmware_replug(s->fw);
	s->ended_ns = s->step_host_ns = 0;
	s->unplugged = false;
}

void usb_stlink_set_overhead(struct usb_stlink *s, uint64_t ns)
{
	s->overhead_ns = ns;
}

void usb_stlink_on_gone(struct usb_stlink *s, void (*gone)(void *context), void *context)
{
	s->gone = gone;
	s->gone_context = context;
}

uint64_t usb_stlink_away_ns(const struct usb_stlink *s)
{
	uint64_t back_ns = firmware_back_ns(s->fw), now_ns = virtual_now_ns(s);

	if (back_ns == UINT64_MAX)
		return UINT64_MAX;
	return back_ns > now_ns ? back_ns - now_ns : 0;
}

void usb_stlink_report(const struct usb_stlink *s, struct usb_stlink_report *report)
{
	report->commands = s->commands;
	report->host_ns = s->host_ns;
	link_times(s->link, &report->times);
}
