/* SPDX-License-Identifier: MIT
 *
 * Virtual time and its alarms. A board has a handful of alarms, so they are simply walked.
 */
#include "probe/virtual/clock.h"

#include <assert.h>

uint64_t vclock_now(const struct vclock *clock)
{
	uint64_t core_ns = clock->runner ? clock->runner->now_ns(clock->runner->context) : 0;

	/* A core counts whole cycles and may be one of them behind. */
	return core_ns > clock->now_ns ? core_ns : clock->now_ns;
}

uint64_t vclock_since(const struct vclock *clock, uint64_t then_ns)
{
	uint64_t now_ns = vclock_now(clock);

	return now_ns > then_ns ? now_ns - then_ns : 0;
}

void vclock_add(struct vclock *clock, struct vclock_alarm *alarm)
{
	assert(clock->alarm_count < VCLOCK_ALARMS_MAX);
	alarm->armed = false;
	clock->alarms[clock->alarm_count++] = alarm;
}

void vclock_arm(struct vclock *clock, struct vclock_alarm *alarm, uint64_t after_ns)
{
	const struct vclock_runner *runner = clock->runner;

	alarm->due_ns = vclock_now(clock) + after_ns;
	alarm->armed = true;
	if (runner && alarm->due_ns < runner->until_ns)
		runner->stop(runner->context);
}

void vclock_disarm(struct vclock_alarm *alarm)
{
	alarm->armed = false;
}

static struct vclock_alarm *first_alarm(const struct vclock *clock)
{
	struct vclock_alarm *first = NULL;

	for (size_t i = 0; i < clock->alarm_count; i++) {
		struct vclock_alarm *alarm = clock->alarms[i];

		if (alarm->armed && (!first || alarm->due_ns < first->due_ns))
			first = alarm;
	}
	return first;
}

uint64_t vclock_next(const struct vclock *clock)
{
	const struct vclock_alarm *first = first_alarm(clock);

	return first ? first->due_ns : UINT64_MAX;
}

void vclock_set(struct vclock *clock, uint64_t now_ns)
{
	struct vclock_alarm *alarm;

	assert(!clock->runner);
	while ((alarm = first_alarm(clock)) && alarm->due_ns <= now_ns) {
		if (alarm->due_ns > clock->now_ns)
			clock->now_ns = alarm->due_ns;
		alarm->armed = false;
		alarm->ring(alarm->context);
	}
	if (now_ns > clock->now_ns)
		clock->now_ns = now_ns;
}
