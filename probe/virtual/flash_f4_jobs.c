/* SPDX-License-Identifier: MIT
 *
 * What the flash controller of STM32F2/F4 does when it is told to: sector and mass erase, and the
 * time that everything takes (typical values of DS8626 tables 40 and 41).
 */
#include "probe/virtual/flash_f4.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <assert.h>

enum { NS_PER_MS = 1000000 };

bool flash_f4_sector(const struct flash_f4 *flash, unsigned snb, uint32_t *offset, uint32_t *size)
{
	const struct virtual_spec *spec = flash->soc->spec;
	unsigned bank = snb / 16, number = snb % 16;
	uint32_t at = 0;

	if (bank >= spec->bank_count)
		return false;
	for (size_t i = 0; i < spec->banks[bank].run_count; i++) {
		const struct virtual_sector_run *run = &spec->banks[bank].runs[i];

		if (number < run->count) {
			*offset = spec->banks[bank].base - flash->base + at + number * run->size;
			*size = run->size;
			return (uint64_t)at + ((uint64_t)number + 1) * run->size <=
			       spec->banks[bank].size;
		}
		number -= run->count;
		at += run->count * run->size;
	}
	return false;
}

uint64_t flash_f4_sector_ns(const struct flash_f4 *flash, uint32_t size)
{
	static const struct { uint32_t size; uint32_t ms[4]; } rows[] = {	/* by PSIZE */
		{ 16 << 10, { 400, 300, 250, 230 } },
		{ 64 << 10, { 1200, 700, 550, 490 } },
		{ 128 << 10, { 2000, 1300, 1000, 875 } },
	};
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(rows) && rows[i].size < size)
		i++;
	return (uint64_t)rows[i].ms[flash_f4_psize(flash)] * NS_PER_MS;
}

/* Tables 40 and 41 name 1 MiB; parts of other sizes take proportionally long (timings of F401 to
 * F413). */
uint64_t flash_f4_mass_ns(const struct flash_f4 *flash)
{
	static const uint32_t ms_per_mib[] = { 16000, 11000, 8000, 6900 };

	return (uint64_t)ms_per_mib[flash_f4_psize(flash)] * NS_PER_MS * (flash->size >> 10) / 1024;
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

static void start_mass_erase(struct flash_f4 *flash)
{
	struct flash_job job = { .kind = FLASH_ERASE, .cells = flash->cells };

	if (flash_f4_option_protects_any(flash)) {
		flash->cr &= ~(uint32_t)CR_STRT;
		flash_f4_fail(flash, FLASH_WRPERR, "mass erase with a write-protected sector");
		return;
	}
	job.length = flash->size;
	job.weak = flash_f4_too_wide_for_supply(flash);
	log_line(LOG_VIRTUAL, "flash: mass erase");
	flash_f4_start(flash, &job, flash_f4_mass_ns(flash));
}

void flash_f4_start_erase(struct flash_f4 *flash)
{
	uint32_t kind = flash->cr & (CR_PG | CR_SER | CR_MER);

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
	} else if (kind & CR_MER) {
		start_mass_erase(flash);	/* also with SER: MER wins */
	} else {
		start_sector_erase(flash);
	}
}
