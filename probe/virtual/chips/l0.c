/* SPDX-License-Identifier: MIT
 *
 * What an STM32L0 is composed of (RM0377: table 3, section 7.3, table 55).
 */
#include "probe/virtual/chips/chips.h"

#include "probe/bytes.h"
#include "probe/virtual/chips/rows.h"
#include "probe/virtual/flash/l1.h"
#include "probe/virtual/peripherals/peripherals.h"
#include "probe/virtual/peripherals/rcc_layouts.h"

enum { RAM = 0x20000000, LSI_HZ = 37000 };

enum { FREEZE_TIM2 = 0, FREEZE_TIM3, FREEZE_WWDG = 11, FREEZE_IWDG = 12 };

static const struct dbgmcu_layout dbgmcu = { SOC_APB2 + 22, 7, { 8, 12 }, false, TRACE_NONE };

static const struct usart_place usarts[] = {
	{ "USART1", 0x40013800, SOC_APB2 + 14, 27, true },
	{ "USART2", 0x40004400, SOC_APB1 + 17, 28, true },
};

static const struct gpio_place gpios[] = {
	{ 'A', 0x50000000, SOC_AHB4 + 0, 0xEBFFFCFF, 0x0C000000, 0x24000000 },
	{ 'B', 0x50000400, SOC_AHB4 + 1, 0xFFFFFFFF, 0, 0 },
	{ 'C', 0x50000800, SOC_AHB4 + 2, 0xFFFFFFFF, 0, 0 },
	{ 'D', 0x50000C00, SOC_AHB4 + 3, 0xFFFFFFFF, 0, 0 },
	{ 'E', 0x50001000, SOC_AHB4 + 4, 0xFFFFFFFF, 0, 0 },
	{ 'H', 0x50001C00, SOC_AHB4 + 7, 0xFFFFFFFF, 0, 0 },
};

static const struct tim_place tims[] = {
	{ "TIM2", 0x40000000, SOC_APB1 + 0, 15, FREEZE_TIM2, 0xFFFF, 2 },
	{ "TIM3", 0x40000400, SOC_APB1 + 1, 16, FREEZE_TIM3, 0xFFFF, 3 },
};

/* The regulator is always where it was told to be, VREFINT is ready. */
static const struct plain_place pwr = {
	"PWR", 0x40007000, SOC_APB1 + 28, true, { { 0, 0x1000, 0 }, { 4, 0, 8 } }
};

static const struct chip_window windows[] = {
	{ 0x40000000, 0x18000 },	/* APB */
	{ 0x40020000, 0x8000 },		/* AHB */
	{ 0x50000000, 0x2000 },		/* ports */
};

static const struct chip_rows rows = {
	usarts, ARRAY_SIZE(usarts), gpios, ARRAY_SIZE(gpios), gpio_add, tims,
	ARRAY_SIZE(tims), &pwr, 1
};

/* The order matters where reset does: option words before the watchdog that they start. */
static int add_peripherals(struct soc *soc)
{
	if (rcc_add(soc, 0x40021000, &rcc_l0_layout) || dbgmcu_add(soc, &dbgmcu) ||
	    syscfg_add(soc, 0x40010000, SOC_APB2 + 0, soc_rom_base(soc), RAM) ||
	    iwdg_windowed_add(soc, 0x40003000, FREEZE_IWDG) ||
	    wwdg_add(soc, 0x40002C00, SOC_APB1 + 11, FREEZE_WWDG) ||
	    crc_unit_add(soc, 0x40023000, SOC_AHB1 + 12))
		return E_MEMORY;
	return chip_rows_add(soc, &rows);
}

int chip_l0_build(struct soc *soc, struct why *why)
{
	int err;

	soc->lsi_hz = LSI_HZ;
	soc->asleep = SOC_MEMORY_WAITS;
	soc->bus_stops_in_reset = true;
	err = flash_l1_add(soc, why);
	if (err || soc->bus->clash)
		return err;	/* the caller names a clash */
	if (add_peripherals(soc) != OK)
		return explain(why, E_MEMORY, "out of memory");
	return chip_windows_add(soc, windows, ARRAY_SIZE(windows), why);
}
