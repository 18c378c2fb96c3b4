/* SPDX-License-Identifier: MIT
 *
 * The ways to reach a target. Each rung of the ladder is one row; a new way to try is a new row.
 */
#include "targets/connect.h"

#include "probe/bytes.h"
#include "probe/log.h"
#include "targets/batch.h"
#include "targets/core_private.h"
#include "targets/cortexm.h"
#include "targets/port.h"

enum { SPEED_V2_KHZ = 4000, SPEED_V3_KHZ = 24000 };
enum { RESET_HOLD_US = 2000, RESET_HALT_US = 1000000, RESET_POLL_US = 1000 };
enum { SUPPLY_MIN_MV = 1500 };

struct rung {
	enum connect_mode mode;
	bool in_auto;
	const char *name;
	int (*climb)(struct board *board, struct why *why);
};

static int enter(struct board *board, struct why *why)
{
	struct core *core = &board->cores[0];
	int err = probe_enter_swd(board->probe, &board->dpidr);

	if (!err)
		err = probe_open_ap(board->probe, core->port.ap);
	return err && !port_has_no_core(err) ? explain(why, err, "%s", probe_error_text(board->probe, err)) : 0;
}

static int climb_plain(struct board *board, struct why *why)
{
	int err = enter(board, why);

	return err ? err : port_find_core(board, why);
}

/* The request is repeated until the core obeys: some parts lose it while they leave the reset. */
static int wait_for_vector(struct board *board, struct why *why)
{
	struct link *link = probe_link(board->probe);
	uint64_t deadline_us = link_now_us(link) + RESET_HALT_US;
	struct core *core = &board->cores[0];
	uint32_t dhcsr = 0;
	int err;

	do {
		struct batch batch;
		size_t index;

		batch_begin(&batch, core);
		batch_write(&batch, DHCSR, DHCSR_HALT);
		index = batch_read(&batch, DHCSR);
		err = batch_run(&batch);
		dhcsr = err ? 0 : batch_value(&batch, index);
		if (dhcsr & S_HALT)
			return 0;
		link_wait_us(link, RESET_POLL_US);
	} while (link_now_us(link) < deadline_us && !probe_interrupted(board->probe));
	return explain(why, err ? err : E_NOT_HALTED, "the core did not halt after the reset");
}

/* nRST is low before SWD starts: firmware that takes the pins away never gets to run. */
static int climb_under_reset(struct board *board, struct why *why)
{
	struct core *core = &board->cores[0];
	struct batch batch;
	int err;

	probe_exit(board->probe);	/* a V2 that is in debug mode lets go of NRST when it enters it */
	err = probe_reset_pin(board->probe, PROBE_PIN_LOW);
	if (err)
		return explain(why, err, "NRST can't be driven: %s", error_text(err));
	link_wait_us(probe_link(board->probe), RESET_HOLD_US);
	err = enter(board, why);
	if (!err) {
		probe_reset_pin(board->probe, PROBE_PIN_LOW);	/* old firmware let go of it */
		port_guess_core(board);
		batch_begin(&batch, core);
		batch_write(&batch, DHCSR, DHCSR_HALT);
		batch_write(&batch, DEMCR, TRCENA | VC_CORERESET);
		err = batch_run(&batch);
		if (err)
			explain(why, err, "no access under reset: %s", error_text(err));
	}
	probe_reset_pin(board->probe, PROBE_PIN_HIGH);
	if (!err)
		err = wait_for_vector(board, why);
	if (!err)
		err = probe_write_u32(board->probe, core->port, DEMCR, 0);
	return err ? err : port_find_core(board, why);
}

static const struct rung rungs[] = {
	{ CONNECT_NORMAL, true, "normal", climb_plain },
	{ CONNECT_UNDER_RESET, true, "under reset", climb_under_reset },
	{ CONNECT_HOT_PLUG, false, "hot-plug", climb_plain },
};

static bool is_tried(const struct rung *rung, enum connect_mode mode)
{
	return mode == CONNECT_AUTO ? rung->in_auto : rung->mode == mode;
}

