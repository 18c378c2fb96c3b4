/* SPDX-License-Identifier: MIT
 *
 * The clocks of STM32H7, H7R/S and H5 (RM0433 section 8.7, RM0477 section 7.8, RM0481 section 11.8).
 * The core's prescaler stands for that of the buses, too, so APB clocks of the H7 may be twice too
 * fast.
 */
#include "probe/virtual/peripherals/rcc_layouts.h"

#include "probe/bytes.h"

enum { CR = 0x00, BDCR = 0x70, CSR = 0x74, BDCR_H5 = 0xF0, RSR_H5 = 0xF4, RSR = 0xD0, RSR_H7A3 = 0x130,
       CFGR = 0x10, D1CFGR = 0x18, D2CFGR = 0x1C, APBCFGR = 0x20, PLLCKSELR = 0x28, PLL1DIVR = 0x30,
       CFGR1 = 0x1C, CFGR2 = 0x20, PLL1CFGR = 0x28, PLL1DIVR_H5 = 0x34 };

enum { HSI, CSI, HSE, PLL, HSI_HZ = 64000000, CSI_HZ = 4000000, HSE_HZ = 8000000 };

static const struct rcc_oscillator oscillators_h7[] = {
	[HSI] = { CR, 1 << 0, 1 << 2, 2000 },
	[CSI] = { CR, 1 << 7, 1 << 8, 2000 },
	[HSE] = { CR, 1 << 16, 1 << 17, 2000000 },
	[PLL] = { CR, 1 << 24, 1 << 25, 150000 },
	{ CR, 1 << 12, 1 << 13, 6000 },		/* HSI48 */
	{ CR, 1 << 26, 1 << 27, 150000 },	/* PLL2, PLL3 */
	{ CR, 1 << 28, 1 << 29, 150000 },
	{ CSR, 1 << 0, 1 << 1, 130000 },	/* LSI */
	{ BDCR, 1 << 0, 1 << 1, 2000000 },	/* LSE */
};

static const struct rcc_oscillator oscillators_h5[] = {
	[HSI] = { CR, 1 << 0, 1 << 1, 2000 },
	[CSI] = { CR, 1 << 8, 1 << 9, 2000 },
	[HSE] = { CR, 1 << 16, 1 << 17, 2000000 },
	[PLL] = { CR, 1 << 24, 1 << 25, 50000 },
	{ CR, 1 << 12, 1 << 13, 6000 },		/* HSI48 */
	{ CR, 1 << 26, 1 << 27, 50000 },	/* PLL2, PLL3 */
	{ CR, 1 << 28, 1 << 29, 50000 },
	{ BDCR_H5, 1 << 26, 1 << 27, 100000 },	/* LSI */
	{ BDCR_H5, 1 << 0, 1 << 1, 2000000 },	/* LSE */
};

static const struct rcc_gates gates_h7[] = {
	{ 0xD4, 0x7C, SOC_AHB3, 0 },
	{ 0xD8, 0x80, SOC_AHB1, 0 },
	{ 0xDC, 0x84, SOC_AHB2, 0 },
	{ 0xE0, 0x88, SOC_AHB4, 0 },
	{ 0xE4, 0x8C, SOC_APB3, 0 },
	{ 0xE8, 0x90, SOC_APB1, 0 },
	{ 0xEC, 0x94, SOC_APB1_HIGH, 0 },
	{ 0xF0, 0x98, SOC_APB2, 0 },
	{ 0xF4, 0x9C, SOC_APB4, 0x00010000 },
};

/* AHB5 stands where AHB3 is, APB5 where APB3 is. */
static const struct rcc_gates gates_h7rs[] = {
	{ 0x134, 0x7C, SOC_AHB3, 0 },
	{ 0x138, 0x80, SOC_AHB1, 0 },
	{ 0x13C, 0x84, SOC_AHB2, 0 },
	{ 0x140, 0x88, SOC_AHB4, 0 },
	{ 0x144, 0x8C, SOC_APB3, 0 },
	{ 0x148, 0x90, SOC_APB1, 0 },
	{ 0x14C, 0x94, SOC_APB1_HIGH, 0 },
	{ 0x150, 0x98, SOC_APB2, 0 },
	{ 0x154, 0x9C, SOC_APB4, 0 },
};

static const struct rcc_gates gates_h5[] = {
	{ 0x88, 0x60, SOC_AHB1, 0xD0000100 },
	{ 0x8C, 0x64, SOC_AHB2, 0xC0000000 },
	{ 0x94, 0x6C, SOC_AHB4, 0 },
	{ 0x9C, 0x74, SOC_APB1, 0 },
	{ 0xA0, 0x78, SOC_APB1_HIGH, 0 },
	{ 0xA4, 0x7C, SOC_APB2, 0 },
	{ 0xA8, 0x80, SOC_APB3, 0 },
};

