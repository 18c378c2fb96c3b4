/* SPDX-License-Identifier: MIT
 *
 * DBGMCU: device id, clocks in low-power modes, freeze bits (RM0090 section 38.16). A system reset
 * leaves it alone, so that freezes outlive a reset under the debugger.
 */
#include "probe/virtual/peripherals.h"

#include <stdlib.h>

enum { CR = 4, APB1_FZ = 8, APB2_FZ = 12 };

struct dbgmcu {
	struct soc *soc;
	uint32_t idcode_offset;
};

static uint32_t dbgmcu_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct dbgmcu *dbgmcu = state;
	const struct soc *soc = dbgmcu->soc;

	(void)master;
	if (offset == dbgmcu->idcode_offset)
		return soc->spec->idcode;
	return offset == CR ? soc->debug_modes : offset == APB1_FZ ? soc->freeze[0]
	     : offset == APB2_FZ ? soc->freeze[1] : 0;
}

static void dbgmcu_write(void *state, uint32_t offset, uint32_t value)
{
	struct soc *soc = ((struct dbgmcu *)state)->soc;

	if (offset == CR)
		soc->debug_modes = value & 0xE7;
	else if (offset == APB1_FZ)
		soc->freeze[0] = value;
	else if (offset == APB2_FZ)
		soc->freeze[1] = value;
	soc_notice(soc);
}

static void dbgmcu_reset(void *state)
{
	(void)state;
}

static void dbgmcu_power(void *state, bool on)
{
	struct soc *soc = ((struct dbgmcu *)state)->soc;

	(void)on;
	soc->debug_modes = soc->freeze[0] = soc->freeze[1] = 0;
}

int dbgmcu_add(struct soc *soc)
{
	struct dbgmcu *dbgmcu = calloc(1, sizeof(*dbgmcu));

	if (!dbgmcu)
		return E_MEMORY;
	dbgmcu->soc = soc;
	dbgmcu->idcode_offset = soc->spec->idcode_address & 0x3FF;
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "dbgmcu", .state = dbgmcu,
			   .gate = SOC_ALWAYS_ON, .reset = dbgmcu_reset, .power = dbgmcu_power });
	soc_add_registers(soc, &(struct soc_registers){ .name = "DBGMCU", .gate = SOC_ALWAYS_ON,
			  .base = soc->spec->idcode_address & ~(uint32_t)0x3FF, .state = dbgmcu,
			  .read = dbgmcu_read, .write = dbgmcu_write });
	return OK;
}
