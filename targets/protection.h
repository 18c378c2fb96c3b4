/* SPDX-License-Identifier: MIT
 *
 * Read protection as the option words say that were read last: the level (RDP) or the state (H5, H7R/S) that keeps
 * a debugger from flash. Pure, but for protection_read().
 */
#ifndef TARGETS_PROTECTION_H
#define TARGETS_PROTECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "targets/chip.h"
#include "targets/core.h"

enum { PROTECTION_TEXT = 200 };

/* The field with the level or the state; NULL = the chip's description has none. */
const struct chip_option_field *protection_field(const struct chip *chip);
/* The value of it that leaves everything open. */
uint32_t protection_open_value(const struct chip_option_field *field);
/* Whether it is a state, which only debug authentication takes back, and no level. */
bool protection_is_state(const struct chip_option_field *field);
/* The value as it was read last; 0 without a field. */
uint32_t protection_value(const struct chip *chip);
/* Whether a debugger is kept from flash. */
bool protection_is_on(const struct chip *chip);
/* "Read protection is set (RDP level1): ..." with the way out; "" when it is not. Returns text. */
const char *protection_text(const struct chip *chip, char *text, size_t size);

/* Asks the chip (one exchange), so that protection_is_on() is right from now on. Errors of the probe. */
int protection_read(struct core *core);
/* For flash and OTP that can't be read: when err is E_FAULT and protection is on, adds to why that this is the
 * reason. */
void protection_explain(struct core *core, int err, uint32_t address, struct why *why);

#endif
