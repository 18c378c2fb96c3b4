/* SPDX-License-Identifier: MIT
 *
 * Flash controller of F0, F1 and F3: pages, 16 bits at once; parts of XL density have a second one for
 * their second bank. RM0091 3.2, RM0364 3.2, PM0075, PM0068; times from the data sheets.
 */
#include "flash/drivers.h"

#include "flash/loaders/f1.h"
#include "probe/bytes.h"

enum { KEYR = 0x04, SR = 0x0C, CR = 0x10, AR = 0x14, OBR = 0x1C, WRPR = 0x20 };
enum { BANK_STEP = 0x40 };		/* from a register of bank 1 to its twin of bank 2 */

#define KEY1 0x45670123u
#define KEY2 0xCDEF89ABu

enum {
	SR_BSY = 1 << 0,
	SR_PGERR = 1 << 2,
	SR_WRPRTERR = 1 << 4,
	SR_EOP = 1 << 5,
	SR_ERRORS = SR_PGERR | SR_WRPRTERR,
};

enum {
	CR_PG = 1 << 0,
	CR_PER = 1 << 1,
	CR_MER = 1 << 2,
	CR_STRT = 1 << 6,
	CR_LOCK = 1 << 7,
};

enum { OBR_RDPRT = 1 << 1 };		/* F0, F3: set at level 1 and at level 2 */

/* A bit of WRPR for each 4 KiB; the last one for all the rest (PM0075 table 9). */
enum { PROTECTED_BYTES = 4096, PROTECTED_LAST = 31 };

enum {
	UNIT = 2,
	GRANULE = 16,			/* programming erased bytes does no harm, but takes its time */
	PROGRAM_TYPICAL_NS = 53500, PROGRAM_MAXIMUM_US = 70,
	ERASE_TYPICAL_US = 30000, ERASE_MAXIMUM_US = 40000,
	SETTLE_US = 100000,		/* what a reset left behind is over within it */
};

static int open_device(struct flash_device *device, struct why *why)
{
	(void)why;
	device->unit_bytes = UNIT;
	device->granule_bytes = GRANULE;
	return 0;
}

static uint32_t bank_offset(const struct flash_device *device, unsigned bank)
{
	return device->board->chip.banks[bank].physical * (uint32_t)BANK_STEP;
}

static void begin(struct registers *r, const struct flash_device *device, unsigned bank)
{
	flash_registers(r, device, bank_offset(device, bank));
}

/* ---- protection ---- */

static int check(const struct flash_device *device, const struct chip_sector *sectors, size_t count,
		 struct why *why)
{
	uint32_t base = device->board->chip.banks[0].base, obr, wrpr;
	struct registers r;

	flash_registers(&r, device, 0);
	obr = registers_read(&r, OBR);
	wrpr = registers_read(&r, WRPR);
	if (r.error)
		return explain(why, r.error, "reading the option bytes: %s", error_text(r.error));
	if (obr & OBR_RDPRT)
		return explain(why, E_PROTECTED, "the chip is read-protected: a debugger can't write "
			       "flash before `protect off`, which erases the chip");
	for (size_t i = 0; i < count; i++) {
		uint32_t bit = min_u32((sectors[i].base - base) / PROTECTED_BYTES, PROTECTED_LAST);

		if (!(wrpr >> bit & 1))
			return explain(why, E_PROTECTED, "page %u at 0x%08X is write-protected (bit %u "
				       "of WRPR is 0; `option set WRP=none` frees it); nothing was changed",
				       sectors[i].index, sectors[i].base, bit);
	}
	return 0;
}

/* ---- the lock ---- */

/* There are copies of the F103 whose LOCK reads 0 while they are locked: bits don't stick then. */
static bool is_locked(struct registers *r)
{
	bool locked;

	if (registers_read(r, CR) & CR_LOCK)
		return true;
	registers_write(r, CR, CR_PG);
	locked = !(registers_read(r, CR) & CR_PG);
	registers_write(r, CR, 0);
	return locked;
}

static int unlock_bank(const struct flash_device *device, unsigned bank, struct why *why)
{
	struct registers r;
	bool locked;

	begin(&r, device, bank);
	registers_poll(&r, SR, SR_BSY, 0, SETTLE_US);
	if (!r.error && is_locked(&r)) {
		registers_write(&r, KEYR, KEY1);
		registers_write(&r, KEYR, KEY2);
	}
	locked = registers_read(&r, CR) & CR_LOCK;
	registers_write(&r, SR, SR_ERRORS | SR_EOP);
	return flash_explain_unlock(&r, locked, SETTLE_US, why);
}

