/* SPDX-License-Identifier: MIT
 *
 * Access ports: the core's, and those beside it that show DBGMCU, each on its own bus.
 */
#include "tests/unit/h7_specs.h"

#include "probe/virtual/dap.h"
#include "probe/virtual/machine_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CSW = 0x00, TAR = 0x04, DRW = 0x0C, BASE = 0xF8, IDR = 0xFC };

enum { CSW_WORDS = 0x23000002, CLEAR_ERRORS = 0x1E };

#define POWER_UP	0x50000000u

struct wire {
	struct meter meter;
	struct dap dap;
};

static struct wire *new_wire(void (*fill)(struct virtual_spec *spec))
{
	struct wire *w = calloc(1, sizeof(*w));
	struct virtual_spec spec;
	struct why why;
	uint32_t power = POWER_UP;

	assert_non_null(w);
	fill(&spec);
	assert_int_equal(machine_new(&w->meter.machine, &spec, &why), OK);
	dap_init(&w->dap, &w->meter);
	dap_switch(&w->dap, true);
	assert_int_equal(dap_transfer(&w->dap, SWD_DP_WRITE, DP_CTRL_STAT, &power), SWD_OK);
	return w;
}

static int teardown(void **state)
{
	struct wire *w = *state;

	machine_free(w->meter.machine);
	free(w);
	return 0;
}

static int setup_h743(void **state)
{
	*state = new_wire(spec_h743);
	return 0;
}

static int setup_h563(void **state)
{
	*state = new_wire(spec_h563);
	return 0;
}

static enum swd_ack select_ap(struct wire *w, uint32_t ap, uint32_t reg)
{
	uint32_t value = ap << 24 | (reg & 0xF0);

	return dap_transfer(&w->dap, SWD_DP_WRITE, DP_SELECT, &value);
}

static void write_ap(struct wire *w, uint32_t ap, uint32_t reg, uint32_t value)
{
	assert_int_equal(select_ap(w, ap, reg), SWD_OK);
	assert_int_equal(dap_transfer(&w->dap, SWD_AP_WRITE, reg & 12, &value), SWD_OK);
}

/* False when the access failed; its sticky error is cleared. */
static bool read_ap(struct wire *w, uint32_t ap, uint32_t reg, uint32_t *value)
{
	uint32_t clear = CLEAR_ERRORS;

	assert_int_equal(select_ap(w, ap, reg), SWD_OK);
	assert_int_equal(dap_transfer(&w->dap, SWD_AP_READ, reg & 12, value), SWD_OK);
	if (dap_transfer(&w->dap, SWD_DP_READ, DP_RDBUFF, value) == SWD_OK)
		return true;
	dap_transfer(&w->dap, SWD_DP_WRITE, DP_ABORT, &clear);
	return false;
}

static bool read_word(struct wire *w, uint32_t ap, uint32_t address, uint32_t *value)
{
	write_ap(w, ap, CSW, CSW_WORDS);
	write_ap(w, ap, TAR, address);
	return read_ap(w, ap, DRW, value);
}

static void h7_shows_dbgmcu_on_two_ports(void **state)
{
	uint32_t value;

	assert_true(read_word(*state, 0, 0x5C001000, &value));
	assert_int_equal(value, 0x20036450);
	assert_true(read_word(*state, 2, 0xE00E1000, &value));
	assert_int_equal(value, 0x20036450);
}

static void what_one_port_writes_the_other_reads(void **state)
{
	struct wire *w = *state;
	uint32_t value;

	write_ap(w, 2, CSW, CSW_WORDS);
	write_ap(w, 2, TAR, 0xE00E1004);
	write_ap(w, 2, DRW, 0x00600007);
	assert_true(read_word(w, 0, 0x5C001004, &value));
	assert_int_equal(value, 0x00600007);
}

static void the_debug_bus_has_nothing_else(void **state)
{
	uint32_t value;

	assert_false(read_word(*state, 2, 0x24000000, &value));
	assert_false(read_word(*state, 2, 0x5C001000, &value));
	assert_false(read_word(*state, 2, 0xE000ED00, &value));
	assert_true(read_word(*state, 2, 0xE00E1000, &value));
}

static void ports_that_are_not_there_have_no_identification(void **state)
{
	uint32_t value;

	assert_true(read_ap(*state, 0, IDR, &value));
	assert_int_not_equal(value, 0);
	assert_true(read_ap(*state, 2, IDR, &value));
	assert_int_equal(value, 0x54770002);
	assert_true(read_ap(*state, 1, IDR, &value));
	assert_int_equal(value, 0);
	assert_true(read_ap(*state, 3, IDR, &value));
	assert_int_equal(value, 0);
}

static void each_port_has_its_own_tar(void **state)
{
	struct wire *w = *state;
	uint32_t value;

	write_ap(w, 0, TAR, 0x24000000);
	write_ap(w, 2, TAR, 0xE00E1000);
	assert_true(read_ap(w, 0, TAR, &value));
	assert_int_equal(value, 0x24000000);
}

/* Field reports: under reset only the debug bus and the core's own registers are reached. */
static void h7_bus_is_away_while_nrst_is_low(void **state)
{
	struct wire *w = *state;
	uint32_t value;

	machine_set_nrst(w->meter.machine, false);
	assert_false(read_word(w, 0, 0x5C001000, &value));
	assert_false(read_word(w, 0, 0x24000000, &value));
	assert_true(read_word(w, 0, 0xE000ED00, &value));
	assert_true(read_word(w, 2, 0xE00E1000, &value));
	machine_set_nrst(w->meter.machine, true);
	assert_true(read_word(w, 0, 0x24000000, &value));
}

static void h5_core_is_on_port_1(void **state)
{
	uint32_t value;

	assert_true(read_word(*state, 1, 0xE000ED00, &value));
	assert_int_equal(value, 0x410FD214);
	assert_true(read_word(*state, 1, 0x44024000, &value));
	assert_int_equal(value, 0x10076484);
	assert_true(read_word(*state, 0, 0xE0044000, &value));
	assert_int_equal(value, 0x10076484);
	assert_false(read_word(*state, 0, 0x20000000, &value));
}

static void closed_core_port_leaves_the_system_port(void **state)
{
	struct wire *w = *state;
	uint32_t value;

	w->meter.machine->soc.core_port_closed = true;
	assert_false(read_word(w, 1, 0x20000000, &value));
	assert_false(read_word(w, 1, 0xE000ED00, &value));
	assert_true(read_word(w, 0, 0xE0044000, &value));
}

#define ON(test, part) cmocka_unit_test_setup_teardown(test, setup_##part, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(h7_shows_dbgmcu_on_two_ports, h743),
		ON(what_one_port_writes_the_other_reads, h743),
		ON(the_debug_bus_has_nothing_else, h743),
		ON(ports_that_are_not_there_have_no_identification, h743),
		ON(each_port_has_its_own_tar, h743),
		ON(h7_bus_is_away_while_nrst_is_low, h743),
		ON(h5_core_is_on_port_1, h563),
		ON(closed_core_port_leaves_the_system_port, h563),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
