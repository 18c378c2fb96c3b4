/* SPDX-License-Identifier: MIT
 *
 * Monitor commands about protection: what is protected, what a debugger can still do, and how to leave it.
 */
#include "server/monitor/confirm.h"
#include "server/monitor/option_change.h"
#include "server/monitor/protection_change.h"

#include "flash/option/plan.h"
#include "flash/secure.h"

#include "targets/protection.h"

#include "probe/bytes.h"

#include <string.h>

/* ---- read protection ---- */

static bool is_readable(struct monitor_call *call, uint32_t address)
{
	const struct core *core = call->session->core;
	uint32_t word;

	return probe_read_u32(core->board->probe, core->port, address, &word) != E_FAULT;
}

/* Kinds of memory, the first place of each, and whether a debugger can read there. */
struct memories {
	char open[80], closed[80];
};

static void sort_memory(struct memories *memories, const char *name, bool is_open)
{
	char *list = is_open ? memories->open : memories->closed;
	size_t used = strlen(list);

	snprintf(list + used, sizeof(memories->open) - used, "%s%s", used ? ", " : "", name);
}

static void sort_memories(struct monitor_call *call, struct memories *memories)
{
	static const struct {
		enum chip_region_kind kind;
		const char *name;
	} kinds[] = {
		{ CHIP_EEPROM, "data EEPROM" }, { CHIP_BACKUP, "backup RAM" },
	};
	const struct chip *chip = &call->engine->board.chip;

	*memories = (struct memories){ "", "" };
	if (chip->bank_count)
		sort_memory(memories, "flash", protection_is_readable(call));
	if (chip->otp_size)
		sort_memory(memories, "OTP", is_readable(call, chip->otp_base));
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (size_t i = 0; i < chip->region_count; i++)
			if (chip->regions[i].kind == kinds[k].kind) {
				sort_memory(memories, kinds[k].name, is_readable(call, chip->regions[i].base));
				break;
			}
}

/* What the end of protection erases (RM0090 3.6.3, RM0367 3.4.1, RM0351 3.5.1, RM0433 4.5.3). */
static void print_price(struct monitor_call *call)
{
	const struct chip *chip = &call->engine->board.chip;
	bool eeprom = false;

	for (size_t i = 0; i < chip->region_count; i++)
		eeprom |= chip->regions[i].kind == CHIP_EEPROM;
	monitor_print(call, "  leave  `protect off` ends it: it ERASES all of flash%s and backup memory%s.\n",
		      eeprom ? ", data EEPROM" : "", chip->otp_size ? "; OTP stays" : "");
}

static void explain_level1(struct monitor_call *call)
{
	struct memories memories;

	sort_memories(call, &memories);
	if (memories.closed[0])
		monitor_print(call, "  now    A debugger can't read or write %s.\n         Open: RAM, registers, peripherals, option "
			      "bytes%s%s.\n", memories.closed, memories.open[0] ? ", " : "", memories.open);
	else
		monitor_print(call, "  now    Still open: it is in force (from the next power-on). Then a debugger can't read or "
			      "write flash.\n");
	monitor_print(call, "         Firmware that runs from flash stops in a fault while a debugger is there; it runs\n"
		      "         again after a power-on without one.\n");
	if (option_wants_key(call->session->core))
		monitor_print(call, "  leave  Only with the key of the chip's owner (OEM1KEY is set): that is not supported.\n");
	else
		print_price(call);
}

/* H5 and H7R/S: how debug authentication is spoken to is not known well enough to be trusted with a chip. */
static void explain_state(struct monitor_call *call, bool is_open)
{
	monitor_print(call, "  now    %s\n", is_open ? "A debugger can read and write everything that is not listed as protected." :
		      "What a debugger can do is up to this state.");
	monitor_print(call, "  leave  States lead one way; back only by debug authentication, with keys or a password that\n"
		      "         were provisioned before. That is not supported: states are not changed from here.\n");
}

static void explain_level0(struct monitor_call *call)
{
	struct secure_pages pages = { .held = false };
	struct memories memories;
	struct why ignored;
	bool reached = !secure_pages_begin(&pages, call->session->core, &ignored);

	sort_memories(call, &memories);
	secure_pages_end(&pages, call->session->core);
	if (reached && strstr(memories.closed, "flash"))
		monitor_print(call, "  now    Flash can't be read although nothing protects it: switch the chip's power off and on "
			      "(`power wait`).\n");
	else
		monitor_print(call, "  now    A debugger can read and write everything that is not listed as protected.\n");
}

