/* SPDX-License-Identifier: MIT
 *
 * The FPEC's registers: keys, control, errors, and what a reset does to them (RM0091 section 3.5;
 * times: typical values of the data sheets).
 */
#include "probe/virtual/flash/f1.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <stdlib.h>

enum { ACR = 0x00, KEYR = 0x04, OPTKEYR = 0x08, SR = 0x0C, CR = 0x10, AR = 0x14, OBR = 0x1C,
       WRPR = 0x20, BANK2 = 0x40 };

enum { CR_LOCK = 1 << 7, CR_OPTWRE = 1 << 9, CR_ERRIE = 1 << 10, CR_EOPIE = 1 << 12,
       CR_OBL_LAUNCH = 1 << 13 };

enum { CR_BITS = F1_PG | F1_PER | F1_MER | CR_ERRIE | CR_EOPIE, CR_OPTION_BITS = F1_OPTPG | F1_OPTER };

enum { SR_BSY = 1 << 0, SR_CLEARABLE = F1_PGERR | F1_WRPRTERR | F1_EOP };

enum { ACR_LATENCY = 7, ACR_HLFCYA = 1 << 3, ACR_PRFTBE = 1 << 4, ACR_PRFTBS = 1 << 5 };

static const uint32_t keys[2] = { 0x45670123, 0xCDEF89AB };

static const struct flash_f1_kin kin_f0 = { 0xAA, true, true, false, false, 3, 53500 };
static const struct flash_f1_kin kin_f1 = { 0xA5, false, false, true, true, 4, 52500 };
static const struct flash_f1_kin kin_f3 = { 0xAA, true, true, false, false, 4, 53500 };

/* --- state ------------------------------------------------------------------------------------ */

static void update_irq(struct flash_f1 *flash)
{
	bool level = false;

	for (size_t i = 0; i < flash->bank_count; i++) {
		const struct flash_f1_bank *bank = &flash->banks[i];

		level |= bank->cr & CR_EOPIE && bank->sr & F1_EOP;
		level |= bank->cr & CR_ERRIE && bank->sr & (F1_PGERR | F1_WRPRTERR);
	}
	soc_set_irq(flash->soc, flash->kin->irq, level);
}

void flash_f1_fail(struct flash_f1_bank *bank, enum flash_f1_sr error, const char *reason)
{
	log_line(LOG_VIRTUAL, "flash: SR %02X: %s", (unsigned)error, reason);
	bank->sr |= (uint32_t)error;
	update_irq(bank->flash);
}

bool flash_f1_shut(const struct flash_f1 *flash)
{
	return flash->level == 1 && flash->soc->debugger_seen;
}

static void update_blocked(struct flash_f1 *flash)
{
	bool blocked = flash_f1_shut(flash) && !flash->kin->core_reads_protected;

	for (size_t i = 0; i < flash->bank_count; i++)
		nvm_work_block(&flash->banks[i].work, blocked);
}

void flash_f1_start(struct flash_f1_bank *bank, const struct flash_f1_job *job, uint64_t ns)
{
	bank->job = *job;
	nvm_work_start(&bank->work, ns);
}

static void finish(void *context)
{
	struct flash_f1_bank *bank = context;

	flash_f1_apply(bank->flash, &bank->job);
	bank->cr &= ~(uint32_t)F1_STRT;
	bank->sr |= F1_EOP;
	update_irq(bank->flash);
}

/* --- registers -------------------------------------------------------------------------------- */

static void write_cr(struct flash_f1_bank *bank, uint32_t value)
{
	struct flash_f1 *flash = bank->flash;
	bool first = bank == &flash->banks[0];
	uint32_t bits = CR_BITS | (first && flash->option_lock.open ? CR_OPTION_BITS : 0);

	if (!bank->lock.open) {
		log_line(LOG_VIRTUAL, "flash: CR = %04X while locked: ignored", (unsigned)value);
		return;
	}
	if (first && !(value & CR_OPTWRE))
		nvm_lock_close(&flash->option_lock);
	if (first && value & CR_OBL_LAUNCH && flash->kin->has_launch)
		soc_request_reset(flash->soc, SOC_RESET_OPTIONS);
	bank->cr = (value & bits) | (bank->cr & F1_STRT);
	if (value & CR_LOCK)
		nvm_lock_close(&bank->lock);
	else if (value & F1_STRT && bank->work.active)
		log_line(LOG_VIRTUAL, "flash: STRT while busy: ignored (guess)");
	else if (value & F1_STRT) {
		bank->cr |= F1_STRT;
		flash_f1_start_erase(bank);
	}
	update_irq(flash);
}

