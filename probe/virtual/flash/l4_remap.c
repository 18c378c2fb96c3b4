/* SPDX-License-Identifier: MIT
 *
 * SYSCFG of L4 and G4 with two banks: FB_MODE of MEMRMP exchanges them at once (RM0351 9.2.1, RM0440 10.2.1). With
 * BFB2 the boot ROM sets it, before anything else runs. The other registers keep bits.
 */
#include "probe/virtual/flash/l4.h"

#include <stdlib.h>
#include <string.h>

enum { SYSCFG = 0x40010000, MEMRMP = 0, FB_MODE = 1 << 8, WORDS = 0x100 };

struct remap {
	struct flash_l4 *flash;
	uint32_t words[WORDS];
};

static uint32_t remap_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct remap *remap = state;
	uint32_t bit = offset == MEMRMP && remap->flash->swapped ? FB_MODE : 0;

	(void)master;
	return remap->words[offset / 4] | bit;
}

static void remap_write(void *state, uint32_t offset, uint32_t value)
{
	struct remap *remap = state;

	remap->words[offset / 4] = offset == MEMRMP ? value & ~(uint32_t)FB_MODE : value;
	if (offset == MEMRMP)
		flash_l4_map_exchange(remap->flash, value & FB_MODE);
}

/* FB_MODE goes with the flash, which is reset too. */
static void remap_reset(void *state)
{
	memset(((struct remap *)state)->words, 0, sizeof(((struct remap *)state)->words));
}

int flash_l4_remap_add(struct flash_l4 *flash)
{
	struct remap *remap = calloc(1, sizeof(*remap));

	if (!remap)
		return E_MEMORY;
	remap->flash = flash;
	soc_add_peripheral(flash->soc, &(struct soc_peripheral){ .name = "SYSCFG", .state = remap,
			   .gate = SOC_APB2 + 0, .reset = remap_reset });
	soc_add_registers(flash->soc, &(struct soc_registers){ .name = "SYSCFG", .base = SYSCFG,
			  .gate = SOC_APB2 + 0, .apb = true, .state = remap, .read = remap_read,
			  .write = remap_write });
	return OK;
}
