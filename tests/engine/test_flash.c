/* SPDX-License-Identifier: MIT
 *
 * Loading flash on the virtual STM32F407VG, from the plan to the bytes in the chip: images of all
 * shapes, what is skipped, watchdogs, supplies, protection, interruptions, deaths; and what it costs.
 */
#include "flash/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flash/checksum.h"
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

static struct bench *describe(const char *part)
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

static void start(struct bench *b)
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

static int set_up(void **state)
{
	*state = describe("STM32F407VG");
	start(*state);
	return 0;
}

static int tear_down(void **state)
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

static unsigned draw(struct bench *b, unsigned below)
{
	b->seed ^= b->seed << 13;
	b->seed ^= b->seed >> 17;
	b->seed ^= b->seed << 5;
	return b->seed % below;
}

/* ---- steps ---- */

static void plan_new(struct bench *b)
{
	flash_plan_free(b->plan);
	assert_int_equal(flash_plan_new(&b->plan, b->core), 0);
}

/* Erased value in the whole sector that holds offset. */
static void expect_erased(struct bench *b, uint32_t offset)
{
	struct chip_sector sector;

	assert_true(chip_sector_at(&b->board->chip, FLASH + offset, &sector));
	memset(b->image + (sector.base - FLASH), 0xFF, sector.size);
}

/* Plans random bytes there, in packets like GDB's. Sectors are expected to be erased already. */
static void plan_random(struct bench *b, uint32_t offset, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		b->image[offset + i] = (uint8_t)draw(b, 256);
	for (uint32_t at = 0; at < length; at += 16000)
		assert_int_equal(flash_plan_write(b->plan, FLASH + offset + at, b->image + offset + at,
						  min_u32(16000, length - at), &b->why), 0);
}

/* What some earlier program left in flash. */
static void poke_random(struct bench *b, uint32_t offset, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		b->image[offset + i] = (uint8_t)draw(b, 256);
	machine_poke(b->machine, FLASH + offset, b->image + offset, length);
}

static void on_progress(void *context, uint32_t done, uint32_t total)
{
	struct bench *b = context;

	assert_true(done <= total);
	if (done < b->trip_at || !b->trip)
		return;
	b->trip_at = UINT32_MAX;
	b->trip(b);
}

static int commit(struct bench *b)
{
	b->why.text[0] = '\0';
	return flash_commit(b->plan, &b->options, &b->report, on_progress, b, &b->why);
}

static void commit_well(struct bench *b)
{
	int err = commit(b);

	if (err)
		fail_msg("%s: %s", error_text(err), b->why.text);
}

static const uint8_t *flash_bytes(struct bench *b)
{
	return bus_memory_at(machine_bus(b->machine), FLASH)->bytes;
}

static uint32_t target_word(struct bench *b, uint32_t address)
{
	uint32_t value = 0;

	assert_int_equal(machine_read(b->machine, address, 4, &value), BUS_OK);
	return value;
}

static void assert_flash(struct bench *b)
{
	for (uint32_t i = 0; i < chip_flash_size(&b->board->chip); i++)
		if (flash_bytes(b)[i] != b->image[i])
			fail_msg("flash at 0x%08X is %02X, should be %02X", FLASH + i, flash_bytes(b)[i],
				 b->image[i]);
}

/* R26: halted at the reset vector; and nothing left open. */
static void assert_left_well(struct bench *b)
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

static void show(struct bench *b, const char *what)
{
	char text[200];

	flash_report_text(&b->report, text, sizeof text);
	print_message("%s: %s; compare %u, write %u, verify %u ms, %u exchanges\n", what, text,
		      (unsigned)(b->report.compare_us / 1000), (unsigned)(b->report.write_us / 1000),
		      (unsigned)(b->report.verify_us / 1000), (unsigned)b->report.exchanges);
}

/* ---- images ---- */

