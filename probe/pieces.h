/* SPDX-License-Identifier: MIT
 *
 * Cutting an area of memory into single commands. Pure. Private to probe/.
 */
#ifndef PROBE_PIECES_H
#define PROBE_PIECES_H

#include "probe/probe.h"

/* One memory command. */
struct piece {
	uint32_t address;
	uint32_t length;	/* bytes, a multiple of unit */
	unsigned unit;		/* bytes per access: 1, 2 or 4 */
};

/* OK, E_ALIGN, E_RANGE, E_FIRMWARE: whether the area can be accessed in this width at all. */
int pieces_check(const struct probe_abilities *abilities, uint32_t address, uint32_t length,
		 enum probe_width width);
/* The command that reads from address on, at most until end (exclusive, up to 2^32). With PROBE_ANY
 * it may begin before address and reach past end, to whole words. */
struct piece piece_to_read(const struct probe_abilities *abilities, uint32_t address, uint64_t end,
			   enum probe_width width);
/* The command that writes from address on; never a byte outside. */
struct piece piece_to_write(const struct probe_abilities *abilities, uint32_t address, uint64_t end,
			    enum probe_width width);

#endif
