/* SPDX-License-Identifier: MIT
 *
 * The NVM registers of STM32L0 and L1: three locks that hang on each other, PECR, SR (RM0377
 * section 3.7, RM0038 section 3.9).
 */
#include "probe/virtual/flash/l1.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <stdlib.h>

enum { ACR = 0x00, PECR = 0x04, PDKEYR = 0x08, PEKEYR = 0x0C, PRGKEYR = 0x10, OPTKEYR = 0x14,
       SR = 0x18, OBR = 0x1C, WRPR1 = 0x20, WRPR2 = 0x80 };

enum { PECR_PELOCK = 1 << 0, PECR_PRGLOCK = 1 << 1, PECR_OPTLOCK = 1 << 2, PECR_EOPIE = 1 << 16,
       PECR_ERRIE = 1 << 17, PECR_OBL_LAUNCH = 1 << 18 };

enum { SR_BSY = 1 << 0, SR_HV_OFF = 1 << 2, SR_READY = 1 << 3, SR_ERRORS = 0x33F00,
       SR_CLEARABLE = SR_ERRORS | L1_EOP };

/* PECR: PROG, DATA, FTDW or FIX, ERASE, FPRG, PARALLBANK, EOPIE, ERRIE; on L0 HALF_ARRAY and NZDISABLE. */
static const struct flash_l1_kin kin_l0 = { 64, 0x004B8718, true, true, 3 };
static const struct flash_l1_kin kin_l1 = { 128, 0x00038718, false, false, 4 };

/* --- state ------------------------------------------------------------------------------------ */

void flash_l1_update(struct flash_l1 *flash)
{
	bool end = flash->sr & L1_EOP && flash->pecr & PECR_EOPIE;
	bool error = flash->sr & SR_ERRORS && flash->pecr & PECR_ERRIE;

	flash->special = flash->work.special || flash->collected > 0 || flash->pcrop;
	soc_set_irq(flash->soc, flash->kin->irq, end || error);
}

void flash_l1_fail(struct flash_l1 *flash, uint32_t errors, const char *reason)
{
	log_line(LOG_VIRTUAL, "flash: SR %05X: %s", (unsigned)errors, reason);
	flash->sr |= errors;
	flash_l1_update(flash);
}

bool flash_l1_shut(const struct flash_l1 *flash)
{
	return flash->level == 1 && flash->soc->debugger_seen;
}

static void update_blocked(struct flash_l1 *flash)
{
	nvm_work_block(&flash->work, flash_l1_shut(flash));
	flash_l1_update(flash);
}

void flash_l1_start(struct flash_l1 *flash, unsigned bank, uint64_t ns)
{
	flash->busy_bank = bank;
	nvm_work_start(&flash->work, ns);
	flash_l1_update(flash);
}

static void finish(void *context)
{
	struct flash_l1 *flash = context;

	flash_l1_apply(flash);
	flash->sr |= L1_EOP;
	flash_l1_update(flash);
}

/* --- registers -------------------------------------------------------------------------------- */

static void close_all(struct flash_l1 *flash)
{
	nvm_lock_close(&flash->lock);
	nvm_lock_close(&flash->program_lock);
	nvm_lock_close(&flash->option_lock);
}

static uint32_t read_pecr(const struct flash_l1 *flash)
{
	return flash->pecr | (flash->lock.open ? 0 : PECR_PELOCK) |
	       (flash->program_lock.open ? 0 : PECR_PRGLOCK) |
	       (flash->option_lock.open ? 0 : PECR_OPTLOCK);
}

