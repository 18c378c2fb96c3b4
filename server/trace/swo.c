/* SPDX-License-Identifier: MIT
 *
 * SWO: see swo.h. The rate on the pin is the core's clock divided, and firmware changes its clock soon
 * after reset. So, unless it is told, the clock is measured by the core's cycle counter against the
 * link's time: soon after a start or reset, then now and then. Asleep the counter may stand still, so
 * that only after a reset a lower clock is believed.
 */
#include "server/trace/swo.h"

#include "server/session/session.h"

#include "targets/clock.h"
#include "targets/swo.h"

#include "probe/bytes.h"
#include "probe/log.h"

enum {
	BITS_PER_BYTE = 10,
	PERIOD_MIN_US = 2000, PERIOD_MAX_US = 20000,
	EAGER_POLLS = 20, LOOK_EACH = 64,	/* polls from one measurement of the clock to the next */
	OFF_PERCENT = 2,			/* of a clock that has changed */
};

static struct session *session_of(struct engine *engine)
{
	return &engine->sessions[0];
}

/* ---- what came ---- */

static void tell_text(struct engine *engine)
{
	struct swo *swo = &engine->swo;

	if (swo->text_length && swo->console)
		session_console(session_of(engine), swo->text, swo->text_length);
	swo->text_length = 0;
}

static void take_stimulus(struct engine *engine)
{
	struct swo *swo = &engine->swo;

	if (swo->decoder.port)
		return;
	for (unsigned i = 0; i < swo->decoder.got; i++) {
		swo->text[swo->text_length++] = (char)(swo->decoder.data >> 8 * i);
		if (swo->text_length == sizeof(swo->text))
			tell_text(engine);
	}
}

static void note_overflow(struct engine *engine)
{
	if (engine->swo.overflows++ == 0)
		session_note(session_of(engine), "SWO: the firmware writes faster than %u Hz carry; "
			     "some of it is lost.", engine->swo.baud);
}

static void note_loss(struct engine *engine)
{
	if (engine->swo.losses++ == 0)
		session_note(session_of(engine), "SWO: the probe's buffer ran over; some trace is lost.");
	engine->swo.decoder = (struct itm){ .size = 0 };
}

static void decode(struct engine *engine, const uint8_t *bytes, uint32_t length)
{
	struct swo *swo = &engine->swo;

	for (uint32_t i = 0; i < length; i++) {
		switch (itm_push(&swo->decoder, bytes[i])) {
		case ITM_STIMULUS:
			take_stimulus(engine);
			break;
		case ITM_OVERFLOW:
			note_overflow(engine);
			break;
		case ITM_HARDWARE: case ITM_OTHER: case ITM_MORE:
			break;
		}
	}
	tell_text(engine);
}

static int fetch(struct engine *engine)
{
	uint8_t bytes[PROBE_TRACE_RING];
	uint32_t got;
	bool lost;
	int err = probe_trace_read(engine->board.probe, bytes, &got, &lost);

	if (lost)
		note_loss(engine);
	if (got && engine->swo.readers)
		engine_output(engine, OUTPUT_TRACE, NO_CLIENT, bytes, got);
	engine->swo.bytes += got;
	decode(engine, bytes, got);
	return err;
}

void swo_flush(struct engine *engine)
{
	if (engine->swo.on && engine->board.attached)
		fetch(engine);
}

/* ---- on and off ---- */

void swo_runs_again(struct engine *engine)
{
	engine->swo.look.at_us = 0;
	engine->swo.polls = engine->swo.next_look = 0;
}

void swo_was_reset(struct engine *engine)
{
	engine->swo.is_measured = false;
	swo_runs_again(engine);
}

static int start(struct engine *engine, uint32_t hz, struct why *why)
{
	struct swo *swo = &engine->swo;
	int err;

	swo->baud = swo->settings.speed_hz ? swo->settings.speed_hz : SWO_DEFAULT_HZ;
	err = swo_start(&engine->board, hz, swo->settings.ports, &swo->baud, why);
	swo->on = !err;
	swo->clock_hz = hz;
	swo->decoder = (struct itm){ .size = 0 };
	swo_runs_again(engine);
	return err;
}

