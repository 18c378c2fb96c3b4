/* SPDX-License-Identifier: MIT
 *
 * The ground of the flash tests: a board with a virtual STM32F407VG without a server, an image of what
 * its flash should hold, and the steps from a plan to the bytes in the chip.
 */
#ifndef TESTS_ENGINE_FLASH_BENCH_H
#define TESTS_ENGINE_FLASH_BENCH_H

#include "flash/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/bytes.h"
#include "probe/log.h"
#include "probe/virtual/machine.h"
#include "targets/board.h"

#define FLASH 0x08000000u
#define RAM 0x20000000u

enum { FLASH_SIZE = 1024 * 1024, KIB = 1024 };
enum { OPTCR_WDG_SW = 1 << 5 };

struct bench {
	struct chip_library *chips;
	struct virtual_spec spec;
	struct link *link;
	struct machine *machine;
	struct probe *probe;
	struct board *board;
	struct core *core;
	struct flash_plan *plan;
	struct flash_options options;
	struct flash_report report;
	struct why why;
	atomic_bool interrupt;
	uint8_t *image;			/* what flash should hold */
	uint32_t trip_at;		/* progress at which trip() is called, once */
	void (*trip)(struct bench *b);
	uint32_t seed;			/* xorshift32 */
};

/* ---- fixture ---- */

static inline struct bench *describe(const char *part)
{
	struct bench *b = calloc(1, sizeof *b);
	struct chip *chip = calloc(1, sizeof *chip);

	b->image = malloc(FLASH_SIZE);
	memset(b->image, 0xFF, FLASH_SIZE);
	b->seed = 12345;
	b->trip_at = UINT32_MAX;
	assert_int_equal(chip_library_open(&b->chips, NULL, &b->why), 0);
	assert_int_equal(chip_find_part(chip, b->chips, part, &b->why), 0);
	chip_virtual_spec(chip, part, &b->spec);
	free(chip);
	flash_options_default(&b->options);
	if (getenv("TEST_LOG"))		/* TEST_LOG=flash,target,probe */
		log_enable(getenv("TEST_LOG"), NULL);
	return b;
}

static inline void start(struct bench *b)
{
	struct board_options options = { .chips = b->chips };
	int err;

	assert_int_equal(virtual_link_open(&b->link, &b->spec, &b->why), 0);
	b->machine = virtual_link_machine(b->link);
	assert_int_equal(probe_open(&b->probe, b->link, &b->why), 0);
	b->board = calloc(1, sizeof *b->board);
	board_init(b->board, b->probe, &options);
	err = board_attach(b->board, &b->why);
	if (err)
		fail_msg("attach: %s", b->why.text);
	b->core = &b->board->cores[0];
	probe_watch_interrupt(b->probe, &b->interrupt);
}

static inline int set_up(void **state)
{
	*state = describe("STM32F407VG");
	start(*state);
	return 0;
}

static inline int tear_down(void **state)
{
	struct bench *b = *state;

	flash_plan_free(b->plan);
	if (b->board)
		board_clear(b->board);
	chip_library_close(b->chips);
	free(b->board);
	free(b->image);
	free(b);
	return 0;
}

static inline unsigned draw(struct bench *b, unsigned below)
{
	b->seed ^= b->seed << 13;
	b->seed ^= b->seed >> 17;
	b->seed ^= b->seed << 5;
	return b->seed % below;
}

/* ---- steps ---- */

static inline void plan_new(struct bench *b)
{
	flash_plan_free(b->plan);
	assert_int_equal(flash_plan_new(&b->plan, b->core), 0);
}

/* Erased value in the whole sector that holds offset. */
static inline void expect_erased(struct bench *b, uint32_t offset)
{
	struct chip_sector sector;

	assert_true(chip_sector_at(&b->board->chip, FLASH + offset, &sector));
	memset(b->image + (sector.base - FLASH), 0xFF, sector.size);
}

/* Plans random bytes there, in packets like GDB's. Sectors are expected to be erased already. */
static inline void plan_random(struct bench *b, uint32_t offset, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		b->image[offset + i] = (uint8_t)draw(b, 256);
	for (uint32_t at = 0; at < length; at += 16000)
		assert_int_equal(flash_plan_write(b->plan, FLASH + offset + at, b->image + offset + at,
						  min_u32(16000, length - at), &b->why), 0);
}

/* What some earlier program left in flash. */
static inline void poke_random(struct bench *b, uint32_t offset, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		b->image[offset + i] = (uint8_t)draw(b, 256);
	machine_poke(b->machine, FLASH + offset, b->image + offset, length);
}

static inline void on_progress(void *context, uint32_t done, uint32_t total)
{
	struct bench *b = context;

	assert_true(done <= total);
	if (done < b->trip_at || !b->trip)
		return;
	b->trip_at = UINT32_MAX;
	b->trip(b);
}

static inline int commit(struct bench *b)
{
	b->why.text[0] = '\0';
	return flash_commit(b->plan, &b->options, &b->report, on_progress, b, &b->why);
}

static inline void commit_well(struct bench *b)
{
	int err = commit(b);

	if (err)
		fail_msg("%s: %s", error_text(err), b->why.text);
}

static const uint8_t *flash_bytes(struct bench *b)
{
	return bus_memory_at(machine_bus(b->machine), FLASH)->bytes;
}

static inline uint32_t target_word(struct bench *b, uint32_t address)
{
	uint32_t value = 0;

	assert_int_equal(machine_read(b->machine, address, 4, &value), BUS_OK);
	return value;
}

static inline void assert_flash(struct bench *b)
{
	for (uint32_t i = 0; i < chip_flash_size(&b->board->chip); i++)
		if (flash_bytes(b)[i] != b->image[i])
			fail_msg("flash at 0x%08X is %02X, should be %02X", FLASH + i, flash_bytes(b)[i],
				 b->image[i]);
}

/* Halted at the reset vector; and nothing left open. */
static inline void assert_left_well(struct bench *b)
{
	uint32_t pc = 1, demcr;

	assert_int_equal(core_poll(b->core), 0);
	assert_int_equal(b->core->state, CORE_HALTED);
	assert_int_equal(core_read_register(b->core, REG_PC, &pc), 0);
	assert_int_equal(pc & ~1u, target_word(b, FLASH + 4) & ~1u);
	assert_true(target_word(b, 0x40023C10) & 0x80000000);	/* CR.LOCK */
	assert_false(target_word(b, 0x40023C0C) & 0x10000);	/* SR.BSY */
	demcr = target_word(b, 0xE000EDFC);
	assert_int_equal(demcr & 0x7F1, b->core->demcr & 0x7F1);	/* VC_ bits as before */
}

static inline void show(struct bench *b, const char *what)
{
	char text[200];

	flash_report_text(&b->report, text, sizeof text);
	print_message("%s: %s; compare %u, write %u, verify %u ms, %u exchanges\n", what, text,
		      (unsigned)(b->report.compare_us / 1000), (unsigned)(b->report.write_us / 1000),
		      (unsigned)(b->report.verify_us / 1000), (unsigned)b->report.exchanges);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TEST_SPECIAL(name) cmocka_unit_test_teardown(name, tear_down)	/* starts the board itself */

#endif
