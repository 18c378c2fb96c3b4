/* SPDX-License-Identifier: MIT
 *
 * The ladder: ways to reach a target, from the gentlest to the one that resets it. Each rung is one row; a
 * new way to try is a new row.
 */
#include "targets/connect.h"

#include <ctype.h>
#include <string.h>

#include "probe/bytes.h"
#include "probe/log.h"
#include "targets/batch.h"
#include "targets/core_private.h"
#include "targets/cortexm.h"
#include "targets/rungs.h"

enum { SPEED_V2_KHZ = 4000, SPEED_V3_KHZ = 24000, MEDIUM_KHZ = 3300, SLOW_KHZ = 480, SLOWEST_KHZ = 100 };
enum { SUPPLY_MIN_MV = 1500 };
enum { BUDGET_US = 2500000 };		/* no rung begins later */
enum { TRIAL_US = 50000, TRIAL_STEP_US = 500 };
enum { SCR = 0xE000ED10, SLEEPDEEP = 1 << 2 };

#define IN(mode) (1u << CONNECT_##mode)
enum { PATIENCE = 1 << SIGN_TOOK_PATIENCE, RESET = 1 << SIGN_TOOK_RESET };
enum { GENTLE = IN(AUTO) | IN(NORMAL) | IN(HOT_PLUG) | IN(OBSERVE) };

static const struct rung {
	const char *name;
	unsigned modes;
	uint32_t signs;		/* worth a try when one of these was seen; 0 = always */
	uint32_t khz;		/* at most; 0 = the usual speed */
	uint32_t took;		/* signs: what it says of the target when it works */
	int (*climb)(struct board *board, struct why *why);
} rungs[] = {
	{ "normal", GENTLE, 0, 0, 0, rung_plain },
	{ "errors cleared, powered up again", IN(AUTO) | IN(NORMAL), 1u << SIGN_ANSWERED, 0,
	  0, rung_clear_errors },
	{ "SWD left and entered", GENTLE, 0, 0, 0, rung_enter_again },
	{ "3300 kHz", GENTLE, 0, MEDIUM_KHZ, PATIENCE, rung_enter_again },
	{ "480 kHz", GENTLE, 0, SLOW_KHZ, PATIENCE, rung_enter_again },
	{ "100 kHz", GENTLE, 1u << SIGN_BUS_BUSY | 1u << SIGN_BITS_LOST | 1u << SIGN_SILENT, SLOWEST_KHZ,
	  PATIENCE, rung_enter_again },
	{ "halting", IN(AUTO), 0, 0, 1u << SIGN_TOOK_HALT, rung_halt },
	{ "NRST pulse and halting", IN(AUTO), 0, 0, RESET, rung_pulse },
	{ "under reset", IN(AUTO) | IN(UNDER_RESET), 0, 0, RESET, rung_under_reset },
	{ "under reset at 100 kHz", IN(AUTO) | IN(UNDER_RESET), 0, SLOWEST_KHZ, RESET | PATIENCE,
	  rung_under_reset },
};

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

static void set_speed(struct board *board, uint32_t khz)
{
	uint32_t actual;
	int err = probe_set_speed(board->probe, khz, &actual);

	if (err)
		log_line(LOG_TARGET, "speed %u kHz: %s", khz, error_text(err));
}

static void measure_supply(struct board *board)
{
	struct evidence *evidence = &board->climb.evidence;
	int err = probe_voltage_mv(board->probe, &board->supply_mv);

	if (err)
		board->supply_mv = 0;
	else if (board->supply_mv < SUPPLY_MIN_MV && probe_abilities(board->probe)->voltage)
		evidence_add(evidence, SIGN_NO_SUPPLY);
	evidence->supply_mv = board->supply_mv;
}

bool connect_is_hiccup(int err)
{
	return err == E_TIMEOUT || err == E_USB || err == E_PROTOCOL || err == E_WAIT ||
	       err == E_WIRE;
}

