/* SPDX-License-Identifier: MIT
 *
 * Resets, believed only by evidence: S_RESET_ST was seen, and for a halting reset the core stands at
 * its reset vector. DDI 0403E C1.4.1 (vector catch), B1.5.16 (AIRCR).
 */
#include "targets/board.h"

#include "probe/log.h"
#include "targets/core_private.h"
#include "targets/cortexm.h"

enum {
	RESET_SEEN_US = 500000, RESET_HALT_US = 1000000, RESET_POLL_US = 250,
	PIN_LOW_US = 20000, PIN_RISE_US = 1000,
};

/* After a reset the vector table is at 0, whatever memory is shown there, or where option bytes say:
 * VTOR tells (0 on cores that have none). */
enum { RESET_VECTOR = 0x04 };

/* Arms or disarms the catch, ends a masked step; reads DHCSR so that an old S_RESET_ST does not count. */
static int prepare_core(struct core *core, bool halt)
{
	struct batch batch;
	size_t dhcsr;
	int err;

	batch_begin(&batch, core);
	dhcsr = batch_read(&batch, DHCSR);
	batch_write(&batch, DEMCR, core->demcr | (halt ? VC_CORERESET : 0));
	batch_write(&batch, DHCSR, core->state == CORE_HALTED ? DHCSR_HALT : DHCSR_RUN);
	err = batch_run(&batch);
	if (!err)
		core_take_dhcsr(core, batch_value(&batch, dhcsr));
	core->was_reset = false;
	return err;
}

/* The write may fail: the reset can be faster than its acknowledge. */
static int reset_by_request(struct board *board)
{
	struct core *core = &board->cores[0];

	probe_write_u32(board->probe, core->port, AIRCR, AIRCR_SYSRESETREQ);
	return 0;
}

static int reset_by_pin(struct board *board)
{
	struct link *link = probe_link(board->probe);
	int err = probe_reset_pin(board->probe, PROBE_PIN_LOW);

	if (err)
		return err;
	link_wait_us(link, PIN_LOW_US);
	err = probe_reset_pin(board->probe, PROBE_PIN_HIGH);
	link_wait_us(link, PIN_RISE_US);
	return err;
}

/* Waits for the reset, and for the halt behind it if one is wanted. Errors on the way are the reset. */
static int wait_for_reset(struct core *core, bool halt)
{
	struct link *link = probe_link(core->board->probe);
	uint64_t deadline_us = link_now_us(link) + (halt ? RESET_HALT_US : RESET_SEEN_US);
	uint32_t dhcsr = 0;
	int err;

	do {
		err = probe_read_u32(core->board->probe, core->port, DHCSR, &dhcsr);
		if (err == E_GONE || err == E_INTERRUPTED)
			return err;
		if (!err)
			core_take_dhcsr(core, dhcsr);
		if (!err && core->was_reset && (halt ? dhcsr & S_HALT : !(dhcsr & S_RESET_ST)))
			return 0;
		link_wait_us(link, RESET_POLL_US);
	} while (link_now_us(link) < deadline_us);
	if (err)
		return err;
	return core->was_reset ? E_NOT_HALTED : E_NO_RESET;
}

/* Reads where the core stands and where it should, and takes the catch away again. */
static int check_vector(struct core *core, struct why *why)
{
	struct batch batch;
	uint32_t vector = 0;
	bool readable = true;
	size_t pc, vtor;
	int err;

	core_set_state(core, CORE_HALTED, "reset");
	batch_begin(&batch, core);
	batch_write(&batch, DFSR, DFSR_ALL);
	batch_write(&batch, DEMCR, core->demcr);
	vtor = batch_read(&batch, VTOR);
	pc = registers_queue_pc(&batch);
	err = batch_run(&batch);
	if (!err)
		err = probe_read_u32(core->board->probe, core->port,
				     batch_value(&batch, vtor) + RESET_VECTOR, &vector);
	if (err == E_FAULT) {		/* flash that is read-protected keeps its vectors to itself */
		readable = false;
		err = 0;
	}
	if (err)
		return explain(why, err, "after the reset: %s", error_text(err));
	core->demcr_target = core->demcr;
	core->stop = STOP_RESET_CATCH;
	core->stop_signal = 5;
	core->stop_at_own_bkpt = false;
	core->stop_pc = batch_value(&batch, pc);
	registers_take_pc(core, core->stop_pc);
	if (readable && (core->stop_pc ^ vector) & ~1u)
		return explain(why, E_NOT_HALTED,
			       "after the reset the core halted at 0x%08x and not at its reset vector "
			       "0x%08x: some firmware ran", core->stop_pc, vector & ~1u);
	return 0;
}

