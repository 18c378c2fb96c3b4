/* SPDX-License-Identifier: MIT
 *
 * The list of chips known: the rows built in, and in front of them those of a folder (--chips DIR),
 * whose files are read and checked when the library is opened.
 */
#include "targets/chip.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A row that was read from a file: its own strings. */
struct own_row {
	char file[64], name[64];
	char parts[CHIP_PARTS * 24];
	char *text;
};

struct chip_library {
	struct chip_index *rows;
	struct own_row **own;		/* one for each of the first own_count rows */
	size_t count, own_count;
};

enum { FILES_MAX = 256, FILE_SIZE_MAX = 256 * 1024 };

static int read_file(const char *path, char **text, size_t *length, struct why *why)
{
	FILE *file = fopen(path, "rb");
	struct stat info;

	if (!file || fstat(fileno(file), &info)) {
		int number = errno;

		if (file)
			fclose(file);
		return explain(why, E_SYSTEM, "%s: %s", path, strerror(number));
	}
	if (!S_ISREG(info.st_mode) || info.st_size > FILE_SIZE_MAX) {
		fclose(file);
		return explain(why, E_CONFIG, "%s:1: not a file of at most %d KiB", path,
			       FILE_SIZE_MAX / 1024);
	}
	*text = malloc((size_t)info.st_size + 1);
	*length = *text ? fread(*text, 1, (size_t)info.st_size, file) : 0;
	fclose(file);
	return *text ? 0 : E_MEMORY;
}

static void fill_row(struct chip_index *row, struct own_row *own, const struct chip *chip,
		     size_t length)
{
	size_t used = 0;

	snprintf(own->file, sizeof(own->file), "%s", chip->file);
	snprintf(own->name, sizeof(own->name), "%s", chip->name);
	for (size_t i = 0; i < chip->part_count; i++)
		used += (size_t)snprintf(own->parts + used, sizeof(own->parts) - used, "%s%s",
					 i ? "," : "", chip->parts[i].name);
	*row = (struct chip_index){ .file = own->file, .name = own->name, .parts = own->parts,
				    .text = own->text, .length = length,
				    .cpuid = chip->cpuid, .dpidr = chip->dpidr,
				    .ap = chip->ap, .swd_khz = chip->swd_khz,
				    .wake = chip->wake,
				    .known_only = chip->known_only[0] != 0,
				    .id_count = chip->id_count };
	memcpy(row->ids, chip->ids, sizeof(row->ids));
}

static int add_file(struct chip_library *library, const char *dir, const char *name,
		    struct chip *chip, struct why *why)
{
	struct own_row *own = calloc(1, sizeof(*own));
	size_t length = 0;
	char path[4096];
	int err;

	if (!own)
		return E_MEMORY;
	library->own[library->own_count] = own;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	err = read_file(path, &own->text, &length, why);
	if (!err)
		err = chip_parse(chip, name, own->text, length, why);
	if (err) {
		free(own->text);
		free(own);
		return err;
	}
	fill_row(&library->rows[library->own_count++], own, chip, length);
	return 0;
}

static int is_chip_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 4 && length < 64 &&
	       !strcmp(entry->d_name + length - 4, ".cfg");
}

static int add_folder(struct chip_library *library, const char *dir, struct dirent **names,
		      int count, struct why *why)
{
	struct chip *chip = malloc(sizeof(*chip));
	int err = chip ? 0 : E_MEMORY;

	for (int i = 0; !err && i < count; i++)
		err = add_file(library, dir, names[i]->d_name, chip, why);
	free(chip);
	return err;
}

static int list_folder(const char *dir, struct dirent ***names, struct why *why)
{
	int count = scandir(dir, names, is_chip_file, alphasort);

	if (count < 0)
		return explain(why, E_SYSTEM, "--chips %s: %s", dir, strerror(errno));
	return count;
}

static void free_names(struct dirent **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

/* The built-in rows that no file of the folder replaces. */
static void add_builtin(struct chip_library *library)
{
	library->count = library->own_count;
	for (size_t i = 0; i < chips_builtin_count; i++) {
		bool replaced = false;

		for (size_t j = 0; j < library->own_count; j++)
			replaced |= !strcmp(library->rows[j].file, chips_builtin[i].file);
		if (!replaced)
			library->rows[library->count++] = chips_builtin[i];
	}
}

int chip_library_open(struct chip_library **out, const char *dir, struct why *why)
{
	struct chip_library *library = calloc(1, sizeof(*library));
	struct dirent **names = NULL;
	int count = dir ? list_folder(dir, &names, why) : 0;
	int err = count < 0 ? count : 0;

	if (count > FILES_MAX)
		err = explain(why, E_CONFIG, "--chips %s: more than %d files", dir, FILES_MAX);
	if (!err && library) {
		library->rows = calloc((size_t)count + chips_builtin_count + 1,
				       sizeof(*library->rows));
		library->own = calloc((size_t)count + 1, sizeof(struct own_row *));
	}
	if (!err && (!library || !library->rows || !library->own))
		err = E_MEMORY;
	if (!err)
		err = add_folder(library, dir, names, count, why);
	free_names(names, count);
	if (err) {
		chip_library_close(library);
		return err;
	}
	add_builtin(library);
	*out = library;
	return 0;
}

void chip_library_close(struct chip_library *library)
{
	if (!library)
		return;
	for (size_t i = 0; i < library->own_count; i++) {
		free(library->own[i]->text);
		free(library->own[i]);
	}
	free(library->own);
	free(library->rows);
	free(library);
}

size_t chip_library_count(const struct chip_library *library)
{
	return library->count;
}

const struct chip_index *chip_library_row(const struct chip_library *library, size_t i)
{
	return i < library->count ? &library->rows[i] : NULL;
}