static void loads_sections_with_gaps(void **state)
{
	struct bench *b = *state;

	plan_new(b);
	plan_random(b, 0, 392);
	plan_random(b, 392 + 8, 5001);
	plan_random(b, 0x3FFF, 3);			/* over the edge of a sector */
	plan_random(b, 0xC123, 0x9001);			/* 16 KiB and 64 KiB sectors */
	plan_random(b, 0xFFFFC, 4);			/* the last word */
	commit_well(b);
	assert_flash(b);
	assert_left_well(b);
	assert_true(b->report.used_loader);
	assert_int_equal(b->report.parallel_bits, 32);
	assert_int_equal(b->report.bytes, 392 + 5001 + 3 + 0x9001 + 4);
	show(b, "sections");
}

static void loads_random_images(void **state)
{
	struct bench *b = *state;

	for (int round = 0; round < 3; round++) {
		uint32_t at = draw(b, 100);

		plan_new(b);
		assert_int_equal(flash_plan_erase(b->plan, FLASH, 0x20000, &b->why), 0);
		memset(b->image, 0xFF, 0x20000);
		while (at < 0x20000 - 20000) {
			uint32_t length = 1 + draw(b, draw(b, 4) ? 300 : 20000);

			plan_random(b, at, length);
			at += length + draw(b, 2000);
		}
		commit_well(b);
		assert_flash(b);
	}
}

static void erases_what_a_write_touches(void **state)
{
	struct bench *b = *state;

	poke_random(b, 0, 0x8000);
	plan_new(b);
	expect_erased(b, 0x4000);
	plan_random(b, 0x4000, 1);		/* no erase was asked for */
	commit_well(b);
	assert_flash(b);
	assert_int_equal(b->report.erased_sectors, 1);
}

static void erases_without_writing(void **state)
{
	struct bench *b = *state;

	poke_random(b, 0, 0xC000);
	plan_new(b);
	assert_int_equal(flash_plan_erase(b->plan, FLASH + 0x4000, 0x4000, &b->why), 0);
	expect_erased(b, 0x4000);
	commit_well(b);
	assert_flash(b);
	assert_int_equal(b->report.erased_sectors, 1);
	commit_well(b);
	assert_int_equal(b->report.erased_sectors, 0);
	assert_int_equal(b->report.skipped_sectors, 1);
}

static void erases_what_is_not_blank(void **state)
{
	struct bench *b = *state;

	poke_random(b, 0x1000, 0x5000);
	poke_random(b, 0xC000, 0x5000);
	memset(b->image, 0xFF, FLASH_SIZE);
	assert_int_equal(flash_erase_all(b->core, &b->options, &b->report, &b->why), 0);
	assert_flash(b);
	assert_int_equal(b->report.erased_sectors, 4);
	assert_int_equal(b->report.skipped_sectors, 8);
}

static void erases_everything_at_once(void **state)
{
	struct bench *b = *state = describe("STM32F407VE");

	start(b);
	for (uint32_t at = 0; at < 512 * KIB; at += 16 * KIB)
		poke_random(b, at, 16);
	assert_int_equal(flash_erase_all(b->core, &b->options, &b->report, &b->why), 0);
	memset(b->image, 0xFF, FLASH_SIZE);
	assert_flash(b);
	assert_left_well(b);
	assert_true(b->report.write_us < 4100000);	/* 4 s, not 4.55 */
}

static void preserves_what_was_not_sent(void **state)
{
	struct bench *b = *state;

	poke_random(b, 0x100, 0x3F00);
	b->options.preserve = true;
	plan_new(b);
	assert_int_equal(flash_plan_erase(b->plan, FLASH, 0x4000, &b->why), 0);
	plan_random(b, 0x1001, 17);
	commit_well(b);
	assert_flash(b);
}

static void can_leave_out_the_reset_at_the_end(void **state)
{
	struct bench *b = *state;
	uint32_t sp, pc, r3;

	b->options.reset_after = false;
	plan_new(b);
	plan_random(b, 0, 0x2000);
	assert_int_equal(board_reset(b->board, RESET_AUTO, true, &b->why), 0);
	assert_int_equal(core_write_register(b->core, REG_R0 + 3, 0x12345678), 0);
	commit_well(b);
	assert_flash(b);
	assert_int_equal(core_read_register(b->core, REG_R0 + 3, &r3), 0);
	assert_int_equal(core_read_register(b->core, REG_SP, &sp), 0);
	assert_int_equal(core_read_register(b->core, REG_PC, &pc), 0);
	assert_int_equal(sp, 0xFFFFFFFC);	/* of the table that was there */
	assert_int_equal(pc, 0xFFFFFFFE);
}