static void print_read_protection(struct monitor_call *call, const struct option_plan *plan)
{
	const struct chip_option_field *field = protection_field(plan->chip);
	bool is_open;

	if (!field) {
		monitor_print(call, "This chip's description knows of no read protection.\n");
		return;
	}
	is_open = option_field_value(field, plan->before) == protection_open_value(field);
	option_print_field(call, field, plan->before);
	if (protection_is_state(field))
		explain_state(call, is_open);
	else if (is_open)
		explain_level0(call);
	else
		explain_level1(call);
}

/* ---- parts of flash ---- */

/* The field that keeps such areas from being erased with read protection; NULL = they go. */
static const struct chip_option_field *keeper(const struct option_plan *plan)
{
	for (size_t i = 0; i < plan->chip->option_field_count; i++) {
		const struct chip_option_field *field = &plan->chip->option_fields[i];
		const struct chip_value *named = option_value_named(field, option_field_value(field, plan->before));

		if (field->role == CHIP_SECRETS && named && !strcmp(named->name, "kept"))
			return field;
	}
	return NULL;
}

static void print_way_back(struct monitor_call *call, const struct option_plan *plan)
{
	const struct chip_option_field *keeps = keeper(plan);

	monitor_print(call, "  leave  Only the way from read protection level 1 to level 0 takes it back, which ERASES flash:\n"
		      "         `option set RDP=level1`, then `protect off`.\n");
	if (keeps)
		monitor_print(call, "         Not even that while %s=kept: `option set %s=erased` first.\n", keeps->name,
			      keeps->name);
}

static void print_area(struct monitor_call *call, const struct option_plan *plan, const char *name)
{
	static const struct {
		const char *name, *meaning;
	} areas[] = {
		{ "WRP", "Nobody can erase or write it." },
		{ "PCROP", "The core can run it; nobody can read it, the core's own data reads included." },
		{ "SEC", "Hidden from everybody, debuggers too, once the firmware in it has closed it." },
		{ "SECWM", "Secure flash: only the secure state reaches it, and this debugger while read protection is off." },
		{ "HDP", "Hidden from everybody, debuggers too, once the firmware in it has closed it." },
	};

	option_print_area(call, plan, name);
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		if (!strcmp(areas[i].name, name))
			monitor_print(call, "  now    %s\n", areas[i].meaning);
	if (!strcmp(name, "WRP"))
		monitor_print(call, "  leave  `option set WRP=none`.\n");
	else if (strcmp(name, "SECWM") != 0)
		print_way_back(call, plan);
}

/* Returns how many areas protect something. */
static unsigned print_areas(struct monitor_call *call, const struct option_plan *plan)
{
	unsigned count = 0;
	const char *name;

	for (size_t i = 0; (name = option_area_name(plan->chip, i)); i++) {
		char text[80];

		option_area_text(plan->chip, name, plan->before, text, sizeof(text));
		if (!text[0] || !strcmp(text, "none"))
			continue;
		print_area(call, plan, name);
		count++;
	}
	return count;
}

/* ---- locks ---- */

struct lock {
	enum chip_option_role role;
	const char *now, *leave;
	const char *command;	/* what follows the field's name in the command that does it; NULL = no such command */
};

