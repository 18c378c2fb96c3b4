/* SPDX-License-Identifier: MIT
 *
 * STM32F2/F4/F7 flash controller: its registers, locks and the operations that they start. RM0090 rev
 * 20 section 3.9; times from DS8626 tables 40 and 41 (typical values).
 */
#include "probe/virtual/flash/f4.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <stdlib.h>

enum { ACR = 0x00, KEYR = 0x04, OPTKEYR = 0x08, SR = 0x0C, CR = 0x10, OPTCR = 0x14 };

enum { ACR_DCEN = 1 << 10, ACR_ICRST = 1 << 11, ACR_DCRST = 1 << 12 };

enum { SR_CLEARABLE = 0xF3, SR_BSY = 1 << 16 };

enum { FLASH_IRQ = 4 };

enum { SHORT_WAIT_NS = 2000, POLL_NS = 20000 };

/* --- locks ------------------------------------------------------------------------------------ */

static enum bus_result lock_key(struct flash_lock *lock, const char *name, uint32_t key)
{
	if (!lock->open && !lock->jammed && key == lock->keys[lock->keys_seen]) {
		lock->open = ++lock->keys_seen == 2;
		return BUS_OK;
	}
	log_line(LOG_VIRTUAL, "flash: wrong key %08X to %s: locked until reset", (unsigned)key,
		 name);
	lock->open = false;
	lock->jammed = true;
	return BUS_FAULT;	/* RM0090 3.6.1: a wrong sequence returns a bus error */
}

static void lock_close(struct flash_lock *lock)
{
	lock->open = false;
	lock->keys_seen = 0;
}

static void lock_reset(struct flash_lock *lock)
{
	lock_close(lock);
	lock->jammed = false;
}

/* --- state ------------------------------------------------------------------------------------ */

unsigned flash_f4_psize(const struct flash_f4 *flash)
{
	return flash->cr >> CR_PSIZE_SHIFT & 3;
}

bool flash_f4_too_wide_for_supply(const struct flash_f4 *flash)
{
	static const uint32_t least_mv[] = { 1700, 2100, 2700, 2700 };	/* RM0090 table 7 */

	return flash->soc->supply_mv < least_mv[flash_f4_psize(flash)];
}

bool flash_f4_busy(const struct flash_f4 *flash)
{
	return vclock_now(flash->soc->clock) < flash->busy_until_ns;
}

void flash_f4_update_irq(struct flash_f4 *flash)
{
	bool end = flash->sr & FLASH_EOP && flash->cr & CR_EOPIE;
	bool error = flash->sr & FLASH_OPERR && flash->cr & CR_ERRIE;

	soc_set_irq(flash->soc, FLASH_IRQ, end || error);
}

void flash_f4_fail(struct flash_f4 *flash, enum flash_sr error, const char *reason)
{
	log_line(LOG_VIRTUAL, "flash: SR %02X: %s", (unsigned)error, reason);
	flash->sr |= (uint32_t)error;
	if (flash->cr & CR_ERRIE)
		flash->sr |= FLASH_OPERR;
	flash_f4_update_irq(flash);
}

/* --- registers -------------------------------------------------------------------------------- */

static void write_cr(struct flash_f4 *flash, uint32_t value)
{
	if (!flash->lock.open) {
		log_line(LOG_VIRTUAL, "flash: CR = %08X while locked: ignored", (unsigned)value);
		return;
	}
	flash->cr = (value & flash->kin->cr_bits) | (flash->cr & CR_STRT);
	if (value & CR_LOCK) {
		lock_close(&flash->lock);
		return;
	}
	if (value & CR_STRT) {
		flash->cr |= CR_STRT;
		flash_f4_start_erase(flash);
	}
	flash_f4_update_irq(flash);
}

static void write_acr(struct flash_f4 *flash, uint32_t value)
{
	uint32_t old = flash->acr;

	if (value & old & ACR_DCEN)
		value &= ~(uint32_t)ACR_DCRST;	/* 3.9.1: only while the cache is off */
	flash->acr = value & flash->kin->acr_bits;
	flash_f4_cache_changed(flash, old);
}

