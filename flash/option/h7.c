/* SPDX-License-Identifier: MIT
 *
 * Option bytes of H7, H7A3 and H5: a register with the value in force and one to write for each word; OPTSTART
 * programs all of them, the reset that follows puts those in force that waited (RM0433 4.4.3, RM0455 4.4.3,
 * RM0481 7.4.3).
 */
#include "flash/option/option.h"

#include <string.h>

#include "flash/registers.h"
#include "probe/bytes.h"

#define OPTKEY1 0x08192A3Bu
#define OPTKEY2 0x4C5D6E7Fu

enum { OPTCR_OPTLOCK = 1 << 0, OPTCR_OPTSTART = 1 << 1 };
enum { BUSY = 1 << 0 };

struct row {
	const char *controller;
	uint8_t optkeyr, optcr, status, clear;	/* offsets */
	uint32_t error;				/* OPTCHANGEERR in status and clear */
	bool status_is_word;			/* and option bits share a register with it */
};

static const struct row rows[] = {
	{ "h7", 0x08, 0x18, 0x1C, 0x24, 1u << 30, true },
	{ "h7a3", 0x08, 0x18, 0x1C, 0x24, 1u << 30, true },
	{ "h5", 0x0C, 0x1C, 0x20, 0x30, 1u << 23, false },
};

/* Lifting read protection erases both banks: at the slowest 28 s for a MiB (DS12110, x8). */
enum { SETTLE_US = 5000000, ERASE_US_PER_KIB = 28000 };

static uint64_t longest_us(const struct option_plan *plan)
{
	if (option_plan_weight(plan) == OPTION_LIGHT)
		return SETTLE_US;
	return SETTLE_US + (uint64_t)ERASE_US_PER_KIB * (chip_flash_size(plan->chip) / 1024);
}

static const struct row *begin(const struct option_plan *plan, struct core *core, struct registers *r)
{
	registers_begin(r, core->board->probe, core->port, plan->chip->flash_registers);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].controller, plan->chip->controller))
			return &rows[i];
	return NULL;			/* option_kind_find() knows no others */
}

static int settle(const struct option_plan *plan, struct core *core)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);

	registers_poll(&r, row->status, BUSY, 0, longest_us(plan));
	return r.error;
}

static int unlock(const struct row *row, struct registers *r, struct why *why)
{
	uint32_t optcr;

	registers_poll(r, row->status, BUSY, 0, SETTLE_US);
	if (registers_read(r, row->optcr) & OPTCR_OPTLOCK) {
		registers_write(r, row->optkeyr, OPTKEY1);
		registers_write(r, row->optkeyr, OPTKEY2);
	}
	optcr = registers_read(r, row->optcr);
	registers_write(r, row->clear, row->error);
	return option_explain_unlock(r, optcr & OPTCR_OPTLOCK, why);
}

/* All words, also those that stay: what an earlier attempt has left in a register must not go with them. */
static void write_words(const struct option_plan *plan, const struct row *row, struct registers *r)
{
	for (size_t i = 0; i < plan->chip->option_word_count; i++) {
		const struct chip_option_word *word = &plan->chip->option_words[i];
		bool shared = row->status_is_word && word->address - r->base == row->status;
		uint32_t status = shared ? BUSY | row->error : 0;

		if (word->program)
			registers_write(r, word->program - r->base, plan->after[i] & ~status);
	}
}

static int start(const struct option_plan *plan, const struct row *row, struct registers *r,
		 struct why *why)
{
	uint32_t status;

	registers_write(r, row->optcr, OPTCR_OPTSTART);
	status = registers_poll(r, row->status, BUSY, 0, longest_us(plan));
	registers_write(r, row->clear, row->error);
	registers_write(r, row->optcr, OPTCR_OPTLOCK);
	return option_explain_write(r, status & row->error, status, why);
}

static int write_plan(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);
	int err = unlock(row, &r, why);

	if (err)
		return err;
	write_words(plan, row, &r);
	err = option_check_arrival(plan, &r, why);
	return err ? err : start(plan, row, &r, why);
}

static int lock(const struct option_plan *plan, struct core *core, bool *was_open)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);

	*was_open = !(registers_read(&r, row->optcr) & OPTCR_OPTLOCK) && !r.error;
	if (*was_open)
		registers_write(&r, row->optcr, OPTCR_OPTLOCK);
	return r.error;
}

const struct option_kind option_kind_h7 = {
	.settle = settle,
	.lock = lock,
	.write = write_plan,
};
