/* SPDX-License-Identifier: MIT
 *
 * What an STM32F1 is composed of: which peripheral is where (RM0008 table 3), behind which clock
 * gate (section 7.3), on which interrupt (table 63).
 */
#include "probe/virtual/chips/chips.h"

#include "probe/bytes.h"
#include "probe/virtual/chips/rows.h"
#include "probe/virtual/flash/f1.h"
#include "probe/virtual/peripherals/peripherals.h"
#include "probe/virtual/peripherals/rcc_layouts.h"

enum { LSI_HZ = 40000 };

/* Bits of DBGMCU_CR (31.16.3). */
enum { FREEZE_IWDG = 8, FREEZE_WWDG = 9, FREEZE_TIM2 = 11, FREEZE_TIM3 = 12 };

static const struct dbgmcu_layout dbgmcu = { SOC_ALWAYS_ON, 0x7FFFFFE7, { 0 }, true, TRACE_V7 };

static const struct usart_place usarts[] = {
	{ "USART1", 0x40013800, SOC_APB2 + 14, 37, false },
	{ "USART2", 0x40004400, SOC_APB1 + 17, 38, false },
	{ "USART3", 0x40004800, SOC_APB1 + 18, 39, false },
};

static const struct gpio_place gpios[] = {
	{ 'A', 0x40010800, SOC_APB2 + 2, 0, 0, 0 },
	{ 'B', 0x40010C00, SOC_APB2 + 3, 0, 0, 0 },
	{ 'C', 0x40011000, SOC_APB2 + 4, 0, 0, 0 },
	{ 'D', 0x40011400, SOC_APB2 + 5, 0, 0, 0 },
	{ 'E', 0x40011800, SOC_APB2 + 6, 0, 0, 0 },
	{ 'F', 0x40011C00, SOC_APB2 + 7, 0, 0, 0 },
	{ 'G', 0x40012000, SOC_APB2 + 8, 0, 0, 0 },
};

static const struct tim_place tims[] = {
	{ "TIM2", 0x40000000, SOC_APB1 + 0, 28, FREEZE_TIM2, 0xFFFF, 2 },
	{ "TIM3", 0x40000400, SOC_APB1 + 1, 29, FREEZE_TIM3, 0xFFFF, 3 },
};

static const struct plain_place plains[] = {
	{ "PWR", 0x40007000, SOC_APB1 + 28, true, { { 0, 0, 0 } } },
	{ "BKP", 0x40006C00, SOC_APB1 + 27, true, { { 0, 0, 0 } } },
};

/* Bus windows in which an address without a register still answers. */
static const struct chip_window windows[] = {
	{ 0x40000000, 0x18000 },	/* APB1, APB2 */
	{ 0x40018000, 0x18000 },	/* AHB */
	{ 0x50000000, 0x40000 },	/* USB OTG */
};

static const struct chip_rows rows = {
	usarts, ARRAY_SIZE(usarts), gpios, ARRAY_SIZE(gpios), gpio_f1_add, tims,
	ARRAY_SIZE(tims), plains, ARRAY_SIZE(plains)
};

/* The order matters where reset does: option bytes before the watchdog that they start. */
static int add_peripherals(struct soc *soc)
{
	if (rcc_add(soc, 0x40021000, &rcc_f1_layout) || dbgmcu_add(soc, &dbgmcu) ||
	    afio_f1_add(soc, 0x40010000, SOC_APB2 + 0) ||
	    iwdg_add(soc, 0x40003000, FREEZE_IWDG) ||
	    wwdg_add(soc, 0x40002C00, SOC_APB1 + 11, FREEZE_WWDG) ||
	    crc_unit_add(soc, 0x40023000, SOC_AHB1 + 6))
		return E_MEMORY;
	return chip_rows_add(soc, &rows);
}

int chip_f1_build(struct soc *soc, struct why *why)
{
	int err;

	if (soc->spec->core != VIRTUAL_M3)	/* F0 and F3 have the same flash controller */
		return chip_f0_build(soc, why);
	soc->lsi_hz = LSI_HZ;
	soc->asleep = SOC_ALL_WAITS;
	err = flash_f1_add(soc, why);
	if (err || soc->bus->clash)
		return err;	/* the caller names a clash */
	if (add_peripherals(soc) != OK)
		return explain(why, E_MEMORY, "out of memory");
	bitband_add(soc);
	return chip_windows_add(soc, windows, ARRAY_SIZE(windows), why);
}