static uint32_t read_cr(const struct flash_f1_bank *bank)
{
	const struct flash_f1 *flash = bank->flash;
	bool option_writable = bank == &flash->banks[0] && flash->option_lock.open;

	return bank->cr | (bank->lock.open ? 0 : CR_LOCK) | (option_writable ? CR_OPTWRE : 0);
}

static uint32_t read_bank(const struct flash_f1_bank *bank, uint32_t offset)
{
	switch (offset) {
	case SR:
		return bank->sr | (nvm_work_busy(&bank->work) ? SR_BSY : 0);
	case CR:
		return read_cr(bank);
	default:
		return 0;
	}
}

static enum bus_result write_bank(struct flash_f1_bank *bank, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case KEYR:
		return nvm_lock_key(&bank->lock, value);
	case SR:
		bank->sr &= ~(value & SR_CLEARABLE);
		update_irq(bank->flash);
		break;
	case CR:
		write_cr(bank, value);
		break;
	case AR:
		bank->ar = value;
		break;
	default:
		break;
	}
	return BUS_OK;
}

/* The registers of a bank, and the offset in them as bank 1 has it; NULL if not a bank's. */
static struct flash_f1_bank *bank_of(struct flash_f1 *flash, uint32_t *offset)
{
	size_t i = *offset >= BANK2;

	if (i)
		*offset -= BANK2;
	return i < flash->bank_count ? &flash->banks[i] : NULL;
}

static uint32_t read_register(struct flash_f1 *flash, uint32_t offset)
{
	const struct flash_f1_bank *bank;

	if (offset == ACR)
		return flash->acr | (flash->acr & ACR_PRFTBE ? ACR_PRFTBS : 0);
	if (offset == OBR || offset == WRPR)
		return offset == OBR ? flash->obr : flash->wrpr;
	bank = bank_of(flash, &offset);
	return bank ? read_bank(bank, offset) : 0;
}

static enum bus_result registers_read(void *context, uint32_t offset, unsigned width,
				      uint32_t *value, enum bus_master master)
{
	struct flash_f1 *flash = context;

	if (offset == SR || offset == BANK2 + SR)
		nvm_work_polled(&flash->banks[offset >= BANK2].work, master);
	*value = nvm_lane(read_register(flash, offset & ~3u), offset, width);
	return BUS_OK;
}

/* RM0091 3.2.2: words only. What narrow writes do is a guess. */
static enum bus_result registers_write(void *context, uint32_t offset, unsigned width,
				       uint32_t value, enum bus_master master)
{
	struct flash_f1 *flash = context;
	struct flash_f1_bank *bank;

	(void)master;
	if (width != 4) {
		log_line(LOG_VIRTUAL, "flash: narrow write to a register (guess: bus error)");
		return BUS_FAULT;
	}
	if (offset == ACR) {
		flash->acr = value & (ACR_LATENCY | ACR_HLFCYA | ACR_PRFTBE);
		return BUS_OK;
	}
	if (offset == OPTKEYR) {
		if (flash->banks[0].lock.open)
			return nvm_lock_key(&flash->option_lock, value);
		log_line(LOG_VIRTUAL, "flash: OPTKEYR while LOCK is set: ignored (guess)");
		return BUS_OK;
	}
	bank = bank_of(flash, &offset);
	return bank ? write_bank(bank, offset, value) : BUS_OK;
}

/* --- life ------------------------------------------------------------------------------------- */

static void cut_short(struct flash_f1_bank *bank)
{
	unsigned done;

	if (nvm_work_cut(&bank->work, &done))
		flash_f1_cut(bank->flash, &bank->job, done);
}

