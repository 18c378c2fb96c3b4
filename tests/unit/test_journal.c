/* SPDX-License-Identifier: MIT
 *
 * The journal survives a process that dies, and is nobody else's.
 */
#include "targets/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int setup(void **state)
{
	char *folder = strdup("/tmp/tether-journal-XXXXXX");

	*state = mkdtemp(folder);
	return setenv("XDG_RUNTIME_DIR", folder, 1);
}

static int teardown(void **state)
{
	char command[200];
	int err;

	snprintf(command, sizeof(command), "rm -rf %s", (char *)*state);
	err = system(command);
	free(*state);
	return err;
}

static void path_of(void **state, char path[200])
{
	snprintf(path, 200, "%s/tether/ABC_1.journal", (char *)*state);
}

static void gives_back_what_it_was_given(void **state)
{
	const struct journal_entry in[2] = { { 0xE0042004, 0, 4 }, { 0x20000100, 0xBF00, 2 } };
	struct journal_entry out[4];
	struct stat info;
	char path[200];

	assert_int_equal(journal_load("ABC/1", "f4.cfg", out, 4), 0);
	assert_int_equal(journal_append("ABC/1", "f4.cfg", &in[0]), 0);
	assert_int_equal(journal_append("ABC/1", "f4.cfg", &in[1]), 0);
	assert_int_equal(journal_load("ABC/1", "f4.cfg", out, 4), 2);
	assert_memory_equal(in, out, sizeof(in));
	assert_int_equal(journal_load("ABC/1", "f4.cfg", out, 1), 1);
	path_of(state, path);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	journal_remove("ABC/1");
	assert_int_equal(journal_load("ABC/1", "f4.cfg", out, 4), 0);
}

static void entries_of_another_chip_do_not_count(void **state)
{
	const struct journal_entry entry = { 1, 2, 4 };
	struct journal_entry out[4];

	(void)state;
	assert_int_equal(journal_append("ABC/1", "f4.cfg", &entry), 0);
	assert_int_equal(journal_load("ABC/1", "l4.cfg", out, 4), 0);
	assert_int_equal(journal_append("ABC/1", "l4.cfg", &entry), 0);
	assert_int_equal(journal_load("ABC/1", "l4.cfg", out, 4), 1);
	assert_int_equal(journal_load("ABC/1", "f4.cfg", out, 4), 0);
}

static void follows_no_links_and_survives_rubbish(void **state)
{
	const struct journal_entry entry = { 1, 2, 4 };
	struct journal_entry out[4];
	char path[200];
	FILE *file;

	assert_int_equal(journal_append("ABC/1", "f4.cfg", &entry), 0);
	path_of(state, path);
	file = fopen(path, "w");
	fputs("f4.cfg\n12345678 00000009\nrubbish", file);
	fclose(file);
	assert_int_equal(journal_load("ABC/1", "f4.cfg", out, 4), 1);
	unlink(path);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(journal_load("ABC/1", "f4.cfg", out, 4), 0);
	assert_int_equal(journal_append("ABC/1", "f4.cfg", &entry), E_SYSTEM);
}

static void says_when_there_is_no_place(void **state)
{
	const struct journal_entry entry = { 1, 2, 4 };

	(void)state;
	setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
	assert_int_equal(journal_append("ABC/1", "f4.cfg", &entry), E_SYSTEM);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		FRESH(gives_back_what_it_was_given),
		FRESH(entries_of_another_chip_do_not_count),
		FRESH(follows_no_links_and_survives_rubbish),
		FRESH(says_when_there_is_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
