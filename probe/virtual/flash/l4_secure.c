/* SPDX-License-Identifier: MIT
 *
 * TrustZone in L5, U5 and WBA as a reset leaves it, and as it stays here: the SAU is off, so the core is in the
 * secure state and every access that a debugger may make is a secure one; SRAM is secure. Pages are secure by
 * watermark (SECWM) or by their bit (SECBB). Secure accesses to other pages fault: the manuals call them illegal,
 * and may let them read as 0 (RM0438 6.5, RM0456 7.5).
 */
#include "probe/virtual/flash/l4.h"

#include "probe/bytes.h"
#include "probe/log.h"

enum { SECURE = 1 << 28, RAMS = 0x20000000, RAMS_END = 0x30000000, SECBB = 0x80, SECWM1 = 0x50, SECWM2 = 0x60,
       STEP = 4, BANK_WORDS = L4_SECURE_WORDS / 2, RDP_LEVEL0 = 0xAA };
#define OPTR_TZEN (1u << 31)

bool flash_l4_is_secure(const struct flash_l4 *flash, enum bus_master master)
{
	return flash->trustzone && (master == BUS_CPU || flash->soc->secure_debug);
}

bool flash_l4_page_is_secure(const struct flash_l4 *flash, uint32_t offset)
{
	unsigned slot = flash_l4_slot_at(flash, offset), bank = flash_l4_slot_of(flash, slot);
	uint32_t page = (offset - flash_l4_slot_offset(flash, slot)) / flash_l4_page_size(flash);
	uint32_t marks = flash_l4_option(flash, bank ? SECWM2 : SECWM1, 0x000000FF);

	if (page >= (marks & 0xFF) && page <= (marks >> 16 & 0xFF))
		return true;
	return flash->secure_pages[(bank * BANK_WORDS + page / 32) % L4_SECURE_WORDS] >> page % 32 & 1;
}

bool flash_l4_side_reaches(const struct flash_l4 *flash, uint32_t from, uint32_t to)
{
	bool secure = flash->side != flash->sides;

	for (; flash->trustzone && from < to; from += flash_l4_page_size(flash))
		if (flash_l4_page_is_secure(flash, from) != secure)
			return false;
	return true;
}

static bool is_page_word(const struct flash_l4 *flash, uint32_t offset)
{
	return flash->trustzone && (offset - SECBB) / 4 < L4_SECURE_WORDS;
}

uint32_t *flash_l4_secure_word(struct flash_l4 *flash, uint32_t offset)
{
	return is_page_word(flash, offset) ? &flash->secure_pages[(offset - SECBB) / 4] : NULL;
}

static bool is_secure_register(const struct flash_l4 *flash, uint32_t offset)
{
	const struct flash_l4_variant *v = flash->variant;
	uint32_t twin = offset - STEP;

	return flash_l4_has(flash, L4_TRUSTZONE) && (twin == v->keyr || twin == v->sr || twin == v->cr);
}

bool flash_l4_take_side(struct flash_l4 *flash, uint32_t *offset, enum bus_master master)
{
	bool secure = is_secure_register(flash, *offset), page = is_page_word(flash, *offset);

	if ((secure || page) && !flash_l4_is_secure(flash, master))
		return false;
	flash->side = &flash->sides[secure];
	*offset -= secure ? STEP : 0;
	return true;
}

void flash_l4_secure_all(struct flash_l4 *flash)
{
	static const uint32_t marks[] = { SECWM1, SECWM2 };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		int index = flash_l4_option_index(flash, marks[i]);
		uint32_t writable = index < 0 ? 0 : flash->soc->spec->options[index].writable;

		if (index >= 0)
			flash->reg[index] = (flash->reg[index] & 0xFF00FF00) |
					    ((writable ? writable : UINT32_MAX) & 0x00FF0000);
	}
}

/* --- the secure aliases of flash and RAM ------------------------------------------------------ */

static void add_aliases(struct flash_l4 *flash)
{
	struct bus *bus = flash->soc->bus;
	size_t count = bus->memory_count;
	struct bus_memory row = flash_l4_cells_row(flash, flash->soc->spec->flash_secure, 0, flash->cells.size);

	row.name = "flash, secure";
	flash->alias_first = (uint8_t)count;
	bus_add_memory(bus, &row);
	for (size_t i = 0; i < count; i++) {
		row = bus->memories[i];
		row.base |= SECURE;
		if (bus->memories[i].base >= RAMS && bus->memories[i].base < RAMS_END)
			bus_add_memory(bus, &row);
	}
	flash->alias_count = (uint8_t)(bus->memory_count - count);
}

/* They are the last rows there are. */
static void remove_aliases(struct flash_l4 *flash)
{
	struct bus *bus = flash->soc->bus;

	bus->memory_count = flash->alias_first;
	bus->generation++;
	flash->alias_count = 0;
}

void flash_l4_secure_reset(struct flash_l4 *flash)
{
	uint32_t word = flash_l4_option(flash, flash->variant->optr, 0);

	flash->trustzone = flash_l4_has(flash, L4_TRUSTZONE) && word & OPTR_TZEN && flash->soc->spec->flash_secure;
	flash->soc->trustzone = flash->trustzone;
	flash->soc->secure_debug = flash->trustzone && (word & 0xFF) == RDP_LEVEL0;
	for (size_t i = 0; i < L4_SECURE_WORDS; i++)
		flash->secure_pages[i] = 0;
	if (flash->trustzone && !flash->alias_count)
		add_aliases(flash);
	else if (!flash->trustzone && flash->alias_count)
		remove_aliases(flash);
	flash_l4_update_special(flash);
}
