/* SPDX-License-Identifier: MIT
 *
 * Any bytes into the framer; every packet that comes out has to survive wrapping and framing again.
 */
#include "server/net/framer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct framer *from)
{
	static struct framer to;
	static uint8_t wrapped[FRAMER_WRAPPED_MAX(FRAMER_PAYLOAD_MAX)];
	size_t length = framer_wrap(from->data, from->length, wrapped);
	enum frame frame = FRAME_MORE;

	framer_init(&to);
	for (size_t i = 0; i < length; i++)
		frame = framer_push(&to, wrapped[i]);
	if (frame != FRAME_PACKET || to.length != from->length ||
	    memcmp(to.data, from->data, to.length) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct framer framer;

	framer_init(&framer);
	for (size_t i = 0; i < size; i++) {
		enum frame frame = framer_push(&framer, data[i]);

		if (frame == FRAME_PACKET)
			check_round_trip(&framer);
		if (frame == FRAME_BAD && !framer.problem)
			abort();
	}
	return 0;
}
