/* SPDX-License-Identifier: MIT
 *
 * The flash controllers that began with the L4: pages, double or quad words with ECC, one register block for
 * both banks. L4, L4+, G0, G4, C0, U0, WB, WL (RM0351, RM0432, RM0444, RM0440, RM0490, RM0503, RM0434, RM0453)
 * and, with other offsets and the same again for secure pages, L5, U5, U3, WBA (RM0438, RM0456, RM0487, RM0493).
 */
#include "flash/drivers.h"

#include <string.h>

#include "flash/guards.h"
#include "flash/loaders/g0.h"
#include "flash/loaders/l4.h"
#include "flash/loaders/l4plus.h"
#include "flash/loaders/l5.h"
#include "flash/loaders/u5.h"
#include "flash/loaders/wb.h"
#include "probe/bytes.h"

enum { ACR = 0x00, KEYR = 0x08 };

/* SECKEYR, SECSR, SECCR lie behind NSKEYR, NSSR, NSCR and have their bits (RM0438 6.9, RM0456 7.9). */
enum { SECURE_STEP = 4 };

#define KEY1 0x45670123u
#define KEY2 0xCDEF89ABu

enum {
	ACR_ICEN = 1 << 9, ACR_DCEN = 1 << 10, ACR_ICRST = 1 << 11, ACR_DCRST = 1 << 12,
	ACR_EMPTY = 1 << 16,
};

enum {
	SR_OPERR = 1 << 1, SR_PROGERR = 1 << 3, SR_WRPERR = 1 << 4, SR_PGAERR = 1 << 5,
	SR_SIZERR = 1 << 6, SR_PGSERR = 1 << 7, SR_MISERR = 1 << 8, SR_FASTERR = 1 << 9,
	SR_RDERR = 1 << 14, SR_OPTVERR = 1 << 15,
	SR_ERRORS = 0x3FA,		/* what an operation may end with */
	SR_STALE = SR_ERRORS | SR_RDERR | SR_OPTVERR,	/* what may stand there from before */
	SR_PEMPTY = 1 << 17,
	SR_PESD = 1 << 19,
};
#define SR_BUSY(last) ((2u << (last)) - (1u << 16))

#define CR_PG		(1u << 0)
#define CR_PER		(1u << 1)
#define CR_MER1		(1u << 2)
#define CR_PNB_SHIFT	3
#define CR_MER2		(1u << 15)
#define CR_BWR		(1u << 14)	/* U5, U3, WBA: a row is collected and programmed at once */
#define CR_STRT		(1u << 16)
#define CR_FSTPG	(1u << 18)
#define CR_OPTLOCK	(1u << 30)
#define CR_LOCK		(1u << 31)

/* A core may start CPU2 in WB and WL; it then shares the flash. RM0434 6.6.4, RM0453 6.6.4. */
enum { PWR_CR4 = 0x5800040C, PWR_CR4_C2BOOT = 1 << 15 };

enum {
	FAST_HZ = 8000000,		/* fast rows want this core clock (RM0444 3.3.9, RM0351 3.3.8) */
	SETTLE_US = 100000,		/* what a reset left behind is over within it */
	SLOW_US = 10000,		/* one unit through the debug port */
};

struct variant {
	const char *name;
	uint16_t sr, cr;
	uint8_t last_busy;		/* bits 16 to this one of SR */
	uint8_t unit;
	uint8_t bker;			/* bit of CR that says bank 2 */
	uint16_t row;			/* bytes of a fast row or a burst; 0 = there are none */
	bool bursts;			/* of a row: in any erased place, at any clock (RM0456 7.3.8) */
	bool row_wants_whole;		/* after the erase of the bank only (RM0351 3.3.8) */
	bool acr_empty, sr_empty;	/* where the mark of an empty chip is */
	bool second_core;
	uint32_t page_typical_us, page_maximum_us;
	uint32_t bank_typical_us, bank_maximum_us;	/* for each begun MiB */
	uint32_t unit_typical_ns, unit_maximum_us;
	uint32_t row_typical_us;
};

#define L4_OFFSETS .sr = 0x10, .cr = 0x14, .bker = 11
#define U5_OFFSETS .sr = 0x20, .cr = 0x28, .bker = 11
#define G0B_OFFSETS .sr = 0x10, .cr = 0x14, .bker = 13
#define L4_TIMES .page_typical_us = 22000, .page_maximum_us = 50000, .bank_typical_us = 22100, \
		 .bank_maximum_us = 50000, .unit_typical_ns = 81700, .unit_maximum_us = 125
