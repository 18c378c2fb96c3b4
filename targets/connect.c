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
#include "targets/detect.h"

enum { SPEED_V2_KHZ = 4000, SPEED_V3_KHZ = 24000 };
enum { RESET_HOLD_US = 2000, RESET_HALT_US = 1000000, RESET_POLL_US = 1000 };
enum { SUPPLY_MIN_MV = 1500 };

struct rung {
	enum connect_mode mode;
	bool in_auto;
	const char *name;
	int (*climb)(struct board *board, struct why *why);
};

enum { PORTS_MAX = 4 };

static void add_port(uint8_t *ports, unsigned *count, uint32_t ap)
{
	for (unsigned i = 0; i < *count; i++) {
		if (ports[i] == ap)
			return;
	}
	if (*count < PORTS_MAX)
		ports[(*count)++] = (uint8_t)ap;
}

/* On which access ports the core may be: those of the chips with this DPIDR, port 0 first. */
static unsigned list_ports(const struct board *board, uint8_t ports[PORTS_MAX])
{
	const struct chip_library *chips = board->options.chips;
	unsigned count = 0, known = 0;

	ports[count++] = 0;
	for (size_t i = 0; i < chip_library_count(chips); i++)
		known += chip_library_row(chips, i)->dpidr == board->dpidr;
	for (size_t i = 0; i < chip_library_count(chips); i++) {
		const struct chip_index *row = chip_library_row(chips, i);

		if (row->cpuid && (!known || row->dpidr == board->dpidr))
			add_port(ports, &count, row->ap);
	}
	return count;
}

/* No core here, but perhaps behind another port. Anything else is an answer. */
static bool is_no_core(int err)
{
	return err == E_CHIP || err == E_FAULT || err == E_AP;
}

static int enter(struct board *board, struct why *why)
{
	struct core *core = &board->cores[0];
	int err = probe_enter_swd(board->probe, &board->dpidr);

	if (!err)
		err = probe_open_ap(board->probe, core->port.ap);
	return err && !is_no_core(err) ? explain(why, err, "%s", probe_error_text(board->probe, err)) : 0;
}

static int try_port(struct board *board, uint8_t ap, struct why *why)
{
	struct core *core = &board->cores[0];

	if (ap != core->port.ap) {
		int err = probe_open_ap(board->probe, ap);

		if (err)
			return explain(why, E_FAULT, "access port %u: %s", ap,
				       probe_error_text(board->probe, err));
		core->port.ap = ap;
	}
	return core_examine(core, why);
}

static int write_wake(struct board *board, const struct chip_wake *wake)
{
	struct probe_port port = { .ap = (uint8_t)wake->ap };
	uint32_t value;
	int err = probe_open_ap(board->probe, port.ap);

	if (!err)
		err = probe_read_u32(board->probe, port, wake->address, &value);
	if (!err)
		err = probe_write_u32(board->probe, port, wake->address, value | wake->set);
	if (!err) {
		board->woken = *wake;
		board->woken_before = value;
	}
	return err;
}

/* A core that sleeps with its clock off is reached once DBGMCU keeps it on (H7; ES0392). Only through a
 * port that chips of this kind have, and not where nothing may be written. */
static bool wake(struct board *board)
{
	const struct chip_library *chips = board->options.chips;
	uint8_t own = board->cores[0].port.ap;
	bool done = false;

	if (board->options.connect == CONNECT_HOT_PLUG)
		return false;
	for (size_t i = 0; !done && i < chip_library_count(chips); i++) {
		const struct chip_index *row = chip_library_row(chips, i);

		if (row->wake.address && row->dpidr == board->dpidr)
			done = !write_wake(board, &row->wake);
	}
	probe_open_ap(board->probe, own);
	return done;
}

/* The core is where a CPUID is. */
static int find_core(struct board *board, struct why *why)
{
	uint8_t ports[PORTS_MAX];
	unsigned count = list_ports(board, ports);
	struct why first = { "" }, reason = { "" };
	int first_err = core_examine(&board->cores[0], &first), err = first_err;

	if ((err == E_FAULT || err == E_WAIT) && wake(board))
		err = first_err = core_examine(&board->cores[0], &first);
	for (unsigned i = 0; is_no_core(err) && i < count; i++) {
		if (ports[i] == board->cores[0].port.ap)
			continue;
		reason.text[0] = 0;
		err = try_port(board, ports[i], &reason);
	}
	if (is_no_core(err)) {
		board->cores[0].port.ap = 0;
		if (detect_without_core(board, why) == E_CHIP && why->text[0])
			return E_CHIP;
	}
	if (is_no_core(err)) {
		*why = first;
		return first_err;
	}
	if (err)
		*why = reason.text[0] ? reason : first;
	return err;
}

static int climb_plain(struct board *board, struct why *why)
{
	int err = enter(board, why);

	return err ? err : find_core(board, why);
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

/* While the chip is held in reset there is only CPUID to go by. */
static void pick_port(struct board *board)
{
	struct core *core = &board->cores[0];
	uint8_t ports[PORTS_MAX], before = core->port.ap;
	unsigned count = list_ports(board, ports);
	struct why ignored = { "" };

	if (count < 2 || !core_examine(core, &ignored))
		return;
	for (unsigned i = 0; i < count; i++) {
		if (ports[i] != before && !try_port(board, ports[i], &ignored))
			return;
	}
	if (core->port.ap != before && !probe_open_ap(board->probe, before))
		core->port.ap = before;
}

/* nRST is low before SWD starts: firmware that takes the pins away never gets to run. */
static int climb_under_reset(struct board *board, struct why *why)
{
	struct core *core = &board->cores[0];
	struct batch batch;
	int err = probe_reset_pin(board->probe, PROBE_PIN_LOW);

	if (err)
		return explain(why, err, "NRST can't be driven: %s", error_text(err));
	link_wait_us(probe_link(board->probe), RESET_HOLD_US);
	err = enter(board, why);
	if (!err) {
		probe_reset_pin(board->probe, PROBE_PIN_LOW);	/* old firmware let go of it */
		pick_port(board);
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
	return err ? err : find_core(board, why);
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
