/* SPDX-License-Identifier: MIT
 *
 * An AHB access port (Arm ADIv5, IHI 0031E, chapters C1 and C2): CSW, TAR, DRW, BD0..3 over the
 * machine's bus. A transaction that the bus stalls stays in progress until it ends or is aborted.
 */
#ifndef PROBE_VIRTUAL_MEM_AP_H
#define PROBE_VIRTUAL_MEM_AP_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/virtual/machine.h"

struct mem_ap_transaction {
	bool active, write, increment;
	unsigned width;
	uint32_t address, value;	/* value in its byte lanes */
	uint64_t ready_ns;		/* when a slow bus is done with it */
};

enum mem_ap_view {
	MEM_AP_CORE,		/* the core's bus, with its private peripherals */
	MEM_AP_SYSTEM,		/* another master: no core's private peripherals */
	MEM_AP_DEBUG,		/* the debug bus: DBGMCU at another address, nothing else */
};

struct mem_ap {
	struct machine *machine;	/* borrowed */
	enum mem_ap_view view;
	uint32_t dbgmcu;		/* where MEM_AP_DEBUG shows it */
	uint32_t csw, tar;
	uint32_t idr, base;
	uint32_t tar_counter;		/* the bits of TAR that increment */
	struct mem_ap_transaction transaction;
	/* Asked before a transaction reaches the bus (again = it was stalled), if not NULL:
	 * faults on purpose. */
	enum bus_result (*spoil)(void *context, bool again);
	void *spoil_context;
};

void mem_ap_init(struct mem_ap *ap, struct machine *machine, enum virtual_core core);
/* A port that has DBGMCU at this address: where the core has it, or on a bus of its own. */
void mem_ap_init_other(struct mem_ap *ap, struct machine *machine, uint32_t dbgmcu);
/* Power-on state of the registers; drops a transaction in progress. */
void mem_ap_reset(struct mem_ap *ap);

/* A register by its full offset. BUS_STALL: accepted, still in progress. For reads that are
 * done at once *value is the result. */
enum bus_result mem_ap_write(struct mem_ap *ap, uint8_t reg, uint32_t value);
enum bus_result mem_ap_read(struct mem_ap *ap, uint8_t reg, uint32_t *value);
/* Goes on with the transaction in progress; *value only changes when a read is done. */
enum bus_result mem_ap_continue(struct mem_ap *ap, uint32_t *value);
bool mem_ap_is_busy(const struct mem_ap *ap);
void mem_ap_abort(struct mem_ap *ap);

#endif
