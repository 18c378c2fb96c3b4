/* SPDX-License-Identifier: MIT
 *
 * Random images on every device ID that can be programmed, in every bank mode and with the banks swapped:
 * sections of odd lengths with gaps, packets over the edges of sectors and banks, the first and the
 * last byte, old contents here and there, on half of them preserved; each byte of the chip is compared. A chip file is found here
 * by itself. TEST='stm32f4*' runs only those, SEED=7 draws other images, FULL=1 five on each.
 */
#include "tests/engine/family_bench.h"
#include "tests/engine/layouts.h"

enum { CASES = 256, SECTIONS = 8, SECTION_MAX = 3000, IMAGES_FULL = 5, IDS = 84 };

struct mode {
	struct row row;
	size_t layout;
	bool swapped;
};

static int set_up_mode(void **state)
{
	const struct mode *mode = *state;
	void *row = (void *)&mode->row;
	struct bench *b;

	if (set_up(&row))
		return -1;
	b = row;
	b->seed = getenv("SEED") ? (uint32_t)strtoul(getenv("SEED"), NULL, 0) | 1 : 12345;
	for (const char *c = mode->row.part; *c; c++)
		b->seed = b->seed * 31 + (uint8_t)*c;
	assert_true(layout_choose(&b->chip, mode->layout));
	if (mode->swapped)
		assert_true(layout_swap(&b->chip));
	chip_virtual_spec(&b->chip, mode->row.part, &b->spec);
	*state = b;
	return 0;
}

/* As far as flash goes on behind this address, over banks that touch. */
static uint32_t room_at(struct bench *b, uint32_t address)
{
	size_t bank = sector_at(b, address).bank;
	uint32_t end = bank_end(b, bank);

	for (size_t i = 0; i < b->board.chip.bank_count; i++)
		if (i != bank && b->board.chip.banks[i].base == end)
			return bank_end(b, i) - address;
	return end - address;
}

static void expect_erased(struct bench *b, uint32_t address, uint32_t length)
{
	if (b->options.preserve)
		return;
	for (uint32_t at = address, step; at - address < length; at += step) {
		struct chip_sector sector = sector_at(b, at);

		step = sector.base + sector.size - at;
		if (!flash_plan_covered(b->plan, sector.base, sector.size))
			memset(image_at(b, sector.base), b->chip.erased, sector.size);
	}
}

/* One section, in packets of random lengths; now and then a stretch of the erased value. */
static void plan_random(struct bench *b, uint32_t address, uint32_t length)
{
	uint8_t bytes[SECTION_MAX];
	uint32_t erased_at = draw(b, length), erased_length = draw(b, 2) ? draw(b, length) : 0;

	length = min_u32(length, room_at(b, address));
	for (uint32_t i = 0; i < length; i++)
		bytes[i] = i - erased_at < erased_length ? b->chip.erased : (uint8_t)draw(b, 256);
	expect_erased(b, address, length);
	for (uint32_t at = 0, step; at < length; at += step) {
		step = min_u32(1 + draw(b, 1500), length - at);
		if (flash_plan_write(b->plan, address + at, bytes + at, step, &b->why))
			fail_msg("%s", b->why.text);
	}
	for (uint32_t i = 0; i < length; i++)
		*image_at(b, address + i) = bytes[i];
}

static void plan_anywhere(struct bench *b)
{
	const struct chip_bank *bank = &b->board.chip.banks[draw(b, (unsigned)b->board.chip.bank_count)];
	uint32_t address = bank->base + draw(b, bank->size), length = 1 + draw(b, SECTION_MAX - 1);

	length = min_u32(length, room_at(b, address));
	if (!flash_plan_covered(b->plan, address, length))
		plan_random(b, address, length);
}

