/* SPDX-License-Identifier: MIT
 *
 * The one-time programmable area: blocks, what is in them, and writing what can never be taken back.
 * Every write is checked as a whole before its first bit. How a controller programs OTP is in otp_NAME.c.
 */
#ifndef FLASH_OTP_H
#define FLASH_OTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"
#include "targets/chip.h"
#include "targets/core.h"

enum { OTP_BLOCK = 64, OTP_MOST = 2048 };

struct otp_block {
	uint32_t address, size;
	uint8_t data[OTP_BLOCK];
	bool virgin[OTP_BLOCK];		/* bytes of units that were never written, where that can be told */
	uint8_t lock;			/* the lock byte, where there is one */
	bool blank, locked;
};

/* 0 = no OTP that is known. Where a description names no blocks, pieces of OTP_BLOCK bytes. */
unsigned otp_block_count(const struct chip *chip);
int otp_read_block(struct core *core, unsigned number, struct otp_block *block, struct why *why);

/* OK when OTP of this chip can be written, else E_REFUSED saying that it can't yet, or E_CHIP. */
int otp_writable(const struct chip *chip, struct why *why);
/* The same for locking. */
int otp_lockable(const struct chip *chip, struct why *why);
/* The option field with a bit for each block that is locked; NULL where locks are bytes, or there are none. */
const struct chip_option_field *otp_lock_field(const struct chip *chip);
/* Whether reading what was never written is an ECC error: the core has to be halted for it. */
bool otp_reading_disturbs(const struct chip *chip);
/* May these bytes go there? before gets what is there (length bytes). E_RANGE, E_PROTECTED (locked, read
 * protection), E_REFUSED: a bit would go from 0 to 1, or a unit would be written twice or in part. Writes nothing. */
int otp_check(struct core *core, uint32_t address, const uint8_t *data, uint32_t length, uint8_t *before,
	      struct why *why);
/* Writes what otp_check() allows, and verifies: one critical section, the core halted. */
int otp_write(struct core *core, uint32_t address, const uint8_t *data, uint32_t length, struct why *why);
/* Locks a block for ever by its lock byte, and verifies. Locking twice does nothing. Where locks are option bits it
 * takes a plan for option bytes. */
int otp_lock(struct core *core, unsigned number, struct why *why);

/* Programs whole units of the chip's OTP; where locks are bytes, those too. */
struct otp_kind {
	int (*program)(struct core *core, uint32_t address, const uint8_t *data, uint32_t length,
		       struct why *why);
};
extern const struct otp_kind otp_kind_f4, otp_kind_half, otp_kind_once;

#endif
