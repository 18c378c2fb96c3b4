/* SPDX-License-Identifier: MIT
 *
 * What the flash controller of STM32F2/F4/F7 does when it is told to: sector and mass erase, and the
 * time that everything takes (typical values; flash_f4_kin.c).
 */
#include "probe/virtual/flash/f4.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <assert.h>

enum { NS_PER_MS = 1000000 };

bool flash_f4_sector(const struct flash_f4 *flash, unsigned snb, uint32_t *offset, uint32_t *size)
{
	unsigned index = snb / 16, number = snb % 16;
	const struct virtual_bank *bank = &flash->banks[index];
	uint32_t at = 0;

	if (index >= flash->bank_count)
		return false;
	for (size_t i = 0; i < bank->run_count; i++) {
		const struct virtual_sector_run *run = &bank->runs[i];

		if (number < run->count) {
			*offset = bank->base - flash->base + at + number * run->size;
			*size = run->size;
			return (uint64_t)at + ((uint64_t)number + 1) * run->size <= bank->size;
		}
		number -= run->count;
		at += run->count * run->size;
	}
	return false;
}

/* Sectors come in three sizes, 1 : 4 : 8. */
uint64_t flash_f4_sector_ns(const struct flash_f4 *flash, uint32_t size)
{
	uint32_t ratio = size / flash->banks[0].runs[0].size;
	unsigned row = ratio >= 8 ? 2 : ratio >= 4 ? 1 : 0;
	const uint16_t *ms = flash->kin->times[flash->bank_count - 1].sector_ms[row];

	return (uint64_t)ms[flash_f4_psize(flash)] * NS_PER_MS;
}

/* The tables name one size; others take proportionally long (timings of F401 to F413). */
uint64_t flash_f4_mass_ns(const struct flash_f4 *flash, uint32_t length)
{
	return (uint64_t)flash->kin->times[flash->bank_count - 1].mib_ms[flash_f4_psize(flash)] *
	       NS_PER_MS * (length >> 10) / 1024;
}

void flash_f4_start(struct flash_f4 *flash, const struct flash_job *job, uint64_t ns)
{
	uint64_t now = vclock_now(flash->soc->clock);
	/* A core that waited for the last job is still on its way to its end. */
	uint64_t from = now > flash->busy_until_ns ? now : flash->busy_until_ns;

	assert(flash->job.kind == FLASH_IDLE);
	if (job->weak)
		log_line(LOG_VIRTUAL, "flash: PSIZE %u at %u mV: no good will come of it (guess)",
			 flash_f4_psize(flash), (unsigned)flash->soc->supply_mv);
	flash->job = *job;
	flash->job.started_ns = from;
	flash->busy_until_ns = from + soc_flash_takes(flash->soc, ns);
	flash->special = true;
	vclock_arm(flash->soc->clock, &flash->done, flash->busy_until_ns - now);
}

static void finish(struct flash_f4 *flash)
{
	vclock_disarm(&flash->done);
	flash_f4_apply(flash);
	flash->job.kind = FLASH_IDLE;
	flash->special = flash->blocked;
	flash->cr &= ~(uint32_t)CR_STRT;
	if (flash->cr & CR_EOPIE)
		flash->sr |= FLASH_EOP;
	flash_f4_update_irq(flash);
}

void flash_f4_ring(void *context)
{
	finish(context);
}

enum bus_result flash_f4_wait(struct flash_f4 *flash, enum bus_master master)
{
	const struct soc_host *host = flash->soc->host;

	if (!flash_f4_busy(flash))
		return BUS_OK;
	if (master == BUS_DEBUG)
		return BUS_STALL;
	host->stall_core(host->context, flash->busy_until_ns - vclock_now(flash->soc->clock));
	if (flash->job.kind != FLASH_IDLE)
		finish(flash);
	return BUS_OK;
}

