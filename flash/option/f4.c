/* SPDX-License-Identifier: MIT
 *
 * Option bytes of F2, F4 and F7: OPTCR and its kin. RM0090 3.6.2 and 3.9.10, RM0410 3.4.2.
 */
#include "flash/option/option.h"

#include <string.h>

#include "flash/registers.h"
#include "probe/bytes.h"

enum { OPTKEYR = 0x08, SR = 0x0C, OPTCR = 0x14 };

#define OPTKEY1 0x08192A3Bu
#define OPTKEY2 0x4C5D6E7Fu

enum { OPTCR_LOCK = 1 << 0, OPTCR_STRT = 1 << 1, OPTCR_CONTROL = OPTCR_LOCK | OPTCR_STRT };

enum { SR_BSY = 1 << 16, SR_ERRORS = 0x1F2 };

/* An operation that is under way ends within the longest sector erase; option bytes take as long as a
 * sector of 16 KiB; lifting read protection erases all, at the slowest 32 s for a MiB (DS8626 table 40,
 * x8). */
enum { SETTLE_US = 4400000, WRITE_US = 5000000, ERASE_US_PER_KIB = 32000 };

static void unlock(struct registers *r)
{
	registers_poll(r, SR, SR_BSY, 0, SETTLE_US);
	if (!(registers_read(r, OPTCR) & OPTCR_LOCK))
		return;
	registers_write(r, OPTKEYR, OPTKEY1);
	registers_write(r, OPTKEYR, OPTKEY2);
}

/* OPTCR comes last: its start bit writes all of them. */
static void write_words(const struct option_plan *plan, struct registers *r)
{
	for (size_t i = plan->chip->option_word_count; i-- > 1;)
		if (plan->before[i] != plan->after[i])
			registers_write(r, plan->chip->option_words[i].address - r->base, plan->after[i]);
	registers_write(r, OPTCR, plan->after[0] & ~(uint32_t)OPTCR_CONTROL);
}

static uint64_t longest_us(const struct option_plan *plan)
{
	if (option_plan_weight(plan) == OPTION_LIGHT)
		return WRITE_US;
	return WRITE_US + (uint64_t)ERASE_US_PER_KIB * (chip_flash_size(plan->chip) / 1024);
}

static int start(const struct option_plan *plan, struct registers *r, struct why *why)
{
	uint32_t control = plan->after[0] & ~(uint32_t)OPTCR_CONTROL, sr;

	registers_write(r, OPTCR, control | OPTCR_STRT);
	sr = registers_poll(r, SR, SR_BSY, 0, longest_us(plan));
	registers_write(r, OPTCR, control | OPTCR_LOCK);
	return option_explain_write(r, sr & SR_ERRORS, sr, why);
}

static int write_plan(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct registers r;
	int err;

	registers_begin(&r, core->board->probe, core->port, plan->chip->flash_registers);
	unlock(&r);
	err = option_explain_unlock(&r, registers_read(&r, OPTCR) & OPTCR_LOCK, why);
	if (err)
		return err;
	registers_write(&r, SR, SR_ERRORS);
	write_words(plan, &r);
	err = option_check_arrival(plan, &r, why);
	return err ? err : start(plan, &r, why);
}

static int settle(const struct option_plan *plan, struct core *core)
{
	struct registers r;

	registers_begin(&r, core->board->probe, core->port, plan->chip->flash_registers);
	registers_poll(&r, SR, SR_BSY, 0, longest_us(plan));
	return r.error;
}

static int lock(const struct option_plan *plan, struct core *core, bool *was_open)
{
	struct registers r;
	uint32_t optcr;

	registers_begin(&r, core->board->probe, core->port, plan->chip->flash_registers);
	optcr = registers_read(&r, OPTCR);
	*was_open = !r.error && !(optcr & OPTCR_LOCK);
	if (*was_open)
		registers_write(&r, OPTCR, (optcr & ~(uint32_t)OPTCR_STRT) | OPTCR_LOCK);
	return r.error;
}

const struct option_kind option_kind_f4 = {
	.settle = settle,
	.lock = lock,
	.write = write_plan,
	.brownout_known = true,
	.brownout_mv = { 2700, 2400, 2100, 0 },		/* RM0090 3.7.2 */
};