static int unlock(const struct flash_device *device, struct why *why)
{
	int err = 0;

	for (unsigned bank = 0; bank < device->board->chip.bank_count && !err; bank++)
		err = unlock_bank(device, bank, why);
	return err;
}

static int lock(const struct flash_device *device, struct why *why)
{
	int err = 0;

	for (unsigned bank = 0; bank < device->board->chip.bank_count; bank++) {
		struct registers r;

		begin(&r, device, bank);
		registers_poll(&r, SR, SR_BSY, 0, SETTLE_US);
		registers_write(&r, CR, CR_LOCK);
		err = err ? err : r.error;
	}
	return flash_explain_lock(err, why);
}

/* ---- operations ---- */

static struct flash_operation erase_operation(const struct flash_device *device,
					      const struct chip_sector *sector)
{
	return (struct flash_operation){ CR_PER, sector->base, bank_offset(device, sector->bank) };
}

static struct flash_operation program_operation(const struct flash_device *device, uint32_t address,
						uint32_t length)
{
	struct chip_sector sector = { .bank = 0 };

	(void)length;
	chip_sector_at(&device->board->chip, address, &sector);
	return (struct flash_operation){ CR_PG, address, bank_offset(device, sector.bank) };
}

static struct flash_operation bank_erase_operation(const struct flash_device *device, unsigned bank)
{
	unsigned which = bank == FLASH_ALL_BANKS ? 0 : bank;

	return (struct flash_operation){
		CR_MER, device->board->chip.banks[which].base, bank_offset(device, which),
	};
}

static struct flash_duration erase_time(const struct flash_device *device, uint32_t size)
{
	(void)device, (void)size;
	return (struct flash_duration){ ERASE_TYPICAL_US, ERASE_MAXIMUM_US };
}

static struct flash_duration bank_erase_time(const struct flash_device *device, unsigned bank)
{
	if (bank == FLASH_ALL_BANKS && device->board->chip.bank_count > 1)
		return (struct flash_duration){ 0, 0 };
	return (struct flash_duration){ ERASE_TYPICAL_US, ERASE_MAXIMUM_US };
}

static struct flash_duration program_time(const struct flash_device *device, uint32_t address,
					  uint32_t length)
{
	(void)address;
	return flash_duration_of(length / device->unit_bytes, PROGRAM_TYPICAL_NS, PROGRAM_MAXIMUM_US);
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

	flash_registers(&r, device, operation->registers);
	registers_write(&r, CR, operation->control);
	registers_write(&r, AR, operation->address);
	registers_write(&r, CR, operation->control | CR_STRT);
	return finish(&r, registers_poll(&r, SR, SR_BSY, 0, timeout_us), status);
}

static int program(const struct flash_device *device, uint32_t address, const uint8_t *data,
		   uint32_t length, uint32_t *done, uint32_t *status)
{
	const struct flash_operation operation = program_operation(device, address, length);
	struct probe *probe = device->board->probe;
	struct registers r;
	uint32_t sr = 0;

	flash_registers(&r, device, operation.registers);
	registers_write(&r, CR, operation.control);
	for (*done = 0; *done < length && !r.error && !(sr & SR_ERRORS); ) {
		r.error = probe_write(probe, device->core->port, address + *done, data + *done, UNIT,
				      PROBE_16, NULL);
		sr = registers_poll(&r, SR, SR_BSY, 0, 10 * PROGRAM_MAXIMUM_US);
		if (!r.error && !(sr & SR_ERRORS))
			*done += UNIT;
	}
	return finish(&r, sr, status);
}

static void status_text(uint32_t status, char *text, size_t size)
{
	static const struct flash_flag flags[] = {
		{ SR_WRPRTERR, "the page is write-protected (WRPRTERR)" },
		{ SR_PGERR, "the place was not erased (PGERR)" },
	};

	flash_status_words(status, flags, ARRAY_SIZE(flags), text, size);
}

const struct flash_controller flash_controller_f1 = { FLASH_DRIVER_OF_BANKS(f1) };