static void plan_image(struct bench *b)
{
	size_t banks = b->board.chip.bank_count;

	for (unsigned i = draw(b, 4); i; i--) {
		const struct chip_bank *bank = &b->board.chip.banks[draw(b, (unsigned)banks)];

		poke_old(b, bank->base + draw(b, bank->size));
	}
	plan_new(b);
	plan_random(b, b->board.chip.banks[0].base, 1 + draw(b, 500));
	for (size_t i = 0; i < banks; i++) {	/* up to the end of each bank, and on where one follows */
		uint32_t before = 1 + draw(b, 600), at = bank_end(b, i) - before;

		if (!flash_plan_covered(b->plan, at, min_u32(before + 400, room_at(b, at))))
			plan_random(b, at, before + draw(b, 400));
	}
	for (unsigned i = 0; i < SECTIONS; i++)
		plan_anywhere(b);
}

/* Some chips with their banks swapped are left alone: with a sentence, and really alone. */
static bool is_refused(struct bench *b)
{
	uint32_t base = b->board.chip.banks[0].base;
	uint8_t byte = 0x5A;
	int err;

	poke_old(b, base);
	plan_new(b);
	if (flash_plan_write(b->plan, base, &byte, 1, &b->why))
		fail_msg("%s", b->why.text);
	err = flash_commit(b->plan, &b->options, &b->report, NULL, NULL, &b->why);
	if (err) {
		assert_non_null(strstr(b->why.text, "the banks are swapped"));
		assert_flash(b);
		return true;
	}
	memset(image_at(b, base), b->chip.erased, sector_at(b, base).size);
	*image_at(b, base) = byte;
	return false;
}

static void holds_what_was_sent(void **state)
{
	struct bench *b = *state;

	start(b);
	if (b->board.chip.swapped && is_refused(b))
		return;
	for (unsigned i = getenv("FULL") ? IMAGES_FULL : 1; i; i--) {
		b->options.preserve = draw(b, 2);
		plan_image(b);
		commit_well(b);
		assert_flash(b);
	}
	assert_true(b->report.used_loader);
	commit_well(b);				/* the same again */
	assert_int_equal(b->report.erased_sectors, 0);
	assert_int_equal(b->report.skipped_bytes, b->report.bytes);
	assert_flash(b);
}

static struct mode modes[CASES];
static size_t mode_count;

static void add_mode(const char *file, size_t layout, bool swapped)
{
	modes[mode_count++] = (struct mode){ { file, NULL, false }, layout, swapped };
}

/* Returns whether there is a virtual chip with flash of it. */
static bool add_modes(const struct chip_library *library, const char *file)
{
	static struct chip chip;
	struct why why;
	bool any = false;

	if (chip_find_part(&chip, library, file, &why) || chip.known_only[0])
		return false;
	for (size_t i = 0; i < chip.layout_count && mode_count + 2 <= CASES; i++) {
		if (!layout_choose(&chip, i))
			continue;
		any = true;
		add_mode(file, i, false);
		if (layout_swap(&chip))
			add_mode(file, i, true);
	}
	return any;
}

int main(void)
{
	static struct CMUnitTest tests[CASES];
	static char names[CASES][64];
	struct chip_library *library;
	size_t ids = 0;
	struct why why;
	int failed;

	if (chip_library_open(&library, NULL, &why))
		return 1;
	for (size_t i = 0; i < chip_library_count(library); i++)
		ids += add_modes(library, chip_library_row(library, i)->file);
	for (size_t i = 0; i < mode_count; i++) {
		snprintf(names[i], sizeof names[i], "%s, layout %zu%s", modes[i].row.part, modes[i].layout,
			 modes[i].swapped ? ", swapped" : "");
		tests[i] = (struct CMUnitTest){ names[i], holds_what_was_sent, set_up_mode, tear_down, &modes[i] };
	}
	cmocka_set_test_filter(getenv("TEST"));
	failed = _cmocka_run_group_tests("flash_every_chip", tests, mode_count, NULL, NULL);
	chip_library_close(library);
	if (ids < IDS)
		print_error("only %zu device IDs\n", ids);
	return failed || ids < IDS;
}
