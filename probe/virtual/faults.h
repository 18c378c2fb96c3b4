/* SPDX-License-Identifier: MIT
 *
 * A fault schedule: what goes wrong, and when. A text with one rule per line; # starts a comment.
 *
 *	command N timeout	the N-th command block gets lost: not done, no reply
 *	command N lost		done, but its reply gets lost
 *	command N late MS	done, its reply comes MS milliseconds late
 *	command N stall		refused with a stalled endpoint, until the host clears the halt
 *	command N gone		the probe is unplugged
 *	command N power-off	the target loses power just before the command
 *	command N power-on	and has it again
 *	access N wait [US]	the N-th memory access stalls for US microseconds, or until aborted
 *	access N fault		the N-th memory access ends with a bus error
 *	always nrst-unwired	the probe's nRST pin leads nowhere
 *	always junk		bytes 2 and 3 of longer replies are leftovers, as seen on V2
 *
 * N counts from 1. Several rules may name the same N.
 */
#ifndef PROBE_VIRTUAL_FAULTS_H
#define PROBE_VIRTUAL_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"

enum fault_kind {
	FAULT_NONE,
	FAULT_TIMEOUT, FAULT_LOST, FAULT_LATE, FAULT_STALL, FAULT_GONE,
	FAULT_POWER_OFF, FAULT_POWER_ON,
	FAULT_WAIT, FAULT_BUS_ERROR,
	FAULT_NRST_UNWIRED, FAULT_JUNK,
};

enum fault_event { FAULT_AT_COMMAND, FAULT_AT_ACCESS, FAULT_ALWAYS, FAULT_EVENTS };

struct fault_rule {
	enum fault_event event;
	enum fault_kind kind;
	uint64_t at;
	uint64_t ns;			/* how late, how long; 0 = for ever */
};

enum { FAULT_RULES_MAX = 64 };

struct faults {
	struct fault_rule rules[FAULT_RULES_MAX];
	size_t count;
	uint64_t seen[FAULT_EVENTS];	/* events counted so far */
};

/* Replaces the schedule and starts to count anew. E_CONFIG with the line in why; the schedule
 * is then empty. */
int faults_parse(struct faults *faults, const char *text, struct why *why);
int faults_load(struct faults *faults, const char *path, struct why *why);

/* Counts an event. Calls act for each rule of it. */
void faults_count(struct faults *faults, enum fault_event event,
		  void (*act)(void *context, const struct fault_rule *rule), void *context);
bool faults_has(const struct faults *faults, enum fault_kind kind);

#endif
