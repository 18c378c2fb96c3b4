/* SPDX-License-Identifier: MIT
 *
 * Monitor commands for SWO, and how users of J-Link (SWO ...), Black Magic (traceswo) and OpenOCD (itm,
 * tpiu config) call it.
 */
#include "server/monitor/monitor.h"

#include "server/trace/swo.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A frequency in Hz, with k or M (1000) behind it. */
static int parse_hz(struct monitor_call *call, const char *text, uint32_t *hz)
{
	char *end;
	double value = strtod(text, &end);

	if (end != text && (*end == 'k' || *end == 'K'))
		value *= 1e3, end++;
	else if (end != text && *end == 'M')
		value *= 1e6, end++;
	if (end == text || *end || !(value >= 0 && value <= UINT32_MAX))
		return explain(call->why, E_ARGUMENT, "'%s' is not a frequency in Hz (like 2000000, "
			       "2M).", text);
	*hz = (uint32_t)value;
	return OK;
}

static int parse_mask(struct monitor_call *call, const char *text, uint32_t *mask)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 0);

	if (end == text || *end || value > UINT32_MAX)
		return explain(call->why, E_ARGUMENT, "'%s' is not a mask of 32 ports.", text);
	*mask = (uint32_t)value;
	return OK;
}

/* "2000000", "cpu=168M", "ports=0x3", in any order. */
static int parse_setting(struct monitor_call *call, const char *word, struct swo_settings *settings)
{
	if (!strncasecmp(word, "cpu=", 4))
		return parse_hz(call, word + 4, &settings->clock_hz);
	if (!strncasecmp(word, "ports=", 6))
		return parse_mask(call, word + 6, &settings->ports);
	return parse_hz(call, word, &settings->speed_hz);
}

static int run_status(struct monitor_call *call)
{
	const struct swo *swo = &call->engine->swo;

	if (!swo->on) {
		monitor_print(call, "SWO is off.\n");
		return OK;
	}
	monitor_print(call, "SWO at %u Hz; core clock %u Hz, %s\n", swo->baud, swo->clock_hz,
		      swo->settings.clock_hz ? "as told" : swo->is_measured ? "measured" :
		      "assumed until the core runs");
	if (call->engine->board.chip.swo.unit && !swo->settings.clock_hz)
		monitor_print(call, "            (SWO runs at pll1_r here, taken to be as fast as the core; if it is "
			      "not: `swo on cpu=HZ`)\n");
	monitor_print(call, "received    %llu bytes; port 0 goes to %s\n",
		      (unsigned long long)swo->bytes, swo->console ? "the console" : "nobody's console");
	if (swo->losses)
		monitor_print(call, "lost        the probe's buffer ran over %llu times\n",
			      (unsigned long long)swo->losses);
	if (swo->overflows)
		monitor_print(call, "overflows   %llu in the core: the firmware writes faster than the "
			      "wire\n", (unsigned long long)swo->overflows);
	return OK;
}

static int turn_on(struct monitor_call *call, const struct swo_settings *settings)
{
	struct engine *engine = call->engine;
	int err = swo_turn_on(engine, settings, call->why);

	engine->swo.console = !engine->swo.readers;
	engine->swo.for_readers = false;
	return err ? err : run_status(call);
}

static int run_on(struct monitor_call *call)
{
	struct swo_settings settings = { .ports = 1 };
	int err = OK;

	for (unsigned i = 0; i < call->argc && !err; i++)
		err = parse_setting(call, call->argv[i], &settings);
	return err ? err : turn_on(call, &settings);
}

static int run_off(struct monitor_call *call)
{
	return swo_turn_off(call->engine);
}

static int run_console(struct monitor_call *call)
{
	return monitor_switch(call, 0, &call->engine->swo.console);
}

/* EnableTarget CPU_HZ SWO_HZ PORTS MODE; 0 = find out. */
static int run_jlink_enable(struct monitor_call *call)
{
	struct swo_settings settings = { .ports = 1 };
	uint32_t *const fields[] = { &settings.clock_hz, &settings.speed_hz, &settings.ports };
	int err = OK;

	for (unsigned i = 0; i < call->argc && i < 3 && !err; i++)
		err = i < 2 ? parse_hz(call, call->argv[i], fields[i]) :
			      parse_mask(call, call->argv[i], fields[i]);
	return err ? err : turn_on(call, &settings);
}

