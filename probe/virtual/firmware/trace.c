/* SPDX-License-Identifier: MIT
 *
 * SWO reception. Settings are checked as a probe does; no chip sends anything yet, so that the
 * count is 0.
 */
#include "probe/bytes.h"
#include "probe/virtual/firmware/commands.h"

enum { V2_BAUD_MAX = 2250000, V3_BAUD_MAX = 24000000 };

HANDLER(trace_start)
{
	uint32_t baud = get_u32(block + 4);
	uint32_t limit = fw->personality->major == 2 ? V2_BAUD_MAX : V3_BAUD_MAX;
	bool ok = get_u16(block + 2) && baud && baud <= limit;

	if (!ok)
		firmware_odd(fw, "trace buffer or baud rate out of limits");
	fw->trace_on = ok;
	firmware_put_status(data, ok ? STATUS_OK : STATUS_COMMAND_ERROR);
}

HANDLER(trace_stop)
{
	fw->trace_on = false;
	firmware_put_status(data, STATUS_OK);
}

HANDLER(trace_count)
{
	put_u16(data, 0);
}
