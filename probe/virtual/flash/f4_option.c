/* SPDX-License-Identifier: MIT
 *
 * Option bytes of STM32F2/F4/F7, what they protect, and the OTP area (RM0090 sections 3.7 to 3.9.10).
 */
#include "probe/virtual/flash/f4.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <string.h>

enum { OPTCR_LOCK = 1 << 0, OPTCR_STRT = 1 << 1, OPTCR_BOR_SHIFT = 2, OPTCR_WDG_SW = 1 << 5,
       OPTCR_RDP_SHIFT = 8, OPTCR_NWRP_SHIFT = 16 };

enum { RDP_LEVEL0 = 0xAA, RDP_LEVEL2 = 0xCC };

/* Option bytes as memory: OPTCR's halves, then those of the F7's OPTCR1 (RM0090 table 9). */
enum { MIRROR_NWRP = 8, MIRROR_BOOT = 16 };

/* Boot addresses count 16 KiB (RM0410 3.7.6). */
enum { BOOT_ADD_SHIFT = 14 };

/* OPTCR without the two control bits. */
static uint32_t stored_word(const struct flash_f4 *flash, unsigned word)
{
	return get_u32(flash->stored + 4 * word) & (word ? UINT32_MAX : ~3u);
}

static uint8_t stored_rdp(const struct flash_f4 *flash)
{
	return (uint8_t)(stored_word(flash, 0) >> OPTCR_RDP_SHIFT);
}

static void show_mirror(struct flash_f4 *flash)
{
	uint8_t *first = flash->mirror[0];

	put_u16(first, (uint16_t)stored_word(flash, 0));
	put_u16(first + MIRROR_NWRP, (uint16_t)(stored_word(flash, 0) >> OPTCR_NWRP_SHIFT));
	if (!flash->kin->boot_words) {	/* bank 2's, in a page of its own */
		put_u16(flash->mirror[1] + MIRROR_NWRP,
			(uint16_t)(stored_word(flash, 1) >> OPTCR_NWRP_SHIFT));
		return;
	}
	put_u16(first + MIRROR_BOOT, (uint16_t)stored_word(flash, 1));
	put_u16(first + MIRROR_BOOT + 8, (uint16_t)(stored_word(flash, 1) >> 16));
}

static bool holds(const struct flash_f4 *flash, const struct virtual_mode *mode)
{
	for (size_t i = 0; i < mode->condition_count; i++) {
		const struct virtual_condition *c = &mode->conditions[i];

		if (c->word >= flash->soc->spec->option_count ||
		    (stored_word(flash, c->word) & c->mask) != c->value)
			return false;
	}
	return true;
}

/* Whether a mode covers the array in a row. */
static bool fits(const struct flash_f4 *flash, const struct virtual_mode *mode)
{
	uint32_t end = flash->base;

	for (size_t i = 0; i < mode->bank_count; i++) {
		if (mode->banks[i].base != end || mode->banks[i].run_count == 0 ||
		    mode->banks[i].runs[0].size == 0)
			return false;
		end += mode->banks[i].size;
	}
	return mode->bank_count && end == flash->base + flash->size;
}

static void choose_banks(struct flash_f4 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;

	for (size_t i = 0; i < spec->mode_count; i++) {
		const struct virtual_mode *mode = &spec->modes[i];

		if (!holds(flash, mode) || !fits(flash, mode))
			continue;
		flash->banks = mode->banks;
		flash->bank_count = mode->bank_count;
		return;
	}
}

void flash_f4_option_notice(struct flash_f4 *flash)
{
	/* Level 1: neither core nor debugger reach the flash once a debugger has been seen; only
	 * a power-on ends that (3.7.3). */
	flash->blocked = flash->rdp != RDP_LEVEL0 && flash->rdp != RDP_LEVEL2 &&
			 flash->soc->debugger_seen;
	flash->special = flash->blocked || flash->job.kind != FLASH_IDLE;
}

void flash_f4_option_load(struct flash_f4 *flash, bool at_power_on)
{
	static const uint32_t brownout_mv[] = { 2700, 2400, 2100, 1700 };	/* by BOR_LEV */

	for (unsigned i = 0; i < flash->soc->spec->option_count; i++)
		flash->optcr[i] = stored_word(flash, i);
	if (at_power_on)
		flash->rdp = stored_rdp(flash);
	flash->soc->swd_disabled = flash->rdp == RDP_LEVEL2;
	flash->soc->hardware_watchdog = !(flash->optcr[0] & OPTCR_WDG_SW);
	flash->soc->brownout_mv = brownout_mv[flash->optcr[0] >> OPTCR_BOR_SHIFT & 3];
	if (flash->kin->boots_by_address)
		flash->soc->boot_address = (flash->optcr[1] & 0xFFFF) << BOOT_ADD_SHIFT;
	choose_banks(flash);
	show_mirror(flash);
	flash_f4_option_notice(flash);
}

/* --- changing them ---------------------------------------------------------------------------- */

