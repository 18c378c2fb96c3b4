/* SPDX-License-Identifier: MIT
 *
 * Hardware semaphores of STM32WB and WL (RM0434 section 38): taken by a write and a look, or by a
 * read alone; freed by whoever has them, or all at once with the key. The second core takes none.
 * The debugger goes through the first core's port and counts as it. Interrupts are not modelled.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include <stdlib.h>
#include <string.h>

enum { R = 0x00, RLR = 0x80, CR = 0x140, KEYR = 0x144, SEMAPHORES = 32, OWNER = 4 << 8,
       ID = 0xFFF };
#define LOCK 0x80000000u

struct hsem {
	uint32_t words[SEMAPHORES];
	uint32_t key;
};

static uint32_t hsem_read(void *state, uint32_t offset, enum bus_master master)
{
	struct hsem *hsem = state;

	(void)master;
	if (offset < R + 4 * SEMAPHORES)
		return hsem->words[offset / 4];
	if (offset >= RLR && offset < RLR + 4 * SEMAPHORES) {
		uint32_t *word = &hsem->words[(offset - RLR) / 4];

		if (!(*word & LOCK))
			*word = LOCK | OWNER;
		return *word;
	}
	return offset == KEYR ? hsem->key : 0;
}

static void hsem_write(void *state, uint32_t offset, uint32_t value)
{
	struct hsem *hsem = state;

	if (offset == KEYR)
		hsem->key = value & 0xFFFF0000;
	if (offset == CR && (value & 0xFFFF0000) == hsem->key && (value & 0xF00) == OWNER)
		memset(hsem->words, 0, sizeof(hsem->words));
	if (offset < R + 4 * SEMAPHORES) {
		uint32_t *word = &hsem->words[offset / 4];

		if (value & LOCK && !(*word & LOCK) && (value & 0xF00) == OWNER)
			*word = LOCK | (value & ID);
		else if (!(value & LOCK) && (value & ID) == (*word & ID))
			*word = 0;
	}
}

static void hsem_reset(void *state)
{
	memset(state, 0, sizeof(struct hsem));
}

int hsem_add(struct soc *soc, uint32_t base, unsigned gate)
{
	struct hsem *hsem = calloc(1, sizeof(*hsem));

	if (!hsem)
		return E_MEMORY;
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "hsem", .state = hsem,
			   .gate = gate, .reset = hsem_reset });
	soc_add_registers(soc, &(struct soc_registers){ .name = "HSEM", .base = base, .gate = gate,
			  .state = hsem, .read = hsem_read, .write = hsem_write });
	return OK;
}
