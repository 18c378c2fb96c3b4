/* SPDX-License-Identifier: MIT
 *
 * Option bytes of L4, L4+, G0, G4, C0, U0, WB, WL and of L5, U5, U3, WBA: registers that OPTSTRT writes and
 * OBL_LAUNCH loads, with a reset (RM0351 3.4.2, RM0444 3.4.2, RM0434 3.4.2, RM0456 7.4.2).
 */
#include "flash/option/option.h"

#include <string.h>

#include "flash/registers.h"
#include "probe/bytes.h"

enum { KEYR = 0x08 };

#define KEY1 0x45670123u
#define KEY2 0xCDEF89ABu
#define OPTKEY1 0x08192A3Bu
#define OPTKEY2 0x4C5D6E7Fu

#define CR_OPTSTRT	(1u << 17)
#define CR_OBL_LAUNCH	(1u << 27)
#define CR_OPTLOCK	(1u << 30)
#define CR_LOCK		(1u << 31)

enum { SR_FAILED = 0x3FA, SR_OPTWERR = 1 << 13, SR_PESD = 1 << 19, SR_STALE = 0xC3FA };

/* Option bytes take two page erases; lifting read protection erases all (the slowest data sheet: 1 s for a
 * bank). */
enum { SETTLE_US = 2000000, ERASE_US = 10000000 };

struct row {
	const char *controller;
	uint8_t optkeyr, sr, cr;
	uint8_t last_busy;		/* bits 16 to this one of SR */
	uint16_t refused;		/* more error bits of SR */
	bool second_core;		/* which may be using the controller */
};

static const struct row rows[] = {
	{ "l4", 0x0C, 0x10, 0x14, 16, 0, false },
	{ "l4sb", 0x0C, 0x10, 0x14, 16, 0, false },
	{ "l4plus", 0x0C, 0x10, 0x14, 16, 0, false },
	{ "g0", 0x0C, 0x10, 0x14, 18, 0, false },
	{ "g0db", 0x0C, 0x10, 0x14, 18, 0, false },
	{ "g4", 0x0C, 0x10, 0x14, 18, 0, false },
	{ "g4db", 0x0C, 0x10, 0x14, 18, 0, false },
	{ "c0", 0x0C, 0x10, 0x14, 18, 0, false },
	{ "u0", 0x0C, 0x10, 0x14, 18, 0, false },
	{ "wb", 0x0C, 0x10, 0x14, 18, 0, true },
	{ "wl", 0x0C, 0x10, 0x14, 18, 0, true },
	{ "l5", 0x10, 0x20, 0x28, 17, SR_OPTWERR, false },
	{ "u5", 0x10, 0x20, 0x28, 17, SR_OPTWERR, false },
	{ "u3", 0x10, 0x20, 0x28, 17, SR_OPTWERR, false },
	{ "wba", 0x10, 0x20, 0x28, 17, SR_OPTWERR, false },
	{ "wba2", 0x10, 0x20, 0x28, 17, SR_OPTWERR, false },
};

static const struct row *begin(const struct option_plan *plan, struct core *core, struct registers *r)
{
	registers_begin(r, core->board->probe, core->port, plan->chip->flash_registers);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].controller, plan->chip->controller))
			return &rows[i];
	return NULL;			/* option_kind_find() knows no others */
}

static uint32_t busy(const struct row *row)
{
	return (2u << row->last_busy) - (1u << 16);
}

static uint64_t longest_us(const struct option_plan *plan)
{
	return option_plan_weight(plan) == OPTION_LIGHT ? SETTLE_US : ERASE_US;
}

static int settle(const struct option_plan *plan, struct core *core)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);

	registers_poll(&r, row->sr, busy(row), 0, longest_us(plan));
	return r.error;
}

static int unlock(const struct row *row, struct registers *r, struct why *why)
{
	uint32_t cr = registers_read(r, row->cr);

	if (cr & CR_LOCK) {
		registers_write(r, KEYR, KEY1);
		registers_write(r, KEYR, KEY2);
	}
	if (cr & CR_OPTLOCK) {
		registers_write(r, row->optkeyr, OPTKEY1);
		registers_write(r, row->optkeyr, OPTKEY2);
	}
	cr = registers_read(r, row->cr);
	return option_explain_unlock(r, cr & (CR_LOCK | CR_OPTLOCK), why);
}

static int start(const struct option_plan *plan, const struct row *row, struct registers *r,
		 struct why *why)
{
	uint32_t sr;

	registers_write(r, row->cr, CR_OPTSTRT);
	sr = registers_poll(r, row->sr, busy(row), 0, longest_us(plan));
	registers_write(r, row->cr, CR_LOCK | CR_OPTLOCK);
	return option_explain_write(r, sr & (SR_FAILED | row->refused), sr, why);
}

/* The second core starts after a reset only when the first one lets it. */
static int quiet_second_core(const struct row *row, struct core *core, struct why *why)
{
	struct why reason = { "" };
	int err = row->second_core ? board_reset(core->board, RESET_AUTO, true, &reason) : OK;

	return err ? explain(why, err, "Stopping the second core by a reset, before the option bytes: %s Nothing was "
			     "written.", reason.text[0] ? reason.text : error_text(err)) : OK;
}

static int check_status(const struct row *row, struct registers *r, struct why *why)
{
	uint32_t sr = registers_poll(r, row->sr, busy(row), 0, SETTLE_US);

	if (!r->error && row->second_core && sr & SR_PESD)
		return explain(why, E_PROTECTED, "The second core suspends flash operations (PESD); nothing was written.");
	return OK;
}

static int write_registers(const struct option_plan *plan, const struct row *row, struct registers *r,
			   struct why *why)
{
	registers_write(r, row->sr, SR_STALE | row->refused);
	for (size_t i = 0; i < plan->chip->option_word_count; i++)
		if (plan->before[i] != plan->after[i])
			registers_write(r, plan->chip->option_words[i].address - r->base, plan->after[i]);
	return option_check_arrival(plan, r, why);
}

static int write_plan(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);
	int err = quiet_second_core(row, core, why);

	if (!err)
		err = check_status(row, &r, why);
	if (!err)
		err = unlock(row, &r, why);
	if (!err)
		err = write_registers(plan, row, &r, why);
	return err ? err : start(plan, row, &r, why);
}

static int load(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);
	struct option_launch launch = { row->cr, CR_OBL_LAUNCH, CR_LOCK };
	int err = unlock(row, &r, why);

	return err ? err : option_launch(plan, core, &launch, why);
}

static int lock(const struct option_plan *plan, struct core *core, bool *was_open)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);

	*was_open = !(registers_read(&r, row->cr) & CR_OPTLOCK) && !r.error;
	if (*was_open)
		registers_write(&r, row->cr, CR_LOCK | CR_OPTLOCK);
	return r.error;
}

const struct option_kind option_kind_l4 = {
	.settle = settle,
	.lock = lock,
	.write = write_plan,
	.load = load,
};
