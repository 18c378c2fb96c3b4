/* SPDX-License-Identifier: MIT
 *
 * What the controller does: collects words in the write buffer, programs flash words, erases sectors
 * and banks (RM0433 4.3.9 and 4.3.10).
 */
#include "probe/virtual/flash/h7.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <string.h>

#define NS_PER_US	1000ull
#define NS_PER_MS	1000000ull

static unsigned psize(const struct flash_h7_control *control)
{
	return control->flash->kin->has_psize ? control->cr >> 4 & 3 : 0;
}

static bool is_busy(const struct flash_h7_control *control)
{
	return control->work.active;
}

/* --- queue ------------------------------------------------------------------------------------ */

uint64_t flash_h7_mass_ns(const struct flash_h7_bank *bank, unsigned at_psize)
{
	return bank->flash->kin->mib_ms[at_psize] * NS_PER_MS * (bank->cells.array.size >> 10) / 1024;
}

static uint64_t job_ns(const struct flash_h7_control *control, const struct flash_h7_job *job)
{
	const struct flash_h7_kin *kin = control->flash->kin;

	if (job->kind != H7_ERASE)
		return kin->program_ns[psize(control)];
	if (!job->bank)
		return control->flash->bank_count * flash_h7_mass_ns(&control->flash->banks[0], 0);
	if (job->length == job->bank->cells.array.size)
		return flash_h7_mass_ns(job->bank, psize(control));
	return kin->sector_us[psize(control)] * NS_PER_US;
}

static void start(struct flash_h7_control *control, const struct flash_h7_job *job)
{
	control->job = *job;
	nvm_work_start(&control->work, job_ns(control, job));
	flash_h7_update_watch(control->flash);
}

void flash_h7_submit(struct flash_h7_control *control, const struct flash_h7_job *job)
{
	if (is_busy(control)) {
		control->queued = *job;
		control->has_queued = true;
	} else {
		start(control, job);
	}
}

static void erase(struct flash_h7_bank *bank, uint32_t offset, uint32_t length)
{
	flash_h7_cells_erase(&bank->cells, offset, length);
	flash_h7_half_erase(bank, offset, length);
}

static void apply(struct flash_h7_control *control)
{
	struct flash_h7 *flash = control->flash;
	struct flash_h7_job *job = &control->job;

	switch (job->kind) {
	case H7_PROGRAM:
		flash_h7_cells_program(&job->bank->cells, job->offset, job->bytes);
		break;
	case H7_PROGRAM_HALF:
		for (uint32_t i = 0; i < job->length; i += job->cells->unit)
			flash_h7_cells_program(job->cells, job->offset + i, job->bytes + i);
		break;
	case H7_ERASE:
		if (job->bank)
			erase(job->bank, job->offset, job->length);
		for (size_t i = 0; !job->bank && i < flash->bank_count; i++)
			erase(&flash->banks[i], 0, flash->banks[i].cells.array.size);
		break;
	}
}

void flash_h7_finish(void *context)
{
	struct flash_h7_control *control = context;
	struct flash_h7 *flash = control->flash;

	apply(control);
	if (control->job.kind == H7_ERASE)
		control->cr &= ~flash->kin->cr_start;
	control->flags |= H7_EOP;
	if (control->has_queued) {
		control->has_queued = false;
		start(control, &control->queued);
	}
	flash_h7_update_watch(flash);
	flash_h7_update_irq(flash);
}

/* --- writes ----------------------------------------------------------------------------------- */

uint32_t flash_h7_start_error(const struct flash_h7_control *control, const char **reason)
{
	*reason = "an error flag is pending";
	return control->flags & control->flash->kin->blocking ? H7_PGSERR : 0;
}

static void drop_buffer(struct flash_h7_control *control)
{
	control->filled = 0;
}

/* Whether this word may go into the buffer; 0 or the error. */
static uint32_t write_error(struct flash_h7_control *control, struct flash_h7_bank *bank,
			    uint32_t offset, unsigned width, const char **reason)
{
	const struct flash_h7_kin *kin = bank->flash->kin;
	uint32_t size = bank->cells.array.size, word = offset % kin->unit / 4;

	*reason = "write without PG";
	if (!control->lock.open || !(control->cr & H7_PG))
		return H7_PGSERR;
	*reason = "write with SER or BER beside PG (guess)";
	if (control->cr & (H7_SER | H7_BER))
		return H7_PGSERR;
	if (flash_h7_start_error(control, reason))
		return H7_PGSERR;
	*reason = "write to a protected sector";
	if (flash_h7_write_protected(bank, offset, offset + 1) || flash_h7_pcrop(bank, offset) ||
	    offset >= size - flash_h7_edata_size(bank))
		return H7_WRPERR;
	*reason = "write that is no word";
	if (width != 4)
		return H7_STRBERR;
	*reason = "write to another flash word while one is incomplete";
	if (control->filled &&
	    (control->buffer.bank != bank || control->buffer.offset != offset / kin->unit * kin->unit))
		return kin->incerr;
	*reason = "second write to a word of the buffer";
	if (control->filled >> word & 1)
		return H7_STRBERR;
	*reason = "words out of order (guess)";
	return control->filled >> word ? kin->incerr : 0;
}

static uint32_t complete(const struct flash_h7_kin *kin)
{
	return (1u << kin->unit / 4) - 1;
}

enum bus_result flash_h7_write(void *context, uint32_t address, unsigned width, uint32_t value,
			       enum bus_master master)
{
	struct flash_h7_bank *bank = context;
	struct flash_h7_control *control = flash_h7_control_of(bank);
	uint32_t offset = address - bank->cells.array.base, unit = bank->flash->kin->unit, error;
	const char *reason;