static void erase_backup_ram(struct flash_f4 *flash)
{
	const struct soc *soc = flash->soc;
	struct bus_memory *memory = bus_memory_at(soc->bus, soc->backup_base);

	if (soc->backup_base && memory)
		memset(memory->bytes, 0, memory->size);
}

static void start_change(struct flash_f4 *flash)
{
	struct flash_job job = { .kind = FLASH_OPTIONS, .cells = flash->cells };
	/* The data sheet does not tell: as long as a small sector. */
	uint64_t ns = flash_f4_sector_ns(flash, 16 << 10);
	uint8_t rdp = (uint8_t)(flash->optcr[0] >> OPTCR_RDP_SHIFT);

	if (stored_rdp(flash) != RDP_LEVEL0 && rdp == RDP_LEVEL0) {
		log_line(LOG_VIRTUAL, "flash: read protection lifted: mass erase");
		job.length = flash->size;
		ns += flash_f4_mass_ns(flash, flash->banks[0].size);
	}
	flash->optcr[0] |= OPTCR_STRT;
	flash_f4_start(flash, &job, ns);
}

enum bus_result flash_f4_option_write(struct flash_f4 *flash, unsigned word, uint32_t value)
{
	const struct virtual_option_word *spec = &flash->soc->spec->options[word];
	uint32_t implemented = spec->writable | spec->factory | 0xFFFC;

	if (!flash->option_lock.open) {
		log_line(LOG_VIRTUAL, "flash: OPTCR = %08X while locked: ignored", (unsigned)value);
		return BUS_OK;
	}
	if (flash->rdp == RDP_LEVEL2) {
		log_line(LOG_VIRTUAL, "flash: option bytes are frozen by level 2");
		flash_f4_fail(flash, FLASH_WRPERR, "option change under level 2 (guess)");
		return BUS_OK;
	}
	flash->optcr[word] = word ? value : value & implemented & ~3u;
	if (word)
		return BUS_OK;
	if (value & OPTCR_LOCK) {
		flash->option_lock.open = false;
		flash->option_lock.keys_seen = 0;
	} else if (value & OPTCR_STRT) {
		start_change(flash);
	}
	return BUS_OK;
}

void flash_f4_option_apply(struct flash_f4 *flash)
{
	uint8_t rdp;

	flash->optcr[0] &= ~(uint32_t)OPTCR_STRT;
	for (unsigned i = 0; i < flash->soc->spec->option_count; i++)
		put_u32(flash->stored + 4 * i, flash->optcr[i]);
	choose_banks(flash);
	show_mirror(flash);
	if (flash->job.length)
		erase_backup_ram(flash);
	/* A level raised with a debugger on the pins waits for the next power-on; one lowered is in
	 * force at once (guess for the latter). */
	rdp = stored_rdp(flash);
	if (rdp == RDP_LEVEL0 || (!flash->soc->debugger_seen && rdp != RDP_LEVEL2))
		flash->rdp = rdp;
	flash_f4_option_notice(flash);
}

/* The option bytes were erased and not written again: level 1, nothing write-protected (guess). */
void flash_f4_option_cut(struct flash_f4 *flash)
{
	memset(flash->stored, 0xFF, sizeof(flash->stored));
	put_u32(flash->stored, flash->soc->spec->options[0].factory | 0xFF00);
}

/* --- write protection ------------------------------------------------------------------------- */

static bool sector_protected(const struct flash_f4 *flash, unsigned snb)
{
	unsigned word = flash->kin->boot_words ? 0 : snb / 16, bit = snb % 16;

	if (flash->kin->pairs && flash->bank_count == 2)
		bit = bit / 2 + (snb / 16) * 6;	/* RM0410 3.7.5: two sectors to a bit */
	else if (bit > 14)
		bit = 14;			/* F413: the last bit stands for sectors 14 and 15 */
	return !(stored_word(flash, word) >> (OPTCR_NWRP_SHIFT + bit) & 1);
}

/* Whether a sector that has these offsets in it is write-protected. */
static bool protects_range(const struct flash_f4 *flash, uint32_t from, uint32_t to)
{
	uint32_t start, size;

	for (unsigned snb = 0; snb < 16 * flash->bank_count; snb++)
		if (flash_f4_sector(flash, snb, &start, &size) && start < to &&
		    start + size > from && sector_protected(flash, snb))
			return true;
	return false;
}

bool flash_f4_option_protects(const struct flash_f4 *flash, uint32_t offset)
{
	return protects_range(flash, offset, offset + 1);
}

bool flash_f4_option_protects_any(const struct flash_f4 *flash, uint32_t from, uint32_t to)
{
	return protects_range(flash, from, to);
}

/* --- OTP, identification, option bytes as memory ---------------------------------------------- */

static enum bus_result info_check(void *context, uint32_t address, unsigned width,
				  enum bus_master master)
{
	struct flash_f4 *flash = context;
	uint32_t at = address - flash->soc->spec->otp_base;

