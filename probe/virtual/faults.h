/* SPDX-License-Identifier: MIT
 *
 * A fault schedule: what goes wrong, and when. A text with one rule per line; # starts a comment.
 * An example with every rule: tests/data/faults-all.txt.
 *
 *	command N timeout	the N-th command block gets lost: not done, its payload not taken, no
 *				reply
 *	command N dropped	taken with its payload, but not done; no reply
 *	command N lost		done, but its reply gets lost
 *	command N late MS	done, its reply comes MS milliseconds late
 *	command N short BYTES	done, its reply ends after BYTES bytes
 *	command N cut BYTES	its payload ends after BYTES bytes: not done
 *	command N babble	done, its reply goes on for longer than anybody asked
 *	command N stall		refused with a stalled endpoint, until the host clears the halt
 *	command N wedged	neither this one nor any later one is heard, until the device is reset
 *	command N hung		the same, and no reset helps, until it is unplugged
 *	command N gone [MS]	the probe is unplugged; and plugged in again after MS milliseconds
 *	command N power-off	the target loses power just before the command
 *	command N power-on	and has it again
 *	access N wait [US]	the N-th memory access stalls for US microseconds, or until aborted
 *	access N fault		the N-th memory access ends with a bus error
 *	flash N stuck		the N-th erase or program stays busy until a reset
 *	always NAME [N]		a board with something wrong; mishaps.h has the names
 *
 * N counts from 1. Several rules may name the same N. A hardware watchdog, read protection and the
 * like are option bytes: options=NAME:VALUE+NAME:VALUE of the virtual board sets them.
 */
#ifndef PROBE_VIRTUAL_FAULTS_H
#define PROBE_VIRTUAL_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"

enum fault_kind {
	FAULT_NONE,
	FAULT_TIMEOUT, FAULT_DROPPED, FAULT_LOST, FAULT_LATE, FAULT_SHORT, FAULT_BABBLE,
	FAULT_CUT, FAULT_STALL, FAULT_WEDGED, FAULT_HUNG, FAULT_GONE,
	FAULT_POWER_OFF, FAULT_POWER_ON,
	FAULT_WAIT, FAULT_BUS_ERROR,
	FAULT_STUCK,
	/* Of the board, always: the wires, */
	FAULT_NRST_UNWIRED, FAULT_SWD_UNWIRED, FAULT_LONG_WIRES, FAULT_VTREF_UNWIRED, FAULT_JUNK, FAULT_NO_POWER,
	FAULT_HELD_IN_RESET,
	/* the chip, */
	FAULT_NO_DEBUG_POWER, FAULT_RESET_CUTS_SWD, FAULT_HALT_LOST, FAULT_NO_SIZE, FAULT_CLONE,
	FAULT_UNKNOWN_CHIP,
	/* and its firmware. */
	FAULT_PINS_TAKEN, FAULT_SLEEPING, FAULT_ASLEEP, FAULT_LOCK_UP, FAULT_HALF_COPIED,
	FAULT_RESET_LOOP, FAULT_WATCHDOG, FAULT_SLOW_CLOCK,
	FAULT_KINDS,
};

enum fault_event { FAULT_AT_COMMAND, FAULT_AT_ACCESS, FAULT_AT_FLASH, FAULT_ALWAYS, FAULT_EVENTS };

struct fault_rule {
	enum fault_event event;
	enum fault_kind kind;
	uint64_t at;
	uint64_t amount;		/* ns (how late, how long; 0 = for ever), or bytes */
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
/* Adds what is always so: "NAME[:N]+NAME[:N]...". E_CONFIG names those that there are. */
int faults_add_mishaps(struct faults *faults, const char *names, struct why *why);

/* Counts an event. Calls act for each rule of it. */
void faults_count(struct faults *faults, enum fault_event event,
		  void (*act)(void *context, const struct fault_rule *rule), void *context);
bool faults_has(const struct faults *faults, enum fault_kind kind);
/* The first rule of a kind, or NULL. */
const struct fault_rule *faults_find(const struct faults *faults, enum fault_kind kind);

#endif
