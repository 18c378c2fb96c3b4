/* SPDX-License-Identifier: MIT
 *
 * Option bytes that lie in memory, each beside its complement: F0, F1 and F3 (bytes in half-words that are erased
 * together and programmed one by one; RM0091 3.3 and 4, PM0075 2.5), L0 and L1 (half-words in words that are
 * rewritten one by one; RM0367 3.3.4 and 3.8, RM0038 3.8). Half written they can mean read protection, so what
 * failed is done again before any reset.
 */
#include "flash/option/option.h"

#include <string.h>

#include "flash/registers.h"
#include "probe/bytes.h"

/* What the two generations of controllers differ in: offsets, keys, bits. */
struct row {
	uint8_t keyr, optkeyr, sr, cr;
	uint32_t keys[2], option_keys[2];
	uint32_t locked, open;			/* bits of CR: none of locked, all of open */
	uint32_t relock, launch;		/* 0 = any reset loads them */
	uint32_t errors, stale;			/* bits of SR */
	/* Returns the error bits of SR, or whatever else says that it did not go. */
	uint32_t (*write)(const struct option_plan *plan, const struct row *row, struct registers *r);
};

enum { SR_BSY = 1 << 0 };

/* Lifting read protection erases the flash when its byte is programmed. */
enum { SETTLE_US = 2000000, ATTEMPTS = 2 };

static uint32_t finish(const struct row *row, struct registers *r)
{
	uint32_t sr = registers_poll(r, row->sr, SR_BSY, 0, SETTLE_US);

	registers_write(r, row->sr, row->stale);
	return sr & row->errors;
}

/* ---- F0, F1, F3 ---- */

enum { CR_OPTPG = 1 << 4, CR_OPTER = 1 << 5, CR_STRT = 1 << 6, CR_LOCK = 1 << 7, CR_OPTWRE = 1 << 9,
       CR_OBL_LAUNCH = 1 << 13 };

/* The words come from the lowest address: read protection is the first. */
static uint32_t program_halves(const struct option_plan *plan, const struct row *row, struct registers *r)
{
	uint32_t failed = 0;

	for (size_t i = 0; i < 2 * plan->chip->option_word_count && !r->error; i++) {
		uint32_t address = plan->chip->option_words[i / 2].address + 2 * (uint32_t)(i % 2);
		uint8_t byte = (uint8_t)(plan->after[i / 2] >> 16 * (i % 2)), half[2] = { byte, (uint8_t)~byte };

		r->error = probe_write(r->probe, r->port, address, half, 2, PROBE_16, NULL);
		failed |= finish(row, r);
	}
	return failed;
}

static uint32_t erase_and_program(const struct option_plan *plan, const struct row *row, struct registers *r)
{
	uint32_t failed;

	registers_write(r, row->cr, CR_OPTWRE | CR_OPTER);
	registers_write(r, row->cr, CR_OPTWRE | CR_OPTER | CR_STRT);
	failed = finish(row, r);
	registers_write(r, row->cr, CR_OPTWRE | CR_OPTPG);
	return failed | program_halves(plan, row, r);
}

static const struct row row_f1 = {
	.keyr = 0x04, .optkeyr = 0x08, .sr = 0x0C, .cr = 0x10,
	.keys = { 0x45670123, 0xCDEF89AB }, .option_keys = { 0x45670123, 0xCDEF89AB },
	.locked = CR_LOCK, .open = CR_OPTWRE, .relock = CR_LOCK,
	.errors = 0x14, .stale = 0x34, .write = erase_and_program,
};

static const struct row row_f0 = {
	.keyr = 0x04, .optkeyr = 0x08, .sr = 0x0C, .cr = 0x10,
	.keys = { 0x45670123, 0xCDEF89AB }, .option_keys = { 0x45670123, 0xCDEF89AB },
	.locked = CR_LOCK, .open = CR_OPTWRE, .relock = CR_LOCK, .launch = CR_OPTWRE | CR_OBL_LAUNCH,
	.errors = 0x14, .stale = 0x34, .write = erase_and_program,
};

/* ---- L0, L1 ---- */

enum { PECR_PELOCK = 1 << 0, PECR_PRGLOCK = 1 << 1, PECR_OPTLOCK = 1 << 2, PECR_OBL_LAUNCH = 1 << 18 };