	(void)width;
	if (flash->blocked && at < flash->soc->spec->otp_size)
		return BUS_FAULT;	/* level 1 covers OTP, not the identification (3.7.3) */
	return flash_f4_wait(flash, master);
}

static enum bus_result backup_check(void *context, uint32_t address, unsigned width,
				    enum bus_master master)
{
	(void)address, (void)width, (void)master;
	return ((struct flash_f4 *)context)->blocked ? BUS_FAULT : BUS_OK;
}

static bool is_lock_byte(const struct virtual_spec *spec, uint32_t address)
{
	return address - spec->otp_locks < spec->otp_size / spec->otp_block;
}

static bool block_is_locked(const struct flash_f4 *flash, uint32_t address)
{
	const struct virtual_spec *spec = flash->soc->spec;
	uint32_t block = (address - spec->otp_base) / spec->otp_block;

	return flash->info[spec->otp_locks - flash->info_base + block] == 0x00;
}

/* 0, or the error flag that a write here raises. */
static int otp_error(const struct flash_f4 *flash, uint32_t address, unsigned width,
		     const char **reason)
{
	const struct virtual_spec *spec = flash->soc->spec;
	bool lock = is_lock_byte(spec, address);

	*reason = "write next to OTP";
	if (!lock && address - spec->otp_base >= spec->otp_size)
		return FLASH_WRPERR;
	*reason = "write to a locked OTP block";
	if (!lock && block_is_locked(flash, address))
		return FLASH_WRPERR;
	*reason = "OTP write without PG";
	if (!(flash->cr & CR_PG))
		return FLASH_PGSERR;
	*reason = "width of the OTP write is not PSIZE";
	if (width != 1u << flash_f4_psize(flash))
		return FLASH_PGPERR;
	*reason = "OTP lock bytes take single bytes (guess)";
	return lock && width != 1 && !spec->no_hearsay ? FLASH_PGPERR : 0;
}

static enum bus_result info_write(void *context, uint32_t address, unsigned width, uint32_t value,
				  enum bus_master master)
{
	struct flash_f4 *flash = context;
	enum bus_result result = flash->blocked ? BUS_FAULT : flash_f4_wait(flash, master);
	const char *reason;
	int error;

	if (result != BUS_OK)
		return result;
	error = otp_error(flash, address, width, &reason);
	if (error) {
		flash_f4_fail(flash, (enum flash_sr)error, reason);
		return BUS_OK;
	}
	flash_f4_start(flash, &(struct flash_job){ .kind = FLASH_PROGRAM, .cells = flash->info,
		       .offset = address - flash->info_base, .length = width, .value = value,
		       .weak = flash_f4_too_wide_for_supply(flash) }, FLASH_PROGRAM_NS);
	return BUS_OK;
}

static void identify(struct flash_f4 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;

	memcpy(flash->info + (spec->uid_address - flash->info_base), spec->uid, sizeof(spec->uid));
	put_u16(flash->info + (spec->size_address - flash->info_base),
		(uint16_t)(spec->size_value ? spec->size_value : flash->size >> 10));
}

void flash_f4_otp_add(struct flash_f4 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;
	struct bus_memory *backup = bus_memory_at(flash->soc->bus, flash->soc->backup_base);

	if (flash->soc->backup_base && backup) {
		backup->context = flash;
		backup->check = backup_check;
		backup->check_while = &flash->special;
	}
	bus_add_memory(flash->soc->bus, &(struct bus_memory){
		.name = "otp", .base = flash->info_base, .size = flash->info_size,
		.bytes = flash->info, .context = flash, .write = info_write, .check = info_check,
		.check_while = &flash->special });
	for (unsigned i = 0; i < spec->option_count && i < 2; i++)
		if (spec->options[i].mirror)
			bus_add_memory(flash->soc->bus, &(struct bus_memory){
				.name = "option bytes", .base = spec->options[i].mirror,
				.size = FLASH_F4_MIRROR, .bytes = flash->mirror[i] });
}

void flash_f4_option_init(struct flash_f4 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;

	flash->info_base = spec->otp_base & ~(uint32_t)(FLASH_F4_INFO - 1);
	flash->info_size = max_u32(spec->otp_locks, max_u32(spec->size_address, spec->uid_address)) -
			   flash->info_base < FLASH_F4_INFO ? FLASH_F4_INFO : FLASH_F4_INFO_MAX;
	memset(flash->info, 0xFF, sizeof(flash->info));
	memset(flash->mirror, 0xFF, sizeof(flash->mirror));
	identify(flash);
	for (unsigned i = 0; i < spec->option_count; i++)
		put_u32(flash->stored + 4 * i, spec->options[i].factory);
	soc_add_area(flash->soc, "options", flash->stored, sizeof(flash->stored));
	soc_add_area(flash->soc, "otp", flash->info + (spec->otp_base - flash->info_base),
		     spec->otp_locks + spec->otp_size / spec->otp_block - spec->otp_base);
}
