/* SPDX-License-Identifier: MIT
 *
 * Keys of the chip's owner that read protection may have been tied to (RM0456 7.6.2, RM0493 7.6.2). They can be
 * written and not read; a status bit says that there is one.
 */
#include "flash/option/plan.h"

#include <string.h>

#include "probe/bytes.h"

#define OEM1LOCK (1u << 18)

bool option_wants_key(struct core *core)
{
	static const struct {
		const char *controller;
		uint8_t status;		/* offset */
	} rows[] = {
		{ "u5", 0x20 }, { "u3", 0x20 }, { "wba", 0x20 }, { "wba2", 0x20 },
	};
	const struct chip *chip = &core->board->chip;
	uint32_t status = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].controller, chip->controller) &&
		    !probe_read_u32(core->board->probe, core->port, chip->flash_registers + rows[i].status, &status))
			return status & OEM1LOCK;
	return false;
}

/* U0 shows a checksum of the key, and nowhere whether there is one (FLASH_OEMKEYSR). */
const char *option_key_hint(const struct option_plan *plan)
{
	if (!plan_lowers_protection(plan) || strcmp(plan->chip->controller, "u0"))
		return "";
	return " If the owner of this chip has set a key (OEM1KEY), only that key lowers its read protection; giving it "
	       "through the debug port is not supported.";
}

int option_check_keys(const struct option_plan *plan, struct core *core, struct why *why)
{
	if (!plan_lowers_protection(plan) || !option_wants_key(core))
		return OK;
	return explain(why, E_REFUSED, "Read protection of this chip is tied to a key of its owner (OEM1KEY; the flash status "
		       "has OEM1LOCK set): it is lowered only by who gives that key through the debug port, which is not "
		       "supported. Nothing was written.");
}
