/* SPDX-License-Identifier: MIT
 *
 * Firmware files come from anywhere: any bytes must end in pieces that are sorted and in bounds, or in a
 * sentence.
 */
#include "flash/image/image.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct flash_image *image)
{
	uint64_t end = 0;

	for (size_t i = 0; i < image->piece_count; i++) {
		const struct flash_image_piece *piece = &image->pieces[i];

		if (!piece->length || piece->address < end || piece->offset + piece->length > image->length)
			abort();
		end = (uint64_t)piece->address + piece->length;
	}
	if (end > 0x100000000)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "x.hex", "x.srec", "x.elf", "x.bin" };
	struct flash_image image;
	struct why why = { "" };

	if (!size)
		return 0;
	if (!flash_image_parse(&image, names[data[0] % 4], data + 1, size - 1, 0x08000000, &why))
		check(&image);
	else if (!why.text[0] || image.piece_count)
		abort();
	flash_image_clear(&image);
	return 0;
}
