/* SPDX-License-Identifier: MIT
 *
 * Debug registers of Cortex-M that several files of this folder share. Armv7-M ARM DDI 0403E C1.
 */
#ifndef TARGETS_CORTEXM_H
#define TARGETS_CORTEXM_H

#include <stdint.h>

enum {
	CPUID = 0xE000ED00,
	VTOR = 0xE000ED08,
	AIRCR = 0xE000ED0C,
	CFSR = 0xE000ED28, HFSR = 0xE000ED2C, DFSR = 0xE000ED30, MMFAR = 0xE000ED34, BFAR = 0xE000ED38,
	DHCSR = 0xE000EDF0, DCRSR = 0xE000EDF4, DCRDR = 0xE000EDF8, DEMCR = 0xE000EDFC,
	MVFR0 = 0xE000EF40,
};

enum { AIRCR_SYSRESETREQ = 0x05FA0004, AIRCR_VECTRESET = 0x05FA0001 };

/* Values to write to DHCSR, with the key. C_MASKINTS and C_STEP change only while halted and in a write
 * that does not clear C_HALT (C1.6.2; erratum 377497). */
enum {
	DHCSR_OFF = 0xA05F0000,
	DHCSR_RUN = 0xA05F0001,
	DHCSR_HALT = 0xA05F0003,
	DHCSR_STEP = 0xA05F0005,
	DHCSR_HALT_MASKED = 0xA05F000B,
	DHCSR_STEP_MASKED = 0xA05F000D,
};
enum {
	C_DEBUGEN = 1 << 0,
	S_REGRDY = 1 << 16, S_HALT = 1 << 17, S_SLEEP = 1 << 18, S_LOCKUP = 1 << 19,
	S_SDE = 1 << 20,	/* v8-M: secure debug is allowed */
	S_RETIRE_ST = 1 << 24, S_RESET_ST = 1 << 25,	/* sticky, cleared by reading */
};

enum { DCRSR_WRITE = 1 << 16 };

enum { DWT_CTRL = 0xE0001000, DWT_CYCCNT = 0xE0001004, DWT_CYCCNTENA = 1 << 0 };

enum {		/* DEMCR */
	VC_CORERESET = 1 << 0, VC_MMERR = 1 << 4, VC_NOCPERR = 1 << 5, VC_CHKERR = 1 << 6,
	VC_STATERR = 1 << 7, VC_BUSERR = 1 << 8, VC_INTERR = 1 << 9, VC_HARDERR = 1 << 10,
	VC_SFERR = 1 << 11,	/* v8-M */
	VC_ALL = 0xFF1,
	TRCENA = 1 << 24,
};

enum {		/* DFSR, write 1 to clear */
	DFSR_HALTED = 1 << 0, DFSR_BKPT = 1 << 1, DFSR_DWTTRAP = 1 << 2, DFSR_VCATCH = 1 << 3,
	DFSR_EXTERNAL = 1 << 4, DFSR_ALL = 0x1F,
};

#endif
