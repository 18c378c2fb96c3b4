/* SPDX-License-Identifier: MIT
 *
 * The bank modes of a chip: option bytes that choose a layout, and the banks in each other's place.
 */
#ifndef TESTS_ENGINE_LAYOUTS_H
#define TESTS_ENGINE_LAYOUTS_H

#include "targets/chip.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint32_t layout_size(const struct chip *chip, const struct chip_layout *layout)
{
	for (uint32_t kib = chip->flash_kib_max; kib >= 8; kib -= kib % 128 ? kib % 128 : 128) {
		if (chip_layout_fits(layout, kib))
			return kib;
	}
	return 0;
}

/* Sets the option words that a layout asks for; false when another one comes before it anyway. */
static inline bool layout_choose(struct chip *chip, size_t layout)
{
	uint32_t kib = layout_size(chip, &chip->layouts[layout]);

	for (size_t i = 0; i < chip->option_word_count; i++)
		chip_set_option_word(chip, i, chip->option_words[i].factory);
	for (size_t i = 0; i < layout; i++) {		/* not this one */
		const struct chip_condition *when = &chip->layouts[i].when[0];

		if (chip->layouts[i].when_count && chip_holds(chip, when))
			chip_set_option_word(chip, when->word,
					     chip->option_words[when->word].now ^ when->mask);
	}
	for (size_t i = 0; i < chip->layouts[layout].when_count; i++) {
		const struct chip_condition *when = &chip->layouts[layout].when[i];

		chip_set_option_word(chip, when->word, (chip->option_words[when->word].now & ~when->mask) |
				     when->value);
	}
	return kib && !chip_set_flash_size(chip, kib) && chip->layout == layout;
}

/* Puts the banks in each other's place; false when this chip can't. */
static inline bool layout_swap(struct chip *chip)
{
	const struct chip_condition *swap = &chip->swap;

	if (!swap->mask || chip->bank_count != 2)
		return false;
	chip_set_option_word(chip, swap->word, (chip->option_words[swap->word].now & ~swap->mask) | swap->value);
	return chip->swapped;
}

#endif
