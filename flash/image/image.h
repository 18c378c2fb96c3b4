/* SPDX-License-Identifier: MIT
 *
 * A firmware file in memory: which bytes go where. ELF, Intel HEX, Motorola S-records and plain binary are
 * read and written. The parsers are pure; only flash_image_read() and flash_image_save() touch files.
 */
#ifndef FLASH_IMAGE_H
#define FLASH_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"

enum flash_image_format { IMAGE_BINARY, IMAGE_ELF, IMAGE_HEX, IMAGE_SREC };

struct flash_image_piece {
	uint32_t address, length;	/* never past 2^32 */
	size_t offset;			/* of its bytes in data */
	unsigned line;			/* of the file, where it begins; 0 = the format has no lines */
};

struct flash_image {
	enum flash_image_format format;
	struct flash_image_piece *pieces;	/* after parsing: sorted by address, none overlaps */
	size_t piece_count, piece_room;
	uint8_t *data;
	size_t length, room;
};

/* More than any STM32 holds; more than this is refused. */
enum { IMAGE_BYTES_MAX = 64 * 1024 * 1024 };

void flash_image_init(struct flash_image *image, enum flash_image_format format);
void flash_image_clear(struct flash_image *image);

/* Adds bytes (copied); what follows on the piece before becomes part of it. E_RANGE past 2^32,
 * E_ARGUMENT when there are too many, E_MEMORY. */
int flash_image_add(struct flash_image *image, uint32_t address, const void *data, size_t length,
		    unsigned line, struct why *why);
/* Sorts the pieces. E_ARGUMENT when two of them overlap. */
int flash_image_sort(struct flash_image *image, struct why *why);

/* By its content; where that says nothing by the end of the name; else binary. Pure. */
enum flash_image_format flash_image_guess(const char *name, const uint8_t *bytes, size_t length);
/* By the end of the name alone: how a file of that name is to be written. Pure. */
enum flash_image_format flash_image_format_of(const char *name);
const char *flash_image_format_text(enum flash_image_format format);

/* Fills image from a file's bytes; base is where a binary goes. Errors name the line where there are lines.
 * image is initialised in any case, and empty after an error. E_ARGUMENT, E_MEMORY. Pure; fuzzed. */
int flash_image_parse(struct flash_image *image, const char *name, const uint8_t *bytes, size_t length,
		      uint32_t base, struct why *why);
/* The same from a file. E_SYSTEM when it can't be read. */
int flash_image_read(struct flash_image *image, const char *path, uint32_t base, struct why *why);

/* Writes a file of image->format, whole or not at all (see new_file.h). E_ARGUMENT when a binary would have
 * a gap; E_SYSTEM. */
int flash_image_save(const struct flash_image *image, const char *path, struct why *why);

#endif
