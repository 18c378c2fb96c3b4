/* SPDX-License-Identifier: MIT
 *
 * The description of a chip that a twin is made of.
 */
#include "server/virtual/twin.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct chip *chip_to_change(void)
{
	struct chip *chip = malloc(sizeof(*chip));
	struct chip_library *chips;
	struct why why;

	if (!chip || chip_library_open(&chips, NULL, &why) || chip_find_part(chip, chips, "STM32U575ZI", &why))
		abort();
	chip_library_close(chips);
	return chip;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct chip *fresh;
	FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	struct chip *chip = malloc(sizeof(*chip));
	struct virtual_twin twin;
	struct why why = { "" };

	if (!fresh)
		fresh = chip_to_change();
	memcpy(chip, fresh, sizeof(*chip));
	if (file) {
		virtual_twin_read(&twin, file, chip, &why);
		for (size_t i = 0; i < twin.content_count; i++)
			if (twin.contents[i].length > sizeof(twin.contents[i].bytes))
				abort();
		virtual_twin_clear(&twin);
		fclose(file);
	}
	free(chip);
	return 0;
}
