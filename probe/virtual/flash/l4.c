/* SPDX-License-Identifier: MIT
 *
 * Registers and life of the flash controllers of L4 and its kin: keys, status, what CR starts.
 */
#include "probe/virtual/flash/l4.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <stdlib.h>

enum { ACR = 0x00, REGISTERS = 0x400, SECURE = 1 << 28 };

enum { ACR_PES = 1 << 15, ACR_EMPTY = 1 << 16, ACR_DBG_SWEN = 1 << 18 };

enum { SR_BSY = 1 << 16, SR_PEMPTY = 1 << 17, SR_WDW = 1 << 17, SR_CFGBSY = 1 << 18,
       SR_PESD = 1 << 19 };

enum { CR_OBL_LAUNCH = 1 << 27, CR_SEC_PROT1 = 1 << 28, CR_SEC_PROT2 = 1 << 29,
       CR_OPTLOCK = 1 << 30 };
#define CR_LOCK (1u << 31)

static const uint32_t main_keys[2] = { 0x45670123, 0xCDEF89AB };
static const uint32_t option_keys[2] = { 0x08192A3B, 0x4C5D6E7F };

/* --- state ------------------------------------------------------------------------------------ */

bool flash_l4_busy(const struct flash_l4 *flash)
{
	return flash->waiting || nvm_work_busy(&flash->work);
}

static void update_irq(struct flash_l4 *flash)
{
	bool end = flash->side->sr & L4_EOP && flash->side->cr & L4_EOPIE;
	bool error = flash->side->sr & L4_OPERR && flash->side->cr & L4_ERRIE;

	soc_set_irq(flash->soc, flash->variant->irq, end || error);
}

void flash_l4_fail(struct flash_l4 *flash, uint32_t errors, const char *reason)
{
	log_line(LOG_VIRTUAL, "flash: SR %04X: %s", (unsigned)errors, reason);
	flash->side->sr |= errors;
	if (flash->side->cr & L4_ERRIE)
		flash->side->sr |= L4_OPERR;
	update_irq(flash);
}

uint32_t flash_l4_pending_errors(const struct flash_l4 *flash)
{
	return flash->side->sr & flash->variant->errors & ~(L4_SR_OPTVERR | L4_OPTWERR);
}

void flash_l4_update_special(struct flash_l4 *flash)
{
	nvm_work_block(&flash->work, flash->blocked || flash->gap_base ||
		       flash->trustzone || flash_l4_guards_reads(flash));
}

/* --- operations ------------------------------------------------------------------------------- */

static bool suspended(const struct flash_l4 *flash)
{
	return flash_l4_has(flash, L4_SUSPENDS) && flash->acr & ACR_PES;
}

void flash_l4_start(struct flash_l4 *flash, const struct flash_l4_job *job)
{
	flash->job = *job;
	flash->job.side = flash->side;
	flash->waiting = suspended(flash);
	if (flash->waiting)
		log_line(LOG_VIRTUAL, "flash: PES is set: the operation waits");
	else
		nvm_work_start(&flash->work, job->ns);
}

static void finish(void *context)
{
	struct flash_l4 *flash = context;

	flash->side = flash->job.side;
	switch (flash->job.kind) {
	case L4_PROGRAM:
		flash_l4_apply_program(flash);
		break;
	case L4_ERASE:
		flash_l4_erase(flash, flash->job.offset, flash->job.length);
		break;
	case L4_OPTIONS:
		flash_l4_option_apply(flash);
		break;
	}
	flash->side->cr &= ~(uint32_t)(L4_STRT | L4_OPTSTRT);
	if (flash->side->cr & L4_EOPIE)
		flash->side->sr |= L4_EOP;
	update_irq(flash);
}

enum bus_result flash_l4_wait(struct flash_l4 *flash, enum bus_master master)
{
	return flash->waiting ? BUS_STALL : nvm_work_wait(&flash->work, master);
}

/* A reset in the middle of an operation spoils what it worked on. */
static void cut_short(struct flash_l4 *flash)
{
	unsigned done = 0;
	bool cut = nvm_work_cut(&flash->work, &done) || flash->waiting;

	flash->waiting = false;
	flash_l4_drop_line(flash);
	if (!cut)
		return;
	switch (flash->job.kind) {
	case L4_PROGRAM:
		flash_l4_cut_program(flash);
		break;
	case L4_ERASE:
		nvm_array_cut_erase(&flash->cells, flash->job.offset, flash->job.length, done);
		break;
	case L4_OPTIONS:
		flash_l4_option_cut(flash);
		break;
	}
}

