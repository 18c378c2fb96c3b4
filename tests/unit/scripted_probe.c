/* SPDX-License-Identifier: MIT
 *
 * Opening and closing of a probe whose link plays a script.
 */
#include "tests/unit/scripted_probe.h"

#include <stdarg.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

struct probe *open_probe(struct fake_link *fake, const struct fake_step *steps)
{
	struct probe *probe = NULL;
	struct why why = { "" };

	fake_link_init(fake, steps);
	if (probe_open(&probe, &fake->base, &why))
		fail_msg("%s", why.text);
	return probe;
}

void close_probe(struct fake_link *fake, struct probe *probe)
{
	probe_close(probe);
	fake_link_check_done(fake);
	assert_true(fake->closed);
}

void open_fails(const struct fake_step *steps, int err, const char *says)
{
	struct fake_link fake;
	struct probe *probe = NULL;
	struct why why = { "" };

	fake_link_init(&fake, steps);
	assert_int_equal(probe_open(&probe, &fake.base, &why), err);
	assert_null(probe);
	assert_true(fake.closed);
	assert_non_null(strstr(why.text, says));
	fake_link_check_done(&fake);
}
