/* SPDX-License-Identifier: MIT
 *
 * Questions: features, documents, threads, checksums, monitor commands. What is not here is answered
 * empty, which means "unsupported".
 */
#include "server/monitor/monitor.h"
#include "server/rsp/rsp.h"
#include "server/session/session.h"
#include "server/xml.h"

#include "flash/checksum.h"

#include "probe/bytes.h"

#include <string.h>

static enum answer answer_text(struct request *rq, const char *text)
{
	buffer_add(rq->reply, "%s", text);
	return ANSWER_NOW;
}

/* What a client can do, of which we make use. */
static void take_feature(struct peer *peer, const char *name, size_t length)
{
	const struct {
		const char *name;
		bool *flag;
	} rows[] = {
		{ "swbreak+", &peer->swbreak }, { "hwbreak+", &peer->hwbreak },
		{ "error-message+", &peer->error_message },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].name) == length && !memcmp(rows[i].name, name, length))
			*rows[i].flag = true;
}

static enum answer handle_supported(struct request *rq, struct cursor *in)
{
	struct peer *peer = rq->peer;

	peer->swbreak = peer->hwbreak = peer->error_message = false;
	cursor_take(in, ':');
	while (!cursor_at_end(in)) {
		const char *name = (const char *)in->at;
		const char *end = memchr(name, ';', cursor_left(in));
		size_t length = end ? (size_t)(end - name) : cursor_left(in);

		take_feature(peer, name, length);
		in->at += length;
		cursor_take(in, ';');
	}
	buffer_add(rq->reply, "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;"
		   "qXfer:memory-map:read+;vContSupported+;binary-upload+", PACKET_SIZE);
	buffer_add(rq->reply, "%s%s%s", peer->swbreak ? ";swbreak+" : "",
		   peer->hwbreak ? ";hwbreak+" : "",
		   peer->error_message ? ";error-message+" : "");
	return ANSWER_NOW;
}

/* Before the target is known: what all cores have. */
static int make_target(struct request *rq, struct buffer *out)
{
	const struct core *core = rq->session->core;
	bool known = rq->engine->board.attached;

	xml_target(out, !known || core->mainline, known && core->fpu);
	return OK;
}

static int make_memory_map(struct request *rq, struct buffer *out)
{
	if (!rq->engine->board.attached)
		return E_NO_TARGET;
	xml_memory_map(out, &rq->engine->board.chip);
	return OK;
}

static const struct document {
	const char *name;	/* object:read:annex: */
	int (*make)(struct request *rq, struct buffer *out);
} documents[] = {
	{ "features:read:target.xml:", make_target },
	{ "memory-map:read::", make_memory_map },
};

static enum answer answer_part(struct request *rq, struct cursor *in, const struct buffer *whole)
{
	uint32_t offset = cursor_take_hex(in, ','), length = cursor_take_hex(in, CURSOR_END);
	uint32_t left;

	if (in->bad || offset > whole->length)
		return rsp_malformed(rq);
	left = (uint32_t)whole->length - offset;
	length = min_u32(length, PACKET_SIZE / 2);	/* escapes may double it */
	buffer_add(rq->reply, "%c", left > length ? 'm' : 'l');
	buffer_add_bytes(rq->reply, whole->data + offset, min_u32(left, length));
	return ANSWER_NOW;
}

static enum answer handle_xfer(struct request *rq, struct cursor *in)
{
	char data[XML_SIZE];
	struct buffer whole;

	buffer_init(&whole, data, sizeof(data));
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		int err;

		if (!cursor_take_word(in, documents[i].name))
			continue;
		err = documents[i].make(rq, &whole);
		return err ? rsp_error(rq, err, NULL) : answer_part(rq, in, &whole);
	}
	if (cursor_take_word(in, "features:") || cursor_take_word(in, "memory-map:"))
		return answer_text(rq, "E00");	/* a wrong annex; other objects are unsupported */
	return ANSWER_NOW;
}

/* GDB 13 gives up vAttach when this is empty, so it is answered whenever there is a target. */
static enum answer handle_current_thread(struct request *rq, struct cursor *in)
{
	(void)in;
	return rq->engine->board.attached ? answer_text(rq, "QC1") : ANSWER_NOW;
}

static bool has_thread(const struct request *rq)
{
	return rq->session->run != RUN_UNREACHED && rq->session->run != RUN_ENDED;
}

static enum answer handle_first_threads(struct request *rq, struct cursor *in)
{
	(void)in;
	return answer_text(rq, has_thread(rq) ? "m1" : "l");
}

static enum answer handle_more_threads(struct request *rq, struct cursor *in)
{
	(void)in;
	return answer_text(rq, "l");
}

static enum answer handle_thread_info(struct request *rq, struct cursor *in)
{
	struct core *core = rq->session->core;
	const char *run = session_run_text(rq->session->run);
	uint32_t xpsr = 0;
	char text[80];
	struct buffer line;