int swo_turn_on(struct engine *engine, const struct swo_settings *settings, struct why *why)
{
	struct swo *swo = &engine->swo;
	uint32_t hz = settings->clock_hz;

	swo->settings = *settings;
	swo->is_measured = false;
	swo->bytes = swo->losses = swo->overflows = 0;
	if (!hz)
		hz = swo->clock_hz ? swo->clock_hz : clock_hz(&engine->board);
	return start(engine, hz, why);
}

int swo_turn_off(struct engine *engine)
{
	swo_flush(engine);
	engine->swo.on = engine->swo.for_readers = false;
	return swo_stop(&engine->board);
}

static int turn_on_for_readers(struct engine *engine, struct why *why)
{
	const struct engine_options *options = &engine->options;
	struct swo_settings settings = { .speed_hz = options->swo_hz, .clock_hz = options->cpu_hz,
					 .ports = 1 };

	engine->swo.for_readers = true;
	return swo_turn_on(engine, &settings, why);
}

void swo_reached(struct engine *engine)
{
	struct why why = { "" };
	int err = OK;

	if (engine->swo.on)
		err = start(engine, engine->swo.clock_hz, &why);
	else if (engine->swo.readers)
		err = turn_on_for_readers(engine, &why);
	if (err)
		session_note(session_of(engine), "SWO: %s", why.text);
}

void swo_set_readers(struct engine *engine, unsigned count)
{
	struct swo *swo = &engine->swo;

	swo->readers = count;
	if (count && !swo->on && engine->board.attached)
		swo_reached(engine);
	else if (!count && swo->on && swo->for_readers)
		swo_turn_off(engine);
}

/* ---- the clock ---- */

static bool is_off(uint32_t hz, uint32_t measured_hz)
{
	uint32_t off = max_u32(hz, measured_hz) - min_u32(hz, measured_hz);

	return off > hz / 100 * OFF_PERCENT;
}

static void adopt(struct engine *engine, uint32_t measured_hz)
{
	struct swo *swo = &engine->swo;
	struct why why = { "" };
	bool believed = measured_hz > swo->clock_hz || !swo->is_measured;

	if (!is_off(swo->clock_hz, measured_hz)) {
		swo->is_measured = true;
		return;
	}
	log_line(LOG_SESSION, "swo: the core runs at %u Hz%s", measured_hz,
		 believed ? "" : ", or sleeps");
	if (!believed)
		return;
	if (start(engine, measured_hz, &why))
		session_note(session_of(engine), "SWO: %s", why.text);
	swo->is_measured = true;
}

/* How far off the rate between two looks may be, for not knowing when exactly they were. */
static bool is_precise(const struct swo_look *first, const struct swo_look *last)
{
	return (uint64_t)(first->doubt_us + last->doubt_us) * 100 <= last->at_us - first->at_us;
}

static void look_at_clock(struct engine *engine)
{
	struct swo *swo = &engine->swo;
	struct swo_look first = swo->look, now;

	if (swo->settings.clock_hz || swo->polls < swo->next_look ||
	    swo_look(&engine->board, &now) != OK)
		return;
	if (!first.at_us) {
		swo->look = now;
	} else if (is_precise(&first, &now)) {
		swo->look.at_us = 0;
		swo->next_look = swo->polls + (swo->polls < EAGER_POLLS ? 1 : LOOK_EACH);
		adopt(engine, (uint32_t)((uint64_t)(now.cycles - first.cycles) * 1000000 /
					 (now.at_us - first.at_us)));
	}
}

/* ---- the job ---- */

bool swo_wants_poll(const struct session *session)
{
	return session->engine->swo.on && session == &session->engine->sessions[0] &&
	       (session->run == RUN_RUNNING || session->run == RUN_STEPPING);
}

/* Twice before the ring can be full. */
uint32_t swo_period_us(const struct session *session)
{
	uint64_t full_us = (uint64_t)PROBE_TRACE_RING * BITS_PER_BYTE * 1000000 /
			   session->engine->swo.baud;

	return max_u32(min_u32((uint32_t)(full_us / 2), PERIOD_MAX_US), PERIOD_MIN_US);
}

void swo_poll(struct session *session)
{
	struct engine *engine = session->engine;

	if (fetch(engine))
		return;		/* the halt poll finds out what is wrong */
	look_at_clock(engine);
	engine->swo.polls++;
}
