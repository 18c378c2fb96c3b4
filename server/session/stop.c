/* SPDX-License-Identifier: MIT
 *
 * Stops: what a halt means, what is told about it, and to whom.
 */
#include "server/session/session.h"

#include "server/rsp/registers_map.h"

#include "targets/protection.h"

#include "probe/log.h"

#include <stdio.h>

enum { SIGNAL_INT = 2, HALT_MS = 500, LATE_US = 250 * 1000 };

static const char *stop_text(enum core_stop stop)
{
	static const char *const texts[] = {
		[STOP_NONE] = "no reason given", [STOP_REQUEST] = "asked for",
		[STOP_BREAKPOINT_HW] = "breakpoint", [STOP_BREAKPOINT_SW] = "BKPT",
		[STOP_SEMIHOSTING] = "semihosting", [STOP_WATCHPOINT] = "watchpoint",
		[STOP_RESET_CATCH] = "reset vector", [STOP_FAULT] = "fault",
		[STOP_LOCKUP] = "lock-up", [STOP_EXTERNAL] = "external request",
	};

	return texts[stop];
}

static void add_reason(const struct core *core, const struct peer *peer, struct buffer *out)
{
	static const char *const watch_words[] = {
		[WATCH_WRITE] = "watch", [WATCH_READ] = "rwatch", [WATCH_ACCESS] = "awatch",
	};

	if (core->stop == STOP_WATCHPOINT)
		buffer_add(out, "%s:%x;", watch_words[core->stop_watch], core->stop_address);
	if (core->stop == STOP_BREAKPOINT_HW && peer->hwbreak)
		buffer_add(out, "hwbreak:;");
	if (core->stop == STOP_BREAKPOINT_SW && peer->swbreak)
		buffer_add(out, "swbreak:;");
}

/* With these GDB needs no `g` for a stop, a step or a backtrace. */
static void add_registers(struct core *core, struct buffer *out)
{
	for (size_t i = 0; i < gdb_register_count; i++) {
		const struct gdb_register *row = &gdb_registers[i];
		uint64_t value;

		if (!row->expedited || gdb_register_read(core, row, &value))
			continue;
		buffer_add(out, "%02x:", row->number);	/* LLDB takes two digits only */
		buffer_add_hex_u32(out, (uint32_t)value);
		buffer_add(out, ";");
	}
}

void session_describe_stop(struct session *session, const struct peer *peer, struct buffer *out)
{
	struct core *core = session->core;
	struct probe *probe = session->engine->board.probe;

	if (session->run == RUN_UNREACHED || session->run == RUN_ENDED) {
		buffer_add(out, "W%02x", session->run == RUN_ENDED ? session->exit_status : 0);
		return;
	}
	buffer_add(out, "T%02xthread:1;", session->run == RUN_HALTED ? session->signal : SESSION_TRAP);
	if (session->run != RUN_HALTED)
		return;
	if (peer->threads_in_stop)
		buffer_add(out, "threads:1;");
	add_reason(core, peer, out);
	probe_critical_begin(probe);	/* a second Ctrl-C must not cut the answer to the first */
	if (core_fetch_registers(core, false) == OK)
		add_registers(core, out);
	probe_critical_end(probe);
}

void session_tell_stop(struct session *session)
{
	struct engine *engine = session->engine;
	char data[1024];
	struct buffer stop;
	bool told = false;

	for (unsigned i = 0; i < CLIENTS_MAX; i++) {
		struct peer *peer = &engine->peers[i];

		if (peer->session != session || !peer->waits)
			continue;
		if (peer->number == session->controller)
			session_flush_notes(session, peer->number);
		buffer_init(&stop, data, sizeof(data));
		session_describe_stop(session, peer, &stop);
		peer->waits = false;
		engine_output(engine, OUTPUT_PACKET, peer->number, stop.data, stop.length);
		told = true;
	}
	session->stop_untold = !told;
	if (told)
		session->stop_told_us = engine_now_us(engine);
}

