/* SPDX-License-Identifier: MIT
 *
 * The clocks of STM32U5 and WBA (RM0456 section 11.8, RM0493 section 11.8); U3 by their example
 * (guess), but for what it runs at after a reset (RM0487).
 */
#include "probe/virtual/peripherals/rcc_layouts.h"

#include "probe/bytes.h"

enum { CR = 0x00, ICSCR1 = 0x08, CFGR1 = 0x1C, CFGR2 = 0x20, PLL1CFGR = 0x28, PLL1DIVR = 0x34,
       BDCR = 0xF0, CSR = 0xF4 };

enum { MSIS, HSI, HSE, PLL, U5_HSE_HZ = 16000000, WBA_HSE_HZ = 32000000, HSI_HZ = 16000000,
       U5_RESET_HZ = 4000000, U3_RESET_HZ = 12000000 };

enum { ICSCR1_MSIRGSEL = 1 << 23, CR_HSEPRE = 1 << 20 };

static const struct rcc_oscillator oscillators[] = {
	[MSIS] = { CR, 1 << 0, 1 << 2, 5000 },
	[HSI] = { CR, 1 << 8, 1 << 10, 2000 },
	[HSE] = { CR, 1 << 16, 1 << 17, 2000000 },
	[PLL] = { CR, 1 << 24, 1 << 25, 50000 },
	{ CR, 1 << 4, 1 << 5, 5000 },		/* MSIK */
	{ CR, 1 << 12, 1 << 13, 6000 },		/* HSI48 */
	{ CR, 1 << 14, 1 << 15, 6000 },		/* SHSI */
	{ CR, 1 << 26, 1 << 27, 50000 },	/* PLL2, PLL3 */
	{ CR, 1 << 28, 1 << 29, 50000 },
	{ BDCR, 1 << 26, 1 << 27, 100000 },	/* LSI */
	{ BDCR, 1 << 0, 1 << 1, 2000000 },	/* LSE */
};

static const struct rcc_gates gates_u5[] = {
	{ 0x88, 0x60, SOC_AHB1, 0xD0200100 },
	{ 0x8C, 0x64, SOC_AHB2, 0xC0000000 },
	{ 0x90, 0x68, SOC_AHB4, 0 },
	{ 0x94, 0x6C, SOC_AHB3, 0x80000000 },
	{ 0x9C, 0x74, SOC_APB1, 0 },
	{ 0xA0, 0x78, SOC_APB1_HIGH, 0 },
	{ 0xA4, 0x7C, SOC_APB2, 0 },
	{ 0xA8, 0x80, SOC_APB3, 0 },
};

/* AHB4 stands where AHB3 is, APB7 where APB3 is. */
static const struct rcc_gates gates_wba[] = {
	{ 0x88, 0x60, SOC_AHB1, 0x80000100 },
	{ 0x8C, 0x64, SOC_AHB2, 0xC0000000 },
	{ 0x94, 0x6C, SOC_AHB3, 0 },
	{ 0x98, 0x70, SOC_AHB4, 0 },
	{ 0x9C, 0x74, SOC_APB1, 0 },
	{ 0xA0, 0x78, SOC_APB1_HIGH, 0 },
	{ 0xA4, 0x7C, SOC_APB2, 0 },
	{ 0xA8, 0x80, SOC_APB3, 0 },
};

static const struct rcc_value values_u5[] = {
	{ CR, 0x35 }, { ICSCR1, 0x44000000 }, { CSR, 0x4400 },
};
static const struct rcc_value values_wba[] = { { CR, 0x500 } };

static uint32_t msis_hz(const struct rcc *rcc, uint32_t reset_hz)
{
	static const uint32_t khz[16] = { 48000, 24000, 16000, 12000, 4000, 2000, 1330, 1000,
					  3072, 1536, 1024, 768, 400, 200, 133, 100 };
	uint32_t word = rcc_word(rcc, ICSCR1);

	return word & ICSCR1_MSIRGSEL ? khz[word >> 28] * 1000 : reset_hz;
}

static uint32_t hz(const struct rcc *rcc, unsigned oscillator, uint32_t hse_hz, uint32_t reset_hz)
{
	const uint32_t sources[4] = { 0, msis_hz(rcc, reset_hz), HSI_HZ, hse_hz };
	uint32_t config = rcc_word(rcc, PLL1CFGR), divide = rcc_word(rcc, PLL1DIVR);

	switch (oscillator) {
	case MSIS:
		return msis_hz(rcc, reset_hz);
	case HSI:
		return HSI_HZ;
	case HSE:
		return hse_hz;
	case PLL:
		return sources[config & 3] / ((config >> 8 & 15) + 1) * ((divide & 0x1FF) + 1) /
		       ((divide >> 24 & 0x7F) + 1);
	default:
		return 0;
	}
}

static uint32_t hz_u5(const struct rcc *rcc, unsigned oscillator)
{
	return hz(rcc, oscillator, U5_HSE_HZ, U5_RESET_HZ);
}

static uint32_t hz_u3(const struct rcc *rcc, unsigned oscillator)
{
	return hz(rcc, oscillator, U5_HSE_HZ, U3_RESET_HZ);
}

static uint32_t hz_wba(const struct rcc *rcc, unsigned oscillator)
{
	return hz(rcc, oscillator, WBA_HSE_HZ >> !!(rcc_word(rcc, CR) & CR_HSEPRE), U5_RESET_HZ);
}

#define COMMON \
	.oscillators = oscillators, .oscillator_count = ARRAY_SIZE(oscillators), \
	.cfgr = CFGR1, .sw = 3, .sws = 3 << 2, .sws_shift = 2, \
	.hpre = { CFGR2, 0 }, .ppre1 = { CFGR2, 4 }, .ppre2 = { CFGR2, 8 }, \
	.csr = CSR, .rmvf = 1 << 23, .bdcr = BDCR, \
	.causes = rcc_causes_l4, .cause_count = RCC_CAUSES_L4

#define COMMON_U5 \
	COMMON, .gates = gates_u5, .gates_count = ARRAY_SIZE(gates_u5), .values = values_u5, \
	.value_count = ARRAY_SIZE(values_u5), .by_sw = { MSIS, HSI, HSE, PLL }

const struct rcc_layout rcc_u5_layout = { COMMON_U5, .hz = hz_u5 };
const struct rcc_layout rcc_u3_layout = { COMMON_U5, .hz = hz_u3 };

const struct rcc_layout rcc_wba_layout = {
	COMMON, .gates = gates_wba, .gates_count = ARRAY_SIZE(gates_wba), .values = values_wba,
	.value_count = ARRAY_SIZE(values_wba), .by_sw = { HSI, RCC_NONE, HSE, PLL }, .hz = hz_wba,
};
