/* SPDX-License-Identifier: MIT
 *
 * Targets that do not answer for a while: asleep without debugging, without power, off the wire.
 */
#include "server/session/session.h"

enum { FAILURES_MAX = 5 };

bool session_is_silent(const struct session *session)
{
	return session->poll_failures >= FAILURES_MAX;
}

void session_note_silence(struct session *session)
{
	struct engine *engine = session->engine;

	if (session->poll_failures != FAILURES_MAX)
		return;
	if (session->run != RUN_RUNNING) {
		engine_lose_target(engine, engine->silence.text[0] ? engine->silence.text :
				   "The target does not answer any more. `attach 1` in GDB tries again, or "
				   "`monitor connect`.");
		return;
	}
	session->silent_since_us = engine_now_us(engine);
	session_note(session, "The target went silent. It is looked for 4 times a second; Ctrl-C gives it up.%s",
		     engine->board.options.low_power_debug ? "" : " It may just sleep: --no-low-power-debug lets it "
		     "do so out of reach.");
	if (engine->silence.text[0])
		session_note(session, "%s", engine->silence.text);
	session_tell_notes(session);
}

void session_end_silence(struct session *session)
{
	uint64_t ms = (engine_now_us(session->engine) - session->silent_since_us) / 1000;

	if (session_is_silent(session)) {
		session_note(session, "The target answers again, after %llu ms.", (unsigned long long)ms);
		session_tell_notes(session);
	}
	session->poll_failures = 0;
}
