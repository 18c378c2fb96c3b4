/* SPDX-License-Identifier: MIT
 *
 * Option bytes of STM32F0, F1 and F3: eight half-words of a byte and its complement, erased
 * together, loaded into OBR and WRPR at reset; what they protect (RM0091 sections 3.3 and 4,
 * PM0075 sections 2.4 and 2.5).
 */
#include "probe/virtual/flash/f1.h"

#include "probe/bytes.h"
#include "probe/log.h"

enum { RDP = 0, USER = 2, DATA0 = 4, DATA1 = 6, WRP0 = 8, LENGTH = 16 };

enum { OBR_OPTERR = 1 << 0, USER_WDG_SW = 1 << 0, RDP_LEVEL2 = 0xCC, WRP_UNIT = 4096 };

/* A byte as the loader takes it: erased, or FF where the complement is wrong. */
static uint8_t loaded(const struct flash_f1 *flash, uint32_t offset, bool *mismatch)
{
	uint8_t byte = flash->options.bytes[offset], other = flash->options.bytes[offset + 1];

	if ((byte ^ other) == 0xFF)
		return byte;
	*mismatch |= byte != 0xFF || other != 0xFF;
	return 0xFF;
}

static unsigned level_of(const struct flash_f1 *flash, uint8_t rdp)
{
	if (rdp == flash->kin->open)
		return 0;
	return rdp == RDP_LEVEL2 && flash->kin->has_level2 ? 2 : 1;
}

static uint32_t compose_obr(const struct flash_f1 *flash, uint8_t user, uint8_t data0,
			    uint8_t data1)
{
	if (!flash->kin->has_level2)
		return (uint32_t)(flash->level != 0) << 1 | (uint32_t)user << 2 |
		       (uint32_t)data0 << 10 | (uint32_t)data1 << 18;
	return (flash->level == 2 ? 3u : flash->level) << 1 | (uint32_t)user << 8 |
	       (uint32_t)data0 << 16 | (uint32_t)data1 << 24;
}

static void take_level(struct flash_f1 *flash, unsigned level, bool at_power_on)
{
	bool waits = flash->kin->raises_at_power_on && flash->soc->debugger_seen && !at_power_on;

	if (level > flash->level && waits)
		log_line(LOG_VIRTUAL, "flash: read protection waits for the next power-on");
	else
		flash->level = level;
	flash->soc->swd_disabled = flash->level == 2;
}

void flash_f1_option_load(struct flash_f1 *flash, bool at_power_on)
{
	bool mismatch = false;
	uint8_t rdp = loaded(flash, RDP, &mismatch), user = loaded(flash, USER, &mismatch);
	uint8_t data0 = loaded(flash, DATA0, &mismatch), data1 = loaded(flash, DATA1, &mismatch);

	flash->wrpr = 0;
	for (uint32_t i = 0; i < 4; i++)
		flash->wrpr |= (uint32_t)loaded(flash, WRP0 + 2 * i, &mismatch) << 8 * i;
	take_level(flash, level_of(flash, rdp), at_power_on);
	flash->obr = compose_obr(flash, user, data0, data1) | (mismatch ? OBR_OPTERR : 0);
	flash->soc->hardware_watchdog = !(user & USER_WDG_SW);
}

bool flash_f1_write_protected(const struct flash_f1 *flash, uint32_t offset)
{
	uint32_t bit = min_u32(offset / WRP_UNIT, 31);

	return !(flash->wrpr >> bit & 1);
}

/* --- changing them ---------------------------------------------------------------------------- */

void flash_f1_option_start_erase(struct flash_f1 *flash)
{
	struct flash_f1_bank *bank = &flash->banks[0];

	if (flash->level == 2) {
		bank->cr &= ~(uint32_t)F1_STRT;
		flash_f1_fail(bank, F1_WRPRTERR, "option bytes are frozen by level 2");
		return;
	}
	log_line(LOG_VIRTUAL, "flash: erase of all option bytes");
	flash_f1_start(bank, &(struct flash_f1_job){ F1_OPTION_ERASE, 0, LENGTH, 0 }, F1_ERASE_NS);
}

/* Lifting read protection costs the main flash (and the backup registers, which nobody models). */
static uint64_t start_regression(struct flash_f1 *flash)
{
	log_line(LOG_VIRTUAL, "flash: read protection lifted: mass erase");
	for (size_t i = 0; i < flash->bank_count; i++)
		nvm_array_erase(&flash->cells, flash->banks[i].offset, flash->banks[i].size);
	return F1_ERASE_NS;
}

static void program(struct flash_f1 *flash, uint32_t offset, uint8_t byte)
{
	struct flash_f1_bank *bank = &flash->banks[0];
	uint32_t value = byte | (uint32_t)(uint8_t)~byte << 8;
	uint64_t ns = flash->kin->program_ns;

	if (!(bank->cr & F1_OPTPG) || offset >= LENGTH) {
		flash_f1_fail(bank, F1_WRPRTERR, "write to an option byte without OPTPG (guess)");
	} else if (flash->level == 2) {
		flash_f1_fail(bank, F1_WRPRTERR, "option bytes are frozen by level 2");
	} else if (!nvm_array_blank(&flash->options, offset, 2)) {
		flash_f1_fail(bank, F1_WRPRTERR, "write to an option byte that is not erased");
	} else {
		if (offset == RDP && level_of(flash, byte) == 0 && flash->level == 1)
			ns += start_regression(flash);
		flash_f1_start(bank, &(struct flash_f1_job){ F1_OPTION_PROGRAM, offset, 2, value },
			       ns);
	}
}

static enum bus_result options_check(void *context, uint32_t address, unsigned width,
				     enum bus_master master)
{
	struct flash_f1 *flash = context;

	(void)address, (void)width;
	return nvm_work_wait(&flash->banks[0].work, master);
}

static enum bus_result options_write(void *context, uint32_t address, unsigned width,
				     uint32_t value, enum bus_master master)
{
	struct flash_f1 *flash = context;
	enum bus_result result = options_check(context, address, width, master);

	if (result != BUS_OK)
		return result;
	if (width != 2) {
		log_line(LOG_VIRTUAL, "flash: option write of %u bytes: bus error", width);
		return BUS_FAULT;
	}
	program(flash, address - flash->options.base, (uint8_t)value);
	return BUS_OK;
}

void flash_f1_option_add(struct flash_f1 *flash)
{
	bus_add_memory(flash->soc->bus, &(struct bus_memory){
		.name = "options", .base = flash->options.base, .size = flash->options.size,
		.bytes = flash->options.bytes, .context = flash, .write = options_write,
		.check = options_check, .check_while = &flash->banks[0].work.special });
}

void flash_f1_option_init(struct flash_f1 *flash)
{
	const struct virtual_spec *spec = flash->soc->spec;

	for (uint32_t i = 0; i < LENGTH; i += 2)
		put_u16(flash->options.bytes + i, 0x00FF);
	put_u16(flash->options.bytes + RDP,
		(uint16_t)(flash->kin->open | (uint8_t)~flash->kin->open << 8));
	for (size_t i = 0; i < spec->option_count; i++) {
		uint32_t offset = spec->options[i].address - flash->options.base;

		if (offset <= LENGTH - 4)
			put_u32(flash->options.bytes + offset, spec->options[i].factory);
	}
}
