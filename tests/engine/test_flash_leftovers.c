/* SPDX-License-Identifier: MIT
 *
 * What a program left in the flash controller when it was stopped, on every kind of it: unlocked, option bytes too,
 * PG set, and the error flags of a write that went wrong. Keys while unlocked lock for good, and an old error
 * keeps the next program from starting: a load and a change of option bytes work all the same, and the
 * controller ends locked. To add a part: a row.
 */
#include "tests/engine/option_bench.h"

#include <stdlib.h>

#include "probe/bytes.h"

struct controller {
	const char *part;
	uint32_t base;
	uint8_t keyr, cr, sr;		/* offsets; keyr 0 = the steps of L0 and L1 */
	uint32_t optkeyr;
	uint32_t pg, errors, lock;
	const char *set;
};

enum { F1_ERRORS = 0x14, F4_ERRORS = 0xF2, L1_ERRORS = 0x33F00, L4_ERRORS = 0x43FA, H5_ERRORS = 0x3E0000,
       H7_ERRORS = 0x7EE0000 };
#define TOP (1u << 31)
#define F1_KIND(part) { part, 0x40022000, 0x04, 0x10, 0x0C, 0x08, 1, F1_ERRORS, 0x80, "nRST_STDBY=reset" }
#define F4_KIND(part) { part, 0x40023C00, 0x04, 0x10, 0x0C, 0x08, 1, F4_ERRORS, TOP, "nRST_STDBY=reset" }
#define L1_KIND(part, base) { part, base, 0, 0x04, 0x18, 0x14, 0, L1_ERRORS, 7, "nRST_STDBY=reset" }
#define L4_KIND(part, base, set) { part, base, 0x08, 0x14, 0x10, 0x0C, 1, L4_ERRORS, TOP, set }
#define L5_KIND(part) { part, 0x40022000, 0x08, 0x28, 0x20, 0x10, 1, L4_ERRORS, TOP, "nRST_STDBY=reset" }
#define H7_KIND(part, set) { part, 0x52002000, 0x04, 0x0C, 0x10, 0x08, 2, H7_ERRORS, 1, set }

static const struct controller controllers[] = {
	F1_KIND("STM32F051C8"), F1_KIND("STM32F103ZG"), F1_KIND("STM32F303CC"),
	F4_KIND("STM32F207VG"), F4_KIND("STM32F407VG"), F4_KIND("STM32F429VI"), F4_KIND("STM32F746VG"),
	F4_KIND("STM32F767VI"),
	L1_KIND("STM32L053C8", 0x40022000), L1_KIND("STM32L152RE", 0x40023C00),
	L4_KIND("STM32G071RB", 0x40022000, "nRST_STDBY=reset"), L4_KIND("STM32G0B1RE", 0x40022000, "nRST_STDBY=reset"),
	L4_KIND("STM32G431RB", 0x40022000, "nRST_STDBY=reset"), L4_KIND("STM32G474RE", 0x40022000, "nRST_STDBY=reset"),
	L4_KIND("STM32C031C6", 0x40022000, "nRST_STDBY=reset"), L4_KIND("STM32U083RC", 0x40022000, "nRST_STDBY=reset"),
	L4_KIND("STM32L432KC", 0x40022000, "nRST_STDBY=reset"), L4_KIND("STM32L476RG", 0x40022000, "nRST_STDBY=reset"),
	L4_KIND("STM32L4R5ZI", 0x40022000, "nRST_STDBY=reset"), L4_KIND("STM32WB55RG", 0x58004000, "nRST_STDBY=reset"),
	L4_KIND("STM32WLE5JC", 0x58004000, "nRST_STDBY=reset"),
	L5_KIND("STM32L552ZE"), L5_KIND("STM32U575ZI"), L5_KIND("STM32U385RG"), L5_KIND("STM32WBA55CG"),
	{ "STM32H563ZI", 0x40022000, 0x04, 0x28, 0x20, 0x0C, 2, H5_ERRORS, 1, "NRST_STDBY=0" },
	H7_KIND("STM32H743ZI", "NRST_STOP_D1=reset"), H7_KIND("STM32H7A3ZI", "FZ_IWDG_STOP=0"),
	{ "STM32H7S3L8", 0x52002000, 0x04, 0x10, 0x24, 0x100, 2, H7_ERRORS, 1, "IWDG_FZ_STOP=0" },
};

struct bench {
	const struct controller *c;
	struct harness *h;
};

static uint32_t get(struct bench *b, uint32_t offset)
{
	uint32_t value = 0;

	assert_int_equal(machine_read(b->h->machine, b->c->base + offset, 4, &value), BUS_OK);
	return value;
}

