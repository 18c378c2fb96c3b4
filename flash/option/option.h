/* SPDX-License-Identifier: MIT
 *
 * Option bytes by name: a plan of fields with their values before and after is made and checked as a
 * whole; only then anything is written, and only the named bits. How a controller takes option words is
 * in option_NAME.c, one table row per kind.
 */
#ifndef FLASH_OPTION_H
#define FLASH_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "probe/error.h"
#include "targets/board.h"

/* How hard it is to go back. */
enum option_weight {
	OPTION_LIGHT,		/* setting the old value brings the old state back */
	OPTION_ERASES,		/* the flash is erased by it */
	OPTION_LASTING,		/* only erasing the flash takes it back */
	OPTION_FOREVER,		/* nothing takes it back */
};

struct option_plan {
	const struct chip *chip;		/* borrowed */
	uint32_t before[CHIP_OPTION_WORDS], after[CHIP_OPTION_WORDS];
	bool named[CHIP_OPTION_FIELDS];		/* set by the user */
	bool unsure;				/* some value is the factory's as nobody has confirmed it */
};

/* ---- fields; pure ---- */

uint32_t option_field_value(const struct chip_option_field *field, const uint32_t *words);
/* The name of a value ("level0"), or NULL; RDP and its like: of what any other value means. */
const struct chip_value *option_value_named(const struct chip_option_field *field, uint32_t value);
/* By name, any case. NULL with the nearest names in why. */
const struct chip_option_field *option_find(const struct chip *chip, const char *name, struct why *why);
/* A name of the field's values, or a number that fits its bits. E_ARGUMENT with what there is. */
int option_value_parse(const struct chip_option_field *field, const char *text, uint32_t *value, struct why *why);
/* The sectors that a field with a bit for each protects in these words, like "sectors 0-3,7 (0x...)"; "" = it is
 * not about sectors. */
void option_sectors_text(const struct chip *chip, const struct chip_option_field *field, const uint32_t *words,
			 char *text, size_t size);

/* ---- areas: flash that fields protect, by one name whatever the fields (WRP, PCROP, SEC, HDP); pure ---- */

/* The i-th name; NULL past the last. */
const char *option_area_name(const struct chip *chip, size_t i);
bool option_is_area(const struct chip *chip, const char *name);
/* "none", or sectors and addresses; "" = these words leave it without a meaning. */
void option_area_text(const struct chip *chip, const char *name, const uint32_t *words, char *text, size_t size);
/* Protects exactly what text says: none, all, sectors:0-3,7 or 0x08000000-0x08003fff,... name may also be a field
 * with a bit for each sector. E_ARGUMENT where the fields can't say that. */
int option_area_set(struct option_plan *plan, const char *name, const char *text, struct why *why);

/* ---- plans; pure but for begin and write ---- */

/* A plan that changes nothing yet, from the option words as they are. Errors of the probe. */
int option_plan_begin(struct option_plan *plan, struct core *core, struct why *why);
/* Sets a field or an area. E_ARGUMENT: no such name or value, or it was given another one before. */
int option_plan_set(struct option_plan *plan, const char *name, const char *value, struct why *why);
/* Words like "NAME=VALUE". */
int option_plan_assign(struct option_plan *plan, char *const *assignments, unsigned count, struct why *why);
/* Every field as the factory has left it, but for those that only erasing takes back, or nothing, or that are
 * not ours. */
void option_plan_defaults(struct option_plan *plan);
/* False for fields that are only shown. */
bool option_role_is_ours(enum chip_option_role role);
/* What does not go together, or would lock the chip up. supply_mv 0 = not known. E_REFUSED. */
int option_plan_check(const struct option_plan *plan, uint32_t supply_mv, struct why *why);

/* Whether the fields have these values in words; bits of no field may be anything. */
bool option_words_agree(const struct chip *chip, const uint32_t *wanted, const uint32_t *words);
/* The i-th field that changes (in the chip's order); NULL past the last. */
const struct chip_option_field *option_plan_change(const struct option_plan *plan, size_t i);
enum option_weight option_plan_weight(const struct option_plan *plan);
enum option_weight option_change_weight(const struct option_plan *plan,
					const struct chip_option_field *field);
/* Whether it builds on what nobody has confirmed: values of the factory, or a field itself. */
bool option_plan_is_unsure(const struct option_plan *plan);
/* What to take care of while this chip's option bytes are written, a sentence; NULL = nothing special. */
const char *option_plan_caution(const struct option_plan *plan);
/* Erasing takes seconds, and a watchdog that runs from reset on could cut it short (seen on F4): whether that may be,
 * and the change that has to come first. */
