/* SPDX-License-Identifier: MIT
 *
 * Why can't this target be reached, or only in an odd way? What was seen on the way is a set of signs; a
 * table leads from signs to a cause, the next step, and the names that ST's tools have for it. Pure.
 */
#ifndef TARGETS_DIAGNOSIS_H
#define TARGETS_DIAGNOSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sign {
	/* of the probe */
	SIGN_NO_PROBE,
	SIGN_PERMISSION,	/* no right to open it */
	SIGN_HELD_BY_OTHER,	/* another program has it */
	SIGN_OLD_FIRMWARE,
	SIGN_USB_TROUBLE,	/* time-outs, stalls, answers that make no sense */
	/* of the wire */
	SIGN_NO_SUPPLY,		/* the probe measures less than a chip can live on */
	SIGN_SILENT,		/* no acknowledge at all, at least once */
	SIGN_ANSWERED,		/* the debug port's id was read, at least once */
	SIGN_NO_DEBUG_POWER,	/* the power-up request is not acknowledged */
	SIGN_BITS_LOST,		/* parity, broken off */
	SIGN_BUS_BUSY,		/* WAIT for ever */
	SIGN_NO_CORE,		/* no Cortex-M behind any access port */
	SIGN_NO_MEMORY,		/* the core answers, id registers do not */
	/* of the core */
	SIGN_SLEEPING,		/* S_SLEEP */
	SIGN_LOCKED_UP,		/* S_LOCKUP */
	SIGN_NOT_HALTED,	/* asked to halt, it did not */
	SIGN_IN_RESET,		/* S_RESET_ST stays, nothing is executed */
	SIGN_RESETS,		/* it was reset while it was looked at, by nobody here */
	SIGN_WATCHDOG,		/* the chip says that a watchdog did it */
	SIGN_PIN_DEAD,		/* NRST was pulled low: no reset was seen */
	SIGN_PIN_REFUSED,	/* the probe can't pull it */
	/* of the climb: what it took in the end */
	SIGN_REACHED,
	SIGN_TOOK_PATIENCE,	/* a lower speed */
	SIGN_TOOK_HALT, SIGN_TOOK_RESET,
	/* of a trial run after a connect under reset */
	SIGN_FELL_ASLEEP,	/* it went to Stop or Standby */
	SIGN_FELL_SILENT,	/* SWD was lost */
	SIGNS,
};

struct evidence {
	uint32_t signs;		/* bit n = enum sign n */
	uint32_t supply_mv;
	uint32_t speed_khz;	/* of the last try */
	unsigned trial_ms;	/* how long the trial run took until its sign */
};

struct diagnosis {
	const char *name;	/* for programs: "no-supply" */
	const char *cause;	/* a sentence without its full stop */
	const char *next;	/* likewise: what to do */
	const char *st;		/* what ST's tools print then; "" = nothing known */
};

void evidence_add(struct evidence *evidence, enum sign sign);
bool evidence_has(const struct evidence *evidence, enum sign sign);
/* Adds the sign that an error of the probe or the wire is. */
void evidence_add_error(struct evidence *evidence, int err);
/* The signs as words, for people. Returns text. */
const char *evidence_text(const struct evidence *evidence, char *text, size_t size);

/* The most telling cause; NULL when the target was reached and nothing was odd. */
const struct diagnosis *diagnose(const struct evidence *evidence);
/* What an error alone tells; NULL = nothing in particular. */
const struct diagnosis *diagnose_error(int err);
/* What there is, for tests; NULL past the end. */
const struct diagnosis *diagnosis_at(size_t i);

#endif
