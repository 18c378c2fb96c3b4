/* SPDX-License-Identifier: MIT
 *
 * The independent watchdog (RM0090 section 21): keys, prescaler and reload value on the 32 kHz LSI,
 * which takes some cycles to accept them. It stands still only while the core is halted and the
 * freeze bit is set.
 */
#include "probe/virtual/peripherals.h"

#include "probe/log.h"

#include <stdlib.h>

enum { KR = 0, PR = 4, RLR = 8, SR = 12, SR_PVU = 1, SR_RVU = 2 };

enum { KEY_UNLOCK = 0x5555, KEY_RELOAD = 0xAAAA, KEY_START = 0xCCCC };

enum { LSI_NS = 31250, UPDATE_NS = 5 * LSI_NS /* 21.4.4: up to 5 cycles */ };

/* A value that crosses into the LSI domain. */
struct crossing {
	uint32_t value, old;
	uint64_t done_ns;
};

struct iwdg {
	struct soc *soc;
	unsigned freeze_bit;
	bool unlocked, running, frozen;
	struct crossing prescaler, reload;
	uint64_t left_ns;		/* while frozen */
	struct vclock_alarm expiry;
};

static bool crossing_busy(const struct iwdg *iwdg, const struct crossing *c)
{
	return vclock_now(iwdg->soc->clock) < c->done_ns;
}

static uint32_t crossing_value(const struct iwdg *iwdg, const struct crossing *c)
{
	return crossing_busy(iwdg, c) ? c->old : c->value;
}

static void crossing_write(struct iwdg *iwdg, struct crossing *c, uint32_t value, const char *name)
{
	if (!iwdg->unlocked || crossing_busy(iwdg, c)) {
		log_line(LOG_VIRTUAL, "iwdg: %s written while %s: ignored", name,
			 iwdg->unlocked ? "its last value is under way" : "locked");
		return;
	}
	c->old = c->value;
	c->value = value;
	c->done_ns = vclock_now(iwdg->soc->clock) + UPDATE_NS;
}

/* A changed prescaler counts from the next reload on. */
static void reload(struct iwdg *iwdg)
{
	uint32_t shift = crossing_value(iwdg, &iwdg->prescaler);
	uint64_t ticks = crossing_value(iwdg, &iwdg->reload) + 1;

	if (!iwdg->running)
		return;
	iwdg->left_ns = ticks * LSI_NS * (4u << (shift > 6 ? 6 : shift));
	if (!iwdg->frozen)
		vclock_arm(iwdg->soc->clock, &iwdg->expiry, iwdg->left_ns);
}

static void start(struct iwdg *iwdg)
{
	iwdg->running = true;
	reload(iwdg);
}

static void expire(void *context)
{
	struct iwdg *iwdg = context;

	log_line(LOG_VIRTUAL, "iwdg: reset");
	soc_request_reset(iwdg->soc, SOC_RESET_IWDG);
}

static uint32_t iwdg_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct iwdg *iwdg = state;

	(void)master;
	switch (offset) {
	case PR:
		return crossing_value(iwdg, &iwdg->prescaler);
	case RLR:
		return crossing_value(iwdg, &iwdg->reload);
	case SR:
		return (crossing_busy(iwdg, &iwdg->prescaler) ? SR_PVU : 0) |
		       (crossing_busy(iwdg, &iwdg->reload) ? SR_RVU : 0);
	default:
		return 0;
	}
}

static void iwdg_write(void *state, uint32_t offset, uint32_t value)
{
	struct iwdg *iwdg = state;

	if (offset == PR)
		crossing_write(iwdg, &iwdg->prescaler, value & 7, "PR");
	else if (offset == RLR)
		crossing_write(iwdg, &iwdg->reload, value & 0xFFF, "RLR");
	if (offset != KR)
		return;
	value &= 0xFFFF;
	iwdg->unlocked = value == KEY_UNLOCK;
	if (value == KEY_START)
		start(iwdg);
	else if (value == KEY_RELOAD)
		reload(iwdg);
}

static void iwdg_notice(void *state)
{
	struct iwdg *iwdg = state;
	const struct soc *soc = iwdg->soc;
	bool freeze = soc->core_halted && soc->freeze[0] >> iwdg->freeze_bit & 1;

	if (freeze == iwdg->frozen)
		return;
	iwdg->frozen = freeze;
	if (!iwdg->running)
		return;
	if (freeze) {
		iwdg->left_ns = iwdg->expiry.due_ns - vclock_now(soc->clock);
		vclock_disarm(&iwdg->expiry);
	} else {
		vclock_arm(soc->clock, &iwdg->expiry, iwdg->left_ns);
	}
}

static void iwdg_reset(void *state)
{
	struct iwdg *iwdg = state;

	vclock_disarm(&iwdg->expiry);
	iwdg->unlocked = iwdg->running = iwdg->frozen = false;
	iwdg->prescaler = (struct crossing){ 0, 0, 0 };
	iwdg->reload = (struct crossing){ 0xFFF, 0xFFF, 0 };
	if (iwdg->soc->hardware_watchdog)
		start(iwdg);
	iwdg_notice(iwdg);
}

static void iwdg_power(void *state, bool on)
{
	struct iwdg *iwdg = state;

	if (!on)
		vclock_disarm(&iwdg->expiry);
}

int iwdg_add(struct soc *soc, uint32_t base, unsigned freeze_bit)
{
	struct iwdg *iwdg = calloc(1, sizeof(*iwdg));

	if (!iwdg)
		return E_MEMORY;
	iwdg->soc = soc;
	iwdg->freeze_bit = freeze_bit;
	iwdg->expiry.ring = expire;
	iwdg->expiry.context = iwdg;
	vclock_add(soc->clock, &iwdg->expiry);
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "iwdg", .state = iwdg,
			   .gate = SOC_ALWAYS_ON, .reset = iwdg_reset, .power = iwdg_power,
			   .notice = iwdg_notice });
	soc_add_registers(soc, &(struct soc_registers){ .name = "IWDG", .base = base,
			  .gate = SOC_ALWAYS_ON, .apb = true, .state = iwdg, .read = iwdg_read,
			  .write = iwdg_write });
	return OK;
}
