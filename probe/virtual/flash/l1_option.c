/* SPDX-License-Identifier: MIT
 *
 * Option words of STM32L0 and L1: a half-word and its complement, written one by one, loaded into
 * OBR and WRPR (RM0377 section 3.8, RM0038 section 3.8).
 */
#include "probe/virtual/flash/l1.h"

#include "probe/bytes.h"
#include "probe/log.h"

enum { RDP = 0x00, USER = 0x04, WRP = 0x08, WORDS_END = 0x20, WRP4 = 0x80 };

enum { RDP_LEVEL0 = 0xAA, RDP_LEVEL2 = 0xCC, RDP_PCROP = 1 << 8, USER_IWDG_SW = 1 << 4,
       USER_DEFAULT = 0x70, SECTOR = 4096,
       MASS_ERASE_NS = 500000000 /* nobody tells; less than a second */ };

/* A word as the loader takes it; a wrong complement reads as 0 and raises a flag. */
static uint16_t loaded(struct flash_l1 *flash, uint32_t offset)
{
	uint32_t word = nvm_array_get(&flash->options, offset, 4);

	if ((word >> 16 ^ word) << 16 == 0xFFFF0000)
		return (uint16_t)word;
	log_line(LOG_VIRTUAL, "flash: option word +%02X = %08X: wrong complement", (unsigned)offset,
		 (unsigned)word);
	flash->sr |= L1_OPTVERR;
	return 0;
}

static unsigned level_of(uint32_t rdp)
{
	rdp &= 0xFF;
	return rdp == RDP_LEVEL0 ? 0 : rdp == RDP_LEVEL2 ? 2 : 1;
}

static bool is_there(const struct flash_l1 *flash, uint32_t offset)
{
	const struct virtual_spec *spec = flash->soc->spec;

	for (size_t i = 0; i < spec->option_count; i++)
		if (spec->options[i].address - flash->options.base == offset)
			return true;
	return offset < WORDS_END;
}

void flash_l1_option_load(struct flash_l1 *flash)
{
	uint16_t rdp = loaded(flash, RDP), user = loaded(flash, USER);

	for (uint32_t i = 0; i < L1_WRPR; i++) {
		uint32_t at = i == 3 ? WRP4 : WRP + 8 * i;

		flash->wrpr[i] = 0;
		if (is_there(flash, at))
			flash->wrpr[i] = loaded(flash, at) | (uint32_t)loaded(flash, at + 4) << 16;
	}
	flash->level = level_of(rdp);
	flash->pcrop = rdp & RDP_PCROP;
	flash->obr = (rdp & 0x1FFu) | (uint32_t)user << 16;
	flash->soc->swd_disabled = flash->level == 2;
	flash->soc->hardware_watchdog = !(user & USER_IWDG_SW);
}

bool flash_l1_write_protected(const struct flash_l1 *flash, uint32_t offset)
{
	uint32_t sector = offset / SECTOR;

	return sector / 32 < L1_WRPR &&
	       (flash->wrpr[sector / 32] >> sector % 32 & 1) != (flash->pcrop ? 1 : 0);
}

/* --- writing them ----------------------------------------------------------------------------- */

/* Going back to level 0 costs program memory and EEPROM. */
static void start(struct flash_l1 *flash, uint32_t offset, uint32_t value)
{
	bool lifted = offset == RDP && flash->level == 1 && level_of(value) == 0;
	enum flash_l1_kind kind = lifted ? L1_MASS_ERASE : L1_OPTION;

	if (lifted)
		log_line(LOG_VIRTUAL, "flash: read protection lifted: mass erase");
	flash->job = (struct flash_l1_job){ .kind = kind, .array = &flash->options,
					    .offset = offset, .length = 4, .words = { value } };
	flash_l1_start(flash, 0, 2 * L1_PROGRAM_NS + (lifted ? MASS_ERASE_NS : 0));
}

/* Sectors under PCROP can be added but not taken away, but for going back to level 0 (RM0367
 * 3.4.4). */
static bool weakens_pcrop(const struct flash_l1 *flash, uint32_t offset, uint32_t value)
{
	if (!flash->pcrop || offset == USER)
		return false;
	if (offset == RDP)
		return !(value & RDP_PCROP) && !(flash->level == 1 && level_of(value) == 0);
	return value & ~nvm_array_get(&flash->options, offset, 4) & 0xFFFF;
}

static enum bus_result options_check(void *context, uint32_t address, unsigned width,
				     enum bus_master master)
{
	(void)address, (void)width;
	return nvm_work_wait(&((struct flash_l1 *)context)->work, master);
}

static enum bus_result options_write(void *context, uint32_t address, unsigned width,
				     uint32_t value, enum bus_master master)
{
	struct flash_l1 *flash = context;
	uint32_t offset = address - flash->options.base;
	enum bus_result result = nvm_work_wait(&flash->work, master);

	if (result != BUS_OK)
		return result;
	if (!flash->lock.open || !flash->option_lock.open)
		flash_l1_fail(flash, L1_WRPERR, "write to an option word while OPTLOCK is set");
	else if (!is_there(flash, offset & ~3u))
		flash_l1_fail(flash, L1_WRPERR, "write to what the factory wrote");
	else if (flash->level == 2)
		flash_l1_fail(flash, L1_WRPERR, "option words are frozen by level 2");
	else if (width != 4)
		flash_l1_fail(flash, L1_SIZERR, "write to an option that is not a word");
	else if (weakens_pcrop(flash, offset, value))
		flash_l1_fail(flash, L1_WRPERR, "PCROP can't be taken away");
	else
		start(flash, offset, value);
	return BUS_OK;
}

void flash_l1_option_add(struct flash_l1 *flash)
{
	bus_add_memory(flash->soc->bus, &(struct bus_memory){
		.name = "options", .base = flash->options.base, .size = flash->options.size,
		.bytes = flash->options.bytes, .context = flash, .write = options_write,
		.check = options_check, .check_while = &flash->special });
}

void flash_l1_option_init(struct flash_l1 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;

	for (uint32_t at = 0; at < WORDS_END; at += 4)
		put_u32(flash->options.bytes + at, 0xFFFF0000);
	put_u32(flash->options.bytes + RDP, 0xFF5500AA);
	put_u32(flash->options.bytes + USER, ~(uint32_t)USER_DEFAULT << 16 | USER_DEFAULT);
	for (size_t i = 0; i < spec->option_count; i++) {
		uint32_t offset = spec->options[i].address - flash->options.base;

		if (offset <= flash->options.size - 4 && offset % 4 == 0)
			put_u32(flash->options.bytes + offset, spec->options[i].factory);
	}
}
