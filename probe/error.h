/* SPDX-License-Identifier: MIT
 *
 * The one list of errors of the project, and the place where words are added to one.
 * Functions return 0 or a negative enum error. Lower layers do not print; whoever knows the
 * purpose says it once, with explain().
 */
#ifndef PROBE_ERROR_H
#define PROBE_ERROR_H

#include <stddef.h>

enum error {
	OK = 0,
	E_TIMEOUT = -1,		/* a deadline passed */
	E_INTERRUPTED = -2,	/* the user asked to stop (Ctrl-C, SIGTERM, client gone) */
	E_MEMORY = -3,		/* the host is out of memory */
	E_ARGUMENT = -4,	/* bad option, command or packet from the user */
	E_SYSTEM = -5,		/* a system call failed (file, socket) */
	E_CONFIG = -6,		/* a chip file is wrong */

	E_USB = -10,		/* a USB transfer failed */
	E_GONE = -11,		/* the probe was unplugged */
	E_PROBE_BUSY = -12,	/* another program holds the probe */
	E_PERMISSION = -13,	/* no right to open the probe */
	E_NO_PROBE = -14,	/* no such probe */
	E_MANY_PROBES = -15,	/* several probes match */
	E_FIRMWARE = -16,	/* the probe's firmware does not know the command */
	E_PROTOCOL = -17,	/* the probe's answer makes no sense */

	E_NO_TARGET = -20,	/* nothing answers on SWD */
	E_POWER = -21,		/* the debug domain does not power up */
	E_WAIT = -22,		/* the access port kept answering WAIT */
	E_FAULT = -23,		/* bus fault: nothing there, or protected */
	E_WIRE = -24,		/* parity or acknowledge errors: the wire or the target was lost */
	E_ALIGN = -25,		/* address or length not aligned */
	E_AP = -26,		/* that access port does not exist or can't be used */

	E_NOT_HALTED = -30,	/* the core did not halt, or has to be halted for this */
	E_NO_RESET = -31,	/* a reset was asked for and none was seen */
	E_NO_UNIT = -32,	/* out of breakpoint or watchpoint units */
	E_CHIP = -33,		/* unknown chip, or one that can't do this */
	E_LOCKUP = -34,		/* the core is locked up */
	E_IN_RESET = -35,	/* the core does not come out of reset */

	E_RANGE = -40,		/* outside of the chip's memory */
	E_PROTECTED = -41,	/* read or write protection is in the way */
	E_FLASH = -42,		/* the flash controller reported an error */
	E_VERIFY = -43,		/* what is in flash is not what was written */
	E_LOCKED = -44,		/* the flash controller stays locked until the next reset */
	E_LOADER = -45,		/* the loader on the target died or never answered */
	E_REFUSED = -46,	/* not done: it would be irreversible, or is not supported */
};

/* A sentence for people: what was being done, what happened, what to try. Empty = nothing said. */
struct why {
	char text[1800];
};

/* The error in a few words ("bus fault"); never NULL, any integer is allowed. */
const char *error_text(int err);

/* Puts the formatted sentence into why (may be NULL) and returns err, so that it can be used as
 * `return explain(why, E_TIMEOUT, "...")`. Replaces what was there. */
int explain(struct why *why, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Appends to what why says already (may be NULL); cut at its size. */
void explain_more(struct why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
