/* SPDX-License-Identifier: MIT
 *
 * Reset and clock control from a table.
 */
#include "probe/virtual/peripherals/rcc.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <stdlib.h>
#include <string.h>

enum { OSCILLATORS_MAX = 16 };

struct rcc {
	struct soc *soc;
	const struct rcc_layout *layout;
	uint32_t words[RCC_SIZE / 4];
	uint32_t sws;				/* what SW said when the switch came through */
	uint64_t ready_ns[OSCILLATORS_MAX];	/* when it runs, while its bit is set */
	struct vclock_alarm switching;
};

uint32_t rcc_word(const struct rcc *rcc, uint32_t offset)
{
	return rcc->words[offset / 4];
}

const struct soc *rcc_soc(const struct rcc *rcc)
{
	return rcc->soc;
}

static const struct rcc_oscillator *oscillator(const struct rcc *rcc, unsigned index)
{
	return index < rcc->layout->oscillator_count ? &rcc->layout->oscillators[index] : NULL;
}

static bool is_on(const struct rcc *rcc, unsigned index)
{
	const struct rcc_oscillator *o = oscillator(rcc, index);

	return o && rcc_word(rcc, o->offset) & o->on;
}

static bool runs(const struct rcc *rcc, unsigned index)
{
	return is_on(rcc, index) && vclock_now(rcc->soc->clock) >= rcc->ready_ns[index];
}

static unsigned selected(const struct rcc *rcc, uint32_t sw)
{
	return sw < ARRAY_SIZE(rcc->layout->by_sw) ? rcc->layout->by_sw[sw] : RCC_NONE;
}

/* --- clocks ----------------------------------------------------------------------------------- */

static uint32_t field(const struct rcc *rcc, const struct rcc_field *f, uint32_t mask)
{
	return rcc_word(rcc, f->offset) >> f->shift & mask;
}

static uint32_t apb_shift(uint32_t ppre)
{
	return ppre & 4 ? (ppre & 3) + 1 : 0;
}

static void set_clocks(struct rcc *rcc)
{
	static const uint8_t ahb_shift[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 6, 7, 8, 9 };
	const struct rcc_layout *layout = rcc->layout;
	struct soc *soc = rcc->soc;
	uint32_t shifts[2] = { apb_shift(field(rcc, &layout->ppre1, 7)),
			       apb_shift(field(rcc, &layout->ppre2, 7)) };
	uint32_t hz = layout->hz(rcc, selected(rcc, rcc->sws));

	hz >>= ahb_shift[field(rcc, &layout->hpre, 15)];
	if (hz == 0) {
		log_line(LOG_VIRTUAL, "rcc: the system clock is set up for nothing");
		hz = 1;
	}
	for (unsigned i = 0; i < 2; i++) {
		soc->apb_hz[i] = max_u32(hz >> shifts[i], 1);
		soc->timer_hz[i] = shifts[i] ? soc->apb_hz[i] * 2 : hz;
	}
	if (hz != soc->hclk_hz)
		log_line(LOG_VIRTUAL, "rcc: HCLK %u Hz", (unsigned)hz);
	soc->hclk_hz = hz;
	soc->host->set_core_clock(soc->host->context, hz);
}

/* SWS follows SW as soon as the source runs. */
static void switch_clock(void *context)
{
	struct rcc *rcc = context;
	uint32_t sw = rcc_word(rcc, rcc->layout->cfgr) & rcc->layout->sw;
	unsigned wanted = selected(rcc, sw);

	vclock_disarm(&rcc->switching);
	if (runs(rcc, wanted))
		rcc->sws = sw;
	else if (is_on(rcc, wanted))
		vclock_arm(rcc->soc->clock, &rcc->switching,
			   rcc->ready_ns[wanted] - vclock_now(rcc->soc->clock));
	set_clocks(rcc);
}

/* --- registers -------------------------------------------------------------------------------- */

static uint32_t rcc_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct rcc *rcc = state;
	const struct rcc_layout *layout = rcc->layout;
	uint32_t value = rcc_word(rcc, offset);

	(void)master;
	for (unsigned i = 0; i < layout->oscillator_count; i++)
		if (layout->oscillators[i].offset == offset && runs(rcc, i))
			value |= layout->oscillators[i].ready;
	if (offset == layout->cfgr)
		value = (value & ~layout->sws) | rcc->sws << layout->sws_shift;
	return value;
}

static uint32_t all_flags(const struct rcc_layout *layout)
{
	uint32_t flags = 0;

	for (size_t i = 0; i < layout->cause_count; i++)
		flags |= layout->causes[i].flags;
	return flags;
}

/* Reset flags are read-only but for RMVF. */
static uint32_t csr_value(const struct rcc *rcc, uint32_t value)
{
	const struct rcc_layout *layout = rcc->layout;
	uint32_t flags = all_flags(layout), kept = rcc_word(rcc, layout->csr) & flags;

	return (value & ~(flags | layout->rmvf)) | (value & layout->rmvf ? 0 : kept);
}

