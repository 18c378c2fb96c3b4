/* SPDX-License-Identifier: MIT
 *
 * Memory packets: m and x read, M and X write. A read may be answered short; it is an error only when
 * its first byte can't be read.
 */
#include "server/jobs.h"
#include "server/read_only.h"
#include "server/session/session.h"
#include "server/rsp/rsp.h"

#include "targets/protection.h"

#include "probe/bytes.h"

#include <string.h>

enum { FRAME = 4, READ_MAX = PACKET_SIZE - FRAME - 1 };	/* $ # cc, and the b of x */

/* Reads what fits into the answer, and into one command of the probe: whoever wants more asks again, and
 * no command is half empty. Returns the count or an error. */
static int read_some(struct request *rq, uint32_t address, uint32_t length, uint32_t most,
		     uint8_t *data)
{
	uint32_t done = 0, end;
	int err;

	if (rq->engine->load.in_work &&
	    board_area_at(&rq->engine->board, address, &end) == AREA_FLASH)
		return E_REFUSED;	/* it is being written */
	most = min_u32(most, probe_abilities(rq->engine->board.probe)->mem32_max);
	length = min_u32(min_u32(length, most), jobs_transfer_max(rq->engine));
	if (address + length < address)
		length = 0u - address;
	err = memory_read(rq->session->core, address, data, length, &done);
	return done ? (int)done : err ? err : E_FAULT;
}

static enum answer read_failed(struct request *rq, int err, uint32_t address)
{
	struct why why;

	explain(&why, err, "0x%08x can't be read: %s.", address, error_text(err));
	protection_explain(rq->session->core, err, address, &why);
	return rsp_error(rq, err, &why);
}

static enum answer handle_read_hex(struct request *rq, struct cursor *in)
{
	uint32_t address = cursor_take_hex(in, ','), length = cursor_take_hex(in, CURSOR_END);
	uint8_t data[READ_MAX / 2];
	int count;

	if (in->bad)
		return rsp_malformed(rq);
	if (!length)
		return ANSWER_NOW;
	count = read_some(rq, address, length, sizeof(data), data);
	if (count < 0)
		return read_failed(rq, count, address);
	buffer_add_hex(rq->reply, data, (size_t)count);
	return ANSWER_NOW;
}

/* Escaping by the loop may double the bytes; the answer must still fit into PacketSize. */
static enum answer handle_read_binary(struct request *rq, struct cursor *in)
{
	uint32_t address = cursor_take_hex(in, ','), length = cursor_take_hex(in, CURSOR_END);
	uint8_t data[READ_MAX];
	uint32_t most = READ_MAX / 2;
	int count;

	if (in->bad)
		return rsp_malformed(rq);
	buffer_add(rq->reply, "b");
	if (!length)
		return ANSWER_NOW;
	count = read_some(rq, address, length, most, data);
	if (count < 0)
		return read_failed(rq, count, address);
	buffer_add_bytes(rq->reply, data, (size_t)count);
	return ANSWER_NOW;
}

static enum answer write_bytes(struct request *rq, uint32_t address, const uint8_t *data,
			       uint32_t length)
{
	const struct chip *chip = &rq->engine->board.chip;
	uint32_t fault = address;
	struct why why = { "" };
	int err;

	if (!length)		/* the probe for X */
		return rsp_ok(rq);
	err = read_only_check(chip, address, length, &why);
	if (!err)
		err = memory_write(rq->session->core, address, data, length, &fault);
	if (!err)
		return rsp_ok(rq);
	if (!why.text[0] && err == E_RANGE)
		read_only_explain(chip, fault, &why);
	else if (!why.text[0])
		read_only_failed(chip, err, fault, &why);
	/* GDB's `load` tells its user nothing of an E; this goes to the log, and before the next monitor answer. */
	session_note(rq->session, "%s", why.text);
	return rsp_error(rq, err, &why);
}

static enum answer handle_write_hex(struct request *rq, struct cursor *in)
{
	uint32_t address = cursor_take_hex(in, ','), length = cursor_take_hex(in, ':');
	uint8_t data[PACKET_SIZE / 2];

	if (in->bad || cursor_left(in) != 2 * (uint64_t)length || length > sizeof(data))
		return rsp_malformed(rq);
	for (uint32_t i = 0; i < length; i++)
		data[i] = cursor_take_hex_byte(in);
	if (in->bad)
		return rsp_malformed(rq);
	return write_bytes(rq, address, data, length);
}

static enum answer handle_write_binary(struct request *rq, struct cursor *in)
{
	uint32_t address = cursor_take_hex(in, ','), length = cursor_take_hex(in, ':');

	if (in->bad || cursor_left(in) != length)
		return rsp_malformed(rq);
	return write_bytes(rq, address, in->at, length);
}

enum { READ_RULES = RULE_TARGET | RULE_READ | RULE_MEANWHILE };

const struct rsp_command rsp_memory_commands[] = {
	{ "m", READ_RULES, handle_read_hex },
	{ "x", READ_RULES, handle_read_binary },
	{ "M", RULE_TARGET | RULE_CHANGES, handle_write_hex },
	{ "X", RULE_TARGET | RULE_CHANGES, handle_write_binary },
	{ NULL, 0, NULL },
};
