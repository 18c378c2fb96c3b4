/* SPDX-License-Identifier: MIT
 *
 * The ground of the tests over all families: a board with any virtual part, in any bank mode, without a
 * server; an image of what its flash should hold, and the steps from a plan to the bytes in the chip.
 */
#ifndef TESTS_ENGINE_FAMILY_BENCH_H
#define TESTS_ENGINE_FAMILY_BENCH_H

#include "flash/controller.h"
#include "flash/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/log.h"
#include "probe/virtual/machine.h"
#include "targets/board.h"

struct row {
	const char *part;
	const char *option;		/* "DBANK=0 BFB2=1", NULL = as the factory left it */
	bool watched;			/* one of each kind: all scenes, also with the
					 * watchdog that starts by itself */
};

struct bench {
	const struct row *row;
	struct chip_library *chips;
	struct chip chip;
	struct virtual_spec spec;
	struct machine *machine;
	struct probe *probe;
	struct board board;
	struct core *core;
	struct flash_plan *plan;
	struct flash_options options;
	struct flash_report report;
	struct why why;
	atomic_bool interrupt;
	uint8_t *image[CHIP_BANKS];	/* what each bank should hold */
	uint32_t seed;			/* xorshift32 */
};

/* ---- the chip ---- */

/* Option words that hold each byte, or the lower half, a second time in complement. */
static inline uint32_t with_complement(uint32_t factory, uint32_t value)
{
	if ((factory >> 16 ^ 0xFFFF) == (factory & 0xFFFF))
		return (value & 0xFFFF) | ~value << 16;
	if ((factory >> 8 & 0xFF) == (~factory & 0xFF))
		return (value & 0x00FF00FF) | (~value & 0x00FF00FF) << 8;
	return value;
}

static inline void set_option(struct bench *b, const char *name, uint32_t value)
{
	for (size_t i = 0; i < b->chip.option_field_count; i++) {
		const struct chip_option_field *field = &b->chip.option_fields[i];
		const struct chip_option_word *word = &b->chip.option_words[field->word];

		if (strcmp(field->name, name))
			continue;
		assert_int_equal(chip_set_option(&b->chip, name, value), 0);
		if (word->address >> 20 == 0x1FF)	/* it is in memory */
			chip_set_option_word(&b->chip, field->word, with_complement(word->factory, word->now));
		return;
	}
	fail_msg("%s has no option %s", b->row->part, name);
}

/* "NAME=VALUE NAME=VALUE" */
static inline void set_options(struct bench *b, const char *options)
{
	char name[32], *end;

	while (options && *options) {
		size_t length = strcspn(options, "=");

		snprintf(name, sizeof name, "%.*s", (int)length, options);
		set_option(b, name, (uint32_t)strtoul(options + length + 1, &end, 0));
		options = end + (*end == ' ');
	}
}

static inline void describe(struct bench *b)
{
	assert_int_equal(chip_library_open(&b->chips, NULL, &b->why), 0);
	if (chip_find_part(&b->chip, b->chips, b->row->part, &b->why))
		fail_msg("%s", b->why.text);
	set_options(b, b->row->option);
	chip_virtual_spec(&b->chip, b->row->part, &b->spec);
}

static inline void start(struct bench *b)
{
	struct board_options options = { .chips = b->chips };
	struct link *link;

	if (virtual_link_open(&link, &b->spec, &b->why))
		fail_msg("%s", b->why.text);
	b->machine = virtual_link_machine(link);
	assert_int_equal(probe_open(&b->probe, link, &b->why), 0);
	board_init(&b->board, b->probe, &options);
	if (board_attach(&b->board, &b->why))
		fail_msg("attach: %s", b->why.text);
	b->core = &b->board.cores[0];
	probe_watch_interrupt(b->probe, &b->interrupt);
	assert_int_equal(b->board.chip.bank_count, b->chip.bank_count);
	for (size_t i = 0; i < b->chip.bank_count; i++) {
		assert_int_equal(b->board.chip.banks[i].size, b->chip.banks[i].size);
		b->image[i] = malloc(b->chip.banks[i].size);
		memset(b->image[i], b->chip.erased, b->chip.banks[i].size);
	}
}

static inline int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof *b);

	b->row = *state;
	b->seed = 12345;
	flash_options_default(&b->options);
	if (getenv("TEST_LOG"))			/* TEST_LOG=flash,target,probe */
		log_enable(getenv("TEST_LOG"), NULL);
	describe(b);
	*state = b;
	return 0;
}

