/* SPDX-License-Identifier: MIT
 *
 * How the firmware talks SWD: packets with WAIT retried, SELECT and CSW remembered, blocks of
 * memory. All return an ST-LINK status. Private to firmware*.c.
 */
#ifndef PROBE_VIRTUAL_FIRMWARE_SWD_H
#define PROBE_VIRTUAL_FIRMWARE_SWD_H

#include "probe/virtual/firmware/state.h"

enum {				/* access port registers, full offset */
	AP_CSW = 0x00, AP_TAR = 0x04, AP_DRW = 0x0C,
	AP_BD0 = 0x10, AP_BD1 = 0x14, AP_BD2 = 0x18,
	AP_BASE = 0xF8, AP_IDR = 0xFC,
};

/* A block as a memory command names it. */
struct swd_block {
	uint8_t ap;
	uint32_t csw;		/* wanted bits 31:8, or 0 */
	uint8_t width;		/* 1, 2 or 4 */
	bool fixed;		/* all to one address */
	uint32_t address, length;
};

/* Line reset, switch, power-up, as ENTER does. */
uint8_t swd_enter(struct firmware *fw, uint32_t *dpidr);
/* Forgets SELECT and CSW: somebody else may have written them. */
void swd_forget(struct firmware *fw);

/* Debug port registers; bank = SELECT.DPBANKSEL. */
uint8_t swd_dp_read(struct firmware *fw, uint8_t reg, uint8_t bank, uint32_t *value);
uint8_t swd_dp_write(struct firmware *fw, uint8_t reg, uint8_t bank, uint32_t value);

/* Access port registers. A write returns before it is through; a read waits for its value. */
uint8_t swd_ap_read(struct firmware *fw, uint8_t ap, uint8_t reg, uint32_t *value);
uint8_t swd_ap_write(struct firmware *fw, uint8_t ap, uint8_t reg, uint32_t value);
/* A posted read: *value is what the read before it found. */
uint8_t swd_ap_post(struct firmware *fw, uint8_t ap, uint8_t reg, uint32_t *value);
/* Waits for the access port; *value is what the last read found. */
uint8_t swd_ap_collect(struct firmware *fw, uint32_t *value);

/* Blocks. After a failure the sticky errors are cleared, what is in progress is aborted, and
 * *fault is the address where it stopped. */
uint8_t swd_read_block(struct firmware *fw, const struct swd_block *block, uint8_t *data,
		       uint32_t *fault);
uint8_t swd_write_block(struct firmware *fw, const struct swd_block *block, const uint8_t *data,
			uint32_t *fault);
uint8_t swd_read_word(struct firmware *fw, uint8_t ap, uint32_t address, uint32_t *value);
uint8_t swd_write_word(struct firmware *fw, uint8_t ap, uint32_t address, uint32_t value);

/* Makes the access port ready for accesses of width: SELECT and CSW. */
uint8_t swd_prepare(struct firmware *fw, const struct swd_block *block);
/* Clears up after status and returns it; *fault = TAR where that can be read. */
uint8_t swd_fail(struct firmware *fw, const struct swd_block *block, uint8_t status,
		 uint32_t *fault);

/* firmware_swd_old.c: the same as firmware before J26 did it, without address increment. */
uint8_t swd_old_read_block(struct firmware *fw, const struct swd_block *block, uint8_t *data,
			   uint32_t *fault);
uint8_t swd_old_write_block(struct firmware *fw, const struct swd_block *block, const uint8_t *data,
			    uint32_t *fault);

#endif
