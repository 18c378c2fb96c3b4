/* SPDX-License-Identifier: MIT
 *
 * The ST-LINKs that we can be. Version numbers, product ids, limits: what users and other tools
 * reported of real ones. How often a WAIT is retried is an assumption, except that it is seen to
 * be many on V2 and too few on V3 before J10.
 */
#include <stddef.h>
#include <string.h>

#include "probe/bytes.h"
#include "probe/virtual/firmware/personality.h"

static const struct personality personalities[] = {
	{ .name = "V2J37S7", .product = 0x3748, .product_text = "STM32 STLink",
	  .major = 2, .jtag = 37, .minor = 7, .start = MODE_DFU,
	  .mem8_max = 64, .batch_max = 64, .wait_retries = 100, .board_id = "" },
	{ .name = "V2J16S0", .product = 0x3748, .product_text = "STM32 STLink",
	  .major = 2, .jtag = 16, .minor = 0, .start = MODE_DFU,
	  .binary_serial = true, .old_memory = true,
	  .mem8_max = 64, .batch_max = 0, .wait_retries = 100, .board_id = "" },
	{ .name = "V2J28S7", .product = 0x3748, .product_text = "STM32 STLink",
	  .major = 2, .jtag = 28, .minor = 7, .start = MODE_DFU,
	  .mem8_max = 64, .batch_max = 0, .wait_retries = 100, .board_id = "" },
	{ .name = "V2J45M31", .product = 0x374B, .product_text = "STM32 STLink",
	  .major = 2, .jtag = 45, .minor = 31, .start = MODE_MASS, .power_switch = true,
	  .mem8_max = 64, .batch_max = 64, .wait_retries = 100, .board_id = "0735" },
	{ .name = "V3J3M2", .product = 0x374E, .product_text = "STLINK-V3",
	  .major = 3, .jtag = 3, .minor = 2, .swim = 1, .bridge = 0, .start = MODE_MASS,
	  .keeps_nrst = true, .high_speed = true,
	  .mem8_max = 64, .batch_max = 1227, .wait_retries = 20, .board_id = "" },
	{ .name = "V3J7M3", .product = 0x374E, .product_text = "STLINK-V3",
	  .major = 3, .jtag = 7, .minor = 3, .swim = 1, .bridge = 4, .start = MODE_MASS,
	  .keeps_nrst = true, .high_speed = true, .power_switch = true,
	  .mem8_max = 512, .batch_max = 1227, .wait_retries = 20, .board_id = "0735" },
	{ .name = "V3J15M7", .product = 0x374E, .product_text = "STLINK-V3",
	  .major = 3, .jtag = 15, .minor = 7, .swim = 1, .bridge = 5, .start = MODE_MASS,
	  .keeps_nrst = true, .high_speed = true, .power_switch = true,
	  .mem8_max = 512, .batch_max = 1227, .wait_retries = 100, .board_id = "0735" },
	{ .name = "V3PWR", .product = 0x3757, .product_text = "STLINK-V3",
	  .major = 4, .jtag = 5, .minor = 0, .bridge = 1, .power = 5, .start = MODE_MASS,
	  .keeps_nrst = true, .high_speed = true, .power_switch = true,
	  .mem8_max = 512, .batch_max = 1227, .wait_retries = 100, .board_id = "0735" },
};

const struct personality *personality_at(unsigned index)
{
	return index < ARRAY_SIZE(personalities) ? &personalities[index] : NULL;
}

const struct personality *personality_find(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(personalities); i++)
		if (!strcmp(personalities[i].name, name))
			return &personalities[i];
	return NULL;
}

/* V3PWR counts its versions anew (it reports major 4) and has all that a V3 has. */
bool personality_has(const struct personality *personality, struct gate gate)
{
	if (personality->major == 2)
		return gate.v2 != NEVER && personality->jtag >= gate.v2;
	if (personality->major == 3)
		return gate.v3 != NEVER && personality->jtag >= gate.v3;
	return gate.v3 != NEVER;
}

unsigned personality_packet(const struct personality *personality)
{
	return personality->high_speed ? 512 : 64;
}
