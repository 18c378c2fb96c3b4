/* SPDX-License-Identifier: MIT
 *
 * Sectors against the areas that option bytes protect.
 */
#include "flash/guards.h"

#include "flash/option/areas.h"
#include "probe/bytes.h"
#include "targets/protection.h"

/* Also notes what they say of read protection, even when some of them can't be read. */
static int read_words(const struct flash_device *device, uint32_t *words, struct why *why)
{
	struct chip *chip = &device->board->chip;
	const struct chip_option_field *protection = protection_field(chip);
	struct probe_op ops[CHIP_OPTION_WORDS];
	int err;

	for (size_t i = 0; i < chip->option_word_count; i++)
		ops[i] = (struct probe_op){ .kind = PROBE_OP_READ, .address = chip->option_words[i].address };
	err = probe_batch(device->board->probe, device->core->port, ops, chip->option_word_count);
	for (size_t i = 0; i < chip->option_word_count; i++)
		words[i] = ops[i].value;
	if (protection && !ops[protection->word].result)
		chip_set_option_word(chip, protection->word, words[protection->word]);
	return err && !protection_is_on(chip) ? explain(why, err, "reading the option bytes: %s", error_text(err)) : 0;
}

static bool touches(const struct area_ranges *ranges, const struct chip_sector *sector)
{
	for (size_t i = 0; i < ranges->count; i++)
		if (sector->base < ranges->list[i].to && ranges->list[i].from < sector->base + sector->size)
			return true;
	return false;
}

static int check_area(const struct flash_device *device, const char *name, const char *words_for,
		      const uint32_t *words, const struct chip_sector *sectors, size_t count, struct why *why)
{
	const struct chip *chip = &device->board->chip;
	struct area_ranges ranges = { .count = 0 };

	area_set_protected(chip, name, words, &ranges);
	for (size_t i = 0; i < count; i++)
		if (touches(&ranges, &sectors[i]))
			return explain(why, E_PROTECTED, "sector %u of bank %u at 0x%08X is %s (%s in the option "
				       "bytes; `protect` tells how to leave it); nothing was changed", sectors[i].number,
				       chip->banks[sectors[i].bank].physical + 1u, sectors[i].base, words_for, name);
	return 0;
}

int guards_check(const struct flash_device *device, bool secure, const struct chip_sector *sectors, size_t count,
		 struct why *why)
{
	static const struct { const char *name, *words; } areas[] = {
		{ "WRP", "write-protected" },
		{ "PCROP", "protected against reading and writing" },
		{ "SEC", "in the secure area, which is closed to debuggers" },
	};
	uint32_t words[CHIP_OPTION_WORDS];
	int err = read_words(device, words, why);

	if (err)
		return err;
	if (protection_is_on(&device->board->chip))
		return explain(why, E_PROTECTED, "the chip is read-protected: a debugger can't write flash before "
			       "`protect off`, which erases the chip");
	for (size_t i = 0; i < ARRAY_SIZE(areas) - !secure && !err; i++)
		err = check_area(device, areas[i].name, areas[i].words, words, sectors, count, why);
	return err;
}
