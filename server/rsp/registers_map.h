/* SPDX-License-Identifier: MIT
 *
 * GDB's view of the registers: one table gives the target description, `g`, `p` and the expedited
 * registers of stop replies. xPSR is number 25 as in GDB's own layout.
 */
#ifndef SERVER_REGISTERS_MAP_H
#define SERVER_REGISTERS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "targets/core.h"

enum gdb_feature { FEATURE_PROFILE, FEATURE_SYSTEM, FEATURE_VFP, FEATURE_COUNT };

struct gdb_register {
	const char *name;
	uint8_t number;			/* GDB's */
	uint8_t bits;			/* 8, 32 or 64 */
	uint8_t reg;			/* enum core_register; of a 64-bit one the lower half */
	uint8_t shift;			/* 8-bit ones: where in REG_SPECIAL */
	enum gdb_feature feature;
	bool mainline;			/* only where there are BASEPRI and FAULTMASK */
	bool expedited;			/* sent with every stop */
	const char *type, *group;	/* for the XML; NULL = left out */
};

/* Rows in order of number. */
extern const struct gdb_register gdb_registers[];
extern const size_t gdb_register_count;

/* True when a core with these abilities has the register. */
bool gdb_register_exists(const struct gdb_register *row, bool mainline, bool fpu);
/* The row of a number, or NULL when this core has none. */
const struct gdb_register *gdb_register_find(const struct core *core, uint32_t number);
/* The row of a name ("r0", "SP", "xpsr"), any case, or NULL. */
const struct gdb_register *gdb_register_named(const struct core *core, const char *name);

/* Reads or writes the whole register through the core's cache; the core must be halted. pc loses its
 * bit 0 when written (LLDB sends it). Errors of core_read_register. */
int gdb_register_read(struct core *core, const struct gdb_register *row, uint64_t *value);
int gdb_register_write(struct core *core, const struct gdb_register *row, uint64_t value);

#endif
