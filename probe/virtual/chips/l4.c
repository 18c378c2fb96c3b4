/* SPDX-License-Identifier: MIT
 *
 * What STM32L4, L4+, G4, WB and WL are composed of (RM0351 section 2.2, RM0440 table 3, RM0434
 * table 2, RM0453 table 3). SYSCFG (with two banks: flash/l4_remap.c) moves no memory to address 0; the
 * second core of WB and WL stands still.
 */
#include "probe/virtual/chips/chips.h"

#include "probe/bytes.h"
#include "probe/virtual/chips/parts.h"
#include "probe/virtual/flash/l4.h"
#include "probe/virtual/peripherals/rcc_layouts.h"

#include <string.h>

enum { FREEZE_WWDG = 11, FREEZE_IWDG = 12, CRC = 0x40023000, PORTS = 0x48000000,
       SRAM2 = 0x10000000 };

static const struct usart_place usarts_l4[] = {
	{ "USART1", 0x40013800, SOC_APB2 + 14, 37, true },
	{ "USART2", 0x40004400, SOC_APB1 + 17, 38, true },
};

static const struct usart_place usarts_wb[] = {
	{ "USART1", 0x40013800, SOC_APB2 + 14, 36, true },
	{ "USART2", 0x40004400, SOC_APB1 + 17, 37, true },
};

static const struct plain_place plains_l4[] = {
	{ "PWR", 0x40007000, SOC_APB1 + 28, true, { { 0x00, 0x200, 0 } } },
	{ "SYSCFG", 0x40010000, SOC_APB2 + 0, true, { { 0, 0, 0 } } },
};

static const struct plain_place plains_wb[] = {
	{ "PWR", 0x58000400, SOC_ALWAYS_ON, false, { { 0x00, 0x200, 0 } } },
	{ "SYSCFG", 0x40010000, SOC_ALWAYS_ON, true, { { 0, 0, 0 } } },
};

static const struct chip_window windows_l4[] = {
	{ 0x40000000, 0x18000 },
	{ 0x40020000, 0x24400 },
	{ 0x48000000, 0x2000 },
	{ 0x50000000, 0x60C00 },
};

static const struct chip_window windows_wb[] = {
	{ 0x40000000, 0x18000 },
	{ 0x40020000, 0x4400 },
	{ 0x48000000, 0x2000 },
	{ 0x50040000, 0x400 },
	{ 0x58000000, 0x5000 },
};

#define COMMON \
	.freeze_wwdg = FREEZE_WWDG, .freeze_iwdg = FREEZE_IWDG, .gpio_base = PORTS, \
	.gpio_gate = SOC_AHB2, .moder_a = 0xABFFFFFF, .pupdr_a = 0x64000000, .crc_base = CRC, \
	.bitband = true

#define L4_COMMON \
	COMMON, .rcc_base = 0x40021000, .dbgmcu = { SOC_ALWAYS_ON, 0xE7, { 0x08, 0x0C, 0x10 }, \
	false, TRACE_V7 }, .usarts = usarts_l4, .usart_count = ARRAY_SIZE(usarts_l4), .tim2_irq = 28, \
	.plains = plains_l4, .windows = windows_l4, \
	.window_count = ARRAY_SIZE(windows_l4)

#define WB_COMMON \
	COMMON, .rcc_base = 0x58000000, \
	.dbgmcu = { SOC_ALWAYS_ON, 0xE7, { 0x3C, 0x44, 0x4C, 0x40, 0x48 }, false, TRACE_V7 }, \
	.usarts = usarts_wb, .plains = plains_wb, .plain_count = ARRAY_SIZE(plains_wb), \
	.hsem_base = 0x58001400, .hsem_gate = SOC_AHB3 + 19, .windows = windows_wb, \
	.window_count = ARRAY_SIZE(windows_wb)

static const struct kin {
	const char *prefix;	/* of the controller's name */
	struct chip_parts parts;
} kins[] = {
	{ "l4sb", { L4_COMMON, .rcc = &rcc_l4_layout, .ports = "ABCDEFGHI", .plain_count = 2 } },
	{ "l4", { L4_COMMON, .rcc = &rcc_l4_layout, .ports = "ABCDEFGHI", .plain_count = 1 } },
	{ "g4db", { L4_COMMON, .rcc = &rcc_g4_layout, .ports = "ABCDEFG", .plain_count = 1 } },
	{ "g4", { L4_COMMON, .rcc = &rcc_g4_layout, .ports = "ABCDEFG", .plain_count = 2 } },
	{ "wb", { WB_COMMON, .rcc = &rcc_wb_layout, .usart_count = 1, .ports = "ABCDEH",
		  .tim2_irq = 28 } },
	{ "wl", { WB_COMMON, .rcc = &rcc_wl_layout, .usart_count = 2, .ports = "ABCH",
		  .tim2_irq = 27 } },
};

static const struct chip_parts *parts_of(const char *controller)
{
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(kins) && strncmp(kins[i].prefix, controller, strlen(kins[i].prefix)) != 0)
		i++;
	return &kins[i].parts;
}

int chip_l4_build(struct soc *soc, struct why *why)
{
	int err = flash_l4_add(soc, why);

	if (err || soc->bus->clash)
		return err;	/* the caller names a clash */
	if (strncmp(soc->spec->controller, "l4", 2) == 0)
		soc->backup_base = SRAM2;
	return chip_parts_add(soc, parts_of(soc->spec->controller), why);
}
