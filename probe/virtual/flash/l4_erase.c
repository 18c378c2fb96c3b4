/* SPDX-License-Identifier: MIT
 *
 * Erases in the flash of L4 and its kin: pages by number within a bank, whole banks, and the one
 * that lifting read protection brings.
 */
#include "probe/virtual/flash/l4.h"

#include "probe/log.h"

static void refuse(struct flash_l4 *flash, uint32_t errors, const char *reason)
{
	flash->side->cr &= ~(uint32_t)L4_STRT;
	flash_l4_fail(flash, errors, reason);
}

static bool may_erase(const struct flash_l4 *flash, uint32_t from, uint32_t to)
{
	return !flash_l4_write_protected(flash, from, to) && flash_l4_side_reaches(flash, from, to) && !flash_l4_pcrop(flash, from, to) &&
	       !flash_l4_hidden(flash, from, to);
}

static uint64_t erase_ns(const struct flash_l4 *flash, uint32_t length)
{
	const struct flash_l4_times *times = flash->variant->times;
	uint32_t pages = length / flash_l4_page_size(flash);

	return pages > 1 && times->bank_ns ? times->bank_ns : (uint64_t)pages * times->page_ns;
}

static void start(struct flash_l4 *flash, uint32_t offset, uint32_t length, unsigned slots)
{
	log_line(LOG_VIRTUAL, "flash: erase +%X, %u bytes", (unsigned)offset, (unsigned)length);
	flash->side->cr |= L4_STRT;
	flash_l4_start(flash, &(struct flash_l4_job){ .kind = L4_ERASE, .array = &flash->cells,
		       .offset = offset, .length = length, .slots = slots,
		       .ns = erase_ns(flash, length) });
}

/* PNB counts within the bank on the die, whatever its address. */
static void erase_page(struct flash_l4 *flash)
{
	const struct flash_l4_variant *variant = flash->variant;
	unsigned page = flash->side->cr >> 3 & ((1u << variant->page_bits) - 1);
	unsigned bank = flash->bank_count == 2 && flash->side->cr & variant->bker ? 1 : 0;
	unsigned slot = flash_l4_slot_of(flash, bank);
	uint32_t size = flash_l4_page_size(flash);
	uint32_t offset = flash_l4_slot_offset(flash, slot) + page * size;

	if ((uint64_t)(page + 1) * size > flash->banks[slot].size) {
		log_line(LOG_VIRTUAL, "flash: erase of page %u of bank %u, which is not there: "
			 "nothing (guess)", page, bank + 1);
		flash->side->cr &= ~(uint32_t)L4_STRT;
	} else if (!may_erase(flash, offset, offset + size)) {
		refuse(flash, L4_WRPERR, "erase of a protected page");
	} else {
		flash->mass_erased &= (uint8_t)~(1u << slot);
		flash->last_erased = offset;
		start(flash, offset, size, 1u << slot);
	}
}

/* With one bank laid over both arrays, MER1 and MER2 stand for a half each. */
static void erase_banks(struct flash_l4 *flash)
{
	bool first = flash->side->cr & L4_MER1, second = flash->side->cr & flash->variant->mer2;
	bool two = flash->bank_count == 2, halves = flash->variant->mer2 && !two;
	uint32_t half = halves || two ? flash->cells.size / 2 : flash->cells.size;
	unsigned bank = first ? 0 : 1, slot = two ? flash_l4_slot_of(flash, bank) : bank;
	uint32_t offset = first && second ? 0 : slot * half;
	uint32_t length = (first && second) ? flash->cells.size : half;
	unsigned slots = first && second ? 3 : two ? 1u << slot : 1;

	if (halves && !(first && second) && flash->soc->spec->mode_count == 0) {
		offset = 0;	/* a part that never has two banks */
		length = first ? flash->cells.size : 0;
	}
	if (!may_erase(flash, offset, offset + length)) {
		refuse(flash, L4_WRPERR, "mass erase with a protected page");
		return;
	}
	flash->mass_erased |= (uint8_t)slots;
	start(flash, offset, length, slots);
}

void flash_l4_start_erase(struct flash_l4 *flash)
{
	uint32_t mer = L4_MER1 | flash->variant->mer2;
	uint32_t kind = flash->side->cr & (L4_PG | L4_PER | mer | flash->variant->row_bit);

	if (flash_l4_pending_errors(flash))
		refuse(flash, L4_PGSERR, "erase while errors are pending");
	else if (flash->blocked)
		refuse(flash, L4_WRPERR, "erase under read protection");
	else if (kind == L4_PER)
		erase_page(flash);
	else if (kind && !(kind & ~mer))
		erase_banks(flash);
	else
		refuse(flash, L4_PGSERR, "STRT without PER or MER, or with more than one of them");
}

void flash_l4_erase(struct flash_l4 *flash, uint32_t offset, uint32_t length)
{
	nvm_array_erase(&flash->cells, offset, length);
	flash_l4_unseal(flash, offset, length);
	flash_l4_changed(flash, offset, length);
}

void flash_l4_regress(struct flash_l4 *flash)
{
	uint32_t size = flash_l4_page_size(flash);
	const struct soc *soc = flash->soc;
	struct bus_memory *memory = bus_memory_at(soc->bus, soc->backup_base);

	for (uint32_t at = 0; at < flash->cells.size; at += size)
		if (!flash_l4_pcrop_stays(flash) || !flash_l4_pcrop(flash, at, at + size))
			flash_l4_erase(flash, at, size);
	for (uint32_t at = 0; soc->backup_base && memory && at < memory->size; at += 4)
		bus_write(soc->bus, memory->base + at, 4, 0, BUS_CPU);
}

uint64_t flash_l4_mass_ns(const struct flash_l4 *flash)
{
	return erase_ns(flash, flash->cells.size);
}
