/* SPDX-License-Identifier: MIT
 *
 * The clocks of STM32F0, F1 and F3: one register layout, three ways to feed the PLL (RM0091 section
 * 6.4, RM0008 section 7.3, RM0316 section 9.4).
 */
#include "probe/virtual/peripherals/rcc_layouts.h"

#include "probe/bytes.h"

enum { CR = 0x00, CFGR = 0x04, CSR = 0x24, BDCR = 0x20, CFGR2 = 0x2C, CR2 = 0x34 };

enum { HSI, HSE, PLL, HSI48, HSE_HZ = 8000000, HSI48_HZ = 48000000 };

enum { CFGR_PLLXTPRE = 1 << 17, CFGR_PLL_BITS = 0x003F0000 };

static const struct rcc_oscillator oscillators[] = {
	[HSI] = { CR, 1 << 0, 1 << 1, 2000 },
	[HSE] = { CR, 1 << 16, 1 << 17, 2000000 },
	[PLL] = { CR, 1 << 24, 1 << 25, 200000 },
	[HSI48] = { CR2, 1 << 16, 1 << 17, 20000 },
	{ CR2, 1 << 0, 1 << 1, 2000 },		/* HSI14 */
	{ CR, 1 << 26, 1 << 27, 350000 },	/* PLL2 and PLL3 of the connectivity line */
	{ CR, 1 << 28, 1 << 29, 350000 },
	{ CSR, 1 << 0, 1 << 1, 85000 },		/* LSI */
	{ BDCR, 1 << 0, 1 << 1, 2000000 },	/* LSE */
};

static const struct rcc_gates gates_f1[] = {
	{ 0x14, 0x28, SOC_AHB1, 0x14 },
	{ 0x18, 0x0C, SOC_APB2, 0 },
	{ 0x1C, 0x10, SOC_APB1, 0 },
};

static const struct rcc_value values[] = { { CR, 0x81 } };

static const struct rcc_cause causes[] = {
	{ SOC_RESET_PIN, 1u << 26 },
	{ SOC_RESET_POWER, 1u << 27 | 1u << 26 },
	{ SOC_RESET_SOFTWARE, 1u << 28 | 1u << 26 },
	{ SOC_RESET_IWDG, 1u << 29 | 1u << 26 },
	{ SOC_RESET_WWDG, 1u << 30 | 1u << 26 },
	{ SOC_RESET_OPTIONS, 1u << 25 | 1u << 26 },	/* F0 and F3 */
};

static uint32_t hsi_hz(const struct rcc *rcc)
{
	return rcc_soc(rcc)->spec->hsi_hz;
}

static uint32_t multiplier(const struct rcc *rcc)
{
	return min_u32((rcc_word(rcc, CFGR) >> 18 & 15) + 2, 16);
}

static uint32_t divider(const struct rcc *rcc)
{
	uint32_t half = rcc_word(rcc, CFGR) & CFGR_PLLXTPRE ? 1 : 0;

	return max_u32(rcc_word(rcc, CFGR2) & 15, half) + 1;
}

static uint32_t pll_f1(const struct rcc *rcc)
{
	uint32_t in = rcc_word(rcc, CFGR) >> 16 & 1 ? HSE_HZ / divider(rcc) : hsi_hz(rcc) / 2;

	return in * multiplier(rcc);
}

/* Two bits choose the source; parts that lack the lower one read it as 0. */
static uint32_t pll_f0(const struct rcc *rcc)
{
	uint32_t source = rcc_word(rcc, CFGR) >> 15 & 3;
	uint32_t in[4] = { hsi_hz(rcc) / 2, hsi_hz(rcc) / divider(rcc), HSE_HZ / divider(rcc),
			   HSI48_HZ / divider(rcc) };

	return in[source] * multiplier(rcc);
}

static uint32_t hz(const struct rcc *rcc, unsigned oscillator, uint32_t pll)
{
	switch (oscillator) {
	case HSI:
		return hsi_hz(rcc);
	case HSE:
		return HSE_HZ;
	case PLL:
		return pll;
	default:
		return oscillator == HSI48 ? HSI48_HZ : 0;
	}
}

static uint32_t hz_f1(const struct rcc *rcc, unsigned oscillator)
{
	return hz(rcc, oscillator, pll_f1(rcc));
}

static uint32_t hz_f0(const struct rcc *rcc, unsigned oscillator)
{
	return hz(rcc, oscillator, pll_f0(rcc));
}

#define COMMON \
	.oscillators = oscillators, .oscillator_count = ARRAY_SIZE(oscillators), \
	.gates = gates_f1, .gates_count = ARRAY_SIZE(gates_f1), \
	.values = values, .value_count = ARRAY_SIZE(values), \
	.cfgr = CFGR, .sw = 3, .sws = 3 << 2, .sws_shift = 2, \
	.hpre = { CFGR, 4 }, .ppre1 = { CFGR, 8 }, \
	.csr = CSR, .rmvf = 1 << 24, .bdcr = BDCR, \
	.locked_offset = CFGR, .locked_mask = CFGR_PLL_BITS, .locked_by = PLL, \
	.causes = causes

const struct rcc_layout rcc_f1_layout = {
	COMMON, .cause_count = ARRAY_SIZE(causes) - 1, .ppre2 = { CFGR, 11 },
	.by_sw = { HSI, HSE, PLL, RCC_NONE }, .hz = hz_f1,
};

const struct rcc_layout rcc_f0_layout = {
	COMMON, .cause_count = ARRAY_SIZE(causes), .ppre2 = { CFGR, 8 },
	.by_sw = { HSI, HSE, PLL, HSI48 }, .hz = hz_f0,
};

const struct rcc_layout rcc_f3_layout = {
	COMMON, .cause_count = ARRAY_SIZE(causes), .ppre2 = { CFGR, 11 },
	.by_sw = { HSI, HSE, PLL, RCC_NONE }, .hz = hz_f0,
};
