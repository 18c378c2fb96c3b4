/* SPDX-License-Identifier: MIT
 *
 * What the option bytes of L4 and its kin keep from being written or read: WRP by pages, PCROP by
 * its own granule, areas hidden by SEC_PROT, the second core's pages of WB and WL.
 */
#include "probe/virtual/flash/l4.h"

#include "probe/bytes.h"

#include <string.h>

enum { SFR = 0x80, AREAS = 4, PCROP_END = 4 };
#define PCROP_RDP	(1u << 31)
#define NO_WRP		0xFF00FFFFu	/* factory values: start behind end */
#define NO_PCROP	0xFFFFFFFFu
#define WRP_UNLOCK	(1u << 31)

/* Areas A and B of bank 1, then of bank 2. With one bank all of them count from its start. */
static uint32_t area_base(const struct flash_l4 *flash, unsigned area)
{
	return flash->bank_count == 2
	     ? flash_l4_slot_offset(flash, flash_l4_slot_of(flash, area / 2)) : 0;
}

static bool meets(uint64_t start, uint64_t end, uint32_t from, uint32_t to)
{
	return start < to && from < end;
}

bool flash_l4_write_protected(const struct flash_l4 *flash, uint32_t from, uint32_t to)
{
	uint64_t page = flash_l4_page_size(flash);

	for (unsigned area = 0; area < AREAS; area++) {
		uint32_t word = flash_l4_option(flash, flash->variant->wrp[area], 0x000000FF);
		uint32_t first = word & 0xFF, last = word >> 16 & 0xFF;
		uint64_t base = area_base(flash, area);

		if (first <= last && meets(base + first * page, base + (last + 1) * page, from, to))
			return true;
	}
	return false;
}

/* --- PCROP ------------------------------------------------------------------------------------ */

static uint32_t pcrop_unit(const struct flash_l4 *flash)
{
	uint32_t unit = flash->variant->pcrop_unit;
	bool wide = flash_l4_has(flash, L4_WIDE_SINGLE) && flash->bank_count == 1;

	return unit ? unit << wide : flash_l4_page_size(flash) / 2;
}

static bool pcrop_area(const struct flash_l4 *flash, unsigned area, uint32_t *first, uint32_t *last)
{
	uint32_t offset = flash->variant->pcrop[area];
	bool by_words = flash->variant->pcrop_unit == 8;

	if (!offset)
		return false;
	*first = flash_l4_option(flash, offset, 1) & 0x1FFFF;
	*last = flash_l4_option(flash, offset + PCROP_END, 0) & 0x1FFFF;
	return by_words ? *first < *last : *first <= *last;
}

bool flash_l4_pcrop(const struct flash_l4 *flash, uint32_t from, uint32_t to)
{
	uint64_t unit = pcrop_unit(flash);
	uint32_t first, last;

	for (unsigned area = 0; area < AREAS; area++) {
		uint64_t base = area_base(flash, area);

		if (pcrop_area(flash, area, &first, &last) &&
		    meets(base + first * unit, base + (last + 1) * unit, from, to))
			return true;
	}
	return false;
}

bool flash_l4_pcrop_stays(const struct flash_l4 *flash)
{
	uint32_t offset = flash->variant->pcrop[0];

	return offset && !(flash_l4_option(flash, offset + PCROP_END, 0) & PCROP_RDP);
}

/* --- hidden ----------------------------------------------------------------------------------- */

/* Where the second core's pages begin; the size of the flash = nowhere. */
static uint32_t secure_top(const struct flash_l4 *flash)
{
	bool wb = strcmp(flash->variant->controller, "wb") == 0;
	uint32_t word = flash_l4_option(flash, SFR, UINT32_MAX);
	uint32_t first = word & (wb ? 0xFF : 0x7F);

	if (!flash_l4_has(flash, L4_SECURE_TOP) || word & (wb ? 1 << 8 : 1 << 7) || first == 0)
		return flash->cells.size;
	return min_u32(first * flash_l4_page_size(flash), flash->cells.size);
}

bool flash_l4_hidden(const struct flash_l4 *flash, uint32_t from, uint32_t to)
{
	for (unsigned bank = 0; bank < 2; bank++) {
		uint32_t word = flash_l4_option(flash, flash->variant->secure[bank], 0);
		uint32_t base = area_base(flash, 2 * bank);
		uint64_t size = (uint64_t)(word & 0x1FF) * flash_l4_page_size(flash);

		if (flash->hidden[bank] && meets(base, base + size, from, to))
			return true;
	}
	return to > secure_top(flash);
}

bool flash_l4_guards_reads(const struct flash_l4 *flash)
{
	return flash_l4_pcrop(flash, 0, flash->cells.size) ||
	       flash_l4_hidden(flash, 0, flash->cells.size);
}

uint32_t flash_l4_unlisted(const struct flash_l4 *flash, uint32_t offset)
{
	for (unsigned area = 0; offset && area < AREAS; area++) {
		if (offset == flash->variant->wrp[area])
			return NO_WRP;
		if (offset == flash->variant->pcrop[area])
			return NO_PCROP;
	}
	return 0;
}

/* --- changes ---------------------------------------------------------------------------------- */

/* PCROP areas only grow, until a change of level that erases them. */
static uint32_t keep_pcrop(const struct flash_l4 *flash, uint32_t offset, uint32_t value,
			   bool regress)
{
	uint32_t first, last;

	if (regress && !flash_l4_pcrop_stays(flash))
		return value;
	for (unsigned area = 0; area < AREAS; area++) {
		uint32_t start = flash->variant->pcrop[area];
		uint32_t now = flash_l4_option(flash, offset, 0);

		if (!pcrop_area(flash, area, &first, &last))
			continue;
		if (offset == start && (value & 0x1FFFF) > first)
			value = (value & ~0x1FFFFu) | first;
		if (offset == start + PCROP_END && (value & 0x1FFFF) < last)
			value = (value & ~0x1FFFFu) | last;
		if (offset == start + PCROP_END)
			value |= now & PCROP_RDP;
	}
	return value;
}

uint32_t flash_l4_keep_protection(const struct flash_l4 *flash, uint32_t offset, uint32_t value,
				  bool regress)
{
	for (unsigned area = 0; area < AREAS; area++) {
		uint32_t now = flash_l4_option(flash, offset, 0);
		bool frozen = flash_l4_has(flash, L4_WRP_LATCH) && !(now & WRP_UNLOCK);

		if (offset && offset == flash->variant->wrp[area] && frozen && !regress)
			return now;
	}
	return keep_pcrop(flash, offset, value, regress);
}
