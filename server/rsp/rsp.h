/* SPDX-License-Identifier: MIT
 *
 * The GDB remote protocol above the framing: one table of packets per family, and what a handler
 * gets and gives. Handlers are plain sequences on the engine's thread; they write their answer into
 * rq->reply and return when it is due.
 */
#ifndef SERVER_RSP_H
#define SERVER_RSP_H

#include "server/net/buffer.h"
#include "server/cursor.h"
#include "server/engine_state.h"

enum answer {
	ANSWER_NOW,		/* rq->reply, empty = unsupported */
	ANSWER_AT_STOP,		/* the stop reply that will follow */
	ANSWER_GIVEN,		/* it was output already */
	ANSWER_NEVER,
	ANSWER_CLOSE,		/* never, and the connection ends */
};

enum {				/* rules of a packet, checked before its handler runs */
	RULE_TARGET = 1,	/* an error while the target is not connected */
	RULE_CONTROL = 2,	/* for the controlling client only */
	RULE_CHANGES = 4,	/* refused while another client loads */
	RULE_READ = 8,		/* keeps the read-ahead of RAM alive */
	RULE_LOAD = 16,		/* part of a vFlash sequence */
	RULE_MEANWHILE = 64,	/* served while another client's load is carried out */
	RULE_TEXT = 32,		/* all clients take E.text for it */
};

struct request {
	struct engine *engine;
	struct session *session;
	struct peer *peer;
	const struct rsp_command *command;
	struct buffer *reply;
	int err;			/* the last one answered, or 0 */
};

struct rsp_command {
	const char *name;	/* NULL ends a table */
	unsigned rules;
	enum answer (*handle)(struct request *rq, struct cursor *in);
};

extern const struct rsp_command rsp_query_commands[], rsp_memory_commands[],
	rsp_register_commands[], rsp_run_commands[], rsp_point_commands[], rsp_flash_commands[],
	rsp_lldb_commands[], rsp_file_commands[];

/* Handles a packet's payload to its end: finds the row, checks its rules, outputs the answer. */
void rsp_handle(struct engine *engine, struct peer *peer, const uint8_t *data, size_t length);

/* Answers for handlers to return. */
enum answer rsp_ok(struct request *rq);
/* err with a sentence: as text where the client takes it, as a number elsewhere. why may be NULL. */
enum answer rsp_error(struct request *rq, int err, const struct why *why);
/* A packet that makes no sense. */
enum answer rsp_malformed(struct request *rq);

/* The row for a payload, or NULL; *in is left behind its name. Pure. */
const struct rsp_command *rsp_find(struct cursor *in);

#endif