/* ---- what is not done ---- */

static void leaves_out_what_is_there(void **state)
{
	struct bench *b = *state;
	const uint64_t whole_us = 6650000;	/* R22: all of it erased and programmed */

	poke_random(b, 0, 512 * KIB);
	plan_new(b);
	assert_int_equal(flash_plan_write(b->plan, FLASH, b->image, 512 * KIB, &b->why), 0);
	commit_well(b);
	show(b, "same image again");
	assert_int_equal(b->report.erased_sectors, 0);
	assert_int_equal(b->report.skipped_bytes, 512 * KIB);
	assert_true(b->report.total_us < whole_us / 20);
	assert_left_well(b);

	plan_new(b);		/* one byte differs, in the fourth sector */
	b->image[0xC100] ^= 0x55;
	for (uint32_t at = 0; at < 512 * KIB; at += 16 * KIB)
		assert_int_equal(flash_plan_write(b->plan, FLASH + at, b->image + at, 16 * KIB, &b->why), 0);
	commit_well(b);
	show(b, "one byte changed");
	assert_flash(b);
	assert_int_equal(b->report.erased_sectors, 1);
	assert_true(b->report.total_us < 250000 + 4096 * 17 + whole_us / 20);
}

static void does_not_erase_blank_sectors(void **state)
{
	struct bench *b = *state;

	plan_new(b);
	plan_random(b, 0x20000, 0x1000);
	commit_well(b);
	assert_int_equal(b->report.erased_sectors, 0);
	assert_flash(b);
	assert_true(b->report.total_us < 300000);
}

static void does_not_trust_an_unfinished_sector(void **state)
{
	struct bench *b = *state;

	b->board->unfinished.base = FLASH + 0x20000;
	b->board->unfinished.size = 0x20000;
	plan_new(b);
	plan_random(b, 0x20000, 0x1000);
	commit_well(b);
	assert_int_equal(b->report.erased_sectors, 1);
	assert_int_equal(b->board->unfinished.size, 0);
	assert_flash(b);
}

/* ---- boards ---- */

static void keeps_a_hardware_watchdog_fed(void **state)
{
	struct bench *b = *state = describe("STM32F407VG");

	b->spec.options[0].factory &= ~(uint32_t)OPTCR_WDG_SW;
	start(b);
	for (uint32_t round = 0; round < 2; round++) {	/* the second with an erase of 1 s */
		plan_new(b);
		expect_erased(b, 0x20000);
		plan_random(b, 0x20000 + round, 0x1FF00);
		commit_well(b);
		assert_flash(b);
		assert_left_well(b);
	}
	assert_int_equal(b->report.erased_sectors, 1);
}

/* The virtual watchdog is real: without its address the loader can't feed it. */
static void would_be_bitten_without_feeding(void **state)
{
	struct bench *b = *state = describe("STM32F407VG");

	b->spec.options[0].factory &= ~(uint32_t)OPTCR_WDG_SW;
	start(b);
	b->board->chip.watchdog_address = 0;
	b->board->unfinished.base = FLASH + 0x20000;	/* so that it is erased: 1 s */
	b->board->unfinished.size = 0x20000;
	plan_new(b);
	plan_random(b, 0x20000, 0x1000);
	assert_int_equal(commit(b), E_LOADER);
	assert_non_null(strstr(b->why.text, "the chip was reset meanwhile"));
}

static void adapts_to_the_supply(void **state)
{
	static const struct { uint32_t mv; unsigned bits; } rows[] = {
		{ 1900, 8 }, { 2400, 16 }, { 3000, 32 }, { 0, 8 },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		machine_set_supply_mv(b->machine, rows[i].mv ? rows[i].mv : 3300);
		b->options.supply_mv = rows[i].mv ? 0 : 100;	/* 100 mV can't be: as good as unknown */
		plan_new(b);
		expect_erased(b, 0x4000);
		expect_erased(b, 0x8000);
		plan_random(b, 0x4001, 0x5003);
		commit_well(b);
		assert_int_equal(b->report.parallel_bits, rows[i].bits);
		assert_flash(b);
	}
}

