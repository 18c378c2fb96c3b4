/* SPDX-License-Identifier: MIT
 *
 * Stops at semihosting calls: served at once and unseen, or once GDB or a terminal has answered.
 */
#include "server/session/session.h"

#include "probe/log.h"

enum settled session_serve_call(struct session *session)
{
	switch (semihosting_serve(session, &session->exit_status)) {
	case SEMIHOSTING_SERVED:
		return SETTLED_SERVED;
	case SEMIHOSTING_WAITS:
		session->called_from = session->run;
		session_set_run(session, RUN_CALLING, "semihosting");
		return SETTLED_WAITS;
	case SEMIHOSTING_ENDED:
		session_set_run(session, RUN_ENDED, "the program ended");
		return SETTLED_STOP;
	case SEMIHOSTING_FAILED:
		break;
	}
	session_set_run(session, RUN_HALTED, "semihosting failed");
	return SETTLED_STOP;
}

/* Lets the core run on: SETTLED_WAITS, unless it stands at the next stop at once. */
static enum settled resume_after_call(struct session *session)
{
	struct why why = { "" };

	if (core_resume(session->core, &why) != OK) {
		session_set_run(session, RUN_HALTED, "can't resume");
		session_note(session, "The core can't go on after semihosting: %s", why.text);
		return SETTLED_STOP;
	}
	session_poll_quickly(session);	/* the next call comes soon */
	return session->core->state == CORE_HALTED ? session_settle_stop(session) : SETTLED_WAITS;
}

static void go_on(struct session *session, enum settled settled)
{
	while (settled == SETTLED_SERVED) {
		if (session->run == RUN_STEPPING)
			return;
		if (session->run == RUN_HALTED) {	/* it was one step, which is over */
			session->core->stop = STOP_REQUEST;
			session->signal = SESSION_TRAP;
			settled = SETTLED_STOP;
		} else {
			settled = resume_after_call(session);
		}
	}
	if (settled == SETTLED_STOP)
		session_tell_stop(session);
}

void session_handle_stop(struct session *session)
{
	go_on(session, session_settle_stop(session));
}

static void after_call(struct session *session, enum semihosting_outcome outcome)
{
	if (outcome == SEMIHOSTING_WAITS)	/* GDB was asked something else */
		return;
	session_set_run(session, outcome == SEMIHOSTING_SERVED ? session->called_from : RUN_HALTED,
			"semihosting");
	go_on(session, outcome == SEMIHOSTING_SERVED ? SETTLED_SERVED : SETTLED_STOP);
}

bool session_waits_for_gdb(const struct session *session)
{
	return session->run == RUN_CALLING &&
	       session->semihosting.pending.what == WAITS_FOR_GDB;
}

void session_gdb_answered(struct session *session, int32_t answer, int error)
{
	after_call(session, semihosting_reply(session, answer, error));
}

void session_give_up_call(struct session *session)
{
	if (session_waits_for_gdb(session))
		after_call(session, semihosting_give_up(session));
}

void session_interrupt_call(struct session *session)
{
	if (session->run != RUN_CALLING)
		return;
	session->semihosting.pending.what = WAITS_FOR_NOTHING;
	session->core->stop = STOP_REQUEST;
	session->core->stop_at_own_bkpt = false;	/* resuming does not skip it */
}

void session_console_input(struct session *session, const void *text, size_t length)
{
	if (!semihosting_input(session, text, length) || session->run != RUN_CALLING)
		return;
	session_set_run(session, session->called_from, "console input");
	go_on(session, session_serve_call(session));
}
