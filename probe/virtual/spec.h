/* SPDX-License-Identifier: MIT
 *
 * What a virtual board is made of: geometry and identity, handed down by targets/ from the chip
 * file (R36). Plain data. Behaviour (registers, keys, busy times, rules) is not here: it is written
 * in this folder from the reference manuals.
 */
#ifndef PROBE_VIRTUAL_SPEC_H
#define PROBE_VIRTUAL_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"
#include "probe/link.h"

enum virtual_core { VIRTUAL_M0, VIRTUAL_M0PLUS, VIRTUAL_M3, VIRTUAL_M4, VIRTUAL_M7, VIRTUAL_M33 };

enum virtual_region_kind {
	VIRTUAL_RAM,
	VIRTUAL_RAM_DATA,	/* no instruction fetch (CCM on F4) */
	VIRTUAL_ROM,		/* system memory: contents made up, read-only */
};

enum { VIRTUAL_REGIONS = 16 };

struct virtual_region {
	char name[16];
	enum virtual_region_kind kind;
	uint32_t base, size;
};

struct virtual_sector_run {	/* count sectors of size bytes, one after the other */
	uint32_t count, size;
};

struct virtual_bank {
	uint32_t base, size;	/* as this part has it */
	struct virtual_sector_run runs[8];
	size_t run_count;
};

struct virtual_option_word {
	char name[16];
	uint32_t address;	/* register */
	uint32_t mirror;	/* address in option memory, 0 = none */
	uint32_t factory;
};

struct virtual_spec {
	char chip[32];		/* "STM32F407VG" */
	enum virtual_core core;
	bool fpu;
	uint32_t cpuid, dpidr;
	uint8_t ap;		/* access port of the core */
	uint32_t idcode_address, idcode;
	uint32_t size_address;	/* u16, KiB */
	uint32_t uid_address;	/* 12 bytes */
	uint8_t uid[12];

	char controller[12];	/* "f4" ... */
	uint32_t flash_registers;
	uint8_t erased;		/* 0xFF or 0x00 */
	struct virtual_bank banks[2];
	size_t bank_count;

	uint32_t otp_base, otp_size, otp_block;
	uint32_t otp_locks;	/* address of the lock bytes, or 0 */

	struct virtual_option_word options[24];
	size_t option_count;

	struct virtual_region regions[VIRTUAL_REGIONS];
	size_t region_count;

	uint32_t supply_mv;	/* default 3300 */
	uint32_t hsi_hz;	/* clock after reset: 16 MHz on F4 */

	char firmware[24];	/* personality: "V2J37S7" (default) */
	char serial[32];	/* of the virtual probe */
	char image[256];	/* file that keeps flash, option bytes and OTP; "" = none */
	char faults[256];	/* fault schedule; "" = none */
	bool paced;		/* real time */
	bool no_hearsay;	/* leave out behaviour that is known from hearsay only (R33) */
};

struct machine;

/* Makes the board and the probe and returns a link to it. The link owns them. E_CONFIG, E_SYSTEM
 * (image file), E_MEMORY with the reason in why. */
int virtual_link_open(struct link **out, const struct virtual_spec *spec, struct why *why);
/* The chip behind a link made by virtual_link_open (tests and reports look inside); not owned. */
struct machine *virtual_link_machine(struct link *link);

/* Where modelled time went, in nanoseconds; for `stats`. False when link is not virtual. */
struct virtual_times {
	uint64_t usb_ns, swd_ns, flash_busy_ns, cpu_ns, wait_ns, total_ns;
};
bool virtual_link_times(struct link *link, struct virtual_times *out);

#endif
