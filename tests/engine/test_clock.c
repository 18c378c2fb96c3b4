/* SPDX-License-Identifier: MIT
 *
 * The steps to a faster clock, on every chip file that has some: code in RAM then takes the time that the
 * stated clock gives it, and as long as before after the next reset.
 */
#include "flash/routine.h"
#include "targets/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/virtual/machine.h"
#include "probe/virtual/spec.h"

enum { TURNS = 20000 };

struct bench {
	struct chip_library *library;
	struct chip chip;
	struct virtual_spec spec;
	struct board *board;
	struct machine *machine;
	struct why why;
};

static void must(struct bench *b, int err)
{
	if (err)
		fail_msg("%s: %s", b->chip.file, b->why.text);
}

/* How long the core ran for a loop of so many turns. */
static uint64_t run_loop(struct bench *b)
{
	static const uint8_t code[] = {
		0x01, 0x38,	/* subs r0, #1 */
		0xFD, 0xD1,	/* bne .-2 */
		0x00, 0xBE,	/* bkpt #0 */
		0x00, 0xBF,
	};
	struct routine_call call = { .code = code, .code_size = sizeof code, .arguments = { TURNS } };
	struct core *core = &b->board->cores[0];
	uint64_t before_ns = machine_cpu_ns(b->machine);
	uint32_t size = 0;

	assert_true(routine_area(&b->board->chip, &call.entry, &size));
	call.stack_top = call.entry + 512;
	must(b, routine_start(core, &call, &b->why));
	must(b, routine_wait(core, &call, 0, 1000000, &b->why));
	return machine_cpu_ns(b->machine) - before_ns;
}

static void attach(struct bench *b)
{
	struct board_options options = { .chips = b->library };
	struct probe *probe;
	struct link *link;

	chip_virtual_spec(&b->chip, b->chip.file, &b->spec);
	must(b, virtual_link_open(&link, &b->spec, &b->why));
	b->machine = virtual_link_machine(link);
	must(b, probe_open(&probe, link, &b->why));
	memset(b->board, 0, sizeof *b->board);
	board_init(b->board, probe, &options);
	must(b, board_attach(b->board, &b->why));
	must(b, board_reset(b->board, RESET_AUTO, true, &b->why));
}

/* The virtual core counts its time in slices. */
static void assert_near(struct bench *b, uint64_t ns, uint64_t wanted_ns)
{
	if (ns < wanted_ns * 97 / 100 || ns > wanted_ns * 103 / 100)
		fail_msg("%s: %u us, should be %u us", b->chip.file, (unsigned)(ns / 1000),
			 (unsigned)(wanted_ns / 1000));
}

static void try_chip(struct bench *b)
{
	uint64_t slow_ns, fast_ns, wanted_ns;

	attach(b);
	slow_ns = run_loop(b);
	assert_int_equal(clock_hz(b->board), b->chip.reset_clock_hz);
	clock_raise(&b->board->cores[0]);
	assert_int_equal(clock_hz(b->board), b->chip.fast_clock_hz);
	fast_ns = run_loop(b);
	wanted_ns = slow_ns * b->chip.reset_clock_hz / b->chip.fast_clock_hz;
	assert_near(b, fast_ns, wanted_ns);
	must(b, board_reset(b->board, RESET_AUTO, true, &b->why));
	assert_int_equal(clock_hz(b->board), b->chip.reset_clock_hz);
	assert_near(b, run_loop(b), slow_ns);
	board_clear(b->board);
}

static void every_chip_gets_the_clock_that_its_file_states(void **state)
{
	struct bench *b = *state;
	unsigned tried = 0;

	for (size_t i = 0; i < chip_library_count(b->library); i++) {
		const struct chip_index *row = chip_library_row(b->library, i);

		must(b, chip_find_part(&b->chip, b->library, row->file, &b->why));
		if (!b->chip.fast_clock_hz)
			continue;
		try_chip(b);
		tried++;
	}
	assert_true(tried > 25);
}

/* An oscillator that never gets ready: the clock is left, and nothing claims otherwise. */
static void a_step_that_fails_leaves_the_clock(void **state)
{
	struct bench *b = *state;

	must(b, chip_find_part(&b->chip, b->library, "STM32L476RG", &b->why));
	attach(b);
	b->board->chip.fast_clock[0].ready = 0x80000000;
	clock_raise(&b->board->cores[0]);
	assert_int_equal(clock_hz(b->board), b->chip.reset_clock_hz);
	board_clear(b->board);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);

	b->board = calloc(1, sizeof *b->board);
	*state = b;
	return chip_library_open(&b->library, NULL, &b->why);
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	chip_library_close(b->library);
	free(b->board);
	free(b);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_chip_gets_the_clock_that_its_file_states, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_step_that_fails_leaves_the_clock, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
