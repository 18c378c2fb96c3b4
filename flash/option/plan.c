/* SPDX-License-Identifier: MIT
 *
 * Plans for option bytes: what is set, what that does besides, and what does not go together.
 */
#include "flash/option/option.h"

#include <string.h>
#include <strings.h>

#include "probe/bytes.h"

static uint32_t mask_of(const struct chip_option_field *field)
{
	return UINT32_MAX >> (31 - (field->high - field->low)) << field->low;
}

static void put(struct option_plan *plan, const struct chip_option_field *field, uint32_t value)
{
	uint32_t *word = &plan->after[field->word];

	*word = (*word & ~mask_of(field)) | (value << field->low & mask_of(field));
}

static const struct chip_option_field *field_named(const struct option_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->chip->option_field_count; i++)
		if (!strcasecmp(plan->chip->option_fields[i].name, name))
			return &plan->chip->option_fields[i];
	return NULL;
}

static uint32_t before(const struct option_plan *plan, const struct chip_option_field *field)
{
	return option_field_value(field, plan->before);
}

static uint32_t after(const struct option_plan *plan, const struct chip_option_field *field)
{
	return option_field_value(field, plan->after);
}

/* ---- setting ---- */

int option_plan_set(struct option_plan *plan, const char *name, const char *text, struct why *why)
{
	const struct chip_option_field *field = option_find(plan->chip, name, why);
	bool *named;
	uint32_t value;
	int err;

	if (!field)
		return E_ARGUMENT;
	value = before(plan, field);
	err = option_value_parse(plan->chip, field, text, &value, why);
	if (err)
		return err;
	named = &plan->named[field - plan->chip->option_fields];
	if (*named && value != after(plan, field))
		return explain(why, E_ARGUMENT, "%s is given two values.", field->name);
	*named = true;
	put(plan, field, value);
	return OK;
}

int option_plan_assign(struct option_plan *plan, const char *assignment, struct why *why)
{
	const char *equals = strchr(assignment, '=');
	char name[32];

	if (!equals || equals == assignment || !equals[1] || equals - assignment >= (int)sizeof(name))
		return explain(why, E_ARGUMENT, "'%.60s' is not like NAME=VALUE.", assignment);
	memcpy(name, assignment, (size_t)(equals - assignment));
	name[equals - assignment] = '\0';
	return option_plan_set(plan, name, equals + 1, why);
}

int option_plan_defaults(struct option_plan *plan, struct why *why)
{
	const struct option_kind *kind = option_kind_find(plan->chip->controller);
	uint32_t factory[CHIP_OPTION_WORDS];

	if (!kind || !kind->factory_known)
		return explain(why, E_REFUSED, "What the factory has set in %s is not confirmed; `option set` changes "
			       "what you name, `option save` keeps what is there.", plan->chip->name);
	for (size_t i = 0; i < plan->chip->option_word_count; i++)
		factory[i] = plan->chip->option_words[i].factory;
	for (size_t i = 0; i < plan->chip->option_field_count; i++) {
		const struct chip_option_field *field = &plan->chip->option_fields[i];

		if (strncasecmp(field->name, "PCROP", 5))
			put(plan, field, option_field_value(field, factory));
	}
	return OK;
}

/* ---- what it does ---- */

const struct chip_option_field *option_plan_change(const struct option_plan *plan, size_t i)
{
	for (size_t f = 0; f < plan->chip->option_field_count; f++) {
		const struct chip_option_field *field = &plan->chip->option_fields[f];

		if (before(plan, field) != after(plan, field) && i-- == 0)
			return field;
	}
	return NULL;
}

static bool lowers_protection(const struct option_plan *plan, const struct chip_option_field *field)
{
	return field->erases && before(plan, field) != field->erases_to &&
	       after(plan, field) == field->erases_to;
}

static bool raises_protection(const struct option_plan *plan, const struct chip_option_field *field)
{
	return field->erases && before(plan, field) == field->erases_to;
}

/* What nothing but the end of read protection takes back, which erases (RM0090 3.7.5, RM0351 3.5.2, RM0440
 * 3.5.5, RM0456 7.5): PCROP, secure and hidden areas. */
