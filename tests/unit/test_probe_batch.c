/* SPDX-License-Identifier: MIT
 *
 * Lists of accesses: the same results as one by one, for fewer exchanges, and who failed.
 */
#include "tests/unit/array_probe.h"

#include <stdarg.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

static const struct probe_port ap0, ap1 = { 1, 0 };

/* A mix: every third op reads what the one before it wrote. */
static void fill_ops(struct probe_op *ops, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ops[i].kind = i % 3 == 2 ? PROBE_OP_READ : PROBE_OP_WRITE;
		ops[i].address = BASE + 4 * (uint32_t)(i % 3 == 2 ? i - 1 : i);
		ops[i].value = (uint32_t)i * 0x01010101;
		ops[i].result = 1;
	}
}

static void batches_do_what_single_accesses_do(void **state)
{
	static const char *const versions[] = { "V2J37", "V2J13", "V3J7" };
	static struct probe_op ops[1500];

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		struct array_probe *array = array_probe_new(versions[v]);

		for (size_t n = 0; n < ARRAY_SIZE(ops); n = n * 3 / 2 + 1) {
			fill_ops(ops, n);
			assert_int_equal(probe_batch(array->probe, ap0, ops, n), OK);
			for (size_t i = 0; i < n; i++) {
				assert_int_equal(ops[i].result, OK);
				if (ops[i].kind == PROBE_OP_READ)
					assert_int_equal(ops[i].value, ops[i - 1].value);
				else
					assert_int_equal(get_u32(array->device.memory + 4 * i),
							 ops[i].value);
			}
		}
		array_probe_free(array);
	}
}

static unsigned batch_cost(struct array_probe *array, size_t n, int kind)
{
	static struct probe_op ops[200];

	for (size_t i = 0; i < n; i++)
		ops[i] = (struct probe_op){ kind, BASE, 0, 0 };
	array_probe_count(array);
	assert_int_equal(probe_batch(array->probe, ap0, ops, n), OK);
	return array_probe_count(array);
}

static void batches_are_cheap(void **state)
{
	struct array_probe *v2 = array_probe_new("V2J37"), *v3 = array_probe_new("V3J7");

	(void)state;
	assert_int_equal(batch_cost(v2, 0, PROBE_OP_READ), 0);
	assert_int_equal(batch_cost(v2, 1, PROBE_OP_READ), 1);
	assert_int_equal(batch_cost(v2, 2, PROBE_OP_WRITE), 2);
	assert_int_equal(batch_cost(v2, 32, PROBE_OP_WRITE), 2);
	assert_int_equal(batch_cost(v2, 33, PROBE_OP_WRITE), 4);
	assert_int_equal(batch_cost(v2, 64, PROBE_OP_READ), 2);
	assert_int_equal(batch_cost(v2, 65, PROBE_OP_READ), 4);
	assert_int_equal(batch_cost(v3, 200, PROBE_OP_WRITE), 2);
	array_probe_free(v2);
	array_probe_free(v3);
}

static void batches_name_other_ports_until_the_end(void **state)
{
	struct array_probe *array = array_probe_new("V2J37");
	struct probe_op ops[3] = {
		{ PROBE_OP_READ, BASE, 0, 0 }, { PROBE_OP_READ, BASE, 0, 0 },
		{ PROBE_OP_READ, BASE, 0, 0 },
	};

	(void)state;
	probe_batch(array->probe, ap0, ops, 3);
	assert_int_equal(array->device.batch_aps, 0);
	probe_batch(array->probe, ap1, ops, 3);
	probe_batch(array->probe, ap0, ops, 3);
	assert_int_equal(array->device.batch_aps, 0x21);
	assert_int_equal(ops[2].value, get_u32(array->device.memory));
	array_probe_free(array);
}

static void batches_tell_which_op_failed(void **state)
{
	static const char *const versions[] = { "V2J37", "V2J13" };
	struct probe_op ops[100];

	(void)state;
	for (size_t v = 0; v < ARRAY_SIZE(versions); v++) {
		struct array_probe *array = array_probe_new(versions[v]);

		fill_ops(ops, 100);
		ops[40].address = 0x90000000;
		assert_int_equal(probe_batch(array->probe, ap0, ops, 100), E_FAULT);
		assert_int_equal(ops[39].result, OK);
		assert_int_equal(ops[40].result, E_FAULT);
		assert_int_equal(ops[99].result, E_INTERRUPTED);
		array_probe_free(array);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_do_what_single_accesses_do),
		cmocka_unit_test(batches_are_cheap),
		cmocka_unit_test(batches_name_other_ports_until_the_end),
		cmocka_unit_test(batches_tell_which_op_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
