/* SPDX-License-Identifier: MIT
 *
 * A chip as a table: clocks, watchdogs, ports, USARTs and what start-up code touches beside them.
 */
#ifndef PROBE_VIRTUAL_CHIP_PARTS_H
#define PROBE_VIRTUAL_CHIP_PARTS_H

#include "probe/virtual/peripherals/peripherals.h"
#include "probe/virtual/peripherals/rcc.h"

struct chip_window {	/* where an address without a register still answers */
	uint32_t base, size;
};

struct chip_parts {
	const struct rcc_layout *rcc;
	uint32_t rcc_base;
	struct dbgmcu_layout dbgmcu;
	unsigned freeze_wwdg, freeze_iwdg;	/* bits of the first freeze register */
	const struct usart_place *usarts;
	size_t usart_count;
	uint32_t gpio_base;
	unsigned gpio_gate;		/* of port A */
	const char *ports;		/* "ABCDEFGH" */
	uint32_t moder_a, pupdr_a;	/* after reset */
	uint32_t crc_base, iwdg_base, wwdg_base;	/* the latter two: 0 = where most have them */
	unsigned crc_gate, wwdg_gate;	/* 0 = those of most */
	unsigned tim2_irq;		/* 0 = none */
	const struct plain_place *plains;
	size_t plain_count;
	uint32_t hsem_base;		/* 0 = none */
	unsigned hsem_gate;
	const struct chip_window *windows;
	size_t window_count;
	bool bitband;
};

/* Peripherals on a bus that has the flash already; reserved addresses last. E_MEMORY. */
int chip_parts_add(struct soc *soc, const struct chip_parts *parts, struct why *why);

#endif
