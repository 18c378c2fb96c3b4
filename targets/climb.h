/* SPDX-License-Identifier: MIT
 *
 * The record of a climb: which rungs were tried to reach a target, what each saw, how long it took.
 */
#ifndef TARGETS_CLIMB_H
#define TARGETS_CLIMB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"
#include "targets/diagnosis.h"

enum { CLIMB_TRIES = 20, CLIMB_TEXT = 900 };

struct climb_try {
	const char *rung;	/* its name */
	int err;		/* 0 = the target was reached */
	char saw[64];		/* "" = it was reached */
	uint32_t us;
};

struct climb {
	struct climb_try tries[CLIMB_TRIES];
	unsigned count;
	uint32_t us;		/* all together, with what was between */
	bool patient;		/* slower now for a kind of chip that may need it */
	unsigned looks;		/* at DHCSR since the last reset of ours */
	struct evidence evidence;
};

void climb_add(struct climb *climb, const char *rung, int err, const char *saw, uint32_t us);
/* "normal (1 ms: no answer), under reset (16 ms: reached)"; what was seen before is not repeated. Returns
 * text. */
const char *climb_text(const struct climb *climb, char *text, size_t size);
/* The diagnosis as one sentence or more after the other: cause, what was seen, next step, ST's names. */
void climb_explain(const struct climb *climb, const struct diagnosis *diagnosis, struct why *why);

#endif
