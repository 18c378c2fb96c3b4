/* SPDX-License-Identifier: MIT
 *
 * Lines that a client should see but can't be told at once: RSP has room for text only while a stop
 * or a monitor answer is due. They wait here.
 */
#include "server/session/session.h"

#include "probe/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void session_note(struct session *session, const char *format, ...)
{
	char text[2000], *rest = text, *line;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	while ((line = strsep(&rest, "\n"))) {
		log_line(LOG_INFO, "%s", line);
		buffer_add(&session->notes, "%s\n", line);
	}
}

void session_flush_notes(struct session *session, unsigned client)
{
	if (!session->notes.length)
		return;
	engine_console(session->engine, client, session->notes.data, session->notes.length);
	buffer_clear(&session->notes);
}

void session_tell_notes(struct session *session)
{
	if (session->controller != NO_CLIENT && session->engine->peers[session->controller].waits)
		session_flush_notes(session, session->controller);
}

void session_console(struct session *session, const char *text, size_t length)
{
	struct engine *engine = session->engine;
	bool told = false;

	if (session->semihosting.console != CONSOLE_GDB) {
		engine_output(engine, OUTPUT_CONSOLE, NO_CLIENT, text, length);
		return;
	}
	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		if (engine->peers[i].session != session || !engine->peers[i].waits)
			continue;
		engine_console(engine, i, text, length);
		told = true;
	}
	if (!told)
		buffer_add_bytes(&session->notes, text, length);
}