/* From the last to the first, which is read protection: it counts for nothing that is half done. */
static uint32_t rewrite_words(const struct option_plan *plan, const struct row *row, struct registers *r)
{
	uint32_t failed = 0;

	for (size_t i = plan->chip->option_word_count; i-- > 0 && !r->error && !failed;) {
		uint32_t offset = plan->chip->option_words[i].address - r->base;
		uint32_t value = (plan->after[i] & 0xFFFF) | ~plan->after[i] << 16;
		uint32_t now = registers_read(r, offset);

		if (r->error || now == value)
			continue;
		registers_write(r, offset, value);
		failed = finish(row, r);
		if (!failed && registers_read(r, offset) != value && !r->error)
			failed = SR_BSY;
	}
	return failed;
}

/* OPTVERR stays from the last load and says nothing of a write. */
static const struct row row_l1 = {
	.keyr = 0x0C, .optkeyr = 0x14, .sr = 0x18, .cr = 0x04,
	.keys = { 0x89ABCDEF, 0x02030405 }, .option_keys = { 0xFBEAD9C8, 0x24252627 },
	.locked = PECR_PELOCK | PECR_OPTLOCK, .relock = PECR_PELOCK | PECR_PRGLOCK | PECR_OPTLOCK,
	.launch = PECR_OBL_LAUNCH, .errors = 0x2700, .stale = 0x00033F02, .write = rewrite_words,
};

/* ---- both ---- */

static const struct row *begin(const struct option_plan *plan, struct core *core, struct registers *r)
{
	static const struct {
		const char *family;
		const struct row *row;
	} rows[] = { { "F0", &row_f0 }, { "F1", &row_f1 }, { "F3", &row_f0 } };

	registers_begin(r, core->board->probe, core->port, plan->chip->flash_registers);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].family, plan->chip->family))
			return rows[i].row;
	return &row_l1;
}

static int settle(const struct option_plan *plan, struct core *core)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);

	registers_poll(&r, row->sr, SR_BSY, 0, SETTLE_US);
	return r.error;
}

static bool is_open(const struct row *row, uint32_t cr)
{
	return !(cr & row->locked) && (cr & row->open) == row->open;
}

static int unlock(const struct row *row, struct registers *r, struct why *why)
{
	uint32_t cr, first = row->locked & -row->locked;

	registers_poll(r, row->sr, SR_BSY, 0, SETTLE_US);
	cr = registers_read(r, row->cr);
	for (unsigned i = 0; i < 2 && cr & first; i++)
		registers_write(r, row->keyr, row->keys[i]);
	for (unsigned i = 0; i < 2 && !is_open(row, cr & ~first); i++)
		registers_write(r, row->optkeyr, row->option_keys[i]);
	cr = registers_read(r, row->cr);
	registers_write(r, row->sr, row->stale);
	return option_explain_unlock(r, !is_open(row, cr), why);
}

static int attempt(const struct option_plan *plan, const struct row *row, struct registers *r, struct why *why)
{
	int err = unlock(row, r, why);
	uint32_t failed;

	if (err)
		return err;
	failed = row->write(plan, row, r);
	registers_write(r, row->cr, row->relock);
	return option_explain_write(r, failed, failed, why);
}

/* Nothing is erased before it is sure that half-words can be written. */
static int write_plan(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);
	int err = E_FIRMWARE;

	if (row->write == erase_and_program && !probe_abilities(core->board->probe)->mem16)
		return explain(why, err, "This probe's firmware can't write half-words, which these option bytes need; "
			       "update it. Nothing was written.");
	for (unsigned i = 0; i < ATTEMPTS && err && err != E_LOCKED; i++) {
		begin(plan, core, &r);
		err = attempt(plan, row, &r, why);
	}
	return err;
}

static int load(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);
	struct option_launch launch = { row->cr, row->launch, row->locked & -row->locked };
	int err;

	if (!row->launch)
		return OK;
	err = unlock(row, &r, why);
	return err ? err : option_launch(plan, core, &launch, why);
}

static int lock(const struct option_plan *plan, struct core *core, bool *was_open)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);

	*was_open = is_open(row, registers_read(&r, row->cr)) && !r.error;
	if (*was_open)
		registers_write(&r, row->cr, row->relock);
	return r.error;
}

const struct option_kind option_kind_memory = {
	.settle = settle,
	.lock = lock,
	.write = write_plan,
	.load = load,
	.in_memory = true,
	.one_by_one = true,
};
