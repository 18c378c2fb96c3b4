/* SPDX-License-Identifier: MIT
 *
 * Reset and clock control of any family, from a table: oscillators with start-up times, the system
 * clock switch, prescalers, clock gates, peripheral resets, reset flags. All other bits are plain.
 */
#ifndef PROBE_VIRTUAL_RCC_H
#define PROBE_VIRTUAL_RCC_H

#include "probe/virtual/chips/soc.h"

struct rcc;

struct rcc_oscillator {		/* or PLL: runs ns after its bit was set */
	uint32_t offset, on, ready;	/* register and masks in it */
	uint32_t ns;
};

struct rcc_gates {		/* 32 clock gates */
	uint32_t enable, reset;		/* offsets of *ENR and *RSTR; reset 0 = none */
	unsigned gate;			/* SOC_AHB1 ... */
	uint32_t enabled;		/* gates open after reset */
};

struct rcc_field {
	uint32_t offset;
	unsigned shift;
};

struct rcc_cause {
	uint32_t cause, flags;		/* enum soc_reset; bits in the flag register */
};

struct rcc_value {
	uint32_t offset, value;
};

enum { RCC_NONE = 0xFF, RCC_SIZE = 0x400 };

struct rcc_layout {
	const struct rcc_oscillator *oscillators;
	size_t oscillator_count;
	const struct rcc_gates *gates;
	size_t gates_count;
	const struct rcc_value *values;	/* after reset; all others 0 */
	size_t value_count;

	uint32_t cfgr;			/* with SW in its lowest bits */
	uint32_t sw, sws;		/* masks */
	unsigned sws_shift;
	uint8_t by_sw[8];		/* index of an oscillator, or RCC_NONE */
	struct rcc_field hpre, ppre1, ppre2;	/* ppre2 = ppre1 where there is one APB */

	uint32_t csr;			/* reset flags */
	uint32_t rmvf;			/* clears them */
	const struct rcc_cause *causes;
	size_t cause_count;
	uint32_t csr_kept;		/* bits beside the flags that a system reset leaves */
	uint32_t bdcr;			/* a register that a system reset leaves; 0 = none */

	/* Bits that can't be changed while an oscillator (the PLL) is on; mask 0 = none. */
	uint32_t locked_offset, locked_mask;
	unsigned locked_by;

	/* Frequency of a running oscillator, 0 = set up for none. */
	uint32_t (*hz)(const struct rcc *rcc, unsigned oscillator);
};

/* The layout is kept. E_MEMORY. */
int rcc_add(struct soc *soc, uint32_t base, const struct rcc_layout *layout);

/* For hz(). */
uint32_t rcc_word(const struct rcc *rcc, uint32_t offset);
const struct soc *rcc_soc(const struct rcc *rcc);

#endif
