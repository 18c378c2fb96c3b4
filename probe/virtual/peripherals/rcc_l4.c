/* SPDX-License-Identifier: MIT
 *
 * The clocks of STM32L4, L4+, L5, G4, WB and WL: one register layout (RM0351 section 6.4, RM0438
 * section 9.8, RM0440 section 7.4, RM0434 section 8.4, RM0453 section 7.4).
 */
#include "probe/virtual/peripherals/rcc_layouts.h"

#include "probe/bytes.h"

enum { CR = 0x00, CFGR = 0x08, PLLCFGR = 0x0C, BDCR = 0x90, CSR = 0x94, CRRCR = 0x98 };

enum { MSI, HSI, HSE, PLL, HSE_HZ = 8000000, RADIO_HSE_HZ = 32000000, HSI_HZ = 16000000 };

enum { CR_MSIRGSEL = 1 << 3, CR_HSEPRE = 1 << 20, MSISRANGE_RESET = 6,
       FLASH_AND_HSEM = 0x02080000 };

static const struct rcc_oscillator oscillators[] = {
	[MSI] = { CR, 1 << 0, 1 << 1, 5000 },
	[HSI] = { CR, 1 << 8, 1 << 10, 2000 },
	[HSE] = { CR, 1 << 16, 1 << 17, 2000000 },
	[PLL] = { CR, 1 << 24, 1 << 25, 40000 },
	{ CR, 1 << 26, 1 << 27, 40000 },	/* PLLSAI1 and 2 */
	{ CR, 1 << 28, 1 << 29, 40000 },
	{ CSR, 1 << 0, 1 << 1, 100000 },	/* LSI */
	{ BDCR, 1 << 0, 1 << 1, 2000000 },	/* LSE */
	{ CRRCR, 1 << 0, 1 << 1, 6000 },	/* HSI48 */
};

static const struct rcc_gates gates_l4[] = {
	{ 0x48, 0x28, SOC_AHB1, 0x100 },
	{ 0x4C, 0x2C, SOC_AHB2, 0 },
	{ 0x50, 0x30, SOC_AHB3, 0 },
	{ 0x58, 0x38, SOC_APB1, 0x400 },
	{ 0x5C, 0x3C, SOC_APB1_HIGH, 0 },
	{ 0x60, 0x40, SOC_APB2, 0 },
};

static const struct rcc_gates gates_wb[] = {
	{ 0x48, 0x28, SOC_AHB1, 0 },
	{ 0x4C, 0x2C, SOC_AHB2, 0 },
	{ 0x50, 0x30, SOC_AHB3, FLASH_AND_HSEM },
	{ 0x58, 0x38, SOC_APB1, 0x400 },
	{ 0x5C, 0x3C, SOC_APB1_HIGH, 0 },
	{ 0x60, 0x40, SOC_APB2, 0 },
};

static const struct rcc_value values_l4[] = { { CR, 0x63 }, { CSR, 0x600 } };
static const struct rcc_value values_wb[] = { { CR, 0x61 }, { CSR, 0x600 } };
static const struct rcc_value values_g4[] = { { CR, 0x500 }, { CFGR, 1 } };

const struct rcc_cause rcc_causes_l4[RCC_CAUSES_L4] = {
	{ SOC_RESET_PIN, 1u << 26 },
	{ SOC_RESET_POWER, 1u << 27 | 1u << 26 },
	{ SOC_RESET_SOFTWARE, 1u << 28 | 1u << 26 },
	{ SOC_RESET_IWDG, 1u << 29 | 1u << 26 },
	{ SOC_RESET_WWDG, 1u << 30 | 1u << 26 },
	{ SOC_RESET_OPTIONS, 1u << 25 | 1u << 26 },
};

uint32_t rcc_msi_hz(unsigned range)
{
	static const uint32_t khz[16] = { 100, 200, 400, 800, 1000, 2000, 4000, 8000, 16000, 24000,
					  32000, 48000, 4000, 4000, 4000, 4000 };

	return khz[range & 15] * 1000;
}

