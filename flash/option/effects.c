/* SPDX-License-Identifier: MIT
 *
 * What a change of option bytes does besides, and how hard it is to go back.
 */
#include "flash/option/plan.h"

#include <string.h>

#include "probe/bytes.h"

/* ---- read protection ---- */

static bool lowers(const struct option_plan *plan, const struct chip_option_field *field)
{
	return field->erases && plan_before(plan, field) != field->erases_to &&
	       plan_after(plan, field) == field->erases_to;
}

static bool raises(const struct option_plan *plan, const struct chip_option_field *field)
{
	return field->erases && plan_before(plan, field) == field->erases_to &&
	       plan_after(plan, field) != field->erases_to;
}

/* Nobody knows what a value without a name does. */
static bool becomes_forever(const struct option_plan *plan, const struct chip_option_field *field)
{
	uint32_t after = plan_after(plan, field);

	return field->dangerous && (after == field->forever || !option_value_named(field, after));
}

static bool closes_port(const struct option_plan *plan, const struct chip_option_field *field)
{
	return field->closes_port && field->dangerous && plan_after(plan, field) == field->forever;
}

/* Boot from flash alone, and no debugger: firmware is the only way in (RM0444 3.5.5). */
static bool shuts_out(const struct option_plan *plan, const struct chip_option_field *field)
{
	const struct chip_option_field *lock = plan_role(plan, CHIP_BOOT_LOCK);

	return raises(plan, field) && lock && becomes_forever(plan, lock);
}

bool plan_lowers_protection(const struct option_plan *plan)
{
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++)
		if (lowers(plan, field))
			return true;
	return false;
}

bool option_plan_stop_watchdog(const struct option_plan *plan, struct option_plan *first)
{
	bool stops = false;

	*first = *plan;
	memcpy(first->after, plan->before, sizeof(first->after));
	for (size_t i = 0; plan_lowers_protection(plan) && i < plan->chip->option_field_count; i++) {
		const struct chip_option_field *field = &plan->chip->option_fields[i];

		if (field->role != CHIP_WATCHDOG || plan_before(plan, field))
			continue;
		plan_put(first, field, 1);
		stops = true;
	}
	return stops;
}

bool option_plan_closes_port(const struct option_plan *plan)
{
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++)
		if (closes_port(plan, field))
			return true;
	return false;
}

/* ---- weight ---- */

enum option_weight option_change_weight(const struct option_plan *plan,
					const struct chip_option_field *field)
{
	if (becomes_forever(plan, field) || field->one_way || shuts_out(plan, field))
		return OPTION_FOREVER;
	if (lowers(plan, field))
		return OPTION_ERASES;
	if (field->lasting)
		return plan_lowers_protection(plan) ? OPTION_ERASES : OPTION_LASTING;
	return OPTION_LIGHT;
}

enum option_weight option_plan_weight(const struct option_plan *plan)
{
	enum option_weight heaviest = OPTION_LIGHT;
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++) {
		enum option_weight weight = option_change_weight(plan, field);

		heaviest = weight > heaviest ? weight : heaviest;
	}
	return heaviest;
}

bool option_plan_is_unsure(const struct option_plan *plan)
{
	const struct chip_option_field *field;
	bool unsure = plan->unsure;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++)
		unsure |= field->unverified;
	return unsure;
}

/* ---- sentences ---- */

static const char *protection_effect(const struct option_plan *plan, const struct chip_option_field *field)
{
	if (closes_port(plan, field))
		return "the debug port closes for ever, the option bytes can never be changed again";
	if (shuts_out(plan, field))
		return "with the boot lock nobody can debug this chip or change its option bytes any more";
	if (lowers(plan, field))
		return "all of flash and the backup RAM are erased";
	if (raises(plan, field))
		return "debuggers can't read or write flash any more, at the latest from the next power-on; going back "
		       "erases all of flash";
	return NULL;
}

enum { ANY = -1 };

const char *option_change_effect(const struct option_plan *plan, const struct chip_option_field *field)
{
	static const struct {
		enum chip_option_role role;
		int only;		/* when it becomes this */
		const char *effect;
	} effects[] = {
		{ CHIP_BANK_MODE, ANY, "banks and sectors get other addresses: load the firmware again" },
		{ CHIP_BANK_SWAP, ANY, "the banks change places" },
		{ CHIP_BOOT, ANY, "the chip may boot from another place" },
		{ CHIP_WATCHDOG, 0, "the watchdog runs from reset on: firmware has to feed it" },
		{ CHIP_WINDOW_WATCHDOG, 0, "the window watchdog runs from reset on: firmware has to feed it" },
		{ CHIP_RESET_PIN, ANY, "NRST may be no reset pin any more: then a probe can't reset the chip by it" },
		{ CHIP_PCROP_MODE, 1, "the bits of write protection mean read-out protection from now on, the other way "
		  "round; only erasing the chip ends it" },
		{ CHIP_PCROP, ANY, "nobody can read what is protected; only erasing the chip ends it" },
		{ CHIP_SECRETS, ANY, "PCROP and secure areas are kept or erased when read protection is lowered" },
		{ CHIP_SECURE_AREA, ANY, "what is in the area can be hidden until the next reset, from debuggers too" },
		{ CHIP_AREA_LOCK, 0, "the write-protected area can't change until read protection is lowered" },
		{ CHIP_OTP_LOCKS, ANY, "these OTP blocks stay as they are for ever" },
		{ CHIP_COUNTER, ANY, "the counter never goes back" },
		{ CHIP_LOW_SUPPLY, 1, "pins are made fast for a supply below 2.7 V: with more they can be damaged" },
		{ CHIP_LOW_SIDE_SUPPLY, 1, "pins are made fast for a supply of theirs below 2.7 V: with more they can be "
		  "damaged" },
		{ CHIP_DATA_AREA, ANY, "the last sectors of the bank change between program flash and data area" },
		{ CHIP_RAM_MAP, ANY, "RAM gets other sizes or addresses: firmware has to be linked for it" },
	};

	if (field->erases)
		return protection_effect(plan, field);
	if (field->role == CHIP_BOOT_LOCK && becomes_forever(plan, field))
		return "where the chip boots is fixed; with read protection or in a closed state nobody gets in any more";
	for (size_t i = 0; i < ARRAY_SIZE(effects); i++)
		if (effects[i].role == field->role &&
		    (effects[i].only == ANY || plan_after(plan, field) == (uint32_t)effects[i].only))
			return effects[i].effect;
	return NULL;
}

const char *option_plan_caution(const struct option_plan *plan)
{
	const struct chip *chip = plan->chip;

	if (chip->option_caution[0])
		return chip->option_caution;
	if (chip->unprotect_caution[0] && plan_lowers_protection(plan))
		return chip->unprotect_caution;
	return NULL;
}
