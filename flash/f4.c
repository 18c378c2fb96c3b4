/* SPDX-License-Identifier: MIT
 *
 * Flash controller of F2, F4 and F7: sectors, 8 to 64 bits at once by supply voltage.
 * RM0090 3.5 to 3.9, RM0385 3.3; times from the data sheets (DS8626 table "Flash memory programming").
 */
#include "flash/controller.h"

#include <stdio.h>

#include "flash/loaders/f4.h"
#include "flash/registers.h"
#include "probe/bytes.h"

enum { KEYR = 0x04, SR = 0x0C, CR = 0x10, OPTCR = 0x14, OPTCR1 = 0x18 };

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

/* An operation that a reset left behind is over within the longest sector erase. */
enum { SETTLE_US = 4400000, PROGRAM_TYPICAL_US = 16, PROGRAM_MAXIMUM_US = 100 };

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

static void begin(struct registers *r, const struct flash_device *device)
{
	registers_begin(r, device->board->probe, device->core->port, device->registers);
}

/* Bit n of nWRP is sector n; the last one of 15 stands for sectors 14 and 15 (F413). */
static bool write_protected(const struct chip_sector *sector, const uint32_t optcr[2])
{
	unsigned bit = min_u32(sector->number, OPTCR_NWRP_LAST);

	return !(optcr[sector->bank] >> (OPTCR_NWRP_SHIFT + bit) & 1);
}

static int check(const struct flash_device *device, const struct chip_sector *sectors, size_t count,
		 struct why *why)
{
	struct registers r;
	uint32_t optcr[2];

	begin(&r, device);
	optcr[0] = registers_read(&r, OPTCR);
	optcr[1] = device->board->chip.bank_count > 1 ? registers_read(&r, OPTCR1) : 0;
	if (r.error)
		return explain(why, r.error, "reading the option bytes: %s", error_text(r.error));
	if ((optcr[0] >> OPTCR_RDP_SHIFT & 0xFF) != OPTCR_RDP_NONE)
		return explain(why, E_PROTECTED, "the chip is read-protected (RDP level 1): a debugger "
			       "can't write flash before the protection is taken off, which erases "
			       "the chip");
	for (size_t i = 0; i < count; i++)
		if (write_protected(&sectors[i], optcr))
			return explain(why, E_PROTECTED, "sector %u at 0x%08X is write-protected "
				       "(option bit nWRP%u is 0); nothing was changed",
				       sectors[i].number, sectors[i].base, sectors[i].number);
	return 0;
}

static int unlock(const struct flash_device *device, struct why *why)
{
	struct registers r;

	begin(&r, device);
	registers_poll(&r, SR, SR_BSY, 0, SETTLE_US);
	if (registers_read(&r, CR) & CR_LOCK) {
		registers_write(&r, KEYR, KEY1);
		registers_write(&r, KEYR, KEY2);
	}
	if (registers_read(&r, CR) & CR_LOCK && !r.error)
		return explain(why, E_LOCKED, "the flash controller does not take the keys: it stays "
			       "locked until the next reset");
	registers_write(&r, SR, SR_ERRORS);
	if (r.late)
		return explain(why, r.error, "the flash controller is still busy after %u ms",
			       SETTLE_US / 1000);
	if (r.error)
		return explain(why, r.error, "unlocking flash: %s", error_text(r.error));
	return 0;
}

static int lock(const struct flash_device *device, struct why *why)
{
	struct registers r;

	begin(&r, device);
	registers_poll(&r, SR, SR_BSY, 0, SETTLE_US);
	registers_write(&r, CR, CR_LOCK);
	if (r.error)
		return explain(why, r.error, "locking flash again: %s", error_text(r.error));
	return 0;
}

static uint32_t erase_word(const struct flash_device *device, const struct chip_sector *sector)
{
	uint32_t snb = sector->number | (sector->bank ? CR_SNB_BANK2 : 0);

	return CR_SER | snb << CR_SNB_SHIFT | psize(device) << CR_PSIZE_SHIFT;
}

static uint32_t mass_erase_word(const struct flash_device *device)
{
	uint32_t banks = device->board->chip.bank_count > 1 ? CR_MER | CR_MER2 : CR_MER;

	return banks | psize(device) << CR_PSIZE_SHIFT;
}

static uint32_t program_word(const struct flash_device *device)
{
	return CR_PG | psize(device) << CR_PSIZE_SHIFT;
}

/* Milliseconds by PSIZE; maxima are the largest of all parts with such a sector. */
struct erase_row {
	uint16_t size_kib;
	struct { uint16_t typical_ms, maximum_ms; } by_psize[3];
};

