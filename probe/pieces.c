/* SPDX-License-Identifier: MIT
 *
 * Which accesses serve an area best. Each command costs two exchanges (it and its status), so few
 * pieces count for more than few bytes. TAR's wrap at 1 KiB is the firmware's business: old firmware
 * writes TAR for each 16 bytes, new firmware at the wrap.
 */
#include "probe/pieces.h"

#include "probe/bytes.h"

/* Up to here bytes in one command beat bytes, words and bytes in three. */
enum { BYTES_AT_ONCE = 64 };

static unsigned unit_of(enum probe_width width)
{
	switch (width) {
	case PROBE_8:
		return 1;
	case PROBE_16:
		return 2;
	case PROBE_ANY:
	case PROBE_32:
		break;
	}
	return 4;
}

int pieces_check(const struct probe_abilities *abilities, uint32_t address, uint32_t length,
		 enum probe_width width)
{
	if ((uint64_t)address + length > 1ull << 32)
		return E_RANGE;
	if (width == PROBE_16 && !abilities->mem16)
		return E_FIRMWARE;
	if (width != PROBE_ANY && (address | length) % unit_of(width))
		return E_ALIGN;
	return OK;
}

static struct piece cut(const struct probe_abilities *abilities, uint32_t address, uint64_t end,
			unsigned unit)
{
	uint32_t most = unit == 1 ? abilities->mem8_max : abilities->mem32_max;
	uint64_t left = end - address;

	return (struct piece){ address, left < most ? (uint32_t)left : most, unit };
}

struct piece piece_to_read(const struct probe_abilities *abilities, uint32_t address, uint64_t end,
			   enum probe_width width)
{
	if (width != PROBE_ANY)
		return cut(abilities, address, end, unit_of(width));
	return cut(abilities, address & ~3u, (end + 3) & ~3ull, 4);
}

struct piece piece_to_write(const struct probe_abilities *abilities, uint32_t address, uint64_t end,
			    enum probe_width width)
{
	uint64_t words_end = end & ~3ull;

	if (width != PROBE_ANY)
		return cut(abilities, address, end, unit_of(width));
	/* A short unaligned area goes as bytes in one command, not as head, body and tail. */
	if ((address | end) % 4 && end - address <= BYTES_AT_ONCE)
		return cut(abilities, address, end, 1);
	if (address % 4)
		return cut(abilities, address, (address | 3ull) + 1, 1);
	if (address < words_end)
		return cut(abilities, address, words_end, 4);
	return cut(abilities, address, end, 1);
}