static uint32_t read_register(const struct flash_f4 *flash, uint32_t offset)
{
	switch (offset) {
	case ACR:
		return flash->acr;
	case SR:
		return flash->sr | (flash_f4_busy(flash) ? SR_BSY : 0);
	case CR:
		return flash->cr | (flash->lock.open ? 0 : CR_LOCK);
	default:
		break;
	}
	if (offset >= OPTCR && offset < OPTCR + 4 * flash->soc->spec->option_count)
		return flash->optcr[(offset - OPTCR) / 4] |
		       (offset == OPTCR && !flash->option_lock.open ? 1 : 0);
	return 0;
}

/* A core that polls through an operation would cost the host millions of instructions that tell
 * nothing: while the end is far, each of its looks takes longer than on silicon, but never so long
 * that it would see the end late. */
static void thin_out_polling(struct flash_f4 *flash)
{
	const struct soc_host *host = flash->soc->host;
	uint64_t now = vclock_now(flash->soc->clock);
	uint64_t left = flash->busy_until_ns > now ? flash->busy_until_ns - now : 0;

	if (left > SHORT_WAIT_NS)
		host->stall_core(host->context, left / 2 < POLL_NS ? left / 2 : POLL_NS);
}

static enum bus_result registers_read(void *context, uint32_t offset, unsigned width,
				      uint32_t *value, enum bus_master master)
{
	if (master == BUS_CPU && (offset & ~3u) == SR)
		thin_out_polling(context);
	*value = read_register(context, offset & ~3u) >> 8 * (offset & 3);
	if (width < 4)
		*value &= (1u << 8 * width) - 1;
	return BUS_OK;
}

static enum bus_result write_register(struct flash_f4 *flash, uint32_t offset, uint32_t value,
				      enum bus_master master)
{
	enum bus_result result = offset >= CR ? flash_f4_wait(flash, master) : BUS_OK;

	if (result != BUS_OK)
		return result;	/* 3.9.7: CR and OPTCR wait while BSY */
	switch (offset) {
	case ACR:
		write_acr(flash, value);
		return BUS_OK;
	case KEYR:
		return lock_key(&flash->lock, "KEYR", value);
	case OPTKEYR:
		return lock_key(&flash->option_lock, "OPTKEYR", value);
	case SR:
		flash->sr &= ~(value & SR_CLEARABLE);
		flash_f4_update_irq(flash);
		return BUS_OK;
	case CR:
		write_cr(flash, value);
		return BUS_OK;
	default:
		break;
	}
	if (offset >= OPTCR && offset < OPTCR + 4 * flash->soc->spec->option_count)
		return flash_f4_option_write(flash, (offset - OPTCR) / 4, value);
	return BUS_OK;
}

/* Narrow writes reach the addressed bytes, the others keep their value (3.9 allows all widths). */
static enum bus_result registers_write(void *context, uint32_t offset, unsigned width,
				       uint32_t value, enum bus_master master)
{
	struct flash_f4 *flash = context;
	uint32_t shift = 8 * (offset & 3), at = offset & ~3u, old = 0;
	uint32_t mask = width == 4 ? UINT32_MAX : ((1u << 8 * width) - 1) << shift;

	if (at != SR)
		old = read_register(flash, at) & ~mask;
	if (at == CR)
		old &= ~(uint32_t)CR_STRT;
	return write_register(flash, at, old | (value << shift & mask), master);
}

/* --- life ------------------------------------------------------------------------------------- */

/* A reset in the middle of an operation aborts it and spoils what it worked on (3.6.2). */
static void cut_short(struct flash_f4 *flash)
{
	if (flash->job.kind != FLASH_IDLE) {
		log_line(LOG_VIRTUAL, "flash: operation cut short by a reset");
		flash->soc->flash_busy_ns -= flash->busy_until_ns - vclock_now(flash->soc->clock);
		flash_f4_cut(flash);
	}
	vclock_disarm(&flash->done);
	flash->job.kind = FLASH_IDLE;
	flash->busy_until_ns = 0;
}

static void flash_reset(void *state)
{
	struct flash_f4 *flash = state;
	uint32_t old_acr = flash->acr;

	cut_short(flash);
	flash->acr = ACR_DCRST;
	flash_f4_cache_changed(flash, old_acr);
	flash->acr = flash->cr = flash->sr = 0;
	lock_reset(&flash->lock);
	lock_reset(&flash->option_lock);
	flash_f4_option_load(flash, false);
	flash_f4_update_irq(flash);
}

