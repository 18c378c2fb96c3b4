/* SPDX-License-Identifier: MIT
 *
 * Packets of the remote serial protocol, byte by byte: takes off framing, escapes and run lengths
 * on the way in, puts framing and escapes on the way out. Pure; fuzzed.
 */
#ifndef SERVER_FRAMER_H
#define SERVER_FRAMER_H

#include <stddef.h>
#include <stdint.h>

enum { FRAMER_PAYLOAD_MAX = 0x4000 };

enum frame {
	FRAME_MORE,		/* nothing to do yet */
	FRAME_PACKET,		/* data and length hold a whole packet until the next push */
	FRAME_BREAK,		/* 0x03 outside of a packet */
	FRAME_ACK, FRAME_NAK,	/* + and - */
	FRAME_BAD,		/* a packet was thrown away; problem says why */
};

struct framer {
	enum framer_state {
		FRAMER_OUTSIDE, FRAMER_INSIDE, FRAMER_ESCAPE, FRAMER_REPEAT, FRAMER_SUM_HIGH,
		FRAMER_SUM_LOW,
	} state;
	uint8_t sum;			/* of the payload so far */
	uint8_t claimed;		/* the sender's, after '#' */
	const char *fault;		/* of the packet that is coming in; NULL = none */
	const char *problem;		/* of the last FRAME_BAD; static text */
	size_t length;
	uint8_t data[FRAMER_PAYLOAD_MAX];	/* plain bytes: no escapes, no run lengths */
};

void framer_init(struct framer *framer);

/* Takes one byte. Whatever comes in, the next '$' starts a packet again. */
enum frame framer_push(struct framer *framer, uint8_t byte);

/* The most that framer_wrap writes for so many bytes of payload. */
#define FRAMER_WRAPPED_MAX(length) (2 * (size_t)(length) + 4)

/* Writes $payload#cc with escapes to out and returns its length. */
size_t framer_wrap(const void *payload, size_t length, uint8_t *out);

#endif
