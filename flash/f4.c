/* SPDX-License-Identifier: MIT
 *
 * Flash controller of F2, F4 and F7: sectors, 8 to 64 bits at once by supply voltage.
 * RM0090 3.5 to 3.9, RM0385 3.3, RM0410 3.3, RM0431 3.3; times from the data sheets (DS8626 table "Flash
 * memory programming" and its like).
 */
#include "flash/drivers.h"

#include <string.h>

#include "flash/loaders/f4.h"
#include "probe/bytes.h"

enum {
	ACR = 0x00, KEYR = 0x04, SR = 0x0C, CR = 0x10, OPTCR = 0x14, OPTCR1 = 0x18, OPTCR2 = 0x1C,
};

/* F2, F4: instruction and data cache; F7: ART accelerator and nothing. */
enum {
	ACR_ENABLE = 3 << 9,
	ACR_RESET = 3 << 11,
};

#define KEY1 0x45670123u
#define KEY2 0xCDEF89ABu

enum {
	SR_OPERR = 1 << 1,
	SR_WRPERR = 1 << 4,
	SR_PGAERR = 1 << 5,
	SR_PGPERR = 1 << 6,
	SR_PGSERR = 1 << 7,
	SR_RDERR = 1 << 8,
	SR_BSY = 1 << 16,
	SR_ERRORS = SR_OPERR | SR_WRPERR | SR_PGAERR | SR_PGPERR | SR_PGSERR | SR_RDERR,
};

#define CR_LOCK (1u << 31)
enum {
	CR_PG = 1 << 0,
	CR_SER = 1 << 1,
	CR_MER = 1 << 2,		/* bank 1 where there are two */
	CR_SNB_SHIFT = 3,
	CR_SNB_BANK2 = 0x10,		/* within SNB: sectors of bank 2 count from 16 */
	CR_PSIZE_SHIFT = 8,
	CR_MER2 = 1 << 15,
	CR_STRT = 1 << 16,
};

enum { OPTCR_RDP_SHIFT = 8, OPTCR_RDP_NONE = 0xAA, OPTCR_NWRP_SHIFT = 16, OPTCR_NWRP_LAST = 14 };
#define OPTCR_SPRMOD (1u << 31)		/* nWRP means PCROP then, and 1 is protected */

/* An operation that a reset left behind is over within the longest sector erase. */
enum { SETTLE_US = 4400000, PROGRAM_TYPICAL_US = 16, PROGRAM_MAXIMUM_US = 100 };

/* Runs of erased bytes are left out in such steps: programming them would do no harm. */
enum { GRANULE = 32 };

/* Milliseconds by PSIZE; maxima are the largest of all parts with such a sector. */
struct erase_row {
	struct { uint16_t typical_ms, maximum_ms; } by_psize[3];
};

/* Sectors are 1, 4 and 8 times the smallest one (16 KiB, or 32 on F7 with one bank). */
enum { SMALL, MIDDLE, LARGE, SECTOR_KINDS };

struct variant {
	char name[8];
	bool two_banks;			/* where option bytes want them */
	bool sprmod;			/* OPTCR.SPRMOD exists on some of them, and reads 0 on the others */
	bool pairs;			/* with two banks a bit of nWRP stands for two sectors */
	uint16_t bank_ms_per_mib[3];	/* to erase it, by PSIZE; twice that at most */
	struct erase_row erase[SECTOR_KINDS];
};

#define ERASE_F4 { \
	{ { { 400, 800 },   { 300, 600 },   { 250, 500 } } }, \
	{ { { 1200, 2400 }, { 700, 1400 },  { 550, 1100 } } }, \
	{ { { 2000, 4000 }, { 1300, 2600 }, { 1000, 2000 } } } }
#define ERASE_F7 { \
	{ { { 400, 800 },   { 250, 600 },   { 200, 500 } } }, \
	{ { { 1100, 2400 }, { 800, 1400 },  { 500, 1100 } } }, \
	{ { { 2100, 4000 }, { 1500, 2600 }, { 1000, 2000 } } } }