#define G0_TIMES .page_typical_us = 22000, .page_maximum_us = 80000, .bank_typical_us = 22100, \
		 .bank_maximum_us = 80200, .unit_typical_ns = 85000, .unit_maximum_us = 125
#define U5_TIMES .page_typical_us = 1500, .page_maximum_us = 10000, .bank_typical_us = 195000, \
		 .bank_maximum_us = 1000000, .unit_typical_ns = 118000, .unit_maximum_us = 500
#define ROW_G0 .row = 256, .row_typical_us = 1700
#define ROW_32 .row = 256, .row_typical_us = 1910, .row_wants_whole = true
#define ROW_64 .row = 512, .row_typical_us = 3820, .row_wants_whole = true
#define BURST .row = 128, .row_typical_us = 380, .bursts = true

static const struct variant variants[] = {
	{ .name = "l4", L4_OFFSETS, .last_busy = 16, .unit = 8, L4_TIMES, ROW_32 },
	{ .name = "l4sb", L4_OFFSETS, .last_busy = 16, .unit = 8, .sr_empty = true, L4_TIMES, ROW_32 },
	{ .name = "l4plus", L4_OFFSETS, .last_busy = 16, .unit = 8, .sr_empty = true, L4_TIMES, ROW_64 },
	{ .name = "g4", L4_OFFSETS, .last_busy = 18, .unit = 8, L4_TIMES, ROW_32 },
	{ .name = "g4db", L4_OFFSETS, .last_busy = 18, .unit = 8, L4_TIMES, ROW_32 },
	{ .name = "g0", L4_OFFSETS, .last_busy = 18, .unit = 8, .acr_empty = true, G0_TIMES, ROW_G0 },
	{ .name = "g0db", G0B_OFFSETS, .last_busy = 18, .unit = 8, .acr_empty = true, G0_TIMES, ROW_G0 },
	{ .name = "c0", L4_OFFSETS, .last_busy = 18, .unit = 8, .acr_empty = true, G0_TIMES, ROW_G0 },
	{ .name = "u0", L4_OFFSETS, .last_busy = 18, .unit = 8, .acr_empty = true, G0_TIMES, ROW_G0 },
	{ .name = "wb", L4_OFFSETS, .last_busy = 18, .unit = 8, .acr_empty = true,
	  .second_core = true, L4_TIMES, ROW_64 },
	{ .name = "wl", L4_OFFSETS, .last_busy = 18, .unit = 8, .acr_empty = true,
	  .second_core = true, L4_TIMES, ROW_32 },
	{ .name = "l5", U5_OFFSETS, .last_busy = 17, .unit = 8, L4_TIMES },
	{ .name = "u3", U5_OFFSETS, .last_busy = 17, .unit = 8, U5_TIMES, BURST },
	{ .name = "u5", U5_OFFSETS, .last_busy = 17, .unit = 16, U5_TIMES, BURST },
	{ .name = "wba", U5_OFFSETS, .last_busy = 17, .unit = 16, U5_TIMES, BURST },
	{ .name = "wba2", U5_OFFSETS, .last_busy = 17, .unit = 8, U5_TIMES },
};

static const struct variant *variant_of(const struct flash_device *device)
{
	return device->variant;
}

static bool is_dual(const struct flash_device *device)
{
	return device->board->chip.bank_count > 1;
}

/* ---- what stands in the way ---- */

static int check_second_core(const struct flash_device *device, struct why *why)
{
	uint32_t cr4;
	int err = probe_read_u32(device->board->probe, device->core->port, PWR_CR4, &cr4);

	if (err)
		return explain(why, err, "asking whether the second core runs: %s", error_text(err));
	if (cr4 & PWR_CR4_C2BOOT)
		return explain(why, E_PROTECTED, "the second core (radio stack) runs and uses the flash: "
			       "nothing was changed. `monitor reset halt` keeps it from starting; then "
			       "load again");
	return 0;
}

static int open_device(struct flash_device *device, struct why *why)
{
	(void)why;
	const struct chip *chip = &device->board->chip;
	const struct variant *v = variants;

	while (strcmp(v->name, chip->controller) != 0)
		v++;
	device->variant = v;
	device->unit_bytes = v->unit;
	device->row_bytes = v->row;
	device->row_least_hz = v->bursts ? 0 : FAST_HZ;
	device->row_wants_whole = v->row_wants_whole;
	if (chip_is_secure(chip))
		device->registers = (chip->flash_registers | CHIP_SECURE_BIT) + SECURE_STEP;
	return 0;
}

