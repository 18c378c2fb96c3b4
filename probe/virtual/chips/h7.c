/* SPDX-License-Identifier: MIT
 *
 * What STM32H7, H7A3, H7R/S and H5 are composed of (RM0433 tables 7 and 8, RM0455 table 7, RM0477
 * table 5, RM0481 table 6). The M4 of dual-core parts stands still and has no access port; TrustZone
 * of the H5 is off.
 */
#include "probe/virtual/chips/chips.h"

#include "probe/bytes.h"
#include "probe/virtual/chips/parts.h"
#include "probe/virtual/flash/h7.h"
#include "probe/virtual/peripherals/rcc_layouts.h"

#include <string.h>

enum { BACKUP_RAM = 0x38800000 };

/* Freeze bits, 32 to a register, in the order that dbgmcu has them in below. */
enum { FREEZE_WWDG_H7 = 32 + 6, FREEZE_IWDG_H7 = 96 + 18, FREEZE_WWDG = 11, FREEZE_IWDG_H7RS = 64 + 18,
       FREEZE_IWDG_H5 = 12 };

enum { VOS_READY = 1 << 13, VOSSR_READY = 0x2008 };

static const struct usart_place usarts_h7[] = {
	{ "USART1", 0x40011000, SOC_APB2 + 4, 37, true },
	{ "USART2", 0x40004400, SOC_APB1 + 17, 38, true },
	{ "USART3", 0x40004800, SOC_APB1 + 18, 39, true },
};

static const struct usart_place usarts_h5[] = {
	{ "USART1", 0x40013800, SOC_APB2 + 14, 58, true },
	{ "USART2", 0x40004400, SOC_APB1 + 17, 59, true },
	{ "USART3", 0x40004800, SOC_APB1 + 18, 60, true },
};

static const struct plain_place plains_h7[] = {
	{ "PWR", 0x58024800, SOC_ALWAYS_ON, false, { { 0x04, 0x4000, VOS_READY }, { 0x0C, 6, 0 },
						     { 0x18, 0x4000, VOS_READY } } },
	{ "SYSCFG", 0x58000400, SOC_APB4 + 1, true, { { 0, 0, 0 } } },
};

static const struct plain_place plains_h5[] = {
	{ "PWR", 0x44020800, SOC_ALWAYS_ON, false, { { 0x14, 0, VOSSR_READY } } },
	{ "SBS", 0x44000400, SOC_APB3 + 1, true, { { 0, 0, 0 } } },
};

static const struct chip_window windows_h7[] = {
	{ 0x40000000, 0x40000 },	/* APB1, APB2, AHB1 */
	{ 0x48020000, 0x4000 },		/* AHB2 */
	{ 0x50000000, 0x4000 },		/* APB3 */
	{ 0x51000000, 0x100000 },	/* the AXI matrix */
	{ 0x52000000, 0xA000 },		/* AHB3 */
	{ 0x58000000, 0x8000 },		/* APB4 */
	{ 0x58020000, 0x8000 },		/* AHB4 */
	{ 0x5C000000, 0x3000 },		/* debug components of the buses; SWO and its funnel */
	{ 0x5C005000, 0x1B000 },
};

static const struct chip_window windows_h5[] = {
	{ 0x40000000, 0x18000 },
	{ 0x40020000, 0x18000 },
	{ 0x42020000, 0xB0000 },
	{ 0x44000000, 0x30000 },
	{ 0x46000000, 0x20000 },
};

#define COMMON_H7 \
	.usarts = usarts_h7, .usart_count = ARRAY_SIZE(usarts_h7), .gpio_base = 0x58020000, \
	.gpio_gate = SOC_AHB4, .moder_a = 0xABFFFFFF, .pupdr_a = 0x64000000, .tim2_irq = 28, \
	.rcc_base = 0x58024400, \
	.iwdg_base = 0x58004800, .plains = plains_h7, .plain_count = ARRAY_SIZE(plains_h7), \
	.windows = windows_h7, .window_count = ARRAY_SIZE(windows_h7)

#define CRC_D3 .crc_base = 0x58024C00, .crc_gate = SOC_AHB4 + 19
#define COMMON_H7_AND_H7A3 \
	COMMON_H7, .ports = "ABCDEFGHIJK", .wwdg_base = 0x50003000, .wwdg_gate = SOC_APB3 + 6, \
	.hsem_base = 0x58026400, .hsem_gate = SOC_AHB4 + 25, \
	.dbgmcu = { SOC_ALWAYS_ON, 0x107001BF, { 0x3C, 0x34, 0x4C, 0x54 }, false, TRACE_H7 }, \
	.freeze_wwdg = FREEZE_WWDG_H7, .freeze_iwdg = FREEZE_IWDG_H7

static const struct chip_parts h7 = { COMMON_H7_AND_H7A3, CRC_D3, .rcc = &rcc_h7_layout };

static const struct chip_parts h7a3 = {
	COMMON_H7_AND_H7A3, .rcc = &rcc_h7a3_layout, .crc_base = 0x40023000, .crc_gate = SOC_AHB1 + 9,
};

static const struct chip_parts h7rs = {
	COMMON_H7, CRC_D3, .rcc = &rcc_h7rs_layout, .ports = "ABCDEFGHMNOP",
	.dbgmcu = { SOC_ALWAYS_ON, 0x00310007, { 0x3C, 0x4C, 0x54 }, false, TRACE_NONE },
	.freeze_wwdg = FREEZE_WWDG, .freeze_iwdg = FREEZE_IWDG_H7RS,
};

static const struct chip_parts h5 = {
	.rcc = &rcc_h5_layout, .rcc_base = 0x44020C00, .usarts = usarts_h5,
	.usart_count = ARRAY_SIZE(usarts_h5), .gpio_base = 0x42020000, .gpio_gate = SOC_AHB2,
	.ports = "ABCDEFGHI", .moder_a = 0xABFFFFFF, .pupdr_a = 0x64000000, .tim2_irq = 45,
	.crc_base = 0x40023000, .plains = plains_h5, .plain_count = ARRAY_SIZE(plains_h5),
	.windows = windows_h5, .window_count = ARRAY_SIZE(windows_h5),
	.dbgmcu = { SOC_ALWAYS_ON, 0x000100F6, { 0x08, 0x0C, 0x10, 0x14, 0x20 }, false, TRACE_V8 },
	.freeze_wwdg = FREEZE_WWDG, .freeze_iwdg = FREEZE_IWDG_H5,
};

static int build(struct soc *soc, const struct chip_parts *parts, struct why *why)
{
	int err = flash_h7_add(soc, why);

	if (err || soc->bus->clash)
		return err;	/* the caller names a clash */
	return chip_parts_add(soc, parts, why);
}

int chip_h7_build(struct soc *soc, struct why *why)
{
	soc->backup_base = BACKUP_RAM;
	soc->bus_stops_in_reset = true;
	if (!strcmp(soc->spec->controller, "h7rs"))
		return build(soc, &h7rs, why);
	return build(soc, strcmp(soc->spec->controller, "h7a3") ? &h7 : &h7a3, why);
}

int chip_h5_build(struct soc *soc, struct why *why)
{
	return build(soc, &h5, why);
}