/* An oscillator that drives the system can't be switched off; ready bits are read-only. */
static uint32_t oscillator_bits(struct rcc *rcc, uint32_t offset, uint32_t value)
{
	uint64_t now = vclock_now(rcc->soc->clock);

	for (unsigned i = 0; i < rcc->layout->oscillator_count; i++) {
		const struct rcc_oscillator *o = &rcc->layout->oscillators[i];

		if (o->offset != offset)
			continue;
		value &= ~o->ready;
		if (i == selected(rcc, rcc->sws))
			value |= o->on;
		if (value & o->on && !is_on(rcc, i))
			rcc->ready_ns[i] = now + o->ns;
	}
	return value;
}

static void apply_gates(struct rcc *rcc, uint32_t offset, uint32_t value)
{
	for (size_t i = 0; i < rcc->layout->gates_count; i++) {
		const struct rcc_gates *g = &rcc->layout->gates[i];

		if (offset == g->enable)
			rcc->soc->gates[g->gate / 32] = value;
		else if (g->reset && offset == g->reset)
			soc_reset_gated(rcc->soc, g->gate / 32, value & ~rcc_word(rcc, offset));
	}
}

static uint32_t keep_locked(const struct rcc *rcc, uint32_t offset, uint32_t value)
{
	const struct rcc_layout *layout = rcc->layout;
	uint32_t changed = (value ^ rcc_word(rcc, offset)) & layout->locked_mask;

	if (offset != layout->locked_offset || !is_on(rcc, layout->locked_by) || !changed)
		return value;
	log_line(LOG_VIRTUAL, "rcc: +%02X: the PLL runs: bits %08X keep their value",
		 (unsigned)offset, (unsigned)changed);
	return value ^ changed;
}

static void rcc_write(void *state, uint32_t offset, uint32_t value)
{
	struct rcc *rcc = state;

	if (offset == rcc->layout->csr)
		value = csr_value(rcc, value);
	value = keep_locked(rcc, offset, value);
	value = oscillator_bits(rcc, offset, value);
	apply_gates(rcc, offset, value);
	rcc->words[offset / 4] = value;
	switch_clock(rcc);
}

/* --- life ------------------------------------------------------------------------------------- */

static uint32_t csr_after_reset(const struct rcc *rcc)
{
	const struct rcc_layout *layout = rcc->layout;
	uint32_t csr = rcc_word(rcc, layout->csr) & (all_flags(layout) | layout->csr_kept);

	for (size_t i = 0; i < layout->cause_count; i++)
		if (rcc->soc->reset_causes & layout->causes[i].cause)
			csr |= layout->causes[i].flags;
	return csr;
}

static void rcc_reset(void *state)
{
	struct rcc *rcc = state;
	const struct rcc_layout *layout = rcc->layout;
	uint32_t csr = csr_after_reset(rcc), bdcr = rcc_word(rcc, layout->bdcr);

	memset(rcc->words, 0, sizeof(rcc->words));
	memset(rcc->ready_ns, 0, sizeof(rcc->ready_ns));
	for (size_t i = 0; i < layout->value_count; i++)
		rcc->words[layout->values[i].offset / 4] = layout->values[i].value;
	for (size_t i = 0; i < layout->gates_count; i++) {
		const struct rcc_gates *g = &layout->gates[i];

		rcc->words[g->enable / 4] = rcc->soc->gates[g->gate / 32] = g->enabled;
	}
	rcc->words[layout->csr / 4] |= csr;
	if (layout->bdcr)
		rcc->words[layout->bdcr / 4] = bdcr;
	rcc->sws = rcc_word(rcc, layout->cfgr) & layout->sw;
	vclock_disarm(&rcc->switching);
	set_clocks(rcc);
}

/* The backup domain and the reset flags live as long as the supply. */
static void rcc_power(void *state, bool on)
{
	struct rcc *rcc = state;

	(void)on;
	if (rcc->soc->woke_from_standby)
		return;
	rcc->words[rcc->layout->csr / 4] = 0;
	rcc->words[rcc->layout->bdcr / 4] = 0;
}

int rcc_add(struct soc *soc, uint32_t base, const struct rcc_layout *layout)
{
	struct rcc *rcc = calloc(1, sizeof(*rcc));

	if (!rcc)
		return E_MEMORY;
	rcc->soc = soc;
	rcc->layout = layout;
	rcc->switching.ring = switch_clock;
	rcc->switching.context = rcc;
	vclock_add(soc->clock, &rcc->switching);
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "rcc", .state = rcc,
			   .gate = SOC_ALWAYS_ON, .reset = rcc_reset, .power = rcc_power });
	soc_add_registers(soc, &(struct soc_registers){ .name = "RCC", .base = base,
			  .gate = SOC_ALWAYS_ON, .state = rcc, .read = rcc_read,
			  .write = rcc_write });
	return OK;
}