/* One line at once; `monitor fault` has the whole story. */
static void note_fault(struct session *session, const char *otherwise)
{
	char text[600] = "";

	if (fault_headline(session->core, text, sizeof(text)) < 0 || !text[0])
		snprintf(text, sizeof(text), "%s", otherwise);
	session_note(session, "%s. `monitor fault` tells more.", text);
}

/* With read protection a core can't fetch from flash while a debugger is there: no other cause is looked for. */
static void note_lockup(struct session *session)
{
	if (protection_is_on(&session->engine->board.chip)) {
		session_note(session, "The core was locked up and is halted now: read protection keeps it from flash while a "
			     "debugger is there. A power-on without debugger lets it run; `monitor protect off` ERASES the "
			     "chip and opens it.");
		return;
	}
	note_fault(session, "The core is locked up");
	session_note(session, "The core was locked up, a fault inside of a fault, and is halted now: "
		     "`load` or `monitor reset` lead out.");
}

void session_note_stop(struct session *session)
{
	switch (session->core->stop) {
	case STOP_SEMIHOSTING:
		session_note(session, "The program asks for semihosting (BKPT 0xAB); `monitor "
			     "semihosting enable` serves it.");
		break;
	case STOP_FAULT:
		note_fault(session, "The core stands in a fault");
		break;
	case STOP_LOCKUP:
		note_lockup(session);
		break;
	case STOP_NONE: case STOP_REQUEST: case STOP_BREAKPOINT_HW: case STOP_BREAKPOINT_SW:
	case STOP_WATCHPOINT: case STOP_RESET_CATCH: case STOP_EXTERNAL:
		break;
	}
}

enum settled session_settle_stop(struct session *session)
{
	struct core *core = session->core;

	if (core->stop == STOP_SEMIHOSTING && session->semihosting.on)
		return session_serve_call(session);
	session->signal = core->stop_signal ? core->stop_signal : SESSION_TRAP;
	session_set_run(session, RUN_HALTED, stop_text(core->stop));
	session_note_stop(session);
	return SETTLED_STOP;
}

/* Once more after the probe was brought back into step. */
static int halt(struct session *session)
{
	int err = core_halt(session->core, HALT_MS);

	if (err && engine_recover(session->engine, err))
		err = core_halt(session->core, HALT_MS);
	return err;
}

static bool is_recent(const struct session *session, uint64_t us)
{
	return us && engine_now_us(session->engine) - us < LATE_US;
}

bool session_take_late_break(struct session *session)
{
	bool late = is_recent(session, session->late_break_us);

	session->late_break_us = 0;
	if (!late || session->run != RUN_HALTED)
		return false;
	session->core->stop = STOP_REQUEST;
	session->signal = SIGNAL_INT;
	return true;
}

/* The stop before it is told, or will be: nothing to do now. */
static void note_late_break(struct session *session, const struct peer *peer)
{
	if (peer->number == session->controller && is_recent(session, session->stop_told_us))
		session->late_break_us = engine_now_us(session->engine);
}

void session_break(struct session *session, struct peer *peer)
{
	if (!peer->waits || !session_is_going(session)) {
		note_late_break(session, peer);
		return;
	}
	if (session->run == RUN_STEPPING)
		session->core->stop = STOP_REQUEST;
	session_interrupt_call(session);
	if (session_is_silent(session)) {
		engine_lose_target(session->engine, "It was given up while the target is silent. `monitor reset` pulls "
				   "NRST, which wakes it; `monitor connect` tries without.");
		return;
	}
	if (session->run == RUN_RUNNING && halt(session) != OK) {
		session_note(session, "The core does not halt; `monitor reset halt` may help.");
		session_flush_notes(session, peer->number);
		return;
	}
	if (session->core->stop != STOP_REQUEST) {
		session_handle_stop(session);
		note_late_break(session, peer);
		return;
	}
	session->signal = SIGNAL_INT;
	session_set_run(session, RUN_HALTED, "Ctrl-C");
	session_tell_stop(session);
}
