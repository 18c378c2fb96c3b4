/* SPDX-License-Identifier: MIT
 *
 * Loads that break in the middle, on every kind of controller: a loader that hangs, one that faults, a controller
 * that is locked under our feet. Each ends with a sentence that says where and why, flash locked, the core
 * halted, the rest of the chip as it was; and the same load again succeeds. To add a part: a row. In the ordinary
 * form each part has one of the three, and the three take turns; FULL=1 has all.
 */
#include "tests/engine/family_bench.h"

#include "flash/routine.h"

struct part {
	struct row row;
	uint32_t lock;			/* KEYR: a wrong word there locks the controller until reset */
	uint32_t value;			/* else CR, and what locks it */
};

static const struct part parts[] = {
	{ { "STM32F051C8", NULL, false }, 0x40022010, 0x80 },
	{ { "STM32F103C8", NULL, false }, 0x40022010, 0x80 },
	{ { "STM32F722RC", NULL, false }, 0x40023C04, 0 },
	{ { "STM32G071RB", NULL, false }, 0x40022008, 0 },
	{ { "STM32G474RE", NULL, false }, 0x40022008, 0 },
	{ { "STM32C031C6", NULL, false }, 0x40022008, 0 },
	{ { "STM32U083RC", NULL, false }, 0x40022008, 0 },
	{ { "STM32L476RG", NULL, false }, 0x40022008, 0 },
	{ { "STM32L4P5CE", NULL, false }, 0x40022008, 0 },
	{ { "STM32L053C6", NULL, false }, 0x4002200C, 0 },
	{ { "STM32L151CB", NULL, false }, 0x40023C0C, 0 },
	{ { "STM32WB55RG", NULL, false }, 0x58004008, 0 },
	{ { "STM32WLE5JC", NULL, false }, 0x58004008, 0 },
	{ { "STM32L552ZE", NULL, false }, 0x40022008, 0 },
	{ { "STM32U575ZI", NULL, false }, 0x40022008, 0 },
	{ { "STM32U385RG", NULL, false }, 0x40022008, 0 },
	{ { "STM32WBA55CG", NULL, false }, 0x40022008, 0 },
	{ { "STM32H743ZI", NULL, false }, 0x52002004, 0 },
	{ { "STM32H7A3ZI", NULL, false }, 0x52002004, 0 },
	{ { "STM32H7S3L8", NULL, false }, 0x52002004, 0 },
	{ { "STM32H563ZI", NULL, false }, 0x40022004, 0 },
};

static const struct part *part_of(const struct bench *b)
{
	return (const struct part *)(const void *)b->row;	/* row comes first in it */
}

struct trip {
	struct bench *b;
	void (*act)(struct bench *b);
	bool done;
};

/* Over all of the loader's code. */
static void overwrite_loader(struct bench *b, uint32_t word)
{
	uint32_t base = 0, size = 0;

	assert_true(routine_area(&b->board.chip, &base, &size));
	for (uint32_t at = 0; at < 0x80; at += 4)
		machine_write(b->machine, base + at, 4, word);
}

static void trip_deaf(struct bench *b)
{
	overwrite_loader(b, 0xE7FEE7FE);		/* b . */
}

static void trip_fault(struct bench *b)
{
	overwrite_loader(b, 0xDE00DE00);		/* UDF */
}

static void trip_lock(struct bench *b)
{
	const struct part *part = part_of(b);

	for (int i = 0; i < 1000 && machine_write(b->machine, part->lock, 4, part->value) == BUS_STALL; i++)
		machine_advance(b->machine, 10000);
}

static void on_progress(void *context, uint32_t done, uint32_t total)
{
	struct trip *trip = context;

	if (trip->done || done * 8 < total)
		return;
	trip->done = true;
	trip->act(trip->b);
}

enum { IMAGE = 24 * 1024 };

/* Some sectors from the start of the chip on, with old contents, and one behind them that nobody touches. */
static void prepare(struct bench *b)
{
	uint32_t base = b->board.chip.banks[0].base, at = base;
	uint32_t end = base + (b->board.chip.banks[0].size > 2 * IMAGE ? IMAGE : b->board.chip.banks[0].size / 2);

	for (; at < end; at += sector_at(b, at).size)
		poke_old(b, at);
	plan_new(b);
	fill_random(b, base, at - base - 100);
	memset(image_at(b, at - 100), b->chip.erased, 100);
	assert_int_equal(flash_plan_write(b->plan, base, image_at(b, base), at - base - 100, &b->why), 0);
	if (at < bank_end(b, 0))
		poke_old(b, at);
}

/* Unlocked, with PG as the loader has left it, this would program. */
static void assert_locked(struct bench *b)
{
	uint32_t address = bank_end(b, b->board.chip.bank_count - 1) - 32, before = 0, after = 0;

	machine_read(b->machine, address, 4, &before);
	for (uint32_t at = 0; at < 32; at += 4)
		machine_write(b->machine, address + at, 4, before ^ 0xFFFF0000);
	machine_advance(b->machine, 10000000);
	machine_read(b->machine, address, 4, &after);
	assert_int_equal(after, before);
}

static void breaks(struct bench *b, void (*act)(struct bench *b), const char *words)
{
	struct trip trip = { b, act, false };
	uint32_t rest, size;
	uint8_t *image;
	int err;

	start(b);
	prepare(b);
	err = flash_commit(b->plan, &b->options, &b->report, on_progress, &trip, &b->why);
	print_message("%s: %s\n", b->row->part, b->why.text);
	assert_true(trip.done);
	assert_true(err == E_LOADER || err == E_FLASH || err == E_VERIFY);
	assert_non_null(strstr(b->why.text, words));
	assert_non_null(strstr(b->why.text, "at 0x08"));
	assert_int_equal(b->core->state, CORE_HALTED);
	assert_true(b->board.unfinished.size > 0);
	assert_locked(b);
	rest = b->board.unfinished.base + b->board.unfinished.size;
	size = bank_end(b, 0) - rest;
	image = image_at(b, rest);
	for (uint32_t at = 0; at < size; at += 4) {
		uint32_t value = 0;

		machine_read(b->machine, rest + at, 4, &value);
		assert_int_equal(value, get_u32(image + at));
	}
	commit_well(b);
	assert_flash(b);
	assert_int_equal(b->board.unfinished.size, 0);
}

static void a_loader_hangs(void **state)
{
	breaks(*state, trip_deaf, "gives no sign of life");
}

static void a_loader_faults(void **state)
{
	breaks(*state, trip_fault, "the loader died");
}

static void the_controller_is_locked(void **state)
{
	breaks(*state, trip_lock, "0x08");
}

static const struct {
	const char *name;
	CMUnitTestFunction function;
} scenes[] = {
	{ "hangs", a_loader_hangs }, { "faults", a_loader_faults }, { "is locked", the_controller_is_locked },
};

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(parts) * ARRAY_SIZE(scenes)];
	static char names[ARRAY_SIZE(tests)][64];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		for (size_t s = 0; s < ARRAY_SIZE(scenes); s++) {
			if (s != i % ARRAY_SIZE(scenes) && !getenv("FULL") && !getenv("TEST"))
				continue;
			snprintf(names[count], sizeof names[count], "%s %s", parts[i].row.part, scenes[s].name);
			tests[count] = (struct CMUnitTest){ names[count], scenes[s].function, set_up, tear_down,
							    (void *)&parts[i].row };
			count++;
		}
	cmocka_set_test_filter(getenv("TEST"));
	return _cmocka_run_group_tests("flash_breaks", tests, count, NULL, NULL);
}
