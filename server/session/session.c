/* SPDX-License-Identifier: MIT
 *
 * The run state of a core as its clients see it, and the ways to change it.
 */
#include "server/session/session.h"

#include "probe/log.h"

#include <string.h>

enum { HALT_MS = 500, SLICE_STEPS = 32, QUICK_US = 50 * 1000 };

void session_init(struct session *session, struct engine *engine, struct core *core)
{
	memset(session, 0, sizeof(*session));
	session->engine = engine;
	session->core = core;
	session->controller = session->in_grace = NO_CLIENT;
	session->signal = 5;
	semihosting_init(session, &engine->options.semihosting);
	for (unsigned i = 0; i < JOB_ROWS; i++)
		session->job_due_us[i] = UINT64_MAX;
	buffer_init(&session->notes, session->notes_data, sizeof(session->notes_data));
}

const char *session_run_text(enum run_state run)
{
	static const char *const texts[] = {
		[RUN_UNREACHED] = "not connected", [RUN_HALTED] = "halted",
		[RUN_RUNNING] = "running", [RUN_STEPPING] = "stepping", [RUN_CALLING] = "calling",
		[RUN_ENDED] = "ended",
	};

	return texts[run];
}

bool session_is_going(const struct session *session)
{
	return session->run == RUN_RUNNING || session->run == RUN_STEPPING ||
	       session->run == RUN_CALLING;
}

void session_poll_quickly(struct session *session)
{
	session->quick_until_us = engine_now_us(session->engine) + QUICK_US;
}

void session_set_run(struct session *session, enum run_state run, const char *reason)
{
	uint64_t now = engine_now_us(session->engine);

	if ((session->run == RUN_RUNNING || session->run == RUN_STEPPING) && run == RUN_HALTED) {
		swo_flush(session->engine);
		rtt_flush(session->engine);
	}
	if (session->run != run)
		log_line(LOG_SESSION, "%s -> %s (%s)", session_run_text(session->run),
			 session_run_text(run), reason);
	if (run == RUN_RUNNING && session->run != RUN_RUNNING) {
		session->running_since_us = now;
		swo_runs_again(session->engine);
		session_poll_quickly(session);
		session->resets = 0;
		session->poll_failures = 0;
	}
	if (run == RUN_HALTED && session->run != RUN_HALTED)
		session->halted_since_us = now;
	if (run != RUN_HALTED)
		session->stop_untold = false;
	session->run = run;
}

void session_adopt_core(struct session *session, const char *reason)
{
	static const enum run_state as[] = {
		[CORE_UNKNOWN] = RUN_UNREACHED, [CORE_RUNNING] = RUN_RUNNING,
		[CORE_HALTED] = RUN_HALTED,
	};

	session_set_run(session, as[session->core->state], reason);
	session->signal = 5;
	session->late_break_us = 0;
}

int session_halt(struct session *session, const char *reason, struct why *why)
{
	int err;

	if (session->run == RUN_UNREACHED)
		return explain(why, E_NO_TARGET, "The target is not connected.");
	if (session->run == RUN_HALTED || session->run == RUN_ENDED)
		return OK;
	session_interrupt_call(session);
	err = core_halt(session->core, HALT_MS);
	if (err)
		return explain(why, err, "The core can't be halted: %s. `monitor reset halt` or "
			       "`--connect under-reset` may reach it. ST's tools call this "
			       "DEV_TARGET_NOT_HALTED.", error_text(err));
	session_set_run(session, RUN_HALTED, reason);
	session->signal = session->core->stop == STOP_REQUEST ? 2 : session->core->stop_signal;
	if (session->core->stop == STOP_LOCKUP)
		session_note_stop(session);
	return OK;
}

int session_resume(struct session *session, const char *reason, struct why *why)
{
	int err;

	if (session->run == RUN_UNREACHED)
		return explain(why, E_NO_TARGET, "The target is not connected.");
	if (session->run == RUN_RUNNING)
		return OK;
	if (session->run == RUN_CALLING)
		semihosting_give_up(session);
	err = core_resume(session->core, why);
	if (!err && session->core->state != CORE_HALTED)
		session_set_run(session, RUN_RUNNING, reason);
	return err;
}

int session_step(struct session *session, struct why *why)
{
	int err = core_step(session->core, why);

	if (session->core->state == CORE_RUNNING) {	/* WFI sleeps through the step */
		session_set_run(session, RUN_RUNNING, "asleep in a step");
		return OK;
	}
	if (!err)
		session_set_run(session, RUN_HALTED, "step");
	return err;
}

/* A step ended inside of the range: there is nothing to tell yet. */
static bool is_in_range(struct session *session)
{
	uint32_t pc;

	if (session->core->stop != STOP_REQUEST || core_read_register(session->core, REG_PC, &pc))
		return false;
	return pc >= session->step_start && pc < session->step_end;
}

int session_step_slice(struct session *session, bool *over, struct why *why)
{
	int err = core_step_range(session->core, session->step_start, session->step_end,
				  SLICE_STEPS, why);

	*over = true;
	if (session->core->state == CORE_RUNNING) {
		session_set_run(session, RUN_RUNNING, "asleep in a step");
		*over = false;
		return OK;
	}
	if (err == E_INTERRUPTED)	/* the break that follows tells the stop */
		err = OK;
	if (!err)
		*over = !is_in_range(session);
	return err;
}
