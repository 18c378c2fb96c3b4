/* SPDX-License-Identifier: MIT
 *
 * CRC-32 with the polynomial 04C11DB7, most significant bit first, as GDB's qCRC has it. Pure.
 */
#include "flash/checksum.h"

uint32_t crc32_gdb(uint32_t crc, const void *data, size_t length)
{
	/* Four bits at a time: the polynomial times 0 to 15. */
	static const uint32_t table[16] = {
		0x00000000, 0x04C11DB7, 0x09823B6E, 0x0D4326D9, 0x130476DC, 0x17C56B6B, 0x1A864DB2,
		0x1E475005, 0x2608EDB8, 0x22C9F00F, 0x2F8AD6D6, 0x2B4BCB61, 0x350C9B64, 0x31CD86D3,
		0x3C8EA00A, 0x384FBDBD,
	};
	const uint8_t *byte = data;

	for (; length; length--, byte++) {
		crc = crc << 4 ^ table[crc >> 28 ^ *byte >> 4];
		crc = crc << 4 ^ table[crc >> 28 ^ (*byte & 15)];
	}
	return crc;
}
