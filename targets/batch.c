/* SPDX-License-Identifier: MIT
 *
 * Register accesses collected for one trip to the probe.
 */
#include "targets/batch.h"

#include <assert.h>

#include "targets/board.h"

void batch_begin(struct batch *batch, const struct core *core)
{
	batch->probe = core->board->probe;
	batch->port = core->port;
	batch->count = 0;
}

void batch_write(struct batch *batch, uint32_t address, uint32_t value)
{
	assert(batch->count < BATCH_OPS);
	batch->ops[batch->count++] = (struct probe_op){ PROBE_OP_WRITE, address, value, 0 };
}

size_t batch_read(struct batch *batch, uint32_t address)
{
	assert(batch->count < BATCH_OPS);
	batch->ops[batch->count] = (struct probe_op){ PROBE_OP_READ, address, 0, 0 };
	return batch->count++;
}

int batch_run(struct batch *batch)
{
	int err;

	if (!batch->count)
		return 0;
	probe_critical_begin(batch->probe);
	err = probe_batch(batch->probe, batch->port, batch->ops, batch->count);
	probe_critical_end(batch->probe);
	return err;
}

uint32_t batch_value(const struct batch *batch, size_t index)
{
	return batch->ops[index].value;
}
