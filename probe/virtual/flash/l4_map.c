/* SPDX-License-Identifier: MIT
 *
 * The flash array of L4 and its kin on the bus: one bank or two by option bytes, in their order or
 * swapped, the alias at address 0, and what a read has to ask. The cells are kept in the order of
 * their addresses, so that they are one memory however the banks lie.
 */
#include "probe/virtual/flash/l4.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <stdlib.h>

/* --- banks ------------------------------------------------------------------------------------ */

uint32_t flash_l4_slot_offset(const struct flash_l4 *flash, unsigned slot)
{
	return slot ? flash->banks[0].size : 0;
}

unsigned flash_l4_slot_of(const struct flash_l4 *flash, unsigned bank)
{
	return flash->bank_count == 2 && flash->swapped ? 1 - bank : bank;
}

unsigned flash_l4_slot_at(const struct flash_l4 *flash, uint32_t offset)
{
	return flash->bank_count == 2 && offset >= flash->banks[0].size;
}

uint32_t flash_l4_page_size(const struct flash_l4 *flash)
{
	return flash->banks[0].runs[0].size;
}

static bool holds(const struct flash_l4 *flash, const struct virtual_condition *condition)
{
	return condition->word < L4_WORDS &&
	       (flash->active[condition->word] & condition->mask) == condition->value;
}

static void choose_banks(struct flash_l4 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;

	flash->banks = spec->banks;
	flash->bank_count = spec->bank_count;
	for (size_t i = 0; i < spec->mode_count; i++) {
		const struct virtual_mode *mode = &spec->modes[i];
		bool all = true;

		for (size_t k = 0; k < mode->condition_count; k++)
			all &= holds(flash, &mode->conditions[k]);
		if (all) {
			flash->banks = mode->banks;
			flash->bank_count = mode->bank_count;
			return;
		}
	}
}

/* AN2606: with BFB2 the ROM starts the second bank if its stack pointer points into RAM. */
static bool second_bank_boots(const struct flash_l4 *flash)
{
	uint32_t at = flash_l4_slot_offset(flash, flash_l4_slot_of(flash, 1));
	uint32_t stack = nvm_array_get(&flash->cells, at, 4);
	const struct bus_memory *memory = bus_memory_at(flash->soc->bus, stack - 4);

	return memory && memory->writable;
}

static bool has_equal_banks(const struct flash_l4 *flash)
{
	return flash->bank_count == 2 && flash->banks[0].size == flash->banks[1].size;
}

static bool wants_swap(const struct flash_l4 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;

	if (!has_equal_banks(flash))
		return false;
	if (flash_l4_has(flash, L4_BFB2))
		return flash_l4_option(flash, flash->variant->optr, 0) & 1u << 20 &&
		       second_bank_boots(flash);
	return spec->swap.mask && holds(flash, &spec->swap);
}

static void exchange(uint8_t *bytes, uint32_t half)
{
	for (uint32_t i = 0; i < half; i++) {
		uint8_t byte = bytes[i];

		bytes[i] = bytes[half + i];
		bytes[half + i] = byte;
	}
}

static void set_swapped(struct flash_l4 *flash, bool swapped)
{
	uint32_t half = flash->cells.size / 2;

	if (flash->swapped == swapped)
		return;
	log_line(LOG_VIRTUAL, "flash: banks %s", swapped ? "swapped" : "in order");
	flash->swapped = swapped;
	exchange(flash->cells.bytes, half);
	exchange(flash->sealed, half / flash->unit / 8);
	flash->cells.faint_offset = (flash->cells.faint_offset + half) % flash->cells.size;
	bus_changed(flash->soc->bus, flash->cells.base, flash->cells.size);
}

void flash_l4_map_exchange(struct flash_l4 *flash, bool swapped)
{
	set_swapped(flash, swapped && has_equal_banks(flash));
}

void flash_l4_map_park(struct flash_l4 *flash)
{
	set_swapped(flash, false);
}

/* The cells' array tells of the place below a gap. */
void flash_l4_changed(const struct flash_l4 *flash, uint32_t offset, uint32_t length)
{
	uint32_t half = flash->cells.size / 2;

	if (flash->gap_base && flash->bank_count == 2 && offset + length > half)
		bus_changed(flash->soc->bus, flash->gap_base, half);
}

