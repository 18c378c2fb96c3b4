/* SPDX-License-Identifier: MIT
 *
 * One hiccup at each command and each memory access of an attach in turn: it gets through all the
 * same, and the running program is not reset for it.
 */
#include "tests/engine/board_rig.h"

#include <unistd.h>

enum { RCC_CSR = 0x40023874 };
enum { COMMANDS = 40, ACCESSES = 30 };	/* more than an attach takes */

static void open_with_fault(struct rig *rig, const char *format, unsigned n)
{
	char path[] = "/tmp/tether-faults-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	assert_non_null(file);
	fprintf(file, format, n);
	fclose(file);
	fill_rig(rig);
	snprintf(rig->spec.faults, sizeof(rig->spec.faults), "%s", path);
	open_rig(rig);
	unlink(path);
}

static uint32_t reset_flags(struct rig *rig)
{
	uint32_t value = 0;

	assert_int_equal(machine_read(virtual_link_machine(rig->link), RCC_CSR, 4, &value), BUS_OK);
	return value;
}

static void attach_survives(const char *format, unsigned last)
{
	for (unsigned n = 1; n <= last; n++) {
		struct rig rig = { .why = { "" } };
		uint32_t before;

		open_with_fault(&rig, format, n);
		before = reset_flags(&rig);
		if (board_attach(rig.board, &rig.why))
			fail_msg("%s, n = %u: %s", format, n, rig.why.text);
		assert_int_equal(reset_flags(&rig), before);
		assert_int_equal(read_u32(&rig, LOOP), 0x60083001);
		close_rig(&rig);
	}
}

static void survives_a_lost_command(void **state)
{
	(void)state;
	attach_survives("command %u timeout", COMMANDS);
}

static void survives_a_lost_reply(void **state)
{
	(void)state;
	attach_survives("command %u lost", COMMANDS);
}

static void survives_a_late_reply(void **state)
{
	(void)state;
	attach_survives("command %u late 50", COMMANDS);
	attach_survives("command %u late 5000", COMMANDS);
}

static void survives_a_stall(void **state)
{
	(void)state;
	attach_survives("command %u stall", COMMANDS);
}

static void survives_a_busy_bus(void **state)
{
	(void)state;
	attach_survives("access %u wait 5000", ACCESSES);
	attach_survives("access %u wait", ACCESSES);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_a_lost_command),
		cmocka_unit_test(survives_a_lost_reply),
		cmocka_unit_test(survives_a_late_reply),
		cmocka_unit_test(survives_a_stall),
		cmocka_unit_test(survives_a_busy_bus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