bool option_plan_stop_watchdog(const struct option_plan *plan, struct option_plan *first);
/* Whether nobody can debug the chip any more afterwards. */
bool option_plan_closes_port(const struct option_plan *plan);
/* What else the change of this field does, a sentence without a full stop; NULL = nothing. */
const char *option_change_effect(const struct option_plan *plan, const struct chip_option_field *field);

/* Whether read protection can be lowered only by who has a key (one exchange, where chips have such). */
bool option_wants_key(struct core *core);
/* E_REFUSED when the plan would need it. */
int option_check_keys(const struct option_plan *plan, struct core *core, struct why *why);
/* What to know when protection did not come off, for families that don't show whether there is a key; "" for others. */
const char *option_key_hint(const struct option_plan *plan);

/* OK when this controller's option bytes can be written, else E_REFUSED saying that they can't yet. */
int option_writable(const struct chip *chip, struct why *why);
/* Writes and loads: one critical section from unlocking to the read-back; the core has to be halted.
 * Ends in reset-halt; the chip's layout follows the new words. On an error why tells what the option
 * bytes are afterwards: the old ones, the new ones, or neither. */
int option_plan_write(const struct option_plan *plan, struct core *core, struct why *why);
/* The end of option_plan_write() alone, for when the probe was lost on the way: resets, reads and compares.
 * OK when the new option bytes are there, E_VERIFY with what they are instead. */
int option_plan_read_back(const struct option_plan *plan, struct core *core, struct why *why);

/* After attaching: a process that was killed in the middle of a change may have left the controller open, and
 * registers that hold what was never written. Closes it; a reset (halted) takes the rest back. */
int option_close_abandoned(struct core *core, struct why *why);
/* After attaching: what a change that broke off has left (see targets/unfinished.h), in sentences; "" when there was
 * none. One that is known to have ended, or not to have begun, is told once. */
const char *option_broken_off_text(struct core *core, char *text, size_t size);
/* The rest of it as a plan. E_REFUSED when none broke off. Errors of the probe. */
int option_plan_broken_off(struct option_plan *plan, struct core *core, struct why *why);

/* ---- files ---- */

/* The fields as text that option_file_read takes. */
int option_file_write(const struct option_plan *plan, FILE *file);
/* Sets what the file says. E_ARGUMENT with the line, also for another chip's file. Reads only. */
int option_file_read(struct option_plan *plan, FILE *file, struct why *why);

/* ---- kinds of controllers ---- */

struct option_kind {
	/* Waits for the end of what is under way: a reset would cut it. No error = nothing is under way. */
	int (*settle)(const struct option_plan *plan, struct core *core);
	/* Locks what a process that was killed has left open; *was_open tells whether it was. */
	int (*lock)(const struct option_plan *plan, struct core *core, bool *was_open);
	/* Unlocks, writes the words that differ, starts, waits for the end, locks. What was not started is
	 * taken back by the reset that follows. E_LOCKED, E_FLASH, E_TIMEOUT ... */
	int (*write)(const struct option_plan *plan, struct core *core, struct why *why);
	/* Loads what is stored, where a reset does not (OBL_LAUNCH); comes back when the chip answers again.
	 * NULL = not needed. */
	int (*load)(const struct option_plan *plan, struct core *core, struct why *why);
	/* Half of the words must not be loaded: they lie in memory beside their complements. */
	bool in_memory;
	/* The words are written one after the other: what was cut short is done again. */
	bool one_by_one;
	/* Supply that each value of BOR_LEV needs; 0 = none. Without it any change takes a full supply. */
	uint16_t brownout_mv[8];
	bool brownout_known;
};

extern const struct option_kind option_kind_f4, option_kind_h7, option_kind_h7rs, option_kind_l4,
	option_kind_memory;
/* For kinds: sets the bit that loads option bytes with a reset, in a control register that is open. Firmware
 * does not run on the way to the reset that follows: the core stops at its vector. The register is locked again
 * once that has happened, which is how it is known. E_NO_RESET. */
struct option_launch {
	uint32_t control, launch, lock;		/* offset, its bits */
};
int option_launch(const struct option_plan *plan, struct core *core, const struct option_launch *launch,
		  struct why *why);
/* For kinds: how unlocking went, and writing (refused: by a status with errors), in words. */
struct registers;
int option_explain_unlock(const struct registers *r, bool locked, struct why *why);
int option_explain_write(const struct registers *r, bool refused, uint32_t sr, struct why *why);
/* For kinds: OK when the registers that are going to be written hold what is planned; E_FLASH. */
int option_check_arrival(const struct option_plan *plan, struct registers *r, struct why *why);
/* NULL = not supported yet. */
const struct option_kind *option_kind_find(const char *controller);

#endif
