/* SPDX-License-Identifier: MIT
 *
 * "Busy" is only half an answer: this finds out who has the probe, where the system lets us see it.
 */
#include "probe/usb_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 512 };

static bool links_to(const char *path, const char *node)
{
	char target[PATH_SIZE];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length < 0)
		return false;
	target[length] = '\0';
	return !strcmp(target, node);
}

static bool has_open(const char *process, const char *node)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	bool found = false;
	DIR *files;

	if (snprintf(path, sizeof(path), "%s/fd", process) >= (int)sizeof(path))
		return false;
	files = opendir(path);
	if (!files)
		return false;
	while (!found && (entry = readdir(files)))
		if (snprintf(path, sizeof(path), "%s/fd/%s", process, entry->d_name) <
		    (int)sizeof(path))
			found = links_to(path, node);
	closedir(files);
	return found;
}

static void describe(const char *process, const char *id, char *out, size_t size)
{
	char path[PATH_SIZE], name[32] = "?";
	FILE *file;

	snprintf(path, sizeof(path), "%.480s/comm", process);
	file = fopen(path, "r");
	if (file && fgets(name, sizeof(name), file))
		name[strcspn(name, "\n")] = '\0';
	if (file)
		fclose(file);
	snprintf(out, size, "%s (process %s)", name, id);
}

void usb_find_holder(const char *proc, const char *node, char *out, size_t size)
{
	DIR *processes = opendir(proc);
	char path[PATH_SIZE];
	struct dirent *entry;

	out[0] = '\0';
	if (!processes)
		return;
	while (!out[0] && (entry = readdir(processes))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", proc, entry->d_name) <
			    (int)sizeof(path) &&
		    has_open(path, node))
			describe(path, entry->d_name, out, size);
	}
	closedir(processes);
}
