/* SPDX-License-Identifier: MIT
 *
 * The formats of firmware files, one file each; and lines of text for those that have lines. Private to
 * image*.c and their tests.
 */
#ifndef FLASH_IMAGE_FORMATS_H
#define FLASH_IMAGE_FORMATS_H

#include <stdio.h>

#include "flash/image/image.h"

/* Parsers fill an empty image; pieces come as the file has them. */
int image_hex_parse(struct flash_image *image, const uint8_t *bytes, size_t length, struct why *why);
int image_srec_parse(struct flash_image *image, const uint8_t *bytes, size_t length, struct why *why);
/* bytes are only read; libelf does not say const. */
int image_elf_parse(struct flash_image *image, const uint8_t *bytes, size_t length, struct why *why);
/* From an open file, of which only the parts needed are read. */
int image_elf_read(struct flash_image *image, int fd, struct why *why);

/* Writers; E_SYSTEM when the file does not take it all. */
int image_hex_write(const struct flash_image *image, FILE *file);
int image_srec_write(const struct flash_image *image, FILE *file);
int image_elf_write(const struct flash_image *image, FILE *file);

/* Lines of a text, without what ends them and without blanks around; empty ones are left out. */
struct image_lines {
	const uint8_t *at, *end;
	unsigned number;		/* of the line last taken; 1 is the first */
};
struct image_line {
	const uint8_t *text;
	size_t length;
};
bool image_lines_take(struct image_lines *lines, struct image_line *line);

enum { IMAGE_RECORD_MAX = 300 };

/* Pairs of hex digits to bytes; how many, or -1 when they are no pairs, or more than IMAGE_RECORD_MAX. */
int image_take_hex(const uint8_t *text, size_t length, uint8_t bytes[IMAGE_RECORD_MAX]);

#endif
