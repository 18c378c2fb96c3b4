/* SPDX-License-Identifier: MIT
 *
 * The engine: takes events one by one, hands packets to the protocol, runs due jobs, and outputs what
 * comes of it. Connecting, resetting and losing the target happen here, because all sessions of the
 * board are concerned.
 */
#include "server/engine.h"

#include "server/engine_state.h"
#include "server/jobs.h"
#include "server/monitor/monitor.h"
#include "server/rsp/rsp.h"
#include "server/session/session.h"

#include "flash/controller.h"
#include "flash/option/option.h"

#include "targets/connect.h"
#include "targets/cortexm.h"
#include "targets/protection.h"
#include "targets/unfinished.h"
#include "targets/vectors.h"

#include "probe/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void flash_changed(void *context)
{
	struct engine *engine = context;

	for (unsigned i = 0; i < engine->board.core_count; i++)
		memory_cache_drop(engine->sessions[i].core);
}

/* An unexpected reset is noticed by the jobs; one of ours only makes memory contents old. */
static void was_reset(void *context)
{
	struct engine *engine = context;

	flash_changed(engine);
	swo_was_reset(engine);
	rtt_was_reset(engine);
}

struct engine *engine_new(struct probe *probe, const struct engine_options *options,
			  struct engine_flags *flags,
			  void (*out)(void *context, const struct output *output), void *context)
{
	struct engine *engine = calloc(1, sizeof(*engine));

	if (!engine) {
		probe_close(probe);
		return NULL;
	}
	engine->options = *options;
	engine->flags = flags;
	engine->out = out;
	engine->context = context;
	board_init(&engine->board, probe, &options->board);
	engine->board.listener = (struct board_listener){ engine, was_reset, flash_changed };
	flash_options_default(&engine->flash);
	rtt_init(&engine->rtt);
	buffer_init(&engine->reply, engine->reply_data, sizeof(engine->reply_data));
	engine->load.client = engine->watched = NO_CLIENT;
	for (unsigned i = 0; i < BOARD_CORES; i++)
		session_init(&engine->sessions[i], engine, &engine->board.cores[i]);
	for (unsigned i = 0; i < CLIENTS_MAX; i++)
		engine->peers[i].number = i;
	return engine;
}

void engine_free(struct engine *engine)
{
	if (!engine)
		return;
	flash_plan_free(engine->load.plan);
	for (unsigned i = 0; i < BOARD_CORES; i++)
		semihosting_clear(&engine->sessions[i]);
	board_clear(&engine->board);
	free(engine);
}

struct board *engine_board(struct engine *engine)
{
	return &engine->board;
}

void engine_output(struct engine *engine, enum output_kind kind, unsigned client, const void *data,
		   size_t length)
{
	struct output output = { .kind = kind, .client = client, .data = data, .length = length };

	engine->out(engine->context, &output);
}

void engine_console(struct engine *engine, unsigned client, const char *text, size_t length)
{
	char data[1 + 2 * 1024];
	struct buffer packet;

	while (length) {
		size_t part = length < 1024 ? length : 1024;

		buffer_init(&packet, data, sizeof(data));
		buffer_add_bytes(&packet, "O", 1);
		buffer_add_hex(&packet, text, part);
		engine_output(engine, OUTPUT_NOTE, client, packet.data, packet.length);
		text += part;
		length -= part;
	}
}

void engine_watch(struct engine *engine, unsigned client)
{
	engine->watched = client;
	probe_watch_interrupt(engine->board.probe,
			      client == NO_CLIENT ? NULL : &engine->flags->interrupt[client]);
}

void engine_on_load(struct engine *engine, void (*serve)(void *context), void *context)
{
	engine->serve = serve;
	engine->serve_context = context;
}

void engine_serve_others(void *context, uint32_t done, uint32_t total)
{
	struct engine *engine = context;

	log_line(LOG_FLASH, "%u of %u bytes", done, total);
	if (engine->serve)
		engine->serve(engine->serve_context);
}

bool engine_quits(const struct engine *engine)
{
	return atomic_load(&engine->flags->quit);
}

/* Not in the middle of the change, when the probe was lost and is back. */
static void tell_broken_off(struct engine *engine)
{
	struct session *session = &engine->sessions[0];
	char text[sizeof(((struct why *)0)->text)];

	if (!atomic_load(&engine->flags->uncut) && option_broken_off_text(session->core, text, sizeof(text))[0])
		session_note(session, "%s", text);
}

static void log_connected(const struct board *board)
{
	uint32_t kib = chip_flash_size(&board->chip) / 1024, mv = board->supply_mv;
	char flash[40] = "no flash that is known";

	if (kib)
		snprintf(flash, sizeof(flash), "%u KiB flash", kib);
	log_line(LOG_INFO, "Connected to %s, %s, %u.%02u V%s.", board->chip.name, flash, mv / 1000, mv % 1000 / 10,
		 flash_plausible_supply(mv) ? "" : ", which can't be: the probe's VTref is not connected, or it is a "
		 "copy of an ST-LINK that does not measure");
}

