/* SPDX-License-Identifier: MIT
 *
 * Run control packets: ? c s C S vCont, restart, attach, kill, detach. What GDB waits for after a
 * resume is a stop reply; errors are told as text before it, because GDB shows no E there.
 */
#include "server/rsp/rsp.h"
#include "server/session/session.h"

/* The stop reply as the answer to the packet in work. */
static enum answer answer_stop(struct request *rq)
{
	session_describe_stop(rq->session, rq->peer, rq->reply);
	return ANSWER_NOW;
}

/* Likewise where an O packet may come before it. */
static enum answer answer_stop_with_notes(struct request *rq)
{
	if (rq->session->controller == rq->peer->number)
		session_flush_notes(rq->session, rq->peer->number);
	return answer_stop(rq);
}

static enum answer resume_failed(struct request *rq, int err, const struct why *why)
{
	session_note(rq->session, "%s", why->text[0] ? why->text : error_text(err));
	engine_recover(rq->engine, err);
	return answer_stop_with_notes(rq);
}

static enum answer wait_for_stop(struct request *rq)
{
	rq->peer->waits = true;
	session_tell_notes(rq->session);
	return ANSWER_AT_STOP;
}

static enum answer refuse_observer(struct request *rq)
{
	struct why why;

	return rsp_error(rq, explain(&why, E_REFUSED, "Another client controls this target; this "
				     "one may read and write memory."), &why);
}

/* An observer is told T05 while the core runs; its `continue` then changes nothing. */
static enum answer observe(struct request *rq)
{
	if (session_is_going(rq->session))
		return wait_for_stop(rq);
	return refuse_observer(rq);
}

/* Nothing can run, or a stop was not told yet (`monitor resume` ran into a breakpoint). */
static bool has_stop_to_tell(struct request *rq)
{
	struct session *session = rq->session;
	bool untold = session->stop_untold;

	session->stop_untold = false;
	return untold || session->run == RUN_UNREACHED || session->run == RUN_ENDED ||
	       session_take_late_break(session);
}

/* What the core did at once: its stop is told, or it goes on and will be. */
static enum answer handle_stop(struct request *rq)
{
	rq->peer->waits = true;
	session_handle_stop(rq->session);
	return rq->peer->waits ? ANSWER_AT_STOP : ANSWER_GIVEN;
}

static enum answer resume(struct request *rq, const char *reason)
{
	struct why why = { "" };
	int err;

	if (!session_may_control(rq->session, rq->peer))
		return observe(rq);
	if (has_stop_to_tell(rq))
		return answer_stop_with_notes(rq);
	err = session_resume(rq->session, reason, &why);
	if (err)
		return resume_failed(rq, err, &why);
	session_note_pause(rq->session);
	if (rq->session->run == RUN_RUNNING)
		return wait_for_stop(rq);
	session_set_run(rq->session, RUN_RUNNING, reason);
	return handle_stop(rq);
}

static bool can_step(struct request *rq)
{
	return !has_stop_to_tell(rq) && rq->session->run == RUN_HALTED;
}

static enum answer step(struct request *rq)
{
	struct why why = { "" };
	int err;

	if (!session_may_control(rq->session, rq->peer))
		return refuse_observer(rq);
	if (!can_step(rq))
		return answer_stop_with_notes(rq);
	err = session_step(rq->session, &why);
	if (err)
		return resume_failed(rq, err, &why);
	return rq->session->run == RUN_RUNNING ? wait_for_stop(rq) : handle_stop(rq);
}

static enum answer step_range(struct request *rq, uint32_t start, uint32_t end)
{
	struct session *session = rq->session;
	struct why why = { "" };
	bool over;
	int err;

	if (!session_may_control(session, rq->peer))
		return refuse_observer(rq);
	if (!can_step(rq))
		return answer_stop_with_notes(rq);
	session->step_start = start;
	session->step_end = end;
	err = session_step_slice(session, &over, &why);
	if (err)
		return resume_failed(rq, err, &why);
	if (over)
		return handle_stop(rq);
	if (session->run != RUN_RUNNING)
		session_set_run(session, RUN_STEPPING, "range");
	return wait_for_stop(rq);
}

