/* SPDX-License-Identifier: MIT
 *
 * Losing the probe or the target, and finding them again: a probe out of step, one that was unplugged
 * and plugged in again, a target that lost its power. Sessions go on where they can, and are told.
 */
#include "server/engine_state.h"

#include "server/session/session.h"

#include "probe/log.h"

/* How long an unplugged probe is waited for before the client is told. */
enum { REPLUG_US = 3000 * 1000, REPLUG_STEP_US = 50 * 1000, HALT_MS = 100 };

void engine_lose_target(struct engine *engine, const char *sentence)
{
	engine->board.attached = false;
	board_forget(&engine->board);
	for (unsigned i = 0; i < engine->board.core_count; i++) {
		struct session *session = &engine->sessions[i];

		if (session->run == RUN_UNREACHED)
			continue;
		session_note(session, "%s", sentence);
		session_set_run(session, RUN_UNREACHED, "lost");
		session_tell_stop(session);
	}
}

/* Ctrl-C or SIGTERM, whoever's: somebody does not want to wait for a plug. */
static bool is_anybody_impatient(const struct engine *engine)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		if (atomic_load(&engine->flags->interrupt[i]))
			return true;
	return engine_quits(engine);
}

static int regain_probe(struct engine *engine, bool *still_in_swd)
{
	uint64_t deadline_us = engine_now_us(engine) + REPLUG_US;
	struct probe *probe = engine->board.probe;
	int err = probe_resync(probe, still_in_swd);

	while (probe_is_gone(probe) && engine_now_us(engine) < deadline_us &&
	       !is_anybody_impatient(engine)) {
		link_wait_us(probe_link(probe), REPLUG_STEP_US);
		err = probe_resync(probe, still_in_swd);
	}
	return err;
}

/* The core as GDB believes it to be, where it can be had. */
static void settle_session(struct session *session, enum run_state before)
{
	struct core *core = session->core;

	char cause[100] = "";

	if (core->found_reset) {
		board_reset_cause(&session->engine->board, cause, sizeof(cause));
		session_note(session, "The chip was reset or lost its power meanwhile (%s).",
			     cause[0] ? cause : "cause unknown");
	}
	if (core->state == CORE_RUNNING && before == RUN_HALTED) {
		if (core_halt(core, HALT_MS) == OK)
			session_set_run(session, RUN_HALTED, "halted again");
		session_note(session, "The core ran for a moment; GDB's registers are old: "
			     "`maintenance flush register-cache`.");
	} else if (core->state == CORE_RUNNING && core_place_points(core) != OK) {
		session_note(session, "Breakpoints could not be set again.");
	}
}

/* Without a reset: that is for the user to decide. */
static int reach_again(struct engine *engine, struct why *why)
{
	enum connect_mode mode = engine->board.options.connect;
	enum run_state before[BOARD_CORES];
	int err;

	for (unsigned i = 0; i < BOARD_CORES; i++)
		before[i] = engine->sessions[i].run;
	engine->board.attached = false;
	if (mode == CONNECT_AUTO)
		engine->board.options.connect = CONNECT_NORMAL;
	err = engine_connect(engine, why);
	engine->board.options.connect = mode;
	for (unsigned i = 0; i < engine->board.core_count && !err; i++)
		settle_session(&engine->sessions[i], before[i]);
	return err;
}

/* The wire is silent: the target lost its power, sleeps, or was reset with pins that are used otherwise. The
 * session is lost only when that lasts (session_silence.c). */
static bool recover_wire(struct engine *engine)
{
	return reach_again(engine, &engine->silence) == OK;
}

const char *engine_lost_probe_text(const struct engine *engine, int err)
{
	if (err == E_PROBE_BUSY)
		return "Another program has taken the probe (`tether list` names it). End it, then `attach 1` in GDB, or "
		       "`monitor connect`. ST's tools call this DEV_CONNECT_ERR.";
	if (err == E_PERMISSION)
		return "The probe is plugged in, but there is no right to open it: copy scripts/udev/60-tether.rules "
		       "to /etc/udev/rules.d/ and plug it in again, then `attach 1` in GDB, or `monitor connect`.";
	if (probe_is_gone(engine->board.probe))
		return "The probe was unplugged. Plug it in again, then `attach 1` in GDB, or `monitor connect`.";
	return "The probe does not answer any more; unplug it and plug it in again, then `attach 1` in GDB, or "
	       "`monitor connect`.";
}

/* The probe answers no more, or not in step. */
static bool recover_probe(struct engine *engine, int err)
{
	bool still_in_swd;
	int lost = regain_probe(engine, &still_in_swd);

	if (lost) {
		engine_lose_target(engine, engine_lost_probe_text(engine, lost));
		return false;
	}
	log_line(LOG_PROBE, "resynchronised after: %s", error_text(err));
	if (still_in_swd)
		return true;
	if (err == E_GONE)
		session_note(&engine->sessions[0], "The probe was unplugged for a moment.");
	return recover_wire(engine);
}

/* Errors of a target that sleeps without a clock for its debug port, lost its power, or took its pins. */
static bool is_about_wire(int err)
{
	return err == E_WIRE || err == E_NO_TARGET || err == E_POWER || err == E_AP;
}

/* Errors after which the probe's replies may be out of step. */
static bool is_about_probe(int err)
{
	return err == E_TIMEOUT || err == E_USB || err == E_PROTOCOL || err == E_GONE;
}

/* A running target that went silent is still looked for. */
static bool has_target(const struct engine *engine)
{
	return engine->board.attached || engine->sessions[0].run != RUN_UNREACHED;
}

bool engine_recover(struct engine *engine, int err)
{
	unsigned watched = engine->watched;
	bool recovered;

	engine->silence.text[0] = '\0';
	if ((!is_about_probe(err) && !is_about_wire(err)) || !has_target(engine))
		return false;
	engine_watch(engine, NO_CLIENT);
	recovered = is_about_wire(err) ? recover_wire(engine) : recover_probe(engine, err);
	engine_watch(engine, watched);
	return recovered;
}

void engine_explain_loss(struct engine *engine, struct why *why)
{
	if (engine->silence.text[0])
		explain_more(why, "%s%s", why->text[0] ? ". Now " : "", engine->silence.text);
	engine->silence.text[0] = '\0';
}
