/* SPDX-License-Identifier: MIT
 *
 * Virtual time of one board, in nanoseconds, and the alarms that hang on it. Nothing here reads the
 * host's clock.
 */
#ifndef PROBE_VIRTUAL_CLOCK_H
#define PROBE_VIRTUAL_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vclock_alarm {
	uint64_t due_ns;
	bool armed;
	void (*ring)(void *context);	/* at due_ns; may arm alarms again */
	void *context;
};

/* A core that runs ahead of now_ns: while it does, it knows the exact time. */
struct vclock_runner {
	void *context;
	uint64_t (*now_ns)(void *context);
	void (*stop)(void *context);	/* an alarm was armed for before until_ns */
	uint64_t until_ns;
};

enum { VCLOCK_ALARMS_MAX = 32 };

struct vclock {
	uint64_t now_ns;
	struct vclock_alarm *alarms[VCLOCK_ALARMS_MAX];	/* owned by the devices */
	size_t alarm_count;
	const struct vclock_runner *runner;	/* NULL while no core runs */
};

/* The time as a device sees it: exact also in the middle of a run of the core. */
uint64_t vclock_now(const struct vclock *clock);
/* Nanoseconds since then; 0 when a stalled core wrote a time that the clock has not reached. */
uint64_t vclock_since(const struct vclock *clock, uint64_t then_ns);
/* Keeps the alarm until the clock ends. */
void vclock_add(struct vclock *clock, struct vclock_alarm *alarm);
/* Rings after_ns from vclock_now; moves an alarm that is armed already. */
void vclock_arm(struct vclock *clock, struct vclock_alarm *alarm, uint64_t after_ns);
void vclock_disarm(struct vclock_alarm *alarm);
/* When the next armed alarm is due; UINT64_MAX if none is. */
uint64_t vclock_next(const struct vclock *clock);
/* Sets now (never backwards) and rings what is due, in order of time. */
void vclock_set(struct vclock *clock, uint64_t now_ns);

#endif
