/* SPDX-License-Identifier: MIT
 *
 * Comparators: how breakpoints and watchpoints are laid out, and that only what changed is written.
 * The probe is an array of words.
 */
#include "targets/board.h"
#include "targets/core_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/log.h"

enum { FPB = 0xE0002000, COMP0 = 0xE0002008, DWT = 0xE0001000, DWT0 = 0xE0001020 };

struct fixture {
	struct board board;
	struct core *core;
	struct core_breakpoint breakpoints[16];
	uint32_t fpb[64], dwt[64];
	unsigned writes;
};

/* The words that this fixture has stand behind the probe pointer. */
static uint32_t *word_at(struct fixture *f, uint32_t address)
{
	return address >= FPB ? &f->fpb[(address - FPB) / 4] : &f->dwt[(address - DWT) / 4];
}

int probe_batch(struct probe *probe, struct probe_port port, struct probe_op *ops, size_t count)
{
	struct fixture *f = (struct fixture *)(void *)probe;

	(void)port;
	for (size_t i = 0; i < count; i++) {
		if (ops[i].kind == PROBE_OP_READ)
			ops[i].value = *word_at(f, ops[i].address);
		else
			*word_at(f, ops[i].address) = ops[i].value;
		f->writes += ops[i].kind == PROBE_OP_WRITE;
	}
	return 0;
}

void probe_critical_begin(struct probe *probe)
{
	(void)probe;
}

void probe_critical_end(struct probe *probe)
{
	(void)probe;
}

void log_line(enum log_channel channel, const char *format, ...)
{
	(void)channel;
	(void)format;
}

static struct fixture *start(uint32_t fp_ctrl, bool v8)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->board.probe = (struct probe *)(void *)f;
	f->core = &f->board.cores[0];
	f->core->board = &f->board;
	f->core->breakpoints = f->breakpoints;
	f->core->v8 = v8;
	f->fpb[0] = fp_ctrl;
	f->dwt[0] = 4u << 28;
	assert_int_equal(units_examine(f->core, true), 0);
	f->writes = 0;
	return f;
}

static void want_code(struct fixture *f, uint32_t address)
{
	f->core->breakpoints[f->core->breakpoint_count++] =
		(struct core_breakpoint){ .address = address, .hardware = true, .wanted = true };
}

static void want_data(struct fixture *f, uint32_t address, uint32_t length, enum watch_kind kind)
{
	f->core->watchpoints[f->core->watchpoint_count++] =
		(struct core_watchpoint){ address, length, kind, true };
}

/* Writes what is due; returns how many words were written. */
static unsigned apply(struct fixture *f)
{
	struct batch batch;

	f->writes = 0;
	batch_begin(&batch, f->core);
	units_queue_code(f->core, &batch);
	units_queue_data(f->core, &batch);
	assert_int_equal(batch_run(&batch), 0);
	return f->writes;
}

static uint32_t comp(struct fixture *f, unsigned unit)
{
	return *word_at(f, COMP0 + 4 * unit);
}

static void counts_units_by_the_split_field(void **state)
{
	static const struct { uint32_t ctrl; unsigned units, revision; } rows[] = {
		{ 0x260, 6, 0 }, { 0x40, 4, 0 }, { 0x10000080, 8, 1 }, { 0x1003F0, 15, 0 },
		{ 0x1010, 16, 0 },	/* 17 of them; more than is kept */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fixture *f = start(rows[i].ctrl, false);

		assert_int_equal(f->core->code_units, rows[i].units);
		assert_int_equal(f->core->fpb_revision, rows[i].revision);
		free(f);
	}
}

static void clears_what_others_left(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)state;
	f->board.probe = (struct probe *)(void *)f;
	f->core = &f->board.cores[0];
	f->core->board = &f->board;
	f->fpb[0] = 0x261;
	f->fpb[2] = 0x48000101;
	f->dwt[0] = 4u << 28;
	f->dwt[10] = 7;
	assert_int_equal(units_examine(f->core, false), 0);
	assert_int_equal(f->fpb[2], 0);
	assert_int_equal(f->dwt[10], 0);
	assert_int_equal(f->fpb[0] & 1, 0);
	free(f);
}

static void version_1_names_the_half_of_a_word(void **state)
{
	struct fixture *f = start(0x260, false);

	(void)state;
	want_code(f, 0x08000100);
	want_code(f, 0x08000206);
	want_code(f, 0x08000102);	/* shares the first one's word */
	assert_int_equal(apply(f), 3);
	assert_int_equal(comp(f, 0), 0xC8000101);
	assert_int_equal(comp(f, 1), 0x88000205);
	assert_int_equal(*word_at(f, FPB), 3);
	assert_false(units_reach(f->core, 0x20000000));
	free(f);
}

static void version_2_compares_half_words_anywhere(void **state)
{
	struct fixture *f = start(0x10000080, false);

	(void)state;
	want_code(f, 0x08000100);
	want_code(f, 0x08000102);
	want_code(f, 0x24000000);
	assert_int_equal(apply(f), 4);
	assert_int_equal(comp(f, 0), 0x08000101);
	assert_int_equal(comp(f, 1), 0x08000103);
	assert_int_equal(comp(f, 2), 0x24000001);
	assert_true(units_reach(f->core, 0x24000000));
	free(f);
}

