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
	uint64_t timeout_us = longest_us(plan);

	registers_write(r, OPTCR, control | OPTCR_STRT);
	sr = registers_poll(r, SR, SR_BSY, 0, timeout_us);
	if (r->late)
		return explain(why, r->error, "The flash controller is still busy with the option bytes after %u s.",
			       (unsigned)(timeout_us / 1000000));
	registers_write(r, OPTCR, control | OPTCR_LOCK);
	if (r->error)
		return explain(why, r->error, "The option bytes were being written: %s.", error_text(r->error));
	return sr & SR_ERRORS ? explain(why, E_FLASH, "The flash controller refuses these option bytes "
					"(SR = 0x%08x).", sr) : OK;
}

static int write_plan(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct registers r;

	registers_begin(&r, core->board->probe, core->port, plan->chip->flash_registers);
	unlock(&r);
	if (registers_read(&r, OPTCR) & OPTCR_LOCK && !r.error)
		return explain(why, E_LOCKED, "The option bytes don't take the keys: they stay locked until the next "
			       "reset.");
	registers_write(&r, SR, SR_ERRORS);
	write_words(plan, &r);
	if (!option_has_arrived(plan, &r) && !r.error)
		return explain(why, E_FLASH, "The option registers don't take these values; nothing was written.");
	if (r.error)
		return explain(why, r.error, "Before anything was written: %s.", error_text(r.error));
	return start(plan, &r, why);
}

static int settle(const struct option_plan *plan, struct core *core)
{
	struct registers r;

	registers_begin(&r, core->board->probe, core->port, plan->chip->flash_registers);
	registers_poll(&r, SR, SR_BSY, 0, longest_us(plan));
	return r.error;
}

/* ---- write protection ---- */

enum { LAST_BIT = 14 };

/* With two banks the second one's bits are in OPTCR1 on F4 (nWRP2), and on F7 in the upper half of nWRP,
 * where a bit stands for two sectors (RM0410 3.4.2). The F413's last bit stands for two, too. */
static int protection_bit(const struct chip *chip, const struct chip_option_field *field,
			  const struct chip_sector *sector)
{
	unsigned bank = chip->banks[sector->bank].physical;
	bool pairs = !strcmp(chip->controller, "f7db") && chip->bank_count > 1;

	if (!strcmp(field->name, "PCROP0"))
		return (int)sector->number;
	if (!strcmp(field->name, "nWRP") && pairs)
		return (int)(sector->number / 2 + 6 * bank);
	if (!strcmp(field->name, bank ? "nWRP2" : "nWRP"))
		return (int)min_u32(sector->number, LAST_BIT);
	return -1;
}

static bool one_protects(const struct chip_option_field *field)
{
	return !strcmp(field->name, "PCROP0");
}

const struct option_kind option_kind_f4 = {
	.settle = settle,
	.write = write_plan,
	.protection_bit = protection_bit,
	.one_protects = one_protects,
	.brownout_known = true,
	.brownout_mv = { 2700, 2400, 2100, 0 },		/* RM0090 3.7.2 */
	.factory_known = true,
};
