/* SPDX-License-Identifier: MIT
 *
 * From what was seen to what it means: one row for each cause, and rows for what must not be taken for it.
 */
#include "targets/climb.h"
#include "targets/diagnosis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/error.h"

#define S(name) (1u << SIGN_##name)

static const struct {
	uint32_t signs;
	const char *cause;	/* NULL = nothing odd */
} cases[] = {
	{ S(REACHED) | S(ANSWERED), NULL },
	{ S(REACHED) | S(ANSWERED) | S(SLEEPING), NULL },
	{ S(NO_PROBE), "no-probe" },
	{ S(PERMISSION), "permission" },
	{ S(HELD_BY_OTHER), "probe-busy" },
	{ S(OLD_FIRMWARE) | S(ANSWERED), "probe-too-old" },
	{ S(OLD_FIRMWARE) | S(ANSWERED) | S(REACHED), NULL },
	{ S(USB_TROUBLE), "probe-wedged" },
	{ S(USB_TROUBLE) | S(REACHED) | S(ANSWERED), NULL },
	{ S(NO_SUPPLY) | S(SILENT), "no-supply" },
	{ S(NO_SUPPLY) | S(ANSWERED) | S(REACHED), NULL },	/* VTref is not connected, or a clone */
	{ S(SILENT), "silent" },
	{ S(SILENT) | S(PIN_REFUSED), "silent" },
	{ S(SILENT) | S(ANSWERED), "comes-and-goes" },
	{ S(SILENT) | S(ANSWERED) | S(REACHED), "comes-and-goes" },
	{ S(NO_DEBUG_POWER) | S(SILENT), "no-debug-power" },
	{ S(ANSWERED) | S(NO_CORE), "no-core" },
	{ S(ANSWERED) | S(NO_CORE) | S(BUS_BUSY), "bus-stuck" },
	{ S(ANSWERED) | S(BUS_BUSY), "bus-stuck" },
	{ S(ANSWERED) | S(BUS_BUSY) | S(SLEEPING), "sleeping" },
	{ S(ANSWERED) | S(NOT_HALTED), "not-halted" },
	{ S(ANSWERED) | S(NO_MEMORY), "no-memory" },
	{ S(ANSWERED) | S(BITS_LOST), "bad-wires" },
	{ S(ANSWERED) | S(IN_RESET), "held-in-reset" },
	{ S(REACHED) | S(SILENT) | S(TOOK_RESET), "cut-off" },
	{ S(REACHED) | S(SILENT) | S(TOOK_RESET) | S(FELL_ASLEEP), "asleep" },
	{ S(REACHED) | S(SILENT) | S(TOOK_RESET) | S(FELL_SILENT), "pins-taken" },
	{ S(REACHED) | S(BUS_BUSY) | S(TOOK_RESET), "sleeping" },
	{ S(REACHED) | S(BUS_BUSY) | S(SLEEPING) | S(TOOK_HALT), "sleeping" },
	{ S(REACHED) | S(BUS_BUSY) | S(TOOK_PATIENCE), "slow-clock" },
	{ S(REACHED) | S(BITS_LOST) | S(TOOK_PATIENCE), "bad-wires" },
	{ S(REACHED) | S(BITS_LOST), "comes-and-goes" },
	{ S(REACHED) | S(RESETS), "reset-loop" },
	{ S(REACHED) | S(RESETS) | S(WATCHDOG) | S(BITS_LOST) | S(TOOK_HALT), "watchdog" },
	{ S(REACHED) | S(WATCHDOG), NULL },			/* once, long ago */
	{ S(REACHED) | S(LOCKED_UP), "lock-up" },
	{ S(REACHED) | S(PIN_DEAD), "nrst-unwired" },
	{ 0, "unknown" },
};

static void signs_lead_to_causes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct evidence evidence = { .signs = cases[i].signs };
		const struct diagnosis *found = diagnose(&evidence);
		const char *name = found ? found->name : NULL;

		if (!name != !cases[i].cause || (name && strcmp(name, cases[i].cause)))
			fail_msg("case %u: %s, wanted %s", (unsigned)i, name ? name : "nothing",
				 cases[i].cause ? cases[i].cause : "nothing");
	}
}

static bool has_case(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (cases[i].cause && !strcmp(cases[i].cause, name))
			return true;
	return false;
}

static void every_cause_has_words_and_a_case(void **state)
{
	const struct diagnosis *row;

	(void)state;
	for (size_t i = 0; (row = diagnosis_at(i)); i++) {
		if (!row->name)
			continue;
		if (!row->cause[0] || !row->next[0] || !row->st[0] || !has_case(row->name))
			fail_msg("%s lacks something", row->name);
	}
}

static void errors_are_signs(void **state)
{
	static const int errors[] = {
		E_NO_PROBE, E_GONE, E_PERMISSION, E_PROBE_BUSY, E_FIRMWARE, E_USB, E_TIMEOUT, E_PROTOCOL, E_NO_TARGET,
		E_POWER, E_WIRE, E_WAIT, E_FAULT, E_AP, E_CHIP, E_NOT_HALTED, E_IN_RESET,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct evidence evidence = { 0 };

		evidence_add_error(&evidence, errors[i]);
		assert_int_not_equal(evidence.signs, 0);
		assert_non_null(diagnose_error(errors[i]));
	}
	assert_null(diagnose_error(E_MEMORY));
}

static void evidence_is_told_in_words(void **state)
{
	struct evidence evidence = { .signs = S(SILENT) | S(TOOK_RESET) | S(FELL_SILENT),
				     .supply_mv = 3290, .trial_ms = 2 };
	char text[300], small[8];

	(void)state;
	assert_string_equal(evidence_text(&evidence, text, sizeof(text)),
			    "3.29 V at the target, no acknowledge on SWD, reached through NRST only, let run, "
			    "SWD was lost within 2 ms");
	assert_int_equal(strlen(evidence_text(&evidence, small, sizeof(small))), 7);
}

static void a_climb_is_told_without_repeats(void **state)
{
	struct climb climb = { .us = 12345 };
	char text[CLIMB_TEXT], small[20];
	struct why why = { "" };

	(void)state;
	climb_add(&climb, "normal", E_NO_TARGET, "no answer", 700);
	climb_add(&climb, "halting", E_NO_TARGET, "no answer", 4400);
	climb_add(&climb, "under reset", 0, "not shown", 6000);
	assert_string_equal(climb_text(&climb, text, sizeof(text)),
			    "normal (1 ms: no answer), halting (4 ms), under reset (6 ms: reached)");
	assert_int_equal(strlen(climb_text(&climb, small, sizeof(small))), sizeof(small) - 1);
	for (unsigned i = 0; i < 2 * CLIMB_TRIES; i++)
		climb_add(&climb, "more", E_WIRE, "", 0);
	assert_int_equal(climb.count, CLIMB_TRIES);
	climb.count = 1;		/* told only when there were several */
	climb_explain(&climb, diagnose_error(E_GONE), &why);
	assert_null(strstr(why.text, "Tried"));
	climb.count = 2;
	climb_explain(&climb, diagnose_error(E_GONE), &why);
	assert_non_null(strstr(why.text, "\nTried in 12 ms: normal"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_lead_to_causes),
		cmocka_unit_test(every_cause_has_words_and_a_case),
		cmocka_unit_test(errors_are_signs),
		cmocka_unit_test(evidence_is_told_in_words),
		cmocka_unit_test(a_climb_is_told_without_repeats),
	};

	return cmocka_run_group_tests_name("diagnosis", tests, NULL, NULL);
}