static void only_changes_are_written(void **state)
{
	struct fixture *f = start(0x260, false);

	(void)state;
	want_code(f, 0x08000100);
	want_code(f, 0x08000200);
	want_code(f, 0x08000300);
	want_data(f, 0x20000000, 4, WATCH_WRITE);
	apply(f);
	assert_int_equal(apply(f), 0);
	f->core->breakpoints[0].wanted = false;		/* the others keep their units */
	assert_int_equal(apply(f), 1);
	assert_int_equal(comp(f, 0), 0);
	assert_int_equal(comp(f, 1), 0x48000201);
	want_code(f, 0x08000400);
	assert_int_equal(apply(f), 1);
	assert_int_equal(comp(f, 0), 0x48000401);
	f->core->watchpoints[0].wanted = false;
	assert_int_equal(apply(f), 1);
	assert_int_equal(*word_at(f, DWT0 + 8), 0);
	units_forget(f->core);				/* nothing is known: all is written */
	assert_in_range(apply(f), 11, 20);
	free(f);
}

static void a_step_lifts_the_unit_at_pc_only(void **state)
{
	struct fixture *f = start(0x260, false);
	struct batch batch;

	(void)state;
	want_code(f, 0x08000100);
	want_code(f, 0x08000200);
	apply(f);
	batch_begin(&batch, f->core);
	units_queue_step_off(f->core, &batch, 0x08000100);
	assert_int_equal(batch.count, 1);
	batch_run(&batch);
	assert_int_equal(comp(f, 0), 0);
	assert_int_equal(apply(f), 1);			/* and the next run puts it back */
	free(f);
}

static void says_when_units_run_out(void **state)
{
	struct fixture *f = start(0x260, false);

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		want_code(f, 0x08000100 + 16 * i);
	assert_int_equal(units_check_code(f->core), 0);
	want_code(f, 0x08000102);			/* shares */
	assert_int_equal(units_check_code(f->core), 0);
	want_code(f, 0x08000300);
	assert_int_equal(units_check_code(f->core), E_NO_UNIT);
	free(f);
}

/* What watchpoints need in v7-M: {address, mask bits, function} each. */
static void v7_covers_ranges_by_aligned_blocks(void **state)
{
	static const struct {
		uint32_t address, length;
		enum watch_kind kind;
		uint32_t units[4][3];
	} rows[] = {
		{ 0x20000000, 4, WATCH_WRITE, { { 0x20000000, 2, 6 } } },
		{ 0x20000001, 1, WATCH_READ, { { 0x20000001, 0, 5 } } },
		{ 0x20000000, 64, WATCH_ACCESS, { { 0x20000000, 6, 7 } } },
		{ 0x20000002, 4, WATCH_WRITE, { { 0x20000002, 1, 6 }, { 0x20000004, 1, 6 } } },
		{ 0x20000003, 6, WATCH_WRITE, { { 0x20000003, 0, 6 }, { 0x20000004, 2, 6 },
						{ 0x20000008, 0, 6 } } },
		{ 0x20000000, 0x8000, WATCH_WRITE, { { 0x20000000, 15, 6 } } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fixture *f = start(0x260, false);

		want_data(f, rows[i].address, rows[i].length, rows[i].kind);
		assert_int_equal(units_check_data(f->core), 0);
		apply(f);
		for (unsigned unit = 0; unit < 4; unit++) {
			assert_int_equal(*word_at(f, DWT0 + 16 * unit), rows[i].units[unit][0]);
			assert_int_equal(*word_at(f, DWT0 + 16 * unit + 4),
					 rows[i].units[unit][1]);
			assert_int_equal(*word_at(f, DWT0 + 16 * unit + 8),
					 rows[i].units[unit][2]);
		}
		free(f);
	}
}

static void v8_takes_a_pair_for_ranges(void **state)
{
	struct fixture *f = start(0x10000080, true);

	(void)state;
	want_data(f, 0x20000000, 2, WATCH_WRITE);
	want_data(f, 0x20000101, 7, WATCH_ACCESS);
	assert_int_equal(units_check_data(f->core), 0);
	apply(f);
	assert_int_equal(*word_at(f, DWT0 + 8), 5 | 1 << 4 | 1 << 10);
	assert_int_equal(*word_at(f, DWT0 + 16 + 8), 0);	/* pairs begin at even units */
	assert_int_equal(*word_at(f, DWT0 + 32), 0x20000101);
	assert_int_equal(*word_at(f, DWT0 + 32 + 8), 4 | 1 << 4);
	assert_int_equal(*word_at(f, DWT0 + 48), 0x20000107);
	assert_int_equal(*word_at(f, DWT0 + 48 + 8), 7);
	want_data(f, 0x20000200, 1, WATCH_READ);
	assert_int_equal(units_check_data(f->core), E_NO_UNIT);
	free(f);
}

static void finds_the_watchpoint_that_matched(void **state)
{
	struct fixture *f = start(0x260, false);
	int index;

	(void)state;
	want_data(f, 0x20000000, 4, WATCH_WRITE);
	want_data(f, 0x20000103, 6, WATCH_READ);
	apply(f);
	*word_at(f, DWT0 + 16 * 2 + 8) |= 1 << 24;
	assert_int_equal(units_find_match(f->core, &index), 0);
	assert_int_equal(index, 1);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_units_by_the_split_field),
		cmocka_unit_test(clears_what_others_left),
		cmocka_unit_test(version_1_names_the_half_of_a_word),
		cmocka_unit_test(version_2_compares_half_words_anywhere),
		cmocka_unit_test(only_changes_are_written),
		cmocka_unit_test(a_step_lifts_the_unit_at_pc_only),
		cmocka_unit_test(says_when_units_run_out),
		cmocka_unit_test(v7_covers_ranges_by_aligned_blocks),
		cmocka_unit_test(v8_takes_a_pair_for_ranges),
		cmocka_unit_test(finds_the_watchpoint_that_matched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