static void tell_connected(struct engine *engine)
{
	struct session *session = &engine->sessions[0];
	const struct board *board = &engine->board;
	char text[PROTECTION_TEXT];

	log_connected(board);
	if (board->notes[0])
		session_note(session, "%s", board->notes);
	if (protection_text(&board->chip, text, sizeof(text))[0])
		session_note(session, "%s", text);
	if (engine_unfinished_text(engine, text, sizeof(text))[0])
		session_note(session, "%s", text);
	tell_broken_off(engine);
}

static void warn_if_open(const char *what, int err, const struct why *why)
{
	if (err)
		log_line(LOG_WARN, "%s that broke off: %s", what, why->text[0] ? why->text : error_text(err));
}

/* A load or a change of option bytes that another process did not finish. */
static void recall_unfinished(struct engine *engine)
{
	struct board *board = &engine->board;
	struct why why = { "" };
	bool known = board->unfinished.size, options_known = board->options_unfinished.count;

	unfinished_recall(board);
	if (connect_writes_nothing(board))
		return;
	if (!known && board->unfinished.size)
		warn_if_open("flash is left open by a load",
			     flash_close_abandoned(&board->cores[0], &why), &why);
	why.text[0] = '\0';
	if (!options_known)
		warn_if_open("option bytes are left open by a change",
			     option_close_abandoned(&board->cores[0], &why), &why);
}

int engine_connect(struct engine *engine, struct why *why)
{
	struct why local = { "" };
	bool unused;
	int err;

	if (engine->board.attached)
		return OK;
	why = why ? why : &local;
	err = probe_is_gone(engine->board.probe) ? probe_resync(engine->board.probe, &unused) : OK;
	if (err)
		return explain(why, err, "%s", err == E_GONE ? "The probe is not plugged in." :
			       engine_lost_probe_text(engine, err));
	err = board_attach(&engine->board, why);
	if (!err)
		recall_unfinished(engine);
	for (unsigned i = 0; i < engine->board.core_count && !err; i++) {
		err = core_poll(engine->sessions[i].core);
		if (core_take_reset(engine->sessions[i].core))
			connect_notice_reset(&engine->board);
		if (!err)
			session_adopt_core(&engine->sessions[i], "connected");
	}
	if (err && !why->text[0])
		explain(why, err, "The target can't be reached: %s.", error_text(err));
	if (err)
		return err;
	connect_note(&engine->board);
	tell_connected(engine);
	swo_reached(engine);
	if (engine->board.cores[0].stop == STOP_LOCKUP)		/* halted on the way */
		session_note_stop(&engine->sessions[0]);
	return err;
}

/* Those that the board made since. */
static void tell_notes_from(struct engine *engine, size_t noted)
{
	const char *text = engine->board.notes + noted;

	text += strspn(text, "\n");
	if (*text)
		session_note(&engine->sessions[0], "%s", text);
}

/* The core gives no access: asleep without a clock, hung on its bus, or off the wire. NRST still helps. */
static int reset_under_reset(struct engine *engine, bool halt, struct why *why)
{
	struct board *board = &engine->board;
	enum connect_mode mode = board->options.connect;
	struct why reason = { "" };
	int err;

	board->options.connect = CONNECT_UNDER_RESET;
	board->attached = false;
	err = board_attach(board, &reason);
	board->options.connect = mode;
	if (err)
		explain_more(why, "; under reset: %s", reason.text);
	else if (!halt)
		err = core_resume(&board->cores[0], why);
	return err;
}

static bool gives_no_access(int err)
{
	return err == E_FAULT || err == E_WAIT || err == E_WIRE || err == E_NO_TARGET || err == E_POWER ||
	       err == E_AP;
}

/* A core that was reset to where nothing is: why, before somebody lets it run. */
static void note_vectors(struct engine *engine)
{
	struct core *core = &engine->board.cores[0];
	struct vectors vectors;
	char text[300];

	if ((core->stop_pc && core->stop_pc != ~1u) || vectors_find(core, &vectors) != OK)
		return;
	vectors_judge(&engine->board, &vectors, text, sizeof(text));
	if (text[0])
		session_note(&engine->sessions[0], "It is halted, but %s.", text);
}

int engine_reset(struct engine *engine, enum reset_kind kind, bool halt, const char *reason,
		 struct why *why)
{
	size_t noted = strlen(engine->board.notes);
	uint32_t catch[BOARD_CORES];
	int err;

	for (unsigned i = 0; i < engine->board.core_count; i++) {
		catch[i] = engine->board.cores[i].demcr & VC_CORERESET;
		if (!halt)	/* `monitor reset-catch` is for resets that are not ours */
			engine->board.cores[i].demcr &= ~(uint32_t)VC_CORERESET;
	}
	err = board_reset(&engine->board, kind, halt, why);
	if (gives_no_access(err) && kind == RESET_AUTO && !engine->board.pin_is_dead)
		err = reset_under_reset(engine, halt, why);
	for (unsigned i = 0; i < engine->board.core_count; i++) {
		struct session *session = &engine->sessions[i];

		session->core->demcr |= catch[i];
		core_take_reset(session->core);
		memory_cache_drop(session->core);
		semihosting_restart(session);
		if (session->core->state != CORE_UNKNOWN)
			session_adopt_core(session, reason);
	}
	tell_notes_from(engine, noted);
	if (!err && halt)
		note_vectors(engine);
	return err;
}

