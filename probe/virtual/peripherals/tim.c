/* SPDX-License-Identifier: MIT
 *
 * A general-purpose timer (RM0090 section 18) as far as an up-counter goes: prescaler, auto-reload,
 * update event with interrupt and DMA request, freeze. Channels, slave modes and other directions
 * are not modelled.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include <stdlib.h>
#include <string.h>

enum { CR1 = 0x00, DIER = 0x0C, SR = 0x10, EGR = 0x14, CNT = 0x24, PSC = 0x28, ARR = 0x2C,
       REGISTERS = 0x54 };

enum { CR1_CEN = 1, SR_UIF = 1, DIER_UIE = 1, DIER_UDE = 1 << 8, EGR_UG = 1 };

enum { NS_PER_S = 1000000000 };

struct tim {
	struct soc *soc;
	struct tim_place place;
	uint32_t words[REGISTERS / 4];
	uint32_t prescaler;		/* in use: PSC is taken over at an update */
	uint32_t from;			/* count at from_ns */
	uint64_t from_ns;
	bool counting;
	struct vclock_alarm update;
};

static uint32_t *word(struct tim *tim, uint32_t offset)
{
	return &tim->words[offset / 4];
}

static uint64_t ticks_in(const struct tim *tim, uint64_t ns)
{
	uint64_t hz = tim->soc->timer_hz[tim->place.gate >= SOC_APB2];
	uint64_t clocks = ns / NS_PER_S * hz + ns % NS_PER_S * hz / NS_PER_S;

	return clocks / (tim->prescaler + 1);
}

/* The first nanosecond at which that many ticks have passed. */
static uint64_t ns_of(const struct tim *tim, uint64_t ticks)
{
	uint64_t hz = tim->soc->timer_hz[tim->place.gate >= SOC_APB2];
	uint64_t clocks = ticks * (tim->prescaler + 1);

	return clocks / hz * NS_PER_S + (clocks % hz * NS_PER_S + hz - 1) / hz;
}

static uint32_t count(const struct tim *tim)
{
	if (!tim->counting)
		return tim->from;
	return tim->from + (uint32_t)ticks_in(tim, vclock_since(tim->soc->clock, tim->from_ns));
}

/* Counts from here on, or stands still. */
static void restart(struct tim *tim, uint32_t from)
{
	const struct soc *soc = tim->soc;
	uint32_t top = *word(tim, ARR) & tim->place.counter_mask;
	bool frozen = soc_frozen(soc, tim->place.freeze_bit);

	tim->from = from & tim->place.counter_mask;
	tim->from_ns = vclock_now(soc->clock);
	tim->counting = *word(tim, CR1) & CR1_CEN && top > 0 && !frozen;
	vclock_disarm(&tim->update);
	if (tim->counting)	/* a count above ARR wraps at the counter's own end first */
		vclock_arm(soc->clock, &tim->update,
			   ns_of(tim, (tim->from <= top ? top : tim->place.counter_mask) -
				 (uint64_t)tim->from + 1));
}

static void update_irq(struct tim *tim)
{

	soc_set_irq(tim->soc, tim->place.irq, *word(tim, SR) & *word(tim, DIER) & SR_UIF);
}

static void update_event(void *context)
{
	struct tim *tim = context;

	tim->prescaler = *word(tim, PSC) & 0xFFFF;
	restart(tim, 0);
	*word(tim, SR) |= SR_UIF;
	update_irq(tim);
	if (*word(tim, DIER) & DIER_UDE && tim->soc->dma_request)
		tim->soc->dma_request(tim->soc->dma, tim->place.number);
}

static uint32_t tim_read(void *state, uint32_t offset, enum bus_master master)
{
	struct tim *tim = state;

	(void)master;
	if (offset == CNT)
		return count(tim);
	return offset < REGISTERS ? *word(tim, offset) : 0;
}

static void tim_write(void *state, uint32_t offset, uint32_t value)
{
	struct tim *tim = state;

	if (offset >= REGISTERS)
		return;
	switch (offset) {
	case SR:
		*word(tim, SR) &= value;
		break;
	case EGR:
		if (value & EGR_UG)
			update_event(tim);
		break;
	case CNT:
		restart(tim, value);
		break;
	case ARR:
	case CR1: {
		uint32_t now = count(tim);

		*word(tim, offset) = value;
		restart(tim, now);
		break;
	}
	default:
		*word(tim, offset) = value;
		break;
	}
	update_irq(tim);
}

static void tim_notice(void *state)
{
	struct tim *tim = state;
	const struct soc *soc = tim->soc;
	bool freeze = soc_frozen(soc, tim->place.freeze_bit);

	if (*word(tim, CR1) & CR1_CEN && freeze == tim->counting)
		restart(tim, count(tim));
}

static void tim_reset(void *state)
{
	struct tim *tim = state;

	memset(tim->words, 0, sizeof(tim->words));
	*word(tim, ARR) = tim->place.counter_mask;
	tim->prescaler = 0;
	restart(tim, 0);
	update_irq(tim);
}

int tim_add(struct soc *soc, const struct tim_place *place)
{
	struct tim *tim = calloc(1, sizeof(*tim));

	if (!tim)
		return E_MEMORY;
	tim->soc = soc;
	tim->place = *place;
	tim->update.ring = update_event;
	tim->update.context = tim;
	vclock_add(soc->clock, &tim->update);
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = place->name, .state = tim,
			   .gate = place->gate, .reset = tim_reset, .notice = tim_notice });
	soc_add_registers(soc, &(struct soc_registers){ .name = place->name, .base = place->base,
			  .gate = place->gate, .apb = true, .state = tim, .read = tim_read,
			  .write = tim_write });
	return OK;
}
