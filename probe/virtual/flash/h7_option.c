/* SPDX-License-Identifier: MIT
 *
 * Option words: each has a register with the value in force (*_CUR, *SR) and one to write (*_PRG,
 * *SRP). What they protect, and how far protection can be taken back (RM0433 4.4 and 4.5, RM0481
 * 7.4 to 7.6).
 */
#include "probe/virtual/flash/h7.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <string.h>

enum { OPTLOCK = 1 << 0, OPTSTART = 1 << 1, OPTCR_MER = 1 << 4, OPTCR_PG_OTP = 1 << 5 };
#define SWAP_BANK	(1u << 31)

enum { OPT_BUSY = 1 << 0, OPTCHANGEERR = 1 << 30 };

enum { LEVEL_SHIFT = 8, NO_PCROP = 0xFF, EDATA_EN = 1 << 15, EDATA_SECTOR = 8 << 10 };

#define NS_PER_MS	1000000ull

static uint32_t registers(const struct flash_h7 *flash)
{
	return flash->soc->spec->flash_registers;
}

static int index_of(const struct flash_h7 *flash, uint32_t offset)
{
	const struct virtual_spec *spec = flash->soc->spec;

	for (size_t i = 0; i < spec->option_count; i++)
		if (spec->options[i].address == registers(flash) + offset)
			return (int)i;
	return -1;
}

uint32_t flash_h7_option(const struct flash_h7 *flash, uint32_t offset, uint32_t absent)
{
	int i = index_of(flash, offset);

	return i < 0 ? absent : flash->current[i];
}

/* --- what they say ---------------------------------------------------------------------------- */

/* The H7R/S has its state in the lowest byte of a word of its own. */
static uint8_t level_of(const struct flash_h7 *flash, uint32_t word)
{
	return (uint8_t)(word >> (flash->kin->words_at_once ? 0 : LEVEL_SHIFT));
}

static uint8_t level(const struct flash_h7 *flash)
{
	uint32_t open = (uint32_t)flash->kin->level0 << LEVEL_SHIFT | flash->kin->level0;

	return level_of(flash, flash_h7_option(flash, flash->kin->optsr, open));
}

static size_t state_index(const struct flash_h7_kin *kin, uint8_t state)
{
	size_t i = 0;

	while (i < kin->state_count && kin->states[i] != state)
		i++;
	return i;
}

/* The last states but the one before them close the core's port; without TrustZone only they do
 * (guess). */
static bool closes_port(const struct flash_h7 *flash)
{
	size_t i = state_index(flash->kin, level(flash));

	return flash->kin->state_count == 2 ? i >= 1 : flash->kin->state_count && i >= 3;
}

void flash_h7_option_notice(struct flash_h7 *flash)
{
	uint8_t now = level(flash);

	flash->blocked = flash->kin->level2 && now != flash->kin->level0 &&
			 now != flash->kin->level2 && flash->soc->debugger_seen;
	flash_h7_update_watch(flash);
}

static void take_force(struct flash_h7 *flash)
{
	const struct flash_h7_kin *kin = flash->kin;
	struct soc *soc = flash->soc;
	uint32_t boot = kin->boot ? flash_h7_option(flash, kin->boot, 0) : 0;

	soc->boot_address = kin->boot_shift ? boot << kin->boot_shift : boot & ~0xFFu;
	if (!boot)
		soc->boot_address = soc->spec->banks[0].base;
	soc->hardware_watchdog = !(flash_h7_option(flash, kin->watchdog_word, kin->watchdog) &
				   kin->watchdog);
	flash_h7_option_notice(flash);
}

void flash_h7_option_load(struct flash_h7 *flash)
{
	const struct virtual_condition *swap = &flash->soc->spec->swap;

	for (unsigned i = 0; i < FLASH_H7_OPTIONS; i++)
		flash->current[i] = flash->wanted[i] = get_u32(flash->stored + 4 * i);
	flash->swapped = flash->bank_count == 2 && swap->mask && swap->word < FLASH_H7_OPTIONS &&
			 (flash->current[swap->word] & swap->mask) == swap->value;
	flash->soc->swd_disabled = flash->kin->level2 && level(flash) == flash->kin->level2;
	flash->soc->core_port_closed = closes_port(flash);
	take_force(flash);
}