const char *engine_unfinished_text(struct engine *engine, char *text, size_t size)
{
	uint32_t base = engine->board.unfinished.base, length = engine->board.unfinished.size;

	text[0] = '\0';
	if (length)
		snprintf(text, size, "A load broke off: flash from 0x%08x to 0x%08x is not complete.", base,
			 base + (length - 1));
	return text;
}

/* The first packet of a client is the reason to reach for the target. */
static void welcome(struct engine *engine, struct peer *peer)
{
	struct why why = { "" };

	*peer = (struct peer){ .number = peer->number };
	session_join(&engine->sessions[0], peer);
	if (engine_connect(engine, &why) != OK)
		session_note(peer->session, "%s", why.text);
}

static void handle_packet(struct engine *engine, const struct event *event)
{
	struct peer *peer = &engine->peers[event->client];
	unsigned watched = engine->watched;

	engine_watch(engine, event->client);
	if (!peer->session)
		welcome(engine, peer);
	rsp_handle(engine, peer, event->data, event->length);
	engine_watch(engine, watched);	/* during a load: the loading client's again */
}

static void handle_break(struct engine *engine, unsigned client)
{
	struct peer *peer = &engine->peers[client];

	if (!engine_quits(engine))
		atomic_store(&engine->flags->interrupt[client], false);
	if (peer->session)
		session_break(peer->session, peer);
}

static void handle_closed(struct engine *engine, unsigned client)
{
	struct peer *peer = &engine->peers[client];

	atomic_store(&engine->flags->interrupt[client], false);
	if (peer->session)
		session_leave(peer->session, peer, true);
}

static void handle_grace_over(struct engine *engine)
{
	for (unsigned i = 0; i < engine->board.core_count; i++) {
		struct session *session = &engine->sessions[i];

		if (session->in_grace == NO_CLIENT)
			continue;
		session->in_grace = NO_CLIENT;
		session_apply_on_exit(session);
	}
}

static void handle_quit(struct engine *engine)
{
	struct output end = { .kind = OUTPUT_EXIT, .client = NO_CLIENT, .status = 0 };

	atomic_store(&engine->flags->quit, true);
	flash_plan_free(engine->load.plan);
	engine->load.plan = NULL;
	for (unsigned i = 0; i < engine->board.core_count; i++)
		session_apply_on_exit(&engine->sessions[i]);
	engine->out(engine->context, &end);
}

void engine_handle(struct engine *engine, const struct event *event)
{
	if (engine->load.in_work) {
		assert(event->kind == EVENT_PACKET && event->client != engine->load.client);
		handle_packet(engine, event);
		return;
	}
	switch (event->kind) {
	case EVENT_PACKET: handle_packet(engine, event); break;
	case EVENT_BREAK: handle_break(engine, event->client); break;
	case EVENT_CLOSED: handle_closed(engine, event->client); break;
	case EVENT_GRACE_OVER: handle_grace_over(engine); break;
	case EVENT_CONSOLE:
		session_console_input(&engine->sessions[0], event->data, event->length);
		break;
	case EVENT_QUIT: handle_quit(engine); break;
	case EVENT_RTT: rtt_input(engine, event->client, event->data, event->length); break;
	case EVENT_RTT_REFUSED: rtt_lose_port(engine, event->client, event->data, event->length); break;
	case EVENT_STREAM: swo_set_readers(engine, event->client); break;
	}
	if (engine->exit_asked && event->kind != EVENT_QUIT) {
		engine->exit_asked = false;
		handle_quit(engine);
	}
	jobs_refresh(engine);
}

uint64_t engine_now_us(const struct engine *engine)
{
	return link_now_us(probe_link(engine->board.probe));
}

uint64_t engine_next_due_us(const struct engine *engine)
{
	return jobs_next_due_us(engine);
}

void engine_run_due(struct engine *engine)
{
	uint64_t due = jobs_next_due_us(engine), now = engine_now_us(engine);

	if (due == UINT64_MAX)
		return;
	if (due > now)
		link_wait_us(probe_link(engine->board.probe), due - now);
	jobs_run(engine);
}

int engine_monitor(struct engine *engine, const char *command,
		   void (*print)(void *context, const char *text), void *context, struct why *why)
{
	int err;

	engine_watch(engine, 0);	/* nobody's Ctrl-C, but SIGTERM sets all flags */
	err = monitor_run(engine, NULL, command, print, context, why);
	engine_watch(engine, NO_CLIENT);
	jobs_refresh(engine);
	return err;
}