static void flash_reset(void *state)
{
	struct flash_f1 *flash = state;

	for (size_t i = 0; i < flash->bank_count; i++) {
		struct flash_f1_bank *bank = &flash->banks[i];

		cut_short(bank);
		bank->cr = bank->sr = bank->ar = 0;
		nvm_lock_reset(&bank->lock);
	}
	nvm_lock_reset(&flash->option_lock);
	flash->acr = ACR_PRFTBE;
	flash_f1_option_load(flash, false);
	update_blocked(flash);
	update_irq(flash);
}

static void flash_power(void *state, bool on)
{
	struct flash_f1 *flash = state;

	if (!on) {
		for (size_t i = 0; i < flash->bank_count; i++)
			cut_short(&flash->banks[i]);
		return;
	}
	nvm_array_power_on(&flash->cells);
	nvm_array_power_on(&flash->options);
	flash_f1_option_load(flash, true);
	update_blocked(flash);
}

static void flash_notice(void *state)
{
	update_blocked(state);
}

static void flash_release(void *state)
{
	struct flash_f1 *flash = state;

	nvm_array_free(&flash->cells);
	nvm_array_free(&flash->options);
}

/* Chip files may come from users: nothing of this may hit an assertion further down. */
static bool spec_fits(const struct virtual_spec *spec)
{
	uint64_t end = spec->banks[0].base;

	if (spec->bank_count == 0 || spec->bank_count > ARRAY_SIZE(spec->banks) || end % 1024)
		return false;
	for (size_t i = 0; i < spec->bank_count; i++) {
		const struct virtual_bank *bank = &spec->banks[i];

		if (bank->base != end || bank->run_count == 0 || bank->size == 0 ||
		    bank->size % 1024 || bank->runs[0].size < 1024 ||
		    bank->runs[0].size & (bank->runs[0].size - 1))
			return false;
		end += bank->size;
	}
	return end <= (uint64_t)1 << 32 && spec->flash_registers % 1024 == 0 && spec->erased == 0xFF;
}

static const struct flash_f1_kin *kin_of(enum virtual_core core)
{
	return core == VIRTUAL_M0 ? &kin_f0 : core == VIRTUAL_M4 ? &kin_f3 : &kin_f1;
}

static void init_banks(struct flash_f1 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;
	static const char *const names[2] = { "KEYR", "KEYR2" };

	flash->bank_count = spec->bank_count;
	for (size_t i = 0; i < flash->bank_count; i++) {
		struct flash_f1_bank *bank = &flash->banks[i];

		bank->flash = flash;
		bank->offset = spec->banks[i].base - spec->banks[0].base;
		bank->size = spec->banks[i].size;
		/* Tools write keys to an F1 that is open already, and nothing comes of it. */
		bank->lock = (struct nvm_lock){ names[i], { keys[0], keys[1] }, true, 0, false,
						false };
		nvm_work_init(&bank->work, flash->soc, finish, bank);
	}
	flash->option_lock = (struct nvm_lock){ "OPTKEYR", { keys[0], keys[1] }, true, 0, false,
						false };
}

int flash_f1_add(struct soc *soc, struct why *why)
{
	const struct virtual_spec *spec = soc->spec;
	struct flash_f1 *flash;
	uint32_t size = 0;

	if (!spec_fits(spec))
		return explain(why, E_CONFIG, "%s: the F1 flash model needs banks in a row with "
			       "pages of 1 or 2 KiB", spec->chip);
	flash = calloc(1, sizeof(*flash));
	if (!flash)
		return explain(why, E_MEMORY, "out of memory");
	flash->soc = soc;
	flash->kin = kin_of(spec->core);
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "flash", .state = flash,
			   .gate = SOC_ALWAYS_ON, .reset = flash_reset, .power = flash_power,
			   .notice = flash_notice, .release = flash_release });
	for (size_t i = 0; i < spec->bank_count; i++)
		size += spec->banks[i].size;
	if (nvm_array_new(&flash->cells, soc, "flash", spec->banks[0].base, size, 0xFF) ||
	    nvm_array_new(&flash->options, soc, "options", 0x1FFFF800, 1024, 0xFF))
		return explain(why, E_MEMORY, "out of memory");
	init_banks(flash);
	flash_f1_option_init(flash);
	flash_f1_cells_add(flash);
	flash_f1_option_add(flash);
	bus_add_device(soc->bus, &(struct bus_device){ "flash controller", spec->flash_registers,
		       0x400, flash, registers_read, registers_write });
	return OK;
}