bool flash_h7_write_protected(const struct flash_h7_bank *bank, uint32_t from, uint32_t to)
{
	const struct flash_h7_kin *kin = bank->flash->kin;
	uint32_t word = flash_h7_option(bank->flash, kin->wrp + kin->wrp_step * bank->number,
					UINT32_MAX);
	uint32_t sector = flash_h7_sector_size(bank);
	/* The H503 has a bit for each of its few sectors (RM0492). */
	uint32_t group = bank->cells.array.size > 8 * sector ? kin->wrp_group * sector : sector;

	for (uint32_t bit = from / group; bit <= (to - 1) / group; bit++)
		if (bit < 32 && !(word >> bit & 1))
			return true;
	return false;
}

/* Areas count 256 bytes; start above end = none. */
bool flash_h7_pcrop(const struct flash_h7_bank *bank, uint32_t offset)
{
	const struct flash_h7_kin *kin = bank->flash->kin;
	uint32_t word;

	if (!kin->pcrop)
		return false;
	word = flash_h7_option(bank->flash, kin->pcrop + FLASH_H7_BANK2 * bank->number, NO_PCROP);
	return (word & 0xFFF) <= (word >> 16 & 0xFFF) && offset >> 8 >= (word & 0xFFF) &&
	       offset >> 8 <= (word >> 16 & 0xFFF);
}

uint32_t flash_h7_edata_size(const struct flash_h7_bank *bank)
{
	const struct flash_h7_kin *kin = bank->flash->kin;
	uint32_t word;

	if (!kin->edata)
		return 0;
	word = flash_h7_option(bank->flash, kin->edata_word + FLASH_H7_BANK2 * bank->number, 0);
	return word & EDATA_EN ? ((word & 7) + 1) * EDATA_SECTOR : 0;
}

/* --- changing them ---------------------------------------------------------------------------- */

/* What no change may take back. */
static bool is_allowed(const struct flash_h7 *flash, unsigned i)
{
	const struct flash_h7_kin *kin = flash->kin;
	uint32_t offset = flash->soc->spec->options[i].address - registers(flash);
	uint32_t old = get_u32(flash->stored + 4 * i), new = flash->wanted[i];

	if (kin->otp_locks && offset == kin->otp_locks)
		return !(old & ~new);
	if (offset != kin->optsr || !kin->state_count)
		return true;
	/* Backwards by debug authentication only. */
	return state_index(kin, level_of(flash, new)) < kin->state_count &&
	       state_index(kin, level_of(flash, new)) >= state_index(kin, level_of(flash, old));
}

static bool are_allowed(const struct flash_h7 *flash)
{
	if (flash->kin->level2 && level(flash) == flash->kin->level2)
		return false;
	for (unsigned i = 0; i < flash->soc->spec->option_count; i++)
		if (!is_allowed(flash, i))
			return false;
	return true;
}

static bool lowers_level(const struct flash_h7 *flash)
{
	int i = index_of(flash, flash->kin->optsr);

	return i >= 0 && flash->kin->level2 && level(flash) != flash->kin->level0 &&
	       level_of(flash, flash->wanted[i]) == flash->kin->level0;
}

static void start_change(struct flash_h7 *flash)
{
	uint64_t ns = flash->kin->option_ms * NS_PER_MS;

	if (flash->option_work.active) {
		log_line(LOG_VIRTUAL, "flash: option change while one is in work: ignored (guess)");
		return;
	}
	if (!are_allowed(flash)) {
		log_line(LOG_VIRTUAL, "flash: option change refused");
		flash->option_error = true;
		memcpy(flash->wanted, flash->current, sizeof(flash->wanted));
		return;
	}
	flash->regress = lowers_level(flash);
	if (flash->regress) {
		log_line(LOG_VIRTUAL, "flash: read protection lifted: mass erase");
		ns += flash_h7_mass_ns(&flash->banks[0], flash->kin->has_psize ? 3 : 0);
	}
	nvm_work_start(&flash->option_work, ns);
}

static bool waits_for_reset(const struct flash_h7 *flash, unsigned i)
{
	uint32_t offset = flash->soc->spec->options[i].address - registers(flash);

	for (size_t n = 0; n < ARRAY_SIZE(flash->kin->late); n++)
		if (flash->kin->late[n] && flash->kin->late[n] == offset)
			return true;
	return false;
}

void flash_h7_option_finish(void *context)
{
	struct flash_h7 *flash = context;

	for (unsigned i = 0; i < flash->soc->spec->option_count; i++) {
		put_u32(flash->stored + 4 * i, flash->wanted[i]);
		if (!waits_for_reset(flash, i))
			flash->current[i] = flash->wanted[i];
	}
	for (size_t i = 0; flash->regress && i < flash->bank_count; i++)
		flash_h7_cells_erase(&flash->banks[i].cells, 0, flash->banks[i].cells.array.size);
	flash->regress = false;
	flash_h7_option_notice(flash);
	flash_h7_place_banks(flash);
}

