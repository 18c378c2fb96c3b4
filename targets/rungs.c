/* SPDX-License-Identifier: MIT
 *
 * The ways to get hold of a target's core. ADIv5.2 IHI 0031E B2 (debug port), DDI 0403E C1.6 (DHCSR, DEMCR).
 */
#include "targets/rungs.h"

#include "probe/bytes.h"
#include "targets/batch.h"
#include "targets/core_private.h"
#include "targets/cortexm.h"
#include "targets/port.h"

enum { LEAVE_US = 5000, POWER_DOWN_US = 1000, POWER_UP_US = 20000, POLL_US = 1000 };
enum { HAMMER_US = 40000, HAMMER_STEP_US = 100, PULSE_US = 2000 };
enum { RESET_HOLD_US = 2000, RESET_HALT_US = 300000 };
enum { HELD_READS = 8, HELD_STEP_US = 3000 };

enum { DP = 0xFFFF, DP_ABORT = 0x0, DP_CTRL_STAT = 0x4 };
enum { ABORT_ALL = 0x1F };
#define POWER_REQUESTS	0x50000000u
#define POWER_ACKS	0xA0000000u

static struct evidence *evidence_of(struct board *board)
{
	return &board->climb.evidence;
}

/* The first look shows resets that are long past; later ones only those since the look before. */
static void take_dhcsr(struct board *board, uint32_t dhcsr)
{
	if (dhcsr & S_RESET_ST && board->climb.looks)
		evidence_add(evidence_of(board), SIGN_RESETS);
	board->climb.looks++;
}

static int enter(struct board *board, struct why *why)
{
	struct core *core = &board->cores[0];
	int err = probe_enter_swd(board->probe, &board->dpidr);

	if (!err)
		evidence_add(evidence_of(board), SIGN_ANSWERED);
	if (!err)
		err = probe_open_ap(board->probe, core->port.ap);
	return err && !port_has_no_core(err) ? explain(why, err, "%s", probe_error_text(board->probe, err)) : 0;
}

/* What a core that nothing holds shows once only; retired instructions tell a chip that is reset again and
 * again from one that never starts. */
static int check_reset(struct board *board, struct why *why)
{
	struct core *core = &board->cores[0];
	uint32_t dhcsr = core->found_dhcsr[1];

	for (unsigned i = 0; i < HELD_READS; i++) {
		if (!(dhcsr & S_RESET_ST) || dhcsr & (S_RETIRE_ST | S_HALT))
			return 0;
		link_wait_us(probe_link(board->probe), HELD_STEP_US);
		if (probe_read_u32(board->probe, core->port, DHCSR, &dhcsr))
			return 0;
	}
	return explain(why, E_IN_RESET, "the core stays in reset");
}

static int find_core(struct board *board, struct why *why)
{
	struct core *core = &board->cores[0];
	int err;

	board->chip.known_only[0] = '\0';
	err = port_find_core(board, why);
	if (port_has_no_core(err) && port_is_out_of_reach(board))
		evidence_add(evidence_of(board), SIGN_OLD_FIRMWARE);
	if (err)
		return err;
	take_dhcsr(board, core->found_dhcsr[0]);
	if (core->found_dhcsr[1] & S_SLEEP)
		evidence_add(evidence_of(board), SIGN_SLEEPING);
	if (core->found_dhcsr[1] & S_LOCKUP)
		evidence_add(evidence_of(board), SIGN_LOCKED_UP);
	return check_reset(board, why);
}

int rung_plain(struct board *board, struct why *why)
{
	int err = enter(board, why);

	return err ? err : find_core(board, why);
}

int rung_enter_again(struct board *board, struct why *why)
{
	probe_exit(board->probe);
	link_wait_us(probe_link(board->probe), LEAVE_US);
	return rung_plain(board, why);
}

static int power_up_again(struct board *board)
{
	struct link *link = probe_link(board->probe);
	uint64_t deadline_us = link_now_us(link) + POWER_UP_US;
	uint32_t status = 0;
	int err = probe_dap_write(board->probe, DP, DP_ABORT, ABORT_ALL);

	if (!err)
		err = probe_dap_write(board->probe, DP, DP_CTRL_STAT, 0);
	link_wait_us(link, POWER_DOWN_US);
	if (!err)
		err = probe_dap_write(board->probe, DP, DP_CTRL_STAT, POWER_REQUESTS);
	while (!err && (status & POWER_ACKS) != POWER_ACKS) {
		if (link_now_us(link) >= deadline_us)
			return E_POWER;
		link_wait_us(link, POLL_US);
		err = probe_dap_read(board->probe, DP, DP_CTRL_STAT, &status);
	}
	return err;
}

int rung_clear_errors(struct board *board, struct why *why)
{
	int err = OK;

	if (probe_abilities(board->probe)->dap_registers)
		err = power_up_again(board);
	if (err && err != E_PROTOCOL)	/* refused outside of debug mode */
		return explain(why, err, "%s", probe_error_text(board->probe, err));
	return rung_plain(board, why);
}

