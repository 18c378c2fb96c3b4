/* SPDX-License-Identifier: MIT
 *
 * The probe's IN endpoint: replies in the order they were made, each a USB transfer of its own.
 * What the host does not fetch stays and comes out before the next reply, as on the real thing.
 */
#ifndef PROBE_VIRTUAL_REPLIES_H
#define PROBE_VIRTUAL_REPLIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPLIES_MAX = 8, REPLIES_BYTES = 2 * 65536 };

struct replies {
	unsigned packet;		/* bytes in a USB packet */
	size_t count, used;
	size_t lengths[REPLIES_MAX];
	uint64_t ready_ns[REPLIES_MAX];
	uint8_t bytes[REPLIES_BYTES];	/* one after the other */
};

void replies_init(struct replies *replies, unsigned packet);
/* Drops the reply (false) when nobody fetched the ones before. */
bool replies_add(struct replies *replies, const void *bytes, size_t length, uint64_t ready_ns);
/* When the first reply can be fetched; UINT64_MAX when there is none. */
uint64_t replies_ready_ns(const struct replies *replies);
/* Fetches the first reply, as a bulk IN transfer of at most length bytes: returns the count.
 * E_USB when a packet did not fit in (babble: that packet is lost), E_TIMEOUT when the host
 * wants more than a whole number of packets, which no short packet ends. *got = bytes in
 * buffer in any case. */
int replies_fetch(struct replies *replies, void *buffer, size_t length, size_t *got);
/* Throws away what is ready. */
void replies_drop(struct replies *replies, uint64_t now_ns);

#endif