	if (bank->flash->blocked)
		return BUS_FAULT;
	if (control->has_queued && nvm_work_wait(&control->work, master) != BUS_OK)
		return BUS_STALL;
	error = write_error(control, bank, offset, width, &reason);
	if (error) {
		drop_buffer(control);
		flash_h7_fail(control, error, reason);
		return BUS_OK;
	}
	if (!control->filled) {
		control->buffer = (struct flash_h7_job){ .kind = H7_PROGRAM, .bank = bank,
							 .offset = offset / unit * unit };
		memset(control->buffer.bytes, 0xFF, sizeof(control->buffer.bytes));
	}
	put_u32(control->buffer.bytes + offset % unit, value);
	control->filled |= 1u << offset % unit / 4;
	if (control->filled == complete(bank->flash->kin)) {
		drop_buffer(control);
		flash_h7_submit(control, &control->buffer);
	}
	return BUS_OK;
}

/* FW: what is in the buffer is programmed, the rest of the word as FF. */
void flash_h7_force_write(struct flash_h7_control *control)
{
	const char *reason;

	if (!control->filled)
		return;
	drop_buffer(control);
	if (control->has_queued || flash_h7_start_error(control, &reason))
		flash_h7_fail(control, H7_PGSERR, "FW with a full queue, or with an error pending");
	else
		flash_h7_submit(control, &control->buffer);
}

/* --- erase ------------------------------------------------------------------------------------ */

static uint32_t erase_error(const struct flash_h7_control *control, const char **reason)
{
	uint32_t kinds = H7_SER | H7_BER | control->flash->kin->cr_mass;

	if (flash_h7_start_error(control, reason))
		return H7_PGSERR;
	*reason = "START while an operation is in work (guess)";
	if (is_busy(control))
		return H7_PGSERR;
	*reason = "START with PG set (guess)";
	if (control->cr & H7_PG)
		return H7_PGSERR;
	*reason = "START with an incomplete flash word in the buffer (guess)";
	if (control->filled)
		return H7_PGSERR;
	*reason = "START without SER or BER";
	return control->cr & kinds ? 0 : H7_PGSERR;
}

/* The sectors that CR names; false if there are none. */
static bool erase_range(struct flash_h7_control *control, struct flash_h7_job *job)
{
	const struct flash_h7_kin *kin = control->flash->kin;
	uint32_t number = control->cr >> kin->snb_shift & kin->snb_mask, size;

	job->bank = flash_h7_bank_of(control);
	if (!job->bank || control->cr & kin->cr_mass) {
		bool mass = control->cr & kin->cr_mass;

		job->bank = NULL;
		return mass;
	}
	job->length = job->bank->cells.array.size;
	if (control->cr & H7_BER)
		return true;	/* also with SER: BER wins */
	size = flash_h7_sector_size(job->bank);
	job->offset = number * size;
	if (job->offset >= job->length)
		return false;
	job->length = size;
	return true;
}

static bool erase_protected(const struct flash_h7 *flash, const struct flash_h7_job *job)
{
	if (job->bank)
		return flash_h7_write_protected(job->bank, job->offset, job->offset + job->length) ||
		       flash_h7_pcrop(job->bank, job->offset);
	for (size_t i = 0; i < flash->bank_count; i++)
		if (flash_h7_write_protected(&flash->banks[i], 0, flash->banks[i].cells.array.size))
			return true;
	return false;
}

void flash_h7_start_erase(struct flash_h7_control *control)
{
	struct flash_h7 *flash = control->flash;
	struct flash_h7_job job = { .kind = H7_ERASE };
	const char *reason;
	uint32_t error = erase_error(control, &reason);

	if (!error && flash->blocked) {
		error = H7_WRPERR;
		reason = "erase under read protection";
	}
	if (error) {
		flash_h7_fail(control, error, reason);
	} else if (!erase_range(control, &job)) {
		log_line(LOG_VIRTUAL, "flash: erase with CR %08X, no such sector: nothing (guess)",
			 (unsigned)control->cr);
	} else if (erase_protected(flash, &job)) {
		flash_h7_fail(control, H7_WRPERR, "erase of a protected sector");
	} else {
		log_line(LOG_VIRTUAL, "flash: erase of %u KiB at +%X of bank %u",
			 (unsigned)(job.length >> 10), (unsigned)job.offset,
			 job.bank ? job.bank->number + 1 : 0);
		control->cr |= flash->kin->cr_start;
		flash_h7_submit(control, &job);
	}
}

/* --- reset ------------------------------------------------------------------------------------ */

static void cut_job(struct flash_h7_control *control, unsigned done)
{
	struct flash_h7 *flash = control->flash;
	struct flash_h7_job *job = &control->job;

	switch (job->kind) {
	case H7_PROGRAM:
		flash_h7_cells_cut_program(&job->bank->cells, job->offset, job->bytes);
		break;
	case H7_PROGRAM_HALF:
		flash_h7_cells_cut_program(job->cells, job->offset, job->bytes);
		break;
	case H7_ERASE:
		if (job->bank)
			flash_h7_cells_cut_erase(&job->bank->cells, job->offset, job->length, done);
		for (size_t i = 0; !job->bank && i < flash->bank_count; i++)
			flash_h7_cells_cut_erase(&flash->banks[i].cells, 0,
						 flash->banks[i].cells.array.size, done);
		break;
	}
}

void flash_h7_cut(struct flash_h7_control *control)
{
	unsigned done;

	if (nvm_work_cut(&control->work, &done))
		cut_job(control, done);
	control->has_queued = false;
	drop_buffer(control);
}
