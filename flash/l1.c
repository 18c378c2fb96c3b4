/* SPDX-License-Identifier: MIT
 *
 * NVM controller of L0 and L1: small pages, words and half pages, 0x00 when erased; an operation begins with a
 * write to its place. RM0367 3.3, RM0038 3.3; times from the data sheets.
 */
#include "flash/drivers.h"

#include <string.h>

#include "flash/guards.h"
#include "flash/loaders/l0.h"
#include "flash/loaders/l1.h"
#include "probe/bytes.h"

enum { PECR = 0x04, PEKEYR = 0x0C, PRGKEYR = 0x10, SR = 0x18 };

#define PEKEY1 0x89ABCDEFu
#define PEKEY2 0x02030405u
#define PRGKEY1 0x8C9DAEBFu
#define PRGKEY2 0x13141516u

enum {
	PECR_PELOCK = 1 << 0, PECR_PRGLOCK = 1 << 1, PECR_OPTLOCK = 1 << 2,
	PECR_PROG = 1 << 3, PECR_FIX = 1 << 8 /* FTDW on L1 */, PECR_ERASE = 1 << 9,
	PECR_FPRG = 1 << 10,
	PECR_LOCKS = PECR_PELOCK | PECR_PRGLOCK | PECR_OPTLOCK,
};

enum {
	SR_BSY = 1 << 0, SR_EOP = 1 << 1,
	SR_WRPERR = 1 << 8, SR_PGAERR = 1 << 9, SR_SIZERR = 1 << 10, SR_FWWERR = 1 << 17,
	SR_ERRORS = SR_WRPERR | SR_PGAERR | SR_SIZERR | SR_FWWERR,
	SR_STALE = 0x00033F00 | SR_EOP,
};

enum {
	UNIT = 4,
	OPERATION_TYPICAL_US = 3280, OPERATION_MAXIMUM_US = 8000,	/* page, half page, word */
	SETTLE_US = 100000,		/* what a reset left behind is over within it */
};

struct variant {
	const char *name;
	uint16_t half_page;
};

static const struct variant variants[] = {
	{ "l0", 64 },
	{ "l1", 128 },
};

static int open_device(struct flash_device *device, struct why *why)
{
	const struct variant *v = variants;

	(void)why;
	while (strcmp(v->name, device->board->chip.controller) != 0)
		v++;
	device->unit_bytes = UNIT;
	device->granule_bytes = v->half_page;
	device->row_bytes = v->half_page;
	return 0;
}

/* ---- protection ---- */

static int check(const struct flash_device *device, const struct chip_sector *sectors, size_t count,
		 struct why *why)
{
	return guards_check(device, false, sectors, count, why);
}

/* ---- the locks ---- */

static int open_locks(const struct flash_device *device, uint32_t locks, struct why *why)
{
	struct registers r;
	uint32_t pecr;

	flash_registers(&r, device, 0);
	registers_poll(&r, SR, SR_BSY, 0, SETTLE_US);
	pecr = registers_read(&r, PECR) & locks;
	if (pecr & PECR_PELOCK) {
		registers_write(&r, PEKEYR, PEKEY1);
		registers_write(&r, PEKEYR, PEKEY2);
	}
	if (pecr & PECR_PRGLOCK) {
		registers_write(&r, PRGKEYR, PRGKEY1);
		registers_write(&r, PRGKEYR, PRGKEY2);
	}
	pecr = registers_read(&r, PECR);
	registers_write(&r, SR, SR_STALE);
	return flash_explain_unlock(&r, pecr & locks, SETTLE_US, why);
}

static int unlock(const struct flash_device *device, struct why *why)
{
	return open_locks(device, PECR_PELOCK | PECR_PRGLOCK, why);
}

static int unlock_eeprom(const struct flash_device *device, struct why *why)
{
	return open_locks(device, PECR_PELOCK, why);
}

static int lock(const struct flash_device *device, struct why *why)
{
	struct registers r;

	flash_registers(&r, device, 0);
	registers_poll(&r, SR, SR_BSY, 0, SETTLE_US);
	registers_write(&r, PECR, PECR_LOCKS);
	return flash_explain_lock(r.error, why);
}

