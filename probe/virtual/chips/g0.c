/* SPDX-License-Identifier: MIT
 *
 * What STM32G0, C0 and U0 are composed of (RM0444 table 5, RM0490 table 3, RM0503 table 5). SYSCFG
 * keeps bits and moves no memory to address 0.
 */
#include "probe/virtual/chips/chips.h"

#include "probe/bytes.h"
#include "probe/virtual/chips/parts.h"
#include "probe/virtual/flash/l4.h"
#include "probe/virtual/peripherals/rcc_layouts.h"

#include <string.h>

enum { FREEZE_WWDG = 11, FREEZE_IWDG = 12, RCC = 0x40021000, CRC = 0x40023000, PORTS = 0x50000000 };

static const struct usart_place usarts[] = {
	{ "USART1", 0x40013800, SOC_APB2 + 14, 27, true },
	{ "USART2", 0x40004400, SOC_APB1 + 17, 28, true },
};

static const struct plain_place plains[] = {
	{ "PWR", 0x40007000, SOC_APB1 + 28, true, { { 0x00, 0x208, 0 } } },
	{ "SYSCFG", 0x40010000, SOC_APB2 + 0, true, { { 0, 0, 0 } } },
};

static const struct chip_window windows[] = {
	{ 0x40000000, 0x18000 },
	{ 0x40020000, 0x7000 },
	{ 0x50000000, 0x2000 },
};

#define COMMON \
	.rcc_base = RCC, .freeze_wwdg = FREEZE_WWDG, .freeze_iwdg = FREEZE_IWDG, \
	.usarts = usarts, .usart_count = ARRAY_SIZE(usarts), .gpio_base = PORTS, \
	.gpio_gate = SOC_AHB4, .ports = "ABCDEF", .moder_a = 0xEBFFFFFF, .pupdr_a = 0x24000000, \
	.crc_base = CRC, .plains = plains, .plain_count = ARRAY_SIZE(plains), .windows = windows, \
	.window_count = ARRAY_SIZE(windows)

static const struct chip_parts g0 = {
	COMMON, .rcc = &rcc_g0_layout, .dbgmcu = { SOC_APB1 + 27, 6, { 0x08, 0x0C }, false, TRACE_NONE },
	.tim2_irq = 15,
};

static const struct chip_parts c0 = {
	COMMON, .rcc = &rcc_c0_layout, .dbgmcu = { SOC_APB1 + 27, 6, { 0x08, 0x0C }, false, TRACE_NONE },
};

static const struct chip_parts u0 = {
	COMMON, .rcc = &rcc_u0_layout, .dbgmcu = { SOC_APB3 + 0, 6, { 0x08, 0x0C }, false, TRACE_NONE },
	.tim2_irq = 15,
};

static const struct chip_parts *parts_of(const char *controller)
{
	return strcmp(controller, "c0") == 0 ? &c0 : strcmp(controller, "u0") == 0 ? &u0 : &g0;
}

int chip_g0_build(struct soc *soc, struct why *why)
{
	int err = flash_l4_add(soc, why);

	if (err || soc->bus->clash)
		return err;	/* the caller names a clash */
	return chip_parts_add(soc, parts_of(soc->spec->controller), why);
}
