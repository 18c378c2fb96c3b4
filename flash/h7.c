/* SPDX-License-Identifier: MIT
 *
 * The flash controllers of H7 and H5: big words with ECC, a write queue, error flags that are cleared in a register
 * of their own. On H7 each bank has its controller, and both can be at work. RM0433 and RM0468 (H7), RM0455
 * (H7A3), RM0477 (H7RS), RM0481 (H5).
 */
#include "flash/drivers.h"

#include <string.h>

#include "flash/guards.h"
#include "flash/loaders/h5.h"
#include "flash/loaders/h7.h"
#include "flash/loaders/h7a3.h"
#include "flash/loaders/h7rs.h"
#include "probe/bytes.h"

enum { KEYR = 0x04, BANK_STEP = 0x100 };

#define KEY1 0x45670123u
#define KEY2 0xCDEF89ABu

enum { SR_BUSY = 0xF };			/* BSY, WBNE, QW or DBNE; CRC_BUSY */

#define CR_LOCK		(1u << 0)
#define CR_PG		(1u << 1)
#define CR_SER		(1u << 2)
#define CR_BER		(1u << 3)
#define CR_PSIZE_64	(3u << 4)	/* H7: the fastest; allowed at any supply (RM0433 4.3.10) */
#define CR_MER		(1u << 15)	/* H5 */
#define CR_BKSEL	(1u << 31)	/* H5 */
#define ECCD		(1u << 31)

enum {
	FLAG_WRPERR = 1 << 17, FLAG_PGSERR = 1 << 18, FLAG_STRBERR = 1 << 19,
	FLAG_INCERR_H5 = 1 << 20, FLAG_INCERR = 1 << 21, FLAG_OPERR = 1 << 22,
};

enum { SETTLE_US = 100000, SLOW_US = 20000 };

struct variant {
	const char *name;
	uint8_t cr, sr, flags, clear;	/* offsets within a bank's block */
	uint8_t start, sector_shift;	/* bits of CR */
	uint32_t errors, clearable;
	uint32_t psize;
	uint8_t unit;
	bool apart;			/* a block of registers for each bank */
	uint16_t ecc;			/* where double ECC errors are noted and cleared; 0 = with the other flags */
	bool swap_is_proven;		/* the bank's name in registers is the physical one */
	uint32_t sector_typical_us, sector_maximum_us;
	uint32_t bank_typical_us, bank_maximum_us;	/* for each begun MiB */
	uint32_t unit_typical_ns, unit_maximum_us;
};

static const struct variant variants[] = {
	{ .name = "h7", .cr = 0x0C, .sr = 0x10, .flags = 0x10, .clear = 0x14, .start = 7, .sector_shift = 8,
	  .errors = 0x006E0000, .clearable = 0x0FEF0000, .psize = CR_PSIZE_64,
	  .unit = 32, .apart = true,
	  .sector_typical_us = 1000000, .sector_maximum_us = 4000000, .bank_typical_us = 5000000,
	  .bank_maximum_us = 26000000, .unit_typical_ns = 100000, .unit_maximum_us = 2000 },
	{ .name = "h7a3", .cr = 0x0C, .sr = 0x10, .flags = 0x10, .clear = 0x14, .start = 5, .sector_shift = 6,
	  .errors = 0x002E0000, .clearable = 0x0FAF0000,
	  .unit = 16, .apart = true,
	  .sector_typical_us = 2000, .sector_maximum_us = 20000, .bank_typical_us = 256000,
	  .bank_maximum_us = 2000000, .unit_typical_ns = 20000, .unit_maximum_us = 1000 },
	{ .name = "h7rs", .cr = 0x10, .sr = 0x14, .flags = 0x24, .clear = 0x28, .start = 5, .sector_shift = 6,
	  .errors = 0x002E0000, .clearable = 0x0F3F0000,
	  .unit = 16,
	  .sector_typical_us = 2200, .sector_maximum_us = 20000, .bank_typical_us = 18000,
	  .bank_maximum_us = 500000, .unit_typical_ns = 16000, .unit_maximum_us = 1000 },
	{ .name = "h5", .cr = 0x28, .sr = 0x20, .flags = 0x20, .clear = 0x30, .start = 5, .sector_shift = 6,
	  .errors = 0x001E0000, .clearable = 0x00FF0000,
	  .unit = 16,
	  .swap_is_proven = true, .ecc = 0x104,
	  .sector_typical_us = 2000, .sector_maximum_us = 20000, .bank_typical_us = 256000,
	  .bank_maximum_us = 2000000, .unit_typical_ns = 34000, .unit_maximum_us = 1000 },
};

static const struct variant *variant_of(const struct flash_device *device)
{
	return device->variant;
}

