/* SPDX-License-Identifier: MIT
 *
 * Chip files come from users too (--chips DIR): any bytes must end in a chip or in a sentence.
 */
#include "targets/chip.h"

#include "flash/option/option.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses its string buffer when a file ends inside of quotes. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

/* All sectors of each area, and none. */
static void ask_areas(const struct chip *chip)
{
	struct option_plan plan = { .chip = chip };
	struct why why = { "" };
	const char *name;
	char text[64];

	for (size_t i = 0; (name = option_area_name(chip, i)); i++) {
		option_area_set(&plan, name, "all", &why);
		option_area_text(chip, name, plan.after, text, sizeof(text));
		memset(plan.named, 0, sizeof(plan.named));
		option_area_set(&plan, name, "sectors:0", &why);
		memset(plan.named, 0, sizeof(plan.named));
		option_area_set(&plan, name, "none", &why);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct chip chip;
	struct why why = { "" };
	struct chip_sector sector;
	int err = chip_parse(&chip, "fuzz.cfg", (const char *)data, size, &why);

	if (err && (err != E_CONFIG || strncmp(why.text, "fuzz.cfg:", 9)))
		abort();
	if (!err) {	/* what was accepted must be safe to ask */
		chip_sector_at(&chip, 0x08000000, &sector);
		chip_set_flash_size(&chip, chip.flash_kib_max / 2);
		chip_region_at(&chip, 0x20000000);
		chip_flash_address(&chip, 0, &sector.base);
		ask_areas(&chip);
	}
	return 0;
}
