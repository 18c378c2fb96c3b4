/* SPDX-License-Identifier: MIT
 *
 * Breakpoints and watchpoints: Z and z. They are remembered by the core and placed at resume, because
 * GDB takes all out and puts all in around each stop. They are removed by type and address only:
 * LLDB removes with another kind than it set.
 */
#include "server/rsp/rsp.h"

#include "probe/bytes.h"

struct point {
	uint32_t type, address, kind;
};

static const enum watch_kind watch_kinds[] = { WATCH_WRITE, WATCH_READ, WATCH_ACCESS };

enum { POINT_SOFTWARE = 0, POINT_HARDWARE = 1, POINT_WATCH = 2, POINT_LAST = 4 };

/* Conditions and commands after `;` are not announced, so not sent; they are ignored. */
static struct point take_point(struct cursor *in)
{
	struct point point;

	point.type = cursor_take_hex(in, ',');
	point.address = cursor_take_hex(in, ',');
	point.kind = cursor_take_hex(in, CURSOR_ANY);
	return point;
}

static enum answer handle_insert(struct request *rq, struct cursor *in)
{
	struct point point = take_point(in);
	struct core *core = rq->session->core;
	struct why why = { "" };
	int err;

	if (in->bad)
		return rsp_malformed(rq);
	if (point.type > POINT_LAST)
		return ANSWER_NOW;
	if (point.type < POINT_WATCH)
		err = core_add_breakpoint(core, point.address & ~1u, point.kind == 2 ? 2 : 4,
					  point.type == POINT_HARDWARE, &why);
	else
		err = core_add_watchpoint(core, point.address, max_u32(point.kind, 1),
					  watch_kinds[point.type - POINT_WATCH], &why);
	return err ? rsp_error(rq, err, &why) : rsp_ok(rq);
}

/* Removing what is not there is fine. */
static enum answer handle_remove(struct request *rq, struct cursor *in)
{
	struct point point = take_point(in);
	struct core *core = rq->session->core;

	if (in->bad)
		return rsp_malformed(rq);
	if (point.type > POINT_LAST)
		return ANSWER_NOW;
	if (point.type < POINT_WATCH)
		core_remove_breakpoint(core, point.address & ~1u);
	else
		core_remove_watchpoint(core, point.address, max_u32(point.kind, 1),
				       watch_kinds[point.type - POINT_WATCH]);
	return rsp_ok(rq);
}

const struct rsp_command rsp_point_commands[] = {
	{ "Z", RULE_TARGET | RULE_CONTROL | RULE_CHANGES | RULE_TEXT, handle_insert },
	{ "z", RULE_TARGET | RULE_CONTROL | RULE_TEXT, handle_remove },
	{ NULL, 0, NULL },
};
