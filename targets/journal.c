/* SPDX-License-Identifier: MIT
 *
 * The journal file: a line with the chip, then a line for each register, "ADDRESS VALUE" in hex; the value
 * of an instruction has four digits.
 */
#include "targets/journal.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define END "journal"

/* $XDG_RUNTIME_DIR/tether belongs to the user alone; elsewhere the name says whose it is. */
bool journal_path(const char *serial, const char *end, char path[PATH_MAX])
{
	const char *folder = getenv("XDG_RUNTIME_DIR");
	char name[80];
	size_t i;
	int length;

	for (i = 0; serial[i] && i < sizeof(name) - 1; i++)
		name[i] = isalnum((unsigned char)serial[i]) ? serial[i] : '_';
	name[i] = 0;
	if (folder && *folder) {
		length = snprintf(path, PATH_MAX, "%s/tether", folder);
		if (length > 0 && length < PATH_MAX)
			mkdir(path, 0700);
		length = snprintf(path, PATH_MAX, "%s/tether/%s.%s", folder, name, end);
	} else {
		folder = getenv("TMPDIR");
		length = snprintf(path, PATH_MAX, "%s/tether-%u-%s.%s",
				  folder && *folder ? folder : "/tmp", (unsigned)getuid(), name, end);
	}
	return length > 0 && length < PATH_MAX;
}

FILE *journal_open(const char *path, int flags, const char *mode)
{
	int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat info;
	FILE *file;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &info) || !S_ISREG(info.st_mode) || info.st_uid != getuid()) {
		close(fd);
		return NULL;
	}
	file = fdopen(fd, mode);
	if (!file)
		close(fd);
	return file;
}

static bool belongs_to(FILE *file, const char *chip)
{
	char line[80];

	if (!fgets(line, sizeof(line), file))
		return false;
	line[strcspn(line, "\n")] = 0;
	return !strcmp(line, chip);
}

static bool read_entry(FILE *file, struct journal_entry *entry)
{
	char value[9];

	if (fscanf(file, "%8x %8[0-9a-f]", &entry->address, value) != 2)
		return false;
	entry->width = (unsigned)strlen(value) / 2;
	entry->value = (uint32_t)strtoul(value, NULL, 16);
	return entry->width == 4 || entry->width == 2;
}

size_t journal_load(const char *serial, const char *chip, struct journal_entry *entries, size_t max)
{
	char path[PATH_MAX];
	FILE *file = journal_path(serial, END, path) ? journal_open(path, O_RDONLY, "r") : NULL;
	size_t count = 0;

	if (!file)
		return 0;
	if (belongs_to(file, chip)) {
		while (count < max && read_entry(file, &entries[count]))
			count++;
	}
	fclose(file);
	return count;
}

static bool is_of_chip(const char *path, const char *chip)
{
	FILE *file = journal_open(path, O_RDONLY, "r");
	bool same = file && belongs_to(file, chip);

	if (file)
		fclose(file);
	return same;
}

int journal_append(const char *serial, const char *chip, const struct journal_entry *entry)
{
	char path[PATH_MAX];
	FILE *file;
	bool same;
	int err;

	if (!journal_path(serial, END, path))
		return E_SYSTEM;
	same = is_of_chip(path, chip);
	file = journal_open(path, O_WRONLY | O_CREAT | (same ? O_APPEND : O_TRUNC), same ? "a" : "w");
	if (!file)
		return E_SYSTEM;
	if (!same)
		fprintf(file, "%s\n", chip);
	fprintf(file, "%08x %0*x\n", entry->address, 2 * (int)entry->width, entry->value);
	err = ferror(file);
	return fclose(file) || err ? E_SYSTEM : 0;
}

void journal_remove(const char *serial)
{
	char path[PATH_MAX];

	if (journal_path(serial, END, path))
		unlink(path);
}
