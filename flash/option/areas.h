/* SPDX-License-Identifier: MIT
 *
 * Stretches of flash that option bytes protect (WRP, PCROP, SEC, HDP), as addresses. Pure. A set is all rows of
 * the chip's description that have one name; which of them count depends on the option words and on the banks.
 */
#ifndef FLASH_OPTION_AREAS_H
#define FLASH_OPTION_AREAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "targets/chip.h"

struct area_range {
	uint32_t from, to;		/* to: the first byte behind */
};

enum { AREA_RANGES = 64 };

struct area_ranges {			/* in order, apart from each other */
	struct area_range list[AREA_RANGES];
	size_t count;
	bool unclear;			/* some row has a value that manuals don't agree on */
};

/* Adds, and joins what touches. */
void area_ranges_add(struct area_ranges *ranges, uint32_t from, uint32_t to);
/* Whether a holds all that b has. */
bool area_ranges_hold(const struct area_ranges *a, const struct area_ranges *b);
bool area_ranges_equal(const struct area_ranges *a, const struct area_ranges *b);

/* Whether a row counts with these option words, in the banks that are in force. */
bool area_counts(const struct chip *chip, const struct chip_option_area *area, const uint32_t *words);
/* Where units of a row can lie: a bank, or all of flash. */
struct area_range area_domain(const struct chip *chip, const struct chip_option_area *area);
/* Bits of a row's field that stand for units. */
unsigned area_bit_count(const struct chip *chip, const struct chip_option_area *area);
/* The i-th unit (of bits: for the i-th bit); false = there is no such flash. */
bool area_unit(const struct chip *chip, const struct chip_option_area *area, uint32_t i, struct area_range *unit);
/* Bytes of a unit of a row with first and last, or size. */
uint32_t area_unit_size(const struct chip *chip, const struct chip_option_area *area);

/* Adds what a row protects with these words; nothing when it does not count. */
void area_add_protected(const struct chip *chip, const struct chip_option_area *area, const uint32_t *words,
			struct area_ranges *ranges);
/* The same for all rows of a name. */
void area_set_protected(const struct chip *chip, const char *name, const uint32_t *words,
			struct area_ranges *ranges);
/* "none", "sectors 0-3,7 (0x08000000-0x0800ffff,...)" or addresses alone. */
void area_ranges_text(const struct chip *chip, const struct area_ranges *ranges, char *text, size_t size);

#endif
