/* SPDX-License-Identifier: MIT
 *
 * The clocks of STM32G0, C0 and U0 (RM0444 section 5.4, RM0490 section 6.4, RM0503 section 5.4).
 */
#include "probe/virtual/peripherals/rcc_layouts.h"

#include "probe/bytes.h"

enum { CR = 0x00, CFGR = 0x08, PLLCFGR = 0x0C, G0_BDCR = 0x5C, G0_CSR = 0x60, U0_BDCR = 0x90,
       U0_CSR = 0x94, U0_CRRCR = 0x98 };

enum { HSI, HSE, PLL, LSI, LSE, MSI, HSE_HZ = 8000000, HSI_HZ = 16000000, LOW_HZ = 32000 };

enum { CR_HSIDIV_SHIFT = 11, C0_HSIDIV = 2 };

static const struct rcc_oscillator oscillators_g0[] = {
	[HSI] = { CR, 1 << 8, 1 << 10, 2000 },
	[HSE] = { CR, 1 << 16, 1 << 17, 2000000 },
	[PLL] = { CR, 1 << 24, 1 << 25, 40000 },
	[LSI] = { G0_CSR, 1 << 0, 1 << 1, 100000 },
	[LSE] = { G0_BDCR, 1 << 0, 1 << 1, 2000000 },
	{ CR, 1 << 22, 1 << 23, 6000 },		/* HSI48 */
};

static const struct rcc_oscillator oscillators_u0[] = {
	[HSI] = { CR, 1 << 8, 1 << 10, 2000 },
	[HSE] = { CR, 1 << 16, 1 << 17, 2000000 },
	[PLL] = { CR, 1 << 24, 1 << 25, 40000 },
	[LSI] = { U0_CSR, 1 << 0, 1 << 1, 100000 },
	[LSE] = { U0_BDCR, 1 << 0, 1 << 1, 2000000 },
	[MSI] = { CR, 1 << 0, 1 << 1, 5000 },
	{ U0_CRRCR, 1 << 0, 1 << 1, 6000 },	/* HSI48 */
};

static const struct rcc_gates gates_g0[] = {
	{ 0x34, 0x24, SOC_AHB4, 0 },
	{ 0x38, 0x28, SOC_AHB1, 0x100 },
	{ 0x3C, 0x2C, SOC_APB1, 0 },
	{ 0x40, 0x30, SOC_APB2, 0 },
};

static const struct rcc_gates gates_u0[] = {
	{ 0x4C, 0x2C, SOC_AHB4, 0 },
	{ 0x48, 0x28, SOC_AHB1, 0x100 },
	{ 0x58, 0x38, SOC_APB1, 0 },
	{ 0x60, 0x40, SOC_APB2, 0 },
	{ 0x50, 0, SOC_APB3, 0 },	/* RCC_DBGCFGR */
};

static const struct rcc_value values_g0[] = { { CR, 0x500 } };
static const struct rcc_value values_c0[] = { { CR, 0x1540 } };
static const struct rcc_value values_u0[] = { { CR, 0x63 }, { U0_CSR, 0x600 } };

static uint32_t pll_hz(const struct rcc *rcc)
{
	uint32_t word = rcc_word(rcc, PLLCFGR), source = word & 3;
	uint32_t in = source == 2 ? HSI_HZ : source == 3 ? HSE_HZ : 0;

	return in / ((word >> 4 & 7) + 1) * (word >> 8 & 0x7F) / ((word >> 29) + 1);
}

static uint32_t other_hz(const struct rcc *rcc, unsigned oscillator)
{
	switch (oscillator) {
	case HSE:
		return HSE_HZ;
	case PLL:
		return pll_hz(rcc);
	case LSI:
	case LSE:
		return LOW_HZ;
	case MSI:
		return rcc_msi_hz(rcc_msi_range(rcc));
	default:
		return 0;
	}
}

static uint32_t divided(const struct rcc *rcc, uint32_t hz)
{
	return hz >> (rcc_word(rcc, CR) >> CR_HSIDIV_SHIFT & 7);
}

static uint32_t hz_g0(const struct rcc *rcc, unsigned oscillator)
{
	return oscillator == HSI ? divided(rcc, HSI_HZ) : other_hz(rcc, oscillator);
}

static uint32_t hz_c0(const struct rcc *rcc, unsigned oscillator)
{
	return oscillator == HSI ? divided(rcc, rcc_soc(rcc)->spec->hsi_hz << C0_HSIDIV)
				 : other_hz(rcc, oscillator);
}

static uint32_t hz_u0(const struct rcc *rcc, unsigned oscillator)
{
	return oscillator == HSI ? HSI_HZ : other_hz(rcc, oscillator);
}

#define COMMON \
	.cfgr = CFGR, .sw = 7, .sws = 7 << 3, .sws_shift = 3, \
	.hpre = { CFGR, 8 }, .ppre1 = { CFGR, 12 }, .ppre2 = { CFGR, 12 }, \
	.rmvf = 1 << 23, .causes = rcc_causes_l4, .cause_count = RCC_CAUSES_L4, \
	.locked_offset = PLLCFGR, .locked_mask = 0xE0007F73, .locked_by = PLL

#define G0_COMMON \
	COMMON, .oscillators = oscillators_g0, .oscillator_count = ARRAY_SIZE(oscillators_g0), \
	.gates = gates_g0, .gates_count = ARRAY_SIZE(gates_g0), .csr = G0_CSR, .bdcr = G0_BDCR, \
	.by_sw = { HSI, HSE, PLL, LSI, LSE, RCC_NONE, RCC_NONE, RCC_NONE }, .value_count = 1

const struct rcc_layout rcc_g0_layout = { G0_COMMON, .values = values_g0, .hz = hz_g0 };
const struct rcc_layout rcc_c0_layout = { G0_COMMON, .values = values_c0, .hz = hz_c0 };

const struct rcc_layout rcc_u0_layout = {
	COMMON, .oscillators = oscillators_u0, .oscillator_count = ARRAY_SIZE(oscillators_u0),
	.gates = gates_u0, .gates_count = ARRAY_SIZE(gates_u0), .csr = U0_CSR, .bdcr = U0_BDCR,
	.by_sw = { MSI, HSI, HSE, PLL, LSI, LSE, RCC_NONE, RCC_NONE }, .values = values_u0,
	.value_count = ARRAY_SIZE(values_u0), .hz = hz_u0,
};
