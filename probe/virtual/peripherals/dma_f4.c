/* SPDX-License-Identifier: MIT
 *
 * DMA1 of STM32F2/F4 (RM0090 section 10) as far as timers drive it: each update event moves one
 * item between a peripheral and memory, also in circles and while the core is halted. No FIFO, no
 * double buffer, no other requests.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <stdlib.h>
#include <string.h>

enum { LISR = 0x00, HISR = 0x04, LIFCR = 0x08, HIFCR = 0x0C, STREAM0 = 0x10, STREAM_STEP = 0x18,
       STREAMS = 8 };

enum stream_register { SCR, SNDTR, SPAR, SM0AR, SM1AR, SFCR, STREAM_REGISTERS };

enum { CR_EN = 1, CR_TEIE = 1 << 2, CR_TCIE = 1 << 4, CR_FROM_MEMORY = 1 << 6, CR_CIRC = 1 << 8,
       CR_PINC = 1 << 9, CR_MINC = 1 << 10, CR_PSIZE_SHIFT = 11, CR_CHSEL_SHIFT = 25 };

enum { FLAG_TEIF = 1 << 3, FLAG_TCIF = 1 << 5 };

/* Timer updates of DMA1's request table (table 42). */
static const struct { unsigned timer, stream, channel; } requests[] = {
	{ 2, 1, 3 }, { 2, 7, 3 }, { 3, 2, 5 }, { 4, 6, 2 }, { 5, 0, 6 }, { 5, 6, 6 },
};

static const uint8_t irqs[STREAMS] = { 11, 12, 13, 14, 15, 16, 17, 47 };

struct dma {
	struct soc *soc;
	uint32_t words[STREAMS][STREAM_REGISTERS];
	uint32_t reload[STREAMS];	/* NDTR when the stream was enabled */
	uint32_t flags[STREAMS];
};

static void update_irq(struct dma *dma, unsigned stream)
{
	uint32_t cr = dma->words[stream][SCR], flags = dma->flags[stream];

	soc_set_irq(dma->soc, irqs[stream], (cr & CR_TCIE && flags & FLAG_TCIF) ||
		      (cr & CR_TEIE && flags & FLAG_TEIF));
}

static void move_item(struct dma *dma, unsigned stream)
{
	uint32_t *words = dma->words[stream], cr = words[SCR], value;
	unsigned width = 1u << (cr >> CR_PSIZE_SHIFT & 3);
	uint32_t done = dma->reload[stream] - words[SNDTR];
	uint32_t device = words[SPAR] + (cr & CR_PINC ? done * width : 0);
	uint32_t memory = words[SM0AR] + (cr & CR_MINC ? done * width : 0);
	bool out = cr & CR_FROM_MEMORY;

	/* A DMA master is not told to wait either. */
	if (width > 4 || device % width || memory % width ||
	    bus_read(dma->soc->bus, out ? memory : device, width, &value, BUS_CPU) != BUS_OK ||
	    bus_write(dma->soc->bus, out ? device : memory, width, value, BUS_CPU) != BUS_OK) {
		log_line(LOG_VIRTUAL, "dma: stream %u: bus error, stopped", stream);
		dma->flags[stream] |= FLAG_TEIF;
		words[SCR] &= ~(uint32_t)CR_EN;
		return;
	}
	if (--words[SNDTR] == 0) {
		dma->flags[stream] |= FLAG_TCIF;
		if (cr & CR_CIRC)
			words[SNDTR] = dma->reload[stream];
		else
			words[SCR] &= ~(uint32_t)CR_EN;
	}
}

static void request(void *state, unsigned timer)
{
	struct dma *dma = state;

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		unsigned stream = requests[i].stream;
		uint32_t cr = dma->words[stream][SCR];

		if (requests[i].timer != timer || !(cr & CR_EN) ||
		    cr >> CR_CHSEL_SHIFT != requests[i].channel)
			continue;
		move_item(dma, stream);
		update_irq(dma, stream);
	}
}

/* Flags of four streams share a register, six bits each at 0, 6, 16, 22. */
static unsigned flag_shift(unsigned stream)
{
	static const uint8_t shift[] = { 0, 6, 16, 22 };

	return shift[stream % 4];
}

static uint32_t dma_read(void *state, uint32_t offset, enum bus_master master)
{
	const struct dma *dma = state;
	uint32_t value = 0, at = offset - STREAM0;

	(void)master;
	if (offset == LISR || offset == HISR)
		for (unsigned i = offset == LISR ? 0 : 4, n = 0; n < 4; i++, n++)
			value |= dma->flags[i] << flag_shift(i);
	else if (offset >= STREAM0 && at < STREAMS * STREAM_STEP)
		value = dma->words[at / STREAM_STEP][at % STREAM_STEP / 4];
	return value;
}

static void clear_flags(struct dma *dma, unsigned first, uint32_t value)
{
	for (unsigned i = first; i < first + 4; i++) {
		dma->flags[i] &= ~(value >> flag_shift(i) & 0x3D);
		update_irq(dma, i);
	}
}

static void write_stream(struct dma *dma, unsigned stream, enum stream_register reg, uint32_t value)
{
	uint32_t *words = dma->words[stream];

	if (reg != SCR) {	/* 10.5: protected while the stream runs */
		if (!(words[SCR] & CR_EN))
			words[reg] = reg == SNDTR ? value & 0xFFFF : value;
		return;
	}
	if (value & ~words[SCR] & CR_EN)
		dma->reload[stream] = words[SNDTR];
	words[SCR] = words[SNDTR] ? value : value & ~(uint32_t)CR_EN;
	update_irq(dma, stream);
}

static void dma_write(void *state, uint32_t offset, uint32_t value)
{
	struct dma *dma = state;
	uint32_t at = offset - STREAM0;

	if (offset == LIFCR || offset == HIFCR)
		clear_flags(dma, offset == LIFCR ? 0 : 4, value);
	else if (offset >= STREAM0 && at < STREAMS * STREAM_STEP)
		write_stream(dma, at / STREAM_STEP, (enum stream_register)(at % STREAM_STEP / 4),
			     value);
}

static void dma_reset(void *state)
{
	struct dma *dma = state;

	memset(dma->words, 0, sizeof(dma->words));
	memset(dma->flags, 0, sizeof(dma->flags));
	for (unsigned i = 0; i < STREAMS; i++)
		update_irq(dma, i);
}

int dma_f4_add(struct soc *soc, uint32_t base, unsigned gate)
{
	struct dma *dma = calloc(1, sizeof(*dma));

	if (!dma)
		return E_MEMORY;
	dma->soc = soc;
	soc->dma = dma;
	soc->dma_request = request;
	soc_add_peripheral(soc, &(struct soc_peripheral){ .name = "dma1", .state = dma,
			   .gate = gate, .reset = dma_reset });
	soc_add_registers(soc, &(struct soc_registers){ .name = "DMA1", .base = base, .gate = gate,
			  .state = dma, .read = dma_read, .write = dma_write });
	return OK;
}
