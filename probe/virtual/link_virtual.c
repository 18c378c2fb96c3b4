/* SPDX-License-Identifier: MIT
 *
 * The virtual probe as a link in this process: exchanges become bulk transfers, waiting becomes
 * virtual time. Paced, virtual time keeps step with the host's clock, read nowhere else in this
 * folder.
 */
#include "probe/virtual/link_virtual.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "probe/virtual/firmware/firmware.h"
#include "probe/virtual/mishaps.h"
#include "probe/virtual/firmware/personality.h"

enum {
	CHUNK = 16384,			/* Linux cuts bulk transfers into such pieces */
	DRAIN_US = 5000,
	CATCH_UP_MAX_NS = 100000000,	/* paced: what the chip lives through at once */
};

struct virtual_link {
	struct link link;		/* first */
	struct machine *machine;
	struct firmware *fw;
	bool paced;
	uint64_t start_ns;		/* virtual time when the probe was plugged in */
	uint64_t host_start_ns;		/* host time at virtual time 0 */
};

static struct virtual_link *from(struct link *link)
{
	return (struct virtual_link *)link;
}

static uint64_t host_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t virtual_now_ns(const struct virtual_link *v)
{
	return meter_now_ns(firmware_meter(v->fw));
}

static uint64_t behind_ns(const struct virtual_link *v)
{
	uint64_t elapsed_ns = host_now_ns() - v->host_start_ns, now_ns = virtual_now_ns(v);

	return elapsed_ns > now_ns ? elapsed_ns - now_ns : 0;
}

/* The chip lives through the time that the host spent elsewhere. After a long pause only the
 * end of it: nobody wants to wait for the instructions of a coffee break. What a fast core takes longer for
 * than a real one is forgotten. */
static void catch_up(struct virtual_link *v)
{
	uint64_t ns = v->paced ? behind_ns(v) : 0;

	if (!ns)
		return;
	meter_wait(firmware_meter(v->fw), ns < CATCH_UP_MAX_NS ? ns : CATCH_UP_MAX_NS);
	v->host_start_ns += behind_ns(v);
}

/* Sleeps until the host's clock is where virtual time is. */
static void hold_back(const struct virtual_link *v)
{
	uint64_t due_ns = v->host_start_ns + virtual_now_ns(v);
	struct timespec due = { .tv_sec = (time_t)(due_ns / 1000000000),
				.tv_nsec = (long)(due_ns % 1000000000) };

	if (v->paced)
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL))
			;
}

static int send(struct virtual_link *v, const struct link_exchange *x)
{
	const uint8_t *bytes = x->out;
	int err = firmware_out(v->fw, x->command, sizeof(x->command));

	for (size_t at = 0; !err && at < x->out_length; at += CHUNK) {
		size_t left = x->out_length - at;

		err = firmware_out(v->fw, bytes + at, left < CHUNK ? left : CHUNK);
	}
	return err;
}

static int exchange(struct link *link, struct link_exchange *x)
{
	struct virtual_link *v = from(link);
	uint64_t deadline_ns;
	int err;

	catch_up(v);
	deadline_ns = virtual_now_ns(v) + (uint64_t)x->timeout_ms * 1000000;
	x->in_got = 0;
	err = send(v, x);
	if (err == E_TIMEOUT && virtual_now_ns(v) < deadline_ns)
		meter_wait(firmware_meter(v->fw), deadline_ns - virtual_now_ns(v));
	if (!err && x->in_length)
		err = firmware_in(v->fw, x->in, x->in_length, deadline_ns, &x->in_got);
	hold_back(v);
	return err;
}

static int trace_read(struct link *link, void *buffer, size_t length, uint32_t timeout_ms)
{
	struct virtual_link *v = from(link);
	size_t got;
	int err;

	catch_up(v);
	err = firmware_trace_in(v->fw, buffer, length, &got);
	if (!err && !got) {
		meter_wait(firmware_meter(v->fw), (uint64_t)timeout_ms * 1000000);
		err = E_TIMEOUT;
	}
	hold_back(v);
	return err ? err : (int)got;
}

static uint64_t now_us(struct link *link)
{
	catch_up(from(link));
	return virtual_now_ns(from(link)) / 1000;
}

static void wait_us(struct link *link, uint64_t us)
{
	struct virtual_link *v = from(link);

	catch_up(v);
	meter_wait(firmware_meter(v->fw), us * 1000);
	hold_back(v);
}

/* Plugged in again by the fault schedule, it is found again by a reset. */
static void look_for_probe(struct virtual_link *v)
{
	if (firmware_back_ns(v->fw) <= virtual_now_ns(v))
		firmware_replug(v->fw);
	else
		firmware_usb_reset(v->fw);
}