/* --- registers -------------------------------------------------------------------------------- */

static uint32_t busy_bits(const struct flash_l4 *flash)
{
	const struct flash_l4_variant *variant = flash->variant;
	bool second = flash->bank_count == 2 && flash->job.slots == 1u << flash_l4_slot_of(flash, 1);

	return variant->busy2 && second ? variant->busy2 : SR_BSY;
}

static uint32_t read_sr(const struct flash_l4 *flash)
{
	uint32_t sr = flash->side->sr | flash_l4_oem_locks(flash);
	bool busy = flash_l4_busy(flash), partly = flash->line.count > 0;

	sr |= busy ? busy_bits(flash) : 0;
	sr |= flash_l4_has(flash, L4_CFGBSY) && (busy || partly) ? SR_CFGBSY : 0;
	sr |= flash_l4_has(flash, L4_DATA_WAIT) && partly ? SR_WDW : 0;
	sr |= flash_l4_has(flash, L4_EMPTY_SR) && flash->empty ? SR_PEMPTY : 0;
	sr |= suspended(flash) ? SR_PESD : 0;
	return sr;
}

static uint32_t read_register(const struct flash_l4 *flash, uint32_t offset)
{
	const struct flash_l4_variant *variant = flash->variant;
	int word = flash_l4_option_index(flash, offset);

	if (word >= 0)
		return flash_l4_option_read(flash, word);
	if (offset == ACR)
		return flash->acr |
		       (flash_l4_has(flash, L4_EMPTY_ACR) && flash->empty ? ACR_EMPTY : 0);
	if (offset == variant->sr)
		return read_sr(flash);
	if (offset == variant->cr)
		return flash->side->cr | (flash->side->lock.open ? 0 : CR_LOCK) |
		       (flash->option_lock.open ? 0 : CR_OPTLOCK);
	return flash_l4_unlisted(flash, offset);
}

static void write_acr(struct flash_l4 *flash, uint32_t value)
{
	flash->acr = value & flash->variant->acr_bits & ~(uint32_t)ACR_EMPTY;
	if (flash_l4_has(flash, L4_EMPTY_ACR))
		flash->empty = value & ACR_EMPTY;
	if (flash_l4_has(flash, L4_DBG_SWEN)) {
		flash->soc->swd_disabled = flash->level == 2 || !(value & ACR_DBG_SWEN);
		if (!(value & ACR_DBG_SWEN))
			log_line(LOG_VIRTUAL, "flash: DBG_SWEN cleared: no more SWD");
	}
	if (flash->waiting && !suspended(flash)) {
		flash->waiting = false;
		nvm_work_start(&flash->work, flash->job.ns);
	}
}

static void write_sr(struct flash_l4 *flash, uint32_t value)
{
	flash->side->sr &= ~(value & (flash->variant->errors | L4_EOP));
	if (value & SR_PEMPTY && flash_l4_has(flash, L4_EMPTY_SR))
		flash->empty = !flash->empty;	/* RM0394 3.7.5: toggles */
	update_irq(flash);
}

static uint32_t cr_bits(const struct flash_l4_variant *variant)
{
	return L4_PG | L4_PER | L4_MER1 | ((1u << variant->page_bits) - 1) << 3 | variant->bker |
	       variant->mer2 | variant->row_bit | L4_EOPIE | L4_ERRIE | 1u << 26;
}

/* SEC_PROT can only be set; a reset clears it. */
static void hide(struct flash_l4 *flash, uint32_t value)
{
	flash->hidden[0] |= flash->variant->secure[0] && value & CR_SEC_PROT1;
	flash->hidden[1] |= flash->variant->secure[1] && value & CR_SEC_PROT2;
	flash_l4_update_special(flash);
}

