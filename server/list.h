/* SPDX-License-Identifier: MIT
 *
 * `tether list` and `tether chips`: what is plugged in, and what is known.
 */
#ifndef SERVER_LIST_H
#define SERVER_LIST_H

#include "server/exit_status.h"
#include "server/options.h"

/* Prints the probes on USB to stdout. No probe is no failure; asks each for its firmware, touches
 * no target. */
enum exit_status list_probes(const struct options *options);

/* Prints the chips whose names or parts match the pattern (the only argument; none = all).
 * EXIT_FAILED when none does. */
enum exit_status list_chips(const struct options *options);

/* True when name, in which x is any letter or digit, has pattern in it or is the start of it; any
 * case. "STM32F407xG" has F407 in it, and is the start of stm32f407vgt6. */
bool list_part_matches(const char *name, size_t length, const char *pattern);

#endif
