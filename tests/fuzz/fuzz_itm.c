/* SPDX-License-Identifier: MIT
 *
 * Any bytes into the decoder of SWO: its packets stay within what the format allows.
 */
#include "server/trace/itm.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct itm itm = { .size = 0 };

	for (size_t i = 0; i < size; i++) {
		enum itm_kind kind = itm_push(&itm, data[i]);

		if (itm.port > 31 || itm.got > 4 || itm.size > 4)
			abort();
		if (kind == ITM_STIMULUS && itm.got != 1 && itm.got != 2 && itm.got != 4)
			abort();
	}
	return 0;
}
