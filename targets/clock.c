/* SPDX-License-Identifier: MIT
 *
 * Raising the clock, step by step as the chip file has it: wait states before speed.
 */
#include "targets/clock.h"

#include "probe/link.h"
#include "probe/log.h"

enum { READY_US = 20000, USUAL_HZ = 4000000 };

/* Reads until the bits are set; oscillators take microseconds, so there is no pause between. */
static int wait_ready(struct core *core, const struct chip_clock_step *step)
{
	struct link *link = probe_link(core->board->probe);
	uint64_t deadline_us = link_now_us(link) + READY_US;
	uint32_t value = 0;
	int err;

	do {
		err = probe_read_u32(core->board->probe, core->port, step->address, &value);
		if (err || (value & step->ready) == step->ready)
			return err;
	} while (link_now_us(link) < deadline_us);
	return E_TIMEOUT;
}

static int take_step(struct core *core, const struct chip_clock_step *step)
{
	struct probe *probe = core->board->probe;
	uint32_t value = 0;
	int err = probe_read_u32(probe, core->port, step->address, &value);

	value = (value & ~step->mask) | step->value;
	if (!err)
		err = probe_write_u32(probe, core->port, step->address, value);
	return err ? err : wait_ready(core, step);
}

void clock_raise(struct core *core)
{
	struct board *board = core->board;
	const struct chip *chip = &board->chip;
	int err = 0;

	if (!chip->fast_clock_hz)
		return;
	for (size_t i = 0; i < chip->fast_clock_count && !err; i++)
		err = take_step(core, &chip->fast_clock[i]);
	if (!err)
		board->raised_hz = chip->fast_clock_hz;
	log_line(LOG_TARGET, "clock raised to %u Hz: %s", chip->fast_clock_hz, error_text(err));
}

uint32_t clock_hz(const struct board *board)
{
	if (board->raised_hz)
		return board->raised_hz;
	return board->chip.reset_clock_hz ? board->chip.reset_clock_hz : USUAL_HZ;
}
