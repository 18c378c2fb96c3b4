/* SPDX-License-Identifier: MIT
 *
 * Reading the description of a chip, a line at a time.
 */
#include "server/virtual/twin.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "probe/bytes.h"

enum { LINE = 256 };

static int nibble(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static struct virtual_content *new_content(struct virtual_twin *twin)
{
	size_t room = twin->content_room ? 2 * twin->content_room : 64;
	struct virtual_content *contents;

	if (twin->content_count < twin->content_room)
		return &twin->contents[twin->content_count++];
	contents = realloc(twin->contents, room * sizeof(*contents));
	if (!contents)
		return NULL;
	twin->contents = contents;
	twin->content_room = room;
	return &twin->contents[twin->content_count++];
}

static int take_memory(struct virtual_twin *twin, char *words)
{
	char *digits;
	uint32_t address = (uint32_t)strtoul(words, &digits, 16);
	struct virtual_content *content;
	size_t length;

	digits += strspn(digits, " ");
	length = strspn(digits, "0123456789abcdefABCDEF");
	if (!length || length % 2 || length / 2 > sizeof(content->bytes) || digits[length])
		return E_CONFIG;
	content = new_content(twin);
	if (!content)
		return E_MEMORY;
	content->address = address;
	content->length = (uint32_t)length / 2;
	for (size_t i = 0; i < length / 2; i++)
		content->bytes[i] = (uint8_t)(nibble(digits[2 * i]) << 4 | nibble(digits[2 * i + 1]));
	return OK;
}

static int take_option(struct chip *chip, char *words)
{
	char *value = strchr(words, ' ');

	if (!value)
		return E_CONFIG;
	*value++ = '\0';
	return chip_set_option(chip, words, (uint32_t)strtoul(value, NULL, 16)) ? E_CONFIG : OK;
}

static int take_uid(struct virtual_twin *twin, const char *words)
{
	twin->has_uid = sscanf(words, "%x %x %x", &twin->uid[0], &twin->uid[1], &twin->uid[2]) == 3;
	return twin->has_uid ? OK : E_CONFIG;
}

static int take_line(struct virtual_twin *twin, struct chip *chip, char *line)
{
	char *words = strchr(line, ' ');

	line[strcspn(line, "\r\n")] = '\0';
	if (!words)
		return *line ? E_CONFIG : OK;
	*words++ = '\0';
	if (!strcmp(line, "memory"))
		return take_memory(twin, words);
	if (!strcmp(line, "option"))
		return take_option(chip, words);
	if (!strcmp(line, "uid"))
		return take_uid(twin, words);
	if (!strcmp(line, "id"))
		return sscanf(words, "%x", &twin->idcode) == 1 ? OK : E_CONFIG;
	if (!strcmp(line, "supply"))
		return sscanf(words, "%u", &twin->supply_mv) == 1 ? OK : E_CONFIG;
	return E_CONFIG;
}

int virtual_twin_read(struct virtual_twin *twin, FILE *file, struct chip *chip, struct why *why)
{
	char line[LINE];
	unsigned number = 0;
	int err = OK;

	memset(twin, 0, sizeof(*twin));
	while (!err && fgets(line, sizeof(line), file)) {
		number++;
		err = take_line(twin, chip, line);
	}
	if (err == E_MEMORY)
		return explain(why, err, "out of memory");
	return err ? explain(why, err, "virtual probe: twin: line %u makes no sense", number) : OK;
}

void virtual_twin_apply(const struct virtual_twin *twin, struct virtual_spec *spec)
{
	if (twin->idcode)
		spec->idcode = twin->idcode;
	if (twin->supply_mv)
		spec->supply_mv = twin->supply_mv;
	for (unsigned i = 0; i < 3 && twin->has_uid; i++)
		put_u32(spec->uid + 4 * i, twin->uid[i]);
	spec->contents = twin->contents;
	spec->content_count = twin->content_count;
	spec->twin = true;
}

void virtual_twin_clear(struct virtual_twin *twin)
{
	free(twin->contents);
}
