/* SPDX-License-Identifier: MIT
 *
 * Option bytes of F0, F1 and F3: half-words in memory, a byte and its complement, which are erased together and
 * programmed one by one (RM0091 3.3 and 4, PM0075 2.5). Between the two the chip would come up read-protected:
 * read protection is programmed first, and what failed is done again before any reset.
 */
#include "flash/option/option.h"

#include <string.h>

#include "flash/registers.h"
#include "probe/bytes.h"

enum { KEYR = 0x04, OPTKEYR = 0x08, SR = 0x0C, CR = 0x10 };

#define KEY1 0x45670123u
#define KEY2 0xCDEF89ABu

enum { SR_BSY = 1 << 0, SR_ERRORS = 0x14, SR_STALE = 0x34 };

enum { CR_OPTPG = 1 << 4, CR_OPTER = 1 << 5, CR_STRT = 1 << 6, CR_LOCK = 1 << 7, CR_OPTWRE = 1 << 9,
       CR_OBL_LAUNCH = 1 << 13 };

/* Lifting read protection erases the flash when its byte is programmed. */
enum { SETTLE_US = 1000000, ATTEMPTS = 2 };

static void begin(const struct option_plan *plan, struct core *core, struct registers *r)
{
	registers_begin(r, core->board->probe, core->port, plan->chip->flash_registers);
}

static int settle(const struct option_plan *plan, struct core *core)
{
	struct registers r;

	begin(plan, core, &r);
	registers_poll(&r, SR, SR_BSY, 0, SETTLE_US);
	return r.error;
}

static int unlock(struct registers *r, struct why *why)
{
	uint32_t cr;

	registers_poll(r, SR, SR_BSY, 0, SETTLE_US);
	cr = registers_read(r, CR);
	if (cr & CR_LOCK) {
		registers_write(r, KEYR, KEY1);
		registers_write(r, KEYR, KEY2);
	}
	if (!(cr & CR_OPTWRE)) {
		registers_write(r, OPTKEYR, KEY1);
		registers_write(r, OPTKEYR, KEY2);
	}
	cr = registers_read(r, CR);
	registers_write(r, SR, SR_STALE);
	if (r->error)
		return explain(why, r->error, "Unlocking the option bytes: %s.", error_text(r->error));
	return cr & CR_LOCK || !(cr & CR_OPTWRE) ?
	       explain(why, E_LOCKED, "The option bytes don't take the keys: they stay locked until the next reset.") :
	       OK;
}

static void finish(struct registers *r, uint32_t *failed)
{
	*failed |= registers_poll(r, SR, SR_BSY, 0, SETTLE_US) & SR_ERRORS;
	registers_write(r, SR, SR_STALE);
}

/* The words come from the lowest address: read protection is the first. */
static void program(const struct option_plan *plan, struct registers *r, uint32_t *failed)
{
	for (size_t i = 0; i < 2 * plan->chip->option_word_count && !r->error; i++) {
		const struct chip_option_word *word = &plan->chip->option_words[i / 2];
		uint8_t byte = (uint8_t)(plan->after[i / 2] >> 16 * (i % 2)), half[2];

		half[0] = byte;
		half[1] = (uint8_t)~byte;
		r->error = probe_write(r->probe, r->port, word->address + 2 * (uint32_t)(i % 2), half, 2, PROBE_16,
				       NULL);
		finish(r, failed);
	}
}

static int attempt(const struct option_plan *plan, struct registers *r, struct why *why)
{
	uint32_t failed = 0;
	int err = unlock(r, why);

	if (err)
		return err;
	registers_write(r, CR, CR_OPTWRE | CR_OPTER);
	registers_write(r, CR, CR_OPTWRE | CR_OPTER | CR_STRT);
	finish(r, &failed);
	registers_write(r, CR, CR_OPTWRE | CR_OPTPG);
	program(plan, r, &failed);
	registers_write(r, CR, CR_LOCK);
	if (r->error)
		return explain(why, r->error, "The option bytes were being written: %s.", error_text(r->error));
	return failed ? explain(why, E_FLASH, "The flash controller refuses these option bytes (SR = 0x%08x).",
				failed) : OK;
}

/* Nothing is erased before it is sure that half-words can be written. */
static int write_plan(const struct option_plan *plan, struct core *core, struct why *why)
{
	struct registers r;
	int err = E_FIRMWARE;

	if (!probe_abilities(core->board->probe)->mem16)
		return explain(why, err, "This probe's firmware can't write half-words, which these option bytes need; "
			       "update it. Nothing was written.");
	for (unsigned i = 0; i < ATTEMPTS && err && err != E_LOCKED; i++) {
		begin(plan, core, &r);
		err = attempt(plan, &r, why);
	}
	return err;
}

/* F1 loads them at any reset, the others when they are told to. */
static int load(const struct option_plan *plan, struct core *core, struct why *why)
{
	static const struct option_launch launch = { CR, CR_OPTWRE | CR_OBL_LAUNCH, CR_LOCK };
	struct registers r;
	int err;

	if (!strcmp(plan->chip->family, "F1"))
		return OK;
	begin(plan, core, &r);
	err = unlock(&r, why);
	return err ? err : option_launch(plan, core, &launch, why);
}

/* ---- write protection: 4 KiB to a bit, the last bit for all the rest ---- */

enum { UNIT = 4096, LAST_UNIT = 31 };

static int protection_bit(const struct chip *chip, const struct chip_option_field *field,
			  const struct chip_sector *sector)
{
	uint32_t unit = min_u32((sector->base - chip->banks[0].base) / UNIT, LAST_UNIT);
	char name[] = { 'W', 'R', 'P', (char)('0' + unit / 8), '\0' };

	return strcmp(field->name, name) ? -1 : (int)(unit % 8);
}

static bool one_protects(const struct chip_option_field *field)
{
	(void)field;
	return false;
}

const struct option_kind option_kind_f1 = {
	.settle = settle,
	.write = write_plan,
	.load = load,
	.in_memory = true,
	.protection_bit = protection_bit,
	.one_protects = one_protects,
};
