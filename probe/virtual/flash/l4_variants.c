/* SPDX-License-Identifier: MIT
 *
 * In what the flash controllers of L4 and its kin differ. Bits and offsets: flash chapters of the
 * reference manuals named in flash_l4.h; times: typical values of the data sheets.
 */
#include "probe/virtual/flash/l4.h"

#include "probe/bytes.h"

#include <string.h>

/* DS10198 tables 56 and 57, DS12288 (G4), and by their example L4+, L5, WB, WL. */
static const struct flash_l4_times times_l4 = { 81700, 59700, 22020000, 22130000, 22500000 };
/* DS12232 (G0), DS13867 (C0); U0 by their example. */
static const struct flash_l4_times times_g0 = { 85000, 53100, 22000000, 22100000, 22500000 };
/* DS13737 (U5), DS14127 (WBA); U3 by their example. */
static const struct flash_l4_times times_u5 = { 118000, 380000, 1500000, 0, 5000000 };

enum { FSTPG = 1 << 18, BWR = 1 << 14, BKER_11 = 1 << 11, BKER_13 = 1 << 13, MER2 = 1 << 15,
       BSY2 = 1 << 17 };

enum { ERRORS_L4 = 0xC3FA, ERRORS_U0 = 0x9BFA, ERRORS_WB = 0xC3FA, ERRORS_U5 = 0x20FA };

enum { ACR_L4 = 0x7F0F, ACR_L4PLUS = 0x7F0F, ACR_G4 = 0x47F0F, ACR_G0 = 0x50F07, ACR_WB = 0x9F07,
       ACR_L5 = 0xF00F, ACR_U5 = 0x790F };

enum { RESET_L4 = 0x600, RESET_G4 = 0x40600, RESET_G0 = 0x40600, RESET_U5 = 0 };

#define L4_COMMON \
	.keyr = 0x08, .optkeyr = 0x0C, .sr = 0x10, .cr = 0x14, .optr = 0x20, .unit = 8, \
	.row_bit = FSTPG

#define ONE_BANK_WRP	{ 0x2C, 0x30, 0, 0 }
#define TWO_BANK_WRP	{ 0x2C, 0x30, 0x4C, 0x50 }
#define PCROP_L4	.pcrop = { 0x24, 0, 0x44, 0 }, .pcrop_unit = 8
#define PCROP_G0	.pcrop = { 0x24, 0x34, 0x44, 0x54 }, .pcrop_unit = 512
#define PCROP_WB	.pcrop = { 0x24, 0x34, 0, 0 }, .pcrop_unit = 0

#define L4_KIN \
	L4_COMMON, .row = 256, .errors = ERRORS_L4, .acr_bits = ACR_L4, .acr_reset = RESET_L4, \
	.irq = 4, .times = &times_l4, PCROP_L4
#define G0_KIN \
	L4_COMMON, .row = 256, .acr_bits = ACR_G0, .acr_reset = RESET_G0, \
	.irq = 3, .times = &times_g0, .boot = L4_BOOT_SEL, .secure = { 0x80, 0 }
#define G4_KIN \
	L4_COMMON, .row = 256, .errors = ERRORS_L4, .acr_bits = ACR_G4, .acr_reset = RESET_G4, \
	.irq = 4, .times = &times_l4, .boot = L4_BOOT_SW, PCROP_L4
#define WB_KIN \
	L4_COMMON, .errors = ERRORS_WB, .acr_bits = ACR_WB, .acr_reset = RESET_L4, .irq = 4, \
	.times = &times_l4, .boot = L4_BOOT_SW, PCROP_WB, .wrp = ONE_BANK_WRP
#define U5_KIN \
	.keyr = 0x08, .optkeyr = 0x10, .sr = 0x20, .cr = 0x28, .optr = 0x40, .errors = ERRORS_U5, \
	.bker = BKER_11, .mer2 = MER2, .irq = 6, .boot = L4_BOOT_ADDRESS, \
	.wrp = { 0x58, 0x5C, 0x68, 0x6C }
#define U5_BURST \
	U5_KIN, .row = 128, .row_bit = BWR, .acr_bits = ACR_U5, .acr_reset = RESET_U5, \
	.times = &times_u5