static const struct erase_row erase_rows[] = {
	{ 16,  { { 400, 800 },   { 300, 600 },   { 250, 500 } } },
	{ 32,  { { 400, 800 },   { 250, 600 },   { 200, 500 } } },	/* F7 */
	{ 64,  { { 1200, 2400 }, { 700, 1400 },  { 550, 1100 } } },
	{ 128, { { 2000, 4000 }, { 1300, 2600 }, { 1000, 2000 } } },
	{ 256, { { 2100, 4000 }, { 1500, 2600 }, { 1000, 2000 } } },	/* F7 */
};

static struct flash_duration erase_time(const struct flash_device *device, uint32_t size)
{
	const struct erase_row *row = erase_rows;
	unsigned p = psize(device);

	while (row->size_kib * 1024u < size && row < &erase_rows[ARRAY_SIZE(erase_rows) - 1])
		row++;
	return (struct flash_duration){
		row->by_psize[p].typical_ms * 1000u, row->by_psize[p].maximum_ms * 1000u,
	};
}

/* 16, 11 or 8 s for 1 MiB, twice that at most, in proportion to the size. */
static struct flash_duration mass_erase_time(const struct flash_device *device)
{
	static const uint8_t s_per_mib[] = { 16, 11, 8 };
	uint32_t kib = max_u32(chip_flash_size(&device->board->chip) / 1024, 128);
	uint32_t typical_us = (uint32_t)(s_per_mib[psize(device)] * 1000000ull * kib / 1024);

	return (struct flash_duration){ typical_us, 2 * typical_us };
}

static struct flash_duration program_time(const struct flash_device *device, uint32_t length)
{
	uint32_t units = length / (device->parallel_bits / 8);

	return (struct flash_duration){ units * PROGRAM_TYPICAL_US, units * PROGRAM_MAXIMUM_US };
}

/* Ends an operation: the error flags, cleared again, or the error of the way there. */
static int finish(struct registers *r, uint32_t sr, uint32_t *status)
{
	*status = sr & SR_ERRORS;
	if (*status)
		registers_write(r, SR, SR_ERRORS);
	return r->error ? r->error : *status ? E_FLASH : 0;
}

static int erase(const struct flash_device *device, uint32_t word, uint64_t timeout_us,
		 uint32_t *status)
{
	struct registers r;

	begin(&r, device);
	registers_write(&r, CR, word);
	registers_write(&r, CR, word | CR_STRT);
	return finish(&r, registers_poll(&r, SR, SR_BSY, 0, timeout_us), status);
}

static int program_unit(const struct flash_device *device, uint32_t address, const uint8_t *data)
{
	static const enum probe_width widths[] = { PROBE_8, PROBE_16, PROBE_32 };

	return probe_write(device->board->probe, device->core->port, address, data,
			   device->parallel_bits / 8, widths[psize(device)], NULL);
}

static int program(const struct flash_device *device, uint32_t address, const uint8_t *data,
		   uint32_t length, uint32_t *done, uint32_t *status)
{
	uint32_t unit = device->parallel_bits / 8, sr = 0;
	struct registers r;

	begin(&r, device);
	registers_write(&r, CR, program_word(device));
	for (*done = 0; *done < length && !r.error && !(sr & SR_ERRORS); ) {
		r.error = program_unit(device, address + *done, data + *done);
		sr = registers_poll(&r, SR, SR_BSY, 0, 10 * PROGRAM_MAXIMUM_US);
		if (!r.error && !(sr & SR_ERRORS))
			*done += unit;
	}
	return finish(&r, sr, status);
}

static void status_text(uint32_t status, char *text, size_t size)
{
	static const struct { uint32_t bit; const char *words; } flags[] = {
		{ SR_WRPERR, "the sector is write-protected (WRPERR)" },
		{ SR_PGAERR, "a write crossed a 128-bit row (PGAERR)" },
		{ SR_PGPERR, "the width of a write does not fit the parallelism (PGPERR)" },
		{ SR_PGSERR, "a write came out of sequence (PGSERR)" },
		{ SR_RDERR, "the sector is protected against reading (RDERR)" },
		{ SR_OPERR, "the operation failed (OPERR)" },
	};
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (status & flags[i].bit && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 flags[i].words);
	if (!used)
		snprintf(text, size, "no error flag (SR = 0x%08X)", status);
}

const struct flash_controller flash_controller_f4 = {
	.name = "f4",
	.loader = loader_f4,
	.loader_size = sizeof loader_f4,
	.loader_needs_v7m = true,
	.parallel_bits = parallel_bits,
	.check = check,
	.unlock = unlock,
	.lock = lock,
	.erase_word = erase_word,
	.mass_erase_word = mass_erase_word,
	.program_word = program_word,
	.erase_time = erase_time,
	.mass_erase_time = mass_erase_time,
	.program_time = program_time,
	.erase = erase,
	.program = program,
	.status_text = status_text,
};
