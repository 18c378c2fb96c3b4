/* SPDX-License-Identifier: MIT
 *
 * Resets, believed only by evidence: S_RESET_ST was seen, and for a halting reset the core stands at
 * its reset vector. DDI 0403E C1.4.1 (vector catch), B1.5.16 (AIRCR).
 */
#include "targets/board.h"

#include "probe/bytes.h"
#include "probe/log.h"
#include "targets/core_private.h"
#include "targets/cortexm.h"

enum {
	RESET_SEEN_US = 500000, RESET_HALT_US = 1000000, RESET_POLL_US = 250,
	PIN_LOW_US = 20000, PIN_RISE_US = 1000, CORE_HALT_MS = 100,
	REENTER_US = 10000,
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
static int request(struct board *board, uint32_t aircr)
{
	struct core *core = &board->cores[0];

	probe_write_u32(board->probe, core->port, AIRCR, aircr);
	return 0;
}

static int reset_by_request(struct board *board, bool halt)
{
	(void)halt;
	return request(board, AIRCR_SYSRESETREQ);
}

/* While the pin is low the catch is set once more, for chips that reset their debug logic with the rest;
 * others give no access then. */
static int reset_by_pin(struct board *board, bool halt)
{
	struct link *link = probe_link(board->probe);
	int err = probe_reset_pin(board->probe, PROBE_PIN_LOW);

	if (err)
		return err;
	link_wait_us(link, PIN_LOW_US);
	for (unsigned i = 0; halt && i < board->core_count; i++)
		prepare_core(&board->cores[i], true);
	err = probe_reset_pin(board->probe, PROBE_PIN_HIGH);
	link_wait_us(link, PIN_RISE_US);
	return err;
}

/* What is around the core keeps its state. The core has to be halted for it. */
static int reset_core_only(struct board *board, bool halt)
{
	int err = core_halt(&board->cores[0], CORE_HALT_MS);

	if (!err)
		err = prepare_core(&board->cores[0], halt);
	return err ? err : request(board, AIRCR_VECTRESET);
}

/* Written down only for v7-M, and the M7 has no such reset (its TRM, 3.1). */
static bool has_core_reset(const struct board *board)
{
	return board->chip.core == CHIP_M3 || board->chip.core == CHIP_M4;
}

static bool has_pin(const struct board *board)
{
	return !board->pin_is_dead;
}

/* In the order in which they are tried. */
static const struct way {
	enum reset_kind kind;
	const char *name;
	bool (*exists)(const struct board *board);	/* NULL = always */
	int (*reset)(struct board *board, bool halt);
} ways[] = {
	{ RESET_SYSTEM, "SYSRESETREQ", NULL, reset_by_request },
	{ RESET_PIN, "NRST", has_pin, reset_by_pin },
	{ RESET_CORE, "VECTRESET", has_core_reset, reset_core_only },
};

/* Where the chip resets its debug port too, or the wire is cut for a while. */
static void enter_again(struct core *core, int err)
{
	struct probe *probe = core->board->probe;

	if (err != E_WIRE && err != E_NO_TARGET && err != E_POWER && err != E_AP)
		return;
	if (!probe_enter_swd(probe, NULL))
		probe_open_ap(probe, core->port.ap);
	link_wait_us(probe_link(probe), REENTER_US);
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
		if (err)
			enter_again(core, err);
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
	size_t pc, vtor, flags;
	int err;

	core_set_state(core, CORE_HALTED, "reset");
	core_forget(core, false);
	batch_begin(&batch, core);
	batch_write(&batch, DFSR, DFSR_ALL);
	batch_write(&batch, DEMCR, core->demcr);
	vtor = batch_read(&batch, VTOR);
	flags = board_queue_reset_flags(core->board, &batch);
	pc = registers_queue_pc(&batch);
	err = batch_run(&batch);
	board_take_reset_flags(core->board, &batch, flags);
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
	size_t flags;
	int err;

	core_forget(core, false);
	batch_begin(&batch, core);
	flags = board_queue_reset_flags(core->board, &batch);
	batch_write(&batch, DEMCR, core->demcr);
	batch_write(&batch, DFSR, DFSR_ALL);
	batch_write(&batch, DHCSR, DHCSR_RUN);
	err = batch_run(&batch);
	board_take_reset_flags(core->board, &batch, flags);
	core->demcr_target = core->demcr;
	core_set_state(core, CORE_RUNNING, "reset");
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

static int explain_failure(const struct core *core, const struct way *way, int err, struct why *why)
{
	if (err == E_NO_RESET && way->kind == RESET_PIN)
		return explain(why, err, "the reset pin was pulled low, but the chip was not reset: "
			       "NRST is not connected, or is no reset pin on this chip. ST's tools call "
			       "this DEV_TARGET_RESET_ERR");
	if (err == E_NO_RESET)
		return explain(why, err, "a reset was asked for (%s), but the chip was not reset. ST's tools "
			       "call this DEV_TARGET_RESET_ERR", way->name);
	if (err == E_NOT_HALTED && stays_in_reset(core))
		return explain(why, err, "the core does not come out of reset: something else holds "
			       "NRST low (a button, another board, a short). ST's tools call this "
			       "DEV_TARGET_HELD_UNDER_RESET");
	if (err == E_NOT_HALTED && !why->text[0])
		return explain(why, err, "the chip was reset, but the core did not halt at its vector");
	return why->text[0] ? err : explain(why, err, "the reset failed: %s", error_text(err));
}

static int reset_once(struct board *board, const struct way *way, bool halt, struct why *why)
{
	int err = 0;

	why->text[0] = '\0';
	for (unsigned i = 0; !err && i < board->core_count; i++)
		err = prepare_core(&board->cores[i], halt);
	if (!err)
		err = way->reset(board, halt);
	for (unsigned i = 0; !err && i < board->core_count; i++)
		err = wait_for_reset(&board->cores[i], halt);
	for (unsigned i = 0; !err && i < board->core_count; i++)
		err = halt ? check_vector(&board->cores[i], why) : let_run(&board->cores[i]);
	for (unsigned i = 0; i < board->core_count; i++)
		board->cores[i].was_reset = false;
	return err ? explain_failure(&board->cores[0], way, err, why) : 0;
}

/* Remembered, and said once. */
static void note_dead_pin(struct board *board)
{
	board->pin_is_dead = true;
	board_note(board, "NRST does nothing: it is not connected, or is no reset pin on this chip. Resets go "
		   "through the core (SYSRESETREQ) from now on");
}

static int try_way(struct board *board, const struct way *way, bool halt, struct why *why)
{
	int err = reset_once(board, way, halt, why);

	if (err == E_NO_RESET && way->kind == RESET_PIN && !board->pin_is_dead)
		note_dead_pin(board);
	log_line(LOG_TARGET, "reset by %s: %s", way->name, err ? why->text : "done");
	return err;
}

/* Whether another way may do better. */
static bool is_worth_another(const struct board *board, int err)
{
	return err == E_NO_RESET || (err == E_NOT_HALTED && !stays_in_reset(&board->cores[0]));
}

/* The preferred one first. Returns how many. */
static size_t list_ways(const struct board *board, const struct way *list[ARRAY_SIZE(ways)])
{
	size_t count = 0;

	for (size_t pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
			if ((ways[i].kind == board->options.reset) == !pass &&
			    (!ways[i].exists || ways[i].exists(board)))
				list[count++] = &ways[i];
	return count;
}

static int try_all(struct board *board, bool halt, struct why *why)
{
	const struct way *list[ARRAY_SIZE(ways)];
	size_t count = list_ways(board, list);
	struct why reason = { "" };
	int err = E_NO_RESET;

	for (size_t i = 0; i < count; i++) {
		err = try_way(board, list[i], halt, &reason);
		if (!err && i && list[i]->kind == RESET_CORE)
			board_note(board, "Only the core was reset: peripherals and clocks keep their state");
		if (!err || !is_worth_another(board, err))
			break;
		explain_more(why, "%s; ", reason.text);
	}
	explain_more(why, "%s", reason.text);
	return err;
}

static int try_one(struct board *board, enum reset_kind kind, bool halt, struct why *why)
{
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		if (ways[i].kind != kind)
			continue;
		if (kind == RESET_CORE && !has_core_reset(board))
			return explain(why, E_CHIP, "this core can't be reset alone: only Cortex-M3 and M4 "
				       "have VECTRESET");
		return try_way(board, &ways[i], halt, why);
	}
	return E_ARGUMENT;
}

int board_reset(struct board *board, enum reset_kind kind, bool halt, struct why *why)
{
	struct why local = { "" };
	int err = board_start_debugging(board);

	why = why ? why : &local;
	why->text[0] = '\0';
	board->raised_hz = 0;
	if (err)
		explain(why, err, "the reset failed: %s", error_text(err));
	else
		err = kind == RESET_AUTO ? try_all(board, halt, why) : try_one(board, kind, halt, why);
	if (err)
		board_forget(board);
	else if (board->listener.was_reset)
		board->listener.was_reset(board->listener.context);
	return err;
}
