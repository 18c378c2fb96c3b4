/* SPDX-License-Identifier: MIT
 *
 * Instrumentation trace macrocell: stimulus ports, exception trace of the DWT, local time stamps and
 * synchronisation, as packets (DDI 0403E C1.7 and appendix D4; DDI 0553 D1.2 and chapter B). What
 * becomes of their bytes is the trace port's business (tpiu.c). PC and data samples are not modelled.
 */
#include "probe/virtual/cpu/internal.h"

#include <string.h>

#define ITM_BASE 0xE0000000u
#define LOCK_KEY 0xC5ACCE55u

enum {
	STIMULUS_END = 0x80, TER = 0xE00, TPR = 0xE40, TCR = 0xE80, LAR = 0xFB0, LSR = 0xFB4,
	TCR_ENABLE = 1 << 0, TCR_STAMPS = 1 << 1, TCR_SYNC = 1 << 2, TCR_DWT = 1 << 3,
	TCR_PRESCALE_SHIFT = 8, TCR_BUSY = 1 << 23, TCR_WRITABLE = 0x7F0F1F,
	LSR_PRESENT = 1, LSR_LOCKED = 2,
	PORTS_OF_PRIVILEGE = 8,		/* ports that a bit of TPR rules */
	DWT_SYNC_TAP_SHIFT = 10, DWT_EXCEPTIONS = 1 << 16,
	PACKET_OVERFLOW = 0x70, PACKET_EXCEPTION = 0x0E, PACKET_STAMP = 0xC0,
	STAMP_SHORT_MAX = 6, STAMP_MAX = (1 << 28) - 1,
};

static bool is_on(const struct cpu *cpu)
{
	return cpu->debug.demcr & DEMCR_TRCENA && cpu->itm.control & TCR_ENABLE;
}

/* Since the last packet, in cycles divided as TSPRESCALE says: 1, 4, 16, 64. */
static void put_stamp(struct cpu *cpu)
{
	unsigned divide = 2 * (cpu->itm.control >> TCR_PRESCALE_SHIFT & 3), length = 0;
	uint64_t since = (cpu_cycles(cpu) - cpu->itm.stamped_at) >> divide;
	uint32_t count = since > STAMP_MAX ? STAMP_MAX : (uint32_t)since;
	uint8_t bytes[5] = { PACKET_STAMP };

	cpu->itm.stamped_at = cpu_cycles(cpu);
	if (count && count <= STAMP_SHORT_MAX) {
		bytes[0] = (uint8_t)(count << 4);
		tpiu_put(cpu, bytes, 1);
		return;
	}
	do {
		bytes[++length] = (count & 0x7F) | (count >> 7 ? 0x80 : 0);
		count >>= 7;
	} while (count);
	tpiu_put(cpu, bytes, length + 1);
}

/* What finds no room is lost, and an overflow packet tells so as soon as there is some. */
static void put_packet(struct cpu *cpu, const uint8_t *bytes, size_t length)
{
	if (!tpiu_has_room(cpu)) {
		cpu->itm.overflowed = true;
		return;
	}
	if (cpu->itm.overflowed)
		tpiu_put(cpu, (const uint8_t[]){ PACKET_OVERFLOW }, 1);
	cpu->itm.overflowed = false;
	tpiu_put(cpu, bytes, length);
	if (cpu->itm.control & TCR_STAMPS)
		put_stamp(cpu);
}

/* Each time the tapped bit of CYCCNT changes: 2^24, 2^26 or 2^28 cycles. */
void itm_synchronise(struct cpu *cpu)
{
	static const uint8_t packet[] = { 0, 0, 0, 0, 0, 0x80 };
	unsigned tap = cpu->dwt.control >> DWT_SYNC_TAP_SHIFT & 3;
	bool bit;

	if (!is_on(cpu) || !(cpu->itm.control & TCR_SYNC) || !tap)
		return;
	bit = dwt_cycle_count(cpu) >> (22 + 2 * tap) & 1;
	if (bit != cpu->itm.sync_bit)
		put_packet(cpu, packet, sizeof(packet));
	cpu->itm.sync_bit = bit;
}

