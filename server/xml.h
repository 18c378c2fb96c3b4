/* SPDX-License-Identifier: MIT
 *
 * The two documents that GDB asks for: which registers there are, and what memory is where. Pure.
 */
#ifndef SERVER_XML_H
#define SERVER_XML_H

#include <stdbool.h>

#include "server/net/buffer.h"
#include "targets/chip.h"

enum { XML_SIZE = 16384 };	/* both fit; out->cut tells if not */

/* target.xml: m-profile, m-system, and vfp where there is an FPU. */
void xml_target(struct buffer *out, bool mainline, bool fpu);
/* The ranges of server/memory_map.h; what is neither flash nor read-only is RAM to GDB. */
void xml_memory_map(struct buffer *out, const struct chip *chip);

#endif
