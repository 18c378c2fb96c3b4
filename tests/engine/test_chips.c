/* SPDX-License-Identifier: MIT
 *
 * Every chip file as a virtual board, in every bank mode: is it found again by what it shows, with the
 * size, the banks and the port that the file says?
 */
#include "targets/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/virtual/spec.h"
#include "tests/engine/layouts.h"

struct fixture {
	struct chip_library *library;
	struct chip chip;
	struct virtual_spec spec;
	struct board *board;
	struct why why;
	unsigned boards, wrong;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->board = calloc(1, sizeof(*f->board));
	*state = f;
	return chip_library_open(&f->library, NULL, &f->why);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	chip_library_close(f->library);
	free(f->board);
	free(f);
	return 0;
}

static bool same_banks(const struct chip *a, const struct chip *b)
{
	for (size_t i = 0; i < a->bank_count; i++) {
		const struct chip_bank *x = &a->banks[i], *y = &b->banks[i];

		if (x->base != y->base || x->size != y->size || x->registers != y->registers ||
		    x->physical != y->physical)
			return false;
	}
	return a->bank_count == b->bank_count && a->swapped == b->swapped;
}

/* What the board is not found as; NULL when all is well. */
static const char *compare(const struct chip *wanted, const struct board *board)
{
	const struct chip *found = &board->chip;

	if (strcmp(found->file, wanted->file))
		return found->file;
	if (found->flash_kib != wanted->flash_kib)
		return "its size";
	if (!same_banks(found, wanted))
		return "its banks";
	if (board->cores[0].port.ap != wanted->ap)
		return "its port";
	return board->notes[0] ? board->notes : NULL;
}

static void reach(struct fixture *f, struct link *link)
{
	struct board_options options = { .chips = f->library, .low_power_debug = true };
	const char *difference;
	struct probe *probe;

	assert_int_equal(probe_open(&probe, link, &f->why), 0);
	memset(f->board, 0, sizeof(*f->board));
	board_init(f->board, probe, &options);
	f->why.text[0] = 0;
	difference = board_attach(f->board, &f->why) ? f->why.text : compare(&f->chip, f->board);
	if (difference) {
		print_error("%s, %u KiB, layout %zu: %s\n", f->chip.file, f->chip.flash_kib, f->chip.layout,
			    difference);
		f->wrong++;
	}
	board_detach(f->board, false);
	board_clear(f->board);
	f->boards++;
}

/* The chip as it is in f->chip, as a board. */
static void try_board(struct fixture *f)
{
	struct link *link;

	chip_virtual_spec(&f->chip, f->chip.file, &f->spec);
	f->why.text[0] = 0;
	if (virtual_link_open(&link, &f->spec, &f->why)) {
		print_error("%s: %s\n", f->chip.file, f->why.text);
		f->wrong++;
		return;
	}
	reach(f, link);
}

static void every_chip_is_found_in_every_mode(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < chip_library_count(f->library); i++) {
		const char *file = chip_library_row(f->library, i)->file;

		assert_int_equal(chip_find_part(&f->chip, f->library, file, &f->why), 0);
		for (size_t j = 0; !f->chip.known_only[0] && j < f->chip.layout_count; j++) {
			if (!layout_choose(&f->chip, j))
				continue;
			try_board(f);
			if (layout_swap(&f->chip))
				try_board(f);
		}
	}
	assert_int_equal(f->wrong, 0);
	assert_true(f->boards >= 146);
}

/* Each size of a line, by the names of its parts. */
static void every_part_is_found_with_its_size(void **state)
{
	static const char *const parts[] = {
		"STM32F030F4", "STM32F103C8", "STM32F103RF", "STM32F205RB", "STM32F429ZE", "STM32F469NG",
		"STM32F750V8", "STM32F767ZG", "STM32L010F4", "STM32L073R8", "STM32L151C6T6A",
		"STM32L152QC", "STM32L162VDT6X", "STM32G0B1RB", "STM32G474RC", "STM32C092FB",
		"STM32U031F4", "STM32L476RC", "STM32L4R5ZG", "STM32L4P5CE", "STM32L552ZC", "STM32U535CB",
		"STM32WB55CC", "STM32WB15CC", "STM32WLE5J8", "STM32WBA52CE", "STM32H503RB", "STM32H523CC",
		"STM32H743ZG", "STM32H750VB", "STM32H7B0VB", "STM32H730VB", "STM32H7R3L8",
	};
	struct fixture *f = *state;

	f->wrong = 0;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		assert_int_equal(chip_find_part(&f->chip, f->library, parts[i], &f->why), 0);
		try_board(f);
	}
	assert_int_equal(f->wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_chip_is_found_in_every_mode),
		cmocka_unit_test(every_part_is_found_with_its_size),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