/* A change that was cut short leaves protection on where it can be lifted again (guess). */
void flash_h7_option_cut(struct flash_h7 *flash)
{
	int i = index_of(flash, flash->kin->optsr);
	unsigned done;

	if (nvm_work_cut(&flash->option_work, &done) && i >= 0 && flash->kin->level2)
		put_u32(flash->stored + 4 * i, flash->current[i] | 0xFFu << LEVEL_SHIFT);
	flash->regress = false;
}

/* --- registers -------------------------------------------------------------------------------- */

bool flash_h7_option_read(const struct flash_h7 *flash, uint32_t offset, uint32_t *value)
{
	const struct virtual_spec *spec = flash->soc->spec;
	bool status = flash->kin->register_sets == 2 && offset == flash->kin->optsr;
	int i = index_of(flash, offset);

	if (i >= 0) {
		*value = flash->current[i];
		if (status)
			*value = (*value & ~(uint32_t)(OPT_BUSY | OPTCHANGEERR)) |
				 (nvm_work_busy(&flash->option_work) ? OPT_BUSY : 0) |
				 (flash->option_error ? OPTCHANGEERR : 0);
		return true;
	}
	for (size_t n = 0; n < spec->option_count; n++)
		if (spec->options[n].program == registers(flash) + offset) {
			*value = flash->wanted[n];
			return true;
		}
	return false;
}

static void write_wanted(struct flash_h7 *flash, size_t i, uint32_t value)
{
	uint32_t writable = flash->soc->spec->options[i].writable;

	if (!writable)
		writable = UINT32_MAX;
	if (!flash->option_lock.open) {
		log_line(LOG_VIRTUAL, "flash: option word = %08X while locked: ignored",
			 (unsigned)value);
		return;
	}
	if (flash->kin->words_at_once && !(flash->optcr & OPTSTART)) {
		log_line(LOG_VIRTUAL, "flash: option word without PG_OPT");
		flash->option_error = true;
		return;
	}
	flash->wanted[i] = (flash->wanted[i] & ~writable) | (value & writable);
	if (flash->kin->words_at_once)
		start_change(flash);
}

bool flash_h7_option_write(struct flash_h7 *flash, uint32_t offset, uint32_t value)
{
	const struct virtual_spec *spec = flash->soc->spec;

	for (size_t i = 0; i < spec->option_count; i++)
		if (spec->options[i].program == registers(flash) + offset) {
			write_wanted(flash, i, value);
			return true;
		}
	return index_of(flash, offset) >= 0;	/* read-only */
}

/* MER of the H7: both banks at once, each with its own lock open (guess). */
static void start_mass_erase(struct flash_h7 *flash)
{
	for (size_t i = 0; i < flash->bank_count; i++) {
		struct flash_h7_control *control = &flash->controls[i];
		uint32_t cr = control->cr;

		if (!control->lock.open) {
			flash_h7_fail(control, H7_PGSERR, "MER while a bank is locked");
			continue;
		}
		control->cr = (cr & ~(uint32_t)H7_PG) | H7_BER;
		flash_h7_start_erase(control);
		control->cr = cr | (control->cr & flash->kin->cr_start);
	}
}

void flash_h7_write_optcr(struct flash_h7 *flash, uint32_t value)
{
	const struct flash_h7_kin *kin = flash->kin;
	uint32_t kept = (kin->optcr_otp ? OPTCR_PG_OTP : 0) | (kin->words_at_once ? OPTSTART : 0);

	if (!flash->option_lock.open) {
		log_line(LOG_VIRTUAL, "flash: OPTCR = %08X while locked: ignored", (unsigned)value);
		return;
	}
	flash->optcr = value & kept;
	if (value & OPTLOCK)
		nvm_lock_close(&flash->option_lock);
	else if (value & OPTSTART && !kin->words_at_once)
		start_change(flash);
	else if (value & OPTCR_MER && kin->register_sets == 2 && flash->bank_count == 2)
		start_mass_erase(flash);
}

uint32_t flash_h7_read_optcr(const struct flash_h7 *flash)
{
	return flash->optcr | (flash->option_lock.open ? 0 : OPTLOCK) |
	       (flash->swapped ? SWAP_BANK : 0);
}

int flash_h7_option_new(struct flash_h7 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;

	for (size_t i = 0; i < spec->option_count; i++)
		put_u32(flash->stored + 4 * i, spec->options[i].factory);
	soc_add_area(flash->soc, "options", flash->stored, sizeof(flash->stored));
	nvm_work_init(&flash->option_work, flash->soc, flash_h7_option_finish, flash);
	return OK;
}
