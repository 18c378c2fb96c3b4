/* SPDX-License-Identifier: MIT
 *
 * The independent watchdog (RM0090 section 21): keys, prescaler and reload value on the LSI, which
 * takes some cycles to accept them; on later families a window, too (RM0091 section 23). It stands
 * still only while the core is halted and the freeze bit is set.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include "probe/log.h"

#include <stdlib.h>

enum { KR = 0, PR = 4, RLR = 8, SR = 12, WINR = 16, SR_PVU = 1, SR_RVU = 2, SR_WVU = 4 };

enum { KEY_UNLOCK = 0x5555, KEY_RELOAD = 0xAAAA, KEY_START = 0xCCCC };

enum { LSI_HZ = 32000, UPDATE_CYCLES = 5 /* 21.4.4: up to 5 */, NO_WINDOW = 0xFFF };

/* A value that crosses into the LSI domain. */
struct crossing {
	uint32_t value, old;
	uint64_t done_ns;
};

struct iwdg {
	struct soc *soc;
	unsigned freeze_bit;
	bool has_window;
	bool unlocked, running, frozen;
	struct crossing prescaler, reload, window;
	uint64_t left_ns;		/* while frozen */
	struct vclock_alarm expiry;
};

static uint64_t cycle_ns(const struct iwdg *iwdg)
{
	return 1000000000u / (iwdg->soc->lsi_hz ? iwdg->soc->lsi_hz : LSI_HZ);
}

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
	c->done_ns = vclock_now(iwdg->soc->clock) + UPDATE_CYCLES * cycle_ns(iwdg);
}

static uint64_t tick_ns(const struct iwdg *iwdg)
{
	uint32_t shift = crossing_value(iwdg, &iwdg->prescaler);

	return cycle_ns(iwdg) * (4u << (shift > 6 ? 6 : shift));
}

/* A changed prescaler counts from the next reload on. */
static void reload(struct iwdg *iwdg)
{
	uint64_t ticks = crossing_value(iwdg, &iwdg->reload) + 1;

	if (!iwdg->running)
		return;
	iwdg->left_ns = ticks * tick_ns(iwdg);
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

/* Too early, where there is a window, is as bad as too late. */
static void refresh(struct iwdg *iwdg)
{
	uint32_t window = crossing_value(iwdg, &iwdg->window);
	uint64_t left_ns = iwdg->expiry.due_ns - vclock_now(iwdg->soc->clock);

	if (iwdg->running && !iwdg->frozen && window < NO_WINDOW &&
	    left_ns > (uint64_t)(window + 1) * tick_ns(iwdg))
		expire(iwdg);
	else
		reload(iwdg);
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
		       (crossing_busy(iwdg, &iwdg->reload) ? SR_RVU : 0) |
		       (crossing_busy(iwdg, &iwdg->window) ? SR_WVU : 0);
	case WINR:
		return iwdg->has_window ? crossing_value(iwdg, &iwdg->window) : 0;
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
	else if (offset == WINR && iwdg->has_window)
		crossing_write(iwdg, &iwdg->window, value & 0xFFF, "WINR");
	if (offset == WINR && iwdg->has_window && iwdg->unlocked)
		reload(iwdg);
	if (offset != KR)
		return;
	value &= 0xFFFF;
	iwdg->unlocked = value == KEY_UNLOCK;
	if (value == KEY_START)
		start(iwdg);
	else if (value == KEY_RELOAD)
		refresh(iwdg);
}

static void iwdg_notice(void *state)
{
	struct iwdg *iwdg = state;
	const struct soc *soc = iwdg->soc;
	bool freeze = soc_frozen(soc, iwdg->freeze_bit);

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
	iwdg->reload = iwdg->window = (struct crossing){ 0xFFF, 0xFFF, 0 };
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

static int add(struct soc *soc, uint32_t base, unsigned freeze_bit, bool has_window)
{
	struct iwdg *iwdg = calloc(1, sizeof(*iwdg));

	if (!iwdg)
		return E_MEMORY;
	iwdg->soc = soc;
	iwdg->freeze_bit = freeze_bit;
	iwdg->has_window = has_window;
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

int iwdg_add(struct soc *soc, uint32_t base, unsigned freeze_bit)
{
	return add(soc, base, freeze_bit, false);
}

int iwdg_windowed_add(struct soc *soc, uint32_t base, unsigned freeze_bit)
{
	return add(soc, base, freeze_bit, true);
}
