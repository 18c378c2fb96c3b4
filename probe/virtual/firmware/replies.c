/* SPDX-License-Identifier: MIT
 *
 * The probe's IN endpoint.
 */
#include "probe/virtual/firmware/replies.h"

#include <string.h>

#include "probe/error.h"

void replies_init(struct replies *replies, unsigned packet)
{
	replies->packet = packet;
	replies->count = replies->used = 0;
}

bool replies_add(struct replies *replies, const void *bytes, size_t length, uint64_t ready_ns)
{
	if (replies->count == REPLIES_MAX || replies->used + length > REPLIES_BYTES)
		return false;
	memcpy(replies->bytes + replies->used, bytes, length);
	replies->used += length;
	replies->lengths[replies->count] = length;
	replies->ready_ns[replies->count++] = ready_ns;
	return true;
}

uint64_t replies_ready_ns(const struct replies *replies)
{
	return replies->count ? replies->ready_ns[0] : UINT64_MAX;
}

/* Takes n bytes off the front; the first reply goes when nothing of it is left. */
static void consume(struct replies *replies, size_t n)
{
	replies->used -= n;
	replies->lengths[0] -= n;
	memmove(replies->bytes, replies->bytes + n, replies->used);
	if (replies->lengths[0])
		return;
	replies->count--;
	for (size_t i = 0; i < replies->count; i++) {
		replies->lengths[i] = replies->lengths[i + 1];
		replies->ready_ns[i] = replies->ready_ns[i + 1];
	}
}

int replies_fetch(struct replies *replies, void *buffer, size_t length, size_t *got)
{
	size_t there = replies->lengths[0], packet = replies->packet;
	size_t n = length < there ? length : there;

	if (length < there && length % packet) {
		size_t lost = (length / packet + 1) * packet;

		n -= length % packet;
		memcpy(buffer, replies->bytes, n);
		*got = n;
		consume(replies, lost < there ? lost : there);
		return E_USB;
	}
	memcpy(buffer, replies->bytes, n);
	*got = n;
	consume(replies, n);
	return n < length && n % packet == 0 ? E_TIMEOUT : (int)n;
}

void replies_drop(struct replies *replies, uint64_t now_ns)
{
	while (replies_ready_ns(replies) <= now_ns)
		consume(replies, replies->lengths[0]);
}