static enum answer stop(struct request *rq)
{
	struct why why = { "" };
	int err;

	if (!session_may_control(rq->session, rq->peer))
		return refuse_observer(rq);
	err = session_halt(rq->session, "vCont;t", &why);
	return err ? resume_failed(rq, err, &why) : answer_stop(rq);
}

/* The optional address of c and s, after the signal of C and S. False when malformed. */
static bool take_address(struct request *rq, struct cursor *in)
{
	uint32_t address;

	if (cursor_at_end(in))
		return true;
	address = cursor_take_hex(in, CURSOR_END);
	if (in->bad)
		return false;
	if (rq->session->run == RUN_HALTED)
		core_write_register(rq->session->core, REG_PC, address & ~1u);
	return true;
}

/* The signal that GDB would deliver: there is nobody to deliver it to. */
static bool take_signal(struct cursor *in)
{
	cursor_take_hex(in, CURSOR_ANY);
	return !in->bad && (cursor_at_end(in) || cursor_take(in, ';'));
}

static enum answer handle_continue(struct request *rq, struct cursor *in)
{
	return take_address(rq, in) ? resume(rq, "c") : rsp_malformed(rq);
}

static enum answer handle_step(struct request *rq, struct cursor *in)
{
	return take_address(rq, in) ? step(rq) : rsp_malformed(rq);
}

static enum answer handle_continue_signal(struct request *rq, struct cursor *in)
{
	return take_signal(in) ? handle_continue(rq, in) : rsp_malformed(rq);
}

static enum answer handle_step_signal(struct request *rq, struct cursor *in)
{
	return take_signal(in) ? handle_step(rq, in) : rsp_malformed(rq);
}

struct action {
	int kind;		/* c C s S t r; 0 = no action for our thread */
	uint32_t start, end;	/* r */
};

static struct action take_action(struct cursor *in, bool *for_us)
{
	struct action action = { .kind = cursor_peek(in) };

	in->bad |= cursor_at_end(in);
	if (!in->bad)
		in->at++;
	if (action.kind == 'C' || action.kind == 'S')
		cursor_take_hex(in, CURSOR_ANY);
	if (action.kind == 'r') {
		action.start = cursor_take_hex(in, ',');
		action.end = cursor_take_hex(in, CURSOR_ANY);
	}
	*for_us = true;
	if (cursor_take(in, ':')) {
		int32_t thread = cursor_take_thread(in);

		*for_us = thread == 1 || thread == 0 || thread == -1;
	}
	return action;
}

/* Of all actions the leftmost that names our thread, or no thread, counts. */
static struct action take_actions(struct cursor *in)
{
	struct action chosen = { 0 };

	do {
		bool for_us;
		struct action action = take_action(in, &for_us);

		if (for_us && !chosen.kind)
			chosen = action;
	} while (!in->bad && cursor_take(in, ';'));
	in->bad |= !cursor_at_end(in);
	return chosen;
}

static enum answer handle_vcont(struct request *rq, struct cursor *in)
{
	struct action action = take_actions(in);

	if (in->bad)
		return rsp_malformed(rq);
	switch (action.kind) {
	case 'c': case 'C': return resume(rq, "vCont");
	case 's': case 'S': return step(rq);
	case 'r': return step_range(rq, action.start, action.end);
	case 't': return stop(rq);
	case 0: return answer_stop(rq);
	default: return rsp_malformed(rq);
	}
}

static enum answer handle_vcont_query(struct request *rq, struct cursor *in)
{
	(void)in;
	buffer_add(rq->reply, "vCont;c;C;s;S;t;r");
	return ANSWER_NOW;
}

/* GDB believes that it is halted then; nothing else is possible in all-stop. */
static bool is_only_watched(struct session *session)
{
	if (session->engine->board.options.connect != CONNECT_OBSERVE || !session_is_going(session))
		return false;
	session_note(session, "The core runs on (hot-plug,no-halt), whatever GDB shows of it: memory is live, "
		     "registers are zeros. `continue`, then Ctrl-C halts it.");
	return true;
}

