/* SPDX-License-Identifier: MIT
 *
 * Run control as the clients see it: who decides, whether the core runs, who waits for a stop, and
 * what happens when they leave. Engine thread only.
 */
#ifndef SERVER_SESSION_H
#define SERVER_SESSION_H

#include "server/engine_state.h"

void session_init(struct session *session, struct engine *engine, struct core *core);

/* The one place where the run state changes; logged as "halted -> running (vCont)". */
void session_set_run(struct session *session, enum run_state run, const char *reason);
/* The core was let go: a stop may follow soon. */
void session_poll_quickly(struct session *session);
const char *session_run_text(enum run_state run);
/* Takes over the core's state after a connect or a poll, without telling anybody. */
void session_adopt_core(struct session *session, const char *reason);

/* A client sent its first packet. It observes until it asks for more than memory. */
void session_join(struct session *session, struct peer *peer);
/* True when this client may change the run state; takes control if nobody has it. */
bool session_may_control(struct session *session, struct peer *peer);
/* D, k, closed: the client is no longer part of the session. lost = without D or k: the state is kept
 * for the grace time. */
void session_leave(struct session *session, struct peer *peer, bool lost);
/* Applies on-exit and leaves the target (board_detach) when nobody is left. */
void session_apply_on_exit(struct session *session);

/* Halts, however it runs; the stop is not told. E_NOT_HALTED ... with the reason. */
int session_halt(struct session *session, const char *reason, struct why *why);
/* Resumes; nothing to do when it runs already. Still halted afterwards (see run) when the step off the
 * place where it stands ended in a stop of its own. */
int session_resume(struct session *session, const char *reason, struct why *why);
/* A client that expects it halted has come. What that costs a target that must not stop is told: at once, and
 * when it runs again. */
int session_halt_for_attach(struct session *session, const char *reason, struct why *why);
/* The core runs again after that: for how long it stood. Said once. */
void session_note_pause(struct session *session);
/* One instruction. The core is halted afterwards, or runs on when it went to sleep. */
int session_step(struct session *session, struct why *why);
/* Steps the range for a slice; true when it is over (any stop), false = go on later. */
int session_step_slice(struct session *session, bool *over, struct why *why);

enum settled {
	SETTLED_STOP,		/* there is a stop to tell */
	SETTLED_SERVED,		/* it was a semihosting call, and the core may go on */
	SETTLED_WAITS,		/* it is one that waits: RUN_CALLING; or the core goes on */
};
enum { SESSION_TRAP = 5 };	/* the signal of stops without another one */

/* A poll failed: when that lasts it is told, once. A running target is waited for, since it may sleep, lose
 * its power for a while, or use its pins otherwise until it wakes; one that GDB believes halted is lost. */
void session_note_silence(struct session *session);
bool session_is_silent(const struct session *session);
/* It answers (again). */
void session_end_silence(struct session *session);

/* The core was found halted: decides what that means (run state, signal, notes). */
enum settled session_settle_stop(struct session *session);
/* Adds to the notes what a stop means that GDB's signal does not say: a fault, a lock-up, semihosting. */
void session_note_stop(struct session *session);
/* Settles the stop, then tells it or lets the core go on. */
void session_handle_stop(struct session *session);
/* Serves the semihosting call at which the core stands. */
enum settled session_serve_call(struct session *session);
/* A call waits for GDB (an `F` packet was its answer). */
bool session_waits_for_gdb(const struct session *session);
/* GDB's answer; the program goes on, or stops, which is told. */
void session_gdb_answered(struct session *session, int32_t answer, int error);
/* A call that waits is not made now: the core stands at it, and makes it when it goes on. */
void session_interrupt_call(struct session *session);
/* GDB will not answer: the call fails, and the program goes on. */
void session_give_up_call(struct session *session);
/* Text that was typed for the program. */
void session_console_input(struct session *session, const void *text, size_t length);
/* True while GDB believes that it runs. */
bool session_is_going(const struct session *session);
/* Sends the stop reply to all who wait. */
void session_tell_stop(struct session *session);
/* Ctrl-C of a client. */
void session_break(struct session *session, struct peer *peer);
/* True when a Ctrl-C of the controlling client crossed the stop that it was told just now. GDB may take
 * that one for a step of its own and go on: the Ctrl-C is then the stop of what it resumes. */
bool session_take_late_break(struct session *session);

/* A line to be told to the controlling client as soon as it may be; also logged. No newline. */
void session_note(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Sends the notes to that client as O text; only while an O packet is legal for it. */
void session_flush_notes(struct session *session, unsigned client);
/* Sends them to the controlling client if it waits for a stop; else they stay. */
void session_tell_notes(struct session *session);
/* Text of the program for everybody who waits for a stop, at once; kept as a note when nobody does. */
void session_console(struct session *session, const char *text, size_t length);

/* The stop reply for a client: T with registers, W after the end of the program. */
void session_describe_stop(struct session *session, const struct peer *peer, struct buffer *out);

#endif
