/* SPDX-License-Identifier: MIT
 *
 * What a load left unfinished is known to the next process, for the same chip behind the same probe.
 */
#include "targets/unfinished.h"

#include "tests/unit/scripted_probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct fake_step script[] = { OPEN(V2J16), END };
static const struct fake_step script_with_uid[] = {
	OPEN(V2J16),
	{ "f2 36 10 7a ff 1f", NULL, "80 00 00 00 11 22 33 44", 0 },
	{ "f2 36 14 7a ff 1f", NULL, "80 00 00 00 11 22 33 44", 0 },
	{ "f2 36 18 7a ff 1f", NULL, "80 00 00 00 11 22 33 44", 0 },
	{ "f2 36 10 7a ff 1f", NULL, "80 00 00 00 11 22 33 44", 0 },
	{ "f2 36 14 7a ff 1f", NULL, "80 00 00 00 11 22 33 44", 0 },
	{ "f2 36 18 7a ff 1f", NULL, "80 00 00 00 11 22 33 45", 0 },
	END,
};

struct bench {
	char folder[40];
	struct fake_link link;
	struct board board;
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	strcpy(b->folder, "/tmp/tether-unfinished-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	*state = b;
	return setenv("XDG_RUNTIME_DIR", b->folder, 1);
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	char command[80];

	close_probe(&b->link, b->board.probe);
	snprintf(command, sizeof(command), "rm -r %s", b->folder);
	free(b);
	return system(command);
}

/* As a process that begins. */
static void begin(struct bench *b, const struct fake_step *steps, const char *serial)
{
	if (b->board.probe)
		close_probe(&b->link, b->board.probe);
	memset(&b->board, 0, sizeof(b->board));
	b->board.probe = open_probe(&b->link, steps);
	strcpy(b->link.base.identity.serial, serial);
}

static void is_known_to_the_next_process(void **state)
{
	struct bench *b = *state;

	begin(b, script, "0670FF");
	unfinished_recall(&b->board);
	assert_int_equal(b->board.unfinished.size, 0);
	unfinished_remember(&b->board, 0x08004000, 0x8000);
	begin(b, script, "0670FF");
	unfinished_recall(&b->board);
	assert_int_equal(b->board.unfinished.base, 0x08004000);
	assert_int_equal(b->board.unfinished.size, 0x8000);
	unfinished_remember(&b->board, 0, 0);
	begin(b, script, "0670FF");
	unfinished_recall(&b->board);
	assert_int_equal(b->board.unfinished.size, 0);
}

static void is_of_one_probe(void **state)
{
	struct bench *b = *state;

	begin(b, script, "0670FF");
	unfinished_remember(&b->board, 0x08004000, 0x8000);
	begin(b, script, "0670FE");
	unfinished_recall(&b->board);
	assert_int_equal(b->board.unfinished.size, 0);
}

static void is_of_one_chip(void **state)
{
	struct bench *b = *state;

	begin(b, script_with_uid, "0670FF");
	b->board.chip.uid_address = 0x1FFF7A10;
	unfinished_remember(&b->board, 0x08004000, 0x8000);
	unfinished_recall(&b->board);
	assert_int_equal(b->board.unfinished.size, 0);
}

static void damaged_files_are_ignored(void **state)
{
	static const char *const bad[] = {
		"", "rubbish", "0 0 0 8000000", "0 0 0 8000000 0", "0 0 0 fffffff0 20", "1 0 0 8000000 4000",
	};
	struct bench *b = *state;

	begin(b, script, "0670FF");
	unfinished_remember(&b->board, 0x08004000, 0x8000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char path[80];
		FILE *file;

		snprintf(path, sizeof(path), "%s/tether/0670FF.unfinished", b->folder);
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(bad[i], file);
		fclose(file);
		unfinished_recall(&b->board);
		assert_int_equal(b->board.unfinished.size, 0);
	}
}

static void option_words_are_known_too(void **state)
{
	static const uint32_t before[] = { 0x0FFFAAED, 2 }, after[] = { 0x0FFFAAE9, 3 };
	struct bench *b = *state;

	begin(b, script, "0670FF");
	b->board.chip.option_word_count = 2;
	unfinished_remember_options(&b->board, before, after);
	assert_int_equal(b->board.options_unfinished.count, 2);
	begin(b, script, "0670FF");
	b->board.chip.option_word_count = 2;
	unfinished_recall(&b->board);
	assert_int_equal(b->board.options_unfinished.count, 2);
	assert_memory_equal(b->board.options_unfinished.before, before, sizeof(before));
	assert_memory_equal(b->board.options_unfinished.after, after, sizeof(after));
	assert_int_equal(b->board.unfinished.size, 0);
	unfinished_forget_options(&b->board);
	begin(b, script, "0670FF");
	b->board.chip.option_word_count = 2;
	unfinished_recall(&b->board);
	assert_int_equal(b->board.options_unfinished.count, 0);
}

static void damaged_option_words_are_ignored(void **state)
{
	static const char *const bad[] = {
		"", "0 0 0", "0 0 0 3\n1 2\n", "0 0 0 2\n1 2\n", "0 0 0 2\n1 2\nx y\n", "0 0 0 ffffffff\n1 2\n1 2\n",
		"1 0 0 2\n1 2\n1 2\n",
	};
	struct bench *b = *state;

	begin(b, script, "0670FF");
	b->board.chip.option_word_count = 2;
	unfinished_remember(&b->board, 0x08004000, 0x8000);	/* makes the folder */
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char path[80];
		FILE *file;

		snprintf(path, sizeof(path), "%s/tether/0670FF.options", b->folder);
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(bad[i], file);
		fclose(file);
		unfinished_recall(&b->board);
		assert_int_equal(b->board.options_unfinished.count, 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_known_to_the_next_process),
		TEST(is_of_one_probe),
		TEST(is_of_one_chip),
		TEST(damaged_files_are_ignored),
		TEST(option_words_are_known_too),
		TEST(damaged_option_words_are_ignored),
	};

	return cmocka_run_group_tests_name("unfinished", tests, NULL, NULL);
}
