/* SPDX-License-Identifier: MIT
 *
 * From the description of a chip (twin.h) to what a virtual one begins with.
 */
#ifndef SERVER_VIRTUAL_TWIN_H
#define SERVER_VIRTUAL_TWIN_H

#include <stdio.h>

#include "probe/virtual/spec.h"
#include "targets/chip.h"

/* What a description says. */
struct virtual_twin {
	uint32_t idcode, supply_mv, uid[3];
	bool has_uid;
	struct virtual_content *contents;
	size_t content_count, content_room;
};

/* Reads it; option fields are set in the chip. E_CONFIG with the line; E_MEMORY. To be cleared in any case. */
int virtual_twin_read(struct virtual_twin *twin, FILE *file, struct chip *chip, struct why *why);
/* Hands the rest to the spec, which borrows the contents. */
void virtual_twin_apply(const struct virtual_twin *twin, struct virtual_spec *spec);
void virtual_twin_clear(struct virtual_twin *twin);

#endif