static unsigned physical(const struct flash_device *device, unsigned bank)
{
	return device->board->chip.banks[bank].physical;
}

static uint32_t bank_offset(const struct flash_device *device, unsigned bank)
{
	return variant_of(device)->apart ? physical(device, bank) * (uint32_t)BANK_STEP : 0;
}

/* How many blocks of registers there are for this chip's banks. */
static unsigned block_count(const struct flash_device *device)
{
	return variant_of(device)->apart ? (unsigned)device->board->chip.bank_count : 1;
}

static void begin(struct registers *r, const struct flash_device *device, unsigned bank)
{
	flash_registers(r, device, bank_offset(device, bank));
}

static int open_device(struct flash_device *device, struct why *why)
{
	const struct chip *chip = &device->board->chip;
	const struct variant *v = variants;

	while (strcmp(v->name, chip->controller) != 0)
		v++;
	device->variant = v;
	device->unit_bytes = v->unit;
	device->banks_apart = v->apart && chip->bank_count > 1;
	if (chip->swapped && !v->swap_is_proven)
		return explain(why, E_REFUSED, "the banks are swapped (SWAP_BANK=1), and which registers then "
			       "belong to which bank is not proven for this chip: nothing was changed. "
			       "Clear SWAP_BANK in the option bytes, then load again");
	if (chip_holds(chip, &chip->trustzone))
		return explain(why, E_PROTECTED, "TrustZone is on (TZEN): writing secure flash is not "
			       "supported. Nothing was changed");
	return 0;
}

/* ---- protection ---- */

static int check(const struct flash_device *device, const struct chip_sector *sectors, size_t count,
		 struct why *why)
{
	return guards_check(device, variant_of(device)->apart, sectors, count, why);
}

/* ---- the lock ---- */

static uint32_t wait_idle(struct registers *r, const struct flash_device *device, uint64_t timeout_us)
{
	return registers_poll(r, variant_of(device)->sr, SR_BUSY, 0, timeout_us);
}

static int unlock_block(const struct flash_device *device, unsigned bank, struct why *why)
{
	const struct variant *v = variant_of(device);
	struct registers r;
	uint32_t cr;

	begin(&r, device, bank);
	wait_idle(&r, device, SETTLE_US);
	if (registers_read(&r, v->cr) & CR_LOCK) {
		registers_write(&r, KEYR, KEY1);
		registers_write(&r, KEYR, KEY2);
	}
	cr = registers_read(&r, v->cr);
	registers_write(&r, v->clear, v->clearable);
	return flash_explain_unlock(&r, cr & CR_LOCK, SETTLE_US, why);
}

static int unlock(const struct flash_device *device, struct why *why)
{
	int err = 0;

	for (unsigned bank = 0; bank < block_count(device) && !err; bank++)
		err = unlock_block(device, bank, why);
	return err;
}

static int lock(const struct flash_device *device, struct why *why)
{
	const struct variant *v = variant_of(device);
	int err = 0;

	for (unsigned bank = 0; bank < block_count(device); bank++) {
		struct registers r;

		begin(&r, device, bank);
		wait_idle(&r, device, SETTLE_US);
		registers_write(&r, v->clear, v->clearable);
		if (v->ecc)		/* a virgin half-word that was read: else the core takes an NMI for it */
			registers_write(&r, v->ecc, ECCD);
		registers_write(&r, v->cr, CR_LOCK);
		err = err ? err : r.error;
	}
	return flash_explain_lock(err, why);
}

/* ---- operations ---- */

/* With one block of registers for both banks, a bit says which. */
static uint32_t bank_select(const struct flash_device *device, unsigned bank)
{
	return !variant_of(device)->apart && physical(device, bank) ? CR_BKSEL : 0;
}

static struct flash_operation erase_operation(const struct flash_device *device,
					      const struct chip_sector *sector)
{
	const struct variant *v = variant_of(device);

	return (struct flash_operation){
		CR_SER | v->psize | sector->number << v->sector_shift | bank_select(device, sector->bank),
		sector->base, bank_offset(device, sector->bank),
	};
}

static struct flash_operation program_operation(const struct flash_device *device, uint32_t address,
						uint32_t length)
{
	struct chip_sector sector = { .bank = 0 };

	(void)length;
	chip_sector_at(&device->board->chip, address, &sector);
	return (struct flash_operation){
		CR_PG | variant_of(device)->psize, address, bank_offset(device, sector.bank),
	};
}

static struct flash_operation bank_erase_operation(const struct flash_device *device, unsigned bank)
{
	const struct chip *chip = &device->board->chip;