static const struct variant variants[] = {
	{ "f2", false, false, false, { 16000, 11000, 8000 }, ERASE_F4 },
	{ "f4", false, true, false, { 16000, 11000, 8000 }, ERASE_F4 },
	{ "f4db", true, true, false, { 16000, 11000, 8000 }, ERASE_F4 },
	{ "f7", false, false, false, { 15400, 9700, 7000 }, ERASE_F7 },
	{ "f7db", true, false, true, { 16000, 11000, 8000 }, ERASE_F7 },
};

/* CR.PSIZE: 0 = 8 bits, 1 = 16, 2 = 32, 3 = 64 (needs VPP). */
static unsigned psize(const struct flash_device *device)
{
	return device->parallel_bits == 32 ? 2 : device->parallel_bits == 16 ? 1 : 0;
}

static unsigned parallel_bits(uint32_t supply_mv)
{
	static const struct { uint16_t least_mv; uint8_t bits; } by_supply[] = {
		{ 2700, 32 }, { 2100, 16 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(by_supply); i++)
		if (supply_mv >= by_supply[i].least_mv)
			return by_supply[i].bits;
	return 8;
}

static int open_device(struct flash_device *device, struct why *why)
{
	const struct chip *chip = &device->board->chip;

	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		if (!strcmp(variants[i].name, chip->controller))
			device->variant = &variants[i];
	if (!device->variant)
		return explain(why, E_CHIP, "%s: no such flash controller: %s", chip->name,
			       chip->controller);
	device->parallel_bits = parallel_bits(device->supply_mv);
	device->unit_bytes = device->parallel_bits / 8;
	device->granule_bytes = GRANULE;
	return 0;
}

static bool has_two_banks(const struct flash_device *device)
{
	return device->board->chip.bank_count > 1;
}

/* ---- protection ---- */

struct option_registers {
	uint32_t optcr[2];		/* OPTCR, and OPTCR1 where it has the second bank's nWRP */
	uint32_t pcrop;			/* OPTCR2, or 0 */
};

/* OPTCR2 exists where the chip's description has it as an option word (F72x, F73x). */
static bool has_optcr2(const struct flash_device *device)
{
	const struct chip *chip = &device->board->chip;

	for (size_t i = 0; i < chip->option_word_count; i++)
		if (chip->option_words[i].address == device->registers + OPTCR2)
			return true;
	return false;
}

static int read_options(const struct flash_device *device, struct option_registers *options,
			struct why *why)
{
	const struct variant *variant = device->variant;
	struct registers r;

	*options = (struct option_registers){ .pcrop = 0 };
	flash_registers(&r, device, 0);
	options->optcr[0] = registers_read(&r, OPTCR);
	if (has_two_banks(device) && !variant->pairs)
		options->optcr[1] = registers_read(&r, OPTCR1);
	if (has_optcr2(device))
		options->pcrop = registers_read(&r, OPTCR2);
	return r.error ? explain(why, r.error, "reading the option bytes: %s", error_text(r.error)) : 0;
}

/* The bit of nWRP for a sector. Its last one of 15 stands for sectors 14 and 15 (F413); with two
 * banks on F7 bits 0 to 5 stand for pairs of bank 1, bits 6 to 11 for pairs of bank 2. */
static unsigned protection_bit(const struct flash_device *device, const struct chip_sector *sector,
			       unsigned bank)
{
	const struct variant *variant = device->variant;

	if (variant->pairs && has_two_banks(device))
		return sector->number / 2 + 6 * bank;
	return min_u32(sector->number, OPTCR_NWRP_LAST);
}

static int check_sector(const struct flash_device *device, const struct chip_sector *sector,
			const struct option_registers *options, struct why *why)
{
	const struct variant *variant = device->variant;
	unsigned bank = device->board->chip.banks[sector->bank].physical;
	unsigned bit = protection_bit(device, sector, bank);
	uint32_t optcr = options->optcr[variant->pairs ? 0 : bank];
	bool is_one = optcr >> (OPTCR_NWRP_SHIFT + bit) & 1;
	bool pcrop = variant->sprmod && options->optcr[0] & OPTCR_SPRMOD;

	if (pcrop ? is_one : options->pcrop >> sector->number & 1 && sector->number < 8)
		return explain(why, E_PROTECTED, "sector %u at 0x%08X is protected against reading and "
			       "writing (PCROP, `protect` tells more); nothing was changed", sector->number, sector->base);
	if (!pcrop && !is_one)
		return explain(why, E_PROTECTED, "sector %u at 0x%08X is write-protected "
			       "(option bit nWRP%u is 0; `option set WRP=none` frees it); nothing was "
			       "changed",
			       sector->number, sector->base, bit);
	return 0;
}

static int check(const struct flash_device *device, const struct chip_sector *sectors, size_t count,
		 struct why *why)
{
	struct option_registers options;
	int err = read_options(device, &options, why);

	if (err)
		return err;
	if ((options.optcr[0] >> OPTCR_RDP_SHIFT & 0xFF) != OPTCR_RDP_NONE)
		return explain(why, E_PROTECTED, "the chip is read-protected (RDP level 1): a debugger "
			       "can't write flash before `protect off`, which erases the chip");
	for (size_t i = 0; i < count && !err; i++)
		err = check_sector(device, &sectors[i], &options, why);
	return err;
}

/* ---- the lock ---- */

static int unlock(const struct flash_device *device, struct why *why)
{
	struct registers r;
	bool locked;

	flash_registers(&r, device, 0);
	registers_poll(&r, SR, SR_BSY, 0, SETTLE_US);
	if (registers_read(&r, CR) & CR_LOCK) {
		registers_write(&r, KEYR, KEY1);
		registers_write(&r, KEYR, KEY2);
	}
	locked = registers_read(&r, CR) & CR_LOCK;
	registers_write(&r, SR, SR_ERRORS);
	return flash_explain_unlock(&r, locked, SETTLE_US, why);
}

/* An erase leaves the data cache as it was (RM0090 3.5.4); caches can be emptied while they are off. */
static void empty_caches(struct registers *r)
{
	uint32_t acr = registers_read(r, ACR);

	if (!(acr & ACR_ENABLE))
		return;
	registers_write(r, ACR, acr & ~(uint32_t)ACR_ENABLE);
	registers_write(r, ACR, (acr & ~(uint32_t)ACR_ENABLE) | ACR_RESET);
	registers_write(r, ACR, acr & ~(uint32_t)ACR_RESET);
}

static int lock(const struct flash_device *device, struct why *why)
{
	struct registers r;

	flash_registers(&r, device, 0);
	registers_poll(&r, SR, SR_BSY, 0, SETTLE_US);
	registers_write(&r, CR, CR_LOCK);
	empty_caches(&r);
	return flash_explain_lock(r.error, why);
}

/* ---- operations ---- */

static struct flash_operation erase_operation(const struct flash_device *device,
					      const struct chip_sector *sector)
{
	bool second = device->board->chip.banks[sector->bank].physical;
	uint32_t snb = sector->number | (second ? CR_SNB_BANK2 : 0);

	return (struct flash_operation){
		CR_SER | snb << CR_SNB_SHIFT | psize(device) << CR_PSIZE_SHIFT, sector->base, 0,
	};
}

static struct flash_operation program_operation(const struct flash_device *device, uint32_t address,
						uint32_t length)
{
	(void)length;
	return (struct flash_operation){ CR_PG | psize(device) << CR_PSIZE_SHIFT, address, 0 };
}

static struct flash_operation bank_erase_operation(const struct flash_device *device, unsigned bank)
{
	const struct variant *variant = device->variant;
	const struct chip_bank *banks = device->board->chip.banks;
	uint32_t mer = CR_MER;

	if (bank == FLASH_ALL_BANKS)
		mer = variant->two_banks ? CR_MER | CR_MER2 : CR_MER;
	else if (has_two_banks(device) && banks[bank].physical)
		mer = CR_MER2;
	return (struct flash_operation){
		mer | psize(device) << CR_PSIZE_SHIFT,
		banks[bank == FLASH_ALL_BANKS ? 0 : bank].base, 0,
	};
}

static struct flash_duration erase_time(const struct flash_device *device, uint32_t size)
{
	const struct variant *variant = device->variant;
	uint32_t smallest = device->board->chip.banks[0].runs[0].size;
	unsigned kind = size <= smallest ? SMALL : size <= 4 * smallest ? MIDDLE : LARGE;
	const struct erase_row *row = &variant->erase[kind];

	return (struct flash_duration){
		row->by_psize[psize(device)].typical_ms * 1000u,
		row->by_psize[psize(device)].maximum_ms * 1000u,
	};
}

/* In proportion to the size; two banks are erased at the same time. With one bank an F7 of two banks
 * is twice as quick. */
static struct flash_duration bank_erase_time(const struct flash_device *device, unsigned bank)
{
	const struct variant *variant = device->variant;
	const struct chip *chip = &device->board->chip;
	uint64_t kib = chip->banks[bank == FLASH_ALL_BANKS ? 0 : bank].size / 1024, typical_us;

	if (bank == FLASH_ALL_BANKS && has_two_banks(device))
		kib = max_u32((uint32_t)kib, chip->banks[1].size / 1024);
	typical_us = variant->bank_ms_per_mib[psize(device)] * kib * 1000 / 1024;
	if (variant->pairs && !has_two_banks(device))
		typical_us /= 2;
	return (struct flash_duration){ (uint32_t)typical_us, (uint32_t)(2 * typical_us) };
}

static struct flash_duration program_time(const struct flash_device *device, uint32_t address,
					  uint32_t length)
{
	(void)address;
	return flash_duration_of(length / device->unit_bytes, 1000 * PROGRAM_TYPICAL_US, PROGRAM_MAXIMUM_US);
}

/* ---- through the debug port ---- */

/* Ends an operation: the error flags, cleared again, or the error of the way there. */
static int finish(struct registers *r, uint32_t sr, uint32_t *status)
{
	*status = sr & SR_ERRORS;
	if (*status)
		registers_write(r, SR, SR_ERRORS);
	return r->error ? r->error : *status ? E_FLASH : 0;
}

static int erase(const struct flash_device *device, const struct flash_operation *operation,
		 uint64_t timeout_us, uint32_t *status)
{
	struct registers r;

	flash_registers(&r, device, 0);
	registers_write(&r, CR, operation->control);
	registers_write(&r, CR, operation->control | CR_STRT);
	return finish(&r, registers_poll(&r, SR, SR_BSY, 0, timeout_us), status);
}

static int program_unit(const struct flash_device *device, uint32_t address, const uint8_t *data)
{
	static const enum probe_width widths[] = { PROBE_8, PROBE_16, PROBE_32 };

	return probe_write(device->board->probe, device->core->port, address, data,
			   device->unit_bytes, widths[psize(device)], NULL);
}

static int program(const struct flash_device *device, uint32_t address, const uint8_t *data,
		   uint32_t length, uint32_t *done, uint32_t *status)
{
	struct registers r;
	uint32_t sr = 0;

	flash_registers(&r, device, 0);
	registers_write(&r, CR, program_operation(device, address, length).control);
	for (*done = 0; *done < length && !r.error && !(sr & SR_ERRORS); ) {
		r.error = program_unit(device, address + *done, data + *done);
		sr = registers_poll(&r, SR, SR_BSY, 0, 10 * PROGRAM_MAXIMUM_US);
		if (!r.error && !(sr & SR_ERRORS))
			*done += device->unit_bytes;
	}
	return finish(&r, sr, status);
}

static void status_text(uint32_t status, char *text, size_t size)
{
	static const struct flash_flag flags[] = {
		{ SR_WRPERR, "the sector is write-protected (WRPERR)" },
		{ SR_PGAERR, "a write crossed a 128-bit row (PGAERR)" },
		{ SR_PGPERR, "the width of a write does not fit the parallelism (PGPERR)" },
		{ SR_PGSERR, "a write came out of sequence (PGSERR)" },
		{ SR_RDERR, "the sector is protected against reading (RDERR)" },
		{ SR_OPERR, "the operation failed (OPERR)" },
	};

	flash_status_words(status, flags, ARRAY_SIZE(flags), text, size);
}

const struct flash_controller flash_controller_f4 = { FLASH_DRIVER_OF_BANKS(f4) };