#define U5_TRAITS	(L4_BURST | L4_TRUSTZONE | L4_WRP_LATCH | L4_DATA_WAIT)
#define G0_TRAITS	(L4_CFGBSY | L4_EMPTY_ACR | L4_DBG_SWEN | L4_OPTVERR | L4_FAST_AFTER_ERASE)
#define WB_TRAITS	(L4_CFGBSY | L4_EMPTY_ACR | L4_OPTVERR | L4_SUSPENDS | L4_SECURE_TOP | \
			 L4_FAST_AFTER_MASS)

static const struct flash_l4_variant variants[] = {
	{ "l4", L4_OPTVERR | L4_BFB2 | L4_FAST_AFTER_MASS, L4_KIN, .page_bits = 8, .bker = BKER_11,
	  .mer2 = MER2, .boot = L4_BOOT_PIN, .wrp = TWO_BANK_WRP },
	{ "l4sb", L4_OPTVERR | L4_EMPTY_SR | L4_FAST_AFTER_MASS, L4_KIN, .page_bits = 8,
	  .boot = L4_BOOT_SW, .wrp = ONE_BANK_WRP },
	{ "l4plus", L4_OPTVERR | L4_EMPTY_SR | L4_BFB2 | L4_FAST_AFTER_MASS | L4_WIDE_SINGLE,
	  L4_COMMON, .row = 512, .errors = ERRORS_L4, .acr_bits = ACR_L4PLUS,
	  .acr_reset = RESET_L4, .irq = 4, .times = &times_l4, PCROP_L4, .page_bits = 8,
	  .bker = BKER_11, .mer2 = MER2, .boot = L4_BOOT_SW, .wrp = TWO_BANK_WRP },
	{ "g0", G0_TRAITS, G0_KIN, .errors = ERRORS_L4, .page_bits = 10, PCROP_G0,
	  .wrp = ONE_BANK_WRP },
	{ "g0db", G0_TRAITS, G0_KIN, .errors = ERRORS_L4, .page_bits = 10, PCROP_G0,
	  .bker = BKER_13, .mer2 = MER2, .busy2 = BSY2, .wrp = TWO_BANK_WRP },
	{ "c0", G0_TRAITS | L4_PLAIN_CELLS, G0_KIN, .errors = ERRORS_L4, .page_bits = 7, PCROP_G0,
	  .wrp = ONE_BANK_WRP },
	{ "u0", G0_TRAITS, G0_KIN, .errors = ERRORS_U0, .page_bits = 7, .wrp = ONE_BANK_WRP,
	  .oem_key = 0x88, .oem_words = 4 },
	{ "g4", L4_DBG_SWEN | L4_OPTVERR | L4_FAST_AFTER_MASS, G4_KIN, .page_bits = 8, .wrp = ONE_BANK_WRP,
	  .secure = { 0x70, 0 } },
	{ "g4db", L4_DBG_SWEN | L4_OPTVERR | L4_BFB2 | L4_WIDE_SINGLE | L4_FAST_AFTER_MASS, G4_KIN,
	  .page_bits = 7,
	  .bker = BKER_11, .mer2 = MER2, .wrp = TWO_BANK_WRP, .secure = { 0x70, 0x74 } },
	{ "wb", WB_TRAITS, WB_KIN, .row = 512, .page_bits = 8 },
	{ "wl", WB_TRAITS, WB_KIN, .row = 256, .page_bits = 7 },
	{ "l5", L4_TRUSTZONE, U5_KIN, .unit = 8, .page_bits = 7, .acr_bits = ACR_L5,
	  .acr_reset = RESET_U5, .times = &times_l4 },
	{ "u5", U5_TRAITS, U5_BURST, .unit = 16, .page_bits = 8, .oem_key = 0x70, .oem_words = 2 },
	{ "u3", U5_TRAITS, U5_BURST, .unit = 8, .page_bits = 8, .oem_key = 0x110, .oem_words = 4 },
	{ "wba", U5_TRAITS, U5_BURST, .unit = 16, .page_bits = 7, .oem_key = 0x70, .oem_words = 2 },
	{ "wba2", U5_TRAITS, U5_BURST, .unit = 8, .page_bits = 7, .oem_key = 0x110, .oem_words = 4 },
};

const struct flash_l4_variant *flash_l4_variant(const char *controller)
{
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++)
		if (strcmp(variants[i].controller, controller) == 0)
			return &variants[i];
	return NULL;
}