uint32_t rcc_msi_range(const struct rcc *rcc)
{
	uint32_t cr = rcc_word(rcc, CR), standby = rcc_word(rcc, CSR) >> 8 & 15;

	if (cr & CR_MSIRGSEL)
		return cr >> 4 & 15;
	/* Other values are not taken. */
	return standby >= 4 && standby <= 7 ? standby : MSISRANGE_RESET;
}

static uint32_t hz(const struct rcc *rcc, unsigned oscillator, uint32_t msi_hz, uint32_t hse_hz,
		   uint32_t r)
{
	const uint32_t sources[4] = { 0, msi_hz, HSI_HZ, hse_hz };
	uint32_t word = rcc_word(rcc, PLLCFGR);

	switch (oscillator) {
	case MSI:
		return msi_hz;
	case HSI:
		return HSI_HZ;
	case HSE:
		return hse_hz;
	case PLL:
		return sources[word & 3] / ((word >> 4 & 15) + 1) * (word >> 8 & 0x7F) / r;
	default:
		return 0;
	}
}

/* PLLR: 2, 4, 6, 8. */
static uint32_t hz_l4(const struct rcc *rcc, unsigned oscillator)
{
	return hz(rcc, oscillator, rcc_msi_hz(rcc_msi_range(rcc)), HSE_HZ,
		  2 * ((rcc_word(rcc, PLLCFGR) >> 25 & 3) + 1));
}

/* PLLR: 1 to 8. */
static uint32_t hz_radio(const struct rcc *rcc, unsigned oscillator, uint32_t range)
{
	return hz(rcc, oscillator, rcc_msi_hz(range),
		  RADIO_HSE_HZ >> !!(rcc_word(rcc, CR) & CR_HSEPRE),
		  (rcc_word(rcc, PLLCFGR) >> 29) + 1);
}

static uint32_t hz_wb(const struct rcc *rcc, unsigned oscillator)
{
	return hz_radio(rcc, oscillator, rcc_word(rcc, CR) >> 4 & 15);
}

static uint32_t hz_wl(const struct rcc *rcc, unsigned oscillator)
{
	return hz_radio(rcc, oscillator, rcc_msi_range(rcc));
}

#define COMMON \
	.oscillators = oscillators, .oscillator_count = ARRAY_SIZE(oscillators), \
	.cfgr = CFGR, .sw = 3, .sws = 3 << 2, .sws_shift = 2, \
	.hpre = { CFGR, 4 }, .ppre1 = { CFGR, 8 }, .ppre2 = { CFGR, 11 }, \
	.csr = CSR, .rmvf = 1 << 23, .bdcr = BDCR, \
	.causes = rcc_causes_l4, .cause_count = RCC_CAUSES_L4, \
	.locked_offset = PLLCFGR, .locked_mask = 0x7FF3, .locked_by = PLL

const struct rcc_layout rcc_l4_layout = {
	COMMON, .gates = gates_l4, .gates_count = ARRAY_SIZE(gates_l4), .values = values_l4,
	.value_count = ARRAY_SIZE(values_l4), .by_sw = { MSI, HSI, HSE, PLL }, .hz = hz_l4,
};

const struct rcc_layout rcc_g4_layout = {
	COMMON, .gates = gates_l4, .gates_count = ARRAY_SIZE(gates_l4), .values = values_g4,
	.value_count = ARRAY_SIZE(values_g4), .by_sw = { RCC_NONE, HSI, HSE, PLL }, .hz = hz_l4,
};

const struct rcc_layout rcc_wb_layout = {
	COMMON, .gates = gates_wb, .gates_count = ARRAY_SIZE(gates_wb), .values = values_wb,
	.value_count = ARRAY_SIZE(values_wb), .by_sw = { MSI, HSI, HSE, PLL }, .hz = hz_wb,
};

const struct rcc_layout rcc_wl_layout = {
	COMMON, .gates = gates_wb, .gates_count = ARRAY_SIZE(gates_wb), .values = values_wb,
	.value_count = ARRAY_SIZE(values_wb), .by_sw = { MSI, HSI, HSE, PLL }, .hz = hz_wl,
};