/* What the operation in work keeps busy: a bank, or all of the array. */
static bool keeps_busy(const struct flash_f4 *flash, uint32_t offset)
{
	const struct flash_job *job = &flash->job;

	uint32_t first = flash->banks[0].size;

	if (flash->bank_count < 2 || job->cells != flash->cells || job->kind == FLASH_OPTIONS)
		return true;
	return offset < first ? job->offset < first : job->offset + job->length > first;
}

enum bus_result flash_f4_wait_for_bank(struct flash_f4 *flash, uint32_t offset,
				       enum bus_master master)
{
	return keeps_busy(flash, offset) ? flash_f4_wait(flash, master) : BUS_OK;
}

static void start_sector_erase(struct flash_f4 *flash)
{
	struct flash_job job = { .kind = FLASH_ERASE, .cells = flash->cells };
	unsigned snb = flash->cr >> CR_SNB_SHIFT & CR_SNB;

	if (!flash_f4_sector(flash, snb, &job.offset, &job.length)) {
		/* RM0090 3.9.7 reserves these values; silicon was seen to do nothing. */
		log_line(LOG_VIRTUAL, "flash: erase of sector %u, which is not there: nothing",
			 snb);
		flash->cr &= ~(uint32_t)CR_STRT;
	} else if (flash_f4_option_protects(flash, job.offset)) {
		flash->cr &= ~(uint32_t)CR_STRT;
		flash_f4_fail(flash, FLASH_WRPERR, "erase of a write-protected sector");
	} else {
		job.weak = flash_f4_too_wide_for_supply(flash);
		log_line(LOG_VIRTUAL, "flash: erase sector %u", snb);
		flash_f4_start(flash, &job, flash_f4_sector_ns(flash, job.length));
	}
}

/* MER and MER2 each erase a bank; both at once take as long as one. */
static void start_mass_erase(struct flash_f4 *flash)
{
	struct flash_job job = { .kind = FLASH_ERASE, .cells = flash->cells };
	uint32_t first = flash->banks[0].size;

	job.offset = flash->bank_count == 2 && !(flash->cr & CR_MER) ? first : 0;
	job.length = flash->bank_count == 2 && !(flash->cr & CR_MER2) ? first
								     : flash->size - job.offset;
	if (flash_f4_option_protects_any(flash, job.offset, job.offset + job.length)) {
		flash->cr &= ~(uint32_t)CR_STRT;
		flash_f4_fail(flash, FLASH_WRPERR, "mass erase with a write-protected sector");
		return;
	}
	job.weak = flash_f4_too_wide_for_supply(flash);
	log_line(LOG_VIRTUAL, "flash: mass erase, %u KiB", (unsigned)(job.length >> 10));
	flash_f4_start(flash, &job,
		       flash_f4_mass_ns(flash, flash->bank_count == 2 ? first : flash->size));
}

/* In single-bank mode MER2 has nothing to erase (guess). */
static uint32_t mass_erase_bits(const struct flash_f4 *flash)
{
	return CR_MER | (flash->bank_count == 2 ? CR_MER2 : 0);
}

void flash_f4_start_erase(struct flash_f4 *flash)
{
	uint32_t mass = mass_erase_bits(flash);
	uint32_t kind = flash->cr & (CR_PG | CR_SER | mass);

	if (flash->blocked || kind == 0 || kind & CR_PG) {
		flash->cr &= ~(uint32_t)CR_STRT;
		if (flash->blocked)
			flash_f4_fail(flash, FLASH_WRPERR, "erase under read protection");
		else
			flash_f4_fail(flash, FLASH_PGSERR,
				      "STRT without SER or MER, or with PG (guess)");
	} else if (flash_f4_psize(flash) == 3) {
		flash->cr &= ~(uint32_t)CR_STRT;
		flash_f4_fail(flash, FLASH_PGPERR, "x64 without a supply on VPP (guess)");
	} else if (kind & mass) {
		start_mass_erase(flash);	/* also with SER: MER wins */
	} else {
		start_sector_erase(flash);
	}
}
