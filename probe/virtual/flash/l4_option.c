/* SPDX-License-Identifier: MIT
 *
 * Option bytes of L4 and its kin: registers that OPTSTRT writes to option memory and that only a
 * power-on or OBL_LAUNCH loads; read protection; where the chip boots.
 */
#include "probe/virtual/flash/l4.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <stdlib.h>
#include <string.h>

enum { RDP_LEVEL0 = 0xAA, RDP_LEVEL2 = 0xCC, OPTR_BOR_EN = 1 << 8, OPTR_ESE = 1 << 8, OPTR_IWDG_SW = 1 << 16,
       BOOT_LOCK_SECR = 1 << 16, BOOT_LOCK_WL = 1 << 30 };
#define OPTR_TZEN (1u << 31)

enum { IPCCBR = 0x3C, SFR = 0x80, SRRVR = 0x84 };

enum { MIRROR_SIZE = 1024, RAM = 0x20000000, NSBOOTADD0 = 0x44, NSBOOTADD1 = 0x48, SECBOOTADD0 = 0x4C };

enum { SR_OEM1LOCK = 1 << 18, SR_OEM2LOCK = 1 << 19 };

static const struct virtual_option_word *spec_word(const struct flash_l4 *flash, unsigned index)
{
	return &flash->soc->spec->options[index];
}

int flash_l4_option_index(const struct flash_l4 *flash, uint32_t offset)
{
	const struct virtual_spec *spec = flash->soc->spec;

	for (size_t i = 0; i < spec->option_count; i++)
		if (spec->options[i].address == spec->flash_registers + offset)
			return (int)i;
	return -1;
}

uint32_t flash_l4_option(const struct flash_l4 *flash, uint32_t offset, uint32_t absent)
{
	int index = offset ? flash_l4_option_index(flash, offset) : -1;
	uint32_t writable = index >= 0 ? spec_word(flash, (unsigned)index)->writable : 0;

	return index < 0 ? absent : flash->active[index] & (writable ? writable : UINT32_MAX);
}

static uint32_t optr(const struct flash_l4 *flash)
{
	int index = flash_l4_option_index(flash, flash->variant->optr);

	return index < 0 ? RDP_LEVEL0 : flash->active[index];
}

/* The register as it will be stored. */
static uint32_t next_optr(const struct flash_l4 *flash)
{
	int index = flash_l4_option_index(flash, flash->variant->optr);

	return index < 0 ? RDP_LEVEL0 : flash->reg[index];
}

static unsigned level_of(uint32_t word)
{
	uint8_t rdp = (uint8_t)word;

	return rdp == RDP_LEVEL0 ? 0 : rdp == RDP_LEVEL2 ? 2 : 1;
}

/* --- OEM keys: words that can be written and not read ----------------------------------------- */

/* 0 or 1, or -1 for a register that is none. */
static int oem_key_of(const struct flash_l4 *flash, uint32_t offset)
{
	const struct flash_l4_variant *variant = flash->variant;
	uint32_t at = offset - variant->oem_key, words = variant->oem_words;

	return variant->oem_key && at < 8 * words ? (int)(at / (4 * words)) : -1;
}

static uint8_t *oem_set(struct flash_l4 *flash)
{
	return flash->stored + 4 * L4_WORDS;
}

uint32_t flash_l4_oem_locks(const struct flash_l4 *flash)
{
	const uint8_t *set = flash->stored + 4 * L4_WORDS;

	if (!flash_l4_has(flash, L4_TRUSTZONE))
		return 0;
	return (set[0] ? SR_OEM1LOCK : 0) | (set[1] ? SR_OEM2LOCK : 0);
}

static uint32_t offset_of(const struct flash_l4 *flash, unsigned index)
{
	return spec_word(flash, index)->address - flash->soc->spec->flash_registers;
}

/* --- registers -------------------------------------------------------------------------------- */

uint32_t flash_l4_option_read(const struct flash_l4 *flash, int index)
{
	return oem_key_of(flash, offset_of(flash, (unsigned)index)) >= 0 ? 0 : flash->reg[index];
}

/* With security enabled (ESE) these are the second core's, and read-only for all others (RM0434 3.10.10, RM0453
 * 3.10.14). */
static bool is_second_cores(const struct flash_l4 *flash, uint32_t offset)
{
	return flash_l4_has(flash, L4_SECURE_TOP) && optr(flash) & OPTR_ESE &&
	       (offset == IPCCBR || offset == SFR || offset == SRRVR);
}

void flash_l4_option_write(struct flash_l4 *flash, int index, uint32_t value)
{
	const struct virtual_option_word *word = spec_word(flash, (unsigned)index);
	uint32_t writable = word->writable ? word->writable : UINT32_MAX;

	if (is_second_cores(flash, offset_of(flash, (unsigned)index)))
		log_line(LOG_VIRTUAL, "flash: %s = %08X: the second core's: ignored", word->name, (unsigned)value);
	else if (!flash->option_lock.open)
		log_line(LOG_VIRTUAL, "flash: %s = %08X while OPTLOCK: ignored", word->name,
			 (unsigned)value);
	else
		flash->reg[index] = (value & writable) | (flash->reg[index] & ~writable);
}

