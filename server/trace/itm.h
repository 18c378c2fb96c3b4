/* SPDX-License-Identifier: MIT
 *
 * Decoder of the ITM's packets as they come over SWO, byte by byte. Pure; fuzzed.
 */
#ifndef SERVER_ITM_H
#define SERVER_ITM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum itm_kind {
	ITM_MORE,		/* the packet goes on */
	ITM_STIMULUS,		/* port, data, size: what firmware wrote */
	ITM_HARDWARE,		/* port = the DWT's packet id, data, size */
	ITM_OVERFLOW,		/* the core had to drop some */
	ITM_OTHER,		/* time stamp, synchronisation, extension: no contents for us */
};

struct itm {
	enum itm_kind kind;	/* of the packet in work */
	unsigned port, size, got;
	uint32_t data;
	bool continues;		/* a packet whose bytes tell by bit 7 that there are more */
	unsigned zeros;		/* in a row, so far */
};

/* Takes a byte of an itm that was all zeros at first. The result is about the packet that it ends. */
enum itm_kind itm_push(struct itm *itm, uint8_t byte);

#endif