static void write_option_bits(struct flash_l4 *flash, uint32_t value)
{
	if (!flash->option_lock.open) {
		log_line(LOG_VIRTUAL, "flash: option bits of CR while OPTLOCK: ignored");
	} else if (value & CR_OBL_LAUNCH) {
		log_line(LOG_VIRTUAL, "flash: OBL_LAUNCH");
		flash->reload = true;
		soc_request_reset(flash->soc, SOC_RESET_OPTIONS);
	} else {
		flash_l4_option_start(flash);
	}
}

static void write_cr(struct flash_l4 *flash, uint32_t value)
{
	if (!flash->side->lock.open) {
		log_line(LOG_VIRTUAL, "flash: CR = %08X while locked: ignored", (unsigned)value);
		return;
	}
	flash->side->cr = value & cr_bits(flash->variant);
	flash_l4_drop_line(flash);
	hide(flash, value);
	if (value & CR_OPTLOCK)
		nvm_lock_close(&flash->option_lock);
	if (value & CR_LOCK) {
		nvm_lock_close(&flash->side->lock);
		nvm_lock_close(&flash->option_lock);
	} else if (value & (L4_OPTSTRT | CR_OBL_LAUNCH) && flash->side == flash->sides) {
		write_option_bits(flash, value);
	} else if (value & L4_STRT) {
		flash_l4_start_erase(flash);
	}
	update_irq(flash);
}

/* While a unit is half there or an operation runs, CR answers with a bus error where there is CFGBSY
 * (RM0444 3.7.5); elsewhere the write waits. */
static enum bus_result cr_answers(struct flash_l4 *flash, enum bus_master master)
{
	if (!flash_l4_has(flash, L4_CFGBSY))
		return flash_l4_wait(flash, master);
	if (!flash_l4_busy(flash) && !flash->line.count)
		return BUS_OK;
	log_line(LOG_VIRTUAL, "flash: CR written while CFGBSY: bus error");
	return BUS_FAULT;
}

static enum bus_result write_key(struct flash_l4 *flash, uint32_t value)
{
	if (!flash->side->lock.open)	/* OPTLOCK opens only after LOCK */
		flash->option_lock.jammed = true;
	return nvm_lock_key(&flash->option_lock, value);
}

static enum bus_result write_register(struct flash_l4 *flash, uint32_t offset, uint32_t value,
				      enum bus_master master)
{
	const struct flash_l4_variant *variant = flash->variant;
	int word = flash_l4_option_index(flash, offset);
	enum bus_result result = BUS_OK;

	if (word >= 0)
		result = flash_l4_wait(flash, master);
	else if (offset == variant->cr)
		result = cr_answers(flash, master);
	if (result != BUS_OK)
		return result;
	if (word >= 0)
		flash_l4_option_write(flash, word, value);
	else if (offset == ACR)
		write_acr(flash, value);
	else if (offset == variant->keyr)
		return nvm_lock_key(&flash->side->lock, value);
	else if (offset == variant->optkeyr)
		return write_key(flash, value);
	else if (offset == variant->sr)
		write_sr(flash, value);
	else if (offset == variant->cr)
		write_cr(flash, value);
	return BUS_OK;
}

static enum bus_result registers_read(void *context, uint32_t offset, unsigned width,
				      uint32_t *value, enum bus_master master)
{
	struct flash_l4 *flash = context;

	uint32_t at = offset & ~3u;
	const uint32_t *pages = flash_l4_secure_word(flash, at);

	*value = 0;
	if (!flash_l4_take_side(flash, &at, master))
		return BUS_OK;
	if (at == flash->variant->sr)
		nvm_work_polled(&flash->work, master);
	*value = nvm_lane(pages ? *pages : read_register(flash, at), offset, width);
	return BUS_OK;
}

/* Narrow writes reach the bytes that they address; the others keep their value. */
static enum bus_result registers_write(void *context, uint32_t offset, unsigned width,
				       uint32_t value, enum bus_master master)
{
	struct flash_l4 *flash = context;
	uint32_t at = offset & ~3u, shift = 8 * (offset & 3), old = 0;
	uint32_t mask = width == 4 ? UINT32_MAX : ((1u << 8 * width) - 1) << shift;
	uint32_t *pages = flash_l4_secure_word(flash, at);

	if (!flash_l4_take_side(flash, &at, master))
		return BUS_OK;
	if (pages) {
		*pages = (*pages & ~mask) | (value << shift & mask);
		return BUS_OK;
	}
	if (width < 4 && at != flash->variant->sr)
		old = read_register(flash, at) & ~mask;
	return write_register(flash, at, old | (value << shift & mask), master);
}

