/* SPDX-License-Identifier: MIT
 *
 * The peripherals that virtual chips are composed of. Each *_add() allocates a state, puts
 * registers on the bus and a row into the soc (which frees it). All return 0 or E_MEMORY. What is
 * not modelled is said in each file.
 */
#ifndef PROBE_VIRTUAL_PERIPHERALS_H
#define PROBE_VIRTUAL_PERIPHERALS_H

#include "probe/virtual/soc.h"

/* Reset and clock control of F2 and F4 (RM0090 section 7); hse_hz = crystal on the board. */
int rcc_f4_add(struct soc *soc, uint32_t base, uint32_t hse_hz);
int pwr_add(struct soc *soc, uint32_t base, unsigned gate);
/* Device id, low-power debug modes, freeze bits. Not reset by a system reset. */
int dbgmcu_add(struct soc *soc);
/* Memory at address 0: flash, system memory or RAM. The row at 0 must be on the bus already. */
int syscfg_add(struct soc *soc, uint32_t base, unsigned gate, uint32_t system_base,
	       uint32_t ram_base);
int iwdg_add(struct soc *soc, uint32_t base, unsigned freeze_bit);
int wwdg_add(struct soc *soc, uint32_t base, unsigned gate, unsigned freeze_bit);
int crc_unit_add(struct soc *soc, uint32_t base, unsigned gate);

struct usart_place {
	const char *name;
	uint32_t base;
	unsigned gate, irq;
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

/* Bit-band aliases of SRAM and peripherals (Armv7-M, DDI 0403E B3.1). No state. */
void bitband_add(struct soc *soc);

#endif