	(void)in;
	buffer_init(&line, text, sizeof(text));
	buffer_add(&line, "core %u, %s", core->number, run);
	if (core->state == CORE_HALTED && !core_read_register(core, REG_XPSR, &xpsr)) {
		if (xpsr & 0x1FF)
			buffer_add(&line, ", in exception %u", xpsr & 0x1FF);
		else
			buffer_add(&line, ", thread mode");
	}
	buffer_add_hex(rq->reply, line.data, line.length);
	return ANSWER_NOW;
}

static enum answer handle_thread_alive(struct request *rq, struct cursor *in)
{
	(void)in;
	return has_thread(rq) ? rsp_ok(rq) : answer_text(rq, "E01");
}

/* There is one thread; whichever is chosen is that one. */
static enum answer handle_choose_thread(struct request *rq, struct cursor *in)
{
	(void)in;
	return rsp_ok(rq);
}

static enum answer handle_attached(struct request *rq, struct cursor *in)
{
	(void)in;
	return answer_text(rq, "1");
}

/* No symbols are wanted. */
static enum answer handle_symbol(struct request *rq, struct cursor *in)
{
	(void)in;
	return rsp_ok(rq);
}

/* Whatever else v packets are for: empty, and this one must be. */
static enum answer handle_must_reply_empty(struct request *rq, struct cursor *in)
{
	(void)rq;
	(void)in;
	return ANSWER_NOW;
}

static enum answer handle_crc(struct request *rq, struct cursor *in)
{
	uint32_t address, length, crc = 0xFFFFFFFF;
	struct why why = { "" };
	int err;

	cursor_take(in, ':');
	address = cursor_take_hex(in, ',');
	length = cursor_take_hex(in, CURSOR_END);
	if (in->bad)
		return rsp_malformed(rq);
	if (session_is_going(rq->session))
		err = explain(&why, E_NOT_HALTED, "The core runs; halt it to compare sections.");
	else
		err = checksum_target(rq->session->core, address, length, &crc, &why);
	if (err)
		return rsp_error(rq, err, &why);
	buffer_add(rq->reply, "C%08x", crc);
	return ANSWER_NOW;
}

struct console {
	struct engine *engine;
	unsigned client;
};

static void print_to_client(void *context, const char *text)
{
	struct console *console = context;

	engine_console(console->engine, console->client, text, strlen(text));
}

static bool take_command(struct cursor *in, char *line, size_t size)
{
	size_t length = cursor_left(in) / 2;

	if (length >= size)
		return false;
	for (size_t i = 0; i < length; i++)
		line[i] = (char)cursor_take_hex_byte(in);
	line[length] = '\0';
	return !in->bad && cursor_at_end(in);
}

/* What was waiting for a moment when text is legal; an observer is told once that it is one. */
static void tell_first(struct request *rq)
{
	static const char observing[] = "Another client controls this target; this one observes: it may "
					"read and write memory.\n";
	struct peer *peer = rq->peer;
	unsigned controller = rq->session->controller;

	if (controller == NO_CLIENT || controller == peer->number) {
		session_flush_notes(rq->session, peer->number);
	} else if (!peer->told_observer) {
		engine_console(rq->engine, peer->number, observing, sizeof(observing) - 1);
		peer->told_observer = true;
	}
}

/* Output is streamed while the command works. The answer is OK even if it fails, with the reason as
 * text before: an E loses the reason and ends an IDE's start. */
static enum answer handle_monitor(struct request *rq, struct cursor *in)
{
	struct console console = { rq->engine, rq->peer->number };
	char line[2048];
	struct why why = { "" };
	int err;

	if (!take_command(in, line, sizeof(line)))
		return rsp_malformed(rq);
	tell_first(rq);
	if (rq->engine->load.in_work)
		err = explain(&why, E_REFUSED, "Another client's load is in work; try again after it.");
	else
		err = monitor_run(rq->engine, rq->peer, line, print_to_client, &console, &why);
	if (err) {
		print_to_client(&console, why.text[0] ? why.text : error_text(err));
		print_to_client(&console, "\n");
	}
	if (rq->session->controller == rq->peer->number)
		session_flush_notes(rq->session, rq->peer->number);
	return rsp_ok(rq);
}

enum { QUIET = RULE_READ | RULE_MEANWHILE };	/* the target is not touched */

const struct rsp_command rsp_query_commands[] = {
	{ "qSupported", RULE_MEANWHILE, handle_supported },
	{ "vMustReplyEmpty", RULE_MEANWHILE, handle_must_reply_empty },
	{ "qXfer:", QUIET | RULE_TEXT, handle_xfer },
	{ "qfThreadInfo", QUIET, handle_first_threads },
	{ "qsThreadInfo", QUIET, handle_more_threads },
	{ "qThreadExtraInfo", RULE_READ, handle_thread_info },
	{ "qAttached", QUIET, handle_attached },
	{ "qSymbol", QUIET, handle_symbol },
	{ "qC", QUIET, handle_current_thread },
	{ "T", QUIET, handle_thread_alive },
	{ "H", QUIET, handle_choose_thread },
	{ "qCRC", RULE_TARGET, handle_crc },
	{ "qRcmd,", RULE_MEANWHILE, handle_monitor },
	{ NULL, 0, NULL },
};
