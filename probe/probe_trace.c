/* SPDX-License-Identifier: MIT
 *
 * SWO reception. The probe keeps what comes in a ring, of which it tells only how much is in it: a full
 * ring has lost something. Reception has to stop before ENTER and before the speed of the wire changes.
 */
#include "probe/probe.h"

#include "probe/bytes.h"
#include "probe/private.h"

enum { TRACE_MS = 100 };

static int start(struct probe *probe)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_START_TRACE);
	uint8_t reply[2];

	put_u16(x.command + 2, PROBE_TRACE_RING);
	put_u32(x.command + 4, probe->trace_baud);
	x.in = reply;
	x.in_length = sizeof(reply);
	return stlink_run_status(&probe->stlink, &x);
}

static int stop(struct probe *probe)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_STOP_TRACE);
	uint8_t reply[2];

	x.in = reply;
	x.in_length = sizeof(reply);
	return stlink_run_status(&probe->stlink, &x);
}

int probe_trace_start(struct probe *probe, uint32_t baud)
{
	int err;

	if (!probe->abilities.trace_max_hz)
		return E_FIRMWARE;
	if (!baud || baud > probe->abilities.trace_max_hz)
		return E_ARGUMENT;
	err = stop(probe);	/* it may be on since an earlier process */
	if (err)
		return err;
	probe->trace_baud = baud;
	err = start(probe);
	if (err)
		probe->trace_baud = 0;
	return err;
}

int probe_trace_stop(struct probe *probe)
{
	if (!probe->trace_baud)
		return OK;
	probe->trace_baud = 0;
	return stop(probe);
}

void probe_trace_pause(struct probe *probe)
{
	if (probe->trace_baud && probe->stlink.in_debug)
		stop(probe);
}

/* Without trace everything else still works. */
void probe_trace_go_on(struct probe *probe)
{
	if (probe->trace_baud && start(probe) != OK)
		probe->trace_baud = 0;
}

static int count(struct probe *probe, uint32_t *bytes)
{
	struct link_exchange x = stlink_command(ST_DEBUG, DEBUG_COUNT_TRACE);
	uint8_t reply[2];
	int err;

	x.in = reply;
	x.in_length = sizeof(reply);
	err = stlink_run(&probe->stlink, &x);
	*bytes = err ? 0 : get_u16(reply);
	return err;
}

/* Old firmware now and then counts more than its ring can hold, and is of no use until it is started
 * anew. */
static int start_anew(struct probe *probe)
{
	int err = stop(probe);

	return err ? err : start(probe);
}

int probe_trace_read(struct probe *probe, uint8_t buffer[PROBE_TRACE_RING], uint32_t *got, bool *lost)
{
	uint32_t bytes;
	int err, n;

	*got = 0;
	*lost = false;
	if (!probe->trace_baud)
		return OK;
	err = count(probe, &bytes);
	if (err || !bytes)
		return err;
	*lost = bytes >= PROBE_TRACE_RING;
	if (bytes > PROBE_TRACE_RING)
		return start_anew(probe);
	n = link_trace_read(probe->stlink.link, buffer, bytes, TRACE_MS);
	*got = n > 0 ? (uint32_t)n : 0;
	return n < 0 && n != E_TIMEOUT ? n : OK;
}
