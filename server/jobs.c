/* SPDX-License-Identifier: MIT
 *
 * The rows of due work of a session, and running them.
 */
#include "server/jobs.h"

#include "server/session/session.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <string.h>

enum {
	/* From start to start. A stop is noticed after half a period and half an exchange (0.9 ms on a
	 * V2) on average: early ones within 1 ms, others within 2 ms. */
	POLL_QUICK_US = 1000, POLL_US = 2500, POLL_UNWATCHED_US = 25 * 1000,
	WATCH_US = 250 * 1000,
	/* How soon, and for how long after the start, a BKPT in RAM is looked for that startup code overwrites. */
	BKPT_US = 20 * 1000, BKPT_WINDOW_US = 1000 * 1000,
	/* A target that stays silent is looked for less often. */
	SILENT_US = 250 * 1000,
	/* 4.6 ms on a V2 at 1.8 MHz: what a poll may be late while another client reads. */
	TRANSFER_MAX = 512,
};

static bool wants_poll(const struct session *session)
{
	return session->run == RUN_RUNNING;
}

static bool is_waited_for(const struct session *session)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		const struct peer *peer = &session->engine->peers[i];

		if (peer->session == session && peer->waits)
			return true;
	}
	return false;
}

static uint32_t poll_period_us(const struct session *session)
{
	if (session_is_silent(session))
		return SILENT_US;
	if (!is_waited_for(session))
		return POLL_UNWATCHED_US;
	return engine_now_us(session->engine) < session->quick_until_us ? POLL_QUICK_US : POLL_US;
}

/* What happened, when, and why, as one line; repeats are counted. */
static void note_reset(struct session *session)
{
	struct engine *engine = session->engine;
	uint64_t after_ms = (engine_now_us(engine) - session->running_since_us) / 1000;
	char cause[100] = "";

	session->resets++;
	if (session->resets > 1 && session->resets % 10 != 0)
		return;
	board_reset_cause(&engine->board, cause, sizeof(cause));
	session_note(session, "The chip was reset (%s) %llu ms after it was started%s.",
		     cause[0] ? cause : "cause unknown", (unsigned long long)after_ms,
		     session->resets > 1 ? ", and several times before" : "");
	session_tell_notes(session);
}

static void handle_poll_failure(struct session *session, int err)
{
	log_line(LOG_TARGET, "poll: %s", error_text(err));
	if (engine_recover(session->engine, err)) {
		session_end_silence(session);
		session_tell_notes(session);
		if (session->core->state == CORE_HALTED)
			session_handle_stop(session);
		return;
	}
	if (session->run == RUN_UNREACHED)
		return;
	session->poll_failures++;
	if (err == E_GONE)
		engine_lose_target(session->engine, "The probe was unplugged.");
	else
		session_note_silence(session);
}

/* Off the wire there is nothing to ask until it is reached again. */
static int poll_core(struct session *session)
{
	return session->engine->board.attached ? core_poll(session->core) : E_NO_TARGET;
}

static void poll_halt(struct session *session)
{
	int err = poll_core(session);

	if (err) {
		handle_poll_failure(session, err);
		return;
	}
	session_end_silence(session);
	if (core_take_reset(session->core)) {
		memory_cache_drop(session->core);
		semihosting_restart(session);
		swo_was_reset(session->engine);
		rtt_was_reset(session->engine);
		note_reset(session);
	}
	if (session->core->state == CORE_HALTED)
		session_handle_stop(session);
}

static bool wants_bkpts(const struct session *session)
{
	return session->run == RUN_RUNNING && core_has_bkpts(session->core) &&
	       engine_now_us(session->engine) - session->running_since_us < BKPT_WINDOW_US;
}

static uint32_t bkpt_period_us(const struct session *session)
{
	(void)session;
	return BKPT_US;
}

/* The halt poll finds out what is wrong when it fails. */
static void renew_bkpts(struct session *session)
{
	int err = session->engine->board.attached ? core_place_points(session->core) : OK;

	if (err)
		log_line(LOG_TARGET, "breakpoints in RAM: %s", error_text(err));
}

static bool wants_stepping(const struct session *session)
{
	return session->run == RUN_STEPPING;
}

static uint32_t step_period_us(const struct session *session)
{
	(void)session;
	return 0;
}

