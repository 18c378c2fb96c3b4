/* SPDX-License-Identifier: MIT
 *
 * A board copied to a second one with `flash read FILE options` and `flash write FILE options`: flash, data EEPROM
 * and option bytes are the same then, in every bank mode. To add a part: a row.
 */
#include "tests/engine/option_bench.h"

#include "server/engine_state.h"

#include <stdlib.h>
#include <unistd.h>

struct row {
	const char *part;
	const char *options;		/* of the first board; "" = as the factory left it */
	bool token;			/* these want one */
};

static const struct row rows[] = {
	{ "STM32F051C8", "nRST_STOP=reset WRP0=sectors:0-3", false },
	{ "STM32F103C8", "", false },
	{ "STM32F429VG", "DB1M=dual nRST_STDBY=reset", false },
	{ "STM32F722RC", "IWDG_STOP=frozen", false },
	{ "STM32L053C6", "nRST_STOP=reset", false },
	{ "STM32L151CB", "nRST_STOP=reset", false },
	{ "STM32L476RC", "WRP1A_STRT=3 WRP1A_END=5", false },
	{ "STM32G474RB", "DBANK=0 nRST_STOP=reset", false },
	{ "STM32U575CG", "nRST_STOP=reset", false },
	{ "STM32H503CB", "NRST_STOP=0", false },
	{ "STM32F407VG", "RDP=level2", true },
};

enum { SEED = 2463534242u };

static uint32_t next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	return *seed ^= *seed << 5;
}

/* Something at both ends of each bank and in data EEPROM; true when all of it is there. */
static bool places(struct harness *h, bool poke)
{
	const struct chip *chip = &h->engine->board.chip;
	uint32_t seed = SEED, value;
	bool same = true;

	for (size_t i = 0; i < chip->bank_count + chip->region_count; i++) {
		bool is_bank = i < chip->bank_count;
		const struct chip_region *region = is_bank ? NULL : &chip->regions[i - chip->bank_count];
		uint32_t base = is_bank ? chip->banks[i].base : region->base;
		uint32_t size = is_bank ? chip->banks[i].size : region->size;

		if (region && region->kind != CHIP_EEPROM)
			continue;
		for (uint32_t at = 0; at < 96; at += 4) {
			uint32_t address = base + (at < 48 ? 0x200 + at : size - at + 44), wanted = next(&seed);

			if (poke)
				harness_poke(h, address, &wanted, 4);
			else
				same = same && !machine_read(h->machine, address, 4, &value) && value == wanted;
		}
	}
	return same;
}

static void options_text(struct harness *h, char *text, size_t size)
{
	snprintf(text, size, "%s", harness_monitor(h, "option"));
}

static void copies_a_board(void **state)
{
	const struct row *row = *state;
	char folder[] = "/tmp/tether-copy-XXXXXX", line[120], before[20000], after[20000];
	struct harness *h;

	assert_non_null(mkdtemp(folder));
	h = bench_new(row->part);
	if (row->options[0] && !row->token) {
		snprintf(line, sizeof(line), "option set %s", row->options);
		says(h, line, "Written, loaded and read back");
	}
	places(h, true);
	harness_monitor(h, "reset");
	options_text(h, before, sizeof(before));
	snprintf(line, sizeof(line), "flash read %s/board.hex options", folder);
	says(h, line, "board.hex.options");
	harness_free(h);
	if (row->token) {		/* what is read-protected can't be read: written into the file by hand */
		snprintf(line, sizeof(line), "sed -i 's/^RDP = .*/RDP = level2/' %s/board.hex.options", folder);
		assert_int_equal(system(line), 0);
	}

	h = bench_new(row->part);
	snprintf(line, sizeof(line), "flash write %s/board.hex options", folder);
	if (row->token) {
		const char *text = confirmed(h, line);

		if (!strstr(text, "verified") || !strstr(text, "closed for ever"))
			fail_msg("%s", text);
	} else {
		says(h, line, row->options[0] ? "Written, loaded and read back" : "The option bytes are as");
		assert_true(places(h, false));
		options_text(h, after, sizeof(after));
		assert_string_equal(after, before);
	}
	harness_free(h);
	snprintf(line, sizeof(line), "rm -r %s", folder);
	assert_int_equal(system(line), 0);
}

/* Without its token nothing is done at all. */
static void writes_nothing_before_the_token(void **state)
{
	char folder[] = "/tmp/tether-copy-XXXXXX", line[120];
	struct harness *h = bench_new("STM32F407VG");
	uint32_t old = bench_word(h, 0x08004000);

	(void)state;
	assert_non_null(mkdtemp(folder));
	harness_poke(h, 0x08004000, "\x12\x34\x56\x78", 4);
	harness_monitor(h, "reset");
	snprintf(line, sizeof(line), "flash read %s/b.hex options", folder);
	says(h, line, "Not in it: OTP");
	snprintf(line, sizeof(line), "sed -i 's/^RDP = .*/RDP = level2/' %s/b.hex.options", folder);
	assert_int_equal(system(line), 0);
	harness_free(h);
	h = bench_new("STM32F407VG");
	snprintf(line, sizeof(line), "flash write %s/b.hex options", folder);
	says(h, line, "Nothing was done.");
	assert_int_equal(bench_word(h, 0x08004000), old);
	snprintf(line, sizeof(line), "flash write %s/none.hex options", folder);
	says(h, line, "No such file");
	snprintf(line, sizeof(line), "flash write %s/b.hex confirm 12345678", folder);
	says(h, line, "`confirm` goes with `options`");
	harness_free(h);
	snprintf(line, sizeof(line), "rm -r %s", folder);
	assert_int_equal(system(line), 0);
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(rows) + 1];
	size_t count = ARRAY_SIZE(rows);

	for (size_t i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){ rows[i].part, copies_a_board, NULL, NULL, (void *)&rows[i] };
	tests[count++] = (struct CMUnitTest)cmocka_unit_test(writes_nothing_before_the_token);
	cmocka_set_test_filter(getenv("TEST"));
	return _cmocka_run_group_tests("board_copy", tests, count, NULL, NULL);
}
