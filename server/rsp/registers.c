/* SPDX-License-Identifier: MIT
 *
 * Register packets: g G p P, in the order and width of the target description. While the core runs the
 * last values known are answered, zeros otherwise: GDB drops a connection whose registers are all
 * unavailable.
 */
#include "server/rsp/registers_map.h"
#include "server/rsp/rsp.h"
#include "server/session/session.h"

#include "probe/bytes.h"

/* DWT_PCSR: where a running core is, without halting it (DDI 0403E C1.8.5). */
enum { DWT_PCSR = 0xE000101C };

/* A loader's registers are nobody's business, also while it stands between two blocks. */
static bool is_halted(const struct request *rq)
{
	return rq->session->core->state == CORE_HALTED && !rq->engine->load.in_work;
}

static uint64_t value_while_running(struct request *rq, const struct gdb_register *row)
{
	struct core *core = rq->session->core;
	uint32_t pc;

	if (row->reg == REG_XPSR)
		return 0x01000000;	/* Thumb: what GDB needs to read code */
	if (row->reg == REG_PC && !probe_read_u32(core->board->probe, core->port, DWT_PCSR, &pc) &&
	    pc != UINT32_MAX)
		return pc & ~1u;
	return 0;
}

static int read_row(struct request *rq, const struct gdb_register *row, uint64_t *value)
{
	if (is_halted(rq))
		return gdb_register_read(rq->session->core, row, value);
	*value = value_while_running(rq, row);
	return OK;
}

static void add_value(struct buffer *out, const struct gdb_register *row, uint64_t value)
{
	uint8_t bytes[8];

	put_u32(bytes, (uint32_t)value);
	put_u32(bytes + 4, (uint32_t)(value >> 32));
	buffer_add_hex(out, bytes, row->bits / 8);
}

static uint64_t take_value(struct cursor *in, const struct gdb_register *row)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < row->bits; i += 8)
		value |= (uint64_t)cursor_take_hex_byte(in) << i;
	return value;
}

static enum answer handle_read_all(struct request *rq, struct cursor *in)
{
	struct core *core = rq->session->core;
	int err = is_halted(rq) ? core_fetch_registers(core, core->fpu) : OK;

	(void)in;
	for (size_t i = 0; i < gdb_register_count && !err; i++) {
		const struct gdb_register *row = &gdb_registers[i];
		uint64_t value;

		if (!gdb_register_exists(row, core->mainline, core->fpu))
			continue;
		err = read_row(rq, row, &value);
		if (!err)
			add_value(rq->reply, row, value);
	}
	return err ? rsp_error(rq, err, NULL) : ANSWER_NOW;
}

static enum answer refuse_while_running(struct request *rq)
{
	struct why why;

	return rsp_error(rq, explain(&why, E_NOT_HALTED, "The core runs; registers can be written "
				     "while it is halted."), &why);
}

/* Registers left out at the end keep their values; xxxxxxxx in between does too. */
static enum answer handle_write_all(struct request *rq, struct cursor *in)
{
	struct core *core = rq->session->core;
	int err = OK;

	if (!is_halted(rq))
		return refuse_while_running(rq);
	for (size_t i = 0; i < gdb_register_count && !err && !cursor_at_end(in); i++) {
		const struct gdb_register *row = &gdb_registers[i];
		uint64_t value;

		if (!gdb_register_exists(row, core->mainline, core->fpu))
			continue;
		if (cursor_take_word(in, row->bits == 8 ? "xx" : "xxxxxxxx")) {
			if (row->bits == 64)
				cursor_take_word(in, "xxxxxxxx");
			continue;
		}
		value = take_value(in, row);
		if (in->bad)
			return rsp_malformed(rq);
		err = gdb_register_write(core, row, value);
	}
	return err ? rsp_error(rq, err, NULL) : rsp_ok(rq);
}

static enum answer handle_read_one(struct request *rq, struct cursor *in)
{
	uint32_t number = cursor_take_hex(in, CURSOR_END);
	const struct gdb_register *row = gdb_register_find(rq->session->core, number);
	uint64_t value;
	int err;

	if (in->bad || !row)
		return rsp_malformed(rq);
	err = read_row(rq, row, &value);
	if (err)
		return rsp_error(rq, err, NULL);
	add_value(rq->reply, row, value);
	return ANSWER_NOW;
}

static enum answer handle_write_one(struct request *rq, struct cursor *in)
{
	uint32_t number = cursor_take_hex(in, '=');
	const struct gdb_register *row = gdb_register_find(rq->session->core, number);
	uint64_t value;
	int err;

	if (in->bad || !row)
		return rsp_malformed(rq);
	value = take_value(in, row);
	if (in->bad || !cursor_at_end(in))
		return rsp_malformed(rq);
	if (!is_halted(rq))
		return refuse_while_running(rq);
	err = gdb_register_write(rq->session->core, row, value);
	return err ? rsp_error(rq, err, NULL) : rsp_ok(rq);
}

/* Also while another client loads: GDB leaves when it gets no registers. */
enum { READ_RULES = RULE_TARGET | RULE_READ | RULE_MEANWHILE };

const struct rsp_command rsp_register_commands[] = {
	{ "g", READ_RULES, handle_read_all },
	{ "G", RULE_TARGET | RULE_CONTROL | RULE_CHANGES, handle_write_all },
	{ "p", READ_RULES, handle_read_one },
	{ "P", RULE_TARGET | RULE_CONTROL | RULE_CHANGES, handle_write_one },
	{ NULL, 0, NULL },
};