static const struct lock *lock_of(const struct chip_option_field *field)
{
	static const char lowering[] = "Only the way from read protection level 1 to level 0 takes it back, which ERASES flash.";
	static const struct lock locks[] = {
		{ CHIP_BOOT_LOCK, "The chip boots from there only, whatever pins say. With read protection on top nobody gets in "
		  "any more.", lowering, NULL },
		{ CHIP_AREA_LOCK, "That range of write protection can't be changed.", lowering, NULL },
		{ CHIP_PCROP_MODE, "The bits of write protection mean PCROP: nobody can read those sectors.",
		  "With the end of read protection, which ERASES flash: `option set RDP=level1` unless it is so\n"
		  "         already, and then in one command", "=write WRP=none" },
		{ CHIP_SECURE_AREA, "Part of secure areas.", lowering, NULL },
		{ CHIP_TRUSTZONE, "Part of TrustZone: what is secure is closed to a debugger once read protection is on.",
		  "TrustZone goes off together with read protection, from level 1 or 0.5 to 0: not from here.", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(locks); i++)
		if (locks[i].role == field->role)
			return &locks[i];
	return NULL;
}

static bool is_in_area(const struct chip *chip, const struct chip_option_field *field)
{
	size_t index = (size_t)(field - chip->option_fields);

	for (size_t i = 0; i < chip->option_area_count; i++)
		if (chip->option_areas[i].first == index || chip->option_areas[i].last == index ||
		    chip->option_areas[i].size == index || chip->option_areas[i].bits == index ||
		    chip->option_areas[i].enable == index)
			return true;
	return false;
}

/* Fields that are not as the factory left them. */
static unsigned print_locks(struct monitor_call *call, const struct option_plan *plan)
{
	uint32_t factory[CHIP_OPTION_WORDS];
	unsigned count = 0;

	for (size_t i = 0; i < plan->chip->option_word_count; i++)
		factory[i] = plan->chip->option_words[i].factory;
	for (size_t i = 0; i < plan->chip->option_field_count; i++) {
		const struct chip_option_field *field = &plan->chip->option_fields[i];
		const struct lock *lock = lock_of(field);

		if (!lock || is_in_area(plan->chip, field) ||
		    option_field_value(field, plan->before) == option_field_value(field, factory))
			continue;
		option_print_field(call, field, plan->before);
		monitor_print(call, "  now    %s\n  leave  %s", lock->now, lock->leave);
		if (lock->command)
			monitor_print(call, " `option set RDP=level0 %s%s`.", field->name, lock->command);
		monitor_print(call, "\n");
		count++;
	}
	return count;
}

static unsigned print_second_core(struct monitor_call *call)
{
	const struct chip *chip = &call->engine->board.chip;

	for (size_t i = 0; i < chip->bank_count; i++)
		if (chip->banks[i].shared) {
			monitor_print(call, "The rest of flash, from 0x%08x, belongs to somebody else (the second core, or EDATA): "
				      "it is neither read nor written from here.\n",
				      chip->banks[i].base + chip->banks[i].size);
			return 1;
		}
	return 0;
}

/* ---- commands ---- */

static int show(struct monitor_call *call)
{
	struct option_plan plan;
	int err = option_plan_begin(&plan, call->session->core, call->why);

	if (err)
		return err;
	print_read_protection(call, &plan);
	if (!(print_areas(call, &plan) + print_locks(call, &plan) + print_second_core(call)))
		monitor_print(call, "No part of flash is protected on its own.\n");
	return OK;
}

static int run_protect(struct monitor_call *call)
{
	return call->argc ? monitor_usage(call, "protect, protect off (on: `option set RDP=level1`)") : show(call);
}

static int lower(struct monitor_call *call, const char *given)
{
	const struct chip_option_field *field;
	struct option_plan plan;
	int err = option_plan_begin(&plan, call->session->core, call->why);

	if (err)
		return err;
	field = protection_field(plan.chip);
	if (!field)
		return explain(call->why, E_CHIP, "%s has no read protection that is known.", plan.chip->name);
	if (option_field_value(field, plan.before) == protection_open_value(field)) {
		monitor_print(call, "There is no read protection; nothing was done.\n");
		return OK;
	}
	if (protection_is_state(field))
		return explain(call->why, E_REFUSED, "%s is closed by states (%s), which only debug authentication takes back: "
			       "that is not supported.", plan.chip->name, field->name);
	plan_put(&plan, field, protection_open_value(field));
	return option_change(call, &plan, given);
}

static int run_off(struct monitor_call *call)
{
	const char *given = confirm_take(call);

	if (call->argc)
		return monitor_usage(call, "protect off");
	return lower(call, given);
}

enum { WRITE = MONITOR_TARGET | MONITOR_CONTROL | MONITOR_CHANGES };

const struct monitor_command monitor_protect[] = {
	{ "protect", "", "Show protection, and what a debugger can do", MONITOR_TARGET, run_protect },
	{ "protect off", "[confirm TOKEN]", "End read protection; ERASES all of flash\nprotect off", WRITE,
	  run_off },
	{ NULL, NULL, NULL, 0, NULL },
};