	if (bank == FLASH_ALL_BANKS && chip->bank_count > 1)
		return (struct flash_operation){ CR_MER, chip->banks[0].base, 0 };
	if (bank == FLASH_ALL_BANKS)
		bank = 0;
	return (struct flash_operation){
		CR_BER | variant_of(device)->psize | bank_select(device, bank), chip->banks[bank].base,
		bank_offset(device, bank),
	};
}

static struct flash_duration erase_time(const struct flash_device *device, uint32_t size)
{
	const struct variant *v = variant_of(device);

	(void)size;
	return (struct flash_duration){ v->sector_typical_us, v->sector_maximum_us };
}

/* Where banks are apart, nothing erases them all at once. */
static struct flash_duration bank_erase_time(const struct flash_device *device, unsigned bank)
{
	const struct chip *chip = &device->board->chip;
	const struct variant *v = variant_of(device);
	bool all = bank == FLASH_ALL_BANKS;
	uint32_t size = all ? chip_flash_size(chip) : chip->banks[bank].size;
	uint32_t mib = (size + (1 << 20) - 1) >> 20;

	if (all && device->banks_apart)
		return (struct flash_duration){ 0, 0 };
	return (struct flash_duration){ v->bank_typical_us * mib, v->bank_maximum_us * mib };
}

static struct flash_duration program_time(const struct flash_device *device, uint32_t address,
					  uint32_t length)
{
	const struct variant *v = variant_of(device);
	(void)address;
	return flash_duration_of(length / v->unit, v->unit_typical_ns, v->unit_maximum_us);
}

/* ---- through the debug port ---- */

static int finish(struct registers *r, const struct flash_device *device, uint32_t *status)
{
	const struct variant *v = variant_of(device);

	*status = registers_read(r, v->flags) & v->errors;
	if (*status)
		registers_write(r, v->clear, v->clearable);
	return r->error ? r->error : *status ? E_FLASH : 0;
}

static int erase(const struct flash_device *device, const struct flash_operation *operation,
		 uint64_t timeout_us, uint32_t *status)
{
	const struct variant *v = variant_of(device);
	struct registers r;

	flash_registers(&r, device, operation->registers);
	registers_write(&r, v->cr, operation->control);
	registers_write(&r, v->cr, operation->control | 1u << v->start);
	wait_idle(&r, device, timeout_us);
	return finish(&r, device, status);
}

static int program(const struct flash_device *device, uint32_t address, const uint8_t *data,
		   uint32_t length, uint32_t *done, uint32_t *status)
{
	const struct flash_operation operation = program_operation(device, address, length);
	const struct variant *v = variant_of(device);
	struct registers r;
	int err = 0;

	flash_registers(&r, device, operation.registers);
	registers_write(&r, v->cr, operation.control);
	for (*done = 0; *done < length && !err; ) {
		if (!r.error)
			r.error = probe_write(device->board->probe, device->core->port, address + *done,
					      data + *done, v->unit, PROBE_32, NULL);
		wait_idle(&r, device, SLOW_US);
		err = finish(&r, device, status);
		if (!err)
			*done += v->unit;
	}
	return err;
}

/* The data area of the H5 (EDATA): half-words, no other width (RM0481 7.3.10). */
static int program_data(const struct flash_device *device, uint32_t address, const uint8_t *data,
			uint32_t length, uint32_t *status)
{
	struct registers r;

	flash_registers(&r, device, 0);
	registers_write(&r, variant_of(device)->cr, CR_PG);
	if (!r.error)
		r.error = probe_write(device->board->probe, device->core->port, address, data, length, PROBE_16,
				      NULL);
	wait_idle(&r, device, SLOW_US);
	registers_write(&r, variant_of(device)->cr, 0);
	return finish(&r, device, status);
}

static void status_text(uint32_t status, char *text, size_t size)
{
	static const struct flash_flag flags[] = {
		{ FLAG_WRPERR, "the sector is protected (WRPERR)" },
		{ FLAG_PGSERR, "wrong sequence (PGSERR)" },
		{ FLAG_STRBERR, "a byte was written twice (STRBERR)" },
		{ FLAG_INCERR_H5, "a word was left unfinished (INCERR)" },
		{ FLAG_INCERR, "a word was left unfinished (INCERR)" },
		{ FLAG_OPERR, "the operation failed (OPERR)" },
	};

	flash_status_words(status, flags, ARRAY_SIZE(flags), text, size);
}

const struct flash_controller flash_controller_h7 = { FLASH_DRIVER_OF_BANKS(h7) };
const struct flash_controller flash_controller_h7a3 = { FLASH_DRIVER_OF_BANKS(h7a3) };
const struct flash_controller flash_controller_h7rs = { FLASH_DRIVER_OF_BANKS(h7rs) };
const struct flash_controller flash_controller_h5 = {
	FLASH_DRIVER_OF_BANKS(h5), .program_data = program_data,
};