/* Never an error: GDB 13 would ask again and again. */
static enum answer handle_why(struct request *rq, struct cursor *in)
{
	struct session *session = rq->session;
	struct why why = { "" };

	(void)in;
	if (!session_may_control(session, rq->peer)) {
		buffer_add(rq->reply, rq->engine->board.attached ? "T05thread:1;" : "W00");
		return ANSWER_NOW;
	}
	if (session_is_going(session) && !is_only_watched(session)) {
		if (session_halt_for_attach(session, "?", &why) != OK)
			session_note(session, "%s", why.text);
		session->signal = SESSION_TRAP;
	}
	session->stop_untold = false;
	return answer_stop(rq);
}

static int restart(struct request *rq, struct why *why)
{
	int err = engine_connect(rq->engine, why);

	if (!err)
		err = engine_reset(rq->engine, RESET_AUTO, true, "restart", why);
	if (err)	/* GDB shows no reason for these packets */
		session_note(rq->session, "%s", why->text[0] ? why->text : error_text(err));
	return err;
}

static enum answer handle_run(struct request *rq, struct cursor *in)
{
	struct why why = { "" };
	int err = restart(rq, &why);

	(void)in;
	return err ? rsp_error(rq, err, &why) : answer_stop(rq);
}

static enum answer handle_restart(struct request *rq, struct cursor *in)
{
	struct why why = { "" };

	(void)in;
	restart(rq, &why);
	return ANSWER_NEVER;
}

static enum answer handle_attach(struct request *rq, struct cursor *in)
{
	struct why why = { "" };
	int err = engine_connect(rq->engine, &why);

	(void)in;
	if (!err && rq->session->run == RUN_ENDED)
		session_adopt_core(rq->session, "vAttach");
	if (!err && !is_only_watched(rq->session))
		err = session_halt_for_attach(rq->session, "vAttach", &why);
	if (!err) {
		rq->session->signal = SESSION_TRAP;
		return answer_stop(rq);
	}
	session_note(rq->session, "%s", why.text[0] ? why.text : error_text(err));
	return rsp_error(rq, err, &why);
}

/* "Not running" means halted here, until vRun. */
static enum answer handle_kill_process(struct request *rq, struct cursor *in)
{
	struct session *session = rq->session;

	(void)in;
	if (session->run == RUN_UNREACHED || !session_may_control(session, rq->peer))
		return rsp_ok(rq);
	session_halt(session, "vKill", NULL);
	core_remove_all_points(session->core);
	session->exit_status = 0;
	session_set_run(session, RUN_ENDED, "vKill");
	return rsp_ok(rq);
}

static enum answer handle_kill(struct request *rq, struct cursor *in)
{
	(void)in;
	session_leave(rq->session, rq->peer, false);
	return ANSWER_CLOSE;
}

static enum answer handle_detach(struct request *rq, struct cursor *in)
{
	(void)in;
	session_leave(rq->session, rq->peer, false);
	return rsp_ok(rq);
}

static enum answer handle_extended(struct request *rq, struct cursor *in)
{
	(void)in;
	return rsp_ok(rq);
}

const struct rsp_command rsp_run_commands[] = {
	{ "?", RULE_READ | RULE_MEANWHILE, handle_why },
	{ "c", RULE_CHANGES, handle_continue },
	{ "C", RULE_CHANGES, handle_continue_signal },
	{ "s", RULE_CHANGES, handle_step },
	{ "S", RULE_CHANGES, handle_step_signal },
	{ "vCont?", 0, handle_vcont_query },
	{ "vCont;", RULE_CHANGES | RULE_TEXT, handle_vcont },
	{ "vRun", RULE_CONTROL | RULE_CHANGES | RULE_TEXT, handle_run },
	{ "vAttach", RULE_CONTROL | RULE_CHANGES | RULE_TEXT, handle_attach },
	{ "vKill", RULE_TEXT, handle_kill_process },
	{ "R", RULE_CONTROL | RULE_CHANGES, handle_restart },
	{ "k", 0, handle_kill },
	{ "D", 0, handle_detach },
	{ "!", RULE_MEANWHILE, handle_extended },
	{ NULL, 0, NULL },
};
