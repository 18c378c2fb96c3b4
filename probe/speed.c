/* SPDX-License-Identifier: MIT
 *
 * Which SWD speeds there are and which one is taken. The labels are ST's; the measured clock is
 * slower ("1800 kHz" is 1.33 MHz on the wire).
 */
#include "probe/speed.h"

#include "probe/bytes.h"

static const struct speed_divisor v2_speeds[] = {
	{ 4000, 0 }, { 1800, 1 }, { 1200, 2 }, { 950, 3 }, { 650, 5 }, { 480, 7 },
	{ 400, 9 }, { 360, 10 }, { 240, 15 }, { 150, 25 }, { 125, 31 }, { 100, 40 },
	{ 50, 79 }, { 25, 158 }, { 15, 265 }, { 5, 798 },
};

const struct speed_divisor *speed_choose_v2(uint32_t khz)
{
	for (size_t i = 0; i < ARRAY_SIZE(v2_speeds); i++)
		if (v2_speeds[i].khz <= khz)
			return &v2_speeds[i];
	return &v2_speeds[ARRAY_SIZE(v2_speeds) - 1];
}

/* Status at 0, present speed at 4, count at 8, entries from 12. */
size_t speed_parse_list(const uint8_t reply[SPEED_REPLY_SIZE], uint32_t *khz, size_t max)
{
	uint32_t offered = min_u32(get_u32(reply + 8), (SPEED_REPLY_SIZE - 12) / 4);
	size_t count = 0;

	for (uint32_t i = 0; i < offered && count < max; i++) {
		uint32_t entry = get_u32(reply + 12 + 4 * i);

		if (entry)
			khz[count++] = entry;
	}
	return count;
}

uint32_t speed_choose(const uint32_t *list, size_t count, uint32_t khz)
{
	uint32_t best = 0, lowest = UINT32_MAX;

	for (size_t i = 0; i < count; i++) {
		if (list[i] <= khz)
			best = max_u32(best, list[i]);
		lowest = min_u32(lowest, list[i]);
	}
	if (best)
		return best;
	return count ? lowest : 0;
}
