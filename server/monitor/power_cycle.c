/* SPDX-License-Identifier: MIT
 *
 * Switching the target's power, or waiting for a person who does.
 */
#include "server/monitor/power_cycle.h"

#include "targets/cortexm.h"

enum { OFF_US = 500000, STEP_US = 50000, LOW_MV = 1500 };

int power_switch(struct monitor_call *call, bool on)
{
	int err = probe_power(call->engine->board.probe, on);

	if (err == E_FIRMWARE)
		return explain(call->why, err, "This probe can't switch the target's power.");
	if (!err && !on)
		engine_lose_target(call->engine, "The target's power was switched off.");
	return err;
}

int power_cycle(struct monitor_call *call)
{
	int err = power_switch(call, false);

	if (err)
		return err;
	link_wait_us(probe_link(call->engine->board.probe), OFF_US);
	err = power_switch(call, true);
	return err ? err : engine_connect(call->engine, call->why);
}

/* A power-on clears the debug registers, however short it was off; a supply that is measured is the other witness. */
static bool is_cut(struct monitor_call *call)
{
	struct board *board = &call->engine->board;
	uint32_t mv, dhcsr;

	if (probe_voltage_mv(board->probe, &mv) == OK && board->supply_mv > LOW_MV && mv < LOW_MV)
		return true;
	return probe_read_u32(board->probe, board->cores[0].port, DHCSR, &dhcsr) != OK || !(dhcsr & C_DEBUGEN);
}

static bool is_over(struct monitor_call *call, uint64_t deadline_us, int *err)
{
	struct probe *probe = call->engine->board.probe;

	*err = probe_interrupted(probe) || engine_quits(call->engine) ? E_INTERRUPTED :
	       link_now_us(probe_link(probe)) >= deadline_us ? E_TIMEOUT : OK;
	link_wait_us(probe_link(probe), STEP_US);
	return *err;
}

int power_wait(struct monitor_call *call, uint32_t seconds)
{
	struct engine *engine = call->engine;
	uint64_t deadline_us = engine_now_us(engine) + seconds * UINT64_C(1000000);
	enum connect_mode mode = engine->board.options.connect;
	struct why unused = { "" };
	int err = OK;

	monitor_print(call, "Switch the chip's power off and on now; %u s are waited for that.\n", seconds);
	while (!is_cut(call) && !is_over(call, deadline_us, &err))
		;
	if (err)
		return explain(call->why, err, err == E_TIMEOUT ? "The chip has kept its power." : "Nothing was waited for "
			       "any more.");
	engine_lose_target(engine, "The target's power was switched off.");
	engine->board.options.connect = CONNECT_NORMAL;
	while (engine_connect(engine, &unused) && !is_over(call, deadline_us, &err))
		;
	engine->board.options.connect = mode;
	if (err)
		return explain(call->why, err, "The chip did not come back: %s", unused.text);
	monitor_print(call, "The chip is back.\n");
	return OK;
}
