/* SPDX-License-Identifier: MIT
 *
 * What STM32L5, U5, U3 and WBA are composed of without TrustZone: the non-secure addresses (RM0438
 * section 2.3, RM0456 table 5, RM0493 table 4; U3 by their example). Secure aliases do not answer.
 */
#include "probe/virtual/chips/chips.h"

#include "probe/bytes.h"
#include "probe/virtual/chips/parts.h"
#include "probe/virtual/flash/l4.h"
#include "probe/virtual/peripherals/rcc_layouts.h"

#include <string.h>

enum { FREEZE_WWDG = 11, FREEZE_IWDG = 12, CRC = 0x40023000, PORTS = 0x42020000 };

enum { VOS_READY = 0xC000, ACTUAL_VOS_READY = 0x8000 };

static const struct usart_place usarts[] = {
	{ "USART1", 0x40013800, SOC_APB2 + 14, 61, true },
	{ "USART2", 0x40004400, SOC_APB1 + 17, 62, true },
};

static const struct usart_place usarts_wba[] = {
	{ "USART1", 0x40013800, SOC_APB2 + 14, 46, true },
	{ "USART2", 0x40004400, SOC_APB1 + 17, 47, true },
};

static const struct plain_place plains_l5[] = {
	{ "PWR", 0x40007000, SOC_APB1 + 28, true, { { 0x00, 0x400, 0 } } },
	{ "SYSCFG", 0x40010000, SOC_APB2 + 0, true, { { 0, 0, 0 } } },
};

static const struct plain_place plains_u5[] = {
	{ "PWR", 0x46020800, SOC_AHB3 + 2, false, { { 0x0C, 0, VOS_READY },
						    { 0x3C, 0, ACTUAL_VOS_READY } } },
	{ "SYSCFG", 0x46000400, SOC_APB3 + 1, true, { { 0, 0, 0 } } },
};

static const struct plain_place plains_u3[] = {
	{ "PWR", 0x40030800, SOC_ALWAYS_ON, false, { { 0x0C, 0, VOS_READY },
						     { 0x3C, 0, ACTUAL_VOS_READY } } },
};

static const struct chip_window windows[] = {
	{ 0x40000000, 0x1C000 },
	{ 0x40020000, 0x16000 },
	{ 0x42020000, 0xB6000 },
	{ 0x44020000, 0x4000 },
	{ 0x46000000, 0x28000 },
};

#define COMMON \
	.freeze_wwdg = FREEZE_WWDG, .freeze_iwdg = FREEZE_IWDG, .gpio_base = PORTS, \
	.gpio_gate = SOC_AHB2, .moder_a = 0xABFFFFFF, .pupdr_a = 0x64000000, .crc_base = CRC, \
	.windows = windows, .window_count = ARRAY_SIZE(windows), .usart_count = 2

static const struct kin {
	const char *controller;
	struct chip_parts parts;
} kins[] = {
	{ "l5", { COMMON, .rcc = &rcc_l4_layout, .rcc_base = 0x40021000, .usarts = usarts,
		  .dbgmcu = { SOC_ALWAYS_ON, 0xF6, { 0x08, 0x0C, 0x10 }, false, TRACE_V8 }, .tim2_irq = 45,
		  .ports = "ABCDEFGH", .plains = plains_l5, .plain_count = 2 } },
	{ "u5", { COMMON, .rcc = &rcc_u5_layout, .rcc_base = 0x46020C00, .usarts = usarts,
		  .dbgmcu = { SOC_ALWAYS_ON, 0xF6, { 0x08, 0x0C, 0x10, 0x14, 0x20 }, false, TRACE_V8 },
		  .tim2_irq = 45, .ports = "ABCDEFGHI", .plains = plains_u5, .plain_count = 2 } },
	{ "u3", { COMMON, .rcc = &rcc_u3_layout, .rcc_base = 0x40030C00, .usarts = usarts,
		  .dbgmcu = { SOC_ALWAYS_ON, 0xF6, { 0x08, 0x0C, 0x10, 0x14, 0x20 }, false, TRACE_V8 },
		  .tim2_irq = 45, .ports = "ABCDEFGH", .plains = plains_u3, .plain_count = 1 } },
	{ "wba", { COMMON, .rcc = &rcc_wba_layout, .rcc_base = 0x46020C00, .usarts = usarts_wba,
		   .dbgmcu = { SOC_ALWAYS_ON, 0xF6, { 0x08, 0x0C, 0x10, 0x24 }, false, TRACE_V8 },
		   .tim2_irq = 41, .ports = "ABCH", .plains = plains_u5, .plain_count = 2 } },
};

int chip_u5_build(struct soc *soc, struct why *why)
{
	int err = flash_l4_add(soc, why);
	size_t i = 0;

	if (err || soc->bus->clash)
		return err;	/* the caller names a clash */
	while (i + 1 < ARRAY_SIZE(kins) && strcmp(kins[i].controller, soc->spec->controller) != 0)
		i++;	/* the last one: wba, wba2 */
	return chip_parts_add(soc, &kins[i].parts, why);
}
