/* SPDX-License-Identifier: MIT
 *
 * Exit statuses are a contract with scripts and IDEs: numbers, not names.
 */
#include "server/exit_status.h"

#include "probe/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void tells_apart_what_scripts_have_to_know(void **state)
{
	(void)state;
	assert_int_equal(exit_status_of(OK), 0);
	assert_int_equal(exit_status_of(E_VERIFY), 1);
	assert_int_equal(exit_status_of(E_ARGUMENT), 2);
	assert_int_equal(exit_status_of(E_NO_PROBE), 3);
	assert_int_equal(exit_status_of(E_MANY_PROBES), 4);
	assert_int_equal(exit_status_of(E_NO_TARGET), 5);
	assert_int_equal(EXIT_PORT_IN_USE, 6);
	assert_int_equal(exit_status_of(E_PERMISSION), 7);
}

static void calls_any_failure_to_connect_an_unreached_target(void **state)
{
	(void)state;
	assert_int_equal(exit_status_of_connect(OK), 0);
	assert_int_equal(exit_status_of_connect(E_NOT_HALTED), 5);
	assert_int_equal(exit_status_of_connect(E_FAULT), 5);
	assert_int_equal(exit_status_of_connect(E_GONE), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_apart_what_scripts_have_to_know),
		cmocka_unit_test(calls_any_failure_to_connect_an_unreached_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