void itm_exception(struct cpu *cpu, unsigned exception, enum itm_exception_event event)
{
	uint8_t packet[] = { PACKET_EXCEPTION, (uint8_t)exception,
			     (uint8_t)(event << 4 | exception >> 8) };

	if (is_on(cpu) && cpu->itm.control & TCR_DWT && cpu->dwt.control & DWT_EXCEPTIONS)
		put_packet(cpu, packet, sizeof(packet));
}

static bool is_denied(const struct cpu *cpu, unsigned port, enum bus_master master)
{
	return master == BUS_CPU && cpu->itm.privileged >> port / PORTS_OF_PRIVILEGE & 1 &&
	       !engine_is_privileged(cpu->engine);
}

static void write_port(struct cpu *cpu, unsigned port, unsigned width, uint32_t value,
		       enum bus_master master)
{
	uint8_t packet[5] = { (uint8_t)(port << 3 | (width == 4 ? 3 : width)) };

	if (!is_on(cpu) || !(cpu->itm.enabled >> port & 1) || is_denied(cpu, port, master))
		return;
	for (unsigned i = 0; i < width; i++)
		packet[1 + i] = (uint8_t)(value >> 8 * i);
	put_packet(cpu, packet, 1 + width);
}

/* M33 has no lock (DDI 0553 D1.2: LSR is RAZ). */
static bool has_lock(const struct cpu *cpu)
{
	return cpu->model->arch == ARCH_V7M;
}

static uint32_t read_word(struct cpu *cpu, uint32_t offset)
{
	if (offset < STIMULUS_END)
		return !is_on(cpu) || tpiu_has_room(cpu);
	switch (offset) {
	case TER:
		return cpu->itm.enabled;
	case TPR:
		return cpu->itm.privileged;
	case TCR:
		return cpu->itm.control | (tpiu_is_sending(cpu) ? TCR_BUSY : 0);
	case LSR:
		return has_lock(cpu) ? LSR_PRESENT | (cpu->itm.unlocked ? 0 : LSR_LOCKED) : 0;
	}
	return coresight_id(cpu, ITM_BASE, offset);
}

static void write_word(struct cpu *cpu, uint32_t offset, uint32_t value)
{
	if (offset == LAR)
		cpu->itm.unlocked = value == LOCK_KEY;
	if (!(cpu->debug.demcr & DEMCR_TRCENA) || (has_lock(cpu) && !cpu->itm.unlocked))
		return;
	if (offset == TER)
		cpu->itm.enabled = value;
	else if (offset == TPR)
		cpu->itm.privileged = value & 0xF;
	else if (offset == TCR)
		cpu->itm.control = value & TCR_WRITABLE;
}

static enum bus_result read_register(void *context, uint32_t offset, unsigned width, uint32_t *value,
				     enum bus_master master)
{
	(void)master;
	*value = lane_get(read_word(context, offset & ~3u), offset, width);
	return BUS_OK;
}

static enum bus_result write_register(void *context, uint32_t offset, unsigned width, uint32_t value,
				      enum bus_master master)
{
	if (offset < STIMULUS_END)
		write_port(context, offset / 4, width, value, master);
	else if (width == 4)
		write_word(context, offset, value);
	return BUS_OK;
}

void itm_power_on(struct cpu *cpu)
{
	memset(&cpu->itm, 0, sizeof(cpu->itm));
}

void itm_add_to_bus(struct cpu *cpu)
{
	if (cpu_holds_v7(cpu))
		bus_add_device(cpu->bus, &(struct bus_device){ "ITM", ITM_BASE, 0x1000, cpu,
							       read_register, write_register });
}