/* --- changing them ---------------------------------------------------------------------------- */

static bool change_allowed(struct flash_l4 *flash, bool regress)
{
	uint32_t changed = next_optr(flash) ^ optr(flash);
	bool tzen = next_optr(flash) & OPTR_TZEN;

	if (flash->level == 2) {
		flash_l4_fail(flash, L4_WRPERR, "option change under level 2 (guess)");
		return false;
	}
	if (!flash_l4_has(flash, L4_TRUSTZONE))
		return true;
	if (regress && oem_set(flash)[0]) {
		flash_l4_fail(flash, L4_OPTWERR, "read protection lifted without OEM1KEY");
		return false;
	}
	if (changed & OPTR_TZEN && (tzen ? level_of(next_optr(flash)) || flash->level : !regress)) {
		flash_l4_fail(flash, L4_OPTWERR, "TZEN changed at the wrong protection level");
		return false;
	}
	return true;
}

/* CR.OPTSTRT was set. */
void flash_l4_option_start(struct flash_l4 *flash)
{
	struct flash_l4_job job = { .kind = L4_OPTIONS, .slots = 3 };

	job.regress = level_of(optr(flash)) == 1 && level_of(next_optr(flash)) == 0;
	if (flash_l4_pending_errors(flash)) {
		flash_l4_fail(flash, L4_PGSERR, "option change while errors are pending");
		return;
	}
	if (!change_allowed(flash, job.regress))
		return;
	if (flash_l4_has(flash, L4_TRUSTZONE) && next_optr(flash) & ~optr(flash) & OPTR_TZEN)
		flash_l4_secure_all(flash);
	for (unsigned i = 0; i < flash->soc->spec->option_count; i++)
		flash->reg[i] = flash_l4_keep_protection(flash, offset_of(flash, i), flash->reg[i],
							 job.regress);
	job.ns = flash->variant->times->option_ns;
	if (job.regress) {
		log_line(LOG_VIRTUAL, "flash: read protection lifted: mass erase");
		job.ns += flash_l4_mass_ns(flash);
	}
	flash->side->cr |= L4_OPTSTRT;
	flash_l4_start(flash, &job);
}

static void show_mirrors(struct flash_l4 *flash)
{
	for (unsigned i = 0; i < flash->soc->spec->option_count; i++) {
		uint32_t address = spec_word(flash, i)->mirror;
		uint32_t word = get_u32(flash->stored + 4 * i);

		for (size_t m = 0; address && m < ARRAY_SIZE(flash->mirrors); m++) {
			uint32_t at = address - flash->mirror_bases[m];

			if (!flash->mirrors[m] || at >= MIRROR_SIZE - 4)
				continue;
			put_u32(flash->mirrors[m] + at, word);
			put_u32(flash->mirrors[m] + at + 4, ~word);
		}
	}
}

static void store_keys(struct flash_l4 *flash)
{
	for (unsigned i = 0; i < flash->soc->spec->option_count; i++) {
		int key = oem_key_of(flash, offset_of(flash, i));

		if (key >= 0 && flash->reg[i] != UINT32_MAX &&
		    flash->reg[i] != spec_word(flash, i)->factory)
			oem_set(flash)[key] = 1;
	}
}

void flash_l4_option_apply(struct flash_l4 *flash)
{
	if (flash->job.regress)
		flash_l4_regress(flash);
	for (unsigned i = 0; i < flash->soc->spec->option_count; i++)
		put_u32(flash->stored + 4 * i, flash->reg[i]);
	store_keys(flash);
	flash->torn = false;
	show_mirrors(flash);
}

/* The option memory was erased and not written again: protected, the rest as new (guess). */
void flash_l4_option_cut(struct flash_l4 *flash)
{
	int index = flash_l4_option_index(flash, flash->variant->optr);

	for (unsigned i = 0; i < flash->soc->spec->option_count; i++)
		put_u32(flash->stored + 4 * i, spec_word(flash, i)->factory);
	if (index >= 0)
		put_u32(flash->stored + 4 * index, spec_word(flash, (unsigned)index)->factory | 0xFF);
	flash->torn = true;
}

/* --- loading ---------------------------------------------------------------------------------- */

void flash_l4_option_notice(struct flash_l4 *flash)
{
	/* Level 1: once a debugger has been seen, nobody reaches the flash until a power-on. */
	flash->blocked = flash->level == 1 && flash->soc->debugger_seen;
	flash_l4_update_special(flash);
}

void flash_l4_option_load(struct flash_l4 *flash)
{
	for (unsigned i = 0; i < flash->soc->spec->option_count; i++)
		flash->active[i] = get_u32(flash->stored + 4 * i);
	flash->level = level_of(optr(flash));
	show_mirrors(flash);
	flash_l4_map_update(flash);
	flash->empty = nvm_array_get(&flash->cells, 0, 4) == UINT32_MAX;
}

