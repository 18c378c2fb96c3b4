/* SPDX-License-Identifier: MIT
 *
 * Power control of STM32F2/F4/F7 (RM0090 section 5.4): the bits that firmware waits for. The
 * voltage detector and WUF are not modelled.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include <stdlib.h>
#include <string.h>

enum { CR = 0, CSR = 4, CR_RESET = 0x4000 /* VOS: scale 1 */ };

enum { CSR_VOSRDY = 1 << 14, CSR_BRE = 1 << 9, CSR_BRR = 1 << 3, CSR_SBF = 1 << 1 };
enum { CR_CSBF = 1 << 3 };

/* ODEN, ODSWEN and ODRDY, ODSWRDY beside them: F42x, F46x and F7. */
enum { OVERDRIVE = 3 << 16 };

struct pwr {
	struct soc *soc;
	uint32_t overdrive;
	uint32_t cr, csr;
};

static uint32_t pwr_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct pwr *pwr = state;

	(void)master;
	if (offset == CR)
		return pwr->cr;
	if (offset != CSR)
		return 0;
	return pwr->csr | CSR_VOSRDY | (pwr->csr & CSR_BRE ? CSR_BRR : 0) |
	       (pwr->cr & pwr->overdrive);
}

static void pwr_write(void *state, uint32_t offset, uint32_t value)
{
	struct pwr *pwr = state;

	if (offset == CR) {
		pwr->cr = value & (0xC3F3 | pwr->overdrive);	/* CWUF and CSBF clear flags and read 0 */
		if (value & CR_CSBF)
			pwr->csr &= ~(uint32_t)CSR_SBF;
	} else if (offset == CSR) {
		pwr->csr = (value & 0x300) | (pwr->csr & CSR_SBF);
	}
}

static void pwr_reset(void *state)
{
	struct pwr *pwr = state;

	pwr->cr = CR_RESET;
	pwr->csr &= CSR_BRE | CSR_SBF;
	if (pwr->soc->woke_from_standby)
		pwr->csr |= CSR_SBF;
}

static void pwr_power(void *state, bool on)
{
	struct pwr *pwr = state;

	(void)on;
	if (!pwr->soc->woke_from_standby)
		pwr->csr = 0;
}

int pwr_add(struct soc *soc, uint32_t base, unsigned gate)
{
	struct pwr *pwr = calloc(1, sizeof(*pwr));

	if (!pwr)
		return E_MEMORY;
	pwr->soc = soc;
	pwr->overdrive = strcmp(soc->spec->controller, "f2") && strcmp(soc->spec->controller, "f4")
			 ? OVERDRIVE : 0;
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "pwr", .state = pwr,
			   .gate = gate, .reset = pwr_reset, .power = pwr_power });
	soc_add_registers(soc, &(struct soc_registers){ .name = "PWR", .base = base, .gate = gate,
			  .apb = true, .state = pwr, .read = pwr_read, .write = pwr_write });
	return OK;
}