static void flash_power(void *state, bool on)
{
	struct flash_f4 *flash = state;

	if (!on) {
		cut_short(flash);
		return;
	}
	flash->acr = 0;
	for (size_t i = 0; i < FLASH_F4_LINES; i++)
		flash->lines[i].valid = false;
	flash_f4_cells_power_on(flash);
	flash_f4_option_load(flash, true);
}

static void flash_notice(void *state)
{
	flash_f4_option_notice(state);
}

static void flash_release(void *state)
{
	struct flash_f4 *flash = state;

	free(flash->cells);
	free(flash->seen);
}

static bool in_info_page(const struct virtual_spec *spec, uint32_t address, uint32_t size)
{
	uint32_t base = spec->otp_base & ~(uint32_t)(FLASH_F4_INFO - 1);

	return address >= base && size <= FLASH_F4_INFO_MAX &&
	       address - base <= FLASH_F4_INFO_MAX - size;
}

static bool banks_fit(const struct virtual_spec *spec)
{
	uint64_t end = spec->banks[0].base;

	if (spec->bank_count == 0 || spec->bank_count > ARRAY_SIZE(spec->banks))
		return false;
	for (size_t i = 0; i < spec->bank_count; i++) {
		const struct virtual_bank *bank = &spec->banks[i];

		if (bank->base != end || bank->size == 0 || bank->size % 1024 ||
		    bank->run_count == 0 || bank->run_count > ARRAY_SIZE(bank->runs) ||
		    bank->runs[0].size == 0)
			return false;
		end += bank->size;
	}
	return end <= (uint64_t)1 << 32;
}

static bool otp_fits(const struct virtual_spec *spec)
{
	return spec->otp_block > 0 && spec->otp_size > 0 &&
	       spec->otp_locks >= spec->otp_base + spec->otp_size &&
	       in_info_page(spec, spec->otp_base, spec->otp_size) &&
	       in_info_page(spec, spec->otp_locks, spec->otp_size / spec->otp_block);
}

/* Chip files may come from users: nothing of this may hit an assertion further down. */
static bool spec_fits(const struct virtual_spec *spec)
{
	return banks_fit(spec) && otp_fits(spec) && spec->option_count > 0 &&
	       spec->option_count <= FLASH_F4_WORDS &&
	       spec->options[0].mirror % FLASH_F4_MIRROR == 0 &&
	       spec->options[1].mirror % FLASH_F4_MIRROR == 0 &&
	       spec->flash_registers % FLASH_F4_MIRROR == 0 && flash_f4_kin(spec) &&
	       in_info_page(spec, spec->uid_address, sizeof(spec->uid)) &&
	       in_info_page(spec, spec->size_address, 2);
}

int flash_f4_add(struct soc *soc, struct flash_f4 **out, struct why *why)
{
	const struct virtual_spec *spec = soc->spec;
	struct flash_f4 *flash;

	if (!spec_fits(spec))
		return explain(why, E_CONFIG, "%s: the F4 flash model needs banks in a row, OPTCR, "
			       "and OTP, UID and size register in two KiB", spec->chip);
	flash = calloc(1, sizeof(*flash));
	if (!flash)
		return explain(why, E_MEMORY, "out of memory");
	flash->soc = soc;
	flash->kin = flash_f4_kin(spec);
	flash->banks = spec->banks;
	flash->bank_count = spec->bank_count;
	flash->lock = (struct flash_lock){ .keys = { 0x45670123, 0xCDEF89AB } };
	flash->option_lock = (struct flash_lock){ .keys = { 0x08192A3B, 0x4C5D6E7F } };
	flash->done.ring = flash_f4_ring;
	flash->done.context = flash;
	vclock_add(soc->clock, &flash->done);
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "flash", .state = flash,
			   .gate = SOC_ALWAYS_ON, .reset = flash_reset, .power = flash_power,
			   .notice = flash_notice, .release = flash_release });
	if (flash_f4_cells_new(flash) != OK)
		return explain(why, E_MEMORY, "out of memory");
	flash_f4_option_init(flash);
	flash_f4_cells_add(flash);
	flash_f4_otp_add(flash);
	bus_add_device(soc->bus,
		       &(struct bus_device){ "flash controller", spec->flash_registers, 0x400,
					     flash, registers_read, registers_write });
	*out = flash;
	return OK;
}
