/* SPDX-License-Identifier: MIT
 *
 * Lists of word accesses in one pair of exchanges (RW_MISC): the items go out by 51, their results
 * and statuses come back by 52.
 */
#include "probe/probe.h"

#include "probe/bytes.h"
#include "probe/log.h"
#include "probe/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM_ADDRESS = 1, ITEM_WRITE = 2, ITEM_READ = 3, ITEM_AP = 5 };
enum { ITEMS_MAX = 1227 };

/* What goes out: N item bytes, padded to words, then N words; what comes back: 2 N words. */
struct batch {
	uint32_t count;
	uint8_t items[ITEMS_MAX];
	uint32_t values[ITEMS_MAX];
	uint8_t bytes[ITEMS_MAX * 8];
};

static void add(struct batch *batch, uint8_t item, uint32_t value)
{
	batch->items[batch->count] = item;
	batch->values[batch->count++] = value;
}

static uint32_t items_of(const struct probe_op *op)
{
	return op->kind == PROBE_OP_WRITE ? 2 : 1;
}

/* Fills a batch with as many ops as fit; returns how many. */
static size_t fill(struct probe *probe, struct batch *batch, uint8_t ap,
		   const struct probe_op *ops, size_t count)
{
	uint32_t most = min_u32(probe->abilities.batch_max, ITEMS_MAX);
	size_t taken;

	batch->count = 0;
	probe->batch_ap_used |= ap != 0;
	if (probe->batch_ap_used)
		add(batch, ITEM_AP, ap);
	for (taken = 0; taken < count; taken++) {
		const struct probe_op *op = &ops[taken];

		if (batch->count + items_of(op) > most)
			break;
		if (op->kind == PROBE_OP_READ) {
			add(batch, ITEM_READ, op->address);
		} else {
			add(batch, ITEM_ADDRESS, op->address);
			add(batch, ITEM_WRITE, op->value);
		}
	}
	return taken;
}

static int send(struct probe *probe, struct batch *batch)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_BATCH_OUT);
	uint32_t padded = (batch->count + 3) & ~3u;

	memset(batch->bytes, 0, padded);
	memcpy(batch->bytes, batch->items, batch->count);
	for (uint32_t i = 0; i < batch->count; i++)
		put_u32(batch->bytes + padded + 4 * i, batch->values[i]);
	put_u32(x.command + 2, batch->count);
	x.out = batch->bytes;
	x.out_length = padded + 4 * batch->count;
	x.timeout_ms = probe_deadline_ms(probe, 3 * batch->count);
	return stlink_run(&probe->stlink, &x);
}

static int receive(struct probe *probe, struct batch *batch)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_BATCH_IN);

	put_u32(x.command + 2, batch->count);
	x.in = batch->bytes;
	x.in_length = 8 * batch->count;
	x.timeout_ms = probe_deadline_ms(probe, 3 * batch->count);
	return stlink_run(&probe->stlink, &x);
}

static int item_error(struct probe *probe, const struct batch *batch, uint32_t item)
{
	return stlink_judge(&probe->stlink, batch->bytes[4 * (batch->count + item)]);
}

/* Hands results to ops; returns the first error. */
static int take_results(struct probe *probe, const struct batch *batch, struct probe_op *ops,
			size_t count)
{
	uint32_t item = probe->batch_ap_used;
	int first = item ? item_error(probe, batch, 0) : OK;

	for (size_t i = 0; i < count; i++) {
		struct probe_op *op = &ops[i];

		op->result = item_error(probe, batch, item);
		if (op->kind == PROBE_OP_WRITE && !op->result)
			op->result = item_error(probe, batch, item + 1);
		else if (op->kind == PROBE_OP_READ)
			op->value = get_u32(batch->bytes + 4 * item);
		if (!first)
			first = op->result;
		item += items_of(op);
	}
	return first;
}

/* One line for as many ops as it holds: "=" was read, "<" was written. */
static void log_ops(const struct probe_op *ops, size_t count)
{
	char text[400] = "";
	size_t at = 0;

	for (size_t i = 0; i < count && at + 40 < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, " %08x%s%08x%s",
				       ops[i].address, ops[i].kind == PROBE_OP_READ ? "=" : "<",
				       ops[i].value, ops[i].result ? "!" : "");
	log_line(LOG_PROBE, "batch of %zu:%s", count, text);
}

static int run_batches(struct probe *probe, struct batch *batch, uint8_t ap, struct probe_op *ops,
		       size_t count)
{
	int err = OK;

	for (size_t done = 0; !err && done < count;) {
		size_t taken = fill(probe, batch, ap, ops + done, count - done);

		if (done && probe_interrupted(probe))
			return E_INTERRUPTED;
		err = send(probe, batch);
		if (!err)
			err = receive(probe, batch);
		if (err) {
			for (size_t i = 0; i < taken; i++)
				ops[done + i].result = err;
			return err;
		}
		err = probe_note_error(probe, take_results(probe, batch, ops + done, taken));
		if (log_is_on(LOG_PROBE))
			log_ops(ops + done, taken);
		done += taken;
	}
	return err;
}

static int run_singly(struct probe *probe, struct probe_port port, struct probe_op *ops,
		      size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct probe_op *op = &ops[i];

		if (i && probe_interrupted(probe))
			return E_INTERRUPTED;
		if (op->kind == PROBE_OP_READ)
			op->result = probe_read_u32(probe, port, op->address, &op->value);
		else
			op->result = probe_write_u32(probe, port, op->address, op->value);
		if (op->result)
			return op->result;
	}
	return OK;
}

int probe_batch(struct probe *probe, struct probe_port port, struct probe_op *ops, size_t count)
{
	struct batch *batch;
	int err = probe_check_port(probe, port);

	for (size_t i = 0; i < count; i++)
		ops[i].result = err ? err : E_INTERRUPTED;
	if (err)
		return err;
	/* Batches know no CSW, and gain nothing for two: single accesses stop at an error. */
	if (!probe->abilities.batch || port.csw || count <= 2)
		return run_singly(probe, port, ops, count);
	batch = malloc(sizeof(*batch));
	if (!batch)
		return E_MEMORY;
	err = run_batches(probe, batch, port.ap, ops, count);
	free(batch);
	return err;
}
