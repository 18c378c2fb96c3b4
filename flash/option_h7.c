/* SPDX-License-Identifier: MIT
 *
 * Option bytes of H7 and H7A3: a register with the value in force and one to write for each word; OPTSTART
 * programs all of them, the reset that follows puts those in force that waited (RM0433 4.4.3, RM0455 4.4.3).
 */
#include "flash/option.h"

#include "flash/registers.h"
#include "probe/bytes.h"

enum { OPTKEYR = 0x08, OPTCR = 0x18, OPTSR_CUR = 0x1C, OPTCCR = 0x24 };

#define OPTKEY1 0x08192A3Bu
#define OPTKEY2 0x4C5D6E7Fu

enum { OPTCR_OPTLOCK = 1 << 0, OPTCR_OPTSTART = 1 << 1 };
enum { OPT_BUSY = 1 << 0, OPTCHANGEERR = 1 << 30 };

/* Lifting read protection erases both banks: at the slowest 28 s for a MiB (DS12110, x8). */
enum { SETTLE_US = 5000000, ERASE_US_PER_KIB = 28000 };

static uint64_t longest_us(const struct option_plan *plan)
{
	if (option_plan_weight(plan) == OPTION_LIGHT)
		return SETTLE_US;
	return SETTLE_US + (uint64_t)ERASE_US_PER_KIB * (chip_flash_size(plan->chip) / 1024);
}

static void begin(const struct option_plan *plan, struct core *core, struct registers *r)
{
	registers_begin(r, core->board->probe, core->port, plan->chip->flash_registers);
}

static int settle(const struct option_plan *plan, struct core *core)
{
	struct registers r;

	begin(plan, core, &r);
	registers_poll(&r, OPTSR_CUR, OPT_BUSY, 0, longest_us(plan));
	return r.error;
}

static int unlock(struct registers *r, struct why *why)
{
	registers_poll(r, OPTSR_CUR, OPT_BUSY, 0, SETTLE_US);
	if (registers_read(r, OPTCR) & OPTCR_OPTLOCK) {
		registers_write(r, OPTKEYR, OPTKEY1);
		registers_write(r, OPTKEYR, OPTKEY2);
	}
	if (registers_read(r, OPTCR) & OPTCR_OPTLOCK && !r->error)
		return explain(why, E_LOCKED, "The option bytes don't take the keys: they stay locked until the next "
			       "reset.");
	registers_write(r, OPTCCR, OPTCHANGEERR);
	return r->error ? explain(why, r->error, "Unlocking the option bytes: %s.", error_text(r->error)) : OK;
}

/* All words, also those that stay: what an earlier attempt has left in a register must not go with them. */
static void write_words(const struct option_plan *plan, struct registers *r)
{
	for (size_t i = 0; i < plan->chip->option_word_count; i++) {
		const struct chip_option_word *word = &plan->chip->option_words[i];
		uint32_t status = word->address - r->base == OPTSR_CUR ? OPT_BUSY | OPTCHANGEERR : 0;

		if (word->program)
			registers_write(r, word->program - r->base, plan->after[i] & ~status);
	}
}

static int start(const struct option_plan *plan, struct registers *r, struct why *why)
{
	uint32_t status;

	registers_write(r, OPTCR, OPTCR_OPTSTART);
	status = registers_poll(r, OPTSR_CUR, OPT_BUSY, 0, longest_us(plan));
	if (r->late)
		return explain(why, r->error, "The flash controller is still busy with the option bytes.");
	registers_write(r, OPTCCR, OPTCHANGEERR);
	registers_write(r, OPTCR, OPTCR_OPTLOCK);
	if (r->error)
		return explain(why, r->error, "The option bytes were being written: %s.", error_text(r->error));
	return status & OPTCHANGEERR ? explain(why, E_FLASH, "The flash controller refuses these option bytes "
					       "(OPTCHANGEERR).") : OK;
}

static int write_plan(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct registers r;
	int err;

	begin(plan, core, &r);
	err = unlock(&r, why);
	if (err)
		return err;
	write_words(plan, &r);
	if (!option_has_arrived(plan, &r) && !r.error)
		return explain(why, E_FLASH, "The option registers don't take these values; nothing was written.");
	if (r.error)
		return explain(why, r.error, "Before anything was written: %s.", error_text(r.error));
	return start(plan, &r, why);
}

const struct option_kind option_kind_h7 = {
	.settle = settle,
	.write = write_plan,
};