/* One request with the catch of the next reset, in case that comes first. */
static int ask_to_halt(struct board *board, uint32_t *dhcsr)
{
	struct batch batch;
	size_t index;
	int err;

	batch_begin(&batch, &board->cores[0]);
	batch_write(&batch, DHCSR, DHCSR_HALT);
	batch_write(&batch, DEMCR, TRCENA | VC_CORERESET);
	index = batch_read(&batch, DHCSR);
	err = batch_run(&batch);
	*dhcsr = err ? 0 : batch_value(&batch, index);
	return err;
}

static int catch_core(struct board *board, struct why *why)
{
	struct link *link = probe_link(board->probe);
	uint64_t deadline_us = link_now_us(link) + HAMMER_US;
	bool entered = false;
	uint32_t dhcsr;
	int err;

	do {
		struct why ignored = { "" };

		err = entered ? OK : enter(board, &ignored);
		if (!err)
			err = ask_to_halt(board, &dhcsr);
		entered = !err;
		if (!err)
			take_dhcsr(board, dhcsr);
		if (!err && dhcsr & S_HALT)
			return OK;
		link_wait_us(link, HAMMER_STEP_US);
	} while (link_now_us(link) < deadline_us && !probe_interrupted(board->probe));
	return explain(why, err ? err : E_NOT_HALTED, "%s",
		       err ? probe_error_text(board->probe, err) : "it does not halt");
}

/* The catch goes as soon as the core is known to stand. */
static int find_caught_core(struct board *board, struct why *why)
{
	int err = probe_write_u32(board->probe, board->cores[0].port, DEMCR, 0);

	return err ? explain(why, err, "%s", probe_error_text(board->probe, err)) : find_core(board, why);
}

int rung_halt(struct board *board, struct why *why)
{
	int err = catch_core(board, why);

	return err ? err : find_caught_core(board, why);
}

int rung_pulse(struct board *board, struct why *why)
{
	int err = probe_reset_pin(board->probe, PROBE_PIN_LOW);

	link_wait_us(probe_link(board->probe), PULSE_US);
	if (!err)
		err = probe_reset_pin(board->probe, PROBE_PIN_HIGH);
	board->climb.looks = 0;
	if (err) {
		evidence_add(evidence_of(board), SIGN_PIN_REFUSED);
		return explain(why, err, "NRST can't be driven: %s", probe_error_text(board->probe, err));
	}
	return rung_halt(board, why);
}

/* The request is repeated until the core obeys: some parts lose it while they leave the reset. */
static int wait_for_vector(struct board *board, bool *was_reset, struct why *why)
{
	struct link *link = probe_link(board->probe);
	uint64_t deadline_us = link_now_us(link) + RESET_HALT_US;
	uint32_t dhcsr = 0;
	int err;

	do {
		err = ask_to_halt(board, &dhcsr);
		*was_reset |= (dhcsr & S_RESET_ST) != 0;
		if (dhcsr & S_HALT)
			return 0;
		link_wait_us(link, POLL_US);
	} while (link_now_us(link) < deadline_us && !probe_interrupted(board->probe));
	if (dhcsr & S_RESET_ST)
		return explain(why, E_IN_RESET, "the core stays in reset");
	return explain(why, err ? err : E_NOT_HALTED, "the core did not halt after the reset");
}

/* With NRST low. */
static int arm_catch(struct board *board, bool *was_reset, struct why *why)
{
	uint32_t dhcsr;
	int err = enter(board, why);

	if (err)
		return err;
	probe_reset_pin(board->probe, PROBE_PIN_LOW);	/* old firmware let go of it */
	port_guess_core(board);
	err = ask_to_halt(board, &dhcsr);		/* this read clears what an older reset has left */
	if (!err)
		err = ask_to_halt(board, &dhcsr);
	*was_reset |= (dhcsr & S_RESET_ST) != 0;
	return err ? explain(why, err, "no access under reset: %s", probe_error_text(board->probe, err)) : 0;
}

/* Entering SWD again would release NRST on a V2, so it is left before. */
int rung_under_reset(struct board *board, struct why *why)
{
	bool was_reset = false;
	int err;

	board->climb.looks = 0;
	probe_exit(board->probe);
	err = probe_reset_pin(board->probe, PROBE_PIN_LOW);
	if (err) {
		evidence_add(evidence_of(board), SIGN_PIN_REFUSED);
		return explain(why, err, "NRST can't be driven: %s", probe_error_text(board->probe, err));
	}
	link_wait_us(probe_link(board->probe), RESET_HOLD_US);
	err = arm_catch(board, &was_reset, why);
	probe_reset_pin(board->probe, PROBE_PIN_HIGH);
	if (!err)
		err = wait_for_vector(board, &was_reset, why);
	if (err)
		return err;
	board->pin_is_dead = !was_reset;
	if (!was_reset)
		evidence_add(evidence_of(board), SIGN_PIN_DEAD);
	return find_caught_core(board, why);
}
