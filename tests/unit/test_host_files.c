/* SPDX-License-Identifier: MIT
 *
 * Files of a program on the target: what they can do in their folder, and that nothing leads out of it.
 */
#include "server/semihosting/host_files.h"

#include "probe/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	char top[40], folder[60];	/* the program has folder; top has what is not its business */
	struct host_files files;
};

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));
	char path[100];

	strcpy(place->top, "/tmp/tether-files-XXXXXX");
	assert_non_null(mkdtemp(place->top));
	snprintf(place->folder, sizeof(place->folder), "%s/folder", place->top);
	assert_int_equal(mkdir(place->folder, 0700), 0);
	snprintf(path, sizeof(path), "%s/inner", place->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(place->top, "secret", "not yours");
	write_file(place->folder, "file", "hello");
	snprintf(path, sizeof(path), "%s/link", place->folder);
	assert_int_equal(symlink("../secret", path), 0);
	snprintf(path, sizeof(path), "%s/up", place->folder);
	assert_int_equal(symlink("..", path), 0);
	snprintf(path, sizeof(path), "%s/same", place->folder);
	assert_int_equal(symlink("file", path), 0);
	snprintf(path, sizeof(path), "%s/fifo", place->folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	host_files_init(&place->files, place->folder);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	char command[100];

	host_files_clear(&place->files);
	snprintf(command, sizeof(command), "rm -r %s", place->top);
	assert_int_equal(system(command), 0);
	free(place);
	return 0;
}

static void nothing_leads_out(void **state)
{
	struct place *place = *state;
	char absolute[100], deep[HOST_PATH_SIZE + 10];
	const char *const names[] = {
		"../secret", "inner/../../secret", "inner/..", "..", ".", "", "/", "./", "inner/",
		"link", "up/secret", "same", "fifo", "inner", "/etc/passwd", "//etc/passwd", absolute,
		"inner//file", "file/", "file/x", "up/folder/file", ".../secret", deep, "\\..\\secret",
	};

	snprintf(absolute, sizeof(absolute), "%s/file", place->folder);
	memset(deep, 'x', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_true(host_open(&place->files, names[i], 0) < 0);
		assert_true(host_open(&place->files, names[i], 2) < 0);
		assert_true(host_rename(&place->files, names[i], "inner/other") < 0 ||
			    strcmp(names[i], "link") == 0 || strcmp(names[i], "same") == 0 ||
			    strcmp(names[i], "fifo") == 0);
		assert_true(host_rename(&place->files, "no such file", names[i]) < 0);
	}
	assert_true(host_remove(&place->files, "../secret") < 0);
	assert_true(host_remove(&place->files, "up/secret") < 0);
	assert_true(host_remove(&place->files, "inner") < 0);
	snprintf(absolute, sizeof(absolute), "%s/secret", place->top);
	assert_int_equal(access(absolute, F_OK), 0);
}

/* Creating is no way out either. */
static void nothing_is_created_outside(void **state)
{
	static const char *const names[] = { "../new", "up/new", "inner/../../new", "/tmp/new-tether" };
	struct place *place = *state;
	char path[100];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		for (uint32_t mode = 4; mode < 12; mode++)
			assert_true(host_open(&place->files, names[i], mode) < 0);
	snprintf(path, sizeof(path), "%s/new", place->top);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void reads_and_writes_as_fopen_does(void **state)
{
	static const struct { uint32_t mode; bool makes, reads, writes; const char *after; } rows[] = {
		{ 0, false, true, false, "hello" }, { 1, false, true, false, "hello" },
		{ 2, false, true, true, "XYllo" }, { 4, true, false, true, "XY" },
		{ 6, true, true, true, "XY" }, { 8, true, false, true, "helloXY" },
		{ 10, true, true, true, "helloXY" }, { 11, true, true, true, "helloXY" },
	};
	struct place *place = *state;
	char data[20];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct host_file *file;
		int handle, done;

		write_file(place->folder, "file", "hello");
		assert_int_equal(host_open(&place->files, "missing", rows[i].mode) > 0, rows[i].makes);
		host_remove(&place->files, "missing");
		handle = host_open(&place->files, "file", rows[i].mode);
		assert_true(handle > 0);
		file = host_file_of(&place->files, (uint32_t)handle);
		assert_int_equal(host_write(file, "XY", 2), rows[i].writes ? 2 : -EBADF);
		if (rows[i].reads)
			assert_int_equal(host_seek(file, 0), 0);
		done = host_read(file, data, sizeof(data));
		assert_int_equal(host_length(file), strlen(rows[i].after));
		assert_int_equal(done, rows[i].reads ? (int)strlen(rows[i].after) : -EBADF);
		if (rows[i].reads)
			assert_memory_equal(data, rows[i].after, (size_t)done);
		assert_int_equal(host_close(&place->files, (uint32_t)handle), 0);
		host_files_reset(&place->files);
	}
	assert_int_equal(host_open(&place->files, "file", 12), -EINVAL);
}

static void has_a_console_from_the_start(void **state)
{
	struct place *place = *state;

	assert_int_equal(host_file_of(&place->files, 0)->kind, HOST_INPUT);
	assert_int_equal(host_file_of(&place->files, 1)->kind, HOST_OUTPUT);
	assert_int_equal(host_file_of(&place->files, 2)->kind, HOST_OUTPUT);
	assert_int_equal(host_file_of(&place->files, (uint32_t)host_open(&place->files, ":tt", 0))->kind,
			 HOST_INPUT);
	assert_int_equal(host_file_of(&place->files, (uint32_t)host_open(&place->files, ":tt", 4))->kind,
			 HOST_OUTPUT);
}

static void tells_its_features(void **state)
{
	struct place *place = *state;
	int handle = host_open(&place->files, ":semihosting-features", 0);
	struct host_file *file = host_file_of(&place->files, (uint32_t)handle);
	uint8_t data[10];

	assert_non_null(file);
	assert_int_equal(host_length(file), 5);
	assert_int_equal(host_read(file, data, 4), 4);
	assert_memory_equal(data, "SHFB", 4);
	assert_int_equal(host_read(file, data, sizeof(data)), 1);
	assert_int_equal(data[0], 3);
	assert_int_equal(host_read(file, data, sizeof(data)), 0);
	assert_int_equal(host_seek(file, 4), 0);
	assert_true(host_seek(file, 6) < 0);
	assert_true(host_write(file, data, 1) < 0);
	assert_true(host_open(&place->files, ":semihosting-features", 4) < 0);
}

static void runs_out_of_handles_and_recovers(void **state)
{
	struct place *place = *state;
	int count = 0, last = 0, handle;

	while ((handle = host_open(&place->files, "file", 0)) > 0) {
		last = handle;
		count++;
	}
	assert_int_equal(handle, -EMFILE);
	assert_int_equal(count, HOST_FILES - 3);
	assert_int_equal(host_close(&place->files, (uint32_t)last), 0);
	assert_int_equal(host_close(&place->files, (uint32_t)last), -EBADF);
	assert_int_equal(host_open(&place->files, "file", 0), last);
	assert_null(host_file_of(&place->files, HOST_FILES));
	assert_null(host_file_of(&place->files, UINT32_MAX));
}

static void renames_and_removes(void **state)
{
	struct place *place = *state;

	assert_int_equal(host_rename(&place->files, "file", "inner/moved"), 0);
	assert_int_equal(host_open(&place->files, "file", 0), -ENOENT);
	assert_true(host_open(&place->files, "inner/moved", 0) > 0);
	assert_int_equal(host_remove(&place->files, "inner/moved"), 0);
	assert_int_equal(host_remove(&place->files, "inner/moved"), -ENOENT);
}

static void without_a_folder_there_are_no_files(void **state)
{
	struct host_files files;
	struct why why;

	(void)state;
	host_files_init(&files, NULL);
	assert_int_equal(host_open(&files, "file", 4), -EACCES);
	assert_int_equal(host_remove(&files, "file"), -EACCES);
	assert_int_equal(host_rename(&files, "a", "b"), -EACCES);
	assert_int_equal(host_open(&files, ":tt", 4), 3);
	host_files_clear(&files);
	assert_int_equal(host_folder_check("/nonexistent", &why), E_ARGUMENT);
	assert_non_null(strstr(why.text, "/nonexistent"));
	assert_int_equal(host_folder_check("/etc/passwd", &why), E_ARGUMENT);
}

static void numbers_errors_as_newlib_does(void **state)
{
	(void)state;
	assert_int_equal(host_errno_for_target(ENOENT), 2);
	assert_int_equal(host_errno_for_target(EACCES), 13);
	assert_int_equal(host_errno_for_target(ENAMETOOLONG), 91);
	assert_int_equal(host_errno_for_target(ELOOP), 92);
	assert_int_equal(host_errno_for_target(ENOSYS), 88);
	assert_int_equal(host_errno_for_target(ESTALE), 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_leads_out),
		TEST(nothing_is_created_outside),
		TEST(reads_and_writes_as_fopen_does),
		TEST(has_a_console_from_the_start),
		TEST(tells_its_features),
		TEST(runs_out_of_handles_and_recovers),
		TEST(renames_and_removes),
		cmocka_unit_test(without_a_folder_there_are_no_files),
		cmocka_unit_test(numbers_errors_as_newlib_does),
	};

	return cmocka_run_group_tests_name("host_files", tests, NULL, NULL);
}