/* [enable|disable] [BAUD] */
static int run_traceswo(struct monitor_call *call)
{
	struct swo_settings settings = { .ports = 1 };
	unsigned i = monitor_is(call, 0, "enable");
	int err = OK;

	if (monitor_is(call, 0, "disable"))
		return run_off(call);
	if (i < call->argc)
		err = parse_hz(call, call->argv[i], &settings.speed_hz);
	return err ? err : turn_on(call, &settings);
}

/* disable | (external|internal FILE) uart on|off CPU_HZ [SWO_HZ] */
static int run_tpiu_config(struct monitor_call *call)
{
	struct swo_settings settings = { .ports = 1 };
	unsigned i = 0;
	int err;

	if (monitor_is(call, 0, "disable"))
		return run_off(call);
	while (i < call->argc && strcasecmp(call->argv[i], "uart"))
		i++;
	if (i + 2 >= call->argc)
		return monitor_usage(call, "tpiu config internal - uart off CPU_HZ [SWO_HZ]; only uart is "
				     "received");
	err = parse_hz(call, call->argv[i + 2], &settings.clock_hz);
	if (!err && i + 3 < call->argc)
		err = parse_hz(call, call->argv[i + 3], &settings.speed_hz);
	return err ? err : turn_on(call, &settings);
}

/* port N on|off; ports on|off */
static int change_ports(struct monitor_call *call, uint32_t mask, unsigned word)
{
	struct swo *swo = &call->engine->swo;
	struct swo_settings settings = swo->settings;
	bool on;
	int err = monitor_switch(call, word, &on);

	settings.ports = on ? settings.ports | mask : settings.ports & ~mask;
	if (err)
		return err;
	if (swo->on)
		return swo_turn_on(call->engine, &settings, call->why);
	monitor_print(call, "SWO is off; `swo on ports=MASK` chooses ports.\n");
	return OK;
}

static int run_itm_port(struct monitor_call *call)
{
	uint32_t port;
	int err = monitor_number(call, 0, &port);

	if (!err && port > 31)
		return explain(call->why, E_ARGUMENT, "Stimulus ports are 0 to 31.");
	return err ? err : change_ports(call, 1u << port, 1);
}

static int run_itm_ports(struct monitor_call *call)
{
	return change_ports(call, UINT32_MAX, 0);
}

enum { RULES = MONITOR_TARGET | MONITOR_CONTROL, SPELLING = RULES | MONITOR_SPELLING };

const struct monitor_command monitor_swo[] = {
	{ "swo", "", "Show what is known of SWO trace", 0, run_status },
	{ "swo on", "[HZ] [cpu=HZ] [ports=MASK]", "Receive SWO trace; the core's clock is measured "
	  "if it is not told\nswo on 2M cpu=168M ports=0x1", RULES, run_on },
	{ "swo off", "", "Stop that", RULES, run_off },
	{ "swo console", "on|off", "Print what firmware writes to stimulus port 0\n"
	  "swo console off", MONITOR_CONTROL,
	  run_console },
	{ "SWO EnableTarget", "CPU_HZ SWO_HZ PORTS MODE", "swo on", SPELLING, run_jlink_enable },
	{ "SWO DisableTarget", "PORTS", "swo off", SPELLING, run_off },
	{ "traceswo", "[enable|disable] [HZ]", "swo on", SPELLING, run_traceswo },
	{ "tpiu config", "internal - uart off CPU_HZ [SWO_HZ]", "swo on", SPELLING, run_tpiu_config },
	{ "itm port", "N on|off", "swo on ports=MASK", SPELLING, run_itm_port },
	{ "itm ports", "on|off", "swo on ports=MASK", SPELLING, run_itm_ports },
	{ NULL, NULL, NULL, 0, NULL },
};
