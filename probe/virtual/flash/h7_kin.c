/* SPDX-License-Identifier: MIT
 *
 * What the flash controllers of H7, H7A3, H7R/S and H5 differ in. Times are typical values as far as
 * they are known (of H7A3, H7RS and H5 they are not well).
 */
#include "probe/virtual/flash/h7.h"

#include "probe/bytes.h"

#include <string.h>

enum { COMMON_CR = H7_PG | H7_SER | H7_BER };

enum { ERRORS_COMMON = H7_WRPERR | H7_PGSERR | H7_STRBERR };

#define MAP_H7 { { 0x00, H7_ACR }, { 0x04, H7_KEYR }, { 0x08, H7_OPTKEYR }, { 0x0C, H7_CR }, \
		 { 0x10, H7_SR }, { 0x14, H7_CLEAR }, { 0x18, H7_OPTCR }, { 0x24, H7_OPTION_CLEAR }, \
		 { 0x60, H7_ECC_DETECTED } }

/* Open, Provisioning, iROT-Provisioned, TZ-Closed, Closed, Locked. */
static const uint8_t states_h5[] = { 0xED, 0x17, 0x2E, 0xC6, 0x72, 0x5C };
static const uint8_t states_h7rs[] = { 0xB4, 0x51 };	/* open, closed */

static const struct flash_h7_kin kins[] = {
	{ .controller = "h7", .unit = 32, .register_sets = 2,
	  .cr_bits = COMMON_CR | 0x30 | 0x700 | 0x1FEF8000, .cr_fw = 1 << 6, .cr_start = 1 << 7,
	  .snb_shift = 8, .snb_mask = 7, .has_psize = true, .incerr = H7_INCERR, .queue = H7_QW,
	  .clearable = 0x1FEF0000, .blocking = ERRORS_COMMON | H7_INCERR | H7_OPERR, .map = MAP_H7,
	  .irq = 4, .program_ns = { 290000, 180000, 130000, 100000 },
	  .sector_us = { 2000000, 1800000, 1200000, 1000000 },
	  .mib_ms = { 13000, 8000, 6000, 5000 }, .option_ms = 10,
	  .optsr = 0x1C, .wrp = 0x38, .wrp_step = 0x100, .wrp_group = 1, .pcrop = 0x28,
	  .level0 = 0xAA, .level2 = 0xCC, .watchdog_word = 0x1C, .watchdog = 1 << 4,
	  .boot = 0x40, .boot_shift = 16 },
	{ .controller = "h7a3", .unit = 16, .register_sets = 2,
	  .cr_bits = COMMON_CR | 0x1FC0 | 0x1FAF8000, .cr_fw = 1 << 4, .cr_start = 1 << 5,
	  .snb_shift = 6, .snb_mask = 0x7F, .incerr = H7_INCERR, .queue = H7_QW,
	  .clearable = 0x1FAF0000, .blocking = ERRORS_COMMON | H7_INCERR, .map = MAP_H7, .irq = 4,
	  .program_ns = { 20000 }, .sector_us = { 2000 }, .mib_ms = { 20 }, .option_ms = 10,
	  .optsr = 0x1C, .wrp = 0x38, .wrp_step = 0x100, .wrp_group = 4, .pcrop = 0x28,
	  .otp_locks = 0x68, .level0 = 0xAA, .level2 = 0xCC, .watchdog_word = 0x1C,
	  .watchdog = 1 << 4, .boot = 0x40, .boot_shift = 16, .optcr_otp = true },
	{ .controller = "h7rs", .unit = 16, .register_sets = 1,
	  .cr_bits = COMMON_CR | 0x1C0 | 1 << 16 | 1 << 17, .cr_fw = 1 << 4, .cr_start = 1 << 5,
	  .cr_mass = 1 << 24, .snb_shift = 6, .snb_mask = 7, .incerr = H7_INCERR, .queue = H7_QW,
	  .clearable = 0x1F3F0000, .blocking = ERRORS_COMMON | H7_INCERR,
	  .map = { { 0x00, H7_ACR }, { 0x04, H7_KEYR }, { 0x10, H7_CR }, { 0x14, H7_SR },
		   { 0x24, H7_FLAGS }, { 0x28, H7_CLEAR }, { 0x40, H7_ECC_CORRECTED },
		   { 0x44, H7_ECC_DETECTED }, { 0x100, H7_OPTKEYR }, { 0x104, H7_OPTCR },
		   { 0x108, H7_OPTION_FLAGS }, { 0x10C, H7_OPTION_CLEAR } },
	  .program_ns = { 16000 }, .sector_us = { 2200 }, .mib_ms = { 160 }, .option_ms = 2,
	  .optsr = 0x200, .wrp = 0x218, .wrp_group = 1, .otp_locks = 0x210,
	  .late = { 0x200, 0x208, 0x260, 0x268 }, .level0 = 0xB4, .words_at_once = true,
	  .watchdog_word = 0x260, .watchdog = 1 << 4, .states = states_h7rs,
	  .state_count = ARRAY_SIZE(states_h7rs), .cr_otp = 1 << 16, .otp_words = true },
	{ .controller = "h5", .unit = 16, .register_sets = 1,
	  .cr_bits = COMMON_CR | 0x3FC0 | 0x00FF0000, .cr_fw = 1 << 4, .cr_start = 1 << 5,
	  .cr_mass = 1 << 15, .cr_bank2 = 1u << 31, .snb_shift = 6, .snb_mask = 0xFF,
	  .incerr = H7_INCERR_H5, .queue = 1 << 3, .clearable = 0x00FF0000,
	  .blocking = ERRORS_COMMON | H7_INCERR_H5 | 3 << 21,
	  .map = { { 0x00, H7_ACR }, { 0x04, H7_KEYR }, { 0x0C, H7_OPTKEYR }, { 0x1C, H7_OPTCR },
		   { 0x20, H7_SR }, { 0x28, H7_CR }, { 0x30, H7_CLEAR }, { 0x100, H7_ECC_CORRECTED },
		   { 0x104, H7_ECC_DETECTED } },
	  .irq = 6, .program_ns = { 34000 }, .sector_us = { 2000 }, .mib_ms = { 256 },
	  .option_ms = 5, .optsr = 0x50, .wrp = 0xE8, .wrp_step = 0x100, .wrp_group = 4,
	  .otp_locks = 0x90, .late = { 0x50, 0x70, 0x80, 0x88 }, .level0 = 0xED,
	  .watchdog_word = 0x50, .watchdog = 1 << 3, .states = states_h5,
	  .state_count = ARRAY_SIZE(states_h5), .boot = 0x80, .virgin_otp_faults = true, .edata = 0x09000000,
	  .edata_word = 0xF0 },
};

const struct flash_h7_kin *flash_h7_kin(const char *controller)
{
	for (size_t i = 0; i < ARRAY_SIZE(kins); i++)
		if (strcmp(kins[i].controller, controller) == 0)
			return &kins[i];
	return NULL;
}
