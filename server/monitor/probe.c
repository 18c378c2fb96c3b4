/* SPDX-License-Identifier: MIT
 *
 * Monitor commands about the probe: what it is, its speed, target power.
 */
#include "server/monitor/monitor.h"

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
		{ "batches", can->batch }, { "switches power", can->power_switch },
	};

	monitor_print(call, "%s, firmware %s, serial %s, at %s\n", version->model, version->text,
		      identity->serial, identity->path);
	monitor_print(call, "SWD at %u kHz\n", probe_speed_khz(probe));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		monitor_print(call, "  %-20s %s\n", rows[i].name, rows[i].can ? "yes" : "no");
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

static int switch_power(struct monitor_call *call, bool on)
{
	int err = probe_power(call->engine->board.probe, on);

	if (err == E_FIRMWARE)
		return explain(call->why, err, "This probe can't switch the target's power.");
	if (!err && !on)
		engine_lose_target(call->engine, "The target's power was switched off.");
	return err;
}

static int run_power(struct monitor_call *call)
{
	struct probe *probe = call->engine->board.probe;
	bool on;
	int err;

	if (!monitor_is(call, 0, "cycle")) {
		err = monitor_switch(call, 0, &on);
		return err ? err : switch_power(call, on);
	}
	err = switch_power(call, false);
	if (!err)
		link_wait_us(probe_link(probe), 500 * 1000);
	return err ? err : switch_power(call, true);
}

const struct monitor_command monitor_probe[] = {
	{ "probe", "", "Show the probe and what it can do", 0, run_probe },
	{ "speed", "[KHZ]", "Show or set the speed of the wire\nspeed 1000", 0, run_speed },
	{ "power", "on|off|cycle", "Switch the target's power, where the probe can\n"
	  "power cycle", MONITOR_CONTROL, run_power },
	{ NULL, NULL, NULL, 0, NULL },
};
