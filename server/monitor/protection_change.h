/* SPDX-License-Identifier: MIT
 *
 * What comes after read protection was raised or lowered: is it in force, is the flash blank.
 */
#ifndef SERVER_PROTECTION_CHANGE_H
#define SERVER_PROTECTION_CHANGE_H

#include "server/monitor/monitor.h"

#include "flash/option/option.h"

/* Whether a debugger can read flash, at one end of it or the other (PCROP may have one). */
bool protection_is_readable(struct monitor_call *call);
/* After the plan was written: lowered protection has to leave flash blank; raised protection is in force after a
 * power-on, which the probe gives it where it can. E_VERIFY with what is not so. */
int protection_settle(struct monitor_call *call, const struct option_plan *plan, bool was_readable);

#endif
