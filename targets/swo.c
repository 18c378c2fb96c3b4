/* SPDX-License-Identifier: MIT
 *
 * Setting up SWO. Armv7-M ARM DDI 0403E C1.7 (ITM), C1.10 (TPIU); the order is ST's example's of RM0090
 * 38.14: trace on in DEMCR, pin, port, then the ITM behind its lock.
 */
#include "targets/swo.h"

#include "targets/batch.h"
#include "targets/cortexm.h"

#include "probe/bytes.h"
#include "probe/log.h"

#define KEY 0xC5ACCE55u	/* opens CoreSight locks */

enum {
	UNIT_DIVIDER = 0x10, UNIT_PROTOCOL = 0xF0, UNIT_LAR = 0xFB0,	/* of TPIU and SWO alike */
	FUNNEL_ITM = 1 << 0, FUNNEL_RESET = 0x300 /* hold time */,
	ITM_TER = 0xE0000E00, ITM_TPR = 0xE0000E40, ITM_TCR = 0xE0000E80, ITM_LAR = 0xE0000FB0,
	TPIU = 0xE0040000, TPIU_CSPSR = 0xE0040004, TPIU_FFCR = 0xE0040304,
	TCR_ITMENA = 1 << 0, TCR_SYNCENA = 1 << 2, TCR_TRACE_ID = 1 << 16,
	SPPR_NRZ = 2, FFCR_NO_FORMATTER = 0x100, ACPR_MAX = 0x1FFF,
};

/* The lowest divider whose rate is not above the one asked for. */
static uint32_t divider_for(uint32_t clock_hz, uint32_t baud)
{
	return max_u32((clock_hz + (baud - 1)) / baud, 1);
}

static int check(const struct board *board, uint32_t clock_hz, uint32_t *baud, struct why *why)
{
	uint32_t limit = probe_abilities(board->probe)->trace_max_hz;

	if (!limit)
		return explain(why, E_FIRMWARE, "This probe's firmware has no trace input (SWO).");
	if (!board->cores[0].mainline)
		return explain(why, E_CHIP, "The core of this chip has no ITM, and so no SWO.");
	if (!board->chip.swo.address)
		return explain(why, E_CHIP, "How SWO is turned on is not known for %s.", board->chip.name);
	if (!*baud || *baud > limit)
		return explain(why, E_ARGUMENT, "This probe receives SWO at up to %u Hz.", limit);
	if (!clock_hz || divider_for(clock_hz, *baud) - 1 > ACPR_MAX)
		return explain(why, E_ARGUMENT, "%u Hz can't be made from a core clock of %u Hz.", *baud,
			       clock_hz);
	return OK;
}

/* What will be changed for the time of trace. The lock has to be open for that. */
static int remember(struct board *board)
{
	static const uint32_t registers[] = { ITM_TER, ITM_TCR, DWT_CTRL };
	const struct core *core = &board->cores[0];
	int err = board_journal(board, core, board->chip.swo.address);

	for (size_t i = 0; i < ARRAY_SIZE(registers) && !err; i++)
		err = board_journal(board, core, registers[i]);
	return err;
}

static void queue_unit(struct batch *batch, const struct chip_swo *swo, uint32_t divider)
{
	uint32_t unit = swo->unit ? swo->unit : TPIU;

	if (swo->unit) {
		batch_write(batch, unit + UNIT_LAR, KEY);
		batch_write(batch, swo->funnel + UNIT_LAR, KEY);
		batch_write(batch, swo->funnel, FUNNEL_RESET | FUNNEL_ITM);
	} else {
		batch_write(batch, TPIU_CSPSR, 1);
		batch_write(batch, TPIU_FFCR, FFCR_NO_FORMATTER);
	}
	batch_write(batch, unit + UNIT_DIVIDER, divider - 1);
	batch_write(batch, unit + UNIT_PROTOCOL, SPPR_NRZ);
}

static int set_up(struct board *board, uint32_t divider, uint32_t ports)
{
	const struct chip_swo *pin = &board->chip.swo;
	struct batch batch;
	size_t pins, enabled, dwt;
	int err;

	batch_begin(&batch, &board->cores[0]);
	batch_write(&batch, ITM_LAR, KEY);
	pins = batch_read(&batch, pin->address);
	enabled = batch_read(&batch, ITM_TER);
	dwt = batch_read(&batch, DWT_CTRL);
	err = batch_run(&batch);
	if (!err)
		err = remember(board);
	if (err)
		return err;
	pins = (batch_value(&batch, pins) & ~pin->mask) | pin->value;
	enabled = batch_value(&batch, enabled) | ports;
	dwt = batch_value(&batch, dwt) | DWT_CYCCNTENA;
	batch_begin(&batch, &board->cores[0]);
	batch_write(&batch, pin->address, (uint32_t)pins);
	queue_unit(&batch, pin, divider);
	batch_write(&batch, ITM_TPR, 0);
	batch_write(&batch, ITM_TER, (uint32_t)enabled);
	batch_write(&batch, ITM_TCR, TCR_TRACE_ID | TCR_SYNCENA | TCR_ITMENA);
	batch_write(&batch, DWT_CTRL, (uint32_t)dwt);
	return batch_run(&batch);
}

int swo_start(struct board *board, uint32_t clock_hz, uint32_t ports, uint32_t *baud, struct why *why)
{
	int err = check(board, clock_hz, baud, why);
	uint32_t divider;

	if (err)
		return err;
	divider = divider_for(clock_hz, *baud);
	*baud = clock_hz / divider;
	log_line(LOG_TARGET, "swo: core clock %u Hz, divided by %u: %u Hz", clock_hz, divider, *baud);
	err = board_start_debugging(board);
	if (!err)
		err = set_up(board, divider, ports);
	if (!err)
		err = probe_trace_start(board->probe, *baud);
	return err ? explain(why, err, "SWO can't be set up: %s.", error_text(err)) : OK;
}

int swo_stop(struct board *board)
{
	struct batch batch;
	int err;

	batch_begin(&batch, &board->cores[0]);
	batch_write(&batch, ITM_TCR, 0);
	err = board->attached ? batch_run(&batch) : OK;
	return err ? err : probe_trace_stop(board->probe);
}

int swo_look(struct board *board, struct swo_look *look)
{
	struct link *link = probe_link(board->probe);
	uint64_t before_us = link_now_us(link);
	int err = probe_read_u32(board->probe, board->cores[0].port, DWT_CYCCNT, &look->cycles);

	look->doubt_us = (uint32_t)(link_now_us(link) - before_us) / 2;
	look->at_us = before_us + look->doubt_us;
	return err;
}