/* The same at the secure address, for those who are. */
static enum bus_result secure_read(void *context, uint32_t offset, unsigned width, uint32_t *value,
				   enum bus_master master)
{
	return flash_l4_is_secure(context, master) ? registers_read(context, offset, width, value, master) : BUS_FAULT;
}

static enum bus_result secure_write(void *context, uint32_t offset, unsigned width, uint32_t value,
				    enum bus_master master)
{
	return flash_l4_is_secure(context, master) ? registers_write(context, offset, width, value, master) : BUS_FAULT;
}

/* --- life ------------------------------------------------------------------------------------- */

static void flash_reset(void *state)
{
	struct flash_l4 *flash = state;

	cut_short(flash);
	for (size_t i = 0; i < ARRAY_SIZE(flash->sides); i++) {
		nvm_lock_reset(&flash->sides[i].lock);
		flash->sides[i].cr = flash->sides[i].sr = 0;
	}
	flash->side = flash->sides;
	nvm_lock_reset(&flash->option_lock);
	flash->acr = flash->variant->acr_reset;
	flash->hidden[0] = flash->hidden[1] = false;
	flash->mass_erased = 0;
	flash_l4_option_reset(flash);
	if (flash_l4_has(flash, L4_OPTVERR) || flash->torn)
		flash->side->sr |= flash->variant->errors & L4_SR_OPTVERR;
	update_irq(flash);
}

static void flash_power(void *state, bool on)
{
	struct flash_l4 *flash = state;

	if (on) {
		nvm_array_power_on(&flash->cells);
		flash->reload = true;
	} else {
		cut_short(flash);
		flash_l4_map_park(flash);
	}
}

static void flash_notice(void *state)
{
	flash_l4_option_notice(state);
}

static void flash_release(void *state)
{
	struct flash_l4 *flash = state;

	nvm_array_free(&flash->cells);
	nvm_array_free(&flash->otp);
	free(flash->sealed);
	for (size_t i = 0; i < ARRAY_SIZE(flash->mirrors); i++)
		free(flash->mirrors[i]);
}

static void set_up(struct flash_l4 *flash, struct soc *soc)
{
	flash->soc = soc;
	flash->variant = flash_l4_variant(soc->spec->controller);
	flash->unit = flash->variant->unit;
	flash->side = flash->sides;
	for (size_t i = 0; i < ARRAY_SIZE(flash->sides); i++)
		flash->sides[i].lock = (struct nvm_lock){ i ? "SECKEYR" : "KEYR", { main_keys[0], main_keys[1] },
							  false, 0, false, false };
	flash->option_lock = (struct nvm_lock){ "OPTKEYR", { option_keys[0], option_keys[1] },
						false, 0, false, false };
	nvm_work_init(&flash->work, soc, finish, flash);
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "flash", .state = flash,
			   .gate = SOC_ALWAYS_ON, .reset = flash_reset, .power = flash_power,
			   .notice = flash_notice, .release = flash_release });
}

int flash_l4_add(struct soc *soc, struct why *why)
{
	struct flash_l4 *flash = calloc(1, sizeof(*flash));
	int err;

	if (!flash)
		return explain(why, E_MEMORY, "out of memory");
	set_up(flash, soc);
	err = flash_l4_map_new(flash, why);
	if (err)
		return err;
	if (flash_l4_option_new(flash) != OK ||
	    (flash_l4_has(flash, L4_BFB2) && flash_l4_remap_add(flash) != OK))
		return explain(why, E_MEMORY, "out of memory");
	flash_l4_map_add(flash);
	flash_l4_option_init(flash);
	bus_add_device(soc->bus, &(struct bus_device){ "flash controller",
		       soc->spec->flash_registers, REGISTERS, flash, registers_read,
		       registers_write });
	if (soc->spec->flash_secure)
		bus_add_device(soc->bus, &(struct bus_device){ "flash controller, secure",
			       soc->spec->flash_registers | SECURE, REGISTERS, flash, secure_read, secure_write });
	return OK;
}
