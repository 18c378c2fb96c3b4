/* SPDX-License-Identifier: MIT
 *
 * The clocks of STM32L0 and L1: they start on MSI (RM0377 section 7.3, RM0038 section 6.3).
 */
#include "probe/virtual/peripherals/rcc_layouts.h"

#include "probe/bytes.h"

enum { CR = 0x00, ICSCR = 0x04, L0_CRRCR = 0x08, L0_CFGR = 0x0C, L0_CSR = 0x50, L1_CFGR = 0x08,
       L1_CSR = 0x34 };

enum { MSI, HSI, HSE, PLL, HSE_HZ = 8000000, HSI_HZ = 16000000 };

enum { L0_CR_HSIDIVEN = 1 << 3, ICSCR_RESET = 0xB000, CFGR_PLL_BITS = 0x00FD0000,
       CSR_RTC_BITS = 0x007FFF00 };

static const struct rcc_oscillator oscillators_l0[] = {
	[MSI] = { CR, 1 << 8, 1 << 9, 5000 },
	[HSI] = { CR, 1 << 0, 1 << 2, 4000 },
	[HSE] = { CR, 1 << 16, 1 << 17, 2000000 },
	[PLL] = { CR, 1 << 24, 1 << 25, 130000 },
	{ L0_CRRCR, 1 << 0, 1 << 1, 6000 },		/* HSI48 */
	{ L0_CSR, 1 << 0, 1 << 1, 200000 },		/* LSI */
	{ L0_CSR, 1 << 8, 1 << 9, 2000000 },		/* LSE */
};

static const struct rcc_oscillator oscillators_l1[] = {
	[MSI] = { CR, 1 << 8, 1 << 9, 5000 },
	[HSI] = { CR, 1 << 0, 1 << 1, 4000 },
	[HSE] = { CR, 1 << 16, 1 << 17, 2000000 },
	[PLL] = { CR, 1 << 24, 1 << 25, 130000 },
	{ L1_CSR, 1 << 0, 1 << 1, 200000 },
	{ L1_CSR, 1 << 8, 1 << 9, 2000000 },
};

static const struct rcc_gates gates_l0[] = {
	{ 0x2C, 0x1C, SOC_AHB4, 0 },			/* the ports */
	{ 0x30, 0x20, SOC_AHB1, 0x100 },
	{ 0x34, 0x24, SOC_APB2, 0 },
	{ 0x38, 0x28, SOC_APB1, 0 },
}, gates_l1[] = {
	{ 0x1C, 0x10, SOC_AHB1, 0x8000 },
	{ 0x20, 0x14, SOC_APB2, 0 },
	{ 0x24, 0x18, SOC_APB1, 0 },
};

static const struct rcc_value values[] = { { CR, 1 << 8 }, { ICSCR, ICSCR_RESET } };

static const struct rcc_cause causes[] = {
	{ SOC_RESET_PIN, 1u << 26 },
	{ SOC_RESET_POWER, 1u << 27 | 1u << 26 },
	{ SOC_RESET_SOFTWARE, 1u << 28 | 1u << 26 },
	{ SOC_RESET_IWDG, 1u << 29 | 1u << 26 },
	{ SOC_RESET_WWDG, 1u << 30 | 1u << 26 },
	{ SOC_RESET_OPTIONS, 1u << 25 | 1u << 26 },
};

static uint32_t msi_hz(const struct rcc *rcc)
{
	return 65536u << min_u32(rcc_word(rcc, ICSCR) >> 13 & 7, 6);
}

static uint32_t pll_hz(uint32_t cfgr, uint32_t hsi_hz)
{
	static const uint8_t multipliers[16] = { 3, 4, 6, 8, 12, 16, 24, 32, 48 };
	uint32_t in = cfgr >> 16 & 1 ? HSE_HZ : hsi_hz;
	uint32_t divider = (cfgr >> 22 & 3) + 1;

	return divider > 1 ? in * multipliers[cfgr >> 18 & 15] / divider : 0;
}

static uint32_t hz(const struct rcc *rcc, unsigned oscillator, uint32_t cfgr, uint32_t hsi_hz)
{
	switch (oscillator) {
	case MSI:
		return msi_hz(rcc);
	case HSI:
		return hsi_hz;
	case HSE:
		return HSE_HZ;
	default:
		return oscillator == PLL ? pll_hz(rcc_word(rcc, cfgr), hsi_hz) : 0;
	}
}

static uint32_t hz_l0(const struct rcc *rcc, unsigned oscillator)
{
	bool divided = rcc_word(rcc, CR) & L0_CR_HSIDIVEN;

	return hz(rcc, oscillator, L0_CFGR, divided ? HSI_HZ / 4 : HSI_HZ);
}

static uint32_t hz_l1(const struct rcc *rcc, unsigned oscillator)
{
	return hz(rcc, oscillator, L1_CFGR, HSI_HZ);
}

#define COMMON(CFGR) \
	.values = values, .value_count = ARRAY_SIZE(values), \
	.cfgr = CFGR, .sw = 3, .sws = 3 << 2, .sws_shift = 2, .by_sw = { MSI, HSI, HSE, PLL }, \
	.hpre = { CFGR, 4 }, .ppre1 = { CFGR, 8 }, .ppre2 = { CFGR, 11 }, \
	.csr_kept = CSR_RTC_BITS, .causes = causes, .cause_count = ARRAY_SIZE(causes), \
	.locked_offset = CFGR, .locked_mask = CFGR_PLL_BITS, .locked_by = PLL

const struct rcc_layout rcc_l0_layout = {
	COMMON(L0_CFGR), .csr = L0_CSR, .rmvf = 1 << 23, .hz = hz_l0,
	.oscillators = oscillators_l0, .oscillator_count = ARRAY_SIZE(oscillators_l0),
	.gates = gates_l0, .gates_count = ARRAY_SIZE(gates_l0),
};

const struct rcc_layout rcc_l1_layout = {
	COMMON(L1_CFGR), .csr = L1_CSR, .rmvf = 1 << 24, .hz = hz_l1,
	.oscillators = oscillators_l1, .oscillator_count = ARRAY_SIZE(oscillators_l1),
	.gates = gates_l1, .gates_count = ARRAY_SIZE(gates_l1),
};
