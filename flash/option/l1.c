/* SPDX-License-Identifier: MIT
 *
 * Option words of L0 and L1: in memory, a half-word and its complement each, erased and written one by one, loaded
 * by OBL_LAUNCH (RM0367 3.3.4 and 3.8, RM0038 3.8).
 */
#include "flash/option/option.h"

#include "flash/registers.h"
#include "probe/bytes.h"

enum { PECR = 0x04, PEKEYR = 0x0C, OPTKEYR = 0x14, SR = 0x18 };

#define PEKEY1 0x89ABCDEFu
#define PEKEY2 0x02030405u
#define OPTKEY1 0xFBEAD9C8u
#define OPTKEY2 0x24252627u

enum { PECR_PELOCK = 1 << 0, PECR_PRGLOCK = 1 << 1, PECR_OPTLOCK = 1 << 2, PECR_OBL_LAUNCH = 1 << 18,
       PECR_LOCKS = PECR_PELOCK | PECR_PRGLOCK | PECR_OPTLOCK };

/* OPTVERR stays from the last load and says nothing of a write. */
enum { SR_BSY = 1 << 0, SR_ERRORS = 0x2700, SR_STALE = 0x00033F02 };

enum { SETTLE_US = 2000000, ATTEMPTS = 2 };

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
	uint32_t pecr;

	registers_poll(r, SR, SR_BSY, 0, SETTLE_US);
	pecr = registers_read(r, PECR);
	if (pecr & PECR_PELOCK) {
		registers_write(r, PEKEYR, PEKEY1);
		registers_write(r, PEKEYR, PEKEY2);
	}
	if (pecr & PECR_OPTLOCK) {
		registers_write(r, OPTKEYR, OPTKEY1);
		registers_write(r, OPTKEYR, OPTKEY2);
	}
	pecr = registers_read(r, PECR);
	registers_write(r, SR, SR_STALE);
	if (r->error)
		return explain(why, r->error, "Unlocking the option bytes: %s.", error_text(r->error));
	return pecr & (PECR_PELOCK | PECR_OPTLOCK) ?
	       explain(why, E_LOCKED, "The option bytes don't take the keys: they stay locked until the next reset.") :
	       OK;
}

static uint32_t with_complement(uint32_t word)
{
	return (word & 0xFFFF) | ~word << 16;
}

/* From the last to the first, which is read protection: it counts for nothing that is half done. */
static uint32_t write_words(const struct option_plan *plan, struct registers *r)
{
	uint32_t failed = 0;

	for (size_t i = plan->chip->option_word_count; i-- > 0 && !r->error && !failed;) {
		uint32_t address = plan->chip->option_words[i].address, value = with_complement(plan->after[i]);
		uint32_t now = registers_read(r, address - r->base);

		if (r->error || now == value)
			continue;
		registers_write(r, address - r->base, value);
		failed = registers_poll(r, SR, SR_BSY, 0, SETTLE_US) & SR_ERRORS;
		if (!failed && registers_read(r, address - r->base) != value && !r->error)
			failed = SR_BSY;
	}
	return failed;
}

static int attempt(const struct option_plan *plan, struct registers *r, struct why *why)
{
	int err = unlock(r, why);
	uint32_t failed;

	if (err)
		return err;
	failed = write_words(plan, r);
	registers_write(r, PECR, PECR_LOCKS);
	if (r->error)
		return explain(why, r->error, "The option bytes were being written: %s.", error_text(r->error));
	return failed ? explain(why, E_FLASH, "The flash controller refuses these option bytes (SR = 0x%08x).",
				failed) : OK;
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

static int load(const struct option_plan *plan, struct core *core, struct why *why)
{
	static const struct option_launch launch = { PECR, PECR_OBL_LAUNCH, PECR_PELOCK };
	struct registers r;
	int err;

	begin(plan, core, &r);
	err = unlock(&r, why);
	return err ? err : option_launch(plan, core, &launch, why);
}

const struct option_kind option_kind_l1 = {
	.settle = settle,
	.write = write_plan,
	.load = load,
	.in_memory = true,
};