static void put(struct bench *b, uint32_t offset, uint32_t value)
{
	assert_int_equal(machine_write(b->h->machine, b->c->base + offset, 4, value), BUS_OK);
}

static void put_keys(struct bench *b, uint32_t offset, uint32_t first, uint32_t second)
{
	put(b, offset, first);
	put(b, offset, second);
}

static void unlock(struct bench *b)
{
	const struct controller *c = b->c;

	if (c->keyr) {
		put_keys(b, c->keyr, 0x45670123, 0xCDEF89AB);
		if (c->errors == F1_ERRORS)
			put_keys(b, c->optkeyr, 0x45670123, 0xCDEF89AB);
		else
			put_keys(b, c->optkeyr, 0x08192A3B, 0x4C5D6E7F);
	} else {			/* PEKEYR, PRGKEYR: RM0377 3.3.4 */
		put_keys(b, 0x0C, 0x89ABCDEF, 0x02030405);
		put_keys(b, 0x10, 0x8C9DAEBF, 0x13141516);
		put_keys(b, c->optkeyr, 0xFBEAD9C8, 0x24252627);
	}
	assert_int_equal(get(b, c->cr) & c->lock, 0);
}

/* Over something old: without PG, and of wrong widths. */
static void write_wrongly(struct bench *b, uint32_t address)
{
	const struct controller *c = b->c;
	static const unsigned widths[] = { 4, 2, 1 };

	for (size_t i = 0; i < ARRAY_SIZE(widths) && !(get(b, c->sr) & c->errors); i++) {
		machine_write(b->h->machine, address, widths[i], 0x12);
		machine_advance(b->h->machine, 10000000);
		put(b, c->cr, get(b, c->cr) | c->pg);
	}
	put(b, c->cr, get(b, c->cr) | c->pg);
}

static int set_up(void **state)
{
	static const char old[] = "what was here before";
	struct bench *b = calloc(1, sizeof(*b));

	b->c = *state;
	b->h = bench_new(b->c->part);
	harness_monitor(b->h, "halt");
	harness_poke(b->h, 0x08000000, old, sizeof(old));
	unlock(b);
	write_wrongly(b, 0x08000008);
	assert_int_not_equal(get(b, b->c->sr) & b->c->errors, 0);
	assert_int_equal(get(b, b->c->cr) & b->c->pg, b->c->pg);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	harness_free(b->h);
	free(b);
	return 0;
}

static void assert_locked(struct bench *b)
{
	assert_int_equal(get(b, b->c->cr) & b->c->lock, b->c->lock);
}

static void load(struct bench *b)
{
	static const char erase[] = "vFlashErase:08000000,00000080", content[] = "an odd number of bytes";
	char back[sizeof(content)], packet[80];
	int head = snprintf(packet, sizeof(packet), "vFlashWrite:8000001:");

	memcpy(packet + head, content, sizeof(content));
	assert_string_equal(harness_ask(b->h, 0, erase), "OK");
	harness_send(b->h, 0, packet, (size_t)head + sizeof(content));
	assert_string_equal(b->h->clients[0].answer, "OK");
	if (strcmp(harness_ask(b->h, 0, "vFlashDone"), "OK"))
		fail_msg("%s: %s", b->c->part, harness_monitor(b->h, "version"));
	harness_peek(b->h, 0x08000001, back, sizeof(back));
	assert_memory_equal(back, content, sizeof(back));
	assert_locked(b);
}

static void a_load_works(void **state)
{
	load(*state);
}

static void option_bytes_are_written(void **state)
{
	struct bench *b = *state;
	char command[60];

	snprintf(command, sizeof(command), "option set %s", b->c->set);
	says(b->h, command, "Written, loaded and read back");
	assert_locked(b);
	says(b->h, "connect", "connected");
	harness_monitor(b->h, "halt");
	load(b);
}

int main(void)
{
	static struct CMUnitTest tests[2 * ARRAY_SIZE(controllers)];
	static char names[ARRAY_SIZE(tests)][64];

	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		const struct controller *c = &controllers[i / 2];

		snprintf(names[i], sizeof names[i], "%s, %s", c->part, i % 2 ? "option bytes" : "load");
		tests[i] = (struct CMUnitTest){ names[i], i % 2 ? option_bytes_are_written : a_load_works,
						set_up, tear_down, (void *)c };
	}
	cmocka_set_test_filter(getenv("TEST"));
	return _cmocka_run_group_tests("flash_leftovers", tests, ARRAY_SIZE(tests), NULL, NULL);
}
