/* SPDX-License-Identifier: MIT
 *
 * Monitor commands for RTT, by OpenOCD's names.
 */
#include "server/monitor/monitor.h"

#include "server/trace/rtt.h"

enum { PERIOD_MAX_MS = 10000 };

static int run_state(struct monitor_call *call)
{
	const struct rtt *rtt = &call->engine->rtt;

	monitor_print(call, "RTT is %s", rtt->on ? "on" : "off");
	if (rtt->block)
		monitor_print(call, ", control block at 0x%08x", rtt->block);
	monitor_print(call, ", every %u ms\n", rtt->period_us / 1000);
	for (unsigned i = 0; i < RTT_CHANNELS; i++)
		if (rtt->ports[i])
			monitor_print(call, "channel %u  port %u\n", i, rtt->ports[i]);
	monitor_print(call, "bytes      %llu from the firmware, %llu to it\n",
		      (unsigned long long)rtt->bytes_up, (unsigned long long)rtt->bytes_down);
	return OK;
}

static int run_setup(struct monitor_call *call)
{
	uint32_t base, size;
	int err = monitor_number(call, 0, &base);

	if (!err)
		err = monitor_number(call, 1, &size);
	if (!err && (size < RTT_ID_SIZE || base + size < base))
		err = explain(call->why, E_ARGUMENT, "A control block does not fit in there.");
	if (!err)
		rtt_set_up(call->engine, base, size, call->argc > 2 ? call->argv[2] : NULL);
	return err;
}

/* Not found is no failure: the firmware may not be that far yet. */
static int run_start(struct monitor_call *call)
{
	struct why why = { "" };

	rtt_turn(call->engine, true);
	if (rtt_find(call->engine, &why))
		monitor_print(call, "%s\n", why.text);
	return OK;
}

static int run_stop(struct monitor_call *call)
{
	rtt_turn(call->engine, false);
	return OK;
}

static void tell_loop(struct monitor_call *call, unsigned channel, unsigned port)
{
	struct output output = { .kind = OUTPUT_RTT_PORT, .client = channel, .status = (int)port };

	call->engine->rtt.ports[channel] = port;
	call->engine->out(call->engine->context, &output);
}

static int run_server_start(struct monitor_call *call)
{
	uint32_t port, channel;
	int err = monitor_number(call, 0, &port);

	if (!err)
		err = monitor_number(call, 1, &channel);
	if (!err && (!port || port > UINT16_MAX || channel >= RTT_CHANNELS))
		err = explain(call->why, E_ARGUMENT, "A port from 1 to 65535 and a channel from 0 to %d are "
			      "wanted.", RTT_CHANNELS - 1);
	if (!err)
		tell_loop(call, channel, port);
	return err;
}

static int run_server_stop(struct monitor_call *call)
{
	uint32_t port;
	int err = monitor_number(call, 0, &port);

	for (unsigned i = 0; i < RTT_CHANNELS && !err; i++)
		if (call->engine->rtt.ports[i] == port)
			tell_loop(call, i, 0);
	return err;
}

static int run_polling_interval(struct monitor_call *call)
{
	uint32_t ms = call->engine->rtt.period_us / 1000;
	int err = call->argc ? monitor_number(call, 0, &ms) : OK;

	if (!err && (!ms || ms > PERIOD_MAX_MS))
		err = explain(call->why, E_ARGUMENT, "1 to %d milliseconds are possible.", PERIOD_MAX_MS);
	if (err)
		return err;
	call->engine->rtt.period_us = ms * 1000;
	monitor_print(call, "RTT is looked at every %u ms\n", ms);
	return OK;
}

static void print_buffers(struct monitor_call *call, bool up, unsigned count)
{
	struct rtt_buffer buffer;

	for (unsigned i = 0; i < count; i++)
		if (!rtt_describe(call->engine, up, i, &buffer) && buffer.size)
			monitor_print(call, "%s %u  %s, %u bytes\n", up ? "up  " : "down", i, buffer.text,
				      buffer.size);
}

static int run_channels(struct monitor_call *call)
{
	const struct rtt *rtt = &call->engine->rtt;
	int err = rtt->block ? OK : rtt_find(call->engine, call->why);

	if (err)
		return err;
	print_buffers(call, true, rtt->up_count);
	print_buffers(call, false, rtt->down_count);
	return OK;
}

const struct monitor_command monitor_rtt[] = {
	{ "rtt", "", "Show the state of RTT, the firmware's buffers for text", 0, run_state },
	{ "rtt setup", "ADDRESS SIZE [ID]", "Where its control block is (default: somewhere in RAM)\n"
	  "rtt setup 0x20000000 4096", MONITOR_CONTROL, run_setup },
	{ "rtt start", "", "Read the buffers while the program runs", MONITOR_TARGET | MONITOR_CONTROL, run_start },
	{ "rtt stop", "", "Stop that", MONITOR_CONTROL, run_stop },
	{ "rtt server start", "PORT CHANNEL", "Send a channel's bytes to a TCP port, and back\n"
	  "rtt server start 9090 0", MONITOR_CONTROL, run_server_start },
	{ "rtt server stop", "PORT", "Close that port\nrtt server stop 9090", MONITOR_CONTROL, run_server_stop },
	{ "rtt polling_interval", "[MS]", "How often they are looked at\nrtt polling_interval 50", 0,
	  run_polling_interval },
	{ "rtt channels", "", "List the buffers that the firmware has", MONITOR_TARGET, run_channels },
	{ NULL, NULL, NULL, 0, NULL },
};
