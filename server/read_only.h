/* SPDX-License-Identifier: MIT
 *
 * Memory that looks like RAM to a debugger and must not be written as such: flash, OTP, option bytes, ROM.
 */
#ifndef SERVER_READ_ONLY_H
#define SERVER_READ_ONLY_H

#include "targets/chip.h"
#include "targets/core.h"

/* OK when nothing of the range is OTP or an option byte; else E_RANGE with what it is and what writes it. */
int read_only_check(const struct chip *chip, uint32_t address, uint32_t length, struct why *why);
/* The sentence for an address that memory_write() refused. Returns E_RANGE. */
int read_only_explain(const struct chip *chip, uint32_t address, struct why *why);
/* The sentence for an address at which a write failed with err, which it returns. */
int read_only_failed(const struct chip *chip, int err, uint32_t address, struct why *why);

#endif