static inline int tear_down(void **state)
{
	struct bench *b = *state;

	flash_plan_free(b->plan);
	if (b->probe)
		board_clear(&b->board);
	chip_library_close(b->chips);
	for (size_t i = 0; i < CHIP_BANKS; i++)
		free(b->image[i]);
	free(b);
	return 0;
}

/* ---- steps ---- */

static inline unsigned draw(struct bench *b, unsigned below)
{
	b->seed ^= b->seed << 13;
	b->seed ^= b->seed >> 17;
	b->seed ^= b->seed << 5;
	return b->seed % below;
}

static inline struct chip_sector sector_at(struct bench *b, uint32_t address)
{
	struct chip_sector sector;

	if (!chip_sector_at(&b->board.chip, address, &sector))
		fail_msg("0x%08X is no flash", address);
	return sector;
}

static inline uint8_t *image_at(struct bench *b, uint32_t address)
{
	unsigned bank = sector_at(b, address).bank;

	return b->image[bank] + (address - b->board.chip.banks[bank].base);
}

static inline void fill_random(struct bench *b, uint32_t address, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		image_at(b, address)[i] = (uint8_t)draw(b, 256);
}

/* Whole sectors that hold something old. */
static inline void poke_old(struct bench *b, uint32_t address)
{
	struct chip_sector sector = sector_at(b, address);

	fill_random(b, sector.base, sector.size);
	machine_poke(b->machine, sector.base, image_at(b, sector.base), sector.size);
}

static inline void plan_new(struct bench *b)
{
	flash_plan_free(b->plan);
	assert_int_equal(flash_plan_new(&b->plan, b->core), 0);
}

/* Random bytes with stretches of the erased value in them; what else is in these sectors goes.
 * Within a bank. */
static inline void plan_section(struct bench *b, uint32_t address, uint32_t length)
{
	uint32_t last = address + length - 1, at;

	for (at = address; at <= last; at = sector_at(b, at).base + sector_at(b, at).size) {
		struct chip_sector sector = sector_at(b, at);

		if (!flash_plan_covered(b->plan, sector.base, sector.size))
			memset(image_at(b, sector.base), b->chip.erased, sector.size);
	}
	fill_random(b, address, length);
	for (at = 64; at + 300 < length; at += 300 + draw(b, 500))
		memset(image_at(b, address + at), b->chip.erased, 1 + draw(b, 200));
	if (flash_plan_write(b->plan, address, image_at(b, address), length, &b->why))
		fail_msg("%s", b->why.text);
}

static inline void commit_well(struct bench *b)
{
	if (flash_commit(b->plan, &b->options, &b->report, NULL, NULL, &b->why))
		fail_msg("%s %s: %s", b->row->part, b->row->option ? b->row->option : "", b->why.text);
}

/* What the firmware would do in front of pages that are not secure. */
static inline void make_pages_secure(struct bench *b)
{
	for (uint32_t at = 0; at < 64 && chip_is_secure(&b->board.chip); at += 4)
		machine_write(b->machine, b->board.chip.flash_secure_pages + at, 4, UINT32_MAX);
}

static inline void assert_flash(struct bench *b)
{
	make_pages_secure(b);
	for (size_t i = 0; i < b->board.chip.bank_count; i++) {
		const struct chip_bank *bank = &b->board.chip.banks[i];

		for (uint32_t at = 0; at < bank->size; at += 4) {
			uint32_t value = 0;

			assert_int_equal(machine_read(b->machine, bank->base + at, 4, &value), BUS_OK);
			if (value != get_u32(b->image[i] + at))
				fail_msg("flash at 0x%08X is %08X, should be %08X", bank->base + at,
					 value, get_u32(b->image[i] + at));
		}
	}
}

static inline void show(struct bench *b, const char *what)
{
	char text[200];

	flash_report_text(&b->report, text, sizeof text);
	print_message("%s %s, %s: %s\n", b->row->part, b->row->option ? b->row->option : "", what, text);
}

static inline double max_double(double a, double b)
{
	return a > b ? a : b;
}

static inline uint32_t bank_end(const struct bench *b, size_t bank)
{
	return b->board.chip.banks[bank].base + b->board.chip.banks[bank].size;
}

#endif
