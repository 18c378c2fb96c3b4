/* SPDX-License-Identifier: MIT
 *
 * The peripherals that virtual chips are composed of. Each *_add() allocates a state, puts
 * registers on the bus and a row into the soc (which frees it). All return 0 or E_MEMORY. What is
 * not modelled is said in each file.
 */
#ifndef PROBE_VIRTUAL_PERIPHERALS_H
#define PROBE_VIRTUAL_PERIPHERALS_H

#include "probe/virtual/chips/soc.h"

/* Reset and clock control of F2 and F4 (RM0090 section 7); hse_hz = crystal on the board. */
int rcc_f4_add(struct soc *soc, uint32_t base, uint32_t hse_hz);
int pwr_add(struct soc *soc, uint32_t base, unsigned gate);
/* Device id, low-power debug modes, freeze bits. Not reset by a system reset. Without its clock it
 * shows only the id (E4 of the errata list: to be tested). */
/* How DBGMCU gives the core's trace its pin. H7: clocks only, the pin is PB3's reset state; behind them
 * stands not the core's TPIU but a unit of the chip (SWO), with a funnel in front. */
enum dbgmcu_trace { TRACE_NONE, TRACE_V7, TRACE_V8, TRACE_H7 };
struct dbgmcu_layout {
	unsigned gate;
	uint32_t cr_bits;		/* implemented */
	uint16_t freeze[SOC_FREEZE_REGISTERS];	/* offsets; 0 = none */
	bool freeze_in_cr;		/* F1: CR is the first freeze register */
	enum dbgmcu_trace trace;
};
int dbgmcu_add(struct soc *soc, const struct dbgmcu_layout *layout);
/* Memory at address 0: flash, system memory or RAM. The row at 0 must be on the bus already. */
int syscfg_add(struct soc *soc, uint32_t base, unsigned gate, uint32_t system_base,
	       uint32_t ram_base);
int iwdg_add(struct soc *soc, uint32_t base, unsigned freeze_bit);
/* With WINR: all families after F1, F2, F4, L1. */
int iwdg_windowed_add(struct soc *soc, uint32_t base, unsigned freeze_bit);
int wwdg_add(struct soc *soc, uint32_t base, unsigned gate, unsigned freeze_bit);
int crc_unit_add(struct soc *soc, uint32_t base, unsigned gate);

struct usart_place {
	const char *name;
	uint32_t base;
	unsigned gate, irq;
	bool newer;		/* ISR, TDR...: F0, F3, F7, L0 and all since */
};
int usart_add(struct soc *soc, const struct usart_place *place);

struct gpio_place {
	char port;		/* 'A' carries SWDIO (13) and SWCLK (14) */
	uint32_t base;
	unsigned gate;
	uint32_t moder, ospeedr, pupdr;	/* after reset */
};
int gpio_add(struct soc *soc, const struct gpio_place *place);

struct tim_place {
	const char *name;
	uint32_t base;
	unsigned gate, irq, freeze_bit;
	uint32_t counter_mask;	/* 16 or 32 bits */
	unsigned number;	/* 2 = TIM2 */
};
int tim_add(struct soc *soc, const struct tim_place *place);

/* DMA1 of F2 and F4: the streams that serve timer updates. */
int dma_f4_add(struct soc *soc, uint32_t base, unsigned gate);

/* The GPIO ports of F1 (CRL, CRH); a place without MODER and its like. */
int gpio_f1_add(struct soc *soc, const struct gpio_place *place);
/* The F1's pin remapping, which can take the SWD pins away. */
int afio_f1_add(struct soc *soc, uint32_t base, unsigned gate);

/* Registers that only keep what is written, for what start-up code sets and nobody looks at. */
struct plain_place {
	const char *name;
	uint32_t base;
	unsigned gate;
	bool apb;
	struct { uint32_t offset, reset, fixed; } values[4];	/* fixed: bits that always read 1 */
};
int plain_add(struct soc *soc, const struct plain_place *place);

/* Hardware semaphores of WB and WL. */
int hsem_add(struct soc *soc, uint32_t base, unsigned gate);

/* Puts UID and flash size where the spec has them: into a memory of the bus, or into a page of its
 * own. Call after the memories were added. */
int identity_add(struct soc *soc);

/* Bit-band aliases of SRAM and peripherals (Armv7-M, DDI 0403E B3.1). No state. */
void bitband_add(struct soc *soc);

#endif
