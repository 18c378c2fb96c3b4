/* SPDX-License-Identifier: MIT
 *
 * Reset and clock control of STM32F2/F4 (RM0090 section 7.3): oscillators with their start-up
 * times, PLL and prescalers, clock gates, peripheral resets, reset flags. Interrupts and clock
 * outputs are plain bits.
 */
#include "probe/virtual/peripherals/peripherals.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <stdlib.h>
#include <string.h>

enum { GATES = 6 };	/* registers of clock gates: AHB1 to APB2 */

enum { CR = 0x00, PLLCFGR = 0x04, CFGR = 0x08, RSTR = 0x10, ENR = 0x30, BDCR = 0x70, CSR = 0x74,
       REGISTERS = 0x98 };

enum { CR_HSION = 1 << 0, CR_HSEON = 1 << 16, CR_PLLON = 1 << 24, CR_READY_BITS = 0x0A020002 };

enum { CFGR_SW = 3, CFGR_SWS = 3 << 2, CFGR_SWS_SHIFT = 2, CFGR_HPRE_SHIFT = 4,
       CFGR_PPRE1_SHIFT = 10, CFGR_PPRE2_SHIFT = 13 };

enum { CSR_LSION = 1 << 0, CSR_LSIRDY = 1 << 1, CSR_RMVF = 1 << 24 };

enum source { HSI, HSE, PLL, PLLI2S, SOURCES };

/* Bits in CR and typical start-up times (DS8626 tables 31 to 36). */
static const struct { uint32_t on, ready; uint64_t ns; } sources[SOURCES] = {
	[HSI] = { CR_HSION, 1 << 1, 2200 },
	[HSE] = { CR_HSEON, 1 << 17, 2000000 },
	[PLL] = { CR_PLLON, 1 << 25, 200000 },
	[PLLI2S] = { 1 << 26, 1 << 27, 200000 },
};

/* Which reset sets which flags in CSR: the pin is pulled low by every reset of the chip. */
static const struct { uint32_t cause, flags; } causes[] = {
	{ SOC_RESET_PIN, 1u << 26 },
	{ SOC_RESET_POWER, 1u << 27 | 1u << 26 | 1u << 25 },
	{ SOC_RESET_SOFTWARE, 1u << 28 | 1u << 26 },
	{ SOC_RESET_IWDG, 1u << 29 | 1u << 26 },
	{ SOC_RESET_WWDG, 1u << 30 | 1u << 26 },
};

static const struct { uint32_t offset, value; } reset_values[] = {
	{ CR, 0x81 }, { PLLCFGR, 0x24003010 }, { ENR, 0x00100000 },
	/* Clocks in Sleep mode, and PLLI2SCFGR. */
	{ 0x50, 0x7E6791FF }, { 0x54, 0x000000F1 }, { 0x58, 0x00000001 },
	{ 0x60, 0x36FEC9FF }, { 0x64, 0x00075F33 }, { 0x84, 0x24003000 },
};

struct rcc {
	struct soc *soc;
	uint32_t hse_hz;
	uint32_t words[REGISTERS / 4];
	uint32_t sws;			/* source in use */
	uint64_t ready_ns[SOURCES];	/* when it runs, while its ON bit is set */
	struct vclock_alarm switching;
};

static uint32_t *word(struct rcc *rcc, uint32_t offset)
{
	return &rcc->words[offset / 4];
}

static bool source_ready(struct rcc *rcc, enum source source)
{
	return *word(rcc, CR) & sources[source].on &&
	       vclock_now(rcc->soc->clock) >= rcc->ready_ns[source];
}

static uint32_t pll_hz(struct rcc *rcc)
{
	uint32_t cfg = *word(rcc, PLLCFGR);
	uint32_t m = cfg & 0x3F, n = cfg >> 6 & 0x1FF, p = ((cfg >> 16 & 3) + 1) * 2;
	uint64_t in = cfg & 1u << 22 ? rcc->hse_hz : rcc->soc->spec->hsi_hz;

	return m ? (uint32_t)(in * n / m / p) : 0;
}

static uint32_t source_hz(struct rcc *rcc, enum source source)
{
	return source == PLL ? pll_hz(rcc) : source == HSE ? rcc->hse_hz : rcc->soc->spec->hsi_hz;
}

static uint32_t apb_shift(uint32_t ppre)
{
	return ppre & 4 ? (ppre & 3) + 1 : 0;
}