static int recover(struct link *link, enum link_recovery step)
{
	struct virtual_link *v = from(link);

	switch (step) {
	case LINK_DRAIN:		/* a read with a short time-out that nothing answers */
		wait_us(link, DRAIN_US);
		firmware_drain(v->fw);
		break;
	case LINK_CLEAR_HALT:
		firmware_clear_halt(v->fw);
		break;
	case LINK_RESET:
		look_for_probe(v);
		break;
	}
	return firmware_is_gone(v->fw) ? E_GONE : 0;
}

static void close_link(struct link *link)
{
	struct virtual_link *v = from(link);

	firmware_free(v->fw);
	machine_free(v->machine);
	free(v);
}

static void times(struct link *link, struct link_times *out)
{
	struct virtual_link *v = from(link);
	const struct meter *meter = firmware_meter(v->fw);

	*out = (struct link_times){
		.usb_ns = meter->usb_ns, .swd_ns = meter->swd_ns, .wait_ns = meter->wait_ns,
		.flash_busy_ns = machine_flash_busy_ns(v->machine),
		.cpu_ns = machine_cpu_ns(v->machine), .total_ns = meter_now_ns(meter) - v->start_ns,
	};
}

static const struct link_ops virtual_ops = {
	.exchange = exchange, .trace_read = trace_read, .recover = recover,
	.now_us = now_us, .wait_us = wait_us, .times = times, .close = close_link,
};

/* Made up from the chip's name (FNV-1a), so that it is the same each time. */
void virtual_serial(const struct virtual_spec *spec, char out[64])
{
	uint32_t hash = 2166136261u;
	char *at = out;

	if (spec->serial[0]) {
		snprintf(out, 64, "%s", spec->serial);
		return;
	}
	for (unsigned part = 0; part < 3; part++) {
		for (const char *c = spec->chip; *c; c++)
			hash = (hash ^ (uint8_t)*c) * 16777619u;
		at += sprintf(at, "%08X", (unsigned)hash);
	}
}

static void identify(struct virtual_link *v, const struct virtual_spec *spec)
{
	struct link_identity *identity = &v->link.identity;

	identity->vendor = 0x0483;
	identity->product = firmware_personality(v->fw)->product;
	virtual_serial(spec, identity->serial);
	snprintf(identity->path, sizeof(identity->path), "virtual:%s", spec->chip);
	v->link.twin = spec->twin;
}

static int choose_personality(const struct virtual_spec *spec, const struct personality **out,
			      struct why *why)
{
	const struct personality *p;

	*out = spec->firmware[0] ? personality_find(spec->firmware) : personality_at(0);
	if (*out)
		return 0;
	explain(why, E_CONFIG, "there is no virtual ST-LINK with firmware %s; there are:",
		spec->firmware);
	for (unsigned i = 0; (p = personality_at(i)); i++)
		explain_more(why, " %s", p->name);
	return E_CONFIG;
}

static int read_faults(struct faults *faults, const struct virtual_spec *spec, struct why *why)
{
	int err = spec->faults[0] ? faults_load(faults, spec->faults, why) : 0;

	return err || !spec->mishaps[0] ? err : faults_add_mishaps(faults, spec->mishaps, why);
}

static int build(struct virtual_link *v, const struct virtual_spec *spec, struct why *why)
{
	const struct personality *personality;
	struct virtual_spec changed = *spec;
	struct faults faults = { 0 };
	int err = choose_personality(spec, &personality, why);

	if (!err)
		err = read_faults(&faults, spec, why);
	mishaps_change_spec(&faults, &changed);
	if (!err)
		err = machine_new(&v->machine, &changed, why);
	if (err)
		return err;
	v->fw = firmware_new(personality, v->machine);
	if (!v->fw)
		return explain(why, E_MEMORY, "out of memory");
	identify(v, spec);
	*firmware_faults(v->fw) = faults;
	return mishaps_apply(&faults, v->machine, why);
}

int virtual_link_open(struct link **out, const struct virtual_spec *spec, struct why *why)
{
	struct virtual_link *v = calloc(1, sizeof(*v));
	int err;

	if (!v)
		return explain(why, E_MEMORY, "out of memory");
	v->link.ops = &virtual_ops;
	v->paced = spec->paced;
	err = build(v, spec, why);
	if (err) {
		close_link(&v->link);
		return err;
	}
	v->start_ns = virtual_now_ns(v);
	v->host_start_ns = v->paced ? host_now_ns() - v->start_ns : 0;
	*out = &v->link;
	return 0;
}

struct machine *virtual_link_machine(struct link *link)
{
	return from(link)->machine;
}

struct firmware *virtual_link_firmware(struct link *link)
{
	return from(link)->fw;
}
