/* SPDX-License-Identifier: MIT
 *
 * The clock of the wire. V2 takes divisors; V3 has a list in kHz and picks from it. What the labels
 * really mean in time is in timing.h.
 */
#include "probe/bytes.h"
#include "probe/virtual/firmware/commands.h"
#include "probe/virtual/timing.h"

enum { LIST_MAX = 10, V2_DIVISOR_DEFAULT = 1 };

/* As a V3J9M3 reports them; "24 MHz" was measured with a scope as 11.1 MHz. */
static const struct {
	uint32_t khz, bit_ps;
} v3_speeds[] = {
	{ 24000, 90090 }, { 8000, 125000 }, { 3300, 303030 }, { 1000, 1000000 },
	{ 200, 5000000 }, { 50, 20000000 }, { 5, 200000000 },
};

static void set_divisor(struct firmware *fw, uint16_t divisor)
{
	fw->divisor = divisor;
	fw->dap.bit_ps = 1000 * (TIMING_V2_BIT_NS + TIMING_V2_BIT_PER_DIVISOR_NS * divisor);
}

static void set_row(struct firmware *fw, size_t row)
{
	fw->khz = v3_speeds[row].khz;
	fw->dap.bit_ps = v3_speeds[row].bit_ps;
}

/* After plugging in: 1800 kHz on V2; the middle of the list on V3, an assumption. */
void speed_init(struct firmware *fw)
{
	bool v2 = fw->personality->major == 2;

	fw->dap.gap_ns = v2 ? TIMING_V2_GAP_NS : TIMING_V3_GAP_NS;
	fw->dap.gap_after_wait_ns = v2 ? TIMING_V2_GAP_AFTER_WAIT_NS : TIMING_V3_GAP_NS;
	if (v2)
		set_divisor(fw, V2_DIVISOR_DEFAULT);
	else
		set_row(fw, ARRAY_SIZE(v3_speeds) / 2);
}

HANDLER(speed_set_v2)
{
	firmware_put_status(data, fw->trace.on ? STATUS_COMMAND_ERROR : STATUS_OK);
	if (!fw->trace.on)
		set_divisor(fw, get_u16(block + 2));
}

/* The highest speed that is not above; 08 when even the lowest is. Serves JTAG (com 1) too. */
HANDLER(speed_set_v3)
{
	uint32_t wanted = get_u32(block + 4);

	firmware_put_status(data, STATUS_COMMAND_ERROR);
	if (fw->trace.on || block[2] > 1)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(v3_speeds); i++) {
		if (v3_speeds[i].khz > wanted)
			continue;
		if (block[2] == 0)
			set_row(fw, i);
		firmware_put_status(data, STATUS_OK);
		put_u32(data + 4, v3_speeds[i].khz);
		return;
	}
}

HANDLER(speed_get_v3)
{
	size_t count = min_u32(ARRAY_SIZE(v3_speeds), LIST_MAX);

	firmware_put_status(data, STATUS_OK);
	put_u32(data + 4, fw->khz);
	put_u32(data + 8, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		put_u32(data + 12 + 4 * i, v3_speeds[i].khz);
}

/* Prescaler of the probe's own clock; hosts have to enter again, which this status asks for. */
HANDLER(speed_switch_v3)
{
	firmware_put_status(data, STATUS_CONFIG_CHANGED);
	put_u32(data + 4, block[2]);
}