static void write_pecr(struct flash_l1 *flash, uint32_t value)
{
	if (!flash->lock.open) {
		log_line(LOG_VIRTUAL, "flash: PECR = %08X while locked: ignored", (unsigned)value);
		return;
	}
	flash->pecr = value & flash->kin->pecr_bits;
	if (flash->collected && (~value & (L1_FPRG | L1_PROG)))
		flash_l1_drop_half_page(flash, 0, "half page left incomplete");
	if (value & PECR_OBL_LAUNCH && flash->option_lock.open)
		soc_request_reset(flash->soc, SOC_RESET_OPTIONS);
	else if (value & PECR_OBL_LAUNCH)
		log_line(LOG_VIRTUAL, "flash: OBL_LAUNCH while OPTLOCK is set: ignored (guess)");
	if (value & PECR_PRGLOCK)
		nvm_lock_close(&flash->program_lock);
	if (value & PECR_OPTLOCK)
		nvm_lock_close(&flash->option_lock);
	if (value & PECR_PELOCK) {	/* clears the other bits: a log in stlink #1138 */
		close_all(flash);
		flash->pecr = 0;
	}
	flash_l1_update(flash);
}

/* The inner locks can't be opened before PELOCK is. */
static enum bus_result inner_key(struct flash_l1 *flash, struct nvm_lock *lock, uint32_t key)
{
	if (flash->lock.open)
		return nvm_lock_key(lock, key);
	log_line(LOG_VIRTUAL, "flash: %s while PELOCK is set: ignored (guess)", lock->name);
	return BUS_OK;
}

static uint32_t read_register(const struct flash_l1 *flash, uint32_t offset)
{
	bool busy = nvm_work_busy(&flash->work);

	switch (offset) {
	case ACR:
		return flash->acr;
	case PECR:
		return read_pecr(flash);
	case SR:
		return flash->sr | SR_READY | (busy ? SR_BSY : SR_HV_OFF);
	case OBR:
		return flash->obr;
	case WRPR1:
		return flash->wrpr[0];
	default:
		break;
	}
	if (offset >= WRPR2 && offset < WRPR2 + 4 * (L1_WRPR - 1))
		return flash->wrpr[1 + (offset - WRPR2) / 4];
	return 0;
}

static enum bus_result registers_read(void *context, uint32_t offset, unsigned width,
				      uint32_t *value, enum bus_master master)
{
	struct flash_l1 *flash = context;

	if ((offset & ~3u) == SR)
		nvm_work_polled(&flash->work, master);
	*value = nvm_lane(read_register(flash, offset & ~3u), offset, width);
	return BUS_OK;
}

static enum bus_result registers_write(void *context, uint32_t offset, unsigned width,
				       uint32_t value, enum bus_master master)
{
	struct flash_l1 *flash = context;
	enum bus_result result = offset == PECR ? nvm_work_wait(&flash->work, master) : BUS_OK;

	if (result != BUS_OK)
		return result;
	if (width != 4) {
		log_line(LOG_VIRTUAL, "flash: narrow write to a register (guess: bus error)");
		return BUS_FAULT;
	}
	switch (offset) {
	case ACR:
		flash->acr = value & 0x7F;
		return BUS_OK;
	case PECR:
		write_pecr(flash, value);
		return BUS_OK;
	case PDKEYR:
		return nvm_lock_key(&flash->power_lock, value);
	case PEKEYR:
		return nvm_lock_key(&flash->lock, value);
	case PRGKEYR:
		return inner_key(flash, &flash->program_lock, value);
	case OPTKEYR:
		return inner_key(flash, &flash->option_lock, value);
	case SR:
		flash->sr &= ~(value & SR_CLEARABLE);
		flash_l1_update(flash);
		return BUS_OK;
	default:
		return BUS_OK;
	}
}

/* --- life ------------------------------------------------------------------------------------- */

static void cut_short(struct flash_l1 *flash)
{
	unsigned done;

	if (nvm_work_cut(&flash->work, &done))
		flash_l1_cut(flash, done);
	flash->collected = 0;
}

/* Option words are loaded by OBL_LAUNCH and at power-on, not by any other reset. */
static void flash_reset(void *state)
{
	struct flash_l1 *flash = state;

	cut_short(flash);
	close_all(flash);
	nvm_lock_reset(&flash->lock);
	nvm_lock_reset(&flash->program_lock);
	nvm_lock_reset(&flash->option_lock);
	nvm_lock_reset(&flash->power_lock);
	flash->acr = flash->pecr = 0;
	flash->sr = 0;
	if (flash->soc->reset_causes & (SOC_RESET_OPTIONS | SOC_RESET_POWER))
		flash_l1_option_load(flash);
	update_blocked(flash);
}

