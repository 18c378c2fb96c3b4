/* SPDX-License-Identifier: MIT
 *
 * SWO reception: a UART with a ring of the size that the host asked for. Bytes that the host does not
 * fetch in time are overwritten, the oldest first and without a word, as users of V2 probes found.
 */
#include <string.h>

#include "probe/bytes.h"
#include "probe/virtual/firmware/commands.h"
#include "probe/virtual/firmware/state.h"

enum {
	V2_BAUD_MAX = 2250000, V3_BAUD_MAX = 24000000,
	TOLERANCE_PERCENT = 3,		/* of a UART, about half a bit in a byte */
};

static bool is_tuned(uint32_t baud, uint32_t wanted)
{
	uint32_t off = baud > wanted ? baud - wanted : wanted - baud;

	return (uint64_t)off * 100 <= (uint64_t)wanted * TOLERANCE_PERCENT;
}

/* What a UART of another speed makes of a byte: something else. */
static uint8_t garble(uint8_t byte)
{
	return (uint8_t)~(byte << 1);
}

static void drop_oldest(struct trace *trace)
{
	trace->first = (trace->first + 1) % TRACE_STORE;
	trace->count--;
	trace->lost++;
}

void trace_receive(void *context, uint8_t byte, uint64_t end_ns, uint32_t baud)
{
	struct firmware *fw = context;
	struct trace *trace = &fw->trace;
	size_t at;

	if (!trace->on)
		return;
	if (trace->count == TRACE_STORE)
		drop_oldest(trace);
	at = (trace->first + trace->count++) % TRACE_STORE;
	trace->bytes[at] = is_tuned(baud, trace->baud) ? byte : garble(byte);
	trace->ends_ns[at] = end_ns;
}

/* Whole bytes that have come by now; those for which the ring was too small are gone. */
static uint32_t received(struct firmware *fw)
{
	struct trace *trace = &fw->trace;
	uint64_t now_ns = meter_now_ns(&fw->meter);
	uint32_t n = trace->count;

	while (n && trace->ends_ns[(trace->first + n - 1) % TRACE_STORE] > now_ns)
		n--;
	for (; n > trace->size; n--)
		drop_oldest(trace);
	return n;
}

size_t trace_take(struct firmware *fw, uint8_t *buffer, size_t length)
{
	struct trace *trace = &fw->trace;
	uint32_t n = min_u32(received(fw), min_u32((uint32_t)length, TRACE_BYTES));

	for (uint32_t i = 0; i < n; i++)
		buffer[i] = trace->bytes[(trace->first + i) % TRACE_STORE];
	trace->first = (trace->first + n) % TRACE_STORE;
	trace->count -= n;
	return n;
}

HANDLER(trace_start)
{
	struct trace *trace = &fw->trace;
	uint32_t size = get_u16(block + 2), baud = get_u32(block + 4);
	uint32_t limit = fw->personality->major == 2 ? V2_BAUD_MAX : V3_BAUD_MAX;
	bool ok = size && size <= TRACE_BYTES && baud && baud <= limit;

	if (!ok)
		firmware_odd(fw, "trace buffer or baud rate out of limits");
	trace->on = ok;
	trace->size = size;
	trace->baud = baud;
	trace->first = trace->count = 0;
	firmware_put_status(data, ok ? STATUS_OK : STATUS_COMMAND_ERROR);
}

HANDLER(trace_stop)
{
	if (fw->trace.lost)
		firmware_odd(fw, "trace bytes were overwritten before the host fetched them");
	memset(&fw->trace, 0, sizeof(fw->trace));
	firmware_put_status(data, STATUS_OK);
}

HANDLER(trace_count)
{
	meter_settle(&fw->meter);
	put_u16(data, (uint16_t)received(fw));
}
