/* SPDX-License-Identifier: MIT
 *
 * SWD speeds: the divisors of the V2, and the list that a V3 offers. Pure. Private to probe/.
 */
#ifndef PROBE_SPEED_H
#define PROBE_SPEED_H

#include <stddef.h>
#include <stdint.h>

struct speed_divisor {
	uint32_t khz;
	uint16_t divisor;
};

enum { SPEED_V2_DEFAULT_KHZ = 1800, SPEED_REPLY_SIZE = 52 };

/* The row of the highest speed not above khz, else of the lowest. */
const struct speed_divisor *speed_choose_v2(uint32_t khz);
/* Takes the speeds out of the reply to command 62 (any order, zeros skipped); returns how many. */
size_t speed_parse_list(const uint8_t reply[SPEED_REPLY_SIZE], uint32_t *khz, size_t max);
/* The highest entry not above khz, else the lowest; 0 when the list is empty. */
uint32_t speed_choose(const uint32_t *list, size_t count, uint32_t khz);

#endif