static void flash_power(void *state, bool on)
{
	struct flash_l1 *flash = state;

	if (!on) {
		cut_short(flash);
		return;
	}
	for (size_t i = 0; i < flash->bank_count; i++)
		nvm_array_power_on(&flash->banks[i].cells);
	if (flash->has_eeprom)
		nvm_array_power_on(&flash->eeprom.cells);
	flash_l1_option_load(flash);
	update_blocked(flash);
}

static void flash_notice(void *state)
{
	update_blocked(state);
}

static void flash_release(void *state)
{
	struct flash_l1 *flash = state;

	for (size_t i = 0; i < flash->bank_count; i++)
		nvm_array_free(&flash->banks[i].cells);
	nvm_array_free(&flash->eeprom.cells);
	nvm_array_free(&flash->options);
}

/* Chip files may come from users: nothing of this may hit an assertion further down. */
static bool spec_fits(const struct virtual_spec *spec)
{
	if (spec->bank_count == 0 || spec->bank_count > ARRAY_SIZE(spec->banks))
		return false;
	for (size_t i = 0; i < spec->bank_count; i++) {
		const struct virtual_bank *bank = &spec->banks[i];

		if (bank->size == 0 || bank->size % 1024 || bank->base % 1024 ||
		    (uint64_t)bank->base + bank->size > (uint64_t)1 << 32)
			return false;
	}
	for (size_t i = 0; i < spec->region_count; i++)
		if (spec->regions[i].kind == VIRTUAL_EEPROM && spec->regions[i].base % 1024)
			return false;
	return spec->flash_registers % 1024 == 0 && spec->erased == 0x00;
}

static void init(struct flash_l1 *flash)
{
	flash->lock = (struct nvm_lock){ .name = "PEKEYR", .keys = { 0x89ABCDEF, 0x02030405 } };
	flash->program_lock = (struct nvm_lock){ .name = "PRGKEYR",
						 .keys = { 0x8C9DAEBF, 0x13141516 } };
	flash->option_lock = (struct nvm_lock){ .name = "OPTKEYR",
						.keys = { 0xFBEAD9C8, 0x24252627 } };
	flash->power_lock = (struct nvm_lock){ .name = "PDKEYR",
					       .keys = { 0x04152637, 0xFAFBFCFD } };
	nvm_work_init(&flash->work, flash->soc, finish, flash);
	soc_add_peripheral(flash->soc, &(struct soc_peripheral){ .name = "flash", .state = flash,
			   .gate = SOC_ALWAYS_ON, .reset = flash_reset, .power = flash_power,
			   .notice = flash_notice, .release = flash_release });
}

int flash_l1_add(struct soc *soc, struct why *why)
{
	struct flash_l1 *flash;

	if (!spec_fits(soc->spec))
		return explain(why, E_CONFIG, "%s: the L1 flash model needs banks of whole KiB that "
			       "are erased to 0, and an EEPROM that begins at one", soc->spec->chip);
	flash = calloc(1, sizeof(*flash));
	if (!flash)
		return explain(why, E_MEMORY, "out of memory");
	flash->soc = soc;
	flash->kin = soc->spec->core == VIRTUAL_M0PLUS ? &kin_l0 : &kin_l1;
	init(flash);
	if (flash_l1_cells_new(flash) != OK ||
	    nvm_array_new(&flash->options, soc, "options", 0x1FF80000, 1024, 0x00) != OK)
		return explain(why, E_MEMORY, "out of memory");
	flash_l1_option_init(flash);
	flash_l1_cells_add(flash);
	flash_l1_option_add(flash);
	bus_add_device(soc->bus, &(struct bus_device){ "flash controller",
		       soc->spec->flash_registers, 0x400, flash, registers_read,
		       registers_write });
	return OK;
}
