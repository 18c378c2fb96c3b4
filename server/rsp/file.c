/* SPDX-License-Identifier: MIT
 *
 * GDB's answers to File-I/O requests: F RESULT [, ERRNO [, C]] in hex, a minus before what is below 0.
 */
#include "server/rsp/rsp.h"
#include "server/session/session.h"

enum { SIGNAL_INT = 2, GDB_EINTR = 4 };

struct file_reply {
	int32_t result;
	int error;
	bool ctrl_c;		/* pressed meanwhile */
};

static int32_t take_signed(struct cursor *in)
{
	bool minus = cursor_take(in, '-');
	uint32_t value = cursor_take_hex(in, CURSOR_ANY);

	return (int32_t)(minus ? 0 - value : value);
}

static struct file_reply take_reply(struct cursor *in)
{
	struct file_reply reply = { .result = take_signed(in) };

	if (cursor_take(in, ',') && cursor_peek(in) != 'C' && cursor_peek(in) != ',')
		reply.error = take_signed(in);
	cursor_take(in, ',');
	reply.ctrl_c = cursor_take(in, 'C');
	if (!cursor_at_end(in) && !cursor_take(in, ';'))
		in->bad = true;
	return reply;
}

/* The call was not made: it will be when the program goes on. */
static enum answer stop_at_call(struct request *rq)
{
	session_halt(rq->session, "Ctrl-C", NULL);
	rq->session->signal = SIGNAL_INT;
	session_describe_stop(rq->session, rq->peer, rq->reply);
	return ANSWER_NOW;
}

static enum answer handle_reply(struct request *rq, struct cursor *in)
{
	struct session *session = rq->session;
	struct file_reply reply = take_reply(in);

	if (!session_waits_for_gdb(session))
		return ANSWER_NEVER;
	if (in->bad)
		reply = (struct file_reply){ .result = -1 };
	if (reply.ctrl_c && reply.result < 0 && reply.error == GDB_EINTR)
		return stop_at_call(rq);
	rq->peer->waits = true;
	session_gdb_answered(session, reply.result, reply.error);
	if (reply.ctrl_c && rq->peer->waits)
		session_break(session, rq->peer);
	return rq->peer->waits ? ANSWER_AT_STOP : ANSWER_GIVEN;
}

const struct rsp_command rsp_file_commands[] = {
	{ "F", RULE_CONTROL, handle_reply },
	{ NULL, 0, NULL },
};