bool connect_writes_nothing(const struct board *board)
{
	return board->options.connect == CONNECT_HOT_PLUG || board->options.connect == CONNECT_OBSERVE;
}

static bool is_about_probe(int err)
{
	return err == E_TIMEOUT || err == E_USB || err == E_PROTOCOL;
}

/* No other rung would change it. */
static bool is_final(int err)
{
	return err == E_INTERRUPTED || err == E_GONE || err == E_IN_RESET || err == E_MEMORY ||
	       err == E_CONFIG || err == E_REFUSED || is_about_probe(err);
}

/* Taking hold of what was found is part of it: where that fails, a firmer rung may help. E_REFUSED: a chip
 * that is known, and not for us. */
static int try(struct board *board, const struct rung *rung, const char *name, struct why *why)
{
	struct link *link = probe_link(board->probe);
	uint64_t start_us = link_now_us(link);
	bool refused, has_core;
	int err;

	why->text[0] = '\0';
	err = rung->climb(board, why);
	has_core = !err;
	refused = err == E_CHIP && board->chip.known_only[0];
	if (!err) {
		err = board_take_hold(board, why);
		refused = err == E_CHIP;
	}
	if (err && !why->text[0])
		explain(why, err, "%s", error_text(err));
	if (err == E_FAULT && !has_core)
		evidence_add(&board->climb.evidence, SIGN_NO_CORE);
	else
		evidence_add_error(&board->climb.evidence, err);
	climb_add(&board->climb, name, err, why->text, (uint32_t)(link_now_us(link) - start_us));
	log_line(LOG_TARGET, "connect %s: %s", name, err ? why->text : "ok");
	return refused ? E_REFUSED : err;
}

/* A hiccup is no reason for the next rung, which may reset the target: this one is tried again, with
 * more patience where a chip of this kind may need it. */
static int climb_rung(struct board *board, const struct rung *rung, struct why *why)
{
	uint32_t khz = rung->khz ? min_u32(rung->khz, usual_khz(board)) : usual_khz(board);
	bool still_in_swd;
	int err;

	set_speed(board, khz);
	err = try(board, rung, rung->name, why);
	if (!(rung == rungs ? connect_is_hiccup(err) : is_about_probe(err)) ||
	    probe_resync(board->probe, &still_in_swd))
		return err;
	board->climb.patient = patient_khz(board) < khz;
	set_speed(board, min_u32(khz, patient_khz(board)));
	err = try(board, rung, "once more", why);
	board->climb.patient = false;
	return err;
}

static bool is_tried(const struct board *board, const struct rung *rung)
{
	uint32_t signs = board->climb.evidence.signs;

	return rung->modes >> board->options.connect & 1 && (!rung->signs || signs & rung->signs);
}

void connect_settle(struct board *board)
{
	if (!board->climb.patient)
		return;
	if (board->chip.swd_khz)
		board_note(board, "SWD stays at %u kHz: the chip did not follow at first",
			   probe_speed_khz(board->probe));
	else
		set_speed(board, usual_khz(board));
}

static int climb_ladder(struct board *board, struct why *why)
{
	struct link *link = probe_link(board->probe);
	uint64_t end_us = link_now_us(link) + BUDGET_US;
	int err = E_NO_TARGET;

	for (size_t i = 0; i < ARRAY_SIZE(rungs); i++) {
		if (!is_tried(board, &rungs[i]))
			continue;
		err = climb_rung(board, &rungs[i], why);
		if (!err)
			board->climb.evidence.signs |= rungs[i].took;
		if (!err || is_final(err) || link_now_us(link) >= end_us)
			break;
	}
	return err;
}

static void end_trial(struct board *board, enum sign sign, uint64_t start_us)
{
	struct evidence *evidence = &board->climb.evidence;

	evidence_add(evidence, sign);
	evidence->trial_ms = (unsigned)((link_now_us(probe_link(board->probe)) - start_us) / 1000) + 1;
}

