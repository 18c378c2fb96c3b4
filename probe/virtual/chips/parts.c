/* SPDX-License-Identifier: MIT
 *
 * A chip from a table of its parts. Watchdogs, USART2, TIM2 and the CRC unit are behind the same
 * gates in every family since L4 (RCC_APB1ENR1, RCC_AHB1ENR).
 */
#include "probe/virtual/chips/parts.h"

enum { IWDG = 0x40003000, WWDG = 0x40002C00, TIM2 = 0x40000000, WWDG_GATE = SOC_APB1 + 11,
       TIM2_GATE = SOC_APB1 + 0, CRC_GATE = SOC_AHB1 + 12, FREEZE_TIM2 = 0 };

static int add_ports(struct soc *soc, const struct chip_parts *parts)
{
	int err = OK;

	for (const char *port = parts->ports; *port && !err; port++) {
		unsigned number = (unsigned)(*port - 'A');
		struct gpio_place place = { *port, parts->gpio_base + 0x400 * number,
					    parts->gpio_gate + number, 0xFFFFFFFF, 0, 0 };

		if (*port == 'A') {
			place.moder = parts->moder_a;
			place.ospeedr = 0x0C000000;
			place.pupdr = parts->pupdr_a;
		}
		err = gpio_add(soc, &place);
	}
	return err;
}

static int add_rows(struct soc *soc, const struct chip_parts *parts)
{
	const struct tim_place tim2 = { "TIM2", TIM2, TIM2_GATE, parts->tim2_irq, FREEZE_TIM2,
					0xFFFFFFFF, 2 };
	int err = parts->tim2_irq ? tim_add(soc, &tim2) : OK;

	for (size_t i = 0; !err && i < parts->usart_count; i++)
		err = usart_add(soc, &parts->usarts[i]);
	for (size_t i = 0; !err && i < parts->plain_count; i++)
		err = plain_add(soc, &parts->plains[i]);
	if (!err && parts->hsem_base)
		err = hsem_add(soc, parts->hsem_base, parts->hsem_gate);
	return err ? err : add_ports(soc, parts);
}

static uint32_t or_default(uint32_t value, uint32_t most)
{
	return value ? value : most;
}

int chip_parts_add(struct soc *soc, const struct chip_parts *parts, struct why *why)
{
	if (rcc_add(soc, parts->rcc_base, parts->rcc) || dbgmcu_add(soc, &parts->dbgmcu) ||
	    iwdg_windowed_add(soc, or_default(parts->iwdg_base, IWDG), parts->freeze_iwdg) ||
	    wwdg_add(soc, or_default(parts->wwdg_base, WWDG),
		     or_default(parts->wwdg_gate, WWDG_GATE), parts->freeze_wwdg) ||
	    crc_unit_add(soc, parts->crc_base, or_default(parts->crc_gate, CRC_GATE)) ||
	    add_rows(soc, parts) ||
	    identity_add(soc))
		return explain(why, E_MEMORY, "out of memory");
	if (parts->bitband)
		bitband_add(soc);
	for (size_t i = 0; i < parts->window_count; i++)
		soc_fill_reserved(soc, parts->windows[i].base, parts->windows[i].size);
	return OK;
}
