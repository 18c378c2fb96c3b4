/* SPDX-License-Identifier: MIT
 *
 * What an STM32F0 or F3 is composed of (RM0091 and RM0316: memory map, RCC, interrupt tables). The
 * two have their peripherals at the same addresses.
 */
#include "probe/virtual/chips/chips.h"

#include "probe/bytes.h"
#include "probe/virtual/chips/rows.h"
#include "probe/virtual/flash/f1.h"
#include "probe/virtual/peripherals/peripherals.h"
#include "probe/virtual/peripherals/rcc_layouts.h"

enum { RAM = 0x20000000, LSI_HZ = 40000 };

enum { FREEZE_TIM2 = 0, FREEZE_TIM3, FREEZE_WWDG = 11, FREEZE_IWDG = 12 };

static const struct gpio_place gpios[] = {
	{ 'A', 0x48000000, SOC_AHB1 + 17, 0x28000000, 0x0C000000, 0x24000000 },
	{ 'B', 0x48000400, SOC_AHB1 + 18, 0, 0, 0 },
	{ 'C', 0x48000800, SOC_AHB1 + 19, 0, 0, 0 },
	{ 'D', 0x48000C00, SOC_AHB1 + 20, 0, 0, 0 },
	{ 'E', 0x48001000, SOC_AHB1 + 21, 0, 0, 0 },
	{ 'F', 0x48001400, SOC_AHB1 + 22, 0, 0, 0 },
};

static const struct plain_place pwr = {
	"PWR", 0x40007000, SOC_APB1 + 28, true, { { 0, 0, 0 } }
};

/* What the two differ in; interrupts of USART1 to 3, TIM2, TIM3. */
static const struct kin {
	const struct rcc_layout *rcc;
	struct dbgmcu_layout dbgmcu;
	uint8_t usart_irqs[3], tim_irqs[2];
} f0 = { &rcc_f0_layout, { SOC_APB2 + 22, 6, { 8, 12 }, false, TRACE_NONE }, { 27, 28, 29 }, { 15, 16 } },
  f3 = { &rcc_f3_layout, { SOC_ALWAYS_ON, 0xE7, { 8, 12 }, false, TRACE_V7 }, { 37, 38, 39 }, { 28, 29 } };

static const struct chip_window windows[] = {
	{ 0x40000000, 0x18000 },	/* APB */
	{ 0x40020000, 0x8000 },		/* AHB1 */
	{ 0x48000000, 0x2000 },		/* AHB2: ports */
	{ 0x50000000, 0x800 },		/* AHB3: converters of the F3 */
};

static int add_rows(struct soc *soc, const struct kin *kin)
{
	const struct usart_place usarts[] = {
		{ "USART1", 0x40013800, SOC_APB2 + 14, kin->usart_irqs[0], true },
		{ "USART2", 0x40004400, SOC_APB1 + 17, kin->usart_irqs[1], true },
		{ "USART3", 0x40004800, SOC_APB1 + 18, kin->usart_irqs[2], true },
	};
	const struct tim_place tims[] = {
		{ "TIM2", 0x40000000, SOC_APB1 + 0, kin->tim_irqs[0], FREEZE_TIM2, 0xFFFFFFFF, 2 },
		{ "TIM3", 0x40000400, SOC_APB1 + 1, kin->tim_irqs[1], FREEZE_TIM3, 0xFFFF, 3 },
	};
	const struct chip_rows rows = { usarts, ARRAY_SIZE(usarts), gpios, ARRAY_SIZE(gpios),
					gpio_add, tims, ARRAY_SIZE(tims), &pwr, 1 };

	return chip_rows_add(soc, &rows);
}

/* The order matters where reset does: option bytes before the watchdog that they start. */
static int add_peripherals(struct soc *soc, const struct kin *kin)
{
	if (rcc_add(soc, 0x40021000, kin->rcc) || dbgmcu_add(soc, &kin->dbgmcu) ||
	    syscfg_add(soc, 0x40010000, SOC_APB2 + 0, soc_rom_base(soc), RAM) ||
	    iwdg_windowed_add(soc, 0x40003000, FREEZE_IWDG) ||
	    wwdg_add(soc, 0x40002C00, SOC_APB1 + 11, FREEZE_WWDG) ||
	    crc_unit_add(soc, 0x40023000, SOC_AHB1 + 6))
		return E_MEMORY;
	return add_rows(soc, kin);
}

int chip_f0_build(struct soc *soc, struct why *why)
{
	const struct kin *kin = soc->spec->core == VIRTUAL_M4 ? &f3 : &f0;
	int err;

	soc->lsi_hz = LSI_HZ;
	soc->bus_stops_in_reset = kin == &f0;
	soc->asleep = kin == &f3 ? SOC_ALL_WAITS : SOC_NOTHING_WAITS;
	err = flash_f1_add(soc, why);
	if (err || soc->bus->clash)
		return err;	/* the caller names a clash */
	if (add_peripherals(soc, kin) != OK)
		return explain(why, E_MEMORY, "out of memory");
	if (kin == &f3)
		bitband_add(soc);
	return chip_windows_add(soc, windows, ARRAY_SIZE(windows), why);
}
