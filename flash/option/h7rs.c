/* SPDX-License-Identifier: MIT
 *
 * Option words of H7R/S: each is programmed as it is written, and in force after the next reset (RM0477 5.4.3). A
 * change that was cut between two words is done again.
 */
#include "flash/option/option.h"

#include "flash/registers.h"

enum { SR = 0x14, OPTKEYR = 0x100, OPTCR = 0x104, OPTISR = 0x108, OPTICR = 0x10C };

#define OPTKEY1 0x08192A3Bu
#define OPTKEY2 0x4C5D6E7Fu

enum { OPTCR_OPTLOCK = 1 << 0, OPTCR_PG_OPT = 1 << 1 };
enum { SR_BUSY = 1 << 0, SR_QW = 1 << 2, SR_IS_OPTCHANGE = 1 << 6, SR_WORKING = SR_BUSY | SR_QW | SR_IS_OPTCHANGE };
enum { OPTISR_OPTERR = 1 << 30 };

enum { SETTLE_US = 5000000, ATTEMPTS = 2 };

static void begin(const struct option_plan *plan, struct core *core, struct registers *r)
{
	registers_begin(r, core->board->probe, core->port, plan->chip->flash_registers);
}

static int settle(const struct option_plan *plan, struct core *core)
{
	struct registers r;

	begin(plan, core, &r);
	registers_poll(&r, SR, SR_WORKING, 0, SETTLE_US);
	return r.error;
}

static int unlock(struct registers *r, struct why *why)
{
	uint32_t optcr;

	registers_poll(r, SR, SR_WORKING, 0, SETTLE_US);
	if (registers_read(r, OPTCR) & OPTCR_OPTLOCK) {
		registers_write(r, OPTKEYR, OPTKEY1);
		registers_write(r, OPTKEYR, OPTKEY2);
	}
	optcr = registers_read(r, OPTCR);
	registers_write(r, OPTICR, OPTISR_OPTERR);
	registers_write(r, OPTCR, OPTCR_PG_OPT);
	return option_explain_unlock(r, optcr & OPTCR_OPTLOCK, why);
}

/* The registers of what is in force don't tell what was programmed since the last reset: every word that differs
 * from the plan's beginning is written. */
static uint32_t write_words(const struct option_plan *plan, struct registers *r)
{
	uint32_t refused = 0;

	for (size_t i = 0; i < plan->chip->option_word_count && !r->error && !refused; i++) {
		const struct chip_option_word *word = &plan->chip->option_words[i];

		if (plan->before[i] == plan->after[i] || !word->program)
			continue;
		registers_write(r, word->program - r->base, plan->after[i]);
		registers_poll(r, SR, SR_WORKING, 0, SETTLE_US);
		refused = registers_read(r, OPTISR) & OPTISR_OPTERR;
	}
	return refused;
}

static int attempt(const struct option_plan *plan, struct registers *r, struct why *why)
{
	int err = unlock(r, why);
	uint32_t refused;

	if (err)
		return err;
	refused = write_words(plan, r);
	registers_write(r, OPTICR, OPTISR_OPTERR);
	registers_write(r, OPTCR, OPTCR_OPTLOCK);
	return option_explain_write(r, refused, refused, why);
}

static int write_plan(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct registers r;
	int err = E_FLASH;

	for (unsigned i = 0; i < ATTEMPTS && err && err != E_LOCKED; i++) {
		begin(plan, core, &r);
		err = attempt(plan, &r, why);
	}
	return err;
}

static int lock(const struct option_plan *plan, struct core *core, bool *was_open)
{
	struct registers r;

	begin(plan, core, &r);
	*was_open = !(registers_read(&r, OPTCR) & OPTCR_OPTLOCK) && !r.error;
	if (*was_open)
		registers_write(&r, OPTCR, OPTCR_OPTLOCK);
	return r.error;
}

const struct option_kind option_kind_h7rs = {
	.settle = settle,
	.lock = lock,
	.write = write_plan,
	.one_by_one = true,
};
