/* SPDX-License-Identifier: MIT
 *
 * SYSCFG of STM32F2/F4 (RM0090 section 9.2): which memory is at address 0. The other registers are
 * plain bits.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include "probe/log.h"

#include <stdlib.h>
#include <string.h>

enum { MEMRMP = 0, MEM_MODE = 7, REGISTERS = 0x24 };

enum mem_mode { MODE_FLASH = 0, MODE_SYSTEM = 1, MODE_RAM = 3 };

struct syscfg {
	struct soc *soc;
	uint32_t words[REGISTERS / 4];
	struct bus_memory flash_at_0;
	uint32_t system_base, ram_base;
};

static void remap(struct syscfg *syscfg, uint32_t mode)
{
	struct bus *bus = syscfg->soc->bus;
	struct bus_memory row = syscfg->flash_at_0;
	uint32_t base = mode == MODE_RAM ? syscfg->ram_base : syscfg->system_base;
	const struct bus_memory *other = bus_memory_at(bus, base);

	if (other && (mode == MODE_RAM || mode == MODE_SYSTEM))
		row = *other;
	bus_replace_memory(bus, 0, &row);
	log_line(LOG_VIRTUAL, "syscfg: %s at address 0", row.name);
}

static uint32_t syscfg_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct syscfg *syscfg = state;

	(void)master;
	if (offset == 0x20)	/* CMPCR: the compensation cell is ready when it is on */
		return syscfg->words[offset / 4] & 1 ? 0x101 : 0;
	return offset < REGISTERS ? syscfg->words[offset / 4] : 0;
}

static void syscfg_write(void *state, uint32_t offset, uint32_t value)
{
	struct syscfg *syscfg = state;
	uint32_t old;

	if (offset >= REGISTERS)
		return;
	old = syscfg->words[offset / 4];
	syscfg->words[offset / 4] = value;
	if (offset == MEMRMP && (value ^ old) & MEM_MODE)
		remap(syscfg, value & MEM_MODE);
}

static void syscfg_reset(void *state)
{
	struct syscfg *syscfg = state;

	if (syscfg->words[MEMRMP] & MEM_MODE)
		remap(syscfg, MODE_FLASH);
	memset(syscfg->words, 0, sizeof(syscfg->words));
}

int syscfg_add(struct soc *soc, uint32_t base, unsigned gate, uint32_t system_base,
	       uint32_t ram_base)
{
	struct syscfg *syscfg = calloc(1, sizeof(*syscfg));

	if (!syscfg)
		return E_MEMORY;
	syscfg->soc = soc;
	syscfg->flash_at_0 = *bus_memory_at(soc->bus, 0);
	syscfg->system_base = system_base;
	syscfg->ram_base = ram_base;
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "syscfg", .state = syscfg,
			   .gate = gate, .reset = syscfg_reset });
	soc_add_registers(soc, &(struct soc_registers){ .name = "SYSCFG", .base = base,
			  .gate = gate, .apb = true, .state = syscfg, .read = syscfg_read,
			  .write = syscfg_write });
	return OK;
}