/* ---- protection ---- */

static int check(const struct flash_device *device, const struct chip_sector *sectors, size_t count,
		 struct why *why)
{
	int err = variant_of(device)->second_core ? check_second_core(device, why) : 0;

	return err ? err : guards_check(device, false, sectors, count, why);
}

/* ---- the lock ---- */

static uint32_t wait_idle(struct registers *r, const struct flash_device *device, uint64_t timeout_us)
{
	const struct variant *v = variant_of(device);

	return registers_poll(r, v->sr, SR_BUSY(v->last_busy), 0, timeout_us);
}

/* Keys while unlocked are a bus error in this family: LOCK is looked at first. */
static int unlock(const struct flash_device *device, struct why *why)
{
	const struct variant *v = variant_of(device);
	uint32_t sr, cr;
	struct registers r;

	flash_registers(&r, device, 0);
	sr = wait_idle(&r, device, SETTLE_US);
	if (registers_read(&r, v->cr) & CR_LOCK) {
		registers_write(&r, KEYR, KEY1);
		registers_write(&r, KEYR, KEY2);
	}
	cr = registers_read(&r, v->cr);
	if (!r.error && v->second_core && sr & SR_PESD)
		return explain(why, E_PROTECTED, "the second core suspends flash operations (PESD): "
			       "`monitor reset halt`, then load again");
	registers_write(&r, v->sr, SR_STALE);
	return flash_explain_unlock(&r, cr & CR_LOCK, SETTLE_US, why);
}

/* Instruction and data cache, where there are any; they can be emptied while they are off. */
static void empty_caches(struct registers *r)
{
	const uint32_t enable = ACR_ICEN | ACR_DCEN;
	uint32_t acr = registers_read(r, ACR);

	if (!(acr & enable))
		return;
	registers_write(r, ACR, acr & ~enable);
	registers_write(r, ACR, (acr & ~enable) | ACR_ICRST | ACR_DCRST);
	registers_write(r, ACR, acr & ~enable);
	registers_write(r, ACR, acr);
}

/* The mark that sends an empty chip to its bootloader is only made anew at power-on. */
static void unmark_empty(struct registers *r, const struct flash_device *device)
{
	const struct variant *v = variant_of(device);
	uint32_t first = UINT32_MAX;

	if (r->error || (!v->acr_empty && !v->sr_empty))
		return;
	r->error = probe_read_u32(device->board->probe, device->core->port,
				  device->board->chip.banks[0].base, &first);
	if (r->error || first == UINT32_MAX)
		return;
	if (v->acr_empty) {
		uint32_t acr = registers_read(r, ACR);

		if (acr & ACR_EMPTY)
			registers_write(r, ACR, acr & ~(uint32_t)ACR_EMPTY);
	} else if (registers_read(r, v->sr) & SR_PEMPTY) {
		registers_write(r, v->sr, SR_PEMPTY);
	}
}

static int lock(const struct flash_device *device, struct why *why)
{
	const struct variant *v = variant_of(device);
	struct registers r;

	flash_registers(&r, device, 0);
	wait_idle(&r, device, SETTLE_US);
	registers_write(&r, v->sr, SR_STALE);
	registers_write(&r, v->cr, CR_LOCK | CR_OPTLOCK);
	if (v->sr == 0x10)		/* the others have a cache of its own, off after reset */
		empty_caches(&r);
	unmark_empty(&r, device);
	return flash_explain_lock(r.error, why);
}

/* ---- operations ---- */

static struct flash_operation erase_operation(const struct flash_device *device,
					      const struct chip_sector *sector)
{
	uint32_t bank = device->board->chip.banks[sector->bank].physical;

	return (struct flash_operation){
		CR_PER | sector->number << CR_PNB_SHIFT | bank << variant_of(device)->bker,
		sector->base, 0,
	};
}

static struct flash_operation program_operation(const struct flash_device *device, uint32_t address,
						uint32_t length)
{
	uint32_t fast = variant_of(device)->bursts ? CR_PG | CR_BWR : CR_FSTPG;

	return (struct flash_operation){
		flash_is_rows(device, address, length) ? fast : CR_PG, address, 0,
	};
}

/* A chip whose two banks are joined still wants both bits (RM0351 3.3.6). */
static struct flash_operation bank_erase_operation(const struct flash_device *device, unsigned bank)
{
	const struct chip *chip = &device->board->chip;
	uint32_t which = bank == FLASH_ALL_BANKS || chip->layout_count > 1 ? CR_MER1 | CR_MER2 : CR_MER1;