static void go_on_stepping(struct session *session)
{
	struct why why = { "" };
	bool over;
	int err = session_step_slice(session, &over, &why);

	if (err) {
		session_note(session, "Stepping failed: %s",
			     why.text[0] ? why.text : error_text(err));
		session->core->stop = STOP_NONE;
		over = true;
	}
	if (over)
		session_handle_stop(session);
}

static bool wants_watch(const struct session *session)
{
	return session->run == RUN_HALTED && session->controller != NO_CLIENT;
}

static uint32_t watch_period_us(const struct session *session)
{
	(void)session;
	return WATCH_US;
}

/* While it is halted a reset lets the core run: it is halted again, so that what GDB believes
 * becomes true again, and told. */
static void watch_reset(struct session *session)
{
	int err = poll_core(session);
	char cause[100] = "";

	if (err) {
		handle_poll_failure(session, err);
		return;
	}
	session_end_silence(session);
	if (!core_take_reset(session->core) && session->core->state == CORE_HALTED)
		return;
	board_reset_cause(&session->engine->board, cause, sizeof(cause));
	board_forget(&session->engine->board);
	if (core_halt(session->core, 100) == OK)
		session_note(session, "The chip was reset from outside (%s) while it was halted; it ran "
			     "for a moment and is halted again. GDB's registers are old: "
			     "`maintenance flush register-cache`.", cause[0] ? cause : "cause unknown");
	else
		session_set_run(session, RUN_RUNNING, "reset from outside");
}

/* A row's budget is what one run may take at most; it bounds how late the others get. */
static const struct job {
	const char *name;
	bool (*wanted)(const struct session *session);
	uint32_t (*period_us)(const struct session *session);
	void (*run)(struct session *session);
	uint32_t budget_us;
} jobs[JOB_ROWS] = {
	{ "halt poll", wants_poll, poll_period_us, poll_halt, 20 * 1000 },
	{ "breakpoints in RAM", wants_bkpts, bkpt_period_us, renew_bkpts, 20 * 1000 },
	{ "range step", wants_stepping, step_period_us, go_on_stepping, 100 * 1000 },
	{ "reset watch", wants_watch, watch_period_us, watch_reset, 20 * 1000 },
	{ "rtt", rtt_wants_poll, rtt_period_us, rtt_poll, 50 * 1000 },
	{ "swo", swo_wants_poll, swo_period_us, swo_poll, 30 * 1000 },
};

void jobs_refresh(struct engine *engine)
{
	uint64_t now = engine_now_us(engine);

	for (unsigned i = 0; i < engine->board.core_count; i++) {
		struct session *session = &engine->sessions[i];

		for (unsigned j = 0; j < JOB_ROWS; j++) {
			uint64_t *due = &session->job_due_us[j];

			if (!jobs[j].wanted(session))
				*due = UINT64_MAX;
			else if (*due == UINT64_MAX)
				*due = now + jobs[j].period_us(session);
		}
	}
}

static void run_job(struct session *session, unsigned j)
{
	uint64_t started = engine_now_us(session->engine), taken;

	if (session->job_due_us[j] > started)
		return;
	jobs[j].run(session);
	taken = engine_now_us(session->engine) - started;
	if (taken > jobs[j].budget_us)
		log_line(LOG_SESSION, "%s took %llu us", jobs[j].name, (unsigned long long)taken);
	session->job_due_us[j] = jobs[j].wanted(session) ?
		started + max_u32(jobs[j].period_us(session), (uint32_t)taken) : UINT64_MAX;
}

void jobs_run(struct engine *engine)
{
	for (unsigned i = 0; i < engine->board.core_count; i++)
		for (unsigned j = 0; j < JOB_ROWS; j++)
			run_job(&engine->sessions[i], j);
	jobs_refresh(engine);
}

uint64_t jobs_next_due_us(const struct engine *engine)
{
	uint64_t next = UINT64_MAX;

	for (unsigned i = 0; i < BOARD_CORES; i++)
		for (unsigned j = 0; j < JOB_ROWS; j++)
			if (engine->sessions[i].job_due_us[j] < next)
				next = engine->sessions[i].job_due_us[j];
	return next;
}

uint32_t jobs_transfer_max(const struct engine *engine)
{
	for (unsigned i = 0; i < engine->board.core_count; i++)
		if (wants_poll(&engine->sessions[i]))
			return TRANSFER_MAX;
	return UINT32_MAX;
}
