/* SPDX-License-Identifier: MIT
 *
 * Monitor commands about the probe: what it is, its speed, target power.
 */
#include "server/monitor/monitor.h"
#include "server/monitor/power_cycle.h"

#include "probe/bytes.h"

static int run_probe(struct monitor_call *call)
{
	struct probe *probe = call->engine->board.probe;
	const struct probe_version *version = probe_version(probe);
	const struct probe_abilities *can = probe_abilities(probe);
	const struct link_identity *identity = &probe_link(probe)->identity;
	const struct {
		const char *name;
		bool can;
	} rows[] = {
		{ "measures the supply", can->voltage }, { "trace (SWO)", can->trace_max_hz },
		{ "16-bit accesses", can->mem16 }, { "access ports", can->init_ap },
		{ "batches", can->batch },
	};

	monitor_print(call, "%s, firmware %s, serial %s, at %s\n", version->model, version->text,
		      identity->serial, identity->path);
	monitor_print(call, "SWD at %u kHz\n", probe_speed_khz(probe));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		monitor_print(call, "  %-20s %s\n", rows[i].name, rows[i].can ? "yes" : "no");
	monitor_print(call, "  %-20s %s\n", "switches power", can->power_switch ? "if its board can" : "no");
	return OK;
}

static int run_speed(struct monitor_call *call)
{
	struct probe *probe = call->engine->board.probe;
	uint32_t khz, actual;
	int err = OK;

	if (call->argc && !monitor_is(call, 0, "auto") && !monitor_is(call, 0, "adaptive")) {
		err = monitor_number(call, 0, &khz);
		if (!err)
			err = probe_set_speed(probe, khz, &actual);
		if (!err)
			call->engine->board.options.speed_khz = khz;
	}
	if (!err)
		monitor_print(call, "SWD at %u kHz\n", probe_speed_khz(probe));
	return err;
}

enum { WAIT_S = 60, WAIT_MOST_S = 3600 };

static int run_power(struct monitor_call *call)
{
	uint32_t seconds = WAIT_S;
	bool on;
	int err;

	if (monitor_is(call, 0, "cycle"))
		return power_cycle(call);
	if (monitor_is(call, 0, "wait")) {
		err = call->argc > 1 ? monitor_number(call, 1, &seconds) : engine_connect(call->engine, call->why);
		if (!err && seconds > WAIT_MOST_S)
			err = explain(call->why, E_ARGUMENT, "At most %u s.", WAIT_MOST_S);
		return err ? err : power_wait(call, seconds);
	}
	err = monitor_switch(call, 0, &on);
	return err ? err : power_switch(call, on);
}

const struct monitor_command monitor_probe[] = {
	{ "probe", "", "Show the probe and what it can do", 0, run_probe },
	{ "speed", "[KHZ]", "Show or set the speed of the wire\nspeed 1000", 0, run_speed },
	{ "power", "on|off|cycle|wait [S]", "Switch the target's power, where the probe can; or wait for you\n"
	  "power cycle", MONITOR_CONTROL, run_power },
	{ NULL, NULL, NULL, 0, NULL },
};
