/* SPDX-License-Identifier: MIT
 *
 * Carrying out a plan for option bytes: the plan is shown, checked, confirmed where it has to be, written,
 * loaded and read back. One way for all commands.
 */
#ifndef SERVER_OPTION_CHANGE_H
#define SERVER_OPTION_CHANGE_H

#include "server/monitor/monitor.h"

#include "flash/option/option.h"

/* One line: name, its value in these option words, what it means. */
void option_print_field(struct monitor_call *call, const struct chip_option_field *field, const uint32_t *words);
/* One line: what is protected as the option words are; nothing where that has no meaning. */
void option_print_area(struct monitor_call *call, const struct option_plan *plan, const char *name);
/* Fields that change, with their values and what that does. */
void option_print_plan(struct monitor_call *call, const struct option_plan *plan);
/* Checks a plan with changes, shows it, and asks for the token (given, or NULL) where one is needed: E_REFUSED.
 * Writes nothing. */
int option_allow(struct monitor_call *call, const struct option_plan *plan, const char *given);
/* Writes what was allowed. */
int option_carry_out(struct monitor_call *call, const struct option_plan *plan);
/* Both, or a sentence when the plan changes nothing. */
int option_change(struct monitor_call *call, const struct option_plan *plan, const char *given);

/* From and to a text file (flash/option/file.c); the plan is begun by the first. */
int option_read_file(struct monitor_call *call, struct option_plan *plan, const char *path);
int option_save_file(struct monitor_call *call, const char *path);

#endif