static void add_advice(const struct board *board, int err, struct why *why)
{
	if (board->supply_mv && board->supply_mv < SUPPLY_MIN_MV)
		explain_more(why, ". The probe measures %u.%02u V at the target: is it powered, and is "
			     "VTref connected?", board->supply_mv / 1000,
			     board->supply_mv % 1000 / 10);
	else if (err == E_NO_TARGET || err == E_WIRE)
		explain_more(why, ". Check SWDIO, SWCLK, GND and the target's power; if the firmware "
			     "uses these pins, connect NRST or hold BOOT0 high through a reset");
	else if (err == E_POWER)
		explain_more(why, ". The debug port answers but does not power up: read protection "
			     "level 2, or a chip in Shutdown");
	else if (probe_error_advice(board->probe, err)[0])
		explain_more(why, ". What may help: %s", probe_error_advice(board->probe, err));
}

static uint32_t usual_khz(const struct board *board)
{
	if (board->options.speed_khz)
		return board->options.speed_khz;
	return probe_version(board->probe)->major >= 3 ? SPEED_V3_KHZ : SPEED_V2_KHZ;
}

/* What chips with this DPIDR can follow right after a reset: L0 and L1 wake up with a slow clock. */
static uint32_t patient_khz(const struct board *board)
{
	const struct chip_library *chips = board->options.chips;
	uint32_t khz = usual_khz(board);

	for (size_t i = 0; !board->options.speed_khz && i < chip_library_count(chips); i++) {
		const struct chip_index *row = chip_library_row(chips, i);

		if (row->swd_khz && row->dpidr == board->dpidr)
			khz = min_u32(khz, row->swd_khz);
	}
	return khz;
}

static void prepare_probe(struct board *board, uint32_t khz)
{
	uint32_t actual;
	int err;

	if (probe_voltage_mv(board->probe, &board->supply_mv))
		board->supply_mv = 0;
	err = probe_set_speed(board->probe, khz, &actual);
	if (err)
		log_line(LOG_TARGET, "speed %u kHz: %s", khz, error_text(err));
}

bool connect_is_hiccup(int err)
{
	return err == E_TIMEOUT || err == E_USB || err == E_PROTOCOL || err == E_WAIT ||
	       err == E_WIRE;
}

/* A hiccup is no reason for the next rung, which may reset the target: this one is tried again, with
 * more patience where a chip of this kind may need it. */
static int climb(struct board *board, const struct rung *rung, struct why *why)
{
	int err = rung->climb(board, why);
	bool still_in_swd;

	if (!connect_is_hiccup(err))
		return err;
	log_line(LOG_TARGET, "connect %s: %s; once more", rung->name, why->text);
	if (probe_resync(board->probe, &still_in_swd))
		return err;
	prepare_probe(board, patient_khz(board));
	return rung->climb(board, why);
}

void connect_settle(struct board *board)
{
	if (patient_khz(board) == usual_khz(board) || probe_speed_khz(board->probe) > patient_khz(board))
		return;
	if (board->chip.swd_khz)
		board_note(board, "SWD stays at %u kHz: the chip did not follow at first",
			   probe_speed_khz(board->probe));
	else
		prepare_probe(board, usual_khz(board));
}

int connect_target(struct board *board, enum connect_mode *reached, struct why *why)
{
	enum connect_mode mode = board->options.connect;
	struct why story = { "" };
	int err = E_NO_TARGET;

	prepare_probe(board, usual_khz(board));
	for (size_t i = 0; i < ARRAY_SIZE(rungs); i++) {
		struct why reason = { "" };

		if (!is_tried(&rungs[i], mode))
			continue;
		err = climb(board, &rungs[i], &reason);
		*reached = rungs[i].mode;
		log_line(LOG_TARGET, "connect %s: %s", rungs[i].name, err ? reason.text : "ok");
		if (!err)
			return 0;
		explain_more(&story, "%s%s: %s", story.text[0] ? "; " : "", rungs[i].name,
			     reason.text);
		if (err == E_INTERRUPTED || err == E_GONE || err == E_CHIP)
			break;
	}
	explain(why, err, "the target can't be reached (%s)", story.text);
	add_advice(board, err, why);
	return err;
}
