/* SPDX-License-Identifier: MIT
 *
 * The pieces of a firmware file, and what kind of file it is.
 */
#include "flash/image/image.h"

#include "flash/image/formats.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "probe/bytes.h"

void flash_image_init(struct flash_image *image, enum flash_image_format format)
{
	*image = (struct flash_image){ .format = format };
}

void flash_image_clear(struct flash_image *image)
{
	free(image->pieces);
	free(image->data);
	flash_image_init(image, image->format);
}

/* ---- pieces ---- */

static bool room_for_bytes(struct flash_image *image, size_t length)
{
	size_t room = image->room ? image->room : 4096;
	uint8_t *data;

	while (room < image->length + length)
		room *= 2;
	if (room == image->room)
		return true;
	data = realloc(image->data, room);
	if (!data)
		return false;
	image->data = data;
	image->room = room;
	return true;
}

static bool room_for_piece(struct flash_image *image)
{
	size_t room = image->piece_room ? image->piece_room * 2 : 16;
	struct flash_image_piece *pieces;

	if (image->piece_count < image->piece_room)
		return true;
	pieces = realloc(image->pieces, room * sizeof(*pieces));
	if (!pieces)
		return false;
	image->pieces = pieces;
	image->piece_room = room;
	return true;
}

static bool follows(const struct flash_image *image, uint32_t address)
{
	const struct flash_image_piece *last;

	if (!image->piece_count)
		return false;
	last = &image->pieces[image->piece_count - 1];
	return (uint64_t)last->address + last->length == address;
}

int flash_image_add(struct flash_image *image, uint32_t address, const void *data, size_t length,
		    unsigned line, struct why *why)
{
	if (!length)
		return 0;
	if (length > IMAGE_BYTES_MAX || image->length + length > IMAGE_BYTES_MAX)
		return explain(why, E_ARGUMENT, "this is more than %u MiB, and no STM32 holds that much",
			       IMAGE_BYTES_MAX / 1024 / 1024);
	if (length - 1 > UINT32_MAX - address)
		return explain(why, E_RANGE, "%zu bytes at 0x%08X go past the last address", length, address);
	if (!room_for_bytes(image, length) || !room_for_piece(image))
		return explain(why, E_MEMORY, "no memory for %zu bytes", length);
	if (follows(image, address))
		image->pieces[image->piece_count - 1].length += (uint32_t)length;
	else
		image->pieces[image->piece_count++] = (struct flash_image_piece){
			.address = address, .length = (uint32_t)length, .offset = image->length, .line = line,
		};
	memcpy(image->data + image->length, data, length);
	image->length += length;
	return 0;
}

static int by_address(const void *left, const void *right)
{
	const struct flash_image_piece *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

int flash_image_sort(struct flash_image *image, struct why *why)
{
	if (image->piece_count)
		qsort(image->pieces, image->piece_count, sizeof(*image->pieces), by_address);
	for (size_t i = 1; i < image->piece_count; i++) {
		const struct flash_image_piece *before = &image->pieces[i - 1], *piece = &image->pieces[i];

		if (piece->address - before->address >= before->length)
			continue;
		if (!piece->line)
			return explain(why, E_ARGUMENT, "0x%08X is in the file twice", piece->address);
		return explain(why, E_ARGUMENT, "line %u: 0x%08X is in the file twice (also in what begins in "
			       "line %u)", max_u32(piece->line, before->line), piece->address,
			       min_u32(piece->line, before->line));
	}
	return 0;
}

/* ---- formats ---- */

static const struct {
	const char *end;
	enum flash_image_format format;
} names[] = {
	{ ".elf", IMAGE_ELF }, { ".axf", IMAGE_ELF }, { ".out", IMAGE_ELF },
	{ ".hex", IMAGE_HEX }, { ".ihex", IMAGE_HEX }, { ".ihx", IMAGE_HEX },
	{ ".srec", IMAGE_SREC }, { ".s19", IMAGE_SREC }, { ".s28", IMAGE_SREC }, { ".s37", IMAGE_SREC },
	{ ".mot", IMAGE_SREC },
};

enum flash_image_format flash_image_format_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		size_t length = strlen(name), end = strlen(names[i].end);

		if (length >= end && !strcasecmp(name + length - end, names[i].end))
			return names[i].format;
	}
	return IMAGE_BINARY;
}

const char *flash_image_format_text(enum flash_image_format format)
{
	static const char *const texts[] = {
		[IMAGE_BINARY] = "binary", [IMAGE_ELF] = "ELF", [IMAGE_HEX] = "Intel HEX",
		[IMAGE_SREC] = "S-records",
	};

	return texts[format];
}

static bool are_digits(const uint8_t *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isxdigit(text[i]))
			return false;
	return true;
}

/* The first line decides: enough of a record that no vector table looks like it. */
enum flash_image_format flash_image_guess(const char *name, const uint8_t *bytes, size_t length)
{
	struct image_lines lines = { bytes, bytes + length, 0 };
	struct image_line line;

	if (length >= 4 && !memcmp(bytes, "\x7f" "ELF", 4))
		return IMAGE_ELF;
	if (image_lines_take(&lines, &line) && line.length >= 10) {
		if (line.text[0] == ':' && are_digits(line.text + 1, 9))
			return IMAGE_HEX;
		if (line.text[0] == 'S' && isdigit(line.text[1]) && are_digits(line.text + 1, 9))
			return IMAGE_SREC;
	}
	return flash_image_format_of(name);
}

static int parse(struct flash_image *image, const uint8_t *bytes, size_t length, uint32_t base,
		 struct why *why)
{
	switch (image->format) {
	case IMAGE_BINARY:
		return flash_image_add(image, base, bytes, length, 0, why);
	case IMAGE_ELF:
		return image_elf_parse(image, bytes, length, why);
	case IMAGE_HEX:
		return image_hex_parse(image, bytes, length, why);
	case IMAGE_SREC:
		return image_srec_parse(image, bytes, length, why);
	}
	return E_ARGUMENT;
}

int flash_image_parse(struct flash_image *image, const char *name, const uint8_t *bytes, size_t length,
		      uint32_t base, struct why *why)
{
	int err;

	flash_image_init(image, flash_image_guess(name, bytes, length));
	err = parse(image, bytes, length, base, why);
	if (!err)
		err = flash_image_sort(image, why);
	if (!err && !image->length)
		err = explain(why, E_ARGUMENT, "there are no bytes for a target in it");
	if (err)
		flash_image_clear(image);
	return err;
}
