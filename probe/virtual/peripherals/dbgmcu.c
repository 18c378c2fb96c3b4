/* SPDX-License-Identifier: MIT
 *
 * DBGMCU: device id, clocks in low-power modes, freeze bits (RM0090 section 38.16). A system reset
 * leaves it alone, so that freezes outlive a reset under the debugger.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include <stdlib.h>

enum { CR = 4, LOW_POWER = 7 };

/* TRACE_IOEN (v8-M: and TRACE_EN) with TRACE_MODE 0, one pin; TRACECLKEN and the debug clocks of D1 and
 * D3. */
static const struct { uint32_t mask, value; } traces[] = {
	[TRACE_V7] = { 0xE0, 0x20 }, [TRACE_V8] = { 0xF0, 0x30 }, [TRACE_H7] = { 0x700000, 0x700000 },
};

struct dbgmcu {
	struct soc *soc;
	struct dbgmcu_layout layout;
	uint32_t idcode_offset;
	uint32_t cr;
};

/* The freeze register at an offset, or NULL. */
static uint32_t *freeze_at(const struct dbgmcu *dbgmcu, uint32_t offset)
{
	for (size_t i = 0; i < SOC_FREEZE_REGISTERS; i++)
		if (dbgmcu->layout.freeze[i] && dbgmcu->layout.freeze[i] == offset)
			return &dbgmcu->soc->freeze[i];
	return NULL;
}

static uint32_t dbgmcu_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct dbgmcu *dbgmcu = state;
	const uint32_t *freeze = freeze_at(dbgmcu, offset);

	(void)master;
	if (offset == dbgmcu->idcode_offset)
		return dbgmcu->soc->spec->idcode;
	return offset == CR ? dbgmcu->cr : freeze ? *freeze : 0;
}

static void dbgmcu_write(void *state, uint32_t offset, uint32_t value)
{
	struct dbgmcu *dbgmcu = state;
	struct soc *soc = dbgmcu->soc;
	uint32_t *freeze = freeze_at(dbgmcu, offset);

	if (!soc_gate_open(soc, dbgmcu->layout.gate))
		return;
	if (freeze) {
		*freeze = value;
	} else if (offset == CR) {
		dbgmcu->cr = value & dbgmcu->layout.cr_bits;
		soc->debug_modes = dbgmcu->cr & LOW_POWER;
		soc->trace_on_pin = dbgmcu->layout.trace &&
				    (dbgmcu->cr & traces[dbgmcu->layout.trace].mask) ==
					    traces[dbgmcu->layout.trace].value;
		if (dbgmcu->layout.freeze_in_cr)
			soc->freeze[0] = dbgmcu->cr;
	}
	soc_notice(soc);
}

static void dbgmcu_reset(void *state)
{
	(void)state;
}

static void dbgmcu_power(void *state, bool on)
{
	struct dbgmcu *dbgmcu = state;
	struct soc *soc = dbgmcu->soc;

	(void)on;
	dbgmcu->cr = soc->debug_modes = 0;
	soc->trace_on_pin = false;
	for (size_t i = 0; i < SOC_FREEZE_REGISTERS; i++)
		soc->freeze[i] = 0;
}

int dbgmcu_add(struct soc *soc, const struct dbgmcu_layout *layout)
{
	struct dbgmcu *dbgmcu = calloc(1, sizeof(*dbgmcu));

	if (!dbgmcu)
		return E_MEMORY;
	dbgmcu->soc = soc;
	dbgmcu->layout = *layout;
	soc->has_trace_pin = layout->trace;
	soc->trace_by_swo = layout->trace == TRACE_H7;
	dbgmcu->idcode_offset = soc->spec->idcode_address & 0x3FF;
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "dbgmcu", .state = dbgmcu,
			   .gate = SOC_ALWAYS_ON, .reset = dbgmcu_reset, .power = dbgmcu_power });
	soc_add_registers(soc, &(struct soc_registers){ .name = "DBGMCU", .gate = SOC_ALWAYS_ON,
			  .base = soc->spec->idcode_address & ~(uint32_t)0x3FF, .state = dbgmcu,
			  .read = dbgmcu_read, .write = dbgmcu_write });
	return OK;
}
