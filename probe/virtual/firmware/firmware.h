/* SPDX-License-Identifier: MIT
 *
 * The firmware of a virtual ST-LINK: what its USB endpoints do. Bulk OUT transfers in, bulk IN
 * transfers out, on virtual time. The doors above it (link_virtual in process, a USB device) know
 * only this.
 */
#ifndef PROBE_VIRTUAL_FIRMWARE_H
#define PROBE_VIRTUAL_FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"
#include "probe/virtual/faults.h"
#include "probe/virtual/machine.h"
#include "probe/virtual/meter.h"
#include "probe/virtual/firmware/personality.h"

struct firmware;

/* A probe of that personality, just plugged in, wired to machine (borrowed). NULL: no memory. */
struct firmware *firmware_new(const struct personality *personality, struct machine *machine);
void firmware_free(struct firmware *fw);

/* A bulk OUT transfer: a command block, or a part of the payload that the last one asked for. It is
 * carried out before this returns. E_USB while the endpoint is stalled, E_GONE when unplugged,
 * E_TIMEOUT when it is never taken (the fault schedule says so). */
int firmware_out(struct firmware *fw, const void *bytes, size_t length);
/* A bulk IN transfer of at most length bytes; waits for a reply until deadline_ns of virtual time.
 * 0 with *got set, E_TIMEOUT, E_USB (babble), E_GONE. */
int firmware_in(struct firmware *fw, void *buffer, size_t length, uint64_t deadline_ns,
		size_t *got);
/* The same from the trace endpoint; never waits, *got may be 0. */
int firmware_trace_in(struct firmware *fw, void *buffer, size_t length, size_t *got);

/* When a reply will be there; UINT64_MAX when none is on its way. */
uint64_t firmware_ready_ns(const struct firmware *fw);
/* The host fetched what was ready and threw it away. */
void firmware_drain(struct firmware *fw);
/* CLEAR_FEATURE(ENDPOINT_HALT) on both endpoints. */
void firmware_clear_halt(struct firmware *fw);
/* A USB reset: forgets commands and replies, leaves debug mode and releases nRST. */
void firmware_usb_reset(struct firmware *fw);

/* Unplugged and plugged in again: its RAM is lost, speed and mode too. The target keeps its power. */
void firmware_replug(struct firmware *fw);
/* When the fault schedule plugs an unplugged probe in again; UINT64_MAX = not. */
uint64_t firmware_back_ns(const struct firmware *fw);

/* The schedule of faults; may be changed at any time. */
struct faults *firmware_faults(struct firmware *fw);
struct meter *firmware_meter(struct firmware *fw);
const struct personality *firmware_personality(const struct firmware *fw);
bool firmware_is_gone(const struct firmware *fw);
enum probe_mode firmware_mode(const struct firmware *fw);

#endif