static void works_without_a_loader(void **state)
{
	static const uint32_t supplies_mv[] = { 3300, 2400, 1900 };
	struct bench *b = *state;

	b->options.no_loader = true;
	for (size_t i = 0; i < ARRAY_SIZE(supplies_mv); i++) {
		machine_set_supply_mv(b->machine, supplies_mv[i]);
		plan_new(b);
		expect_erased(b, 0);
		plan_random(b, 0, 1001);
		plan_random(b, 0x3FF1, 15);
		commit_well(b);
		assert_flash(b);
		assert_left_well(b);
		assert_false(b->report.used_loader);
	}
	show(b, "without a loader");
}

static void works_with_every_probe(void **state)
{
	static const char *const firmwares[] = { "V2J28S7", "V2J45M31", "V3J3M2", "V3J15M7", "V3PWR" };

	for (size_t i = 0; i < ARRAY_SIZE(firmwares); i++) {
		struct bench *b = describe("STM32F407VG");

		strcpy(b->spec.firmware, firmwares[i]);
		start(b);
		for (int round = 0; round < 2; round++) {
			plan_new(b);
			expect_erased(b, 0x4000);
			plan_random(b, 0x4001, 0x3FF0);
			commit_well(b);
			assert_flash(b);
		}
		show(b, firmwares[i]);
		*state = b;
		tear_down(state);
	}
	*state = NULL;
}

static void falls_back_when_there_is_no_ram_for_it(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < b->board->chip.region_count; i++)
		b->board->chip.regions[i].loader = false;
	plan_new(b);
	plan_random(b, 0, 600);
	commit_well(b);
	assert_false(b->report.used_loader);
	assert_flash(b);
}

static void works_with_little_ram(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < b->board->chip.region_count; i++)
		b->board->chip.regions[i].size = min_u32(b->board->chip.regions[i].size, 4 * KIB);
	plan_new(b);
	plan_random(b, 1, 0x8000);
	commit_well(b);
	assert_true(b->report.used_loader);
	assert_flash(b);
}

/* ---- what goes wrong ---- */

static void refuses_protected_sectors_untouched(void **state)
{
	struct bench *b = *state = describe("STM32F407VG");

	b->spec.options[0].factory &= ~(1u << (16 + 2));	/* nWRP2 */
	start(b);
	plan_new(b);
	plan_random(b, 0, 0xC000);
	assert_int_equal(commit(b), E_PROTECTED);
	assert_non_null(strstr(b->why.text, "sector 2 at 0x08008000 is write-protected"));
	memset(b->image, 0xFF, FLASH_SIZE);
	assert_flash(b);
	assert_left_well(b);
	assert_int_equal(b->board->unfinished.size, 0);
}

static void trip_interrupt(struct bench *b)
{
	atomic_store(&b->interrupt, true);
}

static void stops_when_interrupted(void **state)
{
	struct bench *b = *state;
	uint64_t start_us;

	plan_new(b);
	plan_random(b, 0, 0x20000);
	b->trip_at = 0x8000;
	b->trip = trip_interrupt;
	start_us = link_now_us(b->link);
	assert_int_equal(commit(b), E_INTERRUPTED);
	assert_true(link_now_us(b->link) - start_us < 2000000);
	assert_non_null(strstr(b->why.text, "flash from 0x08000000 to 0x0801FFFF is unfinished"));
	atomic_store(&b->interrupt, false);
	assert_left_well(b);
	assert_int_equal(b->board->unfinished.base, FLASH);
	commit_well(b);			/* and again, to the end */
	assert_int_equal(b->board->unfinished.size, 0);
	assert_flash(b);
}

static void trip_code(struct bench *b)
{
	for (uint32_t at = 0; at < 0x100; at += 4)
		machine_write(b->machine, RAM + at, 4, 0xDE00DE00);	/* UDF */
}

static void trip_deaf(struct bench *b)
{
	for (uint32_t at = 0; at < 0x100; at += 4)
		machine_write(b->machine, RAM + at, 4, 0xE7FEE7FE);	/* b . */
}

