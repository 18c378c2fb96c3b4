/* SPDX-License-Identifier: MIT
 *
 * The window watchdog (RM0090 section 22): a 7-bit down-counter on APB1 / 4096 that may be
 * refreshed only inside its window.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include "probe/log.h"

#include <stdlib.h>

enum { CR = 0, CFR = 4, SR = 8, CR_WDGA = 1 << 7, CFR_TB_SHIFT = 7, CFR_EWI = 1 << 9, T6 = 0x40,
       TICK_CLOCKS = 4096, IRQ = 0 };

struct wwdg {
	struct soc *soc;
	unsigned gate, freeze_bit;
	uint32_t cr, cfr, sr;
	uint64_t since_ns;		/* when CR's counter value was written */
	bool frozen, warned;
	uint32_t frozen_t;
	struct vclock_alarm step;	/* at the warning, then at the reset */
};

static uint64_t tick_ns(const struct wwdg *wwdg)
{
	uint64_t clocks = (uint64_t)TICK_CLOCKS << (wwdg->cfr >> CFR_TB_SHIFT & 3);

	return clocks * 1000000000u / wwdg->soc->apb_hz[0];
}

static uint32_t counter(const struct wwdg *wwdg)
{
	uint32_t t = wwdg->cr & 0x7F;
	uint64_t passed;

	if (wwdg->frozen)
		return wwdg->frozen_t;
	if (!(wwdg->cr & CR_WDGA))
		return t;
	passed = vclock_since(wwdg->soc->clock, wwdg->since_ns) / tick_ns(wwdg);
	return passed < t ? t - (uint32_t)passed : 0;
}

static void arm(struct wwdg *wwdg)
{
	uint32_t t = wwdg->cr & 0x7F;
	uint32_t ticks = t > T6 && !wwdg->warned ? t - T6 : t - T6 + 1;
	uint64_t passed_ns = vclock_since(wwdg->soc->clock, wwdg->since_ns);
	uint64_t after_ns = ticks * tick_ns(wwdg);

	if (wwdg->cr & CR_WDGA && !wwdg->frozen)
		vclock_arm(wwdg->soc->clock, &wwdg->step,
			   after_ns > passed_ns ? after_ns - passed_ns : 0);
}

static void expire(struct wwdg *wwdg, const char *why)
{
	log_line(LOG_VIRTUAL, "wwdg: reset (%s)", why);
	vclock_disarm(&wwdg->step);
	soc_request_reset(wwdg->soc, SOC_RESET_WWDG);
}

static void update_irq(struct wwdg *wwdg)
{
	soc_set_irq(wwdg->soc, IRQ, wwdg->sr & 1 && wwdg->cfr & CFR_EWI);
}

static void ring(void *context)
{
	struct wwdg *wwdg = context;

	if (counter(wwdg) < T6) {
		expire(wwdg, "not refreshed");
		return;
	}
	wwdg->warned = true;
	wwdg->sr = 1;
	update_irq(wwdg);
	arm(wwdg);
}

static uint32_t wwdg_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct wwdg *wwdg = state;

	(void)master;
	return offset == CR ? (wwdg->cr & CR_WDGA) | counter(wwdg)
	     : offset == CFR ? wwdg->cfr : offset == SR ? wwdg->sr : 0;
}

static void refresh(struct wwdg *wwdg, uint32_t value)
{
	bool running = wwdg->cr & CR_WDGA;
	uint32_t now = counter(wwdg);

	wwdg->cr = (value & 0xFF) | (wwdg->cr & CR_WDGA);
	wwdg->since_ns = vclock_now(wwdg->soc->clock);
	wwdg->frozen_t = value & 0x7F;
	wwdg->warned = false;
	if (running && now > (wwdg->cfr & 0x7F))
		expire(wwdg, "refreshed before the window");
	else if (wwdg->cr & CR_WDGA && !(value & T6))
		expire(wwdg, "T6 cleared");
	else
		arm(wwdg);
}

static void wwdg_write(void *state, uint32_t offset, uint32_t value)
{
	struct wwdg *wwdg = state;

	if (offset == CR)
		refresh(wwdg, value);
	else if (offset == CFR)
		wwdg->cfr = (value & 0x3FF) | (wwdg->cfr & CFR_EWI);
	else if (offset == SR)
		wwdg->sr &= value;
	update_irq(wwdg);
}

static void wwdg_notice(void *state)
{
	struct wwdg *wwdg = state;
	bool freeze = soc_frozen(wwdg->soc, wwdg->freeze_bit);

	if (freeze == wwdg->frozen)
		return;
	if (freeze) {
		wwdg->frozen_t = counter(wwdg);
		vclock_disarm(&wwdg->step);
	}
	wwdg->frozen = freeze;
	if (!freeze && wwdg->cr & CR_WDGA) {
		wwdg->cr = CR_WDGA | wwdg->frozen_t;
		wwdg->since_ns = vclock_now(wwdg->soc->clock);
		arm(wwdg);
	}
}

static void wwdg_reset(void *state)
{
	struct wwdg *wwdg = state;

	vclock_disarm(&wwdg->step);
	wwdg->cr = wwdg->cfr = 0x7F;
	wwdg->sr = 0;
	wwdg->warned = false;
	update_irq(wwdg);
}

int wwdg_add(struct soc *soc, uint32_t base, unsigned gate, unsigned freeze_bit)
{
	struct wwdg *wwdg = calloc(1, sizeof(*wwdg));

	if (!wwdg)
		return E_MEMORY;
	wwdg->soc = soc;
	wwdg->gate = gate;
	wwdg->freeze_bit = freeze_bit;
	wwdg->step.ring = ring;
	wwdg->step.context = wwdg;
	vclock_add(soc->clock, &wwdg->step);
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "wwdg", .state = wwdg,
			   .gate = gate, .reset = wwdg_reset, .notice = wwdg_notice });
	soc_add_registers(soc, &(struct soc_registers){ .name = "WWDG", .base = base, .gate = gate,
			  .apb = true, .state = wwdg, .read = wwdg_read, .write = wwdg_write });
	return OK;
}
