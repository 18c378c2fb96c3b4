/* SPDX-License-Identifier: MIT
 *
 * From a payload to its handler, and from the handler to the output.
 */
#include "server/rsp/rsp.h"

#include "server/session/session.h"

#include "probe/bytes.h"
#include "probe/log.h"

#include <ctype.h>
#include <string.h>

static const struct rsp_command *const families[] = {
	rsp_memory_commands, rsp_register_commands, rsp_run_commands, rsp_point_commands,
	rsp_query_commands, rsp_flash_commands, rsp_lldb_commands, rsp_file_commands,
};

/* Long names (q, Q, v) end where a letter can't follow; one-letter packets have their data at once. */
static bool name_matches(const char *name, const struct cursor *in)
{
	size_t length = strlen(name);

	if (cursor_left(in) < length || memcmp(in->at, name, length) != 0)
		return false;
	if (length == 1 || !isalpha((unsigned char)name[length - 1]))
		return true;
	return cursor_left(in) == length || !isalnum(in->at[length]);
}

const struct rsp_command *rsp_find(struct cursor *in)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		for (const struct rsp_command *row = families[i]; row->name; row++)
			if (name_matches(row->name, in)) {
				in->at += strlen(row->name);
				return row;
			}
	return NULL;
}

enum answer rsp_ok(struct request *rq)
{
	buffer_clear(rq->reply);
	buffer_add(rq->reply, "OK");
	return ANSWER_NOW;
}

enum answer rsp_error(struct request *rq, int err, const struct why *why)
{
	const char *text = why && why->text[0] ? why->text : error_text(err);

	rq->err = err;
	log_line(LOG_GDB, "%u: %s: %s", rq->peer->number, rq->command->name, text);
	buffer_clear(rq->reply);
	if (rq->peer->error_strings) {
		buffer_add(rq->reply, "E%02x;", (unsigned)-err & 0xFF);
		buffer_add_hex(rq->reply, text, strlen(text));
	} else if (rq->peer->error_message || rq->command->rules & RULE_TEXT)
		buffer_add(rq->reply, "E.%s", text);
	else
		buffer_add(rq->reply, "E%02x", (unsigned)-err & 0xFF);
	return ANSWER_NOW;
}

enum answer rsp_malformed(struct request *rq)
{
	struct why why;

	return rsp_error(rq, explain(&why, E_ARGUMENT, "The packet makes no sense."), &why);
}

/* The rules of the row. Returns 0, or an error with its reason. */
static int check_rules(struct request *rq, struct why *why)
{
	unsigned rules = rq->command->rules;
	struct engine *engine = rq->engine;

	if (engine->load.in_work && !(rules & RULE_MEANWHILE))
		return explain(why, E_REFUSED, "Another client's load of %u bytes is in work.",
			       engine->load.bytes);
	if (rules & RULE_LOAD && !engine->board.attached && engine_connect(engine, why) != OK)
		return E_NO_TARGET;
	if (rules & RULE_TARGET && !engine->board.attached)
		return explain(why, E_NO_TARGET, "The target is not connected; `monitor connect` "
			       "tries again.");
	if (rules & RULE_CONTROL && !session_may_control(rq->session, rq->peer))
		return explain(why, E_REFUSED, "Another client controls this target; this one may "
			       "read and write memory.");
	if (rules & RULE_CHANGES && engine->load.plan && engine->load.client != rq->peer->number)
		return explain(why, E_REFUSED, "Another client is loading (%u bytes so far); wait "
			       "until it is done.", engine->load.bytes);
	return OK;
}

/* What a packet ends by being another one: a burst of reads, a load that failed. */
static void end_sequences(struct request *rq)
{
	struct engine *engine = rq->engine;
	unsigned rules = rq->command ? rq->command->rules : 0;

	if (engine->load.in_work)
		return;
	if (!(rules & RULE_READ) && engine->board.attached)
		memory_cache_end_burst(rq->session->core);
	if (!(rules & RULE_LOAD) && engine->load.client == rq->peer->number)
		engine->load.failed = false;
}

static enum answer run_handler(struct request *rq, struct cursor *in)
{
	struct cursor again = *in;
	struct why why = { "" };
	int err = check_rules(rq, &why);
	enum answer answer;

	if (err)
		return rsp_error(rq, err, &why);
	answer = rq->command->handle(rq, in);
	/* What only reads is done once more after the probe was brought back into step. */
	if (!rq->err || !engine_recover(rq->engine, rq->err) || !(rq->command->rules & RULE_READ))
		return answer;
	buffer_clear(rq->reply);
	return rq->command->handle(rq, &again);
}

/* One line per packet, printable, cut. */
static void log_packet(unsigned client, const char *arrow, const void *data, size_t length)
{
	const uint8_t *bytes = data;
	char text[160];
	size_t i;

	if (!log_is_on(LOG_GDB))
		return;
	for (i = 0; i < length && i < sizeof(text) - 1; i++)
		text[i] = isprint(bytes[i]) ? (char)bytes[i] : '.';
	text[i] = '\0';
	log_line(LOG_GDB, "%u: %s %s%s", client, arrow, text, i < length ? "..." : "");
}

static void output_answer(struct request *rq, enum answer answer)
{
	unsigned client = rq->peer->number;

	switch (answer) {
	case ANSWER_NOW:
		log_packet(client, "->", rq->reply->data, rq->reply->length);
		engine_output(rq->engine, OUTPUT_PACKET, client, rq->reply->data,
			      rq->reply->length);
		break;
	case ANSWER_AT_STOP:
		engine_output(rq->engine, OUTPUT_RESUMED, client, NULL, 0);
		break;
	case ANSWER_GIVEN:
		break;
	case ANSWER_NEVER:
		engine_output(rq->engine, OUTPUT_NO_ANSWER, client, NULL, 0);
		break;
	case ANSWER_CLOSE:
		engine_output(rq->engine, OUTPUT_NO_ANSWER, client, NULL, 0);
		engine_output(rq->engine, OUTPUT_CLOSE, client, NULL, 0);
		break;
	}
}

void rsp_handle(struct engine *engine, struct peer *peer, const uint8_t *data, size_t length)
{
	struct cursor in = cursor_over(data, length);
	struct request rq = { .engine = engine, .session = peer->session, .peer = peer,
			      .command = rsp_find(&in), .reply = &engine->reply };
	enum answer answer = ANSWER_NOW;

	log_packet(peer->number, "<-", data, length);
	buffer_clear(&engine->reply);
	end_sequences(&rq);
	if (rq.command)
		answer = run_handler(&rq, &in);
	output_answer(&rq, answer);
}