/* Somebody presses the button: what is in flash by now must not run. */
static void trip_reset(struct bench *b)
{
	machine_set_nrst(b->machine, false);
	machine_advance(b->machine, 1000000);
	machine_set_nrst(b->machine, true);
	machine_advance(b->machine, 1000000);
	assert_int_equal(cpu_state(machine_cpu(b->machine)), CPU_HALTED);
}

static void trip_lock(struct bench *b)
{
	machine_write(b->machine, 0x40023C04, 4, 0);	/* a wrong key */
}

static void trip_psize(struct bench *b)
{
	while (machine_write(b->machine, 0x40023C10, 4, 0x101) != BUS_OK)	/* PG, 16 bits */
		machine_advance(b->machine, 500);
}

static void says_how_a_loader_died(void **state)
{
	static const struct {
		void (*trip)(struct bench *b);
		int err;
		const char *words;
	} rows[] = {
		{ trip_code, E_LOADER, "undefined instruction; CFSR 0x00010000" },
		{ trip_deaf, E_LOADER, "gives no sign of life" },
		{ trip_reset, E_LOADER, "the chip was reset meanwhile" },
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t start_us = link_now_us(b->link);
		int err;

		plan_new(b);
		memset(b->image, 0xFF, FLASH_SIZE);
		plan_random(b, 0, 0x20000);
		b->trip_at = 0x6000;
		b->trip = rows[i].trip;
		err = commit(b);
		print_message("%s\n", b->why.text);
		assert_int_equal(err, rows[i].err);
		assert_non_null(strstr(b->why.text, rows[i].words));
		assert_true(link_now_us(b->link) - start_us < 6000000);
		assert_left_well(b);
	}
	commit_well(b);
	assert_flash(b);
}

static void says_what_the_controller_complains_about(void **state)
{
	struct bench *b = *state;

	plan_new(b);
	plan_random(b, 0, 0x20000);
	b->trip_at = 0x6000;
	b->trip = trip_psize;
	assert_int_equal(commit(b), E_FLASH);
	print_message("%s\n", b->why.text);
	assert_non_null(strstr(b->why.text, "programming at 0x080"));
	assert_non_null(strstr(b->why.text, "(PGPERR)"));
	assert_left_well(b);
	commit_well(b);
	assert_flash(b);
}

/* A controller that was locked under our feet does nothing and says nothing. */
static void never_claims_success_unverified(void **state)
{
	struct bench *b = *state;
	int err;

	poke_random(b, 0, 0x20000);
	plan_new(b);
	plan_random(b, 0, 0x20000);
	b->trip_at = 0x6000;
	b->trip = trip_lock;
	err = commit(b);
	print_message("%s\n", b->why.text);
	assert_true(err == E_VERIFY || err == E_FLASH);
	assert_left_well(b);
	commit_well(b);
	assert_flash(b);
}

/* ---- checksums ---- */

static void a_checksum_leaves_no_trace(void **state)
{
	static uint8_t before[0x4000];
	struct bench *b = *state;
	uint32_t crc, registers[PROBE_CORE_REGISTERS], now;

	poke_random(b, 0, 0x20000);
	assert_int_equal(board_reset(b->board, RESET_AUTO, true, &b->why), 0);
	for (uint32_t i = 0; i < sizeof before; i += 4)
		machine_write(b->machine, RAM + i, 4, i * 0x9E3779B9u);
	memcpy(before, bus_memory_at(machine_bus(b->machine), RAM)->bytes, sizeof before);
	for (unsigned reg = 0; reg <= REG_PSP; reg++)
		assert_int_equal(core_read_register(b->core, reg, &registers[reg]), 0);
	assert_int_equal(checksum_target(b->core, FLASH, 0x20000, &crc, &b->why), 0);
	assert_int_equal(crc, crc32_gdb(0xFFFFFFFF, b->image, 0x20000));
	assert_int_equal(checksum_target(b->core, FLASH + 1, 0x1FFFE, &crc, &b->why), 0);
	assert_int_equal(crc, crc32_gdb(0xFFFFFFFF, b->image + 1, 0x1FFFE));
	for (unsigned reg = 0; reg <= REG_PSP; reg++) {
		assert_int_equal(core_read_register(b->core, reg, &now), 0);
		assert_int_equal(now, registers[reg]);
	}
	assert_memory_equal(bus_memory_at(machine_bus(b->machine), RAM)->bytes, before, sizeof before);
	assert_int_equal(b->core->stop, STOP_RESET_CATCH);
	/* over the routine's own RAM, and small: by reading */
	assert_int_equal(checksum_target(b->core, RAM, sizeof before, &crc, &b->why), 0);
	assert_int_equal(crc, crc32_gdb(0xFFFFFFFF, before, sizeof before));
	/* over the end of the flash: an error with an address, nothing broken */
	assert_int_equal(checksum_target(b->core, FLASH + 0xF0000, 0x40000, &crc, &b->why), E_FAULT);
	assert_non_null(strstr(b->why.text, "0x081"));
	assert_memory_equal(bus_memory_at(machine_bus(b->machine), RAM)->bytes, before, sizeof before);
}

