/* SPDX-License-Identifier: MIT
 *
 * Who has a device node open. umockdev 0.17.16 does not always notice that a program was killed (its
 * answer may have been on the way); the processes' open files tell.
 */
#include "probe/virtual/usb/private.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_open(const char *pid, const struct stat *node)
{
	char path[300];
	DIR *folder;
	bool found = false;
	const struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	folder = opendir(path);
	while (folder && !found && (entry = readdir(folder))) {
		struct stat file;

		found = !fstatat(dirfd(folder), entry->d_name, &file, 0) &&
			file.st_dev == node->st_dev && file.st_ino == node->st_ino;
	}
	if (folder)
		closedir(folder);
	return found;
}

unsigned usb_door_holders(const struct usb_door *door)
{
	DIR *folder = opendir("/proc");
	const struct dirent *entry;
	struct stat node;
	unsigned count = 0;

	if (!folder || fstat(door->fifo, &node)) {
		if (folder)
			closedir(folder);
		return UINT_MAX;
	}
	while ((entry = readdir(folder)))
		if (atoi(entry->d_name) && atoi(entry->d_name) != getpid())
			count += has_open(entry->d_name, &node);
	closedir(folder);
	return count;
}