/* --- reads ------------------------------------------------------------------------------------ */

/* UINT32_MAX = there is nothing. Below the real address is the alias at 0. */
static uint32_t offset_at(const struct flash_l4 *flash, uint32_t address)
{
	uint32_t secure = address - flash->soc->spec->flash_secure;
	uint32_t at = address >= flash->cells.base ? address - flash->cells.base : address;
	uint32_t low = flash->bank_count == 2 && flash->gap_base ? flash->banks[0].size
								 : flash->cells.size;

	if (flash->gap_base && address >= flash->gap_base)
		return flash->bank_count == 2 ? flash->banks[0].size + address - flash->gap_base
					      : UINT32_MAX;
	if (flash->trustzone && secure < flash->cells.size)
		return secure;
	return at < low ? at : UINT32_MAX;
}

static bool is_shut(struct flash_l4 *flash, uint32_t offset, unsigned width)
{
	if (flash->blocked || flash_l4_hidden(flash, offset, offset + 1))
		return true;
	if (width == 0 || !flash_l4_pcrop(flash, offset, offset + 1))
		return false;
	flash->side->sr |= L4_RDERR & flash->variant->errors;
	return true;
}

/* Reads of a bank that has nothing to do go on while the other one works. */
static enum bus_result cells_check(void *context, uint32_t address, unsigned width,
				   enum bus_master master)
{
	struct flash_l4 *flash = context;
	uint32_t offset = offset_at(flash, address);

	if (offset >= flash->cells.size || is_shut(flash, offset, width))
		return BUS_FAULT;
	if (flash->trustzone && flash_l4_is_secure(flash, master) != flash_l4_page_is_secure(flash, offset))
		return BUS_FAULT;
	if (flash_l4_busy(flash) && !(flash->job.slots >> flash_l4_slot_at(flash, offset) & 1))
		return BUS_OK;
	return flash_l4_wait(flash, master);
}

/* Read protection is for the flash, not for what the factory wrote once (RM0490 table 13). */
static enum bus_result otp_check(void *context, uint32_t address, unsigned width,
				 enum bus_master master)
{
	(void)address, (void)width;
	return flash_l4_wait(context, master);
}

/* --- life ------------------------------------------------------------------------------------- */

struct bus_memory flash_l4_cells_row(struct flash_l4 *flash, uint32_t base, uint32_t offset,
				   uint32_t size)
{
	return (struct bus_memory){
		.name = "flash", .base = base, .size = size, .bytes = flash->cells.bytes + offset,
		.executable = true, .context = flash, .write = flash_l4_cells_write,
		.check = cells_check, .check_while = &flash->work.special,
	};
}

static uint32_t low_size(const struct flash_l4 *flash)
{
	return flash->gap_base && flash->bank_count == 2 ? flash->banks[0].size
							 : flash->cells.size;
}

static void show_rows(struct flash_l4 *flash)
{
	struct bus_memory row = flash_l4_cells_row(flash, flash->cells.base, 0, low_size(flash));

	if (flash->gap_base) {
		bus_replace_memory(flash->soc->bus, row.base, &row);
		row = flash_l4_cells_row(flash, flash->gap_base, flash->cells.size / 2,
				flash->cells.size / 2);
		row.name = "flash, bank 2";
		bus_replace_memory(flash->soc->bus, flash->gap_base, &row);
	}
}

void flash_l4_map_update(struct flash_l4 *flash)
{
	choose_banks(flash);
	set_swapped(flash, wants_swap(flash));
	show_rows(flash);
}

/* Flash, ROM or RAM; the alias at 0 keeps its place. */
void flash_l4_map_boot(struct flash_l4 *flash, uint32_t base)
{
	struct bus *bus = flash->soc->bus;
	const struct bus_memory *other = bus_memory_at(bus, base);
	struct bus_memory row = flash_l4_cells_row(flash, 0, 0, low_size(flash));

	row.name = "flash at 0";
	row.write = NULL;
	if (other && base != flash->cells.base)
		row = *other;
	if (flash->variant->boot != L4_BOOT_ADDRESS)
		bus_replace_memory(bus, 0, &row);
	flash->soc->boot_address = flash->variant->boot == L4_BOOT_ADDRESS ? base : 0;
}

/* --- setting up ------------------------------------------------------------------------------- */

