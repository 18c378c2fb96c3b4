/* SPDX-License-Identifier: MIT
 *
 * What an STM32F2, F4 or F7 is composed of: which peripheral is where (RM0090 table 1), behind which
 * clock gate (section 7.3), on which interrupt (table 61). The F7 has the F4's peripherals at the
 * F4's addresses, some of them newer (RM0385 table 1), and ITCM RAM at address 0.
 */
#include "probe/virtual/chips/chips.h"

#include "probe/bytes.h"
#include "probe/virtual/flash/f4.h"
#include "probe/virtual/peripherals/peripherals.h"

enum { RAM = 0x20000000, BACKUP_RAM = 0x40024000, SYSTEM_MEMORY = 0x1FFF0000,
       BOOTLOADER_ID = 0x1FFF76DE, BOOTLOADER_ID_F7 = 0x1FF0EDBE };

enum { HSE_HZ = 8000000 };	/* the crystal of ST's Discovery and Nucleo boards */

/* Bits of DBGMCU_APB1_FZ (38.16.4). */
enum { FREEZE_TIM2 = 0, FREEZE_TIM3, FREEZE_TIM4, FREEZE_TIM5, FREEZE_WWDG = 11, FREEZE_IWDG = 12 };

static const struct usart_place usarts[] = {
	{ "USART1", 0x40011000, SOC_APB2 + 4, 37, false },
	{ "USART2", 0x40004400, SOC_APB1 + 17, 38, false },
	{ "USART3", 0x40004800, SOC_APB1 + 18, 39, false },
	{ "UART4", 0x40004C00, SOC_APB1 + 19, 52, false },
	{ "UART5", 0x40005000, SOC_APB1 + 20, 53, false },
	{ "USART6", 0x40011400, SOC_APB2 + 5, 71, false },
};

static const struct gpio_place gpios[] = {
	{ 'A', 0x40020000, SOC_AHB1 + 0, 0xA8000000, 0, 0x64000000 },
	{ 'B', 0x40020400, SOC_AHB1 + 1, 0x00000280, 0x000000C0, 0x00000100 },
	{ 'C', 0x40020800, SOC_AHB1 + 2, 0, 0, 0 },
	{ 'D', 0x40020C00, SOC_AHB1 + 3, 0, 0, 0 },
	{ 'E', 0x40021000, SOC_AHB1 + 4, 0, 0, 0 },
	{ 'F', 0x40021400, SOC_AHB1 + 5, 0, 0, 0 },
	{ 'G', 0x40021800, SOC_AHB1 + 6, 0, 0, 0 },
	{ 'H', 0x40021C00, SOC_AHB1 + 7, 0, 0, 0 },
	{ 'I', 0x40022000, SOC_AHB1 + 8, 0, 0, 0 },
};

static const struct tim_place tims[] = {
	{ "TIM2", 0x40000000, SOC_APB1 + 0, 28, FREEZE_TIM2, 0xFFFFFFFF, 2 },
	{ "TIM3", 0x40000400, SOC_APB1 + 1, 29, FREEZE_TIM3, 0xFFFF, 3 },
	{ "TIM4", 0x40000800, SOC_APB1 + 2, 30, FREEZE_TIM4, 0xFFFF, 4 },
	{ "TIM5", 0x40000C00, SOC_APB1 + 3, 50, FREEZE_TIM5, 0xFFFFFFFF, 5 },
};

/* Bus windows in which an address without a register still answers: bridges and decoders of the F4
 * give no error there (GPIOK of an F407 reads 0). Outside of them nothing answers. */
static const struct { uint32_t base, size; } windows[] = {
	{ 0x40000000, 0x10000 },	/* APB1 */
	{ 0x40010000, 0x10000 },	/* APB2 */
	{ 0x40020000, 0x60000 },	/* AHB1 */
	{ 0x50000000, 0x60C00 },	/* AHB2 */
};

static const struct plain_place syscfg_f7 = {
	"SYSCFG", 0x40013800, SOC_APB2 + 14, true, { { 0, 0, 0 } }
};

static const struct dbgmcu_layout dbgmcu = { SOC_ALWAYS_ON, 0xE7, { 8, 12 }, false, TRACE_V7 };

static bool is_f7(const struct soc *soc)
{
	return soc->spec->core == VIRTUAL_M7;
}

static int add_rows(struct soc *soc)
{
	int err = OK;

	for (size_t i = 0; !err && i < ARRAY_SIZE(usarts); i++) {
		struct usart_place place = usarts[i];

		place.newer = is_f7(soc);
		err = usart_add(soc, &place);
	}
	for (size_t i = 0; !err && i < ARRAY_SIZE(gpios); i++)
		err = gpio_add(soc, &gpios[i]);
	for (size_t i = 0; !err && i < ARRAY_SIZE(tims); i++)
		err = tim_add(soc, &tims[i]);
	return err;
}

/* What the F7 has in a newer form. */
static int add_older(struct soc *soc)
{
	if (is_f7(soc))
		return plain_add(soc, &syscfg_f7) || iwdg_windowed_add(soc, 0x40003000, FREEZE_IWDG);
	return syscfg_add(soc, 0x40013800, SOC_APB2 + 14, SYSTEM_MEMORY, RAM) ||
	       iwdg_add(soc, 0x40003000, FREEZE_IWDG);
}

/* The order matters where reset does: option bytes before the watchdog that they start. */
static int add_peripherals(struct soc *soc)
{
	if (rcc_f4_add(soc, 0x40023800, HSE_HZ) || pwr_add(soc, 0x40007000, SOC_APB1 + 28) ||
	    dbgmcu_add(soc, &dbgmcu) || add_older(soc) ||
	    wwdg_add(soc, 0x40002C00, SOC_APB1 + 11, FREEZE_WWDG) ||
	    crc_unit_add(soc, 0x40023000, SOC_AHB1 + 12) ||
	    dma_f4_add(soc, 0x40026000, SOC_AHB1 + 21))
		return E_MEMORY;
	return add_rows(soc);
}

int chip_f4_build(struct soc *soc, struct why *why)
{
	uint32_t id = is_f7(soc) ? BOOTLOADER_ID_F7 : BOOTLOADER_ID;
	struct bus_memory *system = bus_memory_at(soc->bus, id);
	struct flash_f4 *flash;
	int err;

	soc->backup_base = BACKUP_RAM;
	soc->asleep = is_f7(soc) ? SOC_MEMORY_WAITS : SOC_NOTHING_WAITS;
	err = flash_f4_add(soc, &flash, why);
	if (err || soc->bus->clash)
		return err;	/* the caller names a clash */
	if (add_peripherals(soc) != OK)
		return explain(why, E_MEMORY, "out of memory");
	if (system)
		system->bytes[id - system->base] = 0x91;	/* V9.1 (AN2606) */
	if (!is_f7(soc))
		bitband_add(soc);
	for (size_t i = 0; i < ARRAY_SIZE(windows); i++)
		soc_fill_reserved(soc, windows[i].base, windows[i].size);
	return OK;
}