static uint32_t brownout_mv(const struct flash_l4 *flash)
{
	static const uint32_t levels[8] = { 1700, 2000, 2200, 2500, 2800, 2800, 2800, 2800 };
	uint32_t word = optr(flash);

	if (flash->variant->boot == L4_BOOT_SEL)	/* G0 and its like: falling level 12:11 */
		return word & OPTR_BOR_EN ? levels[(word >> 11 & 3) + 1] : levels[0];
	return levels[word >> (flash_l4_has(flash, L4_SUSPENDS) ? 9 : 8) & 7];
}

/* The level of BOOT0, by pin or by option; and nBOOT1. */
static bool boots_elsewhere(const struct flash_l4 *flash, bool *ram)
{
	uint32_t word = optr(flash);

	switch (flash->variant->boot) {
	case L4_BOOT_SEL:
		*ram = !(word & 1 << 25);
		return word & 1 << 24 && !(word & 1 << 26);
	case L4_BOOT_SW:
	case L4_BOOT_ADDRESS:
		*ram = !(word & 1 << 23);
		return !(word & 1 << 26) && !(word & 1 << 27);
	case L4_BOOT_PIN:
		break;
	}
	*ram = false;
	return false;
}

static bool boot_locked(const struct flash_l4 *flash)
{
	bool by_word = flash_l4_option(flash, flash->variant->secure[0], 0) & BOOT_LOCK_SECR;

	return by_word || (strcmp(flash->variant->controller, "wl") == 0 &&
			   optr(flash) & BOOT_LOCK_WL);
}

static uint32_t boot_base(const struct flash_l4 *flash)
{
	bool ram, elsewhere = boots_elsewhere(flash, &ram);
	bool checks = flash_l4_has(flash, L4_EMPTY_ACR) || flash_l4_has(flash, L4_EMPTY_SR);

	if (flash->trustzone)
		return flash_l4_option(flash, SECBOOTADD0, 0) & ~0x7Fu;
	if (flash->variant->boot == L4_BOOT_ADDRESS) {
		uint32_t word = flash_l4_option(flash, elsewhere ? NSBOOTADD1 : NSBOOTADD0, 0);

		return word & ~0x7Fu ? word & ~0x7Fu : flash->cells.base;
	}
	if (boot_locked(flash))
		return flash->cells.base;
	if (elsewhere)
		return ram ? RAM : soc_rom_base(flash->soc);
	return checks && flash->empty ? soc_rom_base(flash->soc) : flash->cells.base;
}

void flash_l4_option_reset(struct flash_l4 *flash)
{
	struct soc *soc = flash->soc;

	if (flash->reload) {
		flash_l4_option_load(flash);
		flash->reload = false;
	}
	memcpy(flash->reg, flash->active, sizeof(flash->reg));
	flash_l4_map_update(flash);
	flash_l4_secure_reset(flash);
	soc->swd_disabled = flash->level == 2;
	soc->hardware_watchdog = !(optr(flash) & OPTR_IWDG_SW);
	soc->brownout_mv = brownout_mv(flash);
	flash_l4_map_boot(flash, boot_base(flash));
	flash_l4_option_notice(flash);
}

/* --- setting up ------------------------------------------------------------------------------- */

/* Option memory, where the spec says it can be read; not where something else is. */
static int add_mirror(struct flash_l4 *flash, uint32_t address)
{
	uint32_t base = address & ~(uint32_t)(MIRROR_SIZE - 1);

	for (size_t m = 0; m < ARRAY_SIZE(flash->mirrors); m++) {
		if (flash->mirrors[m] && flash->mirror_bases[m] == base)
			return OK;
		if (flash->mirrors[m])
			continue;
		if (bus_memory_at(flash->soc->bus, base))
			return OK;
		flash->mirrors[m] = malloc(MIRROR_SIZE);
		if (!flash->mirrors[m])
			return E_MEMORY;
		memset(flash->mirrors[m], 0xFF, MIRROR_SIZE);
		flash->mirror_bases[m] = base;
		bus_add_memory(flash->soc->bus, &(struct bus_memory){ .name = "option bytes",
			       .base = base, .size = MIRROR_SIZE, .bytes = flash->mirrors[m] });
		return OK;
	}
	return OK;
}

int flash_l4_option_new(struct flash_l4 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;
	int err = OK;

	for (size_t i = 0; i < spec->option_count && !err; i++)
		if (spec->options[i].mirror)
			err = add_mirror(flash, spec->options[i].mirror);
	return err;
}

void flash_l4_option_init(struct flash_l4 *flash)
{
	for (unsigned i = 0; i < flash->soc->spec->option_count; i++)
		put_u32(flash->stored + 4 * i, spec_word(flash, i)->factory);
	soc_add_area(flash->soc, "options", flash->stored, sizeof(flash->stored));
}