/* ---- operations ---- */

static struct flash_operation erase_operation(const struct flash_device *device,
					      const struct chip_sector *sector)
{
	(void)device;
	return (struct flash_operation){ PECR_ERASE | PECR_PROG, sector->base, 0 };
}

/* Words need no bit at all (RM0038 3.3.4). */
static struct flash_operation program_operation(const struct flash_device *device, uint32_t address,
						uint32_t length)
{
	bool half_pages = flash_is_rows(device, address, length);

	return (struct flash_operation){ half_pages ? PECR_FPRG | PECR_PROG : 0, address, 0 };
}

static struct flash_duration erase_time(const struct flash_device *device, uint32_t size)
{
	(void)device, (void)size;
	return (struct flash_duration){ OPERATION_TYPICAL_US, OPERATION_MAXIMUM_US };
}

static struct flash_duration program_time(const struct flash_device *device, uint32_t address,
					  uint32_t length)
{
	uint32_t step = flash_is_rows(device, address, length) ? device->row_bytes : UNIT;
	uint32_t operations = length / step;

	return (struct flash_duration){ operations * OPERATION_TYPICAL_US,
					length / UNIT * OPERATION_MAXIMUM_US };
}

/* ---- through the debug port ---- */

static int finish(struct registers *r, uint32_t sr, uint32_t *status)
{
	*status = sr & SR_ERRORS;
	if (*status)
		registers_write(r, SR, SR_STALE);
	return r->error ? r->error : *status ? E_FLASH : 0;
}

/* Writes a word where the controller waits for it, and waits in turn. */
static uint32_t write_word(struct registers *r, uint32_t address, uint32_t value, uint64_t timeout_us)
{
	if (!r->error)
		r->error = probe_write_u32(r->probe, r->port, address, value);
	return registers_poll(r, SR, SR_BSY, 0, timeout_us);
}

static int erase(const struct flash_device *device, const struct flash_operation *operation,
		 uint64_t timeout_us, uint32_t *status)
{
	struct registers r;

	flash_registers(&r, device, 0);
	registers_write(&r, PECR, operation->control);
	return finish(&r, write_word(&r, operation->address, 0, timeout_us), status);
}

static int program(const struct flash_device *device, uint32_t address, const uint8_t *data,
		   uint32_t length, uint32_t *done, uint32_t *status)
{
	struct registers r;
	uint32_t sr = 0;

	flash_registers(&r, device, 0);
	registers_write(&r, PECR, 0);
	for (*done = 0; *done < length && !r.error && !(sr & SR_ERRORS); ) {
		sr = write_word(&r, address + *done, get_u32(data + *done), OPERATION_MAXIMUM_US);
		if (!r.error && !(sr & SR_ERRORS))
			*done += UNIT;
	}
	return finish(&r, sr, status);
}

/* The controller erases by itself what is not blank; FIX tells it to, in the same time (RM0038 3.3.4). */
static int write_eeprom(const struct flash_device *device, uint32_t address, uint32_t now,
			uint32_t value, uint32_t *status)
{
	struct registers r;

	flash_registers(&r, device, 0);
	registers_write(&r, PECR, now ? PECR_FIX : 0);
	return finish(&r, write_word(&r, address, value, 2 * OPERATION_MAXIMUM_US), status);
}

static void status_text(uint32_t status, char *text, size_t size)
{
	static const struct flash_flag flags[] = {
		{ SR_WRPERR, "the place is write-protected (WRPERR)" },
		{ SR_PGAERR, "not aligned (PGAERR)" },
		{ SR_SIZERR, "wrong width (SIZERR)" },
		{ SR_FWWERR, "the operation was cut short (FWWERR)" },
	};

	flash_status_words(status, flags, ARRAY_SIZE(flags), text, size);
}

#define WITH_EEPROM .unlock_eeprom = unlock_eeprom, .write_eeprom = write_eeprom

const struct flash_controller flash_controller_l0 = { FLASH_DRIVER(l0), WITH_EEPROM };
const struct flash_controller flash_controller_l1 = { FLASH_DRIVER(l1), WITH_EEPROM };
