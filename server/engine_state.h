/* SPDX-License-Identifier: MIT
 *
 * What the engine owns: board, sessions, their clients, the load in progress. For the engine's own files
 * (engine, session, jobs, rsp_*, monitor_*) only; the loop sees engine.h.
 */
#ifndef SERVER_ENGINE_STATE_H
#define SERVER_ENGINE_STATE_H

#include "server/net/buffer.h"
#include "server/engine.h"
#include "server/semihosting/semihosting.h"
#include "server/trace/rtt.h"
#include "server/trace/swo.h"

#include "flash/flash.h"

enum { JOB_ROWS = 6, NO_CLIENT = CLIENTS_MAX };

/* What the program on the target does, as GDB sees it. Changed by session_set_run() only. */
enum run_state {
	RUN_UNREACHED,		/* no target (yet, or any more): `?` answers W00 */
	RUN_HALTED,
	RUN_RUNNING,
	RUN_STEPPING,		/* range step: running to GDB, stepped by a job */
	RUN_CALLING,		/* running to GDB, halted at a semihosting call that waits for an answer */
	RUN_ENDED,		/* killed, or it ended by SYS_EXIT: W until it is started again */
};

/* A client as the sessions know it: a connection that sent at least one packet. */
struct peer {
	unsigned number;
	struct session *session;	/* NULL = not known yet */
	bool swbreak, hwbreak, error_message;	/* from its qSupported */
	bool error_strings, threads_in_stop;	/* LLDB asked for them */
	bool waits;			/* for a stop: the answer to its last packet is still due */
	bool told_observer;		/* that it does not control */
	bool left;			/* it said D or k; it may come back with vAttach */
};

/* Debugging of one core. The controlling client decides; others observe. */
struct session {
	struct engine *engine;
	struct core *core;
	enum run_state run;
	unsigned controller;		/* client number, or NO_CLIENT */
	unsigned in_grace;		/* the client that left without D, or NO_CLIENT */
	uint8_t signal;			/* of the last stop */
	uint8_t exit_status;
	bool stop_untold;		/* it stopped while no client waited for it */
	bool pause_untold;		/* attaching has halted it in a hot-plug: for how long is still to be said */
	struct semihosting semihosting;
	enum run_state called_from;	/* RUN_CALLING: as it was, and will be. RUN_HALTED = a single step */
	uint32_t step_start, step_end;	/* RUN_STEPPING */
	unsigned resets;		/* unexpected ones since the last resume */
	uint64_t halted_since_us, running_since_us;
	uint64_t stop_told_us, late_break_us;	/* see session_take_late_break() */
	uint64_t quick_until_us;	/* halts are looked for often until then */
	unsigned poll_failures;		/* one after the other */
	uint64_t silent_since_us;
	uint64_t job_due_us[JOB_ROWS];	/* UINT64_MAX = not wanted now */
	struct buffer notes;		/* lines to be told at the next stop or monitor answer */
	char notes_data[4096];
};

/* A vFlash sequence; it belongs to one client. */
struct load {
	struct flash_plan *plan;	/* NULL = none */
	unsigned client;
	uint32_t bytes;
	bool failed;			/* until the next packet that is not vFlash */
	bool in_work;			/* being carried out: others get little (RULE_MEANWHILE) */
};

struct engine {
	struct board board;
	struct engine_options options;
	struct engine_flags *flags;
	void (*out)(void *context, const struct output *output);
	void *context;
	struct session sessions[BOARD_CORES];
	struct peer peers[CLIENTS_MAX];
	struct load load;
	struct swo swo;
	struct rtt rtt;
	struct flash_options flash;	/* voltage, loader, reset: set by `monitor flash` */
	unsigned watched;		/* whose Ctrl-C counts now, or NO_CLIENT */
	void (*serve)(void *context);	/* lets others speak during a load; see engine_on_load */
	void *serve_context;
	void (*progress)(void *context, uint32_t done, uint32_t total);	/* see load_on_progress */
	void *progress_context;
	struct why silence;		/* why a target that went silent was not reached again */
	bool exit_asked;		/* by monitor exit */
	struct buffer reply;		/* the answer to the packet in work */
	char reply_data[PACKET_SIZE];
};

/* Outputs of one kind; see enum output_kind. */
void engine_output(struct engine *engine, enum output_kind kind, unsigned client, const void *data,
		   size_t length);
/* Text for a client's console: O packets of whole hex. Only while a stop or monitor answer is due. */
void engine_console(struct engine *engine, unsigned client, const char *text, size_t length);
/* Whose Ctrl-C ends long operations from now on; NO_CLIENT = nobody's. */
void engine_watch(struct engine *engine, unsigned client);
/* Called between the blocks of a load (its progress): others' reads are served. context = engine. */
void engine_serve_others(void *context, uint32_t done, uint32_t total);
/* True when the server is asked to end. */
bool engine_quits(const struct engine *engine);

/* Resets the chip, tells the sessions, and forgets what was known. */
int engine_reset(struct engine *engine, enum reset_kind kind, bool halt, const char *reason,
		 struct why *why);
/* "flash from ... to ... is not complete" when a load broke off; such a program is never started by us
 *. "" when all is well. */
const char *engine_unfinished_text(struct engine *engine, char *text, size_t size);
/* After a time-out, a stall, an unplugged probe (waits 3 s for it) or a silent wire: brings probe and
 * wire back, and keeps what it can. When the probe stays away the target is lost. True when it may be
 * gone on. */
bool engine_recover(struct engine *engine, int err);
/* After it failed: adds to the error of what was being done why the target can't be reached any more. */
void engine_explain_loss(struct engine *engine, struct why *why);
/* Why there is no probe any more and what to do, by the error of probe_resync(). */
const char *engine_lost_probe_text(const struct engine *engine, int err);
/* Marks the target as lost, with a sentence why; engine_connect() may reach it again. */
void engine_lose_target(struct engine *engine, const char *sentence);

#endif