	if (bank != FLASH_ALL_BANKS && is_dual(device))
		which = chip->banks[bank].physical ? CR_MER2 : CR_MER1;
	return (struct flash_operation){
		which, chip->banks[bank == FLASH_ALL_BANKS ? 0 : bank].base, 0,
	};
}

static struct flash_duration erase_time(const struct flash_device *device, uint32_t size)
{
	const struct variant *v = variant_of(device);

	(void)size;
	return (struct flash_duration){ v->page_typical_us, v->page_maximum_us };
}

static struct flash_duration bank_erase_time(const struct flash_device *device, unsigned bank)
{
	const struct chip *chip = &device->board->chip;
	const struct variant *v = variant_of(device);
	uint32_t size = bank == FLASH_ALL_BANKS ? chip_flash_size(chip) : chip->banks[bank].size;
	uint32_t mib = (size + (1 << 20) - 1) >> 20;

	return (struct flash_duration){ v->bank_typical_us * mib, v->bank_maximum_us * mib };
}

static struct flash_duration program_time(const struct flash_device *device, uint32_t address,
					  uint32_t length)
{
	const struct variant *v = variant_of(device);
	uint32_t units = length / v->unit;
	struct flash_duration duration = flash_duration_of(units, v->unit_typical_ns, v->unit_maximum_us);

	if (flash_is_rows(device, address, length))
		duration.typical_us = length / v->row * v->row_typical_us;
	return duration;
}

/* ---- through the debug port ---- */

static int finish(struct registers *r, const struct flash_device *device, uint32_t sr, uint32_t *status)
{
	*status = sr & SR_ERRORS;
	if (*status)
		registers_write(r, variant_of(device)->sr, SR_STALE);
	return r->error ? r->error : *status ? E_FLASH : 0;
}

static int erase(const struct flash_device *device, const struct flash_operation *operation,
		 uint64_t timeout_us, uint32_t *status)
{
	const struct variant *v = variant_of(device);
	struct registers r;

	flash_registers(&r, device, operation->registers);
	registers_write(&r, v->cr, operation->control);
	registers_write(&r, v->cr, operation->control | CR_STRT);
	return finish(&r, device, wait_idle(&r, device, timeout_us), status);
}

static int program(const struct flash_device *device, uint32_t address, const uint8_t *data,
		   uint32_t length, uint32_t *done, uint32_t *status)
{
	const struct variant *v = variant_of(device);
	struct registers r;
	uint32_t sr = 0;

	flash_registers(&r, device, 0);
	registers_write(&r, v->cr, CR_PG);
	for (*done = 0; *done < length && !r.error && !(sr & SR_ERRORS); ) {
		r.error = probe_write(device->board->probe, device->core->port, address + *done,
				      data + *done, v->unit, PROBE_32, NULL);
		sr = wait_idle(&r, device, SLOW_US);
		if (!r.error && !(sr & SR_ERRORS))
			*done += v->unit;
	}
	return finish(&r, device, sr, status);
}

static void status_text(uint32_t status, char *text, size_t size)
{
	static const struct flash_flag flags[] = {
		{ SR_WRPERR, "the page is protected: WRP, PCROP or secure (WRPERR)" },
		{ SR_PROGERR, "the place was not erased (PROGERR)" },
		{ SR_PGAERR, "not aligned (PGAERR)" },
		{ SR_SIZERR, "wrong width (SIZERR)" },
		{ SR_PGSERR, "wrong sequence (PGSERR)" },
		{ SR_MISERR, "a fast row came too slowly (MISERR)" },
		{ SR_FASTERR, "a fast row failed (FASTERR)" },
		{ SR_OPERR, "the operation failed (OPERR)" },
	};

	flash_status_words(status, flags, ARRAY_SIZE(flags), text, size);
}

const struct flash_controller flash_controller_l4 = { FLASH_DRIVER_OF_BANKS(l4) };
const struct flash_controller flash_controller_l4plus = { FLASH_DRIVER_OF_BANKS(l4plus) };
const struct flash_controller flash_controller_g0 = { FLASH_DRIVER_OF_BANKS(g0) };
const struct flash_controller flash_controller_wb = { FLASH_DRIVER_OF_BANKS(wb) };
const struct flash_controller flash_controller_l5 = { FLASH_DRIVER_OF_BANKS(l5) };
const struct flash_controller flash_controller_u5 = { FLASH_DRIVER_OF_BANKS(u5) };
