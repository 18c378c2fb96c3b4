/* SPDX-License-Identifier: MIT
 *
 * What a core that stands in a fault can tell. Private to targets/; others call fault_explain and
 * fault_signal of core.h.
 */
#ifndef TARGETS_FAULT_H
#define TARGETS_FAULT_H

#include "targets/board.h"
#include "targets/vectors.h"

/* CFSR: MMFSR, BFSR and UFSR. DDI 0403E B3.2.15. */
enum {
	IACCVIOL = 1 << 0, DACCVIOL = 1 << 1, MUNSTKERR = 1 << 3, MSTKERR = 1 << 4, MLSPERR = 1 << 5,
	MMARVALID = 1 << 7,
	IBUSERR = 1 << 8, PRECISERR = 1 << 9, IMPRECISERR = 1 << 10, UNSTKERR = 1 << 11, STKERR = 1 << 12,
	LSPERR = 1 << 13, BFARVALID = 1 << 15,
	UNDEFINSTR = 1 << 16, INVSTATE = 1 << 17, INVPC = 1 << 18, NOCP = 1 << 19, STKOF = 1 << 20,
	UNALIGNED = 1 << 24, DIVBYZERO = 1 << 25,
};
enum { VECTTBL = 1 << 1, FORCED = 1 << 30 };
#define DEBUGEVT (1u << 31)

enum { EXCEPTION_NMI = 2, EXCEPTION_HARDFAULT = 3, EXCEPTION_MEMMANAGE, EXCEPTION_BUSFAULT,
       EXCEPTION_USAGEFAULT, EXCEPTION_SECUREFAULT };

struct fault {
	const struct core *core;
	unsigned exception;		/* EXCEPTION_NMI or one of the faults; 0 = none */
	uint32_t cfsr, hfsr, mmfar, bfar;	/* 0 on v6-M */
	uint32_t sfsr, sfar;		/* v8-M */
	uint32_t cpacr;
	uint32_t exc_return;		/* LR, when it is one; else 0 */
	uint32_t sp;			/* where the frame is, or should have been put */
	bool has_frame;			/* r0-r3, r12, LR, PC and xPSR below are those of the frame */
	uint32_t r[16], xpsr;		/* as the failing instruction saw them */
	bool has_code;
	uint16_t code[2];		/* the failing instruction */
	struct vectors vectors;
};

/* Asks the halted core for all of it. */
int fault_read(struct core *core, struct fault *out);
/* The data address of the failing access: as the core tells it, else decoded. */
bool fault_address(const struct fault *fault, uint32_t *address);
/* A sentence without full stop that says what probably went wrong; "" when nothing is known. */
void fault_find_cause(const struct fault *fault, char *text, size_t size);

#endif
