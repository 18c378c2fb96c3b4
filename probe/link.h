/* SPDX-License-Identifier: MIT
 *
 * The link: the only source of bytes and of time. A link carries ST-LINK command blocks to a
 * probe and brings its replies; it also owns the clock by which the engine waits. Links: USB
 * (link_usb), the virtual probe in process (virtual/), and wrappers around another link.
 * One thread owns a link.
 */
#ifndef PROBE_LINK_H
#define PROBE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"

enum { LINK_COMMAND_SIZE = 16 };

/* One exchange: a command block, then at most one data phase in one direction. */
struct link_exchange {
	uint8_t command[LINK_COMMAND_SIZE];	/* zero padded */
	const void *out;		/* payload to the probe, or NULL */
	size_t out_length;
	void *in;			/* buffer for the reply, or NULL */
	size_t in_length;		/* how many bytes are asked for */
	size_t in_got;			/* result: how many came (a short reply is not an error here) */
	uint32_t timeout_ms;		/* deadline of the whole exchange; never 0 */
};

/* What the link is and where it is plugged in; strings are owned by the link. */
struct link_identity {
	uint16_t vendor, product;	/* USB ids: 0483:3748 ... */
	char serial[64];		/* printable; binary serials as 24 hex digits */
	char path[64];			/* "usb:1-4.2" or "virtual:STM32F407VG" */
};

enum link_recovery {
	LINK_DRAIN,		/* throw away replies that are still waiting */
	LINK_CLEAR_HALT,	/* clear stalled endpoints */
	LINK_RESET,		/* reset and re-open the device */
};

/* Where the modelled time of a virtual link went, in ns. */
struct link_times {
	uint64_t usb_ns, swd_ns, flash_busy_ns, cpu_ns, wait_ns, total_ns;
};

struct link;

struct link_ops {
	/* 0, or E_TIMEOUT, E_USB (stall and others), E_GONE. */
	int (*exchange)(struct link *link, struct link_exchange *x);
	/* Reads up to length bytes from the trace endpoint; returns the count or a negative error. */
	int (*trace_read)(struct link *link, void *buffer, size_t length, uint32_t timeout_ms);
	/* One step of the recovery ladder (probe/stlink_resync.c). E_GONE, and after LINK_RESET also
	 * E_PROBE_BUSY, E_PERMISSION: it is there (again), but not for us. */
	int (*recover)(struct link *link, enum link_recovery step);
	/* Time since some start, in microseconds. Virtual links: virtual time. */
	uint64_t (*now_us)(struct link *link);
	/* Lets time pass. Virtual links let virtual time pass and return at once (unless paced). */
	void (*wait_us)(struct link *link, uint64_t us);
	/* NULL, or: where modelled time went. */
	void (*times)(struct link *link, struct link_times *out);
	/* Releases the device and frees the link. */
	void (*close)(struct link *link);
};

/* What is remembered of an exchange, for `monitor report`. */
enum { LINK_RECORDS = 256, LINK_REPLY_KEPT = 12 };
struct link_record {
	uint8_t command[LINK_COMMAND_SIZE], reply[LINK_REPLY_KEPT];
	uint32_t out_length, in_length, in_got;
	uint64_t start_us, end_us;
	int err;
};

struct link {
	const struct link_ops *ops;
	struct link_identity identity;
	bool twin;			/* a copy of a board, made to try things on: nothing there is for ever */
	uint64_t exchanges;		/* counted by link_do: the currency of speed */
	uint64_t bytes_out, bytes_in;	/* payload bytes */
	struct link_record records[LINK_RECORDS];	/* a ring; see link_record() */
};

/* The exchange with this number (the first is 0); NULL when it is still to come or forgotten. */
const struct link_record *link_record(const struct link *link, uint64_t number);

/* Runs one exchange, counts it, logs it on the usb channel. */
int link_do(struct link *link, struct link_exchange *x);
int link_trace_read(struct link *link, void *buffer, size_t length, uint32_t timeout_ms);
int link_recover(struct link *link, enum link_recovery step);
uint64_t link_now_us(struct link *link);
void link_wait_us(struct link *link, uint64_t us);
/* False when the link's time is real and not divided. */
bool link_times(struct link *link, struct link_times *out);
/* Closes and frees; NULL is allowed. */
void link_close(struct link *link);

#endif
