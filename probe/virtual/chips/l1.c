/* SPDX-License-Identifier: MIT
 *
 * What an STM32L1 is composed of (RM0038: table 5, section 6.3, table 49).
 */
#include "probe/virtual/chips/chips.h"

#include "probe/bytes.h"
#include "probe/virtual/chips/rows.h"
#include "probe/virtual/flash/l1.h"
#include "probe/virtual/peripherals/peripherals.h"
#include "probe/virtual/peripherals/rcc_layouts.h"

enum { RAM = 0x20000000, LSI_HZ = 37000 };

enum { FREEZE_TIM2 = 0, FREEZE_TIM3, FREEZE_TIM4, FREEZE_WWDG = 11, FREEZE_IWDG = 12 };

static const struct dbgmcu_layout dbgmcu = { SOC_ALWAYS_ON, 0xE7, { 8, 12 }, false, TRACE_V7 };

static const struct usart_place usarts[] = {
	{ "USART1", 0x40013800, SOC_APB2 + 14, 37, false },
	{ "USART2", 0x40004400, SOC_APB1 + 17, 38, false },
	{ "USART3", 0x40004800, SOC_APB1 + 18, 39, false },
};

static const struct gpio_place gpios[] = {
	{ 'A', 0x40020000, SOC_AHB1 + 0, 0xA8000000, 0, 0x64000000 },
	{ 'B', 0x40020400, SOC_AHB1 + 1, 0x00000280, 0x000000C0, 0x00000100 },
	{ 'C', 0x40020800, SOC_AHB1 + 2, 0, 0, 0 },
	{ 'D', 0x40020C00, SOC_AHB1 + 3, 0, 0, 0 },
	{ 'E', 0x40021000, SOC_AHB1 + 4, 0, 0, 0 },
	{ 'H', 0x40021400, SOC_AHB1 + 5, 0, 0, 0 },
	{ 'F', 0x40021800, SOC_AHB1 + 6, 0, 0, 0 },
	{ 'G', 0x40021C00, SOC_AHB1 + 7, 0, 0, 0 },
};

static const struct tim_place tims[] = {
	{ "TIM2", 0x40000000, SOC_APB1 + 0, 28, FREEZE_TIM2, 0xFFFF, 2 },
	{ "TIM3", 0x40000400, SOC_APB1 + 1, 29, FREEZE_TIM3, 0xFFFF, 3 },
	{ "TIM4", 0x40000800, SOC_APB1 + 2, 30, FREEZE_TIM4, 0xFFFF, 4 },
};

/* The regulator is always where it was told to be, VREFINT is ready. */
static const struct plain_place pwr = {
	"PWR", 0x40007000, SOC_APB1 + 28, true, { { 0, 0x1000, 0 }, { 4, 0, 8 } }
};

static const struct chip_window windows[] = {
	{ 0x40000000, 0x18000 },	/* APB */
	{ 0x40020000, 0x8000 },		/* AHB */
};

static const struct chip_rows rows = {
	usarts, ARRAY_SIZE(usarts), gpios, ARRAY_SIZE(gpios), gpio_add, tims,
	ARRAY_SIZE(tims), &pwr, 1
};

/* The order matters where reset does: option words before the watchdog that they start. */
static int add_peripherals(struct soc *soc)
{
	if (rcc_add(soc, 0x40023800, &rcc_l1_layout) || dbgmcu_add(soc, &dbgmcu) ||
	    syscfg_add(soc, 0x40010000, SOC_APB2 + 0, soc_rom_base(soc), RAM) ||
	    iwdg_add(soc, 0x40003000, FREEZE_IWDG) ||
	    wwdg_add(soc, 0x40002C00, SOC_APB1 + 11, FREEZE_WWDG) ||
	    crc_unit_add(soc, 0x40023000, SOC_AHB1 + 12))
		return E_MEMORY;
	return chip_rows_add(soc, &rows);
}

int chip_l1_build(struct soc *soc, struct why *why)
{
	int err;

	soc->lsi_hz = LSI_HZ;
	soc->asleep = SOC_MEMORY_WAITS;
	err = flash_l1_add(soc, why);
	if (err || soc->bus->clash)
		return err;	/* the caller names a clash */
	if (add_peripherals(soc) != OK)
		return explain(why, E_MEMORY, "out of memory");
	bitband_add(soc);
	return chip_windows_add(soc, windows, ARRAY_SIZE(windows), why);
}