/* Domains 1 and 2 have their clocks: bits 14 and 15. */
static const struct rcc_value values_h7[] = { { CR, 0xC001 }, { PLLCKSELR, 0x02020200 },
					      { 0x2C, 0x01FF0000 }, { PLL1DIVR, 0x01010280 } };
static const struct rcc_value values_h5[] = { { CR, 0x29 }, { PLL1DIVR_H5, 0x01010280 } };

/* RM0433 table 55. */
static const struct rcc_cause causes_h7[] = {
	{ SOC_RESET_PIN, 1u << 22 | 1u << 17 },
	{ SOC_RESET_POWER, 0x00FA0000 },
	{ SOC_RESET_SOFTWARE, 1u << 24 | 1u << 22 | 1u << 17 },
	{ SOC_RESET_IWDG, 1u << 26 | 1u << 22 | 1u << 17 },
	{ SOC_RESET_WWDG, 1u << 28 | 1u << 22 | 1u << 17 },
};

static uint32_t hsi_hz(const struct rcc *rcc)
{
	return HSI_HZ >> (rcc_word(rcc, CR) >> 3 & 3);
}

static uint32_t pll_hz(uint32_t in, uint32_t divm, uint32_t divr)
{
	return divm ? (uint32_t)((uint64_t)in / divm * ((divr & 0x1FF) + 1) /
				 ((divr >> 9 & 0x7F) + 1)) : 0;
}

static uint32_t hz(const struct rcc *rcc, unsigned oscillator)
{
	const uint32_t sources[4] = { hsi_hz(rcc), CSI_HZ, HSE_HZ, 0 };
	uint32_t select = rcc_word(rcc, PLLCKSELR);

	if (oscillator == PLL)
		return pll_hz(sources[select & 3], select >> 4 & 0x3F, rcc_word(rcc, PLL1DIVR));
	return oscillator < PLL ? sources[oscillator] : 0;
}

static uint32_t hz_h5(const struct rcc *rcc, unsigned oscillator)
{
	const uint32_t sources[4] = { 0, hsi_hz(rcc), CSI_HZ, HSE_HZ };
	uint32_t config = rcc_word(rcc, PLL1CFGR);

	if (oscillator == PLL)
		return pll_hz(sources[config & 3], config >> 8 & 0x3F, rcc_word(rcc, PLL1DIVR_H5));
	return oscillator < PLL ? sources[oscillator + 1] : 0;
}

#define H7_COMMON \
	.oscillators = oscillators_h7, .oscillator_count = ARRAY_SIZE(oscillators_h7), \
	.values = values_h7, .value_count = ARRAY_SIZE(values_h7), \
	.cfgr = CFGR, .sw = 7, .sws = 7 << 3, .sws_shift = 3, .by_sw = { HSI, CSI, HSE, PLL, \
	RCC_NONE, RCC_NONE, RCC_NONE, RCC_NONE }, .rmvf = 1 << 16, .bdcr = BDCR, \
	.causes = causes_h7, .cause_count = ARRAY_SIZE(causes_h7), .hz = hz

const struct rcc_layout rcc_h7_layout = {
	H7_COMMON, .gates = gates_h7, .gates_count = ARRAY_SIZE(gates_h7), .csr = RSR,
	.hpre = { D1CFGR, 8 }, .ppre1 = { D2CFGR, 4 }, .ppre2 = { D2CFGR, 8 },
};

/* RM0455: one core, and so its reset flags and clock enables stand where the others have a copy for theirs. */
const struct rcc_layout rcc_h7a3_layout = {
	H7_COMMON, .gates = gates_h7rs, .gates_count = ARRAY_SIZE(gates_h7rs), .csr = RSR_H7A3,
	.hpre = { D1CFGR, 8 }, .ppre1 = { D2CFGR, 4 }, .ppre2 = { D2CFGR, 8 },
};

const struct rcc_layout rcc_h7rs_layout = {
	H7_COMMON, .gates = gates_h7rs, .gates_count = ARRAY_SIZE(gates_h7rs), .csr = RSR_H7A3,
	.hpre = { D1CFGR, 0 }, .ppre1 = { APBCFGR, 0 }, .ppre2 = { APBCFGR, 4 },
};

const struct rcc_layout rcc_h5_layout = {
	.oscillators = oscillators_h5, .oscillator_count = ARRAY_SIZE(oscillators_h5),
	.gates = gates_h5, .gates_count = ARRAY_SIZE(gates_h5), .values = values_h5,
	.value_count = ARRAY_SIZE(values_h5), .cfgr = CFGR1, .sw = 7, .sws = 7 << 3, .sws_shift = 3,
	.by_sw = { HSI, CSI, HSE, PLL, RCC_NONE, RCC_NONE, RCC_NONE, RCC_NONE },
	.hpre = { CFGR2, 0 }, .ppre1 = { CFGR2, 4 }, .ppre2 = { CFGR2, 8 },
	.csr = RSR_H5, .rmvf = 1 << 23, .bdcr = BDCR_H5, .causes = rcc_causes_l4,
	.cause_count = RCC_CAUSES_L4, .hz = hz_h5,
};
