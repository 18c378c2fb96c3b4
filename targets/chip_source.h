/* SPDX-License-Identifier: MIT
 *
 * What the reader of chip files and the checks behind it share: where in the file each row stood,
 * so that a complaint can name the line.
 */
#ifndef TARGETS_CHIP_SOURCE_H
#define TARGETS_CHIP_SOURCE_H

#include <stddef.h>

#include "targets/chip.h"

enum { CHIP_SOURCE_ROWS = 320 };

struct chip_source {
	const char *file;
	struct why *why;
	struct {
		const void *row;	/* points into the chip being read */
		unsigned line;
	} rows[CHIP_SOURCE_ROWS];
	size_t count;
};

/* Says "FILE:LINE: ..." in why and returns E_CONFIG. */
int chip_source_error(const struct chip_source *source, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The line on which a row of the chip began; 1 when it is not known. */
unsigned chip_source_line(const struct chip_source *source, const void *row);

/* What libconfig does not notice in the text itself: numbers above 32 bits (it drops the upper bits),
 * @include, zero bytes. E_CONFIG. */
int chip_check_text(const struct chip_source *source, const char *text, size_t length);
/* Sense of the whole: sums, overlaps, ends, names. E_CONFIG. */
int chip_check(const struct chip *chip, const struct chip_source *source);

#endif
