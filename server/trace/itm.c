/* SPDX-License-Identifier: MIT
 *
 * ITM packets: Armv7-M ARM DDI 0403E appendix D4.
 */
#include "server/trace/itm.h"

enum {
	SYNC_ZEROS = 5, SYNC_END = 0x80, OVERFLOW = 0x70,
	SIZE_MASK = 3, SOURCE_HARDWARE = 4, MORE_FOLLOWS = 0x80, LONG_HEADER = 0x80,
};

static enum itm_kind start_source(struct itm *itm, uint8_t header)
{
	static const uint8_t sizes[] = { 0, 1, 2, 4 };

	itm->kind = header & SOURCE_HARDWARE ? ITM_HARDWARE : ITM_STIMULUS;
	itm->port = header >> 3;
	itm->size = sizes[header & SIZE_MASK];
	itm->got = 0;
	itm->data = 0;
	return ITM_MORE;
}

/* Time stamps, extensions and the like: one byte, or as many as say that more follow. */
static enum itm_kind start_protocol(struct itm *itm, uint8_t header)
{
	itm->continues = header & LONG_HEADER;
	return itm->continues ? ITM_MORE : ITM_OTHER;
}

static enum itm_kind take_data(struct itm *itm, uint8_t byte)
{
	itm->data |= (uint32_t)byte << 8 * itm->got++;
	if (itm->got < itm->size)
		return ITM_MORE;
	itm->size = 0;
	return itm->kind;
}

static enum itm_kind start(struct itm *itm, uint8_t header)
{
	if (header == 0)
		return ITM_MORE;
	if (header == OVERFLOW)
		return ITM_OVERFLOW;
	return header & SIZE_MASK ? start_source(itm, header) : start_protocol(itm, header);
}

/* No other packet has so many zeros in a row: after a gap the decoder finds its place here. */
static bool ends_synchronisation(struct itm *itm, uint8_t byte)
{
	bool ends = itm->zeros >= SYNC_ZEROS && byte == SYNC_END;

	itm->zeros = byte ? 0 : itm->zeros + 1;
	return ends;
}

enum itm_kind itm_push(struct itm *itm, uint8_t byte)
{
	if (ends_synchronisation(itm, byte)) {
		*itm = (struct itm){ .size = 0 };
		return ITM_OTHER;
	}
	if (itm->size)
		return take_data(itm, byte);
	if (itm->continues) {
		itm->continues = byte & MORE_FOLLOWS;
		return itm->continues ? ITM_MORE : ITM_OTHER;
	}
	return start(itm, byte);
}