/* True when there is something to say. */
static bool look_at_trial(struct board *board, uint64_t start_us)
{
	const struct core *core = &board->cores[0];
	uint32_t dhcsr, scr = 0;
	int err = probe_read_u32(board->probe, core->port, DHCSR, &dhcsr);

	if (!err && !(dhcsr & S_SLEEP))
		return false;
	if (!err)
		err = probe_read_u32(board->probe, core->port, SCR, &scr);
	if (!err && !(scr & SLEEPDEEP))
		return false;
	end_trial(board, err ? SIGN_FELL_SILENT : SIGN_FELL_ASLEEP, start_us);
	return true;
}

/* SWD was silent before the reset: with the debug clocks on, the firmware is let run for a moment to see
 * whether it sleeps or uses the pins. Then it is caught again. */
static int run_trial(struct board *board, struct why *why)
{
	struct link *link = probe_link(board->probe);
	uint64_t start_us = link_now_us(link);
	struct core *core = &board->cores[0];
	int err = probe_write_u32(board->probe, core->port, DHCSR, DHCSR_RUN);

	while (!err && link_now_us(link) - start_us < TRIAL_US && !look_at_trial(board, start_us))
		link_wait_us(link, TRIAL_STEP_US);
	core_set_state(core, CORE_UNKNOWN, "trial run");
	board->debugging = false;
	core_forget(core, true);
	err = rung_under_reset(board, why);
	return err ? err : board_start_debugging(board);
}

static bool wants_trial(const struct board *board)
{
	const struct evidence *evidence = &board->climb.evidence;

	return board->options.connect == CONNECT_AUTO && board->options.low_power_debug &&
	       evidence_has(evidence, SIGN_SILENT) && evidence_has(evidence, SIGN_TOOK_RESET) &&
	       !evidence_has(evidence, SIGN_PIN_DEAD) && board->cores[0].state == CORE_HALTED;
}

static int try_out(struct board *board, struct why *why)
{
	return wants_trial(board) ? run_trial(board, why) : 0;
}

/* The chip's own word, where it is to be had. */
static void find_reset_cause(struct board *board)
{
	struct evidence *evidence = &board->climb.evidence;
	char cause[80];

	if (!evidence_has(evidence, SIGN_RESETS))
		return;
	board_reset_cause(board, cause, sizeof(cause));
	if (strstr(cause, "watchdog"))
		evidence_add(evidence, SIGN_WATCHDOG);
}

void connect_notice_reset(struct board *board)
{
	evidence_add(&board->climb.evidence, SIGN_RESETS);
	find_reset_cause(board);
}

int connect_target(struct board *board, struct why *why)
{
	struct link *link = probe_link(board->probe);
	struct climb *climb = &board->climb;
	uint64_t start_us = link_now_us(link);
	int err;

	*climb = (struct climb){ .count = 0 };
	measure_supply(board);
	err = climb_ladder(board, why);
	if (!err)
		err = try_out(board, why);
	climb->us = (uint32_t)(link_now_us(link) - start_us);
	if (err == E_REFUSED)
		return E_CHIP;
	if (err == E_INTERRUPTED || err == E_MEMORY || err == E_CONFIG)
		return err;		/* nothing of the target's */
	if (!err) {
		evidence_add(&climb->evidence, SIGN_REACHED);
		find_reset_cause(board);
		return 0;
	}
	explain(why, err, "the target can't be reached: ");
	climb_explain(climb, diagnose(&climb->evidence), why);
	return err;
}

void connect_note(struct board *board)
{
	const struct diagnosis *diagnosis = diagnose(&board->climb.evidence);
	struct why why = { "" };

	if (!diagnosis)
		return;
	if (board->cores[0].stop == STOP_LOCKUP && !strcmp(diagnosis->name, "lock-up"))
		return;			/* that story is told where it halts */
	climb_explain(&board->climb, diagnosis, &why);
	why.text[0] = (char)toupper((unsigned char)why.text[0]);
	board_note(board, "%s", why.text);
}
