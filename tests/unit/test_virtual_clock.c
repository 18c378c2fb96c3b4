/* SPDX-License-Identifier: MIT
 *
 * Virtual time: alarms ring in order and at their time; a core that runs ahead is asked.
 */
#include "probe/virtual/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct bell {
	struct vclock_alarm alarm;
	struct vclock *clock;
	uint64_t rang_at[8];
	unsigned rings;
	uint64_t again_ns;	/* arms itself again */
};

static void ring(void *context)
{
	struct bell *bell = context;

	bell->rang_at[bell->rings++] = bell->clock->now_ns;
	if (bell->again_ns && bell->rings < 8)
		vclock_arm(bell->clock, &bell->alarm, bell->again_ns);
}

static void add(struct vclock *clock, struct bell *bell)
{
	memset(bell, 0, sizeof(*bell));
	bell->clock = clock;
	bell->alarm.ring = ring;
	bell->alarm.context = bell;
	vclock_add(clock, &bell->alarm);
}

static void alarms_ring_at_their_time(void **state)
{
	struct vclock clock = { 0 };
	struct bell late, early;

	(void)state;
	add(&clock, &late);
	add(&clock, &early);
	vclock_arm(&clock, &late.alarm, 200);
	vclock_arm(&clock, &early.alarm, 100);
	assert_int_equal(vclock_next(&clock), 100);
	vclock_set(&clock, 99);
	assert_int_equal(early.rings, 0);
	vclock_set(&clock, 1000);
	assert_int_equal(early.rang_at[0], 100);
	assert_int_equal(late.rang_at[0], 200);
	assert_int_equal(clock.now_ns, 1000);
	assert_true(vclock_next(&clock) == UINT64_MAX);
}

static void alarm_can_arm_itself_again_without_drift(void **state)
{
	struct vclock clock = { 0 };
	struct bell bell;

	(void)state;
	add(&clock, &bell);
	bell.again_ns = 30;
	vclock_arm(&clock, &bell.alarm, 30);
	vclock_set(&clock, 100);
	assert_int_equal(bell.rings, 3);
	assert_int_equal(bell.rang_at[2], 90);
	assert_int_equal(vclock_next(&clock), 120);
}

static void disarmed_alarm_is_silent(void **state)
{
	struct vclock clock = { 0 };
	struct bell bell;

	(void)state;
	add(&clock, &bell);
	vclock_arm(&clock, &bell.alarm, 10);
	vclock_disarm(&bell.alarm);
	vclock_set(&clock, 100);
	assert_int_equal(bell.rings, 0);
}

static void time_never_goes_back(void **state)
{
	struct vclock clock = { 0 };

	(void)state;
	vclock_set(&clock, 100);
	vclock_set(&clock, 50);
	assert_int_equal(clock.now_ns, 100);
	assert_int_equal(vclock_since(&clock, 120), 0);
	assert_int_equal(vclock_since(&clock, 70), 30);
}

struct core {
	uint64_t now_ns;
	unsigned stops;
};

static uint64_t core_now(void *context)
{
	return ((struct core *)context)->now_ns;
}

static void core_stop(void *context)
{
	((struct core *)context)->stops++;
}

static void running_core_tells_the_time_and_is_stopped_for_alarms(void **state)
{
	struct vclock clock = { 0 };
	struct core core = { 500, 0 };
	struct vclock_runner runner = { &core, core_now, core_stop, 1000 };
	struct bell bell;

	(void)state;
	add(&clock, &bell);
	vclock_set(&clock, 400);
	clock.runner = &runner;
	assert_int_equal(vclock_now(&clock), 500);
	vclock_arm(&clock, &bell.alarm, 600);	/* after its run */
	assert_int_equal(core.stops, 0);
	vclock_arm(&clock, &bell.alarm, 100);
	assert_int_equal(core.stops, 1);
	assert_int_equal(bell.alarm.due_ns, 600);
	core.now_ns = 399;	/* a cycle behind */
	assert_int_equal(vclock_now(&clock), 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alarms_ring_at_their_time),
		cmocka_unit_test(alarm_can_arm_itself_again_without_drift),
		cmocka_unit_test(disarmed_alarm_is_silent),
		cmocka_unit_test(time_never_goes_back),
		cmocka_unit_test(running_core_tells_the_time_and_is_stopped_for_alarms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