/* ---- cost ---- */

static void assert_within(struct bench *b, const char *what, double limit_s)
{
	double took_s = (double)b->report.total_us / 1e6;

	show(b, what);
	print_message("limit %.2f s, ratio %.3f\n", limit_s, took_s / limit_s);
	assert_flash(b);
	assert_true(took_s <= 1.15 * limit_s);
}

/* R22 at 3.3 V: sector erases 4.55 s, 131072 words of 16 us. */
static void is_within_the_limit(void **state)
{
	struct bench *b = *state;

	poke_random(b, 0, 512 * KIB);		/* so that everything has to be erased */
	plan_new(b);
	plan_random(b, 0, 512 * KIB);
	commit_well(b);
	assert_within(b, "512 KiB", 4.55 + 131072 * 16e-6);
	assert_true(b->report.exchanges <= 450);
}

/* Nothing to erase: the transfer is the limit, 25.1 us a word. */
static void is_within_the_limit_on_a_blank_chip(void **state)
{
	struct bench *b = *state;

	plan_new(b);
	plan_random(b, 0, 512 * KIB);
	commit_well(b);
	assert_within(b, "512 KiB, blank", 131072 * 25.1e-6);
}

/* Half of it blank: what is erased and what is not take turns, so that the wire is never idle. */
static void hides_the_transfer_where_it_can(void **state)
{
	struct bench *b = *state;

	poke_random(b, 0x20000, 256 * KIB);
	plan_new(b);
	plan_random(b, 0x20000, 512 * KIB);
	commit_well(b);
	assert_within(b, "512 KiB, half blank", 2.0 + 131072 * 16e-6);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TEST_SPECIAL(name) cmocka_unit_test_teardown(name, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(loads_sections_with_gaps),
		TEST(loads_random_images),
		TEST(erases_what_a_write_touches),
		TEST(erases_without_writing),
		TEST(erases_what_is_not_blank),
		TEST_SPECIAL(erases_everything_at_once),
		TEST(preserves_what_was_not_sent),
		TEST(can_leave_out_the_reset_at_the_end),
		TEST(leaves_out_what_is_there),
		TEST(does_not_erase_blank_sectors),
		TEST(does_not_trust_an_unfinished_sector),
		TEST_SPECIAL(keeps_a_hardware_watchdog_fed),
		TEST_SPECIAL(would_be_bitten_without_feeding),
		TEST(adapts_to_the_supply),
		TEST(works_without_a_loader),
		cmocka_unit_test(works_with_every_probe),
		TEST(falls_back_when_there_is_no_ram_for_it),
		TEST(works_with_little_ram),
		TEST_SPECIAL(refuses_protected_sectors_untouched),
		TEST(stops_when_interrupted),
		TEST(says_how_a_loader_died),
		TEST(says_what_the_controller_complains_about),
		TEST(never_claims_success_unverified),
		TEST(a_checksum_leaves_no_trace),
		TEST(is_within_the_limit),
		TEST(is_within_the_limit_on_a_blank_chip),
		TEST(hides_the_transfer_where_it_can),
	};

	cmocka_set_test_filter(getenv("TEST"));		/* TEST='loads_*' */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
