/* SPDX-License-Identifier: MIT
 *
 * The chip's end of the SWD wire: a debug port (Arm ADIv5, IHI 0031E, chapters B2 to B4) with the
 * core's access port behind it, and those that show DBGMCU on some families. Sticky errors, posted reads and writes, WAIT while a transaction is
 * in progress.
 */
#ifndef PROBE_VIRTUAL_DAP_H
#define PROBE_VIRTUAL_DAP_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/virtual/mem_ap.h"
#include "probe/virtual/meter.h"

enum swd_ack { SWD_OK = 1, SWD_WAIT = 2, SWD_FAULT = 4, SWD_NO_ACK = 7 };

enum swd_request {		/* APnDP and RnW of the request byte */
	SWD_DP_WRITE = 0, SWD_AP_WRITE = 1, SWD_DP_READ = 2, SWD_AP_READ = 3,
};

enum {				/* debug port registers */
	DP_ABORT = 0x0,		/* write */
	DP_DPIDR = 0x0,		/* read */
	DP_CTRL_STAT = 0x4,
	DP_SELECT = 0x8,	/* write */
	DP_RESEND = 0x8,	/* read */
	DP_RDBUFF = 0xC,	/* read */
};

enum { DAP_OTHERS = VIRTUAL_DBGMCU };

struct dap {
	struct meter *meter;		/* borrowed */
	struct machine *machine;	/* borrowed */
	struct mem_ap ap;		/* of the core */
	uint8_t ap_number;
	struct mem_ap others[DAP_OTHERS];
	uint8_t other_numbers[DAP_OTHERS];
	size_t other_count;
	struct mem_ap *busy;		/* the one with the transaction in work */
	uint32_t dpidr;
	unsigned cuts_seen;
	bool awake;			/* a line reset was seen since power came */
	uint32_t control, select, read_buffer;
	/* The probe's clock; set by whoever drives the wire. */
	uint32_t bit_ps, gap_ns, gap_after_wait_ns;
};

void dap_init(struct dap *dap, struct meter *meter);
/* To be told when the target's power may have gone: its debug port forgets everything. */
void dap_notice_power(struct dap *dap);
/* Switch sequence and line reset, towards SWD or back to JTAG (then it answers no more). */
void dap_switch(struct dap *dap, bool to_swd);
/* One packet: address is 0, 4, 8 or C. Spends its clocks. *value is sent, or set when SWD_OK. */
enum swd_ack dap_transfer(struct dap *dap, enum swd_request request, uint8_t address,
			  uint32_t *value);

#endif