/* A core that was halted before may still be: C_HALT is cleared by most resets only. */
static int let_run(struct core *core)
{
	struct batch batch;
	int err;

	batch_begin(&batch, core);
	batch_write(&batch, DEMCR, core->demcr);
	batch_write(&batch, DFSR, DFSR_ALL);
	batch_write(&batch, DHCSR, DHCSR_RUN);
	err = batch_run(&batch);
	core->demcr_target = core->demcr;
	core_set_state(core, CORE_RUNNING, "reset");
	return err;
}

static int reset_once(struct board *board, enum reset_kind kind, bool halt)
{
	int err = 0;

	for (unsigned i = 0; !err && i < board->core_count; i++)
		err = prepare_core(&board->cores[i], halt);
	if (!err)
		err = kind == RESET_PIN ? reset_by_pin(board) : reset_by_request(board);
	for (unsigned i = 0; !err && i < board->core_count; i++)
		err = wait_for_reset(&board->cores[i], halt);
	return err;
}

static int finish(struct board *board, bool halt, struct why *why)
{
	int err = 0;

	for (unsigned i = 0; !err && i < board->core_count; i++) {
		struct core *core = &board->cores[i];

		core_forget(core, false);
		err = halt ? check_vector(core, why) : let_run(core);
		core->was_reset = false;
	}
	if (board->listener.was_reset)
		board->listener.was_reset(board->listener.context);
	return err;
}

/* The first read clears what the reset itself has left. */
static bool stays_in_reset(const struct core *core)
{
	uint32_t dhcsr = 0;

	for (int i = 0; i < 2; i++)
		if (probe_read_u32(core->board->probe, core->port, DHCSR, &dhcsr))
			return false;
	return dhcsr & S_RESET_ST;
}

static int explain_failure(const struct core *core, enum reset_kind kind, int err, struct why *why)
{
	if (err == E_NO_RESET && kind == RESET_PIN)
		return explain(why, err, "the reset pin was pulled low, but the chip was not reset: "
			       "NRST is not connected, or is no reset pin on this chip");
	if (err == E_NO_RESET)
		return explain(why, err, "a reset was asked for, but the chip was not reset");
	if (err == E_NOT_HALTED && stays_in_reset(core))
		return explain(why, err, "the core does not come out of reset: something else holds "
			       "NRST low (a button, another board, a short)");
	if (err == E_NOT_HALTED)
		return explain(why, err, "the chip was reset, but the core did not halt at its vector");
	return explain(why, err, "the reset failed: %s", error_text(err));
}

int board_reset(struct board *board, enum reset_kind kind, bool halt, struct why *why)
{
	int err = board_start_debugging(board);

	board->raised_hz = 0;
	if (!err)
		err = reset_once(board, kind, halt);
	if (kind == RESET_AUTO && (err == E_NO_RESET || err == E_NOT_HALTED)) {
		log_line(LOG_TARGET, "SYSRESETREQ: %s; trying the pin", error_text(err));
		err = reset_once(board, RESET_PIN, halt);
	}
	if (err) {
		board_forget(board);
		return explain_failure(&board->cores[0], kind, err, why);
	}
	return finish(board, halt, why);
}