static bool is_lasting(const struct chip_option_field *field)
{
	static const char *const prefixes[] = {
		"SPRMOD", "PCROP", "SEC", "HDP", "BOOT_LOCK", "NSBOOT_LOCK", "UNLOCK", "PROT_AREA", "DMEP", "DMES",
		"WPRMOD", "BOOT_UBE",
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncasecmp(field->name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* Bits that can only be set, and counters that can only rise (RM0455 4.4.6, RM0481 7.6). */
static bool is_one_way(const struct chip_option_field *field)
{
	return !strncasecmp(field->name, "OTP", 3) || strcasestr(field->name, "EPOCH");
}

enum option_weight option_change_weight(const struct option_plan *plan,
					const struct chip_option_field *field)
{
	if ((field->dangerous && after(plan, field) == field->forever) || is_one_way(field))
		return OPTION_FOREVER;
	if (lowers_protection(plan, field))
		return OPTION_ERASES;
	return is_lasting(field) ? OPTION_LASTING : OPTION_LIGHT;
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

static bool closes_port(const struct option_plan *plan, const struct chip_option_field *field)
{
	return field->erases && field->dangerous && after(plan, field) == field->forever;
}

bool option_plan_closes_port(const struct option_plan *plan)
{
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++)
		if (closes_port(plan, field))
			return true;
	return false;
}

static const char *protection_effect(const struct option_plan *plan,
				     const struct chip_option_field *field)
{
	if (closes_port(plan, field))
		return "the debug port closes for ever, the option bytes can never be changed again";
	if (lowers_protection(plan, field))
		return "all of flash and the backup RAM are erased";
	if (raises_protection(plan, field))
		return "debuggers can't read or write flash any more, at the latest from the next power-on; going back "
		       "erases all of flash";
	return NULL;
}

const char *option_change_effect(const struct option_plan *plan, const struct chip_option_field *field)
{
	static const struct {
		const char *name, *effect;
		int only;		/* when it becomes this; -1 = whatever it becomes */
	} effects[] = {
		{ "nDBANK", "banks and sectors get other addresses: load the firmware again", -1 },
		{ "DBANK", "banks and sectors get other addresses: load the firmware again", -1 },
		{ "DUALBANK", "banks and sectors get other addresses: load the firmware again", -1 },
		{ "DUAL_BANK", "banks and sectors get other addresses: load the firmware again", -1 },
		{ "SWAP_BANK", "the banks change places", -1 },
		{ "SWAP_BANK_OPT", "the banks change places", -1 },
		{ "nSWAP_BANK", "the banks change places", -1 },
		{ "BOOT_LOCK", "the chip boots from flash only; with read protection nobody gets in any more", 1 },
		{ "NRST_MODE", "NRST is no reset pin any more: a probe can't reset the chip by it", 2 },
		{ "nBOOT0", "the chip may boot from another place", -1 },
		{ "nBOOT1", "the chip may boot from another place", -1 },
		{ "NSBOOTADD0", "the chip boots from another place", -1 },
		{ "NSBOOTADD1", "the chip boots from another place", -1 },
		{ "DB1M", "banks and sectors get other addresses: load the firmware again", -1 },
		{ "BFB2", "the chip boots from another place", -1 },
		{ "nDBOOT", "the chip boots from another place", -1 },
		{ "BOOT_ADD0", "the chip boots from another place", -1 },
		{ "BOOT_ADD1", "the chip boots from another place", -1 },
		{ "WDG_SW", "the watchdog runs from reset on: firmware has to feed it", 0 },
		{ "IWDG_SW", "the watchdog runs from reset on: firmware has to feed it", 0 },
		{ "IWDG1_SW", "the watchdog runs from reset on: firmware has to feed it", 0 },
		{ "WWDG_SW", "the window watchdog runs from reset on: firmware has to feed it", 0 },
		{ "SPRMOD", "nWRP means read-out protection from now on; only erasing the chip ends it", 1 },
		{ "PCROP0", "nobody can read these sectors; only erasing the chip ends it", -1 },
	};

	if (field->erases)
		return protection_effect(plan, field);
	for (size_t i = 0; i < ARRAY_SIZE(effects); i++)
		if (!strcasecmp(effects[i].name, field->name) &&
		    (effects[i].only < 0 || after(plan, field) == (uint32_t)effects[i].only))
			return effects[i].effect;
	return NULL;
}

const char *option_plan_caution(const struct option_plan *plan)
{
	if (!strcmp(plan->chip->family, "G0"))
		return "Keep the supply on until it is done: on some revisions a cut locks the chip for good "
		       "(ES0418 2.2.9).";
	return NULL;
}

/* ---- what does not go together ---- */

enum { ABOVE_ALL_LEVELS_MV = 3000 };

static bool plan_lowers_protection(const struct option_plan *plan)
{
	const struct chip_option_field *field = field_named(plan, "RDP");

	return field && lowers_protection(plan, field);
}

static int check_level2(const struct option_plan *plan, struct why *why)
{
	for (size_t i = 0; i < plan->chip->option_field_count; i++) {
		const struct chip_option_field *field = &plan->chip->option_fields[i];

		if (field->erases && field->dangerous && before(plan, field) == field->forever)
			return explain(why, E_REFUSED, "%s is %s already: these option bytes can never be changed.",
				       field->name, option_value_named(field, field->forever)->name);
	}
	return OK;
}

/* Erasing takes seconds, and a watchdog that the option bytes start may cut it (seen on F4). */
static int check_watchdog(const struct option_plan *plan, struct why *why)
{
	static const char *const names[] = { "WDG_SW", "IWDG_SW", "IWDG1_SW" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct chip_option_field *field = field_named(plan, names[i]);

		if (field && plan_lowers_protection(plan) && before(plan, field) == 0)
			return explain(why, E_REFUSED, "The watchdog runs from reset on (%s=hardware) and may cut the "
				       "erasing short: `option set %s=software` first, then this.",
				       field->name, field->name);
	}
	return OK;
}

/* A level above the supply keeps the chip in reset, out of reach. Where its values are not known, and with other
 * fields of the kind, a supply that is above all levels is asked for. */
static uint32_t needed_mv(const struct option_plan *plan, const struct chip_option_field *field)
{
	const struct option_kind *kind = option_kind_find(plan->chip->controller);
	uint32_t level = after(plan, field);

	if (kind && kind->brownout_known && !strcasecmp(field->name, "BOR_LEV") && level < 8)
		return kind->brownout_mv[level];
	return ABOVE_ALL_LEVELS_MV;
}

static int check_brownout(const struct option_plan *plan, uint32_t supply_mv, struct why *why)
{
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++) {
		uint32_t least_mv = strncasecmp(field->name, "BOR", 3) ? 0 : needed_mv(plan, field);

		if (supply_mv && supply_mv < least_mv)
			return explain(why, E_REFUSED, "With %u.%02u V at the chip %s=%u would hold it in reset for good: "
				       "it needs %u.%02u V.", supply_mv / 1000, supply_mv % 1000 / 10, field->name,
				       after(plan, field), least_mv / 1000, least_mv % 1000 / 10);
	}
	return OK;
}

/* The same bits mean the opposite: without naming them, all open sectors would become unreadable. */
static int check_sprmod(const struct option_plan *plan, struct why *why)
{
	const struct chip_option_field *mode = field_named(plan, "SPRMOD");
	const struct chip_option_field *bits = field_named(plan, "nWRP");

	if (!mode)
		mode = field_named(plan, "WPRMOD");
	if (mode && !bits && before(plan, mode) != after(plan, mode))
		return explain(why, E_REFUSED, "Changing %s, which lets write protection bits mean the opposite, is not "
			       "supported yet on this chip.", mode->name);
	if (!mode || before(plan, mode) == after(plan, mode))
		return OK;
	if (!after(plan, mode) && !plan_lowers_protection(plan))
		return explain(why, E_REFUSED, "SPRMOD goes back only together with read protection from level 1 "
			       "to level 0 (`RDP=level0 SPRMOD=write`), which erases the chip.");
	if (!bits || plan->named[bits - plan->chip->option_fields])
		return OK;
	return explain(why, E_REFUSED, "With SPRMOD=%u the bits of nWRP mean the opposite: say in the same command "
		       "what nWRP shall be.", after(plan, mode));
}

/* PCROP bits can be added, not taken away (RM0431 3.5.4). */
static int check_pcrop(const struct option_plan *plan, struct why *why)
{
	const struct chip_option_field *field = field_named(plan, "PCROP0");

	if (!field || !(before(plan, field) & ~after(plan, field)))
		return OK;
	return explain(why, E_REFUSED, "PCROP0 can't be taken away from a sector: read protection from level 1 to "
		       "level 0 with PCROP_RDP=erased does it, and erases the chip.");
}

/* Where this debugger can't follow (RM0456 3: level 0.5 wants TrustZone; RM0481 7.6: product states). */
static int check_ways_out(const struct option_plan *plan, struct why *why)
{
	const struct chip_option_field *field;

	for (size_t i = 0; (field = option_plan_change(plan, i)); i++) {
		const struct chip_value *named = option_value_named(field, after(plan, field));

		if (!strcasecmp(field->name, "TZEN"))
			return explain(why, E_REFUSED, "TrustZone is not supported: with TZEN the chip could not be "
				       "debugged from here any more.");
		if (!strcasecmp(field->name, "PRODUCT_STATE"))
			return explain(why, E_REFUSED, "Product states lead one way, back only by debug authentication with "
				       "keys that were provisioned before: that is not supported.");
		if (field->erases && named && !strcmp(named->name, "level0.5"))
			return explain(why, E_REFUSED, "Level 0.5 means something with TrustZone only.");
	}
	return OK;
}

int option_plan_check(const struct option_plan *plan, uint32_t supply_mv, struct why *why)
{
	int err = check_level2(plan, why);

	if (!err)
		err = check_watchdog(plan, why);
	if (!err)
		err = check_brownout(plan, supply_mv, why);
	if (!err)
		err = check_sprmod(plan, why);
	if (!err)
		err = check_ways_out(plan, why);
	return err ? err : check_pcrop(plan, why);
}
