/* SPDX-License-Identifier: MIT
 *
 * Late, stray and missing replies: nothing of them is ever taken for data.
 */
#include "tests/unit/scripted_probe.h"

#include <stdarg.h>
#include <setjmp.h>

#include <cmocka.h>

static const struct probe_port ap0;

static void survives_a_reply_left_over_from_another_program(void **state)
{
	static const struct fake_step steps[] = {
		{ "f1", NULL, "80 00 00 00 03 00", 0 },
		OPEN(V2J37),
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	struct probe_stats stats;

	(void)state;
	assert_int_equal(fake.recoveries[LINK_DRAIN], 1);
	probe_stats(probe, &stats);
	assert_int_equal(stats.resyncs, 1);
	assert_int_equal(stats.exchanges, 3);
	close_probe(&fake, probe);
}

/* The version may be a left-over itself: then the mode is not what comes next. */
static void is_not_fooled_by_an_old_version_reply(void **state)
{
	static const struct fake_step steps[] = {
		{ "f1", NULL, V2J37, 0 },
		{ "f5", NULL, "29 47", E_USB },	/* six bytes for two: babble */
		OPEN(V2J37),
		END,
	};
	struct fake_link fake;

	(void)state;
	close_probe(&fake, open_probe(&fake, steps));
	assert_int_equal(fake.recoveries[LINK_DRAIN], 1);
}

static void gives_up_on_a_dead_probe_after_the_whole_ladder(void **state)
{
	static const struct fake_step dead[] = {
		{ "f1", NULL, NULL, E_TIMEOUT }, { "f1", NULL, NULL, E_TIMEOUT },
		{ "f1", NULL, NULL, E_TIMEOUT }, { "f1", NULL, NULL, E_TIMEOUT },
		{ "f1", NULL, NULL, E_TIMEOUT }, END };
	static const struct fake_step gone[] = { { "f1", NULL, NULL, E_GONE }, END };

	(void)state;
	open_fails(dead, E_TIMEOUT, "unplug");
	open_fails(gone, E_GONE, "unplug");
}

static void never_takes_a_late_reply_for_data(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J37),
		{ "f2 36 00 00 00 20", NULL, NULL, E_TIMEOUT },
		{ "f1", NULL, "80 00 00 00 44 33", 0 },	/* the late one, cut */
		OPEN(V2J37),
		{ "f2 36 04 00 00 20", NULL, "80 00 00 00 01 00 00 00", 0 },
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	uint32_t value;

	(void)state;
	assert_int_equal(probe_read_u32(probe, ap0, 0x20000000, &value), E_TIMEOUT);
	assert_int_equal(probe_read_u32(probe, ap0, 0x20000004, &value), OK);
	assert_int_equal(value, 1);
	assert_int_equal(fake.recoveries[LINK_DRAIN], 2);
	close_probe(&fake, probe);
}

static void memory_is_read_again_after_a_hiccup(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J37),
		{ "f2 07 00 00 00 20 08 00", NULL, NULL, E_TIMEOUT },
		OPEN(V2J37),
		{ "f2 07 00 00 00 20 08 00", NULL, "01 02 03 04 05 06 07 08", 0 },
		{ "f2 3e", NULL, "80 00 00 00 00 00 00 00 00 00 00 00", 0 },
		{ "f2 07 00 00 00 40 08 00", NULL, NULL, E_TIMEOUT },
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	uint8_t bytes[8];

	(void)state;
	assert_int_equal(probe_read(probe, ap0, 0x20000000, bytes, 8, PROBE_ANY, NULL), OK);
	assert_int_equal(bytes[7], 8);
	/* But no peripheral is. */
	assert_int_equal(probe_read(probe, ap0, 0x40000000, bytes, 8, PROBE_32, NULL), E_TIMEOUT);
	close_probe(&fake, probe);
}

static void resync_climbs_to_the_device_reset(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J37),
		{ "f2 43 00 00", NULL, "80 00", 0 },
		{ "f2 30 a3", NULL, "80 00", 0 },
		{ "f1", NULL, NULL, E_TIMEOUT },
		{ "f1", NULL, NULL, E_USB },
		{ "f1", NULL, NULL, E_USB },
		{ "f1", NULL, V2J37, 0 },
		{ "f5", NULL, "00 01", 0 },
		{ "f3 07", NULL, NULL, 0 },
		{ "f5", NULL, "01 00", 0 },
		{ "f2 43 00 00", NULL, "80 00", 0 },	/* the speed is lost, so it is sent again */
		{ "f2 21", NULL, NULL, 0 },
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	bool still_in_swd = true;
	uint32_t khz;

	(void)state;
	probe_set_speed(probe, 4000, &khz);
	probe_enter_swd(probe, NULL);
	assert_int_equal(probe_resync(probe, &still_in_swd), OK);
	assert_false(still_in_swd);
	assert_int_equal(fake.recoveries[LINK_DRAIN], 3);
	assert_int_equal(fake.recoveries[LINK_CLEAR_HALT], 1);
	assert_int_equal(fake.recoveries[LINK_RESET], 1);
	assert_int_equal(probe_set_speed(probe, 4000, &khz), OK);
	close_probe(&fake, probe);
}

static void resync_keeps_swd_when_draining_helps(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J37),
		{ "f1", NULL, V2J37, 0 },
		{ "f5", NULL, "02 00", 0 },
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	bool still_in_swd = false;

	(void)state;
	assert_int_equal(probe_resync(probe, &still_in_swd), OK);
	assert_true(still_in_swd);
	assert_int_equal(fake.recoveries[LINK_CLEAR_HALT], 0);
	close_probe(&fake, probe);
}

static void an_unplugged_probe_stays_gone(void **state)
{
	static const struct fake_step steps[] = {
		OPEN(V2J37),
		{ "f2 36 00 00 00 20", NULL, NULL, E_GONE },
		END,
	};
	struct fake_link fake;
	struct probe *probe = open_probe(&fake, steps);
	bool still_in_swd;
	uint32_t value;

	(void)state;
	fake.recovery_errors[LINK_DRAIN] = fake.recovery_errors[LINK_RESET] = E_GONE;
	assert_int_equal(probe_read_u32(probe, ap0, 0x20000000, &value), E_GONE);
	assert_int_equal(probe_read_u32(probe, ap0, 0x20000000, &value), E_GONE);
	assert_true(probe_is_gone(probe));
	assert_int_equal(probe_resync(probe, &still_in_swd), E_GONE);
	assert_int_equal(fake.recoveries[LINK_RESET], 1);	/* it was looked for */
	close_probe(&fake, probe);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_a_reply_left_over_from_another_program),
		cmocka_unit_test(is_not_fooled_by_an_old_version_reply),
		cmocka_unit_test(gives_up_on_a_dead_probe_after_the_whole_ladder),
		cmocka_unit_test(never_takes_a_late_reply_for_data),
		cmocka_unit_test(memory_is_read_again_after_a_hiccup),
		cmocka_unit_test(resync_climbs_to_the_device_reset),
		cmocka_unit_test(resync_keeps_swd_when_draining_helps),
		cmocka_unit_test(an_unplugged_probe_stays_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
