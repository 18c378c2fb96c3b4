/* SPDX-License-Identifier: MIT
 *
 * Option bytes of L4, L4+, G0, G4, C0, U0 and of L5, U5, U3, WBA: registers that OPTSTRT writes and OBL_LAUNCH
 * loads, with a reset (RM0351 3.4.2, RM0444 3.4.2, RM0456 7.4.2).
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

enum { SR_FAILED = 0x3FA, SR_OPTWERR = 1 << 13, SR_STALE = 0xC3FA };

/* Option bytes take two page erases; lifting read protection erases all (the slowest data sheet: 1 s for a
 * bank). */
enum { SETTLE_US = 2000000, ERASE_US = 10000000 };

struct row {
	const char *controller;
	uint8_t optkeyr, sr, cr;
	uint8_t last_busy;		/* bits 16 to this one of SR */
	uint16_t refused;		/* more error bits of SR */
};

static const struct row rows[] = {
	{ "l4", 0x0C, 0x10, 0x14, 16, 0 },
	{ "l4sb", 0x0C, 0x10, 0x14, 16, 0 },
	{ "l4plus", 0x0C, 0x10, 0x14, 16, 0 },
	{ "g0", 0x0C, 0x10, 0x14, 18, 0 },
	{ "g0db", 0x0C, 0x10, 0x14, 18, 0 },
	{ "g4", 0x0C, 0x10, 0x14, 18, 0 },
	{ "g4db", 0x0C, 0x10, 0x14, 18, 0 },
	{ "c0", 0x0C, 0x10, 0x14, 18, 0 },
	{ "u0", 0x0C, 0x10, 0x14, 18, 0 },
	{ "l5", 0x10, 0x20, 0x28, 17, SR_OPTWERR },
	{ "u5", 0x10, 0x20, 0x28, 17, SR_OPTWERR },
	{ "u3", 0x10, 0x20, 0x28, 17, SR_OPTWERR },
	{ "wba", 0x10, 0x20, 0x28, 17, SR_OPTWERR },
	{ "wba2", 0x10, 0x20, 0x28, 17, SR_OPTWERR },
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
	if (r->error)
		return explain(why, r->error, "Unlocking the option bytes: %s.", error_text(r->error));
	return cr & (CR_LOCK | CR_OPTLOCK) ? explain(why, E_LOCKED, "The option bytes don't take the keys: they stay "
						     "locked until the next reset.") : OK;
}

static int start(const struct option_plan *plan, const struct row *row, struct registers *r,
		 struct why *why)
{
	uint32_t sr;

	registers_write(r, row->cr, CR_OPTSTRT);
	sr = registers_poll(r, row->sr, busy(row), 0, longest_us(plan));
	if (r->late)
		return explain(why, r->error, "The flash controller is still busy with the option bytes.");
	registers_write(r, row->cr, CR_LOCK | CR_OPTLOCK);
	if (r->error)
		return explain(why, r->error, "The option bytes were being written: %s.", error_text(r->error));
	return sr & (SR_FAILED | row->refused) ? explain(why, E_FLASH, "The flash controller refuses these option "
							 "bytes (SR = 0x%08x).", sr) : OK;
}

static int write_plan(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);
	int err;

	registers_poll(&r, row->sr, busy(row), 0, SETTLE_US);
	err = unlock(row, &r, why);
	if (err)
		return err;
	registers_write(&r, row->sr, SR_STALE | row->refused);
	for (size_t i = 0; i < plan->chip->option_word_count; i++)
		if (plan->before[i] != plan->after[i])
			registers_write(&r, plan->chip->option_words[i].address - r.base, plan->after[i]);
	if (!option_has_arrived(plan, &r) && !r.error)
		return explain(why, E_FLASH, "The option registers don't take these values; nothing was written.");
	if (r.error)
		return explain(why, r.error, "Before anything was written: %s.", error_text(r.error));
	return start(plan, row, &r, why);
}

static int load(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct registers r;
	const struct row *row = begin(plan, core, &r);
	struct option_launch launch = { row->cr, CR_OBL_LAUNCH, CR_LOCK };
	int err = unlock(row, &r, why);

	return err ? err : option_launch(plan, core, &launch, why);
}

const struct option_kind option_kind_l4 = {
	.settle = settle,
	.write = write_plan,
	.load = load,
};