static void set_clocks(struct rcc *rcc)
{
	static const uint8_t ahb_shift[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 6, 7, 8, 9 };
	static const unsigned ppre_shift[2] = { CFGR_PPRE1_SHIFT, CFGR_PPRE2_SHIFT };
	struct soc *soc = rcc->soc;
	uint32_t cfgr = *word(rcc, CFGR);
	uint32_t hpre = cfgr >> CFGR_HPRE_SHIFT & 15;
	uint32_t hz = source_hz(rcc, (enum source)rcc->sws) >> ahb_shift[hpre];

	if (hz == 0) {
		log_line(LOG_VIRTUAL, "rcc: no system clock with PLLCFGR %08X",
			 (unsigned)*word(rcc, PLLCFGR));
		hz = 1;
	}
	for (unsigned i = 0; i < 2; i++) {
		uint32_t shift = apb_shift(cfgr >> ppre_shift[i] & 7);

		soc->apb_hz[i] = hz >> shift;
		soc->timer_hz[i] = shift ? soc->apb_hz[i] * 2 : hz;
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
	uint32_t wanted = *word(rcc, CFGR) & CFGR_SW;
	uint64_t now = vclock_now(rcc->soc->clock);

	vclock_disarm(&rcc->switching);
	if (wanted <= PLL && source_ready(rcc, (enum source)wanted))
		rcc->sws = wanted;
	else if (wanted <= PLL && *word(rcc, CR) & sources[wanted].on)
		vclock_arm(rcc->soc->clock, &rcc->switching, rcc->ready_ns[wanted] - now);
	set_clocks(rcc);
}

/* An oscillator that drives the system can't be switched off (7.3.1). */
static void write_cr(struct rcc *rcc, uint32_t value)
{
	uint32_t old = *word(rcc, CR);

	value |= sources[rcc->sws].on;
	if (rcc->sws == PLL)
		value |= *word(rcc, PLLCFGR) & 1u << 22 ? CR_HSEON : CR_HSION;
	for (unsigned i = 0; i < SOURCES; i++)
		if (value & ~old & sources[i].on)
			rcc->ready_ns[i] = vclock_now(rcc->soc->clock) + sources[i].ns;
	*word(rcc, CR) = value & ~(uint32_t)CR_READY_BITS;
	switch_clock(rcc);
}

static uint32_t rcc_read(void *state, uint32_t offset, enum bus_master master)
{
	struct rcc *rcc = state;
	uint32_t value = offset < REGISTERS ? *word(rcc, offset) : 0;

	(void)master;
	if (offset == CR)
		for (unsigned i = 0; i < SOURCES; i++)
			value |= source_ready(rcc, (enum source)i) ? sources[i].ready : 0;
	if (offset == CFGR)
		value = (value & ~(uint32_t)CFGR_SWS) | rcc->sws << CFGR_SWS_SHIFT;
	if (offset == CSR && value & CSR_LSION)
		value |= CSR_LSIRDY;
	if (offset == BDCR && value & 1)
		value |= 2;	/* LSERDY */
	return value;
}

static void write_gates(struct rcc *rcc, uint32_t offset, uint32_t value)
{
	*word(rcc, offset) = value;
	rcc->soc->gates[(offset - ENR) / 4] = value;
}

static void rcc_write(void *state, uint32_t offset, uint32_t value)
{
	struct rcc *rcc = state;

	if (offset >= REGISTERS)
		return;
	if (offset == CR) {
		write_cr(rcc, value);
	} else if (offset == PLLCFGR && *word(rcc, CR) & CR_PLLON) {
		log_line(LOG_VIRTUAL, "rcc: PLLCFGR written while the PLL runs: ignored");
	} else if (offset == CFGR) {
		*word(rcc, CFGR) = value;
		switch_clock(rcc);
	} else if (offset >= ENR && offset < ENR + 4 * GATES) {
		write_gates(rcc, offset, value);
	} else if (offset == CSR) {
		uint32_t flags = value & CSR_RMVF ? 0 : *word(rcc, CSR) & 0xFE000000;

		*word(rcc, CSR) = flags | (value & CSR_LSION);
	} else {
		if (offset >= RSTR && offset < RSTR + 4 * GATES)
			soc_reset_gated(rcc->soc, (offset - RSTR) / 4, value & ~*word(rcc, offset));
		*word(rcc, offset) = value;
	}
}

static void rcc_reset(void *state)
{
	struct rcc *rcc = state;
	uint32_t csr = *word(rcc, CSR) & ~(uint32_t)CSR_LSION, bdcr = *word(rcc, BDCR);

	memset(rcc->words, 0, sizeof(rcc->words));
	for (size_t i = 0; i < ARRAY_SIZE(reset_values); i++)
		*word(rcc, reset_values[i].offset) = reset_values[i].value;
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++)
		if (rcc->soc->reset_causes & causes[i].cause)
			csr |= causes[i].flags;
	*word(rcc, CSR) = csr;
	*word(rcc, BDCR) = bdcr;
	for (unsigned i = 0; i < GATES; i++)
		rcc->soc->gates[i] = *word(rcc, ENR + 4 * i);
	rcc->sws = HSI;
	rcc->ready_ns[HSI] = 0;
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
	*word(rcc, CSR) = 0;
	*word(rcc, BDCR) = 0;
}

int rcc_f4_add(struct soc *soc, uint32_t base, uint32_t hse_hz)
{
	struct rcc *rcc = calloc(1, sizeof(*rcc));

	if (!rcc)
		return E_MEMORY;
	rcc->soc = soc;
	rcc->hse_hz = hse_hz;
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
