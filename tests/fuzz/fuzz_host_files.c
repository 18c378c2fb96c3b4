/* SPDX-License-Identifier: MIT
 *
 * Names of files that a program on the target asks for: whatever is opened lies in its folder. The folder
 * has links that lead out, and stays as small as the handles allow.
 */
#include "server/semihosting/host_files.h"

#include "probe/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char top[] = "/tmp/tether-fuzz-XXXXXX";
static char folder[sizeof(top) + 10];

static void remove_all(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s", top);
	if (system(command))
		abort();
}

static void make_folder(void)
{
	char path[100];

	if (!mkdtemp(top))
		abort();
	atexit(remove_all);
	snprintf(folder, sizeof(folder), "%s/in", top);
	snprintf(path, sizeof(path), "%s/in/l", top);
	if (mkdir(folder, 0700) || symlink("..", path))
		abort();
	snprintf(path, sizeof(path), "%s/in/d", top);
	if (mkdir(path, 0700))
		abort();
}

static void check_place(const struct host_file *file)
{
	char link[64], path[400];
	ssize_t length;

	if (file->kind != HOST_FILE)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", file->fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0 || (size_t)length <= strlen(folder) || strncmp(path, folder, strlen(folder)) ||
	    path[strlen(folder)] != '/')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct host_files files;
	char name[HOST_PATH_SIZE + 100];
	int handle;

	if (!folder[0])
		make_folder();
	if (size < 1 || size > sizeof(name))
		return 0;
	memcpy(name, data + 1, size - 1);
	name[size - 1] = '\0';
	host_files_init(&files, folder);
	handle = host_open(&files, name, data[0] % 13u);
	if (handle > 0)
		check_place(host_file_of(&files, (uint32_t)handle));
	host_rename(&files, name, "other");
	host_remove(&files, "other");
	host_remove(&files, name);
	host_files_clear(&files);
	return 0;
}
