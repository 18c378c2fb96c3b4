/* SPDX-License-Identifier: MIT
 *
 * Who controls a session, who observes it, and what happens to the target when they go.
 */
#include "server/session/session.h"

#include "probe/log.h"

void session_join(struct session *session, struct peer *peer)
{
	peer->session = session;
	if (session->controller != NO_CLIENT)
		log_line(LOG_SESSION, "client %u observes", peer->number);
}

bool session_may_control(struct session *session, struct peer *peer)
{
	struct engine *engine = session->engine;
	char text[100];

	if (session->controller != NO_CLIENT)
		return session->controller == peer->number;
	session->controller = peer->number;
	peer->left = false;
	log_line(LOG_SESSION, "client %u controls", peer->number);
	engine_output(engine, OUTPUT_CONTROLS, peer->number, NULL, 0);
	if (engine_unfinished_text(engine, text, sizeof(text))[0])
		session_note(session, "%s", text);
	if (session->in_grace != NO_CLIENT) {
		/* Whoever comes back sends its own breakpoints again. */
		core_remove_all_points(session->core);
		engine_output(engine, OUTPUT_STOP_GRACE, session->in_grace, NULL, 0);
		session->in_grace = NO_CLIENT;
	}
	if (session->run == RUN_ENDED)	/* by somebody who is gone: GDB can't load without a thread */
		session_adopt_core(session, "a new client");
	return true;
}

static bool is_deserted(const struct session *session)
{
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		const struct peer *peer = &session->engine->peers[i];

		if (peer->session == session && !peer->left)
			return false;
	}
	return session->in_grace == NO_CLIENT;
}

/* The run state that on-exit asks for, where there is a target. A program that was loaded only in part never starts. */
static void apply_policy(struct session *session)
{
	struct engine *engine = session->engine;
	struct why why = { "" };
	char text[100];
	int err = OK;

	if (!engine->board.attached)
		return;
	switch (engine->options.on_exit) {
	case ON_EXIT_RUN:
		if (engine_unfinished_text(engine, text, sizeof(text))[0])
			log_line(LOG_WARN, "%s The core stays halted.", text);
		else
			err = session_resume(session, "on-exit run", &why);
		break;
	case ON_EXIT_HALT:
		err = session_halt(session, "on-exit halt", &why);
		break;
	case ON_EXIT_KEEP:
		break;
	}
	if (err)
		log_line(LOG_ERROR, "on-exit: %s", why.text[0] ? why.text : error_text(err));
}

int session_halt_for_attach(struct session *session, const char *reason, struct why *why)
{
	bool hot = session->engine->board.options.connect == CONNECT_HOT_PLUG && session->run == RUN_RUNNING;
	int err = session_halt(session, reason, why);

	session->pause_untold |= hot && !err;
	if (hot && !err)
		session_note(session, "Attaching has halted the core (hot-plug); its watchdogs stand still. It goes on at "
			     "`continue` or `detach`; hot-plug,no-halt never halts it.");
	return err;
}

void session_note_pause(struct session *session)
{
	unsigned long long ms = (engine_now_us(session->engine) - session->halted_since_us) / 1000;

	if (!session->pause_untold)
		return;
	session->pause_untold = false;
	session_note(session, "The core runs again; attaching had halted it for %llu ms.", ms);
}

static void log_pause(struct session *session, bool was_halted)
{
	unsigned long long ms = (engine_now_us(session->engine) - session->halted_since_us) / 1000;

	if (!was_halted || session->run != RUN_RUNNING)
		return;
	if (session->pause_untold)
		session_note_pause(session);
	else
		log_line(LOG_INFO, "The core runs again; it was halted for %llu ms.", ms);
}

/* Takes our hands off the target, as it stands. */
static void release(struct session *session)
{
	board_detach(&session->engine->board, session->core->state == CORE_HALTED);
	session_set_run(session, RUN_UNREACHED, "left");
}

void session_apply_on_exit(struct session *session)
{
	bool was_halted = session->run == RUN_HALTED;

	if (session->run == RUN_UNREACHED)
		return;
	engine_watch(session->engine, NO_CLIENT);
	core_remove_all_points(session->core);
	apply_policy(session);
	log_pause(session, was_halted);
	if (is_deserted(session) || engine_quits(session->engine))
		release(session);
	else
		core_lift_points(session->core);
}

/* A load that was not carried out changed nothing: it is just forgotten. */
static void drop_load(struct engine *engine, const struct peer *peer)
{
	if (!engine->load.plan || engine->load.client != peer->number)
		return;
	log_line(LOG_WARN, "A load of %u bytes was given up before vFlashDone; flash is unchanged.",
		 engine->load.bytes);
	flash_plan_free(engine->load.plan);
	engine->load.plan = NULL;
}

void session_leave(struct session *session, struct peer *peer, bool lost)
{
	bool controlled = session->controller == peer->number;

	drop_load(session->engine, peer);
	if (controlled)
		session_give_up_call(session);
	peer->waits = false;
	peer->left = true;
	if (lost)
		peer->session = NULL;
	if (controlled)
		session->controller = NO_CLIENT;
	if (session->run == RUN_UNREACHED)
		return;
	if (controlled && lost) {
		session->in_grace = peer->number;
		core_lift_points(session->core);
		engine_output(session->engine, OUTPUT_START_GRACE, peer->number, NULL, 0);
	} else if (controlled) {
		session_apply_on_exit(session);
	} else if (session->controller == NO_CLIENT && is_deserted(session)) {
		session_apply_on_exit(session);	/* nobody has, when none of them ever controlled */
	}
}
