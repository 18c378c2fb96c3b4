/* SPDX-License-Identifier: MIT
 *
 * The engine: events in, outputs out. It owns the board, the sessions and every decision; it knows
 * neither sockets nor threads. The loop (or a test) feeds it.
 */
#ifndef SERVER_ENGINE_H
#define SERVER_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/error.h"
#include "server/semihosting/semihosting.h"
#include "targets/board.h"

enum { CLIENTS_MAX = 16, PACKET_SIZE = 0x4000 };

enum event_kind {
	EVENT_PACKET,		/* a payload: no $ and #, `}` escapes and run-length removed */
	EVENT_BREAK,		/* 0x03 */
	EVENT_CLOSED,		/* the socket is gone */
	EVENT_GRACE_OVER,	/* 5 s after the controlling client left without D */
	EVENT_CONSOLE,		/* what was typed for the program; client means nothing */
	EVENT_RTT,		/* what was typed for an RTT channel, which is in client */
	EVENT_RTT_REFUSED,	/* the port of the channel in client can't be opened; data says why */
	EVENT_QUIT,		/* SIGTERM, SIGINT */
	EVENT_STREAM,		/* client: how many now read raw SWO */
};

struct event {
	enum event_kind kind;
	unsigned client;		/* 0..CLIENTS_MAX-1 */
	size_t length;
	const uint8_t *data;		/* borrowed for the call */
};

enum output_kind {
	OUTPUT_PACKET,		/* payload of a packet; the loop frames it. Answers the packet in work */
	OUTPUT_NOTE,		/* an O packet's payload while the answer is still to come */
	OUTPUT_RESUMED,		/* the packet in work will be answered by a later stop (no keep-alive) */
	OUTPUT_NO_ANSWER,	/* the packet in work has no answer (k) */
	OUTPUT_TRACE,		/* raw bytes of SWO, for whoever listens to them */
	OUTPUT_CLOSE,		/* close that client after what was sent */
	OUTPUT_CONTROLS,	/* that client decides from now on */
	OUTPUT_START_GRACE, OUTPUT_STOP_GRACE,
	OUTPUT_CONSOLE,		/* text of the program, for stdout or the console port */
	OUTPUT_RTT,		/* bytes of an RTT channel, which is in client */
	OUTPUT_RTT_PORT,	/* that channel's port is now the one in status; 0 = none */
	OUTPUT_EXIT,		/* the server ends with status */
};

struct output {
	enum output_kind kind;
	unsigned client;
	int status;			/* OUTPUT_EXIT, OUTPUT_RTT_PORT */
	size_t length;
	const uint8_t *data;		/* borrowed for the call; binary, not escaped */
};

enum on_exit { ON_EXIT_RUN, ON_EXIT_HALT, ON_EXIT_KEEP };

struct engine_options {
	struct board_options board;
	enum on_exit on_exit;
	struct semihosting_options semihosting;
	bool connect_now;
	const char *chips;		/* folder of chip files, or NULL; kept by reference */
	uint32_t swo_hz, cpu_hz;	/* when somebody reads raw SWO; 0 = the default, measured */
};

/* One flag per client, set by the loop on 0x03 before it posts EVENT_BREAK, and before EVENT_CLOSED;
 * cleared by the engine when it handles that event. quit is set by signals. */
struct engine_flags {
	atomic_bool interrupt[CLIENTS_MAX];
	atomic_bool quit;
	_Atomic(const char *) uncut;	/* what must not be cut short now ("option bytes"); NULL = nothing */
};

/* Asks whatever is in work to end soon; EVENT_QUIT follows. Safe in a signal handler. */
static inline void engine_flags_quit(struct engine_flags *flags)
{
	atomic_store(&flags->quit, true);
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		atomic_store(&flags->interrupt[i], true);
}

/* When something is in work that must not be cut short: says on stderr what a signal waits for. */
void engine_flags_tell_uncut(const struct engine_flags *flags);

struct engine;

/* Takes over the probe. flags are shared with the loop and outlive the engine. out is called from the
 * engine's thread. */
struct engine *engine_new(struct probe *probe, const struct engine_options *options,
			  struct engine_flags *flags,
			  void (*out)(void *context, const struct output *output), void *context);
void engine_free(struct engine *engine);

/* serve is called between the blocks of a load and may call engine_handle() with packets of clients that
 * do not load: reads of RAM and peripherals are answered, the rest is refused. NULL = never. */
void engine_on_load(struct engine *engine, void (*serve)(void *context), void *context);

/* Handles one event to its end. */
void engine_handle(struct engine *engine, const struct event *event);

/* The next job's due time on the link's clock; UINT64_MAX when there is none. */
uint64_t engine_next_due_us(const struct engine *engine);
uint64_t engine_now_us(const struct engine *engine);
/* Lets the link's time pass until at least due (for virtual links; on USB it has passed already) and runs
 * the jobs that are due. */
void engine_run_due(struct engine *engine);

struct board *engine_board(struct engine *engine);

/* Reaches the target now (--connect-now, `run`). */
int engine_connect(struct engine *engine, struct why *why);
/* Runs one monitor command outside of any session; text goes to print. Returns 0 or an error. */
int engine_monitor(struct engine *engine, const char *command,
		   void (*print)(void *context, const char *text), void *context, struct why *why);

#endif
