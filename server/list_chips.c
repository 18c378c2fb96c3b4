/* SPDX-License-Identifier: MIT
 *
 * `tether chips`: searches the index of chip files by names and parts.
 */
#include "server/list.h"

#include "server/json.h"

#include "targets/chip.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_COLUMN = 28, KNOWN_ONLY = 160 };

static bool same_letter(char a, char b)
{
	a = (char)toupper((unsigned char)a);
	b = (char)toupper((unsigned char)b);
	if (a == 'X')
		return isalnum((unsigned char)b);
	return b == 'X' ? isalnum((unsigned char)a) : a == b;
}

/* The first ones have to be really the same: x4 is no N6, and x8xxA no Z80. */
static bool same_letters(const char *a, const char *b, size_t length)
{
	if (toupper((unsigned char)a[0]) != toupper((unsigned char)b[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!same_letter(a[i], b[i]))
			return false;
	return true;
}

bool list_part_matches(const char *name, size_t length, const char *pattern)
{
	size_t wanted = strlen(pattern);

	if (wanted >= length)
		return length > 0 && same_letters(name, pattern, length);
	for (size_t i = 0; i + wanted <= length; i++)
		if (same_letters(name + i, pattern, wanted))
			return true;
	return false;
}

/* The next part of a comma list; moves *list behind it. */
static const char *next_part(const char **list, size_t *length)
{
	const char *part = *list + strspn(*list, ", ");

	*length = strcspn(part, ", ");
	*list = part + *length;
	return part;
}

static bool row_matches(const struct chip_index *row, const char *pattern)
{
	const char *list = row->parts, *part;
	size_t length;

	if (!pattern || list_part_matches(row->name, strlen(row->name), pattern) ||
	    list_part_matches(row->file, strlen(row->file), pattern))
		return true;
	while (part = next_part(&list, &length), length > 0)
		if (list_part_matches(part, length, pattern))
			return true;
	return false;
}

/* Why a chip is named and not served: its file says it. Empty for others. */
static void read_known_only(const struct chip_index *row, char *out, size_t size)
{
	struct chip *chip = row->known_only ? malloc(sizeof(*chip)) : NULL;
	struct why why;

	out[0] = '\0';
	if (chip && !chip_parse(chip, row->file, row->text, row->length, &why))
		snprintf(out, size, "%s", chip->known_only);
	free(chip);
}

static void print_row(const struct chip_index *row)
{
	char known_only[KNOWN_ONLY];
	const char *list = row->parts, *part;
	size_t length;

	printf("%-*s", NAME_COLUMN, row->name);
	while (part = next_part(&list, &length), length > 0)
		printf(" %.*s", (int)length, part);
	read_known_only(row, known_only, sizeof(known_only));
	if (known_only[0])
		printf(" (known only: %s)", known_only);
	printf("\n");
}

static void print_json_row(struct json *json, const struct chip_index *row)
{
	char known_only[KNOWN_ONLY];
	const char *list = row->parts, *part;
	size_t length;

	json_object(json, NULL);
	json_text(json, "name", row->name);
	json_text(json, "file", row->file);
	json_array(json, "parts");
	while (part = next_part(&list, &length), length > 0)
		json_text_n(json, NULL, part, length);
	json_array_end(json);
	read_known_only(row, known_only, sizeof(known_only));
	if (known_only[0])
		json_text(json, "known_only", known_only);
	json_object_end(json);
}

static size_t print_matches(const struct chip_library *chips, const char *pattern,
			    struct json *json)
{
	size_t found = 0;

	for (size_t i = 0; i < chip_library_count(chips); i++) {
		const struct chip_index *row = chip_library_row(chips, i);

		if (!row_matches(row, pattern))
			continue;
		found++;
		if (json)
			print_json_row(json, row);
		else
			print_row(row);
	}
	return found;
}

static size_t print_json(const struct chip_library *chips, const char *pattern)
{
	struct json json;
	size_t found;

	json_init(&json, stdout, false);
	json_object(&json, NULL);
	json_text(&json, "version", TETHER_VERSION);
	json_array(&json, "chips");
	found = print_matches(chips, pattern, &json);
	json_array_end(&json);
	json_object_end(&json);
	json_end(&json);
	return found;
}

enum exit_status list_chips(const struct options *options)
{
	const char *pattern = options->arguments[0];
	struct chip_library *chips;
	struct why why = { "" };
	size_t found;
	int err = chip_library_open(&chips, options->chips, &why);

	if (err) {
		fprintf(stderr, "tether: %s\n", why.text);
		return exit_status_of(err);
	}
	found = options->json ? print_json(chips, pattern) : print_matches(chips, pattern, NULL);
	chip_library_close(chips);
	if (found == 0)
		fprintf(stderr, "tether: no chip matches '%s'; `tether chips` lists them all\n",
			pattern ? pattern : "");
	return found > 0 ? EXIT_OK : EXIT_FAILED;
}