static bool banks_fit(const struct virtual_bank *banks, size_t count, uint32_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		const struct virtual_bank *bank = &banks[i];
		uint32_t page = bank->runs[0].size;

		if (bank->run_count != 1 || page < 1024 || page & (page - 1) || bank->size == 0 ||
		    bank->size % page || bank->size > size - sum || bank->base % 1024)
			return false;
		sum += bank->size;
	}
	return (count == 1 || (count == 2 && banks[0].size == banks[1].size)) && sum == size;
}

static uint32_t sum_of(const struct virtual_spec *spec)
{
	return spec->banks[0].size + (spec->bank_count == 2 ? spec->banks[1].size : 0);
}

static bool spec_fits(const struct virtual_spec *spec)
{
	uint32_t size = sum_of(spec);
	bool fits = spec->mode_count <= VIRTUAL_MODES && size <= 8u << 20 &&
		    banks_fit(spec->banks, spec->bank_count, size);

	for (size_t i = 0; fits && i < spec->mode_count; i++)
		fits = spec->modes[i].condition_count <= VIRTUAL_CONDITIONS &&
		       spec->modes[i].banks[0].base == spec->banks[0].base &&
		       banks_fit(spec->modes[i].banks, spec->modes[i].bank_count, size);
	return fits && spec->otp_size <= L4_OTP_PAGE && spec->otp_base % L4_OTP_PAGE == 0 &&
	       spec->option_count > 0 && spec->option_count <= L4_WORDS;
}

static uint32_t gap_of(const struct virtual_bank *banks, size_t count)
{
	bool gap = count == 2 && banks[1].base != banks[0].base + banks[0].size;

	return gap ? banks[1].base : 0;
}

/* The second bank's own base, if some mode leaves a hole below it. */
static uint32_t find_gap(const struct virtual_spec *spec)
{
	uint32_t gap = gap_of(spec->banks, spec->bank_count);

	for (size_t i = 0; i < spec->mode_count && !gap; i++)
		gap = gap_of(spec->modes[i].banks, spec->modes[i].bank_count);
	return gap;
}

int flash_l4_map_new(struct flash_l4 *flash, struct why *why)
{
	const struct virtual_spec *spec = flash->soc->spec;
	uint32_t size = sum_of(spec);

	if (!spec_fits(spec))
		return explain(why, E_CONFIG, "%s: the %s flash model needs one bank or two equal "
			       "ones of one page size, option words and a page for OTP",
			       spec->chip, spec->controller);
	flash->banks = spec->banks;
	flash->bank_count = spec->bank_count;
	flash->gap_base = find_gap(spec);
	flash->sealed_size = (size + L4_OTP_PAGE) / flash->unit / 8;
	flash->sealed = calloc(1, flash->sealed_size);
	if (!flash->sealed ||
	    nvm_array_new(&flash->cells, flash->soc, "flash", spec->banks[0].base, size, 0xFF) ||
	    nvm_array_new(&flash->otp, flash->soc, "otp", spec->otp_base, L4_OTP_PAGE, 0xFF))
		return explain(why, E_MEMORY, "out of memory");
	soc_add_area(flash->soc, "sealed units", flash->sealed, flash->sealed_size);
	return OK;
}

void flash_l4_map_add(struct flash_l4 *flash)
{
	struct bus *bus = flash->soc->bus;
	struct bus_memory row = flash_l4_cells_row(flash, flash->cells.base, 0, low_size(flash));

	bus_add_memory(bus, &row);
	if (flash->gap_base) {
		row = flash_l4_cells_row(flash, flash->gap_base, flash->cells.size / 2,
				flash->cells.size / 2);
		row.name = "flash, bank 2";
		bus_add_memory(bus, &row);
	}
	if (flash->variant->boot != L4_BOOT_ADDRESS) {
		row = flash_l4_cells_row(flash, 0, 0, low_size(flash));
		row.name = "flash at 0";
		row.write = NULL;
		bus_add_memory(bus, &row);
	}
	if (flash->soc->spec->otp_size)
		bus_add_memory(bus, &(struct bus_memory){ .name = "otp", .base = flash->otp.base,
			       .size = L4_OTP_PAGE, .bytes = flash->otp.bytes, .context = flash,
			       .write = flash_l4_otp_write, .check = otp_check,
			       .check_while = &flash->work.special });
}
