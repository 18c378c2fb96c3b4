/* SPDX-License-Identifier: MIT
 *
 * A list of register accesses of one core that travel to the probe together. Reading it back is by
 * the index that batch_read gave.
 */
#ifndef TARGETS_BATCH_H
#define TARGETS_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "probe/probe.h"
#include "targets/core.h"

enum { BATCH_OPS = 192 };

struct batch {
	struct probe *probe;
	struct probe_port port;
	size_t count;
	struct probe_op ops[BATCH_OPS];
};

void batch_begin(struct batch *batch, const struct core *core);
void batch_write(struct batch *batch, uint32_t address, uint32_t value);
size_t batch_read(struct batch *batch, uint32_t address);
/* Sends the list (nothing, when it is empty). Not cut in half by an interrupt: half a step or half a
 * breakpoint is worse than a moment's wait. Returns the first error. */
int batch_run(struct batch *batch);
uint32_t batch_value(const struct batch *batch, size_t index);

#endif
